/* An experiment file as a tree that knows where each part stands in the file. */
#ifndef CREASE_TREE_H
#define CREASE_TREE_H

#include <stdbool.h>

#include "crease/context.h"

typedef enum { CREASE_NODE_SCALAR, CREASE_NODE_LIST, CREASE_NODE_MAP } crease_node_kind;

typedef struct crease_node {
    crease_node_kind kind;
    const char *origin;               /* the file, or the command-line setting that made it */
    int line, column;                 /* from 1; of the key where there is one; 0 on the command line */
    char *key;                        /* inside a map; else NULL */
    char *text;                       /* of a scalar */
    struct crease_node *first, *next; /* children; siblings */
} crease_node;

typedef struct crease_tree {
    crease_ctx *ctx;
    char *path;
    crease_node *root;
    struct crease_origin *origins; /* texts of command-line settings, which nodes point to */
} crease_tree;

/* Read a file, or text that messages call `path`. An empty document is an empty map; aliases, tags,
 * several documents, repeated keys, nesting deeper than 16 and a root that is no map are refused.
 * Errors: ENOTFOUND, EIO, ERANGE (over a megabyte), EPARSE with file:line:column. */
int crease_tree_read(crease_ctx *ctx, const char *path, crease_tree *tree);
int crease_tree_parse(crease_ctx *ctx, const char *path, const char *text, size_t bytes,
                      crease_tree *tree);
void crease_tree_free(crease_tree *tree); /* zeroed is fine */

/* "a.b.c=VALUE": VALUE, read as YAML, takes the place of what the path names. Maps are made on the way;
 * an item of a list goes by its number from 0, or by its label or type. */
int crease_tree_set(crease_tree *tree, const char *assignment);

crease_node *crease_node_find(const crease_node *map, const char *key); /* NULL: none */
size_t crease_node_count(const crease_node *node);

/* Record an error that stands at this node, or put the node's place before the recorded one. */
int crease_node_fail(crease_ctx *ctx, const crease_node *node, int code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
int crease_node_prefix(crease_ctx *ctx, const crease_node *node);

/* Every key of the map is one of these (count of them), or the sentence names the nearest. */
int crease_node_check_keys(crease_ctx *ctx, const crease_node *map, const char *owner,
                           const char *const *keys, size_t count);

#endif

/* What the reader of a tree and its command-line settings share. */
#ifndef CREASE_TREE_BUILD_H
#define CREASE_TREE_BUILD_H

#include "tree.h"

typedef struct crease_origin {
    char *text;
    struct crease_origin *next;
} crease_origin;

crease_node *crease_node_create(crease_ctx *ctx, crease_node_kind kind, const char *origin);
void crease_node_clear(crease_ctx *ctx, crease_node *node); /* children and text */
void crease_node_free(crease_ctx *ctx, crease_node *node);

/* Read text as the value of an empty scalar node. Unnumbered: lines and columns are left out of
 * messages. */
int crease_node_read(crease_ctx *ctx, const char *origin, bool numbered, const char *text, size_t bytes,
                     crease_node *node);

#endif

/* From nodes of an experiment file to parameter tables and members of a kind: what all its sections
 * share. */
#ifndef CREASE_CHOICE_H
#define CREASE_CHOICE_H

#include "spec.h"

enum { CREASE_MOST_KEYS = 96 };

/* Add a table's names to n keys; their new number. */
size_t crease_keys_add(const char **keys, size_t n, const crease_param *params);

int crease_node_need_map(crease_ctx *ctx, const crease_node *node, const char *owner);
int crease_node_need_list(crease_ctx *ctx, const crease_node *node, const char *owner);

/* Set what the table knows among the map's keys; the others are somebody else's. */
int crease_node_read_table(crease_ctx *ctx, const crease_node *map, const crease_param *params,
                           void *opts, const char *owner);

/* A member: a name, or a map with a type, its settings, and the other keys, which the caller reads. */
int crease_choice_read(crease_ctx *ctx, const crease_node *node, const char *const *others,
                       size_t n_others, crease_choice *choice);
int crease_choice_default(crease_ctx *ctx, const char *name, crease_choice *choice);

#endif

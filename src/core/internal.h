/* What the library's own files share about a context and nobody else needs. */
#ifndef CREASE_INTERNAL_H
#define CREASE_INTERNAL_H

#include "crease/registry.h"

/* The folder given with --data, or NULL. */
const char *crease_ctx_data_folder(const crease_ctx *ctx);
int crease_ctx_set_data_folder(crease_ctx *ctx, const char *folder);

/* Members added at run time: an array of count descriptors of one kind. */
typedef struct crease_added {
    const crease_type **types;
    size_t count;
} crease_added;
crease_added *crease_ctx_added(const crease_ctx *ctx, crease_kind kind);

#endif

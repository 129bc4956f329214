/* What the library's own files share about a context and nobody else needs. */
#ifndef CREASE_INTERNAL_H
#define CREASE_INTERNAL_H

#include "crease/registry.h"

/* The folder given with --data, or NULL. */
const char *crease_ctx_data_folder(const crease_ctx *ctx);
int crease_ctx_set_data_folder(crease_ctx *ctx, const char *folder);

/* Leave a block of crease_alloc to the context, which frees it when it ends; released at once on ENOMEM. */
int crease_ctx_keep(crease_ctx *ctx, void *block);

/* Settings of kind NUMBERS (src/core/numbers.c): from text, or from memory (copied) with the text it came from. The
 * field is unchanged on error. Errors: EPARSE, ERANGE, EDIM (none), EIO, ENOMEM.                           */
int crease_numbers_read(crease_ctx *ctx, const crease_param *p, const char *owner, const char *text,
                        crease_numbers *numbers);
int crease_numbers_set(crease_ctx *ctx, const crease_param *p, const char *owner, size_t n, const double *v,
                       const char *text, crease_numbers *numbers);
bool crease_in_range(crease_range range, double x);

/* Members added at run time: an array of count descriptors of one kind. */
typedef struct crease_added {
    const crease_type **types;
    size_t count;
} crease_added;
crease_added *crease_ctx_added(const crease_ctx *ctx, crease_kind kind);

#endif

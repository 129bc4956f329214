/* The sets of entries that psi holds at zero as a whole, each on its own: a group of a norm on groups,
 * an entry of an l1 norm. */
#ifndef CREASE_ALGORITHMS_KINKS_H
#define CREASE_ALGORITHMS_KINKS_H

#include "crease/regularizer.h"

typedef struct crease_kinks {
    size_t count;    /* such sets; number `count` holds all other entries, and may be empty */
    size_t *start;   /* count + 2 */
    uint32_t *entry; /* n: set u owns entry[start[u]] .. entry[start[u + 1] - 1] */
} crease_kinks;

/* NULL, or why a term is not of this kind, in words. */
const char *crease_kinks_refusal(const crease_regularizer *psi);
/* Terms that are not refused. Errors: ENOMEM. Free in any case; zeroed is fine. */
int crease_kinks_create(crease_ctx *ctx, size_t n, const crease_term *terms, size_t n_terms,
                        crease_kinks *k);
void crease_kinks_free(crease_ctx *ctx, crease_kinks *k);

static inline size_t crease_kink_size(const crease_kinks *k, size_t u)
{
    return k->start[u + 1] - k->start[u];
}

double crease_kink_dot(const crease_kinks *k, size_t u, const double *x, const double *y);
double crease_kink_norm(const crease_kinks *k, size_t u, const double *x);

#endif

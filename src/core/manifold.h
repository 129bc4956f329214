/* The active manifold of psi at a point, as a set of entries that move freely, with the derivatives of psi along it.
 * For terms of the shrink family, lambda1 |x|_1 + lambda2 weight |x_g| + ridge/2 |x|^2, whose manifolds are linear:
 * the other entries stay zero. Entries in no term are free and unpenalized.                                       */
#ifndef CREASE_CORE_MANIFOLD_H
#define CREASE_CORE_MANIFOLD_H

#include "crease/regularizer.h"

typedef struct crease_manifold {
    crease_ctx *ctx;
    size_t n, n_terms, dimension;
    const crease_term *terms;
    unsigned char *live; /* n: 1 where the entry moves */
    double *x;           /* n: the point */
    double *bend;        /* n: for an entry of a live group lambda2 weight / |x_g|, else 0 */
} crease_manifold;

/* Errors: ENOTSUP where a term is not of the family, ENOMEM. The terms must outlive it. */
int crease_manifold_create(crease_ctx *ctx, size_t n, const crease_term *terms, size_t n_terms, crease_manifold *m);
void crease_manifold_free(crease_manifold *m);

/* The manifold at x (n doubles on the host, copied): zeros of x stay zero where psi holds them. */
void crease_manifold_move(crease_manifold *m, const double *x);
/* g += psi'(x) along the manifold; 0 elsewhere. */
void crease_manifold_gradient(const crease_manifold *m, double *g);
/* y += psi''(x) v along the manifold; 0 elsewhere. v is 0 elsewhere. */
void crease_manifold_product(const crease_manifold *m, const double *v, double *y);

/* y = x + t d, d along the manifold at x, but what crosses a kink of psi on the way stays there: an entry that would
 * change its sign where lambda1 > 0 becomes 0, and so does a group that would turn by a right angle or more, to
 * <y_g, x_g> <= 0, where lambda2 > 0. Returns how many entries did.                                              */
size_t crease_manifold_project(const crease_manifold *m, double t, const double *d, double *y);
/* Units that are not zero at x: groups where lambda2 > 0, else entries. */
size_t crease_manifold_units(const crease_manifold *m);
/* Of the units (groups where lambda2 > 0, else entries) that are zero in x and not in y, those with the largest norms
 * stay, `most` of them (all that tie with the last); the others become zero again in y. size: n doubles of work.
 * Returns whether any did.                                                                                      */
bool crease_manifold_release(const crease_manifold *m, const double *x, double *y, size_t most, double *size);

#endif

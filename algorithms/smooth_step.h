/* Newton's method along a manifold: one step of it, for methods that have found one. */
#ifndef CREASE_ALGORITHMS_SMOOTH_STEP_H
#define CREASE_ALGORITHMS_SMOOTH_STEP_H

#include "second_order.h"

typedef struct crease_smooth {
    crease_curvature h;
    crease_manifold m;
    crease_cg cg;
    double size, noise;    /* |grad_M F| at a->x; what of it is rounding */
    double *x, *g, *trial; /* n */
} crease_smooth;

/* o is zeroed. Errors: ENOTSUP where a term is not of the shrink family, ENOMEM. Free in any case. */
int crease_smooth_create(crease_algorithm *a, crease_smooth *o);
void crease_smooth_free(crease_ctx *ctx, crease_smooth *o);

/* Look at a->x with the gradient g of f there: its manifold and |grad_M F|. Returns the dimension. */
size_t crease_smooth_begin(crease_algorithm *a, crease_smooth *o, const void *g);

/* Then, with f there in *value and o->h begun:
 *
 *     d :  (H + psi'' + mu I) d = -grad_M F along M, by at most `most` conjugate gradient steps,
 *          mu = L max(damping min(1, sqrt(size)), a few roundings), L a bound of H
 *     x <- P(x + t d),  t = 1, 1/2, ... until F falls by 1e-4 t <grad_M F, d>, or at all where P has stopped something
 *
 * P is crease_manifold_project. Nothing is done where size is rounding. a->x, a->hat, g and *value move along; they stay where no t is accepted.        */
int crease_smooth_step(crease_algorithm *a, crease_smooth *o, double L, double damping, unsigned most, void *g,
                       double *value);

#endif

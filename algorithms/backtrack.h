/* What deterministic first-order methods share: a proximal-gradient step whose curvature is found by trying. */
#ifndef CREASE_ALGORITHMS_BACKTRACK_H
#define CREASE_ALGORITHMS_BACKTRACK_H

#include "crease/algorithm.h"

/* out = argmin <g, u> + L/2 |u - z|^2 + psi(u) with L doubled until
 *
 *     f(out) <= f(z) + <g, out - z> + L/2 |out - z|^2
 *
 * up to the rounding of f. trim (may be NULL) may put groups of out back to where z has them before it is judged: what is
 * left is still a proximal-gradient step, of the other groups. f, g: value and gradient at z. next (may be NULL) becomes the gradient at out and *value f
 * there. difference: n reals, becomes out - z. Errors: CREASE_EDIVERGED where no L is large enough.              */
typedef void crease_trim(crease_algorithm *a, const void *z, void *out);
int crease_backtrack(crease_algorithm *a, crease_oracle *oracle, const void *z, double f, const void *g, double *L,
                     crease_trim *trim, void *out, double *value, void *next, void *difference);

/* The L to begin with: the problem's Lipschitz constant where it has one, else 1. */
int crease_first_curvature(crease_oracle *oracle, double *L);

#endif

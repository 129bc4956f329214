/* What methods that use second derivatives share: products with them, and truncated conjugate gradients. */
#ifndef CREASE_ALGORITHMS_SECOND_ORDER_H
#define CREASE_ALGORITHMS_SECOND_ORDER_H

#include "core/manifold.h"
#include "crease/algorithm.h"

/* H + shift I on host doubles, H the second derivative of f where `curvature` of the problem was last called. */
typedef struct crease_curvature {
    crease_algorithm *a;
    crease_oracle *oracle; /* of the step at hand */
    double shift;
    void *in, *out;        /* n reals of a's backend */
    int code;              /* the first failure of a product, CREASE_OK before */
} crease_curvature;

int crease_curvature_create(crease_algorithm *a, crease_curvature *h);
void crease_curvature_free(crease_curvature *h);
/* For this step; ENOTSUP where the problem has no second derivatives. */
int crease_curvature_begin(crease_curvature *h, crease_oracle *oracle);
/* At x, n reals of a's backend. */
int crease_curvature_at(crease_curvature *h, const void *x);
/* Then: products until the next _at are along these entries (see crease_problem_type). */
int crease_curvature_focus(crease_curvature *h, const unsigned char *live);
/* y = (H + shift I) x, on the host: what a crease_operator's apply wants. One pass over the rows. */
void crease_curvature_product(void *curvature, size_t n, const double *x, double *y);

/* Conjugate gradients along a manifold. */
typedef struct crease_cg {
    double *d, *r, *p, *Hp; /* n each: the direction found, and work */
    unsigned products;
} crease_cg;

int crease_cg_create(crease_ctx *ctx, size_t n, crease_cg *cg);
void crease_cg_free(crease_ctx *ctx, crease_cg *cg);
/* d with |(H + shift + psi'') d + g| <= tolerance along the manifold, by at most `most` products; g (n, 0 off the
 * manifold) is the gradient of F there. It stops early where the curvature is not positive, with what it has, or -g
 * at the first step.                                                                                             */
int crease_cg_solve(crease_cg *cg, crease_curvature *h, const crease_manifold *m, const double *g, double tolerance,
                    unsigned most);

#endif

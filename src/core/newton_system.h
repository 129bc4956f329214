/* Newton's equation of a subproblem in a proximal map, and its solution by conjugate gradients.
 *
 * With P(u) = L argmin_x L/2 |x|^2 - <u, x> + w psi(x), one L a part, and J an element of the
 * generalized Jacobian of P at u (see crease_math), the equation (D J/L + I - J) du = -F has the
 * symmetric form
 *
 *     S h = -J^(1/2) F,   S = J^(1/2) (D/L) J^(1/2) + I - J,   q = J du = J^(1/2) h,
 *
 * and S has its eigenvalues between those of D/L and 1, however small those of J are. Where the
 * residual of S h is r, that of Newton's equation is (I - D/L) J^(1/2) r.
 *
 * A block is a part, or all of them where the metric couples parts: what conjugate gradients, and a
 * method, may treat as a problem of its own. */
#ifndef CREASE_CORE_NEWTON_SYSTEM_H
#define CREASE_CORE_NEWTON_SYSTEM_H

#include "space.h"

typedef struct crease_newton_block {
    size_t begin, end;  /* entries */
    size_t first, last; /* parts, last excluded */
    double high, low;   /* of the metric's eigenvalues, ridge included: upper and lower bound */
    double pull;        /* |c| */
    bool waits;         /* `evaluate` is to look at it */
    double goal;        /* the |r| that `solve` is to reach; infinite: leave q = 0 */
    bool flat; /* found by `solve`: J is a projection, as far as F shows; psi is polyhedral there */
    double rz; /* of conjugate gradients: <r, z> */
    bool solved;
} crease_newton_block;

typedef struct crease_newton {
    crease_space *s;
    crease_newton_block *blocks;
    size_t count;
    double *L;        /* of each part; alike in a block */
    size_t *slope_at; /* where in slopes the J of a part is */
    char *slopes;
    double *r, *z, *p, *Sp, *t, *image, *diagonal, *zero;
} crease_newton;

/* Arrays for a space that wants doubles part by part (`wide`). */
void crease_newton_carve(crease_arena *arena, const crease_space *s, crease_newton *newton);
/* Once the space is loaded: blocks, L = high. */
void crease_newton_load(crease_newton *newton, crease_space *s);

/* x = P(u)/L and J at u, in the blocks that wait: one proximal map. Errors: those of the oracle. */
int crease_newton_evaluate(crease_newton *newton, const double *u, double *x);
/* y = D x, the ridge in D: one product. y is not x. */
void crease_newton_metric(crease_newton *newton, const double *x, double *y);
/* q = J du in all blocks, by at most max_steps conjugate gradient steps, one product each; q not F. */
void crease_newton_solve(crease_newton *newton, const double *F, long max_steps, double *q);

static inline double crease_newton_dot(const crease_newton_block *b, const double *x, const double *y)
{
    double sum = 0;
    for (size_t e = b->begin; e < b->end; e++) sum += x[e] * y[e];
    return sum;
}

#endif

/* The truth about an inexact answer: the same subproblem solved again, exactly (or to a certificate near rounding), and
 * the two compared. It tells a slow inner solver from a late outer method and from the arithmetic.                 */
#ifndef CREASE_JUDGE_H
#define CREASE_JUDGE_H

#include "crease/solver.h"

typedef struct crease_verdict {
    double claimed;      /* what the inexactness test promised not to exceed; NAN: no test */
    double certificate;  /* relative, of the answer judged */
    double reference;    /* relative, of the solution it is compared with */
    double residual;     /* dist(0, dQ(x)) */
    double gap;          /* Q(x) - Q(x*), from 1/2 |x - x*|_D^2 + w (psi(x) - psi(x*)) - <c - D x*, x - x*>; not below 0
                            where psi is convex */
    double distance;     /* |x - x*| */
    double oversolve;    /* claimed/tested: how many times better than asked; NAN: no test */
    size_t units;        /* of the signature; 0: psi has no structure that x shows */
    size_t wrongly_zero; /* units that are 0 in x and not in x*; entries where there are no units ... */
    size_t wrongly_live; /* ... the other way round (another code counts as live) */
    size_t by_precision; /* units in which the exact solution in x's own precision differs from that in double; 0 where
                            there is no exact oracle */
    size_t beyond_radius; /* parts whose identification radius exceeds their residual, and whose structure is wrong all
                            the same: none, if the theory and the code are right */
    bool certified;      /* the reference is exact, or its certificate below 1e-11 */
} crease_verdict;

/* Judge x (n reals of p->backend), of which a solver said info (NULL: nothing). Allocates and frees; p's own signature
 * is left alone. Errors: ENOMEM, ENOTSUP (no solver takes p), ENAN, EUNBOUNDED.                                     */
int crease_judge(const crease_subproblem *p, const void *x, const crease_solve_info *info, crease_verdict *verdict);

/* The solution in double: by `exact` where that is exact for p, else by the first of `ssn`, `apg` and `pg` that takes
 * p, from x (n doubles: start point on entry, solution on exit) down to rounding. p must live on cpu-f64.            */
int crease_solve_reference(const crease_subproblem *p, double *x, crease_solve_info *info);

/* p on cpu-f64: the same numbers in double, in one block of memory that the caller releases. NULL: ENOMEM. */
void *crease_subproblem_in_double(const crease_subproblem *p, crease_subproblem *q);

#endif

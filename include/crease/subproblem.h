/* The one subproblem everything rests on,
 *
 *   min_x  Q(x) = <v, x - x0> + 1/2 <x - x0, D (x - x0)> + w psi(x),   D = diag(d) >= 0 or scalar I,
 *
 * and its c-form, c = D x0 - v, which needs no division by d and differs from Q by a constant.          */
#ifndef CREASE_SUBPROBLEM_H
#define CREASE_SUBPROBLEM_H

#include "crease/regularizer.h"

/* A metric that is no diagonal: a symmetric positive semidefinite operator on host doubles, in the order of the
 * subproblem's entries.                                                                                   */
typedef struct crease_operator {
    void *user;
    void (*apply)(void *user, size_t n, const double *x, double *y); /* y = H x; x is not y */
    /* y += a H e_j, for methods that go coordinate by coordinate; NULL: not known */
    void (*add_column)(void *user, size_t n, size_t j, double a, double *y);
    const double *diagonal; /* n, of H; NULL: not known */
    double largest;         /* an upper bound of its eigenvalues, > 0 */
    double least;           /* a lower bound, >= 0 */
} crease_operator;

/* Who watches the iterations of a solver: called after each, and before the first with j = 0. */
struct crease_progress;
typedef struct crease_observer {
    void *user;
    /* x: n reals of the subproblem's backend, valid during the call. The clock of the solve stands still meanwhile. */
    void (*iterate)(void *user, const struct crease_progress *progress, const void *x);
} crease_observer;

typedef struct crease_subproblem {
    crease_ctx *ctx;
    const crease_backend *backend;
    size_t n;
    const void *c;       /* n: always there */
    const void *d;       /* n, or NULL: the metric is scalar * I */
    double scalar;
    const crease_operator *metric; /* takes the place of d and scalar; NULL: none. c = H x0 - v */
    const void *x0, *v;  /* n each, or both NULL: only the c-form is known (no Q, see accepts) */
    double w;            /* multiplies all of psi */
    const crease_regularizer *psi;
    const crease_groups *groups; /* of positions 0..n-1; disjoint unless psi couples them */
    double paper_scale;  /* where a paper tests Q/s instead of Q, that s; else 1 */
    unsigned long step;  /* outer iteration t, for schedules eps_t */
    crease_unit *unit;   /* where solvers write the signature that x does not show (a rank), or NULL */
    const crease_observer *observer; /* of iterative solvers; NULL: none */
} crease_subproblem;

/* The certificate of an answer, recomputed in double from the stored inputs by code no solver uses. */
typedef struct crease_certificate {
    double relative;     /* max_g dist(0, dQ(x))_g / max(|c_g|, |Dx|_g, w lambda_g) over parts g */
    double absolute;     /* |min-norm subgradient of Q at x|                 */
    double distance;     /* bound on |x - x*|: absolute / d_min; inf when d_min = 0 or psi not convex */
    double gap;          /* duality gap, where psi is convex, its conjugate known and finite, all d > 0; else NAN */
    double value;        /* Q(x); the c-form objective when x0, v are unknown or the metric is an operator */
    size_t worst_group;  /* where relative is attained; the part, where psi couples groups */
} crease_certificate;

/* Errors: ENOMEM, ENAN (a NaN in x or in the inputs). x: n reals of p->backend. */
int crease_certify(const crease_subproblem *p, const void *x, crease_certificate *certificate);

/* The operator of a symmetric positive semidefinite n x n matrix, row-major, not owned; largest is found as its
 * largest sum of a row's magnitudes, least is 0. diagonal (n) is filled, and must live as long as the operator. */
crease_operator crease_operator_of_matrix(size_t n, const double *matrix, double *diagonal);

#endif

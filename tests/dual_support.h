/* Subproblems for the solvers of norms whose groups overlap, nest or share entries: planted, or drawn.
 */
#ifndef CREASE_TESTS_DUAL_SUPPORT_H
#define CREASE_TESTS_DUAL_SUPPORT_H

#include "overlap_support.h"

enum { CHAIN, RANDOM, TREE, LATENT, N_KINDS };
extern const char *const dual_members[N_KINDS];

typedef struct {
    overlap s;
    crease_subproblem p;
    double target[MOST], x[MOST];      /* the planted solution; start point, then answer */
    double c[MOST], d[MOST], bx[MOST]; /* of the backend */
    crease_solve_info info;
} problem;

/* Groups of this kind at random, and a problem on them with c = 0: d has the spread, 0 for a scalar
 * metric. Free with overlap_free(&q.s). */
lists dual_lists(int kind);
problem dual_make(crease_ctx *ctx, const char *member, const lists *l, double spread, double w);
/* The solution chosen first, the multipliers of its zero groups well inside their balls. */
problem dual_plant(crease_ctx *ctx, int kind, double spread, double w);

/* From q->x into q->x. test NULL: none. */
int dual_try(problem *q, const char *solver, const char *test);
/* ... and fail the test on an error, and on -0. */
void dual_solve(problem *q, const char *solver, const char *test);
/* ... to this residual, relative to |c|. */
void dual_solve_to(problem *q, const char *solver, double eps);

double dual_size(const problem *q);  /* |c| */
double dual_certificate(problem *q); /* residual at q->x over |c| */
/* Fails unless the certificate is eps, the support as planted, and |x - x*| no more than that allows.
 */
void dual_check_planted(problem *q, const char *what, double eps);

#endif

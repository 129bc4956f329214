/* Subproblems with known solutions, and every quantity that an inexactness test looks at, in long
 * double and by formulas of their own: dual norms, least subgradients, gaps. */
#ifndef CREASE_TESTS_STOPPING_SUPPORT_H
#define CREASE_TESTS_STOPPING_SUPPORT_H

#include "subproblems.h"

typedef enum { PLAIN_L1, PLAIN_GROUP, PLAIN_SPARSE, PLAIN_LINF, PLAIN_NUCLEAR, N_PLAIN } plain_kind;

enum { PLAIN_ROWS = 8, PLAIN_SIZE = 6, PLAIN_N = PLAIN_ROWS * PLAIN_SIZE }; /* groups; matrices are 2 x 3 */

typedef struct {
    test_subproblem s; /* s.target: the solution */
    plain_kind kind;
    long double lambda1, lambda2; /* of a group, its weight counted in */
    long double ridge;
    bool live[PLAIN_ROWS]; /* not screened out */
} plain_problem;

/* Of the live groups alone, which the kernels iterate on, or of all. */
typedef struct {
    long double value, residual, gap, fenchel, span, least;
    long double distance; /* |x - x*|_D */
} plain_look;

/* spread: largest d / smallest; 0: a scalar metric. The start point is 0. */
void plain_make(crease_ctx *ctx, plain_kind kind, double spread, double ridge, uint64_t seed,
                plain_problem *p);
void plain_free(plain_problem *p);
plain_look plain_look_at(const plain_problem *p, const double *x, bool live_only);
const char *plain_name(plain_kind kind);

/* The start point and the last two iterates of a solve. */
typedef struct {
    crease_solve_info info;
    unsigned j;
    double start[PLAIN_N], before[PLAIN_N], x[PLAIN_N];
    long double move, move_before, move_first;
} plain_trace;

/* Fails the test, with the sentence, where spec is wrong. */
crease_stopping *plain_parse(crease_ctx *ctx, const char *spec);
/* From p->s.x. */
void plain_solve(plain_problem *p, const char *solver, const char *spec, plain_trace *t);

#endif

/* Random and backward-built subproblems for the conformance suites; host doubles, converted on demand. */
#ifndef CREASE_TESTS_SUBPROBLEMS_H
#define CREASE_TESTS_SUBPROBLEMS_H

#include "support.h"

typedef struct {
    crease_ctx *ctx;
    crease_random random;
    crease_regularizer *psi;
    crease_groups groups;
    crease_term term;                    /* of psi and groups */
    crease_subproblem p;                 /* in the backend's width, from the arrays below */
    size_t n;
    double spread;                       /* of the metric */
    double *c, *d, *x0, *v, *x, *target; /* host; target: the planted solution, if any */
    double *work;                        /* crease_term_work */
    void *bc, *bd, *bx0, *bv, *bx;       /* the backend's copies */
    crease_unit *unit;                   /* signature of the answer */
    crease_solve_info info;              /* of test_subproblem_solve */
} test_subproblem;

typedef struct {
    const char *regularizer, *backend, *groups; /* groups: for a block of rows x cols, "ragged", "overlap" or "tree" */
    size_t rows, cols;
    double spread;      /* largest d / smallest d; 0: scalar metric */
    double w, magnitude;
} test_shape;

/* Allocates everything; members' settings are drawn at random within their ranges, until the member accepts the
 * groups. False, with nothing to free, where it accepts none.                                             */
bool test_subproblem_make(crease_ctx *ctx, const test_shape *shape, uint64_t seed, test_subproblem *s);
void test_subproblem_free(test_subproblem *s);

/* c random, scaled so that about half of the units end up zero. */
void test_subproblem_draw(test_subproblem *s);

/* Choose the solution and a subgradient inside the subdifferential first, then c: c = D x + w y, y in dpsi(x).
 * Only for the shrink family; false for others.                                                          */
bool test_subproblem_plant(test_subproblem *s);

/* Fill the backend's copies and s->p from the host arrays; read the answer back into s->x. */
void test_subproblem_push(test_subproblem *s, bool with_x0);
void test_subproblem_pull(test_subproblem *s);

/* Solve what was pushed with the exact oracle into s->x, s->unit, s->info; fails the test on an error. */
void test_subproblem_solve(test_subproblem *s);

/* 1/2 x'Dx - c'x + w psi(x) of host arrays, psi in long double written out here for the shrink family, through
 * crease_part_value for others.                                                                          */
long double test_objective(test_subproblem *s, const double *x);

/* Every registered regularizer in every metric it takes, groups of all kinds, small and large magnitudes and w: `full`
 * cases a member and metric at full scale, drawn, pushed and solved before `look` sees them.              */
typedef void test_look(test_subproblem *s, double tolerance);
void test_for_all(crease_ctx *ctx, const char *backend, size_t full, bool with_x0, double tolerance, test_look *look);

#endif

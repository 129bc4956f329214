/* Random and backward-built subproblems for the conformance suites; host doubles, converted on demand. */
#ifndef CREASE_TESTS_SUBPROBLEMS_H
#define CREASE_TESTS_SUBPROBLEMS_H

#include "support.h"

typedef struct {
    crease_ctx *ctx;
    crease_random random;
    crease_regularizer *psi;
    crease_groups groups;
    crease_subproblem p;                 /* in the backend's width, from the arrays below */
    size_t n;
    double *c, *d, *x0, *v, *x, *target; /* host; target: the planted solution, if any */
    void *bc, *bd, *bx0, *bv, *bx;       /* the backend's copies */
} test_subproblem;

typedef struct {
    const char *regularizer, *backend, *groups; /* groups: for a block of rows x cols, or "ragged" */
    size_t rows, cols;
    double spread;      /* largest d / smallest d; 0: scalar metric */
    double w, magnitude;
} test_shape;

/* Allocates everything; members' settings are drawn at random. Free with test_subproblem_free. */
void test_subproblem_make(crease_ctx *ctx, const test_shape *shape, uint64_t seed, test_subproblem *s);
void test_subproblem_free(test_subproblem *s);

/* c random, scaled so that about half of the units end up zero. */
void test_subproblem_draw(test_subproblem *s);

/* Choose the solution and a subgradient inside the subdifferential first, then c: c = D x + w y, y in dpsi(x).
 * Only for the shrink family; false for others.                                                          */
bool test_subproblem_plant(test_subproblem *s);

/* Fill the backend's copies and s->p from the host arrays; read the answer back into s->x. */
void test_subproblem_push(test_subproblem *s, bool with_x0);
void test_subproblem_pull(test_subproblem *s);

/* 1/2 x'Dx - c'x + w psi(x) of host arrays, psi in long double written out here for the shrink family, through
 * crease_group_value for others.                                                                         */
long double test_objective(const test_subproblem *s, const double *x);

#endif

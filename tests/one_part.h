/* One part of a member with its subproblem: what the tests of single members share. */
#ifndef CREASE_TESTS_ONE_PART_H
#define CREASE_TESTS_ONE_PART_H

#include "support.h"

typedef struct {
    crease_ctx *ctx;
    crease_random random;
    crease_regularizer *psi;
    crease_part part;
    size_t n;
    double *c, *d, *x, *g, *weights, w; /* n each; d = 1, w = 1 */
    crease_prox_info info;
} problem;

/* The context of a test is its state. */
int open_context(void **state);
int close_context(void **state);

void open_problem(problem *p, void **state, const char *name, size_t n, uint64_t seed);
void close_problem(problem *p);

/* Settings: one number, or p->weights. Afterwards `ready` finds scratch of their size. */
void set_number(problem *p, const char *key, double value);
void set_weights(problem *p, const char *key);
void ready(problem *p);

int solve(problem *p);

/* The distance of 0 from Dx - c + w dpsi(x), kept in g but for the last term, is small beside |c|, |Dx| (a
 * simplex may be far from c/d) and w lambda; and no zero is negative.                                   */
void assert_certified(problem *p, double tolerance);

/* c and d at random: d of one of several kinds, some entries of c tied. */
void draw(problem *p, size_t kind, double magnitude);
double uniform(problem *p);
double normal(problem *p);
size_t below(problem *p, size_t n);

#endif

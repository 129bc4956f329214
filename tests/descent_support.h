/* Problems with their regularizers, made in a line, for the tests of deterministic methods and of
 * reference solutions. */
#ifndef CREASE_TESTS_DESCENT_SUPPORT_H
#define CREASE_TESTS_DESCENT_SUPPORT_H

#include "experiment/descent.h"
#include "experiment/terms.h"
#include "problem_support.h"

/* f + psi: a problem, and terms on its blocks. */
typedef struct model {
    crease_ctx *ctx;
    crease_problem *problem;
    crease_term_set terms;
} model;

/* settings: "key=value,key=value", NULL: none. */
model *model_make(const char *problem, const char *backend, const char *settings);
/* psi with its settings on groups ("elements", "cols", "size:3" ...) of a block. */
void model_add(model *m, const char *psi, const char *settings, const char *block, const char *groups);
void model_free(model *m);

/* Certified data with the norm they are for: l1 where group is 1, else group_l2. */
model *model_certified(const char *problem, const char *backend, size_t group, uint64_t seed);
/* Planted data with intercepts: group_l2 on columns for softmax, else l1. lambda of the norm. */
model *model_planted(const char *problem, const char *backend, double lambda);

/* A method at work on it, from x (n doubles, or NULL). Fails the test with the sentence. */
crease_descent descend(model *m, const char *method, const double *x);
/* ... until its residual is at most goal: the number of steps. */
unsigned long descend_to(crease_descent *d, double goal, unsigned long most);

/* The names of all registered deterministic algorithms; how many. */
enum { MOST_METHODS = 12 };
size_t deterministic_methods(crease_ctx *ctx, const char *names[MOST_METHODS]);
bool is_one_of(const char *name, const char *const *names); /* ended by NULL */

#endif

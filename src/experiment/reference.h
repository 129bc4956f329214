/* Solving for a reference: a deterministic method down to rounding, then what certifies the manifold. */
#ifndef CREASE_EXPERIMENT_REFERENCE_H
#define CREASE_EXPERIMENT_REFERENCE_H

#include "crease/reference.h"
#include "descent.h"
#include "files.h"
#include "spec.h"
#include "terms.h"

/* Relative residual at which a reference is finished; rounding may stop it before. */
#define CREASE_REFERENCE_GOAL 1e-13
/* At which no other plan is tried. */
#define CREASE_REFERENCE_ENOUGH 1e-12

typedef struct crease_reference_plan {
    const char *method;  /* "prox_newton", "fista:restart=false" ... */
    double goal;         /* relative residual wanted */
    unsigned long most;  /* steps */
} crease_reference_plan;

/* The plans for these terms, best first: the next is tried, from where the last one ended, if that falls short. */
enum { CREASE_REFERENCE_PLANS = 3 };
size_t crease_reference_plans(const crease_problem *problem, const crease_term_set *set,
                              crease_reference_plan plans[CREASE_REFERENCE_PLANS]);

/* Fill in r, which is zeroed, but for hash; x NULL: start where the problem does. Reaching `most` is no error: see
 * r->certificate. */
int crease_reference_solve(crease_problem *problem, const crease_term_set *set, const crease_reference_plan *plan,
                           const double *x, crease_reference *r);

/* Hexadecimal SHA-256 of what the reference depends on: problem, terms, and the data through f and its gradient at a random
 * point, to 9 digits. */
int crease_reference_hash(const crease_experiment *e, const crease_term_specs *specs, crease_problem *problem,
                          char hash[65]);
/* Where references are kept: $XDG_CACHE_HOME/crease/references/HASH.h5, or under ~/.cache. The folder is made. */
int crease_reference_path(crease_ctx *ctx, const char *hash, crease_path path);

/* The reference of an experiment's problem and these regularizers, from the cache or solved and put there. fresh: solve
 * it anyway. plan NULL: the best that there is.                                                                            */
int crease_reference_find(const crease_experiment *e, const crease_term_specs *specs, crease_problem *problem,
                          const crease_reference_plan *plan, bool fresh, crease_reference *r, crease_path path);

/* Where the diagnostic `reference` names no file: find or solve the reference in double, and name it. */
int crease_reference_supply(crease_experiment *e);

#endif

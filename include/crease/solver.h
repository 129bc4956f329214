/* Inner solvers: each minimizes a subproblem, allocates nothing, and says why it stopped. */
#ifndef CREASE_SOLVER_H
#define CREASE_SOLVER_H

#include "crease/stopping.h"
#include "crease/subproblem.h"

#define CREASE_STOPS(ENTRY)                                                                         \
    ENTRY(MET, "met", "the inexactness test was met, or the solver is exact")                       \
    ENTRY(CAP, "cap", "the iteration cap was reached first")                                        \
    ENTRY(PRECISION, "precision", "the arithmetic allows no further progress")

#define CREASE_STOP_ENUM(UPPER, name, doc) CREASE_STOP_##UPPER,
typedef enum crease_stop { CREASE_STOPS(CREASE_STOP_ENUM) CREASE_N_STOPS } crease_stop;
#undef CREASE_STOP_ENUM

const char *crease_stop_name(crease_stop stop);

typedef struct crease_solve_info {
    crease_stop stop;
    unsigned iterations;    /* Newton steps of the slowest group, or iterations of the whole */
    double mean_iterations; /* over live groups; equal to iterations where all move together */
    size_t groups, zero_groups;
    double bound;           /* the solver's own bound on the relative certificate; NAN: none */
    bool exact;             /* a global minimizer up to rounding, or a test was to be met: no part is marked inexact */
    double gap;             /* not exact: proven bound on Q(x) - Q*, infinite where none is known; else 0 */
    double tested;          /* the quantity of the inexactness test at the end; NAN: none    */
    double threshold;       /* what it was not to exceed; NAN: none */
    size_t proxes;          /* proximal maps applied to the whole (decompositions, for spectral regularizers) */
    size_t products;        /* products with the metric of the whole */
} crease_solve_info;

typedef struct crease_solver crease_solver;

/* What a method promises of its iterates where a theorem says so; L_g = max d_g. */
enum {
    CREASE_PROMISES_DESCENT = 1, /* Q never rises */
    CREASE_PROMISES_DECREASE = 2, /* Q(x_{j-1}) - Q(x_j) >= sum_i (L_g - d_i/2) m_i^2, m the move: enough of it */
    CREASE_PROMISES_CONTRACTION = 4, /* |move_{j+1}| <= (1 - d_min/d_max) |move_j| */
};

typedef struct crease_solver_type {
    crease_type base;
    bool takes_stopping; /* an inexactness test rules it */
    bool joint;          /* the test looks at the whole term: its groups may not be solved tile by tile */
    /* NULL: takes it. Otherwise why not, in words. */
    const char *(*accepts)(const crease_solver *s, const crease_subproblem *p);
    size_t (*work_size)(const crease_solver *s, const crease_subproblem *p); /* bytes */
    /* x: start point on entry, solution on exit; n reals. work: work_size bytes, 64-byte aligned.
     * Errors: CREASE_ENAN, CREASE_EUNBOUNDED, with the sentence set. Reaching a cap is no error.        */
    int (*solve)(const crease_solver *s, const crease_subproblem *p, void *x, void *work,
                 crease_solve_info *info);
    unsigned (*promises)(const crease_solver *s, const crease_subproblem *p); /* NULL: nothing */
    const struct crease_iterative *method; /* of iterative solvers: what the shared loop runs (core/iterate.h) */
} crease_solver_type;

struct crease_solver {
    const crease_solver_type *type;
    void *opts;
    const crease_stopping *stopping; /* not owned; NULL unless takes_stopping */
    crease_ctx *ctx;
};

/* stopping must outlive the solver; EINVAL (NULL) when one is given to a solver that takes none, or
 * missing where one is needed.                                                                         */
crease_solver *crease_solver_create(crease_ctx *ctx, const char *name, crease_stopping *stopping);
/* From "NAME:key=value,..."; the same errors, and those of the settings. NULL with the sentence set. */
crease_solver *crease_solver_parse(crease_ctx *ctx, const char *text, crease_stopping *stopping);
int crease_solver_set(crease_solver *s, const char *key, const char *text);
void crease_solver_free(crease_solver *s);

/* Check w and the signs of the metric (ERANGE, ENAN), then accepts (ENOTSUP with its reason), and solve
 * with a work space of its own; EUNBOUNDED also where x overflows. For loops, call work_size once and
 * type->solve directly, which checks none of this: w >= 0 and d >= 0 are the caller's care.            */
int crease_solver_solve(const crease_solver *s, const crease_subproblem *p, void *x,
                        crease_solve_info *info);

#endif

/* An experiment: what an experiment file says, with every default filled in. */
#ifndef CREASE_SPEC_H
#define CREASE_SPEC_H

#include "crease/algorithm.h"
#include "crease/diagnostic.h"
#include "schedule.h"
#include "tree.h"

/* A member of a kind with its settings. type is NULL where none applies. */
typedef struct crease_choice {
    crease_kind kind;
    const crease_type *type;
    void *opts;
} crease_choice;

/* A regularization term: psi on groups of a block. */
typedef struct crease_term_spec {
    crease_string block, groups, group_weights;
    double scale, ridge; /* the term is scale psi(x) + ridge/2 |x|^2 */
    double relative;     /* > 0: scale is this share of the least that makes the solution zero */
    double *scale_max;   /* where that least one is kept once it is found, 0 before; of all copies. NULL: nowhere */
    crease_choice psi;
    const crease_node *node; /* where it stands */
} crease_term_spec;

typedef struct crease_term_specs {
    size_t n;
    crease_term_spec items[CREASE_MAX_TERMS];
} crease_term_specs;

/* One entry of "algorithms". */
typedef struct crease_method {
    crease_string label;
    crease_choice algorithm, solver, stopping;
    bool own_regularizers, own_schedule;
    crease_term_specs regularizers;
    crease_schedule schedule;
    const crease_node *node;
} crease_method;

typedef struct crease_observe {
    long full_gradient_every, certificate_every, objective_every, checkpoint_every;
    double diverged_above;
} crease_observe;

typedef struct crease_experiment {
    crease_ctx *ctx;
    crease_tree tree; /* kept for the places in it */
    crease_string name, backend;
    crease_list seeds;
    crease_choice problem;
    crease_term_specs regularizers;
    crease_schedule schedule;
    crease_observe observe;
    size_t n_diagnostics;
    crease_choice *diagnostics;
    size_t n_methods;
    crease_method *methods;
} crease_experiment;

extern const crease_param crease_experiment_params[]; /* name, backend, seeds */
extern const crease_param crease_observe_params[];
extern const crease_param crease_term_params[]; /* block, groups, group_weights, scale ... */

/* Read a file, apply the settings ("schedule.epochs=3", n of them), fill in the defaults. Every error
 * says where: file:line:column, or the setting. */
int crease_experiment_read(crease_ctx *ctx, const char *path, const char *const *settings, size_t n,
                           crease_experiment *e);
/* The same from a tree, which the experiment takes over. */
int crease_experiment_from_tree(crease_tree *tree, crease_experiment *e);
/* One more diagnostic, with its defaults, unless it is there; at most so many may be added. */
enum { CREASE_MOST_ADDED_DIAGNOSTICS = 4 };
int crease_experiment_add_diagnostic(crease_experiment *e, const char *name);
void crease_experiment_free(crease_experiment *e); /* zeroed is fine */

/* The problem, set up; owned by the caller (crease_problem_free), also after an error. */
int crease_experiment_load_problem(const crease_experiment *e, crease_problem **problem);

/* The experiment as YAML that reads back to the same experiment; owned by the caller. NULL: ENOMEM. */
char *crease_experiment_print(const crease_experiment *e);
/* Its problem and these regularizers alone. */
char *crease_experiment_print_problem(const crease_experiment *e, const crease_term_specs *terms);

#endif

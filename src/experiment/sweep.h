/* Sweeps: every method of an experiment for every lambda and learning rate, trained for the same
 * number of epochs, and the best setting of each on rows that no training step has seen. */
#ifndef CREASE_EXPERIMENT_SWEEP_H
#define CREASE_EXPERIMENT_SWEEP_H

#include "jobs.h"

/* --- rows held out (sweep_holdout.c) -------------------------------------------------------------- */

/* The problem on a part of its rows: a share of them, drawn by the seed, is held out. f is the mean
 * over the others, and the metric "held_out_loss" that over the held-out ones, without a ridge; the
 * problem's own metrics stay. What is known of f on all rows alone (second derivatives, predictions, a
 * solution) is not known of the part. `of` must outlive it. Errors: ERANGE (no rows would be left on
 * one side), ENOTSUP (five metrics), ENOMEM. */
int crease_holdout_create(crease_problem *of, double share, uint64_t seed, crease_problem **problem);
#define CREASE_HELD_OUT_LOSS "held_out_loss"

/* --- the grid (sweep.c) --------------------------------------------------------------------------- */

typedef struct crease_sweep_grid {
    crease_list lambda, lr;
    bool relative; /* lambda is a share of the least that makes the solution zero */
} crease_sweep_grid;

/* One method with one setting, and how its runs went on average over the seeds. */
typedef struct crease_sweep_cell {
    size_t method;     /* of the experiment as it was */
    double lambda, lr; /* NAN: the method has none */
    double relative;   /* lambda over the least that makes the solution zero; NAN: not asked for */
    size_t runs, finished;
    double criterion;    /* what is selected by; NAN: a run has not finished, or it is not finite */
    double criterion_sd; /* over seeds; NAN: one seed */
    double merit;        /* the first metric of the problem itself; NAN: it has none */
    double merit_sd, sparsity, objective, passes, train_s;
    bool best_lr;  /* of this method and lambda */
    bool selected; /* of this method */
} crease_sweep_cell;

typedef struct crease_sweep {
    crease_experiment *experiment; /* whose methods are now the cells, in order */
    size_t n_methods;
    crease_string *labels; /* of the experiment as it was */
    size_t n;
    crease_sweep_cell *cells; /* methods, within them lambda, within them lr */
    const char *criterion;    /* name of the metric that is selected by */
    bool larger;              /* larger is better */
    const char *merit;        /* NULL: none */
} crease_sweep;

/* Replace the experiment's methods by one for every method, lambda and lr, labelled METHOD_lLAMBDA_rLR
 * (LAMBDA as in the grid); a list that a method has no use for counts as one value. The problem is
 * what a relative lambda is relative to. Free in any case, zeroed is fine. Errors: EINVAL (methods
 * train for different numbers of epochs, or have several regularizers), those of the settings and of
 * crease_scale_max. */
int crease_sweep_expand(crease_experiment *e, crease_problem *problem, const crease_sweep_grid *grid,
                        crease_sweep *s);
void crease_sweep_free(crease_sweep *s);

/* --- results (sweep_result.c) --------------------------------------------------------------------- */

/* By the held-out loss where the problem has it, else by its own first metric. Errors: EINVAL (it has
 * none). */
int crease_sweep_choose_criterion(crease_sweep *s, const crease_problem *p);
/* Read the results of the runs, and select. */
int crease_sweep_judge(crease_sweep *s, const crease_jobs *jobs);
/* sweep.csv: a row a cell. */
int crease_sweep_write_csv(const crease_sweep *s, const char *path);

#endif

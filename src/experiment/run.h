/* One run: an algorithm of an experiment, with one seed, from the start point (or a checkpoint) to its
 * end. */
#ifndef CREASE_RUN_H
#define CREASE_RUN_H

#include "spec.h"
#include "terms.h"
#include "trace.h"

typedef enum {
    CREASE_OUTCOME_RUNNING,
    CREASE_OUTCOME_FINISHED,
    CREASE_OUTCOME_DIVERGED,
    CREASE_OUTCOME_INTERRUPTED,
    CREASE_OUTCOME_FAILED,
} crease_outcome;

/* How far a run is, or how it ended. */
typedef struct crease_report {
    crease_outcome outcome;
    long epochs;                      /* done */
    long epochs_here;                 /* of them, since this process took the run up */
    double objective, sparsity; /* of the last row; NAN: not known */
    double train_s;
    int code; /* CREASE_OK, or why it ended before its last epoch */
    char sentence[1024];
} crease_report;

/* What a caller may be told and asked, all of it optional. */
typedef struct crease_watch {
    void *user;
    bool (*interrupted)(void *user); /* asked after every step */
    void (*epoch)(void *user, const crease_report *report);
} crease_watch;

/* A run in the making: everything the loop, the checkpoint and the trace look at. */
typedef struct crease_training {
    crease_ctx *ctx;
    const crease_experiment *experiment;
    const crease_method *method;
    crease_problem *problem; /* shared, not owned */
    uint64_t seed;
    crease_path folder;

    crease_term_set terms;
    crease_stopping *stopping;
    crease_solver *solver;
    crease_algorithm *algorithm;
    crease_oracle oracle;
    crease_diagnostic **diagnostics; /* experiment->n_diagnostics */
    crease_inspection inspection;    /* for those that want it */
    bool watch_hat;                  /* a diagnostic wants W-hat at every step */
    double c0;                       /* the method's own momentum, before the ramp */
    double loss_limit;               /* above it the run has diverged */
    double fingerprint;              /* of the data: |grad f|^2 at the start point */

    long epoch;         /* epochs done */
    size_t step, steps; /* of the epoch at hand: done, and in all */
    double epoch_s, train_s;
    double loss; /* of the last evaluation */
    crease_report report;

    uint32_t *order;                                     /* of the rows in this epoch */
    void *gradient;                                      /* n reals */
    double *x, *hat, *host_gradient, *host_gradient_hat; /* n doubles on the host */
    double *work;                                        /* the largest group */
    size_t n_units;
    crease_unit *history, *history_hat; /* signatures: room * units, the first epoch of them filled */
    size_t history_room;

    size_t n_columns;
    const char **columns;
    double *row;
    crease_trace trace;
} crease_training;

/* Build everything and check that it fits together; nothing is written yet. The problem is set up. */
int crease_training_create(const crease_experiment *e, const crease_method *method, uint64_t seed,
                           crease_problem *problem, const char *folder, crease_training **training);
void crease_training_free(crease_training *t); /* NULL is fine */

/* Run to the end, or until interrupted; t->report says how it went, and the run's folder holds the
 * rest. With resume, what its checkpoint holds is not done again. Errors: CREASE_EDIVERGED,
 * CREASE_EINTERRUPTED, and whatever else went wrong.                           */
int crease_training_go(crease_training *t, bool resume, const crease_watch *watch);

/* <folder>/<label>-<seed> */
int crease_run_folder(crease_ctx *ctx, crease_path path, const char *folder, const crease_method *m,
                      uint64_t seed);

const char *crease_outcome_name(crease_outcome outcome);

/* --- the parts, each in a file of its own
 * ------------------------------------------------------------- */

/* What an observation says of the run at any time. */
void crease_training_show(const crease_training *t, crease_observation *o);

/* Room for one more signature in the history. */
int crease_history_reserve(crease_training *t, size_t epochs);

int crease_checkpoint_write(crease_training *t);
/* found: whether there was one. Errors: EPARSE (damaged, or another run's), EIO. */
int crease_checkpoint_read(crease_training *t, bool *found, long *trace_bytes);

int crease_masks_write(const crease_training *t);  /* masks.h5 */
int crease_result_write(const crease_training *t); /* result.json, from the trace and the report */

#endif

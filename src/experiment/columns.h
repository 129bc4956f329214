/* The columns of a trace: those that every trace begins with, after the algorithm's label and the seed,
 * and the columns of diagnostics that summaries pick out by name (they do without where a run has
 * none).            */
#ifndef CREASE_COLUMNS_H
#define CREASE_COLUMNS_H

#include "crease/diagnostic.h"

#define CREASE_RUN_COLUMNS(ENTRY)                                                                      \
    ENTRY(EPOCH, "epoch", "epochs done")                                                               \
    ENTRY(STEP, "step", "steps done in all")                                                           \
    ENTRY(STAGE, "stage", "stage of the epoch, from 0")                                                \
    ENTRY(LR, "lr", "learning rate of its steps")                                                      \
    ENTRY(MOMENTUM, "momentum", "weight c of the new point in its last step")                          \
    ENTRY(EPOCH_S, "epoch_s", "seconds in the epoch's steps, observation left out")                    \
    ENTRY(TRAIN_S, "train_s", "the same, summed over all epochs")                                      \
    ENTRY(PASSES, "passes", "passes over the rows in all steps: a gradient is one, a loss alone a half") \
    ENTRY(LOSS, "loss", "f(W) on all training rows")                                                   \
    ENTRY(OBJECTIVE, "objective", "f(W) + psi(W)")

#define CREASE_RUN_COLUMN_ENUM(UPPER, name, doc) CREASE_COLUMN_##UPPER,
enum { CREASE_RUN_COLUMNS(CREASE_RUN_COLUMN_ENUM) CREASE_N_RUN_COLUMNS };
#undef CREASE_RUN_COLUMN_ENUM

extern const crease_column crease_run_columns[CREASE_N_RUN_COLUMNS];

#define CREASE_COLUMN_SPARSITY     "sparsity_weighted"
#define CREASE_COLUMN_SPARSITY_HAT "sparsity_hat_weighted"
#define CREASE_COLUMN_CHANGE       "last_change_epoch"
#define CREASE_COLUMN_CERTIFICATE  "certificate_max"
#define CREASE_COLUMN_ACCURACY     "test_accuracy"
#define CREASE_COLUMN_INNER        "inner_iterations_mean"
#define CREASE_COLUMN_INNER_MS     "inner_solve_ms"

/* The value of a column in a row; NAN where there is none of that name. */
double crease_column_value(const char *const *columns, const double *row, size_t n, const char *name);

#endif

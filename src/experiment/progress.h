/* What a person sees of an experiment, as text: the line of progress, the line of a finished run, the
 * table. */
#ifndef CREASE_PROGRESS_H
#define CREASE_PROGRESS_H

#include "jobs.h"
#include "text.h"

/* "ramda, seed 1, epoch 12 of 30: objective 0.41, sparsity 56.1 %; 2 min 10 s left". elapsed_s: since
 * this process began to train. */
void crease_progress_line(crease_text *t, const crease_jobs *jobs, const crease_job *job,
                          double elapsed_s);

/* "ramda, seed 1: finished, 30 epochs, ..." */
void crease_progress_end(crease_text *t, const crease_job *job);

/* One row an algorithm, means over its finished seeds; then which data, the largest certificate, and
 * where the results are. Reads the runs' results. */
int crease_progress_table(crease_text *t, const crease_jobs *jobs);

#endif

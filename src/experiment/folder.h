/* The folder of an experiment: RUN/config.yaml, one folder a run, RUN/trace.csv, RUN/summary.json. */
#ifndef CREASE_FOLDER_H
#define CREASE_FOLDER_H

#include "jobs.h"

/* Open a folder for this experiment and write its config.yaml. One that holds a run is refused, unless
 * resume (the same experiment: go on) or force (its results are removed). *lock is held until the
 * process and its children end, so that no two work in one folder; release it with close(). Errors:
 * EEXIST (with what to do), EIO.                                                                     */
int crease_folder_open(const crease_experiment *e, const char *folder, bool resume, bool force,
                       int *lock);

/* RUN/trace.csv: the traces of all runs, one after the other. */
int crease_traces_join(const crease_jobs *jobs);

/* RUN/summary.json, from the runs' results; command: how the program was called. */
int crease_summary_write(const crease_jobs *jobs, const char *command);

#endif

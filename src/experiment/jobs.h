/* All runs of an experiment: algorithm x seed pairs, one after the other or in parallel processes. */
#ifndef CREASE_JOBS_H
#define CREASE_JOBS_H

#include "run.h"

typedef struct crease_job {
    const crease_method *method;
    uint64_t seed;
    bool earlier; /* an earlier process has finished it */
    crease_report report;
} crease_job;

typedef struct crease_jobs {
    crease_ctx *ctx;
    const crease_experiment *experiment;
    crease_problem *problem;
    const char *folder;
    const struct crease_capture_plan *capture; /* of the subproblems, NULL: none */
    bool resume;
    int parallel; /* processes at a time; 1: no process is started */
    size_t n;
    crease_job *items;
    void *user;
    bool (*interrupted)(void *user);
    void (*changed)(void *user, const struct crease_jobs *jobs,
                    const crease_job *job); /* an epoch, or the end */
} crease_jobs;

/* The pairs, algorithms within seeds; with resume, those that are finished are marked so. Each is built
 * once to see that its parts fit together, so that no mistake shows only after hours. */
int crease_jobs_prepare(crease_jobs *jobs);
void crease_jobs_free(crease_jobs *jobs);

/* Run those not finished. A run that fails or diverges does not stop the others; an interruption stops
 * all. Returns CREASE_OK, or the gravest of the runs' codes with a sentence that tells of it. */
int crease_jobs_go(crease_jobs *jobs);

#endif

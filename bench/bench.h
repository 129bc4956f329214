/* Measurements of `crease bench`: a kernel beside the least that any code must do for the same answer,
 * in one run, interleaved, one thread. What is reported is the median of the paired ratios. */
#ifndef CREASE_BENCH_H
#define CREASE_BENCH_H

#include <stdio.h>

#include "crease/crease.h"

typedef struct crease_bench {
    crease_ctx *ctx;
    const crease_backend *backend;
    size_t entries; /* parameters of the synthetic problems */
    int repeats;
    FILE *csv; /* may be NULL */
} crease_bench;

/* One row of the table. */
typedef struct crease_measure {
    const char *what, *layout;
    size_t size; /* of a group; 0: not a matter of groups */
    size_t entries;
    double bytes;            /* that the pass moves */
    double pass_ms, work_ms; /* medians */
    double ratio;            /* median of work/pass over the repeats */
    double target;           /* the ratio should not be above it */
} crease_measure;

/* The two sides, on the same data. Errors end the measurement. */
typedef struct crease_sides {
    void (*pass)(void *user);
    int (*work)(void *user);
    void *user;
} crease_sides;

void crease_bench_header(const crease_bench *b);
/* Fills the times of m, prints its row, and appends it to the CSV. */
int crease_bench_measure(const crease_bench *b, const crease_sides *sides, crease_measure *m);

/* y = a b, and  v += g, u += g, w += w0: memory read and written once. */
void crease_bench_stream(size_t real_bytes, size_t n, const void *a, const void *b, void *y);
void crease_bench_touch(size_t real_bytes, size_t n, const void *g, void *v, void *u, const void *w0,
                        void *w);

/* Runs body with what all three measure: the group lasso at this lambda, and the exact solver. */
typedef int crease_bench_body(const crease_bench *b, const crease_regularizer *psi,
                              const crease_solver *solver);
int crease_bench_with_group_lasso(const crease_bench *b, const char *lambda, crease_bench_body *body);

int crease_bench_oracles(crease_bench *b);
int crease_bench_steps(crease_bench *b);
int crease_bench_epoch(crease_bench *b);

#endif

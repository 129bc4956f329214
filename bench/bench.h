/* Measurements of `crease bench`: a kernel beside the least that any code must do for the same answer,
 * in one run, interleaved, one thread. What is reported is the median of the paired ratios. */
#ifndef CREASE_BENCH_H
#define CREASE_BENCH_H

#include <stdio.h>

#include "crease/crease.h"

enum { CREASE_BENCH_MOST_SIZES = 32 };

typedef struct crease_bench {
    crease_ctx *ctx;
    int repeats;
    FILE *csv; /* may be NULL */
    const crease_backend *backend; /* not for oracles */
    size_t entries;                /* parameters of the synthetic problems; not for oracles */
    /* for oracles alone */
    const crease_backend *backends[2];
    size_t n_backends, n_members, n_sizes;
    const char *const *members; /* n_members 0: all */
    size_t sizes[CREASE_BENCH_MOST_SIZES];
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

/* How long a row is measured: until so many rounds, or so many ms after the least number of them. Each
 * side is repeated within a round until it takes batch_ms. */
typedef struct crease_pace {
    int most, least;
    double enough_ms, batch_ms;
} crease_pace;

typedef struct crease_times {
    double pass_ms, work_ms; /* medians, of one call */
    double ratio;            /* median of work/pass over the rounds */
    double spent_ms;         /* by all calls of work */
    int rounds;
} crease_times;

/* The sides in turn, after calls that warm up. Errors: ENOMEM, and those of work. */
int crease_bench_time(crease_ctx *ctx, const crease_sides *sides, const crease_pace *pace,
                      crease_times *times);

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
int crease_bench_layouts(crease_bench *b);
int crease_bench_outer(crease_bench *b);
int crease_bench_epoch(crease_bench *b);

#endif

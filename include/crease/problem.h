/* Problems: f, the smooth part of F = f + psi, as a mean over rows; its parameters are one flat vector,
 * cut into named blocks.                                                                               */
#ifndef CREASE_PROBLEM_H
#define CREASE_PROBLEM_H

#include "crease/backend.h"
#include "crease/registry.h"

typedef struct crease_block {
    const char *name; /* "weight", "bias" */
    size_t offset, n;
    unsigned rank;
    size_t shape[4];
    size_t image_height, image_width; /* when its columns are pixels; else 0 */
} crease_block;

typedef struct crease_problem crease_problem;

/* Which rows: count indices, or count = 0 and rows = NULL for the full training set. */
typedef struct crease_rows {
    size_t count;
    const uint32_t *rows;
} crease_rows;

/* A figure of merit on held-out data: "test_accuracy". */
typedef struct crease_metric {
    const char *name, *doc;
    double value;
} crease_metric;

#define CREASE_MAX_METRICS 4

typedef struct crease_problem_type {
    crease_type base;
    /* Load the data, fill n, rows, blocks, metrics, source; allocate state. */
    int (*setup)(crease_problem *p);
    void (*teardown)(crease_problem *p); /* also after a failed setup; leaves state NULL, for it may come twice */
    /* value = mean loss over the rows (+ ridge); gradient (n reals, may be NULL) of the same. x: n reals. */
    int (*gradient)(crease_problem *p, crease_rows rows, const void *x, double *value, void *gradient);
    int (*start)(crease_problem *p, uint64_t seed, void *x); /* NULL: the origin */
    int (*evaluate)(crease_problem *p, const void *x);       /* fills metrics[].value; NULL: none */
    /* Known structure: unit[i] = 1 where the solution is live in the columns of block 0; NULL: unknown. */
    const unsigned char *(*known_columns)(const crease_problem *p);
} crease_problem_type;

struct crease_problem {
    const crease_problem_type *type;
    void *opts;
    void *state; /* the type's own */
    crease_ctx *ctx;
    const crease_backend *backend;
    size_t n, rows;
    size_t n_blocks;
    crease_block blocks[8];
    size_t n_metrics;
    crease_metric metrics[CREASE_MAX_METRICS];
    char source[600]; /* which data, in words */
};

crease_problem *crease_problem_create(crease_ctx *ctx, const char *name, const crease_backend *backend);
int crease_problem_set(crease_problem *p, const char *key, const char *text);
int crease_problem_setup(crease_problem *p); /* once, after the settings */
void crease_problem_free(crease_problem *p);

#endif

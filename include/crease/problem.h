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
    /* A known minimizer of f + psi, n doubles on the host, for the psi that the settings name; NULL: none is known. */
    const double *(*known_solution)(const crease_problem *p);

    /* Second derivatives of f, on all rows; all three or none. curvature fixes the point (n reals) and forgets the one
     * before; product gives y = H v there, the ridge included (y is not v). H is positive semidefinite where f is
     * convex; where f has no second derivative it is an element of the generalized one.                          */
    int (*curvature)(crease_problem *p, const void *x);
    int (*product)(crease_problem *p, const void *v, void *y);
    /* From here to the next call of curvature, v is zero where live[i] (n) is 0, and y is wanted only where it is not:
     * it may be anything finite elsewhere. NULL: that would gain nothing.                                       */
    int (*focus)(crease_problem *p, const unsigned char *live);
    /* A Lipschitz constant of the gradient of f; of that of every single row's loss, where one_row. Infinite: there
     * is none. Computed at the first call.                                                                      */
    int (*lipschitz)(crease_problem *p, bool one_row, double *L);

    /* f as a mean of losses of z_i = X_i x, row_width numbers a row (see crease_problem); NULL where it is not of this
     * form. slopes: s (count * row_width reals) = derivatives of the rows' losses in z_i at x. pull: g = beta g + scale
     * sum_i X_i' s_i, so that the gradient on these rows is pull(slopes, 1/count, 0) and the ridge.              */
    int (*slopes)(crease_problem *p, crease_rows rows, const void *x, void *s);
    int (*pull)(crease_problem *p, crease_rows rows, const void *s, double scale, double beta, void *g);
    /* z: rows * row_width doubles on the host, of all rows at x. */
    int (*predict)(crease_problem *p, const void *x, double *z);
} crease_problem_type;

struct crease_problem {
    const crease_problem_type *type;
    void *opts;
    void *state; /* the type's own */
    crease_ctx *ctx;
    const crease_backend *backend;
    size_t n, rows;
    size_t row_width; /* numbers that a row's loss is a function of; 0: f is not of that form */
    double ridge;     /* the part of f that is ridge/2 |block 0|^2 */
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

/* Random samples on disk, and what a linear model on them is worth, recomputed in long double. */
#ifndef CREASE_TESTS_PROBLEM_SUPPORT_H
#define CREASE_TESTS_PROBLEM_SUPPORT_H

#include "support.h"

typedef struct sample {
    size_t rows, cols, classes;
    double *x; /* rows * cols */
    int *y;    /* class 0 .. classes - 1; written to files as 3 y - 2 */
    double *t; /* real targets, written instead; NULL: the classes are */
} sample;

/* Normal entries, a fraction of them zero; every class occurs. */
sample sample_create(uint64_t seed, size_t rows, size_t cols, size_t classes, double zeros);
void sample_free(sample *s);
/* The whole sample as "NAME.csv" (label last) or as LIBSVM text; returns the path. */
const char *sample_write_csv(const sample *s, const char *name);
const char *sample_write_libsvm(const sample *s, const char *name);

/* A problem after its set-up. settings: key, value, key, value, ..., NULL. */
crease_problem *problem_make(crease_ctx *ctx, const char *name, const char *backend,
                             const char *const *settings);
#define SETTINGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Value and gradient (NULL: not wanted) of the model over the given rows (NULL: all), by its
 * definition. */
typedef struct reference {
    const sample *data;
    bool binary, bias;
    double ridge;
} reference;
size_t reference_size(const reference *r); /* number of parameters */
long double reference_value(const reference *r, crease_rows rows, const double *x, double *gradient);

/* n independent normal numbers times scale. */
void fill_normal(uint64_t seed, size_t n, double scale, double *x);

#endif

/* The matrix problems and phase_retrieval, in double whatever the backend. */
#ifndef CREASE_TESTS_MATRIX_SUPPORT_H
#define CREASE_TESTS_MATRIX_SUPPORT_H

#include "problem_support.h"

static const crease_rows ALL = { 0, NULL };

typedef struct {
    crease_ctx *ctx;
    crease_problem *p;
    void *x, *g; /* n reals of the backend: the last arguments and results */
} bench;

bench bench_open(const char *name, const char *backend, const char *const *settings);
void bench_close(bench *b);

double bench_gradient(bench *b, crease_rows rows, const double *x,
                      double *g); /* the value; g may be NULL */
void bench_curve(bench *b, const double *x);
void bench_product(bench *b, const double *v, double *y);
void bench_predict(bench *b, const double *x, double *z);

double *vector(size_t n); /* zeros; to be freed */

/* One of each, and a certified one; all have more rows than a chunk of sums. The last is
 * phase_retrieval. */
enum { N_CASES = 4 };
bench case_open(int which, const char *backend);

#endif

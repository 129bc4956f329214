/* A problem for stochastic methods, small and in plain loops: rows a_i with two logistic losses each,
 *
 *     f(W, b) = 1/N sum_i sum_k log(1 + exp(-y_ik z_ik)) + ridge/2 |W|^2,   z_i = W a_i + b,   W 2 x
 * cols,
 *
 * psi on the columns of W, and a bench that runs a method on it, in batches or on all rows. */
#ifndef CREASE_TESTS_STOCH_SUPPORT_H
#define CREASE_TESTS_STOCH_SUPPORT_H

#include "support.h"

enum { STOCH_WIDTH = 2 };

typedef struct {
    size_t rows, cols, n;
    double ridge, lambda1, lambda2;
    const double *a; /* rows * cols */
    const double *y; /* rows * STOCH_WIDTH, +-1 */
} stoch_data;

/* Value and gradient (g may be NULL) on some rows (count = 0: all), in long double. */
long double stoch_gradient(const stoch_data *d, size_t count, const uint32_t *rows,
                           const long double *x, long double *g);
void stoch_slopes(const stoch_data *d, size_t count, const uint32_t *rows, const long double *x,
                  long double *s);
/* g = 1/count sum_i X_i' s_i */
void stoch_pull(const stoch_data *d, size_t count, const uint32_t *rows, const long double *s,
                long double *g);
/* x <- argmin 1/2 |u - x|^2 + w psi(u) */
void stoch_prox(const stoch_data *d, long double w, long double *x);

/* One method on one problem. batch = 0: all rows in every step. */
typedef struct {
    const char *algorithm, *settings; /* "key=value,key=value" */
    const char *backend;
    size_t rows, cols, batch;
    double ridge, lambda1, lambda2;
    double start; /* scale of a random start point; 0: the origin */
} stoch_case;

/* A method with settings that make every part of its state matter on the small case below. */
extern const char *const stoch_methods[][2];
enum { STOCH_METHODS = 10 };
/* 23 rows in batches of 5, 9 columns; l1 where the method takes nothing else, else the group norm. */
stoch_case stoch_with(const char *algorithm, const char *settings, const char *backend);

typedef struct {
    crease_ctx *ctx;
    stoch_case c;
    stoch_data data;
    crease_problem *problem;
    crease_regularizer *psi;
    crease_groups groups;
    crease_solver *exact;
    crease_algorithm *a;
    crease_oracle oracle;
    uint32_t *order;
    size_t step;          /* done */
    double *host, *start; /* n each */
} stoch_bench;

/* Counted down by the problem's gradients: the one that makes it 0 returns a NaN. 0: none does. */
extern long stoch_poison;

/* ctx NULL: a new one. set_up false: up to crease_algorithm_setup, which the test calls. */
stoch_bench *stoch_open(crease_ctx *ctx, const stoch_case *c, bool set_up);
int stoch_setup(stoch_bench *b);
void stoch_close(stoch_bench *b); /* frees the context too */
/* The next step, on the next batch of a fresh order each epoch. */
int stoch_step(stoch_bench *b);
void stoch_batch(stoch_bench *b); /* only choose it: b->oracle.batch */
/* A vector of the method on the host; valid until the next call. */
const double *stoch_host(stoch_bench *b, const void *v);
/* No entry is -0, and groups of W are zero as a whole where psi has a group norm alone; returns how
 * many entries of W are zero. */
size_t stoch_zeros(const stoch_bench *b, const double *x);

#endif

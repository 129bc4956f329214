/* Matrices for the tests of spectral members: decompositions in long double by Jacobi's rotations, which
 * share nothing with LAPACK; problems with a planted solution; members by name. */
#ifndef CREASE_TESTS_MATRICES_H
#define CREASE_TESTS_MATRICES_H

#include "support.h"

enum { MOST_SIDE = 16, MOST_ENTRIES = MOST_SIDE * MOST_SIDE };

typedef long double matrix[MOST_ENTRIES]; /* row-major */

typedef struct {
    size_t rows, cols, k;
    matrix u, v; /* rows x k, cols x k */
    long double s[MOST_SIDE];
} jacobi_svd;

/* The thin decomposition of a rows x cols matrix; singular values fall. */
void jacobi(size_t rows, size_t cols, const long double *x, jacobi_svd *out);

/* x = u diag(s) v' */
void compose(const jacobi_svd *f, const long double *s, long double *x);

/* Orthonormal columns and no singular values: what random matrices are made of. */
void random_frames(crease_random *r, size_t rows, size_t cols, jacobi_svd *out);

double log_uniform(crease_random *r, double low, double high);

/* psi on one matrix. */
typedef struct {
    crease_ctx *ctx;
    crease_regularizer *psi;
    crease_groups groups;
    crease_part part;
    size_t rows, cols, k, n;
} member;

member member_make(crease_ctx *ctx, const char *name, size_t rows, size_t cols, double weight);
void member_set(member *m, const char *key, double value);
void member_free(member *m);

/* 1/2 x'Dx - c'x in long double, and the sum of the singular values. */
long double smooth_part(size_t n, const double *x, const double *c, const double *d);
long double nuclear_norm(size_t rows, size_t cols, const double *x);

typedef struct {
    double c[MOST_ENTRIES], d[MOST_ENTRIES], x[MOST_ENTRIES], target[MOST_ENTRIES];
    crease_unit unit[MOST_SIDE];
    crease_prox_info info;
    size_t rank; /* of the target */
} problem;

/* x, unit and info from c and d. */
int solve(const member *m, problem *p, double w);
double norm(size_t n, const double *x);

/* dist(0, Dx - c + w dpsi(x)) / max(|c|, w scale). */
double certificate(const member *m, const problem *p, double w);

/* How many units are 1; fails unless they come first. */
size_t live_units(const member *m, const problem *p);

/* d log-uniform in [top/spread, top], both ends there. */
void draw_metric(crease_random *r, const member *m, double top, double spread, problem *p);

/* X = U diag(s) V' of this rank and C = D X + U diag(y) V', y = slope where s > 0 and less elsewhere: X
 * solves the problem with slope |X|_*, in every metric. `size` is the scale of X. */
void plant(crease_random *r, const member *m, size_t rank, double size, double slope, problem *p);

/* Of any shape from least x least on, the weight drawn too. */
member draw_member(crease_ctx *ctx, crease_random *r, const char *name, size_t least);

#endif

/* A backend fixes where numbers live and how wide they are. Algorithms, solvers and problems are written
 * once, against this table; "real" below means the backend's own type (double for cpu-f64, float for
 * cpu-f32) and every void pointer points to reals in the backend's memory unless it says otherwise.
 *
 * Reductions return double and run over fixed chunks combined in a fixed order: results depend neither on
 * the number of threads nor on the vector unit of the processor.                                       */
#ifndef CREASE_BACKEND_H
#define CREASE_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crease/context.h"
#include "crease/groups.h"
#include "crease/pieces.h"
#include "crease/vector.h"

/* The penalty family of the built-in kernels, scale w included by the caller where it says so:
 *   lambda1 |x|_1 + sum_g lambda2 weight_g |x_g|_2 + ridge/2 |x|_2^2                                    */
typedef struct crease_shrink {
    double lambda1, lambda2, ridge;
} crease_shrink;

/* Newton's equation for the radius of a live group (see src/backend/formulas/secular.h). */
typedef enum {
    CREASE_SECULAR_RECIPROCAL, /* 1/r(s) - 1 = 0: concave, few steps                              */
    CREASE_SECULAR_PLAIN,      /* r(s)^2 - 1 = 0: as published for ProxSSI, with its stopping rule */
} crease_secular_rule;

/* A subproblem in c-form, min 1/2 x'Dx - c'x + w psi(x), for the kernels: everything is packed, groups
 * refer to positions 0..n-1 and are disjoint; entries outside every group are not touched.             */
typedef struct crease_shrink_task {
    size_t n;
    const crease_groups *groups;
    const void *c;   /* n */
    const void *d;   /* n, >= 0; NULL: the scalar metric below */
    double scalar;   /* D = scalar * I when d is NULL */
    double w;        /* multiplies all of psi */
    crease_shrink psi;
    crease_secular_rule rule;
    unsigned max_iters;
    void *work;      /* backend->shrink_work(groups) bytes, 64-byte aligned */
} crease_shrink_task;

/* For each of n entries  min 1/2 d_i x_i^2 - c_i x_i + w psi(x_i), one penalty for all of them. */
typedef struct crease_pieces_task {
    size_t n;
    const void *c; /* n */
    const void *d; /* n, >= 0; NULL: the scalar metric below */
    double scalar;
    double w;
    const crease_pieces *psi;
} crease_pieces_task;

/* What shrink_diag did. Bound: maximum over groups of  w lambda_g |1 - r| / max(|c_g|, w lambda_g). */
typedef struct crease_shrink_stats {
    size_t live_groups, zero_groups;
    size_t iterations;     /* largest number of Newton steps of a group */
    size_t all_iterations; /* summed over live groups                   */
    size_t capped_groups;  /* stopped by max_iters                      */
    double bound;
    size_t failed_group;   /* of the error returned */
} crease_shrink_stats;

/* One outer step on a contiguous run of n entries (see crease/algorithm.h for the roles):
 *   m <- keep1 m + add1 (g + decay x);  u <- keep2 u + add2 (g + decay x)^2;  peak <- max(peak, u)
 *   x0 = center_scale center;  v = linear m;  D = metric_scale root(u or peak) + floor;  c = D x0 - v
 * Any of u, peak, d, x0, v may be NULL: not wanted. d == NULL means the scalar metric floor.
 * Where a diagonal metric comes out exactly 0 it is replaced by a tiny positive number.               */
typedef enum { CREASE_ROOT_NONE, CREASE_ROOT_SQUARE, CREASE_ROOT_CUBE } crease_root;

typedef struct crease_form_run {
    size_t n;
    const void *g, *x, *center;
    void *m, *u, *peak;
    void *c, *d, *x0, *v; /* out */
    double keep1, add1, keep2, add2, decay, center_scale, linear, metric_scale, floor;
    crease_root root;
    size_t ahead; /* entries from one at work to one that will be soon: a hint what to prefetch */
} crease_form_run;

/* Rows of a data matrix, dense (row-major, cols wide) or sparse (compressed rows). */
typedef struct crease_matrix {
    size_t rows, cols;
    const void *dense;        /* rows*cols reals, or NULL when sparse */
    const size_t *row_start;  /* rows + 1 */
    const uint32_t *col;      /* row_start[rows] */
    const void *value;        /* row_start[rows] reals */
} crease_matrix;

struct crease_backend {
    const char *name;     /* "cpu-f64", "cpu-f32" */
    const char *variant;  /* the vector unit it was compiled for: "baseline", "avx2", "avx512" */
    size_t real_bytes;
    double roundoff;      /* u: 2^-53 or 2^-24 */

    /* --- transfer; allocation is crease_alloc(ctx, n, real_bytes) on every CPU backend --- */
    void (*from_host)(size_t n, const double *src, void *dst);
    void (*to_host)(size_t n, const void *src, double *dst);

    /* --- vectors --- */
    void (*copy)(size_t n, const void *x, void *y);                 /* y = x; may overlap exactly       */
    void (*axpby)(size_t n, double a, const void *x, double b, void *y); /* y = a x + b y; b = 0: y unread */
    double (*dot)(size_t n, const void *x, const void *y);
    bool (*is_finite)(size_t n, const void *x);
    /* g = (D + shift I) x - c, d NULL: D = scalar I; g may be x or c */
    void (*gradient)(size_t n, const void *x, const void *c, const void *d, double scalar, double shift, void *g);

    /* --- the outer step --- */
    void (*form)(const crease_form_run *run);
    /* x = (1 - c) x + c xhat, hat = xhat; c == 1 copies the bits; hat may be NULL. */
    void (*average)(size_t n, double c, const void *xhat, void *x, void *hat);

    /* --- proximal kernels of the shrink family --- */
    size_t (*shrink_work)(const crease_groups *groups);
    /* x = argmin of the task; the exact oracle in a diagonal or scalar metric. x may not alias c or d.
     * Errors: CREASE_ENAN (c or d holds NaN or an infinity), CREASE_EUNBOUNDED (no minimizer).         */
    int (*shrink_diag)(const crease_shrink_task *task, void *x, crease_shrink_stats *stats);
    /* x = argmin of the task, a global one. zeros: entries of x that are 0. Errors as above; failed: the entry. */
    int (*pieces_diag)(const crease_pieces_task *task, void *x, size_t *zeros, size_t *failed);
    /* --- what iterative methods do with it --- */
    /* curvature[g] = max d_g + w ridge, or that of the scalar metric: the least Lipschitz constant of a group. */
    void (*shrink_curvature)(const crease_shrink_task *task, double *curvature);
    /* x_g = argmin w psi(x_g) + <D z - c, x>_g + L_g/2 |x_g - z_g|^2, psi without its ridge, which D includes:
     * one proximal-gradient step from z with curvatures L, one a group (on the host), all > 0. z NULL: that
     * of c in the metric L, argmin w psi(x_g) - <c, x>_g + L_g/2 |x_g|^2. x may be z, but not c.           */
    void (*shrink_step)(const crease_shrink_task *task, const double *curvature, const void *z, void *x);
    /* sqrt(sum over groups of dist(0, D x - c + w dpsi(x))_g^2) */
    double (*shrink_residual)(const crease_shrink_task *task, const void *x);
    /* live[g] = 1 unless the minimizer of group g is zero, |soft(c_g, w lambda1)| <= w lambda2 weight_g (or
     * weight infinite); returns how many are live.                                                      */
    size_t (*shrink_screen)(const crease_shrink_task *task, unsigned char *live);
    /* Entries of the live groups from x to packed and back; scatter zeroes the others. beside 0: group after
     * group. Otherwise groups are of one size, `beside` of them live, and lie side by side: entry i of the k-th
     * at i*beside + k.                                                                                    */
    void (*gather)(const crease_groups *groups, const unsigned char *live, size_t beside, const void *x,
                   void *packed);
    void (*scatter)(const crease_groups *groups, const unsigned char *live, size_t beside, const void *packed,
                    void *x);
    double (*shrink_value)(const crease_groups *groups, const crease_shrink *psi, const void *x); /* psi(x) */
    /* <v, x - x0> + 1/2 <x - x0, D (x - x0)>, v NULL: 0, d NULL: D = scalar I */
    double (*quadratic)(size_t n, const void *x, const void *x0, const void *v, const void *d, double scalar);

    /* --- data --- */
    /* z (n x classes) = X[rows] W', W (classes x cols) row-major. rows NULL: rows first .. first+n-1.
     * scratch holds n*cols reals (dense, rows not NULL) and keeps the gathered rows for the next call. */
    void (*logits)(const crease_matrix *x, size_t n, const uint32_t *rows, size_t first, const void *w,
                   size_t classes, void *z, void *scratch);
    /* grad (classes x cols) = beta grad + alpha R' X[rows], R (n x classes); the same rows and scratch
     * as the logits call before it.                                                                    */
    void (*logits_gradient)(const crease_matrix *x, size_t n, const uint32_t *rows, size_t first,
                            const void *r, size_t classes, double alpha, double beta, void *grad,
                            const void *scratch);
    /* Sum over rows of the cross-entropy of softmax(z_i + bias) at label[i]; r (may be NULL, may be z)
     * becomes softmax - onehot; correct (may be NULL) counts rows whose largest logit is the label's.  */
    double (*softmax_loss)(size_t n, size_t classes, const void *z, const void *bias,
                           const int32_t *label, void *r, size_t *correct);
    /* Sum over rows of log(1 + exp(-label_i (z_i + bias))), label +-1; r becomes the derivative in z.  */
    double (*logistic_loss)(size_t n, const void *z, double bias, const int32_t *label, void *r,
                            size_t *correct);
};

/* The best variant for this processor of "cpu-f64" or "cpu-f32"; NULL with ENOTFOUND otherwise. */
const crease_backend *crease_backend_find(crease_ctx *ctx, const char *name);

/* The i-th backend variant that this processor can run (all of them, best first); NULL past the end. */
const crease_backend *crease_backend_at(size_t i);

#endif

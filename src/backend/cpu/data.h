/* Linear models on rows of data, for one width of crease_real: logits, their gradient, and the two
 * losses. Included by cpu.c alone; see include/crease/backend.h for what each function promises.
 *
 * Dense products are BLAS (GEMM; GEMV for a single class, where packing would cost more than the
 * product); sparse rows are plain loops. Losses are evaluated in double whatever the width: there are
 * only a few exponentials a row beside its products, and differences of large logits stay exact. */
#ifndef CREASE_CPU_DATA_H
#define CREASE_CPU_DATA_H

#include <cblas.h>
#include <math.h>
#include <string.h>

#include "crease/backend.h"

#if CREASE_CPU_BITS == 64
#define cpu_gemm cblas_dgemm
#define cpu_gemv cblas_dgemv
#else
#define cpu_gemm cblas_sgemm
#define cpu_gemv cblas_sgemv
#endif

static inline size_t data_row(const uint32_t *rows, size_t first, size_t i)
{
    return rows ? rows[i] : first + i;
}

static void gather_rows(const crease_matrix *x, size_t n, const uint32_t *rows, crease_real *out)
{
    const crease_real *data = x->dense;
    for (size_t i = 0; i < n; i++) {
        memcpy(out + i * x->cols, data + rows[i] * x->cols, x->cols * sizeof *out);
    }
}

/* The rows as one contiguous block: in place where they are consecutive, else in scratch. */
static const crease_real *dense_rows(const crease_matrix *x, const uint32_t *rows, size_t first,
                                     const void *scratch)
{
    return rows ? scratch : (const crease_real *)x->dense + first * x->cols;
}

static void sparse_logits(const crease_matrix *x, size_t n, const uint32_t *rows, size_t first,
                          const crease_real *w, size_t classes, crease_real *z)
{
    const crease_real *value = x->value;
    for (size_t i = 0; i < n; i++) {
        size_t row = data_row(rows, first, i), begin = x->row_start[row], end = x->row_start[row + 1];
        for (size_t k = 0; k < classes; k++) {
            const crease_real *wk = w + k * x->cols;
            double sum = 0;
            for (size_t j = begin; j < end; j++) sum += (double)value[j] * wk[x->col[j]];
            z[i * classes + k] = (crease_real)sum;
        }
    }
}

static void cpu_logits(const crease_matrix *x, size_t n, const uint32_t *rows, size_t first,
                       const void *w, size_t classes, void *z, void *scratch)
{
    if (!x->dense) {
        sparse_logits(x, n, rows, first, w, classes, z);
        return;
    }
    if (rows) gather_rows(x, n, rows, scratch);
    const crease_real *block = dense_rows(x, rows, first, scratch);
    int m = (int)n, c = (int)classes, p = (int)x->cols;
    if (classes == 1) {
        cpu_gemv(CblasRowMajor, CblasNoTrans, m, p, 1, block, p, w, 1, 0, z, 1);
    } else {
        cpu_gemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, c, p, 1, block, p, w, p, 0, z, c);
    }
}

static void sparse_logits_gradient(const crease_matrix *x, size_t n, const uint32_t *rows, size_t first,
                                   const crease_real *r, size_t classes, double alpha, double beta,
                                   crease_real *grad)
{
    const crease_real *value = x->value;
    size_t total = classes * x->cols;
    if (beta == 0) {
        memset(grad, 0, total * sizeof *grad); /* what was there may be no number */
    } else if (beta != 1) {
        for (size_t j = 0; j < total; j++) grad[j] = (crease_real)(beta * grad[j]);
    }
    for (size_t i = 0; i < n; i++) {
        size_t row = data_row(rows, first, i), begin = x->row_start[row], end = x->row_start[row + 1];
        for (size_t k = 0; k < classes; k++) {
            crease_real *gk = grad + k * x->cols;
            crease_real scale = (crease_real)(alpha * r[i * classes + k]);
            for (size_t j = begin; j < end; j++) gk[x->col[j]] += scale * value[j];
        }
    }
}

static void cpu_logits_gradient(const crease_matrix *x, size_t n, const uint32_t *rows, size_t first,
                                const void *r, size_t classes, double alpha, double beta, void *grad,
                                const void *scratch)
{
    if (!x->dense) {
        sparse_logits_gradient(x, n, rows, first, r, classes, alpha, beta, grad);
        return;
    }
    const crease_real *block = dense_rows(x, rows, first, scratch);
    crease_real a = (crease_real)alpha, b = (crease_real)beta;
    int m = (int)n, c = (int)classes, p = (int)x->cols;
    if (classes == 1) {
        cpu_gemv(CblasRowMajor, CblasTrans, m, p, a, block, p, r, 1, b, grad, 1);
    } else {
        cpu_gemm(CblasRowMajor, CblasTrans, CblasNoTrans, c, p, m, a, r, c, block, p, b, grad, p);
    }
}

/* One row: log(sum_k exp(z_k + b_k)) - (z_y + b_y), shifted by the largest logit so that nothing
 * overflows. r receives softmax - onehot. best: the first of the largest logits. */
static double softmax_row(size_t classes, const crease_real *z, const crease_real *bias, size_t label,
                          crease_real *r, size_t *best)
{
    double largest = -INFINITY, sum = 0;
    double chosen = (double)z[label] + (bias ? bias[label] : 0);
    *best = 0;
    for (size_t k = 0; k < classes; k++) {
        double v = (double)z[k] + (bias ? bias[k] : 0);
        if (v > largest) {
            largest = v;
            *best = k;
        }
    }
    for (size_t k = 0; k < classes; k++) {
        double e = exp((double)z[k] + (bias ? bias[k] : 0) - largest);
        sum += e;
        if (r) r[k] = (crease_real)e;
    }
    if (r) {
        for (size_t k = 0; k < classes; k++) r[k] = (crease_real)(r[k] / sum);
        r[label] -= 1;
    }
    return largest - chosen + log(sum);
}

static double cpu_softmax_loss(size_t n, size_t classes, const void *z, const void *bias,
                               const int32_t *label, void *r, size_t *correct)
{
    const crease_real *logits = z;
    crease_real *residual = r;
    double total = 0;
    size_t hits = 0;
    for (size_t i = 0; i < n; i++) {
        size_t y = (size_t)label[i], best, at = i * classes;
        double loss =
            softmax_row(classes, logits + at, bias, y, residual ? residual + at : NULL, &best);
        total += loss;
        hits += best == y && isfinite(loss);
    }
    if (correct) *correct = hits;
    return total;
}

/* With t = -y (z + b): log(1 + e^t) = max(t, 0) + log1p(e^-|t|), derivative -y e^t / (1 + e^t). */
static double cpu_logistic_loss(size_t n, const void *z, double bias, const int32_t *label, void *r,
                                size_t *correct)
{
    const crease_real *logits = z;
    crease_real *residual = r;
    double total = 0;
    size_t hits = 0;
    for (size_t i = 0; i < n; i++) {
        double y = label[i], margin = logits[i] + bias, t = -y * margin, e = exp(-fabs(t));
        total += (t > 0 ? t : 0) + log1p(e);
        if (residual) residual[i] = (crease_real)(-y * (t > 0 ? 1 : e) / (1 + e));
        hits += (margin > 0 && y > 0) || (margin <= 0 && y < 0);
    }
    if (correct) *correct = hits;
    return total;
}

#endif

/* Plain vector operations. Sums are of doubles, whatever the width, lane by lane. */
#ifndef CREASE_CPU_VECTOR_H
#define CREASE_CPU_VECTOR_H

#include "crease/backend.h"
#include "lanes.h"
#include "slab.h"

static void cpu_from_host(size_t n, const double *src, void *dst)
{
    crease_real *out = dst;
    for (size_t i = 0; i < n; i++) out[i] = (crease_real)src[i];
}

static void cpu_to_host(size_t n, const void *src, double *dst)
{
    const crease_real *in = src;
    for (size_t i = 0; i < n; i++) dst[i] = in[i];
}

static void cpu_copy(size_t n, const void *x, void *y)
{
    if (n && x != y) memcpy(y, x, n * sizeof(crease_real));
}

static void cpu_axpby(size_t n, double a, const void *x, double b, void *y)
{
    const crease_real *in = x, p = (crease_real)a, q = (crease_real)b;
    crease_real *out = y;
    if (b == 0) {
        for (size_t i = 0; i < n; i++) out[i] = p * in[i];
    } else {
        for (size_t i = 0; i < n; i++) out[i] = p * in[i] + q * out[i];
    }
}

static void cpu_gradient(size_t n, const void *x, const void *c, const void *d, double scalar,
                         double shift, void *g)
{
    const crease_real *xv = x, *cv = c, *dv = d, all = (crease_real)(scalar + shift),
                      add = (crease_real)shift;
    crease_real *out = g;
    if (dv) {
        SLAB_COLUMNS
        for (size_t i = 0; i < n; i++) out[i] = (dv[i] + add) * xv[i] - cv[i];
    } else {
        SLAB_COLUMNS
        for (size_t i = 0; i < n; i++) out[i] = all * xv[i] - cv[i];
    }
}

static double cpu_dot(size_t n, const void *x, const void *y)
{
    const crease_real *a = x, *b = y;
    double sum[CREASE_LANES] = { 0 };
    size_t i = 0;
    for (; i + CREASE_LANES <= n; i += CREASE_LANES)
        for (int l = 0; l < CREASE_LANES; l++) sum[l] += (double)a[i + l] * b[i + l];
    for (int l = 0; i < n; i++, l++) sum[l] += (double)a[i] * b[i];
    return crease_wide_sum(sum);
}

static bool cpu_is_finite(size_t n, const void *x)
{
    const crease_real *in = x;
    crease_real sum[CREASE_LANES] = { 0 }; /* 0 * infinity and 0 * NaN are NaN, and stay */
    size_t i = 0;
    for (; i + CREASE_LANES <= n; i += CREASE_LANES)
        for (int l = 0; l < CREASE_LANES; l++) sum[l] += 0 * in[i + l];
    for (; i < n; i++) sum[0] += 0 * in[i];
    return crease_lanes_sum(sum) == 0;
}

CREASE_FORMULA void quadratic_row(size_t columns, const crease_real *x, const crease_real *x0,
                                  const crease_real *v, const crease_real *d, double scalar,
                                  double *sum)
{
    SLAB_COLUMNS
    for (size_t k = 0; k < columns; k++) {
        double move = (double)x[k] - x0[k];
        sum[k] += (v[k] + 0.5 * (d[k] + scalar) * move) * move;
    }
}

static double cpu_quadratic(size_t n, const void *x, const void *x0, const void *v, const void *d,
                            double scalar)
{
    const crease_real *xv = x, *x0v = x0, *vv = v ? v : slab_zeros, *dv = d ? d : slab_zeros;
    size_t i = 0, v_step = v != NULL, d_step = d != NULL; /* a missing array is one row of zeros */
    double sum[SLAB_RUN_COLUMNS] = { 0 }, add = d ? 0 : scalar;
    for (; i + SLAB_RUN_COLUMNS <= n; i += SLAB_RUN_COLUMNS)
        quadratic_row(SLAB_RUN_COLUMNS, xv + i, x0v + i, vv + v_step * i, dv + d_step * i, add, sum);
    quadratic_row(n - i, xv + i, x0v + i, vv + v_step * i, dv + d_step * i, add, sum);
    return slab_fold(sum);
}

#endif

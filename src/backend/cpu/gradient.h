/* What iterative methods do with the shrink family: proximal-gradient steps, residuals and values. */
#ifndef CREASE_CPU_GRADIENT_H
#define CREASE_CPU_GRADIENT_H

#include "oracle.h"

static size_t gathered_size(const crease_groups *s)
{
    return plan_of(s).gathered;
}

static void cpu_shrink_curvature(const crease_shrink_task *task, double *curvature)
{
    const crease_groups *s = task->groups;
    const crease_real *d = task->d;
    for (size_t g = 0; g < s->count; g++) {
        double top = d ? 0 : task->scalar;
        for (size_t i = 0; d && i < crease_group_size(s, g); i++)
            top = fmax(top, d[crease_group_entry(s, g, i)]);
        curvature[g] = top + task->w * task->psi.ridge;
    }
}

static void cpu_shrink_step(const crease_shrink_task *task, const double *curvature, const void *z, void *x)
{
    const crease_groups *s = task->groups;
    size_t width = gathered_size(s);
    crease_real *cw = task->work, *dw = cw + width, *zw = dw + width;
    double l1 = task->w * task->psi.lambda1, ridge = task->w * task->psi.ridge;
    for (size_t g = 0; g < s->count; g++) {
        size_t n = crease_group_size(s, g), run = group_run(s, g);
        const crease_real *c = group_view(s, g, task->c, cw), *d = group_view(s, g, task->d, dw);
        const crease_real *from = group_view(s, g, z, zw);
        crease_real *to = run == SIZE_MAX ? zw : (crease_real *)x + run;
        double tau = group_threshold(task, g), high = curvature[g], sum = 0;
        for (size_t i = 0; i < n; i++) {
            double moved = from ? from[i] * (high - ridge - (d ? (double)d[i] : task->scalar)) + c[i] : c[i];
            double size = fabs(moved) - l1;
            double soft = size <= 0 ? 0 : copysign(size, moved);
            to[i] = (crease_real)soft;
            sum += soft * soft;
        }
        double norm = sqrt(sum), factor = tau < norm ? (1 - tau / norm) / high : 0;
        for (size_t i = 0; i < n; i++)
            to[i] = to[i] == 0 || factor == 0 ? 0 : (crease_real)(to[i] * factor);
        if (to == zw) group_scatter(s, g, zw, x);
    }
}

static double cpu_shrink_residual(const crease_shrink_task *task, const void *x)
{
    const crease_groups *s = task->groups;
    double l1 = task->w * task->psi.lambda1, ridge = task->w * task->psi.ridge, total = 0;
    for (size_t g = 0; g < s->count; g++) {
        size_t n = crease_group_size(s, g);
        double tau = group_threshold(task, g), size = 0, sum = 0;
        const crease_real *cv = task->c, *dv = task->d, *xv = x;
        for (size_t k = 0; k < n; k++) {
            double xi = xv[crease_group_entry(s, g, k)];
            size += xi * xi;
        }
        size = sqrt(size);
        if (isinf(tau)) {
            if (size > 0) return INFINITY;
            continue;
        }
        for (size_t k = 0; k < n; k++) {
            size_t i = crease_group_entry(s, g, k);
            double xi = xv[i], h = (dv ? (double)dv[i] : task->scalar) * xi - cv[i] + ridge * xi;
            if (size > 0) h += tau * (xi / size);
            if (xi != 0)
                h += copysign(l1, xi);
            else
                h = fabs(h) - l1 <= 0 ? 0 : fabs(h) - l1;
            sum += h * h;
        }
        double rest = size > 0 ? sqrt(sum) : fmax(0, sqrt(sum) - tau);
        total += rest * rest;
    }
    return sqrt(total);
}

static double cpu_shrink_value(const crease_groups *s, const crease_shrink *psi, const void *x)
{
    const crease_real *v = x;
    double total = 0;
    for (size_t g = 0; g < s->count; g++) {
        size_t n = crease_group_size(s, g);
        double weight = crease_group_weight(s, g), sum = 0, one = 0;
        for (size_t k = 0; k < n; k++) {
            double xi = v[crease_group_entry(s, g, k)];
            sum += xi * xi;
            one += fabs(xi);
        }
        if (isinf(weight)) {
            if (one > 0) return INFINITY;
            continue;
        }
        total += psi->lambda1 * one + psi->lambda2 * weight * sqrt(sum) + 0.5 * psi->ridge * sum;
    }
    return total;
}

#endif

/* The independent certificate: everything recomputed in double from the stored inputs, group by group, with
 * the regularizer's own mathematics and no line of any solver's.                                         */
#include <math.h>

#include "crease/subproblem.h"

/* The inputs of one group, in double. h is the gradient of the smooth part at x. */
typedef struct {
    double *x, *c, *d, *h, *y;
    size_t n;
} group_data;

/* What the host sees of the whole subproblem. */
typedef struct {
    double *x, *c, *d, *x0, *v;
} host_data;

static int to_host(const crease_subproblem *p, const void *from, double **to)
{
    *to = NULL;
    if (!from) return CREASE_OK;
    if (!(*to = crease_alloc(p->ctx, p->n, sizeof(double)))) return CREASE_ENOMEM;
    p->backend->to_host(p->n, from, *to);
    for (size_t i = 0; i < p->n; i++)
        if (!isfinite((*to)[i]))
            return crease_fail(p->ctx, CREASE_ENAN, "entry %zu of the subproblem or its answer is %g", i, (*to)[i]);
    return CREASE_OK;
}

static void free_host(const crease_subproblem *p, host_data *host)
{
    double *arrays[] = { host->x, host->c, host->d, host->x0, host->v };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) crease_release(p->ctx, arrays[i]);
}

static void load_group(const crease_subproblem *p, const host_data *host, size_t g, group_data *s)
{
    s->n = crease_group_size(p->groups, g);
    for (size_t k = 0; k < s->n; k++) {
        size_t i = crease_group_entry(p->groups, g, k);
        s->x[k] = host->x[i];
        s->d[k] = host->d ? host->d[i] : p->scalar;
        s->c[k] = host->x0 ? s->d[k] * host->x0[i] - host->v[i] : host->c[i];
        s->h[k] = host->x0 ? s->d[k] * (s->x[k] - host->x0[i]) + host->v[i] : s->d[k] * s->x[k] - s->c[k];
    }
}

static double norm(size_t n, const double *x)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++) sum = hypot(sum, x[k]);
    return sum;
}

/* 1/2 |c - y - Dx|^2 in D^-1 + w psi(x) - <y, x> for the feasible y nearest to c - Dx along its ray: both parts
 * are >= 0, so nothing cancels.                                                                          */
static double group_gap(const crease_subproblem *p, const group_data *s, double weight)
{
    double fit = 0, pairing = 0;
    for (size_t k = 0; k < s->n; k++) s->y[k] = -s->h[k];
    double size = weight > 0 ? crease_group_dual_norm(p->psi, s->n, s->y, weight) / p->w : INFINITY;
    double shrink = size > 1 ? 1 / size : 1;
    for (size_t k = 0; k < s->n; k++) {
        double y = shrink * s->y[k], rest = s->y[k] - y;
        fit += rest * rest / s->d[k];
        pairing += y * s->x[k];
    }
    return 0.5 * fit + fmax(0, p->w * crease_group_value(p->psi, s->n, s->x, weight) - pairing);
}

static double group_value(const crease_subproblem *p, const host_data *host, const group_data *s, size_t g,
                          double weight)
{
    double sum = p->w > 0 ? p->w * crease_group_value(p->psi, s->n, s->x, weight) : 0;
    for (size_t k = 0; k < s->n; k++) {
        size_t i = crease_group_entry(p->groups, g, k);
        double step = host->x0 ? s->x[k] - host->x0[i] : s->x[k];
        sum += 0.5 * s->d[k] * step * step + (host->x0 ? host->v[i] * step : -s->c[k] * step);
    }
    return sum;
}

static double relative_to(double residual, double c, double lambda)
{
    if (residual == 0) return 0;
    double scale = fmax(c, lambda);
    return scale > 0 ? residual / scale : INFINITY;
}

static void certify_groups(const crease_subproblem *p, const host_data *host, group_data *s,
                           crease_certificate *out)
{
    bool convex = p->psi->type->flags & CREASE_CONVEX, has_gap = p->psi->type->flags & CREASE_NORM && p->w > 0;
    double d_min = INFINITY;
    *out = (crease_certificate){ 0 };
    for (size_t g = 0; g < p->groups->count; g++) {
        double weight = crease_group_weight(p->groups, g);
        load_group(p, host, g, s);
        double residual = crease_group_residual(p->psi, s->n, s->x, s->h, p->w, weight);
        double lambda = p->w > 0 ? p->w * crease_group_scale(p->psi, s->n, weight) : 0;
        double relative = relative_to(residual, norm(s->n, s->c), lambda);
        for (size_t k = 0; k < s->n; k++) d_min = fmin(d_min, s->d[k]);
        if (relative > out->relative) out->worst_group = g;
        out->relative = fmax(out->relative, relative);
        out->absolute = hypot(out->absolute, residual);
        out->value += group_value(p, host, s, g, weight);
        if (has_gap && d_min > 0) out->gap += group_gap(p, s, weight);
    }
    if (!has_gap || d_min == 0) out->gap = NAN;
    out->distance = out->absolute == 0 && d_min > 0 ? 0 : convex && d_min > 0 ? out->absolute / d_min : INFINITY;
}

int crease_certify(const crease_subproblem *p, const void *x, crease_certificate *certificate)
{
    size_t largest = crease_groups_largest(p->groups);
    host_data host = { 0 };
    double *work = crease_alloc(p->ctx, 5 * largest, sizeof *work);
    int code = work ? CREASE_OK : CREASE_ENOMEM;
    if (code == CREASE_OK) code = to_host(p, x, &host.x);
    if (code == CREASE_OK) code = to_host(p, p->d, &host.d);
    if (code == CREASE_OK) code = to_host(p, p->x0, &host.x0);
    if (code == CREASE_OK) code = to_host(p, p->v, &host.v);
    if (code == CREASE_OK && !p->x0) code = to_host(p, p->c, &host.c);
    if (code == CREASE_OK) {
        group_data s = { work, work + largest, work + 2 * largest, work + 3 * largest, work + 4 * largest, 0 };
        certify_groups(p, &host, &s, certificate);
    }
    free_host(p, &host);
    crease_release(p->ctx, work);
    return code;
}

/* The outer step on one contiguous run: moments and metric (form), and the average that ends it. */
#ifndef CREASE_CPU_FORM_H
#define CREASE_CPU_FORM_H

#include "../formulas/cbrt.h"
#include "crease/backend.h"
#include "lanes.h"

/* What takes the place of a metric of exactly zero: U = 0 and eps = 0, where the gradient was always 0. */
#if CREASE_CPU_BITS == 64
#define CREASE_LEAST_METRIC 0x1p-900
#else
#define CREASE_LEAST_METRIC 0x1p-100f
#endif

typedef struct form_lane {
    crease_lane g, x, center, m, u, peak, c, d, x0, v;
} form_lane;

/* The numbers of the run in the backend's width. */
typedef struct form_numbers {
    crease_lane keep1, add1, keep2, add2, decay, center_scale, linear, metric_scale, floor;
} form_numbers;

static form_numbers form_narrow(const crease_form_run *run)
{
    return (form_numbers){ lanes_all(run->keep1), lanes_all(run->add1), lanes_all(run->keep2),
                           lanes_all(run->add2), lanes_all(run->decay), lanes_all(run->center_scale),
                           lanes_all(run->linear), lanes_all(run->metric_scale), lanes_all(run->floor) };
}

CREASE_FORMULA crease_lane form_root(crease_root root, crease_lane u)
{
    switch (root) {
    case CREASE_ROOT_SQUARE: return crease_square_root(u);
    case CREASE_ROOT_CUBE: return crease_cbrt(u);
    default: return 0 * u;
    }
}

/* One vector of the step; has_* are constants where it is inlined. */
CREASE_FORMULA void form_step(const form_numbers *k, crease_root root, bool has_decay, bool has_u, bool has_peak,
                              bool has_d, form_lane *e)
{
    crease_lane g = has_decay ? e->g + k->decay * e->x : e->g;
    e->m = k->keep1 * e->m + k->add1 * g;
    e->d = k->floor;
    if (has_u) {
        e->u = k->keep2 * e->u + k->add2 * (g * g);
        if (has_peak) e->peak = crease_pick(e->peak > e->u, e->peak, e->u);
        if (has_d) e->d = k->metric_scale * form_root(root, has_peak ? e->peak : e->u) + k->floor;
    }
    if (has_d) e->d = crease_pick(e->d == 0, lanes_all(CREASE_LEAST_METRIC), e->d);
    e->x0 = k->center_scale * e->center;
    e->v = k->linear * e->m;
    e->c = e->d * e->x0 - e->v;
}

/* count entries from i on. The whole vectors and the rest of a run share this text. */
CREASE_FORMULA void form_at(const crease_form_run *run, const form_numbers *k, crease_root root, bool has_u,
                            bool has_peak, size_t i, size_t count)
{
#define FORM_LOAD(field) lanes_load_some((const crease_real *)run->field + i, count, 0)
#define FORM_STORE(field, value) lanes_store_some((crease_real *)run->field + i, count, value)
    bool has_decay = run->decay != 0;
    form_lane e = { .g = FORM_LOAD(g), .center = FORM_LOAD(center), .m = FORM_LOAD(m) };
    if (has_decay) e.x = FORM_LOAD(x);
    if (has_u) e.u = FORM_LOAD(u);
    if (has_peak) e.peak = FORM_LOAD(peak);
    form_step(k, root, has_decay, has_u, has_peak, run->d != NULL, &e);
    FORM_STORE(m, e.m);
    if (has_u) FORM_STORE(u, e.u);
    if (has_peak) FORM_STORE(peak, e.peak);
    FORM_STORE(c, e.c);
    if (run->d) FORM_STORE(d, e.d);
    if (run->x0) FORM_STORE(x0, e.x0);
    if (run->v) FORM_STORE(v, e.v);
#undef FORM_LOAD
#undef FORM_STORE
}

CREASE_FORMULA void form_run(const crease_form_run *run, crease_root root, bool has_u, bool has_peak)
{
    form_numbers k = form_narrow(run);
    size_t i = 0;
    for (; i + CREASE_LANES <= run->n; i += CREASE_LANES) form_at(run, &k, root, has_u, has_peak, i, CREASE_LANES);
    if (i < run->n) form_at(run, &k, root, has_u, has_peak, i, run->n - i);
}

static void cpu_form(const crease_form_run *run)
{
    if (!run->u) form_run(run, CREASE_ROOT_NONE, false, false);
    else if (run->peak) form_run(run, run->root, true, true);
    else if (run->root == CREASE_ROOT_CUBE) form_run(run, CREASE_ROOT_CUBE, true, false);
    else form_run(run, run->root, true, false);
}

static void cpu_average(size_t n, double c, const void *xhat, void *x, void *hat)
{
    const crease_real *in = xhat, part = (crease_real)c, rest = (crease_real)(1 - c);
    crease_real *out = x;
    if (hat) cpu_copy(n, xhat, hat);
    if (c == 1) {
        cpu_copy(n, xhat, x);
        return;
    }
    for (size_t i = 0; i < n; i++) out[i] = rest * out[i] + part * in[i];
}

#endif

/* The outer step on one contiguous run: moments and metric (form), and the average that ends it. */
#ifndef CREASE_CPU_FORM_H
#define CREASE_CPU_FORM_H

#include "../formulas/cbrt.h"
#include "crease/backend.h"
#include "lanes.h"

/* What takes the place of a metric of exactly zero: U = 0 and eps = 0, where the gradient was always 0.
 */
#if CREASE_CPU_BITS == 64
#define CREASE_LEAST_METRIC 0x1p-900
#else
#define CREASE_LEAST_METRIC 0x1p-100f
#endif

/* What a run asks for; constants where the loop is inlined, so that each method's loop has only its own
 * work. */
typedef struct form_shape {
    crease_root root;
    bool second, peak, decay, diagonal, parts; /* u, peak, decay x, d, x0 and v */
} form_shape;

/* The numbers of the run in the backend's width. */
typedef struct form_numbers {
    crease_real keep1, add1, keep2, add2, decay, center_scale, linear, metric_scale, floor;
} form_numbers;

static form_numbers form_narrow(const crease_form_run *run)
{
    return (form_numbers){ (crease_real)run->keep1,  (crease_real)run->add1,
                           (crease_real)run->keep2,  (crease_real)run->add2,
                           (crease_real)run->decay,  (crease_real)run->center_scale,
                           (crease_real)run->linear, (crease_real)run->metric_scale,
                           (crease_real)run->floor };
}

CREASE_FORMULA crease_lane form_root(crease_root root, crease_lane u)
{
    switch (root) {
    case CREASE_ROOT_SQUARE:
        return crease_square_root(u);
    case CREASE_ROOT_CUBE:
        return crease_cbrt(u);
    default:
        return crease_all(0);
    }
}

/* The run's arrays, in registers. */
typedef struct form_arrays {
    const crease_real *g, *x, *center;
    crease_real *m, *u, *peak, *c, *d, *x0, *v;
} form_arrays;

/* The metric; moves the second moment. */
CREASE_FORMULA crease_lane form_metric(const form_arrays *a, const form_numbers *k, form_shape s,
                                       size_t i, size_t count, crease_lane g)
{
    crease_lane d = crease_all(k->floor);
    if (s.second) {
        crease_lane u = k->keep2 * lanes_load_some(a->u + i, count, 0) + k->add2 * (g * g);
        lanes_store_some(a->u + i, count, u);
        if (s.peak) {
            crease_lane peak = lanes_load_some(a->peak + i, count, 0);
            u = crease_pick(peak > u, peak, u);
            lanes_store_some(a->peak + i, count, u);
        }
        if (s.diagonal) d = k->metric_scale * form_root(s.root, u) + k->floor;
    }
    return s.diagonal ? crease_pick(crease_is_zero(d), crease_all(CREASE_LEAST_METRIC), d) : d;
}

CREASE_FORMULA void form_at(const form_arrays *a, const form_numbers *k, form_shape s, size_t i,
                            size_t count)
{
    crease_lane g = lanes_load_some(a->g + i, count, 0);
    if (s.decay) g += k->decay * lanes_load_some(a->x + i, count, 0);
    crease_lane m = k->keep1 * lanes_load_some(a->m + i, count, 0) + k->add1 * g;
    crease_lane d = form_metric(a, k, s, i, count, g);
    crease_lane x0 = k->center_scale * lanes_load_some(a->center + i, count, 0), v = k->linear * m;
    lanes_store_some(a->m + i, count, m);
    lanes_store_some(a->c + i, count, d * x0 - v);
    if (s.diagonal) lanes_store_some(a->d + i, count, d);
    if (s.parts) {
        lanes_store_some(a->x0 + i, count, x0);
        lanes_store_some(a->v + i, count, v);
    }
}

/* What the step wants soon, and the iterate, which the average will: arithmetic under which the memory
 * works. */
CREASE_FORMULA void form_prefetch(const crease_form_run *run, form_shape s, size_t i)
{
    i += run->ahead;
    __builtin_prefetch((const crease_real *)run->g + i);
    __builtin_prefetch((const crease_real *)run->center + i);
    __builtin_prefetch((const crease_real *)run->m + i, 1);
    if (s.second) __builtin_prefetch((const crease_real *)run->u + i, 1);
    __builtin_prefetch((const crease_real *)run->x + i, 1);
}

CREASE_FORMULA void form_run(const crease_form_run *run, form_shape s)
{
    const form_numbers k = form_narrow(run);
    const form_arrays a = { run->g,    run->x, run->center, run->m,  run->u,
                            run->peak, run->c, run->d,      run->x0, run->v };
    size_t i = 0;
    for (; i + CREASE_LANES <= run->n; i += CREASE_LANES) {
        form_prefetch(run, s, i);
        form_at(&a, &k, s, i, CREASE_LANES);
    }
    if (i < run->n) form_at(&a, &k, s, i, run->n - i);
}

/* The shapes of the methods that there are have loops of their own; the last one takes anything. */
static void cpu_form(const crease_form_run *run)
{
    form_shape s = { run->root, run->u, run->u && run->peak, run->decay != 0, run->d, run->x0 };
    bool bare = !s.peak && !s.decay && !s.parts && s.diagonal && s.second;
    if (bare && s.root == CREASE_ROOT_CUBE)
        form_run(run, (form_shape){ CREASE_ROOT_CUBE, true, .diagonal = true });
    else if (bare)
        form_run(run, (form_shape){ s.root, true, .diagonal = true });
    else if (!s.second && !s.parts && !s.decay)
        form_run(run, (form_shape){ .diagonal = s.diagonal });
    else
        form_run(run, s);
}

static void cpu_average(size_t n, double c, const void *xhat, void *x, void *hat)
{
    const crease_real *in = xhat;
    const crease_lane part = crease_all(c), rest = crease_all(1 - c);
    crease_real *out = x;
    if (hat) cpu_copy(n, xhat, hat);
    if (c == 1) {
        cpu_copy(n, xhat, x);
        return;
    }
    size_t i = 0;
    for (; i + CREASE_LANES <= n; i += CREASE_LANES)
        lanes_store(out + i, rest * lanes_load(out + i) + part * lanes_load(in + i));
    if (i < n) {
        crease_lane mean =
            rest * lanes_load_some(out + i, n - i, 0) + part * lanes_load_some(in + i, n - i, 0);
        lanes_store_some(out + i, n - i, mean);
    }
}

#endif

/* Long groups whose entries lie together: lanes go along the group, which is read in place. The sums of
 * the groups of a window are put side by side, so that Newton's step is taken for many groups at once.
 */
#ifndef CREASE_CPU_RUNS_H
#define CREASE_CPU_RUNS_H

#include "newton.h"

enum {
    RUNS_CHUNK = 64 * CREASE_LANES, /* entries summed before the sum goes to a double */
    RUNS_BYTES = 128 * 1024,        /* of c and d of a window */
};

/* Where one group's entries are. */
typedef struct group_place {
    const crease_real *c, *d; /* d NULL: the scalar metric */
    crease_real *x;
    size_t n;
} group_place;

/* The same for all groups. plain: a diagonal metric, no l1 and no ridge; a constant where functions are
 * inlined. */
typedef struct run_family {
    crease_lane scalar, l1, ridge;
    bool plain;
} run_family;

CREASE_FORMULA void run_load(const group_place *r, size_t i, size_t count, const run_family *f,
                             bool plain, crease_lane *c, crease_lane *d)
{
    *c = lanes_load_some(r->c + i, count, 0);
    *d = plain || r->d ? lanes_load_some(r->d + i, count, 1) : f->scalar;
    if (plain) return;
    *c = crease_soft(*c, f->l1);
    *d += f->ridge;
}

/* The sums of a chunk, as they are added up. */
typedef struct run_sums {
    lane_sum a, b, c;
    crease_mask least;
} run_sums;

CREASE_FORMULA void moments_add(const group_place *r, size_t i, size_t count, const run_family *f,
                                bool plain, run_sums *sums)
{
    crease_lane c, d;
    run_load(r, i, count, f, plain, &c, &d);
    crease_lane square = c * c, first = square * d;
    sum_add(&sums->a, square);
    sum_add(&sums->b, first);
    sum_add(&sums->c, first * d);
    sums->least = lanes_smaller(sums->least, crease_bits(d));
}

CREASE_FORMULA crease_integer run_moments(const group_place *r, const run_family *f, bool plain,
                                          double moments[3])
{
    run_sums sums = { .least = (crease_mask){ 0 } + real_bits(cpu_infinity) };
    moments[0] = moments[1] = moments[2] = 0;
    for (size_t i = 0; i < r->n;) {
        size_t end = smaller(i + RUNS_CHUNK, r->n);
        sums.a = sums.b = sums.c = sum_none();
        for (; i + CREASE_LANES <= end; i += CREASE_LANES)
            moments_add(r, i, CREASE_LANES, f, plain, &sums);
        if (i < end) moments_add(r, i, end - i, f, plain, &sums);
        i = end;
        moments[0] += lanes_sum(sum_lanes(sums.a));
        moments[1] += lanes_sum(sum_lanes(sums.b));
        moments[2] += lanes_sum(sum_lanes(sums.c));
    }
    crease_integer least = sums.least[0];
    for (int l = 1; l < CREASE_LANES; l++) least = sums.least[l] < least ? sums.least[l] : least;
    return least;
}

CREASE_FORMULA void evaluate_add(const group_place *r, size_t i, size_t count, const run_family *f,
                                 bool plain, crease_lane s, crease_lane tau, run_sums *sums)
{
    crease_lane c, d, q, t;
    run_load(r, i, count, f, plain, &c, &d);
    crease_secular_terms(c, d, s, tau, &q, &t);
    sum_add(&sums->a, q);
    sum_add(&sums->b, t);
}

CREASE_FORMULA void run_evaluate(const group_place *r, const run_family *f, bool plain, crease_lane s,
                                 crease_lane tau, double *q, double *t)
{
    *q = *t = 0;
    for (size_t i = 0; i < r->n;) {
        size_t end = smaller(i + RUNS_CHUNK, r->n);
        run_sums sums = { .a = sum_none(), .b = sum_none() };
        for (; i + CREASE_LANES <= end; i += CREASE_LANES)
            evaluate_add(r, i, CREASE_LANES, f, plain, s, tau, &sums);
        if (i < end) evaluate_add(r, i, end - i, f, plain, s, tau, &sums);
        i = end;
        *q += lanes_sum(sum_lanes(sums.a));
        *t += lanes_sum(sum_lanes(sums.b));
    }
}

CREASE_FORMULA void output_add(const group_place *r, size_t i, size_t count, const run_family *f,
                               bool plain, crease_lane s, crease_lane tau, lane_sum *q)
{
    crease_lane c, d;
    run_load(r, i, count, f, plain, &c, &d);
    crease_lane a = crease_secular_direction(c, d, s, tau), x = a * s + 0; /* + 0: no zero is a -0 */
    sum_add(q, a * a);
    lanes_store_some(r->x + i, count, x);
}

CREASE_FORMULA double run_output(const group_place *r, const run_family *f, bool plain, crease_lane s,
                                 crease_lane tau)
{
    double q = 0;
    for (size_t i = 0; i < r->n;) {
        size_t end = smaller(i + RUNS_CHUNK, r->n);
        lane_sum q1 = sum_none();
        for (; i + CREASE_LANES <= end; i += CREASE_LANES)
            output_add(r, i, CREASE_LANES, f, plain, s, tau, &q1);
        if (i < end) output_add(r, i, end - i, f, plain, s, tau, &q1);
        i = end;
        q += lanes_sum(sum_lanes(q1));
    }
    return q;
}

static void runs_moments(const group_place *places, const run_family *f, window *w)
{
    for (size_t g = 0; g < w->count; g++) {
        size_t v = g / CREASE_LANES, l = g % CREASE_LANES;
        double m[3];
        w->least[v][l] =
            f->plain ? run_moments(&places[g], f, true, m) : run_moments(&places[g], f, false, m);
        w->m0[v][l] = (crease_real)m[0];
        w->m1[v][l] = (crease_real)m[1];
        w->m2[v][l] = (crease_real)m[2];
    }
}

static void evaluate_runs(const group_place *places, const run_family *f, window *w)
{
    for (size_t g = 0; g < w->count; g++) {
        if (!has(w->active, g)) continue;
        size_t v = g / CREASE_LANES, l = g % CREASE_LANES;
        crease_lane s = crease_all(w->s[v][l]), tau = crease_all(w->tau[v][l]);
        double q, t;
        if (f->plain)
            run_evaluate(&places[g], f, true, s, tau, &q, &t);
        else
            run_evaluate(&places[g], f, false, s, tau, &q, &t);
        w->q[v][l] = (crease_real)q;
        w->t[v][l] = (crease_real)t;
    }
}

/* x of a window whose moments are known and decided upon. */
static void runs_newton(const group_place *places, const run_family *f, window *w, unsigned cap)
{
    bool moving = has_any(w->active, w->lanes);
    while (moving && w->steps < cap) {
        evaluate_runs(places, f, w);
        moving = window_step(w);
    }
    for (size_t g = 0; g < w->count; g++) {
        size_t v = g / CREASE_LANES, l = g % CREASE_LANES;
        if (!has(w->live, g)) {
            group_zero(places[g].n, places[g].x);
            continue;
        }
        crease_lane s = crease_all(w->s[v][l]), tau = crease_all(w->tau[v][l]);
        w->q[v][l] = (crease_real)(f->plain ? run_output(&places[g], f, true, s, tau)
                                            : run_output(&places[g], f, false, s, tau));
    }
}

#endif

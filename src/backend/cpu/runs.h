/* Long groups whose entries lie together: lanes go along the group, which is read in place. The sums of the
 * groups of a window are put side by side, so that Newton's step is taken for many groups at once.       */
#ifndef CREASE_CPU_RUNS_H
#define CREASE_CPU_RUNS_H

#include "newton.h"

enum {
    RUNS_CHUNK = 64 * CREASE_LANES, /* entries summed before the sum goes to a double */
    RUNS_BYTES = 128 * 1024,        /* of c and d of a window */
};

/* One group's place. */
typedef struct run_place {
    const crease_real *c, *d;
    crease_real *x;
    size_t n;
} run_place;

typedef struct run_scale {
    crease_lane l1, ridge, scale;
} run_scale;

/* plain: neither l1 nor ridge, a constant where it is inlined */
CREASE_FORMULA void run_load(const run_place *r, size_t i, size_t count, bool plain, const run_scale *k, crease_lane *c,
                             crease_lane *d)
{
    *c = count == CREASE_LANES ? lanes_load(r->c + i) : lanes_load_some(r->c + i, count, 0);
    *d = count == CREASE_LANES ? lanes_load(r->d + i) : lanes_load_some(r->d + i, count, 1);
    if (!plain) {
        *c = crease_soft(*c, k->l1);
        *d += k->ridge;
    }
    *c *= k->scale;
}

typedef struct run_sums {
    crease_lane a, b, c;
    crease_mask least;
} run_sums;

CREASE_FORMULA void moments_add(const run_place *r, size_t i, size_t count, bool plain, const run_scale *k, run_sums *m)
{
    crease_lane c, d;
    run_load(r, i, count, plain, k, &c, &d);
    crease_lane square = c * c, first = square * d;
    m->a += square;
    m->b += first;
    m->c += first * d;
    m->least = lanes_smaller(m->least, crease_bits(d));
}

CREASE_FORMULA void run_moments_of(const run_place *r, bool plain, const run_scale *k, double sums[3],
                                   crease_integer *least)
{
    run_sums m = { .least = (crease_mask){ 0 } + real_bits(cpu_infinity) };
    sums[0] = sums[1] = sums[2] = 0;
    for (size_t i = 0; i < r->n;) {
        size_t end = i + RUNS_CHUNK < r->n ? i + RUNS_CHUNK : r->n;
        m.a = m.b = m.c = crease_all(0);
        for (; i + CREASE_LANES <= end; i += CREASE_LANES) moments_add(r, i, CREASE_LANES, plain, k, &m);
        if (i < end) moments_add(r, i, end - i, plain, k, &m);
        i = end;
        sums[0] += lanes_sum(m.a);
        sums[1] += lanes_sum(m.b);
        sums[2] += lanes_sum(m.c);
    }
    *least = m.least[0];
    for (int l = 1; l < CREASE_LANES; l++) *least = m.least[l] < *least ? m.least[l] : *least;
}

CREASE_FORMULA void run_evaluate_of(const run_place *r, bool plain, const run_scale *k, crease_lane s, crease_lane tau,
                                    double *q, double *t)
{
    *q = *t = 0;
    for (size_t i = 0; i < r->n;) {
        size_t end = i + RUNS_CHUNK < r->n ? i + RUNS_CHUNK : r->n;
        crease_lane q1 = crease_all(0), t1 = crease_all(0), c, d;
        for (; i + CREASE_LANES <= end; i += CREASE_LANES) {
            run_load(r, i, CREASE_LANES, plain, k, &c, &d);
            crease_secular_add(c, d, s, tau, &q1, &t1);
        }
        if (i < end) {
            run_load(r, i, end - i, plain, k, &c, &d);
            crease_secular_add(c, d, s, tau, &q1, &t1);
        }
        i = end;
        *q += lanes_sum(q1);
        *t += lanes_sum(t1);
    }
}

CREASE_FORMULA double run_output_of(const run_place *r, bool plain, const run_scale *k, crease_lane s, crease_lane tau,
                                    crease_lane unit)
{
    double q = 0;
    crease_lane factor = s * unit;
    for (size_t i = 0; i < r->n;) {
        size_t end = i + RUNS_CHUNK < r->n ? i + RUNS_CHUNK : r->n;
        crease_lane q1 = crease_all(0), c, d, a;
        for (; i + CREASE_LANES <= end; i += CREASE_LANES) {
            run_load(r, i, CREASE_LANES, plain, k, &c, &d);
            a = crease_secular_direction(c, d, s, tau);
            q1 += a * a;
            lanes_store(r->x + i, a * factor);
        }
        if (i < end) {
            run_load(r, i, end - i, plain, k, &c, &d);
            a = crease_secular_direction(c, d, s, tau);
            q1 += a * a;
            lanes_store_some(r->x + i, end - i, a * factor);
        }
        i = end;
        q += lanes_sum(q1);
    }
    return q;
}

static void run_moments(const run_place *r, bool plain, const run_scale *k, double sums[3], crease_integer *least)
{
    if (plain) run_moments_of(r, true, k, sums, least);
    else run_moments_of(r, false, k, sums, least);
}

static void run_evaluate(const run_place *r, bool plain, const run_scale *k, crease_lane s, crease_lane tau, double *q,
                         double *t)
{
    if (plain) run_evaluate_of(r, true, k, s, tau, q, t);
    else run_evaluate_of(r, false, k, s, tau, q, t);
}

static double run_output(const run_place *r, bool plain, const run_scale *k, crease_lane s, crease_lane tau,
                         crease_lane unit)
{
    return plain ? run_output_of(r, true, k, s, tau, unit) : run_output_of(r, false, k, s, tau, unit);
}

static void runs_moments(const run_place *runs, double l1, double ridge, window *w)
{
    bool plain = l1 == 0 && ridge == 0;
    for (size_t g = 0; g < w->count; g++) {
        size_t v = g / CREASE_LANES, l = g % CREASE_LANES;
        run_scale k = { crease_all(l1), crease_all(ridge), crease_all(w->scale[v][l]) };
        double sums[3];
        crease_integer least;
        run_moments(&runs[g], plain, &k, sums, &least);
        w->m0[v][l] = (crease_real)sums[0];
        w->m1[v][l] = (crease_real)sums[1];
        w->m2[v][l] = (crease_real)sums[2];
        w->least[v][l] = least;
    }
}

/* x of the live groups, zeros in the others. */
static void runs_newton(const run_place *runs, double l1, double ridge, const window *w, radii *r, unsigned cap)
{
    bool plain = l1 == 0 && ridge == 0;
    run_scale k = { .l1 = crease_all(l1), .ridge = crease_all(ridge) };
    for (r->steps = 0; r->steps < cap;) {
        for (size_t i = 0; i < r->count; i++) {
            size_t v = i / CREASE_LANES, l = i % CREASE_LANES;
            if (!r->active[v][l]) continue;
            double q, t;
            k.scale = crease_all(1 / r->unit[v][l]);
            run_evaluate(&runs[r->group[i] - w->first], plain, &k, crease_all(r->s[v][l]), crease_all(r->tau[v][l]),
                         &q, &t);
            r->q[v][l] = (crease_real)q;
            r->t[v][l] = (crease_real)t;
        }
        if (!radii_step(r)) break;
    }
    for (size_t i = 0; i < r->count; i++) {
        size_t v = i / CREASE_LANES, l = i % CREASE_LANES;
        k.scale = crease_all(1 / r->unit[v][l]);
        r->q[v][l] = (crease_real)run_output(&runs[r->group[i] - w->first], plain, &k, crease_all(r->s[v][l]),
                                             crease_all(r->tau[v][l]), crease_all(r->unit[v][l]));
    }
}

#endif

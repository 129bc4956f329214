/* Newton's method for the radii of a window of groups, many groups to a vector. How the sums of a group are
 * gathered is another file's business (rows.h, runs.h): here a group is its three moments at the start and
 * its q and T at each step. Groups that are out of the ordinary are marked odd and left to careful.h.    */
#ifndef CREASE_CPU_NEWTON_H
#define CREASE_CPU_NEWTON_H

#include "careful.h"

enum {
    WINDOW_GROUPS = 256,
    WINDOW_LANES = WINDOW_GROUPS / CREASE_LANES,
    NEWTON_CAP = 10, /* then the group is odd */
};

#if CREASE_CPU_BITS == 64
#define NEWTON_LEAST 0x1p-400
#define NEWTON_MOST  0x1p400
#define NEWTON_TOLERANCE 0x1p-52
#else
#define NEWTON_LEAST 0x1p-60f
#define NEWTON_MOST  0x1p60f
#define NEWTON_TOLERANCE 0x1p-21f
#endif

/* Consecutive groups of a task, lane by lane. c^ = soft(c, l1) scale, tau^ = tau scale in [1, 2). */
typedef struct window {
    size_t first, count, lanes;       /* groups; vectors of them */
    crease_lane tau[WINDOW_LANES], scale[WINDOW_LANES];
    crease_lane m0[WINDOW_LANES], m1[WINDOW_LANES], m2[WINDOW_LANES]; /* sums of c^2, c^2 d, c^2 d^2 */
    crease_mask least[WINDOW_LANES];  /* bits of the least d: <= 0 if some d <= 0 */
    crease_lane norm[WINDOW_LANES], left[WINDOW_LANES], start[WINDOW_LANES];
    crease_mask live[WINDOW_LANES], odd[WINDOW_LANES];
    crease_mask order[WINDOW_LANES];  /* the live ones of each vector first, */
    crease_mask back[WINDOW_LANES];   /* and where each of them went */
    size_t live_count[WINDOW_LANES];
} window;

/* The live groups of a window, packed. */
typedef struct radii {
    size_t count, lanes;
    unsigned steps;
    size_t group[WINDOW_GROUPS + CREASE_LANES]; /* in the task */
    crease_lane tau[WINDOW_LANES + 1], unit[WINDOW_LANES + 1], norm[WINDOW_LANES + 1], left[WINDOW_LANES + 1];
    crease_lane s[WINDOW_LANES + 1], q[WINDOW_LANES + 1], t[WINDOW_LANES + 1];
    crease_lane taken[WINDOW_LANES + 1];  /* steps */
    crease_mask active[WINDOW_LANES + 1];
} radii;

/* 2^-e for x in [2^e, 2^(e+1)), x normal */
static double inverse_scale(double x)
{
    uint64_t bits, exponent = (uint64_t)0x7ff << 52;
    memcpy(&bits, &x, sizeof bits);
    bits = ((uint64_t)2046 << 52) - (bits & exponent);
    memcpy(&x, &bits, sizeof bits);
    return x;
}

/* Thresholds, scaled. One that is no ordinary positive number becomes NaN, which makes its group odd. */
static void window_thresholds(const crease_shrink_task *task, window *w)
{
    crease_real tau[WINDOW_GROUPS], scale[WINDOW_GROUPS];
    bool uniform = !task->groups->weights;
    for (size_t i = 0; i < w->lanes * CREASE_LANES; i++) {
        if (i > 0 && (uniform || i >= w->count)) {
            tau[i] = tau[0];
            scale[i] = scale[0];
            continue;
        }
        double threshold = group_threshold(task, w->first + i);
        bool ordinary = threshold > (double)NEWTON_LEAST && threshold < (double)NEWTON_MOST;
        double power = ordinary ? inverse_scale(threshold) : (double)NAN;
        tau[i] = (crease_real)(threshold * power);
        scale[i] = (crease_real)power;
    }
    memcpy(w->tau, tau, w->lanes * sizeof(crease_lane));
    memcpy(w->scale, scale, w->lanes * sizeof(crease_lane));
}

/* Numbers of the live lanes, in order. */
static void window_order(window *w)
{
    for (size_t v = 0; v < w->lanes; v++) {
        crease_integer live[CREASE_LANES], order[CREASE_LANES + 1] = { 0 }, back[CREASE_LANES], n = 0;
        memcpy(live, &w->live[v], sizeof live);
        for (int l = 0; l < CREASE_LANES; l++) {
            order[n] = l;
            back[l] = n;
            n -= live[l]; /* 0 or -1 */
        }
        memcpy(&w->order[v], order, sizeof w->order[v]);
        memcpy(&w->back[v], back, sizeof back);
        w->live_count[v] = (size_t)n;
    }
}

/* Zero, live or odd, once the moments are there. Comparisons with NaN fail, and end in odd. */
static void window_decide(window *w)
{
    const crease_lane most = crease_all((double)NEWTON_MOST), least = crease_all((double)NEWTON_LEAST);
    for (size_t v = 0; v < w->lanes; v++) {
        crease_lane norm = crease_square_root(w->m0[v]), inverse_mean = w->m0[v] / w->m1[v];
        crease_lane spread = w->m2[v] * inverse_mean / w->m1[v] - 1;
        w->norm[v] = norm;
        w->left[v] = crease_secular_left(norm, w->tau[v], inverse_mean);
        w->start[v] = crease_secular_start(norm, w->tau[v], inverse_mean, spread);
        crease_mask within = (w->m0[v] < most) & (crease_absolute(w->m1[v]) < most) & (w->tau[v] >= 1);
        crease_mask zero = within & (norm <= w->tau[v]);
        w->live[v] = within & ~zero & (w->least[v] > 0) & (w->start[v] > least) & (w->start[v] < most)
                     & (w->left[v] > least);
        w->odd[v] = ~(zero | w->live[v]);
    }
    crease_mask real = lanes_below((crease_integer)(w->count - (w->lanes - 1) * CREASE_LANES));
    w->live[w->lanes - 1] &= real;
    w->odd[w->lanes - 1] &= real;
    window_order(w);
}

static void radii_collect(const window *w, radii *r)
{
    crease_real *tau = (crease_real *)r->tau, *unit = (crease_real *)r->unit, *norm = (crease_real *)r->norm;
    crease_real *left = (crease_real *)r->left, *s = (crease_real *)r->s;
    size_t n = 0;
    for (size_t v = 0; v < w->lanes; v++) {
        crease_mask lanes = w->order[v];
        lanes_store(tau + n, __builtin_shuffle(w->tau[v], lanes));
        lanes_store(unit + n, __builtin_shuffle(1 / w->scale[v], lanes));
        lanes_store(norm + n, __builtin_shuffle(w->norm[v], lanes));
        lanes_store(left + n, __builtin_shuffle(w->left[v], lanes));
        lanes_store(s + n, __builtin_shuffle(w->start[v], lanes));
        crease_integer order[CREASE_LANES];
        memcpy(order, &lanes, sizeof order);
        for (int l = 0; l < CREASE_LANES; l++) r->group[n + l] = w->first + v * CREASE_LANES + (size_t)order[l];
        n += w->live_count[v];
    }
    r->count = n;
    r->lanes = (n + CREASE_LANES - 1) / CREASE_LANES;
    r->steps = 0;
    for (size_t v = 0; v < r->lanes; v++) {
        r->active[v] = lanes_below((crease_integer)(n - v * CREASE_LANES));
        r->taken[v] = crease_all(0);
    }
}

/* One step of every active group; false when none is left. A group's last step is the one that is known to
 * suffice, so it is not evaluated again. */
static bool radii_step(radii *r)
{
    crease_mask any = { 0 };
    for (size_t v = 0; v < r->lanes; v++) {
        crease_lane step = crease_secular_reciprocal_step(r->q[v], r->t[v]), next = r->s[v] + step;
        crease_lane error = crease_secular_next_error(r->q[v], r->s[v], step);
        next = crease_pick(next < r->left[v], r->left[v], next);
        r->s[v] = crease_pick(r->active[v], next, r->s[v]);
        r->taken[v] = crease_pick(r->active[v], r->taken[v] + 1, r->taken[v]);
        r->active[v] &= ~(error <= (crease_real)NEWTON_TOLERANCE);
        any |= r->active[v];
    }
    r->steps++;
    return lanes_any(any);
}

/* Adds the groups of r to the statistics, q being |x|^2/s^2 of the answer; those still active have reached
 * the cap, and are left out when they go on elsewhere. */
static void radii_report(const radii *r, bool go_on, crease_shrink_stats *stats)
{
    crease_lane largest = crease_all(0), sum = crease_all(0), bound = crease_all(0);
    for (size_t v = 0; v < r->lanes; v++) {
        crease_lane off = r->tau[v] * crease_absolute(1 - crease_square_root(r->q[v])) / r->norm[v];
        crease_mask counted = lanes_below((crease_integer)(r->count - v * CREASE_LANES));
        if (go_on) counted &= ~r->active[v];
        off = crease_pick(counted, off, crease_all(0));
        crease_lane taken = crease_pick(counted, r->taken[v], crease_all(0));
        largest = crease_pick(taken > largest, taken, largest);
        sum += taken;
        bound = crease_pick(off <= bound, bound, off);
    }
    for (int l = 0; l < CREASE_LANES; l++) {
        if ((size_t)largest[l] > stats->iterations) stats->iterations = (size_t)largest[l];
        if (!(bound[l] <= stats->bound)) stats->bound = bound[l];
    }
    stats->all_iterations += (size_t)lanes_sum(sum);
    stats->live_groups += r->count;
}

#endif

/* Newton's method for the radii of a window of groups, many groups to a vector. How the sums of a group
 * are gathered is another file's business (rows.h, runs.h): here a group is its three moments at the
 * start and its q and T at each step. Groups that are out of the ordinary are marked odd and left to
 * careful.h.    */
#ifndef CREASE_CPU_NEWTON_H
#define CREASE_CPU_NEWTON_H

#include "careful.h"

enum {
    WINDOW_GROUPS = 1024,
    WINDOW_LANES = WINDOW_GROUPS / CREASE_LANES,
    NEWTON_CAP = 10, /* then the group is odd */
};

/* Thresholds and start points in this range let the sums of squares neither overflow nor vanish. */
#if CREASE_CPU_BITS == 64
#define NEWTON_LEAST  0x1p-300
#define NEWTON_MOST   0x1p300
#define NEWTON_ENOUGH 0x1p-52 /* |r - 1| to aim at ... */
#define NEWTON_WRONG  0x1p-45 /* ... and not to be left with */
#else
#define NEWTON_LEAST  0x1p-40
#define NEWTON_MOST   0x1p40
#define NEWTON_ENOUGH 0x1p-20
#define NEWTON_WRONG  0x1p-19
#endif

/* Consecutive groups of a task, lane by lane. */
typedef struct window {
    size_t first, count, lanes; /* groups; vectors of them */
    unsigned steps;
    crease_lane tau[WINDOW_LANES];
    crease_lane m0[WINDOW_LANES], m1[WINDOW_LANES], m2[WINDOW_LANES]; /* sums of c^2, c^2 d, c^2 d^2 */
    crease_mask least[WINDOW_LANES];                    /* bits of the least d: <= 0 if some d <= 0 */
    crease_lane norm[WINDOW_LANES], left[WINDOW_LANES]; /* |c|; a lower bound of s */
    crease_lane s[WINDOW_LANES], q[WINDOW_LANES], t[WINDOW_LANES], before[WINDOW_LANES],
        taken[WINDOW_LANES];
    crease_mask live[WINDOW_LANES], odd[WINDOW_LANES];
    crease_mask active[WINDOW_LANES]; /* live, and still moving */
} window;

static bool has(const crease_mask *of_group, size_t g)
{
    return of_group[g / CREASE_LANES][g % CREASE_LANES] != 0;
}

static bool has_any(const crease_mask *of_group, size_t lanes)
{
    crease_mask any = { 0 };
    for (size_t v = 0; v < lanes; v++) any |= of_group[v];
    return crease_any(any);
}

static crease_real ordinary_threshold(const crease_shrink_task *task, size_t g)
{
    double tau = group_threshold(task, g);
    return tau > (double)NEWTON_LEAST && tau < (double)NEWTON_MOST ? (crease_real)tau
                                                                   : (crease_real)NAN;
}

/* A threshold that is no ordinary positive number becomes NaN, which makes its group odd. */
static void window_thresholds(const crease_shrink_task *task, window *w)
{
    crease_lane first = crease_all(ordinary_threshold(task, w->first));
    for (size_t v = 0; v < w->lanes; v++) w->tau[v] = first;
    if (!task->groups->weights) return;
    for (size_t g = 1; g < w->count; g++)
        w->tau[g / CREASE_LANES][g % CREASE_LANES] = ordinary_threshold(task, w->first + g);
}

/* Zero, live or odd, once the moments are there. Comparisons with NaN fail, and end in odd. */
static void window_decide(window *w)
{
    const crease_lane most = crease_all((double)NEWTON_MOST), least = crease_all((double)NEWTON_LEAST);
    for (size_t v = 0; v < w->lanes; v++) {
        crease_lane tau = w->tau[v], norm = crease_square_root(w->m0[v]),
                    inverse_mean = w->m0[v] / w->m1[v];
        crease_lane spread = w->m2[v] * inverse_mean / w->m1[v] - 1;
        crease_lane left = crease_secular_left(norm, tau, inverse_mean);
        crease_lane start = crease_secular_start(norm, tau, inverse_mean, spread);
        crease_mask within =
            (norm < most) & (crease_absolute(w->m1[v]) < (crease_real)INFINITY) & (tau > 0);
        crease_mask zero = within & (norm <= tau), live = within & ~zero & (w->least[v] > 0);
        live &= (start > least) & (start < most) & (left > 0);
        w->live[v] = live;
        w->odd[v] = ~(zero | live);
        w->norm[v] = norm;
        w->left[v] = left;
        w->s[v] = crease_pick(live, start, crease_all(0));
        w->before[v] = w->taken[v] = crease_all(0);
    }
    crease_mask real = lanes_below((crease_integer)(w->count - (w->lanes - 1) * CREASE_LANES));
    w->live[w->lanes - 1] &= real;
    w->odd[w->lanes - 1] &= real;
    memcpy(w->active, w->live, w->lanes * sizeof *w->live);
    w->steps = 0;
}

/* One step of every active group; false when none is left. A group's last step is the one that is known
 * to suffice, so it is not evaluated again. */
static bool window_step(window *w)
{
    crease_mask any = { 0 };
    for (size_t v = 0; v < w->lanes; v++) {
        if (!crease_any(w->active[v])) continue;
        crease_lane q = w->q[v], s = w->s[v], step = crease_secular_reciprocal_step(q, w->t[v]),
                    next = s + step;
        crease_mask enough =
            crease_secular_suffices(q, w->before[v], s, step, crease_all((double)NEWTON_ENOUGH));
        next = crease_pick(next < w->left[v], w->left[v], next);
        w->s[v] = crease_pick(w->active[v], next, s);
        w->taken[v] = crease_pick(w->active[v], w->taken[v] + 1, w->taken[v]);
        w->before[v] = q;
        w->active[v] &= ~enough;
        any |= w->active[v];
    }
    w->steps++;
    return crease_any(any);
}

/* Adds the groups to the statistics, q being |x|^2/s^2 of the answer. go_on: those that are still
 * active, or have not arrived after all, are made active and left out, for they will be solved
 * elsewhere.           */
static void window_report(window *w, bool go_on, crease_shrink_stats *stats)
{
    crease_lane largest = crease_all(0), sum = crease_all(0), bound = crease_all(0);
    crease_mask live = { 0 };
    for (size_t v = 0; v < w->lanes; v++) {
        crease_lane off = crease_absolute(1 - crease_square_root(w->q[v]));
        if (go_on) w->active[v] |= w->live[v] & ~(off <= (crease_real)NEWTON_WRONG);
        crease_mask counted = go_on ? w->live[v] & ~w->active[v] : w->live[v];
        off = crease_pick(counted, off * w->tau[v] / w->norm[v], crease_all(0));
        crease_lane taken = crease_pick(counted, w->taken[v], crease_all(0));
        largest = crease_pick(taken > largest, taken, largest);
        sum += taken;
        bound = crease_pick(off <= bound, bound, off);
        live += counted; /* minus one each */
    }
    for (int l = 0; l < CREASE_LANES; l++) {
        if ((size_t)largest[l] > stats->iterations) stats->iterations = (size_t)largest[l];
        if (!(bound[l] <= stats->bound)) stats->bound = bound[l];
        stats->live_groups += (size_t)-live[l];
    }
    stats->all_iterations += (size_t)lanes_sum(sum);
}

#endif

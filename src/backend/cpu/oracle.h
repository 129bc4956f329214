/* The exact oracle over all groups of a task: which groups are worked on together, by which kernel. */
#ifndef CREASE_CPU_ORACLE_H
#define CREASE_CPU_ORACLE_H

#include "rows.h"
#include "runs.h"
#include "transpose.h"

enum {
    TRANSPOSE_MOST = 40, /* entries of contiguous groups that are transposed to lie side by side */
    PIECES_TRANSPOSE_MOST = 160, /* the same, of groups in pieces */
    ROWS_LEAST_GROUPS = CREASE_LANES / 4,
    TRANSPOSED_BYTES = 32 * 1024, /* of c and d of a window */
    CACHED_BYTES = 384 * 1024,    /* the same, of groups side by side ... */
    CACHED_LEAST_COLUMNS = 64,    /* ... if it leaves so many columns */
    FETCHED_BYTES = 256 * 1024,   /* of c and d of the next one, at most */
};

typedef enum {
    PLAN_ROWS,       /* groups lie side by side */
    PLAN_TRANSPOSED, /* small groups of pieces longer than one entry */
    PLAN_RUNS,       /* long or unequal contiguous groups */
    PLAN_GATHERED,   /* anything: one group at a time, copied */
} plan_kind;

/* How a layout is worked on, and the parts of the work space in reals. */
typedef struct plan {
    plan_kind kind;
    size_t rows, inner, stride; /* of the sheet */
    size_t groups;              /* in a window */
    size_t raw, gathered;
} plan;

static size_t largest_group(const crease_groups *s)
{
    size_t n = s->start ? 0 : s->outer * s->inner;
    for (size_t g = 0; s->start && g < s->count; g++) n = larger(n, crease_group_size(s, g));
    return n;
}

static plan_kind plan_kind_of(const crease_groups *s)
{
    if (s->start) return s->index ? PLAN_GATHERED : PLAN_RUNS;
    bool together = s->inner == 1 || s->inner_stride == 1;
    bool side_by_side = together && s->group_stride == s->inner && s->inner <= ROWS_MOST_INNER;
    bool contiguous = group_run(s, 0) != SIZE_MAX;
    if (side_by_side && s->outer > 1 && s->count >= ROWS_LEAST_GROUPS) {
        return s->inner > 1 && s->outer * s->inner <= PIECES_TRANSPOSE_MOST ? PLAN_TRANSPOSED
                                                                            : PLAN_ROWS;
    }
    if (!contiguous) return PLAN_GATHERED;
    bool equal_steps = s->group_stride == s->outer * s->inner;
    return equal_steps && s->outer * s->inner <= TRANSPOSE_MOST ? PLAN_TRANSPOSED : PLAN_RUNS;
}

/* A window of rows should stay in cache, unless that would leave only short pieces of rows: long ones
 * are read at the speed of memory, and Newton's few passes over them cost less than going from row to
 * row.        */
static void plan_window(plan *p)
{
    size_t size = p->rows * p->inner, bytes = 2 * sizeof(crease_real) * larger(size, 1);
    size_t most = ROWS_MOST_COLUMNS / p->inner;
    size_t cached = (p->kind == PLAN_TRANSPOSED ? TRANSPOSED_BYTES : CACHED_BYTES) / bytes;
    if (p->kind == PLAN_TRANSPOSED || cached * p->inner >= CACHED_LEAST_COLUMNS)
        most = smaller(most, cached);
    p->groups = larger(most / CREASE_LANES * CREASE_LANES, CREASE_LANES);
    if (p->kind == PLAN_TRANSPOSED) p->raw = size * p->groups;
}

static plan plan_of(const crease_groups *s)
{
    plan p = { .kind = plan_kind_of(s), .groups = 1 };
    p.gathered = round_up(largest_group(s), CREASE_LANES);
    if (p.kind == PLAN_ROWS) {
        p.rows = s->outer;
        p.inner = s->inner;
        p.stride = s->outer_stride;
        plan_window(&p);
    } else if (p.kind == PLAN_TRANSPOSED) {
        p.rows = s->outer * s->inner;
        p.inner = 1;
        plan_window(&p);
        p.stride = p.groups;
    } else if (p.kind == PLAN_RUNS) {
        size_t bytes = 2 * sizeof(crease_real) * larger(largest_group(s), 1);
        p.groups = larger(1, smaller(WINDOW_GROUPS / 4, RUNS_BYTES / bytes));
    }
    return p;
}

static size_t cpu_shrink_work(const crease_groups *s)
{
    plan p = plan_of(s);
    return (2 * round_up(p.raw, CREASE_LANES) + 3 * p.gathered) * sizeof(crease_real);
}

/* --- one task ------------------------------------------------------------------------------------- */

typedef struct oracle {
    const crease_shrink_task *task;
    plan plan;
    double l1, ridge;
    bool plain;   /* see sheet */
    unsigned cap; /* of the fast road */
    crease_real *x;
    crease_real *raw_c, *raw_d, *gathered; /* in the work space */
    crease_shrink_stats *stats;
} oracle;

static void stats_add(crease_shrink_stats *stats, const group_outcome *o)
{
    if (!o->live) {
        stats->zero_groups++;
        return;
    }
    stats->live_groups++;
    stats->capped_groups += o->capped;
    stats->all_iterations += o->steps;
    if (o->steps > stats->iterations) stats->iterations = o->steps;
    if (!(o->bound <= stats->bound)) stats->bound = o->bound;
}

static bool any_nonzero(size_t n, const crease_real *x)
{
    for (size_t i = 0; i < n; i++)
        if (x[i] != 0) return true;
    return false;
}

/* By the slow road, or in closed form. */
static int solve_contiguous(const crease_shrink_task *task, const group_problem *p, careful_start start,
                            crease_real *x, group_outcome *o)
{
    if (p->tau > 0 && !isinf(p->tau)) return careful_solve(p, task->rule, task->max_iters, start, x, o);
    *o = (group_outcome){ .live = false };
    if (isinf(p->tau)) {
        group_zero(p->n, x);
        return problem_is_finite(p) ? CREASE_OK : CREASE_ENAN;
    }
    int code = group_solve_free(p, x);
    o->live = code == CREASE_OK && any_nonzero(p->n, x);
    return code;
}

static int solve_group(const oracle *o, size_t g, careful_start start)
{
    const crease_groups *s = o->task->groups;
    crease_real *c = o->gathered, *d = c + o->plan.gathered, *out = d + o->plan.gathered;
    size_t run = group_run(s, g);
    crease_real *x = run == SIZE_MAX ? out : o->x + run;
    group_problem p = { crease_group_size(s, g),
                        group_view(s, g, o->task->c, c),
                        group_view(s, g, o->task->d, d),
                        o->task->scalar,
                        o->l1,
                        o->ridge,
                        group_threshold(o->task, g) };
    group_outcome outcome;
    int code = solve_contiguous(o->task, &p, start, x, &outcome);
    if (code != CREASE_OK) {
        o->stats->failed_group = g;
        return code;
    }
    stats_add(o->stats, &outcome);
    if (x == out) group_scatter(s, g, out, o->x);
    return CREASE_OK;
}

static int solve_odd(const oracle *o, const window *w)
{
    for (size_t g = 0; g < w->count; g++) {
        if (!has(w->odd, g)) continue;
        o->stats->zero_groups--; /* it was taken for one */
        CREASE_TRY(solve_group(o, w->first + g, (careful_start){ 0 }));
    }
    return CREASE_OK;
}

/* Groups still active after the cap of the fast road. */
static int solve_unfinished(const oracle *o, const window *w, bool go_on)
{
    for (size_t g = 0; g < w->count; g++) {
        if (!has(w->active, g)) continue;
        if (go_on) {
            careful_start start = { w->steps, w->s[g / CREASE_LANES][g % CREASE_LANES] };
            CREASE_TRY(solve_group(o, w->first + g, start));
        } else {
            o->stats->capped_groups++;
        }
    }
    return CREASE_OK;
}

/* Statistics of a window, and the slow road for what needs it. */
static int window_finish(const oracle *o, window *w)
{
    bool go_on = o->task->max_iters == 0 || o->task->max_iters > o->cap;
    size_t before = o->stats->live_groups;
    window_report(w, go_on, o->stats);
    o->stats->zero_groups += w->count - (o->stats->live_groups - before);
    if (has_any(w->odd, w->lanes)) CREASE_TRY(solve_odd(o, w));
    if (!has_any(w->active, w->lanes)) return CREASE_OK;
    for (size_t g = 0; go_on && g < w->count; g++) o->stats->zero_groups -= has(w->active, g);
    return solve_unfinished(o, w, go_on);
}

static void window_start(const oracle *o, size_t first, window *w)
{
    w->first = first;
    w->count = smaller(o->plan.groups, o->task->groups->count - first);
    w->lanes = (w->count + CREASE_LANES - 1) / CREASE_LANES;
    window_thresholds(o->task, w);
}

/* --- side by side --------------------------------------------------------------------------------- */

/* Piece by piece: entry k of the window's groups becomes row k. */
static void pieces_in(const crease_groups *s, const window *w, const crease_real *from, crease_real *to,
                      size_t stride)
{
    from += s->offset + w->first * s->group_stride;
    for (size_t o = 0; o < s->outer; o++, from += s->outer_stride, to += s->inner * stride)
        transpose(w->count, s->inner, from, s->group_stride, to, stride);
}

static void pieces_out(const crease_groups *s, const window *w, const crease_real *from, size_t stride,
                       crease_real *to)
{
    to += s->offset + w->first * s->group_stride;
    for (size_t o = 0; o < s->outer; o++, to += s->outer_stride, from += s->inner * stride)
        transpose(s->inner, w->count, from, stride, to, s->group_stride);
}

/* The first rows of a window that fit into so many bytes. */
static fetch fetch_of(const crease_groups *s, const void *a, const void *b, size_t at, size_t count,
                      size_t bytes)
{
    size_t all = (b ? 2 : 1) * sizeof(crease_real) * s->outer * s->inner * count;
    return (fetch){ .a = (const crease_real *)a + at,
                    .b = b ? (const crease_real *)b + at : NULL,
                    .rows = all == 0      ? 0
                            : all > bytes ? s->outer * bytes / all
                                          : s->outer,
                    .stride = s->outer_stride,
                    .length = count * s->inner };
}

/* While a window is solved: its x, then c and d of the next one. */
static void plan_fetch(const oracle *o, const window *w, fetch ahead[2])
{
    const crease_groups *s = o->task->groups;
    size_t at = s->offset + w->first * s->group_stride, next = at + w->count * s->group_stride;
    ahead[0] = fetch_of(s, o->x, NULL, at, w->count, FETCHED_BYTES / 2);
    ahead[1] = fetch_of(s, o->task->c, o->task->d, next,
                        smaller(w->count, s->count - w->first - w->count), FETCHED_BYTES);
}

static sheet sheet_of(const oracle *o, const window *w)
{
    const crease_groups *s = o->task->groups;
    const plan *p = &o->plan;
    sheet h = { .rows = p->rows,
                .inner = p->inner,
                .columns = w->count * p->inner,
                .stride = p->stride,
                .x_stride = p->stride,
                .scalar = o->task->scalar,
                .l1 = o->l1,
                .ridge = o->ridge,
                .plain = o->plain };
    const crease_real *c = o->task->c, *d = o->task->d;
    h.lanes = (h.columns + CREASE_LANES - 1) / CREASE_LANES;
    if (p->kind == PLAN_TRANSPOSED) {
        h.c = h.x = o->raw_c;
        h.d = d ? o->raw_d : NULL;
        pieces_in(s, w, c, o->raw_c, p->stride);
        if (d) pieces_in(s, w, d, o->raw_d, p->stride);
        h.beyond = p->stride;
    } else {
        size_t at = s->offset + w->first * p->inner;
        h.c = c + at;
        h.d = d ? d + at : NULL;
        h.x = o->x + at;
        h.beyond = (s->count - w->first) * p->inner;
    }
    return h;
}

static int rows_window(const oracle *o, size_t first, size_t *count)
{
    window w;
    window_start(o, first, &w);
    fetch ahead[2];
    plan_fetch(o, &w, ahead);
    sheet h = sheet_of(o, &w);
    h.ahead = ahead;
    window_moments(&h, &w);
    window_decide(&w);
    rows_newton(&h, &w, o->cap);
    if (o->plan.kind == PLAN_TRANSPOSED) pieces_out(o->task->groups, &w, h.x, h.x_stride, o->x);
    *count = w.count;
    return window_finish(o, &w);
}

/* --- runs ----------------------------------------------------------------------------------------- */

static void place_runs(const oracle *o, const window *w, group_place *places)
{
    const crease_groups *s = o->task->groups;
    crease_real *c = o->gathered, *d = c + o->plan.gathered, *x = d + o->plan.gathered;
    for (size_t g = 0; g < w->count; g++) {
        size_t n = crease_group_size(s, w->first + g);
        if (o->plan.kind == PLAN_GATHERED) {
            places[g] = (group_place){ c, o->task->d ? d : NULL, x, n };
            group_gather(s, w->first + g, o->task->c, c);
            if (o->task->d) group_gather(s, w->first + g, o->task->d, d);
        } else {
            size_t at = group_run(s, w->first + g);
            const crease_real *metric = o->task->d;
            places[g] = (group_place){ (const crease_real *)o->task->c + at,
                                       metric ? metric + at : NULL, o->x + at, n };
        }
    }
}

static int runs_window(const oracle *o, size_t first, size_t *count)
{
    window w;
    group_place places[WINDOW_GROUPS];
    run_family family = { crease_all(o->task->scalar), crease_all(o->l1), crease_all(o->ridge),
                          o->plain };
    window_start(o, first, &w);
    place_runs(o, &w, places);
    runs_moments(places, &family, &w);
    window_decide(&w);
    runs_newton(places, &family, &w, o->cap);
    if (o->plan.kind == PLAN_GATHERED) group_scatter(o->task->groups, first, places[0].x, o->x);
    *count = w.count;
    return window_finish(o, &w);
}

/* --- no group term -------------------------------------------------------------------------------- */

/* Groups without a group term that together are one contiguous piece: nothing ties them. */
static bool is_one_piece(const crease_shrink_task *task)
{
    const crease_groups *s = task->groups;
    bool free = !s->weights && !isinf(s->uniform_weight)
                && task->w * task->psi.lambda2 * s->uniform_weight == 0;
    return free && !s->start && s->disjoint && s->count > 1
           && crease_groups_extent(s) - s->offset == s->entries;
}

static bool is_live(const crease_groups *s, size_t g, const crease_real *x)
{
    x += s->offset + g * s->group_stride;
    for (size_t o = 0; o < s->outer; o++, x += s->outer_stride)
        for (size_t i = 0; i < s->inner; i++)
            if (x[i * s->inner_stride] != 0) return true;
    return false;
}

static void count_live(const oracle *o)
{
    const crease_groups *s = o->task->groups;
    size_t live = 0;
    if (s->count == s->entries && !s->start) /* single entries: without a branch for each */
        for (size_t g = 0; g < s->count; g++) live += o->x[s->offset + g * s->group_stride] != 0;
    else
        for (size_t g = 0; g < s->count; g++) live += is_live(s, g, o->x);
    o->stats->live_groups = live;
    o->stats->zero_groups = s->count - live;
}

static int solve_piece(const oracle *o)
{
    const crease_shrink_task *t = o->task;
    size_t at = t->groups->offset;
    group_problem p = { t->groups->entries,
                        (const crease_real *)t->c + at,
                        t->d ? (const crease_real *)t->d + at : NULL,
                        t->scalar,
                        o->l1,
                        o->ridge,
                        0 };
    CREASE_TRY(group_solve_free(&p, o->x + at));
    count_live(o);
    return CREASE_OK;
}

/* --- the task ------------------------------------------------------------------------------------- */

static int solve_one(const oracle *o, size_t first, size_t *count)
{
    *count = 1;
    return solve_group(o, first, (careful_start){ 0 });
}

static int cpu_shrink_diag(const crease_shrink_task *task, void *x, crease_shrink_stats *stats)
{
    plan p = plan_of(task->groups);
    crease_real *work = task->work;
    oracle o = { .task = task,
                 .plan = p,
                 .l1 = task->w * task->psi.lambda1,
                 .ridge = task->w * task->psi.ridge,
                 .cap = NEWTON_CAP,
                 .x = x,
                 .raw_c = work,
                 .stats = stats };
    o.raw_d = o.raw_c + round_up(p.raw, CREASE_LANES);
    o.gathered = o.raw_d + round_up(p.raw, CREASE_LANES);
    o.plain = task->d && o.l1 == 0 && o.ridge == 0;
    if (task->max_iters > 0 && task->max_iters < o.cap) o.cap = task->max_iters;
    *stats = (crease_shrink_stats){ 0 };
    if (is_one_piece(task) && solve_piece(&o) == CREASE_OK)
        return CREASE_OK; /* else find the group that failed */
    bool newton = task->rule == CREASE_SECULAR_RECIPROCAL && task->w * task->psi.lambda2 > 0;
    bool rows = p.kind == PLAN_ROWS || p.kind == PLAN_TRANSPOSED;
    int (*solve)(const oracle *, size_t, size_t *) = !newton ? solve_one
                                                     : rows  ? rows_window
                                                             : runs_window;
    for (size_t g = 0, count; g < task->groups->count; g += count) CREASE_TRY(solve(&o, g, &count));
    return CREASE_OK;
}

#endif

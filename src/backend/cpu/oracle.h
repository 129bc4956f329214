/* The exact oracle over all groups of a task: which groups are worked on together, by which kernel. */
#ifndef CREASE_CPU_ORACLE_H
#define CREASE_CPU_ORACLE_H

#include "rows.h"
#include "runs.h"
#include "transpose.h"

enum {
    TRANSPOSE_MOST = 40, /* entries of contiguous groups that are transposed to lie side by side */
    ROWS_LEAST_GROUPS = CREASE_LANES / 4,
};

typedef enum {
    PLAN_ROWS,       /* groups lie side by side */
    PLAN_TRANSPOSED, /* small contiguous groups */
    PLAN_RUNS,       /* long or unequal contiguous groups */
    PLAN_GATHERED,   /* anything: one group at a time, copied */
} plan_kind;

/* How a layout is worked on, and the parts of the work space in reals. */
typedef struct plan {
    plan_kind kind;
    size_t rows, inner, stride; /* of the sheet */
    size_t groups;              /* in a window */
    size_t columns, width;      /* of a slice: see packed_columns */
    size_t raw, packed, gathered;
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
    if (side_by_side && s->outer > 1 && s->count >= ROWS_LEAST_GROUPS) return PLAN_ROWS;
    if (!contiguous) return PLAN_GATHERED;
    bool equal_steps = s->group_stride == s->outer * s->inner;
    return equal_steps && s->outer * s->inner <= TRANSPOSE_MOST ? PLAN_TRANSPOSED : PLAN_RUNS;
}

/* A window of rows: as many groups as keep c, d and their packed copies in cache, in whole vectors. */
static void plan_window(plan *p)
{
    size_t size = p->rows * p->inner, bytes = 4 * sizeof(crease_real) * larger(size, 1);
    size_t most = smaller(WINDOW_GROUPS, ROWS_MOST_COLUMNS / p->inner);
    size_t groups = smaller(most, ROWS_BYTES / bytes) / CREASE_LANES * CREASE_LANES;
    p->groups = larger(groups, CREASE_LANES);
    p->columns = smaller(ROWS_MOST_INNER, p->groups * p->inner);
    size_t reach = round_up(p->inner, CREASE_LANES), last = p->columns / p->inner * p->inner - p->inner;
    p->width = p->inner > 1 ? round_up(last + reach, CREASE_LANES) : p->columns;
    size_t per_slice = p->inner > 1 ? p->columns / p->inner : CREASE_LANES; /* at least */
    size_t slices = (p->groups + per_slice - 1) / per_slice;
    p->packed = slices * 2 * p->rows * p->width;
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
        p.raw = p.rows * p.groups;
    } else if (p.kind == PLAN_RUNS) {
        size_t bytes = 2 * sizeof(crease_real) * larger(largest_group(s), 1);
        p.groups = larger(1, smaller(WINDOW_GROUPS, RUNS_BYTES / bytes));
    }
    return p;
}

static size_t cpu_shrink_work(const crease_groups *s)
{
    plan p = plan_of(s);
    return (2 * round_up(p.raw, CREASE_LANES) + round_up(p.packed, CREASE_LANES) + 3 * p.gathered)
           * sizeof(crease_real);
}

/* --- one task ------------------------------------------------------------------------------------- */

typedef struct oracle {
    const crease_shrink_task *task;
    plan plan;
    double l1, ridge;
    unsigned cap; /* of the fast road */
    crease_real *x;
    crease_real *raw_c, *raw_d, *packed, *gathered; /* in the work space */
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
    group_problem p = { crease_group_size(s, g), group_view(s, g, o->task->c, c), group_view(s, g, o->task->d, d),
                        o->task->scalar, o->l1, o->ridge, group_threshold(o->task, g) };
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

static bool has(const crease_mask *of_group, size_t g)
{
    return of_group[g / CREASE_LANES][g % CREASE_LANES] != 0;
}

static bool has_any(const crease_mask *of_group, size_t lanes)
{
    crease_mask any = { 0 };
    for (size_t v = 0; v < lanes; v++) any |= of_group[v];
    return lanes_any(any);
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
static int solve_unfinished(const oracle *o, const radii *r, bool go_on)
{
    for (size_t i = 0; i < r->count; i++) {
        size_t v = i / CREASE_LANES, l = i % CREASE_LANES;
        if (!r->active[v][l]) continue;
        if (!go_on) {
            o->stats->capped_groups++;
            continue;
        }
        o->stats->live_groups--; /* it is counted again */
        careful_start start = { r->steps, (double)r->s[v][l] * r->unit[v][l] };
        CREASE_TRY(solve_group(o, r->group[i], start));
    }
    return CREASE_OK;
}

/* Statistics of a window, and the slow road for what needs it. */
static int window_finish(const oracle *o, const window *w, const radii *r)
{
    bool go_on = o->task->max_iters == 0 || o->task->max_iters > o->cap;
    radii_report(r, go_on, o->stats);
    o->stats->zero_groups += w->count - r->count;
    if (has_any(w->odd, w->lanes)) CREASE_TRY(solve_odd(o, w));
    if (has_any(r->active, r->lanes)) CREASE_TRY(solve_unfinished(o, r, go_on));
    return CREASE_OK;
}

static void window_start(const oracle *o, size_t first, window *w)
{
    w->first = first;
    w->count = smaller(o->plan.groups, o->task->groups->count - first);
    w->lanes = (w->count + CREASE_LANES - 1) / CREASE_LANES;
    window_thresholds(o->task, w);
}

/* --- side by side --------------------------------------------------------------------------------- */

static sheet sheet_of(const oracle *o, const window *w)
{
    const crease_groups *s = o->task->groups;
    const plan *p = &o->plan;
    sheet h = { .rows = p->rows, .inner = p->inner, .columns = w->count * p->inner, .stride = p->stride,
                .x_stride = p->stride, .l1 = o->l1, .ridge = o->ridge, .plain = o->l1 == 0 && o->ridge == 0 };
    if (p->kind == PLAN_TRANSPOSED) {
        const crease_real *c = o->task->c, *d = o->task->d;
        size_t at = s->offset + w->first * p->rows;
        transpose(w->count, p->rows, c + at, p->rows, o->raw_c, p->stride);
        transpose(w->count, p->rows, d + at, p->rows, o->raw_d, p->stride);
        h.c = h.x = o->raw_c;
        h.d = o->raw_d;
        h.beyond = p->stride;
    } else {
        size_t at = s->offset + w->first * p->inner;
        h.c = (const crease_real *)o->task->c + at;
        h.d = (const crease_real *)o->task->d + at;
        h.x = o->x + at;
        h.beyond = (s->count - w->first) * p->inner;
    }
    return h;
}

static void rows_of_columns(const oracle *o, const sheet *h, const window *w, radii *r)
{
    packed_columns p = { .rows = h->rows, .inner = 1, .columns = o->plan.columns,
                         .width = o->plan.width };
    column_move moves[WINDOW_LANES];
    plan_moves(w, &p, o->packed, moves);
    if (r->count > 0) {
        pack_columns(h, w, &p, moves);
        rows_newton(&p, r, o->cap);
    }
    unpack_columns(h, w, &p, moves);
}

static void rows_of_pieces(const oracle *o, const sheet *h, const window *w, radii *r)
{
    packed_columns p = { .rows = h->rows, .inner = h->inner, .columns = o->plan.columns,
                         .width = o->plan.width };
    size_t live[WINDOW_GROUPS];
    plan_pieces(w, &p, o->packed, live);
    pack_pieces(h, w, &p, live);
    rows_newton(&p, r, o->cap);
    unpack_pieces(h, w, &p);
}

static int rows_window(const oracle *o, size_t first, size_t *count)
{
    window w;
    radii r;
    window_start(o, first, &w);
    sheet h = sheet_of(o, &w);
    window_moments(&h, &w);
    window_decide(&w);
    radii_collect(&w, &r);
    if (h.inner == 1) rows_of_columns(o, &h, &w, &r);
    else rows_of_pieces(o, &h, &w, &r);
    if (o->plan.kind == PLAN_TRANSPOSED) {
        crease_real *x = o->x + o->task->groups->offset + first * h.rows;
        transpose(h.rows, w.count, h.x, h.x_stride, x, h.rows);
    }
    *count = w.count;
    return window_finish(o, &w, &r);
}

/* --- runs ----------------------------------------------------------------------------------------- */

static void place_runs(const oracle *o, const window *w, run_place *runs)
{
    const crease_groups *s = o->task->groups;
    for (size_t g = 0; g < w->count; g++) {
        size_t at = group_run(s, w->first + g);
        runs[g].n = crease_group_size(s, w->first + g);
        if (o->plan.kind == PLAN_GATHERED) {
            runs[g].c = o->gathered;
            runs[g].d = o->gathered + o->plan.gathered;
            runs[g].x = o->gathered + 2 * o->plan.gathered;
            group_gather(s, w->first + g, o->task->c, o->gathered);
            group_gather(s, w->first + g, o->task->d, o->gathered + o->plan.gathered);
        } else {
            runs[g].c = (const crease_real *)o->task->c + at;
            runs[g].d = (const crease_real *)o->task->d + at;
            runs[g].x = o->x + at;
        }
    }
}

static int runs_window(const oracle *o, size_t first, size_t *count)
{
    window w;
    run_place runs[WINDOW_GROUPS];
    radii r;
    window_start(o, first, &w);
    place_runs(o, &w, runs);
    runs_moments(runs, o->l1, o->ridge, &w);
    window_decide(&w);
    radii_collect(&w, &r);
    runs_newton(runs, o->l1, o->ridge, &w, &r, o->cap);
    for (size_t g = 0; g < w.count; g++) {
        if (!has(w.live, g)) group_zero(runs[g].n, runs[g].x);
        if (o->plan.kind == PLAN_GATHERED) group_scatter(o->task->groups, first + g, runs[g].x, o->x);
    }
    *count = w.count;
    return window_finish(o, &w, &r);
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
    oracle o = { .task = task, .plan = p, .l1 = task->w * task->psi.lambda1, .ridge = task->w * task->psi.ridge,
                 .cap = NEWTON_CAP, .x = x, .raw_c = work, .stats = stats };
    o.raw_d = o.raw_c + round_up(p.raw, CREASE_LANES);
    o.packed = o.raw_d + round_up(p.raw, CREASE_LANES);
    o.gathered = o.packed + round_up(p.packed, CREASE_LANES);
    if (task->max_iters > 0 && task->max_iters < o.cap) o.cap = task->max_iters;
    *stats = (crease_shrink_stats){ 0 };
    bool newton = task->d && task->rule == CREASE_SECULAR_RECIPROCAL && task->w * task->psi.lambda2 > 0;
    bool rows = p.kind == PLAN_ROWS || p.kind == PLAN_TRANSPOSED;
    int (*solve)(const oracle *, size_t, size_t *) = !newton ? solve_one : rows ? rows_window : runs_window;
    for (size_t g = 0, count; g < task->groups->count; g += count) CREASE_TRY(solve(&o, g, &count));
    return CREASE_OK;
}

#endif

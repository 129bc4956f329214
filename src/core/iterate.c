#include "iterate.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "clock.h"
#include "subproblem.h"

enum { PRECISION_FACTOR = 8 }; /* residuals below this many roundings of |c| + w scale cannot be improved */
enum { PATIENCE = 1000 };      /* looks without a smaller residual, after which one near that is given up on */

/* A solve in the making. */
typedef struct {
    const crease_solver *solver;
    const crease_iterative *method;
    crease_space space;
    crease_iteration k;
    crease_progress progress;
    unsigned needs;
    void *before; /* the iterate before, where its distance is asked for */
    void *shown;  /* the iterate as the observer sees it */
    double floor; /* residuals below it are rounding */
    double amplified; /* what rounding may grow to by the condition of the metric */
    double best;      /* residual so far */
    unsigned stalled; /* looks since */
    double start_s, paused_s;
} run;

/* --- memory ---------------------------------------------------------------------------------------- */

/* Everything a solve needs, in the order of the arena; state is part of it. */
static void carve(crease_arena *arena, const crease_solver *solver, const crease_subproblem *p, run *r)
{
    const crease_iterative *method = solver->type->method;
    *r = (run){ .solver = solver, .method = method };
    r->needs = solver->stopping ? crease_stopping_needs(solver->stopping) : 0;
    crease_space_carve(arena, p, method->wide, r->needs, &r->space);
    r->k = (crease_iteration){ .s = &r->space, .p = p, .opts = solver->opts };
    r->k.x = crease_carve(arena, p->n, r->space.b->real_bytes);
    r->before = r->needs & CREASE_NEEDS_MOVE ? crease_carve(arena, p->n, r->space.b->real_bytes) : NULL;
    r->shown = p->observer ? crease_carve(arena, p->n, p->backend->real_bytes) : NULL;
    r->k.state = crease_carve(arena, method->state_bytes, 1);
}

size_t crease_iterate_work(const crease_solver *solver, const crease_subproblem *p)
{
    const crease_iterative *method = solver->type->method;
    enum { MOST_STATE = 1024 };
    max_align_t state[MOST_STATE / sizeof(max_align_t)] = { 0 };
    crease_arena arena = { 0 };
    run r;
    carve(&arena, solver, p, &r);
    if (method->state_bytes > sizeof state) return SIZE_MAX; /* no memory holds it: a mistake of the method */
    if (method->carve) method->carve(&arena, &r.space, solver->opts, state);
    return arena.used;
}

/* --- what the test looks at ------------------------------------------------------------------------ */

static double distance(const crease_space *s, const void *a, const void *b)
{
    return sqrt(2 * s->b->quadratic(s->n, a, b, NULL, NULL, 1));
}

static bool wants_values(const run *r)
{
    return r->needs & (CREASE_NEEDS_VALUE | CREASE_NEEDS_GAP | CREASE_NEEDS_CENTER);
}

static void look_at_start(run *r)
{
    crease_space *s = &r->space;
    const crease_subproblem *p = r->k.p;
    r->progress = (crease_progress){ .t = p->step, .paper_scale = p->paper_scale, .least = s->low,
                                     .value_start = NAN, .value_center = NAN, .value_before = NAN, .value = NAN,
                                     .residual = NAN, .gap = NAN, .fenchel = NAN, .move = NAN, .move_first = NAN,
                                     .span = NAN };
    if (r->needs & (CREASE_NEEDS_RESIDUAL | CREASE_NEEDS_GAP | CREASE_NEEDS_FENCHEL))
        r->floor = PRECISION_FACTOR * s->b->roundoff * crease_space_size(s);
    r->best = INFINITY;
    r->amplified = r->floor * fmin(fmax(16, s->high / s->low), 1e4);
    if (wants_values(r)) r->progress.value = r->progress.value_start = crease_space_value(s, r->k.x);
    if (r->needs & CREASE_NEEDS_CENTER) r->progress.value_center = crease_space_value(s, s->x0);
}

/* The method's own proof spares the search for a dual point, unless the test wants that point itself. */
static void look_at_gaps(run *r)
{
    crease_progress *at = &r->progress;
    bool proves = r->method->prove && r->needs & CREASE_NEEDS_GAP;
    double gap = proves ? r->method->prove(&r->k) : (double)NAN;
    if (!proves || isnan(gap) || r->needs & CREASE_NEEDS_FENCHEL)
        crease_space_gaps(&r->space, r->k.x, &at->gap, &at->fenchel);
    else
        at->gap = INFINITY;
    at->gap = fmin(at->gap, gap); /* fmin passes over NAN */
}

static void look(run *r)
{
    crease_space *s = &r->space;
    crease_progress *at = &r->progress;
    at->value_before = at->value;
    if (wants_values(r)) at->value = crease_space_value(s, r->k.x);
    if (r->needs & CREASE_NEEDS_RESIDUAL) at->residual = crease_space_residual(s, r->k.x);
    if (r->needs & (CREASE_NEEDS_GAP | CREASE_NEEDS_FENCHEL)) look_at_gaps(r);
    if (r->needs & CREASE_NEEDS_CENTER) at->span = crease_space_span(s, r->k.x);
    at->elapsed_s = crease_now_s() - r->start_s - r->paused_s;
}

/* The observer sees the whole of x; the time it takes is not the solver's. */
static void show(run *r, const void *x)
{
    const crease_subproblem *p = r->k.p;
    if (!p->observer) return;
    double start = crease_now_s();
    r->progress.elapsed_s = start - r->start_s - r->paused_s;
    p->backend->copy(p->n, x, r->shown);
    crease_space_store(&r->space, r->k.x, r->shown);
    p->observer->iterate(p->observer->user, &r->progress, r->shown);
    r->paused_s += crease_now_s() - start;
}

/* --- the loop -------------------------------------------------------------------------------------- */

static int step(run *r)
{
    crease_space *s = &r->space;
    crease_progress *at = &r->progress;
    if (r->before) s->b->copy(s->n, r->k.x, r->before);
    CREASE_TRY(r->method->step(&r->k));
    if (r->before) at->move = distance(s, r->k.x, r->before);
    if (r->before && r->k.j == 1) at->move_first = at->move;
    return CREASE_OK;
}

/* Rounding may weigh in the residual up to the metric's condition times more than in a proximal-gradient step, by how a
 * method gets its iterate. An unchanged residual alone says nothing: x may rest while a dual point moves.            */
static bool is_stuck(run *r, double residual)
{
    r->stalled = residual < r->best ? 0 : r->stalled + 1;
    r->best = fmin(r->best, residual);
    return r->stalled >= PATIENCE && residual <= r->amplified;
}

static bool is_at_rounding(run *r)
{
    double residual = r->progress.residual;
    if (r->needs & (CREASE_NEEDS_GAP | CREASE_NEEDS_FENCHEL) && isnan(residual))
        residual = crease_space_residual(&r->space, r->k.x);
    return residual <= r->floor || is_stuck(r, residual);
}

static int iterate(run *r, const void *x, crease_stop *stop)
{
    const crease_stopping *test = r->solver->stopping;
    const crease_limits *limits = crease_stopping_limits(test);
    unsigned cap = (unsigned)limits->max_iters, every = limits->every > 1 ? (unsigned)limits->every : 1;
    *stop = CREASE_STOP_CAP;
    for (unsigned j = 1; j <= cap; j++) {
        r->k.j = r->progress.j = j;
        CREASE_TRY(step(r));
        show(r, x);
        if (j % every != 0 && j != cap) continue;
        look(r);
        bool met = crease_stopping_met(test, &r->progress);
        if (!met && (j < (unsigned)limits->min_iters || !is_at_rounding(r))) continue;
        *stop = met ? CREASE_STOP_MET : CREASE_STOP_PRECISION;
        break;
    }
    return CREASE_OK;
}

static int solve_live(run *r, const void *x, crease_solve_info *info)
{
    look_at_start(r);
    show(r, x);
    if (r->method->start) CREASE_TRY(r->method->start(&r->k));
    if (r->method->once) {
        r->k.j = r->progress.j = 1;
        CREASE_TRY(r->method->step(&r->k));
        show(r, x);
    } else {
        CREASE_TRY(iterate(r, x, &info->stop));
        crease_stopping_compare(r->solver->stopping, &r->progress, &info->tested, &info->threshold);
    }
    info->mean_iterations = info->iterations = r->k.j;
    return CREASE_OK;
}

/* Groups of p that are zero, the answer being stored in x. */
static size_t count_zero_groups(const run *r)
{
    const crease_space *s = &r->space;
    size_t zeros = r->k.p->groups->count - s->groups.count;
    if (!s->kernel) return crease_count_zero_groups(r->k.p->groups, s->wide[0]); /* where storing left the whole */
    for (size_t g = 0; g < s->groups.count; g++) {
        double entry = 0;
        for (size_t i = 0; entry == 0 && i < crease_group_size(&s->groups, g); i++)
            s->b->to_host(1, (const char *)r->k.x + crease_group_entry(&s->groups, g, i) * s->b->real_bytes, &entry);
        zeros += entry == 0;
    }
    return zeros;
}

int crease_iterate(const crease_solver *solver, const crease_subproblem *p, void *x, void *work,
                   crease_solve_info *info)
{
    const crease_iterative *method = solver->type->method;
    crease_arena arena = { work, 0 };
    run r;
    carve(&arena, solver, p, &r);
    memset(r.k.state, 0, method->state_bytes);
    if (method->carve) method->carve(&arena, &r.space, solver->opts, r.k.state);
    r.start_s = crease_now_s();
    *info = (crease_solve_info){ .stop = CREASE_STOP_MET, .groups = p->groups->count, .bound = NAN, .tested = NAN,
                                 .threshold = NAN, .exact = true };
    r.k.info = info;
    CREASE_TRY(crease_space_load(&r.space, x, r.k.x));
    if (r.space.parts > 0) CREASE_TRY(solve_live(&r, x, info));
    crease_space_store(&r.space, r.k.x, x);
    info->zero_groups = count_zero_groups(&r);
    info->proxes = r.space.proxes;
    info->products = r.space.products;
    return CREASE_OK;
}

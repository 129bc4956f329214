/* The watched run: an observer certifies the iterates, and a test of its own ends the run when it has
 * seen enough. */
#include <math.h>

#include "solvers.h"

/* Certificates cost more than iterations: each of the first 16 is looked at, then where j has grown by
 * 4 %. */
enum { EVERY_ONE_UP_TO = 16, PER_LOOK = 25 };

typedef struct {
    crease_inner_case *k;
    crease_watch *w;
    double least, end_s;
    unsigned next; /* iteration to be looked at */
    bool enough, late;
    int code;
} observation;

/* The test "the observer has seen enough". It asks for the residual, so that solvers notice where their
 * arithmetic ends. */
typedef struct {
    crease_limits limits;
    const observation *seen;
} seen_opts;

static double seen_tested(const void *opts, const crease_progress *p)
{
    const observation *o = ((const seen_opts *)opts)->seen;
    (void)p;
    return !(o->enough || o->late || o->code != CREASE_OK);
}

static double seen_threshold(const void *opts, const crease_progress *p)
{
    (void)opts, (void)p;
    return 0;
}

static const crease_stopping_type seen_type = {
    .base = { .name = "seen",
              .summary = "the observer has seen enough",
              .opts_size = sizeof(seen_opts) },
    .needs = CREASE_NEEDS_RESIDUAL,
    .tested = seen_tested,
    .threshold = seen_threshold,
};

static void look(observation *o, unsigned j, double elapsed_s, const void *x)
{
    crease_watch *w = o->w;
    crease_look *at = &w->looks[w->n];
    *at = (crease_look){ .j = j, .ms = 1e3 * elapsed_s };
    o->code = crease_inner_case_judge(o->k, x, &at->certificate, &at->right);
    if (o->code != CREASE_OK) return;
    w->n++;
    o->enough = w->n == CREASE_MOST_LOOKS_AT
                || (at->certificate <= o->least && (at->right || o->k->units == 0));
}

static void observe(void *user, const crease_progress *progress, const void *x)
{
    observation *o = user;
    if (progress->j == 0 || o->enough || o->code != CREASE_OK) return;
    o->late = crease_bench_clock_s() > o->end_s;
    if (progress->j < o->next && !o->late) return;
    look(o, progress->j, progress->elapsed_s, x);
    o->next = progress->j + (progress->j < EVERY_ONE_UP_TO ? 1 : 1 + progress->j / PER_LOOK);
}

static size_t settled(const crease_inner_case *k, const crease_watch *w)
{
    size_t i = w->n;
    if (k->units == 0) return w->n;
    while (i > 0 && w->looks[i - 1].right) i--;
    return i;
}

/* The last iterate, where the run ended between two looks. */
static void look_at_answer(observation *o, const crease_solve_info *info)
{
    const crease_watch *w = o->w;
    if (w->n == CREASE_MOST_LOOKS_AT || (w->n > 0 && w->looks[w->n - 1].j == info->iterations)) return;
    if (info->iterations > 0)
        look(o, info->iterations, w->n ? 1e-3 * w->looks[w->n - 1].ms : 0, o->k->x);
}

int crease_inner_watch(crease_inner_case *k, const char *text, const crease_inner_bench *b,
                       double within_s, crease_watch *w)
{
    observation seen = { .k = k, .w = w, .least = b->levels[b->n_levels - 1], .next = 1 };
    seen_opts opts = { { 1, b->cap, 1 }, &seen };
    crease_stopping test = { .type = &seen_type, .opts = &opts, .ctx = k->ctx };
    crease_observer observer = { &seen, observe };
    crease_subproblem p = k->p;
    crease_solve_info info = { 0 };
    p.observer = &observer;
    w->n = 0;
    seen.end_s = crease_bench_clock_s() + within_s;
    crease_solver *solver = crease_solver_parse(k->ctx, text, &test);
    if (!solver) return crease_ctx_error(k->ctx)->code;
    p.backend->copy(p.n, k->start, k->x);
    int code = crease_solver_solve(solver, &p, k->x, &info);
    if (code == CREASE_OK && seen.code == CREASE_OK) look_at_answer(&seen, &info);
    crease_solver_free(solver);
    w->settled = settled(k, w);
    w->outcome = seen.late && !seen.enough ? "budget" : crease_stop_name(info.stop);
    return code == CREASE_OK ? seen.code : code;
}

/* Runs: the clock goes in the steps alone; F is evaluated between them, while it stands. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "descent.h"

const double crease_descent_levels[CREASE_DESCENT_LEVELS] = { 1e-6, 1e-10 };

/* A point is kept where the time has grown by a twentieth, the error has halved, or a level is reached.
 */
#define GROWTH 1.05
#define FALL   0.5

static int evaluate(const crease_descent *d, const crease_reference *r, double *suboptimality)
{
    double loss;
    crease_problem *p = d->problem;
    CREASE_TRY(p->type->gradient(p, (crease_rows){ 0, NULL }, d->algorithm->x, &loss, NULL));
    double F = loss + crease_step_penalty(d->algorithm, d->algorithm->x);
    *suboptimality = (F - r->objective) / fmax(fabs(r->objective), DBL_MIN);
    return CREASE_OK;
}

/* Whether this point is the first at some level. */
static bool check_levels(crease_descent_track *t, int run, crease_descent_point now)
{
    bool is_first = false;
    for (int k = 0; k < CREASE_DESCENT_LEVELS; k++) {
        if (isfinite(t->seconds[k][run]) || !(now.suboptimality <= crease_descent_levels[k])) continue;
        t->seconds[k][run] = now.seconds;
        if (run == 0) t->steps[k] = now.step;
        is_first = true;
    }
    return is_first;
}

static void keep_point(crease_descent_track *t, crease_descent_point now, bool wanted, double *lowest)
{
    const crease_descent_point *last = t->n_points ? &t->points[t->n_points - 1] : NULL;
    if (!last || now.seconds >= GROWTH * last->seconds || now.suboptimality <= FALL * *lowest)
        wanted = true;
    if (!wanted || t->n_points == CREASE_DESCENT_MOST_POINTS) return;
    *lowest = fmin(*lowest, now.suboptimality);
    t->points[t->n_points++] = now;
}

static int descend(const crease_descent_bench *b, const crease_descent_case *c, crease_descent *d,
                   crease_descent_track *t, int run)
{
    double lowest = INFINITY;
    const double *last = &t->seconds[CREASE_DESCENT_LEVELS - 1][run];
    for (;;) {
        crease_descent_point now = { .step = d->iterations, .seconds = d->seconds };
        CREASE_TRY(evaluate(d, c->reference, &now.suboptimality));
        t->least = fmin(t->least, now.suboptimality);
        bool is_first = check_levels(t, run, now);
        if (run == 0) keep_point(t, now, is_first, &lowest);
        if (isfinite(*last)) return CREASE_OK;
        if (d->seconds >= b->cap_s) {
            t->end = CREASE_DESCENT_CAP;
            return CREASE_OK;
        }
        CREASE_TRY(crease_descent_step(d));
    }
}

/* A method that does not apply, or ends where it cannot go on, is part of the table. */
static int take_error(crease_ctx *ctx, int code, crease_descent_track *t)
{
    if (code != CREASE_ENOTSUP && code != CREASE_EDIVERGED) return code;
    t->end = code == CREASE_ENOTSUP ? CREASE_DESCENT_REFUSED : CREASE_DESCENT_GAVE_UP;
    snprintf(t->sentence, sizeof t->sentence, "%.199s", crease_ctx_error(ctx)->sentence);
    crease_ctx_clear_error(ctx);
    return CREASE_OK;
}

static int run_once(const crease_descent_bench *b, const crease_descent_case *c,
                    crease_descent_track *t)
{
    crease_descent d;
    for (int k = 0; k < CREASE_DESCENT_LEVELS; k++) t->seconds[k][t->runs] = INFINITY;
    int code = crease_descent_create(b->ctx, c->loaded, c->set->terms, c->set->n, t->method, NULL, &d);
    if (code == CREASE_OK) code = descend(b, c, &d, t, t->runs);
    crease_descent_free(&d);
    t->runs++;
    return take_error(b->ctx, code, t);
}

/* What is found out once and kept by the problem belongs to no run. */
static int warm_up(const crease_descent_case *c)
{
    double L;
    crease_problem *p = c->loaded;
    return p->type->lipschitz ? p->type->lipschitz(p, false, &L) : CREASE_OK;
}

int crease_descent_race(const crease_descent_bench *b, const crease_descent_case *c,
                        crease_descent_track *tracks, size_t n)
{
    CREASE_TRY(warm_up(c));
    for (size_t i = 0; i < n; i++) {
        const char *method = tracks[i].method;
        memset(&tracks[i], 0, sizeof tracks[i]);
        tracks[i].method = method;
        tracks[i].least = INFINITY;
    }
    for (int turn = 0; turn < b->repeats; turn++)
        for (size_t i = 0; i < n; i++)
            if (tracks[i].end == CREASE_DESCENT_REACHED) CREASE_TRY(run_once(b, c, &tracks[i]));
    return CREASE_OK;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double crease_descent_median(const crease_descent_track *t, int level)
{
    double v[CREASE_DESCENT_MOST_REPEATS];
    int n = t->runs;
    if (n == 0) return INFINITY;
    memcpy(v, t->seconds[level], (size_t)n * sizeof *v);
    qsort(v, (size_t)n, sizeof *v, ascending);
    return n % 2 ? v[n / 2] : 0.5 * (v[n / 2 - 1] + v[n / 2]);
}

/* Solutions along a regularization path, each from the nearest one that is known. */
#include "path.h"

#include <math.h>
#include <string.h>

#include "scale_max.h"

/* --- life ----------------------------------------------------------------------------------------- */

static size_t choose_plans(crease_path_walk *w, const char *method)
{
    const crease_reference_plan descent = { method ? method : "pg", w->goal, 200000 };
    bool convex = w->set.psi[0]->type->flags & CREASE_CONVEX;
    if (!method && convex) return crease_reference_plans(w->problem, &w->set, w->plans);
    w->plans[0] = descent; /* pg falls in every step, whatever psi */
    return 1;
}

static int build_term(const crease_term_specs *specs, crease_path_walk *w)
{
    if (specs->n != 1)
        return crease_fail(w->ctx, CREASE_ENOTSUP,
                           "a path is that of one regularizer, but there are %zu", specs->n);
    crease_term_specs *one = crease_alloc(w->ctx, 1, sizeof *one);
    if (!one) return CREASE_ENOMEM;
    *one = *specs;
    one->items[0].scale = 1;
    one->items[0].relative = 0;
    int code = crease_terms_build(w->ctx, one, w->problem, &w->set);
    crease_release(w->ctx, one);
    return code;
}

int crease_path_open(const crease_term_specs *specs, crease_problem *problem, const char *method,
                     double goal, crease_path_walk *w)
{
    *w = (crease_path_walk){ .ctx = problem->ctx, .problem = problem, .goal = goal };
    CREASE_TRY(build_term(specs, w));
    const crease_term *term = w->set.terms;
    w->n_plans = choose_plans(w, method);
    w->units = crease_term_units(term);
    w->work = crease_alloc(w->ctx, crease_term_work(term), sizeof *w->work);
    w->unit = crease_alloc(w->ctx, w->units, sizeof *w->unit);
    w->first = crease_alloc(w->ctx, problem->n, sizeof *w->first);
    if (!w->work || !w->unit || !w->first) return CREASE_ENOMEM;
    return crease_scale_max(problem, term, &w->scale_max, w->first);
}

void crease_path_close(crease_path_walk *w)
{
    if (!w->ctx) return;
    for (size_t i = 0; i < w->n; i++) crease_release(w->ctx, w->points[i].x);
    crease_release(w->ctx, w->work);
    crease_release(w->ctx, w->unit);
    crease_release(w->ctx, w->first);
    crease_terms_free(w->ctx, &w->set);
    w->n = 0;
    w->ctx = NULL;
}

/* --- one point ------------------------------------------------------------------------------------ */

static size_t count_live(crease_path_walk *w, const double *x)
{
    size_t live = 0;
    crease_term_signature(w->set.terms, x, w->unit, w->work);
    for (size_t u = 0; u < w->units; u++) live += w->unit[u] != 0;
    return live;
}

/* The point that d has come to, if it is better. */
static int take(crease_path_walk *w, const crease_descent *d, const char *method,
                crease_path_point *point)
{
    crease_problem *p = w->problem;
    point->iterations += d->iterations;
    point->passes += d->oracle.passes;
    point->seconds += d->seconds;
    if (point->method && !(d->residual.relative < point->certificate)) return CREASE_OK;
    memcpy(point->x, d->x, p->n * sizeof *point->x);
    point->method = method;
    point->objective = d->objective;
    point->loss = d->loss;
    point->certificate = d->residual.relative;
    point->live = count_live(w, d->x);
    if (p->type->evaluate) CREASE_TRY(p->type->evaluate(p, d->algorithm->x));
    for (size_t i = 0; i < CREASE_MAX_METRICS; i++)
        point->metric[i] = p->type->evaluate && i < p->n_metrics ? p->metrics[i].value : (double)NAN;
    return CREASE_OK;
}

static int follow(crease_path_walk *w, const crease_reference_plan *plan, crease_path_point *point)
{
    crease_descent d;
    bool slow = strncmp(plan->method, "pg", 2) == 0 || strncmp(plan->method, "fista", 5) == 0;
    int code = crease_descent_create(w->ctx, w->problem, w->set.terms, 1, plan->method, point->x, &d);
    if (code == CREASE_OK) code = crease_descent_run(&d, w->goal, slow ? 2000 : 30, plan->most);
    if (code == CREASE_OK) code = take(w, &d, plan->method, point);
    crease_descent_free(&d);
    return code;
}

int crease_path_solve(crease_path_walk *w, double relative, const crease_path_point *from)
{
    crease_regularizer *psi = w->set.psi[0];
    if (w->n == CREASE_MOST_PATH_POINTS)
        return crease_fail(w->ctx, CREASE_ERANGE, "a path has at most %d points",
                           (int)CREASE_MOST_PATH_POINTS);
    double *x = crease_alloc(w->ctx, w->problem->n, sizeof *x);
    if (!x) return CREASE_ENOMEM;
    memcpy(x, from ? from->x : w->first, w->problem->n * sizeof *x);
    crease_path_point *point = &w->points[w->n++];
    psi->scale = relative * w->scale_max;
    *point = (crease_path_point){
        .relative = relative, .scale = psi->scale, .lambda = psi->scale * crease_own_lambda(psi), .x = x
    };
    for (size_t i = 0; i < w->n_plans && !(point->method && point->certificate <= w->goal); i++) {
        int code = follow(w, &w->plans[i], point);
        if (code == CREASE_ENOTSUP && i + 1 < w->n_plans)
            continue; /* its solver does not take the term */
        CREASE_TRY(code);
    }
    return CREASE_OK;
}

int crease_path_grid(crease_path_walk *w, size_t n, double least)
{
    for (size_t i = 0; i < n; i++) {
        double relative = n == 1 ? 1 : pow(least, (double)i / (double)(n - 1));
        CREASE_TRY(crease_path_solve(w, relative, i ? &w->points[w->n - 1] : NULL));
    }
    return CREASE_OK;
}

/* --- a wanted number of live units ---------------------------------------------------------------- */

static size_t last(const crease_path_walk *w)
{
    return w->n - 1;
}

static void note(const crease_path_walk *w, crease_path_answer *a)
{
    size_t live = w->points[last(w)].live;
    if (live <= a->wanted) a->sparser = last(w);
    if (live >= a->wanted) a->denser = last(w);
    a->reached |= live >= a->wanted;
}

static size_t distance(const crease_path_walk *w, const crease_path_answer *a, size_t point)
{
    size_t live = w->points[point].live;
    return live > a->wanted ? live - a->wanted : a->wanted - live;
}

int crease_path_search(crease_path_walk *w, size_t wanted, double least, crease_path_answer *a)
{
    const double step = 0.8, width = 1e-7;
    *a = (crease_path_answer){ .wanted = wanted, .sparser = w->n, .denser = w->n };
    CREASE_TRY(crease_path_solve(w, 1, NULL));
    for (note(w, a); !a->reached && w->points[last(w)].relative > least; note(w, a)) {
        double relative = fmax(least, step * w->points[last(w)].relative);
        CREASE_TRY(crease_path_solve(w, relative, &w->points[last(w)]));
    }
    while (a->reached && w->points[a->sparser].live < wanted && w->points[a->denser].live > wanted) {
        double high = w->points[a->sparser].relative, low = w->points[a->denser].relative;
        if (high - low <= width * high) break;
        CREASE_TRY(crease_path_solve(w, sqrt(high * low), &w->points[a->sparser]));
        note(w, a);
    }
    if (!a->reached) a->denser = a->sparser;
    a->nearest = distance(w, a, a->denser) < distance(w, a, a->sparser) ? a->denser : a->sparser;
    return CREASE_OK;
}

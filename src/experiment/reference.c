#include "reference.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/manifold.h"
#include "core/subproblem.h"
#include "reference_spectrum.h"

#define SINGULAR 1e-12 /* least against largest eigenvalue: below, the solution is not called unique */

/* --- the solution --------------------------------------------------------------------------------- */

static bool are_shrinking(const crease_term_set *set)
{
    crease_shrink unused;
    for (size_t i = 0; i < set->n; i++)
        if (!crease_in_shrink_family(set->terms[i].psi, &unused)) return false;
    return true;
}

size_t crease_reference_plans(const crease_problem *problem, const crease_term_set *set,
                              crease_reference_plan plans[CREASE_REFERENCE_PLANS])
{
    size_t n = 0;
    bool curved = problem->type->curvature != NULL;
    if (curved && are_shrinking(set)) plans[n++] = (crease_reference_plan){ "manifold_newton", CREASE_REFERENCE_GOAL, 500 };
    if (curved && set->n == 1) plans[n++] = (crease_reference_plan){ "prox_newton", CREASE_REFERENCE_GOAL, 500 };
    plans[n++] = (crease_reference_plan){ "fista", CREASE_REFERENCE_GOAL, 200000 };
    return n;
}

/* A last proximal-gradient step makes every zero one of the proximal map; it is kept where it costs no accuracy. */
static int polish(crease_descent *d)
{
    double before = d->residual.relative, L;
    crease_algorithm *a = d->algorithm;
    crease_problem *p = d->problem;
    if (!p->type->lipschitz) return CREASE_OK;
    CREASE_TRY(p->type->lipschitz(p, false, &L));
    if (!(L > 0) || !isfinite(L)) return CREASE_OK;
    a->backend->copy(a->n, a->x, a->hat);
    CREASE_TRY(crease_step_map(a, a->x, d->gradient, L, a->x));
    CREASE_TRY(crease_descent_measure(d));
    if (d->residual.relative <= 2 * before) return CREASE_OK;
    a->backend->copy(a->n, a->hat, a->x);
    return crease_descent_measure(d);
}

/* --- its structure -------------------------------------------------------------------------------- */

static int allocate(crease_ctx *ctx, crease_reference *r)
{
    r->x = crease_alloc(ctx, r->n, sizeof *r->x);
    r->gradient = crease_alloc(ctx, r->n, sizeof *r->gradient);
    r->unit = crease_alloc(ctx, r->units, sizeof *r->unit);
    r->margin = crease_alloc(ctx, r->units, sizeof *r->margin);
    r->tight = crease_alloc(ctx, r->units, 1);
    return r->x && r->gradient && r->unit && r->margin && r->tight ? CREASE_OK : CREASE_ENOMEM;
}

/* A live unit this small or smaller is one that rounding has kept from zero. */
static double edge(const crease_reference *r)
{
    double largest = 0;
    for (size_t u = 0; u < r->units; u++) largest = fmax(largest, r->margin[u].size);
    return CREASE_TIGHT * largest;
}

static void judge_units(crease_reference *r)
{
    double smallest = edge(r);
    r->delta = r->Delta = NAN;
    for (size_t u = 0; u < r->units; u++) {
        const crease_margin *m = &r->margin[u];
        bool active = !isnan(m->slack);
        r->tight[u] = !active || (m->threshold > 0 && m->slack <= CREASE_TIGHT * m->threshold);
        if (active ? r->tight[u] : m->size <= smallest) r->degenerate = true;
        if (active) r->delta = fmin(r->delta, m->slack);
        else r->Delta = fmin(r->Delta, m->size);
    }
}

static int find_structure(const crease_term_set *set, crease_reference *r, double *work)
{
    size_t at = 0;
    for (size_t t = 0; t < set->n; t++) {
        const crease_term *term = &set->terms[t];
        crease_term_signature(term, r->x, r->unit + at, work);
        if (term->psi->type->math->margins)
            crease_term_margins(term, r->x, r->gradient, 1, r->margin + at, work);
        else
            for (size_t u = 0; u < crease_term_units(term); u++)
                r->margin[at + u] = (crease_margin){ NAN, NAN, 0 };
        at += crease_term_units(term);
    }
    judge_units(r);
    return CREASE_OK;
}

/* The entries of the units in `which`. Units are entries or groups, as many as a term says; none: psi has no structure. */
static void mark(const crease_term_set *set, const unsigned char *which, unsigned char *entries)
{
    size_t at = 0;
    for (size_t t = 0; t < set->n; t++) {
        const crease_groups *s = set->terms[t].groups;
        size_t units = crease_term_units(&set->terms[t]);
        bool by_entry = units == s->entries;
        for (size_t g = 0, u = at; units > 0 && g < s->count; g++)
            for (size_t k = 0; k < crease_group_size(s, g); k++) {
                if (which[by_entry ? u++ : at + g]) entries[crease_group_entry(s, g, k)] = 1;
            }
        at += units;
    }
}

/* The manifold at x without the units at the edge, whose psi'' is infinite or means nothing; and the entries of the
 * tight set, which holds them.                                                                                  */
static int find_tight(const crease_term_set *set, const crease_reference *r, crease_manifold *m, unsigned char *live)
{
    double smallest = edge(r), *x = crease_alloc(m->ctx, r->n, sizeof *x);
    unsigned char *which = crease_alloc(m->ctx, r->units, 1);
    if (x && which) {
        for (size_t u = 0; u < r->units; u++) which[u] = isnan(r->margin[u].slack) && r->margin[u].size <= smallest;
        mark(set, which, live);
        for (size_t i = 0; i < r->n; i++) x[i] = live[i] ? 0 : r->x[i];
        crease_manifold_move(m, x);
        memcpy(live, m->live, r->n);
        mark(set, r->tight, live);
    }
    crease_release(m->ctx, which);
    crease_release(m->ctx, x);
    return x && which ? CREASE_OK : CREASE_ENOMEM;
}

static int find_spectrum(const crease_descent *d, const crease_term_set *set, crease_reference *r)
{
    crease_manifold m;
    crease_spectrum s;
    r->least_eigenvalue = r->largest_eigenvalue = NAN;
    if (!d->problem->type->curvature || !are_shrinking(set)) return CREASE_OK;
    CREASE_TRY(crease_manifold_create(d->ctx, r->n, set->terms, set->n, &m));
    unsigned char *live = crease_alloc(d->ctx, r->n, 1);
    int code = live ? find_tight(set, r, &m, live) : CREASE_ENOMEM;
    if (code == CREASE_OK) code = crease_spectrum_find(d->problem, &d->kkt, &m, live, d->algorithm->x, &s);
    if (code == CREASE_OK) {
        r->least_eigenvalue = s.least;
        r->largest_eigenvalue = s.largest;
        r->unique = isnan(s.least) || s.least > SINGULAR * s.largest;
        /* of several solutions this one may just not be live where others are */
        r->degenerate = r->degenerate && r->unique;
    }
    crease_release(d->ctx, live);
    crease_manifold_free(&m);
    return code;
}

/* --- all of it ------------------------------------------------------------------------------------ */

static int take(const crease_descent *d, const crease_term_set *set, const char *method, crease_reference *r)
{
    size_t largest = 0;
    r->n = d->problem->n;
    for (size_t t = 0; t < set->n; t++) {
        r->units += crease_term_units(&set->terms[t]);
        if (crease_term_work(&set->terms[t]) > largest) largest = crease_term_work(&set->terms[t]);
    }
    double *work = crease_alloc(d->ctx, largest, sizeof *work);
    int code = work ? allocate(d->ctx, r) : CREASE_ENOMEM;
    if (code == CREASE_OK) {
        memcpy(r->x, d->x, r->n * sizeof *r->x);
        memcpy(r->gradient, d->g, r->n * sizeof *r->gradient);
        code = find_structure(set, r, work);
    }
    crease_release(d->ctx, work);
    CREASE_TRY(code);
    r->objective = d->objective;
    r->certificate = d->residual.relative;
    r->iterations = d->iterations;
    r->seconds = d->seconds;
    snprintf(r->solver, sizeof r->solver, "%.60s", method);
    snprintf(r->source, sizeof r->source, "%s", d->problem->source);
    return find_spectrum(d, set, r);
}

int crease_reference_solve(crease_problem *problem, const crease_term_set *set, const crease_reference_plan *plan,
                           const double *x, crease_reference *r)
{
    crease_descent d;
    bool slow = strncmp(plan->method, "pg", 2) == 0 || strncmp(plan->method, "fista", 5) == 0;
    int code = crease_descent_create(problem->ctx, problem, set->terms, set->n, plan->method, x, &d);
    if (code == CREASE_OK) code = crease_descent_run(&d, plan->goal, slow ? 2000 : 30, plan->most);
    if (code == CREASE_OK) code = polish(&d);
    if (code == CREASE_OK) code = take(&d, set, plan->method, r);
    crease_descent_free(&d);
    if (code != CREASE_OK) crease_reference_free(problem->ctx, r);
    return code;
}

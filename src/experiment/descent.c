#include "descent.h"

#include <math.h>
#include <string.h>

#include "core/clock.h"

/* --- life ----------------------------------------------------------------------------------------- */

static int create_algorithm(crease_descent *d, const char *method)
{
    char name[64];
    const char *settings;
    crease_ctx *ctx = d->ctx;
    CREASE_TRY(crease_split_name(ctx, method, name, sizeof name, &settings));
    if (!(d->algorithm = crease_algorithm_create(ctx, name, d->problem->backend))) return crease_ctx_error(ctx)->code;
    const crease_algorithm_type *type = d->algorithm->type;
    if (!type->deterministic)
        return crease_fail(ctx, CREASE_EINVAL, "%s is not deterministic: it does not look at all rows", name);
    CREASE_TRY(crease_opts_set_all(ctx, CREASE_ALGORITHM, &type->base, d->algorithm->opts, settings));
    const char *solver = type->default_solver ? type->default_solver : "exact";
    if (strcmp(solver, "exact") != 0 && !(d->stopping = crease_stopping_create(ctx, "residual")))
        return crease_ctx_error(ctx)->code;
    d->solver = crease_solver_create(ctx, solver, d->stopping);
    return d->solver ? CREASE_OK : crease_ctx_error(ctx)->code;
}

static int set_up(crease_descent *d, const crease_term *terms, size_t n_terms, const double *x)
{
    crease_problem *p = d->problem;
    d->algorithm->rows = p->rows;
    d->algorithm->row_width = p->row_width;
    if (x) p->backend->from_host(p->n, x, d->gradient);
    else if (p->type->start) CREASE_TRY(p->type->start(p, 1, d->gradient));
    return crease_algorithm_setup(d->algorithm, p->n, d->gradient, terms, n_terms, d->solver);
}

int crease_descent_create(crease_ctx *ctx, crease_problem *problem, const crease_term *terms, size_t n_terms,
                          const char *method, const double *x, crease_descent *d)
{
    *d = (crease_descent){ .ctx = ctx, .problem = problem, .loss = NAN, .objective = NAN,
                           .residual = { INFINITY, INFINITY },
                           .oracle = crease_oracle_of_problem(problem) };
    CREASE_TRY(create_algorithm(d, method));
    d->gradient = crease_alloc(ctx, problem->n, problem->backend->real_bytes);
    d->x = crease_alloc(ctx, problem->n, sizeof *d->x);
    d->g = crease_alloc(ctx, problem->n, sizeof *d->g);
    if (!d->gradient || !d->x || !d->g) return CREASE_ENOMEM;
    CREASE_TRY(crease_kkt_create(ctx, problem->n, terms, n_terms, &d->kkt));
    return set_up(d, terms, n_terms, x);
}

void crease_descent_free(crease_descent *d)
{
    crease_algorithm_free(d->algorithm);
    crease_solver_free(d->solver);
    crease_stopping_free(d->stopping);
    if (d->kkt.ctx) crease_kkt_free(&d->kkt);
    crease_release(d->ctx, d->gradient);
    crease_release(d->ctx, d->x);
    crease_release(d->ctx, d->g);
    *d = (crease_descent){ .ctx = d->ctx };
}

/* --- work ----------------------------------------------------------------------------------------- */

int crease_descent_step(crease_descent *d)
{
    double start = crease_now_s();
    int code = crease_algorithm_step(d->algorithm, &d->oracle);
    d->seconds += crease_now_s() - start;
    d->iterations++;
    return code;
}

int crease_descent_measure(crease_descent *d)
{
    crease_problem *p = d->problem;
    CREASE_TRY(p->type->gradient(p, (crease_rows){ 0, NULL }, d->algorithm->x, &d->loss, d->gradient));
    p->backend->to_host(p->n, d->algorithm->x, d->x);
    p->backend->to_host(p->n, d->gradient, d->g);
    d->objective = d->loss + crease_step_penalty(d->algorithm, d->algorithm->x);
    d->residual = crease_kkt_measure(&d->kkt, d->x, d->g);
    return CREASE_OK;
}

/* Go back to the best point. */
static int restore(crease_descent *d, const double *best)
{
    d->problem->backend->from_host(d->problem->n, best, d->algorithm->x);
    return crease_descent_measure(d);
}

int crease_descent_run(crease_descent *d, double goal, unsigned long patience, unsigned long most)
{
    size_t bytes = d->problem->n * sizeof *d->x;
    double *best = crease_alloc(d->ctx, d->problem->n, sizeof *best), least = INFINITY, lowest = INFINITY;
    int code = best ? crease_descent_measure(d) : CREASE_ENOMEM;
    for (unsigned long idle = 0; code == CREASE_OK; idle++) {
        if (d->objective < lowest - 1e-12 * fabs(lowest)) idle = 0;
        lowest = fmin(lowest, d->objective);
        if (d->residual.relative < least) {
            least = d->residual.relative;
            memcpy(best, d->x, bytes);
            idle = 0;
        }
        if (least <= goal || idle >= patience || d->iterations >= most) break;
        code = crease_descent_step(d);
        if (code == CREASE_OK) code = crease_descent_measure(d);
    }
    if (code == CREASE_EDIVERGED && isfinite(least)) {
        crease_ctx_clear_error(d->ctx);
        code = CREASE_OK;
    }
    if (code == CREASE_OK) code = restore(d, best);
    crease_release(d->ctx, best);
    return code;
}

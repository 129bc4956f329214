/* The inexact proximal Newton method. With the second derivative H of f at x,
 *
 *     xhat = argmin_u <grad f(x), u - x> + 1/2 <u - x, (H + mu I)(u - x)> + psi(u)
 *     x <- x + t (xhat - x),   t = 1, 1/2, 1/4 ... until  F falls by 1e-4 t (<grad f, xhat - x> + psi(xhat) - psi(x))
 *
 * The subproblem goes to an inner solver for operator metrics until its residual is below min(forcing, sqrt(r)) times
 * the residual of x, r its relative size. mu = damping L sqrt(r) keeps the subproblem solvable where H is singular (an
 * intercept for every class, equal columns). xhat is an output of the inner solver's proximal map, and common solvers
 * identify the manifold at a fixed low accuracy already (Lee and Wright, Comput. Optim. Appl. 72, 2019). Once the
 * manifold has stood still for `settled` iterations, each is followed by a step of Newton's method along it, as in ISQA+
 * (Lee, arXiv 2012.02522): superlinear convergence without solving the subproblem well. That needs terms of the shrink
 * family; for others let the inner solver be accurate (ssn). Where the subproblem gives no descent, as it may where f is
 * not convex, the step is one of proximal gradient.                                                              */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "backtrack.h"
#include "crease/kkt.h"
#include "core/subproblem.h"
#include "smooth_step.h"

typedef struct {
    double forcing, damping;
    long max_inner, settled, max_cg;
} prox_newton_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(prox_newton_opts, forcing, 0.1, CREASE_IN_OPEN(0, 1),
                      "largest residual left by the inner solver, relative to that of x"),
    CREASE_PARAM_REAL(prox_newton_opts, damping, 1e-8, CREASE_GE(0), "mu = damping L sqrt(relative residual)"),
    CREASE_PARAM_INT(prox_newton_opts, max_inner, 200, CREASE_GE(1), "most inner iterations in a step"),
    CREASE_PARAM_INT(prox_newton_opts, settled, 2, CREASE_GE(0),
                     "iterations without a change of structure before Newton's method along the manifold; 0: never"),
    CREASE_PARAM_INT(prox_newton_opts, max_cg, 400, CREASE_GE(1), "most conjugate gradient steps along the manifold"),
    CREASE_PARAM_END,
};

enum { G, D };
static const crease_slot slots[] = {
    [G] = { "G", CREASE_SLOT_KEEP, "gradient at x" },
    [D] = { "D", CREASE_SLOT_KEEP, "direction" },
    { NULL, CREASE_SLOT_KEEP, NULL },
};

typedef struct {
    double ready, value, L, bound, dimension, same;
} prox_newton_state;
static const char *const scalars[] = { "ready", "value", "L", "bound", "dimension", "same", NULL };

/* Memory and helpers of a step. */
typedef struct newton {
    const crease_backend *host; /* cpu-f64: the subproblem is posed in double */
    crease_stopping *stopping;
    crease_solver *solver;      /* the inner solver with its settings, under our own test */
    crease_smooth smooth;       /* along the manifold, with the curvature that all share */
    bool has_smooth;
    crease_operator metric;     /* the curvature as the solvers see it */
    crease_kkt kkt;
    double *x, *g, *c, *trial;  /* n */
    void *work;
} newton;

/* --- set-up --------------------------------------------------------------------------------------- */

static crease_subproblem pose(const crease_algorithm *a, const newton *o)
{
    return (crease_subproblem){ .ctx = a->ctx, .backend = o->host, .n = a->n, .c = o->c, .metric = &o->metric,
                                .x0 = o->x, .v = o->g, .w = 1, .psi = a->terms[0].psi, .groups = a->terms[0].groups,
                                .paper_scale = 1, .step = a->t };
}

static int set_up_solver(crease_algorithm *a, newton *o)
{
    const crease_solver_type *type = a->solver->type;
    const prox_newton_opts *opts = a->opts;
    char most[32];
    if (!(o->stopping = crease_stopping_create(a->ctx, "residual"))) return crease_ctx_error(a->ctx)->code;
    snprintf(most, sizeof most, "%ld", opts->max_inner);
    CREASE_TRY(crease_stopping_set(o->stopping, "max_iters", most));
    CREASE_TRY(crease_stopping_set(o->stopping, "schedule", "constant"));
    o->solver = crease_solver_create(a->ctx, type->base.name, type->takes_stopping ? o->stopping : NULL);
    if (!o->solver) return crease_ctx_error(a->ctx)->code;
    if (type->base.opts_size) memcpy(o->solver->opts, a->solver->opts, type->base.opts_size);
    crease_subproblem p = pose(a, o);
    const char *reason = type->accepts(o->solver, &p);
    if (reason)
        return crease_fail(a->ctx, CREASE_ENOTSUP, "solver %s does not take the subproblems of prox_newton: %s",
                           type->base.name, reason);
    o->work = crease_alloc(a->ctx, type->work_size(o->solver, &p), 1);
    return o->work ? CREASE_OK : CREASE_ENOMEM;
}

static int setup(crease_algorithm *a)
{
    if (a->n_terms != 1)
        return crease_fail(a->ctx, CREASE_ENOTSUP, "algorithm prox_newton takes one regularizer, not %zu", a->n_terms);
    crease_shrink unused;
    newton *o = crease_alloc(a->ctx, 1, sizeof *o);
    if (!(a->own = o)) return CREASE_ENOMEM;
    o->metric = (crease_operator){ .user = &o->smooth.h, .apply = crease_curvature_product, .largest = 1 };
    if (!(o->host = crease_backend_find(a->ctx, "cpu-f64"))) return crease_ctx_error(a->ctx)->code;
    CREASE_TRY(crease_kkt_create(a->ctx, a->n, a->terms, a->n_terms, &o->kkt));
    double **vectors[] = { &o->x, &o->g, &o->c, &o->trial };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        if (!(*vectors[i] = crease_alloc(a->ctx, a->n, sizeof(double)))) return CREASE_ENOMEM;
    o->has_smooth = crease_in_shrink_family(a->terms[0].psi, &unused);
    CREASE_TRY(o->has_smooth ? crease_smooth_create(a, &o->smooth) : crease_curvature_create(a, &o->smooth.h));
    return set_up_solver(a, o);
}

static void teardown(crease_algorithm *a)
{
    newton *o = a->own;
    if (!o) return;
    void *owned[] = { o->x, o->g, o->c, o->trial, o->work };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) crease_release(a->ctx, owned[i]);
    crease_smooth_free(a->ctx, &o->smooth);
    crease_solver_free(o->solver);
    crease_stopping_free(o->stopping);
    if (o->kkt.ctx) crease_kkt_free(&o->kkt);
    crease_release(a->ctx, o);
    a->own = NULL;
}

/* --- the step ------------------------------------------------------------------------------------- */

static const crease_rows all = { 0, NULL };
enum { POWER_STEPS = 30 };

static int begin(crease_algorithm *a, crease_oracle *oracle)
{
    prox_newton_state *s = (prox_newton_state *)a->state;
    CREASE_TRY(crease_first_curvature(oracle, &s->bound));
    CREASE_TRY(crease_step_gradient(a, oracle, all, a->x, &s->value, a->slots[G]));
    s->L = s->bound;
    s->ready = 1;
    return CREASE_OK;
}

/* Where no constant bounds the curvature everywhere: the largest eigenvalue at x by the power method, and half of it
 * more, for that comes from below.                                                                              */
static int bound_here(crease_algorithm *a, newton *o)
{
    prox_newton_state *s = (prox_newton_state *)a->state;
    crease_problem *p = o->smooth.h.oracle->problem;
    double L = INFINITY, size = 0;
    if (p->type->lipschitz) CREASE_TRY(p->type->lipschitz(p, false, &L));
    if (isfinite(L)) return CREASE_OK;
    o->smooth.h.shift = 0;
    for (size_t i = 0; i < a->n; i++) o->trial[i] = 1 + (double)(i * 7919 % 101) / 101;
    for (int k = 0; k < POWER_STEPS; k++) {
        crease_curvature_product(&o->smooth.h, a->n, o->trial, o->c);
        size = 0;
        for (size_t i = 0; i < a->n; i++) size = hypot(size, o->c[i]);
        for (size_t i = 0; i < a->n; i++) o->trial[i] = size > 0 ? o->c[i] / size : o->trial[i];
    }
    if (size > 0) s->bound = 1.5 * size;
    return o->smooth.h.code;
}

/* The subproblem at x: its metric, c, and how well it is to be solved. */
static int prepare(crease_algorithm *a, newton *o)
{
    const prox_newton_opts *opts = a->opts;
    const prox_newton_state *s = (const prox_newton_state *)a->state;
    char tolerance[40];
    a->backend->to_host(a->n, a->x, o->x);
    a->backend->to_host(a->n, a->slots[G], o->g);
    crease_kkt_residual r = crease_kkt_measure(&o->kkt, o->x, o->g);
    double relative = fmin(1, r.relative), wanted = fmin(opts->forcing, sqrt(relative)) * r.absolute;
    snprintf(tolerance, sizeof tolerance, "%.17g", fmax(wanted, DBL_MIN));
    CREASE_TRY(crease_stopping_set(o->stopping, "eps0", tolerance));
    CREASE_TRY(crease_curvature_at(&o->smooth.h, a->x));
    CREASE_TRY(bound_here(a, o));
    o->smooth.h.shift = opts->damping * s->bound * sqrt(relative);
    o->metric.largest = s->bound + o->smooth.h.shift;
    o->metric.least = o->smooth.h.shift;
    crease_curvature_product(&o->smooth.h, a->n, o->x, o->c);
    for (size_t i = 0; i < a->n; i++) {
        o->c[i] -= o->g[i];
        o->trial[i] = o->x[i];
    }
    return o->smooth.h.code;
}

/* xhat into a->hat, xhat - x into D; what the model promises of F into *slope: infinity where it has no minimizer, as
 * it may where f is not convex.                                                                                 */
static int solve(crease_algorithm *a, newton *o, double *slope)
{
    crease_subproblem p = pose(a, o);
    crease_solve_info info;
    int code = o->solver->type->solve(o->solver, &p, o->trial, o->work, &info);
    CREASE_TRY(o->smooth.h.code);
    *slope = INFINITY;
    if (code == CREASE_ENAN || code == CREASE_EUNBOUNDED) {
        crease_ctx_clear_error(a->ctx);
        return CREASE_OK;
    }
    CREASE_TRY(code);
    a->inner = (crease_inner){ .solves = 1, .capped = info.stop == CREASE_STOP_CAP,
                               .precision = info.stop == CREASE_STOP_PRECISION, .iterations = info.iterations,
                               .mean_iterations = info.mean_iterations, .bound = info.bound, .certificate = NAN };
    a->backend->from_host(a->n, o->trial, a->hat);
    a->backend->copy(a->n, a->hat, a->slots[D]);
    a->backend->axpby(a->n, -1, a->x, 1, a->slots[D]);
    *slope = a->backend->dot(a->n, a->slots[G], a->slots[D]) + crease_step_penalty(a, a->hat)
             - crease_step_penalty(a, a->x);
    return CREASE_OK;
}

/* The first point x + t D at which F has fallen enough becomes x; false: there is none. */
static int search(crease_algorithm *a, crease_oracle *oracle, double slope, bool *found)
{
    prox_newton_state *s = (prox_newton_state *)a->state;
    newton *o = a->own;
    double before = s->value + crease_step_penalty(a, a->x);
    double slack = (64 * DBL_EPSILON + 4 * a->backend->roundoff) * fabs(before);
    *found = false;
    for (double t = 1; t > 1e-6 && !*found; t /= 2) {
        a->backend->average(a->n, t, a->hat, a->x, NULL);
        CREASE_TRY(oracle->gradient(oracle, all, a->x, &a->value, t == 1 ? a->g : NULL));
        double after = a->value + crease_step_penalty(a, a->x);
        *found = isfinite(after) && after <= before + 1e-4 * t * slope + slack;
        if (*found && t < 1) CREASE_TRY(crease_step_gradient(a, oracle, all, a->x, &a->value, a->g));
        if (!*found) a->backend->from_host(a->n, o->x, a->x);
    }
    return CREASE_OK;
}

/* The step along the manifold, once it seems to be found. */
static int follow(crease_algorithm *a, newton *o)
{
    const prox_newton_opts *opts = a->opts;
    prox_newton_state *s = (prox_newton_state *)a->state;
    if (!o->has_smooth || opts->settled == 0) return CREASE_OK;
    double dimension = (double)crease_smooth_begin(a, &o->smooth, a->slots[G]);
    s->same = dimension == s->dimension ? s->same + 1 : 0;
    s->dimension = dimension;
    if (s->same < (double)opts->settled) return CREASE_OK;
    return crease_smooth_step(a, &o->smooth, s->bound, opts->damping, (unsigned)opts->max_cg, a->slots[G],
                              &s->value);
}

static int step(crease_algorithm *a, crease_oracle *oracle)
{
    prox_newton_state *s = (prox_newton_state *)a->state;
    newton *o = a->own;
    bool found = false;
    double slope;
    CREASE_TRY(crease_curvature_begin(&o->smooth.h, oracle));
    if (!s->ready) CREASE_TRY(begin(a, oracle));
    CREASE_TRY(prepare(a, o));
    CREASE_TRY(solve(a, o, &slope));
    if (slope <= 0) CREASE_TRY(search(a, oracle, slope, &found));
    if (!found) {
        CREASE_TRY(crease_backtrack(a, oracle, a->x, s->value, a->slots[G], &s->L, NULL, a->hat, &a->value, a->g,
                                    a->slots[D]));
        a->backend->copy(a->n, a->hat, a->x);
    }
    a->backend->copy(a->n, a->g, a->slots[G]);
    s->value = a->value;
    CREASE_TRY(follow(a, o));
    a->t++;
    return CREASE_OK;
}

const crease_algorithm_type crease_algorithm_prox_newton = {
    .base = { .name = "prox_newton",
              .summary = "inexact proximal Newton: identifies, then converges superlinearly",
              .formula = "xhat = argmin <grad f, u - x> + 1/2 <u - x, (H + mu I)(u - x)> + psi(u),  x <- x + t (xhat - x)",
              .source = "Lee, Sun and Saunders, SIAM J. Optim. 24 (2014); Lee and Wright, Comput. Optim. Appl. 72 "
                        "(2019); Lee, arXiv 2012.02522",
              .opts_size = sizeof(prox_newton_opts),
              .params = params },
    .deterministic = true,
    .default_solver = "apg",
    .own_solver = true,
    .slots = slots,
    .state_doubles = sizeof(prox_newton_state) / sizeof(double),
    .scalars = scalars,
    .step = step,
    .setup = setup,
    .teardown = teardown,
};

/* Newton's method on the manifold that a proximal-gradient step has found (Bareilles, Iutzeler and Malick, Math.
 * Program. 200, 2023), with a projected search (Curtis, Dai and Robinson, arXiv 2007.14951). One iteration:
 *
 *     x <- prox_{psi/L}(x - grad f(x)/L)                    lands on a manifold M, which may be a new one
 *     d :  (H + psi'' + mu I) d = -grad_M F(x) along M      by truncated conjugate gradients
 *     x <- P(x + t d),  t = 1, 1/2, ... until F falls by 1e-4 t <grad_M F, d>, or at all where P has stopped something
 *
 * P stops at zero what would pass through a kink of psi: entries that would change their sign, groups that would turn
 * round. So the second half may drop many units at once, and adds none; the first half makes it converge from anywhere
 * and adds those that are missing: those it would move most, at most as many at once as live already (or 10), so that
 * the second half stays small where there are many columns. On the right manifold it is quadratic. Until the manifold has stood still for an
 * iteration, few conjugate gradient steps are made. For terms of the shrink family.                             */
#include "backtrack.h"
#include "smooth_step.h"

typedef struct {
    double damping, relax;
    long max_cg, early_cg;
} manifold_newton_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(manifold_newton_opts, damping, 1e-10, CREASE_GE(0), "mu = damping L sqrt(|grad_M F|)"),
    CREASE_PARAM_REAL(manifold_newton_opts, relax, 0.8, CREASE_IN_LEFT(0, 1), "factor on L after a step"),
    CREASE_PARAM_INT(manifold_newton_opts, max_cg, 400, CREASE_GE(1), "most conjugate gradient steps an iteration"),
    CREASE_PARAM_INT(manifold_newton_opts, early_cg, 20, CREASE_GE(1), "the same while the manifold still changes"),
    CREASE_PARAM_END,
};

enum { G, D };
static const crease_slot slots[] = {
    [G] = { "G", CREASE_SLOT_KEEP, "gradient at x" },
    [D] = { "D", CREASE_SLOT_KEEP, "last move of the proximal-gradient step" },
    { NULL, CREASE_SLOT_KEEP, NULL },
};

typedef struct {
    double ready, value, L, dimension, units;
} manifold_newton_state;
static const char *const scalars[] = { "ready", "value", "L", "dimension", "units", NULL };

static int setup(crease_algorithm *a)
{
    a->own = crease_alloc(a->ctx, 1, sizeof(crease_smooth));
    return a->own ? crease_smooth_create(a, a->own) : CREASE_ENOMEM;
}

static void teardown(crease_algorithm *a)
{
    if (!a->own) return;
    crease_smooth_free(a->ctx, a->own);
    crease_release(a->ctx, a->own);
    a->own = NULL;
}

static int begin(crease_algorithm *a, crease_oracle *oracle)
{
    manifold_newton_state *s = (manifold_newton_state *)a->state;
    CREASE_TRY(crease_first_curvature(oracle, &s->L));
    CREASE_TRY(crease_step_gradient(a, oracle, (crease_rows){ 0, NULL }, a->x, &s->value, a->slots[G]));
    s->ready = 1;
    return CREASE_OK;
}

/* Few units at a time: the largest of those that the proximal-gradient step would release, at most as many as live. */
static void trim(crease_algorithm *a, const void *x, void *out)
{
    enum { FEW = 10 };
    const manifold_newton_state *s = (const manifold_newton_state *)a->state;
    crease_smooth *o = a->own;
    size_t most = s->units > FEW ? (size_t)s->units : FEW;
    a->backend->to_host(a->n, x, o->x);
    a->backend->to_host(a->n, out, o->trial);
    if (crease_manifold_release(&o->m, o->x, o->trial, most, o->g)) a->backend->from_host(a->n, o->trial, out);
}

static int step(crease_algorithm *a, crease_oracle *oracle)
{
    const manifold_newton_opts *opts = a->opts;
    manifold_newton_state *s = (manifold_newton_state *)a->state;
    crease_smooth *smooth = a->own;
    void *g = a->slots[G];
    CREASE_TRY(crease_curvature_begin(&smooth->h, oracle));
    if (!s->ready) CREASE_TRY(begin(a, oracle));
    CREASE_TRY(crease_backtrack(a, oracle, a->x, s->value, g, &s->L, trim, a->hat, &a->value, a->g, a->slots[D]));
    a->backend->copy(a->n, a->hat, a->x);
    a->backend->copy(a->n, a->g, g);
    s->value = a->value;
    s->L *= opts->relax;
    double dimension = (double)crease_smooth_begin(a, smooth, g);
    long most = dimension == s->dimension ? opts->max_cg : opts->early_cg;
    s->dimension = dimension;
    s->units = (double)crease_manifold_units(&smooth->m);
    CREASE_TRY(crease_smooth_step(a, smooth, s->L, opts->damping, (unsigned)most, g, &s->value));
    a->t++;
    return CREASE_OK;
}

const crease_algorithm_type crease_algorithm_manifold_newton = {
    .base = { .name = "manifold_newton",
              .summary = "proximal gradient finds the manifold, Newton-CG converges on it",
              .formula = "x <- prox_{psi/L}(x - grad f(x)/L);  x <- x + t d,  (H + psi'' + mu I) d = -grad_M F",
              .source = "Bareilles, Iutzeler and Malick, Math. Program. 200 (2023)",
              .opts_size = sizeof(manifold_newton_opts),
              .params = params },
    .deterministic = true,
    .slots = slots,
    .state_doubles = sizeof(manifold_newton_state) / sizeof(double),
    .scalars = scalars,
    .step = step,
    .setup = setup,
    .teardown = teardown,
};

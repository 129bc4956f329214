/* The proximal-gradient method on all rows,
 *
 *     x <- argmin_u <grad f(x), u> + L/2 |u - x|^2 + psi(u) = prox_{psi/L}(x - grad f(x)/L),
 *
 * L doubled where the model does not majorize f at the new point, and lowered a little after each step, so that it
 * follows the curvature at hand. F falls in every step. Where the limit is nondegenerate the iterates reach its active
 * manifold after finitely many steps and stay (Nutini, Schmidt and Hare, arXiv 1712.03577, with the number of
 * steps).                                                                                                       */
#include "backtrack.h"

typedef struct {
    double L, relax;
} pg_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(pg_opts, L, 0, CREASE_GE(0), "first curvature; 0: the problem's Lipschitz constant, or 1"),
    CREASE_PARAM_REAL(pg_opts, relax, 0.95, CREASE_IN_LEFT(0, 1), "factor on L after a step"),
    CREASE_PARAM_END,
};

enum { G, D };
static const crease_slot slots[] = {
    [G] = { "G", CREASE_SLOT_KEEP, "gradient at x" },
    [D] = { "D", CREASE_SLOT_KEEP, "last move" },
    { NULL, CREASE_SLOT_KEEP, NULL },
};

typedef struct {
    double ready, value, L;
} pg_state;
static const char *const scalars[] = { "ready", "value", "L", NULL };

static int begin(crease_algorithm *a, crease_oracle *oracle)
{
    const pg_opts *o = a->opts;
    pg_state *s = (pg_state *)a->state;
    CREASE_TRY(crease_step_gradient(a, oracle, (crease_rows){ 0, NULL }, a->x, &s->value, a->slots[G]));
    s->L = o->L;
    if (s->L == 0) CREASE_TRY(crease_first_curvature(oracle, &s->L));
    s->ready = 1;
    return CREASE_OK;
}

static int step(crease_algorithm *a, crease_oracle *oracle)
{
    const pg_opts *o = a->opts;
    pg_state *s = (pg_state *)a->state;
    if (!s->ready) CREASE_TRY(begin(a, oracle));
    CREASE_TRY(crease_backtrack(a, oracle, a->x, s->value, a->slots[G], &s->L, NULL, a->hat, &a->value, a->g, a->slots[D]));
    a->backend->copy(a->n, a->hat, a->x);
    a->backend->copy(a->n, a->g, a->slots[G]);
    s->value = a->value;
    s->L *= o->relax;
    a->t++;
    return CREASE_OK;
}

const crease_algorithm_type crease_algorithm_pg = {
    .base = { .name = "pg",
              .summary = "proximal gradient on all rows, curvature by backtracking; identifies",
              .formula = "x <- prox_{psi/L}(x - grad f(x)/L)",
              .source = "standard; identification: Nutini, Schmidt and Hare, arXiv 1712.03577",
              .opts_size = sizeof(pg_opts),
              .params = params },
    .deterministic = true,
    .slots = slots,
    .state_doubles = sizeof(pg_state) / sizeof(double),
    .scalars = scalars,
    .step = step,
};

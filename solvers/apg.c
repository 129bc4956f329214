/* Accelerated proximal gradient: a proximal-gradient step from an extrapolated point,
 *
 *     y = x + beta (x - x_before),   x <- prox of (w / L_g) psi at y_g - (D y - c)_g / L_g,   L_g = max d_g,
 *
 * momentum = fista:   beta = (t - 1)/t+,  t+ = (1 + sqrt(1 + 4 t^2))/2;
 * momentum = strong:  beta = (sqrt(k) - 1)/(sqrt(k) + 1), k the largest condition number of D on a group; fista
 *                     where D has a zero.
 * restart drops the momentum: function, when Q has risen; gradient, when <y - x, x - x_before> > 0; none, never.
 * Iterates are outputs of the proximal map, but they cross the manifold more often than those of `pg` do.
 * Source: Beck, Teboulle, SIAM J. Imaging Sci. 2 (2009); strong: Nesterov, Introductory Lectures (2004), and Beck,
 * First-Order Methods (2017), Section 10.7.7; restarts: O'Donoghue, Candes, Found. Comput. Math. 15 (2015).      */
#include <math.h>

#include "core/iterate.h"

enum { FISTA, STRONG };
enum { NONE, FUNCTION, GRADIENT };
static const char *const momenta[] = { "fista", "strong", NULL };
static const char *const restarts[] = { "none", "function", "gradient", NULL };

typedef struct {
    int momentum, restart;
} apg_opts;

static const crease_param params[] = {
    CREASE_PARAM_CHOICE(apg_opts, momentum, STRONG, momenta, "how the extrapolation grows"),
    CREASE_PARAM_CHOICE(apg_opts, restart, GRADIENT, restarts, "when the momentum is dropped"),
    CREASE_PARAM_END,
};

typedef struct {
    void *before, *y;
    double t, value, steady; /* steady: beta of a strongly convex problem; NAN: none */
} apg_state;

static void carve(crease_arena *arena, const crease_space *s, const void *opts, void *state)
{
    apg_state *k = state;
    (void)opts;
    k->before = crease_carve(arena, s->p->n, s->b->real_bytes);
    k->y = crease_carve(arena, s->p->n, s->b->real_bytes);
}

static int start(crease_iteration *k)
{
    apg_state *o = k->state;
    const apg_opts *opts = k->opts;
    double root = opts->momentum == STRONG ? sqrt(crease_space_condition(k->s)) : INFINITY;
    k->s->b->copy(k->s->n, k->x, o->before);
    o->t = 1;
    o->steady = isfinite(root) ? (root - 1) / (root + 1) : (double)NAN;
    o->value = opts->restart == FUNCTION ? crease_space_value(k->s, k->x) : (double)NAN;
    return CREASE_OK;
}

/* <y - x, x - before> */
static double opposition(const crease_iteration *k)
{
    const apg_state *o = k->state;
    const crease_backend *b = k->s->b;
    size_t n = k->s->n;
    return b->dot(n, o->y, k->x) - b->dot(n, o->y, o->before) - b->dot(n, k->x, k->x) + b->dot(n, k->x, o->before);
}

static bool must_restart(crease_iteration *k)
{
    apg_state *o = k->state;
    const apg_opts *opts = k->opts;
    if (opts->restart == GRADIENT) return opposition(k) > 0;
    if (opts->restart == NONE) return false;
    double before = o->value;
    o->value = crease_space_value(k->s, k->x);
    return o->value > before;
}

/* y = (1 + beta) x - beta before */
static void extrapolate(crease_iteration *k)
{
    apg_state *o = k->state;
    const crease_backend *b = k->s->b;
    double next = 0.5 * (1 + sqrt(1 + 4 * o->t * o->t)), beta = isnan(o->steady) ? (o->t - 1) / next : o->steady;
    if (o->t == 1) beta = 0; /* the momentum starts anew */
    b->copy(k->s->n, o->before, o->y);
    b->axpby(k->s->n, 1 + beta, k->x, -beta, o->y);
    o->t = next;
}

static int step(crease_iteration *k)
{
    apg_state *o = k->state;
    extrapolate(k);
    k->s->b->copy(k->s->n, k->x, o->before);
    CREASE_TRY(crease_space_step(k->s, o->y, k->s->curvature, k->x));
    if (must_restart(k)) o->t = 1;
    return CREASE_OK;
}

static const crease_iterative method = { .state_bytes = sizeof(apg_state), .carve = carve, .start = start, .step = step };

static const char *accepts(const crease_solver *s, const crease_subproblem *p)
{
    (void)s;
    if (!(p->psi->type->flags & CREASE_CONVEX)) return "the regularizer is not convex, and acceleration proves nothing";
    return crease_space_refusal(p);
}

const crease_solver_type crease_solver_apg = {
    .base = { .name = "apg",
              .summary = "accelerated proximal gradient (FISTA) with restarts, or with the momentum of a known d_min",
              .formula = "y = x + beta (x - x_before);  x_g <- prox of (w / L_g) psi at y_g - (D y - c)_g / L_g",
              .source = "Beck, Teboulle, SIAM J. Imaging Sci. 2 (2009); O'Donoghue, Candes, FoCM 15 (2015)",
              .opts_size = sizeof(apg_opts),
              .params = params },
    .takes_stopping = true,
    .joint = true,
    .accepts = accepts,
    .work_size = crease_iterate_work,
    .solve = crease_iterate,
    .method = &method,
};

/* The alternating direction method of multipliers, warm-started: q(x) + w psi(z) subject to x = z,
 *
 *     x <- (D + rho)^-1 (c + rho (z - u)),   z <- prox of (w / rho) psi at x + u,   u <- u + x - z.
 *
 * The iterate is z, an output of the proximal map; the ridge of psi is part of D. u starts as
 * (c - D z)/rho, the multiplier of a solution z: started there, the method stays.
 *
 * rho = sqrt(d_max d_min) gives the best proven rate (1e-4 d_max in the place of a smaller d_min). With
 * `balance` it is doubled or halved, u rescaled, while |x - z| and rho |z - z_before| differ by more
 * than ten times, in the first 100 iterations: convergence is proven for a rho that settles.
 *
 * Converges for convex psi, where D > 0 linearly: by 1 - 1/(1 + sqrt(d_max/d_min)) an iteration or
 * better. Q need not fall. Rounding of u weighs up to d_max/rho times in the residual.
 *
 * Source: Boyd, Parikh, Chu, Peleato, Eckstein, Found. Trends Mach. Learn. 3 (2011), Sections 3.1 and
 * 3.4.1; rho and the rate: Giselsson, Boyd, IEEE Trans. Autom. Control 62 (2017).
 */
#include <math.h>

#include "core/iterate.h"

enum { BALANCED = 100, APART = 10, CHUNK = 256 };

typedef struct {
    double rho;
    bool balance;
} admm_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(admm_opts, rho, 0, CREASE_GE(0), "the penalty on x - z; 0: sqrt(d_max d_min)"),
    CREASE_PARAM_BOOL(admm_opts, balance, 0, "adapt rho to the primal and dual residuals"),
    CREASE_PARAM_END,
};

typedef struct {
    void *u, *from, *ahead; /* ahead: z - x */
    void *inverse;          /* (D + rho)^-1; NULL: the scalar metric's is inverse_scalar */
    void *before;           /* z, where rho is to be balanced */
    double *curvature;      /* rho for every part */
    double rho, inverse_scalar;
} admm_state;

static void carve(crease_arena *arena, const crease_space *s, const void *opts, void *state)
{
    admm_state *k = state;
    size_t real = s->b->real_bytes;
    k->u = crease_carve(arena, s->p->n, real);
    k->from = crease_carve(arena, s->p->n, real);
    k->ahead = crease_carve(arena, s->p->n, real);
    if (s->p->d) k->inverse = crease_carve(arena, s->p->n, real);
    if (((const admm_opts *)opts)->balance) k->before = crease_carve(arena, s->p->n, real);
    k->curvature = crease_carve(arena, s->parts, sizeof *k->curvature);
}

static void set_rho(crease_iteration *k, double rho)
{
    admm_state *o = k->state;
    const crease_space *s = k->s;
    size_t real = s->b->real_bytes;
    double entries[CHUNK];
    o->rho = rho;
    o->inverse_scalar = 1 / (s->scalar + s->ridge + rho);
    for (size_t g = 0; g < s->parts; g++) o->curvature[g] = rho;
    for (size_t at = 0; s->d && at < s->n; at += CHUNK) {
        size_t n = s->n - at < CHUNK ? s->n - at : CHUNK;
        s->b->to_host(n, (const char *)s->d + at * real, entries);
        for (size_t i = 0; i < n; i++) entries[i] = 1 / (entries[i] + s->ridge + rho);
        s->b->from_host(n, entries, (char *)o->inverse + at * real);
    }
}

static int start(crease_iteration *k)
{
    admm_state *o = k->state;
    crease_space *s = k->s;
    double rho = ((const admm_opts *)k->opts)->rho, high = s->high > 0 ? s->high : 1;
    set_rho(k, rho > 0 ? rho : sqrt(high * fmax(s->low, 1e-4 * high)));
    crease_space_gradient(s, k->x, o->from);
    s->b->axpby(s->n, -1 / o->rho, o->from, 0, o->u);
    return CREASE_OK;
}

/* ahead = -x = (D + rho)^-1 (D t - c) - t at t = z - u, which is the update in a form where little
 * cancels. */
static void move_x(crease_iteration *k)
{
    admm_state *o = k->state;
    crease_space *s = k->s;
    const crease_backend *b = s->b;
    b->copy(s->n, k->x, o->from);
    b->axpby(s->n, -1, o->u, 1, o->from);
    crease_space_gradient(s, o->from, o->ahead);
    b->gradient(s->n, o->ahead, o->from, s->d ? o->inverse : NULL, o->inverse_scalar, 0, o->ahead);
}

/* rho (x + u), x being -ahead, is what the proximal map of curvature rho takes. */
static int move_z(crease_iteration *k)
{
    admm_state *o = k->state;
    const crease_backend *b = k->s->b;
    b->copy(k->s->n, o->u, o->from);
    b->axpby(k->s->n, -o->rho, o->ahead, o->rho, o->from);
    if (o->before) b->copy(k->s->n, k->x, o->before);
    return crease_space_prox(k->s, o->from, o->curvature, k->x);
}

static void balance(crease_iteration *k)
{
    admm_state *o = k->state;
    const crease_backend *b = k->s->b;
    double primal = sqrt(b->dot(k->s->n, o->ahead, o->ahead)),
           dual = o->rho * sqrt(2 * b->quadratic(k->s->n, k->x, o->before, NULL, NULL, 1)),
           factor = primal > APART * dual   ? 2
                    : dual > APART * primal ? 0.5
                                            : 1;
    if (factor == 1) return;
    b->axpby(k->s->n, 1 / factor, o->u, 0, o->u);
    set_rho(k, factor * o->rho);
}

static int step(crease_iteration *k)
{
    admm_state *o = k->state;
    const crease_backend *b = k->s->b;
    move_x(k);
    CREASE_TRY(move_z(k));
    b->axpby(k->s->n, 1, k->x, 1, o->ahead);
    b->axpby(k->s->n, -1, o->ahead, 1, o->u);
    if (o->before && k->j <= BALANCED) balance(k);
    return CREASE_OK;
}

static const crease_iterative method = {
    .state_bytes = sizeof(admm_state), .carve = carve, .start = start, .step = step
};

static const char *accepts(const crease_solver *s, const crease_subproblem *p)
{
    (void)s;
    if (p->metric)
        return "each iteration needs a linear solve with the metric, which only a diagonal makes cheap";
    if (!(p->psi->type->flags & CREASE_CONVEX))
        return "the regularizer is not convex, and splitting proves nothing";
    return crease_space_refusal(p);
}

const crease_solver_type crease_solver_admm = {
    .base = { .name = "admm",
              .summary = "alternating direction method of multipliers, with rho = sqrt(d_max d_min) or "
                         "balanced",
              .formula = "x = (D + rho)^-1 (c + rho (z - u));  z = prox of (w / rho) psi at x + u;  u "
                         "+= x - z",
              .source = "Boyd, Parikh, Chu, Peleato, Eckstein, Found. Trends Mach. Learn. 3 (2011)",
              .opts_size = sizeof(admm_opts),
              .params = params },
    .takes_stopping = true,
    .joint = true,
    .accepts = accepts,
    .work_size = crease_iterate_work,
    .solve = crease_iterate,
    .method = &method,
};

/* Accelerated projected gradient on the dual of a norm in a diagonal metric D > 0, warm-started:
 *
 *     min over y with <y, x> <= w psi(x) for all x of  1/2 |c - y|^2 in D^-1,   x = D^-1 (c - y).
 *
 * The gradient is Lipschitz with 1/d_min and strongly monotone with 1/d_max: steps of s_g = d_min on
 * each part, momentum beta = (sqrt(k) - 1)/(sqrt(k) + 1) with k the largest d_max/d_min of a part,
 * dropped when <y' - y, y - y_before> > 0, y' being the extrapolated point. The projection onto the
 * dual ball comes from the proximal map in a scalar metric by Moreau's identity, P(z) = z - (prox of w
 * psi at z): for the nuclear norm one singular value decomposition an iteration, and no other.
 *
 * The primal point is the proximal part of that projection, x = prox(z)/s_g. It costs nothing more, its
 * zeros and its rank are exact, and at the solution it equals D^-1 (c - y): there z = y + s x, and the
 * subdifferential of a norm depends on the direction of x alone. D^-1 (c - y) itself shows no structure
 * before the limit, and a second proximal map would double the cost. y is a subgradient of w psi at x,
 * so D x - c + y = (D/s - 1)(y' - y) is one of Q; hence rounding of y weighs up to d_max/d_min times
 * there.
 *
 * The dual gap, which y proves without a decomposition, falls by 1 - sqrt(d_min/d_max) an iteration; Q
 * need not fall.
 *
 * Source: Beck, Teboulle, IEEE Trans. Image Process. 18 (2009), FISTA on a dual; its primal points:
 * Beck, Teboulle, Oper. Res. Lett. 42 (2014); restart: O'Donoghue, Candes, Found. Comput. Math. 15
 * (2015).
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "core/iterate.h"

typedef struct {
    double *y, *before, *ahead, *z;
    double *step;  /* of each part: its d_min */
    double *share; /* step/d, in (0, 1] */
    double beta;
    bool rests; /* no momentum in the next iteration */
} dual_state;

static void carve(crease_arena *arena, const crease_space *s, const void *opts, void *state)
{
    dual_state *k = state;
    (void)opts;
    double **arrays[] = { &k->y, &k->before, &k->ahead, &k->z, &k->share };
    for (size_t i = 0; i < 5; i++) *arrays[i] = crease_carve(arena, s->p->n, sizeof(double));
    k->step = crease_carve(arena, s->parts, sizeof *k->step);
}

static double metric_at(const crease_space *s, size_t i)
{
    return s->d ? ((const double *)s->d)[i] : s->scalar;
}

static void find_steps(const crease_space *s, dual_state *o)
{
    for (size_t k = 0; k < s->parts; k++) {
        double least = INFINITY;
        for (size_t i = s->start[k]; i < s->start[k + 1]; i++) least = fmin(least, metric_at(s, i));
        for (size_t i = s->start[k]; i < s->start[k + 1]; i++) o->share[i] = least / metric_at(s, i);
        o->step[k] = isfinite(least) ? least : 1;
    }
}

static int start(crease_iteration *k)
{
    dual_state *o = k->state;
    crease_space *s = k->s;
    if (!(s->low > 0))
        return crease_fail(k->p->ctx, CREASE_ENOTSUP,
                           "dual_apg: the metric has a zero, and so no inverse");
    double root = sqrt(crease_space_condition(s)), *slope = o->y;
    o->beta = (root - 1) / (root + 1);
    o->rests = true;
    find_steps(s, o);
    crease_space_gradient(s, k->x, slope);
    for (size_t i = 0; i < s->n; i++) o->y[i] = o->before[i] = -slope[i];
    return CREASE_OK;
}

/* The gradient step z = y' - s D^-1 (y' - c) from the extrapolated point y'. */
static void aim(crease_iteration *k)
{
    dual_state *o = k->state;
    const double *c = k->s->c;
    double beta = o->rests ? 0 : o->beta;
    for (size_t i = 0; i < k->s->n; i++) {
        o->ahead[i] = o->y[i] + beta * (o->y[i] - o->before[i]);
        o->z[i] = o->ahead[i] - o->share[i] * (o->ahead[i] - c[i]);
    }
    k->s->products++;
}

static int step(crease_iteration *k)
{
    dual_state *o = k->state;
    crease_space *s = k->s;
    const double *x = k->x;
    double opposition = 0;
    aim(k);
    CREASE_TRY(crease_space_prox(s, o->z, o->step, k->x));
    memcpy(o->before, o->y, s->n * sizeof *o->y);
    for (size_t g = 0; g < s->parts; g++)
        for (size_t i = s->start[g]; i < s->start[g + 1]; i++) {
            o->y[i] = o->z[i] - o->step[g] * x[i];
            opposition += (o->ahead[i] - o->y[i]) * (o->y[i] - o->before[i]);
        }
    o->rests = opposition > 0;
    return CREASE_OK;
}

/* Q(x) minus the dual value of y: as y is a subgradient at x, 1/2 |D x - c + y|^2 in D^-1 but for
 * rounding. It spares the decomposition that the dual norm of another point would take. */
static double prove(crease_iteration *k)
{
    const dual_state *o = k->state;
    const double *x = k->x, *c = k->s->c;
    double sum = 0, noise = 0;
    for (size_t i = 0; i < k->s->n; i++) {
        double d = metric_at(k->s, i), rest = d * x[i] - c[i] + o->y[i];
        sum += rest * rest / d;
        noise += fabs(o->y[i] * x[i]);
    }
    return 0.5 * sum + 4 * DBL_EPSILON * noise;
}

static const crease_iterative method = { .wide = true,
                                         .state_bytes = sizeof(dual_state),
                                         .carve = carve,
                                         .start = start,
                                         .step = step,
                                         .prove = prove };

static const char *accepts(const crease_solver *s, const crease_subproblem *p)
{
    (void)s;
    if (p->metric) return "the metric is no diagonal, and its inverse is not at hand";
    if (!crease_regularizer_is_norm(p->psi))
        return "the regularizer is no norm (a ridge makes it none)";
    return crease_space_refusal(p);
}

const crease_solver_type crease_solver_dual_apg = {
    .base = { .name = "dual_apg",
              .summary = "accelerated projected gradient on the dual ball of a norm: one proximal map "
                         "an iteration",
              .formula = "z = y' - s D^-1 (y' - c);  x = prox of (w / s) psi at z / s;  y = z - s x;  "
                         "s_g = min d_g",
              .source =
                  "Beck, Teboulle, IEEE Trans. Image Process. 18 (2009); Oper. Res. Lett. 42 (2014)" },
    .takes_stopping = true,
    .joint = true,
    .accepts = accepts,
    .work_size = crease_iterate_work,
    .solve = crease_iterate,
    .method = &method,
};

/* FaRSA-Group (Curtis, Dai and Robinson, arXiv 2007.14951): Newton's method on the groups that seem to
 * stay, proximal gradient on the others, whichever are the further from a solution. One iteration, with
 * s = prox_{psi/L}(x - grad f(x)/L) - x and a group's share of the gradient r_g = n_g/n_I |grad_I F|:
 *
 *     I:  groups with x_g != 0 and x_g + s_g != 0 that are far from zero for their gradient,
 *         |x_g| > kappa1 |grad_g F|  and  |x_g| >= min(kappa3, kappa2 r_g)
 *     |s| outside of I <= ratio |s_I|:
 *         (H_I + psi'' + mu I) d = -grad_I F     by truncated conjugate gradients
 *         x <- x + t d,  t = 1, 1/2, ...         but groups that enter a ball around zero become zero
 *     else:
 *         x <- x + s outside of I                L doubled where the model does not majorize f
 *
 * The ball has the radius min(max(kappa1 |grad_g F|, min(kappa3, kappa2 r_g)), |x_g|/sqrt(2)). A trial
 * that puts a group to zero need not lower F, only not raise it; after as many trials as I has groups
 * none is put to zero any more, and F has to fall by 1e-3 t <grad_I F, d>. Both kappas grow tenfold
 * after more than 6 trials, and shrink tenfold while more than 5 proximal steps follow each other.
 * Zeros become live by the proximal step alone; on the manifold the method is Newton's.
 *
 * A group is a group of a term with a norm on groups, or an entry of a term with an l1 norm. Entries
 * that no term holds at zero are always in I. Not as published: the system is damped where the paper
 * bounds |d|; the proximal step searches in L and not along s, so that its zeros are those of the
 * proximal map; and it is taken on all groups where Newton's finds no t. */
#include <float.h>
#include <math.h>

#include "backtrack.h"
#include "kinks.h"
#include "smooth_step.h"

typedef struct {
    double ratio, kappa1, kappa2, kappa3, damping, relax;
    long max_cg;
} farsa_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(farsa_opts, ratio, 1, CREASE_GT(0),
                      "Newton's step where |s| outside of I is at most this times |s_I|"),
    CREASE_PARAM_REAL(farsa_opts, kappa1, 0.1, CREASE_GT(0),
                      "first size of the balls, against a group's gradient"),
    CREASE_PARAM_REAL(farsa_opts, kappa2, 0.01, CREASE_GT(0),
                      "the same against its share of the whole gradient"),
    CREASE_PARAM_REAL(farsa_opts, kappa3, 1, CREASE_GT(0), "largest radius by kappa2"),
    CREASE_PARAM_REAL(farsa_opts, damping, 1e-10, CREASE_GE(0), "mu = damping L sqrt(|grad_I F|)"),
    CREASE_PARAM_REAL(farsa_opts, relax, 0.8, CREASE_IN_LEFT(0, 1),
                      "factor on L after a proximal step"),
    CREASE_PARAM_INT(farsa_opts, max_cg, 400, CREASE_GE(1),
                     "most conjugate gradient steps in one of Newton"),
    CREASE_PARAM_END,
};

enum { G, D };
static const crease_slot slots[] = {
    [G] = { "G", CREASE_SLOT_KEEP, "gradient at x" },
    [D] = { "D", CREASE_SLOT_KEEP, "last move of a proximal step" },
    { NULL, CREASE_SLOT_KEEP, NULL },
};

typedef struct {
    double ready, value, L, kappa1, kappa2, proximal;
} farsa_state;
static const char *const scalars[] = { "ready", "value", "L", "kappa1", "kappa2", "proximal", NULL };

/* The published limits of the kappas, and how they change. */
#define MOST_KAPPA1  1e6
#define LEAST_KAPPA1 1e-5
#define MOST_KAPPA2  1e5
#define LEAST_KAPPA2 1e-6
#define KAPPA_FACTOR 10
enum { MANY_TRIALS = 6, MANY_PROXIMAL = 5 };

/* Units are the kinks of psi; the last one, of what it does not hold at zero, is always in I. */
typedef struct farsa {
    crease_kinks kinks;
    crease_smooth smooth;  /* x, grad F where psi is smooth (in the end: in I), the system of Newton */
    unsigned char *in;     /* count + 1: it is in I */
    double *radius, *from; /* count + 1: of the ball, and the t at which x + t d enters it */
    double *s;             /* n */
    size_t n_units, n_entries; /* of I, free entries counting as no unit */
} farsa;

static int setup(crease_algorithm *a)
{
    for (size_t t = 0; t < a->n_terms; t++) {
        const char *reason = crease_kinks_refusal(a->terms[t].psi);
        if (reason)
            return crease_fail(a->ctx, CREASE_ENOTSUP,
                               "algorithm farsa_group does not take %s, which %s",
                               a->terms[t].psi->type->base.name, reason);
    }
    farsa *o = crease_alloc(a->ctx, 1, sizeof *o);
    if (!(a->own = o)) return CREASE_ENOMEM;
    CREASE_TRY(crease_smooth_create(a, &o->smooth));
    CREASE_TRY(crease_kinks_create(a->ctx, a->n, a->terms, a->n_terms, &o->kinks));
    o->in = crease_alloc(a->ctx, o->kinks.count + 1, 1);
    o->radius = crease_alloc(a->ctx, o->kinks.count + 1, sizeof *o->radius);
    o->from = crease_alloc(a->ctx, o->kinks.count + 1, sizeof *o->from);
    o->s = crease_alloc(a->ctx, a->n, sizeof *o->s);
    return o->in && o->radius && o->from && o->s ? CREASE_OK : CREASE_ENOMEM;
}

static void teardown(crease_algorithm *a)
{
    farsa *o = a->own;
    if (!o) return;
    crease_smooth_free(a->ctx, &o->smooth);
    crease_kinks_free(a->ctx, &o->kinks);
    void *owned[] = { o->in, o->radius, o->from, o->s, o };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) crease_release(a->ctx, owned[i]);
    a->own = NULL;
}

/* --- the sets ------------------------------------------------------------------------------------- */

static int measure(crease_algorithm *a, farsa *o)
{
    const farsa_state *state = (const farsa_state *)a->state;
    CREASE_TRY(crease_step_map(a, a->x, a->slots[G], state->L, a->hat));
    a->backend->to_host(a->n, a->hat, o->s);
    return CREASE_OK;
}

/* I at first: groups that are zero neither here nor at the prox (in o->s) and not small for their
 * gradient. Returns |grad_I F|. */
static double choose_large(const crease_algorithm *a, farsa *o)
{
    const farsa_state *state = (const farsa_state *)a->state;
    double square = 0;
    o->n_units = o->n_entries = 0;
    for (size_t u = 0; u <= o->kinks.count; u++) {
        double slope = crease_kink_norm(&o->kinks, u, o->smooth.g);
        o->in[u] = u == o->kinks.count
                   || (crease_kink_norm(&o->kinks, u, o->s) > 0
                       && crease_kink_norm(&o->kinks, u, o->smooth.x) > state->kappa1 * slope);
        if (!o->in[u]) continue;
        square += slope * slope;
        o->n_entries += crease_kink_size(&o->kinks, u);
        o->n_units += u < o->kinks.count;
    }
    return sqrt(square);
}

/* The radii, and who leaves I because it lies within its share of the whole gradient. */
static void choose(const crease_algorithm *a, farsa *o)
{
    const farsa_opts *opts = a->opts;
    const farsa_state *state = (const farsa_state *)a->state;
    double whole = choose_large(a, o);
    size_t entries = o->n_entries;
    for (size_t u = 0; u < o->kinks.count; u++) {
        if (!o->in[u]) continue;
        size_t n = crease_kink_size(&o->kinks, u);
        double size = crease_kink_norm(&o->kinks, u, o->smooth.x), share = (double)n / (double)entries;
        double small = fmin(opts->kappa3, state->kappa2 * share * whole);
        o->radius[u] = fmin(fmax(state->kappa1 * crease_kink_norm(&o->kinks, u, o->smooth.g), small),
                            sqrt(0.5) * size);
        if (size >= small) continue;
        o->in[u] = 0;
        o->n_units--;
        o->n_entries -= n;
    }
}

/* o->s becomes s; |s| in I and outside. */
static void compare(const crease_algorithm *a, farsa *o, double *inside, double *outside)
{
    for (size_t i = 0; i < a->n; i++) o->s[i] -= o->smooth.x[i];
    *inside = *outside = 0;
    for (size_t u = 0; u <= o->kinks.count; u++) {
        double *side = o->in[u] ? inside : outside;
        *side = hypot(*side, crease_kink_norm(&o->kinks, u, o->s));
    }
}

/* The system of Newton, and the gradient, of I alone. */
static void restrict_to_set(farsa *o)
{
    crease_smooth *m = &o->smooth;
    double square = 0;
    for (size_t u = 0; u <= o->kinks.count; u++) {
        for (size_t k = o->kinks.start[u]; !o->in[u] && k < o->kinks.start[u + 1]; k++) {
            m->g[o->kinks.entry[k]] = 0;
            m->m.live[o->kinks.entry[k]] = 0;
        }
        square += crease_kink_dot(&o->kinks, u, m->g, m->g);
    }
    m->size = sqrt(square);
}

/* --- Newton's step -------------------------------------------------------------------------------- */

/* The least t > 0 with |x + t d| = radius, where radius < |x|. */
static double first_meeting(double xx, double xd, double dd, double radius)
{
    double gap = xx - radius * radius, square = xd * xd - dd * gap;
    return xd >= 0 || square < 0 ? INFINITY : gap / (-xd + sqrt(square));
}

/* trial = x + t d, what has entered its ball being 0 if `stops`; returns whether something has. */
static bool place(farsa *o, double t, bool stops)
{
    crease_smooth *m = &o->smooth;
    bool any = false;
    for (size_t u = 0; u <= o->kinks.count; u++) {
        bool stopped = stops && o->in[u] && u < o->kinks.count && t > o->from[u];
        for (size_t k = o->kinks.start[u]; k < o->kinks.start[u + 1]; k++) {
            uint32_t i = o->kinks.entry[k];
            m->trial[i] = stopped ? 0 : m->x[i] + t * m->cg.d[i];
        }
        any |= stopped;
    }
    return any;
}

/* |grad F| in I at the trial; what is zero there has none. */
static double size_at_trial(const farsa *o)
{
    double square = 0;
    for (size_t u = 0; u <= o->kinks.count; u++)
        if (o->in[u]) square += crease_kink_dot(&o->kinks, u, o->smooth.trial, o->smooth.trial);
    return sqrt(square);
}

/* Whether F at the trial (a->hat, its gradient a->g) is by -wanted lower than before; where the
 * difference is rounding, whether the gradient in I is smaller. */
static bool is_better(crease_algorithm *a, farsa *o, double before, double wanted)
{
    crease_smooth *m = &o->smooth;
    double after = a->value + crease_step_penalty(a, a->hat);
    double slack = (64 * DBL_EPSILON + 4 * a->backend->roundoff) * fabs(before);
    if (!(after <= before + wanted + slack) || !a->backend->is_finite(a->n, a->g)) return false;
    if (after < before - slack) return true;
    crease_manifold_move(&m->m, m->trial);
    a->backend->to_host(a->n, a->g, m->trial);
    crease_manifold_gradient(&m->m, m->trial);
    return size_at_trial(o) < m->size;
}

static int direction(crease_algorithm *a, farsa *o, double *slope)
{
    const farsa_opts *opts = a->opts;
    const farsa_state *state = (const farsa_state *)a->state;
    crease_smooth *m = &o->smooth;
    m->h.shift = opts->damping * state->L * fmin(1, sqrt(m->size));
    CREASE_TRY(crease_curvature_at(&m->h, a->x));
    double accuracy = fmax(fmin(0.1, sqrt(m->size)), 1e-4);
    CREASE_TRY(crease_cg_solve(&m->cg, &m->h, &m->m, m->g, accuracy * m->size, (unsigned)opts->max_cg));
    *slope = 0;
    for (size_t u = 0; u <= o->kinks.count; u++) {
        double xd = crease_kink_dot(&o->kinks, u, m->x, m->cg.d),
               dd = crease_kink_dot(&o->kinks, u, m->cg.d, m->cg.d);
        *slope += crease_kink_dot(&o->kinks, u, m->g, m->cg.d);
        if (o->in[u] && u < o->kinks.count)
            o->from[u] = first_meeting(crease_kink_dot(&o->kinks, u, m->x, m->x), xd, dd, o->radius[u]);
    }
    return CREASE_OK;
}

static void take(crease_algorithm *a)
{
    farsa_state *state = (farsa_state *)a->state;
    a->backend->copy(a->n, a->hat, a->x);
    a->backend->copy(a->n, a->g, a->slots[G]);
    state->value = a->value;
}

static int newton(crease_algorithm *a, crease_oracle *oracle, farsa *o, bool *moved)
{
    farsa_state *state = (farsa_state *)a->state;
    double slope, before = state->value + crease_step_penalty(a, a->x);
    size_t trials = 0;
    CREASE_TRY(direction(a, o, &slope));
    for (double t = slope < 0 ? 1 : 0; t > 1e-6 && !*moved; t /= 2, trials++) {
        bool stopped = place(o, t, trials < o->n_units);
        a->backend->from_host(a->n, o->smooth.trial, a->hat);
        CREASE_TRY(oracle->gradient(oracle, (crease_rows){ 0, NULL }, a->hat, &a->value, a->g));
        *moved = is_better(a, o, before, stopped ? 0 : 1e-3 * t * slope);
    }
    if (*moved) take(a);
    state->proximal = 0;
    if (trials <= MANY_TRIALS) return CREASE_OK;
    state->kappa1 = fmin(KAPPA_FACTOR * state->kappa1, MOST_KAPPA1);
    state->kappa2 = fmin(KAPPA_FACTOR * state->kappa2, MOST_KAPPA2);
    return CREASE_OK;
}

/* --- the proximal step ---------------------------------------------------------------------------- */

/* What is in I stays where it is. */
static void trim(crease_algorithm *a, const void *z, void *out)
{
    farsa *o = a->own;
    (void)z; /* is smooth.x */
    a->backend->to_host(a->n, out, o->s);
    for (size_t u = 0; u <= o->kinks.count; u++)
        for (size_t k = o->kinks.start[u]; o->in[u] && k < o->kinks.start[u + 1]; k++)
            o->s[o->kinks.entry[k]] = o->smooth.x[o->kinks.entry[k]];
    a->backend->from_host(a->n, o->s, out);
}

static int proximal(crease_algorithm *a, crease_oracle *oracle, bool everywhere)
{
    const farsa_opts *opts = a->opts;
    farsa_state *state = (farsa_state *)a->state;
    CREASE_TRY(crease_backtrack(a, oracle, a->x, state->value, a->slots[G], &state->L,
                                everywhere ? NULL : trim, a->hat, &a->value, a->g, a->slots[D]));
    take(a);
    state->L *= opts->relax;
    if (++state->proximal <= MANY_PROXIMAL) return CREASE_OK;
    state->kappa1 = fmax(state->kappa1 / KAPPA_FACTOR, LEAST_KAPPA1);
    state->kappa2 = fmax(state->kappa2 / KAPPA_FACTOR, LEAST_KAPPA2);
    return CREASE_OK;
}

/* --- both ----------------------------------------------------------------------------------------- */

static int begin(crease_algorithm *a, crease_oracle *oracle)
{
    const farsa_opts *opts = a->opts;
    farsa_state *state = (farsa_state *)a->state;
    CREASE_TRY(crease_first_curvature(oracle, &state->L));
    CREASE_TRY(
        crease_step_gradient(a, oracle, (crease_rows){ 0, NULL }, a->x, &state->value, a->slots[G]));
    state->kappa1 = opts->kappa1;
    state->kappa2 = opts->kappa2;
    state->ready = 1;
    return CREASE_OK;
}

static int step(crease_algorithm *a, crease_oracle *oracle)
{
    const farsa_opts *opts = a->opts;
    farsa_state *state = (farsa_state *)a->state;
    farsa *o = a->own;
    double inside, outside;
    CREASE_TRY(crease_curvature_begin(&o->smooth.h, oracle));
    if (!state->ready) CREASE_TRY(begin(a, oracle));
    crease_smooth_begin(a, &o->smooth, a->slots[G]);
    CREASE_TRY(measure(a, o));
    choose(a, o);
    compare(a, o, &inside, &outside);
    restrict_to_set(o);
    bool tries = outside <= opts->ratio * inside, moved = false;
    if (tries) CREASE_TRY(newton(a, oracle, o, &moved));
    if (!moved) CREASE_TRY(proximal(a, oracle, tries));
    a->t++;
    return CREASE_OK;
}

const crease_algorithm_type crease_algorithm_farsa_group = {
    .base = { .name = "farsa_group",
              .summary =
                  "Newton-CG on the groups that stay, proximal gradient on the others; identifies",
              .formula = "x_I <- x_I + t d, (H_I + psi'' + mu I) d = -grad_I F, groups near zero put "
                         "to it;  or x <- prox_{psi/L}(x - grad f(x)/L) outside of I",
              .source = "Curtis, Dai and Robinson, arXiv 2007.14951",
              .opts_size = sizeof(farsa_opts),
              .params = params },
    .deterministic = true,
    .slots = slots,
    .state_doubles = sizeof(farsa_state) / sizeof(double),
    .scalars = scalars,
    .step = step,
    .setup = setup,
    .teardown = teardown,
};

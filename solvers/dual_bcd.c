/* Block coordinate descent in the dual, for norms of groups that share entries:
 *
 *     min 1/2 |c - sum_g y_g|^2 in D^-1  over  |y_g| <= w lambda_g,     x = D^-1 (c - sum_g y_g),
 *
 * one group after another: y_g = b - D z, where b = c - sum_{h != g} y_h on g, and z = prox_g(b) is
 * one group lasso in the metric D, solved exactly. An iteration is a sweep over all groups, from
 * small ones to large. One sweep is exact where no groups overlap, or where they are a tree and d
 * is constant on every group inside another. For the latent norm, min sum_g w lambda_g |v_g| with
 * sum_g v_g = x, the blocks are the v_g (see src/core/dual_groups.h).
 *
 * momentum = restarted: sweeps start ahead of where the last one ended; one after which the dual
 * objective is higher is done over. Either way it never rises.
 *
 * Iterate: x as above is dense. The recovered point is 0 on every group whose last z was 0 (that
 * is, |y_g| is below the threshold), and so its zeros are those of a proximal map. It becomes the
 * iterate unless Q was lower at the iterate before; then x does, or if Q is no lower there either,
 * the iterate stays. So Q does not rise. Values of Q are compared by their gaps to one dual point,
 * which are computed without cancellation: differences of Q are rounding once residuals are below
 * 1e-8 or so.
 *
 * reweight: dual descent finds the zero groups soon, but the numbers on the others late, and x may
 * be no better than before for many sweeps. One step on the majorant that replaces w lambda_g |x_g|
 * by its tangent parabola lowers Q at the cost of a few additions and keeps the zeros; the
 * multipliers w lambda_g x_g/|x_g| of the new point take the place of the y_g if the dual is better
 * there. For the latent norm this is a step in the v_g.
 *
 * Start: the multipliers of x, or y = 0 if the dual is better there; the latent norm starts from
 * the v_g whose sum of norms is psi(x).
 * Sources: Jenatton, Mairal, Obozinski, Bach, JMLR 12 (2011), Algorithm 1; recovery: Dai and
 * Robinson, arXiv 2211.02214; reweighting: Bach, Jenatton, Mairal, Obozinski, Found. Trends Mach.
 * Learn. 4 (2012), Section 5. */
#include "core/dual_groups.h"
#include "core/iterate.h"
#include "core/overlap.h"

extern const crease_regularizer_type crease_regularizer_latent_group;

enum { NONE, RESTARTED };
static const char *const momenta[] = { "none", "restarted", NULL };

typedef struct {
    int momentum;
    bool reweight;
} dual_opts;

static const crease_param params[] = {
    CREASE_PARAM_CHOICE(dual_opts, momentum, RESTARTED, momenta,
                        "how far ahead of the last one a sweep starts"),
    CREASE_PARAM_BOOL(dual_opts, reweight, true, "a reweighted step after every sweep"),
    CREASE_PARAM_END,
};

typedef struct {
    crease_dual_groups groups;
    double *point;
} dual_state;

static bool is_sum(const crease_regularizer_type *type)
{
    return type->math == &crease_math_overlap || type->math == &crease_math_tree;
}

static bool is_latent(const crease_regularizer_type *type)
{
    return type->math == crease_regularizer_latent_group.math;
}

static void carve(crease_arena *arena, const crease_space *s, const void *opts, void *state)
{
    dual_state *o = state;
    (void)opts;
    if (s->parts == 0) return;
    crease_part part = crease_term_part(&s->term, 0);
    crease_dual_groups_carve(&o->groups, arena, &part, is_latent(part.type));
    o->point = crease_carve(arena, part.n, sizeof(double));
}

/* psi asks lambda weight of a group: this is what it asks of one of weight 1. */
static double slope_of_unit_weight(const crease_space *s)
{
    crease_groups one = crease_groups_all(0, s->n);
    crease_term term = { &s->psi, &one, NULL };
    one.uniform_weight = 1;
    crease_part part = crease_term_part(&term, 0);
    return crease_part_scale(&s->psi, &part);
}

static int start(crease_iteration *k)
{
    dual_state *o = k->state;
    crease_space *s = k->s;
    const double *d = s->d;
    double *x = k->x;
    crease_part part = crease_term_part(&s->term, 0);
    if (!(s->low > 0))
        return crease_fail(s->p->ctx, CREASE_ENOTSUP, "dual_bcd: an entry of the metric is 0");
    o->groups.c = s->c;
    for (size_t i = 0; i < s->n; i++) o->groups.d[i] = (d ? d[i] : s->scalar) + s->ridge;
    if (!crease_dual_groups_build(&o->groups, &part, s->p->w * slope_of_unit_weight(s)))
        return crease_fail(s->p->ctx, CREASE_ENOTSUP, "dual_bcd: a group lists an entry twice");
    for (size_t i = 0; i < s->n; i++)
        if (o->groups.lists.forced[i]) x[i] = 0;
    crease_dual_groups_warm(&o->groups, x);
    return CREASE_OK;
}

static bool sweep(crease_iteration *k)
{
    dual_state *o = k->state;
    const dual_opts *opts = k->opts;
    if (opts->momentum == RESTARTED) return crease_dual_groups_hurry(&o->groups, &k->s->proxes);
    k->s->proxes++;
    return crease_dual_groups_sweep(&o->groups);
}

/* The recovered point or the dense one, whichever comes first as an improvement of the iterate. */
static void choose(crease_iteration *k)
{
    dual_state *o = k->state;
    const crease_backend *b = k->s->b;
    double before = crease_dual_groups_gap(&o->groups, k->x);
    if (crease_dual_groups_gap(&o->groups, o->point) > before) {
        crease_dual_groups_point(&o->groups, false, o->point);
        if (crease_dual_groups_gap(&o->groups, o->point) >= before) return;
    }
    b->copy(k->s->n, o->point, k->x);
}

static int step(crease_iteration *k)
{
    dual_state *o = k->state;
    bool reweight = ((const dual_opts *)k->opts)->reweight, latent = o->groups.latent;
    bool sound = sweep(k);
    if (sound && latent && reweight) crease_dual_groups_reweight(&o->groups, NULL);
    if (sound) crease_dual_groups_point(&o->groups, true, o->point);
    if (!sound || !k->s->b->is_finite(k->s->n, o->point))
        return crease_fail(k->p->ctx, CREASE_EUNBOUNDED,
                           "dual_bcd: the minimizer is beyond the range of a double");
    if (latent) {
        k->s->b->copy(k->s->n, o->point, k->x);
        return CREASE_OK;
    }
    choose(k);
    if (!reweight) return CREASE_OK;
    crease_dual_groups_reweight(&o->groups, k->x);
    crease_dual_groups_adopt(&o->groups, k->x);
    return CREASE_OK;
}

/* The dual point is at hand; the space would have to look for one. */
static double prove(crease_iteration *k)
{
    return crease_dual_groups_gap(&((dual_state *)k->state)->groups, k->x);
}

static const crease_iterative method = {
    .wide = true, .state_bytes = sizeof(dual_state), .carve = carve, .start = start, .step = step, .prove = prove
};

static bool is_positive(const crease_subproblem *p)
{
    enum { CHUNK = 256 };
    double d[CHUNK], ridge = p->w * p->psi->ridge;
    if (!p->d) return p->scalar + ridge > 0;
    for (size_t at = 0; at < p->n; at += CHUNK) {
        size_t count = p->n - at < CHUNK ? p->n - at : CHUNK;
        p->backend->to_host(count, (const char *)p->d + at * p->backend->real_bytes, d);
        for (size_t i = 0; i < count; i++)
            if (d[i] + ridge <= 0) return false; /* what is no number is found when solving */
    }
    return true;
}

static const char *accepts(const crease_solver *s, const crease_subproblem *p)
{
    (void)s;
    crease_term term = { p->psi, p->groups, NULL };
    if (!is_sum(p->psi->type) && !is_latent(p->psi->type))
        return "the regularizer is no norm of groups that may share entries";
    if (p->metric) return "the metric is no diagonal";
    if (!is_positive(p)) return "an entry of the metric is 0, and the dual has no bound there";
    if (crease_term_parts(&term) == 0) return NULL;
    crease_part part = crease_term_part(&term, 0);
    return crease_part_refusal(p->psi, &part);
}

static unsigned promises(const crease_solver *s, const crease_subproblem *p)
{
    (void)s;
    return is_sum(p->psi->type) ? CREASE_PROMISES_DESCENT : 0;
}

const crease_solver_type crease_solver_dual_bcd = {
    .base = { .name = "dual_bcd",
              .summary =
                  "block descent in the dual, for norms of groups that overlap, nest or share entries",
              .formula = "y_g <- b - D prox_g(b), b = c - sum_{h != g} y_h;  x = D^-1 (c - sum_g y_g), "
                         "zeros from the prox",
              .source = "Jenatton, Mairal, Obozinski, Bach, JMLR 12 (2011); recovery: Dai, Robinson, "
                        "arXiv 2211.02214",
              .opts_size = sizeof(dual_opts),
              .params = params },
    .takes_stopping = true,
    .joint = true,
    .accepts = accepts,
    .work_size = crease_iterate_work,
    .solve = crease_iterate,
    .method = &method,
    .promises = promises,
};

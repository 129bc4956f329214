/* The weighted simplex { x >= 0, sum_i a_i x_i = rho }, an empty part being exempt; weights of groups are
 * not used.
 *
 * The oracle in a diagonal metric is x_i = (c_i - tau a_i)_+ / d_i with the one tau that spends rho, which
 * src/core/budget.c finds without sorting. Where d_i = 0 the entry with the largest c_i/a_i takes what is
 * left. The certificate fits the multiplier to the live entries and lets zeros in, another way to the same
 * equations.
 *
 * Identification radius: none.                                                                          */
#include <math.h>

#include "core/budget.h"
#include "core/jacobian.h"
#include "core/part.h"

static const crease_param params[] = {
    CREASE_PARAM_REAL(crease_budget, rho, 1, CREASE_GT(0), "the sum"),
    CREASE_PARAM_NUMBERS(crease_budget, a, "1", CREASE_GT(0), "weights of the entries in the sum"),
    CREASE_PARAM_END,
};

static bool is_feasible(const crease_part *s, const double *x)
{
    const crease_budget *o = s->opts;
    for (size_t i = 0; i < s->n; i++)
        if (!(x[i] >= 0)) return false;
    return s->n == 0 || fabs(crease_budget_spent(s, x) - o->rho) <= crease_budget_near(s);
}

static double value(const crease_part *s, const double *x)
{
    return is_feasible(s, x) ? 0 : INFINITY;
}

static double residual(const crease_part *s, const double *x, const double *g, double w)
{
    (void)w;
    if (!is_feasible(s, x)) return INFINITY;
    return crease_budget_rest(s, false, x, g, crease_budget_multiplier(s, false, x, g));
}

static int prox(const crease_part *s, const double *c, const double *d, double w, double *x,
                crease_prox_info *info)
{
    (void)w, (void)info;
    if (!crease_are_finite(s->n, c) || !crease_are_finite(s->n, d)) return CREASE_ENAN;
    if (s->n > 0) crease_budget_project(s, false, c, d, x);
    return CREASE_OK;
}

/* The support function: the best vertex. */
static double conjugate(const crease_part *s, const double *y)
{
    return ((const crease_budget *)s->opts)->rho * crease_budget_best(s, false, y);
}

static size_t dimension(const crease_part *s, const double *x, const crease_unit *unit)
{
    size_t live = 0;
    (void)x;
    for (size_t i = 0; i < s->n; i++) live += unit[i] != 0;
    return live > 0 ? live - 1 : 0;
}

static void margins(const crease_part *s, const double *x, const double *g, double w, crease_margin *unit)
{
    const crease_budget *o = s->opts;
    double mu = crease_budget_multiplier(s, false, x, g);
    (void)w;
    for (size_t i = 0; i < s->n; i++) {
        double most = mu * crease_number_at(&o->a, s, i);
        if (x[i] != 0) unit[i] = (crease_margin){ .slack = NAN, .size = x[i] };
        else unit[i] = (crease_margin){ .slack = most + g[i], .size = NAN, .threshold = most };
    }
}

static void linearize(const crease_part *s, const double *u, double L, double w, const double *x, void *state)
{
    (void)u, (void)L, (void)w;
    crease_budget_linearize(s, x, state);
}

static const crease_math math = {
    .work = crease_budget_work,
    .accepts = crease_numbers_refusal,
    .value = value,
    .residual = residual,
    .prox = prox,
    .conjugate = conjugate,
    .scale = crease_no_scale,
    .dimension = dimension,
    .margins = margins,
    CREASE_RANK_ONE_JACOBIAN(linearize),
};

const crease_regularizer_type crease_regularizer_simplex = {
    .base = { .name = "simplex",
              .summary = "weighted simplex: nonnegative entries with a given sum",
              .formula = "psi(x) = 0 where x >= 0 and sum_i a_i x_gi = rho for every group g, else infinite",
              .source = "Held, Wolfe and Crowder, Math. Program. 6 (1974); Condat, Math. Program. 158 (2016); "
                        "split at random pivots as in Kiwiel, Math. Program. 112 (2008)",
              .opts_size = sizeof(crease_budget),
              .params = params },
    .flags = CREASE_CONVEX | CREASE_CONSTRAINT | CREASE_UNIT_ENTRY,
    .exact = "any diagonal metric",
    .cost = "expected O(n)",
    .manifold = "points of the simplex with the same support",
    .identification = "mu a_i + grad f(x*)_i over the zero entries, mu being the multiplier of the sum",
    .math = &math,
};

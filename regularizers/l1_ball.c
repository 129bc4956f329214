/* The weighted l1 ball { sum_i a_i |x_i| <= rho }; weights of groups are not used.
 *
 * The oracle in a diagonal metric: c/d where that is inside, else x_i = sign(c_i) (|c_i| - tau a_i)_+ / d_i
 * with the one tau > 0 that spends rho, which src/core/budget.c finds without sorting; d_i = 0 included. The
 * certificate fits the multiplier to the live entries and lets zeros in, another way to the same equations.
 *
 * Units: one an entry, and one for the sphere, 0 where x is on it. A zero off the sphere is an accident that
 * nothing holds: inside, all units are 1. Identification radius: none.                                  */
#include <math.h>

#include "core/budget.h"
#include "core/jacobian.h"
#include "core/part.h"

static const crease_param params[] = {
    CREASE_PARAM_REAL(crease_budget, rho, 1, CREASE_GT(0), "the largest sum"),
    CREASE_PARAM_NUMBERS(crease_budget, a, "1", CREASE_GT(0), "weights of the entries in the sum"),
    CREASE_PARAM_END,
};

typedef enum { INSIDE, SPHERE, OUTSIDE } place;

static place place_of(const crease_part *s, const double *x)
{
    double over = crease_budget_spent(s, x) - ((const crease_budget *)s->opts)->rho;
    double near = crease_budget_near(s);
    return over < -near ? INSIDE : over <= near ? SPHERE : OUTSIDE; /* a NaN is outside */
}

static double value(const crease_part *s, const double *x)
{
    return place_of(s, x) == OUTSIDE ? INFINITY : 0;
}

static double multiplier(const crease_part *s, const double *x, const double *g)
{
    return place_of(s, x) == INSIDE ? 0 : fmax(0, crease_budget_multiplier(s, true, x, g));
}

static double residual(const crease_part *s, const double *x, const double *g, double w)
{
    (void)w;
    if (place_of(s, x) == OUTSIDE) return INFINITY;
    return crease_budget_rest(s, true, x, g, multiplier(s, x, g));
}

static bool is_inside(const crease_part *s, const double *c, const double *d)
{
    const crease_budget *o = s->opts;
    crease_sum spent = { 0, 0 };
    for (size_t i = 0; i < s->n; i++) {
        if (c[i] == 0) continue;
        double size = crease_number_at(&o->a, s, i) * (fabs(c[i]) / d[i]);
        if (!(size <= o->rho)) return false;
        crease_sum_add(&spent, size);
    }
    return crease_sum_value(&spent) <= o->rho;
}

static int prox(const crease_part *s, const double *c, const double *d, double w, double *x,
                crease_prox_info *info)
{
    (void)w, (void)info;
    if (!crease_are_finite(s->n, c) || !crease_are_finite(s->n, d)) return CREASE_ENAN;
    if (!is_inside(s, c, d)) {
        crease_budget_project(s, true, c, d, x);
        return CREASE_OK;
    }
    for (size_t i = 0; i < s->n; i++) x[i] = c[i] != 0 ? c[i] / d[i] + 0.0 : 0; /* no -0 */
    return CREASE_OK;
}

/* The support function: the dual norm, rho times the largest |y_i|/a_i. */
static double conjugate(const crease_part *s, const double *y)
{
    return ((const crease_budget *)s->opts)->rho * crease_budget_best(s, true, y);
}

static size_t units(const crease_part *s)
{
    return s->n + 1;
}

static void signature(const crease_part *s, const double *x, crease_unit *unit)
{
    bool inside = place_of(s, x) == INSIDE;
    for (size_t i = 0; i < s->n; i++) unit[i] = inside || x[i] != 0;
    unit[s->n] = inside;
}

static size_t dimension(const crease_part *s, const double *x, const crease_unit *unit)
{
    size_t live = 0;
    (void)x;
    for (size_t i = 0; i < s->n; i++) live += unit[i] != 0;
    return live - (unit[s->n] == 0 && live > 0);
}

/* Inside, everything is held off the sphere by the same room; on it, the sphere by the length of mu a. */
static void margins(const crease_part *s, const double *x, const double *g, double w, crease_margin *unit)
{
    const crease_budget *o = s->opts;
    bool inside = place_of(s, x) == INSIDE;
    double mu = multiplier(s, x, g), length = 0, room = o->rho - crease_budget_spent(s, x);
    (void)w;
    for (size_t i = 0; i < s->n; i++) {
        double a = crease_number_at(&o->a, s, i);
        if (inside || x[i] != 0) length = hypot(length, a);
        if (x[i] != 0) unit[i] = (crease_margin){ .slack = NAN, .size = fabs(x[i]) };
        else unit[i] = (crease_margin){ .slack = mu * a - fabs(g[i]), .size = NAN, .threshold = mu * a };
    }
    unit[s->n] = (crease_margin){ .slack = mu * length, .size = NAN };
    for (size_t i = 0; inside && i <= s->n; i++)
        unit[i] = (crease_margin){ .slack = NAN, .size = s->n > 0 ? room / length : INFINITY };
}

static void linearize(const crease_part *s, const double *u, double L, double w, const double *x, void *state)
{
    (void)u, (void)L, (void)w;
    if (place_of(s, x) == INSIDE) crease_rank_one_identity(s, state);
    else crease_budget_linearize(s, x, state);
}

static const crease_math math = {
    .work = crease_budget_work,
    .accepts = crease_numbers_refusal,
    .value = value,
    .residual = residual,
    .prox = prox,
    .conjugate = conjugate,
    .scale = crease_no_scale,
    .units = units,
    .signature = signature,
    .dimension = dimension,
    .margins = margins,
    CREASE_RANK_ONE_JACOBIAN(linearize),
};

const crease_regularizer_type crease_regularizer_l1_ball = {
    .base = { .name = "l1_ball",
              .summary = "weighted l1 ball: single zero entries once the bound is active",
              .formula = "psi(x) = 0 where sum_i a_i |x_gi| <= rho for every group g, else infinite",
              .source = "Duchi, Shalev-Shwartz, Singer and Chandra, ICML 2008; Condat, Math. Program. 158 "
                        "(2016); split at random pivots as in Kiwiel, Math. Program. 112 (2008)",
              .opts_size = sizeof(crease_budget),
              .params = params },
    .flags = CREASE_CONVEX | CREASE_CONSTRAINT,
    .exact = "any diagonal metric",
    .cost = "expected O(n)",
    .manifold = "points of the sphere with the same support; the inside of the ball",
    .identification = "on the sphere: mu a_i - |grad f(x*)_i| over the zero entries, and mu |a| over the others, mu "
                      "being the multiplier; inside: the distance of x* from the sphere",
    .math = &math,
};

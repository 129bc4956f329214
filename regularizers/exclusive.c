/* The exclusive lasso: entries of a group compete, and none of its groups vanishes.
 *
 * Oracle. With kappa = w lambda weight, S = sum_i a_i |x_i| and k_i = |c_i|/a_i, a minimizer is
 *     a_i |x_i| = b_i max(k_i - tau, 0),  b_i = a_i^2/d_i,  where tau = kappa S solves
 *     F(tau) = kappa sum_i b_i max(k_i - tau, 0) - tau = 0,
 * convex, piecewise linear and falling: Newton's method climbs from the left and stops at the exact root.
 * Where some d_i is tiny, tau is k_i but for its last digits and x_i hangs on what is beyond them, so tau
 * is kept as a sum of two doubles. Where d_i = 0, tau is at least k_i; if F is not positive there, tau =
 * k_i and x_i takes what S lacks. So the oracle is exact in every diagonal metric.
 *
 * Identification radius: the distance of c to the boundary of the polyhedron in which the support stays.
 * tau moves by kappa sum_live (b_i/a_i) |e_i| / (1 + kappa sum_live b_i), and the faces are |k_i - tau| =
 * 0. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "core/jacobian.h"
#include "core/part.h"
#include "core/sum.h"

enum { MOST_STEPS = 1000 };

typedef struct {
    double lambda;
    crease_numbers a;
} exclusive_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(exclusive_opts, lambda, 1, CREASE_GE(0), "curvature of the square"),
    CREASE_PARAM_NUMBERS(exclusive_opts, a, "1", CREASE_GT(0), "factors on the entries"),
    CREASE_PARAM_END,
};

static double factor(const crease_part *s, size_t i)
{
    return crease_number_at(&((const exclusive_opts *)s->opts)->a, s, i);
}

static double curvature(const crease_part *s)
{
    double lambda = ((const exclusive_opts *)s->opts)->lambda;
    return isinf(s->weight) ? INFINITY : lambda * s->weight;
}

/* S */
static double weighted_sum(const crease_part *s, const double *x)
{
    crease_sum sum = { 0 };
    for (size_t i = 0; i < s->n; i++) crease_sum_add(&sum, factor(s, i) * fabs(x[i]));
    return crease_sum_value(&sum);
}

static double value(const crease_part *s, const double *x)
{
    double sum = weighted_sum(s, x);
    return sum == 0 ? 0 : curvature(s) / 2 * sum * sum;
}

static double residual(const crease_part *s, const double *x, const double *g, double w)
{
    double size = weighted_sum(s, x), kappa = w * curvature(s), sum = 0;
    if (isinf(kappa)) return size == 0 ? 0 : INFINITY;
    for (size_t i = 0; i < s->n; i++) {
        double slope = kappa * size * factor(s, i);
        sum = hypot(sum, x[i] != 0 ? g[i] + copysign(slope, x[i]) : fmax(fabs(g[i]) - slope, 0));
    }
    return sum;
}

/* max_i (|y_i|/a_i)^2 / (2 lambda weight) */
static double conjugate(const crease_part *s, const double *y)
{
    double largest = 0;
    for (size_t i = 0; i < s->n; i++) largest = fmax(largest, fabs(y[i]) / factor(s, i));
    return largest == 0 || isinf(curvature(s)) ? 0 : largest / (2 * curvature(s)) * largest;
}

/* --- the oracle ---------------------------------------------------------------------------------- */

/* max(k_i - tau, 0) */
static double over(const crease_part *s, const double *c, crease_sum tau, size_t i)
{
    double rest = (fabs(c[i]) / factor(s, i) - tau.hi) - tau.lo;
    return rest > 0 ? rest : 0;
}

static double entry(const crease_part *s, const double *c, const double *d, crease_sum tau, size_t i)
{
    double rest = over(s, c, tau, i);
    return rest == 0 || d[i] == 0 ? 0 : rest * (factor(s, i) / d[i]);
}

/* F(tau), and Newton's step -F/F'. */
static double excess(const crease_part *s, const double *c, const double *d, double kappa, crease_sum tau,
                     double *step)
{
    crease_sum sum = { -tau.hi, -tau.lo }, fall = { 1, 0 };
    for (size_t i = 0; i < s->n; i++) {
        double x = entry(s, c, d, tau, i), a = factor(s, i);
        if (x == 0) continue;
        crease_sum_add(&sum, kappa * (a * x));
        crease_sum_add(&fall, kappa * (a * (a / d[i])));
    }
    double rest = crease_sum_value(&sum);
    *step = rest / crease_sum_value(&fall);
    return rest;
}

/* The first entry with d_i = 0 and the largest k_i > 0; n: there is none. */
static size_t stiffest(const crease_part *s, const double *c, const double *d)
{
    size_t found = s->n;
    double largest = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (d[i] != 0 || !(fabs(c[i]) / factor(s, i) > largest)) continue;
        largest = fabs(c[i]) / factor(s, i);
        found = i;
    }
    return found;
}

/* Newton's method from the left. A step that fell short by less than rounding could lie beyond k_i, where
 * the way back is lost, so each is shortened by a little more than that: what is left shrinks by 1e14 or
 * more a step. */
static crease_sum root(const crease_part *s, const double *c, const double *d, double kappa, double left,
                       unsigned *steps)
{
    crease_sum tau = { left, 0 };
    double step;
    for (*steps = 0; *steps < MOST_STEPS; ++*steps) {
        double rest = excess(s, c, d, kappa, tau, &step);
        if (rest <= 4 * DBL_EPSILON * tau.hi) break;
        crease_sum_add(&tau, step * (1 - 16 * DBL_EPSILON));
        double high = tau.hi + tau.lo;
        tau.lo -= high - tau.hi;
        tau.hi = high;
    }
    return tau;
}

static int prox(const crease_part *s, const double *c, const double *d, double w, double *x,
                crease_prox_info *info)
{
    double kappa = w * curvature(s), step;
    if (!crease_are_finite(s->n, c) || !crease_are_finite(s->n, d)) return CREASE_ENAN;
    if (kappa == 0) return crease_unpenalized(s->n, c, d, x);
    if (isinf(kappa)) {
        memset(x, 0, s->n * sizeof *x);
        return CREASE_OK;
    }
    size_t stiff = stiffest(s, c, d);
    crease_sum tau = { stiff < s->n ? fabs(c[stiff]) / factor(s, stiff) : 0, 0 };
    double lacking = excess(s, c, d, kappa, tau, &step);
    if (stiff == s->n || lacking > 0) {
        tau = root(s, c, d, kappa, tau.hi, &info->iterations);
        lacking = 0;
    }
    for (size_t i = 0; i < s->n; i++) {
        double size = entry(s, c, d, tau, i);
        if (i == stiff) size = -lacking / kappa / factor(s, i);
        x[i] = size == 0 ? 0 : copysign(size, c[i]);
    }
    return CREASE_OK;
}

/* --- structure ----------------------------------------------------------------------------------- */

static void margins(const crease_part *s, const double *x, const double *g, double w, crease_margin *unit)
{
    double kappa = w * curvature(s), slope = isinf(kappa) ? INFINITY : kappa * weighted_sum(s, x);
    for (size_t i = 0; i < s->n; i++) {
        double bound = slope * factor(s, i);
        if (x[i] != 0) unit[i] = (crease_margin){ NAN, fabs(x[i]), 0 };
        else unit[i] = (crease_margin){ bound - fabs(g[i]), NAN, isinf(bound) ? 0 : bound };
    }
}

static double radius(const crease_part *s, const double *c, const double *d, double w, const double *x)
{
    double kappa = w * curvature(s), fall = 1, moved = 0, least = INFINITY;
    if (isinf(kappa)) return INFINITY;
    double level = kappa * weighted_sum(s, x);
    for (size_t i = 0; i < s->n; i++) {
        if (x[i] == 0) continue;
        if (d[i] == 0) return NAN; /* pinned: tau is its k_i, and no radius is known */
        fall += kappa * (factor(s, i) * (factor(s, i) / d[i]));
        moved = hypot(moved, kappa * (factor(s, i) / d[i]));
    }
    moved /= fall; /* norm of the gradient of tau */
    for (size_t i = 0; i < s->n; i++) {
        double a = factor(s, i), own = x[i] != 0 ? kappa * (a / d[i]) / fall : 0;
        double margin = x[i] != 0 ? d[i] * fabs(x[i]) / a : level - fabs(c[i]) / a; /* |k_i - tau| */
        double others = sqrt(fmax((moved - own) * (moved + own), 0));
        least = fmin(least, fmax(margin, 0) / hypot(1 / a - own, others));
    }
    return least;
}

/* L |x_i| = |u_i| - tau a_i on the support, and tau is kappa S there. */
static void linearize(const crease_part *s, const double *u, double L, double w, const double *x, void *state)
{
    crease_rank_one J = crease_rank_one_at(s, state);
    double kappa = w * curvature(s), square = 0;
    (void)u;
    if (kappa == 0) {
        crease_rank_one_identity(s, state);
        return;
    }
    crease_rank_one_clear(s, state);
    for (size_t i = 0; i < s->n; i++) {
        if (x[i] == 0) continue;
        J.a[i] = 1;
        J.v[i] = copysign(factor(s, i), x[i]);
        square += factor(s, i) * factor(s, i);
    }
    J.b[0] = isinf(kappa) ? 0 : -kappa / (L + kappa * square);
    crease_rank_one_finish(s, state);
}

static const crease_math exclusive_math = {
    .accepts = crease_numbers_refusal,
    .value = value,
    .residual = residual,
    .prox = prox,
    .conjugate = conjugate,
    .scale = crease_no_scale,
    .margins = margins,
    .radius = radius,
    CREASE_RANK_ONE_JACOBIAN(linearize),
};

const crease_regularizer_type crease_regularizer_exclusive = {
    .base = { .name = "exclusive",
              .summary = "exclusive lasso: the entries of a group compete, every group keeps some",
              .formula = "psi(x) = lambda/2 sum_g weight_g (sum_i a_i |x_gi|)^2",
              .source = "Zhou, Jin and Hoi, AISTATS 2010; Campbell and Allen, Electron. J. Stat. 11 (2017)",
              .opts_size = sizeof(exclusive_opts),
              .params = params },
    .flags = CREASE_GROUPED | CREASE_CONVEX | CREASE_UNIT_ENTRY,
    .exact = "any diagonal metric",
    .cost = "O(n) a Newton step, usually less than ten",
    .manifold = "vectors with the same support",
    .identification = "lambda weight_g a_i sum_j a_j |x*_j| - |grad f(x*)_i| over the zero entries",
    .math = &exclusive_math,
};

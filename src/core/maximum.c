/* psi(x) = lambda weight max_i a_i |x_i| on a group.
 *
 * Oracle. With W = w lambda weight, u_i = |c_i|/a_i and v_i = d_i/a_i^2: x = 0 iff the dual norm sum_i u_i
 * is at most W. Otherwise the maximum is the t with
 *     f(t) = sum_i max(u_i - v_i t, 0) = W,
 * entries with u_i >= v_i t are tied at |x_i| = t/a_i (u_i - v_i t is their multiplier), and the others are
 * c_i/d_i. f is convex, piecewise linear and falls, so Newton's method from t = 0 climbs monotonically and
 * stops at the exact root. Nothing is sorted, and multipliers do not suffer from prefix sums. Of excess and
 * slope, each step leaves fractions that sum to 1 at most: their product falls fourfold, so the steps are
 * as many as the digits of d's spread at worst, and usually less than ten. Exact in every diagonal metric:
 * d_i = 0 is a constant term.
 *
 * Structure: the set of the tied entries with their signs. A unit is 0 for the entries of a zero group,
 * FREE below the maximum, TIED (or TIED_BELOW where x_i < 0) at it: points share the manifold when the same
 * entries are tied with the same signs. Its dimension is n - (tied) + 1. a_i |x_i| = t holds to rounding
 * only where a varies, and is recognized within it.
 *
 * Identification radius: the exact distance of c to the boundary of the polyhedron where this structure
 * holds; all its faces are the margins W - sum u, u_i - v_i t, v_i t - u_i, and t, affine in c inside it. */
#include "maximum.h"

#include <float.h>
#include <math.h>

#include "jacobian.h"
#include "part.h"
#include "sum.h"

enum { FREE = 1, TIED = 2, TIED_BELOW = 3, MOST_STEPS = 1000 };

static double factor(const crease_part *s, size_t i)
{
    const crease_maximum_opts *o = s->opts;
    return o->a.n == 0 ? 1 : crease_number_at(&o->a, s, i);
}

static double scale(const crease_part *s)
{
    const crease_maximum_opts *o = s->opts;
    return isinf(s->weight) ? INFINITY : o->lambda * s->weight;
}

/* From which a_i |x_i| on an entry counts as tied with the maximum t. */
static double tied_from(const crease_part *s, double t)
{
    const crease_maximum_opts *o = s->opts;
    return o->a.n > 1 ? t * (1 - 4 * s->roundoff) : t;
}

static double maximum(const crease_part *s, const double *x)
{
    double largest = 0;
    for (size_t i = 0; i < s->n; i++) largest = fmax(largest, factor(s, i) * fabs(x[i]));
    return largest;
}

/* sum_i |y_i|/a_i */
static double dual(const crease_part *s, const double *y)
{
    crease_sum sum = { 0 };
    for (size_t i = 0; i < s->n; i++) crease_sum_add(&sum, fabs(y[i]) / factor(s, i));
    return crease_sum_value(&sum);
}

static double value(const crease_part *s, const double *x)
{
    double t = maximum(s, x);
    return t == 0 ? 0 : scale(s) * t;
}

static double dual_norm(const crease_part *s, const double *y)
{
    double sum = dual(s, y), lambda = scale(s);
    return sum == 0 || isinf(lambda) ? 0 : sum / lambda;
}

/* --- the distance to the subdifferential ---------------------------------------------------------- */

/* The point of w dpsi(x) nearest to -g: { y : y_i = sign_i p_i on the tied set, sum p_i/a_i = W, p >= 0 }
 * (x = 0: signs as those of -g, and sum <= W). It is p_i = max(q_i - theta/a_i, 0), q_i = -sign_i g_i;
 * Newton's method for theta from the left, where the sum is at least W. */
typedef struct {
    const crease_part *s;
    const double *x, *g;
    double from; /* tied from this a_i |x_i| on; 0: all of them */
} face;

static bool is_tied(const face *f, size_t i)
{
    return factor(f->s, i) * fabs(f->x[i]) >= f->from;
}

static double pull(const face *f, size_t i)
{
    return f->from == 0 ? fabs(f->g[i]) : copysign(1, f->x[i]) * -f->g[i];
}

static double nearest_theta(const face *f, double weight)
{
    double theta = f->from == 0 ? 0 : -INFINITY;
    bool rose = true;
    if (f->from > 0) /* the first theta where one entry alone weighs W */
        for (size_t i = 0; i < f->s->n; i++)
            if (is_tied(f, i)) theta = fmax(theta, factor(f->s, i) * (pull(f, i) - factor(f->s, i) * weight));
    for (unsigned k = 0; k < MOST_STEPS; k++) {
        crease_sum sum = { 0 }, slope = { 0 };
        for (size_t i = 0; i < f->s->n; i++) {
            double inverse = 1 / factor(f->s, i), p = pull(f, i) - theta * inverse;
            if (p <= 0 || !is_tied(f, i)) continue;
            crease_sum_add(&sum, p * inverse);
            crease_sum_add(&slope, inverse * inverse);
        }
        double rate = crease_sum_value(&slope);
        if (rate == 0) break; /* W is below the rounding of theta */
        double next = theta + (crease_sum_value(&sum) - weight) / rate;
        if (f->from == 0) next = fmax(next, 0);
        bool rises = next > theta;
        if (!rises && !rose) break;
        rose = rises; /* one step back: far from the root, rounding may lead beyond it */
        theta = next;
    }
    return theta;
}

static double residual(const crease_part *s, const double *x, const double *g, double w)
{
    double t = maximum(s, x), weight = w * scale(s), sum = 0;
    face f = { s, x, g, tied_from(s, t) };
    if (isinf(weight)) return t == 0 ? 0 : INFINITY;
    double theta = nearest_theta(&f, weight);
    for (size_t i = 0; i < s->n; i++) {
        double rest = is_tied(&f, i) ? fmin(pull(&f, i), theta / factor(s, i)) : g[i];
        sum = hypot(sum, rest);
    }
    return sum;
}

/* --- the oracle ----------------------------------------------------------------------------------- */

/* u_i - v_i t times a_i */
static double multiplier(const crease_part *s, const double *c, const double *d, double t, size_t i)
{
    return fabs(c[i]) - d[i] / factor(s, i) * t;
}

/* The root of f(t) = W from the left; infinite: f stays above W. */
static double level(const crease_part *s, const double *c, const double *d, double weight, unsigned *steps)
{
    double t = 0;
    for (*steps = 0; *steps < MOST_STEPS; ++*steps) {
        crease_sum sum = { 0 }, slope = { 0 };
        for (size_t i = 0; i < s->n; i++) {
            double a = factor(s, i), y = multiplier(s, c, d, t, i);
            if (y <= 0) continue;
            crease_sum_add(&sum, y / a);
            crease_sum_add(&slope, d[i] / a / a);
        }
        double excess = crease_sum_value(&sum) - weight, fall = crease_sum_value(&slope);
        if (excess <= 0) break;
        if (fall == 0) return INFINITY;
        double next = t + excess / fall;
        if (!(next > t)) break;
        t = next;
    }
    return t;
}

static int prox(const crease_part *s, const double *c, const double *d, double w, double *x,
                crease_prox_info *info)
{
    double weight = w * scale(s), t = 0;
    if (!crease_are_finite(s->n, c) || !crease_are_finite(s->n, d)) return CREASE_ENAN;
    if (dual(s, c) > weight) t = level(s, c, d, weight, &info->iterations);
    if (isinf(t)) return CREASE_EUNBOUNDED;
    for (size_t i = 0; i < s->n; i++) {
        bool tied = c[i] != 0 && multiplier(s, c, d, t, i) >= 0;
        x[i] = tied ? copysign(t / factor(s, i), c[i]) : c[i] / d[i];
        if (c[i] == 0 || x[i] == 0) x[i] = 0;
    }
    return CREASE_OK;
}

/* --- structure ------------------------------------------------------------------------------------ */

static void signature(const crease_part *s, const double *x, crease_unit *unit)
{
    double t = maximum(s, x), from = tied_from(s, t);
    for (size_t i = 0; i < s->n; i++) {
        bool tied = factor(s, i) * fabs(x[i]) >= from;
        unit[i] = t == 0 ? 0 : !tied ? FREE : x[i] < 0 ? TIED_BELOW : TIED;
    }
}

static size_t dimension(const crease_part *s, const double *x, const crease_unit *unit)
{
    size_t tied = 0;
    (void)x;
    for (size_t i = 0; i < s->n; i++) {
        if (unit[i] == 0) return 0;
        tied += unit[i] != FREE;
    }
    return s->n == 0 ? 0 : s->n - tied + 1;
}

/* Tied entries: the multiplier. Free ones: the way to the maximum. */
static void margins(const crease_part *s, const double *x, const double *g, double w, crease_margin *unit)
{
    double t = maximum(s, x), from = tied_from(s, t), weight = w * scale(s);
    double group_slack = isinf(weight) ? INFINITY : weight - dual(s, g);
    for (size_t i = 0; i < s->n; i++) {
        double a = factor(s, i), gap = t / a - fabs(x[i]);
        if (t == 0) unit[i] = (crease_margin){ group_slack, NAN, isinf(weight) ? 0 : weight };
        else if (a * fabs(x[i]) >= from) unit[i] = (crease_margin){ copysign(1, x[i]) * -g[i], NAN, 0 };
        else unit[i] = (crease_margin){ NAN, gap, 0 };
    }
}

typedef struct {
    double inverse_squares, v; /* sums of 1/a_i^2 and of v_i over the tied set (x = 0: over all) */
} tie;

/* In how far c moves a margin, as the norm of its gradient; t moves by sum_tied (+-) e_i/a_i over tie.v. */
static double reach(double margin, double v, double a, bool tied, tie sum)
{
    double part = v / sum.v, own = tied ? (1 - part) / a : 1 / a;
    double others = sum.inverse_squares - (tied ? 1 / (a * a) : 0);
    return margin / hypot(own, part * sqrt(fmax(others, 0)));
}

static double radius(const crease_part *s, const double *c, const double *d, double w, const double *x)
{
    double t = maximum(s, x), from = tied_from(s, t), weight = w * scale(s);
    tie sum = { 0 };
    if (isinf(weight) || s->n == 0) return INFINITY;
    for (size_t i = 0; i < s->n; i++) {
        double a = factor(s, i);
        if (a * fabs(x[i]) < from) continue;
        sum.inverse_squares += 1 / (a * a);
        sum.v += d[i] / a / a;
    }
    if (t == 0) return fmax(weight - dual(s, c), 0) / sqrt(sum.inverse_squares);
    if (sum.v == 0) return 0; /* t is not determined */
    double least = t * sum.v / sqrt(sum.inverse_squares);
    for (size_t i = 0; i < s->n; i++) {
        double a = factor(s, i), margin = fabs(multiplier(s, c, d, t, i)) / a;
        bool tied = a * fabs(x[i]) >= from;
        least = fmin(least, reach(margin, d[i] / a / a, a, tied, sum));
    }
    return least;
}

/* Tied entries are x_i = sign_i t/a_i and share t, with sum over them of (|u_i| - L t/a_i)/a_i = W; the others are
 * u_i/L. */
static void linearize(const crease_part *s, const double *u, double L, double w, const double *x, void *state)
{
    crease_rank_one J = crease_rank_one_at(s, state);
    double t = maximum(s, x), from = tied_from(s, t), weight = w * scale(s), square = 0;
    (void)u, (void)L;
    if (weight == 0) {
        crease_rank_one_identity(s, state);
        return;
    }
    crease_rank_one_clear(s, state);
    for (size_t i = 0; t > 0 && i < s->n; i++) {
        double a = factor(s, i);
        if (a * fabs(x[i]) < from) J.a[i] = 1;
        else J.v[i] = copysign(1 / a, x[i]), square += 1 / (a * a);
    }
    J.b[0] = square > 0 ? 1 / square : 0;
    crease_rank_one_finish(s, state);
}

const crease_math crease_math_maximum = {
    .accepts = crease_numbers_refusal,
    .value = value,
    .residual = residual,
    .prox = prox,
    .dual_norm = dual_norm,
    .scale = scale,
    .signature = signature,
    .dimension = dimension,
    .margins = margins,
    .radius = radius,
    CREASE_RANK_ONE_JACOBIAN(linearize),
};

/* Half the squared k-support norm: the tightest convex penalty of vectors with k nonzeros and bounded
 * length.
 *
 * |x|^2 = min { sum_i x_i^2/eta_i : 0 <= eta_i <= 1, sum_i eta_i <= k } (McDonald, Pontil, Stamos). For
 * given x the eta are min(|x_i|/theta, 1) with sum k, so entries of at least theta count squared and the
 * others as theta |x_i|.
 *
 * Oracle. With kappa = w lambda weight and x minimized out, eta maximizes sum_i c_i^2 eta_i / (d_i eta_i +
 * kappa):
 *     eta_i(tau) = clip(kappa (|c_i| - tau)/(tau d_i), 0, 1),  sum_i eta_i(tau) = k,
 *     x_i = eta_i c_i / (d_i eta_i + kappa).
 * (Fewer than k nonzeros in c: eta = 1.) The sum falls in tau and is piecewise linear in 1/tau. A bracket
 * is narrowed, mostly by Newton's steps, until no eta bends in it, or no double splits it, as where eta
 * jumps (d_i = 0, or tiny). In either case eta is interpolated between its ends so that the sum is k:
 * exactly so where it is linear, and where it jumps any value in between is right. So the oracle is exact
 * in every diagonal metric. |c_i| - tau and the sum's difference from k keep their relative precision,
 * which tiny and huge d_i call for.
 *
 * Identification radius: x_i != 0 iff |c_i| > tau, and tau moves by |e|_inf at most (if it moved up by
 * more, every |c_i|/tau would have fallen, and so would the sum; and the other way round). So half of the
 * least ||c_i| - tau|. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "core/jacobian.h"
#include "core/order.h"
#include "core/part.h"
#include "core/sum.h"

enum { MOST_STEPS = 1000 };

typedef struct {
    double lambda;
    long k;
} ksupport_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(ksupport_opts, lambda, 1, CREASE_GE(0), "curvature of the square"),
    CREASE_PARAM_INT(ksupport_opts, k, 1, CREASE_GE(1),
                     "nonzeros that cost no more than their length; 1: squared l1"),
    CREASE_PARAM_END,
};

static double curvature(const crease_part *s)
{
    double lambda = ((const ksupport_opts *)s->opts)->lambda;
    return isinf(s->weight) ? INFINITY : lambda * s->weight;
}

static size_t kept(const crease_part *s)
{
    return (size_t)((const ksupport_opts *)s->opts)->k;
}

static size_t work(const crease_part *s)
{
    return s->n * sizeof(double);
}

/* --- value and duality ---------------------------------------------------------------------------- */

static size_t count_nonzero(const crease_part *s, const double *x, double *least)
{
    size_t count = 0;
    *least = INFINITY;
    for (size_t i = 0; i < s->n; i++) {
        if (x[i] == 0) continue;
        *least = fmin(*least, fabs(x[i]));
        count++;
    }
    return count;
}

/* theta with sum_i min(|x_i|/theta, 1) = k, 0 where there are less than k nonzeros: Newton's method for
 * 1/theta, in which the sum is concave; it ends when the set of the large entries stays. */
static double level(const crease_part *s, const double *x)
{
    double least, theta = INFINITY;
    size_t k = kept(s), live = count_nonzero(s, x, &least);
    if (live <= k) return live == k ? least : 0;
    for (;;) {
        crease_sum sum = { 0 };
        size_t large = 0;
        for (size_t i = 0; i < s->n; i++) {
            if (fabs(x[i]) < theta) crease_sum_add(&sum, fabs(x[i]));
            else large++;
        }
        double next = large < k ? crease_sum_value(&sum) / (double)(k - large) : theta;
        if (!(next < theta)) return theta;
        theta = next;
    }
}

static double value(const crease_part *s, const double *x)
{
    double theta = level(s, x), least;
    crease_sum sum = { 0 };
    if (count_nonzero(s, x, &least) == 0) return 0;
    if (isinf(curvature(s))) return INFINITY;
    for (size_t i = 0; i < s->n; i++) crease_sum_add(&sum, fabs(x[i]) * fmax(fabs(x[i]), theta));
    return curvature(s) / 2 * crease_sum_value(&sum);
}

static double residual(const crease_part *s, const double *x, const double *g, double w)
{
    double kappa = w * curvature(s), theta = level(s, x), least, sum = 0;
    if (isinf(kappa)) return count_nonzero(s, x, &least) == 0 ? 0 : INFINITY;
    for (size_t i = 0; i < s->n; i++) {
        double y = kappa * fmax(fabs(x[i]), theta);
        sum = hypot(sum, x[i] != 0 ? g[i] + copysign(y, x[i]) : fmax(fabs(g[i]) - y, 0));
    }
    return sum;
}

/* sum of the k largest y_i^2, over 2 lambda weight */
static double conjugate(const crease_part *s, const double *y)
{
    double *size = s->work, last = 0;
    size_t room = kept(s) < s->n ? kept(s) : s->n;
    crease_sum sum = { 0 };
    if (isinf(curvature(s)) || s->n == 0) return 0;
    for (size_t i = 0; i < s->n; i++) size[i] = fabs(y[i]);
    last = crease_select_descending(s->n, size, room - 1);
    for (size_t i = 0; i < s->n; i++) {
        if (fabs(y[i]) <= last) continue;
        crease_sum_add(&sum, y[i] * y[i]);
        room--;
    }
    crease_sum_add(&sum, (double)room * last * last);
    return crease_sum_value(&sum) == 0 ? 0 : crease_sum_value(&sum) / (2 * curvature(s));
}

/* --- the oracle ----------------------------------------------------------------------------------- */

static double share(double c, double d, double kappa, double tau)
{
    double over = fabs(c) - tau;
    if (over <= 0) return 0;
    return kappa * over >= tau * d ? 1 : kappa * over / tau / d;
}

/* What eta(tau) looks like. */
typedef struct {
    double tau, excess; /* sum of eta - k */
    double next;        /* Newton's step for 1/tau; NAN where no eta moves */
    size_t ones, zeros;
} sight;

static sight look(const crease_part *s, const double *c, const double *d, double kappa, double tau)
{
    double k = (double)kept(s);
    crease_sum sum = { -k, 0 }, slope = { 0 };
    sight at = { .tau = tau };
    for (size_t i = 0; i < s->n; i++) {
        double eta = share(c[i], d[i], kappa, tau);
        at.ones += eta == 1;
        at.zeros += eta == 0;
        crease_sum_add(&sum, eta);
        if (eta > 0 && eta < 1) crease_sum_add(&slope, kappa * fabs(c[i]) / d[i]);
    }
    double fall = crease_sum_value(&slope);
    at.excess = crease_sum_value(&sum);
    at.next = fall > 0 ? tau / (1 - tau * at.excess / fall) : NAN;
    return at;
}

/* low.excess >= 0 >= high.excess. Linear: every eta is linear in 1/tau in between. */
typedef struct {
    sight low, high;
} bracket;

static bool is_linear(const bracket *b)
{
    return b->low.ones == b->high.ones && b->low.zeros == b->high.zeros;
}

/* In turn Newton's step from the last point, twice as far, which closes the bracket on the other side, and
 * half way; outside the bracket, half way. Not inside: there is no double left. */
static double proposal(const bracket *b, const sight *last, unsigned turn)
{
    double low = b->low.tau, high = b->high.tau, tau = sqrt(low) * sqrt(high);
    double step = last->next - last->tau, least = 4 * DBL_EPSILON * last->tau;
    if (!(tau > low && tau < high)) tau = low + (high - low) / 2;
    if (turn % 3 == 2 || isnan(step)) return tau;
    if (turn % 3 == 1) step += copysign(fmax(fabs(step), least), last->excess);
    double wanted = last->tau + step;
    return wanted > low && wanted < high ? wanted : tau;
}

/* Around the root, for c with more than k nonzeros. */
static bracket find(const crease_part *s, const double *c, const double *d, double kappa, unsigned *steps)
{
    double low = INFINITY, high = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (c[i] == 0) continue;
        low = fmin(low, fabs(c[i]) / (1 + d[i] / kappa) * (1 - 4 * DBL_EPSILON)); /* all eta are 1 */
        high = fmax(high, fabs(c[i]));
    }
    bracket b = { look(s, c, d, kappa, low), look(s, c, d, kappa, high) };
    sight last = b.high;
    for (*steps = 0; *steps < MOST_STEPS && !is_linear(&b); ++*steps) {
        double tau = proposal(&b, &last, *steps);
        if (!(tau > b.low.tau && tau < b.high.tau)) break;
        last = look(s, c, d, kappa, tau);
        if (last.excess >= 0) b.low = last;
        if (last.excess <= 0) b.high = last;
    }
    return b;
}

/* The weight of the lower end in the sum k. */
static double part_of_low(const bracket *b)
{
    return b->low.excess > 0 ? b->high.excess / (b->high.excess - b->low.excess) : 1;
}

static double interpolated(const bracket *b, double part, double c, double d, double kappa)
{
    double low = share(c, d, kappa, b->low.tau), high = share(c, d, kappa, b->high.tau);
    return low == high ? low : part * low + (1 - part) * high;
}

static int prox(const crease_part *s, const double *c, const double *d, double w, double *x,
                crease_prox_info *info)
{
    double kappa = w * curvature(s), least;
    if (!crease_are_finite(s->n, c) || !crease_are_finite(s->n, d)) return CREASE_ENAN;
    if (kappa == 0) return crease_unpenalized(s->n, c, d, x);
    if (isinf(kappa)) {
        memset(x, 0, s->n * sizeof *x);
        return CREASE_OK;
    }
    bool all = count_nonzero(s, c, &least) <= kept(s);
    bracket b = { 0 };
    if (!all) b = find(s, c, d, kappa, &info->iterations);
    double part = all ? 1 : part_of_low(&b);
    for (size_t i = 0; i < s->n; i++) {
        double eta = all ? 1 : interpolated(&b, part, c[i], d[i], kappa);
        x[i] = eta == 0 || c[i] == 0 ? 0 : c[i] / (d[i] + kappa / eta) + 0.0;
    }
    return CREASE_OK;
}

/* --- structure ------------------------------------------------------------------------------------ */

static void margins(const crease_part *s, const double *x, const double *g, double w, crease_margin *unit)
{
    double kappa = w * curvature(s), slope = isinf(kappa) ? INFINITY : kappa * level(s, x);
    for (size_t i = 0; i < s->n; i++) {
        if (x[i] != 0) unit[i] = (crease_margin){ NAN, fabs(x[i]), 0 };
        else unit[i] = (crease_margin){ slope - fabs(g[i]), NAN, isinf(slope) ? 0 : slope };
    }
}

/* tau may be any point of an interval where exactly k entries have eta = 1: then halfway between the least
 * |c_i| kept and the largest dropped, if it reaches there. */
static double radius(const crease_part *s, const double *c, const double *d, double w, const double *x)
{
    double kappa = w * curvature(s), least = INFINITY, live = INFINITY, dropped = 0, full = INFINITY;
    size_t count = 0, k = kept(s);
    if (isinf(kappa)) return INFINITY;
    for (size_t i = 0; i < s->n; i++) {
        if (x[i] == 0) dropped = fmax(dropped, fabs(c[i]));
        else live = fmin(live, fabs(c[i])), full = fmin(full, fabs(c[i]) / (1 + d[i] / kappa)), count++;
    }
    if (s->n <= k || kappa == 0) return count < s->n ? 0 : live;
    if (count < k) return 0; /* zeros without a threshold */
    unsigned steps;
    double tau = fmin(full, (live + dropped) / 2);
    if (count > k) {
        bracket b = find(s, c, d, kappa, &steps);
        double part = part_of_low(&b);
        tau = 1 / (part / b.low.tau + (1 - part) / b.high.tau);
    }
    for (size_t i = 0; i < s->n; i++) least = fmin(least, fabs(fabs(c[i]) - tau));
    return least / 2;
}

/* Entries with eta = 1 are u_i/(L + kappa); those with eta in between have L |x_i| = |u_i| - tau, where
 *     sum over them of |u_i|/tau = (k - those with eta = 1) L/kappa + their number.                      */
static void linearize(const crease_part *s, const double *u, double L, double w, const double *x, void *state)
{
    crease_rank_one J = crease_rank_one_at(s, state);
    double kappa = w * curvature(s), theta = level(s, x), shared = 0, room = (double)kept(s);
    (void)u;
    crease_rank_one_clear(s, state);
    if (kappa == 0) crease_rank_one_identity(s, state);
    if (kappa == 0 || isinf(kappa)) return;
    for (size_t i = 0; i < s->n; i++) {
        bool full = fabs(x[i]) >= theta, some = !full && x[i] != 0;
        J.a[i] = full ? L / (L + kappa) : some ? 1 : 0;
        J.v[i] = some ? copysign(1, x[i]) : 0;
        room -= full;
        shared += some;
    }
    J.b[0] = shared > 0 ? -1 / (room * L / kappa + shared) : 0;
    crease_rank_one_finish(s, state);
}

static const crease_math ksupport_math = {
    .work = work,
    .value = value,
    .residual = residual,
    .prox = prox,
    .conjugate = conjugate,
    .scale = crease_no_scale,
    .margins = margins,
    .radius = radius,
    CREASE_RANK_ONE_JACOBIAN(linearize),
};

const crease_regularizer_type crease_regularizer_ksupport = {
    .base = { .name = "ksupport",
              .summary =
                  "half the squared k-support norm: sparse, and less biased than the lasso among k entries",
              .formula = "psi(x) = lambda/2 sum_g weight_g |x_g|_ksp^2, |x|_ksp the gauge of the hull of "
                         "{ x : |x|_0 <= k, |x|_2 <= 1 }",
              .source =
                  "Argyriou, Foygel and Srebro, NIPS 2012; McDonald, Pontil and Stamos, JMLR 17 (2016), for the "
                  "variational form",
              .opts_size = sizeof(ksupport_opts),
              .params = params },
    .flags = CREASE_CONVEX | CREASE_UNIT_ENTRY,
    .exact = "any diagonal metric",
    .cost = "O(n) a step, usually less than twenty",
    .manifold = "vectors with the same support",
    .identification =
        "lambda weight_g theta(x*) - |grad f(x*)_i| over the zero entries, lambda weight_g theta the "
        "gradient that the smallest live entries share",
    .math = &ksupport_math,
};

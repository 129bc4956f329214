/* The exact oracle of one group in double, whatever the width of the backend, for every input that has
 * an answer: the slow road that the fast kernels turn to when a group is out of the ordinary (zeros in
 * d, numbers near the ends of the range, more Newton steps than usual), and the only one for the plain
 * rule.
 *
 * Scaled as c^ = c/2^e in [-2, 2], tau^ = tau/2^e, d^ = d/d_max, t = s d_max/2^e: every comparison is
 * that of the unscaled numbers, and nothing overflows. A bracket low < t* <= high is kept; Newton's
 * step is taken where it stays inside. When g keeps falling slowly the bracket is bisected in log t
 * instead, because Newton alone only gains a factor 1.5 a step while the c_i with d_i near 0 nearly
 * fill the ball; so the steps are bounded. Most steps seen: 15 over 100,000 random groups, 31 over
 * 100,000 groups of that adverse family (tests/test_kernels.c). */
#ifndef CREASE_CPU_CAREFUL_H
#define CREASE_CPU_CAREFUL_H

#include "../formulas/secular.h"
#include "group.h"

enum {
    CAREFUL_DEFAULT_CAP = 200,
    CAREFUL_PATIENCE = 4, /* slow steps of Newton before the bracket is bisected */
};

typedef struct careful {
    const group_problem *p;
    double scale, tau, d_scale; /* 2^-e, tau^, 1/d_max (a power of two near it) */
    double norm;                /* |c^| */
    double t, low, high;
    double q, slope; /* q(t) and T(t) */
    unsigned steps;
} careful;

typedef struct group_outcome {
    bool live, capped;
    unsigned steps;
    double bound; /* tau |1 - r| / max(|c|, tau) */
} group_outcome;

static double careful_linear(const careful *s, size_t i)
{
    return problem_linear(s->p, i) * s->scale;
}

static double careful_metric(const careful *s, size_t i)
{
    return problem_metric(s->p, i) * s->d_scale;
}

/* The scales and |c^|; false where soft(c) = 0. */
static bool careful_scale(careful *s)
{
    double c_max = 0, d_max = 0, sum[8] = { 0 };
    for (size_t i = 0; i < s->p->n; i++) {
        c_max = fmax(c_max, fabs(problem_linear(s->p, i)));
        d_max = fmax(d_max, problem_metric(s->p, i));
    }
    if (c_max == 0) return false;
    s->scale = ldexp(1, -ilogb(c_max));
    s->d_scale = d_max > 0 ? ldexp(1, -ilogb(d_max)) : 1;
    s->tau = s->p->tau * s->scale;
    for (size_t i = 0; i < s->p->n; i++) {
        double c = careful_linear(s, i);
        sum[i % 8] += c * c;
    }
    s->norm = sqrt(((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7])));
    return true;
}

/* The bracket. With c_0 the part of c on d_i = 0 and beta^2 = 1 - |c_0|^2/tau^2:
 *   (|c| - tau)/mean <= t* <= (|c_rest|/beta - tau)/(least positive d). */
static int careful_bracket(careful *s)
{
    double zero_sum = 0, rest_sum = 0, mean_sum = 0, least = INFINITY;
    for (size_t i = 0; i < s->p->n; i++) {
        double c = careful_linear(s, i), d = careful_metric(s, i), square = c * c;
        if (c == 0) continue;
        if (d > 0) {
            rest_sum += square;
            mean_sum += square * d;
            least = fmin(least, d);
        } else {
            zero_sum += square;
        }
    }
    double filled = sqrt(zero_sum) / s->tau;
    if (filled >= 1) return CREASE_EUNBOUNDED;
    double beta = sqrt((1 - filled) * (1 + filled));
    s->low = (s->norm - s->tau) * (s->norm * s->norm / mean_sum);
    s->high = (sqrt(rest_sum) / beta - s->tau) / least;
    s->high = fmax(s->low, s->high) * (1 + 0x1p-40); /* room for the rounding of both */
    s->t = s->low;
    return CREASE_OK;
}

static void careful_evaluate(careful *s)
{
    double q[8] = { 0 }, slope[8] = { 0 };
    for (size_t i = 0; i < s->p->n; i++) {
        double c = careful_linear(s, i), d = careful_metric(s, i);
        double inverse = 1 / (d * s->t + s->tau), a = c * inverse;
        q[i % 8] += a * a;
        slope[i % 8] += a * a * (d * inverse);
    }
    s->q = ((q[0] + q[4]) + (q[2] + q[6])) + ((q[1] + q[5]) + (q[3] + q[7]));
    s->slope = ((slope[0] + slope[4]) + (slope[2] + slope[6]))
               + ((slope[1] + slope[5]) + (slope[3] + slope[7]));
    s->steps++;
}

/* Newton in the bracket; true when the cap came first. g = 1/r - 1 falls much faster than by SLOW in a
 * step unless the c_i with d_i near 0 nearly fill the ball. */
static bool careful_reciprocal(careful *s, unsigned cap)
{
    const double enough = 0x1p-52, slow = 0.3;
    unsigned slow_steps = 0;
    for (double before = INFINITY; s->steps < cap;) {
        careful_evaluate(s);
        double root = sqrt(s->q), g = fabs(1 / root - 1);
        double step = s->q * ((s->q - 1) / ((1 + root) * s->slope)), next = s->t + step;
        if (s->q >= 1)
            s->low = s->t;
        else
            s->high = s->t;
        if (g <= enough) return false;
        bool inside = next > s->low && next < s->high;
        if (inside && 1.5 * fabs(step / s->t) * g <= enough) {
            s->t = next;
            return false;
        }
        if (s->high <= s->low * (1 + 4 * 0x1p-52)) return false;
        slow_steps = g > slow * before ? slow_steps + 1 : 0;
        bool bisect = !inside || (slow_steps >= CAREFUL_PATIENCE && s->high > 2 * s->low);
        if (bisect) slow_steps = CAREFUL_PATIENCE - 2;
        before = bisect ? INFINITY : g;
        s->t = bisect ? sqrt(s->low) * sqrt(s->high) : next;
    }
    return true;
}

/* ProxSSI as published (proxssi/l1_l2.py), its stopping test applied to the group alone: absolute tests
 * on q - 1 before the step, the step itself always taken. */
static bool careful_plain(careful *s, unsigned cap)
{
    const double tolerance = 1e-7;
    double d_max = 0, before = 0;
    for (size_t i = 0; i < s->p->n; i++) d_max = fmax(d_max, careful_metric(s, i));
    s->t = (s->norm - s->tau) / d_max;
    while (s->steps < cap) {
        careful_evaluate(s);
        double h = s->q - 1;
        s->t += h / (2 * s->slope);
        if (fabs(h) < tolerance || fabs(before - h) < tolerance) return false;
        before = h;
    }
    return true;
}

/* x_i = c_i s/(d_i s + tau), and the bound from |x| as it came out */
static double careful_output(const careful *s, crease_real *x)
{
    double unit = s->d_scale / s->scale, sum = 0;
    for (size_t i = 0; i < s->p->n; i++) {
        double a = careful_linear(s, i) / (careful_metric(s, i) * s->t + s->tau);
        sum += a * a;
        x[i] = a == 0 ? 0 : (crease_real)(a * s->t * unit);
    }
    return s->tau * fabs(1 - sqrt(sum)) / fmax(s->norm, s->tau);
}

/* How far the fast road came: its steps and its s. */
typedef struct careful_start {
    unsigned steps;
    double s;
} careful_start;

/* tau > 0. */
static int careful_solve(const group_problem *p, crease_secular_rule rule, unsigned cap,
                         careful_start start, crease_real *x, group_outcome *outcome)
{
    careful s = { .p = p, .steps = start.steps };
    *outcome = (group_outcome){ .live = false };
    if (!problem_is_finite(p)) return CREASE_ENAN;
    if (!careful_scale(&s) || s.norm <= s.tau) {
        group_zero(p->n, x);
        return CREASE_OK;
    }
    CREASE_TRY(careful_bracket(&s));
    double t = start.s * s.scale / s.d_scale;
    if (t > s.low && t < s.high) s.t = t;
    if (cap == 0) cap = CAREFUL_DEFAULT_CAP;
    bool plain = rule == CREASE_SECULAR_PLAIN;
    bool capped = plain ? careful_plain(&s, cap) : careful_reciprocal(&s, cap);
    *outcome = (group_outcome){ true, capped, s.steps, careful_output(&s, x) };
    return CREASE_OK;
}

#endif

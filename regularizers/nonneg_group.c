/* The group lasso on nonnegative vectors. Entries with c_i <= 0 end at 0, whatever the metric: with x_i > 0
 * their derivative d_i x_i - c_i + w lambda weight x_i/|x| would be positive. So the oracle is the group
 * lasso's with max(c, 0) for c, exact in every diagonal metric (src/core/radial.c).
 *
 * Identification radius: a zero group stays while |e| < w lambda weight - |max(c, 0)|; a live one keeps its
 * support while also |e_i| < |c_i| for every entry, as c -> max(c, 0) is nonexpansive. */
#include <cblas.h>
#include <math.h>

#include "core/jacobian.h"
#include "core/part.h"
#include "core/radial.h"

typedef struct {
    double lambda;
} nonneg_group_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(nonneg_group_opts, lambda, 1, CREASE_GE(0), "factor on every group's weight"),
    CREASE_PARAM_END,
};

static double threshold(const crease_part *s)
{
    double lambda = ((const nonneg_group_opts *)s->opts)->lambda;
    return isinf(s->weight) ? INFINITY : lambda * s->weight;
}

static size_t work(const crease_part *s)
{
    return s->n * sizeof(double);
}

/* sign max(sign v, 0) in the work space, and its norm. */
static double clipped(const crease_part *s, const double *v, double sign)
{
    double *out = s->work;
    for (size_t i = 0; i < s->n; i++) out[i] = fmax(sign * v[i], 0);
    return cblas_dnrm2((blasint)s->n, out, 1);
}

static double norm(const crease_part *s, const double *x)
{
    return cblas_dnrm2((blasint)s->n, x, 1);
}

static bool is_negative(const crease_part *s, const double *x)
{
    for (size_t i = 0; i < s->n; i++)
        if (x[i] < 0) return true;
    return false;
}

static double value(const crease_part *s, const double *x)
{
    double size = norm(s, x);
    if (is_negative(s, x)) return INFINITY;
    return size == 0 ? 0 : threshold(s) * size;
}

static double residual(const crease_part *s, const double *x, const double *g, double w)
{
    double size = norm(s, x), ball = w * threshold(s), sum = 0;
    if (is_negative(s, x)) return INFINITY;
    if (size == 0) return isinf(ball) ? 0 : fmax(clipped(s, g, -1) - ball, 0);
    if (isinf(ball)) return INFINITY;
    for (size_t i = 0; i < s->n; i++) {
        double smooth = g[i] + ball * (x[i] / size);
        sum = hypot(sum, x[i] > 0 ? smooth : fmin(smooth, 0));
    }
    return sum;
}

static int prox(const crease_part *s, const double *c, const double *d, double w, double *x,
                crease_prox_info *info)
{
    crease_radial_point best;
    crease_radial q = { .n = s->n, .c = s->work, .d = d, .w = w, .stretch = 1,
                        .p = { .n = 1, .piece = { { INFINITY, threshold(s), 0 } } } };
    if (!crease_are_finite(s->n, c)) return CREASE_ENAN;
    clipped(s, c, 1);
    int code = crease_radial_solve(&q, &best);
    if (code != CREASE_OK) return code;
    crease_radial_fill(&q, &best, x);
    info->iterations = best.iterations;
    return CREASE_OK;
}

/* 0 where max(y, 0) lies in the ball of radius lambda weight, else infinite. */
static double conjugate(const crease_part *s, const double *y)
{
    double room = 1 + 4 * s->roundoff * sqrt((double)s->n);
    return clipped(s, y, 1) <= threshold(s) * room ? 0 : INFINITY;
}

static void margins(const crease_part *s, const double *x, const double *g, double w, crease_margin *unit)
{
    double ball = w * threshold(s), slack = isinf(ball) ? INFINITY : ball - clipped(s, g, -1);
    bool by_group = norm(s, x) == 0 && ball > 0;
    for (size_t i = 0; i < s->n; i++) {
        if (x[i] != 0) unit[i] = (crease_margin){ NAN, x[i], 0 };
        else unit[i] = (crease_margin){ by_group ? slack : g[i], NAN, by_group && isfinite(ball) ? ball : 0 };
    }
}

static double radius(const crease_part *s, const double *c, const double *d, double w, const double *x)
{
    double ball = w * threshold(s);
    (void)d;
    if (isinf(ball)) return INFINITY;
    double least = ball > 0 ? fabs(clipped(s, c, 1) - ball) : INFINITY;
    if (norm(s, x) == 0 && ball > 0) return least;
    for (size_t i = 0; i < s->n; i++) least = fmin(least, fabs(c[i]));
    return least;
}

/* L x = (1 - ball/rho) max(u, 0), rho the length of max(u, 0). */
static void linearize(const crease_part *s, const double *u, double L, double w, const double *x, void *state)
{
    crease_rank_one J = crease_rank_one_at(s, state);
    double size = norm(s, x), ball = w * threshold(s);
    (void)u;
    crease_rank_one_clear(s, state);
    if (isinf(ball) || size == 0) return;
    for (size_t i = 0; i < s->n; i++) {
        if (x[i] == 0) continue;
        J.a[i] = L * size / (L * size + ball);
        J.v[i] = x[i] / size;
    }
    J.b[0] = ball / (L * size + ball);
    crease_rank_one_finish(s, state);
}

static const crease_math nonneg_group_math = {
    .work = work,
    .value = value,
    .residual = residual,
    .prox = prox,
    .conjugate = conjugate,
    .scale = threshold,
    .margins = margins,
    .radius = radius,
    CREASE_RANK_ONE_JACOBIAN(linearize),
};

const crease_regularizer_type crease_regularizer_nonneg_group = {
    .base = { .name = "nonneg_group",
              .summary =
                  "group lasso on nonnegative vectors: whole groups of zeros, and single zeros in live ones",
              .formula = "psi(x) = lambda sum_g weight_g |x_g|_2 where x >= 0, else infinite",
              .source = "Yuan and Lin, JRSS B 68 (2006), with a sign constraint",
              .opts_size = sizeof(nonneg_group_opts),
              .params = params },
    .flags = CREASE_GROUPED | CREASE_CONVEX | CREASE_UNIT_ENTRY,
    .exact = "any diagonal metric",
    .cost = "O(n) a Newton step, at most about 15",
    .manifold = "nonnegative vectors with the same support",
    .identification =
        "zero group: lambda weight_g - |max(-grad f(x*)_g, 0)|; zero entry of a live group: grad f(x*)_i",
    .math = &nonneg_group_math,
};

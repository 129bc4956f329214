/* sum log(1 + |x_i|/epsilon). One entry, in t = |x| >= 0: min d/2 t^2 - c t + lambda log(1 + t/epsilon).
 *
 * A positive stationary point solves d t^2 - (c - d epsilon) t - (c epsilon - lambda) = 0; the larger root
 * is the local minimizer. Where lambda <= d epsilon^2 the objective is convex and c > lambda/epsilon
 * decides. Elsewhere a real root may still lose against 0: that the discriminant is positive is not enough,
 * so the two values are compared. The support is safe while no |c_i| crosses the c at which they tie.
 * Groups only say which entries belong to the term; their finite weights are not used. */
#include <math.h>

#include "crease/regularizer.h"

typedef struct {
    double lambda, epsilon;
    crease_numbers weights;
} log_sum_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(log_sum_opts, lambda, 1, CREASE_GE(0), "factor on psi"),
    CREASE_PARAM_REAL(log_sum_opts, epsilon, 1, CREASE_GT(0), "size from which on an entry counts as large"),
    CREASE_PARAM_NUMBERS(log_sum_opts, weights, "1", CREASE_GE(0), "factors on lambda, by entry"),
    CREASE_PARAM_END,
};

static double epsilon_of(const void *opts)
{
    return ((const log_sum_opts *)opts)->epsilon;
}

static double factor(const crease_part *s, size_t i)
{
    const log_sum_opts *o = s->opts;
    return o->lambda * crease_number_at(&o->weights, s, i);
}

static double penalty(const void *opts, double lambda, double t)
{
    return lambda * log1p(t / epsilon_of(opts));
}

static double slope(const void *opts, double lambda, double t)
{
    return lambda / (epsilon_of(opts) + t);
}

/* The larger root where it is real and positive, without cancellation; else 0. */
static double larger_root(double lambda, double epsilon, double c, double d)
{
    double sum = c + d * epsilon, twice = 2 * sqrt(d * lambda), b = c - d * epsilon;
    if (sum < twice) return 0;
    double root = sqrt((sum - twice) * (sum + twice));
    return b >= 0 ? (b + root) / (2 * d) : fmax(2 * (c * epsilon - lambda) / (root - b), 0);
}

static double minimizer(const void *opts, double lambda, double c, double d, unsigned *steps)
{
    double epsilon = epsilon_of(opts), steepest = lambda / epsilon;
    (void)steps;
    if (d == 0) return INFINITY;
    if (c <= steepest && steepest <= d * epsilon) return 0;
    double t = larger_root(lambda, epsilon, c, d);
    if (c > steepest) return t;
    /* the value at t, with c put in from stationarity */
    double value = lambda * (log1p(t / epsilon) - t / (epsilon + t)) - 0.5 * d * t * t;
    return value < 0 ? t : 0;
}

/* By bisection between the c at which the root becomes real and the slope at 0. */
static double threshold(const void *opts, double lambda, double d)
{
    double epsilon = epsilon_of(opts), high = lambda / epsilon;
    double low = fmax(2 * sqrt(d * lambda) - d * epsilon, 0);
    unsigned steps;
    if (d == 0) return 0;
    if (high <= d * epsilon) return high;
    for (;;) {
        double middle = low + (high - low) / 2;
        if (!(low < middle && middle < high)) return low; /* a NaN ends it, too */
        if (minimizer(opts, lambda, middle, d, &steps) > 0) high = middle;
        else low = middle;
    }
}

static double slope_scale(const void *opts, double lambda)
{
    return lambda / epsilon_of(opts);
}

#include "core/concave.h"

const crease_regularizer_type crease_regularizer_log_sum = {
    .base = { .name = "log_sum",
              .summary = "logarithm of every entry: zeros, and little bias on large entries",
              .formula = "psi(x) = sum_i lambda_i log(1 + |x_i|/epsilon), lambda_i = lambda weights_i",
              .source = "Candes, Wakin and Boyd, J. Fourier Anal. Appl. 14 (2008); the oracle: "
                        "Prater-Bennette, Shen and Tripp, J. Sci. Comput. 93 (2022)",
              .opts_size = sizeof(log_sum_opts),
              .params = params },
    .flags = CREASE_SEPARABLE | CREASE_UNIT_ENTRY,
    .exact = "any diagonal metric",
    .cost = "O(n)",
    .manifold = "vectors with the same support",
    .identification = "lambda_i/epsilon - |grad f(x*)_i| over the zero entries, and the oracle's own comparison",
    .math = &concave_math,
};

/* sum |x_i|^q, 0 < q < 1. One entry, in t = |x| >= 0: min d/2 t^2 - c t + lambda t^q.
 *
 * A positive minimizer solves d t + lambda q t^(q-1) = c; its objective (lambda (1 - q) t^(q-1) - d t/2) t
 * is negative exactly where t > T = (2 lambda (1 - q)/d)^(1/(2-q)). The left side of the equation is
 * convex with its least value below T, so the larger root is beyond T exactly where c exceeds the threshold
 * d T (2 - q)/(2 (1 - q)). In units of T the equation has one parameter besides q:
 *     y + k y^(q-1) = z,   k = q/(2 (1 - q)),   z = c/(d T) > 1 + k,   t = T y,   y > 1.
 * Newton's method from y = z falls monotonically, as the left side is convex. For q = 1/2, y = s^2 with the
 * largest root of s^3 - z s + 1/2, by cosines; for q = 2/3, y = s^3 with that of s^4 - z s + 1, by
 * Ferrari's resolvent m^3 - 4 m = z^2; Newton then only confirms. The support is safe while no |c_i| crosses
 * its threshold. Groups only say which entries belong to the term; their finite weights are not used. */
#include <math.h>

#include "crease/regularizer.h"

typedef struct {
    double lambda, q;
    crease_numbers weights;
} lq_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(lq_opts, lambda, 1, CREASE_GE(0), "factor on psi"),
    CREASE_PARAM_REAL(lq_opts, q, 0.5, CREASE_IN_OPEN(0, 1), "the power"),
    CREASE_PARAM_NUMBERS(lq_opts, weights, "1", CREASE_GE(0), "factors on lambda, by entry"),
    CREASE_PARAM_END,
};

static double factor(const crease_part *s, size_t i)
{
    const lq_opts *o = s->opts;
    return o->lambda * crease_number_at(&o->weights, s, i);
}

static double penalty(const void *opts, double lambda, double t)
{
    return lambda * pow(t, ((const lq_opts *)opts)->q);
}

static double slope(const void *opts, double lambda, double t)
{
    double q = ((const lq_opts *)opts)->q;
    return t > 0 ? lambda * q * pow(t, q - 1) : INFINITY;
}

/* T above. */
static double least_positive(double q, double lambda, double d)
{
    return pow(2 * lambda * (1 - q) / d, 1 / (2 - q));
}

static double threshold(const void *opts, double lambda, double d)
{
    double q = ((const lq_opts *)opts)->q;
    return d > 0 ? d * least_positive(q, lambda, d) * ((2 - q) / (2 * (1 - q))) : 0;
}

/* The root y in closed form where there is one, else z; a z beyond 1e100 is its own root. */
static double start(double q, double z)
{
    if (q == 0.5 && z < 1e100) {
        double s = 2 * sqrt(z / 3) * cos(acos(-0.75 / z * sqrt(3 / z)) / 3);
        return s * s;
    }
    if (q == 2.0 / 3 && z < 1e100) {
        double m = 4 / sqrt(3) * cosh(acosh(3 * sqrt(3) / 16 * z * z) / 3), root = sqrt(m);
        double s = 0.5 * (root + sqrt(2 * z / root - m));
        return s * s * s;
    }
    return z;
}

static double minimizer(const void *opts, double lambda, double c, double d, unsigned *steps)
{
    enum { CAP = 100 };
    double q = ((const lq_opts *)opts)->q;
    if (d == 0) return INFINITY;
    if (c <= threshold(opts, lambda, d)) return 0;
    double unit = least_positive(q, lambda, d), z = c / (d * unit), y = start(q, z);
    double k = lambda * q * pow(unit, q) / (d * unit * unit); /* of the T as rounded */
    for (*steps = 1; *steps < CAP; ++*steps) {
        double pull = k * (pow(y, q) / y), next = y - (y + pull - z) / (1 - (1 - q) * pull / y);
        if (*steps > 1 && !(next < y)) break; /* the first may come from a start just left of the root */
        y = next;
    }
    return unit * y;
}

/* Slopes grow without bound towards zero; lambda q is that at 1. */
static double slope_scale(const void *opts, double lambda)
{
    return lambda * ((const lq_opts *)opts)->q;
}

#include "core/concave.h"

const crease_regularizer_type crease_regularizer_lq = {
    .base = { .name = "lq",
              .summary = "power q < 1 of every entry: more zeros and less bias than l1",
              .formula = "psi(x) = sum_i lambda_i |x_i|^q, 0 < q < 1, lambda_i = lambda weights_i",
              .source = "Xu, Chang, Xu and Zhang, IEEE TNNLS 23 (2012) for q = 1/2; Marjanovic and Solo, "
                        "IEEE TSP 60 (2012)",
              .opts_size = sizeof(lq_opts),
              .params = params },
    .flags = CREASE_SEPARABLE | CREASE_UNIT_ENTRY,
    .exact = "any diagonal metric",
    .cost = "O(n), at most about 8 Newton steps an entry",
    .manifold = "vectors with the same support",
    .identification = "distance of |c_i| from the oracle's threshold d_i T_i (2 - q)/(2 - 2q)",
    .math = &concave_math,
};

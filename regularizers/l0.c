/* The number of nonzeros. A jump at zero: in a metric z_i = c_i/d_i is kept where w lambda_i < d_i z_i^2 /
 * 2, which is a comparison of the two candidates, hence exact. The support is safe while no |c_i| crosses
 * sqrt(2 w lambda_i d_i). A gradient alone never shows a wrong zero: every zero is a local minimizer.
 * Groups only say which entries belong to the term; their finite weights are not used. */
#include "crease/regularizer.h"

typedef struct {
    double lambda;
    crease_numbers weights;
} l0_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(l0_opts, lambda, 1, CREASE_GE(0), "price of a nonzero"),
    CREASE_PARAM_NUMBERS(l0_opts, weights, "1", CREASE_GE(0), "factors on lambda, by entry"),
    CREASE_PARAM_END,
};

static void pieces(const crease_part *s, size_t i, crease_pieces *psi)
{
    const l0_opts *o = s->opts;
    crease_side side = { .jump = o->lambda * crease_number_at(&o->weights, s, i),
                         .n = 1,
                         .piece = { { INFINITY, 0, 0 } } };
    *psi = (crease_pieces){ .right = side, .left = side };
}

static bool per_entry(const void *opts)
{
    return ((const l0_opts *)opts)->weights.n > 1;
}

const crease_regularizer_type crease_regularizer_l0 = {
    .base = { .name = "l0",
              .summary = "number of nonzeros: hard thresholding",
              .formula = "psi(x) = sum_i lambda_i [x_i != 0], lambda_i = lambda weights_i",
              .source = "Blumensath and Davies, J. Fourier Anal. Appl. 14 (2008); in a metric: c/d where "
                        "c^2/(2d) > w lambda",
              .opts_size = sizeof(l0_opts),
              .params = params },
    .flags = CREASE_SEPARABLE | CREASE_UNIT_ENTRY,
    .exact = "any diagonal metric",
    .cost = "O(n)",
    .manifold = "vectors with the same support",
    .identification = "distance of |c_i| from sqrt(2 w lambda_i d_i): the oracle's own comparison",
    .math = &crease_math_entries,
    .pieces = pieces,
    .per_entry = per_entry,
};

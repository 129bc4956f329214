/* The l1 norm. Soft thresholding by entry; the support is safe while no |c_i| crosses w lambda_i. Groups
 * only say which entries belong to the term; their finite weights are not used. */
#include "crease/regularizer.h"

typedef struct {
    double lambda;
    crease_numbers weights;
} l1_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(l1_opts, lambda, 1, CREASE_GE(0), "slope at zero"),
    CREASE_PARAM_NUMBERS(l1_opts, weights, "1", CREASE_GE(0), "factors on lambda, by entry"),
    CREASE_PARAM_END,
};

static void shrink(const void *opts, crease_shrink *psi)
{
    const l1_opts *o = opts;
    *psi = (crease_shrink){ .lambda1 = o->lambda * o->weights.one };
}

static void pieces(const crease_part *s, size_t i, crease_pieces *psi)
{
    const l1_opts *o = s->opts;
    double lambda = o->lambda * crease_number_at(&o->weights, s, i);
    crease_side side = { .n = 1, .piece = { { INFINITY, lambda, 0 } } };
    *psi = (crease_pieces){ .right = side, .left = side };
}

static bool per_entry(const void *opts)
{
    return ((const l1_opts *)opts)->weights.n > 1;
}

const crease_regularizer_type crease_regularizer_l1 = {
    .base = { .name = "l1",
              .summary = "l1 norm: single zero entries",
              .formula = "psi(x) = sum_i lambda_i |x_i|, lambda_i = lambda weights_i",
              .source = "Tibshirani, JRSS B 58 (1996); the oracle in a metric: soft(c, w lambda) / d",
              .opts_size = sizeof(l1_opts),
              .params = params },
    .flags = CREASE_CONVEX | CREASE_NORM | CREASE_SEPARABLE | CREASE_UNIT_ENTRY,
    .exact = "any diagonal metric",
    .cost = "O(n)",
    .manifold = "vectors with the same support",
    .identification = "lambda_i - |grad f(x*)_i| over the zero entries",
    .math = &crease_math_entries,
    .shrink = shrink,
    .pieces = pieces,
    .per_entry = per_entry,
};

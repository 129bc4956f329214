/* A pull of every entry towards -1 or 1, for weights of one bit. The corner at 0 is concave: an entry goes
 * to the side of c_i, to 1 in a tie; on that side z + soft(s - z, w lambda/d) with s = -1 or 1, z = c/d.
 * Units: 0 at -1, 2 at 1, 1 elsewhere. Entries stay at 1 while d_i - w lambda_i < c_i < d_i + w lambda_i
 * and c_i > 0, and likewise at -1. Groups only say which entries belong to the term; their finite weights
 * are not used. */
#include "crease/regularizer.h"

typedef struct {
    double lambda;
    crease_numbers weights;
} quantize_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(quantize_opts, lambda, 1, CREASE_GE(0), "slope towards -1 and 1"),
    CREASE_PARAM_NUMBERS(quantize_opts, weights, "1", CREASE_GE(0), "factors on lambda, by entry"),
    CREASE_PARAM_END,
};

static void pieces(const crease_part *s, size_t i, crease_pieces *psi)
{
    const quantize_opts *o = s->opts;
    double lambda = o->lambda * crease_number_at(&o->weights, s, i);
    crease_side side = { .n = 2, .piece = { { 1, -lambda, 0 }, { INFINITY, lambda, 0 } } };
    *psi = (crease_pieces){ .value = lambda, .right = side, .left = side };
}

static bool per_entry(const void *opts)
{
    return ((const quantize_opts *)opts)->weights.n > 1;
}

const crease_regularizer_type crease_regularizer_quantize = {
    .base = { .name = "quantize",
              .summary = "entries -1 and 1: a pull towards the nearer one",
              .formula = "psi(x) = sum_i lambda_i ||x_i| - 1|, lambda_i = lambda weights_i",
              .source = "Bai, Wang and Liberty, ICLR 2019 (ProxQuant), arXiv 1810.00861",
              .opts_size = sizeof(quantize_opts),
              .params = params },
    .flags = CREASE_SEPARABLE | CREASE_UNIT_ENTRY,
    .exact = "any diagonal metric",
    .cost = "O(n)",
    .manifold = "vectors with the same entries at -1 and the same at 1",
    .identification = "lambda_i - |grad f(x*)_i| over the entries at -1 or 1",
    .math = &crease_math_entries,
    .pieces = pieces,
    .per_entry = per_entry,
};

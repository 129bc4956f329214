/* The capped l1 penalty: the absolute value up to theta, flat beyond. The corner at theta is concave, so no
 * minimizer stays there: in a metric the candidates are soft(c, w lambda)/d below theta and c/d beyond, and
 * the scan keeps the better. The support is safe while no |c_i| crosses the end of the interval that zero
 * holds (src/core/entries.c). Groups only say which entries belong to the term; their finite weights are
 * not used. */
#include "crease/regularizer.h"

typedef struct {
    double lambda, theta;
    crease_numbers weights;
} capped_l1_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(capped_l1_opts, lambda, 1, CREASE_GE(0), "slope at zero"),
    CREASE_PARAM_REAL(capped_l1_opts, theta, 1, CREASE_GT(0), "size from which on an entry costs no more"),
    CREASE_PARAM_NUMBERS(capped_l1_opts, weights, "1", CREASE_GE(0), "factors on lambda, by entry"),
    CREASE_PARAM_END,
};

static void pieces(const crease_part *s, size_t i, crease_pieces *psi)
{
    const capped_l1_opts *o = s->opts;
    double lambda = o->lambda * crease_number_at(&o->weights, s, i);
    crease_side side = { .n = 2, .piece = { { o->theta, lambda, 0 }, { INFINITY, 0, 0 } } };
    *psi = (crease_pieces){ .right = side, .left = side };
}

static bool per_entry(const void *opts)
{
    return ((const capped_l1_opts *)opts)->weights.n > 1;
}

const crease_regularizer_type crease_regularizer_capped_l1 = {
    .base = { .name = "capped_l1",
              .summary = "capped l1 penalty: zeros without bias on large entries",
              .formula = "psi(x) = sum_i lambda_i min(|x_i|, theta), lambda_i = lambda weights_i",
              .source = "Zhang, JMLR 11 (2010)",
              .opts_size = sizeof(capped_l1_opts),
              .params = params },
    .flags = CREASE_SEPARABLE | CREASE_UNIT_ENTRY,
    .exact = "any diagonal metric",
    .cost = "O(n)",
    .manifold = "vectors with the same support",
    .identification = "lambda_i - |grad f(x*)_i| over the zero entries, and the oracle's own comparison",
    .math = &crease_math_entries,
    .pieces = pieces,
    .per_entry = per_entry,
};

/* The minimax concave penalty: slope lambda at zero, falling to 0 at gamma lambda, flat beyond.
 *
 * In a metric d_i the objective is convex on (0, gamma lambda) where d_i > w/gamma (firm thresholding) and
 * concave elsewhere (hard thresholding): an entry's own d_i says which, and small d_i, as adaptive methods
 * have them, are in the second regime. The scan over both pieces covers both. The pieces join with equal
 * slopes, so the support is all the structure; it is safe while no |c_i| crosses the end of the interval that
 * zero holds (src/core/entries.c). Groups only say which entries belong to the term; their finite weights are
 * not used. */
#include "crease/regularizer.h"

typedef struct {
    double lambda, gamma;
    crease_numbers weights;
} mcp_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(mcp_opts, lambda, 1, CREASE_GE(0), "slope at zero"),
    CREASE_PARAM_REAL(mcp_opts, gamma, 3, CREASE_GT(0), "reach: flat from gamma lambda on"),
    CREASE_PARAM_NUMBERS(mcp_opts, weights, "1", CREASE_GE(0), "factors on lambda, by entry"),
    CREASE_PARAM_END,
};

static void pieces(const crease_part *s, size_t i, crease_pieces *psi)
{
    const mcp_opts *o = s->opts;
    double lambda = o->lambda * crease_number_at(&o->weights, s, i);
    crease_side side = { .n = 2,
                         .piece = { { o->gamma * lambda, lambda, -1 / o->gamma }, { INFINITY, 0, 0 } } };
    *psi = (crease_pieces){ .right = side, .left = side };
}

static bool per_entry(const void *opts)
{
    return ((const mcp_opts *)opts)->weights.n > 1;
}

const crease_regularizer_type crease_regularizer_mcp = {
    .base = { .name = "mcp",
              .summary = "minimax concave penalty: zeros without bias on large entries",
              .formula = "psi(x) = sum_i p(|x_i|), p(t) = lambda_i t - t^2/(2 gamma) up to gamma lambda_i, "
                         "then gamma lambda_i^2/2; lambda_i = lambda weights_i",
              .source = "Zhang, Ann. Statist. 38 (2010)",
              .opts_size = sizeof(mcp_opts),
              .params = params },
    .flags = CREASE_SEPARABLE | CREASE_UNIT_ENTRY,
    .exact = "any diagonal metric",
    .cost = "O(n)",
    .manifold = "vectors with the same support",
    .identification = "lambda_i - |grad f(x*)_i| over the zero entries; the oracle's own thresholds where "
                      "d_i < w/gamma",
    .math = &crease_math_entries,
    .pieces = pieces,
    .per_entry = per_entry,
};

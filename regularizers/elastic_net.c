/* The elastic net: l1 and a ridge. In a metric soft(c, w lambda) / (d + w tau); the support is safe while
 * no |c_i| crosses w lambda_i. Groups only say which entries belong to the term; their finite weights are
 * not used. */
#include "crease/regularizer.h"

typedef struct {
    double lambda, tau;
    crease_numbers weights;
} elastic_net_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(elastic_net_opts, lambda, 1, CREASE_GE(0), "slope of the l1 part at zero"),
    CREASE_PARAM_REAL(elastic_net_opts, tau, 1, CREASE_GE(0), "curvature of the ridge part"),
    CREASE_PARAM_NUMBERS(elastic_net_opts, weights, "1", CREASE_GE(0), "factors on lambda, by entry"),
    CREASE_PARAM_END,
};

static void shrink(const void *opts, crease_shrink *psi)
{
    const elastic_net_opts *o = opts;
    *psi = (crease_shrink){ .lambda1 = o->lambda * o->weights.one, .ridge = o->tau };
}

static void pieces(const crease_part *s, size_t i, crease_pieces *psi)
{
    const elastic_net_opts *o = s->opts;
    double lambda = o->lambda * crease_number_at(&o->weights, s, i);
    crease_side side = { .n = 1, .piece = { { INFINITY, lambda, o->tau } } };
    *psi = (crease_pieces){ .right = side, .left = side };
}

static bool per_entry(const void *opts)
{
    return ((const elastic_net_opts *)opts)->weights.n > 1;
}

const crease_regularizer_type crease_regularizer_elastic_net = {
    .base = { .name = "elastic_net",
              .summary = "l1 norm plus a ridge: single zero entries, bounded live ones",
              .formula = "psi(x) = sum_i lambda_i |x_i| + tau/2 sum_i x_i^2, lambda_i = lambda weights_i",
              .source = "Zou and Hastie, JRSS B 67 (2005); in a metric: soft(c, w lambda) / (d + w tau)",
              .opts_size = sizeof(elastic_net_opts),
              .params = params },
    .flags = CREASE_CONVEX | CREASE_SEPARABLE | CREASE_UNIT_ENTRY,
    .exact = "any diagonal metric",
    .cost = "O(n)",
    .manifold = "vectors with the same support",
    .identification = "lambda_i - |grad f(x*)_i| over the zero entries",
    .math = &crease_math_entries,
    .shrink = shrink,
    .pieces = pieces,
    .per_entry = per_entry,
};

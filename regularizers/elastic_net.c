/* The elastic net: l1 and a ridge. */
#include "crease/regularizer.h"

typedef struct {
    double lambda, tau;
} elastic_net_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(elastic_net_opts, lambda, 1, CREASE_GE(0), "slope of the l1 part at zero"),
    CREASE_PARAM_REAL(elastic_net_opts, tau, 1, CREASE_GE(0), "curvature of the ridge part"),
    CREASE_PARAM_END,
};

static void shrink(const void *opts, crease_shrink *psi)
{
    const elastic_net_opts *o = opts;
    *psi = (crease_shrink){ .lambda1 = o->lambda, .ridge = o->tau };
}

const crease_regularizer_type crease_regularizer_elastic_net = {
    .base = { .name = "elastic_net",
              .summary = "l1 norm plus a ridge: single zero entries, bounded live ones",
              .formula = "psi(x) = lambda sum_i |x_i| + tau/2 sum_i x_i^2",
              .source = "Zou and Hastie, JRSS B 67 (2005); in a metric: soft(c, w lambda) / (d + w tau)",
              .opts_size = sizeof(elastic_net_opts),
              .params = params },
    .flags = CREASE_CONVEX | CREASE_SEPARABLE | CREASE_UNIT_ENTRY,
    .manifold = "vectors with the same support",
    .identification = "lambda - |grad f(x*)_i| over the zero entries",
    .shrink = shrink,
};

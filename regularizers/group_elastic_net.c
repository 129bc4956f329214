/* The group elastic net: group lasso and a ridge. In a metric it is the group lasso's oracle with d + w
 * tau; a group is safe while |e_g| < | |c_g| - w lambda weight_g |, as the ridge does not move the
 * threshold. */
#include "crease/regularizer.h"

typedef struct {
    double lambda, tau;
} group_elastic_net_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(group_elastic_net_opts, lambda, 1, CREASE_GE(0), "factor on every group's weight"),
    CREASE_PARAM_REAL(group_elastic_net_opts, tau, 1, CREASE_GE(0), "curvature of the ridge part"),
    CREASE_PARAM_END,
};

static void shrink(const void *opts, crease_shrink *psi)
{
    const group_elastic_net_opts *o = opts;
    *psi = (crease_shrink){ .lambda2 = o->lambda, .ridge = o->tau };
}

const crease_regularizer_type crease_regularizer_group_elastic_net = {
    .base = { .name = "group_elastic_net",
              .summary = "group lasso plus a ridge: whole groups of zeros, bounded live ones",
              .formula = "psi(x) = lambda sum_g weight_g |x_g|_2 + tau/2 |x|_2^2",
              .source = "Zou and Hastie, JRSS B 67 (2005); Yuan and Lin, JRSS B 68 (2006)",
              .opts_size = sizeof(group_elastic_net_opts),
              .params = params },
    .flags = CREASE_GROUPED | CREASE_CONVEX | CREASE_UNIT_GROUP,
    .exact = "any diagonal metric",
    .cost = "O(n) a Newton step, at most about 15",
    .manifold = "vectors with the same live groups",
    .identification = "lambda weight_g - |grad f(x*)_g| over the zero groups",
    .math = &crease_math_shrink,
    .shrink = shrink,
};

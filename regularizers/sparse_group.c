/* The sparse group lasso. Its oracle in any diagonal metric is soft-thresholding of c followed by the group
 * lasso's, because that scales every entry by a number >= 0: a subgradient of |.| before is one after.
 *
 * Identification radius: soft(., w lambda1) is nonexpansive, so a group is safe while |e_g| < | |soft(c_g, w
 * lambda1)| - w lambda2 weight_g |, and the support of a live one while also |e_i| < | |c_i| - w lambda1 |. */
#include "crease/regularizer.h"

typedef struct {
    double lambda1, lambda2;
} sparse_group_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(sparse_group_opts, lambda1, 1, CREASE_GE(0), "slope of the l1 part"),
    CREASE_PARAM_REAL(sparse_group_opts, lambda2, 1, CREASE_GE(0), "factor on every group's weight"),
    CREASE_PARAM_END,
};

static void shrink(const void *opts, crease_shrink *psi)
{
    const sparse_group_opts *o = opts;
    *psi = (crease_shrink){ .lambda1 = o->lambda1, .lambda2 = o->lambda2 };
}

const crease_regularizer_type crease_regularizer_sparse_group = {
    .base = { .name = "sparse_group",
              .summary = "sparse group lasso: zero groups, and zero entries in live ones",
              .formula = "psi(x) = lambda1 sum_i |x_i| + lambda2 sum_g weight_g |x_g|_2",
              .source = "Simon, Friedman, Hastie and Tibshirani, JCGS 22 (2013)",
              .opts_size = sizeof(sparse_group_opts),
              .params = params },
    .flags = CREASE_GROUPED | CREASE_CONVEX | CREASE_NORM | CREASE_UNIT_ENTRY,
    .exact = "any diagonal metric",
    .cost = "O(n) a Newton step, at most about 15",
    .manifold = "vectors with the same support",
    .identification = "zero group: lambda2 weight_g - |soft(grad f(x*)_g, lambda1)|; zero entry of a live "
                      "group: lambda1 - |grad f(x*)_i|",
    .math = &crease_math_shrink,
    .shrink = shrink,
};

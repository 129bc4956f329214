/* The group lasso. In a diagonal metric a live group is x_i = c_i s / (d_i s + w lambda weight_g), where s =
 * |x_g| is the root of one scalar equation; see src/backend/formulas/secular.h. It is zero iff |c_g| <= w
 * lambda weight_g, so it is safe while |e_g| < | |c_g| - w lambda weight_g |. */
#include "crease/regularizer.h"

typedef struct {
    double lambda;
} group_l2_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(group_l2_opts, lambda, 1, CREASE_GE(0), "factor on every group's weight"),
    CREASE_PARAM_END,
};

static void shrink(const void *opts, crease_shrink *psi)
{
    *psi = (crease_shrink){ .lambda2 = ((const group_l2_opts *)opts)->lambda };
}

const crease_regularizer_type crease_regularizer_group_l2 = {
    .base = { .name = "group_l2",
              .summary = "group lasso: whole groups of zeros",
              .formula = "psi(x) = lambda sum_g weight_g |x_g|_2, weight_g = sqrt(size) by default",
              .source = "Yuan and Lin, JRSS B 68 (2006); RAMDA, arXiv 2403.14398, Section 4",
              .opts_size = sizeof(group_l2_opts),
              .params = params },
    .flags = CREASE_GROUPED | CREASE_CONVEX | CREASE_NORM | CREASE_UNIT_GROUP,
    .exact = "any diagonal metric",
    .cost = "O(n) a Newton step, at most about 15",
    .manifold = "vectors with the same live groups",
    .identification = "lambda weight_g - |grad f(x*)_g| over the zero groups",
    .math = &crease_math_shrink,
    .shrink = shrink,
};

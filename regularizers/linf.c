/* The weighted maximum norm of a part: all zero, or entries tied at the maximum.
 *
 * Oracle, structure and radius: src/core/maximum.c.                                                       */
#include "core/maximum.h"

static const crease_param params[] = {
    CREASE_PARAM_REAL(crease_maximum_opts, lambda, 1, CREASE_GE(0), "factor on the maximum"),
    CREASE_PARAM_NUMBERS(crease_maximum_opts, a, "1", CREASE_GT(0), "factors on the entries"),
    CREASE_PARAM_END,
};

const crease_regularizer_type crease_regularizer_linf = {
    .base = { .name = "linf",
              .summary = "weighted maximum norm: entries tied at the maximum",
              .formula = "psi(x) = lambda sum_g weight_g max_i a_i |x_i|",
              .source = "standard; the projection it is dual to: Condat, Math. Program. 158 (2016)",
              .opts_size = sizeof(crease_maximum_opts),
              .params = params },
    .flags = CREASE_CONVEX | CREASE_NORM | CREASE_UNIT_ENTRY,
    .exact = "any diagonal metric",
    .cost = "O(n) a Newton step, usually less than ten",
    .manifold =
        "vectors with the same zero groups, and in the others the same entries and signs at the maximum",
    .identification =
        "zero group: lambda weight_g - sum_i |grad f(x*)_i|/a_i; live group: least |grad f(x*)_i| of the "
        "tied entries, and the gap between the maximum and the next a_i |x_i|",
    .math = &crease_math_maximum,
};

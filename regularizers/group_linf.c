/* The largest entry of each group: whole groups of zeros, and entries tied at the group's maximum.
 *
 * Oracle, structure and radius: src/core/maximum.c with a = 1.                                            */
#include "core/maximum.h"

static const crease_param params[] = {
    CREASE_PARAM_REAL(crease_maximum_opts, lambda, 1, CREASE_GE(0), "factor on every group's weight"),
    CREASE_PARAM_END,
};

const crease_regularizer_type crease_regularizer_group_linf = {
    .base = { .name = "group_linf",
              .summary = "largest entries of groups: whole groups of zeros, entries tied at the maximum",
              .formula = "psi(x) = lambda sum_g weight_g max_i |x_gi|",
              .source = "Turlach, Venables and Wright, Technometrics 47 (2005)",
              .opts_size = sizeof(crease_maximum_opts),
              .params = params },
    .flags = CREASE_GROUPED | CREASE_CONVEX | CREASE_NORM | CREASE_UNIT_ENTRY,
    .exact = "any diagonal metric",
    .cost = "O(n) a Newton step, usually less than ten",
    .manifold =
        "vectors with the same zero groups, and in the others the same entries and signs at the maximum",
    .identification =
        "zero group: lambda weight_g - |grad f(x*)_g|_1; live group: least |grad f(x*)_i| of the tied "
        "entries, and the gap between the maximum and the next magnitude",
    .math = &crease_math_maximum,
};

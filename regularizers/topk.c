/* At most k nonzeros in each group (all entries, where the group is all of them). Oracle, residual and
 * radius: src/core/cardinality.c. */
#include "core/cardinality.h"

static const crease_param params[] = {
    { "k", CREASE_PARAM_KIND_INT, offsetof(crease_cardinality_opts, keep), 1, NULL, CREASE_GE(0), NULL,
      "nonzeros allowed in a group", false },
    CREASE_PARAM_END,
};

const crease_regularizer_type crease_regularizer_topk = {
    .base = { .name = "topk",
              .summary = "at most k nonzeros in each group, nothing is shrunk",
              .formula = "psi(x) = 0 where every group has at most k nonzeros, else infinite",
              .source =
                  "Blumensath and Davies, Appl. Comput. Harmon. Anal. 27 (2009), in the identity metric",
              .opts_size = sizeof(crease_cardinality_opts),
              .params = params },
    .flags = CREASE_UNIT_ENTRY | CREASE_CONSTRAINT,
    .exact = "any diagonal metric",
    .cost = "O(n)",
    .manifold = "vectors with the same support",
    .identification =
        "half the gap between the k-th and the next |c_i|/sqrt(d_i), times sqrt(d_i); none from the gradient",
    .math = &crease_math_cardinality,
};

/* n:m sparsity: at most n nonzeros in every m consecutive entries of a group, the pattern of sparse tensor
 * cores (2:4). Oracle, residual and radius: src/core/cardinality.c. */
#include "core/cardinality.h"

static const crease_param params[] = {
    { "n", CREASE_PARAM_KIND_INT, offsetof(crease_cardinality_opts, keep), 2, NULL, CREASE_GE(0), NULL,
      "nonzeros allowed in a run", false },
    { "m", CREASE_PARAM_KIND_INT, offsetof(crease_cardinality_opts, block), 4, NULL, CREASE_GE(1), NULL,
      "entries of a run; divides the size of every group", false },
    CREASE_PARAM_END,
};

const crease_regularizer_type crease_regularizer_n_m_sparsity = {
    .base = { .name = "n_m_sparsity",
              .summary = "at most n nonzeros in every m consecutive entries of a group",
              .formula = "psi(x) = 0 where every run of m entries of a group has at most n nonzeros, else infinite",
              .source = "Zhou et al., ICLR 2021, arXiv 2102.04010, in the identity metric",
              .opts_size = sizeof(crease_cardinality_opts),
              .params = params },
    .flags = CREASE_UNIT_ENTRY | CREASE_CONSTRAINT,
    .exact = "any diagonal metric",
    .cost = "O(n)",
    .manifold = "vectors with the same support",
    .identification =
        "in each run, half the gap between the n-th and the next |c_i|/sqrt(d_i), times sqrt(d_i); none "
        "from the gradient",
    .math = &crease_math_cardinality,
};

/* The group lasso on a tree: groups are disjoint or one holds the other, so that a zero node has zero
 * descendants.
 *
 *     psi(x) = lambda sum_g weight_g |x_g|_2
 *
 * Oracle: src/core/overlap.h has the mathematics. One sweep of group lassos in the metric D is exact where
 * no two groups overlap, or where they are nested and d is constant on every group inside another.
 * Elsewhere an active set method with Newton's method for the numbers; the answer carries a proven bound on
 * Q(x) - Q*, usually rounding. d_i = 0 is fine for entries of one group. A group is zero where its block is
 * below the threshold, or 0 is best on the ray towards it, and then multipliers for all zero groups exist;
 * a group within rounding of that may go either way.
 *
 * Residual: a zero group's multiplier is any y_g with |y_g| <= w lambda_g; the least |g + w u| over those
 * is a projection, exact by one pass over the groups from the leaves to the root, in the identity metric.
 * Every iterate is a valid upper bound. Margins: for multipliers y that certify the zero groups, w lambda_g
 * - |y_g| is safe for every g: the y that proportional splits of the gradient give. Identification radius:
 * none.
 *
 * Entries in no group, or only in groups of weight 0, are free; a group of infinite weight is zero. */
#include "core/overlap.h"

static const crease_param params[] = { CREASE_PARAM_OVERLAP, CREASE_PARAM_END };

const crease_regularizer_type crease_regularizer_tree_l2 = {
    .base = { .name = "tree_l2",
              .summary = "group lasso on a tree: a zero node has zero descendants",
              .formula = "psi(x) = lambda sum_g weight_g |x_g|_2, groups disjoint or nested",
              .source =
                  "Zhao, Rocha and Yu, Ann. Statist. 37 (2009); Jenatton, Mairal, Obozinski and Bach, JMLR 12 (2011)",
              .opts_size = sizeof(crease_overlap_opts),
              .params = params },
    .flags = CREASE_CONVEX | CREASE_NORM | CREASE_COUPLED,
    .exactness = CREASE_EXACT_SCALAR,
    .exact = "d constant on every group inside another",
    .reason = "elsewhere it is iterative; refused are groups that are no tree or list an entry twice, "
              "and entries of several groups with d = 0",
    .cost = "O(sum of group sizes) a sweep",
    .manifold = "vectors with the same zero nodes",
    .identification = "lambda weight_g - |y_g| over the zero groups, for any multipliers y that certify x*",
    .math = &crease_math_tree,
};

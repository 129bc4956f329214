/* The l1 norm with its own slope on either side of zero (the check function of quantile regression). In a
 * metric soft thresholding with two thresholds: 0 for -w lambda_minus <= c <= w lambda_plus. Groups only
 * say which entries belong to the term; their finite weights are not used. */
#include "crease/regularizer.h"

typedef struct {
    crease_numbers lambda_plus, lambda_minus;
} asymmetric_l1_opts;

static const crease_param params[] = {
    CREASE_PARAM_NUMBERS(asymmetric_l1_opts, lambda_plus, "1", CREASE_GE(0), "slopes above zero, by entry"),
    CREASE_PARAM_NUMBERS(asymmetric_l1_opts, lambda_minus, "1", CREASE_GE(0), "slopes below zero, by entry"),
    CREASE_PARAM_END,
};

static void pieces(const crease_part *s, size_t i, crease_pieces *psi)
{
    const asymmetric_l1_opts *o = s->opts;
    *psi = (crease_pieces){
        .right = { .n = 1, .piece = { { INFINITY, crease_number_at(&o->lambda_plus, s, i), 0 } } },
        .left = { .n = 1, .piece = { { INFINITY, crease_number_at(&o->lambda_minus, s, i), 0 } } },
    };
}

static bool per_entry(const void *opts)
{
    const asymmetric_l1_opts *o = opts;
    return o->lambda_plus.n > 1 || o->lambda_minus.n > 1;
}

const crease_regularizer_type crease_regularizer_asymmetric_l1 = {
    .base = { .name = "asymmetric_l1",
              .summary = "l1 norm with two slopes, for positive and for negative entries",
              .formula = "psi(x) = sum_i lambda_plus_i max(x_i, 0) + lambda_minus_i max(-x_i, 0)",
              .source = "Koenker and Bassett, Econometrica 46 (1978)",
              .opts_size = sizeof(asymmetric_l1_opts),
              .params = params },
    .flags = CREASE_CONVEX | CREASE_SEPARABLE | CREASE_UNIT_ENTRY,
    .exact = "any diagonal metric",
    .cost = "O(n)",
    .manifold = "vectors with the same support",
    .identification = "distance of -grad f(x*)_i from -lambda_minus_i and lambda_plus_i over the zero "
                      "entries",
    .math = &crease_math_entries,
    .pieces = pieces,
    .per_entry = per_entry,
};

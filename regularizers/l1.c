/* The l1 norm. Groups only say which entries belong to the term; their finite weights are not used. */
#include "crease/regularizer.h"

typedef struct {
    double lambda;
} l1_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(l1_opts, lambda, 1, CREASE_GE(0), "slope at zero"),
    CREASE_PARAM_END,
};

static void shrink(const void *opts, crease_shrink *psi)
{
    *psi = (crease_shrink){ .lambda1 = ((const l1_opts *)opts)->lambda };
}

const crease_regularizer_type crease_regularizer_l1 = {
    .base = { .name = "l1",
              .summary = "l1 norm: single zero entries",
              .formula = "psi(x) = lambda sum_i |x_i|",
              .source = "Tibshirani, JRSS B 58 (1996); the oracle in a metric: soft(c, w lambda) / d",
              .opts_size = sizeof(l1_opts),
              .params = params },
    .flags = CREASE_CONVEX | CREASE_NORM | CREASE_SEPARABLE | CREASE_UNIT_ENTRY,
    .manifold = "vectors with the same support",
    .identification = "lambda - |grad f(x*)_i| over the zero entries",
    .shrink = shrink,
};

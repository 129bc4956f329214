/* The Huber function: a parabola up to delta, a straight line beyond. Smooth: it shrinks entries and makes
 * no zeros, so there is no structure to identify. The oracle is c/(d + w lambda/delta) or, beyond delta,
 * (|c| - w lambda)/d. Groups only say which entries belong to the term; their finite weights are not used. */
#include "crease/regularizer.h"

typedef struct {
    double lambda, delta;
    crease_numbers weights;
} huber_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(huber_opts, lambda, 1, CREASE_GE(0), "slope far from zero"),
    CREASE_PARAM_REAL(huber_opts, delta, 1, CREASE_GT(0), "size at which the parabola becomes a line"),
    CREASE_PARAM_NUMBERS(huber_opts, weights, "1", CREASE_GE(0), "factors on lambda, by entry"),
    CREASE_PARAM_END,
};

static void pieces(const crease_part *s, size_t i, crease_pieces *psi)
{
    const huber_opts *o = s->opts;
    double lambda = o->lambda * crease_number_at(&o->weights, s, i);
    crease_side side = { .n = 2, .piece = { { o->delta, 0, lambda / o->delta }, { INFINITY, lambda, 0 } } };
    *psi = (crease_pieces){ .right = side, .left = side };
}

static bool per_entry(const void *opts)
{
    return ((const huber_opts *)opts)->weights.n > 1;
}

const crease_regularizer_type crease_regularizer_huber = {
    .base = { .name = "huber",
              .summary = "Huber function: a smoothed l1 norm, without zeros",
              .formula = "psi(x) = sum_i lambda_i h(x_i), h(t) = t^2/(2 delta) where |t| <= delta, "
                         "|t| - delta/2 elsewhere; lambda_i = lambda weights_i",
              .source = "Huber, Ann. Math. Statist. 35 (1964)",
              .opts_size = sizeof(huber_opts),
              .params = params },
    .flags = CREASE_CONVEX | CREASE_SEPARABLE,
    .exact = "any diagonal metric",
    .cost = "O(n)",
    .math = &crease_math_entries,
    .pieces = pieces,
    .per_entry = per_entry,
};

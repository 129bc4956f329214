/* Nonnegative entries. The oracle is max(c, 0)/d; zeros stay while no c_i crosses 0. Weights are not used,
 * but that an infinite one forces entries to zero. */
#include "crease/regularizer.h"

static void pieces(const crease_part *s, size_t i, crease_pieces *psi)
{
    (void)s, (void)i;
    *psi = (crease_pieces){ .right = { .n = 1, .piece = { { INFINITY, 0, 0 } } } };
}

static bool per_entry(const void *opts)
{
    (void)opts;
    return false;
}

const crease_regularizer_type crease_regularizer_nonneg = {
    .base = { .name = "nonneg",
              .summary = "no negative entries",
              .formula = "psi(x) = 0 where x >= 0, else infinite",
              .source = "standard" },
    .flags = CREASE_CONVEX | CREASE_SEPARABLE | CREASE_UNIT_ENTRY | CREASE_CONSTRAINT,
    .exact = "any diagonal metric",
    .cost = "O(n)",
    .manifold = "vectors with the same support",
    .identification = "grad f(x*)_i over the zero entries",
    .math = &crease_math_entries,
    .pieces = pieces,
    .per_entry = per_entry,
};

/* No regularizer: psi = 0, the oracle c/d. Gives unpenalized parameters the same path as all others. No
 * structure, no radius. */
#include "crease/regularizer.h"

static void shrink(const void *opts, crease_shrink *psi)
{
    (void)opts;
    *psi = (crease_shrink){ 0 };
}

const crease_regularizer_type crease_regularizer_none = {
    .base = { .name = "none",
              .summary = "no regularizer",
              .formula = "psi(x) = 0",
              .source = "standard" },
    .flags = CREASE_CONVEX | CREASE_SEPARABLE,
    .exact = "any diagonal metric",
    .cost = "O(n)",
    .math = &crease_math_shrink,
    .shrink = shrink,
};

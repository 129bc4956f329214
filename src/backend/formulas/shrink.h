/* Per-element formulas of the shrink family,
 *   w (lambda1 |x|_1 + lambda2 weight |x|_2 + ridge/2 |x|_2^2). */
#ifndef CREASE_FORMULA_SHRINK_H
#define CREASE_FORMULA_SHRINK_H

#include "formula.h"

/* sign(c) max(|c| - threshold, 0), +0 inside; a NaN stays one. */
CREASE_FORMULA crease_lane crease_soft(crease_lane c, crease_lane threshold)
{
    crease_lane size = crease_absolute(c) - threshold;
    return crease_pick(crease_is_at_most_zero(size), crease_all(0), crease_with_sign(size, c));
}

/* a / b, and +0 where a is 0 whatever b is. */
CREASE_FORMULA crease_lane crease_ratio(crease_lane a, crease_lane b)
{
    return crease_pick(crease_is_zero(a), crease_all(0), a / b);
}

#endif

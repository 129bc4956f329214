/* Sums in a fixed order: element i of a vector goes to lane i mod LANES (16 floats, 8 doubles), and the
 * lanes are added in a tree, the upper half to the lower half until one is left. Every vector unit, and
 * a warp, can do exactly this, so that all backends agree to the bit. */
#ifndef CREASE_FORMULA_REDUCE_H
#define CREASE_FORMULA_REDUCE_H

#include "formula.h"

CREASE_FORMULA crease_real crease_lanes_sum(const crease_real lanes[CREASE_LANES])
{
    crease_real a[CREASE_LANES];
    memcpy(a, lanes, sizeof a);
    for (int half = CREASE_LANES / 2; half > 0; half /= 2)
        for (int l = 0; l < half; l++) a[l] += a[l + half];
    return a[0];
}

CREASE_FORMULA double crease_wide_sum(const double lanes[CREASE_LANES])
{
    double a[CREASE_LANES];
    memcpy(a, lanes, sizeof a);
    for (int half = CREASE_LANES / 2; half > 0; half /= 2)
        for (int l = 0; l < half; l++) a[l] += a[l + half];
    return a[0];
}

#endif

/* The radius of a live group. min 1/2 x'Dx - c'x + tau |x|_2 with |c| > tau has
 *     x_i = c_i s / (d_i s + tau),   where s = |x| is the root of q(s) = sum c_i^2 / (d_i s + tau)^2 = 1,
 * and T(s) = sum c_i^2 d_i / (d_i s + tau)^3 = -q'(s)/2.
 *
 * Reciprocal form, g(s) = q^{-1/2} - 1 = 0: g is a power mean (order -2) of increasing affine
 * functions, hence concave and increasing: Newton never overshoots from the left and is exact for
 * constant d. As |g''| <= 3 g'/s, a step h from the left leaves |g(s + h)| <= 1.5 (h/s) |g(s)|: the
 * step that suffices is known before it is taken. (The plain form, q - 1 = 0, is convex and decreasing:
 * monotone from the left as well, but slower; cpu/careful.h has it, as published for ProxSSI.)
 *
 * All sums are safe while tau is no extreme number: see NEWTON_LEAST in cpu/newton.h, and careful.h. */
#ifndef CREASE_FORMULA_SECULAR_H
#define CREASE_FORMULA_SECULAR_H

#include "formula.h"

/* The terms of one element. Where d s overflows they are 0, as they should be. */
CREASE_FORMULA void crease_secular_terms(crease_lane c, crease_lane d, crease_lane s, crease_lane tau,
                                         crease_lane *q, crease_lane *t)
{
    crease_lane inverse = 1 / (d * s + tau), a = c * inverse;
    *q = a * a;
    *t = *q * (d * inverse);
}

/* x_i / s */
CREASE_FORMULA crease_lane crease_secular_direction(crease_lane c, crease_lane d, crease_lane s,
                                                    crease_lane tau)
{
    return c / (d * s + tau);
}

CREASE_FORMULA crease_lane crease_secular_reciprocal_step(crease_lane q, crease_lane t)
{
    return q * ((q - 1) / ((1 + crease_square_root(q)) * t)); /* r^2 (r - 1)/T without cancellation */
}

/* Whether |r - 1| will be at most `enough` after the step: by the bound above, or, once a step has been
 * seen, by what quadratic convergence makes of it (q was `before`; 0: none), with a factor 4 to spare.
 * The second is no bound, so whoever stops by it looks at r in the end. Written without divisions. */
CREASE_FORMULA crease_mask crease_secular_suffices(crease_lane q, crease_lane before, crease_lane s,
                                                   crease_lane step, crease_lane enough)
{
    crease_lane off = crease_absolute(q - 1), off_before = before - 1;
    crease_mask bound = (crease_real)0.75 * off * crease_absolute(step) <= enough * s;
    crease_mask guess = 2 * off * off * off <= enough * (off_before * off_before);
    return bound | (guess & (before > 0));
}

/* Newton's reciprocal step from s = 0, where the sums need no division: with the mean m = sum c^2 d /
 * |c|^2, a lower bound of s (Jensen), never worse than (|c| - tau)/max d. */
CREASE_FORMULA crease_lane crease_secular_left(crease_lane norm, crease_lane tau,
                                               crease_lane inverse_mean)
{
    return (norm - tau) * inverse_mean;
}

/* A closer start, on either side of s. With the variance v of d under the same weights, the power mean
 * of y_i = d_i s + tau is about y - 1.5 (m^-2 v) (y - tau)^2 / y, y = m s + tau; set it to |c|, a
 * quadratic equation in y. spread = v/m^2 is clipped where the expansion means nothing; overshooting
 * costs one step. */
CREASE_FORMULA crease_lane crease_secular_start(crease_lane norm, crease_lane tau,
                                                crease_lane inverse_mean, crease_lane spread)
{
    crease_lane most = crease_all(0.4);
    crease_lane k = 1 - (crease_real)1.5 * crease_pick(spread < most, spread, most);
    /* k z^2 + b z - e = 0 for z = y - tau, without cancellation */
    crease_lane b = tau + tau - norm, e = tau * (norm - tau),
                root = crease_square_root(b * b + 4 * k * e);
    crease_lane top = crease_pick(b > 0, e + e, root - b), bottom = crease_pick(b > 0, b + root, k + k);
    return top / bottom * inverse_mean;
}

#endif

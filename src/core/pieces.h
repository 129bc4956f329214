/* Penalties of one number made of quadratic pieces (crease_side, crease_pieces): what the sum over entries,
 * the lift to |x_g| and the lift to singular values share. One side of the anchor at a time, t >= 0 from it.
 *
 * `near` is a distance: a breakpoint no farther from t than that is where t is; 0 where t is exact. */
#ifndef CREASE_PIECES_H
#define CREASE_PIECES_H

#include "crease/regularizer.h"

/* argmin over t >= 0 of 1/2 d t^2 - c t + w side(t), a global one, d >= 0 and any c: INFINITY where there
 * is none. *drop (NULL: not wanted) is how far it lies below t = 0: more than 0 unless the minimizer is
 * t = 0, which is a literal zero. The slopes decide (see backend/formulas/pieces.h), so the answer is
 * stationary to rounding. */
double crease_side_prox(const crease_side *side, double c, double d, double w, double *drop);

/* side(t): 0 at t = 0, the jump included beyond, infinite outside the domain. */
double crease_side_value(const crease_side *side, double t, double near);

/* side'(t) from the left and from the right, t > 0; at the end of the domain *right is infinite, and both
 * are outside it. Away from breakpoints they are equal. */
void crease_side_slopes(const crease_side *side, double t, double near, double *left, double *right);

/* side'(0+): what holds t = 0. Infinite where the side jumps or is empty. */
double crease_side_start(const crease_side *side);

/* The distance of -g to w times the (limiting) subdifferential whose one-sided slopes are left and right:
 * an interval at a convex kink (left <= right), two points at a concave one; an infinite end is no bound.
 * At t > 0: the slopes above. At the anchor: -start of the left side, start of the right one. */
double crease_slopes_distance(double left, double right, double g, double w);

/* The supremum of the c for which t = 0 is a minimizer of 1/2 d t^2 - c t + w side(t): an infimum over
 * t > 0 of 1/2 d t + w side(t)/t, in closed form. The minimizer is monotone in c, so it is t = 0 for all
 * smaller c. */
double crease_side_threshold(const crease_side *side, double d, double w);

/* The same for any point anchor + from of a penalty of two sides: the supremum of the c for which the
 * minimizer of 1/2 d t^2 - c t + w psi(anchor + t) is t = from or less. The infimum belongs to
 * psi(anchor - t) at -from. */
double crease_pieces_reach(const crease_pieces *psi, double from, double d, double w);

/* The largest |side'| where a piece begins: the natural scale of a gradient. */
double crease_side_scale(const crease_side *side);

/* sup over t >= 0 of y t - side(t), maybe infinite. */
double crease_side_conjugate(const crease_side *side, double y);

#endif

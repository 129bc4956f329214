/* Where regularization paths begin: the least factor on psi that makes the solution zero. */
#ifndef CREASE_SCALE_MAX_H
#define CREASE_SCALE_MAX_H

#include "crease/problem.h"
#include "crease/regularizer.h"

/* The least s at which min f + s psi is solved by a point that is zero on the entries of the term; psi
 * stands there with its settings, but the term's own scale and ridge are left out. With b the
 * minimizer of f over the entries in no term, the others being zero, s is the largest dual norm of
 * grad f(b, 0) over the parts; where psi is no norm, the least s with -grad f(b, 0) in s dpsi(0), to
 * the last bits. Zero is then the solution where f and psi are convex, and stationary elsewhere.
 * Greater factors keep it so. Numbers are as exact as the problem's backend computes grad f. x: that
 * point, n doubles; NULL: not wanted.
 *
 * Errors: ENOTSUP (a constraint; no kink at zero that could hold the gradient; psi holds zero whatever
 * the factor), ESHORT (f has no minimizer over the entries in no term, or none was found), ERANGE (the
 * gradient is rounding: so is s), ENAN, ENOMEM. */
int crease_scale_max(crease_problem *problem, const crease_term *term, double *s, double *x);

/* psi's own setting lambda, which its scale multiplies; 1 where it has none. */
double crease_own_lambda(const crease_regularizer *psi);

#endif

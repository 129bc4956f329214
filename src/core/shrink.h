/* The shrink family in double, one group at a time: everything about
 *     psi_g(x) = lambda1 |x|_1 + lambda2 weight |x|_2 + ridge/2 |x|_2^2
 * that is no oracle. The oracles are backend kernels; nothing here is used by them.                    */
#ifndef CREASE_SHRINK_H
#define CREASE_SHRINK_H

#include "crease/regularizer.h"

double crease_shrink_value(const crease_shrink *psi, size_t n, const double *x, double weight);
double crease_shrink_residual(const crease_shrink *psi, size_t n, const double *x, const double *g, double w,
                              double weight);
double crease_shrink_dual_norm(const crease_shrink *psi, size_t n, const double *y, double weight);
double crease_shrink_scale(const crease_shrink *psi, double weight);
/* per_entry: margins of every entry, otherwise of the group. */
void crease_shrink_margins(const crease_shrink *psi, bool per_entry, size_t n, const double *x,
                           const double *g, double weight, crease_margin *unit);

#endif

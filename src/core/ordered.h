/* The oracle of ordered weighted sums of magnitudes, sum_j L_j |x|_(j) with |x|_(1) >= |x|_(2) >= ..., in any
 * diagonal metric.                                                                                         */
#ifndef CREASE_CORE_ORDERED_H
#define CREASE_CORE_ORDERED_H

#include "crease/regularizer.h"

typedef struct crease_ordered {
    const crease_part *part;
    double (*rate)(const crease_part *s, size_t rank); /* >= 0, not increasing in rank = 0, 1 ... */
    double factor;                                     /* L = factor rate */
    const double *c, *d;                               /* finite, d >= 0 */
} crease_ordered;

/* argmin 1/2 x'Dx - c'x + sum_j L_j |x|_(j), or CREASE_EUNBOUNDED. The scratch of the part holds 2 n
 * crease_keyed.                                                                                         */
int crease_ordered_prox(const crease_ordered *t, double *x);

#endif

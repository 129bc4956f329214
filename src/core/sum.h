/* Sums that keep what rounding drops: the error of hi + lo is that of one rounding, plus n u^2 of the sizes.
 * (Neumaier 1974; Ogita, Rump, Oishi, SIAM J. Sci. Comput. 26 (2005)). No infinities.                     */
#ifndef CREASE_CORE_SUM_H
#define CREASE_CORE_SUM_H

#include <math.h>

typedef struct crease_sum {
    double hi, lo;
} crease_sum;

static inline void crease_sum_add(crease_sum *s, double x)
{
    double total = s->hi + x, part = total - s->hi;
    s->lo += (s->hi - (total - part)) + (x - part);
    s->hi = total;
}

static inline void crease_sum_add_product(crease_sum *s, double a, double b)
{
    double product = a * b;
    crease_sum_add(s, product);
    s->lo += fma(a, b, -product);
}

static inline double crease_sum_value(const crease_sum *s)
{
    return s->hi + s->lo;
}

/* a / b to about twice the digits of a double. */
static inline crease_sum crease_sum_quotient(const crease_sum *a, const crease_sum *b)
{
    double q = crease_sum_value(a) / crease_sum_value(b);
    crease_sum rest = *a;
    crease_sum_add_product(&rest, -q, b->hi);
    crease_sum_add_product(&rest, -q, b->lo);
    return (crease_sum){ q, crease_sum_value(&rest) / b->hi };
}

#endif

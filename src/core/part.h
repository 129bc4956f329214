/* What many members ask of the numbers of a part. */
#ifndef CREASE_CORE_PART_H
#define CREASE_CORE_PART_H

#include <math.h>

#include "crease/regularizer.h"

/* NULL, or that a setting of kind NUMBERS holds too few or too many for this part: the `accepts` of a
 * member that has nothing else to check. */
const char *crease_numbers_refusal(const crease_part *s);

static inline bool crease_are_finite(size_t n, const double *x)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i])) return false;
    return true;
}

static inline bool crease_is_zero(size_t n, const double *x)
{
    for (size_t i = 0; i < n; i++)
        if (x[i] != 0) return false;
    return true;
}

/* The `scale` of members whose slopes have no size of their own: constraints and squares. */
static inline double crease_no_scale(const crease_part *s)
{
    (void)s;
    return 0;
}

/* The oracle without a penalty, for finite numbers. */
static inline int crease_unpenalized(size_t n, const double *c, const double *d, double *x)
{
    for (size_t i = 0; i < n; i++) {
        if (d[i] == 0 && c[i] != 0) return CREASE_EUNBOUNDED;
        x[i] = c[i] != 0 ? c[i] / d[i] + 0.0 : 0; /* no -0 */
    }
    return CREASE_OK;
}

#endif

/* The rule that all settings of inexactness tests obey. */
#ifndef CREASE_STOPPING_LIMITS_H
#define CREASE_STOPPING_LIMITS_H

#include "crease/stopping.h"

/* opts begins with its crease_limits. */
static inline const char *crease_limits_check(const void *opts)
{
    const crease_limits *limits = opts;
    return limits->min_iters <= limits->max_iters ? NULL : "min_iters must be at most max_iters";
}

#endif

/* psi(x) = lambda weight max_i a_i |x_i|: what the members linf and group_linf share. */
#ifndef CREASE_CORE_MAXIMUM_H
#define CREASE_CORE_MAXIMUM_H

#include "crease/regularizer.h"

/* The settings of both; a without numbers is 1 everywhere. */
typedef struct crease_maximum_opts {
    double lambda;
    crease_numbers a;
} crease_maximum_opts;

extern const crease_math crease_math_maximum;

#endif

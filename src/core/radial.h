/* The least point of 1/2 x'Dx - c'x + w p(|x|_2), p one side of a penalty (crease_side) that never falls. */
#ifndef CREASE_CORE_RADIAL_H
#define CREASE_CORE_RADIAL_H

#include "crease/regularizer.h"

typedef struct crease_radial {
    size_t n;
    const double *c, *d;
    double w;       /* the group's weight included; may be 0 or infinite */
    double stretch; /* the metric is stretch * d */
    crease_side p;
} crease_radial;

/* A point x_i = along c_i / (stretch d_i along + pull), 0 where along or c_i is 0. */
typedef struct crease_radial_point {
    double along, pull;
    double length; /* |x| */
    double least;  /* the objective, in units of max |c_i| */
    unsigned iterations;
} crease_radial_point;

/* A global minimizer. Errors: CREASE_EUNBOUNDED, CREASE_ENAN (c or d not finite). */
int crease_radial_solve(const crease_radial *q, crease_radial_point *best);
void crease_radial_fill(const crease_radial *q, const crease_radial_point *point, double *x);

#endif

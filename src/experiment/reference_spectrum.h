/* Eigenvalues of the second derivative of F along its manifold. */
#ifndef CREASE_REFERENCE_SPECTRUM_H
#define CREASE_REFERENCE_SPECTRUM_H

#include "core/manifold.h"
#include "crease/kkt.h"
#include "crease/problem.h"

typedef struct crease_spectrum {
    double least, largest; /* NAN: there is no direction */
    bool whole;            /* the whole space was searched; else least is an upper bound of the least eigenvalue */
} crease_spectrum;

/* At x (n reals), along the entries that live[] marks; psi'' is that of m, which stands at x. */
int crease_spectrum_find(crease_problem *problem, const crease_kkt *kkt, const crease_manifold *m,
                         const unsigned char *live, const void *x, crease_spectrum *out);

#endif

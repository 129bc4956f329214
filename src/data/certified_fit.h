/* How rows are bent until a chosen point is the minimizer; see certified.c. Not part of the public API.
 */
#ifndef CREASE_CERTIFIED_FIT_H
#define CREASE_CERTIFIED_FIT_H

#include <math.h>

#include "certified.h"

typedef struct crease_fit {
    const crease_certified *spec;
    crease_dataset *set; /* dense is A, target is y */
    uint32_t *order;     /* a shuffle of the groups: the first ones are live */
    double *x;           /* x* */
    long double *aim;    /* t: the gradient that x* is to have */
    long double *defect; /* t - grad f(x*) */
    long double *slope;  /* s */
    double *margin;      /* z as drawn (logistic) */
    double norm;         /* |x*| */
} crease_fit;

static inline bool crease_fit_logistic(const crease_fit *w)
{
    return w->spec->loss == CREASE_CERTIFIED_LOGISTIC;
}

static inline double crease_fit_weight(const crease_certified *spec)
{
    return sqrt((double)spec->group);
}

/* <a, b> */
static inline long double crease_fit_dot(size_t n, const double *a, const double *b)
{
    long double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (long double)a[i] * b[i];
    return sum;
}

/* From rows, labels and margins as drawn (logistic), or rows and slopes (squares, whose targets are
 * set): A'slope / n = aim, up to the rounding of A and y. ERANGE: no scale of the margins allows it. */
int crease_fit_bend(crease_ctx *ctx, crease_fit *w);

/* The last digits. Leaves the slopes and the defect as they are in the end; ERANGE where an entry of
 * the defect exceeds 1e-12 lambda sqrt(group). */
int crease_fit_refine(crease_ctx *ctx, crease_fit *w);

#endif

#include "backtrack.h"

#include <float.h>
#include <math.h>

/* What of a difference of losses is rounding, relative to the loss. */
#define ROUNDING (64 * DBL_EPSILON)
enum { MOST_DOUBLINGS = 200 };

/* The test on values is blind once their difference is rounding; then the gradients tell whether L is too small. */
static bool majorizes(const crease_algorithm *a, const void *z, double f, double value, const void *g, const void *next,
                      double L, const void *difference)
{
    const crease_backend *b = a->backend;
    double square = b->dot(a->n, difference, difference), slope = b->dot(a->n, g, difference);
    if (square <= 16 * b->roundoff * b->roundoff * b->dot(a->n, z, z)) return true; /* z itself is not known better */
    double slack = (ROUNDING + 4 * b->roundoff) * fmax(fabs(f), fabs(value));
    if (value > f + slope + 0.5 * L * square + slack) return false;
    if (!next || L * square > slack) return true;
    double bend = b->dot(a->n, next, difference) - slope;
    double noise = 1e3 * b->roundoff * sqrt(b->dot(a->n, g, g) * square);
    return bend <= L * square + noise;
}

int crease_backtrack(crease_algorithm *a, crease_oracle *oracle, const void *z, double f, const void *g, double *L,
                     crease_trim *trim, void *out, double *value, void *next, void *difference)
{
    const crease_backend *b = a->backend;
    const crease_rows all = { 0, NULL };
    for (int i = 0; i < MOST_DOUBLINGS; i++, *L *= 2) {
        CREASE_TRY(crease_step_map(a, z, g, *L, out));
        if (trim) trim(a, z, out);
        b->copy(a->n, out, difference);
        b->axpby(a->n, -1, z, 1, difference);
        CREASE_TRY(oracle->gradient(oracle, all, out, value, next));
        bool finite = isfinite(*value) && (!next || b->is_finite(a->n, next));
        if (finite && majorizes(a, z, f, *value, g, next, *L, difference)) return CREASE_OK;
    }
    return crease_fail(a->ctx, CREASE_EDIVERGED, "no curvature bounds the loss at step %lu", a->t + 1);
}

int crease_first_curvature(crease_oracle *oracle, double *L)
{
    crease_problem *p = oracle->problem;
    *L = 1;
    if (!p || !p->type->lipschitz) return CREASE_OK;
    double bound;
    CREASE_TRY(p->type->lipschitz(p, false, &bound));
    if (bound > 0 && isfinite(bound)) *L = bound;
    return CREASE_OK;
}

/* The zero groups of an active set: multipliers for them, or the way out. Where x = 0 these have to add up
 * to c: a point in the sum of balls, found by projecting onto one after another in the Euclidean metric,
 * with momentum. If c lies outside, what is left, v, is a direction in which the objective falls. */
#include <cblas.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "overlap.h"

enum { LEAST_SWEEPS = 500, MOST_SWEEPS = 20000, ALL_ENTRIES = 20000000 }; /* entries visited in all sweeps */

/* The projection of what is left on zero list k, in the Euclidean metric: where all of c has to be absorbed
 * it does not matter which, and this one knows no condition number. c itself where d = 0.                */
static void absorb_into(crease_overlap *o, size_t k)
{
    size_t n = crease_list_size(&o->lists, k);
    const uint32_t *entry = o->lists.entry + o->lists.begin[k];
    double *y = o->y + o->lists.begin[k];
    for (size_t j = 0; j < n; j++) o->block[j] = o->d[entry[j]] > 0 ? o->v[entry[j]] + y[j] : 0;
    double size = cblas_dnrm2((blasint)n, o->block, 1);
    double factor = size > o->slice[k] ? o->slice[k] / size : 1;
    for (size_t j = 0; j < n; j++) {
        if (o->d[entry[j]] == 0) continue;
        y[j] = factor * o->block[j];
        o->v[entry[j]] = size > o->slice[k] ? o->block[j] - y[j] : 0;
    }
}

/* Where x = 0: |v|, |c|, and the descent <c, v> - sum_k r_k |v_k| of the objective along v, by unit length.
 */
static double descent_along_rest(crease_overlap *o, double *rest, double *whole)
{
    double *unit = o->step, slope = 0;
    blasint n = (blasint)o->lists.n;
    for (size_t i = 0; i < o->lists.n; i++)
        unit[i] = o->x[i] == 0 && o->lists.cover[i] && o->d[i] > 0 ? o->c[i] : 0;
    *whole = cblas_dnrm2(n, unit, 1);
    for (size_t i = 0; i < o->lists.n; i++) unit[i] = unit[i] != 0 ? o->v[i] : 0;
    *rest = cblas_dnrm2(n, unit, 1);
    if (*rest == 0) return 0;
    for (size_t i = 0; i < o->lists.n; i++) {
        unit[i] /= *rest;
        if (unit[i] != 0) slope += unit[i] * o->c[i];
    }
    for (size_t k = 0; k < o->lists.count; k++) {
        if (o->size[k] > 0) continue;
        crease_list_gather(&o->lists, k, unit, o->block);
        slope -= o->slice[k] * cblas_dnrm2((blasint)crease_list_size(&o->lists, k), o->block, 1);
    }
    return slope;
}

/* y and v carry on by beta times their last move; every block is projected before it is used again. */
static void extrapolate(crease_overlap *o, double beta)
{
    for (size_t e = 0; e < o->lists.total; e++) {
        double y = o->y[e];
        o->y[e] += beta * (y - o->last_y[e]);
        o->last_y[e] = y;
    }
    for (size_t i = 0; i < o->lists.n; i++) {
        double v = o->v[i];
        o->v[i] += beta * (v - o->last_v[i]);
        o->last_v[i] = v;
    }
}

/* Alternate over the zero lists, with momentum while that helps, until they have absorbed all of c, or what
 * is left shows that x = 0 is wrong there: then the slope of the objective along it, by unit length, is
 * returned; else 0. */
double crease_overlap_absorb(crease_overlap *o)
{
    double rest, whole, slope = 0, before = INFINITY;
    size_t cap = ALL_ENTRIES / (o->lists.total + 1), since = 0;
    cap = cap < LEAST_SWEEPS ? LEAST_SWEEPS : cap > MOST_SWEEPS ? MOST_SWEEPS : cap;
    memcpy(o->last_y, o->y, o->lists.total * sizeof(double));
    memcpy(o->last_v, o->v, o->lists.n * sizeof(double));
    for (size_t t = 0; t < cap; t++, since++) {
        for (size_t k = 0; k < o->lists.count; k++)
            if (o->size[k] == 0) absorb_into(o, k);
        slope = descent_along_rest(o, &rest, &whole);
        if (rest <= 4 * DBL_EPSILON * whole) return 0;
        if (slope >= 0.5 * rest) return slope;
        if (rest >= before) since = 0;
        before = rest;
        extrapolate(o, (double)since / ((double)since + 3));
    }
    memcpy(o->y, o->last_y, o->lists.total * sizeof(double));
    return slope > 0.01 * rest ? slope : 0;
}

/* Along the rest (in step), in each component as far as a quadratic above the objective falls: (s^2 +
 * a^2)^(1/2) <= s + a^2/(2 s) puts the norms of live lists into diag, that of the polish. */
static void follow_rest(crease_overlap *o)
{
    double *slope = o->slope, *curvature = o->before;
    crease_overlap_label(o, o->step);
    for (size_t k = 0; k < o->lists.count; k++) slope[k] = curvature[k] = 0;
    for (size_t k = 0; k < o->lists.count; k++) {
        if (o->size[k] > 0) continue;
        crease_list_gather(&o->lists, k, o->step, o->block);
        slope[o->label[k]] -= o->slice[k] * cblas_dnrm2((blasint)crease_list_size(&o->lists, k), o->block, 1);
    }
    for (size_t i = 0; i < o->lists.n; i++) {
        if (o->step[i] == 0) continue;
        size_t c = crease_overlap_component(o, i);
        slope[c] += o->step[i] * o->c[i];
        curvature[c] += o->step[i] * o->step[i] * o->diag[i];
    }
    for (size_t i = 0; i < o->lists.n; i++) {
        if (o->step[i] == 0) continue;
        size_t c = crease_overlap_component(o, i);
        if (slope[c] > 0) o->x[i] = slope[c] / curvature[c] * o->step[i];
    }
}

/* In the slice of d = 0 the best x_i is c_i |x'| / slice, x' being the others of the list. */
void crease_overlap_revive(crease_overlap *o)
{
    follow_rest(o);
    for (size_t k = 0; k < o->lists.count; k++) {
        if (o->size[k] > 0 || o->slice[k] == o->lists.radius[k]) continue;
        crease_list_gather(&o->lists, k, o->x, o->block);
        double size = cblas_dnrm2((blasint)crease_list_size(&o->lists, k), o->block, 1);
        for (size_t e = o->lists.begin[k]; e < o->lists.begin[k + 1]; e++) {
            size_t i = o->lists.entry[e];
            if (o->d[i] == 0) o->x[i] = o->c[i] * (size / o->slice[k]);
        }
    }
}

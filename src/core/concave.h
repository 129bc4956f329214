/* Sums of penalties p_i(|x_i|) that are smooth and concave beyond zero, for the member that includes this
 * file after it has defined, with t >= 0 and lambda = w lambda_i:
 *
 *   static double factor(const crease_part *s, size_t i);             lambda_i
 *   static double penalty(const void *opts, double lambda, double t);  p, lambda > 0
 *   static double slope(const void *opts, double lambda, double t);    p', at t = 0 too, maybe infinite
 *   static double minimizer(const void *opts, double lambda, double c, double d, unsigned *steps);
 *                                 of 1/2 d t^2 - c t + p(t), c >= 0; infinite where there is none
 *   static double threshold(const void *opts, double lambda, double d); the largest c whose minimizer is 0
 *   static double slope_scale(const void *opts, double lambda);         of the certificate
 *
 * It leaves the table `concave_math`. Groups only say which entries belong to the term; their finite
 * weights are not used, an infinite one forces entries to zero. */
#ifndef CREASE_CONCAVE_H
#define CREASE_CONCAVE_H

#include "core/part.h"

static double concave_value(const crease_part *s, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < s->n; i++) {
        double lambda = factor(s, i);
        if (x[i] != 0 && isinf(s->weight)) return INFINITY;
        if (x[i] != 0 && lambda > 0) sum += penalty(s->opts, lambda, fabs(x[i]));
    }
    return sum;
}

/* At zero the subdifferential is [-p'(0), p'(0)], everything where the slope is infinite. */
static double concave_residual(const crease_part *s, const double *x, const double *g, double w)
{
    double sum = 0;
    for (size_t i = 0; i < s->n; i++) {
        double lambda = w * factor(s, i), pull = lambda > 0 ? slope(s->opts, lambda, fabs(x[i])) : 0;
        if (isinf(s->weight) && x[i] != 0) return INFINITY;
        if (isinf(s->weight)) continue;
        sum = hypot(sum, x[i] != 0 ? g[i] + copysign(pull, x[i]) : fmax(fabs(g[i]) - pull, 0));
    }
    return sum;
}

static double concave_scale(const crease_part *s)
{
    double largest = 0;
    for (size_t i = 0; i < s->n; i++) largest = fmax(largest, slope_scale(s->opts, factor(s, i)));
    return largest;
}

static int concave_prox(const crease_part *s, const double *c, const double *d, double w, double *x,
                        crease_prox_info *info)
{
    for (size_t i = 0; i < s->n; i++) {
        unsigned steps = 0;
        double lambda = w * factor(s, i), size = fabs(c[i]), t = 0;
        if (!isfinite(c[i]) || !isfinite(d[i])) return CREASE_ENAN;
        if (lambda == 0 && size > 0) t = size / d[i];
        else if (size > 0) t = minimizer(s->opts, lambda, size, d[i], &steps);
        if (isinf(s->weight)) t = 0;
        if (!isfinite(t)) return CREASE_EUNBOUNDED;
        x[i] = t > 0 ? copysign(t, c[i]) : 0;
        if (steps > info->iterations) info->iterations = steps;
    }
    return CREASE_OK;
}

static void concave_margins(const crease_part *s, const double *x, const double *g, double w,
                            crease_margin *unit)
{
    for (size_t i = 0; i < s->n; i++) {
        double lambda = w * factor(s, i), pull = lambda > 0 ? slope(s->opts, lambda, 0) : 0;
        if (isinf(s->weight)) pull = INFINITY;
        if (x[i] != 0) unit[i] = (crease_margin){ .slack = NAN, .size = fabs(x[i]) };
        else unit[i] = (crease_margin){ .slack = pull - fabs(g[i]), .size = NAN };
        if (x[i] == 0 && isfinite(pull)) unit[i].threshold = pull;
    }
}

/* The minimizer is 0 exactly while |c_i| is below the threshold. */
static double concave_radius(const crease_part *s, const double *c, const double *d, double w,
                             const double *x)
{
    double least = INFINITY;
    (void)x;
    for (size_t i = 0; i < s->n && isfinite(s->weight); i++) {
        double lambda = w * factor(s, i);
        least = fmin(least, fabs(fabs(c[i]) - (lambda > 0 ? threshold(s->opts, lambda, d[i]) : 0)));
    }
    return least;
}

static const crease_math concave_math = {
    .accepts = crease_numbers_refusal,
    .value = concave_value,
    .residual = concave_residual,
    .prox = concave_prox,
    .scale = concave_scale,
    .margins = concave_margins,
    .radius = concave_radius,
};

#endif

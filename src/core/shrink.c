#include "shrink.h"

#include <cblas.h>
#include <math.h>

static double norm(size_t n, const double *x)
{
    return cblas_dnrm2((blasint)n, x, 1); /* scaled against overflow */
}

static bool is_zero(size_t n, const double *x)
{
    for (size_t i = 0; i < n; i++)
        if (x[i] != 0) return false;
    return true;
}

static double soft(double x, double threshold)
{
    double size = fabs(x) - threshold;
    return size <= 0 ? 0 : copysign(size, x); /* a NaN stays one */
}

/* |soft(g, threshold)|_2, scaled by the largest entry against overflow and underflow. */
static double soft_norm(size_t n, const double *g, double threshold)
{
    double largest = 0, sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(g[i])) return NAN;
        largest = fmax(largest, fabs(soft(g[i], threshold)));
    }
    if (largest == 0 || isinf(largest)) return largest;
    for (size_t i = 0; i < n; i++) {
        double ratio = soft(g[i], threshold) / largest;
        sum += ratio * ratio;
    }
    return largest * sqrt(sum);
}

double crease_shrink_value(const crease_shrink *psi, size_t n, const double *x, double weight)
{
    if (is_zero(n, x)) return 0;
    if (isinf(weight)) return INFINITY;
    double size = norm(n, x), sum = psi->lambda2 * weight * size + 0.5 * psi->ridge * size * size;
    if (psi->lambda1 > 0) sum += psi->lambda1 * cblas_dasum((blasint)n, x, 1);
    return sum;
}

/* Zero group: the ball lambda2 weight B and the box lambda1 [-1, 1]^n absorb what they can of g. */
static double zero_residual(const crease_shrink *psi, size_t n, const double *g, double w, double weight)
{
    if (isinf(weight)) return 0;
    double rest = soft_norm(n, g, w * psi->lambda1) - w * psi->lambda2 * weight;
    return rest <= 0 ? 0 : rest;
}

/* Live group: psi is smooth but for the entries that are zero, where the box absorbs. */
static double live_residual(const crease_shrink *psi, size_t n, const double *x, const double *g, double w,
                            double weight)
{
    double size = norm(n, x), box = w * psi->lambda1, ball = w * psi->lambda2 * weight, sum = 0;
    for (size_t i = 0; i < n; i++) {
        double smooth = g[i] + w * psi->ridge * x[i] + ball * (x[i] / size);
        double rest = x[i] != 0 ? smooth + copysign(box, x[i]) : soft(smooth, box);
        sum = hypot(sum, rest);
    }
    return sum;
}

double crease_shrink_residual(const crease_shrink *psi, size_t n, const double *x, const double *g, double w,
                              double weight)
{
    if (is_zero(n, x)) return zero_residual(psi, n, g, w, weight);
    if (isinf(weight)) return INFINITY;
    return live_residual(psi, n, x, g, w, weight);
}

/* The t with |soft(y, t lambda1)| = t lambda2 weight: the left side falls, the right side rises. */
double crease_shrink_dual_norm(const crease_shrink *psi, size_t n, const double *y, double weight)
{
    double slope = psi->lambda2 * weight;
    if (is_zero(n, y) || isinf(weight)) return 0;
    if (psi->lambda1 == 0) return norm(n, y) / slope;
    double largest = fabs(y[cblas_idamax((blasint)n, y, 1)]), low = 0, high = largest / psi->lambda1;
    if (slope == 0) return high;
    for (;;) {
        double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high) return high;
        if (soft_norm(n, y, middle * psi->lambda1) > middle * slope) low = middle;
        else high = middle;
    }
}

double crease_shrink_scale(const crease_shrink *psi, double weight)
{
    return psi->lambda1 + (psi->lambda2 > 0 ? psi->lambda2 * weight : 0);
}

static crease_margin zero_unit(double slack)
{
    return (crease_margin){ .slack = slack, .size = NAN };
}

static crease_margin live_unit(double size)
{
    return (crease_margin){ .slack = NAN, .size = size };
}

void crease_shrink_margins(const crease_shrink *psi, bool per_entry, size_t n, const double *x, const double *g,
                           double weight, crease_margin *unit)
{
    bool zero = is_zero(n, x);
    double group_slack = psi->lambda2 * weight - (zero ? soft_norm(n, g, psi->lambda1) : 0);
    if (isinf(weight)) group_slack = INFINITY;
    if (!per_entry) {
        unit[0] = zero ? zero_unit(group_slack) : live_unit(norm(n, x));
        return;
    }
    bool by_group = zero && psi->lambda2 * weight > 0; /* the group's ball holds all its entries at zero */
    for (size_t i = 0; i < n; i++) {
        if (x[i] != 0) unit[i] = live_unit(fabs(x[i]));
        else unit[i] = zero_unit(by_group ? group_slack : psi->lambda1 - fabs(g[i]));
    }
}

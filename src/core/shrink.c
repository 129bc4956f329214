/* The shrink family in double, one part at a time: everything about
 *     psi_g(x) = lambda1 |x|_1 + lambda2 weight |x|_2 + ridge/2 |x|_2^2
 * that is no oracle. The oracle is a backend kernel; nothing else here is used by it. */
#include <cblas.h>
#include <math.h>

#include "jacobian.h"
#include "part.h"

static double norm(size_t n, const double *x)
{
    return cblas_dnrm2((blasint)n, x, 1); /* scaled against overflow */
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

static crease_shrink family(const crease_part *s)
{
    crease_shrink place = { 0 };
    s->type->shrink(s->opts, &place);
    return place;
}

static double value(const crease_part *s, const double *x)
{
    crease_shrink psi = family(s);
    if (crease_is_zero(s->n, x)) return 0;
    if (isinf(s->weight)) return INFINITY;
    double size = norm(s->n, x), sum = psi.lambda2 * s->weight * size + 0.5 * psi.ridge * size * size;
    if (psi.lambda1 > 0) sum += psi.lambda1 * cblas_dasum((blasint)s->n, x, 1);
    return sum;
}

/* Zero group: the ball lambda2 weight B and the box lambda1 [-1, 1]^n absorb what they can of g. */
static double zero_residual(const crease_shrink *psi, size_t n, const double *g, double w,
                            double weight)
{
    if (isinf(weight)) return 0;
    double rest = soft_norm(n, g, w * psi->lambda1) - w * psi->lambda2 * weight;
    return rest <= 0 ? 0 : rest;
}

/* Live group: psi is smooth but for the entries that are zero, where the box absorbs. */
static double live_residual(const crease_shrink *psi, size_t n, const double *x, const double *g,
                            double w, double weight)
{
    double size = norm(n, x), box = w * psi->lambda1, ball = w * psi->lambda2 * weight, sum = 0;
    for (size_t i = 0; i < n; i++) {
        double smooth = g[i] + w * psi->ridge * x[i] + ball * (x[i] / size);
        double rest = x[i] != 0 ? smooth + copysign(box, x[i]) : soft(smooth, box);
        sum = hypot(sum, rest);
    }
    return sum;
}

static double residual(const crease_part *s, const double *x, const double *g, double w)
{
    crease_shrink psi = family(s);
    if (crease_is_zero(s->n, x)) return zero_residual(&psi, s->n, g, w, s->weight);
    if (isinf(s->weight)) return INFINITY;
    return live_residual(&psi, s->n, x, g, w, s->weight);
}

/* The t with |soft(y, t lambda1)| = t lambda2 weight: the left side falls, the right side rises. */
static double dual_norm(const crease_part *s, const double *y)
{
    crease_shrink psi = family(s);
    double slope = psi.lambda2 * s->weight;
    if (crease_is_zero(s->n, y) || isinf(s->weight)) return 0;
    if (psi.lambda1 == 0) return norm(s->n, y) / slope;
    double largest = fabs(y[cblas_idamax((blasint)s->n, y, 1)]), low = 0, high = largest / psi.lambda1;
    if (slope == 0) return high;
    for (;;) {
        double middle = low + (high - low) / 2;
        if (!(low < middle && middle < high)) return high; /* a NaN ends it, too */
        if (soft_norm(s->n, y, middle * psi.lambda1) > middle * slope)
            low = middle;
        else
            high = middle;
    }
}

/* With a ridge: |soft(soft(y, lambda1), lambda2 weight)|^2 / (2 ridge), the inner soft by entry, the
 * outer by norm. */
static double conjugate(const crease_part *s, const double *y)
{
    crease_shrink psi = family(s);
    if (isinf(s->weight)) return 0;
    double ball = psi.lambda2 > 0 ? psi.lambda2 * s->weight : 0,
           rest = soft_norm(s->n, y, psi.lambda1) - ball;
    if (rest <= 0) return 0;
    return psi.ridge > 0 ? rest / (2 * psi.ridge) * rest : INFINITY;
}

static double scale(const crease_part *s)
{
    crease_shrink psi = family(s);
    return psi.lambda1 + (psi.lambda2 > 0 ? psi.lambda2 * s->weight : 0);
}

static crease_margin zero_unit(double slack, double threshold)
{
    return (crease_margin){ .slack = slack, .size = NAN, .threshold = threshold };
}

static crease_margin live_unit(double size)
{
    return (crease_margin){ .slack = NAN, .size = size };
}

static void margins(const crease_part *s, const double *x, const double *g, double w,
                    crease_margin *unit)
{
    crease_shrink psi = family(s);
    bool zero = crease_is_zero(s->n, x), per_entry = s->type->flags & CREASE_UNIT_ENTRY;
    double ball = w * psi.lambda2 * s->weight, box = w * psi.lambda1;
    double group_slack = isinf(s->weight) ? INFINITY : ball - (zero ? soft_norm(s->n, g, box) : 0);
    if (!per_entry) {
        unit[0] = zero ? zero_unit(group_slack, ball) : live_unit(norm(s->n, x));
        return;
    }
    bool by_group = zero && ball > 0; /* the group's ball holds all its entries at zero */
    for (size_t i = 0; i < s->n; i++) {
        if (x[i] != 0)
            unit[i] = live_unit(fabs(x[i]));
        else
            unit[i] = by_group ? zero_unit(group_slack, ball) : zero_unit(box - fabs(g[i]), box);
    }
}

/* soft is nonexpansive, so a group's fate is safe while |e| < ||soft(c, box)| - ball|. Per entry, those
 * of a live group also keep theirs while |e_i| < ||c_i| - box|. */
static double radius(const crease_part *s, const double *c, const double *d, double w, const double *x)
{
    crease_shrink psi = family(s);
    double ball = w * psi.lambda2 * s->weight, box = w * psi.lambda1;
    (void)d;
    if (isinf(s->weight)) return INFINITY;
    bool per_entry = s->type->flags & CREASE_UNIT_ENTRY;
    double least = ball > 0 || !per_entry ? fabs(soft_norm(s->n, c, box) - ball) : INFINITY;
    if (!per_entry || (crease_is_zero(s->n, x) && ball > 0)) return least;
    for (size_t i = 0; i < s->n; i++) least = fmin(least, fabs(fabs(c[i]) - box));
    return least;
}

/* --- the oracle: the double kernel on one group ----------------------------------------------------
 */

static const crease_backend *kernels(void)
{
    const crease_backend *b = NULL;
    for (size_t i = 0; (b = crease_backend_at(i)); i++)
        if (b->real_bytes == sizeof(double)) return b;
    return NULL;
}

static crease_groups lone_group(const crease_part *s)
{
    crease_groups groups = crease_groups_all(0, s->n);
    groups.uniform_weight = s->weight;
    return groups;
}

static size_t work(const crease_part *s)
{
    crease_groups groups = lone_group(s);
    return kernels()->shrink_work(&groups) + 64; /* the kernel wants 64-byte alignment */
}

static int prox(const crease_part *s, const double *c, const double *d, double w, double *x,
                crease_prox_info *info)
{
    crease_groups groups = lone_group(s);
    crease_shrink_stats stats = { 0 };
    crease_shrink_task task = { .n = s->n,
                                .groups = &groups,
                                .c = c,
                                .d = d,
                                .w = w,
                                .psi = family(s),
                                .rule = CREASE_SECULAR_RECIPROCAL,
                                .max_iters = 200,
                                .work = (void *)(((uintptr_t)s->work + 63) / 64 * 64) };
    int code = kernels()->shrink_diag(&task, x, &stats);
    info->iterations = (unsigned)stats.iterations;
    return code;
}

/* L x = f (1 - ball/rho) soft(u, box), where rho is the length of that soft vector and f = L/(L + w ridge). */
static void linearize(const crease_part *s, const double *u, double L, double w, const double *x, void *state)
{
    crease_shrink psi = family(s);
    crease_rank_one J = crease_rank_one_at(s, state);
    double size = norm(s->n, x), high = L + w * psi.ridge;
    double ball = psi.lambda2 > 0 ? w * psi.lambda2 * s->weight : 0, rho = high * size + ball;
    (void)u;
    crease_rank_one_clear(s, state);
    if (isinf(s->weight) || (ball > 0 && size == 0)) return;
    double alpha = L / high * (ball > 0 ? high * size / rho : 1);
    for (size_t i = 0; i < s->n; i++) {
        if (psi.lambda1 > 0 && x[i] == 0) continue;
        J.a[i] = alpha;
        J.v[i] = ball > 0 ? x[i] / size : 0;
    }
    J.b[0] = ball > 0 ? L / high * (ball / rho) : 0;
    crease_rank_one_finish(s, state);
}

const crease_math crease_math_shrink = {
    .work = work,
    .value = value,
    .residual = residual,
    .prox = prox,
    .dual_norm = dual_norm,
    .conjugate = conjugate,
    .scale = scale,
    .margins = margins,
    .radius = radius,
    CREASE_RANK_ONE_JACOBIAN(linearize),
};

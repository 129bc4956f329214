/* The Euclidean ball { |x|_2 <= rho }; weights of groups are not used.
 *
 * The oracle in a diagonal metric: c/d where that is inside, else x_i = c_i / (d_i + tau) with the tau > 0
 * of norm rho, the equation of a trust region. With q_i = |c_i| / (rho (d_i + tau)) it reads r(tau) = |q| =
 * 1, and 1/r is concave and increasing (a power mean of exponent -2 of the d_i + tau), so that Newton's
 * method on 1/r = 1 rises to the root from any point left of it; one step is exact where d is constant. It
 * starts at the largest of |c|/rho - max d and the |c_i|/rho - d_i, where no q_i exceeds 1: no square
 * overflows. An entry with d_i = 0 and c_i != 0 puts c/d outside; with c_i = 0 it is zero, and there is no
 * hard case because d >= 0. The certificate projects -g onto the tangent cone, in closed form.
 * Identification radius: none.                                                                          */
#include <float.h>
#include <math.h>

#include "core/jacobian.h"
#include "core/part.h"
#include "core/sum.h"

typedef struct {
    double rho;
} l2_ball_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(l2_ball_opts, rho, 1, CREASE_GT(0), "radius"),
    CREASE_PARAM_END,
};

enum { MOST_STEPS = 100 }; /* about 15 are the most seen; rounding ends the climb long before */

static double rho_of(const crease_part *s)
{
    return ((const l2_ball_opts *)s->opts)->rho;
}

/* |x|_2, the squares summed without their rounding. */
static double norm(size_t n, const double *x)
{
    crease_sum sum = { 0, 0 };
    double largest = 0;
    for (size_t i = 0; i < n; i++) largest = fmax(largest, fabs(x[i]));
    if (largest == 0) return 0;
    for (size_t i = 0; i < n; i++) crease_sum_add_product(&sum, x[i] / largest, x[i] / largest);
    return largest * sqrt(crease_sum_value(&sum));
}

typedef enum { INSIDE, SPHERE, OUTSIDE } place;

static place place_of(const crease_part *s, const double *x)
{
    double over = norm(s->n, x) - rho_of(s), near = 16 * s->roundoff * rho_of(s);
    return over < -near ? INSIDE : over <= near ? SPHERE : OUTSIDE; /* a NaN is outside */
}

static double value(const crease_part *s, const double *x)
{
    return place_of(s, x) == OUTSIDE ? INFINITY : 0;
}

/* The length of -g along x, 0 where it points inwards or nothing holds x: the multiplier times rho. */
static double outward(const crease_part *s, const double *x, const double *g)
{
    crease_sum sum = { 0, 0 };
    if (place_of(s, x) == INSIDE) return 0;
    for (size_t i = 0; i < s->n; i++) crease_sum_add_product(&sum, -g[i], x[i] / rho_of(s));
    return fmax(0, crease_sum_value(&sum));
}

static double residual(const crease_part *s, const double *x, const double *g, double w)
{
    double sum = 0;
    (void)w;
    if (place_of(s, x) == OUTSIDE) return INFINITY;
    double along = outward(s, x, g);
    for (size_t i = 0; i < s->n; i++) sum = hypot(sum, g[i] + along * (x[i] / rho_of(s)));
    return sum;
}

/* --- the oracle ----------------------------------------------------------------------------------- */

/* Left of the root wherever that is positive. */
static double start(size_t n, const double *c, const double *d, double rho)
{
    double steepest = 0, alone = 0;
    for (size_t i = 0; i < n; i++) {
        steepest = fmax(steepest, d[i]);
        alone = fmax(alone, fabs(c[i]) / rho - d[i]);
    }
    return fmax(alone, norm(n, c) / rho - steepest);
}

/* r, and the step of Newton's method from tau. */
static double step(size_t n, const double *c, const double *d, double rho, double tau, double *r)
{
    crease_sum squares = { 0, 0 };
    double slope = 0;
    for (size_t i = 0; i < n; i++) {
        double pull = fabs(c[i]) / rho, q = pull / (d[i] + tau);
        if (pull == 0) continue; /* d_i + tau may be 0 */
        crease_sum_add_product(&squares, q, q);
        slope += q * q / (d[i] + tau);
    }
    *r = sqrt(crease_sum_value(&squares));
    return *r > 1 ? *r * *r * (*r - 1) / slope : 0;
}

static int prox(const crease_part *s, const double *c, const double *d, double w, double *x,
                crease_prox_info *info)
{
    double rho = rho_of(s), r, tau, next;
    (void)w;
    if (!crease_are_finite(s->n, c) || !crease_are_finite(s->n, d)) return CREASE_ENAN;
    tau = start(s->n, c, d, rho);
    if (!isfinite(tau)) return CREASE_ENAN; /* |c|/rho is no number, so neither is the multiplier */
    while ((next = tau + step(s->n, c, d, rho, tau, &r)) > tau && info->iterations++ < MOST_STEPS) tau = next;
    double shrink = tau > 0 ? r : 1; /* r is 1 but for the last bits of tau */
    for (size_t i = 0; i < s->n; i++) {
        x[i] = 0;
        if (fabs(c[i]) / rho > 0) x[i] += c[i] / (d[i] + tau) / shrink; /* no -0 */
    }
    return CREASE_OK;
}

/* --- duality and structure ------------------------------------------------------------------------ */

static double conjugate(const crease_part *s, const double *y)
{
    return rho_of(s) * norm(s->n, y);
}

static void signature(const crease_part *s, const double *x, crease_unit *unit)
{
    unit[0] = place_of(s, x) == INSIDE;
}

static size_t dimension(const crease_part *s, const double *x, const crease_unit *unit)
{
    (void)x;
    return s->n - (unit[0] == 0 && s->n > 0);
}

static void margins(const crease_part *s, const double *x, const double *g, double w, crease_margin *unit)
{
    (void)w;
    double room = rho_of(s) - norm(s->n, x);
    if (place_of(s, x) == INSIDE) unit[0] = (crease_margin){ .slack = NAN, .size = room };
    else unit[0] = (crease_margin){ .slack = outward(s, x, g), .size = NAN };
}

/* On the sphere P(u) = L rho u/|u|: the part of v along x is lost, the rest shrinks. */
static void linearize(const crease_part *s, const double *u, double L, double w, const double *x, void *state)
{
    crease_rank_one J = crease_rank_one_at(s, state);
    double size = norm(s->n, x), shrink = fmin(1, L * rho_of(s) / norm(s->n, u));
    (void)w;
    crease_rank_one_identity(s, state);
    if (place_of(s, x) == INSIDE) return;
    for (size_t i = 0; i < s->n; i++) {
        J.a[i] = shrink;
        J.v[i] = x[i] / size;
    }
    J.b[0] = -shrink;
    crease_rank_one_finish(s, state);
}

static const crease_math math = {
    .value = value,
    .residual = residual,
    .prox = prox,
    .conjugate = conjugate,
    .scale = crease_no_scale,
    .signature = signature,
    .dimension = dimension,
    .margins = margins,
    CREASE_RANK_ONE_JACOBIAN(linearize),
};

const crease_regularizer_type crease_regularizer_l2_ball = {
    .base = { .name = "l2_ball",
              .summary = "Euclidean ball",
              .formula = "psi(x) = 0 where |x_g|_2 <= rho for every group g, else infinite",
              .source = "More and Sorensen, SIAM J. Sci. Stat. Comput. 4 (1983): the equation, reciprocal",
              .opts_size = sizeof(l2_ball_opts),
              .params = params },
    .flags = CREASE_CONVEX | CREASE_CONSTRAINT | CREASE_UNIT_GROUP,
    .exact = "any diagonal metric",
    .cost = "O(n) a Newton step, at most about 15",
    .manifold = "the sphere; the inside of the ball",
    .identification = "on the sphere: the length of grad f(x*), which the sphere alone holds; inside: the "
                      "distance of x* from the sphere",
    .math = &math,
};

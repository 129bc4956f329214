/* The ball of the nuclear norm of the matrix that a group holds. Finite weights are not used; an infinite one
 * forces the group to zero.
 *
 * Where d is constant in the group the singular values of C/d are projected on the ball of the l1 norm.
 * Elsewhere C/D is the answer if it lies in the ball; if not, accelerated proximal gradient steps in the
 * metric d_max find it to `tol` with a proven gap. A matrix of one row or column has the exact oracle
 * of the l2 ball.
 *
 * Identification: where d is constant and X lies on the sphere, X keeps the singular values of C above a
 * threshold theta with sum_k max(sigma_k - theta, 0) = d rho. Singular values move by no more than |E| when C
 * does (Mirsky 1960), and theta by their mean over the r live ones, so that sigma_k - theta moves by no more
 * than sqrt(1 - 1/r) |E| for a live k, sqrt(1 + 1/r) |E| for another one, and theta by |E|/sqrt(r).     */
#include <math.h>
#include <string.h>

#include "core/jacobian_spectral.h"
#include "core/part.h"
#include "core/spectral.h"

typedef struct {
    crease_spectral_opts spectral;
    double rho;
} nuclear_ball_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(nuclear_ball_opts, rho, 1, CREASE_GE(0), "bound on the sum of the singular values"),
    CREASE_PARAM_ROWS,
    CREASE_PARAM_ITERATIONS,
    CREASE_PARAM_END,
};

static double rho_of(const crease_part *s)
{
    return isinf(s->weight) ? 0 : ((const nuclear_ball_opts *)s->opts)->rho;
}

/* --- projection ------------------------------------------------------------------------------------ */

/* The r and theta with sum over j < r of (sigma_j - theta) = level and sigma_r <= theta < sigma_{r-1}. */
static size_t find_threshold(const double *sigma, size_t k, double level, double *theta)
{
    double sum = 0;
    size_t r = 0;
    *theta = INFINITY;
    for (size_t j = 0; j < k && (j == 0 || sigma[j] > *theta); j++) {
        sum += sigma[j];
        r = j + 1;
        *theta = (sum - level) / (double)r;
    }
    return r;
}

static double total(size_t k, const double *sigma)
{
    double sum = 0;
    for (size_t j = 0; j < k; j++) sum += sigma[j];
    return sum;
}

/* rho/r + (sigma_j - mean)/d: what is above the threshold, over d, but d may be 0. Where rounding of sigma
 * outweighs d rho, the last line keeps it in the ball. */
static bool project(const crease_part *s, const double *sigma, size_t k, double d, double w, double *p)
{
    double theta, rho = rho_of(s), sum = total(k, sigma);
    (void)w;
    memset(p, 0, k * sizeof *p);
    if (rho == 0 || sum == 0) return true;
    if (sum <= d * rho) {
        for (size_t j = 0; j < k; j++) p[j] = sigma[j] / d;
        return true;
    }
    size_t r = find_threshold(sigma, k, d * rho, &theta);
    double mean = total(r, sigma) / (double)r;
    for (size_t j = 0; j < r; j++)
        p[j] = fmax(0, rho / (double)r + (sigma[j] == mean ? 0 : (sigma[j] - mean) / d));
    cblas_dscal((blasint)r, rho / total(r, p), p, 1);
    return true;
}

/* The same as a penalty of |x|, for the oracle of vectors. */
static void vector_pieces(const crease_part *s, size_t i, crease_pieces *psi)
{
    (void)i;
    *psi = (crease_pieces){ .right = { .n = rho_of(s) > 0, .piece = { { rho_of(s), 0, 0 } } } };
    psi->left = psi->right;
}

static const crease_regularizer_type vector = { .pieces = vector_pieces, .math = &crease_math_radial };

/* x = C/D, and whether it is there and in the ball: then it is the answer in every metric. */
static bool is_inside(const crease_part *s, const double *c, const double *d, double *x)
{
    crease_spectral_space space = crease_spectral_carve(s);
    for (size_t i = 0; i < s->n; i++) {
        if (!isfinite(c[i]) || !(d[i] > 0)) return false;
        x[i] = c[i] / d[i] + 0.0;
        if (!isfinite(x[i])) return false;
    }
    return crease_svd_values(&space.svd, x) && total(space.svd.k, space.svd.s) <= rho_of(s);
}

static int prox(const crease_part *s, const double *c, const double *d, double w, double *x,
                crease_prox_info *info)
{
    const crease_spectral_opts *o = s->opts;
    crease_spectral_way way = { .rule = project, .slope = INFINITY, .max_iters = o->max_iters,
                                .tol = o->tol, .vector = &vector };
    (void)w;
    bool scalar = crease_spectral_is_scalar(s, d), inside = !scalar && is_inside(s, c, d, x);
    if (!inside)
        CREASE_TRY(crease_spectral_solve(s, &way, c, d, isinf(s->weight) ? INFINITY : 1, x, info));
    if (scalar && s->n > 0 && rho_of(s) > 0) { /* the space still holds the singular values of C */
        crease_spectral_space space = crease_spectral_carve(s);
        inside = total(space.svd.k, space.svd.s) <= d[0] * rho_of(s);
    }
    for (size_t j = 0; inside && info->unit && j < crease_spectral_units(s); j++) info->unit[j] = 1;
    return CREASE_OK;
}

/* --- certificate and structure ---------------------------------------------------------------------- */

/* Where x, whose decomposition the space holds, lies to rounding: -1 inside, 0 on the sphere, 1 outside. */
static int place(const crease_part *s, const crease_spectral_space *space)
{
    double rho = rho_of(s), sum = total(space->svd.k, space->svd.s);
    double near = 2 * (double)space->svd.k * crease_spectral_noise(s, &space->svd);
    return sum > rho + near ? 1 : sum < rho - near ? -1 : 0;
}

static double value(const crease_part *s, const double *x)
{
    crease_spectral_space space = crease_spectral_carve(s);
    if (!crease_svd_values(&space.svd, x)) return NAN;
    return place(s, &space) > 0 ? INFINITY : 0;
}

/* |h + t|^2 + sum soft(sigma, t)^2, over the multiplier t >= 0 of the sphere: its derivative rises, and
 * between singular values it is a line. */
static double least_over_multiplier(size_t r, const double *h, size_t rest, const double *sigma)
{
    double sum = 0, t = 0, count = (double)r;
    for (size_t j = 0; j < r; j++) sum -= h[j];
    for (size_t j = 0;; j++) { /* those above t pull it up */
        t = count > 0 ? sum / count : 0;
        if (j == rest || t >= sigma[j]) break;
        sum += sigma[j];
        count += 1;
    }
    double distance = 0;
    t = fmax(t, 0);
    for (size_t j = 0; j < r; j++) distance = hypot(distance, h[j] + t);
    for (size_t j = 0; j < rest; j++) distance = hypot(distance, fmax(sigma[j] - t, 0));
    return distance;
}

/* The normal cone: 0 inside, and on the sphere the multiples of the subdifferential of the norm. */
static double residual(const crease_part *s, const double *x, const double *g, double w)
{
    crease_spectral_space space = crease_spectral_carve(s);
    double tangent;
    (void)w;
    if (!crease_svd_compute(&space.svd, x)) return INFINITY;
    int side = place(s, &space);
    if (side != 0 || s->n == 0) return side > 0 ? INFINITY : cblas_dnrm2((blasint)s->n, g, 1);
    if (rho_of(s) == 0) return 0;
    size_t r = crease_spectral_rank(s, &space.svd);
    if (!crease_spectral_split(&space, r, g, &tangent)) return INFINITY;
    return hypot(tangent, least_over_multiplier(r, space.value, space.svd.k - r, space.svd.s));
}

static double conjugate(const crease_part *s, const double *y)
{
    crease_spectral_space space = crease_spectral_carve(s);
    if (s->n == 0) return 0;
    return crease_svd_values(&space.svd, y) ? rho_of(s) * space.svd.s[0] : NAN;
}

/* Inside the ball no singular value is held at 0. */
static void signature(const crease_part *s, const double *x, crease_unit *unit)
{
    crease_spectral_space space = crease_spectral_carve(s);
    size_t r = 0;
    if (crease_svd_values(&space.svd, x))
        r = place(s, &space) < 0 ? space.svd.k : crease_spectral_rank(s, &space.svd);
    for (size_t j = 0; j < space.svd.k; j++) unit[j] = j < r;
}

/* The sphere takes one away. */
static size_t dimension(const crease_part *s, const double *x, const crease_unit *unit)
{
    crease_spectral_space space = crease_spectral_carve(s);
    size_t all = crease_spectral_dimension(s, x, unit);
    if (all == 0 || !crease_svd_values(&space.svd, x)) return all;
    return place(s, &space) < 0 ? all : all - 1;
}

static void margins(const crease_part *s, const double *x, const double *g, double w, crease_margin *unit)
{
    crease_spectral_space space = crease_spectral_carve(s);
    double tangent, multiplier = 0;
    (void)w;
    for (size_t j = 0; j < space.svd.k; j++) unit[j] = (crease_margin){ NAN, NAN, 0 };
    if (!crease_svd_compute(&space.svd, x)) return;
    int side = place(s, &space);
    size_t r = side < 0 ? space.svd.k : crease_spectral_rank(s, &space.svd);
    for (size_t j = 0; j < r; j++) unit[j].size = space.svd.s[j];
    for (size_t j = r; j < space.svd.k; j++) unit[j].slack = INFINITY; /* of a ball of radius 0 */
    if (r == 0 || side != 0 || !crease_spectral_split(&space, r, g, &tangent)) return;
    for (size_t j = 0; j < r; j++) multiplier -= space.value[j] / (double)r;
    for (size_t j = r; j < space.svd.k; j++) {
        unit[j].slack = multiplier - space.svd.s[j - r];
        unit[j].threshold = multiplier;
    }
}

static double radius(const crease_part *s, const double *c, const double *d, double w, const double *x)
{
    crease_spectral_space space = crease_spectral_carve(s);
    double theta, rho = rho_of(s);
    (void)w, (void)x;
    if (s->n == 0 || rho == 0) return INFINITY;
    if (!crease_spectral_is_scalar(s, d) || !crease_svd_values(&space.svd, c)) return NAN;
    size_t k = space.svd.k;
    const double *sigma = space.svd.s;
    double outside = total(k, sigma) - d[0] * rho;
    if (outside <= 0) return -outside / sqrt((double)k);
    size_t r = find_threshold(sigma, k, d[0] * rho, &theta);
    double live = (double)r, least = theta * sqrt(live);
    if (r > 1) least = fmin(least, (sigma[r - 1] - theta) / sqrt(1 - 1 / live));
    return r < k ? fmin(least, (theta - sigma[r]) / sqrt(1 + 1 / live)) : least;
}

/* On the sphere the live values share what the others leave of rho. */
static void linearize(const crease_part *s, const double *u, double L, double w, const double *x, void *state)
{
    crease_spectral_space space = crease_spectral_carve(s);
    size_t r = 0;
    (void)u, (void)w, (void)x;
    if (rho_of(s) == 0 || s->n == 0) {
        crease_spectral_slope_clear(s, state);
    } else if (total(space.svd.k, space.svd.s) <= L * rho_of(s)) {
        crease_spectral_slope_identity(s, state);
    } else {
        while (r < space.svd.k && space.value[r] > 0) r++;
        crease_spectral_slope_keep(s, L, -1 / (double)r, state);
    }
}

static const crease_math math = {
    .work = crease_spectral_work,
    .accepts = crease_spectral_accepts,
    .value = value,
    .residual = residual,
    .prox = prox,
    .conjugate = conjugate,
    .scale = crease_no_scale,
    .units = crease_spectral_units,
    .signature = signature,
    .dimension = dimension,
    .margins = margins,
    .radius = radius,
    .jacobian_work = crease_spectral_jacobian_work,
    .linearize = linearize,
    .jacobian = crease_spectral_jacobian,
};

const crease_regularizer_type crease_regularizer_nuclear_ball = {
    .base = { .name = "nuclear_ball",
              .summary = "ball of the nuclear norm: matrices of low rank and bounded size",
              .formula = "psi(X) = 0 where sum_k sigma_k(X_g) <= rho for every group g, else infinite",
              .source = "Duchi, Shalev-Shwartz, Singer and Chandra, ICML 2008, on singular values, where d "
                        "is constant; elsewhere Beck, First-Order Methods in Optimization (2017), 10.7.7",
              .opts_size = sizeof(nuclear_ball_opts),
              .params = params },
    .flags = CREASE_CONVEX | CREASE_CONSTRAINT | CREASE_UNIT_HIDDEN | CREASE_GROUPED,
    .exactness = CREASE_EXACT_SCALAR,
    .exact = "d constant in each group, or C/D in the ball; any diagonal one for a single row or column",
    .reason = "the norm does not commute with a scaling of entries",
    .cost = "one singular value decomposition; where d varies sqrt(d_max/d_min) of them for each digit",
    .manifold = "matrices of the same rank on the sphere; the inside of the ball",
    .identification = "on the sphere: multiplier - |U' grad f(x*) V|_2 over the null spaces; radius by Mirsky's "
                      "inequality",
    .math = &math,
    .matrix = crease_spectral_matrix,
};

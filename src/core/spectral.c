/* Spectral members at one point: value, certificate, structure. The oracle is in spectral_prox.c.          */
#include "spectral.h"

#include <math.h>

#include "core/jacobian_spectral.h"
#include "core/part.h"
#include "core/pieces.h"

/* --- matrix and room ------------------------------------------------------------------------------- */

void crease_spectral_matrix(const crease_part *s, size_t *rows, size_t *cols)
{
    const crease_spectral_opts *o = s->opts;
    *rows = (size_t)o->rows;
    *cols = s->n / *rows;
}

static crease_spectral_space carve(crease_arena *arena, const crease_part *s)
{
    crease_spectral_space space;
    size_t rows, cols;
    s->type->matrix(s, &rows, &cols);
    space.svd = crease_svd_carve(arena, rows, cols);
    space.value = crease_carve(arena, space.svd.k, sizeof(double));
    space.slopes = crease_carve(arena, 2 * space.svd.k, sizeof(double));
    space.a = crease_carve(arena, s->n, sizeof(double));
    space.b = crease_carve(arena, s->n, sizeof(double));
    space.e = crease_carve(arena, s->n, sizeof(double));
    return space;
}

crease_spectral_space crease_spectral_carve(const crease_part *s)
{
    crease_arena arena = { s->work, 0 };
    return carve(&arena, s);
}

size_t crease_spectral_work(const crease_part *s)
{
    crease_arena arena = { 0 };
    carve(&arena, s);
    size_t vector = crease_math_radial.work ? crease_math_radial.work(s) : 0;
    return vector > arena.used ? vector : arena.used;
}

const char *crease_spectral_accepts(const crease_part *s)
{
    size_t rows, cols;
    s->type->matrix(s, &rows, &cols);
    if (rows * cols != s->n) return "the number of rows does not divide the size of the group";
    return crease_svd_refusal(s->n);
}

bool crease_spectral_is_scalar(const crease_part *s, const double *d)
{
    for (size_t i = 1; i < s->n; i++)
        if (d[i] != d[0]) return false;
    return true;
}

/* --- a numerical rank ------------------------------------------------------------------------------ */

double crease_spectral_noise(const crease_part *s, const crease_svd *svd)
{
    size_t longest = svd->rows > svd->cols ? svd->rows : svd->cols;
    return svd->k > 0 ? 2 * s->roundoff * (double)longest * svd->s[0] : 0;
}

size_t crease_spectral_rank(const crease_part *s, const crease_svd *svd)
{
    double noise = crease_spectral_noise(s, svd);
    size_t r = 0;
    while (r < svd->k && svd->s[r] > noise) r++;
    return r;
}

size_t crease_spectral_units(const crease_part *s)
{
    size_t rows, cols;
    s->type->matrix(s, &rows, &cols);
    return rows < cols ? rows : cols;
}

void crease_spectral_signature(const crease_part *s, const double *x, crease_unit *unit)
{
    crease_spectral_space space = crease_spectral_carve(s);
    size_t r = crease_svd_values(&space.svd, x) ? crease_spectral_rank(s, &space.svd) : 0;
    for (size_t j = 0; j < space.svd.k; j++) unit[j] = j < r;
}

size_t crease_spectral_live(size_t units, const crease_unit *unit)
{
    size_t r = 0;
    for (size_t j = 0; j < units; j++) r += unit[j] != 0;
    return r;
}

size_t crease_spectral_dimension(const crease_part *s, const double *x, const crease_unit *unit)
{
    (void)x;
    size_t rows, cols, r = crease_spectral_live(crease_spectral_units(s), unit);
    s->type->matrix(s, &rows, &cols);
    return r * (rows + cols - r);
}

/* --- penalties by pieces --------------------------------------------------------------------------- */

static crease_pieces pieces(const crease_part *s)
{
    crease_pieces psi = { 0 };
    s->type->pieces(s, 0, &psi);
    return psi;
}

bool crease_spectral_by_pieces(const crease_part *s, const double *sigma, size_t k, double d, double w,
                               double *p)
{
    crease_pieces psi = pieces(s);
    for (size_t j = 0; j < k; j++) {
        p[j] = crease_side_prox(&psi.right, sigma[j], d, w, NULL);
        if (isinf(p[j])) return false;
    }
    return true;
}

double crease_spectral_value(const crease_part *s, const double *x)
{
    crease_spectral_space space = crease_spectral_carve(s);
    crease_pieces psi = pieces(s);
    if (s->weight == 0) return 0;
    if (isinf(s->weight)) return crease_is_zero(s->n, x) ? 0 : INFINITY;
    if (!crease_svd_values(&space.svd, x)) return NAN;
    double noise = crease_spectral_noise(s, &space.svd), sum = (double)space.svd.k * psi.value;
    for (size_t j = 0; j < crease_spectral_rank(s, &space.svd); j++)
        sum += crease_side_value(&psi.right, space.svd.s[j], noise);
    return s->weight * sum;
}

bool crease_spectral_split(crease_spectral_space *space, size_t r, const double *g, double *tangent)
{
    size_t n = space->svd.rows * space->svd.cols;
    double *normal = space->a, *diagonal = space->b;
    for (size_t j = 0; j < r; j++) space->value[j] = crease_svd_entry(&space->svd, j, g);
    crease_svd_normal(&space->svd, r, g, normal);
    crease_svd_compose(&space->svd, r, space->value, diagonal);
    for (size_t i = 0; i < n; i++) diagonal[i] = (g[i] - normal[i]) - diagonal[i];
    *tangent = cblas_dnrm2((blasint)n, diagonal, 1);
    return crease_svd_values(&space->svd, normal);
}

/* Live singular values want -h_j in w p'; the rest of the tangent part must vanish; what is normal is held by
 * p'(0+), as one more spectral function of it. Where p has kinks beyond 0 that several equal singular
 * values share, this takes one element of w dpsi: no less than the distance.                             */
double crease_spectral_residual(const crease_part *s, const double *x, const double *g, double w)
{
    crease_spectral_space space = crease_spectral_carve(s);
    crease_pieces psi = pieces(s);
    double by = w * s->weight, *slopes = space.slopes, sum;
    if (by == 0) return cblas_dnrm2((blasint)s->n, g, 1);
    if (isinf(by)) return crease_is_zero(s->n, x) ? 0 : INFINITY;
    if (!crease_svd_compute(&space.svd, x)) return INFINITY;
    size_t r = crease_spectral_rank(s, &space.svd);
    double noise = crease_spectral_noise(s, &space.svd), start = crease_side_start(&psi.right);
    for (size_t j = 0; j < r; j++)
        crease_side_slopes(&psi.right, space.svd.s[j], noise, &slopes[2 * j], &slopes[2 * j + 1]);
    if (!crease_spectral_split(&space, r, g, &sum)) return INFINITY;
    for (size_t j = 0; j < r; j++)
        sum = hypot(sum, crease_slopes_distance(slopes[2 * j], slopes[2 * j + 1], space.value[j], by));
    for (size_t j = 0; j < space.svd.k - r; j++)
        sum = hypot(sum, crease_slopes_distance(-start, start, space.svd.s[j], by));
    return sum;
}

static double dual_norm(const crease_part *s, const double *y)
{
    crease_spectral_space space = crease_spectral_carve(s);
    crease_pieces psi = pieces(s);
    if (crease_is_zero(s->n, y) || isinf(s->weight)) return 0;
    if (!crease_svd_values(&space.svd, y)) return NAN;
    return space.svd.s[0] / (s->weight * crease_side_start(&psi.right));
}

static double conjugate(const crease_part *s, const double *y)
{
    crease_spectral_space space = crease_spectral_carve(s);
    crease_pieces psi = pieces(s);
    if (s->weight == 0) return crease_is_zero(s->n, y) ? 0 : INFINITY;
    if (isinf(s->weight)) return 0;
    if (!crease_svd_values(&space.svd, y)) return NAN;
    double sum = -(double)space.svd.k * psi.value;
    for (size_t j = 0; j < space.svd.k; j++) {
        double slope = space.svd.s[j] / s->weight, sup = crease_side_conjugate(&psi.right, slope);
        sum += isfinite(sup) ? sup : crease_side_conjugate(&psi.right, slope * (1 - 8 * s->roundoff));
    }
    return s->weight * sum;
}

double crease_spectral_scale(const crease_part *s)
{
    crease_pieces psi = pieces(s);
    double scale = crease_side_scale(&psi.right);
    return scale > 0 ? scale * s->weight : 0;
}

void crease_spectral_margins(const crease_part *s, const double *x, const double *g, double w,
                             crease_margin *unit)
{
    crease_spectral_space space = crease_spectral_carve(s);
    crease_pieces psi = pieces(s);
    double tangent, hold = s->weight > 0 ? w * s->weight * crease_side_start(&psi.right) : 0;
    for (size_t j = 0; j < space.svd.k; j++) unit[j] = (crease_margin){ NAN, NAN, 0 };
    if (!crease_svd_compute(&space.svd, x)) return;
    size_t r = crease_spectral_rank(s, &space.svd);
    for (size_t j = 0; j < r; j++) unit[j].size = space.svd.s[j];
    if (!crease_spectral_split(&space, r, g, &tangent)) return;
    for (size_t j = r; j < space.svd.k; j++) {
        unit[j].slack = hold - space.svd.s[j - r];
        unit[j].threshold = isfinite(hold) ? hold : 0;
    }
}

/* Singular values move by no more than |E| when C does (Weyl; Mirsky, Quart. J. Math. 11 (1960)), and each is
 * kept or dropped by comparing it to one threshold. */
double crease_spectral_radius(const crease_part *s, const double *c, const double *d, double w,
                              const double *x)
{
    crease_spectral_space space = crease_spectral_carve(s);
    crease_pieces psi = pieces(s);
    double by = w * s->weight, least = INFINITY;
    if (isinf(by)) return INFINITY;
    if (s->n == 0) return INFINITY;
    if (!crease_spectral_is_scalar(s, d))
        return space.svd.k == 1 ? crease_math_radial.radius(s, c, d, w, x) : NAN;
    if (!crease_svd_values(&space.svd, c)) return NAN;
    double threshold = crease_side_threshold(&psi.right, d[0], by);
    for (size_t j = 0; j < space.svd.k; j++) least = fmin(least, fabs(space.svd.s[j] - threshold));
    return least;
}

/* --- the oracle's ways ----------------------------------------------------------------------------- */

/* Is psi 0 everywhere? Then it is separable. */
static bool is_absent(const crease_side *side)
{
    double lo = 0;
    for (unsigned i = 0; i < side->n; i++) {
        const crease_piece *p = &side->piece[i];
        if (p->end > lo && (p->slope != 0 || p->curvature != 0)) return false;
        lo = p->end;
    }
    return isinf(lo) && side->jump == 0;
}

/* psi'(t) for t -> infinity. */
static double last_slope(const crease_side *side)
{
    const crease_piece *last = &side->piece[side->n - 1];
    return side->n > 0 && isinf(last->end) && last->curvature <= 0 ? last->slope : INFINITY;
}

static int solve(const crease_part *s, crease_spectral_way way, const double *c, const double *d, double w,
                 double *x, crease_prox_info *info)
{
    crease_pieces psi = pieces(s);
    double by = is_absent(&psi.right) && !isinf(s->weight) ? 0 : w * s->weight;
    way.rule = crease_spectral_by_pieces;
    way.slope = last_slope(&psi.right);
    way.vector = s->type;
    if (s->type->exactness != CREASE_EXACT_SCALAR) way.max_iters = 0;
    return crease_spectral_solve(s, &way, c, d, by, x, info);
}

static int prox(const crease_part *s, const double *c, const double *d, double w, double *x,
                crease_prox_info *info)
{
    return solve(s, (crease_spectral_way){ .max_iters = 1000, .tol = 1e-10 }, c, d, w, x, info);
}

static int prox_by_settings(const crease_part *s, const double *c, const double *d, double w, double *x,
                            crease_prox_info *info)
{
    const crease_spectral_opts *o = s->opts;
    crease_spectral_way way = { .max_iters = o->max_iters, .tol = o->tol };
    way.majorize = o->majorize;
    return solve(s, way, c, d, w, x, info);
}

/* 1/(1 + w p''/L), 0 at a kink. */
static double slope_of(const crease_side *side, double t, double L, double w)
{
    double left, right;
    unsigned k = 0;
    crease_side_slopes(side, t, 0, &left, &right);
    while (k + 1 < side->n && t > side->piece[k].end) k++;
    return left < right ? 0 : L / (L + w * side->piece[k].curvature);
}

static void linearize(const crease_part *s, const double *u, double L, double w, const double *x, void *state)
{
    crease_pieces psi = pieces(s);
    double by = w * s->weight;
    (void)u, (void)x;
    if (isinf(s->weight)) {
        crease_spectral_slope_clear(s, state);
    } else if (by == 0 || is_absent(&psi.right)) {
        crease_spectral_slope_identity(s, state);
    } else {
        crease_spectral_slope_keep(s, L, 0, state);
        crease_spectral_slope J = crease_spectral_slope_at(s, state);
        for (size_t j = 0; j < J.k && J.p[j] > 0; j++) J.slope[j] = slope_of(&psi.right, J.p[j] / L, L, by);
    }
}

#define SPECTRAL_MATH(prox_)                                                                                 \
    .work = crease_spectral_work, .accepts = crease_spectral_accepts, .value = crease_spectral_value,        \
    .residual = crease_spectral_residual, .prox = prox_, .dual_norm = dual_norm, .conjugate = conjugate,     \
    .scale = crease_spectral_scale, .units = crease_spectral_units, .signature = crease_spectral_signature,  \
    .dimension = crease_spectral_dimension, .margins = crease_spectral_margins,                              \
    .radius = crease_spectral_radius, .jacobian_work = crease_spectral_jacobian_work, .linearize = linearize, \
    .jacobian = crease_spectral_jacobian

const crease_math crease_math_spectral = { SPECTRAL_MATH(prox) };
const crease_math crease_math_spectral_settings = { SPECTRAL_MATH(prox_by_settings) };

/* The rank of the matrix that a group holds, as a penalty, a cap or both.
 *
 * Where d is constant in the group, X keeps the singular values of C with sigma^2/(2 d) > w lambda, the `cap`
 * largest of them at most (Eckart and Young 1936; Mirsky 1960). Elsewhere this is weighted low-rank
 * approximation, NP-hard (Gillis and Glineur 2011): refused, or with `majorize` one proximal gradient step
 * from c/d in the metric d_max. A matrix of one row or column is group l0, exact in every metric.
 *
 * Identification: where d is constant, singular values move by no more than |E| when C does, so the rank
 * stays as long as |E| < min_k |sigma_k(C) - sqrt(2 w lambda d)|, k up to the cap. */
#include <math.h>
#include <stdint.h>

#include "core/spectral.h"

typedef struct {
    crease_spectral_opts spectral;
    double lambda;
    long cap;
} rank_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(rank_opts, lambda, 1, CREASE_GE(0), "price of one unit of rank"),
    CREASE_PARAM_INT(rank_opts, cap, 0, CREASE_GE(0), "largest rank that is allowed, weights or not; 0: any"),
    CREASE_PARAM_ROWS,
    CREASE_PARAM_MAJORIZE,
    CREASE_PARAM_END,
};

/* A vector has rank 0 or 1: no cap binds. */
static void pieces(const crease_part *s, size_t i, crease_pieces *psi)
{
    (void)i;
    double lambda = ((const rank_opts *)s->opts)->lambda;
    *psi = (crease_pieces){ .right = { .jump = lambda, .n = 1, .piece = { { INFINITY, 0, 0 } } } };
    psi->left = psi->right;
}

static size_t most(const crease_part *s)
{
    size_t cap = (size_t)((const rank_opts *)s->opts)->cap, units = crease_spectral_units(s);
    return cap > 0 && cap < units ? cap : units;
}

static bool keep_or_drop(const crease_part *s, const double *sigma, size_t k, double d, double w, double *p)
{
    size_t kept = most(s);
    for (size_t j = kept; j < k; j++) p[j] = 0;
    return crease_spectral_by_pieces(s, sigma, kept, d, w, p);
}

static int prox(const crease_part *s, const double *c, const double *d, double w, double *x,
                crease_prox_info *info)
{
    const rank_opts *o = s->opts;
    crease_spectral_way way = { .rule = keep_or_drop, .slope = 0, .majorize = o->spectral.majorize,
                                .binds = most(s) < crease_spectral_units(s), .vector = s->type };
    double by = o->lambda > 0 || isinf(s->weight) ? w * s->weight : 0;
    return crease_spectral_solve(s, &way, c, d, by, x, info);
}

static double value(const crease_part *s, const double *x)
{
    crease_spectral_space space = crease_spectral_carve(s);
    if (most(s) < space.svd.k) {
        if (!crease_svd_values(&space.svd, x)) return NAN;
        if (crease_spectral_rank(s, &space.svd) > most(s)) return INFINITY;
    }
    return crease_spectral_value(s, x);
}

/* At rank r a subgradient is any matrix in the normal space where lambda > 0. With a cap alone it is one of
 * rank k - cap at most, which leaves cap - r singular values of the normal part. */
static double residual(const crease_part *s, const double *x, const double *g, double w)
{
    const rank_opts *o = s->opts;
    crease_spectral_space space = crease_spectral_carve(s);
    if (isinf(s->weight)) return crease_spectral_residual(s, x, g, w);
    double sum = 0;
    size_t r = crease_svd_compute(&space.svd, x) ? crease_spectral_rank(s, &space.svd) : SIZE_MAX;
    if (r > most(s) || !crease_spectral_split(&space, r, g, &sum)) return INFINITY;
    for (size_t j = 0; j < r; j++) sum = hypot(sum, space.value[j]);
    bool free = o->lambda == 0 || s->weight == 0;
    for (size_t j = space.svd.k - most(s); free && j < space.svd.k - r; j++) sum = hypot(sum, space.svd.s[j]);
    return sum;
}

/* Nothing small moves a zero off a jump, or past the cap. */
static void margins(const crease_part *s, const double *x, const double *g, double w, crease_margin *unit)
{
    size_t live = 0, units = crease_spectral_units(s);
    crease_spectral_margins(s, x, g, w, unit);
    for (size_t j = 0; j < units; j++) live += !isnan(unit[j].size);
    for (size_t j = live; live == most(s) && j < units; j++) unit[j].slack = INFINITY;
}

/* The threshold of each singular value that the cap lets through. */
static double radius(const crease_part *s, const double *c, const double *d, double w, const double *x)
{
    const rank_opts *o = s->opts;
    if (most(s) == crease_spectral_units(s) || isinf(s->weight)) return crease_spectral_radius(s, c, d, w, x);
    crease_spectral_space space = crease_spectral_carve(s);
    if (!crease_spectral_is_scalar(s, d) || !crease_svd_values(&space.svd, c)) return NAN;
    double threshold = sqrt(2 * w * s->weight * o->lambda * d[0]), least = INFINITY;
    for (size_t j = 0; j < most(s); j++) least = fmin(least, fabs(space.svd.s[j] - threshold));
    return least;
}

static const crease_math math = {
    .work = crease_spectral_work,
    .accepts = crease_spectral_accepts,
    .value = value,
    .residual = residual,
    .prox = prox,
    .scale = crease_spectral_scale,
    .units = crease_spectral_units,
    .signature = crease_spectral_signature,
    .dimension = crease_spectral_dimension,
    .margins = margins,
    .radius = radius,
};

const crease_regularizer_type crease_regularizer_rank = {
    .base = { .name = "rank",
              .summary = "rank of matrices, as a penalty or a cap",
              .formula = "psi(X) = lambda sum_g weight_g rank(X_g), with rank(X_g) <= cap unless cap is 0",
              .source = "Eckart and Young, Psychometrika 1 (1936); elsewhere NP-hard: Gillis and Glineur, "
                        "SIAM J. Matrix Anal. Appl. 32 (2011)",
              .opts_size = sizeof(rank_opts),
              .params = params },
    .flags = CREASE_UNIT_HIDDEN | CREASE_GROUPED,
    .exactness = CREASE_SCALAR_ONLY,
    .exact = "d constant in each group; any diagonal one for matrices of one row or column",
    .reason = "where d varies in a group this is weighted low-rank approximation, NP-hard; majorize = true "
              "takes one step in the metric d_max",
    .cost = "one singular value decomposition",
    .manifold = "matrices of the same rank",
    .identification = "|sigma_k(C) - sqrt(2 w lambda weight_g d)| over k; radius by Weyl's inequality",
    .math = &math,
    .pieces = pieces,
    .matrix = crease_spectral_matrix,
};

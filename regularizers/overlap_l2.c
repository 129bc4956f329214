/* The group lasso with groups that may overlap: the zeros are a union of groups.
 *
 *     psi(x) = lambda sum_g weight_g |x_g|_2
 *
 * The oracle descends over the blocks of the dual, each block being one group lasso in the metric D (Jenatton,
 * Mairal, Obozinski, Bach, JMLR 12 (2011), Section 3, where D = I), and ends with Newton's method on the
 * groups that are not zero; src/core/overlap.h has the mathematics. One sweep is exact where no two groups
 * overlap, or where they are nested and d is constant on every group inside another; elsewhere the answer
 * carries a proven bound on Q(x) - Q*. Zero groups are those whose block is below its threshold, or for which
 * zero is best on the ray towards it.
 *
 * Residual: a zero group's multiplier is any y_g with |y_g| <= w lambda_g; the least |g + w u| over those is a
 * projection, found by accelerated projected gradients. Every iterate is a valid upper bound; it is followed
 * until a lower bound meets it. Radius: none.                                                            */
#include "core/overlap.h"

static const crease_param params[] = {
    CREASE_PARAM_REAL(crease_overlap_opts, lambda, 1, CREASE_GE(0), "factor on every group's weight"),
    CREASE_PARAM_MAX_ITERS(crease_overlap_opts, 100, "most rounds of Newton steps and multipliers"),
    CREASE_PARAM_TOL(crease_overlap_opts, 0, "relative gap that ends the rounds; 0: go on to rounding"),
    CREASE_PARAM_END,
};

static const crease_overlap_opts *opts_of(const crease_part *s)
{
    return s->opts;
}

static const char *accepts(const crease_part *s)
{
    return crease_lists_refusal(s, false);
}

static double value(const crease_part *s, const double *x)
{
    return crease_overlap_value(s, opts_of(s)->lambda, x);
}

static double residual(const crease_part *s, const double *x, const double *g, double w)
{
    return crease_overlap_residual(s, opts_of(s)->lambda, x, g, w);
}

static int prox(const crease_part *s, const double *c, const double *d, double w, double *x,
                crease_prox_info *info)
{
    return crease_overlap_prox(s, opts_of(s), false, c, d, w, x, info);
}

static double dual_norm(const crease_part *s, const double *y)
{
    return crease_overlap_dual_norm(s, opts_of(s), y);
}

static double scale(const crease_part *s)
{
    return crease_lists_scale(s, opts_of(s)->lambda);
}

static void margins(const crease_part *s, const double *x, const double *g, double w, crease_margin *unit)
{
    crease_overlap_margins(s, opts_of(s)->lambda, x, g, w, unit);
}

static const crease_math math = {
    .work = crease_overlap_work,
    .accepts = accepts,
    .value = value,
    .residual = residual,
    .prox = prox,
    .dual_norm = dual_norm,
    .scale = scale,
    .units = crease_overlap_units,
    .signature = crease_overlap_signature,
    .dimension = crease_overlap_dimension,
    .margins = margins,
};

const crease_regularizer_type crease_regularizer_overlap_l2 = {
    .base = { .name = "overlap_l2",
              .summary = "group lasso with groups that overlap: zeros are a union of groups",
              .formula = "psi(x) = lambda sum_g weight_g |x_g|_2, groups of any overlap",
              .source = "Zhao, Rocha, Yu, Ann. Stat. 37 (2009); Jenatton, Mairal, Obozinski, Bach, JMLR 12 (2011)",
              .opts_size = sizeof(crease_overlap_opts),
              .params = params },
    .flags = CREASE_CONVEX | CREASE_NORM | CREASE_COUPLED,
    .exactness = CREASE_EXACT_SCALAR,
    .exact = "no overlap, or nested groups and d constant on every group inside another",
    .reason = "an entry in several groups has d = 0, or a group lists an entry twice",
    .cost = "O(sum of group sizes) a sweep",
    .manifold = "vectors with the same zero groups",
    .identification = "lambda weight_g - |y_g| over the zero groups, for any multipliers y that certify x*",
    .math = &math,
};

/* The members of overlap.h as the contract of a regularizer wants them: any lists, or those of a tree. */
#include "overlap.h"

static const crease_overlap_opts *opts_of(const crease_part *s)
{
    return s->opts;
}

static const char *accepts_any(const crease_part *s)
{
    return crease_lists_refusal(s, false);
}

static const char *accepts_tree(const crease_part *s)
{
    return crease_lists_refusal(s, true);
}

static double value(const crease_part *s, const double *x)
{
    return crease_overlap_value(s, opts_of(s)->lambda, x);
}

static double residual(const crease_part *s, const double *x, const double *g, double w)
{
    return crease_overlap_residual(s, opts_of(s)->lambda, x, g, w);
}

static int prox_any(const crease_part *s, const double *c, const double *d, double w, double *x,
                    crease_prox_info *info)
{
    return crease_overlap_prox(s, opts_of(s), false, c, d, w, x, info);
}

static int prox_tree(const crease_part *s, const double *c, const double *d, double w, double *x,
                     crease_prox_info *info)
{
    return crease_overlap_prox(s, opts_of(s), true, c, d, w, x, info);
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

#define SHARED                                                                                      \
    .work = crease_overlap_work, .value = value, .residual = residual, .dual_norm = dual_norm,      \
    .scale = scale, .units = crease_overlap_units, .signature = crease_overlap_signature,           \
    .dimension = crease_overlap_dimension, .margins = margins

const crease_math crease_math_overlap = { SHARED, .accepts = accepts_any, .prox = prox_any };
const crease_math crease_math_tree = { SHARED, .accepts = accepts_tree, .prox = prox_tree };

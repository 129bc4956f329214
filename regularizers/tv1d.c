/* Total variation on a chain: piecewise constant signals. The oracle is Johnson's dynamic programme, exact
 * in any diagonal metric (see src/core/chain_prox.c); the certificate is a taut string. Entry k of
 * `weights` belongs to the edge between entries k and k + 1 of a part, so the last one of a part is not
 * used. An infinite weight of a group makes x constant on each run that edges hold together. Identification
 * radius: none; the margins below are in the multipliers of the edges. */
#include "crease/regularizer.h"

#include <math.h>

#include "core/chain.h"
#include "core/jacobian.h"
#include "core/sum.h"

typedef struct {
    double lambda;
    crease_numbers weights;
} tv1d_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(tv1d_opts, lambda, 1, CREASE_GE(0), "factor on every edge's weight"),
    CREASE_PARAM_NUMBERS(tv1d_opts, weights, "1", CREASE_GE(0), "weights of edges, a part's last unused"),
    CREASE_PARAM_END,
};

static crease_chain chain_of(const crease_part *s, double w)
{
    const tv1d_opts *o = s->opts;
    double edge = crease_chain_times(w * s->weight, o->lambda);
    return (crease_chain){ .s = s, .edge = edge, .edges = &o->weights };
}

static const char *accepts(const crease_part *s)
{
    const tv1d_opts *o = s->opts;
    return crease_chain_edges_fit(&o->weights, s) ? NULL : "the number of weights is not that of the entries";
}

static double value(const crease_part *s, const double *x)
{
    crease_chain chain = chain_of(s, 1);
    return crease_chain_value(&chain, x);
}

static double residual(const crease_part *s, const double *x, const double *g, double w)
{
    crease_chain chain = chain_of(s, w);
    return crease_chain_residual(&chain, x, g);
}

static int prox(const crease_part *s, const double *c, const double *d, double w, double *x,
                crease_prox_info *info)
{
    (void)info;
    crease_chain chain = chain_of(s, w);
    return crease_chain_prox(&chain, c, d, x);
}

/* 0 where y is a difference of multipliers within the bounds: its partial sums are, and the whole sum is
 * 0. */
static double conjugate(const crease_part *s, const double *y)
{
    crease_chain chain = chain_of(s, 1);
    crease_sum sum = { 0 };
    double size = 0;
    for (size_t i = 0; i < s->n; i++) size += fabs(y[i]);
    for (size_t i = 0; i < s->n; i++) {
        double edge = i + 1 < s->n ? crease_chain_edge(&chain, i) : 0;
        crease_sum_add(&sum, y[i]);
        if (fabs(crease_sum_value(&sum)) > edge + 8 * s->roundoff * (edge + size)) return INFINITY;
    }
    return 0;
}

static double scale(const crease_part *s)
{
    crease_chain chain = chain_of(s, 1);
    return crease_chain_scale(&chain);
}

static void margins(const crease_part *s, const double *x, const double *g, double w, crease_margin *unit)
{
    crease_chain chain = chain_of(s, w);
    crease_chain_jump_margins(&chain, x, g, unit);
}

static void linearize(const crease_part *s, const double *u, double L, double w, const double *x, void *state)
{
    crease_chain chain = chain_of(s, w);
    (void)u, (void)L;
    crease_chain_linearize(&chain, x, state);
}

static const crease_math math = {
    .work = crease_chain_work,
    .accepts = accepts,
    .value = value,
    .residual = residual,
    .prox = prox,
    .conjugate = conjugate,
    .scale = scale,
    .units = crease_chain_units,
    .signature = crease_chain_jumps,
    .dimension = crease_chain_pieces,
    .margins = margins,
    CREASE_CLASSES_JACOBIAN(linearize),
};

const crease_regularizer_type crease_regularizer_tv1d = {
    .base = { .name = "tv1d",
              .summary = "total variation along a chain: few jumps",
              .formula = "psi(x) = lambda sum_g weight_g sum_k weights_k |x_{k+1} - x_k|, k along group g",
              .source = "Rudin, Osher and Fatemi, Physica D 60 (1992); oracle: Johnson, JCGS 22 (2013)",
              .opts_size = sizeof(tv1d_opts),
              .params = params },
    .flags = CREASE_CONVEX,
    .exact = "any diagonal metric",
    .cost = "O(n)",
    .manifold = "vectors with the same jumps",
    .identification = "lambda_k - |sum of grad f(x*) up to k|, inside constant pieces",
    .math = &math,
};

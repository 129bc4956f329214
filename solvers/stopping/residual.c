/* RAMDA's inexactness condition (7): the min-norm subgradient of Q is at most eps_t, and Q has not risen.
 * With sum eps_t^2 finite (power > 1/2) this is what the convergence and identification theorems assume.  */
#include <math.h>

#include "crease/stopping.h"

typedef struct {
    double eps0, power;
    long max_iters;
} residual_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(residual_opts, eps0, 1e-2, CREASE_GT(0), "tolerance of the first outer step"),
    CREASE_PARAM_REAL(residual_opts, power, 1, CREASE_GE(0), "eps_t = eps0 / t^power; the theory needs > 1/2"),
    CREASE_PARAM_INT(residual_opts, max_iters, 10000, CREASE_IN(1, 100000000), "most iterations"),
    CREASE_PARAM_END,
};

static unsigned cap(const void *opts)
{
    return (unsigned)((const residual_opts *)opts)->max_iters;
}

static double tested(const void *opts, const crease_progress *p)
{
    (void)opts;
    return p->residual;
}

static bool met(const void *opts, const crease_progress *p)
{
    const residual_opts *o = opts;
    double eps = p->paper_scale * o->eps0 / pow(p->t > 0 ? (double)p->t : 1, o->power);
    double rounding = 1e-12 * fabs(p->value_start);
    return p->residual <= eps && p->value <= p->value_start + rounding;
}

const crease_stopping_type crease_stopping_residual = {
    .base = { .name = "residual",
              .summary = "absolute min-norm subgradient below eps_t",
              .formula = "min { |s| : s in dQ(x) } <= eps0 / t^power  and  Q(x) <= Q(start)",
              .source = "RAMDA, arXiv 2403.14398, condition (7)",
              .opts_size = sizeof(residual_opts),
              .params = params },
    .guarantee = "|x - x*| <= eps_t / d_min; with power > 1/2 the conditions of RAMDA's Theorems 2 and 3: the "
                 "iterates identify",
    .needs = CREASE_NEEDS_VALUE | CREASE_NEEDS_RESIDUAL,
    .cap = cap,
    .met = met,
    .tested = tested,
};

/* RAMDA's inexactness condition (7): the min-norm subgradient of Q is at most eps_t, and Q has not risen.
 * With sum eps_t^2 finite (power > 1/2) this is what the convergence and identification theorems assume. */
#include <math.h>

#include "limits.h"

typedef struct {
    crease_limits limits;
    crease_tolerance tolerance;
} residual_opts;

static const crease_param params[] = {
    CREASE_PARAM_TOLERANCE(residual_opts, 1e-2, CREASE_POWER, 1, "largest subgradient"),
    CREASE_PARAM_LIMITS(residual_opts, 1, 10000),
    CREASE_PARAM_END,
};

static double tested(const void *opts, const crease_progress *p)
{
    (void)opts;
    return p->residual;
}

static double threshold(const void *opts, const crease_progress *p)
{
    const residual_opts *o = opts;
    return p->paper_scale * crease_tolerance_at(&o->tolerance, p->t);
}

const crease_stopping_type crease_stopping_residual = {
    .base = { .name = "residual",
              .summary = "absolute min-norm subgradient below eps_t",
              .formula = "min { |s| : s in dQ(x) } <= eps_t  and  Q(x) <= Q(start)",
              .source = "RAMDA, arXiv 2403.14398, condition (7)",
              .opts_size = sizeof(residual_opts),
              .params = params,
              .check = crease_limits_check },
    .guarantee = "|x - x*| <= eps_t / d_min and Q(x) - Q* <= eps_t^2 / (2 d_min) where psi is convex; with sum eps_t^2 "
                 "finite, the condition of RAMDA's Theorems 2 and 3",
    .identifies = "yes: the residual of the emitted point vanishes",
    .needs = CREASE_NEEDS_RESIDUAL,
    .descent = true,
    .tested = tested,
    .threshold = threshold,
};

/* Rockafellar's relative criterion in the metric: the least subgradient of Q is small against the step from the
 * centre,
 *
 *     |s|_{D^-1}  <=  |s| / sqrt(d_min)  <=  delta_t |x - x0|_D,      s the element of least norm of dQ(x).
 *
 * The middle is what is tested: it needs one number of the metric instead of its inverse. d_min is the least
 * eigenvalue, a ridge of the regularizer included; where none above zero is known nothing can be concluded, and
 * the test is met at an exact zero of s only.
 *
 * With F(x) = <v, x> + w psi(x), s is the residual of the proximal step from x0 on F in the metric, so this is
 * criterion (B') of the proximal point algorithm. Q is 1-strongly convex in |.|_D, hence criterion (B),
 *
 *     |x - x*|_D  <=  |s|_{D^-1}  <=  delta_t |x - x0|_D,
 *
 * which gives the outer method its fast rate when sum delta_t is finite (the default schedule; power > 1). As
 * delta_t |x - x0|_D vanishes so does the residual, and no subgradient is left to hold x off the manifold.
 * Source: Rockafellar, SIAM J. Control Optim. 14 (1976), 877-898, criteria (A'), (B'). */
#include <math.h>

#include "limits.h"

typedef struct {
    crease_limits limits;
    crease_tolerance tolerance;
} rel_residual_opts;

static const crease_param params[] = {
    CREASE_PARAM_TOLERANCE(rel_residual_opts, 0.1, CREASE_SUMMABLE, 1.1,
                           "delta_t: largest subgradient per step, in the metric,"),
    CREASE_PARAM_LIMITS(rel_residual_opts, 1, 10000),
    CREASE_PARAM_END,
};

static double tested(const void *opts, const crease_progress *p)
{
    (void)opts;
    return p->residual == 0 ? 0 : p->residual / sqrt(p->least);
}

static double threshold(const void *opts, const crease_progress *p)
{
    return crease_tolerance_at(&((const rel_residual_opts *)opts)->tolerance, p->t) * p->span;
}

const crease_stopping_type crease_stopping_rel_residual = {
    .base = { .name = "rel_residual",
              .summary = "min-norm subgradient relative to the step from the centre",
              .formula = "min { |s| : s in dQ(x) } / sqrt(d_min) <= delta_t |x - x0|_D",
              .source =
                  "Rockafellar, SIAM J. Control Optim. 14 (1976), criterion (B'), in the metric D",
              .opts_size = sizeof(rel_residual_opts),
              .params = params,
              .check = crease_limits_check },
    .guarantee = "|x - x*|_D <= delta_t |x - x0|_D and Q(x) - Q* <= delta_t^2 |x - x0|_D^2 / 2 where "
                 "psi is convex",
    .identifies = "yes, where delta_t |x - x0|_D sqrt(d_min) tends to zero: the residual of the "
                  "emitted point vanishes with it",
    .needs = CREASE_NEEDS_RESIDUAL | CREASE_NEEDS_CENTER,
    .tested = tested,
    .threshold = threshold,
};

/* The rule of the published RAMDA and ProxGen experiments: the relative decrease of Q, at least two iterations
 * (the first proximal-gradient step of ProxGen starts at the centre of the metric and cannot see it). */
#include <math.h>

#include "limits.h"

typedef struct {
    crease_limits limits;
    double rtol;
} rel_decrease_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(rel_decrease_opts, rtol, 1e-8, CREASE_GE(0), "largest relative decrease that stops"),
    CREASE_PARAM_LIMITS(rel_decrease_opts, 2, 100),
    CREASE_PARAM_END,
};

static double tested(const void *opts, const crease_progress *p)
{
    (void)opts;
    return (p->value_before - p->value) / (fabs(p->value) + 1);
}

static double threshold(const void *opts, const crease_progress *p)
{
    (void)p;
    return ((const rel_decrease_opts *)opts)->rtol;
}

const crease_stopping_type crease_stopping_rel_decrease = {
    .base = { .name = "rel_decrease",
              .summary = "relative decrease of the objective, at least two iterations",
              .formula = "(Q_{j-1} - Q_j) / (|Q_j| + 1) <= rtol and j >= min_iters",
              .source = "the experiments of RAMDA, arXiv 2403.14398, Section 6",
              .opts_size = sizeof(rel_decrease_opts),
              .params = params,
              .check = crease_limits_check },
    .guarantee = "none: a heuristic; slow progress passes it, and the 1 makes it depend on the scale of Q",
    .identifies = "not by itself: only as far as the iterates of the solver do",
    .needs = CREASE_NEEDS_VALUE,
    .tested = tested,
    .threshold = threshold,
};

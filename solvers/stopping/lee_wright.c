/* A fixed share of what the subproblem has to offer, counted from the start point:
 *
 *     Q(x) - Q*  <=  eta (Q(start) - Q*),      0 <= eta < 1,
 *
 * made computable by a dual value, which is at most Q*: gap <= eta (Q(start) - dual), dual = Q(x) - gap. It
 * implies the line above, for Q(x) <= eta Q(start) + (1 - eta) dual. With dual inserted it is
 *
 *     (1 - eta) gap  <=  eta (Q(start) - Q(x)),
 *
 * which is what is compared: an infinite gap, one that nothing proves, then never meets an infinite right side.
 * Where Q(start) is infinite there is nothing to compare with, and the test is not met.
 *
 * No tolerance has to fall with t: one eta gives global rates. Warm-started at the solution the right side is zero
 * up to rounding, and the solver may end by its precision instead. Points of this accuracy need not be on the
 * manifold; the iterates of proximal gradient and coordinate descent get there by themselves.
 * Source: Lee and Wright, Comput. Optim. Appl. 72 (2019), 641-674; on manifolds: Lee, Math. Program. 201 (2023),
 * 599-633, arXiv 2012.02522, Example 1. */
#include <math.h>

#include "limits.h"

typedef struct {
    crease_limits limits;
    double eta;
} lee_wright_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(lee_wright_opts, eta, 0.1, CREASE_IN_RIGHT(0, 1),
                      "share of the possible decrease that may be left"),
    CREASE_PARAM_LIMITS(lee_wright_opts, 1, 10000),
    CREASE_PARAM_END,
};

static double tested(const void *opts, const crease_progress *p)
{
    return (1 - ((const lee_wright_opts *)opts)->eta) * p->gap;
}

static double threshold(const void *opts, const crease_progress *p)
{
    double decrease = p->value_start - p->value;
    return isfinite(decrease) ? ((const lee_wright_opts *)opts)->eta * decrease : (double)NAN;
}

const crease_stopping_type crease_stopping_lee_wright = {
    .base = { .name = "lee_wright",
              .summary = "a share of the possible decrease from the start point, by the duality gap",
              .formula = "gap <= eta (Q(start) - dual), dual = Q(x) - gap; tested as (1 - eta) gap <= "
                         "eta (Q(start) - Q(x))",
              .source = "Lee, Wright, Comput. Optim. Appl. 72 (2019); Lee, Math. Program. 201 (2023)",
              .opts_size = sizeof(lee_wright_opts),
              .params = params,
              .check = crease_limits_check },
    .guarantee = "Q(x) - Q* <= eta (Q(start) - Q*)",
    .identifies = "not by itself: accuracy relative to the start may be reached off the manifold; only "
                  "as far as the iterates "
                  "of the solver do",
    .needs = CREASE_NEEDS_GAP,
    .tested = tested,
    .threshold = threshold,
};

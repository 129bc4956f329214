/* A proven duality gap below a schedule:
 *
 *     Q(x) - Q*  <=  gap  <=  eps_t.
 *
 * The form in which inexact proximal-gradient methods state their error. They keep the rate of the exact method
 * when sum sqrt(eps_t) is finite (power > 2), or sum t sqrt(eps_t) if accelerated (power > 4); where the problem
 * is strongly convex, a geometric schedule keeps the linear rate. Power 3, the default, is what the code of Dai
 * and Robinson runs. A small gap says little about zeros: an entry that is off its zero by h costs a gap of order
 * h.
 * Source: Schmidt, Le Roux and Bach, NIPS 2011, Propositions 1 to 4. */
#include "limits.h"

typedef struct {
    crease_limits limits;
    crease_tolerance tolerance;
} gap_opts;

static const crease_param params[] = {
    CREASE_PARAM_TOLERANCE(gap_opts, 1e-4, CREASE_POWER, 3, "largest duality gap"),
    CREASE_PARAM_LIMITS(gap_opts, 1, 10000),
    CREASE_PARAM_END,
};

static double tested(const void *opts, const crease_progress *p)
{
    (void)opts;
    return p->gap;
}

static double threshold(const void *opts, const crease_progress *p)
{
    return p->paper_scale * crease_tolerance_at(&((const gap_opts *)opts)->tolerance, p->t);
}

const crease_stopping_type crease_stopping_gap = {
    .base = { .name = "gap",
              .summary = "absolute duality gap below eps_t",
              .formula = "Q(x) - Q* <= gap <= eps_t",
              .source = "Schmidt, Le Roux, Bach, NIPS 2011",
              .opts_size = sizeof(gap_opts),
              .params = params,
              .check = crease_limits_check },
    .guarantee = "Q(x) - Q* <= eps_t and |x - x*|_D <= sqrt(2 eps_t)",
    .identifies = "not by itself: the gap may vanish off the manifold; only as far as the iterates of "
                  "the solver do",
    .needs = CREASE_NEEDS_GAP,
    .tested = tested,
    .threshold = threshold,
};

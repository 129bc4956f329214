/* A share of the model decrease of the exact solution, counted from the centre. With h(x) = Q(x) - Q(x0), not
 * above 0 at the solution x*,
 *
 *     h(x)  <=  eta h(x*),      0 < eta <= 1,
 *
 * made computable by the dual bound h_dual = Q(x) - gap - Q(x0) <= h(x*): h(x) <= eta h_dual implies the line
 * above. With h_dual inserted it is
 *
 *     eta gap  <=  (1 - eta) (Q(x0) - Q(x)),
 *
 * which is what is compared: both sides are then nonnegative where the test is met, and a gap that nothing proves
 * never meets it. eta = 1 asks for a gap of zero. Where Q(x0) is infinite (the centre violates a constraint) there
 * is nothing to compare with, and the test is not met.
 *
 * A met test makes x - x0 a direction of descent of the outer objective, fit for a line search along it. It is the
 * test `lee_wright` with 1 - eta for eta, counted from the centre instead of the start.
 * Source: Bonettini, Loris, Porta and Prato, SIAM J. Optim. 26 (2016), 891-921 (VMILA). */
#include <math.h>

#include "limits.h"

typedef struct {
    crease_limits limits;
    double eta;
} bonettini_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(bonettini_opts, eta, 0.9, CREASE_IN_LEFT(0, 1),
                      "share of the possible model decrease to be reached"),
    CREASE_PARAM_LIMITS(bonettini_opts, 1, 10000),
    CREASE_PARAM_END,
};

static double tested(const void *opts, const crease_progress *p)
{
    return ((const bonettini_opts *)opts)->eta * p->gap;
}

static double threshold(const void *opts, const crease_progress *p)
{
    double decrease = p->value_center - p->value;
    return isfinite(decrease) ? (1 - ((const bonettini_opts *)opts)->eta) * decrease : (double)NAN;
}

const crease_stopping_type crease_stopping_bonettini = {
    .base = { .name = "bonettini",
              .summary = "a share of the possible model decrease from the centre, by the duality gap",
              .formula = "h(x) <= eta h_dual, h = Q - Q(x0), h_dual = Q(x) - gap - Q(x0); tested as "
                         "eta gap <= (1 - eta) "
                         "(Q(x0) - Q(x))",
              .source = "Bonettini, Loris, Porta, Prato, SIAM J. Optim. 26 (2016)",
              .opts_size = sizeof(bonettini_opts),
              .params = params,
              .check = crease_limits_check },
    .guarantee = "h(x) <= eta h(x*) <= 0: x - x0 attains the share eta of the model decrease and is a "
                 "descent direction",
    .identifies = "not by itself: the decrease may be reached off the manifold; only as far as the "
                  "iterates of the solver do",
    .needs = CREASE_NEEDS_GAP | CREASE_NEEDS_CENTER,
    .tested = tested,
    .threshold = threshold,
};

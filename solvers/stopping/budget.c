/* A budget of time: met by the first iteration after which budget_ms milliseconds have passed since the start of
 * the solve. For comparing solvers at equal cost.
 *
 * It says nothing of x. The number of iterations depends on the machine and its load, so runs that use it are not
 * reproducible bit by bit.
 * Source: standard. */
#include "limits.h"

typedef struct {
    crease_limits limits;
    double budget_ms;
} budget_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(budget_opts, budget_ms, 1, CREASE_GT(0),
                      "time to spend on one subproblem, in milliseconds"),
    CREASE_PARAM_LIMITS(budget_opts, 1, 1e6),
    CREASE_PARAM_END,
};

/* What is left of it. */
static double tested(const void *opts, const crease_progress *p)
{
    return ((const budget_opts *)opts)->budget_ms - 1e3 * p->elapsed_s;
}

static double threshold(const void *opts, const crease_progress *p)
{
    (void)opts;
    (void)p;
    return 0;
}

const crease_stopping_type crease_stopping_budget = {
    .base = { .name = "budget",
              .summary = "a budget of time",
              .formula = "budget_ms - elapsed_ms <= 0",
              .source = "standard",
              .opts_size = sizeof(budget_opts),
              .params = params,
              .check = crease_limits_check },
    .guarantee = "none: the accuracy depends on the machine and on the conditioning",
    .identifies = "not by itself: only as far as the iterates of the solver do",
    .needs = CREASE_NEEDS_TIME,
    .tested = tested,
    .threshold = threshold,
};

/* A fixed number of iterations: "no early stopping". */
#include "crease/stopping.h"

typedef struct {
    crease_limits limits; /* max_iters is the number */
} fixed_opts;

static const crease_param params[] = {
    { "iterations", CREASE_PARAM_KIND_INT, offsetof(fixed_opts, limits.max_iters), 100, NULL, CREASE_IN(1, 1e8), NULL,
      "iterations to make", false },
    CREASE_PARAM_END,
};

static double tested(const void *opts, const crease_progress *p)
{
    return (double)((const fixed_opts *)opts)->limits.max_iters - p->j;
}

static double threshold(const void *opts, const crease_progress *p)
{
    (void)opts;
    (void)p;
    return 0;
}

const crease_stopping_type crease_stopping_fixed = {
    .base = { .name = "fixed",
              .summary = "a fixed number of iterations",
              .formula = "iterations - j <= 0",
              .source = "\"no early stopping\" of RAMDA, arXiv 2403.14398, Table 1",
              .opts_size = sizeof(fixed_opts),
              .params = params },
    .guarantee = "none: the accuracy depends on the conditioning",
    .identifies = "not by itself: only as far as the iterates of the solver do",
    .tested = tested,
    .threshold = threshold,
};

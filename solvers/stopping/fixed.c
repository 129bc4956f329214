/* A fixed number of iterations: "no early stopping". */
#include <math.h>

#include "crease/stopping.h"

typedef struct {
    long iterations;
} fixed_opts;

static const crease_param params[] = {
    CREASE_PARAM_INT(fixed_opts, iterations, 100, CREASE_IN(1, 100000000), "iterations to make"),
    CREASE_PARAM_END,
};

static unsigned cap(const void *opts)
{
    return (unsigned)((const fixed_opts *)opts)->iterations;
}

static bool met(const void *opts, const crease_progress *p)
{
    return p->j >= cap(opts);
}

static double tested(const void *opts, const crease_progress *p)
{
    (void)opts;
    return p->j;
}

const crease_stopping_type crease_stopping_fixed = {
    .base = { .name = "fixed",
              .summary = "a fixed number of iterations",
              .formula = "j >= iterations",
              .source = "\"no early stopping\" of RAMDA, arXiv 2403.14398, Table 1",
              .opts_size = sizeof(fixed_opts),
              .params = params },
    .guarantee = "none: the accuracy depends on the conditioning",
    .cap = cap,
    .met = met,
    .tested = tested,
};

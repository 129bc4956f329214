/* Two tests at once: met at the first iteration at which both are. It adds what one of them lacks: identification
 * (residual) to a relative accuracy (lee_wright), or a proof to a heuristic.
 *
 * Each is written as on the command line, NAME or NAME:key=value,...; brackets round it protect its commas, so
 * that tests nest. Their own min_iters count; max_iters and every are those of this test. What is reported as
 * tested is the larger of their two ratios tested/threshold, against 1.
 * Source: standard. */
#include "limits.h"

static const crease_param params[] = {
    CREASE_PARAM_STRING(crease_pair, first, "residual", "a test, as NAME or [NAME:key=value,...]"),
    CREASE_PARAM_STRING(crease_pair, second, "rel_decrease", "another test"),
    CREASE_PARAM_LIMITS(crease_pair, 1, 10000),
    CREASE_PARAM_END,
};

const crease_stopping_type crease_stopping_and = {
    .base = { .name = "and",
              .summary = "two tests, met when both are",
              .formula = "first and second",
              .source = "standard",
              .opts_size = sizeof(crease_pair),
              .params = params,
              .check = crease_limits_check },
    .guarantee = "what each of the two guarantees",
    .identifies = "where one of the two does",
    .combines = CREASE_BOTH,
};

/* Two tests side by side: met at the first iteration at which either is. It bounds the effort of an accuracy that
 * may be out of reach, by a heuristic or by a budget of time.
 *
 * Each is written as on the command line, NAME or NAME:key=value,...; brackets round it protect its commas, so
 * that tests nest. Their own min_iters count; max_iters and every are those of this test. What is reported as
 * tested is the smaller of their two ratios tested/threshold, against 1.
 * Source: standard. */
#include "limits.h"

static const crease_param params[] = {
    CREASE_PARAM_STRING(crease_pair, first, "residual", "a test, as NAME or [NAME:key=value,...]"),
    CREASE_PARAM_STRING(crease_pair, second, "rel_decrease", "another test"),
    CREASE_PARAM_LIMITS(crease_pair, 1, 10000),
    CREASE_PARAM_END,
};

const crease_stopping_type crease_stopping_or = {
    .base = { .name = "or",
              .summary = "two tests, met when either is",
              .formula = "first or second",
              .source = "standard",
              .opts_size = sizeof(crease_pair),
              .params = params,
              .check = crease_limits_check },
    .guarantee = "what both of the two guarantee; of the one that was met, only the numbers tell which",
    .identifies = "where both of the two do",
    .combines = CREASE_EITHER,
};

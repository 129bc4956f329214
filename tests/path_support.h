/* Problems and terms from words, for tests of paths and sweeps. */
#ifndef CREASE_TESTS_PATH_SUPPORT_H
#define CREASE_TESTS_PATH_SUPPORT_H

#include "experiment/spec.h"
#include "problem_support.h"

/* One regularizer on the groups of the block "weight". settings: "lambda=2,gamma=3", or NULL. Free
 * with specs_free. */
crease_term_specs specs_make(crease_ctx *ctx, const char *type, const char *settings,
                             const char *groups);
void specs_free(crease_ctx *ctx, crease_term_specs *specs);

/* 150 planted rows of 12 columns, 4 of which carry signal; 3 classes where the problem has classes. */
crease_problem *path_planted(crease_ctx *ctx, const char *name, const char *bias);

#endif

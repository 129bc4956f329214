/* Crease: proximal subproblems and the structure they produce.
 *
 *     #include <crease/crease.h>
 *
 *     crease_ctx *ctx = crease_ctx_create(NULL);
 *     double z[4] = { 3, 4, 0.1, 0.2 }, d[4] = { 1, 2, 1, 2 }, x[4];
 *     double c[4];                                          // c-form: c = D z, no division by d
 *     for (int i = 0; i < 4; i++) c[i] = d[i] * z[i];
 *
 *     crease_regularizer *psi = crease_regularizer_create(ctx, "group_l2");
 *     crease_regularizer_set(psi, "lambda", "0.5");
 *     crease_groups groups = crease_groups_runs(0, 4, 2);   // two groups of two
 *     crease_subproblem p = { .ctx = ctx, .backend = crease_backend_find(ctx, "cpu-f64"), .n = 4,
 *                             .c = c, .d = d, .w = 1, .psi = psi, .groups = &groups, .paper_scale = 1 };
 *
 *     crease_solver *exact = crease_solver_create(ctx, "exact", NULL);
 *     crease_certificate proof;
 *     if (crease_solver_solve(exact, &p, x, NULL) || crease_certify(&p, x, &proof))
 *         puts(crease_ctx_error(ctx)->sentence);
 *     // x = { 2.59..., 3.71..., 0, 0 }: the second group is exactly zero; proof.relative is near 1e-16
 *
 * Every function says in its header what it computes, the shapes it takes, who owns what, and how it fails.  */
#ifndef CREASE_CREASE_H
#define CREASE_CREASE_H

#include "crease/algorithm.h"
#include "crease/backend.h"
#include "crease/capture.h"
#include "crease/context.h"
#include "crease/data.h"
#include "crease/diagnostic.h"
#include "crease/error.h"
#include "crease/groups.h"
#include "crease/inspection.h"
#include "crease/judge.h"
#include "crease/kkt.h"
#include "crease/reference.h"
#include "crease/low_rank.h"
#include "crease/param.h"
#include "crease/pieces.h"
#include "crease/problem.h"
#include "crease/random.h"
#include "crease/registry.h"
#include "crease/regularizer.h"
#include "crease/solver.h"
#include "crease/stopping.h"
#include "crease/subproblem.h"
#include "crease/theory.h"

#endif

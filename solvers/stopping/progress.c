/* The last move is small against the first:
 *
 *     |x_j - x_{j-1}|  <=  ratio |x_1 - start|,      after at least 5 iterations; 100 are the cap.
 *
 * The rule of the coordinate-descent solver in the code of ISQA+, where an iteration is a pass over all entries. A
 * solver that does not move at all, having started at the solution, meets it: 0 <= 0. It proves nothing of x. What
 * it does is give every subproblem a few passes, and the iterates of coordinate descent and of proximal gradient
 * find the manifold by themselves.
 * Source: the code of Lee, Math. Program. 201 (2023), arXiv 2012.02522. */
#include "limits.h"

typedef struct {
    crease_limits limits;
    double ratio;
} progress_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(progress_opts, ratio, 1e-2, CREASE_GE(0),
                      "largest move that stops, relative to the first"),
    CREASE_PARAM_LIMITS(progress_opts, 5, 100),
    CREASE_PARAM_END,
};

static double tested(const void *opts, const crease_progress *p)
{
    (void)opts;
    return p->move;
}

static double threshold(const void *opts, const crease_progress *p)
{
    return ((const progress_opts *)opts)->ratio * p->move_first;
}

const crease_stopping_type crease_stopping_progress = {
    .base = { .name = "progress",
              .summary = "the last move against the first, at least five iterations",
              .formula = "|x_j - x_{j-1}| <= ratio |x_1 - start| and j >= min_iters",
              .source = "the coordinate-descent solver of ISQA+: the code of Lee, Math. Program. 201 "
                        "(2023), arXiv 2012.02522",
              .opts_size = sizeof(progress_opts),
              .params = params,
              .check = crease_limits_check },
    .guarantee = "none: a heuristic; where moves shrink slowly x may still be far from the solution",
    .identifies = "not by itself, but its least number of iterations gives the solver time to: only as "
                  "far as the iterates of the "
                  "solver do",
    .needs = CREASE_NEEDS_MOVE,
    .tested = tested,
    .threshold = threshold,
};

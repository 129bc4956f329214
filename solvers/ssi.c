/* ProxSSI's inner solver: plain Newton on r(s)^2 - 1 = 0 for each group, from the left end of the bracket.
 * As published but for the stopping test, which here rules each group by itself; the published code stops
 * all groups of a tensor together, and then usually runs to its cap in float32.                         */
#include "core/subproblem.h"

typedef struct {
    long max_iters;
} ssi_opts;

static const crease_param params[] = {
    CREASE_PARAM_INT(ssi_opts, max_iters, 100, CREASE_IN(1, 1000000), "most Newton steps of a group"),
    CREASE_PARAM_END,
};

static const char *accepts(const crease_solver *s, const crease_subproblem *p)
{
    (void)s;
    return crease_subproblem_outside_family(p);
}

static size_t work_size(const crease_solver *s, const crease_subproblem *p)
{
    (void)s;
    return p->backend->shrink_work(p->groups);
}

static int solve(const crease_solver *s, const crease_subproblem *p, void *x, void *work,
                 crease_solve_info *info)
{
    const ssi_opts *o = s->opts;
    return crease_solve_secular(p, CREASE_SECULAR_PLAIN, (unsigned)o->max_iters, x, work, info);
}

const crease_solver_type crease_solver_ssi = {
    .base = { .name = "ssi",
              .summary = "ProxSSI's plain Newton method, stopped group by group",
              .formula = "s <- s + h / (2 T),  h = sum c_i^2/(d_i s + w l)^2 - 1,  T = sum c_i^2 d_i/(d_i s + w l)^3; "
                         "stop when |h| or its change is below 1e-7",
              .source = "Deleu and Bengio, arXiv 2102.03869",
              .opts_size = sizeof(ssi_opts),
              .params = params },
    .accepts = accepts,
    .work_size = work_size,
    .solve = solve,
};

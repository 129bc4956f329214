/* The subproblem's value, and its form as a task of the shrink kernels. */
#include "subproblem.h"

#include <math.h>

crease_shrink_task crease_subproblem_task(const crease_subproblem *p)
{
    crease_shrink_task task = { .n = p->n, .groups = p->groups, .c = p->c, .d = p->d, .scalar = p->scalar,
                                .w = p->w };
    p->psi->type->shrink(p->psi->opts, &task.psi);
    return task;
}

const char *crease_subproblem_outside_family(const crease_subproblem *p)
{
    if (!p->psi->type->shrink) return "the regularizer is outside the family of the shrinkage kernels";
    if (!p->groups->disjoint) return "the groups overlap";
    return NULL;
}

static int explain(const crease_subproblem *p, int code, size_t group)
{
    if (code == CREASE_EUNBOUNDED)
        return crease_fail(p->ctx, code, "the subproblem is unbounded below: group %zu has entries with d = 0 "
                           "on which c outweighs the regularizer", group);
    return crease_fail(p->ctx, code, "group %zu of the subproblem holds a NaN or an infinity", group);
}

int crease_solve_secular(const crease_subproblem *p, crease_secular_rule rule, unsigned max_iters, void *x,
                         void *work, crease_solve_info *info)
{
    crease_shrink_task task = crease_subproblem_task(p);
    crease_shrink_stats stats = { 0 };
    task.rule = rule;
    task.max_iters = max_iters;
    task.work = work;
    int code = p->backend->shrink_diag(&task, x, &stats);
    if (code != CREASE_OK) return explain(p, code, stats.failed_group);
    *info = (crease_solve_info){
        .stop = stats.capped_groups ? CREASE_STOP_CAP : CREASE_STOP_MET,
        .iterations = (unsigned)stats.iterations,
        .mean_iterations = stats.live_groups ? (double)stats.all_iterations / (double)stats.live_groups : 0,
        .groups = p->groups->count,
        .zero_groups = stats.zero_groups,
        .bound = stats.bound,
        .tested = NAN,
    };
    return CREASE_OK;
}

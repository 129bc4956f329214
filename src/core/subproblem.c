/* The subproblem's value, and its form as a task of the shrink kernels. */
#include "subproblem.h"

#include <math.h>

crease_shrink_task crease_subproblem_task(const crease_subproblem *p)
{
    crease_shrink_task task = {
        .n = p->n, .groups = p->groups, .c = p->c, .d = p->d, .scalar = p->scalar, .w = p->w
    };
    crease_in_shrink_family(p->psi, &task.psi);
    return task;
}

bool crease_in_shrink_family(const crease_regularizer *psi, crease_shrink *place)
{
    const crease_regularizer_type *type = psi->type;
    if (!type->shrink || (type->per_entry && type->per_entry(psi->opts))) return false;
    *place = (crease_shrink){ 0 };
    type->shrink(psi->opts, place);
    place->lambda1 *= psi->scale;
    place->lambda2 *= psi->scale;
    place->ridge = psi->scale * place->ridge + psi->ridge;
    return true;
}

bool crease_has_forced_group(const crease_groups *s)
{
    if (!s->weights) return isinf(s->uniform_weight);
    for (size_t g = 0; g < s->count; g++)
        if (isinf(s->weights[g])) return true;
    return false;
}

bool crease_is_uniform_pieces(const crease_subproblem *p, crease_pieces *penalty)
{
    const crease_regularizer_type *type = p->psi->type;
    const crease_groups *s = p->groups;
    if (type->math != &crease_math_entries || (type->per_entry && type->per_entry(p->psi->opts)))
        return false;
    if (p->psi->ridge > 0 || s->entries != p->n || !s->disjoint || s->count == 0
        || crease_has_forced_group(s))
        return false;
    crease_term term = { p->psi, s, NULL };
    crease_part part = crease_term_part(&term, 0);
    type->pieces(&part, 0, penalty);
    return true;
}

const char *crease_subproblem_outside_family(const crease_subproblem *p)
{
    crease_shrink unused;
    if (p->metric) return "the metric is no diagonal";
    if (!crease_in_shrink_family(p->psi, &unused))
        return "the regularizer is outside the family of the shrinkage kernels";
    if (!p->groups->disjoint) return "the groups overlap";
    return NULL;
}

static int explain(const crease_subproblem *p, int code, size_t group)
{
    if (code == CREASE_EUNBOUNDED)
        return crease_fail(p->ctx, code,
                           "the subproblem is unbounded below: group %zu has entries with d = 0 "
                           "on which c outweighs the regularizer",
                           group);
    return crease_fail(p->ctx, code, "group %zu of the subproblem holds a NaN or an infinity", group);
}

int crease_solve_secular(const crease_subproblem *p, crease_secular_rule rule, unsigned max_iters,
                         void *x, void *work, crease_solve_info *info)
{
    crease_shrink_task task = crease_subproblem_task(p);
    crease_shrink_stats stats = { 0 };
    crease_groups unweighted = *p->groups;
    unweighted.weights = NULL;
    unweighted.uniform_weight = 0;
    if (p->w == 0)
        task.groups = &unweighted; /* psi is left out, and with it what infinite weights force */
    task.rule = rule;
    task.max_iters = max_iters;
    task.work = work;
    int code = p->backend->shrink_diag(&task, x, &stats);
    if (code != CREASE_OK) return explain(p, code, stats.failed_group);
    *info = (crease_solve_info){
        .stop = stats.capped_groups ? CREASE_STOP_CAP : CREASE_STOP_MET,
        .iterations = (unsigned)stats.iterations,
        .mean_iterations =
            stats.live_groups ? (double)stats.all_iterations / (double)stats.live_groups : 0,
        .groups = p->groups->count,
        .zero_groups = stats.zero_groups,
        .bound = stats.bound,
        .tested = NAN,
        .exact = true,
    };
    return CREASE_OK;
}

double crease_subproblem_psi(const crease_subproblem *p, const double *x, double *work)
{
    crease_term term = { p->psi, p->groups, NULL };
    size_t room = (crease_term_largest(&term) + 2) / 2 * 2;
    double sum = 0;
    for (size_t k = 0; p->w > 0 && k < crease_term_parts(&term); k++) {
        crease_part part = crease_term_part(&term, k);
        part.work = work + room;
        part.roundoff = p->backend->roundoff;
        for (size_t i = 0; i < part.n; i++) work[i] = x[crease_part_entry(&term, k, i)];
        sum += p->w * crease_part_value(p->psi, &part, work);
    }
    return sum;
}

/* The exact oracle: the regularizer's closed form, or Newton's method on the reciprocal secular equation
 * 1/r(s) - 1 = 0 of each group, which climbs monotonically from the left end of its bracket.
 * Members of the shrink family run on the backend's kernel, all others group by group on host doubles.   */
#include <math.h>

#include "core/arena.h"
#include "core/subproblem.h"

enum { NEWTON_CAP = 200 }; /* a safeguard: the bracket is halved in log s long before */

static const char *accepts(const crease_solver *s, const crease_subproblem *p)
{
    (void)s;
    if (!p->groups->disjoint) return "the groups overlap";
    if (!p->psi->type->shrink && !p->psi->type->prox_diag)
        return "the regularizer has no exact oracle in a diagonal metric";
    return NULL;
}

/* Host copies for members outside the family: the whole subproblem, then one group. */
typedef struct {
    double *c, *d, *x, *group_c, *group_d, *group_x;
} host_work;

static host_work carve(crease_arena *arena, const crease_subproblem *p)
{
    size_t largest = crease_groups_largest(p->groups);
    host_work w;
    w.c = crease_carve(arena, p->n, sizeof(double));
    w.d = crease_carve(arena, p->n, sizeof(double));
    w.x = crease_carve(arena, p->n, sizeof(double));
    w.group_c = crease_carve(arena, largest, sizeof(double));
    w.group_d = crease_carve(arena, largest, sizeof(double));
    w.group_x = crease_carve(arena, largest, sizeof(double));
    return w;
}

static size_t work_size(const crease_solver *s, const crease_subproblem *p)
{
    (void)s;
    if (p->psi->type->shrink) return p->backend->shrink_work(p->groups);
    crease_arena arena = { 0 };
    carve(&arena, p);
    return arena.used;
}

static int solve_group(const crease_subproblem *p, const host_work *h, size_t g, crease_solve_info *info)
{
    size_t n = crease_group_size(p->groups, g);
    unsigned iterations = 0;
    for (size_t k = 0; k < n; k++) {
        size_t i = crease_group_entry(p->groups, g, k);
        h->group_c[k] = h->c[i];
        h->group_d[k] = p->d ? h->d[i] : p->scalar;
    }
    int code = p->psi->type->prox_diag(p->psi->opts, n, h->group_c, h->group_d, p->w,
                                       crease_group_weight(p->groups, g), h->group_x, &iterations);
    if (code != CREASE_OK)
        return crease_fail(p->ctx, code, "group %zu of the subproblem: %s", g, crease_error_sentence(code));
    bool zero = true;
    for (size_t k = 0; k < n; k++) {
        h->x[crease_group_entry(p->groups, g, k)] = h->group_x[k];
        zero &= h->group_x[k] == 0;
    }
    info->zero_groups += zero;
    if (iterations > info->iterations) info->iterations = iterations;
    return CREASE_OK;
}

static int solve_on_host(const crease_subproblem *p, void *x, void *work, crease_solve_info *info)
{
    crease_arena arena = { work, 0 };
    host_work h = carve(&arena, p);
    *info = (crease_solve_info){ .groups = p->groups->count, .bound = NAN, .tested = NAN };
    p->backend->to_host(p->n, p->c, h.c);
    if (p->d) p->backend->to_host(p->n, p->d, h.d);
    p->backend->to_host(p->n, x, h.x); /* entries outside every group stay as they are */
    for (size_t g = 0; g < p->groups->count; g++) CREASE_TRY(solve_group(p, &h, g, info));
    info->mean_iterations = info->iterations;
    p->backend->from_host(p->n, h.x, x);
    return CREASE_OK;
}

static int solve(const crease_solver *s, const crease_subproblem *p, void *x, void *work,
                 crease_solve_info *info)
{
    (void)s;
    if (!p->psi->type->shrink) return solve_on_host(p, x, work, info);
    return crease_solve_secular(p, CREASE_SECULAR_RECIPROCAL, NEWTON_CAP, x, work, info);
}

const crease_solver_type crease_solver_exact = {
    .base = { .name = "exact",
              .summary = "closed form or reciprocal-secular Newton, to rounding",
              .formula = "s <- s + r^2 (r - 1) / T,  r^2 = sum c_i^2/(d_i s + w l)^2,  "
                         "T = sum c_i^2 d_i/(d_i s + w l)^3",
              .source = "reciprocal secular equations: More, Sorensen, SISSC 4 (1983); RAMDA, arXiv 2403.14398" },
    .accepts = accepts,
    .work_size = work_size,
    .solve = solve,
};

/* The exact oracle: the regularizer's closed form, or Newton's method on the reciprocal secular equation
 * 1/r(s) - 1 = 0 of each group, which climbs monotonically from the left end of its bracket.
 * Members of the shrink family, and penalties made of quadratic pieces that are the same for every entry, run on
 * the backend's kernels; all others part by part on host doubles.                                        */
#include <math.h>

#include "core/subproblem.h"

enum { NEWTON_CAP = 200 }; /* a safeguard: the bracket is halved in log s long before */

static const char *accepts(const crease_solver *s, const crease_subproblem *p)
{
    (void)s;
    const crease_regularizer_type *type = p->psi->type;
    crease_term term = { p->psi, p->groups, NULL };
    if (p->metric) return "the metric is no diagonal";
    if (!p->groups->disjoint && !(type->flags & CREASE_COUPLED)) return "the groups overlap";
    if (!type->math->prox) return type->reason ? type->reason : "the regularizer has no exact oracle in a diagonal metric";
    for (size_t k = 0; k < crease_term_parts(&term); k++) {
        crease_part part = crease_term_part(&term, k);
        const char *refusal = crease_part_refusal(p->psi, &part);
        if (refusal) return refusal;
        if (!p->groups->start) break; /* strided: all alike */
    }
    return NULL;
}

static size_t work_size(const crease_solver *s, const crease_subproblem *p)
{
    crease_shrink unused;
    (void)s;
    if (crease_in_shrink_family(p->psi, &unused)) return p->backend->shrink_work(p->groups);
    return crease_solve_parts_work(p);
}

/* Groups of single entries are zero where the entry is; others are looked through on the host. */
static size_t count_zero_groups(const crease_subproblem *p, const void *x, size_t zeros, double *host)
{
    if (p->groups->count == p->n) return zeros;
    p->backend->to_host(p->n, x, host);
    return crease_count_zero_groups(p->groups, host);
}

static int solve_pieces(const crease_subproblem *p, const crease_pieces *penalty, void *x, void *work,
                        crease_solve_info *info)
{
    size_t zeros, failed;
    crease_pieces_task task = { .n = p->n, .c = p->c, .d = p->d, .scalar = p->scalar, .w = p->w * p->psi->scale,
                                .psi = penalty };
    int code = p->backend->pieces_diag(&task, x, &zeros, &failed);
    if (code != CREASE_OK)
        return crease_fail(p->ctx, code, "%s, entry %zu of the subproblem: %s", p->psi->type->base.name, failed,
                           crease_error_sentence(code));
    *info = (crease_solve_info){ .groups = p->groups->count, .bound = NAN, .tested = NAN, .exact = true };
    info->zero_groups = count_zero_groups(p, x, zeros, work);
    return CREASE_OK;
}

static int solve(const crease_solver *s, const crease_subproblem *p, void *x, void *work,
                 crease_solve_info *info)
{
    crease_shrink unused;
    crease_pieces penalty;
    (void)s;
    if (crease_in_shrink_family(p->psi, &unused))
        return crease_solve_secular(p, CREASE_SECULAR_RECIPROCAL, NEWTON_CAP, x, work, info);
    if (p->w > 0 && crease_is_uniform_pieces(p, &penalty)) return solve_pieces(p, &penalty, x, work, info);
    return crease_solve_parts(p, x, work, info);
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

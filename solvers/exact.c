/* The exact oracle: the regularizer's closed form, or Newton's method on the reciprocal secular equation
 * 1/r(s) - 1 = 0 of each group, which climbs monotonically from the left end of its bracket.
 * Members of the shrink family, and penalties made of quadratic pieces that are the same for every entry, run on
 * the backend's kernels; all others part by part on host doubles.                                        */
#include <math.h>

#include "core/arena.h"
#include "core/subproblem.h"

enum { NEWTON_CAP = 200 }; /* a safeguard: the bracket is halved in log s long before */

static const char *accepts(const crease_solver *s, const crease_subproblem *p)
{
    (void)s;
    const crease_regularizer_type *type = p->psi->type;
    crease_term term = { p->psi, p->groups, NULL };
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

/* Host copies of the whole subproblem, then of one part. */
typedef struct {
    double *c, *d, *x, *part_c, *part_d, *part_x;
    void *own;
} host_work;

static host_work carve(crease_arena *arena, const crease_subproblem *p)
{
    crease_term term = { p->psi, p->groups, NULL };
    size_t largest = crease_term_largest(&term);
    host_work w;
    w.c = crease_carve(arena, p->n, sizeof(double));
    w.d = crease_carve(arena, p->n, sizeof(double));
    w.x = crease_carve(arena, p->n, sizeof(double));
    w.part_c = crease_carve(arena, largest, sizeof(double));
    w.part_d = crease_carve(arena, largest, sizeof(double));
    w.part_x = crease_carve(arena, largest, sizeof(double));
    w.own = crease_carve(arena, crease_term_work(&term), sizeof(double));
    return w;
}

static size_t work_size(const crease_solver *s, const crease_subproblem *p)
{
    crease_shrink unused;
    (void)s;
    if (crease_in_shrink_family(p->psi, &unused)) return p->backend->shrink_work(p->groups);
    crease_arena arena = { 0 };
    carve(&arena, p);
    return arena.used;
}

/* w = 0 leaves psi out. */
static int unpenalized(size_t n, const double *c, const double *d, double *x)
{
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(c[i]) || !isfinite(d[i])) return CREASE_ENAN;
        if (d[i] == 0 && c[i] != 0) return CREASE_EUNBOUNDED;
        x[i] = d[i] > 0 && c[i] != 0 ? c[i] / d[i] : 0;
    }
    return CREASE_OK;
}

static int explain(const crease_subproblem *p, int code, size_t k)
{
    const char *name = p->psi->type->base.name, *why = crease_error_sentence(code);
    if (code == CREASE_ENOTSUP && p->psi->type->reason) why = p->psi->type->reason;
    if (p->psi->type->flags & CREASE_COUPLED) return crease_fail(p->ctx, code, "%s: %s", name, why);
    return crease_fail(p->ctx, code, "%s, group %zu of the subproblem: %s", name, k, why);
}

static void add_to_info(const crease_prox_info *one, bool zero, crease_solve_info *info)
{
    info->zero_groups += zero;
    if (one->iterations > info->iterations) info->iterations = one->iterations;
    info->exact &= one->exact;
    if (!one->exact) info->gap += one->gap;
}

static int solve_part(const crease_subproblem *p, const host_work *h, size_t k, crease_unit *unit,
                      crease_solve_info *info)
{
    crease_term term = { p->psi, p->groups, NULL };
    crease_part part = crease_term_part(&term, k);
    crease_prox_info one = { .exact = true, .unit = unit };
    bool zero = true;
    part.work = h->own;
    part.roundoff = p->backend->roundoff;
    for (size_t i = 0; i < part.n; i++) {
        size_t at = crease_part_entry(&term, k, i);
        h->part_c[i] = h->c[at];
        h->part_d[i] = p->d ? h->d[at] : p->scalar;
    }
    int code = p->w > 0 ? crease_part_prox(p->psi, &part, h->part_c, h->part_d, p->w, h->part_x, &one)
                        : unpenalized(part.n, h->part_c, h->part_d, h->part_x);
    if (code != CREASE_OK) return explain(p, code, k);
    for (size_t i = 0; i < part.n; i++) {
        h->x[crease_part_entry(&term, k, i)] = h->part_x[i];
        zero &= h->part_x[i] == 0;
    }
    add_to_info(&one, zero, info);
    return CREASE_OK;
}

static int solve_on_host(const crease_subproblem *p, void *x, void *work, crease_solve_info *info)
{
    crease_arena arena = { work, 0 };
    host_work h = carve(&arena, p);
    crease_term term = { p->psi, p->groups, NULL };
    crease_unit *unit = p->unit;
    *info = (crease_solve_info){ .groups = crease_term_parts(&term), .bound = NAN, .tested = NAN, .exact = true };
    p->backend->to_host(p->n, p->c, h.c);
    if (p->d) p->backend->to_host(p->n, p->d, h.d);
    p->backend->to_host(p->n, x, h.x); /* entries outside every group stay as they are */
    for (size_t k = 0; k < info->groups; k++) {
        CREASE_TRY(solve_part(p, &h, k, unit, info));
        crease_part part = crease_term_part(&term, k);
        if (unit) unit += crease_part_units(p->psi, &part);
    }
    info->mean_iterations = info->iterations;
    p->backend->from_host(p->n, h.x, x);
    return CREASE_OK;
}

/* Groups of single entries are zero where the entry is; others are looked through on the host. */
static size_t count_zero_groups(const crease_subproblem *p, const void *x, size_t zeros, double *host)
{
    size_t zero_groups = 0;
    if (p->groups->count == p->n) return zeros;
    p->backend->to_host(p->n, x, host);
    for (size_t g = 0; g < p->groups->count; g++) {
        size_t k = 0, n = crease_group_size(p->groups, g);
        while (k < n && host[crease_group_entry(p->groups, g, k)] == 0) k++;
        zero_groups += k == n;
    }
    return zero_groups;
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
    return solve_on_host(p, x, work, info);
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

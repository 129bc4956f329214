/* The exact oracle of regularizers without a kernel: part by part, in double on the host. */
#include <float.h>
#include <math.h>

#include "arena.h"
#include "part.h"
#include "subproblem.h"

/* Host copies of the whole subproblem; of one part, where its entries are not consecutive. */
typedef struct {
    double *c, *d, *x, *part_c, *part_d, *part_x;
    void *own;
} host_work;

/* Whether a setting repeats in every part. */
static bool repeats_by_part(const crease_regularizer *psi, size_t whole)
{
    for (const crease_param *row = psi->type->base.params; row && row->name; row++) {
        if (row->kind != CREASE_PARAM_KIND_NUMBERS) continue;
        const crease_numbers *numbers = (const crease_numbers *)((const char *)psi->opts + row->offset);
        if (numbers->n != 1 && numbers->n != whole) return true;
    }
    return false;
}

/* A sum over entries needs no groups: where they are the whole vector in order, they become one, which
 * spares what every part costs. Only infinite weights matter to such psi. */
static crease_subproblem merged(const crease_subproblem *p, crease_groups *one)
{
    const crease_groups *s = p->groups;
    crease_subproblem q = *p;
    bool separable = p->psi->type->flags & CREASE_SEPARABLE;
    if (!separable || s->count <= 1 || !crease_groups_are_in_order(s, p->n)
        || crease_has_forced_group(s))
        return q;
    if (repeats_by_part(p->psi, s->whole ? s->whole : s->entries)) return q;
    *one = crease_groups_all(0, p->n);
    one->uniform_weight = 1;
    one->before = s->before;
    one->whole = s->whole ? s->whole : s->entries;
    q.groups = one;
    return q;
}

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

size_t crease_solve_parts_work(const crease_subproblem *p)
{
    crease_groups one;
    crease_subproblem q = merged(p, &one);
    crease_arena arena = { 0 };
    carve(&arena, &q);
    return arena.used;
}

/* w = 0 leaves psi out. */
static int unpenalized(size_t n, const double *c, const double *d, double *x)
{
    if (!crease_are_finite(n, c) || !crease_are_finite(n, d)) return CREASE_ENAN;
    return crease_unpenalized(n, c, d, x);
}

static int explain(const crease_subproblem *p, int code, size_t k, const double *c, const double *d)
{
    unsigned flags = p->psi->type->flags;
    const char *name = p->psi->type->base.name, *why = crease_error_sentence(code);
    if (code == CREASE_ENOTSUP && p->psi->type->reason) why = p->psi->type->reason;
    for (size_t i = 0; code == CREASE_ENAN && (flags & CREASE_SEPARABLE) && i < p->n; i++)
        if (!isfinite(c[i]) || !isfinite(d[i]))
            return crease_fail(p->ctx, code, "%s, entry %zu of the subproblem: %s", name, i, why);
    if (flags & (CREASE_COUPLED | CREASE_SEPARABLE))
        return crease_fail(p->ctx, code, "%s: %s", name, why);
    return crease_fail(p->ctx, code, "%s, group %zu of the subproblem: %s", name, k, why);
}

static void add_to_info(const crease_prox_info *one, size_t n, const double *x, crease_solve_info *info)
{
    size_t i = 0;
    while (i < n && x[i] == 0) i++;
    info->zero_groups += i == n;
    if (i < n) info->mean_iterations += one->iterations; /* a sum until all parts are solved */
    if (one->iterations > info->iterations) info->iterations = one->iterations;
    info->exact &= one->exact;
    if (!one->exact) info->gap += one->gap;
}

/* The oracle on one part whose entries stand one after the other. */
static int solve_packed(const crease_subproblem *p, const crease_part *part, const double *c,
                        const double *d, double *x, crease_unit *unit, crease_solve_info *info)
{
    crease_prox_info one = { .exact = true, .unit = unit };
    int code =
        p->w > 0 ? crease_part_prox(p->psi, part, c, d, p->w, x, &one) : unpenalized(part->n, c, d, x);
    for (size_t u = 0; p->w == 0 && unit && u < crease_part_units(p->psi, part); u++) unit[u] = 1;
    if (code == CREASE_OK) add_to_info(&one, part->n, x, info);
    return code;
}

static int solve_part(const crease_subproblem *p, const host_work *h, const crease_part *part, size_t k,
                      crease_unit *unit, crease_solve_info *info)
{
    crease_term term = { p->psi, p->groups, NULL };
    size_t at;
    if (crease_part_is_consecutive(&term, k, &at))
        return solve_packed(p, part, h->c + at, h->d + at, h->x + at, unit, info);
    for (size_t i = 0; i < part->n; i++) {
        at = crease_group_entry(p->groups, k, i);
        h->part_c[i] = h->c[at];
        h->part_d[i] = h->d[at];
    }
    CREASE_TRY(solve_packed(p, part, h->part_c, h->part_d, h->part_x, unit, info));
    for (size_t i = 0; i < part->n; i++) h->x[crease_group_entry(p->groups, k, i)] = h->part_x[i];
    return CREASE_OK;
}

size_t crease_count_zero_groups(const crease_groups *s, const double *x)
{
    size_t zero_groups = 0;
    for (size_t g = 0; g < s->count; g++) {
        size_t k = 0, n = crease_group_size(s, g);
        while (k < n && x[crease_group_entry(s, g, k)] == 0) k++;
        zero_groups += k == n;
    }
    return zero_groups;
}

static int solve_all(const crease_subproblem *p, const host_work *h, crease_solve_info *info)
{
    crease_term term = { p->psi, p->groups, NULL };
    crease_unit *unit = p->unit;
    for (size_t k = 0; k < info->groups; k++) {
        crease_part part = crease_term_part(&term, k);
        part.work = h->own;
        part.roundoff = p->backend->roundoff;
        int code = solve_part(p, h, &part, k, unit, info);
        if (code != CREASE_OK) return explain(p, code, k, h->c, h->d);
        if (unit) unit += crease_part_units(p->psi, &part);
    }
    size_t live = info->groups - info->zero_groups;
    if (live > 0) info->mean_iterations /= (double)live;
    return CREASE_OK;
}

/* The answer in the backend's width, where what underflows is 0, not -0. */
static void store(const crease_subproblem *p, double *answer, void *x)
{
    double least = p->backend->real_bytes == sizeof(float) ? 0.5 * FLT_TRUE_MIN : 0;
    for (size_t i = 0; i < p->n; i++)
        if (fabs(answer[i]) <= least) answer[i] = 0;
    p->backend->from_host(p->n, answer, x);
}

int crease_solve_parts(const crease_subproblem *p, void *x, void *work, crease_solve_info *info)
{
    crease_groups one;
    crease_subproblem q = merged(p, &one);
    crease_term term = { q.psi, q.groups, NULL };
    crease_arena arena = { work, 0 };
    host_work h = carve(&arena, &q);
    *info = (crease_solve_info){
        .groups = crease_term_parts(&term), .bound = NAN, .tested = NAN, .exact = true
    };
    p->backend->to_host(p->n, p->c, h.c);
    if (p->d) p->backend->to_host(p->n, p->d, h.d);
    for (size_t i = 0; !p->d && i < p->n; i++) h.d[i] = p->scalar;
    p->backend->to_host(p->n, x, h.x); /* entries outside every group stay as they are */
    CREASE_TRY(solve_all(&q, &h, info));
    if (q.groups != p->groups) {
        info->groups = p->groups->count;
        info->zero_groups = crease_count_zero_groups(p->groups, h.x);
    }
    store(p, h.x, x);
    return CREASE_OK;
}

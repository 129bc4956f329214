/* An answer against the truth. */
#include "crease/judge.h"

#include <math.h>
#include <string.h>

#include "arena.h"
#include "subproblem.h"

/* --- the same subproblem in double ------------------------------------------------------------------ */

static double *widen(crease_arena *arena, const crease_subproblem *p, const void *from)
{
    if (!from) return NULL;
    double *to = crease_carve(arena, p->n, sizeof *to);
    if (to) p->backend->to_host(p->n, from, to);
    return to;
}

static void widen_all(crease_arena *arena, const crease_subproblem *p, crease_subproblem *q)
{
    q->c = widen(arena, p, p->c);
    q->d = widen(arena, p, p->d);
    q->x0 = widen(arena, p, p->x0);
    q->v = widen(arena, p, p->v);
}

/* With a known centre c is D x0 - v once more, in double: that is what certificates look at. */
static void recompute_linear(crease_subproblem *q)
{
    double *c = (double *)q->c;
    const double *d = q->d, *x0 = q->x0, *v = q->v;
    for (size_t i = 0; x0 && !q->metric && i < q->n; i++) c[i] = (d ? d[i] : q->scalar) * x0[i] - v[i];
}

void *crease_subproblem_in_double(const crease_subproblem *p, crease_subproblem *q)
{
    crease_arena count = { 0 };
    *q = *p;
    widen_all(&count, p, q);
    void *memory = crease_alloc(p->ctx, count.used, 1);
    if (!memory) return NULL;
    crease_arena arena = { memory, 0 };
    q->backend = crease_backend_find(p->ctx, "cpu-f64");
    q->unit = NULL;
    q->observer = NULL;
    widen_all(&arena, p, q);
    recompute_linear(q);
    return memory;
}

/* --- the reference ---------------------------------------------------------------------------------- */

/* Down to where the arithmetic allows no more. */
static int solve_to_rounding(const crease_subproblem *p, const char *name, double *x, crease_solve_info *info)
{
    crease_stopping *stop = crease_stopping_parse(p->ctx, "residual:eps0=1e-300,schedule=constant,max_iters=200000");
    crease_solver *solver = stop ? crease_solver_create(p->ctx, name, stop) : NULL;
    int code = crease_ctx_error(p->ctx)->code;
    if (solver) {
        const char *reason = solver->type->accepts(solver, p);
        code = reason ? CREASE_ENOTSUP : crease_solver_solve(solver, p, x, info);
    }
    crease_solver_free(solver);
    crease_stopping_free(stop);
    return code;
}

static int solve_exactly(const crease_subproblem *p, void *x, crease_solve_info *info)
{
    crease_solver *exact = crease_solver_create(p->ctx, "exact", NULL);
    if (!exact) return crease_ctx_error(p->ctx)->code;
    int code = exact->type->accepts(exact, p) ? CREASE_ENOTSUP : crease_solver_solve(exact, p, x, info);
    crease_solver_free(exact);
    return code;
}

static bool is_registered(const crease_ctx *ctx, const char *solver)
{
    const crease_type *type;
    for (size_t i = 0; (type = crease_type_at(ctx, CREASE_SOLVER, i)); i++)
        if (strcmp(type->name, solver) == 0) return true;
    return false;
}

int crease_solve_reference(const crease_subproblem *p, double *x, crease_solve_info *info)
{
    static const char *const iterative[] = { "ssn", "apg", "pg" };
    int code = p->metric ? CREASE_ENOTSUP : solve_exactly(p, x, info);
    if (code != CREASE_ENOTSUP && (code != CREASE_OK || info->exact)) return code;
    for (size_t i = 0; i < sizeof iterative / sizeof *iterative; i++) {
        if (!is_registered(p->ctx, iterative[i])) continue;
        int tried = solve_to_rounding(p, iterative[i], x, info);
        if (tried != CREASE_ENOTSUP) return tried;
    }
    if (code == CREASE_OK) return code; /* the oracle's own iterations, then */
    return crease_fail(p->ctx, CREASE_ENOTSUP, "no solver takes this subproblem with %s", p->psi->type->base.name);
}

/* --- the comparison --------------------------------------------------------------------------------- */

/* What is compared: the answer and the solution, on the host, and their signatures. */
typedef struct {
    crease_subproblem q;
    crease_term term;
    double *x, *solution, *work;
    crease_unit *unit, *truth;
    crease_verdict *verdict;
} comparison;

static double metric_at(const crease_subproblem *q, size_t i)
{
    return q->d ? ((const double *)q->d)[i] : q->scalar;
}

/* Q(x) - Q(x*) as a sum of what convexity makes nonnegative. */
static double true_gap(const crease_subproblem *p, const comparison *k)
{
    const crease_subproblem *q = &k->q;
    const double *c = q->c;
    double bend = 0, pairing = 0;
    for (size_t i = 0; i < q->n; i++) {
        double move = k->x[i] - k->solution[i], d = metric_at(q, i);
        bend += 0.5 * d * move * move;
        pairing += (c[i] - d * k->solution[i]) * move;
    }
    double rise = crease_subproblem_psi(p, k->x, k->work) - crease_subproblem_psi(q, k->solution, k->work);
    return bend + (rise - pairing);
}

static void compare_points(const crease_subproblem *p, comparison *k)
{
    double sum = 0;
    for (size_t i = 0; i < k->q.n; i++) sum = hypot(sum, k->x[i] - k->solution[i]);
    k->verdict->distance = sum;
    k->verdict->gap = k->q.metric ? (double)NAN : true_gap(p, k);
    if (k->q.psi->type->flags & CREASE_CONVEX) k->verdict->gap = fmax(0, k->verdict->gap);
}

static void count_wrong(const crease_unit *unit, const crease_unit *truth, size_t n, crease_verdict *v)
{
    for (size_t i = 0; i < n; i++) {
        v->wrongly_zero += unit[i] == 0 && truth[i] != 0;
        v->wrongly_live += unit[i] != 0 && unit[i] != truth[i];
    }
}

/* Signatures that x does not show come from solvers, and are not recomputed here. */
static void compare_structure(comparison *k)
{
    size_t units = k->verdict->units;
    crease_term_signature(&k->term, k->x, k->unit, k->work);
    crease_term_signature(&k->term, k->solution, k->truth, k->work);
    count_wrong(k->unit, k->truth, units, k->verdict);
}

static bool part_is_wrong(const crease_unit *unit, const crease_unit *truth, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (unit[i] != truth[i]) return true;
    return false;
}

/* An answer with the subgradient r solves the subproblem with c + r exactly, if psi is convex: inside the radius of c
 * its structure is that of the solution. */
static void check_radii(comparison *k)
{
    const crease_subproblem *q = &k->q;
    size_t room = (crease_term_largest(&k->term) + 2) / 2 * 2, unit = 0;
    double *x = k->work, *g = x + room, *c = g + room, *d = c + room;
    void *scratch = d + room;
    for (size_t part_index = 0; part_index < crease_term_parts(&k->term); part_index++) {
        crease_part part = crease_term_part(&k->term, part_index);
        size_t units = crease_part_units(q->psi, &part);
        part.work = scratch;
        for (size_t i = 0; i < part.n; i++) {
            size_t at = crease_part_entry(&k->term, part_index, i);
            d[i] = metric_at(q, at);
            c[i] = ((const double *)q->c)[at];
            g[i] = d[i] * k->x[at] - c[i];
            x[i] = k->x[at];
        }
        double residual = crease_part_residual(q->psi, &part, x, g, q->w);
        for (size_t i = 0; i < part.n; i++) x[i] = k->solution[crease_part_entry(&k->term, part_index, i)];
        double radius = crease_part_radius(q->psi, &part, c, d, q->w, x);
        k->verdict->beyond_radius += residual < radius * (1 - 1e-12) && part_is_wrong(k->unit + unit, k->truth + unit, units);
        unit += units;
    }
}

/* The exact oracle in x's own precision, against the solution in double. */
static int compare_precisions(const crease_subproblem *p, comparison *k)
{
    crease_solve_info info;
    if (p->backend == k->q.backend || p->metric) return CREASE_OK;
    crease_subproblem own = *p;
    own.unit = NULL;
    own.observer = NULL;
    void *x = crease_alloc(p->ctx, p->n, p->backend->real_bytes);
    if (!x) return CREASE_ENOMEM;
    p->backend->from_host(p->n, k->x, x);
    if (solve_exactly(&own, x, &info) == CREASE_OK) {
        p->backend->to_host(p->n, x, k->x);
        crease_term_signature(&k->term, k->x, k->unit, k->work);
        for (size_t i = 0; i < k->verdict->units; i++) k->verdict->by_precision += k->unit[i] != k->truth[i];
    }
    crease_release(p->ctx, x);
    return CREASE_OK;
}

static int certify(const crease_subproblem *p, const void *x, const crease_subproblem *q, const double *solution,
                   bool exact, crease_verdict *v)
{
    crease_certificate own, reference;
    CREASE_TRY(crease_certify(p, x, &own));
    CREASE_TRY(crease_certify(q, solution, &reference));
    v->certificate = own.relative;
    v->residual = own.absolute;
    v->reference = reference.relative;
    v->certified = exact || reference.relative < 1e-11;
    return CREASE_OK;
}

static int compare(const crease_subproblem *p, const void *x, comparison *k)
{
    crease_solve_info info;
    p->backend->to_host(p->n, x, k->x);
    memcpy(k->solution, k->x, p->n * sizeof *k->x);
    CREASE_TRY(crease_solve_reference(&k->q, k->solution, &info));
    CREASE_TRY(certify(p, x, &k->q, k->solution, info.exact, k->verdict));
    compare_points(p, k);
    if (k->verdict->units == 0 || k->q.metric) return CREASE_OK;
    compare_structure(k);
    if (k->q.w > 0 && k->q.psi->type->flags & CREASE_CONVEX) check_radii(k);
    return compare_precisions(p, k);
}

static void carve(crease_arena *arena, comparison *k)
{
    size_t n = k->q.n, largest = crease_term_largest(&k->term);
    k->x = crease_carve(arena, n, sizeof(double));
    k->solution = crease_carve(arena, n, sizeof(double));
    k->unit = crease_carve(arena, k->verdict->units, sizeof *k->unit);
    k->truth = crease_carve(arena, k->verdict->units, sizeof *k->truth);
    k->work = crease_carve(arena, crease_term_work(&k->term) + 2 * (largest + 2), sizeof(double));
}

int crease_judge(const crease_subproblem *p, const void *x, const crease_solve_info *info, crease_verdict *verdict)
{
    comparison k = { .term = { p->psi, p->groups, NULL }, .verdict = verdict };
    *verdict = (crease_verdict){ .claimed = info ? info->threshold : (double)NAN, .oversolve = NAN,
                                 .units = crease_term_units(&k.term) };
    if (p->psi->type->flags & CREASE_UNIT_HIDDEN) verdict->units = 0;
    if (info && info->tested >= 0) verdict->oversolve = info->threshold / info->tested;
    void *memory = crease_subproblem_in_double(p, &k.q);
    crease_arena count = { 0 };
    carve(&count, &k);
    void *work = memory ? crease_alloc(p->ctx, count.used, 1) : NULL;
    int code = work ? CREASE_OK : CREASE_ENOMEM;
    if (work) {
        crease_arena arena = { work, 0 };
        carve(&arena, &k);
        code = compare(p, x, &k);
    }
    crease_release(p->ctx, memory);
    crease_release(p->ctx, work);
    return code;
}

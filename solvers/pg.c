/* Proximal gradient, warm-started, with the step 1/max(d_g) of each group:
 *
 *     x_g <- argmin  w psi(x_g) + <d z - c, x>_g + max(d_g)/2 |x_g - z_g|^2,   z the iterate before.
 *
 * Groups whose solution is zero are screened out first (|c_g| <= w lambda_g, a necessary and sufficient test);
 * the others are packed, so that the inexactness test sees the objective of those alone, as in the
 * published experiments. A step never increases Q.
 * Source: RAMDA, arXiv 2403.14398, Algorithm 2; per-group steps as in its authors' experiments.           */
#include <math.h>

#include "core/arena.h"
#include "core/subproblem.h"

enum { PRECISION_FACTOR = 8 }; /* residuals below this many roundings of |c| cannot be improved */

/* The live groups, packed one after the other. */
typedef struct {
    crease_shrink_task task;
    crease_groups groups;
    unsigned char *live;
    size_t *start;
    double *weights;
    void *c, *d, *x0, *v, *z;
} packed;

static packed carve(crease_arena *arena, const crease_subproblem *p)
{
    size_t n = p->n, G = p->groups->count, real = p->backend->real_bytes;
    packed k = { 0 };
    k.live = crease_carve(arena, G, 1);
    k.start = crease_carve(arena, G + 1, sizeof *k.start);
    k.weights = crease_carve(arena, G, sizeof *k.weights);
    k.c = crease_carve(arena, n, real);
    k.d = crease_carve(arena, n, real);
    k.x0 = crease_carve(arena, n, real);
    k.v = crease_carve(arena, n, real);
    k.z = crease_carve(arena, n, real);
    return k;
}

static size_t work_size(const crease_solver *s, const crease_subproblem *p)
{
    (void)s;
    crease_arena arena = { 0 };
    carve(&arena, p);
    crease_carve(&arena, p->backend->shrink_work(p->groups), 1);
    return arena.used;
}

static const char *accepts(const crease_solver *s, const crease_subproblem *p)
{
    (void)s;
    return crease_subproblem_outside_family(p);
}

static void pack_groups(const crease_subproblem *p, packed *k)
{
    size_t n = 0, G = 0;
    for (size_t g = 0; g < p->groups->count; g++) {
        if (!k->live[g]) continue;
        k->weights[G] = crease_group_weight(p->groups, g);
        k->start[G++] = n;
        n += crease_group_size(p->groups, g);
    }
    k->start[G] = n;
    k->groups = (crease_groups){ .count = G, .entries = n, .start = k->start, .weights = k->weights,
                                 .disjoint = true };
}

/* Without x0 and v the c-form stands for them: x0 = 0, v = -c. */
static void pack_arrays(const crease_subproblem *p, packed *k, const void *x)
{
    const crease_backend *b = p->backend;
    size_t n = k->groups.entries;
    b->gather(p->groups, k->live, x, k->z);
    b->gather(p->groups, k->live, p->c, k->c);
    if (p->d) b->gather(p->groups, k->live, p->d, k->d);
    if (p->x0) {
        b->gather(p->groups, k->live, p->x0, k->x0);
        b->gather(p->groups, k->live, p->v, k->v);
    } else {
        b->axpby(n, 0, k->c, 0, k->x0);
        b->axpby(n, -1, k->c, 0, k->v);
    }
    k->task.n = n;
    k->task.groups = &k->groups;
    k->task.c = k->c;
    if (p->d) k->task.d = k->d;
}

static double value(const crease_subproblem *p, const packed *k)
{
    const crease_backend *b = p->backend;
    return b->quadratic(k->task.n, k->z, k->x0, k->v, k->task.d, k->task.scalar)
           + k->task.w * b->shrink_value(&k->groups, &k->task.psi, k->z);
}

static crease_stop iterate(const crease_solver *s, const crease_subproblem *p, packed *k, crease_progress *j)
{
    const crease_backend *b = p->backend;
    const crease_stopping_type *test = s->stopping->type;
    unsigned cap = test->cap(s->stopping->opts);
    double floor = PRECISION_FACTOR * b->roundoff * sqrt(b->dot(k->task.n, k->c, k->c));
    *j = (crease_progress){ .t = p->step, .paper_scale = p->paper_scale, .value = NAN, .residual = NAN };
    if (test->needs & CREASE_NEEDS_VALUE) j->value = value(p, k);
    j->value_start = j->value;
    for (j->j = 1; j->j <= cap; j->j++) {
        b->shrink_gradient_step(&k->task, k->z, k->z);
        j->value_before = j->value;
        if (test->needs & CREASE_NEEDS_VALUE) j->value = value(p, k);
        if (test->needs & CREASE_NEEDS_RESIDUAL) j->residual = b->shrink_residual(&k->task, k->z);
        if (test->met(s->stopping->opts, j)) return CREASE_STOP_MET;
        if (j->residual <= floor) return CREASE_STOP_PRECISION;
    }
    j->j = cap;
    return CREASE_STOP_CAP;
}

static int solve(const crease_solver *s, const crease_subproblem *p, void *x, void *work,
                 crease_solve_info *info)
{
    const crease_backend *b = p->backend;
    crease_arena arena = { work, 0 };
    packed k = carve(&arena, p);
    if (!b->is_finite(p->n, p->c) || (p->d && !b->is_finite(p->n, p->d)))
        return crease_fail(p->ctx, CREASE_ENAN, "the subproblem holds a NaN or an infinity");
    k.task = crease_subproblem_task(p);
    k.task.work = crease_carve(&arena, b->shrink_work(p->groups), 1);
    size_t live = b->shrink_screen(&k.task, k.live);
    *info = (crease_solve_info){ .stop = CREASE_STOP_MET, .groups = p->groups->count, .bound = NAN, .tested = NAN, .exact = true };
    info->zero_groups = p->groups->count - live;
    pack_groups(p, &k);
    pack_arrays(p, &k, x);
    if (live > 0) {
        crease_progress j;
        info->stop = iterate(s, p, &k, &j);
        info->iterations = j.j;
        info->mean_iterations = j.j;
        info->tested = s->stopping->type->tested(s->stopping->opts, &j);
    }
    b->scatter(p->groups, k.live, k.z, x);
    return CREASE_OK;
}

const crease_solver_type crease_solver_pg = {
    .base = { .name = "pg",
              .summary = "proximal gradient with per-group steps, ruled by an inexactness test",
              .formula = "x_g <- prox of (w / L_g) psi at z_g - (d z - c)_g / L_g,  L_g = max d_g",
              .source = "RAMDA, arXiv 2403.14398, Algorithm 2" },
    .takes_stopping = true,
    .joint = true,
    .accepts = accepts,
    .work_size = work_size,
    .solve = solve,
};

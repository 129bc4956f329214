#include "dual_support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const dual_members[N_KINDS] = { "overlap_l2", "overlap_l2", "tree_l2", "latent_group" };

/* --- planted problems
 * -------------------------------------------------------------------------------- */

static lists lists_chain(size_t n)
{
    lists l = { 0 };
    size_t size = 2 + overlap_below(6), step = 1 + overlap_below(size);
    for (size_t a = 0; a == 0 || a + size <= n; a += step) {
        uint32_t index[8];
        for (size_t j = 0; j < size; j++) index[j] = (uint32_t)(a + j);
        lists_add(&l, size, index);
    }
    return l;
}

/* Every entry gets into a group. */
static lists lists_covering(size_t n, size_t count)
{
    lists l = lists_random(n, count);
    uint32_t left[MOST], size = 0;
    for (uint32_t i = 0; i < l.n; i++) {
        bool covered = false;
        for (size_t e = 0; e < l.start[l.count]; e++) covered |= l.index[e] == i;
        if (!covered) left[size++] = i;
    }
    if (size > 0) lists_add(&l, size, left);
    return l;
}

lists dual_lists(int kind)
{
    size_t n = 8 + overlap_below(MOST - 8);
    if (kind == CHAIN) return lists_chain(n);
    if (kind == RANDOM) return lists_random(n, 1 + overlap_below(n / 2));
    return kind == TREE ? lists_tree(n) : lists_covering(n, 1 + overlap_below(n / 2));
}

/* x*: zero on the groups drawn dead. c = D x* + sum_g y_g, y_g = w weight_g x_g/|x_g|, or well
 * inside that ball. */
static void plant_sum(problem *q)
{
    overlap *s = &q->s;
    for (size_t i = 0; i < s->part.n; i++) q->target[i] = s->w * overlap_normal() / s->d[i];
    for (size_t g = 0; g < s->lists.count; g++)
        for (size_t e = s->lists.start[g], dead = overlap_below(3) == 0;
             dead && e < s->lists.start[g + 1]; e++)
            q->target[s->lists.index[e]] = 0;
    for (size_t i = 0; i < s->part.n; i++) s->c[i] = s->d[i] * q->target[i];
    for (size_t g = 0; g < s->lists.count; g++) {
        double y[MOST], size = overlap_norm(s, g, q->target), length = size;
        size_t begin = s->lists.start[g], n = s->lists.start[g + 1] - begin;
        for (size_t j = 0; j < n; j++)
            y[j] = size > 0 ? q->target[s->lists.index[begin + j]] : overlap_normal();
        for (size_t j = 0; j < n && size == 0; j++) length = hypot(length, y[j]);
        double factor = s->w * s->lists.weight[g] / length * (size > 0 ? 1 : overlap_uniform(0, 0.9));
        for (size_t j = 0; j < n; j++) s->c[s->lists.index[begin + j]] += factor * y[j];
    }
}

/* u, then weights that make |u_g| the threshold of the groups used and less for others; x_i = u_i
 * sum of their t_g. */
static void plant_latent(problem *q)
{
    overlap *s = &q->s;
    double u[MOST], total[MOST] = { 0 };
    for (size_t i = 0; i < s->part.n; i++) u[i] = s->w * overlap_normal();
    for (size_t g = 0; g < s->lists.count; g++) {
        bool used = overlap_below(3) == 0;
        double t = used ? overlap_uniform(0.5, 2) / s->d[s->lists.index[s->lists.start[g]]] : 0;
        for (size_t e = s->lists.start[g]; e < s->lists.start[g + 1]; e++)
            total[s->lists.index[e]] += t;
        s->lists.weight[g] = overlap_norm(s, g, u) / s->w * (used ? 1 : overlap_uniform(1.1, 3));
    }
    assert_ok(s->ctx, crease_groups_set_weights(s->ctx, &s->groups, s->lists.weight));
    for (size_t i = 0; i < s->part.n; i++) {
        q->target[i] = total[i] * u[i];
        s->c[i] = s->d[i] * q->target[i] + u[i];
    }
}

/* The struct may have moved since it was filled. */
static crease_subproblem *pose(problem *q)
{
    q->p.backend->from_host(q->p.n, q->s.c, q->c);
    q->p.backend->from_host(q->p.n, q->s.d, q->d);
    q->p.c = q->c;
    q->p.d = q->d;
    q->p.groups = &q->s.groups;
    return &q->p;
}

problem dual_make(crease_ctx *ctx, const char *member, const lists *l, double spread, double w)
{
    problem q = { .s = overlap_make(ctx, member, l, w) };
    double level = exp(overlap_uniform(-1, 1));
    for (size_t i = 0; i < q.s.part.n; i++)
        q.s.d[i] = level
                   * (spread > 1    ? pow(spread, overlap_uniform(-0.5, 0.5))
                      : spread == 1 ? overlap_uniform(0.8, 1)
                                    : 1);
    q.p = (crease_subproblem){ .ctx = ctx,
                               .backend = crease_backend_find(ctx, "cpu-f64"),
                               .n = q.s.part.n,
                               .w = w,
                               .psi = q.s.psi,
                               .paper_scale = 1,
                               .step = 1 };
    return q;
}

problem dual_plant(crease_ctx *ctx, int kind, double spread, double w)
{
    lists l = dual_lists(kind);
    problem q = dual_make(ctx, dual_members[kind], &l, spread, w);
    if (kind == LATENT)
        plant_latent(&q);
    else
        plant_sum(&q);
    return q;
}

double dual_size(const problem *q)
{
    double size = 0;
    for (size_t i = 0; i < q->s.part.n; i++) size = hypot(size, q->s.c[i]);
    return size;
}

/* --- solving
 * ------------------------------------------------------------------------------------------ */

int dual_try(problem *q, const char *solver, const char *test)
{
    crease_ctx *ctx = q->s.ctx;
    crease_stopping *stop = test ? crease_stopping_parse(ctx, test) : NULL;
    crease_solver *s = crease_solver_parse(ctx, solver, stop);
    if (!s) fail_msg("%s", crease_ctx_error(ctx)->sentence);
    pose(q);
    q->p.backend->from_host(q->p.n, q->x, q->bx);
    int code = crease_solver_solve(s, &q->p, q->bx, &q->info);
    q->p.backend->to_host(q->p.n, q->bx, q->x);
    crease_solver_free(s);
    crease_stopping_free(stop);
    return code;
}

void dual_solve(problem *q, const char *solver, const char *test)
{
    assert_ok(q->s.ctx, dual_try(q, solver, test));
    for (size_t i = 0; i < q->p.n; i++) assert_false(q->x[i] == 0 && signbit(q->x[i]));
}

void dual_solve_to(problem *q, const char *solver, double eps)
{
    char test[200];
    snprintf(test, sizeof test, "residual:eps0=%g,schedule=constant,max_iters=20000",
             eps * dual_size(q));
    dual_solve(q, solver, test);
}

double dual_certificate(problem *q)
{
    memcpy(q->s.x, q->x, sizeof q->x);
    for (size_t i = 0; i < q->p.n; i++) q->s.g[i] = q->s.d[i] * q->x[i] - q->s.c[i];
    return overlap_certificate(&q->s);
}

/* The planted support, and d_i |x_i - x*_i| no more than the residual allows: |x - x*| <= |r|/d_min. */
void dual_check_planted(problem *q, const char *what, double eps)
{
    double least = INFINITY, off = 0, proof = dual_certificate(q);
    if (!(proof <= eps)) fail_msg("%s: certificate %g after %u", what, proof, q->info.iterations);
    for (size_t i = 0; i < q->p.n; i++) {
        least = fmin(least, q->s.d[i]);
        off = hypot(off, q->x[i] - q->target[i]);
        if ((q->x[i] == 0) != (q->target[i] == 0))
            fail_msg("%s: entry %zu is %g, not %g", what, i, q->x[i], q->target[i]);
    }
    if (!(off * least <= (eps + 1e-14) * dual_size(q)))
        fail_msg("%s: off by %g", what, off * least / dual_size(q));
}

#include "subproblems.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double log_uniform(crease_random *r, double low, double high)
{
    return low * pow(high / low, crease_random_uniform(r));
}

static void make_groups(test_subproblem *s, const test_shape *shape)
{
    if (strcmp(shape->groups, "ragged") != 0) {
        size_t dims[2] = { shape->rows, shape->cols };
        assert_ok(s->ctx, crease_groups_parse(s->ctx, shape->groups, 0, dims, 2, &s->groups));
        return;
    }
    int64_t labels[4096];
    assert_true(s->n <= 4096);
    for (size_t i = 0; i < s->n; i++) labels[i] = (int64_t)crease_random_below(&s->random, 1 + s->n / 4);
    assert_ok(s->ctx, crease_groups_from_labels(s->ctx, 0, s->n, labels, &s->groups));
}

static void draw_settings(test_subproblem *s)
{
    for (const crease_param *row = s->psi->type->base.params; row && row->name; row++) {
        char text[40];
        if (row->kind != CREASE_PARAM_KIND_REAL) continue;
        snprintf(text, sizeof text, "%.17g", log_uniform(&s->random, 0.1, 10));
        assert_ok(s->ctx, crease_regularizer_set(s->psi, row->name, text));
    }
}

void test_subproblem_make(crease_ctx *ctx, const test_shape *shape, uint64_t seed, test_subproblem *s)
{
    *s = (test_subproblem){ .ctx = ctx, .random = crease_random_at(seed, CREASE_STREAM_TEST, 0),
                            .n = shape->rows * shape->cols };
    s->psi = crease_regularizer_create(ctx, shape->regularizer);
    assert_non_null(s->psi);
    draw_settings(s);
    make_groups(s, shape);
    double **host[] = { &s->c, &s->d, &s->x0, &s->v, &s->x, &s->target };
    for (size_t i = 0; i < 6; i++) assert_non_null(*host[i] = crease_alloc(ctx, s->n, sizeof(double)));
    void **copies[] = { &s->bc, &s->bd, &s->bx0, &s->bv, &s->bx };
    for (size_t i = 0; i < 5; i++) assert_non_null(*copies[i] = crease_alloc(ctx, s->n, sizeof(double)));
    double top = log_uniform(&s->random, 0.1, 10) * shape->magnitude;
    for (size_t i = 0; i < s->n; i++)
        s->d[i] = shape->spread == 0 ? top : top * log_uniform(&s->random, 1 / shape->spread, 1);
    s->p = (crease_subproblem){ .ctx = ctx, .backend = crease_backend_find(ctx, shape->backend), .n = s->n,
                                .scalar = top, .w = shape->w, .psi = s->psi, .groups = &s->groups,
                                .paper_scale = 1, .step = 1, .d = shape->spread == 0 ? NULL : s->bd };
}

void test_subproblem_free(test_subproblem *s)
{
    void *owned[] = { s->c, s->d, s->x0, s->v, s->x, s->target, s->bc, s->bd, s->bx0, s->bv, s->bx };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) crease_release(s->ctx, owned[i]);
    crease_groups_free(s->ctx, &s->groups);
    crease_regularizer_free(s->psi);
}

void test_subproblem_draw(test_subproblem *s)
{
    for (size_t g = 0; g < s->groups.count; g++) {
        size_t n = crease_group_size(&s->groups, g);
        double scale = s->p.w * crease_group_scale(s->psi, n, crease_group_weight(&s->groups, g));
        double size = (scale > 0 ? scale : 1) * log_uniform(&s->random, 0.3, 5) / sqrt((double)(n ? n : 1));
        for (size_t k = 0; k < n; k++)
            s->c[crease_group_entry(&s->groups, g, k)] = size * crease_random_normal(&s->random);
    }
}

/* A live group's entries and their subgradient, or zeros and a point strictly inside the subdifferential. */
static void plant_group(test_subproblem *s, const crease_shrink *psi, size_t g)
{
    size_t n = crease_group_size(&s->groups, g);
    double weight = crease_group_weight(&s->groups, g), x[4096], u[4096], size = 0, length = 0;
    bool live = crease_random_uniform(&s->random) < 0.5 || (psi->lambda1 == 0 && psi->lambda2 * weight == 0);
    bool sparse = psi->lambda1 > 0;
    assert_true(n <= 4096);
    for (size_t k = 0; k < n; k++) {
        bool entry = live && (!sparse || k == 0 || crease_random_uniform(&s->random) < 0.5);
        x[k] = entry ? copysign(0.5 + crease_random_uniform(&s->random), crease_random_uniform(&s->random) - 0.5) : 0;
        u[k] = crease_random_normal(&s->random);
        size = hypot(size, x[k]);
        length = hypot(length, u[k]);
    }
    for (size_t k = 0; k < n; k++) {
        size_t i = crease_group_entry(&s->groups, g, k);
        double box = x[k] != 0 ? copysign(1, x[k]) : 0.9 * (2 * crease_random_uniform(&s->random) - 1);
        double ball = size > 0 ? x[k] / size : 0.9 * u[k] / length;
        s->target[i] = x[k];
        s->c[i] = s->d[i] * x[k] + s->p.w * (psi->lambda1 * box + psi->lambda2 * weight * ball + psi->ridge * x[k]);
    }
}

bool test_subproblem_plant(test_subproblem *s)
{
    crease_shrink psi;
    if (!s->psi->type->shrink) return false;
    s->psi->type->shrink(s->psi->opts, &psi);
    for (size_t g = 0; g < s->groups.count; g++) plant_group(s, &psi, g);
    return true;
}

void test_subproblem_push(test_subproblem *s, bool with_x0)
{
    const crease_backend *b = s->p.backend;
    for (size_t i = 0; i < s->n; i++) {
        /* about as large as c/d, so that c = D x0 - v does not cancel */
        s->x0[i] = with_x0 ? crease_random_normal(&s->random) * s->c[i] / s->d[i] : 0;
        s->v[i] = s->d[i] * s->x0[i] - s->c[i];
    }
    b->from_host(s->n, s->c, s->bc);
    b->from_host(s->n, s->d, s->bd);
    b->from_host(s->n, s->x0, s->bx0);
    b->from_host(s->n, s->v, s->bv);
    b->from_host(s->n, s->x, s->bx);
    s->p.c = s->bc;
    s->p.x0 = with_x0 ? s->bx0 : NULL;
    s->p.v = with_x0 ? s->bv : NULL;
}

void test_subproblem_pull(test_subproblem *s)
{
    s->p.backend->to_host(s->n, s->bx, s->x);
}

static long double family_value(const crease_shrink *psi, const test_subproblem *s, size_t g, const double *x)
{
    long double one = 0, two = 0;
    for (size_t k = 0; k < crease_group_size(&s->groups, g); k++) {
        long double xi = x[crease_group_entry(&s->groups, g, k)];
        one += fabsl(xi);
        two += xi * xi;
    }
    return psi->lambda1 * one + psi->lambda2 * crease_group_weight(&s->groups, g) * sqrtl(two) + psi->ridge / 2 * two;
}

static long double other_value(const test_subproblem *s, size_t g, const double *x)
{
    double group[4096];
    size_t n = crease_group_size(&s->groups, g);
    for (size_t k = 0; k < n; k++) group[k] = x[crease_group_entry(&s->groups, g, k)];
    return crease_group_value(s->psi, n, group, crease_group_weight(&s->groups, g));
}

long double test_objective(const test_subproblem *s, const double *x)
{
    crease_shrink psi = { 0 };
    long double sum = 0;
    if (s->psi->type->shrink) s->psi->type->shrink(s->psi->opts, &psi);
    for (size_t g = 0; g < s->groups.count; g++)
        sum += s->p.w * (s->psi->type->shrink ? family_value(&psi, s, g, x) : other_value(s, g, x));
    for (size_t i = 0; i < s->n; i++)
        sum += 0.5L * s->d[i] * x[i] * x[i] - (long double)s->c[i] * x[i];
    return sum;
}

#include "matrix_support.h"

#include <stdlib.h>

bench bench_open(const char *name, const char *backend, const char *const *settings)
{
    bench b = { .ctx = test_ctx() };
    b.p = problem_make(b.ctx, name, backend, settings);
    b.x = crease_alloc(b.ctx, b.p->n, b.p->backend->real_bytes);
    b.g = crease_alloc(b.ctx, b.p->n, b.p->backend->real_bytes);
    assert_true(b.x && b.g);
    return b;
}

void bench_close(bench *b)
{
    crease_release(b->ctx, b->x);
    crease_release(b->ctx, b->g);
    crease_problem_free(b->p);
    crease_ctx_free(b->ctx);
}

double bench_gradient(bench *b, crease_rows rows, const double *x, double *g)
{
    double value;
    b->p->backend->from_host(b->p->n, x, b->x);
    assert_ok(b->ctx, b->p->type->gradient(b->p, rows, b->x, &value, g ? b->g : NULL));
    if (g) b->p->backend->to_host(b->p->n, b->g, g);
    return value;
}

void bench_curve(bench *b, const double *x)
{
    b->p->backend->from_host(b->p->n, x, b->x);
    assert_ok(b->ctx, b->p->type->curvature(b->p, b->x));
}

void bench_product(bench *b, const double *v, double *y)
{
    b->p->backend->from_host(b->p->n, v, b->x);
    assert_ok(b->ctx, b->p->type->product(b->p, b->x, b->g));
    b->p->backend->to_host(b->p->n, b->g, y);
}

void bench_predict(bench *b, const double *x, double *z)
{
    b->p->backend->from_host(b->p->n, x, b->x);
    assert_ok(b->ctx, b->p->type->predict(b->p, b->x, z));
}

double *vector(size_t n)
{
    double *x = calloc(n, sizeof *x);
    assert_non_null(x);
    return x;
}

bench case_open(int which, const char *backend)
{
    switch (which) {
    case 0:
        return bench_open("matrix_completion", backend,
                          SETTINGS("rows", "25", "cols", "17", "observed", "0.8"));
    case 1:
        return bench_open("matrix_sensing", backend, SETTINGS("measurements", "300"));
    case 2:
        return bench_open("matrix_sensing", backend,
                          SETTINGS("rows", "7", "cols", "5", "rank", "2", "measurements", "270",
                                   "certified_lambda", "0.02"));
    default:
        return bench_open("phase_retrieval", backend,
                          SETTINGS("size", "24", "group", "2", "measurements", "520", "noise", "0.3"));
    }
}

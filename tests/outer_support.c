#include "outer_support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double test_normal(uint64_t stream, uint64_t index)
{
    crease_random r = crease_random_at(stream, CREASE_STREAM_TEST, index);
    return crease_random_normal(&r);
}

double noise_entry(const noise *o, size_t i, double x)
{
    if (i % 11 == 5) return 0;
    return o->factor * (pow(10, 2 * sin((double)i) - 1) * test_normal(100 + o->step, i) + 0.05 * x);
}

int noise_gradient(crease_oracle *oracle, crease_rows rows, const void *x, double *value, void *g)
{
    noise *o = (noise *)oracle;
    double *point = malloc(2 * o->n * sizeof *point + 1), *gradient = point + o->n;
    (void)rows;
    o->backend->to_host(o->n, x, point);
    for (size_t i = 0; i < o->n; i++) gradient[i] = noise_entry(o, i, point[i]);
    o->backend->from_host(o->n, gradient, g);
    *value = (double)o->step;
    free(point);
    return CREASE_OK;
}

noise noise_make(const crease_backend *backend, size_t n)
{
    return (noise){ .oracle = { .gradient = noise_gradient }, .backend = backend, .n = n, .factor = 1 };
}

inner inner_make(crease_ctx *ctx, const char *name)
{
    inner s = { 0 };
    if (strcmp(name, "pg") == 0) {
        s.stopping = crease_stopping_create(ctx, "residual");
        assert_ok(ctx, crease_stopping_set(s.stopping, "eps0", "1e-9"));
        assert_ok(ctx, crease_stopping_set(s.stopping, "power", "0"));
        assert_ok(ctx, crease_stopping_set(s.stopping, "max_iters", "100000"));
    }
    s.solver = crease_solver_create(ctx, name, s.stopping);
    assert_non_null(s.solver);
    return s;
}

void inner_free(inner *s)
{
    crease_solver_free(s->solver);
    crease_stopping_free(s->stopping);
}

#include "one_part.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int open_context(void **state)
{
    *state = test_ctx();
    return 0;
}

int close_context(void **state)
{
    crease_ctx_free(*state);
    return 0;
}

void open_problem(problem *p, void **state, const char *name, size_t n, uint64_t seed)
{
    *p = (problem){ .ctx = *state, .n = n, .w = 1, .random = crease_random_at(seed, CREASE_STREAM_TEST, 0) };
    p->psi = crease_regularizer_create(p->ctx, name);
    assert_non_null(p->psi);
    double **arrays[] = { &p->c, &p->d, &p->x, &p->g, &p->weights };
    for (size_t k = 0; k < 5; k++) assert_non_null(*arrays[k] = calloc(n + 1, sizeof(double)));
    for (size_t i = 0; i < n; i++) p->d[i] = 1;
    p->part = (crease_part){ .type = p->psi->type, .opts = p->psi->opts, .n = n, .whole = n, .weight = 1,
                             .roundoff = DBL_EPSILON / 2 };
}

void ready(problem *p)
{
    p->part.opts = p->psi->opts;
    free(p->part.work);
    p->part.work = malloc(crease_part_work(p->psi, &p->part) + 1);
    assert_non_null(p->part.work);
    assert_null(crease_part_refusal(p->psi, &p->part));
}

void close_problem(problem *p)
{
    crease_regularizer_free(p->psi);
    free(p->c), free(p->d), free(p->x), free(p->g), free(p->weights), free(p->part.work);
}

void set_number(problem *p, const char *key, double value)
{
    char text[40];
    snprintf(text, sizeof text, "%.17g", value);
    assert_ok(p->ctx, crease_regularizer_set(p->psi, key, text));
}

void set_weights(problem *p, const char *key)
{
    assert_ok(p->ctx, crease_regularizer_set_numbers(p->psi, key, p->n, p->weights));
}

int solve(problem *p)
{
    return crease_part_prox(p->psi, &p->part, p->c, p->d, p->w, p->x, &p->info);
}

double uniform(problem *p)
{
    return crease_random_uniform(&p->random);
}

double normal(problem *p)
{
    return crease_random_normal(&p->random);
}

size_t below(problem *p, size_t n)
{
    return crease_random_below(&p->random, n);
}

static double certificate(problem *p)
{
    double norm = 0;
    for (size_t i = 0; i < p->n; i++) {
        p->g[i] = p->d[i] * p->x[i] - p->c[i];
        norm = hypot(norm, fmax(fabs(p->c[i]), p->d[i] * fabs(p->x[i])));
    }
    double rest = crease_part_residual(p->psi, &p->part, p->x, p->g, p->w);
    return rest == 0 ? 0 : rest / fmax(norm, p->w * crease_part_scale(p->psi, &p->part));
}

void assert_certified(problem *p, double tolerance)
{
    double rest = certificate(p);
    if (!(rest <= tolerance)) fail_msg("%s, n = %zu: certificate %g", p->psi->type->base.name, p->n, rest);
    for (size_t i = 0; i < p->n; i++) assert_false(p->x[i] == 0 && signbit(p->x[i]));
}

void draw(problem *p, size_t kind, double magnitude)
{
    static const double decades[] = { 0, 0.3, 1, 12, 24 };
    double spread = decades[kind % 5];
    for (size_t i = 0; i < p->n; i++) {
        p->d[i] = pow(10, spread * (uniform(p) - 0.5));
        p->c[i] = normal(p) * magnitude * (kind % 2 ? 1 : p->d[i]);
        if (i > 0 && below(p, 4) == 0) p->c[i] = below(p, 2) ? p->c[i - 1] : -p->c[i - 1];
    }
}

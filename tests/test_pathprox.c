/* The method pathprox: its steps against their definition in long double, where it stands still, exact
 * zeros, what the normalization does to the function, divergence. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relu_support.h"

enum { MOST = 400, HIDDEN = 8 };

typedef struct {
    crease_oracle oracle;
    long poison; /* counted down by gradients: the one that makes it 0 returns a NaN; 0: none does */
} poisoned;

static int gradient(crease_oracle *oracle, crease_rows rows, const void *x, double *value, void *g)
{
    poisoned *o = (poisoned *)oracle;
    CREASE_TRY(oracle->problem->type->gradient(oracle->problem, rows, x, value, g));
    if (o->poison > 0 && --o->poison == 0) *value = NAN;
    return CREASE_OK;
}

typedef struct {
    relu_shape shape;
    size_t rows, cols, classes;
    double lambda, start;
    const char *lr, *compensate, *backend;
} bench_case;

typedef struct {
    crease_ctx *ctx;
    bench_case c;
    sample data;
    crease_problem *p;
    relu_layout at;
    crease_regularizer *psi;
    crease_groups groups;
    crease_solver *exact;
    crease_algorithm *a;
    poisoned o;
    double start[MOST];
} bench;

static void set_scale(bench *b, double lambda)
{
    char text[40];
    snprintf(text, sizeof text, "%.17g", lambda);
    assert_ok(b->ctx, crease_regularizer_set(b->psi, "scale", text));
}

/* Up to crease_algorithm_setup. The start point has no unit of length 1. */
static bench bench_open(const bench_case *c)
{
    bench b = { .ctx = test_ctx(), .c = *c };
    b.data = sample_create(31, c->rows, c->cols, c->classes, 0.2);
    b.p = relu_problem(b.ctx, &c->shape, &b.data, false, c->backend);
    b.at = relu_places(&c->shape, &b.data);
    assert_true(b.p->n == b.at.n && b.at.n <= MOST);
    b.groups = crease_groups_cols(b.at.output, c->classes, c->shape.hidden);
    assert_ok(b.ctx, crease_groups_set_weight_rule(b.ctx, &b.groups, "one"));
    b.psi = crease_regularizer_create(b.ctx, "group_l2");
    b.exact = crease_solver_create(b.ctx, "exact", NULL);
    b.a = crease_algorithm_create(b.ctx, "pathprox", b.p->backend);
    assert_true(b.psi && b.exact && b.a);
    set_scale(&b, c->lambda);
    assert_ok(b.ctx, crease_algorithm_set(b.a, "lr", c->lr));
    assert_ok(b.ctx, crease_algorithm_set(b.a, "compensate", c->compensate));
    b.o.oracle = (crease_oracle){ .gradient = gradient, .problem = b.p };
    fill_normal(32, b.at.n, c->start, b.start);
    return b;
}

static int bench_setup(bench *b)
{
    double x[MOST];
    const crease_term term = { b->psi, &b->groups, "output" };
    b->p->backend->from_host(b->at.n, b->start, x);
    return crease_algorithm_setup(b->a, b->at.n, x, &term, 1, b->exact);
}

static void bench_close(bench *b)
{
    crease_algorithm_free(b->a);
    crease_solver_free(b->exact);
    crease_regularizer_free(b->psi);
    crease_groups_free(b->ctx, &b->groups);
    crease_problem_free(b->p);
    sample_free(&b->data);
    crease_ctx_free(b->ctx);
}

static void host(const bench *b, const void *v, double *out)
{
    b->p->backend->to_host(b->at.n, v, out);
}

static const bench_case small = { .shape = { HIDDEN, false, 0 },
                                  .rows = 37,
                                  .cols = 5,
                                  .classes = 3,
                                  .lambda = 0.3,
                                  .start = 0.6,
                                  .lr = "0.25",
                                  .compensate = "false",
                                  .backend = "cpu-f64" };

/* The cases of slope, hidden bias, compensation. */
static bench_case small_case(int which)
{
    bench_case c = small;
    c.shape.slope = which & 1 ? 0.2L : 0;
    c.shape.hidden_bias = which & 2;
    c.compensate = which & 4 ? "true" : "false";
    return c;
}
enum { N_CASES = 8 };

/* --- the steps ------------------------------------------------------------------------------------ */

static long double length(size_t n, size_t stride, const long double *v)
{
    long double sum = 0;
    for (size_t i = 0; i < n; i++) sum += v[i * stride] * v[i * stride];
    return sqrtl(sum);
}

/* One step by the definition, in place. */
static void define_step(const bench *b, crease_rows rows, long double *x)
{
    const relu_shape *of = &b->c.shape;
    const long double lr = 0.25L, lambda = b->c.lambda;
    size_t cols = b->c.cols, classes = b->c.classes, hidden = of->hidden;
    bool compensate = strcmp(b->c.compensate, "true") == 0;
    long double g[MOST];
    relu_value(of, &b->data, rows, x, g, NULL);
    for (size_t i = 0; i < b->at.n; i++) x[i] -= lr * g[i];
    for (size_t j = 0; j < hidden; j++) {
        long double *w = x + j * cols, *v = x + b->at.output + j;
        long double norm = fmaxl(length(cols, 1, w), 1e-6L);
        for (size_t i = 0; i < cols; i++) w[i] /= norm;
        if (of->hidden_bias) x[b->at.input_bias + j] /= norm;
        for (size_t k = 0; compensate && k < classes; k++) v[k * hidden] *= norm;
        long double size = length(classes, hidden, v);
        long double keep = size > lr * lambda ? 1 - lr * lambda / size : 0;
        for (size_t k = 0; k < classes; k++) v[k * hidden] *= keep;
    }
}

static void same_point(const bench *b, const long double *right, double tolerance)
{
    double x[MOST], hat[MOST], expected[MOST];
    host(b, b->a->x, x);
    host(b, b->a->hat, hat);
    for (size_t i = 0; i < b->at.n; i++) expected[i] = (double)right[i];
    assert_true(test_max_error(b->at.n, x, expected) <= tolerance);
    for (size_t i = 0; i < b->at.n; i++) {
        assert_true((x[i] == 0) == (expected[i] == 0) && hat[i] == x[i]);
        assert_false(x[i] == 0 && signbit(x[i]));
    }
}

/* Batches and all rows in turn; in double the whole way, in float a step at a time. */
static void steps_are_the_definition(void **state)
{
    (void)state;
    size_t zeros = 0;
    for (int which = 0; which < 2 * N_CASES; which++) {
        bench_case c = small_case(which / 2);
        bool single = which % 2;
        c.backend = single ? "cpu-f32" : "cpu-f64";
        bench b = bench_open(&c);
        long double right[MOST];
        double x[MOST];
        crease_random r = crease_random_at(4, CREASE_STREAM_TEST, 0);
        assert_ok(b.ctx, bench_setup(&b));
        b.a->want_hat = true;
        host(&b, b.a->x, x);
        for (size_t i = 0; i < b.at.n; i++) right[i] = x[i];
        for (int step = 0; step < 40; step++) {
            uint32_t rows[6];
            for (size_t i = 0; i < 6; i++) rows[i] = (uint32_t)crease_random_below(&r, c.rows);
            b.o.oracle.batch = step % 4 == 3 ? (crease_rows){ 0, NULL } : (crease_rows){ 6, rows };
            define_step(&b, b.o.oracle.batch, right);
            assert_ok(b.ctx, crease_algorithm_step(b.a, &b.o.oracle));
            same_point(&b, right, single ? 2e-6 : 1e-12);
            host(&b, b.a->x, x);
            for (size_t i = 0; single && i < b.at.n; i++) right[i] = x[i];
        }
        for (size_t i = 0; i < b.at.n; i++) zeros += x[i] == 0;
        bench_close(&b);
    }
    assert_true(zeros > 0);
}

/* --- where it stands still ----------------------------------------------------------------------- */

/* With linear units f is smooth. For the penalty p(|v_j|), with p' = lambda / (1 + bend |v|^2) and
 * |w_j| = 1: the largest norm, over units, of the gradient along the sphere and of the least
 * subgradient in v_j. */
static double unrest(const bench *b, long double bend)
{
    size_t cols = b->c.cols, classes = b->c.classes, hidden = b->c.shape.hidden;
    long double x[MOST], g[MOST], most = 0;
    double point[MOST];
    host(b, b->a->x, point);
    for (size_t i = 0; i < b->at.n; i++) x[i] = point[i];
    relu_value(&b->c.shape, &b->data, (crease_rows){ 0, NULL }, x, g, NULL);
    for (size_t j = 0; j < hidden; j++) {
        long double *w = x + j * cols, *gw = g + j * cols, along = 0;
        long double *v = x + b->at.output + j, *gv = g + b->at.output + j;
        for (size_t i = 0; i < cols; i++) along += w[i] * gw[i];
        for (size_t i = 0; i < cols; i++) gw[i] -= along * w[i];
        most = fmaxl(most, length(cols, 1, gw));
        long double size = length(classes, hidden, v), lambda = b->c.lambda;
        if (size == 0) {
            most = fmaxl(most, length(classes, hidden, gv) - lambda);
            continue;
        }
        for (size_t k = 0; k < classes; k++)
            gv[k * hidden] += lambda * v[k * hidden] / (size * (1 + bend * size * size));
        most = fmaxl(most, length(classes, hidden, gv));
    }
    return (double)most;
}

static bench stand_still(const char *lr, const char *compensate, int steps)
{
    bench_case c = small;
    c.shape = (relu_shape){ 3, false, 1 };
    c.lambda = 0.05;
    c.lr = lr;
    c.compensate = compensate;
    bench b = bench_open(&c);
    assert_ok(b.ctx, bench_setup(&b));
    for (int k = 0; k < steps; k++) assert_ok(b.ctx, crease_algorithm_step(b.a, &b.o.oracle));
    return b;
}

/* As published: at stationary points of the path norm, whatever lr. Compensated: at those of the
 * penalty lambda arctan |v|, up to lr, and not at the others. */
static void fixed_points_are_stationary(void **state)
{
    (void)state;
    bench published = stand_still("0.4", "false", 10000);
    bench coarse = stand_still("0.4", "true", 10000), fine = stand_still("0.1", "true", 40000);
    assert_true(unrest(&published, 0) < 1e-14 && unrest(&published, 1) > 0.01);
    assert_true(unrest(&coarse, 1) < 2e-4 && unrest(&coarse, 0) > 0.02);
    assert_true(unrest(&fine, 1) < 0.3 * unrest(&coarse, 1));
    bench_close(&published);
    bench_close(&coarse);
    bench_close(&fine);
}

/* --- zeros and lengths --------------------------------------------------------------------------- */

static double value_at(const bench *b)
{
    double value;
    assert_ok(b->ctx, b->p->type->gradient(b->p, (crease_rows){ 0, NULL }, b->a->x, &value, NULL));
    return value;
}

/* A step of no length is the normalization alone, the floor of norms included. */
static void compensation_keeps_the_function(void **state)
{
    (void)state;
    for (int which = 0; which < N_CASES; which++) {
        bench_case c = small_case(which);
        c.lr = "1e-30";
        bench b = bench_open(&c);
        for (size_t i = 0; i < c.cols; i++) {
            b.start[i] *= 1e-9;
            b.start[c.cols + i] = 0;
        }
        assert_ok(b.ctx, bench_setup(&b));
        double before = value_at(&b), x[MOST], norm = 0;
        assert_ok(b.ctx, crease_algorithm_step(b.a, &b.o.oracle));
        double change = fabs(value_at(&b) - before);
        assert_true(which & 4 ? change < 1e-14 : change > 1e-3);
        host(&b, b.a->x, x);
        for (size_t i = 0; i < c.cols; i++) {
            norm = hypot(norm, x[i]);
            assert_true(fabs(x[i] - 1e6 * b.start[i]) <= 1e-15 && fabs(x[c.cols + i]) < 1e-20);
        }
        assert_true(norm < 1e-2 && norm > 0);
        bench_close(&b);
    }
}

/* The units that are zero at the iterate, each as a whole; |w_j| = 1 for all. */
static size_t dead_units(const bench *b)
{
    size_t hidden = b->c.shape.hidden, dead = 0;
    double x[MOST];
    host(b, b->a->x, x);
    for (size_t j = 0; j < hidden; j++) {
        size_t zeros = 0;
        double square = 0;
        for (size_t i = 0; i < b->c.cols; i++) square += x[j * b->c.cols + i] * x[j * b->c.cols + i];
        assert_true(fabs(square - 1) < 1e-14);
        for (size_t k = 0; k < b->c.classes; k++) zeros += x[b->at.output + k * hidden + j] == 0;
        assert_true(zeros == 0 || zeros == b->c.classes);
        dead += zeros > 0;
    }
    assert_ok(b->ctx, b->p->type->evaluate(b->p, b->a->x));
    assert_true(b->p->metrics[1].value == (double)(hidden - dead));
    return dead;
}

/* More of them with a larger lambda, all with a very large one; and zero is no trap. */
static void units_die_and_come_back(void **state)
{
    (void)state;
    static const double lambdas[] = { 1e-4, 0.1, 10 };
    for (int which = 0; which < N_CASES; which++) {
        size_t dead[3];
        for (int l = 0; l < 3; l++) {
            bench_case c = small_case(which);
            c.lambda = lambdas[l];
            bench b = bench_open(&c);
            assert_ok(b.ctx, bench_setup(&b));
            for (int k = 0; k < 200; k++) assert_ok(b.ctx, crease_algorithm_step(b.a, &b.o.oracle));
            dead[l] = dead_units(&b);
            if (l == 2) set_scale(&b, 1e-4);
            for (int k = 0; l == 2 && k < 3; k++)
                assert_ok(b.ctx, crease_algorithm_step(b.a, &b.o.oracle));
            if (l == 2) assert_true(dead_units(&b) < HIDDEN / 2);
            bench_close(&b);
        }
        assert_true(dead[0] == 0 && dead[1] > 0 && dead[1] < HIDDEN && dead[2] == HIDDEN);
    }
}

/* --- divergence ----------------------------------------------------------------------------------- */

static void divergence_changes_nothing(void **state)
{
    (void)state;
    bench b = bench_open(&small), same = bench_open(&small);
    double before[MOST], after[MOST];
    assert_ok(b.ctx, bench_setup(&b));
    assert_ok(same.ctx, bench_setup(&same));
    for (int k = 0; k < 5; k++) {
        host(&b, b.a->x, before);
        b.o.poison = 1;
        assert_fails(b.ctx, crease_algorithm_step(b.a, &b.o.oracle), CREASE_EDIVERGED,
                     "no longer finite at step");
        host(&b, b.a->x, after);
        assert_memory_equal(before, after, b.at.n * sizeof *before);
        assert_ok(b.ctx, crease_algorithm_step(b.a, &b.o.oracle));
        assert_ok(same.ctx, crease_algorithm_step(same.a, &same.o.oracle));
    }
    assert_memory_equal(b.a->x, same.a->x, b.at.n * sizeof *before);
    assert_int_equal(b.a->t, 5);
    bench_close(&b);
    bench_close(&same);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_the_definition),
        cmocka_unit_test(fixed_points_are_stationary),
        cmocka_unit_test(compensation_keeps_the_function),
        cmocka_unit_test(units_die_and_come_back),
        cmocka_unit_test(divergence_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

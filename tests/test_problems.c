/* The mathematics of the problems: value and gradient against long double, differences, golden batches.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "problem_support.h"

static const crease_rows ALL = { 0, NULL };

enum { MOST = 200 }; /* parameters of a test model */

/* Value and gradient in double, whatever the backend. */
static double evaluate(crease_problem *p, crease_rows rows, const double *x, double *gradient)
{
    const crease_backend *b = p->backend;
    void *bx = crease_alloc(p->ctx, p->n, b->real_bytes),
         *bg = crease_alloc(p->ctx, p->n, b->real_bytes);
    double value;
    assert_true(bx && bg);
    b->from_host(p->n, x, bx);
    assert_ok(p->ctx, p->type->gradient(p, rows, bx, &value, gradient ? bg : NULL));
    if (gradient) b->to_host(p->n, bg, gradient);
    crease_release(p->ctx, bx);
    crease_release(p->ctx, bg);
    return value;
}

static crease_rows random_rows(uint64_t seed, size_t rows, size_t count, uint32_t *out)
{
    crease_random r = crease_random_at(seed, CREASE_STREAM_TEST, 1);
    for (size_t i = 0; i < count; i++) out[i] = (uint32_t)crease_random_below(&r, rows);
    return (crease_rows){ count, out };
}

/* One of the sixteen models: softmax or logistic, dense or sparse, with or without bias and ridge. */
typedef struct model {
    crease_ctx *ctx;
    sample data;
    reference ref;
    crease_problem *problem;
    double x[MOST];
} model;

enum { N_MODELS = 16 };

static model model_make(int which, const char *backend, double scale)
{
    bool binary = which & 1, sparse = which & 2, bias = which & 4;
    double ridge = which & 8 ? 0.3 : 0;
    model m = { .ctx = test_ctx(), .data = sample_create(11, 90, 7, binary ? 2 : 4, 0.6) };
    const char *path = sparse ? sample_write_libsvm(&m.data, "s") : sample_write_csv(&m.data, "d");
    m.problem = problem_make(
        m.ctx, binary ? "logistic" : "softmax", backend,
        SETTINGS("data", path, "bias", bias ? "true" : "false", "ridge", ridge > 0 ? "0.3" : "0"));
    m.ref = (reference){ .binary = binary, .bias = bias, .ridge = ridge };
    fill_normal(12, MOST, scale, m.x);
    return m;
}

static void model_free(model *m)
{
    crease_problem_free(m->problem);
    sample_free(&m->data);
    crease_ctx_free(m->ctx);
}

static void assert_matches_reference(model *m, crease_rows rows, double tolerance)
{
    double g[MOST], expected[MOST];
    m->ref.data = &m->data;
    assert_int_equal(m->problem->n, reference_size(&m->ref));
    double value = evaluate(m->problem, rows, m->x, g);
    double right = (double)reference_value(&m->ref, rows, m->x, expected);
    assert_true(fabs(value - right) <= tolerance * (1 + fabs(right)));
    assert_true(test_max_error(m->problem->n, g, expected) <= tolerance);
    assert_true(evaluate(m->problem, rows, m->x, NULL) == value);
}

static void test_value_and_gradient(void **state)
{
    (void)state;
    uint32_t rows[600];
    for (int which = 0; which < N_MODELS; which++) {
        model m = model_make(which, "cpu-f64", 0.7);
        assert_matches_reference(&m, ALL, 1e-13);
        assert_matches_reference(&m, random_rows(1, 90, 1, rows), 1e-13);
        assert_matches_reference(&m, random_rows(2, 90, 31, rows), 1e-13);
        assert_matches_reference(&m, random_rows(3, 90, 600, rows), 1e-13); /* rows repeat */
        model_free(&m);
    }
}

static void test_gradient_against_differences(void **state)
{
    (void)state;
    const double h = 1e-5;
    for (int which = 0; which < N_MODELS; which++) {
        model m = model_make(which, "cpu-f64", 0.7);
        double g[MOST], numeric[MOST];
        evaluate(m.problem, ALL, m.x, g);
        for (size_t i = 0; i < m.problem->n; i++) {
            double x = m.x[i];
            m.x[i] = x + h;
            double up = evaluate(m.problem, ALL, m.x, NULL);
            m.x[i] = x - h;
            numeric[i] = (up - evaluate(m.problem, ALL, m.x, NULL)) / (2 * h);
            m.x[i] = x;
        }
        assert_true(test_max_error(m.problem->n, g, numeric) < 1e-8);
        model_free(&m);
    }
}

static void test_float_against_double(void **state)
{
    (void)state;
    uint32_t rows[600];
    for (int which = 0; which < N_MODELS; which++) {
        model wide = model_make(which, "cpu-f64", 0.7), narrow = model_make(which, "cpu-f32", 0.7);
        crease_rows batches[] = { ALL, random_rows(4, 90, 600, rows) };
        for (int b = 0; b < 2; b++) {
            double g[MOST], g32[MOST];
            double value = evaluate(wide.problem, batches[b], wide.x, g);
            double value32 = evaluate(narrow.problem, batches[b], wide.x, g32);
            assert_true(fabs(value32 - value) <= 1e-6 * value);
            assert_true(test_max_error(wide.problem->n, g32, g) <= 1e-5);
        }
        model_free(&wide);
        model_free(&narrow);
    }
}

/* Logits near 1e4: exp overflows double beyond 710 and float beyond 88. */
static void test_extreme_logits(void **state)
{
    (void)state;
    for (int which = 0; which < 8; which++) {
        model wide = model_make(which, "cpu-f64", 1000), narrow = model_make(which, "cpu-f32", 1000);
        assert_matches_reference(&wide, ALL, 1e-12);
        double g[MOST], value = evaluate(narrow.problem, ALL, wide.x, g);
        double right = (double)reference_value(&wide.ref, ALL, wide.x, NULL);
        assert_true(right > 100);
        assert_true(fabs(value - right) <= 1e-5 * right);
        for (size_t i = 0; i < narrow.problem->n; i++) assert_true(isfinite(g[i]));
        model_free(&wide);
        model_free(&narrow);
    }
}

/* A parameter that is no finite number must show, even where its data are all zero. */
static void test_parameters_not_finite(void **state)
{
    (void)state;
    const double bad[] = { NAN, INFINITY, -INFINITY };
    uint32_t rows[20];
    for (int which = 0; which < N_MODELS; which++) {
        model m = model_make(which, which & 1 ? "cpu-f32" : "cpu-f64", 0.7);
        double g[MOST];
        for (size_t i = 0; i < m.problem->n; i++) {
            double x = m.x[i];
            for (int k = 0; k < 3; k++) {
                m.x[i] = bad[k];
                assert_false(isfinite(evaluate(m.problem, ALL, m.x, g)));
                assert_false(isfinite(evaluate(m.problem, random_rows(5, 90, 20, rows), m.x, NULL)));
                if (m.problem->type->evaluate)
                    assert_ok(m.ctx, m.problem->type->evaluate(m.problem, m.x));
            }
            m.x[i] = x;
        }
        model_free(&m);
    }
}

/* More rows than one chunk of either kind: all rows as a batch, in any order, and as two halves. */
static void test_batches_add_up(void **state)
{
    (void)state;
    enum { ROWS = 9001 };
    static uint32_t rows[ROWS];
    const char *const names[] = { "softmax", "logistic" };
    for (int i = 0; i < 2; i++) {
        crease_ctx *ctx = test_ctx();
        crease_problem *p =
            problem_make(ctx, names[i], "cpu-f64",
                         SETTINGS("data", "planted", "planted_rows", "9001", "planted_cols", "9",
                                  "planted_live", "4", "ridge", "0.1"));
        crease_random r = crease_random_at(6, CREASE_STREAM_TEST, 0);
        double x[MOST], g[MOST], batch[MOST], half[2][MOST];
        fill_normal(7, p->n, 0.5, x);
        crease_random_permutation(&r, ROWS, rows);
        double value = evaluate(p, ALL, x, g);
        double all = evaluate(p, (crease_rows){ ROWS, rows }, x, batch);
        size_t cut = 4321;
        double first = evaluate(p, (crease_rows){ cut, rows }, x, half[0]);
        double second = evaluate(p, (crease_rows){ ROWS - cut, rows + cut }, x, half[1]);
        double share = (double)cut / ROWS;
        assert_true(fabs(all - value) < 1e-13 * value);
        assert_true(fabs(share * first + (1 - share) * second - value) < 1e-13 * value);
        assert_true(test_max_error(p->n, batch, g) < 1e-12);
        for (size_t k = 0; k < p->n; k++) batch[k] = share * half[0][k] + (1 - share) * half[1][k];
        assert_true(test_max_error(p->n, batch, g) < 1e-12);
        assert_true(evaluate(p, ALL, x, batch) == value);
        assert_memory_equal(batch, g, p->n * sizeof *g);
        crease_problem_free(p);
        crease_ctx_free(ctx);
    }
}

static void test_wrong_batches(void **state)
{
    (void)state;
    model m = model_make(4, "cpu-f64", 1);
    uint32_t rows[] = { 0, 89, 90 };
    double value, g[MOST];
    int (*gradient)(crease_problem *, crease_rows, const void *, double *, void *) =
        m.problem->type->gradient;
    assert_ok(m.ctx, gradient(m.problem, (crease_rows){ 2, rows }, m.x, &value, g));
    assert_fails(m.ctx, gradient(m.problem, (crease_rows){ 3, rows }, m.x, &value, g), CREASE_ERANGE,
                 "entry 2 of the batch is row 90, but there are 90 rows");
    assert_fails(m.ctx, gradient(m.problem, (crease_rows){ 0, rows }, m.x, &value, g), CREASE_EINVAL,
                 "count");
    assert_fails(m.ctx, gradient(m.problem, (crease_rows){ 3, NULL }, m.x, &value, g), CREASE_EINVAL,
                 "count");
    model_free(&m);
}

/* --- golden batches --------------------------------------------------------------------------- */

/* Gradients of the published codes along their own iterates: softmax, 96 x 12, 4 classes, batches
 * of 24. */
static void check_golden(crease_problem *p, const crease_array *batches, const char *name)
{
    crease_ctx *ctx = p->ctx;
    const char *const parts[] = { "W", "b", "grad_W", "grad_b" };
    crease_array a[4] = { 0 }, start[2] = { 0 };
    for (int i = 0; i < 4; i++) {
        char file[100];
        snprintf(file, sizeof file, "%s.%s.npy", name, parts[i]);
        assert_true(test_golden(ctx, file, &a[i]));
    }
    assert_true(test_golden(ctx, "W0.npy", &start[0]) && test_golden(ctx, "b0.npy", &start[1]));
    for (size_t t = 0; t < 20; t++) {
        uint32_t rows[24];
        double x[52], g[52];
        for (size_t i = 0; i < 24; i++) rows[i] = (uint32_t)batches->data[24 * t + i];
        memcpy(x, t ? a[0].data + 48 * (t - 1) : start[0].data, 48 * sizeof *x);
        memcpy(x + 48, t ? a[1].data + 4 * (t - 1) : start[1].data, 4 * sizeof *x);
        evaluate(p, (crease_rows){ 24, rows }, x, g);
        assert_true(test_max_error(48, g, a[2].data + 48 * t) < 1e-12);
        assert_true(test_max_error(4, g + 48, a[3].data + 4 * t) < 1e-12);
    }
    for (int i = 0; i < 4; i++) crease_release(ctx, a[i].data);
    for (int i = 0; i < 2; i++) crease_release(ctx, start[i].data);
}

static void test_golden_gradients(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    crease_array x = { 0 }, y = { 0 }, batches = { 0 };
    if (!test_golden(ctx, "X.npy", &x) || !test_golden(ctx, "y.npy", &y)
        || !test_golden(ctx, "batches.npy", &batches)) {
        crease_ctx_free(ctx);
        print_message("golden gradients: the golden folder was not found\n");
        skip();
    }
    sample s = { .rows = 96, .cols = 12, .classes = 4, .x = x.data, .y = calloc(96, sizeof *s.y) };
    for (size_t i = 0; i < 96; i++) s.y[i] = (int)y.data[i];
    crease_problem *p =
        problem_make(ctx, "softmax", "cpu-f64", SETTINGS("data", sample_write_csv(&s, "golden")));
    const char *const names[] = { "proxsgd", "rmda", "rmda_c1", "ramda", "ramda_c1", "proxgen_adamw" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) check_golden(p, &batches, names[i]);
    crease_problem_free(p);
    free(s.y);
    crease_release(ctx, x.data);
    crease_release(ctx, y.data);
    crease_release(ctx, batches.data);
    crease_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_value_and_gradient),
        cmocka_unit_test(test_gradient_against_differences),
        cmocka_unit_test(test_float_against_double),
        cmocka_unit_test(test_extreme_logits),
        cmocka_unit_test(test_parameters_not_finite),
        cmocka_unit_test(test_batches_add_up),
        cmocka_unit_test(test_wrong_batches),
        cmocka_unit_test(test_golden_gradients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

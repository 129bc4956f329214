/* Losses of linear models against their definitions; targets that are numbers; normalization of rows
 * and columns; data with a known solution. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linear_models.h"

static const crease_rows ALL = { 0, NULL };

/* --- value and gradient --------------------------------------------------------------------------- */

/* Beyond what a double holds, the value is infinite, and nothing is asked of the gradient. */
static void assert_agrees(loss_model *m, crease_rows rows, double tolerance)
{
    double g[MOST_PARAMETERS], right[MOST_PARAMETERS];
    double value = problem_gradient(m->p, rows, m->x, g),
           expected = (double)naive_model(m, rows, m->x, right, NULL, NULL);
    assert_true(problem_gradient(m->p, rows, m->x, NULL) == value);
    if (isinf(expected)) {
        assert_true(value == expected);
        return;
    }
    assert_true(fabs(value - expected) <= tolerance * (1 + fabs(expected)));
    assert_true(test_max_error(m->n, g, right) <= tolerance);
}

static void test_value_and_gradient(void **state)
{
    (void)state;
    uint32_t rows[700];
    for (int i = 0; i < N_LOSSES * N_FORMS * 2; i++) {
        bool narrow = i & 1;
        loss_model m = loss_model_make(&loss_cases[i / 2 / N_FORMS], i / 2 % N_FORMS,
                                       narrow ? "cpu-f32" : "cpu-f64", 0.7);
        assert_agrees(&m, ALL, narrow ? 1e-5 : 1e-13);
        for (size_t count = 1; count <= 700; count += 233)
            assert_agrees(&m, draw_rows(count, m.p->rows, count, rows), narrow ? 1e-5 : 1e-13);
        loss_model_free(&m);
    }
}

/* |z| up to 1e4, which is where exp ends in long double; in double it does at 710, in float at 88.
 * Poisson's exp(z) has relative errors of |z| roundings. */
static void test_extreme_logits(void **state)
{
    (void)state;
    for (int i = 0; i < N_LOSSES * N_FORMS; i++) {
        const loss_case *loss = &loss_cases[i / N_FORMS];
        for (double scale = 10; scale < 1001; scale *= 10) {
            loss_model wide = loss_model_make(loss, i % N_FORMS, "cpu-f64", scale);
            assert_agrees(&wide, ALL, 1e-11);
            loss_model_free(&wide);
        }
        loss_model narrow = loss_model_make(loss, i % N_FORMS, "cpu-f32", 1000);
        if (loss->targets != TARGET_COUNTS) assert_agrees(&narrow, ALL, 1e-4);
        loss_model_free(&narrow);
    }
}

static void test_not_finite(void **state)
{
    (void)state;
    const double bad[] = { NAN, INFINITY, -INFINITY };
    for (int i = 0; i < N_LOSSES * N_FORMS; i++) {
        loss_model m =
            loss_model_make(&loss_cases[i / N_FORMS], i % N_FORMS, i & 1 ? "cpu-f32" : "cpu-f64", 0.7);
        for (size_t k = 0; k < 3; k++) {
            double kept = m.x[2 * k], g[MOST_PARAMETERS];
            m.x[2 * k] = bad[k];
            assert_false(isfinite(problem_gradient(m.p, ALL, m.x, g)));
            m.x[2 * k] = kept;
        }
        loss_model_free(&m);
    }
}

/* The kinks: which of the two sides is taken, and that the value and slope are those of both. */
static void test_kinks(void **state)
{
    (void)state;
    static const struct {
        const char *name, *y, *setting;
        double w, value, slope, curvature;
    } cases[] = {
        { "svm_squared_hinge", "1", "0.01", 1, 0, 0, 0 },
        { "svm_squared_hinge", "1", "0.01", 2, 0, 0, 0 },
        { "svm_squared_hinge", "1", "0.01", -1, 2, -2, 1 },
        { "huber_regression", "1", "2", 3, 2, 2, 1 },
        { "huber_regression", "1", "2", -1, 2, -2, 1 },
        { "huber_regression", "1", "2", -3, 6, -2, 0 },
        { "huber_regression", "1", "2", 5, 6, 2, 0 },
        { "huber_regression", "1", "2", 2, 0.5, 1, 1 },
    };
    crease_ctx *ctx = test_ctx();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = test_path("kink.csv");
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        bool hinge = *cases[i].name == 's';
        fprintf(file, "1,%s\n%s", cases[i].y,
                hinge ? "0,-1\n" : ""); /* the row of zeros has loss 1/2 and no slope */
        fclose(file);
        crease_problem *p = problem_make(
            ctx, cases[i].name, "cpu-f64",
            hinge ? SETTINGS("data", path, "bias", "false")
                  : SETTINGS("data", path, "bias", "false", "huber_delta", cases[i].setting));
        double g, h, rows = hinge ? 2 : 1;
        assert_true(problem_gradient(p, ALL, &cases[i].w, &g)
                    == (cases[i].value + (hinge ? 0.5 : 0)) / rows);
        problem_curvature(p, &cases[i].w);
        problem_product(p, &(double){ 1 }, &h);
        assert_true(g == cases[i].slope / rows && h == cases[i].curvature / rows);
        crease_problem_free(p);
    }
    crease_ctx_free(ctx);
}

/* --- targets -------------------------------------------------------------------------------------- */

static void test_mean_squared_error(void **state)
{
    (void)state;
    for (int i = 0; i < 3 * 2; i++) {
        const loss_case *loss = &loss_cases[4 + i / 2];
        crease_ctx *ctx = test_ctx();
        sample train = loss_sample(61, loss->targets, 40, 7, 0.3),
               test = loss_sample(62, loss->targets, 700, 7, 0.3);
        const char *(*write)(const sample *, const char *) =
            i % 2 ? sample_write_libsvm : sample_write_csv;
        crease_problem *p =
            problem_make(ctx, loss->name, "cpu-f64",
                         SETTINGS("data", write(&train, "train"), "test", write(&test, "test")));
        double x[8];
        fill_normal(63, 8, 0.3, x);
        long double sum = 0;
        for (size_t row = 0; row < test.rows; row++) {
            long double z = x[7];
            for (size_t j = 0; j < 7; j++) z += (long double)x[j] * test.x[row * 7 + j];
            long double error = (loss->targets == TARGET_COUNTS ? expl(z) : z) - test.t[row];
            sum += error * error / (long double)test.rows;
        }
        assert_true(fabs(problem_metric(p, "test_mse", x) - (double)sum) < 1e-12 * (double)sum);
        assert_non_null(strstr(p->source, "real targets"));
        crease_problem_free(p);
        sample_free(&train);
        sample_free(&test);
        crease_ctx_free(ctx);
    }
}

static const char *write_text(const char *name, const char *text)
{
    const char *path = test_path(name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return path;
}

/* Whole numbers are numbers where numbers are wanted, however few or many there are. */
static void test_whole_numbers(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const char *path = write_text("whole", "3 1:1\n3 1:2\n-7 2:1\n"),
               *one = write_text("one", "5 1:1\n5 2:1\n");
    const char *other = write_text("other", "1 1:1\n2.5 2:1\n");
    double zero[2] = { 0 }, g[2];
    crease_problem *p = problem_make(ctx, "least_squares", "cpu-f64",
                                     SETTINGS("data", path, "bias", "false", "test", other));
    assert_true(fabs(problem_gradient(p, ALL, zero, g) - (9 + 9 + 49) / 6.0) < 1e-14);
    assert_true(fabs(g[0] + 3) < 1e-14 && fabs(g[1] - 7 / 3.0) < 1e-14);
    assert_true(fabs(problem_metric(p, "test_mse", zero) - (1 + 6.25) / 2) < 1e-14);
    crease_problem_free(p);
    p = problem_make(ctx, "huber_regression", "cpu-f32", SETTINGS("data", one, "bias", "false"));
    assert_true(fabs(problem_gradient(p, ALL, zero, g) - 4.5) < 1e-6);
    crease_problem_free(p);
    crease_ctx_free(ctx);
}

static void test_planted_numbers(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    for (int i = 4; i < N_LOSSES; i++) {
        crease_problem *p =
            problem_make(ctx, loss_cases[i].name, "cpu-f64",
                         SETTINGS("data", "auto", "planted_rows", "2000", "planted_cols", "20",
                                  "planted_live", "5", "planted_noise", "0.1", "ridge", "1e-6"));
        double x[21] = { 0 }, g[21], first = problem_gradient(p, ALL, x, g),
               mse = problem_metric(p, "test_mse", x), value = first;
        for (int t = 0; t < 300; t++) {
            for (size_t k = 0; k < p->n; k++) x[k] -= 0.1 * g[k];
            value = problem_gradient(p, ALL, x, g);
        }
        const unsigned char *live = p->type->known_columns(p);
        assert_true(value < first && problem_metric(p, "test_mse", x) < 0.7 * mse);
        for (size_t j = 0; j < 20; j++) assert_true(live[j] ? fabs(x[j]) > 0.03 : fabs(x[j]) < 0.03);
        if (i == 4) assert_true(fabs(value - 0.5 * 0.01) < 0.001); /* the noise, and nothing else */
        crease_problem_free(p);
    }
    crease_ctx_free(ctx);
}

static void refuses(const char *name, int code, const char *words, const char *const *settings)
{
    crease_ctx *ctx = test_ctx();
    crease_problem *p = crease_problem_create(ctx, name, crease_backend_find(ctx, "cpu-f64"));
    assert_non_null(p);
    for (; *settings; settings += 2) assert_ok(ctx, crease_problem_set(p, settings[0], settings[1]));
    assert_fails(ctx, crease_problem_setup(p), code, words);
    assert_fails(ctx, crease_problem_setup(p), code, words);
    crease_problem_free(p);
    crease_ctx_free(ctx);
}

static void test_refusals(void **state)
{
    (void)state;
    const char *real = write_text("real", "1.5 1:2\n2.25 2:1\n"),
               *three = write_text("three", "1 1:1\n2 1:1\n3 1:1\n");
    const char *negative = write_text("negative", "4 1:2\n0 1:1\n-1 2:1\n");
    refuses("svm_squared_hinge", CREASE_EINVAL, "real numbers, not classes", SETTINGS("data", real));
    refuses("sigmoid", CREASE_EINVAL, "needs two classes, but there are 3", SETTINGS("data", three));
    refuses("poisson", CREASE_EINVAL, "row 3", SETTINGS("data", negative));
    refuses("poisson", CREASE_EINVAL, "the target -1", SETTINGS("data", three, "test", negative));
    refuses("least_squares", CREASE_EINVAL, "brings its own test set",
            SETTINGS("data", "planted", "test", real));
    static const char *const bad[] = { "0", "-1", "nan", "inf", "one" };
    crease_ctx *ctx = test_ctx();
    crease_problem *p =
        crease_problem_create(ctx, "huber_regression", crease_backend_find(ctx, "cpu-f64"));
    for (int i = 0; i < 5; i++)
        assert_fails(ctx, crease_problem_set(p, "huber_delta", bad[i]),
                     i == 4 ? CREASE_EPARSE : CREASE_ERANGE, "huber_delta");
    assert_fails(ctx, crease_problem_set(p, "normalize", "row"), CREASE_EPARSE, "rows");
    assert_fails(ctx, crease_problem_set(p, "certified_rows", "5"), CREASE_ENOTFOUND, "certified_rows");
    crease_problem_free(p);
    crease_ctx_free(ctx);
}

/* --- data with a known solution ------------------------------------------------------------------- */

/* dist(0, grad_g f(x) + lambda sqrt(size) d|x_g|) in every group, and the margin and magnitude that
 * were asked for. */
static void check_optimal(crease_problem *p, size_t group, double lambda, double margin,
                          double magnitude)
{
    double g[MOST_PARAMETERS], scale = lambda * sqrt((double)group), least = INFINITY,
                               smallest = INFINITY;
    const double *x = p->type->known_solution(p);
    const unsigned char *live = p->type->known_columns(p);
    size_t count = 0;
    problem_gradient(p, ALL, x, g);
    for (size_t at = 0; at < p->n; at += group) {
        double norm = sqrt(dot(group, x + at, x + at));
        for (size_t j = at; j < at + group; j++) {
            assert_true((live[j] != 0) == (norm > 0));
            if (norm > 0) assert_true(fabs(g[j] + scale * x[j] / norm) < 1e-11);
        }
        if (norm > 0)
            smallest = fmin(smallest, norm);
        else
            least = fmin(least, scale - sqrt(dot(group, g + at, g + at)));
        count += norm > 0;
    }
    assert_true(count == 3 && fabs(least - margin) < 1e-11 && fabs(smallest - magnitude) < 1e-11);
}

static void test_certified(void **state)
{
    (void)state;
    static const char *const names[] = { "least_squares", "logistic" };
    static const char *const groups[] = { "1", "4" };
    crease_ctx *ctx = test_ctx();
    for (int i = 0; i < 4; i++) {
        crease_problem *p =
            problem_make(ctx, names[i % 2], "cpu-f64",
                         SETTINGS("data", "certified", "bias", "false", "certified_rows", "150",
                                  "certified_cols", "40", "certified_group", groups[i / 2],
                                  "certified_live", "3", "certified_lambda", "0.02", "certified_margin",
                                  "0.004", "certified_magnitude", "0.4", "certified_seed", "5"));
        assert_true(p->n == 40 && p->n_blocks == 1 && p->rows == 150 && p->n_metrics == 0);
        check_optimal(p, i / 2 ? 4 : 1, 0.02, 0.004, 0.4);
        crease_problem_free(p);
    }
    for (int i = 0; i < 20; i++) { /* the defaults are possible */
        char seed[20];
        snprintf(seed, sizeof seed, "%d", i / 2);
        crease_problem_free(
            problem_make(ctx, names[i % 2], "cpu-f32",
                         SETTINGS("data", "certified", "bias", "false", "certified_seed", seed)));
    }
    crease_problem *p =
        problem_make(ctx, "logistic", "cpu-f64", SETTINGS("data", "planted", "planted_rows", "100"));
    assert_null(p->type->known_solution(p));
    crease_problem_free(p);
    crease_ctx_free(ctx);
}

static void test_certified_refusals(void **state)
{
    (void)state;
    static const char *const names[] = { "least_squares", "logistic" };
    for (int i = 0; i < 2; i++) {
        const char *name = names[i];
        refuses(name, CREASE_EINVAL, "bias = false", SETTINGS("data", "certified"));
        refuses(name, CREASE_EINVAL, "ridge = 0",
                SETTINGS("data", "certified", "bias", "false", "ridge", "0.1"));
        refuses(name, CREASE_EINVAL, "use none",
                SETTINGS("data", "certified", "bias", "false", "normalize", "rows"));
        refuses(name, CREASE_EINVAL, "no test set",
                SETTINGS("data", "certified", "bias", "false", "test", "x.csv"));
        refuses(name, CREASE_ERANGE, "groups of 7",
                SETTINGS("data", "certified", "bias", "false", "certified_cols", "60",
                         "certified_group", "7"));
        refuses(name, CREASE_ERANGE, "live",
                SETTINGS("data", "certified", "bias", "false", "certified_live", "60"));
        refuses(name, CREASE_ERANGE, "margin",
                SETTINGS("data", "certified", "bias", "false", "certified_lambda", "0.01",
                         "certified_margin", "0.02"));
    }
    refuses("softmax", CREASE_ENOTSUP, "least_squares and logistic", SETTINGS("data", "certified"));
    refuses("sigmoid", CREASE_ENOTSUP, "least_squares and logistic",
            SETTINGS("data", "certified", "bias", "false"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_value_and_gradient), cmocka_unit_test(test_extreme_logits),
        cmocka_unit_test(test_not_finite),         cmocka_unit_test(test_kinks),
        cmocka_unit_test(test_mean_squared_error), cmocka_unit_test(test_whole_numbers),
        cmocka_unit_test(test_planted_numbers),    cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_certified),          cmocka_unit_test(test_certified_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* crease prox: values computed by hand or by bisection here, the .npy round trip, JSON, bad input.
 */
#include "cli_support.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static crease_ctx *ctx;

/* --- helpers ---------------------------------------------------------------------------- */

/* Run with -o, read the answer; fails unless it has the input's shape and width. */
static double *solve(const char *const *args, size_t real_bytes, unsigned rank, const size_t *shape)
{
    const char *all[CLI_MOST_ARGS] = { "prox" }, *path = test_path("x.npy");
    size_t n = 1;
    for (; *args; args++) all[n++] = *args;
    all[n++] = "-o";
    all[n++] = path;
    cli_result r;
    cli_run(&r, all);
    cli_expect(&r, 0, "certificate");
    crease_array x;
    assert_ok(ctx, crease_read_npy(ctx, path, &x));
    assert_int_equal(x.real_bytes, real_bytes);
    assert_int_equal(x.rank, rank);
    for (unsigned k = 0; k < rank; k++) assert_int_equal(x.shape[k], shape[k]);
    return x.data;
}
#define SOLVE(real_bytes, rank, shape, ...)                                                        \
    solve((const char *const[]){ __VA_ARGS__, NULL }, real_bytes, rank, shape)

static void check_and_release(double *x, size_t n, const double *expected, double tolerance)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs(x[i] - expected[i]) <= tolerance))
            fail_msg("entry %zu is %.17g, expected %.17g", i, x[i], expected[i]);
    for (size_t i = 0; i < n; i++) assert_true((x[i] == 0) == (expected[i] == 0));
    crease_release(ctx, x);
}

/* argmin 1/2 |x - z|_D^2 + lambda |x| over one group: x_i = d_i z_i s / (d_i s + lambda) with |x| =
 * s. */
static void group_by_bisection(size_t n, const double *z, const double *d, double lambda, double *x)
{
    long double lo = 0, hi = 1e6L;
    for (int k = 0; k < 200; k++) {
        long double s = (lo + hi) / 2, sum = 0;
        for (size_t i = 0; i < n; i++) {
            long double r = (long double)d[i] * z[i] / (d[i] * s + lambda);
            sum += r * r;
        }
        if (sum > 1)
            lo = s;
        else
            hi = s;
    }
    for (size_t i = 0; i < n; i++) x[i] = (double)(d[i] * z[i] * lo / (d[i] * lo + lambda));
}

/* --- values ------------------------------------------------------------------------------- */

static void test_soft_threshold_by_hand(void **state)
{
    (void)state;
    size_t n = 4;
    const char *z = cli_write_npy(ctx, "z.npy", 8, 1, &n, (double[]){ 3, -0.5, 1, -2 });
    cli_result r;
    CLI_RUN(&r, "prox", "--regularizer", "l1", "--param", "lambda=1", z);
    cli_expect(&r, 0, "x            2 0 0 -1\n");
    cli_expect(&r, 0, "value        4.625\n"); /* 1/2 (1 + 1/4 + 1 + 1) + 2 + 1 */
    cli_expect(&r, 0, "2 live, 2 zero");
    cli_expect(&r, 0, "1001");
    CLI_RUN(&r, "prox", "-r", "l1", "-plambda=1", "-w2", "-m", "4", z); /* threshold 2/4 */
    cli_expect(&r, 0, "x            2.5 0 0.5 -1.5\n");
    CLI_RUN(&r, "prox", "--c-form", "--metric=2", "-r", "l1",
            z); /* (|c| - 1)/2; value -(4 + 1)/4 */
    cli_expect(&r, 0, "x            1 0 0 -0.5\n");
    cli_expect(&r, 0, "value        -1.25\n");
}

static void test_group_shrinkage_by_hand(void **state)
{
    (void)state;
    size_t shape[2] = { 2, 2 };
    const char *z = cli_write_npy(ctx, "z.npy", 8, 2, shape, (double[]){ 3, 4, 0.3, 0.4 });
    check_and_release(SOLVE(8, 2, shape, "-r", "group_l2", "-g", "rows", "--weights", "one", z), 4,
                      (double[]){ 2.4, 3.2, 0, 0 }, 1e-15); /* factor 1 - 1/5 */
    check_and_release(SOLVE(8, 2, shape, "-r", "group_l2", "-g", "rows", z), 4,
                      (double[]){ 3 - 3 * sqrt(2) / 5, 4 - 4 * sqrt(2) / 5, 0, 0 }, 1e-14);
    const char *weights = cli_write_text("w.txt", "inf # first group\n0\n");
    check_and_release(SOLVE(8, 2, shape, "-r", "group_l2", "-g", "rows", "--weights", weights, z),
                      4, (double[]){ 0, 0, 0.3, 0.4 }, 1e-16);
}

static void test_groups_from_a_file(void **state)
{
    (void)state;
    size_t n = 5;
    const char *z = cli_write_npy(ctx, "z.npy", 8, 1, &n, (double[]){ 3, 7, 0.3, 4, 0.4 });
    const char *labels = cli_write_text("labels.txt", "0 -1 1 0\n1\n");
    static const double expected[] = { 2.4, 7, 0, 3.2, 0 }; /* the second entry is in no group */
    check_and_release(SOLVE(8, 1, &n, "-r", "group_l2", "-g", labels, "--weights", "one", z), n,
                      expected, 1e-14);
    check_and_release(
        SOLVE(8, 1, &n, "-r", "group_l2", "-g", labels, "--weights", "one", "--c-form", z), n,
        expected, 1e-14);
    const char *array = cli_write_npy(ctx, "labels.npy", 8, 1, &n, (double[]){ 0, -1, 1, 0, 1 });
    check_and_release(SOLVE(8, 1, &n, "-r", "group_l2", "-g", array, "--weights", "one", z), n,
                      expected, 1e-14);
}

static void test_diagonal_metric_against_bisection(void **state)
{
    (void)state;
    enum { ROWS = 3, COLS = 4, N = ROWS * COLS };
    size_t shape[2] = { ROWS, COLS };
    double z[N], d[N], x[N];
    crease_random r = crease_random_at(7, CREASE_STREAM_TEST, 0);
    for (size_t i = 0; i < N; i++) {
        z[i] = 3 * crease_random_normal(&r);
        d[i] = exp(crease_random_normal(&r));
    }
    for (size_t g = 0; g < ROWS; g++)
        group_by_bisection(COLS, z + COLS * g, d + COLS * g, 0.25 * 2, x + COLS * g);
    const char *zf = cli_write_npy(ctx, "z.npy", 8, 2, shape, z),
               *df = cli_write_npy(ctx, "d.npy", 8, 2, shape, d);
    check_and_release(
        SOLVE(8, 2, shape, "-r", "group_l2", "-p", "lambda=0.25", "-g", "rows", "-m", df, zf), N, x,
        1e-12);
    check_and_release(SOLVE(8, 2, shape, "-r", "group_l2", "-p", "lambda=0.25", "-g", "size:4",
                            "-m", df, "--solver", "pg", "--stop", "residual:eps0=1e-11,power=0",
                            zf),
                      N, x, 1e-8);
}

static void test_float32_stays_float32(void **state)
{
    (void)state;
    size_t shape[3] = { 2, 1, 2 };
    const char *z = cli_write_npy(ctx, "z.npy", 4, 3, shape, (double[]){ 3, 4, 0.3, 0.4 });
    cli_result r;
    CLI_RUN(&r, "prox", "-r", "group_l2", "-g", "filters", z);
    cli_expect(&r, 0, "cpu-f32");
    CLI_RUN(&r, "prox", "-r", "group_l2", "-g", "filters", "-b", "cpu-f64", z);
    cli_expect(&r, 0, "cpu-f64");
    check_and_release(SOLVE(4, 3, shape, "-r", "group_l2", "-g", "filters", "--weights", "one", z),
                      4, (double[]){ 2.4, 3.2, 0, 0 }, 1e-6);
}

static double number(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItem(object, key);
    if (!cJSON_IsNumber(item)) fail_msg("%s is not a number", key);
    return item->valuedouble;
}

static void test_json(void **state)
{
    (void)state;
    size_t shape[2] = { 2, 2 };
    const char *z = cli_write_npy(ctx, "z.npy", 8, 2, shape, (double[]){ 3, 4, 0.3, 0.4 });
    cli_result r;
    CLI_RUN(&r, "prox", "-r", "group_l2", "-g", "rows", "--weights", "one", "--json", z);
    assert_int_equal(r.status, 0);
    cJSON *root = cJSON_Parse(r.out), *proof = cJSON_GetObjectItem(root, "certificate");
    assert_non_null(root);
    assert_true(fabs(number(root, "value") - (0.5 + 4 + 0.125))
                < 1e-14); /* row 1: 1/2 + |(2.4, 3.2)| */
    assert_true(number(proof, "relative") < 1e-14 && number(proof, "absolute") < 1e-14);
    assert_true(number(proof, "gap") >= 0 && number(proof, "gap") < 1e-12);
    assert_true(number(proof, "distance") < 1e-14);
    assert_true(number(root, "iterations") >= 0);
    assert_true(number(root, "live_groups") == 1 && number(root, "zero_groups") == 1);
    cJSON *signature = cJSON_GetObjectItem(root, "signature");
    assert_int_equal(cJSON_GetArraySize(signature), 2);
    assert_int_equal(cJSON_GetArrayItem(signature, 0)->valueint, 1);
    assert_int_equal(cJSON_GetArrayItem(signature, 1)->valueint, 0);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(root, "stop")), "met");
    cJSON_Delete(root);
}

/* --- bad input ---------------------------------------------------------------------------- */

static void test_bad_input(void **state)
{
    (void)state;
    size_t n = 4, three = 3;
    const char *z = cli_write_npy(ctx, "z.npy", 8, 1, &n, (double[]){ 1, 2, 3, 4 });
    const char *nan_z = cli_write_npy(ctx, "nan.npy", 8, 1, &n, (double[]){ 1, NAN, 3, 4 });
    const char *short_d = cli_write_npy(ctx, "d3.npy", 8, 1, &three, (double[]){ 1, 2, 3 });
    const char *low_d = cli_write_npy(ctx, "dn.npy", 8, 1, &n, (double[]){ 1, -2, 3, 4 });
    const char *inf_d = cli_write_npy(ctx, "di.npy", 8, 1, &n, (double[]){ 1, 2, INFINITY, 4 });
    const char *no_c = cli_write_npy(ctx, "d0.npy", 8, 1, &n, (double[]){ 1, 0, 1, 1 });
    const char *text = cli_write_text("text.txt", "0\n1 two 1\n"),
               *few = cli_write_text("few.txt", "0 1 1\n");
    const char *half = cli_write_text("half.txt", "0 0.5 1 1"),
               *junk = cli_write_text("junk.npy", "\x93NUMPY junk");
    const char *minus = cli_write_text("minus.txt", "1 1 -1 1");
    const struct {
        const char *args[10], *words;
    } cases[] = {
        { { z }, "--regularizer is needed" },
        { { "-r", "l1" }, "an argument is missing" },
        { { "-r", "l1", "/nowhere.npy" }, "/nowhere.npy" },
        { { "-r", "l1", junk }, "junk.npy" },
        { { "-r", "l1", text }, "text.txt" },
        { { "-r", "l1", nan_z }, "entry 1 is nan" },
        { { "-r", "l1", "-p", "lamda=1", z }, "did you mean 'lambda'?" },
        { { "-r", "l1", "-p", "lambda", z }, "'lambda' is not of the form key=value" },
        { { "-r", "l1", "-p", "lambda=-1", z }, "lambda is '-1'" },
        { { "-r", "l1", "-p", "lambda=nan", z }, "lambda is 'nan'" },
        { { "-r", "ell1", z }, "did you mean 'l1'?" },
        { { "-r", "group_l2", z }, "say which with --groups" },
        { { "-r", "group_l2", "-g", "rowz", z }, "elements, all, rows, cols, size:K" },
        { { "-r", "group_l2", "-g", "size:3", z }, "size:3" },
        { { "-r", "group_l2", "-g", text, z }, "text.txt:2: \"two\" is not a number" },
        { { "-r", "group_l2", "-g", few, z }, "holds 3 labels" },
        { { "-r", "group_l2", "-g", half, z }, "label 1 is 0.5, not a whole number" },
        { { "-r", "group_l2", "-g", "all", "--weights", few, z },
          "holds 3 weights, but there are 1 groups" },
        { { "-r", "group_l2", "-g", "size:1", "--weights", minus, z },
          "the weight of group 2 is -1" },
        { { "-r", "group_l2", "-g", "all", "--weights", "two", z },
          "neither a rule (sqrt_size, one) nor a file" },
        { { "-r", "l1", "-m", short_d, z }, "has shape (3), but" },
        { { "-r", "l1", "-m", low_d, z }, "entry 1 is -2, but a metric must be >= 0" },
        { { "-r", "l1", "-m", inf_d, z }, "entry 2 is inf" },
        { { "-r", "l1", "-m", "-3", z }, "--metric is -3" },
        { { "-r", "l1", "-m", "/nowhere.npy", z }, "/nowhere.npy" },
        { { "-r", "l1", "-w", "x", z }, "--weight is 'x'" },
        { { "-r", "l1", "-w", "-1", z }, "--weight is -1" },
        { { "-r", "none", "--c-form", "-m", no_c, z }, "unbounded" },
        { { "-r", "l1", "-b", "gpu", z }, "gpu" },
        { { "-r", "l1", "--solver", "exat", z }, "did you mean 'exact'?" },
        { { "-r", "l1", "--solver", "pg", z }, "needs an inexactness test" },
        { { "-r", "l1", "--stop", "fixed", z }, "takes no inexactness test" },
        { { "-r", "l1", "--solver", "pg", "--stop", "fixed:iteration=2", z },
          "did you mean 'iterations'?" },
        { { "-r", "l1", "--solver", "pg", "--stop", ":x", z }, "does not start with a name" },
        { { "-r", "l1", "-o", "/nowhere/x.npy", z }, "/nowhere/x.npy" },
        { { "-r", "l1", "--json=yes", z }, "--json takes no value" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *args[12] = { "prox" };
        for (size_t k = 0; k < 10 && cases[i].args[k]; k++) args[k + 1] = cases[i].args[k];
        cli_result r;
        cli_run(&r, args);
        cli_expect(&r, 2, cases[i].words);
    }
}

/* A capped solve keeps its answer and says so with status 1. */
static void test_cap_falls_short(void **state)
{
    (void)state;
    size_t n = 2;
    const char *z = cli_write_npy(ctx, "z.npy", 8, 1, &n, (double[]){ 3, 4 });
    const char *d = cli_write_npy(ctx, "d.npy", 8, 1, &n, (double[]){ 1, 1e-6 });
    const char *stop = "residual:eps0=1e-12,max_iters=3", *path = test_path("capped.npy");
    cli_result r;
    CLI_RUN(&r, "prox", "-r", "group_l2", "-g", "all", "-m", d, "--solver", "pg", "--stop", stop,
            "-o", path, z);
    cli_expect(&r, 1, "stopped at its cap of 3 iterations");
    assert_non_null(strstr(r.out, "cap"));
    crease_array x;
    assert_ok(ctx, crease_read_npy(ctx, path, &x));
    crease_release(ctx, x.data);
}

static int set_up(void **state)
{
    (void)state;
    ctx = test_ctx();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    crease_ctx_free(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_soft_threshold_by_hand),
        cmocka_unit_test(test_group_shrinkage_by_hand),
        cmocka_unit_test(test_groups_from_a_file),
        cmocka_unit_test(test_diagonal_metric_against_bisection),
        cmocka_unit_test(test_float32_stays_float32),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_bad_input),
        cmocka_unit_test(test_cap_falls_short),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

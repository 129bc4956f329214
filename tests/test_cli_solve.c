/* crease solve: one captured subproblem, replayed by solvers of all kinds, its report and its exit
 * status. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli_support.h"

enum { ROWS = 6, COLS = 5, N = ROWS * COLS };

/* A made-up subproblem on rows; spread: of the metric; the minimizer is left to the tests. */
static const char *make_capture(crease_ctx *ctx, const char *name, const char *backend,
                                const char *psi_name, double spread)
{
    const crease_backend *b = crease_backend_find(ctx, backend);
    double host[4][N];
    float narrow[4][N];
    void *arrays[4];
    crease_groups groups = crease_groups_rows(0, ROWS, COLS);
    crease_regularizer *psi = crease_regularizer_create(ctx, psi_name);
    for (size_t i = 0; i < N; i++) {
        double d = pow(spread, (double)i / (N - 1)), x0 = i % 3 ? sin(3.0 * (double)i) : 0;
        host[1][i] = (float)d;
        host[2][i] = (float)x0;
        host[3][i] = (float)(i / COLS % 2 ? d * x0 - 0.1 : cos((double)i)); /* odd rows end up zero */
        host[0][i] = host[1][i] * host[2][i] - host[3][i];
    }
    for (int k = 0; k < 4; k++) {
        for (size_t i = 0; i < N; i++) narrow[k][i] = (float)host[k][i];
        arrays[k] = b->real_bytes == sizeof(float) ? (void *)narrow[k] : (void *)host[k];
    }
    crease_capture k = { .ctx = ctx,
                         .start = arrays[2],
                         .problem = "toy",
                         .label = "mine",
                         .algorithm = "ramda",
                         .block = "weight",
                         .seed = 5 };
    k.p = (crease_subproblem){ .ctx = ctx,
                               .backend = b,
                               .n = N,
                               .c = arrays[0],
                               .d = arrays[1],
                               .x0 = arrays[2],
                               .v = arrays[3],
                               .w = 0.4,
                               .psi = psi,
                               .groups = &groups,
                               .paper_scale = 1,
                               .step = 9 };
    const char *path = test_path(name);
    assert_ok(ctx, crease_capture_write(ctx, path, &k));
    crease_regularizer_free(psi);
    return path;
}

/* 1/2 (x - x0)'D(x - x0) + v'(x - x0) + w lambda sum sqrt(5) |x_g|, as make_capture states it. */
static double objective(const char *path, const double *x)
{
    crease_ctx *ctx = test_ctx();
    crease_capture *k;
    double sum = 0;
    assert_ok(ctx, crease_capture_read(ctx, path, "cpu-f64", &k));
    const double *d = k->p.d, *x0 = k->p.x0, *v = k->p.v;
    for (size_t g = 0; g < ROWS; g++) {
        double square = 0;
        for (size_t i = g * COLS; i < (g + 1) * COLS; i++) {
            sum += (x[i] - x0[i]) * (v[i] + 0.5 * d[i] * (x[i] - x0[i]));
            square += x[i] * x[i];
        }
        sum += 0.4 * sqrt(COLS) * sqrt(square); /* lambda is 1 */
    }
    crease_capture_free(k);
    crease_ctx_free(ctx);
    return sum;
}

static void text_says_everything(void **state)
{
    static const char *const words[] = {
        "step 9 of ramda as mine, seed 5, problem toy, term 0 on weight",
        "group_l2 lambda=1, w=0.4",
        "30 entries in 6 groups; metric diagonal, condition 100; cpu-f64",
        "start        Q ",
        "live groups\n",
        "solver       pg, stop residual:eps0=",
        "outcome      met: tested ",
        " proximal maps, ",
        "certificate  relative ",
        "duality gap",
        "groups       ",
        "final structure",
        "\n        0 ",
        "Q_best",
    };
    crease_ctx *ctx = test_ctx();
    cli_result r;
    (void)state;
    CLI_RUN(&r, "solve", make_capture(ctx, "text.h5", "cpu-f64", "group_l2", 100), "--solver", "pg");
    cli_expect(&r, 0, "captured");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) cli_expect(&r, 0, words[i]);
    CLI_RUN(&r, "solve", test_path("text.h5"));
    cli_expect(&r, 0, "solver       exact\noutcome      met\n");
    assert_null(strstr(r.out, "final structure"));
    CLI_RUN(&r, "solve", test_path("text.h5"), "-s", "pg", "--table=0");
    cli_expect(&r, 0, "groups");
    assert_null(strstr(r.out, "final structure"));
    crease_ctx_free(ctx);
}

static double number(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    if (!cJSON_IsNumber(item)) fail_msg("'%s' is no number", key);
    return item->valuedouble;
}

/* Every solver finds the same point; what it reports is recomputed here. */
static void solvers_agree(void **state)
{
    static const char *const solvers[] = { "exact", "ssi", "pg", "apg", "pg:step=bb" };
    crease_ctx *ctx = test_ctx();
    crease_array first = { 0 };
    cli_result r;
    char path[500], answer[500];
    (void)state;
    snprintf(path, sizeof path, "%s", make_capture(ctx, "agree.h5", "cpu-f64", "group_l2", 1e3));
    snprintf(answer, sizeof answer, "%s", test_path("answer.npy"));
    for (size_t i = 0; i < sizeof solvers / sizeof *solvers; i++) {
        crease_array x;
        size_t live = 0;
        CLI_RUN(&r, "solve", path, "-s", solvers[i], "--json", "-o", answer);
        cli_expect(&r, 0, "{");
        assert_ok(ctx, crease_read_npy(ctx, answer, &x));
        assert_true(x.n == N && x.real_bytes == 8);
        cJSON *root = cJSON_Parse(r.out);
        assert_non_null(root);
        double value = number(root, "value");
        assert_true(fabs(value - objective(path, x.data)) <= 1e-12 * (1 + fabs(value)));
        for (size_t g = 0; g < ROWS; g++) {
            bool zero = true;
            for (size_t k = 0; k < COLS; k++) zero &= x.data[g * COLS + k] == 0;
            live += !zero;
        }
        assert_true(live > 0 && live < ROWS);
        assert_int_equal(number(root, "live_groups"), live);
        assert_int_equal(number(root, "zero_groups"), ROWS - live);
        assert_true(number(cJSON_GetObjectItem(root, "certificate"), "relative")
                    <= 1e-6); /* 1e-10 |c|, by group */
        assert_int_equal(number(cJSON_GetObjectItem(root, "captured"), "step"), 9);
        assert_true(fabs(number(root, "condition") - 1e3) < 1);
        if (i > 0) assert_true(test_max_error(N, x.data, first.data) <= 1e-6);
        cJSON_Delete(root);
        if (i == 0)
            first = x;
        else
            crease_release(ctx, x.data);
    }
    crease_release(ctx, first.data);
    crease_ctx_free(ctx);
}

/* Rows rise, end at the answer, are about as many as asked for, and never lie below the best value. */
static void the_table_is_thin(void **state)
{
    crease_ctx *ctx = test_ctx();
    cli_result r;
    const char *path;
    (void)state;
    path = make_capture(ctx, "table.h5", "cpu-f64", "group_l2", 1e5);
    for (size_t most = 3; most <= 24; most += 7) {
        char rows[20];
        snprintf(rows, sizeof rows, "%zu", most);
        CLI_RUN(&r, "solve", path, "-s", "pg:step=group", "--stop",
                "residual:eps0=1e-6,schedule=constant,max_iters=100000000", "--json", "-t", rows);
        cli_expect(&r, 0, "table");
        cJSON *root = cJSON_Parse(r.out), *table = cJSON_GetObjectItem(root, "table"), *row;
        double last = -1;
        cJSON_ArrayForEach(row, table)
        {
            assert_true(number(row, "iteration") > last);
            assert_true(number(row, "above_best") >= 0);
            last = number(row, "iteration");
        }
        assert_int_equal(last, number(root, "iterations"));
        assert_true(number(cJSON_GetArrayItem(table, 0), "iteration") == 0);
        size_t n = (size_t)cJSON_GetArraySize(table);
        if (n > most || n < 3) fail_msg("%zu rows of %zu", n, most);
        assert_true(cJSON_IsTrue(
            cJSON_GetObjectItem(cJSON_GetArrayItem(table, (int)n - 1), "final_structure")));
        cJSON_Delete(root);
    }
    crease_ctx_free(ctx);
}

/* A cap, a precision that does not suffice, wrong use. */
static void status_tells_how_it_ended(void **state)
{
    crease_ctx *ctx = test_ctx();
    cli_result r;
    char path[500];
    (void)state;
    snprintf(path, sizeof path, "%s", make_capture(ctx, "status.h5", "cpu-f32", "group_l2", 100));
    CLI_RUN(&r, "solve", path, "-s", "pg");
    cli_expect(&r, 0, "outcome      met");
    CLI_RUN(&r, "solve", path, "-s", "pg", "--stop",
            "residual:eps0=1e-4,schedule=constant,max_iters=2");
    cli_expect(&r, 1, "pg stopped at its cap of 2 iterations");
    CLI_RUN(&r, "solve", path, "-s", "pg", "--stop", "residual:eps0=1e-12,schedule=constant");
    cli_expect(&r, 1, "the precision of cpu-f32 allowed pg no further progress");
    CLI_RUN(&r, "solve", path, "-s", "pg", "--stop", "residual:eps0=1e-12,schedule=constant", "-b",
            "cpu-f64");
    cli_expect(&r, 0, "cpu-f64, stored in the other precision");
    CLI_RUN(&r, "solve", path, "-s", "exact", "--stop", "residual");
    cli_expect(&r, 2, "solver exact takes no inexactness test");
    CLI_RUN(&r, "solve", path, "-s", "exakt");
    cli_expect(&r, 2, "did you mean 'exact'");
    CLI_RUN(&r, "solve", path, "-b", "cpu-f16");
    cli_expect(&r, 2, "cpu-f16");
    CLI_RUN(&r, "solve", path, "-t", "many");
    cli_expect(&r, 2, "--table");
    CLI_RUN(&r, "solve", "nowhere.h5");
    cli_expect(&r, 2, "nowhere.h5");
    CLI_RUN(&r, "solve", cli_write_text("text.txt", "text"));
    cli_expect(&r, 2, "text.txt: this file is damaged, or was not written by crease");
    CLI_RUN(&r, "solve");
    cli_expect(&r, 2, "SUBPROBLEM.h5");
    CLI_RUN(&r, "solve", make_capture(ctx, "tv.h5", "cpu-f64", "tv1d", 100), "-s", "ssi");
    cli_expect(&r, 2, "solver ssi does not take this subproblem");
    crease_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_says_everything),
        cmocka_unit_test(solvers_agree),
        cmocka_unit_test(the_table_is_thin),
        cmocka_unit_test(status_tells_how_it_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

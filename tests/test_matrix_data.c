/* What matrix_completion reads, what it and its relatives refuse, and memory that runs out. */
#include <math.h>

#include "files.h"
#include "matrix_support.h"

/* --- data of matrix_completion
 * ---------------------------------------------------------------------------- */

static void test_triples(void **state)
{
    (void)state;
    const char *text =
        write_text("triples.txt", "# row column value\n1 1 0.5\n3, 2, -2\n1 1 1.5\n2 4 7e0\n");
    bench b = bench_open("matrix_completion", "cpu-f64", SETTINGS("data", text, "held_out", "0"));
    double x[12] = { 0 }, g[12], L;
    assert_true(b.p->blocks[0].shape[0] == 3 && b.p->blocks[0].shape[1] == 4 && b.p->rows == 4);
    assert_true(b.p->n_metrics == 0 && !b.p->type->known_solution);
    assert_true(bench_gradient(&b, ALL, x, g) == (0.25 + 4 + 2.25 + 49) / 8);
    assert_true(g[0] == -0.5 && g[9] == 0.5 && g[7] == -1.75 && g[1] == 0);
    assert_ok(b.ctx, b.p->type->lipschitz(b.p, false, &L));
    assert_true(L == 0.5); /* one entry was observed twice in four */
    bench_close(&b);

    crease_ctx *ctx = test_ctx();
    crease_array a = { 2, { 4, 3 }, 12, 8, (double[]){ 0, 0, 1, 1, 1, 2, 0, 1, 3, 4, 2, 4 } };
    const char *npy = test_path("triples.npy");
    assert_ok(ctx, crease_write_npy(ctx, npy, &a));
    crease_ctx_free(ctx);
    b = bench_open("matrix_completion", "cpu-f32",
                   SETTINGS("data", npy, "first_index", "0", "cols", "6", "held_out", "0.5"));
    assert_true(b.p->n == 30 && b.p->rows == 2 && b.p->n_metrics == 1);
    assert_string_equal(b.p->metrics[0].name, "test_rmse");
    double zero[30] = { 0 }, value = bench_gradient(&b, ALL, zero, NULL), rmse;
    assert_ok(b.ctx, b.p->type->evaluate(b.p, b.x));
    rmse = b.p->metrics[0].value;
    assert_true(fabs(4 * value + 2 * rmse * rmse - 30)
                < 1e-5); /* 1 + 4 + 9 + 16, two of them observed */
    bench_close(&b);
}

static void refuses(const char *name, int code, const char *words, const char *const *settings)
{
    tally count = { 0 };
    crease_ctx *ctx = crease_ctx_create(&(crease_allocator){ tally_resize, &count });
    crease_problem *p = crease_problem_create(ctx, name, crease_backend_find(ctx, "cpu-f64"));
    assert_non_null(p);
    for (; *settings; settings += 2) assert_ok(ctx, crease_problem_set(p, settings[0], settings[1]));
    assert_fails(ctx, crease_problem_setup(p), code, words);
    assert_fails(ctx, crease_problem_setup(p), code, words); /* a failure leaves it as it was */
    crease_problem_free(p);
    crease_ctx_free(ctx);
    assert_int_equal(count.in_use, 0);
}

static void test_refused_files(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
        int code;
    } bad[] = {
        { "1 1 1\n1 2\n", "holds 5 numbers that are not triples", CREASE_EDIM },
        { "# nothing\n", "holds 0 numbers", CREASE_EDIM },
        { "1 1 1\n0 1 1\n", "row 0 of triple 2 is none; there are 1 to", CREASE_ERANGE },
        { "1 1.5 1\n", "column 1.5 of triple 1", CREASE_ERANGE },
        { "1 inf 1\n", "column inf of triple 1", CREASE_ERANGE },
        { "1 1 -inf\n", "the value of triple 1 is not finite", CREASE_ENAN },
        { "1e9 1e9 1\n", "a matrix of 1000000000 x 1000000000 entries is too large", CREASE_ERANGE },
        { "1 1e300 1\n", "column 1e+300", CREASE_ERANGE },
        { "%%MatrixMarket matrix coordinate\n1 1 1\n", ":1: \"%%MatrixMarket\" is not a number",
          CREASE_EPARSE },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuses("matrix_completion", bad[i].code, bad[i].words,
                SETTINGS("data", write_text("bad.txt", bad[i].text)));
    const char *good = write_text("good.txt", "5 1 1\n1 2 3\n");
    refuses("matrix_completion", CREASE_ERANGE, "row 5 of triple 1 is none; there are 1 to 4",
            SETTINGS("data", good, "rows", "4"));
    refuses("matrix_completion", CREASE_ENOTFOUND, "nowhere.txt", SETTINGS("data", "./nowhere.txt"));
    crease_ctx *ctx = test_ctx();
    crease_array wide = { 2, { 3, 4 }, 12, 8, (double[12]){ 1, 1 } };
    assert_ok(ctx, crease_write_npy(ctx, test_path("wide.npy"), &wide));
    crease_ctx_free(ctx);
    refuses("matrix_completion", CREASE_EDIM, "not triples", SETTINGS("data", test_path("wide.npy")));
}

static void test_refused_settings(void **state)
{
    (void)state;
    refuses("matrix_completion", CREASE_ERANGE, "rank is larger", SETTINGS("rank", "31"));
    refuses("matrix_completion", CREASE_ERANGE, "more than all entries",
            SETTINGS("observed", "0.7", "held_out", "0.4"));
    refuses("matrix_completion", CREASE_EINVAL, "no entry of 1200 is observed",
            SETTINGS("observed", "1e-4"));
    refuses("matrix_completion", CREASE_ERANGE, "too large",
            SETTINGS("rows", "1000000", "cols", "1000000"));
    refuses("matrix_sensing", CREASE_ERANGE, "rank is larger", SETTINGS("rank", "11"));
    refuses("matrix_sensing", CREASE_ERANGE, "too large",
            SETTINGS("rows", "1000000", "cols", "1000000"));
    refuses("matrix_sensing", CREASE_ERANGE, "rank below",
            SETTINGS("certified_lambda", "1", "rank", "10", "measurements", "400"));
    refuses("matrix_sensing", CREASE_ERANGE, "needs noise",
            SETTINGS("certified_lambda", "1", "noise", "0"));
    refuses("matrix_sensing", CREASE_ERANGE, "only minimizer",
            SETTINGS("certified_lambda", "1", "measurements", "56"));
    refuses("phase_retrieval", CREASE_ERANGE, "group does not divide",
            SETTINGS("size", "10", "group", "3"));
    refuses("phase_retrieval", CREASE_ERANGE, "live is larger", SETTINGS("live", "21"));
    bench b = case_open(1, "cpu-f64");
    uint32_t rows[] = { 0, 300 };
    double value;
    assert_fails(b.ctx, b.p->type->gradient(b.p, (crease_rows){ 2, rows }, b.x, &value, NULL),
                 CREASE_ERANGE, "entry 1 of the batch is row 300, but there are 300 rows");
    assert_fails(b.ctx, b.p->type->slopes(b.p, (crease_rows){ 0, rows }, b.x, b.g), CREASE_EINVAL,
                 "count");
    assert_fails(b.ctx, b.p->type->pull(b.p, (crease_rows){ 1, NULL }, b.x, 1, 0, b.g), CREASE_EINVAL,
                 "count");
    bench_close(&b);
}

/* --- memory
 * ------------------------------------------------------------------------------------------------ */

/* All that allocates, where request number `fails` is refused. True: no request was. */
static bool survives(const char *name, size_t fails)
{
    tally count = { .fail_at = fails };
    crease_ctx *ctx = crease_ctx_create(&(crease_allocator){ tally_resize, &count });
    crease_problem *p =
        ctx ? crease_problem_create(ctx, name, crease_backend_find(ctx, "cpu-f64")) : NULL;
    double x[1200] = { 0 }, L;
    int code = p ? crease_problem_setup(p) : CREASE_ENOMEM;
    if (code == CREASE_OK) code = p->type->start(p, 1, x);
    if (code == CREASE_OK) code = p->type->evaluate(p, x);
    if (code == CREASE_OK) code = p->type->lipschitz(p, false, &L);
    crease_problem_free(p);
    if (ctx) crease_ctx_free(ctx);
    assert_true(code == CREASE_OK || code == CREASE_ENOMEM);
    assert_true((code == CREASE_OK) == (count.requests < fails));
    if (count.in_use) fail_msg("%s: request %zu leaves %zu blocks", name, fails, count.in_use);
    return code == CREASE_OK;
}

static void test_memory_runs_out(void **state)
{
    (void)state;
    const char *const names[] = { "matrix_completion", "matrix_sensing", "phase_retrieval" };
    for (int i = 0; i < 3; i++) {
        size_t k = 1;
        while (!survives(names[i], k)) k++;
        assert_true(k > 12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_triples),
        cmocka_unit_test(test_refused_files),
        cmocka_unit_test(test_refused_settings),
        cmocka_unit_test(test_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

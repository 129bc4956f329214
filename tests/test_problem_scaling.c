/* normalize = rows and normalize = columns, dense and sparse, on training and test rows. */
#include <math.h>

#include "linear_models.h"

/* --- normalization -------------------------------------------------------------------------------- */

/* Entry j of all rows, as the problem holds them: its predictions at the j-th unit vector. */
static void held_column(crease_problem *p, size_t j, double *z)
{
    double e[MOST_PARAMETERS] = { [0] = 0 };
    e[j] = 1;
    void *at = crease_alloc(p->ctx, p->n, p->backend->real_bytes);
    assert_non_null(at);
    p->backend->from_host(p->n, e, at);
    assert_ok(p->ctx, p->type->predict(p, at, z));
    crease_release(p->ctx, at);
}

/* What the rule makes of entry (i, j), by definition; the maxima are those of `train`. */
static long double normalized(const sample *s, const sample *train, bool rows, size_t i, size_t j)
{
    long double scale = 0;
    if (rows)
        for (size_t k = 0; k < s->cols; k++)
            scale += (long double)s->x[i * s->cols + k] * s->x[i * s->cols + k];
    else
        for (size_t k = 0; k < train->rows; k++) scale = fmaxl(scale, fabsl(train->x[k * s->cols + j]));
    if (scale == 0) scale = 1;
    return s->x[i * s->cols + j] / (rows ? sqrtl(scale) : scale);
}

static void test_rows_and_columns(void **state)
{
    (void)state;
    enum { ROWS = 40, COLS = 6 };
    for (int i = 0; i < 8; i++) {
        bool sparse = i & 1, rows = i & 2, narrow = i & 4;
        crease_ctx *ctx = test_ctx();
        sample s = loss_sample(71, TARGET_NUMBERS, ROWS, COLS, 0.4),
               test = loss_sample(72, TARGET_NUMBERS, 30, COLS, 0.4);
        for (size_t k = 0; k < COLS; k++) {
            s.x[3 * COLS + k] = 0; /* a row of zeros stays one */
            s.x[4 * COLS + k] *=
                narrow && !rows ? 1 : 1e200; /* squares that overflow, squares that vanish */
            s.x[5 * COLS + k] *= narrow && !rows ? 1 : 1e-200;
        }
        for (size_t k = 0; k < ROWS; k++) s.x[k * COLS + 2] = 0; /* so does a column */
        const char *(*write)(const sample *, const char *) =
            sparse ? sample_write_libsvm : sample_write_csv;
        crease_problem *p =
            problem_make(ctx, "least_squares", narrow ? "cpu-f32" : "cpu-f64",
                         SETTINGS("data", write(&s, "train"), "test", write(&test, "test"), "bias",
                                  "false", "normalize", rows ? "rows" : "columns"));
        double z[ROWS], right[ROWS], x[COLS];
        for (size_t j = 0; j < COLS; j++) {
            held_column(p, j, z);
            for (size_t k = 0; k < ROWS; k++) right[k] = (double)normalized(&s, &s, rows, k, j);
            assert_true(test_max_error(ROWS, z, right) < (narrow ? 1e-7 : 1e-15));
        }
        long double error, sum = 0;
        fill_normal(73, COLS, 1, x);
        for (size_t k = 0; k < test.rows; k++) {
            error = -test.t[k];
            for (size_t j = 0; j < COLS; j++) error += normalized(&test, &s, rows, k, j) * x[j];
            sum += error * error / (long double)test.rows;
        }
        assert_true(fabs(problem_metric(p, "test_mse", x) - (double)sum)
                    < (narrow ? 1e-5 : 1e-13) * (double)sum);
        crease_problem_free(p);
        sample_free(&s);
        sample_free(&test);
        crease_ctx_free(ctx);
    }
}

/* After normalize = rows every row has length 1, so the constant of a single row is the bound of its
 * loss. */
static void test_unit_rows_have_unit_constants(void **state)
{
    (void)state;
    for (int i = 0; i < N_LOSSES - 1; i++) {
        crease_ctx *ctx = test_ctx();
        sample s = loss_sample(74, loss_cases[i].targets, 50, 5, 0.2);
        crease_problem *p = problem_make(
            ctx, loss_cases[i].name, "cpu-f64",
            SETTINGS("data", sample_write_libsvm(&s, "unit"), "bias", "false", "normalize", "rows"));
        double L;
        assert_ok(ctx, p->type->lipschitz(p, true, &L));
        assert_true(fabs(L - loss_cases[i].bound) < 1e-14);
        assert_ok(ctx, p->type->lipschitz(p, false, &L));
        assert_true(L <= loss_cases[i].bound * (1 + 1e-13));
        crease_problem_free(p);
        sample_free(&s);
        crease_ctx_free(ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_and_columns),
        cmocka_unit_test(test_unit_rows_have_unit_constants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What problems do with data: which they choose, labels, normalization, accuracy, and refusals in
 * words. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "problem_support.h"

static const crease_rows ALL = { 0, NULL };

/* The rows as a problem holds them, read off its gradient: with one class probability known, the
 * gradient of softmax at the origin with respect to class k over one row i is (1/K - [y_i = k]) x_i. */
static void held_row(crease_problem *p, uint32_t row, double *x)
{
    size_t classes = p->blocks[0].shape[0], cols = p->blocks[0].shape[1];
    double *zero = calloc(p->n, sizeof *zero), *g = calloc(p->n, sizeof *g), value;
    assert_true(zero && g);
    assert_ok(p->ctx, p->type->gradient(p, (crease_rows){ 1, &row }, zero, &value, g));
    for (size_t j = 0; j < cols; j++) {
        x[j] = 0;
        for (size_t k = 0; k < classes; k++) {
            bool own = fabs(g[p->n - classes + k] - 1.0 / (double)classes) > 0.5; /* the bias shows y */
            if (own) x[j] = g[k * cols + j] / (1.0 / (double)classes - 1);
        }
    }
    free(zero);
    free(g);
}

static const crease_metric *metric(const crease_problem *p, const char *name)
{
    for (size_t i = 0; i < p->n_metrics; i++)
        if (!strcmp(p->metrics[i].name, name)) return &p->metrics[i];
    return NULL;
}

static char last_message[2000];

static void keep_message(void *user, crease_log_level level, const char *sentence)
{
    (void)user, (void)level;
    strncat(last_message, sentence, sizeof last_message - strlen(last_message) - 1);
}

/* Fails unless the set-up with these settings fails with this code and these words. */
static void refuses(const char *name, int code, const char *words, const char *const *settings)
{
    crease_ctx *ctx = test_ctx();
    crease_problem *p = crease_problem_create(ctx, name, crease_backend_find(ctx, "cpu-f64"));
    assert_non_null(p);
    for (; *settings; settings += 2) assert_ok(ctx, crease_problem_set(p, settings[0], settings[1]));
    assert_fails(ctx, crease_problem_setup(p), code, words);
    assert_fails(ctx, crease_problem_setup(p), code, words); /* a failure leaves it as it was */
    crease_problem_free(p);
    crease_ctx_free(ctx);
}

/* At the origin the gradient of a live column is larger than that of any column of noise. */
static void assert_live_columns_stand_out(crease_problem *p, size_t expected)
{
    enum { CLASSES = 10, COLS = 256 };
    const unsigned char *live = p->type->known_columns(p);
    float zero[CLASSES * (COLS + 1)] = { 0 }, g[CLASSES * (COLS + 1)];
    double value, least = INFINITY, most = 0;
    size_t count = 0;
    assert_ok(p->ctx, p->type->gradient(p, ALL, zero, &value, g));
    for (size_t j = 0; j < COLS; j++) {
        double norm = 0;
        for (size_t k = 0; k < CLASSES; k++) norm = hypot(norm, g[k * COLS + j]);
        if (live[j]) least = fmin(least, norm);
        else most = fmax(most, norm);
        count += live[j];
    }
    assert_int_equal(count, expected);
    assert_true(most > 0 && least > most);
}

/* Few rows in many dimensions are learnt by heart; the test set must be other rows. */
static void test_planted_test_rows_are_new(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    crease_problem *p = problem_make(ctx, "logistic", "cpu-f64",
                                     SETTINGS("data", "planted", "planted_rows", "40", "planted_cols", "80",
                                              "planted_test_rows", "40", "normalize", "standard"));
    double x[81] = { 0 }, g[81], value;
    for (int t = 0; t < 300; t++) {
        assert_ok(ctx, p->type->gradient(p, ALL, x, &value, g));
        for (size_t i = 0; i < p->n; i++) x[i] -= 0.2 * g[i];
    }
    assert_true(value < 0.1);
    assert_ok(ctx, p->type->evaluate(p, x));
    assert_true(metric(p, "test_accuracy")->value < 0.9 && metric(p, "test_accuracy")->value > 0.5);
    crease_problem_free(p);
    crease_ctx_free(ctx);
}

static void test_planted(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    crease_problem *p = problem_make(ctx, "softmax", "cpu-f32", SETTINGS("data", "planted", "planted_rows", "6000"));
    assert_int_equal(p->rows, 6000);
    assert_int_equal(p->n, 2570);
    assert_int_equal(p->n_blocks, 2);
    assert_string_equal(p->blocks[0].name, "weight");
    assert_true(p->blocks[0].shape[0] == 10 && p->blocks[0].shape[1] == 256 && p->blocks[0].rank == 2);
    assert_true(p->blocks[0].image_height == 16 && p->blocks[0].image_width == 16);
    assert_true(p->blocks[1].offset == 2560 && p->blocks[1].n == 10 && p->blocks[1].image_height == 0);
    assert_non_null(strstr(p->source, "planted"));
    assert_non_null(metric(p, "test_accuracy"));
    assert_live_columns_stand_out(p, 60);
    crease_problem_free(p);

    p = problem_make(ctx, "logistic", "cpu-f64",
                     SETTINGS("data", "auto", "bias", "false", "planted_cols", "50", "planted_live",
                              "5", "planted_test_rows", "0", "planted_rows", "300"));
    assert_true(p->n == 50 && p->n_blocks == 1 && p->blocks[0].shape[0] == 1 && p->n_metrics == 0);
    double x[50] = { 0 };
    assert_ok(ctx, p->type->evaluate(p, x));
    crease_problem_free(p);
    crease_ctx_free(ctx);
}

/* auto takes MNIST where it lies, and else the planted data; in either case it says so. */
static void test_auto_says_what_it_took(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    last_message[0] = 0;
    crease_ctx_set_logger(ctx, keep_message, NULL);
    crease_problem *p = problem_make(ctx, "softmax", "cpu-f32", SETTINGS("data", "auto"));
    char path[2000];
    bool mnist =
        crease_data_find(ctx, "mnist/train-images-idx3-ubyte.gz", path, sizeof path) == CREASE_OK;
    assert_int_equal(p->blocks[0].shape[1], mnist ? 784 : 256);
    assert_non_null(strstr(p->source, mnist ? "mnist" : "planted"));
    assert_non_null(strstr(last_message, p->source));
    assert_true(mnist || strstr(last_message, "mnist was not found"));
    assert_true((p->type->known_columns(p) == NULL) == mnist);
    crease_problem_free(p);
    crease_ctx_free(ctx);
}

static void test_start(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    crease_problem *p = problem_make(ctx, "softmax", "cpu-f64", SETTINGS("data", "planted"));
    double *x = calloc(p->n, sizeof *x), *again = calloc(p->n, sizeof *again), value, sum = 0,
           squares = 0;
    x[0] = x[p->n - 1] = 7;
    assert_ok(ctx, p->type->start(p, 1, x));
    for (size_t i = 0; i < p->n; i++) assert_true(x[i] == 0);
    assert_ok(ctx, p->type->gradient(p, ALL, x, &value, NULL));
    assert_true(fabs(value - log(10)) < 1e-12);
    crease_problem_free(p);

    p = problem_make(ctx, "softmax", "cpu-f64",
                     SETTINGS("data", "planted", "start", "normal", "start_scale", "2"));
    assert_ok(ctx, p->type->start(p, 1, x));
    for (size_t i = 0; i < p->n; i++) {
        sum += x[i];
        squares += x[i] * x[i];
    }
    assert_true(fabs(sum / (double)p->n) < 0.2 && fabs(sqrt(squares / (double)p->n) - 2) < 0.15);
    assert_ok(ctx, p->type->start(p, 1, again));
    assert_memory_equal(x, again, p->n * sizeof *x);
    assert_ok(ctx, p->type->start(p, 2, again));
    assert_true(memcmp(x, again, p->n * sizeof *x) != 0);
    crease_problem_free(p);
    free(x);
    free(again);
    crease_ctx_free(ctx);
}

/* --- test sets -------------------------------------------------------------------------------- */

static size_t count_correct(const sample *s, const double *x)
{
    size_t correct = 0;
    for (size_t i = 0; i < s->rows; i++) {
        size_t best = 0;
        double top = -INFINITY;
        for (size_t k = 0; k < s->classes; k++) {
            double z = x[s->classes * s->cols + k];
            for (size_t j = 0; j < s->cols; j++) z += x[k * s->cols + j] * s->x[i * s->cols + j];
            if (z > top) {
                top = z;
                best = k;
            }
        }
        correct += (int)best == s->y[i];
    }
    return correct;
}

/* The test set lacks two of the classes, and its labels must still be counted as in training. */
static void test_accuracy(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    sample train = sample_create(21, 60, 5, 4, 0.5), test = sample_create(22, 5000, 5, 4, 0.5);
    for (size_t i = 0; i < test.rows; i++) test.y[i] &= 2;
    double x[24];
    fill_normal(23, 24, 1, x);
    for (int sparse = 0; sparse < 2; sparse++) {
        const char *(*write)(const sample *, const char *) =
            sparse ? sample_write_libsvm : sample_write_csv;
        crease_problem *p =
            problem_make(ctx, "softmax", "cpu-f64",
                         SETTINGS("data", write(&train, "train"), "test", write(&test, "t")));
        assert_ok(ctx, p->type->evaluate(p, x));
        size_t right = count_correct(&test, x);
        assert_true(right > 0 && right < test.rows);
        assert_true(fabs(metric(p, "test_accuracy")->value - (double)right / (double)test.rows)
                    < 1e-15);

        double nothing[24] = { 0 }, broken[24] = { NAN, [22] = 1 };
        assert_ok(ctx, p->type->evaluate(p, nothing)); /* all logits tie: the first class it is */
        assert_true(metric(p, "test_accuracy")->value
                    == (double)count_correct(&test, nothing) / (double)test.rows);
        if (!sparse) { /* a dense row feels every weight, a sparse one its own */
            assert_ok(ctx, p->type->evaluate(p, broken));
            assert_true(metric(p, "test_accuracy")->value == 0);
        }
        crease_problem_free(p);
    }
    sample_free(&train);
    sample_free(&test);
    crease_ctx_free(ctx);
}

static void test_logistic_accuracy(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    sample s = sample_create(24, 500, 3, 2, 0);
    const char *path = sample_write_csv(&s, "binary");
    crease_problem *p = problem_make(ctx, "logistic", "cpu-f64", SETTINGS("data", path, "test", path));
    double x[4] = { 1, -2, 0.5, 0.3 };
    size_t right = 0;
    for (size_t i = 0; i < s.rows; i++) {
        const double *r = s.x + 3 * i;
        right += (r[0] - 2 * r[1] + 0.5 * r[2] + 0.3 > 0) == s.y[i];
    }
    assert_ok(ctx, p->type->evaluate(p, x));
    assert_true(fabs(metric(p, "test_accuracy")->value - (double)right / 500) < 1e-15);
    crease_problem_free(p);
    sample_free(&s);
    crease_ctx_free(ctx);
}

/* A sparse test set with a feature that the training set never shows: it widens the model. */
static void test_wider_test_set(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    sample narrow = sample_create(25, 30, 4, 3, 0.2), wide = sample_create(26, 30, 6, 3, 0);
    const char *train = sample_write_libsvm(&narrow, "narrow"),
               *test = sample_write_libsvm(&wide, "wide");
    crease_problem *p = problem_make(ctx, "softmax", "cpu-f64", SETTINGS("data", train, "test", test));
    double x[21];
    fill_normal(27, 21, 1, x);
    assert_int_equal(p->n, 21);
    assert_ok(ctx, p->type->evaluate(p, x));
    assert_true(fabs(metric(p, "test_accuracy")->value - (double)count_correct(&wide, x) / 30) < 1e-15);
    crease_problem_free(p);
    refuses(
        "softmax", CREASE_EDIM, "4 columns, the test set",
        SETTINGS("data", sample_write_csv(&narrow, "narrow"), "test", sample_write_csv(&wide, "wide")));
    refuses("softmax", CREASE_EINVAL, "is not",
            SETTINGS("data", train, "test", sample_write_csv(&narrow, "n")));
    sample_free(&narrow);
    sample_free(&wide);
    crease_ctx_free(ctx);
}

/* --- normalization ---------------------------------------------------------------------------- */

static void test_standard(void **state)
{
    (void)state;
    enum { ROWS = 40, COLS = 5 };
    crease_ctx *ctx = test_ctx();
    sample s = sample_create(31, ROWS, COLS, 3, 0);
    for (size_t i = 0; i < ROWS; i++) {
        s.x[i * COLS + 2] = 0.1; /* constant, and its mean does not round to 0.1 */
        s.x[i * COLS + 3] = 1e6 + 1e-3 * s.x[i * COLS + 3];
    }
    crease_problem *p =
        problem_make(ctx, "softmax", "cpu-f64",
                     SETTINGS("data", sample_write_csv(&s, "standard"), "normalize", "standard"));
    for (size_t i = 0; i < ROWS; i++) {
        double row[COLS];
        held_row(p, (uint32_t)i, row);
        for (size_t j = 0; j < COLS; j++) {
            long double mean = 0, variance = 0;
            for (size_t k = 0; k < ROWS; k++) mean += s.x[k * COLS + j] / (long double)ROWS;
            for (size_t k = 0; k < ROWS; k++)
                variance += (s.x[k * COLS + j] - mean) * (s.x[k * COLS + j] - mean) / (long double)ROWS;
            double expected = j == 2 ? 0.1 : (double)((s.x[i * COLS + j] - mean) / sqrtl(variance));
            assert_true(fabs(row[j] - expected) < (j == 3 ? 1e-5 : 1e-13));
        }
    }
    crease_problem_free(p);
    sample_free(&s);
    crease_ctx_free(ctx);
}

static void test_pixels(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    sample s = sample_create(32, 6, 3, 2, 0);
    for (size_t i = 0; i < 18; i++) s.x[i] = (double)(i * 15);
    const char *csv = sample_write_csv(&s, "pixels"), *text = sample_write_libsvm(&s, "pixels");
    const struct {
        const char *data, *rule;
        double shift, scale;
    } cases[] = { { csv, "none", 0, 1 },    { csv, "auto", 0, 1 },
                  { csv, "unit", 0, 255 },  { csv, "mnist", 0.1307, 0.3081 },
                  { text, "unit", 0, 255 }, { text, "auto", 0, 1 } };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        crease_problem *p = problem_make(ctx, "softmax", "cpu-f64",
                                         SETTINGS("data", cases[c].data, "normalize", cases[c].rule));
        bool is_mnist = cases[c].shift != 0;
        for (uint32_t i = 0; i < 6; i++) {
            double row[3];
            held_row(p, i, row);
            for (size_t j = 0; j < 3; j++) {
                double x = s.x[3 * i + j];
                double expected = is_mnist ? (x / 255 - 0.1307) / 0.3081 : x / cases[c].scale;
                assert_true(fabs(row[j] - expected) <= 1e-14 * (1 + fabs(expected)));
            }
        }
        crease_problem_free(p);
    }
    sample_free(&s);
    refuses("softmax", CREASE_EINVAL, "sparse", SETTINGS("data", text, "normalize", "standard"));
    refuses("softmax", CREASE_EINVAL, "sparse", SETTINGS("data", text, "normalize", "mnist"));
    crease_ctx_free(ctx);
}

/* --- refusals --------------------------------------------------------------------------------- */

static const char *write_text(const char *name, const char *text)
{
    const char *path = test_path(name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return path;
}

static void test_wrong_data(void **state)
{
    (void)state;
    const char *three = write_text("three", "1 1:2\n2 1:3\n3 1:1\n"),
               *one = write_text("one", "1 1:2\n1 2:1\n");
    const char *real = write_text("real", "1.5 1:2\n2.25 2:1\n"),
               *two = write_text("two", "0 1:2\n1 2:1\n");
    const char *odd = write_text("odd", "0 1:2\n3 2:1\n"),
               *broken = write_text("broken", "0 1:2\n1 2;1\n");
    refuses("logistic", CREASE_EINVAL, "needs two classes, but there are 3", SETTINGS("data", three));
    refuses("logistic", CREASE_EINVAL, "there is 1", SETTINGS("data", one));
    refuses("softmax", CREASE_EINVAL, "two classes or more, but there is 1", SETTINGS("data", one));
    refuses("softmax", CREASE_EINVAL, "real numbers, not classes", SETTINGS("data", real));
    refuses("softmax", CREASE_EINVAL, "row 2 of the test set has label 3",
            SETTINGS("data", two, "test", odd));
    refuses("softmax", CREASE_EINVAL, "row 1 of the test set has label 1.5",
            SETTINGS("data", two, "test", real));
    refuses("softmax", CREASE_EPARSE, ":2:", SETTINGS("data", broken));
    refuses("softmax", CREASE_ENOTFOUND, "CREASE_DATA", SETTINGS("data", "no-such-data"));
    refuses("softmax", CREASE_EINVAL, "brings its own test set",
            SETTINGS("data", "planted", "test", two));
    refuses("softmax", CREASE_ERANGE, "planted_live",
            SETTINGS("data", "planted", "planted_cols", "20"));
}

static void test_settings_are_closed_by_setup(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    assert_null(crease_problem_create(ctx, "softmaxx", crease_backend_find(ctx, "cpu-f64")));
    assert_null(crease_problem_create(ctx, "softmax", NULL));
    crease_problem *p = crease_problem_create(ctx, "softmax", crease_backend_find(ctx, "cpu-f64"));
    assert_fails(ctx, crease_problem_set(p, "ridge", "-1"), CREASE_ERANGE, "ridge");
    assert_fails(ctx, crease_problem_set(p, "rigde", "1"), CREASE_ENOTFOUND, "ridge");
    assert_ok(ctx, crease_problem_set(p, "data", "planted"));
    assert_ok(ctx, crease_problem_set(p, "planted_rows", "20"));
    assert_ok(ctx, crease_problem_setup(p));
    assert_fails(ctx, crease_problem_set(p, "ridge", "1"), CREASE_EINVAL, "after");
    assert_fails(ctx, crease_problem_setup(p), CREASE_EINVAL, "again");
    crease_problem_free(p);
    crease_problem_free(NULL);
    crease_ctx_free(ctx);
}

/* Memory that runs out at the k-th request, for every k: always an error, never a leak or a crash. */
typedef struct short_memory {
    size_t left;
    size_t live;
} short_memory;

static void *resize_short(void *user, void *p, size_t bytes)
{
    short_memory *m = user;
    if (bytes == 0) {
        m->live -= p != NULL;
        free(p);
        return NULL;
    }
    if (m->left == 0) return NULL;
    m->left--;
    void *q = realloc(p, bytes);
    m->live += !p && q;
    return q;
}

/* What a problem allocates after its set-up. */
static int ask_for_more(crease_problem *p)
{
    double L;
    void *x = crease_alloc(p->ctx, p->n, p->backend->real_bytes);
    int code = x ? p->type->lipschitz(p, false, &L) : CREASE_ENOMEM;
    if (code == CREASE_OK) code = p->type->lipschitz(p, true, &L);
    if (code == CREASE_OK) code = p->type->curvature(p, x);
    crease_release(p->ctx, x);
    return code;
}

static bool survives(const char *name, const char *data, const char *test, size_t requests)
{
    short_memory memory = { .left = requests };
    crease_allocator allocator = { resize_short, &memory };
    crease_ctx *ctx = crease_ctx_create(&allocator);
    bool done = false;
    if (ctx) {
        crease_problem *p = crease_problem_create(ctx, name, crease_backend_find(ctx, "cpu-f32"));
        int code = p ? CREASE_OK : CREASE_ENOMEM;
        const char *const settings[][2] = { { "data", data },
                                            { "test", test },
                                            { "planted_rows", "30" },
                                            { "bias", "false" } };
        for (int i = 0; i < 4 && code == CREASE_OK; i++)
            code = crease_problem_set(p, settings[i][0], settings[i][1]);
        if (code == CREASE_OK) code = crease_problem_setup(p);
        if (code == CREASE_OK) code = ask_for_more(p);
        assert_true(code == CREASE_OK || code == CREASE_ENOMEM);
        done = code == CREASE_OK;
        crease_problem_free(p);
        crease_ctx_free(ctx);
    }
    assert_int_equal(memory.live, 0);
    return done;
}

static void test_memory_runs_out(void **state)
{
    (void)state;
    sample s = sample_create(41, 30, 4, 3, 0.3);
    const char *csv = sample_write_csv(&s, "memory"), *text = sample_write_libsvm(&s, "memory");
    const char *const cases[][3] = { { "softmax", "planted", "" },    { "softmax", csv, csv },
                                     { "softmax", text, text },       { "poisson", "planted", "" },
                                     { "least_squares", csv, csv },   { "huber_regression", text, text },
                                     { "logistic", "certified", "" }, { "least_squares", "certified", "" } };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        size_t k = 0;
        while (!survives(cases[c][0], cases[c][1], cases[c][2], k)) assert_true(++k < 1000);
        assert_true(k > 10);
    }
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_planted),
        cmocka_unit_test(test_planted_test_rows_are_new),
        cmocka_unit_test(test_auto_says_what_it_took),
        cmocka_unit_test(test_start),
        cmocka_unit_test(test_accuracy),
        cmocka_unit_test(test_logistic_accuracy),
        cmocka_unit_test(test_wider_test_set),
        cmocka_unit_test(test_standard),
        cmocka_unit_test(test_pixels),
        cmocka_unit_test(test_wrong_data),
        cmocka_unit_test(test_settings_are_closed_by_setup),
        cmocka_unit_test(test_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

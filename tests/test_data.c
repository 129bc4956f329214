/* Data readers on valid input, planted data, the search path. */
#include <locale.h>
#include <math.h>
#include <sys/stat.h>

#include "files.h"

static const unsigned char two_images[] = { 0, 0, 8, 3, 0, 0, 0, 2, 0,   0,   0,   2,   0,   0,
                                            0, 3, 0, 1, 2, 3, 4, 5, 255, 254, 253, 252, 251, 250 };
static const unsigned char two_labels[] = { 0, 0, 8, 1, 0, 0, 0, 2, 2, 0 };

/* --- formats -------------------------------------------------------------------------------- */

static void check_two_images(crease_ctx *ctx, const char *images, const char *labels)
{
    crease_dataset set;
    assert_ok(ctx, crease_read_idx(ctx, images, labels, &set));
    assert_int_equal(set.rows, 2);
    assert_int_equal(set.cols, 6);
    assert_int_equal(set.image_height, 2);
    assert_int_equal(set.image_width, 3);
    assert_memory_equal(set.bytes, two_images + 16, 12);
    assert_int_equal(set.classes, 3);
    assert_int_equal(set.label[0], 2);
    assert_int_equal(set.label[1], 0);
    assert_true(set.class_value[2] == 2 && set.target[0] == 2);
    assert_null(set.dense);
    assert_null(set.value);
    assert_string_equal(set.source, images);
    crease_dataset_free(ctx, &set);
    assert_null(set.bytes);
}

static void idx_plain_and_gzip(void **state)
{
    (void)state;
    tally t = { 0 };
    crease_ctx *ctx = tally_ctx(&t);
    const char *plain = write_file("images", two_images, sizeof two_images);
    const char *labels = write_file("labels", two_labels, sizeof two_labels);
    const char *packed = write_gzip("no-gz-in-this-name", two_images, sizeof two_images);
    check_two_images(ctx, plain, labels);
    check_two_images(ctx, packed, labels);
    check_two_images(ctx, packed, write_gzip("labels.gz", two_labels, sizeof two_labels));
    crease_ctx_free(ctx);
    assert_int_equal(t.in_use, 0);
}

static void libsvm_text(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    crease_dataset set;
    const char *path = write_text("a.svm", "# a comment line\r\n"
                                           "+1 1:0.5 3:-2e3 # and one behind\r\n"
                                           "\r\n"
                                           "   \n"
                                           "-1\n"
                                           "3.0\t2:0  4294967296:1.25 \n"
                                           "-1 3:.5");
    assert_ok(ctx, crease_read_libsvm(ctx, path, 3, &set));
    assert_int_equal(set.rows, 4);
    assert_true(set.cols == (size_t)1 << 32);
    static const size_t start[] = { 0, 2, 2, 4, 5 };
    static const uint32_t col[] = { 0, 2, 1, UINT32_MAX, 2 };
    static const double value[] = { 0.5, -2000, 0, 1.25, 0.5 }, target[] = { 1, -1, 3, -1 };
    static const int32_t label[] = { 1, 0, 2, 0 };
    assert_memory_equal(set.row_start, start, sizeof start);
    assert_memory_equal(set.col, col, sizeof col);
    assert_memory_equal(set.value, value, sizeof value);
    assert_memory_equal(set.target, target, sizeof target);
    assert_memory_equal(set.label, label, sizeof label);
    assert_int_equal(set.classes, 3);
    assert_true(set.class_value[0] == -1 && set.class_value[1] == 1 && set.class_value[2] == 3);
    crease_dataset_free(ctx, &set);

    path = write_text("b.svm", "0.5 1:1\n2 2:1\n");
    assert_ok(ctx, crease_read_libsvm(ctx, path, 7, &set));
    assert_int_equal(set.cols, 7);
    assert_null(set.label);
    assert_int_equal(set.classes, 0);
    assert_true(set.target[0] == 0.5 && set.target[1] == 2);
    crease_dataset_free(ctx, &set);
    crease_ctx_free(ctx);
}

/* Lines longer than the reader's buffer, packed and not. */
static void libsvm_long_lines(void **state)
{
    (void)state;
    enum { COLS = 60000 };
    crease_ctx *ctx = test_ctx();
    crease_dataset set;
    char *text = malloc(COLS * 40);
    size_t n = 0;
    for (int row = 0; row < 2; row++) {
        n += (size_t)sprintf(text + n, "%d", row);
        for (int j = 1; j <= COLS; j++) n += (size_t)sprintf(text + n, " %d:%d.5", j, row * j);
        n += (size_t)sprintf(text + n, "\n");
    }
    const char *paths[] = { write_file("long.svm", text, n), write_gzip("long.svm.gz", text, n) };
    for (int k = 0; k < 2; k++) {
        assert_ok(ctx, crease_read_libsvm(ctx, paths[k], 0, &set));
        assert_int_equal(set.rows, 2);
        assert_int_equal(set.cols, COLS);
        for (size_t j = 0; j < COLS; j++) assert_true(set.value[COLS + j] == (double)(j + 1) + 0.5);
        crease_dataset_free(ctx, &set);
    }
    free(text);
    crease_ctx_free(ctx);
}

static void check_csv(crease_ctx *ctx, const char *text, long label, const double *x,
                      const double *y)
{
    crease_dataset set;
    assert_ok(ctx, crease_read_csv(ctx, write_text("a.csv", text), label, &set));
    assert_int_equal(set.rows, 2);
    assert_int_equal(set.cols, 2);
    assert_memory_equal(set.dense, x, 4 * sizeof *x);
    assert_memory_equal(set.target, y, 2 * sizeof *y);
    crease_dataset_free(ctx, &set);
}

static void csv_tables(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    static const double x[] = { 1.5, -2, 3, 4e2 }, y[] = { 7, 5 };
    check_csv(ctx, "7,1.5,-2\n5,3,4e2\n", 0, x, y);
    check_csv(ctx, "y,a,b\r\n7, 1.5 ,-2\r\n\r\n5,3,4e2", 0, x, y);
    check_csv(ctx, "\xEF\xBB\xBF\"1st\",infant,nancy\n1.5,-2,7\n3,4e2,5\n", -1, x, y);
    check_csv(ctx, ",1x1,\n1.5,7,-2\n3,5,4e2\n\n", 1, x, y);
    check_csv(ctx, "1.5,7,-2\n3,5,4e2\n\n", -2, x, y);
    crease_ctx_free(ctx);
}

/* The program's locale must not change what a file says. */
static void decimal_point_in_any_locale(void **state)
{
    (void)state;
    if (!setlocale(LC_ALL, "de_DE.UTF-8")) skip();
    csv_tables(state);
    libsvm_text(state);
    setlocale(LC_ALL, "C");
}

/* --- npy ------------------------------------------------------------------------------------ */

static void npy_float32_bits(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    enum { N = 5000 };
    crease_array a = { .rank = 2, .shape = { 50, 100 }, .n = N, .real_bytes = 4 }, b;
    double data[N];
    crease_random r = crease_random_at(1, CREASE_STREAM_TEST, 0);
    for (size_t i = 0; i < N; i++) {
        uint32_t bits = crease_random_u32(&r) >> (i % 3 == 0 ? 9 : 0); /* a third denormal */
        float f;
        if ((bits & 0x7f800000u) == 0x7f800000u) bits |= 0x00400000u; /* no signalling NaN */
        memcpy(&f, &bits, sizeof f);
        data[i] = f;
    }
    a.data = data;
    const char *path = test_path("bits.npy");
    assert_ok(ctx, crease_write_npy(ctx, path, &a));
    assert_ok(ctx, crease_read_npy(ctx, path, &b));
    assert_int_equal(b.rank, 2);
    assert_int_equal(b.shape[1], 100);
    assert_int_equal(b.real_bytes, 4);
    assert_memory_equal(b.data, data, sizeof data);

    size_t n, m;
    const char *again = test_path("again.npy");
    assert_ok(ctx, crease_write_npy(ctx, again, &b));
    unsigned char *first = slurp(path, &n), *second = slurp(again, &m);
    assert_int_equal(n, 128 + 4 * N);
    assert_int_equal(n, m);
    assert_memory_equal(first, second, n);
    free(first);
    free(second);
    crease_release(ctx, b.data);
    crease_ctx_free(ctx);
}

static void npy_shapes(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    double data[24];
    for (int i = 0; i < 24; i++) data[i] = ldexp(1.0 / (i + 1), 100 * i - 1000);
    for (unsigned rank = 0; rank <= 4; rank++) {
        crease_array a = { .rank = rank, .n = 1, .real_bytes = 8, .data = data }, b;
        for (unsigned i = 0; i < rank; i++) a.n *= a.shape[i] = i + 1;
        const char *path = test_path("shape.npy");
        assert_ok(ctx, crease_write_npy(ctx, path, &a));
        assert_ok(ctx, crease_read_npy(ctx, path, &b));
        assert_int_equal(b.rank, rank);
        assert_int_equal(b.n, a.n);
        assert_memory_equal(b.shape, a.shape, sizeof a.shape);
        assert_memory_equal(b.data, data, a.n * sizeof *data);
        crease_release(ctx, b.data);
    }
    crease_array none = { .rank = 2, .shape = { 0, 3 }, .real_bytes = 8, .data = data }, b;
    const char *path = test_path("none.npy");
    assert_ok(ctx, crease_write_npy(ctx, path, &none));
    assert_ok(ctx, crease_read_npy(ctx, path, &b));
    assert_int_equal(b.n, 0);
    crease_release(ctx, b.data);
    crease_ctx_free(ctx);
}

static void npy_integers(void **state)
{
    (void)state;
    static const struct {
        const char *descr;
        unsigned bytes;
        double value; /* of the last entry: all bits set but the lowest */
    } cases[] = {
        { "|i1", 1, -2 },    { "<i2", 2, -2 },    { "<i4", 4, -2 },           { "<i8", 8, -2 },
        { "|u1", 1, 254.0 }, { "<u2", 2, 65534 }, { "<u4", 4, 4294967294.0 }, { "<u8", 8, 0x1p64 },
    };
    crease_ctx *ctx = test_ctx();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char header[200];
        unsigned char entries[16] = { 3 };
        memset(entries + cases[i].bytes, 0xff, cases[i].bytes);
        entries[cases[i].bytes] = 0xfe;
        snprintf(header, sizeof header, "{\"shape\": (2,), 'fortran_order': False, 'descr':'%s'}\n",
                 cases[i].descr);
        crease_array a;
        const char *path = make_npy(1 + i % 2, header, entries, 2 * cases[i].bytes);
        assert_ok(ctx, crease_read_npy(ctx, path, &a));
        assert_int_equal(a.real_bytes, 0);
        assert_int_equal(a.n, 2);
        assert_true(a.data[0] == 3 && a.data[1] == cases[i].value);
        crease_release(ctx, a.data);
    }
    crease_ctx_free(ctx);
}

/* --- planted data --------------------------------------------------------------------------- */

static const crease_planted spec = {
    .rows = 60, .cols = 49, .classes = 4, .live = 6, .noise = 0.5, .seed = 11
};

static void planted_continues(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    crease_dataset all, part, other;
    crease_planted tail = spec, reseeded = spec;
    tail.rows = 25;
    reseeded.seed++;
    double weights[4 * 49], again[4 * 49];
    assert_ok(ctx, crease_make_planted(ctx, &spec, 0, &all, weights));
    assert_ok(ctx, crease_make_planted(ctx, &tail, 35, &part, again));
    assert_ok(ctx, crease_make_planted(ctx, &reseeded, 0, &other, NULL));
    assert_memory_equal(weights, again, sizeof weights);
    assert_memory_equal(all.dense + 35 * 49, part.dense, 25 * 49 * sizeof(double));
    assert_memory_equal(all.label + 35, part.label, 25 * sizeof(int32_t));
    assert_memory_not_equal(all.dense, other.dense, 49 * sizeof(double));
    assert_memory_not_equal(all.dense, all.dense + 49, 49 * sizeof(double));
    assert_int_equal(all.image_height, 7);
    assert_int_equal(all.image_width, 7);
    crease_dataset_free(ctx, &all);
    crease_dataset_free(ctx, &part);
    crease_dataset_free(ctx, &other);
    crease_ctx_free(ctx);
}

static bool is_live(const double *weights, size_t j)
{
    for (size_t k = 0; k < spec.classes; k++)
        if (weights[k * spec.cols + j] != 0) return true;
    return false;
}

/* Without noise the labels must follow from the weights that are handed out. */
static void planted_truth(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    crease_planted clean = spec;
    clean.noise = 0;
    clean.rows = 1000;
    crease_dataset set;
    double weights[4 * 49];
    assert_ok(ctx, crease_make_planted(ctx, &clean, 5, &set, weights));
    size_t live = 0, count[4] = { 0 };
    for (size_t j = 0; j < clean.cols; j++) live += is_live(weights, j);
    assert_int_equal(live, clean.live);
    for (size_t i = 0; i < set.rows; i++) {
        long double logit[4] = { 0 };
        for (size_t k = 0; k < 4; k++)
            for (size_t j = 0; j < set.cols; j++)
                logit[k] += (long double)weights[k * set.cols + j] * set.dense[i * set.cols + j];
        for (size_t k = 0; k < 4; k++) assert_true(logit[set.label[i]] >= logit[k] - 1e-12L);
        count[set.label[i]]++;
    }
    for (size_t k = 0; k < 4; k++) assert_true(count[k] > 0);
    double mean = 0, square = 0, n = (double)(set.rows * set.cols);
    for (size_t i = 0; i < set.rows * set.cols; i++) {
        mean += set.dense[i] / n;
        square += set.dense[i] * set.dense[i] / n;
    }
    assert_true(fabs(mean) < 5 / sqrt(n) && fabs(square - 1) < 5 * sqrt(2 / n));
    crease_dataset_free(ctx, &set);
    crease_ctx_free(ctx);
}

static void planted_refuses(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    crease_dataset set;
    crease_planted p[6] = { spec, spec, spec, spec, spec, spec };
    p[0].live = 50;
    p[1].noise = NAN;
    p[2].classes = 1;
    p[3].cols = 0;
    p[4].cols = SIZE_MAX;
    p[5].rows = SIZE_MAX;
    static const char *const words[] = { "live",       "noise",     "two classes",
                                         "needs rows", "too large", "too large" };
    for (int i = 0; i < 6; i++)
        assert_fails(ctx, crease_make_planted(ctx, &p[i], 0, &set, NULL), CREASE_ERANGE, words[i]);
    crease_ctx_free(ctx);
}

/* --- where data is looked for ---------------------------------------------------------------- */

/* The environment as it was, at the end of the test. */
static void restore(const char *name, const char *value)
{
    if (*value)
        setenv(name, value, 1);
    else
        unsetenv(name);
}

static void search_order(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const char *variable = getenv("CREASE_DATA"), *xdg = getenv("XDG_DATA_HOME");
    char path[1000], data[1000], share[1000], kept_data[1000], kept_xdg[1000];
    snprintf(kept_data, sizeof kept_data, "%s", variable ? variable : "");
    snprintf(kept_xdg, sizeof kept_xdg, "%s", xdg ? xdg : "");
    snprintf(share, sizeof share, "%s", test_path("share"));
    snprintf(data, sizeof data, "%s", test_path("share/crease"));
    assert_int_equal(mkdir(share, 0777), 0);
    assert_int_equal(mkdir(data, 0777), 0);
    const char *whole = write_text("share/crease/only-here.txt", "x");
    unsetenv("CREASE_DATA");
    unsetenv("XDG_DATA_HOME");
    assert_fails(ctx, crease_data_find(ctx, "only-here.txt", path, sizeof path), CREASE_ENOTFOUND,
                 "CREASE_DATA (not set)");
    setenv("XDG_DATA_HOME", share, 1);
    assert_ok(ctx, crease_data_find(ctx, "only-here.txt", path, sizeof path));
    assert_string_equal(path, whole);
    setenv("XDG_DATA_HOME", "/nowhere", 1);
    setenv("CREASE_DATA", data, 1);
    assert_ok(ctx, crease_data_find(ctx, "only-here.txt", path, sizeof path));
    setenv("CREASE_DATA", "/nor-here", 1);
    assert_fails(ctx, crease_data_find(ctx, "only-here.txt", path, sizeof path), CREASE_ENOTFOUND,
                 "CREASE_DATA (/nor-here), ../shared/data, /nowhere/crease");
    assert_ok(ctx, crease_data_set_folder(ctx, data));
    assert_ok(ctx, crease_data_find(ctx, "only-here.txt", path, sizeof path));
    assert_fails(ctx, crease_data_find(ctx, "./only-here.txt", path, sizeof path), CREASE_ENOTFOUND,
                 "there is no ./only-here.txt");
    assert_ok(ctx, crease_data_set_folder(ctx, NULL));
    assert_ok(ctx, crease_data_find(ctx, whole, path, sizeof path));
    assert_fails(ctx, crease_data_find(ctx, "", path, sizeof path), CREASE_EINVAL, "empty");
    restore("CREASE_DATA", kept_data);
    restore("XDG_DATA_HOME", kept_xdg);
    assert_null(crease_collection_find(ctx, "cifar-99"));
    assert_non_null(strstr(crease_ctx_error(ctx)->sentence, "mnist, fashion-mnist"));
    crease_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idx_plain_and_gzip),
        cmocka_unit_test(libsvm_text),
        cmocka_unit_test(libsvm_long_lines),
        cmocka_unit_test(csv_tables),
        cmocka_unit_test(decimal_point_in_any_locale),
        cmocka_unit_test(npy_float32_bits),
        cmocka_unit_test(npy_shapes),
        cmocka_unit_test(npy_integers),
        cmocka_unit_test(planted_continues),
        cmocka_unit_test(planted_truth),
        cmocka_unit_test(planted_refuses),
        cmocka_unit_test(search_order),
    };
    return cmocka_run_group_tests_name("data", tests, NULL, NULL);
}

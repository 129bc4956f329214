/* Data readers on the files of the field, where they are found; skipped by name elsewhere. */
#include <math.h>

#include "files.h"

/* A context that also looks beside the sources, for builds outside of the source tree. */
static crease_ctx *real_ctx(void)
{
    crease_ctx *ctx = test_ctx();
    const char *sources = getenv("CREASE_SRCDIR");
    char folder[1000];
    if (sources && !getenv("CREASE_DATA")) {
        snprintf(folder, sizeof folder, "%s/../shared/data", sources);
        assert_ok(ctx, crease_data_set_folder(ctx, folder));
    }
    return ctx;
}

static void skip_unless_found(crease_ctx *ctx, const char *name, char *path, size_t size)
{
    if (crease_data_find(ctx, name, path, size) == CREASE_OK) return;
    print_message("%s was not found: skipped\n", name);
    crease_ctx_free(ctx);
    skip();
}

static double sum_bytes(const crease_dataset *set)
{
    double sum = 0;
    for (size_t i = 0; i < set->rows * set->cols; i++) sum += set->bytes[i];
    return sum;
}

/* Sums computed with NumPy from the same files. */
static void check_collection(const char *name, double train_sum, double test_sum,
                             const int32_t first[6])
{
    char path[1000], file[200];
    crease_ctx *ctx = real_ctx();
    snprintf(file, sizeof file, "%s/t10k-labels-idx1-ubyte.gz", name);
    skip_unless_found(ctx, file, path, sizeof path);
    const crease_collection *c = crease_collection_find(ctx, name);
    assert_non_null(c);
    assert_ok(ctx, crease_collection_verify(ctx, c));
    crease_dataset train, test;
    assert_ok(ctx, crease_collection_load(ctx, c, &train, &test));
    assert_int_equal(train.rows, 60000);
    assert_int_equal(test.rows, 10000);
    assert_int_equal(train.cols, 784);
    assert_int_equal(train.image_height, 28);
    assert_int_equal(train.classes, 10);
    assert_int_equal(test.classes, 10);
    assert_memory_equal(train.label, first, 6 * sizeof *first);
    assert_true(sum_bytes(&train) == train_sum);
    assert_true(sum_bytes(&test) == test_sum);
    crease_dataset_free(ctx, &train);
    crease_dataset_free(ctx, &test);
    crease_ctx_free(ctx);
}

static void real_mnist(void **state)
{
    (void)state;
    check_collection("mnist", 1567298545, 264923200, (int32_t[]){ 5, 0, 4, 1, 9, 2 });
}

static void real_fashion_mnist(void **state)
{
    (void)state;
    check_collection("fashion-mnist", 3431114169, 573469082, (int32_t[]){ 9, 0, 0, 3, 0, 2 });
}

/* moment = sum of index * value over all entries, from a Python script of five lines. */
static void real_libsvm(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t rows, cols, entries, classes;
        double moment;
    } files[] = {
        { "libsvm/a9a.gz", 32561, 123, 451592, 2, 22513357 },
        { "libsvm/a9a.t.gz", 16281, 122, 225731, 2, 11254800 },
        { "libsvm/australian", 690, 14, 9660, 2, 11644125.73000098 },
        { "libsvm/bodyfat", 252, 14, 3528, 0, 1350250.5500000017 },
        { "libsvm/colon-cancer.gz", 62, 2000, 124000, 2, 0.80061402159992667 },
        { "libsvm/german.numer", 1000, 24, 24000, 2, 789799 },
        { "libsvm/heart_scale", 270, 13, 3378, 2, -7168.5296029000065 },
        { "libsvm/leu.gz", 38, 7129, 270902, 2, -64136218.265449814 },
        { "libsvm/mushrooms", 8124, 112, 170604, 2, 9436716 },
        { "libsvm/phishing.gz", 11055, 68, 331650, 2, 1763494.3844602343 },
        { "libsvm/splice", 1000, 60, 60000, 2, 4570458 },
        { "libsvm/splice.t.gz", 3175, 60, 190500, 2, 14509910 },
        { "libsvm/w8a.gz", 49749, 300, 579586, 2, 88075727 },
    };
    crease_ctx *ctx = real_ctx();
    char path[1000];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        skip_unless_found(ctx, files[i].name, path, sizeof path);
        crease_dataset set;
        assert_ok(ctx, crease_read_libsvm(ctx, path, 0, &set));
        assert_int_equal(set.rows, files[i].rows);
        assert_int_equal(set.cols, files[i].cols);
        assert_int_equal(set.row_start[set.rows], files[i].entries);
        assert_int_equal(set.classes, files[i].classes);
        double moment = 0; /* in the script's order: the same bits */
        for (size_t e = 0; e < files[i].entries; e++) moment += set.value[e] * (set.col[e] + 1.0);
        assert_true(moment == files[i].moment);
        crease_dataset_free(ctx, &set);
    }
    crease_ctx_free(ctx);
}

static void real_csv(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t rows, cols;
        double first_target, last, target_sum, sum;
    } files[] = {
        { "grouplasso/bardet_gglasso.csv", 120, 100, 8.421886538, 0, 1006.901265147,
          2339.081545087407 },
        { "grouplasso/birthwt_grpreg_X16.csv", 189, 17, 2.523, 1, 556.527, 414 },
    };
    crease_ctx *ctx = real_ctx();
    char path[1000];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        skip_unless_found(ctx, files[i].name, path, sizeof path);
        crease_dataset set;
        assert_ok(ctx, crease_read_csv(ctx, path, 0, &set));
        assert_int_equal(set.rows, files[i].rows);
        assert_int_equal(set.cols, files[i].cols);
        assert_null(set.label);
        double target_sum = 0, sum = 0;
        for (size_t r = 0; r < set.rows; r++) target_sum += set.target[r];
        for (size_t e = 0; e < set.rows * set.cols; e++) sum += set.dense[e];
        assert_true(set.target[0] == files[i].first_target);
        assert_true(set.dense[set.rows * set.cols - 1] == files[i].last);
        assert_true(fabs(target_sum - files[i].target_sum) < 1e-9);
        assert_true(fabs(sum - files[i].sum) < 1e-9);
        crease_dataset_free(ctx, &set);
    }
    crease_dataset set; /* names of columns, not numbers */
    skip_unless_found(ctx, "grouplasso/birthwt_grpreg_groups.csv", path, sizeof path);
    assert_fails(ctx, crease_read_csv(ctx, path, 1, &set), CREASE_EPARSE,
                 "groups.csv:2: column 1: \"age1\"");
    crease_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_mnist),
        cmocka_unit_test(real_fashion_mnist),
        cmocka_unit_test(real_libsvm),
        cmocka_unit_test(real_csv),
    };
    return cmocka_run_group_tests_name("data, real files", tests, NULL, NULL);
}

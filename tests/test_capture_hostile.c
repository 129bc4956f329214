/* Captures that are none: damaged, foreign, of another version, or made to deceive with a right
 * checksum. Each is refused by one sentence that names the file, and nothing is left behind. */
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "capture_lies.h"
#include "files.h"

enum { HEAD = 512, N = CAPTURE_ENTRIES };

/* --- a good file, and the same with something changed
 * ---------------------------------------------------- */

/* The checksum over what follows the head, as src/experiment/h5.c describes it. */
static void seal(const char *path)
{
    size_t n;
    unsigned char *bytes = slurp(path, &n);
    char head[HEAD] = "";
    snprintf(head, sizeof head, "crease 1 %llu bytes crc32 %08lx\n", (unsigned long long)(n - HEAD),
             (unsigned long)crc32(crc32(0, NULL, 0), bytes + HEAD, (unsigned)(n - HEAD)));
    memcpy(bytes, head, HEAD);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    fclose(file);
    free(bytes);
}

static void make_good(crease_ctx *ctx, const char *path, const char *regularizer, bool lists)
{
    double c[N], d[N], x0[N], v[N], weights[4] = { 1, 2, 0, INFINITY };
    size_t start[5] = { 0, 3, 6, 9, 12 };
    uint32_t index[N];
    crease_groups groups = crease_groups_cols(0, 3, 4);
    crease_regularizer *psi = crease_regularizer_create(ctx, regularizer);
    for (size_t i = 0; i < N; i++) {
        d[i] = 1 + 0.5 * (double)i;
        x0[i] = sin((double)i);
        v[i] = cos((double)i);
        c[i] = d[i] * x0[i] - v[i];
        index[i] = (uint32_t)(N - 1 - i);
    }
    if (lists) {
        assert_ok(ctx, crease_groups_from_lists(ctx, 4, start, index, &groups));
        assert_ok(ctx, crease_groups_set_weights(ctx, &groups, weights));
    }
    crease_capture k = {
        .ctx = ctx, .start = x0, .problem = "p", .label = "l", .algorithm = "a", .block = "b"
    };
    k.p = (crease_subproblem){ .ctx = ctx,
                               .backend = crease_backend_find(ctx, "cpu-f64"),
                               .n = N,
                               .c = c,
                               .d = d,
                               .x0 = x0,
                               .v = v,
                               .w = 0.5,
                               .psi = psi,
                               .groups = &groups,
                               .paper_scale = 1,
                               .step = 3 };
    assert_ok(ctx, crease_capture_write(ctx, path, &k));
    if (lists) crease_groups_free(ctx, &groups);
    crease_regularizer_free(psi);
}

/* Whether the file is refused; its sentence must name it. */
static bool refused(const char *path, int *code)
{
    tally t = { 0 };
    crease_ctx *ctx = tally_ctx(&t);
    crease_capture *k = NULL;
    *code = crease_capture_read(ctx, path, NULL, &k);
    const char *sentence = crease_ctx_error(ctx)->sentence;
    if (*code != CREASE_OK) {
        assert_null(k);
        if (!strstr(sentence, path) || strchr(sentence, '\n')) fail_msg("it says '%s'", sentence);
    }
    crease_capture_free(k);
    crease_ctx_free(ctx);
    assert_int_equal(t.in_use, 0);
    return *code != CREASE_OK;
}

static void assert_refused(const char *path, const char *what, const char *words)
{
    crease_ctx *ctx = test_ctx();
    crease_capture *k = NULL;
    int code;
    if (!refused(path, &code)) fail_msg("%s: taken", what);
    code = crease_capture_read(ctx, path, NULL, &k);
    if (!strstr(crease_ctx_error(ctx)->sentence, words))
        fail_msg("%s: it says '%s', not '%s'", what, crease_ctx_error(ctx)->sentence, words);
    crease_ctx_free(ctx);
}

/* --- lies
 * ---------------------------------------------------------------------------------------------------
 */

static void refuse_all(const capture_lie *lies, const char *regularizer, bool lists)
{
    crease_ctx *ctx = test_ctx();
    char path[500];
    int code;
    snprintf(path, sizeof path, "%s", test_path("lie.h5"));
    make_good(ctx, path, regularizer, lists);
    assert_false(refused(path, &code));
    for (size_t i = 0; lies[i].name; i++) {
        make_good(ctx, path, regularizer, lists);
        hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
        assert_true(file >= 0);
        lies[i].change(file);
        assert_true(H5Fclose(file) >= 0);
        seal(path);
        assert_refused(path, lies[i].name, lies[i].words);
    }
    crease_ctx_free(ctx);
}

static void lies_are_refused(void **state)
{
    (void)state;
    refuse_all(capture_lies_of_strides, "group_l2", false);
    refuse_all(capture_lies_of_lists, "l1", true);
}

/* --- damage
 * ------------------------------------------------------------------------------------------------------
 */

static void damage_is_refused(void **state)
{
    crease_ctx *ctx = test_ctx();
    crease_random random = crease_random_at(5, CREASE_STREAM_TEST, 0);
    char good[500], path[500];
    size_t n;
    int code;
    (void)state;
    snprintf(good, sizeof good, "%s", test_path("good.h5"));
    snprintf(path, sizeof path, "%s", test_path("damaged.h5"));
    make_good(ctx, good, "l1", true);
    unsigned char *bytes = slurp(good, &n);
    for (size_t trial = 0; trial < crease_test_count(4000); trial++) {
        size_t at = crease_random_below(&random, n), keep = trial % 4 == 0 ? at : n;
        unsigned char flip = (unsigned char)(1 << trial % 8);
        bytes[at] ^= flip;
        write_file("damaged.h5", bytes, keep);
        bytes[at] ^= flip;
        bool in_gap = keep == n && at >= strlen((char *)bytes) && at < HEAD; /* nobody looks there */
        if (!refused(path, &code) && !in_gap)
            fail_msg("a file damaged at byte %zu of %zu is taken", at, n);
    }
    free(bytes);
    crease_ctx_free(ctx);
}

static void foreign_files_are_refused(void **state)
{
    (void)state;
    assert_refused(write_text("text.h5", "no HDF5 at all\n"), "text",
                   "damaged, or was not written by crease");
    assert_refused(write_text("empty.h5", ""), "empty", "damaged, or was not written by crease");
    hid_t file = H5Fcreate(test_path("foreign.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(file >= 0 && H5Fclose(file) >= 0);
    assert_refused(test_path("foreign.h5"), "foreign", "damaged, or was not written by crease");
    char sealed[2 * HEAD];
    memset(sealed, 'x', sizeof sealed);
    const char *path = write_file("sealed.h5", sealed, sizeof sealed);
    seal(path);
    assert_refused(path, "sealed", "no HDF5 file");
}

/* Every allocation in turn fails: CREASE_ENOMEM, nothing left behind. */
static void memory_runs_out(void **state)
{
    crease_ctx *made = test_ctx();
    char path[500];
    (void)state;
    snprintf(path, sizeof path, "%s", test_path("memory.h5"));
    make_good(made, path, "l1", true);
    for (size_t k = 1;; k++) {
        tally t = { 0 };
        crease_ctx *ctx = tally_ctx(&t);
        crease_capture *capture = NULL;
        t.requests = 0;
        t.fail_at = k;
        int code = crease_capture_read(ctx, path, NULL, &capture);
        if (code != CREASE_OK) assert_int_equal(code, CREASE_ENOMEM);
        bool through = t.requests < k;
        crease_capture_free(capture);
        crease_ctx_free(ctx);
        assert_int_equal(t.in_use, 0);
        assert_int_equal(code == CREASE_OK, through);
        if (through) break;
        assert_true(k < 200);
    }
    crease_ctx_free(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lies_are_refused),
        cmocka_unit_test(damage_is_refused),
        cmocka_unit_test(foreign_files_are_refused),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

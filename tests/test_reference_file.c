/* Reference files: what is written is what is read, to the bit, NaN included; what is damaged, foreign
 * or made to deceive with a right checksum is refused by one sentence that names the file. */
#include <hdf5.h>
#include <math.h>
#include <stdio.h>

#include "files.h"

enum { HEAD = 512, N = 7, UNITS = 5 };

/* --- a reference ---------------------------------------------------------------------------------- */

static double x[N] = { 1, 0, -0.25, 1e-300, 3, 0, 1. / 3 },
              gradient[N] = { -1, 0.5, 1, 1e300, 0, -0.0, 2 };
static crease_unit unit[UNITS] = { 1, 0, 7, 0, UINT32_MAX };
static crease_margin margin[UNITS] = {
    { NAN, 1, 0 }, { 0.5, NAN, 1 }, { NAN, 0.25, 0 }, { INFINITY, NAN, INFINITY }, { NAN, NAN, 0 }
};
static unsigned char tight[UNITS] = { 1, 0, 1, 1, 1 };

static crease_reference make(void)
{
    return (crease_reference){ .n = N,
                               .units = UNITS,
                               .x = x,
                               .gradient = gradient,
                               .unit = unit,
                               .margin = margin,
                               .tight = tight,
                               .objective = 0.1,
                               .certificate = 3e-16,
                               .delta = NAN,
                               .Delta = 0.25,
                               .least_eigenvalue = NAN,
                               .largest_eigenvalue = 4.5,
                               .unique = true,
                               .iterations = 12345678,
                               .seconds = 0.7,
                               .solver = "prox_newton",
                               .source = "invented, 7 columns",
                               .hash = "0f1e" };
}

static void assert_same_numbers(size_t n, const double *a, const double *b)
{
    for (size_t i = 0; i < n; i++) assert_memory_equal(&a[i], &b[i], sizeof *a);
}

static void assert_same(const crease_reference *a, const crease_reference *b)
{
    const double numbers[][6] = {
        { a->objective, a->certificate, a->delta, a->Delta, a->least_eigenvalue,
          a->largest_eigenvalue },
        { b->objective, b->certificate, b->delta, b->Delta, b->least_eigenvalue,
          b->largest_eigenvalue },
    };
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->units, b->units);
    assert_same_numbers(a->n, a->x, b->x);
    assert_same_numbers(a->n, a->gradient, b->gradient);
    assert_memory_equal(a->unit, b->unit, a->units * sizeof *a->unit);
    assert_memory_equal(a->tight, b->tight, a->units);
    for (size_t u = 0; u < a->units; u++) {
        const double of_a[] = { a->margin[u].slack, a->margin[u].size, a->margin[u].threshold };
        const double of_b[] = { b->margin[u].slack, b->margin[u].size, b->margin[u].threshold };
        assert_same_numbers(3, of_a, of_b);
    }
    assert_same_numbers(6, numbers[0], numbers[1]);
    assert_true(a->unique == b->unique && a->degenerate == b->degenerate);
    assert_true(a->iterations == b->iterations && a->seconds == b->seconds);
    assert_string_equal(a->solver, b->solver);
    assert_string_equal(a->source, b->source);
    assert_string_equal(a->hash, b->hash);
}

static void round_trips(void **state)
{
    crease_ctx *ctx = test_ctx();
    crease_reference a = make(), b;
    (void)state;
    assert_ok(ctx, crease_reference_write(ctx, test_path("r.h5"), &a));
    assert_ok(ctx, crease_reference_read(ctx, test_path("r.h5"), &b));
    assert_same(&a, &b);
    crease_reference_free(ctx, &b);
    assert_true(!b.x && b.n == 0);
    crease_reference_free(ctx, &b); /* zeroed is fine */

    a.unique = false, a.degenerate = true, a.hash[0] = '\0';
    assert_ok(ctx, crease_reference_write(ctx, test_path("r.h5"), &a)); /* over the other */
    assert_ok(ctx, crease_reference_read(ctx, test_path("r.h5"), &b));
    assert_same(&a, &b);
    crease_reference_free(ctx, &b);
    crease_ctx_free(ctx);
}

/* No regularizers, no units; and words that are not plain ASCII. */
static void odd_ones_round_trip(void **state)
{
    crease_ctx *ctx = test_ctx();
    crease_reference a = make(), b;
    (void)state;
    a.units = 0;
    snprintf(a.source, sizeof a.source, "d\xc3\xa4ten\n.csv");
    assert_ok(ctx, crease_reference_write(ctx, test_path("r.h5"), &a));
    assert_ok(ctx, crease_reference_read(ctx, test_path("r.h5"), &b));
    assert_true(b.units == 0 && b.n == N);
    assert_string_equal(b.source, "d??ten?.csv");
    crease_reference_free(ctx, &b);
    assert_int_equal(crease_reference_write(ctx, "/nowhere/at/all.h5", &a), CREASE_EIO);
    assert_int_equal(crease_reference_read(ctx, test_path("none.h5"), &b), CREASE_ENOTFOUND);
    assert_true(!b.x && !b.unit);
    crease_ctx_free(ctx);
}

/* --- bad files ------------------------------------------------------------------------------------ */

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

/* Whether the file is refused, with a sentence that names it and holds the words, and nothing left
 * behind. */
static bool refused(const char *path, const char *words)
{
    tally t = { 0 };
    crease_ctx *ctx = tally_ctx(&t);
    crease_reference r;
    int code = crease_reference_read(ctx, path, &r);
    const char *sentence = crease_ctx_error(ctx)->sentence;
    if (code != CREASE_OK && (!strstr(sentence, path) || !strstr(sentence, words) || r.x))
        fail_msg("it says '%s', not '%s'", sentence, words);
    crease_reference_free(ctx, &r);
    crease_ctx_free(ctx);
    assert_int_equal(t.in_use, 0);
    return code != CREASE_OK;
}

static void put(hid_t file, const char *name, hid_t type, hsize_t n, const void *data)
{
    H5Ldelete(file, name, H5P_DEFAULT);
    hid_t space = H5Screate_simple(1, &n, NULL);
    hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(set >= 0 && H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
    H5Dclose(set);
    H5Sclose(space);
}

static void note(hid_t file, const char *name, hid_t type, const void *value)
{
    H5Adelete(file, name);
    hid_t space = H5Screate(H5S_SCALAR),
          a = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(a >= 0 && H5Awrite(a, type, value) >= 0);
    H5Aclose(a);
    H5Sclose(space);
}

static void write_format(hid_t file)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, 19);
    note(file, "format", type, "crease reference 9");
    H5Tclose(type);
}

static void drop_x(hid_t file)
{
    H5Ldelete(file, "x", H5P_DEFAULT);
}

static void shorten_gradient(hid_t file)
{
    put(file, "gradient", H5T_NATIVE_DOUBLE, N - 1, gradient);
}

static void lengthen_tight(hid_t file)
{
    static const unsigned char more[UNITS + 1];
    put(file, "tight", H5T_NATIVE_UCHAR, UNITS + 1, more);
}

static void write_other_tight(hid_t file)
{
    put(file, "tight", H5T_NATIVE_UCHAR, UNITS, (unsigned char[UNITS]){ 1, 0, 2, 0, 1 });
}

static void write_nan(hid_t file)
{
    put(file, "x", H5T_NATIVE_DOUBLE, N, (double[N]){ 1, 2, NAN });
}

static void write_floats(hid_t file)
{
    put(file, "x", H5T_NATIVE_FLOAT, N, (float[N]){ 1, 2, 3 });
}

static void write_objective(hid_t file)
{
    note(file, "objective", H5T_NATIVE_DOUBLE, &(double){ INFINITY });
}

static void write_certificate(hid_t file)
{
    note(file, "certificate", H5T_NATIVE_DOUBLE, &(double){ -1 });
}

static void write_flag(hid_t file)
{
    note(file, "unique", H5T_NATIVE_UCHAR, &(unsigned char){ 2 });
}

static void drop_hash(hid_t file)
{
    H5Adelete(file, "hash");
}

static void lies_are_refused(void **state)
{
    static const struct {
        void (*change)(hid_t file);
        const char *words;
    } lies[] = {
        { write_format, "its format is 'crease reference 9'" },
        { drop_x, "'x' is missing" },
        { shorten_gradient, "differ in length" },
        { lengthen_tight, "'unit' and 'tight' differ in length" },
        { write_other_tight, "entry 2 of 'tight'" },
        { write_nan, "entry 2 of 'x' or 'gradient'" },
        { write_floats, "'x' is missing or not the 7 numbers" },
        { write_objective, "the objective or the certificate" },
        { write_certificate, "the objective or the certificate" },
        { write_flag, "'unique' is neither 0 nor 1" },
        { drop_hash, "'hash' of '/' is missing" },
    };
    crease_ctx *ctx = test_ctx();
    crease_reference good = make();
    char path[500];
    (void)state;
    snprintf(path, sizeof path, "%s", test_path("lie.h5"));
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        assert_ok(ctx, crease_reference_write(ctx, path, &good));
        hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
        assert_true(file >= 0);
        lies[i].change(file);
        assert_true(H5Fclose(file) >= 0);
        seal(path);
        if (!refused(path, lies[i].words)) fail_msg("a file where %s is taken", lies[i].words);
    }
    crease_ctx_free(ctx);
}

static void damage_is_refused(void **state)
{
    crease_ctx *ctx = test_ctx();
    crease_random random = crease_random_at(6, CREASE_STREAM_TEST, 0);
    crease_reference good = make();
    char path[500];
    size_t n;
    (void)state;
    snprintf(path, sizeof path, "%s", test_path("damaged.h5"));
    assert_ok(ctx, crease_reference_write(ctx, path, &good));
    unsigned char *bytes = slurp(path, &n);
    for (size_t trial = 0; trial < crease_test_count(4000); trial++) {
        size_t at = crease_random_below(&random, n), keep = trial % 4 == 0 ? at : n;
        unsigned char flip = (unsigned char)(1 << trial % 8);
        bytes[at] ^= flip;
        write_file("damaged.h5", bytes, keep);
        bytes[at] ^= flip;
        bool in_gap = keep == n && at >= strlen((char *)bytes) && at < HEAD; /* nobody looks there */
        if (!refused(path, "") && !in_gap)
            fail_msg("a file damaged at byte %zu of %zu is taken", at, n);
    }
    free(bytes);
    assert_true(
        refused(write_text("text.h5", "no HDF5 at all\n"), "damaged, or was not written by crease"));
    crease_ctx_free(ctx);
}

/* Every allocation in turn fails: CREASE_ENOMEM, nothing left behind, neither reading nor writing. */
static void memory_runs_out(void **state)
{
    crease_ctx *made = test_ctx();
    crease_reference good = make(), r;
    char path[500];
    (void)state;
    snprintf(path, sizeof path, "%s", test_path("memory.h5"));
    assert_ok(made, crease_reference_write(made, path, &good));
    for (int writing = 0; writing < 2; writing++)
        for (size_t k = 1, through = 0; !through; k++) {
            tally t = { 0 };
            crease_ctx *ctx = tally_ctx(&t);
            t.requests = 0;
            t.fail_at = k;
            int code = writing ? crease_reference_write(ctx, path, &good)
                               : crease_reference_read(ctx, path, &r);
            through = t.requests < k;
            assert_int_equal(code, through ? CREASE_OK : CREASE_ENOMEM);
            if (!writing) crease_reference_free(ctx, &r);
            crease_ctx_free(ctx);
            assert_int_equal(t.in_use, 0);
            assert_true(k < 100);
        }
    crease_ctx_free(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trips),      cmocka_unit_test(odd_ones_round_trip),
        cmocka_unit_test(lies_are_refused), cmocka_unit_test(damage_is_refused),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

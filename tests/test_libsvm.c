/* The fast reader of LIBSVM text: short decimals against strtod, files of many values and many entries,
 * and what `crease data describe` says of them. */
#include <math.h>

#include "cli_support.h"
#include "files.h"

#include "../src/data/input.h"

/* --- short decimals ------------------------------------------------------------------------- */

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* NULL, or exactly what strtod makes of it, to the same end. True in the second case. */
static bool agrees_with_strtod(const char *text)
{
    double value;
    char *end;
    const char *at = crease_input_decimal(text, &value);
    if (!at) return false;
    double expected = strtod(text, &end);
    if (at != end || !same_bits(value, expected))
        fail_msg("\"%s\": %a instead of %a", text, value, expected);
    return true;
}

/* Sign, digits with a point somewhere or nowhere, perhaps an exponent, perhaps something behind. */
static void draw_decimal(crease_random *r, char *text)
{
    static const char *const signs[] = { "", "", "", "-", "+" };
    static const char *const ends[] = { "", "", "", "", " 1", "\t", ",", ":3", "e", ".", "x" };
    size_t digits = 1 + crease_random_below(r, 21), point = crease_random_below(r, 2 * digits);
    text += sprintf(text, "%s", signs[crease_random_below(r, 5)]);
    for (size_t i = 0; i < digits; i++) {
        if (i == point) *text++ = '.';
        *text++ = (char)('0' + crease_random_below(r, 10));
    }
    if (crease_random_below(r, 3) == 0)
        text += sprintf(text, "%c%s%d", "eE"[crease_random_below(r, 2)],
                        signs[crease_random_below(r, 5)], (int)crease_random_below(r, 30));
    sprintf(text, "%s", ends[crease_random_below(r, 11)]);
}

static void decimals_as_strtod(void **state)
{
    (void)state;
    crease_random r = crease_random_at(3, CREASE_STREAM_TEST, 0);
    size_t n = crease_test_count(5000000), read = 0;
    for (size_t i = 0; i < n; i++) {
        char text[80];
        draw_decimal(&r, text);
        read += agrees_with_strtod(text);
    }
    assert_true(read > n / 2);
}

static void decimals_at_the_edge(void **state)
{
    (void)state;
    /* clang-format off */
    static const char *const read[] = {
        "0", "-0", "+0.0", "0e22", "5.", ".5", "-.5e-1", "9007199254740992",
        "9007199254740991e22", "9007199254740992e-22", "-0.9007199254740991", "1e22", "1e-22",
        "0000000000000000001", "1E+07", "12:3", "1,2", "1e05 ", "00.00e-00",
        "450359962737049.5"
    };
    static const char *const left[] = {
        "", " 1", "-", "+", ".", "-.", "e5", ".e5", "1e", "1e+", "1e-x", "inf", "nan", "--1",
        "+-1", "9007199254740993", "9007199254740993e1", "1e23", "1e-23", "0.1e-22", "1e100",
        "1e-324", "1e4294967297", "1e18446744073709551617",
        "00000000000000000001", "0.12345678901234567890", "99999999999999999999",
        "1.000000000000000000", "123456789012345678901234"
    };
    /* clang-format on */
    double value;
    for (size_t i = 0; i < sizeof read / sizeof *read; i++)
        if (!agrees_with_strtod(read[i])) fail_msg("\"%s\" is not read", read[i]);
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        if (crease_input_decimal(left[i], &value)) fail_msg("\"%s\" is read", left[i]);
}

/* --- files ------------------------------------------------------------------------------------- */

/* Values of every length come through the file as strtod reads them: short, or left to strtod. */
static void libsvm_values(void **state)
{
    (void)state;
    enum { N = 4000 };
    crease_ctx *ctx = test_ctx();
    crease_random r = crease_random_at(4, CREASE_STREAM_TEST, 0);
    crease_dataset set;
    double expected[N];
    char *text = malloc(N * 60), *at = text;
    for (int i = 0; i < N; i++) {
        char number[40];
        double x = crease_random_normal(&r) * pow(10, 40 * crease_random_uniform(&r) - 20);
        sprintf(number, "%.*g", 1 + (int)crease_random_below(&r, 18), x);
        expected[i] = strtod(number, NULL);
        at += sprintf(at, "%s %d:%s\n", number, i + 1, number);
    }
    assert_ok(ctx, crease_read_libsvm(ctx, write_text("values.svm", text), 0, &set));
    assert_int_equal(set.rows, N);
    assert_memory_equal(set.value, expected, sizeof expected);
    assert_memory_equal(set.target, expected, sizeof expected);
    crease_dataset_free(ctx, &set);
    crease_array a;
    for (char *c = text; *c; c++)
        if (*c == ':') *c = ',';
    assert_ok(ctx, crease_read_numbers(ctx, write_text("values.txt", text), &a));
    assert_int_equal(a.n, 3 * N);
    for (size_t i = 0; i < N; i++)
        assert_true(same_bits(a.data[3 * i], expected[i]) && same_bits(a.data[3 * i + 2], expected[i]));
    crease_release(ctx, a.data);
    free(text);
    crease_ctx_free(ctx);
}

/* More entries than the largest piece of memory that the reader takes at once. */
static void libsvm_many_entries(void **state)
{
    (void)state;
    enum { ROWS = 7000, EACH = 600 };
    tally t = { 0 };
    crease_ctx *ctx = tally_ctx(&t);
    crease_dataset set;
    FILE *file = fopen(test_path("many.svm"), "wb");
    assert_non_null(file);
    for (int i = 0; i < ROWS; i++) {
        fprintf(file, "%d", i % 3);
        for (int j = 1; j <= EACH - i % 7; j++) fprintf(file, " %d:%d", j, (i + j) % 10);
        fputc('\n', file);
    }
    fclose(file);
    assert_ok(ctx, crease_read_libsvm(ctx, test_path("many.svm"), 0, &set));
    assert_int_equal(set.rows, ROWS);
    for (int i = 0; i < ROWS; i++) {
        size_t start = set.row_start[i], n = set.row_start[i + 1] - start;
        assert_int_equal(n, EACH - i % 7);
        for (size_t j = 0; j < n; j++)
            if (set.col[start + j] != j || set.value[start + j] != (double)((i + (int)j + 1) % 10))
                fail_msg("row %d, entry %zu", i, j);
    }
    crease_dataset_free(ctx, &set);
    crease_ctx_free(ctx);
    assert_int_equal(t.in_use, 0);
}

/* Rows without an entry are rows where the number of columns is known. */
static void libsvm_no_entries(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    crease_dataset set;
    assert_ok(ctx, crease_read_libsvm(ctx, write_text("empty.svm", "1\n-1\n"), 5, &set));
    assert_int_equal(set.rows, 2);
    assert_int_equal(set.cols, 5);
    assert_int_equal(set.row_start[2], 0);
    assert_true(set.value && set.col);
    crease_dataset_free(ctx, &set);
    crease_ctx_free(ctx);
}

static void described(void **state)
{
    (void)state;
    cli_result r;
    const char *table = write_text("a.csv", "1,2,0.5\n3,4,2.5\n");
    CLI_RUN(&r, "data", "describe", write_text("d.svm", "+1 1:0.5 4:2\n-1 2:1\n+1\n"));
    cli_expect(&r, 0, "rows     3\ncolumns  4\nentries  3, 25 % of the table\n");
    cli_expect(&r, 0, "labels   2 classes: -1 (1 rows), 1 (2 rows)\nread ");
    CLI_RUN(&r, "data", "describe", table);
    cli_expect(&r, 0, "rows     2\ncolumns  2\ntargets  real numbers\nread ");
    CLI_RUN(&r, "data", "describe", table, "--label-column", "0");
    cli_expect(&r, 0, "labels   2 classes: 1 (1 rows), 3 (1 rows)\n");
    CLI_RUN(&r, "data", "describe", table, "--label-column", "first");
    cli_expect(&r, 2, "--label-column");
    CLI_RUN(&r, "data", "describe", write_text("wrong.svm", "1 1:2\n1 1:2 1:3\n"));
    cli_expect(&r, 2, "wrong.svm:2: index 1 follows index 1");
    CLI_RUN(&r, "data", "describe", "/nowhere/at.svm");
    cli_expect(&r, 2, "/nowhere/at.svm");
    CLI_RUN(&r, "data", "describe");
    cli_expect(&r, 2, "describe needs a file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimals_as_strtod), cmocka_unit_test(decimals_at_the_edge),
        cmocka_unit_test(libsvm_values),      cmocka_unit_test(libsvm_many_entries),
        cmocka_unit_test(libsvm_no_entries),  cmocka_unit_test(described),
    };
    return cmocka_run_group_tests_name("libsvm", tests, NULL, NULL);
}

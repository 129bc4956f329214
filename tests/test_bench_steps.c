/* crease bench steps on small generated problems: what the table says follows from the points it was
 * made of, ends at the cap are no times, and wrong use is told. Times are not judged. */
#include "cli_support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    KIND,
    PROBLEM,
    SHARE,
    LAMBDA,
    REFERENCE,
    CERTIFICATE,
    METHOD,
    LEVEL,
    OUTCOME,
    SECONDS,
    STEPS,
    RATIO,
    REPEATS,
    SUBOPTIMALITY,
    NOTE,
    FIELDS
};
enum { MOST_ROWS = 6000 };

typedef struct {
    char text[1 << 20];
    char *field[MOST_ROWS][FIELDS];
    size_t rows;
} table;

/* No field of these tables holds a comma. */
static void read_table(const char *path, table *t)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    t->text[fread(t->text, 1, sizeof t->text - 1, file)] = '\0';
    fclose(file);
    t->rows = 0;
    for (char *at = t->text; *at; t->rows++) {
        assert_true(t->rows < MOST_ROWS);
        for (size_t k = 0; k < FIELDS; k++) {
            char *end = at + strcspn(at, ",\n");
            assert_int_equal(*end, k + 1 < FIELDS ? ',' : '\n');
            t->field[t->rows][k] = at;
            *end = '\0';
            at = end + 1;
        }
    }
    assert_string_equal(t->field[0][KIND], "kind");
    assert_string_equal(t->field[0][NOTE], "note");
}

static double number(const table *t, size_t row, size_t field)
{
    char *end;
    double value = strtod(t->field[row][field], &end);
    if (*end || end == t->field[row][field])
        fail_msg("row %zu, method %s: '%s' is no number", row, t->field[row][METHOD],
                 t->field[row][field]);
    return value;
}

static bool same(const table *t, size_t a, size_t b, size_t field)
{
    return strcmp(t->field[a][field], t->field[b][field]) == 0;
}

static bool same_case(const table *t, size_t a, size_t b)
{
    return same(t, a, b, PROBLEM) && same(t, a, b, SHARE);
}

/* The steps of a level are those of the first point at or below it; points are in order, and start at
 * the origin. */
static void check_against_points(const table *t, size_t row)
{
    double level = number(t, row, LEVEL), last = -1, least = INFINITY;
    size_t first = 0;
    for (size_t r = 1; r < t->rows; r++) {
        if (strcmp(t->field[r][KIND], "point") != 0 || !same_case(t, r, row)
            || !same(t, r, row, METHOD))
            continue;
        assert_true(number(t, r, STEPS) > last);
        last = number(t, r, STEPS);
        least = fmin(least, number(t, r, SUBOPTIMALITY));
        if (!first && number(t, r, SUBOPTIMALITY) <= level) first = r;
    }
    assert_true(first > 0);
    assert_true(number(t, row, STEPS) == number(t, first, STEPS));
    assert_true(least > -1e-12); /* nobody is below the reference */
}

static void check_ratio(const table *t, size_t row)
{
    for (size_t r = 1; r < t->rows; r++) {
        if (strcmp(t->field[r][METHOD], "fista") != 0 || !same_case(t, r, row)
            || !same(t, r, row, LEVEL))
            continue;
        double ratio = number(t, row, SECONDS) / number(t, r, SECONDS);
        assert_true(fabs(number(t, row, RATIO) - ratio) <= 1e-4 * ratio);
        return;
    }
    fail_msg("no row of fista");
}

static void check_level(const table *t, size_t row)
{
    assert_string_equal(t->field[row][OUTCOME], "reached");
    assert_true(number(t, row, SECONDS) > 0);
    assert_true(number(t, row, REPEATS) == 2);
    assert_true(number(t, row, CERTIFICATE) < 1e-11);
    check_ratio(t, row);
    check_against_points(t, row);
}

static size_t count_methods(void)
{
    crease_ctx *ctx = test_ctx();
    const crease_type *type;
    size_t n = 0;
    for (size_t i = 0; (type = crease_type_at(ctx, CREASE_ALGORITHM, i)); i++)
        n += ((const crease_algorithm_type *)type)->deterministic;
    crease_ctx_free(ctx);
    return n;
}

static void test_table(void **state)
{
    (void)state;
    static table t;
    static cli_result r;
    const char *csv = test_path("steps.csv");
    CLI_RUN(&r, "bench", "steps", "--problems", "planted-l1,planted-groups", "--lambda", "0.3,0.1",
            "--repeats", "2", "--seconds", "1000", "--csv", csv);
    cli_expect(&r, 0, "planted-groups, lambda 0.1 of the largest");
    assert_null(strstr(r.out, "beware"));
    read_table(csv, &t);
    size_t levels = 0;
    for (size_t row = 1; row < t.rows; row++) {
        if (strcmp(t.field[row][KIND], "level") != 0) continue;
        check_level(&t, row);
        levels++;
    }
    assert_int_equal(levels, 4 * 2 * count_methods());
}

/* lambda is the share of the least one with which zero solves the problem: at 1, nothing is to be done.
 */
static void test_largest_lambda(void **state)
{
    (void)state;
    static table t;
    static cli_result r;
    const char *csv = test_path("largest.csv");
    CLI_RUN(&r, "bench", "steps", "--problems", "planted-groups", "--lambda", "1,0.5", "--repeats", "1",
            "--methods", "manifold_newton", "--csv", csv);
    cli_expect(&r, 0, "manifold_newton");
    read_table(csv, &t);
    double largest = number(&t, 1, LAMBDA), F = number(&t, 1, REFERENCE);
    for (size_t row = 1; row < t.rows; row++) {
        double share = number(&t, row, SHARE);
        assert_true(fabs(number(&t, row, LAMBDA) - share * largest) <= 1e-9 * largest);
        if (share == 1)
            assert_true(number(&t, row, REFERENCE) == F);
        else
            assert_true(number(&t, row, REFERENCE) < F * (1 - 1e-4)); /* zero solves it no longer */
    }
}

/* With steps a billionth as long as they may be. */
static void test_cap(void **state)
{
    (void)state;
    static table t;
    static cli_result r;
    const char *csv = test_path("cap.csv");
    CLI_RUN(&r, "bench", "steps", "--problems", "planted-groups", "--lambda", "0.1", "--methods",
            "pg:L=1e9", "--seconds", "1e-3", "--csv", csv);
    cli_expect(&r, 0, "> 0.001");
    read_table(csv, &t);
    for (size_t row = 1; row < 3; row++) {
        assert_string_equal(t.field[row][OUTCOME], "cap");
        assert_string_equal(t.field[row][SECONDS], "");
        assert_string_equal(t.field[row][RATIO], "");
        assert_string_equal(t.field[row][REPEATS], "1");
    }
}

static void test_no_data(void **state)
{
    (void)state;
    static cli_result r;
    setenv("XDG_DATA_HOME", test_path("nothing"), 1);
    unsetenv("CREASE_DATA");
    assert_int_equal(chdir("/"), 0);
    CLI_RUN(&r, "bench", "steps", "--problems", "leu-l1");
    cli_expect(&r, 0, "leu-l1: left out; ");
}

static void test_wrong_use(void **state)
{
    (void)state;
    static const struct {
        const char *args[7], *words;
    } cases[] = {
        { { "bench", "steps", "--problems", "leu-11" }, "did you mean 'leu-l1'?" },
        { { "bench", "steps", "--problems", "xylophone" }, "there are a9a-l1, a9a-groups" },
        { { "bench", "steps", "--methods", "ramda" }, "ramda is not deterministic" },
        { { "bench", "steps", "--methods", "fista,fisto" }, "fisto" },
        { { "bench", "steps", "--lambda", "0.1,2" }, "--lambda is 2, but must lie in" },
        { { "bench", "steps", "--lambda", "" }, "--lambda is ''" },
        { { "bench", "steps", "--repeats", "0" }, "--repeats is 0" },
        { { "bench", "steps", "--seconds", "-1" }, "--seconds is -1" },
        { { "bench", "steps", "--csv", "/nowhere/x.csv" }, "cannot write '/nowhere/x.csv'" },
        { { "bench", "--csv", "x", "steps" }, "'steps' goes before all options" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static cli_result r;
        cli_run(&r, cases[i].args);
        cli_expect(&r, 2, cases[i].words);
        assert_string_equal(r.out, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),     cmocka_unit_test(test_largest_lambda),
        cmocka_unit_test(test_cap),       cmocka_unit_test(test_no_data),
        cmocka_unit_test(test_wrong_use),
    };
    setenv("XDG_CACHE_HOME", test_path("cache"), 1); /* references of the tests are nobody else's */
    return cmocka_run_group_tests(tests, NULL, NULL);
}

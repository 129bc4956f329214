/* crease bench oracles: a row for every regularizer, a table that can be read again, and what it says when
 * used wrongly. Times are not judged, only that there are some. */
#include "cli_support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS = 11, MOST_ROWS = 400 };
enum { MEMBER, GROUPS, METRIC, PRECISION, N, NS, PASS_NS, RATIO, REPEATS, ITERATIONS, NOTE };

typedef struct {
    char text[200000];
    char *field[MOST_ROWS][FIELDS];
    size_t rows;
} table;

/* One field: quoted, quotes inside doubled, or bare. Returns what ended it. */
static char split_field(char **at, char **field)
{
    char *from = *at, *to = *at;
    bool quoted = *from == '"';
    from += quoted;
    *field = to;
    for (; *from && (quoted || (*from != ',' && *from != '\n')); from++) {
        if (quoted && *from == '"' && *++from != '"') break;
        *to++ = *from;
    }
    char end = *from;
    *to = '\0';
    *at = from + (end != '\0');
    return end;
}

static void read_table(const char *path, table *t)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    t->text[fread(t->text, 1, sizeof t->text - 1, file)] = '\0';
    fclose(file);
    t->rows = 0;
    for (char *at = t->text; *at; t->rows++) {
        assert_true(t->rows < MOST_ROWS);
        for (size_t k = 0; k < FIELDS; k++)
            assert_int_equal(split_field(&at, &t->field[t->rows][k]), k + 1 < FIELDS ? ',' : '\n');
    }
}

static double number(const table *t, size_t row, size_t field)
{
    char *end;
    double value = strtod(t->field[row][field], &end);
    if (*end || end == t->field[row][field])
        fail_msg("row %zu, member %s: '%s' is no number", row, t->field[row][MEMBER],
                 t->field[row][field]);
    return value;
}

static void check_header(const table *t)
{
    static const char *const names[FIELDS] = {
        "member", "groups", "metric", "precision", "n", "ns_per_element", "pass_ns_per_element", "ratio",
        "repeats", "iterations", "note",
    };
    for (size_t k = 0; k < FIELDS; k++) assert_string_equal(t->field[0][k], names[k]);
}

static void check_numbers(const table *t)
{
    for (size_t r = 1; r < t->rows; r++) {
        if (strncmp(t->field[r][NOTE], "FAILED", 6) == 0)
            fail_msg("%s: %s", t->field[r][MEMBER], t->field[r][NOTE]);
        assert_true(number(t, r, N) >= 900);
        assert_true(number(t, r, NS) > 0 && number(t, r, PASS_NS) > 0);
        assert_true(number(t, r, RATIO) > 0 && isfinite(number(t, r, RATIO)));
        assert_true(number(t, r, REPEATS) == 1);
        assert_true(number(t, r, ITERATIONS) >= 0);
    }
}

static void check_row(const table *t, const char *member, const char *metric, const char *precision,
                      size_t wanted)
{
    size_t found = 0;
    for (size_t r = 1; r < t->rows; r++)
        found += strcmp(t->field[r][MEMBER], member) == 0 && strcmp(t->field[r][METRIC], metric) == 0
                 && strcmp(t->field[r][PRECISION], precision) == 0;
    if (found != wanted)
        fail_msg("%s, %s, %s: %zu rows instead of %zu", member, metric, precision, found, wanted);
}

static void test_every_member(void **state)
{
    (void)state;
    static table t;
    crease_ctx *ctx = test_ctx();
    cli_result r;
    const char *csv = test_path("oracles.csv");
    const crease_type *base;
    CLI_RUN(&r, "bench", "oracles", "--sizes", "1000", "--repeats", "1", "--csv", csv);
    cli_expect(&r, 0, "member");
    read_table(csv, &t);
    check_header(&t);
    check_numbers(&t);
    for (size_t i = 0; (base = crease_type_at(ctx, CREASE_REGULARIZER, i)); i++) {
        const crease_regularizer_type *type = (const crease_regularizer_type *)base;
        bool there = type->math->prox, only = type->exactness == CREASE_SCALAR_ONLY;
        bool both = type->exactness == CREASE_EXACT_SCALAR;
        for (int k = 0; k < 2; k++) {
            check_row(&t, base->name, "scalar", k ? "f32" : "f64", there && (both || only));
            check_row(&t, base->name, "diagonal", k ? "f32" : "f64", there && !only);
        }
    }
    crease_ctx_free(ctx);
}

/* The members, sizes and precision asked for, in that order, and no others. */
static void test_choice(void **state)
{
    (void)state;
    static table t;
    cli_result r;
    const char *csv = test_path("choice.csv");
    CLI_RUN(&r, "bench", "oracles", "--member", "topk", "--member", "l1", "--sizes", "100,1e3", "--backend",
            "cpu-f64", "--repeats", "2", "--csv", csv);
    cli_expect(&r, 0, "topk");
    read_table(csv, &t);
    assert_int_equal(t.rows, 5);
    for (size_t k = 1; k < 5; k++) {
        assert_string_equal(t.field[k][MEMBER], k < 3 ? "topk" : "l1");
        assert_string_equal(t.field[k][N], k % 2 ? "100" : "1000");
        assert_string_equal(t.field[k][PRECISION], "f64");
        assert_string_equal(t.field[k][REPEATS], "2");
    }
}

static void test_layouts(void **state)
{
    (void)state;
    cli_result r;
    CLI_RUN(&r, "bench", "layouts", "--entries", "10000", "--repeats", "1");
    cli_expect(&r, 0, "channels");
}

static void test_picture(void **state)
{
    (void)state;
    cli_result r;
    char magic[4] = "";
    const char *picture = test_path("oracles.png");
    CLI_RUN(&r, "bench", "oracles", "--member", "l1", "--member", "tv1d", "--sizes", "100,1000",
            "--repeats", "1", "--plot", picture);
    if (r.status == 2 && strstr(r.err, "CREASE_PYTHON")) skip();
    cli_expect(&r, 0, "tv1d");
    FILE *file = fopen(picture, "rb");
    assert_non_null(file);
    assert_int_equal(fread(magic, 1, 4, file), 4);
    assert_memory_equal(magic, "\x89PNG", 4);
    fclose(file);
    CLI_RUN(&r, "bench", "oracles", "--member", "l1", "--sizes", "100", "--repeats", "1", "--plot",
            "/nowhere/x.png");
    assert_int_equal(r.status, 2);
    assert_non_null(strstr(r.err, "crease: '/nowhere/x.png' was not drawn"));
}

static void test_wrong_use(void **state)
{
    (void)state;
    static const struct {
        const char *args[7], *words;
    } cases[] = {
        { { "bench" }, "usage: crease bench {oracles|layouts|outer|epoch}" },
        { { "bench", "layout" }, "did you mean 'layouts'?" },
        { { "bench", "xylophone" }, "there are oracles, layouts, outer and epoch" },
        { { "bench", "oracles", "--member", "simplx" }, "did you mean 'simplex'?" },
        { { "bench", "oracles", "--sizes", "1000,ten" }, "--sizes is 'ten'" },
        { { "bench", "oracles", "--sizes", "" }, "--sizes is ''" },
        { { "bench", "oracles", "--sizes", "3" }, "--sizes is 3, but must lie in" },
        { { "bench", "oracles", "--repeats", "0" }, "--repeats is 0" },
        { { "bench", "oracles", "--backend", "cuda" }, "no backend \"cuda\"" },
        { { "bench", "oracles", "--entries", "10000" }, "oracles take --sizes" },
        { { "bench", "oracles", "--plot", "x.gif" }, "ends in none of .png" },
        { { "bench", "oracles", "--csv", "/nowhere/x.csv" }, "cannot write '/nowhere/x.csv'" },
        { { "bench", "outer", "--backend", "both" }, "no backend \"both\"" },
        { { "bench", "outer", "--sizes", "1000" }, "are for oracles, not for outer" },
        { { "bench", "layouts", "--member", "l1" }, "are for oracles, not for layouts" },
        { { "bench", "epoch", "--plot", "x.png" }, "are for oracles, not for epoch" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cli_result r;
        cli_run(&r, cases[i].args);
        cli_expect(&r, 2, cases[i].words);
        assert_string_equal(r.out, "");
    }
}

/* Said before anything is measured. */
static void test_no_python(void **state)
{
    (void)state;
    cli_result r;
    setenv("CREASE_PYTHON", "/nowhere/python", 1);
    CLI_RUN(&r, "bench", "oracles", "--plot", "x.png");
    cli_expect(&r, 2, "cannot start Python as '/nowhere/python'");
    assert_string_equal(r.out, "");
    unsetenv("CREASE_PYTHON");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_member), cmocka_unit_test(test_choice),
        cmocka_unit_test(test_layouts),      cmocka_unit_test(test_picture),
        cmocka_unit_test(test_wrong_use),    cmocka_unit_test(test_no_python),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

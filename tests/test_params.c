/* Parameter tables: every row of every registered type, and a table with every kind of row. */
#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

/* --- a row under test --------------------------------------------------------------------------- */

/* A table, the row at hand, and two settings structs: the second remembers what the first was. */
typedef struct {
    crease_ctx *ctx;
    const crease_param *params, *row;
    size_t size;
    unsigned char *opts, *before;
} bench;

static size_t field_size(crease_param_kind kind)
{
    switch (kind) {
    case CREASE_PARAM_KIND_REAL:
        return sizeof(double);
    case CREASE_PARAM_KIND_INT:
        return sizeof(long);
    case CREASE_PARAM_KIND_BOOL:
        return sizeof(bool);
    case CREASE_PARAM_KIND_CHOICE:
        return sizeof(int);
    case CREASE_PARAM_KIND_STRING:
        return sizeof(crease_string);
    default:
        return sizeof(crease_list);
    }
}

static int set(bench *b, const char *text)
{
    return crease_params_set(b->ctx, b->params, b->opts, "the owner", b->row->name, text);
}

/* The text is taken, and only the row's own bytes may change. */
static void takes(bench *b, const char *text)
{
    memcpy(b->before, b->opts, b->size);
    int code = set(b, text);
    if (code != CREASE_OK)
        fail_msg("%s = '%s': %s", b->row->name, text, crease_ctx_error(b->ctx)->sentence);
    size_t at = b->row->offset, end = at + field_size(b->row->kind);
    assert_memory_equal(b->opts, b->before, at);
    assert_memory_equal(b->opts + end, b->before + end, b->size - end);
}

/* The text is refused with a sentence that names owner, key and what is accepted; nothing changes. */
static void refuses(bench *b, const char *text, int expected)
{
    char start[300], accepts[500];
    memcpy(b->before, b->opts, b->size);
    crease_ctx_clear_error(b->ctx);
    int code = set(b, text);
    if (code != expected)
        fail_msg("%s = '%s': %s, not %s", b->row->name, text, crease_error_name(code),
                 crease_error_name(expected));
    assert_memory_equal(b->opts, b->before, b->size);
    snprintf(start, sizeof start, "the owner: %s is '%.40s", b->row->name, text);
    crease_param_describe(b->row, accepts, sizeof accepts);
    assert_fails(b->ctx, code, expected, start);
    assert_fails(b->ctx, code, expected, "but must be ");
    assert_fails(b->ctx, code, expected, accepts);
}

/* What is printed is read back to the same bits. */
static void round_trip(bench *b)
{
    static char text[8000];
    crease_param_print(b->row, b->opts, text, sizeof text);
    unsigned char *field = b->opts + b->row->offset;
    size_t size = field_size(b->row->kind);
    unsigned char *kept = malloc(size);
    memcpy(kept, field, size);
    memset(field, 0, size);
    if (set(b, text) != CREASE_OK) fail_msg("%s", crease_ctx_error(b->ctx)->sentence);
    if (b->row->kind == CREASE_PARAM_KIND_STRING)
        assert_string_equal((char *)field, (char *)kept);
    else
        assert_memory_equal(field, kept, size);
    free(kept);
}

/* --- what every row must do --------------------------------------------------------------------- */

static void set_real(bench *b, double x, int expected)
{
    char text[64];
    snprintf(text, sizeof text, "%.17g", x);
    if (expected == CREASE_OK)
        takes(b, text);
    else
        refuses(b, text, expected);
    if (expected == CREASE_OK && b->row->kind == CREASE_PARAM_KIND_REAL)
        assert_memory_equal(b->opts + b->row->offset, &x, sizeof x);
    if (expected == CREASE_OK && b->row->kind == CREASE_PARAM_KIND_INT)
        assert_true(*(long *)(b->opts + b->row->offset) == (long)x);
    if (expected == CREASE_OK) round_trip(b);
}

/* One end of the range, and the next number on either side of it. */
static void check_end(bench *b, double end, double inward, bool open)
{
    bool real = b->row->kind == CREASE_PARAM_KIND_REAL;
    double step = copysign(1, inward - end);
    set_real(b, end, open ? CREASE_ERANGE : CREASE_OK);
    set_real(b, real ? nextafter(end, -step * INFINITY) : end - step, CREASE_ERANGE);
    set_real(b, real ? nextafter(end, step * INFINITY) : end + step, CREASE_OK);
}

static void check_number(bench *b)
{
    crease_range r = b->row->range;
    assert_true(r.lo < r.hi && b->row->number >= r.lo && b->row->number <= r.hi);
    if (isfinite(r.lo))
        check_end(b, r.lo, r.hi, r.lo_open);
    else
        set_real(b, -1e15, CREASE_OK);
    if (isfinite(r.hi))
        check_end(b, r.hi, r.lo, r.hi_open);
    else
        set_real(b, 1e15, CREASE_OK);
    static const char *const infinite[] = { "nan",  "NAN",      "-nan",  "inf",
                                            "-inf", "infinity", "1e400", "-1e400" };
    for (size_t i = 0; i < sizeof infinite / sizeof *infinite; i++)
        refuses(b, infinite[i], CREASE_ERANGE);
    static const char *const garbage[] = { "",     " ",     "abc", "1x",  "1 2", "--1",
                                           "+-1",  "1e",    "0x",  "1,5", "[1]", "1;",
                                           "true", "1.2.3", "e5",  ".",   "-" };
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) refuses(b, garbage[i], CREASE_EPARSE);
    char text[100];
    snprintf(text, sizeof text, " \t%.17g\t ", b->row->number); /* blanks around a number are no harm */
    takes(b, text);
}

static void check_whole(bench *b)
{
    char text[100];
    snprintf(text, sizeof text, "%.0f.5", b->row->number);
    refuses(b, text, b->row->number < b->row->range.hi ? CREASE_EPARSE : CREASE_ERANGE);
    snprintf(text, sizeof text, "%.0f.0", b->row->number);
    takes(b, text);
    if (b->row->range.hi == INFINITY) {
        takes(b, "9007199254740992");
        assert_true(*(long *)(b->opts + b->row->offset) == 9007199254740992);
        refuses(b, "1e300", CREASE_EPARSE);
    }
}

/* Numbers of every size in the range. */
static void check_random_numbers(bench *b, crease_random *random)
{
    crease_range r = b->row->range;
    for (int i = 0; i < 50; i++) {
        double x =
            ldexp(crease_random_uniform(random) - 0.5, (int)crease_random_below(random, 200) - 100);
        if (isfinite(r.lo) && isfinite(r.hi)) x = r.lo + (r.hi - r.lo) * crease_random_uniform(random);
        if (b->row->kind == CREASE_PARAM_KIND_INT) x = trunc(fabs(x) < 9e15 ? x : 0);
        bool in = (r.lo_open ? x > r.lo : x >= r.lo) && (r.hi_open ? x < r.hi : x <= r.hi);
        set_real(b, x, in ? CREASE_OK : CREASE_ERANGE);
    }
}

static void check_bool(bench *b)
{
    static const char *const words[2][4] = { { "false", "no", "off", "0" },
                                             { "true", "yes", "on", "1" } };
    for (int value = 0; value < 2; value++)
        for (int i = 0; i < 4; i++) {
            char upper[10] = "";
            for (size_t k = 0; words[value][i][k]; k++) upper[k] = (char)toupper(words[value][i][k]);
            takes(b, words[value][i]);
            assert_true(*(bool *)(b->opts + b->row->offset) == value);
            takes(b, upper);
            round_trip(b);
            assert_true(*(bool *)(b->opts + b->row->offset) == value);
        }
    static const char *const garbage[] = { "", "2", "-1", "truely", "t", "nan", "true false" };
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) refuses(b, garbage[i], CREASE_EPARSE);
}

static void check_choice(bench *b)
{
    char longer[200], list[500] = "one of ";
    for (int i = 0; b->row->choices[i]; i++) {
        takes(b, b->row->choices[i]);
        assert_int_equal(*(int *)(b->opts + b->row->offset), i);
        round_trip(b);
        snprintf(longer, sizeof longer, "%s_", b->row->choices[i]);
        refuses(b, longer, CREASE_EPARSE);
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "",
                 b->row->choices[i]);
    }
    char accepts[500];
    crease_param_describe(b->row, accepts, sizeof accepts);
    assert_string_equal(accepts, list);
    refuses(b, "", CREASE_EPARSE);
    refuses(b, "0", CREASE_EPARSE);
}

static void check_string(bench *b)
{
    static char text[CREASE_STRING_SIZE + 1];
    takes(b, "");
    takes(b, "any text: with 'quotes', [brackets] and = signs");
    round_trip(b);
    memset(text, 'x', sizeof text - 1);
    refuses(b, text, CREASE_ERANGE);
    text[CREASE_STRING_SIZE - 1] = '\0';
    takes(b, text);
    assert_string_equal((char *)b->opts + b->row->offset, text);
    round_trip(b);
}

static void check_row(bench *b)
{
    static uint64_t index;
    crease_random random = crease_random_at(1, CREASE_STREAM_TEST, ++index << 20);
    round_trip(b); /* the default, which therefore is in range */
    switch (b->row->kind) {
    case CREASE_PARAM_KIND_INT:
        check_whole(b); /* fall through */
    case CREASE_PARAM_KIND_REAL:
        check_number(b);
        check_random_numbers(b, &random);
        break;
    case CREASE_PARAM_KIND_BOOL:
        check_bool(b);
        break;
    case CREASE_PARAM_KIND_CHOICE:
        check_choice(b);
        break;
    case CREASE_PARAM_KIND_STRING:
        check_string(b);
        break;
    default:
        break;
    }
}

/* A key that is nearly right is answered with the right one; every key is listed. */
static void check_wrong_keys(bench *b)
{
    char key[100], nearest[200];
    snprintf(key, sizeof key, "%sq", b->row->name);
    snprintf(nearest, sizeof nearest, "did you mean '%s'?", b->row->name);
    memcpy(b->before, b->opts, b->size);
    int code = crease_params_set(b->ctx, b->params, b->opts, "the owner", key, "1");
    assert_fails(b->ctx, code, CREASE_ENOTFOUND, "the owner has no setting");
    assert_fails(b->ctx, code, CREASE_ENOTFOUND, nearest);
    const char *list = strstr(crease_ctx_error(b->ctx)->sentence, "It has ");
    assert_non_null(list);
    for (const crease_param *p = b->params; p->name; p++) assert_non_null(strstr(list, p->name));
    code = crease_params_set(b->ctx, b->params, b->opts, "the owner", "", "1");
    assert_int_equal(code, CREASE_ENOTFOUND);
    assert_memory_equal(b->opts, b->before, b->size);
}

static void check_form(const bench *b)
{
    const crease_param *row = b->row;
    size_t size = field_size(row->kind), alignment = row->kind == CREASE_PARAM_KIND_STRING ? 1 : size;
    if (alignment > sizeof(double)) alignment = sizeof(double);
    assert_true(row->doc && row->doc[0] && row->doc[strlen(row->doc) - 1] != '.');
    assert_true(row->offset + size <= b->size && row->offset % alignment == 0);
    assert_true(row->kind != CREASE_PARAM_KIND_CHOICE || row->choices);
    for (const crease_param *p = b->params; p != row; p++) { /* no field and no name is used twice */
        assert_string_not_equal(p->name, row->name);
        assert_true(p->offset + field_size(p->kind) <= row->offset || row->offset + size <= p->offset);
    }
}

static void check_table(crease_ctx *ctx, const crease_param *params, size_t size)
{
    bench b = { .ctx = ctx,
                .params = params,
                .size = size,
                .opts = crease_alloc(ctx, size, 1),
                .before = crease_alloc(ctx, size, 1) };
    for (b.row = params; b.row && b.row->name; b.row++) {
        memset(b.opts, 0x5a, size);
        crease_params_default(params, b.opts);
        check_form(&b);
        check_row(&b);
        check_wrong_keys(&b);
    }
    crease_release(ctx, b.opts);
    crease_release(ctx, b.before);
}

static void test_registered_tables(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const crease_type *type;
    size_t tables = 0;
    for (int kind = 0; kind < CREASE_N_KINDS; kind++)
        for (size_t i = 0; (type = crease_type_at(ctx, kind, i)); i++) {
            if (type->params) check_table(ctx, type->params, type->opts_size), tables++;
            if (type->check) {
                void *opts = crease_opts_create(ctx, type);
                assert_ok(ctx, crease_opts_check(ctx, kind, type, opts));
                crease_release(ctx, opts);
            }
        }
    assert_true(tables > 10);
    crease_ctx_free(ctx);
}

/* --- a table with every kind of row ------------------------------------------------------------- */

typedef struct {
    bool flag;
    double any, above, from, inside, unit, left, right;
    long whole, few;
    int rule;
    crease_string file;
    crease_list times, none;
} all_opts;

static const char *const rules[] = { "paper", "experiment", "none", NULL };

static const crease_param all_params[] = {
    CREASE_PARAM_BOOL(all_opts, flag, true, "a flag"),
    CREASE_PARAM_REAL(all_opts, any, -0.1, CREASE_ANY, "any number"),
    CREASE_PARAM_REAL(all_opts, above, 1e-300, CREASE_GT(0), "open below"),
    CREASE_PARAM_REAL(all_opts, from, 0, CREASE_GE(0), "closed below"),
    CREASE_PARAM_REAL(all_opts, inside, 0.5, CREASE_IN_OPEN(-1, 1), "open"),
    CREASE_PARAM_REAL(all_opts, unit, 1, CREASE_IN(0, 1), "closed"),
    CREASE_PARAM_REAL(all_opts, left, 1, CREASE_IN_LEFT(0, 1), "open below, closed above"),
    CREASE_PARAM_REAL(all_opts, right, 0, CREASE_IN_RIGHT(0, 1), "closed below, open above"),
    CREASE_PARAM_INT(all_opts, whole, -7, CREASE_ANY, "any whole number"),
    CREASE_PARAM_INT(all_opts, few, 3, CREASE_IN(1, 5), "a few"),
    CREASE_PARAM_CHOICE(all_opts, rule, 1, rules, "a rule"),
    CREASE_PARAM_STRING(all_opts, file, "a.npy", "a file"),
    CREASE_PARAM_LIST(all_opts, times, "[1, 2.5]", CREASE_GE(0), "some times"),
    CREASE_PARAM_LIST(all_opts, none, "[]", CREASE_ANY, "some numbers"),
    CREASE_PARAM_END,
};

static void test_every_kind_of_row(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    check_table(ctx, all_params, sizeof(all_opts));
    all_opts o;
    memset(&o, 0x5a, sizeof o);
    crease_params_default(all_params, &o);
    assert_true(o.flag && o.any == -0.1 && o.above == 1e-300 && o.whole == -7 && o.few == 3
                && o.rule == 1);
    assert_string_equal(o.file, "a.npy");
    assert_true(o.times.n == 2 && o.times.v[0] == 1 && o.times.v[1] == 2.5 && o.none.n == 0);
    crease_ctx_free(ctx);
}

static const crease_param *row_named(const char *name)
{
    const crease_param *p = all_params;
    while (strcmp(p->name, name) != 0) p++;
    return p;
}

static void test_lists(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    static all_opts opts, before;
    static char text[8000];
    bench b = { ctx,
                all_params,
                row_named("times"),
                sizeof opts,
                (unsigned char *)&opts,
                (unsigned char *)&before };
    crease_params_default(all_params, &opts);
    static const char *const good[] = { "[1, 2.5, 3e-5]", "1, 2.5, 3e-5", " [ 1 , 2.5,3e-5 ] ",
                                        "1,2.5,3e-5,", "[1,2.5,3e-5,]" };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        takes(&b, good[i]);
        assert_true(opts.times.n == 3 && opts.times.v[0] == 1 && opts.times.v[1] == 2.5
                    && opts.times.v[2] == 3e-5);
        round_trip(&b);
    }
    takes(&b, "7");
    assert_true(opts.times.n == 1 && opts.times.v[0] == 7);
    static const char *const empty[] = { "[]", "", " [ ] " };
    for (int i = 0; i < 3; i++) {
        takes(&b, "[1, 2]");
        takes(&b, empty[i]);
        assert_int_equal(opts.times.n, 0);
        round_trip(&b);
    }
    takes(&b, "[4, 5]");
    static const char *const bad[] = { "[1, 2", "1, 2]", "[1 2]", "[1,, 2]", "[,1]", "[a]", "[1, b]",
                                       "[[1]]", "[1] 2", "[1]]",  "[",       "]",    ",",   "1;2" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) refuses(&b, bad[i], CREASE_EPARSE);
    static const char *const outside[] = { "[1, -1]", "nan", "[1, inf]", "[1e999]", "-0.5" };
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
        refuses(&b, outside[i], CREASE_ERANGE);
    size_t used = 0;
    for (int n = 1; n <= CREASE_LIST_SIZE + 1; n++) { /* numbers of the longest kind */
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%.17e", n > 1 ? ", " : "",
                                 ldexp(1.23456789012345, -3 * n));
        if (n < CREASE_LIST_SIZE) continue;
        if (n > CREASE_LIST_SIZE)
            refuses(&b, text, CREASE_EPARSE);
        else
            takes(&b, text);
        assert_int_equal(opts.times.n, CREASE_LIST_SIZE);
        round_trip(&b);
    }
    crease_ctx_free(ctx);
}

static void test_numbers_print_short(void **state)
{
    (void)state;
    static all_opts o;
    static const double numbers[] = {
        0.1, 1e-8, 100, 0.30000000000000004, 5e-324, 1.7976931348623157e308, -0.0, 1e6
    };
    static const char *const texts[] = {
        "0.1", "1e-08", "100", "0.30000000000000004", "5e-324", "1.7976931348623157e+308", "-0", "1e+06"
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char text[64];
        o.any = numbers[i];
        crease_param_print(row_named("any"), &o, text, sizeof text);
        assert_string_equal(text, texts[i]);
    }
}

/* Whatever the buffer's size, nothing is written behind it and the text ends. */
static void test_small_buffers(void **state)
{
    (void)state;
    static all_opts o;
    crease_params_default(all_params, &o);
    o.times.n = CREASE_LIST_SIZE;
    for (const crease_param *p = all_params; p->name; p++)
        for (size_t size = 1; size < 40; size++) {
            char text[64];
            memset(text, '#', sizeof text);
            crease_param_print(p, &o, text, size);
            assert_true(memchr(text, '\0', size) && text[size] == '#');
            memset(text, '#', sizeof text);
            crease_param_describe(p, text, size);
            assert_true(memchr(text, '\0', size) && text[size] == '#');
        }
}

static void test_descriptions(void **state)
{
    (void)state;
    static const char *const words[][2] = {
        { "flag", "true or false" },
        { "any", "a number" },
        { "above", "a number > 0" },
        { "from", "a number >= 0" },
        { "inside", "a number in (-1, 1)" },
        { "unit", "a number in [0, 1]" },
        { "left", "a number in (0, 1]" },
        { "right", "a number in [0, 1)" },
        { "few", "a whole number in [1, 5]" },
        { "rule", "one of paper, experiment, none" },
        { "times", "a list of at most 64 numbers >= 0" },
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char text[200];
        crease_param_describe(row_named(words[i][0]), text, sizeof text);
        assert_string_equal(text, words[i][1]);
    }
}

static void test_no_settings(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const crease_param empty[] = { CREASE_PARAM_END };
    crease_params_default(NULL, NULL);
    crease_params_default(empty, NULL);
    assert_fails(ctx, crease_params_set(ctx, NULL, NULL, "regularizer none", "lambda", "1"),
                 CREASE_ENOTFOUND, "regularizer none has no settings, so no 'lambda'");
    assert_fails(ctx, crease_params_set(ctx, empty, NULL, "this", "x", "1"), CREASE_ENOTFOUND,
                 "no settings");
    crease_ctx_free(ctx);
}

/* --- the nearest word --------------------------------------------------------------------------- */

/* Edit distance by its recursive definition. */
static size_t distance(const char *a, const char *b)
{
    if (!*a) return strlen(b);
    if (!*b) return strlen(a);
    if (*a == *b) return distance(a + 1, b + 1);
    size_t replace = distance(a + 1, b + 1), drop = distance(a + 1, b), add = distance(a, b + 1);
    size_t least = replace < drop ? replace : drop;
    return 1 + (least < add ? least : add);
}

static void random_word(crease_random *random, char *word)
{
    size_t n = crease_random_below(random, 6);
    for (size_t i = 0; i < n; i++) word[i] = (char)('a' + crease_random_below(random, 3));
    word[n] = '\0';
}

static void test_nearest(void **state)
{
    (void)state;
    crease_random random = crease_random_at(2, CREASE_STREAM_TEST, 0);
    for (size_t trial = 0, n = crease_test_count(50000); trial < n; trial++) {
        char words[5][8];
        const char *names[4] = { words[0], words[1], words[2], words[3] };
        for (int i = 0; i < 5; i++) random_word(&random, words[i]);
        const char *found = crease_nearest(words[4], names, 4);
        size_t best = SIZE_MAX;
        for (int i = 0; i < 4; i++)
            if (distance(words[4], words[i]) < best) best = distance(words[4], words[i]);
        if (found)
            assert_int_equal(distance(words[4], found), best);
        else
            assert_true(2 * best > strlen(words[4])); /* only far words are passed over */
    }
}

static void test_nearest_by_hand(void **state)
{
    (void)state;
    static const char *const names[] = { "lambda", "lambda1", "eps", "weight_decay" };
    assert_string_equal(crease_nearest("lamda", names, 4), "lambda");
    assert_string_equal(crease_nearest("lambda2", names, 4), "lambda");
    assert_string_equal(crease_nearest("lambda1", names, 4), "lambda1");
    assert_string_equal(crease_nearest("weigth-decay", names, 4), "weight_decay");
    assert_null(crease_nearest("momentum", names, 4));
    assert_null(crease_nearest("eps", names, 0));
    char word[200], name[200];
    memset(word, 'x', 199), memset(name, 'x', 199); /* longer than any key */
    word[199] = name[199] = word[150] = '\0';
    const char *const longest[] = { name };
    crease_nearest(word, longest, 1);
    crease_nearest(name, names, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_registered_tables),
        cmocka_unit_test(test_every_kind_of_row),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_numbers_print_short),
        cmocka_unit_test(test_small_buffers),
        cmocka_unit_test(test_descriptions),
        cmocka_unit_test(test_no_settings),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_nearest_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Error codes, the context (last error, messages, memory), and the registry of all kinds. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_errno.h>

#include "support.h"

/* --- error codes -------------------------------------------------------------------------------- */

/* Written out again, since programs depend on them. */
static const struct {
    int code, exit_status;
    const char *name;
} codes[] = {
#define CODE(code, exit_status)                                                                        \
    {                                                                                                  \
        code, exit_status, #code                                                                       \
    }
    CODE(CREASE_OK, 0),        CODE(CREASE_ENOMEM, 1),    CODE(CREASE_EINVAL, 2),
    CODE(CREASE_EDIM, 2),      CODE(CREASE_ERANGE, 2),    CODE(CREASE_ENAN, 2),
    CODE(CREASE_ENOTSUP, 2),   CODE(CREASE_ENOTFOUND, 2), CODE(CREASE_EEXIST, 2),
    CODE(CREASE_EPARSE, 2),    CODE(CREASE_EIO, 2),       CODE(CREASE_EUNBOUNDED, 2),
    CODE(CREASE_EDIVERGED, 1), CODE(CREASE_ESHORT, 1),    CODE(CREASE_EINTERRUPTED, 1),
#undef CODE
};

static void test_error_codes(void **state)
{
    (void)state;
    assert_int_equal(sizeof codes / sizeof *codes, CREASE_N_ERRORS);
    assert_int_equal(CREASE_OK, 0);
    for (int i = 0; i < CREASE_N_ERRORS; i++) {
        assert_string_equal(crease_error_name(codes[i].code), codes[i].name);
        assert_int_equal(crease_error_exit_status(codes[i].code), codes[i].exit_status);
        assert_true(strlen(crease_error_sentence(codes[i].code)) > 5);
        for (int j = 0; j < i; j++) {
            assert_int_not_equal(codes[i].code, codes[j].code);
            assert_string_not_equal(crease_error_sentence(i), crease_error_sentence(j));
        }
    }
    const int strangers[] = { -1, CREASE_N_ERRORS, INT_MIN, INT_MAX };
    for (int i = 0; i < 4; i++) {
        assert_string_equal(crease_error_name(strangers[i]), "CREASE_E?");
        assert_string_equal(crease_error_sentence(strangers[i]), "unknown error");
        assert_int_equal(crease_error_exit_status(strangers[i]), 2);
    }
}

/* --- the last error ----------------------------------------------------------------------------- */

static void test_last_error(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const crease_error *e = crease_ctx_error(ctx);
    assert_int_equal(e->code, CREASE_OK);
    assert_string_equal(e->sentence, "");
    int line = __LINE__ + 1;
    assert_int_equal(crease_fail(ctx, CREASE_EDIM, "x has %d entries, not %s", 3, "4"), CREASE_EDIM);
    assert_int_equal(e->code, CREASE_EDIM);
    assert_string_equal(e->sentence, "x has 3 entries, not 4");
    assert_string_equal(e->file, __FILE__);
    assert_int_equal(e->line, line);
    /* the old sentence may be an argument of the new one */
    crease_fail(ctx, CREASE_EIO, "first: %s; again: %s", e->sentence, e->sentence);
    assert_string_equal(e->sentence, "first: x has 3 entries, not 4; again: x has 3 entries, not 4");
    crease_ctx_clear_error(ctx);
    assert_int_equal(e->code, CREASE_OK);
    assert_string_equal(e->sentence, "");
    crease_ctx_free(ctx);
    crease_ctx_free(NULL);
}

static void test_prefix(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const crease_error *e = crease_ctx_error(ctx);
    crease_fail(ctx, CREASE_EPARSE, "no number");
    int line = e->line;
    assert_int_equal(crease_ctx_prefix(ctx, "%s:%d: ", "a.yaml", 3), CREASE_EPARSE);
    assert_string_equal(e->sentence, "a.yaml:3: no number");
    assert_int_equal(e->code, CREASE_EPARSE);
    assert_int_equal(e->line, line);
    crease_ctx_prefix(ctx, "(%s) ", e->sentence);
    assert_string_equal(e->sentence, "(a.yaml:3: no number) a.yaml:3: no number");
    crease_ctx_free(ctx);
}

enum { ROOM = sizeof((crease_error *)0)->sentence };

static char *letters(char letter, size_t n)
{
    char *text = malloc(n + 1);
    memset(text, letter, n);
    text[n] = '\0';
    return text;
}

/* Around the size of the buffer, a sentence is cut, never overrun. */
static void test_long_sentences(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const crease_error *e = crease_ctx_error(ctx);
    for (size_t n = ROOM - 3; n < ROOM + 3; n++) {
        char *a = letters('a', n), *b = letters('b', n);
        size_t kept = n < ROOM ? n : ROOM - 1;
        crease_fail(ctx, CREASE_EINVAL, "%s", a);
        assert_int_equal(strlen(e->sentence), kept);
        assert_int_equal(strspn(e->sentence, "a"), kept);
        crease_ctx_prefix(ctx, "b: ");
        assert_int_equal(strlen(e->sentence), n + 3 < ROOM ? n + 3 : ROOM - 1);
        assert_int_equal(strncmp(e->sentence, "b: aaa", 6), 0);
        assert_int_equal(crease_ctx_prefix(ctx, "%s", b), CREASE_EINVAL);
        assert_int_equal(strlen(e->sentence), ROOM - 1);
        assert_int_equal(strspn(e->sentence, "b"), n + 1 < ROOM ? n + 1 : kept);
        free(a);
        free(b);
    }
    crease_ctx_free(ctx);
}

/* --- messages ----------------------------------------------------------------------------------- */

typedef struct {
    int calls;
    crease_log_level level;
    char sentence[2000];
} heard;

static void listen(void *user, crease_log_level level, const char *sentence)
{
    heard *h = user;
    h->calls++;
    h->level = level;
    snprintf(h->sentence, sizeof h->sentence, "%s", sentence);
}

static void test_logger(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    heard h = { 0 };
    crease_log(ctx, CREASE_LOG_WARNING, "nobody hears %d", 1);
    crease_ctx_set_logger(ctx, listen, &h);
    crease_log(ctx, CREASE_LOG_WARNING, "epoch %d of %s", 3, "ramda");
    assert_int_equal(h.calls, 1);
    assert_int_equal(h.level, CREASE_LOG_WARNING);
    assert_string_equal(h.sentence, "epoch 3 of ramda");
    char *text = letters('x', 3000);
    crease_log(ctx, CREASE_LOG_INFO, "%s", text);
    assert_int_equal(h.level, CREASE_LOG_INFO);
    assert_true(strlen(h.sentence) > 500 && strspn(h.sentence, "x") == strlen(h.sentence));
    free(text);
    crease_ctx_set_logger(ctx, NULL, NULL);
    crease_log(ctx, CREASE_LOG_INFO, "nobody hears this");
    assert_int_equal(h.calls, 2);
    assert_int_equal(crease_ctx_error(ctx)->code, CREASE_OK);
    crease_ctx_free(ctx);
}

/* --- memory ------------------------------------------------------------------------------------- */

typedef struct {
    size_t live, calls;
    bool refuse;
} counter;

static void *count_resize(void *user, void *p, size_t bytes)
{
    counter *c = user;
    if (bytes == 0) {
        assert_non_null(p);
        c->live--;
        free(p);
        return NULL;
    }
    c->calls++;
    if (c->refuse) return NULL;
    if (!p) c->live++;
    unsigned char *block = realloc(p, bytes);
    if (!p) memset(block, 0xa5, bytes); /* fresh memory is not zero */
    return block;
}

static void test_memory(void **state)
{
    (void)state;
    counter c = { 0 };
    crease_ctx *ctx = crease_ctx_create(&(crease_allocator){ count_resize, &c });
    assert_non_null(ctx);
    assert_true(c.live > 0);
    enum { BLOCKS = 60 };
    unsigned char *block[BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++) { /* sizes 0, 3, ..., 12 * 59 */
        block[i] = crease_alloc(ctx, i, i % 2 ? 3 : 12);
        assert_non_null(block[i]);
        assert_int_equal((uintptr_t)block[i] % 64, 0);
        for (size_t k = 0; k < i * (i % 2 ? 3 : 12); k++) assert_int_equal(block[i][k], 0);
        memset(block[i], 0xff, i * (i % 2 ? 3 : 12));
        for (size_t k = 0; k < i; k++) assert_ptr_not_equal(block[i], block[k]);
    }
    for (size_t i = 0; i < BLOCKS; i++) crease_release(ctx, block[(7 * i) % BLOCKS]);
    crease_release(ctx, NULL);
    char *copy = crease_strdup(ctx, "W-hat"), *empty = crease_strdup(ctx, "");
    assert_string_equal(copy, "W-hat");
    assert_string_equal(empty, "");
    crease_release(ctx, copy);
    crease_release(ctx, empty);
    crease_ctx_free(ctx);
    assert_int_equal(c.live, 0);
}

static void test_no_memory(void **state)
{
    (void)state;
    counter c = { .refuse = true };
    crease_allocator allocator = { count_resize, &c };
    assert_null(crease_ctx_create(&allocator));
    c.refuse = false;
    crease_ctx *ctx = crease_ctx_create(&allocator);
    const size_t huge[][2] = {
        { SIZE_MAX, 1 },         { SIZE_MAX, SIZE_MAX }, { SIZE_MAX / 2 + 2, 2 },
        { SIZE_MAX / 2 + 2, 1 }, { 1, SIZE_MAX },        { SIZE_MAX / 8 + 1, 8 }
    };
    size_t calls = c.calls;
    for (size_t i = 0; i < sizeof huge / sizeof *huge;
         i++) { /* sizes that overflow reach no allocator */
        crease_ctx_clear_error(ctx);
        assert_null(crease_alloc(ctx, huge[i][0], huge[i][1]));
        assert_fails(ctx, crease_ctx_error(ctx)->code, CREASE_ENOMEM, "memory");
    }
    assert_int_equal(c.calls, calls);
    c.refuse = true;
    crease_ctx_clear_error(ctx);
    assert_null(crease_alloc(ctx, 3, 8));
    assert_fails(ctx, crease_ctx_error(ctx)->code, CREASE_ENOMEM, "3 items of 8 bytes");
    crease_ctx_clear_error(ctx);
    assert_null(crease_strdup(ctx, "text"));
    assert_int_equal(crease_ctx_error(ctx)->code, CREASE_ENOMEM);
    crease_ctx_free(ctx);
    assert_int_equal(c.live, 0);
}

/* GSL's default handler would abort the program. */
static void test_gsl_is_silent(void **state)
{
    (void)state;
    gsl_set_error_handler(NULL);
    crease_ctx_free(test_ctx());
    gsl_error("a test of the error handler", __FILE__, __LINE__, GSL_EDOM);
}

/* --- the registry ------------------------------------------------------------------------------- */

static void test_every_member(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    for (int k = 0; k < CREASE_N_KINDS; k++) {
        const crease_type *type;
        size_t n = 0;
        for (; (type = crease_type_at(ctx, k, n)); n++) {
            assert_ptr_equal(crease_lookup(ctx, k, type->name), type);
            assert_true(type->name[0] && type->summary && type->summary[0]);
            assert_true(type->source && type->source[0]);
            assert_null(strchr(type->summary, '\n'));
            assert_true(!type->params || type->opts_size > 0);
        }
        assert_true(n > 0);
        assert_null(crease_type_at(ctx, k, n + 1));
        assert_null(crease_type_at(ctx, k, SIZE_MAX));
        assert_true(strlen(crease_kind_name(k)) > 3);
    }
    assert_string_equal(crease_kind_name(CREASE_REGULARIZER), "regularizer");
    assert_string_equal(crease_kind_name(CREASE_DIAGNOSTIC), "diagnostic");
    assert_string_equal(crease_kind_name(CREASE_N_KINDS), "unknown kind");
    crease_ctx_free(ctx);
}

/* What a sentence must hold to help: the kind, the word, every member, and the nearest of them. */
static void test_failed_lookup(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    for (int k = 0; k < CREASE_N_KINDS; k++) {
        const crease_type *type = crease_type_at(ctx, k, 0);
        char word[100], nearest[200];
        snprintf(word, sizeof word, "%sz", type->name);
        snprintf(nearest, sizeof nearest, "did you mean '%s'?", type->name);
        assert_null(crease_lookup(ctx, k, word));
        assert_fails(ctx, crease_ctx_error(ctx)->code, CREASE_ENOTFOUND, word);
        const char *sentence = crease_ctx_error(ctx)->sentence;
        assert_non_null(strstr(sentence, crease_kind_name(k)));
        assert_non_null(strstr(sentence, nearest));
        const char *list = strstr(sentence, "there are:");
        assert_non_null(list);
        for (size_t i = 0; (type = crease_type_at(ctx, k, i)); i++)
            assert_non_null(strstr(list, type->name));
    }
    assert_null(crease_lookup(ctx, CREASE_SOLVER, "zzzzzzzzzzzzzzzz"));
    assert_null(strstr(crease_ctx_error(ctx)->sentence, "did you mean"));
    assert_null(crease_lookup(ctx, CREASE_SOLVER, ""));
    assert_null(crease_lookup(ctx, CREASE_SOLVER, "Exact"));
    crease_ctx_free(ctx);
}

typedef struct {
    double a, b;
} pair_opts;

static const char *pair_check(const void *opts)
{
    const pair_opts *o = opts;
    return o->a > o->b ? "a must not exceed b" : NULL;
}

static const crease_param pair_params[] = {
    CREASE_PARAM_REAL(pair_opts, a, 1, CREASE_GE(0), "first"),
    CREASE_PARAM_REAL(pair_opts, b, 2, CREASE_GE(0), "second"),
    CREASE_PARAM_END,
};

static void pair_shrink(const void *opts, crease_shrink *psi)
{
    *psi = (crease_shrink){ .lambda1 = ((const pair_opts *)opts)->a };
}

static const crease_regularizer_type pair = {
    .base = { .name = "test_pair",
              .opts_size = sizeof(pair_opts),
              .params = pair_params,
              .check = pair_check },
    .flags = CREASE_CONVEX,
    .math = &crease_math_shrink,
    .shrink = pair_shrink,
};

static void test_register(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx(), *other = test_ctx();
    size_t n = 0;
    while (crease_type_at(ctx, CREASE_REGULARIZER, n)) n++;
    assert_null(crease_regularizer_create(ctx, "test_pair"));
    assert_ok(ctx, crease_register(ctx, CREASE_REGULARIZER, &pair.base));
    assert_ptr_equal(crease_type_at(ctx, CREASE_REGULARIZER, n), &pair.base);
    assert_ptr_equal(crease_lookup(ctx, CREASE_REGULARIZER, "test_pair"), &pair.base);
    assert_null(crease_lookup(other, CREASE_REGULARIZER, "test_pair"));
    assert_null(crease_lookup(ctx, CREASE_SOLVER, "test_pair"));
    crease_regularizer *psi = crease_regularizer_create(ctx, "test_pair");
    assert_ok(ctx, crease_regularizer_set(psi, "a", "0.5"));
    crease_groups all = crease_groups_all(0, 2);
    crease_term term = { psi, &all, "x" };
    assert_true(crease_term_value(&term, (double[]){ 3, -4 }, (double[16]){ 0 }) == 3.5);
    crease_regularizer_free(psi);
    assert_null(crease_lookup(ctx, CREASE_REGULARIZER, "test_pairs"));
    assert_non_null(strstr(crease_ctx_error(ctx)->sentence, "did you mean 'test_pair'?"));
    crease_ctx_free(ctx);
    crease_ctx_free(other);
}

static void test_register_wrongly(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const crease_type taken = { .name = "exact" }, nameless = { 0 }, empty = { .name = "" };
    crease_stopping_type free_elsewhere = *(const crease_stopping_type *)crease_lookup(ctx, CREASE_STOPPING, "fixed");
    crease_stopping_type lacking = free_elsewhere;
    free_elsewhere.base.name = "exact";
    lacking.base.name = "lacking";
    lacking.tested = NULL;
    const crease_type sizeless = { .name = "test_sizeless", .params = pair_params };
    assert_fails(ctx, crease_register(ctx, CREASE_SOLVER, &taken), CREASE_EEXIST, "solver 'exact'");
    assert_ok(ctx, crease_register(ctx, CREASE_STOPPING, &free_elsewhere.base)); /* another kind's name is free */
    assert_fails(ctx, crease_register(ctx, CREASE_STOPPING, &lacking.base), CREASE_EINVAL, "lacks a function");
    assert_fails(ctx, crease_register(ctx, CREASE_STOPPING, &taken), CREASE_EEXIST, "stopping 'exact'");
    assert_fails(ctx, crease_register(ctx, CREASE_SOLVER, &nameless), CREASE_EINVAL, "name");
    assert_fails(ctx, crease_register(ctx, CREASE_SOLVER, &empty), CREASE_EINVAL, "name");
    assert_fails(ctx, crease_register(ctx, CREASE_SOLVER, &sizeless), CREASE_EINVAL, "size");
    assert_fails(ctx, crease_register(ctx, CREASE_N_KINDS, &pair.base), CREASE_EINVAL, "kind");
    assert_fails(ctx, crease_register(ctx, (crease_kind)-1, &pair.base), CREASE_EINVAL, "kind");
    assert_null(crease_type_at(ctx, CREASE_N_KINDS, 0));
    assert_null(crease_lookup(ctx, CREASE_N_KINDS, "exact"));
    crease_ctx_free(ctx);
}

/* More members than a sentence has room for. */
static void test_register_many(void **state)
{
    (void)state;
    enum { MANY = 400 };
    static crease_stopping_type types[MANY];
    static char names[MANY][48];
    crease_ctx *ctx = test_ctx();
    for (int i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof names[i], "a_rather_long_name_of_member_%d", i);
        types[i] = *(const crease_stopping_type *)crease_lookup(ctx, CREASE_STOPPING, "fixed");
        types[i].base.name = names[i];
        assert_ok(ctx, crease_register(ctx, CREASE_STOPPING, &types[i].base));
    }
    for (int i = 0; i < MANY; i++)
        assert_ptr_equal(crease_lookup(ctx, CREASE_STOPPING, names[i]), &types[i].base);
    assert_null(crease_lookup(ctx, CREASE_STOPPING, "another"));
    assert_int_equal(crease_ctx_error(ctx)->code, CREASE_ENOTFOUND);
    crease_ctx_free(ctx);
}

static void test_opts(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    pair_opts *o = crease_opts_create(ctx, &pair.base);
    assert_true(o->a == 1 && o->b == 2);
    assert_ok(ctx, crease_opts_check(ctx, CREASE_REGULARIZER, &pair.base, o));
    assert_ok(ctx, crease_opts_set(ctx, CREASE_REGULARIZER, &pair.base, o, "a", "3"));
    assert_fails(ctx, crease_opts_check(ctx, CREASE_REGULARIZER, &pair.base, o), CREASE_ERANGE,
                 "regularizer test_pair: a must not exceed b");
    assert_fails(ctx, crease_opts_set(ctx, CREASE_REGULARIZER, &pair.base, o, "b", "-1"), CREASE_ERANGE,
                 "regularizer test_pair: b is '-1', but must be a number >= 0");
    assert_true(o->a == 3 && o->b == 2);
    crease_release(ctx, o);
    crease_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_error_codes),   cmocka_unit_test(test_last_error),
        cmocka_unit_test(test_prefix),        cmocka_unit_test(test_long_sentences),
        cmocka_unit_test(test_logger),        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_no_memory),     cmocka_unit_test(test_gsl_is_silent),
        cmocka_unit_test(test_every_member),  cmocka_unit_test(test_failed_lookup),
        cmocka_unit_test(test_register),      cmocka_unit_test(test_register_wrongly),
        cmocka_unit_test(test_register_many), cmocka_unit_test(test_opts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

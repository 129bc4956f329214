/* lambda_max by closed forms and by solving on both sides of it, and what has none; groups cut like
 * numpy.array_split. */
#include "experiment/scale_max.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli_support.h"
#include "experiment/descent.h"
#include "experiment/terms.h"
#include "path_support.h"

/* --- problems ------------------------------------------------------------------------------------- */

static double gradient_at(crease_problem *p, const double *x, double *g)
{
    double value;
    assert_ok(p->ctx, p->type->gradient(p, (crease_rows){ 0, NULL }, x, &value, g));
    return value;
}

static double scale_max(crease_problem *p, const char *type, const char *settings, const char *groups)
{
    double s;
    crease_term_set set;
    crease_term_specs specs = specs_make(p->ctx, type, settings, groups);
    assert_ok(p->ctx, crease_terms_build(p->ctx, &specs, p, &set));
    set.psi[0]->scale = 7; /* left out of it, as is a ridge */
    set.psi[0]->ridge = 0.5;
    assert_ok(p->ctx, crease_scale_max(p, &set.terms[0], &s, NULL));
    crease_terms_free(p->ctx, &set);
    specs_free(p->ctx, &specs);
    return s;
}

static void assert_near(double a, double b, double relative)
{
    if (!(fabs(a - b) <= relative * fabs(b))) fail_msg("%.17g, but %.17g was expected", a, b);
}

/* --- lambda_max in closed form -------------------------------------------------------------------- */

static double norm_of_column(const double *g, size_t rows, size_t cols, size_t j)
{
    double sum = 0;
    for (size_t i = 0; i < rows; i++) sum += g[i * cols + j] * g[i * cols + j];
    return sqrt(sum);
}

/* Without intercepts: the gradient at the origin, in the norm that is dual to psi. */
static void closed_forms_without_intercepts(void **state)
{
    crease_ctx *ctx = test_ctx();
    crease_problem *p = path_planted(ctx, "softmax", "false");
    double g[36], x[36] = { 0 }, entry = 0, column = 0, sum;
    (void)state;
    gradient_at(p, x, g);
    for (size_t i = 0; i < 36; i++) entry = fmax(entry, fabs(g[i]));
    for (size_t j = 0; j < 12; j++) column = fmax(column, norm_of_column(g, 3, 12, j));
    assert_near(scale_max(p, "l1", NULL, "elements"), entry, 1e-14);
    assert_near(scale_max(p, "l1", "lambda=0.25", "elements"), 4 * entry, 1e-14);
    assert_near(scale_max(p, "elastic_net", NULL, "elements"), entry, 1e-14);
    assert_near(scale_max(p, "mcp", NULL, "elements"), entry, 1e-14);
    assert_near(scale_max(p, "scad", NULL, "elements"), entry, 1e-14);
    assert_near(scale_max(p, "group_l2", NULL, "cols"), column / sqrt(3), 1e-14);
    assert_near(scale_max(p, "group_mcp", NULL, "cols"), column / sqrt(3), 1e-14);
    sum = 0;
    for (size_t i = 0; i < 12; i++) sum += fabs(g[i]);
    double rows = sum;
    for (size_t k = 1; k < 3; k++, rows = fmax(rows, sum)) {
        sum = 0;
        for (size_t j = 0; j < 12; j++) sum += fabs(g[12 * k + j]);
    }
    assert_near(scale_max(p, "group_linf", NULL, "rows"), rows / sqrt(12), 1e-13);
    crease_problem_free(p);
    crease_ctx_free(ctx);
}

/* With intercepts b_k = log of the frequency of class k, which the gradient at the origin tells. */
static void closed_form_with_intercepts(void **state)
{
    crease_ctx *ctx = test_ctx();
    crease_problem *p = path_planted(ctx, "softmax", "true");
    double g[39], x[39] = { 0 }, column = 0;
    (void)state;
    gradient_at(p, x, g);
    for (size_t k = 36; k < 39; k++) x[k] = log(1. / 3 - g[k]);
    gradient_at(p, x, g);
    for (size_t k = 36; k < 39; k++) assert_true(fabs(g[k]) < 1e-15);
    for (size_t j = 0; j < 12; j++) column = fmax(column, norm_of_column(g, 3, 12, j));
    assert_near(scale_max(p, "group_l2", NULL, "cols"), column / sqrt(3), 1e-13);
    crease_problem_free(p);
    crease_ctx_free(ctx);
}

/* --- lambda_max by force -------------------------------------------------------------------------- */

/* Whether the minimizer that pg finds at this share of lambda_max is zero on the block "weight". */
static bool is_zero_at(crease_problem *p, crease_term_specs *specs, double share)
{
    bool zero = true,
         convex = ((const crease_regularizer_type *)specs->items[0].psi.type)->flags & CREASE_CONVEX;
    crease_term_set set;
    crease_descent d;
    double x[64];
    fill_normal(5, p->n, convex ? 0.1 : 0, x); /* zero is but stationary where psi is not convex */
    specs->items[0].relative = share;
    assert_ok(p->ctx, crease_terms_build(p->ctx, specs, p, &set));
    assert_ok(p->ctx, crease_descent_create(p->ctx, p, set.terms, 1, "pg", x, &d));
    assert_ok(p->ctx, crease_descent_run(&d, 1e-12, 500, 20000));
    for (size_t i = 0; i < p->blocks[0].n; i++) zero = zero && d.x[i] == 0;
    crease_descent_free(&d);
    crease_terms_free(p->ctx, &set);
    return zero;
}

typedef struct {
    const char *problem, *type, *settings, *groups;
} forced_case;

static void zero_above_and_not_below(void **state)
{
    static const forced_case cases[] = {
        { "logistic", "l1", "lambda=3", "elements" },
        { "least_squares", "l1", NULL, "elements" },
        { "softmax", "group_l2", NULL, "cols" },
        { "softmax", "sparse_group", NULL, "cols" },
        { "softmax", "elastic_net", NULL, "elements" },
        { "least_squares", "group_l2", NULL, "blocks:5" },
        { "softmax", "group_elastic_net", NULL, "cols" },
        { "logistic", "mcp", NULL, "elements" },
        { "logistic", "slope", NULL, "all" },
        { "softmax", "nuclear", "rows=3", "all" },
        { "poisson", "sparse_group", NULL, "size:3" },
        { "svm_squared_hinge", "group_linf", NULL, "size:4" },
    };
    crease_ctx *ctx = test_ctx();
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        crease_problem *p = path_planted(ctx, cases[i].problem, "true");
        crease_term_specs specs = specs_make(ctx, cases[i].type, cases[i].settings, cases[i].groups);
        bool above = is_zero_at(p, &specs, 1 + 1e-5), below = is_zero_at(p, &specs, 1 - 1e-3);
        if (!above || below)
            fail_msg("%s of %s: zero just above: %d, just below: %d", cases[i].type, cases[i].problem,
                     above, below);
        specs_free(ctx, &specs);
        crease_problem_free(p);
    }
    crease_ctx_free(ctx);
}

/* In double whatever the precision of the problem; and once, where the specification keeps it. */
static void every_precision_means_the_same(void **state)
{
    static const char *const settings[] = {
        "data", "planted", "planted_rows", "150", "planted_cols", "12", "planted_live", "4", NULL
    };
    double scale[3], kept = 0;
    crease_ctx *ctx = test_ctx();
    crease_term_specs specs = specs_make(ctx, "l1", NULL, "elements");
    (void)state;
    specs.items[0].relative = 0.1;
    for (int i = 0; i < 3; i++) {
        crease_problem *p = problem_make(ctx, "logistic", i ? "cpu-f32" : "cpu-f64", settings);
        crease_term_set set;
        if (i == 2) specs.items[0].scale_max = &kept;
        assert_ok(ctx, crease_terms_build(ctx, &specs, p, &set));
        scale[i] = set.psi[0]->scale;
        crease_terms_free(ctx, &set);
        crease_problem_free(p);
    }
    assert_true(scale[0] == scale[1] && scale[0] == scale[2] && scale[0] == 0.1 * kept);
    kept = 5;
    crease_problem *p = problem_make(ctx, "logistic", "cpu-f32", settings);
    crease_term_set set;
    assert_ok(ctx, crease_terms_build(ctx, &specs, p, &set));
    assert_true(set.psi[0]->scale == 0.5);
    crease_terms_free(ctx, &set);
    crease_problem_free(p);
    specs_free(ctx, &specs);
    crease_ctx_free(ctx);
}

/* --- where there is none -------------------------------------------------------------------------- */

static void refuse(crease_problem *p, const char *type, const char *settings, const char *groups,
                   const char *words)
{
    double s;
    crease_term_set set;
    crease_term_specs specs = specs_make(p->ctx, type, settings, groups);
    assert_ok(p->ctx, crease_terms_build(p->ctx, &specs, p, &set));
    assert_fails(p->ctx, crease_scale_max(p, &set.terms[0], &s, NULL), CREASE_ENOTSUP, words);
    crease_terms_free(p->ctx, &set);
    specs_free(p->ctx, &specs);
}

static void none_is_a_sentence(void **state)
{
    crease_ctx *ctx = test_ctx();
    crease_problem *p = path_planted(ctx, "logistic", "true");
    crease_term_set set;
    (void)state;
    refuse(p, "nonneg", NULL, "elements", "constraint");
    refuse(p, "huber", NULL, "elements", "do not reach");
    refuse(p, "tv1d", NULL, "all", "do not reach");
    refuse(p, "none", NULL, "elements", "do not reach");
    refuse(p, "l0", NULL, "elements", "whatever the factor");
    refuse(p, "l1", "lambda=0", "elements", "do not reach");
    crease_term_specs specs = specs_make(ctx, "l1", NULL, "elements");
    specs.items[0].relative = 0.1;
    specs.items[1] = specs.items[0];
    specs.n = 2;
    assert_fails(ctx, crease_terms_build(ctx, &specs, p, &set), CREASE_ENOTSUP,
                 "relative is for one regularizer");
    specs.n = 1;
    specs_free(ctx, &specs);
    crease_problem_free(p);
    crease_ctx_free(ctx);
}

/* A target that no column tells anything of; counts that are all zero, whose intercept runs off to
 * infinity. */
static void problems_without_one(void **state)
{
    crease_ctx *ctx = test_ctx();
    const char *flat = cli_write_text("flat.csv", "1,2,0\n2,1,0\n-3,-3,0\n0.5,0.5,0\n");
    crease_problem *p = problem_make(ctx, "least_squares", "cpu-f64", SETTINGS("data", flat));
    crease_term_specs specs = specs_make(ctx, "l1", NULL, "elements");
    crease_term_set set;
    (void)state;
    specs.items[0].relative = 0.5;
    assert_fails(ctx, crease_terms_build(ctx, &specs, p, &set), CREASE_ERANGE, "with every factor");
    crease_problem_free(p);
    const char *zeros = cli_write_text("zeros.csv", "1,2,0\n2,1,0\n-3,-3,0\n0.5,0.7,0\n");
    p = problem_make(ctx, "poisson", "cpu-f64", SETTINGS("data", zeros));
    assert_fails(ctx, crease_terms_build(ctx, &specs, p, &set), CREASE_ERANGE, "with every factor");
    specs_free(ctx, &specs);
    crease_problem_free(p);
    crease_ctx_free(ctx);
}

/* --- runs of nearly equal size -------------------------------------------------------------------- */

/* numpy.array_split: the first n % K of K parts have n / K + 1 entries, the others n / K. */
static void assert_split(crease_ctx *ctx, crease_problem *p, const char *block, const char *words,
                         size_t n, size_t offset, size_t count)
{
    crease_term_set set;
    crease_term_specs specs = specs_make(ctx, "group_l2", NULL, words);
    strcpy(specs.items[0].block, block);
    assert_ok(ctx, crease_terms_build(ctx, &specs, p, &set));
    const crease_groups *s = &set.groups[0];
    assert_int_equal(s->count, count);
    assert_int_equal(s->entries, n);
    assert_true(s->disjoint);
    for (size_t g = 0, at = offset; g < count; g++) {
        size_t size = n / count + (g < n % count);
        assert_int_equal(crease_group_size(s, g), size);
        assert_true(crease_group_weight(s, g) == sqrt((double)size));
        for (size_t k = 0; k < size; k++) assert_int_equal(crease_group_entry(s, g, k), at++);
    }
    crease_terms_free(ctx, &set);
    specs_free(ctx, &specs);
}

static void blocks_are_those_of_array_split(void **state)
{
    crease_ctx *ctx = test_ctx();
    crease_problem *p =
        path_planted(ctx, "softmax", "true"); /* weight: 36 entries, bias: 3 behind them */
    (void)state;
    for (size_t count = 1; count <= 36; count++) {
        char words[32];
        snprintf(words, sizeof words, "blocks:%zu", count);
        assert_split(ctx, p, "weight", words, 36, 0, count);
    }
    assert_split(ctx, p, "bias", "blocks:2", 3, 36, 2);
    assert_split(ctx, p, "bias", "blocks:3", 3, 36, 3);
    assert_split(ctx, p, "all", "blocks:7", 39, 0, 7);
    assert_split(ctx, p, "weight", "fraction:0.25", 36, 0, 9);
    assert_split(ctx, p, "all", "fraction:0.5", 39, 0, 19);
    assert_split(ctx, p, "all", "fraction:0.75", 39, 0, 29);
    assert_split(ctx, p, "all", "fraction:1", 39, 0, 39);
    crease_problem_free(p);
    crease_ctx_free(ctx);
}

static void bad_blocks_are_refused(void **state)
{
    static const struct {
        const char *words;
        int code;
    } cases[] = { { "blocks:0", CREASE_ERANGE },      { "blocks:37", CREASE_ERANGE },
                  { "blocks:2.5", CREASE_EPARSE },    { "blocks:", CREASE_EPARSE },
                  { "blocks:4x", CREASE_EPARSE },     { "blocks:nan", CREASE_EPARSE },
                  { "fraction:0", CREASE_ERANGE },    { "fraction:1.1", CREASE_ERANGE },
                  { "fraction:0.01", CREASE_ERANGE }, { "fraction:x", CREASE_EPARSE },
                  { "blocks:-3", CREASE_ERANGE },     { "fraction:inf", CREASE_EPARSE },
                  { "blocks:1e300", CREASE_ERANGE } };
    crease_ctx *ctx = test_ctx();
    crease_problem *p = path_planted(ctx, "softmax", "false");
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        crease_term_set set;
        crease_term_specs specs = specs_make(ctx, "group_l2", NULL, cases[i].words);
        assert_fails(ctx, crease_terms_build(ctx, &specs, p, &set), cases[i].code, cases[i].words);
        specs_free(ctx, &specs);
    }
    crease_problem_free(p);
    crease_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_forms_without_intercepts),
        cmocka_unit_test(closed_form_with_intercepts),
        cmocka_unit_test(zero_above_and_not_below),
        cmocka_unit_test(every_precision_means_the_same),
        cmocka_unit_test(none_is_a_sentence),
        cmocka_unit_test(problems_without_one),
        cmocka_unit_test(blocks_are_those_of_array_split),
        cmocka_unit_test(bad_blocks_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

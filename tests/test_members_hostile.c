/* Hostile numbers for every regularizer: settings at the ends of their ranges, weights and factors that
 * are zero, huge or denormal, inputs that are no numbers. Nothing crashes or hangs (the alarm), an
 * answer is finite, an error has a sentence, and moderate numbers are certified. */
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "support.h"

enum { MOST = 24, MODERATE = 0, EXTREME = 1, NO_NUMBERS = 2, KINDS = 3 };

typedef struct {
    crease_ctx *ctx;
    crease_random random;
    int kind;
    crease_regularizer *psi;
    crease_groups groups;
    crease_subproblem p;
    double c[MOST], d[MOST], x[MOST]; /* of the backend cpu-f64 */
} hostile;

static int set_up(void **state)
{
    *state = test_ctx();
    return 0;
}

static int tear_down(void **state)
{
    crease_ctx_free(*state);
    return 0;
}

static size_t below(hostile *h, size_t n)
{
    return crease_random_below(&h->random, n);
}

/* Magnitudes 1e-15 .. 1e15, or 1e-150 .. 1e150. */
static double magnitude(hostile *h)
{
    double decades = h->kind == MODERATE ? 15 : 150;
    return pow(10, decades * (2 * crease_random_uniform(&h->random) - 1));
}

static double number(hostile *h)
{
    static const double extremes[] = { 5e-324, -5e-324, 1e150, -1e300, 1e-310 },
                        none[] = { NAN, INFINITY, -INFINITY };
    if (h->kind == NO_NUMBERS && below(h, 20) == 0) return none[below(h, 3)];
    if (h->kind != MODERATE && below(h, 4) == 0) return extremes[below(h, 5)];
    switch (below(h, 4)) {
    case 0:
        return (double)below(h, 3) - 1; /* zeros and ties */
    case 1:
        return crease_random_normal(&h->random) * magnitude(h);
    default:
        return crease_random_normal(&h->random);
    }
}

/* In the range: an end, a number near it, or any. */
static double in_range(hostile *h, const crease_range *range)
{
    bool endless = isinf(range->hi);
    double lo = isinf(range->lo) ? -1 : range->lo, hi = endless ? lo + 1 + magnitude(h) : range->hi;
    double at = lo + (hi - lo) * (double[]){ 0, 1e-3, 0.5, 1 }[below(h, 4)];
    if ((at <= lo && range->lo_open) || (at >= hi && range->hi_open && !endless))
        return lo + 0.5 * (hi - lo);
    return at;
}

/* Errors are allowed: a k or a list of the wrong length stays what it was or is refused later. */
static void set(hostile *h, const crease_param *row)
{
    double many[MOST + 1];
    char text[40];
    size_t n = (size_t[]){ 1, h->p.n, h->p.n + 1 }[below(h, 3)];
    if (row->of_oracle || below(h, 3) == 0) return;
    for (size_t i = 0; i < n; i++) many[i] = in_range(h, &row->range);
    if (row->kind == CREASE_PARAM_KIND_NUMBERS) {
        crease_regularizer_set_numbers(h->psi, row->name, n, many);
    } else if (row->kind == CREASE_PARAM_KIND_REAL || row->kind == CREASE_PARAM_KIND_INT) {
        bool whole = row->kind == CREASE_PARAM_KIND_INT;
        snprintf(text, sizeof text, "%.17g", whole ? row->range.lo + (double)below(h, 5) : many[0]);
        crease_regularizer_set(h->psi, row->name, text);
    }
}

static void draw_groups(hostile *h)
{
    int64_t label[MOST];
    double weight[MOST];
    size_t most = 1 + below(h, MOST);
    for (size_t i = 0; i < h->p.n; i++)
        label[i] = (int64_t)below(h, most) - (below(h, 8) == 0 ? MOST : 0);
    for (size_t i = 0; i < h->p.n; i++)
        if (label[i] >= (int64_t)h->p.n) label[i] = 0;
    assert_ok(h->ctx, crease_groups_from_labels(h->ctx, 0, h->p.n, label, &h->groups));
    for (size_t g = 0; g < h->groups.count; g++)
        weight[g] = h->kind == MODERATE ? 1 : (double[]){ 0, INFINITY, 1e300, 5e-324 }[below(h, 4)];
    if (below(h, 3) == 0) assert_ok(h->ctx, crease_groups_set_weights(h->ctx, &h->groups, weight));
}

/* False: the settings do not go together. */
static bool open_case(hostile *h, const char *name)
{
    static const double factors[] = { 0, 1e-3, 1, 1e4, 1e-300, 1e300, 5e-324 };
    h->psi = crease_regularizer_create(h->ctx, name);
    assert_non_null(h->psi);
    h->p = (crease_subproblem){ .ctx = h->ctx,
                                .backend = crease_backend_find(h->ctx, "cpu-f64"),
                                .n = below(h, MOST + 1),
                                .c = h->c,
                                .d = h->d,
                                .psi = h->psi,
                                .groups = &h->groups,
                                .paper_scale = 1,
                                .w = factors[below(h, h->kind == MODERATE ? 4 : 7)] };
    for (size_t i = 0; i < h->p.n; i++) {
        h->c[i] = number(h);
        double d = number(h);
        h->d[i] = isfinite(d) ? fabs(d) : d;
        h->x[i] = 0;
    }
    draw_groups(h);
    for (const crease_param *row = h->psi->type->base.params; row && row->name; row++) set(h, row);
    return crease_regularizer_check(h->psi) == CREASE_OK;
}

static void close_case(hostile *h)
{
    crease_groups_free(h->ctx, &h->groups);
    crease_regularizer_free(h->psi);
}

/* What can be asked of an answer. */
static void look_at_parts(hostile *h)
{
    crease_term term = { h->psi, &h->groups, NULL };
    crease_unit unit[2 * MOST];
    crease_margin margin[2 * MOST];
    double c[MOST], d[MOST], x[MOST], g[MOST];
    for (size_t k = 0; k < crease_term_parts(&term); k++) {
        crease_part s = crease_term_part(&term, k);
        assert_true(crease_part_units(h->psi, &s) <= 2 * MOST);
        s.work = crease_alloc(h->ctx, crease_part_work(h->psi, &s), 1);
        for (size_t i = 0; i < s.n; i++) {
            size_t at = crease_part_entry(&term, k, i);
            c[i] = h->c[at];
            d[i] = h->d[at];
            x[i] = h->x[at];
            g[i] = d[i] * x[i] - c[i];
        }
        crease_part_signature(h->psi, &s, x, unit);
        assert_true(crease_part_dimension(h->psi, &s, x, unit) <= s.n);
        crease_part_dual_norm(h->psi, &s, g);
        crease_part_conjugate(h->psi, &s, g);
        if (h->p.w > 0) {
            crease_part_margins(h->psi, &s, x, g, h->p.w, margin);
            assert_false(crease_part_radius(h->psi, &s, c, d, h->p.w, x) < 0);
        }
        crease_release(h->ctx, s.work);
    }
}

static void judge(hostile *h, int code, const crease_solve_info *info)
{
    const char *name = h->psi->type->base.name;
    crease_certificate proof;
    if (code != CREASE_OK) {
        if (code != CREASE_ENAN && code != CREASE_EUNBOUNDED && code != CREASE_ENOTSUP)
            fail_msg("%s: %s", name, crease_error_name(code));
        assert_true(crease_ctx_error(h->ctx)->code == code && crease_ctx_error(h->ctx)->sentence[0]);
        return;
    }
    for (size_t i = 0; i < h->p.n; i++)
        if (!isfinite(h->x[i])) fail_msg("%s: entry %zu is %g", name, i, h->x[i]);
    code = crease_certify(&h->p, h->x, &proof);
    if (code == CREASE_ENAN && h->kind == NO_NUMBERS) return; /* in entries outside every group */
    assert_ok(h->ctx, code);
    assert_false(isnan(proof.relative));
    if (h->kind == MODERATE && info->exact && !(proof.relative <= 1e-11))
        fail_msg("%s: certificate %g", name, proof.relative);
    look_at_parts(h);
}

static void all_members(void **state)
{
    crease_ctx *ctx = *state;
    const crease_type *type;
    crease_solver *exact = crease_solver_create(ctx, "exact", NULL);
    assert_non_null(exact);
    for (size_t m = 0; (type = crease_type_at(ctx, CREASE_REGULARIZER, m)); m++)
        for (size_t trial = 0; trial < crease_test_count(6000); trial++) {
            hostile h = { .ctx = ctx,
                          .random = crease_random_at(trial, CREASE_STREAM_TEST, 31),
                          .kind = (int)(trial % KINDS) };
            crease_solve_info info;
            alarm(10);
            if (open_case(&h, type->name))
                judge(&h, crease_solver_solve(exact, &h.p, h.x, &info), &info);
            close_case(&h);
        }
    alarm(0);
    crease_solver_free(exact);
}

/* --- what was found that way -----------------------------------------------------------------------
 */

typedef struct {
    crease_regularizer *psi;
    crease_groups groups;
    crease_solver *exact;
    crease_subproblem p;
} lone;

static void open_lone(crease_ctx *ctx, const char *name, size_t n, const double *c, const double *d,
                      lone *l)
{
    l->psi = crease_regularizer_create(ctx, name);
    l->groups = crease_groups_all(0, n);
    l->exact = crease_solver_create(ctx, "exact", NULL);
    assert_true(l->psi && l->exact);
    l->p = (crease_subproblem){ .ctx = ctx,
                                .backend = crease_backend_find(ctx, "cpu-f64"),
                                .n = n,
                                .c = c,
                                .d = d,
                                .w = 1,
                                .psi = l->psi,
                                .groups = &l->groups,
                                .paper_scale = 1 };
}

static void close_lone(lone *l)
{
    crease_solver_free(l->exact);
    crease_regularizer_free(l->psi);
}

static void factor_and_metric_are_checked(void **state)
{
    static const char *const names[] = { "l1", "l0", "tv1d", "group_l2" };
    double c[] = { 1, 2 }, d[] = { 1, -1 }, x[2];
    for (size_t k = 0; k < 4; k++) {
        lone l;
        open_lone(*state, names[k], 2, c, d, &l);
        assert_fails(*state, crease_solver_solve(l.exact, &l.p, x, NULL), CREASE_ERANGE,
                     "entry 1 of the metric is -1");
        l.p.d = NULL;
        l.p.scalar = -2;
        assert_fails(*state, crease_solver_solve(l.exact, &l.p, x, NULL), CREASE_ERANGE,
                     "scalar metric is -2");
        l.p.scalar = 1;
        l.p.w = -1;
        assert_fails(*state, crease_solver_solve(l.exact, &l.p, x, NULL), CREASE_ERANGE,
                     "factor w on psi is -1");
        l.p.w = NAN;
        assert_fails(*state, crease_solver_solve(l.exact, &l.p, x, NULL), CREASE_ENAN, "factor w");
        l.p.w = INFINITY;
        assert_fails(*state, crease_solver_solve(l.exact, &l.p, x, NULL), CREASE_ENAN, "factor w");
        close_lone(&l);
    }
}

static void an_answer_that_overflows_is_an_error(void **state)
{
    static const char *const names[] = { "none", "l1", "group_l2", "tv1d", "topk", "linf" };
    double c[] = { 1e200, 3 }, d[] = { 1e-200, 1 }, x[2] = { 0 };
    for (size_t k = 0; k < 6; k++) {
        lone l;
        open_lone(*state, names[k], 2, c, d, &l);
        assert_fails(*state, crease_solver_solve(l.exact, &l.p, x, NULL), CREASE_EUNBOUNDED, names[k]);
        close_lone(&l);
    }
}

/* w = 0 leaves psi out: infinite weights, too, on the kernels as elsewhere. */
static void without_psi_nothing_is_forced(void **state)
{
    static const char *const names[] = { "none", "group_l2", "l0", "group_linf" };
    double c[] = { 1, -2 }, d[] = { 2, 2 }, x[2] = { 0 };
    for (size_t k = 0; k < 4; k++) {
        crease_certificate proof;
        lone l;
        open_lone(*state, names[k], 2, c, d, &l);
        l.groups.uniform_weight = INFINITY;
        l.p.w = 0;
        assert_ok(*state, crease_solver_solve(l.exact, &l.p, x, NULL));
        assert_true(x[0] == 0.5 && x[1] == -1);
        assert_ok(*state, crease_certify(&l.p, x, &proof));
        assert_true(proof.relative == 0);
        close_lone(&l);
    }
}

/* Bisections end where there is nothing to compare. */
static void no_search_goes_on_for_ever(void **state)
{
    double y[] = { NAN, 1 }, c[] = { 1, 1 }, d[] = { 1e100, 1 }, x[2] = { 0 };
    lone l;
    open_lone(*state, "sparse_group", 2, c, d, &l);
    crease_term term = { l.psi, &l.groups, NULL };
    crease_part s = crease_term_part(&term, 0);
    alarm(10);
    crease_part_dual_norm(l.psi, &s, y);
    close_lone(&l);
    open_lone(*state, "log_sum", 2, c, d, &l);
    assert_ok(*state, crease_regularizer_set(l.psi, "lambda", "1e300"));
    term = (crease_term){ l.psi, &l.groups, NULL };
    s = crease_term_part(&term, 0);
    crease_part_radius(l.psi, &s, c, d, 1e300, x);
    close_lone(&l);
    alarm(0);
}

/* The first step from 0 is enough where c/d overflows. */
static void nuclear_norm_with_a_tiny_metric(void **state)
{
    double c[] = { 0.5, 0, 0, 1 }, d[] = { 5e-324, 1, 1, 2 }, x[4] = { 0 };
    lone l;
    open_lone(*state, "nuclear", 4, c, d, &l);
    assert_ok(*state, crease_regularizer_set(l.psi, "rows", "2"));
    l.groups.uniform_weight = 2;
    assert_ok(*state, crease_solver_solve(l.exact, &l.p, x, NULL));
    for (size_t i = 0; i < 4; i++) assert_true(x[i] == 0);
    close_lone(&l);
}

/* A residual that rounds to 0 makes no answer exact: with d up to 1e14 one of 3e11 is known to 1e-2 or
 * so. */
static void nuclear_norm_with_a_wide_metric(void **state)
{
    double c[] = { 0, 0.3, 3e11, 0, 0, 0 }, d[] = { 0.025, 1.35e14, 13.5, 1, 61, 1 }, x[6] = { 0 };
    crease_solve_info info;
    crease_certificate proof;
    lone l;
    open_lone(*state, "nuclear", 6, c, d, &l);
    assert_ok(*state, crease_regularizer_set(l.psi, "rows", "3"));
    assert_ok(*state, crease_regularizer_set(l.psi, "max_iters", "5"));
    assert_ok(*state, crease_solver_solve(l.exact, &l.p, x, &info));
    assert_ok(*state, crease_certify(&l.p, x, &proof));
    assert_true(info.exact ? proof.relative <= 1e-12 : info.gap > 0);
    close_lone(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_members, set_up, tear_down),
        cmocka_unit_test_setup_teardown(factor_and_metric_are_checked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_answer_that_overflows_is_an_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_psi_nothing_is_forced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_search_goes_on_for_ever, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nuclear_norm_with_a_tiny_metric, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nuclear_norm_with_a_wide_metric, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

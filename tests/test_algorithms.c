/* Outer methods at their edges: what the set-up refuses, regularizers from outside the shrink family,
 * terms without entries or without limits, gradients and moments that are no longer finite. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "outer_support.h"

/* --- small set-ups ------------------------------------------------------------------------------- */

/* One method on one term, in double, with the exact solver. */
typedef struct {
    crease_ctx *ctx;
    crease_solver *exact;
    crease_regularizer *psi;
    crease_algorithm *a;
    noise o;
} small;

static small small_create(const char *algorithm, const char *psi, const char *backend)
{
    small s = { .ctx = test_ctx() };
    s.exact = crease_solver_create(s.ctx, "exact", NULL);
    s.psi = crease_regularizer_create(s.ctx, psi);
    s.a = crease_algorithm_create(s.ctx, algorithm, crease_backend_find(s.ctx, backend));
    assert_true(s.exact && s.psi && s.a);
    return s;
}

static int small_setup(small *s, size_t n, const crease_groups *groups, size_t n_terms)
{
    void *x = crease_alloc(s->ctx, n < 1000 ? n : 1, s->a->backend->real_bytes);
    crease_term terms[CREASE_MAX_TERMS + 1];
    for (size_t i = 0; i < n_terms; i++) terms[i] = (crease_term){ s->psi, &groups[i], "weight" };
    int code = crease_algorithm_setup(s->a, n, x, terms, n_terms, s->exact);
    s->o = noise_make(s->a->backend, n);
    crease_release(s->ctx, x);
    return code;
}

static void small_free(small *s)
{
    crease_algorithm_free(s->a);
    crease_regularizer_free(s->psi);
    crease_solver_free(s->exact);
    crease_ctx_free(s->ctx);
}

/* The groups are refused at set-up, with these words. */
static void refused(size_t n, const crease_groups *groups, size_t n_terms, int code, const char *words)
{
    small s = small_create("ramda", "group_l2", "cpu-f64");
    assert_fails(s.ctx, small_setup(&s, n, groups, n_terms), code, words);
    small_free(&s);
}

static void test_refused_groups(void **state)
{
    (void)state;
    const crease_groups rows = crease_groups_rows(0, 4, 5), cols = crease_groups_cols(0, 4, 5);
    const crease_groups late = crease_groups_rows(20, 4, 5),
                        step = crease_groups_strided(0, 3, 1, 1, 1, 3, 1);
    refused(40, (crease_groups[]){ rows, late, cols }, 3, CREASE_ENOTSUP, "entry 0 lies in two groups");
    refused(40, (crease_groups[]){ late, crease_groups_all(39, 1) }, 2, CREASE_ENOTSUP,
            "entry 39 lies in two groups");
    refused(40, &step, 1, CREASE_ENOTSUP, "entry 1 lies in two groups");
    refused(39, &late, 1, CREASE_EDIM,
            "group 3 of group_l2 reaches entry 39, but there are only 39 parameters");
    refused(0, &rows, 1, CREASE_EDIM, "reaches entry 0");
    crease_groups many[CREASE_MAX_TERMS + 1];
    for (size_t i = 0; i <= CREASE_MAX_TERMS; i++) many[i] = crease_groups_all(i, 1);
    refused(100, many, CREASE_MAX_TERMS + 1, CREASE_ENOTSUP, "17 regularization terms; at most 16");
    refused((size_t)1 << 32, &rows, 1, CREASE_ENOTSUP, "4294967296 parameters");
    small s = small_create("ramda", "group_l2", "cpu-f64");
    assert_ok(s.ctx, small_setup(&s, 100, many, CREASE_MAX_TERMS));
    assert_ok(s.ctx, crease_algorithm_step(s.a, &s.o.oracle));
    assert_fails(s.ctx, small_setup(&s, 100, many, 1), CREASE_EINVAL, "set up already");
    small_free(&s);
}

static void test_refused_lists(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    crease_groups overlap, far;
    assert_ok(ctx, crease_groups_from_lists(ctx, 2, (size_t[]){ 0, 2, 4 }, (uint32_t[]){ 0, 7, 7, 2 },
                                            &overlap));
    refused(10, &overlap, 1, CREASE_ENOTSUP, "entry 7 lies in two groups");
    assert_ok(ctx, crease_groups_from_lists(ctx, 2, (size_t[]){ 0, 1, 2 }, (uint32_t[]){ 0, 100000000 },
                                            &far));
    refused(10, &far, 1, CREASE_EDIM, "reaches entry 100000000");
    crease_groups_free(ctx, &overlap);
    crease_groups_free(ctx, &far);
    crease_ctx_free(ctx);
}

static void test_refused_objects(void **state)
{
    (void)state;
    small s = small_create("ramda", "group_l2", "cpu-f64");
    assert_null(crease_algorithm_create(s.ctx, "ramba", s.a->backend));
    assert_fails(s.ctx, crease_ctx_error(s.ctx)->code, CREASE_ENOTFOUND, "did you mean 'ramda'");
    assert_null(crease_algorithm_create(s.ctx, "ramda", NULL));
    assert_fails(s.ctx, crease_ctx_error(s.ctx)->code, CREASE_EINVAL, "backend");
    assert_null(crease_solver_create(s.ctx, "pg", NULL));
    assert_fails(s.ctx, crease_ctx_error(s.ctx)->code, CREASE_EINVAL, "needs an inexactness test");
    crease_stopping *fixed = crease_stopping_create(s.ctx, "fixed");
    assert_null(crease_solver_create(s.ctx, "exact", fixed));
    assert_fails(s.ctx, crease_ctx_error(s.ctx)->code, CREASE_EINVAL, "takes no inexactness test");
    crease_stopping_free(fixed);
    crease_solver *exact = s.exact;
    const crease_groups all = crease_groups_all(0, 5);
    s.exact = NULL;
    assert_fails(s.ctx, small_setup(&s, 5, &all, 1), CREASE_EINVAL, "ramda needs an inner solver");
    s.exact = exact;
    small_free(&s);
    crease_algorithm_free(NULL);
}

/* --- a regularizer from outside the shrink family ------------------------------------------------ */

static double outer_value(const crease_part *s, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < s->n; i++) sum += fabs(x[i]);
    return sum;
}

static double outer_residual(const crease_part *s, const double *x, const double *g, double w)
{
    double sum = 0;
    for (size_t i = 0; i < s->n; i++)
        sum = hypot(sum, x[i] != 0 ? g[i] + copysign(w, x[i]) : fmax(0, fabs(g[i]) - w));
    return sum;
}

static int outer_prox(const crease_part *s, const double *c, const double *d, double w, double *x,
                      crease_prox_info *info)
{
    (void)info;
    for (size_t i = 0; i < s->n; i++) x[i] = fabs(c[i]) > w ? copysign(fabs(c[i]) - w, c[i]) / d[i] : 0;
    return CREASE_OK;
}

static double outer_scale(const crease_part *s)
{
    (void)s;
    return 1;
}

static const crease_math outer_math = {
    .value = outer_value,
    .residual = outer_residual,
    .prox = outer_prox,
    .scale = outer_scale,
};

static const crease_math no_oracle_math = {
    .value = outer_value,
    .residual = outer_residual,
    .scale = outer_scale,
};

static const crease_regularizer_type outer_l1 = {
    .base = { .name = "test_outer_l1", .summary = "l1 from outside the family" },
    .flags = CREASE_CONVEX | CREASE_SEPARABLE | CREASE_UNIT_ENTRY,
    .math = &outer_math,
};

static const crease_regularizer_type no_oracle = {
    .base = { .name = "test_no_oracle", .summary = "no oracle at all" },
    .math = &no_oracle_math,
};

static void test_outside_the_family(void **state)
{
    (void)state;
    static const char *const backends[] = { "cpu-f64", "cpu-f32" }, *const methods[] = { "ramda",
                                                                                         "rmda" };
    const crease_groups groups[] = { crease_groups_cols(3, 9, 7),
                                     crease_groups_strided(100, 4, 50, 3, 10, 3, 2) };
    for (int k = 0; k < 4; k++) {
        small left = small_create(methods[k / 2], "l1", backends[k % 2]), right = left;
        right.ctx = test_ctx();
        assert_ok(right.ctx, crease_register(right.ctx, CREASE_REGULARIZER, &outer_l1.base));
        right.psi = crease_regularizer_create(right.ctx, "test_outer_l1");
        right.exact = crease_solver_create(right.ctx, "exact", NULL);
        right.a = crease_algorithm_create(right.ctx, methods[k / 2],
                                          crease_backend_find(right.ctx, backends[k % 2]));
        assert_ok(left.ctx, small_setup(&left, 400, groups, 2));
        assert_ok(right.ctx, small_setup(&right, 400, groups, 2));
        left.a->momentum = right.a->momentum = 1;
        right.a->want_certificate = true;
        for (int step = 0; step < 4; step++) {
            assert_ok(left.ctx, crease_algorithm_step(left.a, &left.o.oracle));
            assert_ok(right.ctx, crease_algorithm_step(right.a, &right.o.oracle));
            assert_true(right.a->inner.certificate < (k % 2 ? 1e-5 : 1e-13));
        }
        double x[400], y[400];
        left.a->backend->to_host(400, left.a->x, x);
        right.a->backend->to_host(400, right.a->x, y);
        assert_true(test_max_error(400, x, y) < (k % 2 ? 1e-6 : 1e-14));
        for (int i = 0; i < 400; i++) assert_int_equal(x[i] == 0, y[i] == 0);
        small_free(&left);
        small_free(&right);
    }
}

static void test_solver_says_no(void **state)
{
    (void)state;
    const crease_groups all = crease_groups_all(0, 5);
    small s = small_create("ramda", "l1", "cpu-f64");
    crease_regularizer *l1 = s.psi;
    assert_ok(s.ctx, crease_register(s.ctx, CREASE_REGULARIZER, &no_oracle.base));
    s.psi = crease_regularizer_create(s.ctx, "test_no_oracle");
    assert_fails(
        s.ctx, small_setup(&s, 5, &all, 1), CREASE_ENOTSUP,
        "solver exact does not take regularizer test_no_oracle: the regularizer has no exact oracle");
    crease_algorithm_free(s.a);
    s.a = crease_algorithm_create(s.ctx, "ramda", crease_backend_find(s.ctx, "cpu-f64"));
    inner pg = inner_make(s.ctx, "pg");
    crease_solver *exact = s.exact;
    s.exact = pg.solver;
    assert_fails(
        s.ctx, small_setup(&s, 5, &all, 1), CREASE_ENOTSUP,
        "solver pg does not take regularizer test_no_oracle: the regularizer has no proximal map");
    s.exact = exact;
    inner_free(&pg);
    crease_regularizer_free(l1);
    small_free(&s);
}

/* --- the ends of the range ----------------------------------------------------------------------- */

/* No terms, terms without groups, without entries, and vectors without entries. */
static void test_nothing_regularized(void **state)
{
    (void)state;
    static const size_t start[] = { 7, 7, 7, 7 };
    const crease_groups segments = {
        .count = 3, .start = start, .disjoint = true, .uniform_weight = 1
    };
    const crease_groups nothing[] = { crease_groups_all(0, 0), crease_groups_cols(0, 0, 9),
                                      crease_groups_rows(3, 4, 0),
                                      crease_groups_strided(2, 3, 5, 2, 9, 0, 4), segments };
    small plain = small_create("ramda", "group_l2", "cpu-f64"),
          empty = small_create("ramda", "group_l2", "cpu-f64");
    assert_ok(plain.ctx, small_setup(&plain, 50, NULL, 0));
    assert_ok(empty.ctx, small_setup(&empty, 50, nothing, 5));
    empty.a->want_hat = empty.a->want_certificate = true;
    for (int step = 0; step < 3; step++) {
        assert_ok(plain.ctx, crease_algorithm_step(plain.a, &plain.o.oracle));
        assert_ok(empty.ctx, crease_algorithm_step(empty.a, &empty.o.oracle));
        assert_true(plain.a->inner.solves == 0 && isnan(plain.a->inner.bound)
                    && isnan(plain.a->inner.certificate));
        assert_true(empty.a->inner.iterations == 0 && empty.a->inner.mean_iterations == 0);
        assert_true(empty.a->inner.certificate < 1e-14);
    }
    assert_memory_equal(plain.a->x, empty.a->x, 50 * sizeof(double));
    small_free(&plain);
    small_free(&empty);
    small none = small_create("rmda", "group_l2", "cpu-f32");
    assert_ok(none.ctx, small_setup(&none, 0, nothing, 2));
    assert_ok(none.ctx, crease_algorithm_step(none.a, &none.o.oracle));
    small_free(&none);
}

static void test_everything_in_one_group(void **state)
{
    (void)state;
    const crease_groups all = crease_groups_all(0, 300);
    for (int large = 0; large < 2; large++) {
        small s = small_create("ramda", "group_l2", "cpu-f64");
        assert_ok(s.ctx, crease_regularizer_set(s.psi, "lambda", large ? "1e6" : "1e-6"));
        assert_ok(s.ctx, small_setup(&s, 300, &all, 1));
        s.a->want_hat = true;
        for (int step = 0; step < 3; step++) assert_ok(s.ctx, crease_algorithm_step(s.a, &s.o.oracle));
        const double *hat = s.a->hat;
        size_t zeros = 0;
        for (int i = 0; i < 300; i++) zeros += hat[i] == 0;
        assert_int_equal(zeros, large ? 300 : 27); /* 27 entries have no gradient and start at 0 */
        assert_true(s.a->inner.solves == 1 && s.a->inner.bound < 1e-14);
        small_free(&s);
    }
}

/* How many groups of W-hat are live. */
static double live_groups(const small *s, const crease_groups *groups)
{
    const double *hat = s->a->hat;
    double live = 0;
    for (size_t g = 0; g < groups->count; g++) {
        bool any = false;
        for (size_t k = 0; k < crease_group_size(groups, g); k++)
            any |= hat[crease_group_entry(groups, g, k)] != 0;
        live += any;
    }
    return live;
}

/* What is told of the inner solves of several terms is what each of them would tell alone. */
static void test_statistics(void **state)
{
    (void)state;
    const crease_groups groups[] = { crease_groups_rows(0, 40, 5), crease_groups_cols(210, 20, 30) };
    small s[3]; /* the first term, the second, both */
    for (int i = 0; i < 3; i++) {
        s[i] = small_create("ramda", "group_l2", "cpu-f64");
        assert_ok(s[i].ctx, crease_regularizer_set(s[i].psi, "lambda", "1.5"));
        assert_ok(s[i].ctx, small_setup(&s[i], 900, &groups[i % 2], i < 2 ? 1 : 2));
        s[i].a->want_hat = true;
    }
    for (size_t step = 1; step <= 5; step++) {
        for (int i = 0; i < 3; i++) {
            s[i].o.step = step;
            assert_ok(s[i].ctx, crease_algorithm_step(s[i].a, &s[i].o.oracle));
        }
        const crease_inner *a = &s[0].a->inner, *b = &s[1].a->inner, *both = &s[2].a->inner;
        double live_a = live_groups(&s[0], &groups[0]), live_b = live_groups(&s[1], &groups[1]);
        assert_true(live_a > 0 && live_a < 40 && live_b > 0);
        double mean = (live_a * a->mean_iterations + live_b * b->mean_iterations) / (live_a + live_b);
        assert_true(fabs(both->mean_iterations - mean) < 1e-12);
        assert_true(both->iterations
                    == (a->iterations > b->iterations ? a->iterations : b->iterations));
        assert_true(both->solves == a->solves + b->solves && both->capped == 0);
        assert_true(both->bound == fmax(a->bound, b->bound) && both->solve_ms >= 0);
    }
    for (int i = 0; i < 3; i++) small_free(&s[i]);
}

/* Baselines leave psi aside, and need no solver. */
static void test_baselines_ignore_psi(void **state)
{
    (void)state;
    static const char *const names[] = { "madgrad", "msgd", "adamw" };
    const crease_groups all = crease_groups_all(0, 60);
    for (int i = 0; i < 3; i++) {
        small with = small_create(names[i], "group_l2", "cpu-f64"),
              without = small_create(names[i], "group_l2", "cpu-f64");
        crease_solver_free(with.exact);
        with.exact = NULL;
        assert_ok(with.ctx, small_setup(&with, 60, &all, 1));
        assert_true(with.a->momentum == 1); /* their own momentum is not the averaging weight */
        assert_ok(without.ctx, small_setup(&without, 60, NULL, 0));
        for (int step = 0; step < 3; step++) {
            assert_ok(with.ctx, crease_algorithm_step(with.a, &with.o.oracle));
            assert_ok(without.ctx, crease_algorithm_step(without.a, &without.o.oracle));
        }
        assert_memory_equal(with.a->x, without.a->x, 60 * sizeof(double));
        small_free(&with);
        small_free(&without);
    }
}

/* --- divergence ---------------------------------------------------------------------------------- */

static struct {
    double value, entry;
    int code;
} bad;

static int bad_gradient(crease_oracle *oracle, crease_rows rows, const void *x, double *value, void *g)
{
    noise *o = (noise *)oracle;
    noise_gradient(oracle, rows, x, value, g);
    *value = bad.value;
    ((double *)g)[o->n - 1] = bad.entry;
    return bad.code;
}

/* A step that fails before it begins changes nothing. */
static void test_bad_gradients(void **state)
{
    (void)state;
    const crease_groups rows = crease_groups_rows(0, 5, 8);
    small s = small_create("ramda", "group_l2", "cpu-f64"),
          twin = small_create("ramda", "group_l2", "cpu-f64");
    assert_ok(s.ctx, small_setup(&s, 50, &rows, 1));
    assert_ok(twin.ctx, small_setup(&twin, 50, &rows, 1));
    const double values[][2] = { { NAN, 0 }, { INFINITY, 0 }, { -INFINITY, 0 },
                                 { 1, NAN }, { 1, INFINITY }, { 1, -INFINITY } };
    for (int k = 0; k < 7; k++) {
        s.o.oracle.gradient = noise_gradient;
        assert_ok(s.ctx, crease_algorithm_step(s.a, &s.o.oracle));
        assert_ok(twin.ctx, crease_algorithm_step(twin.a, &twin.o.oracle));
        s.o.oracle.gradient = bad_gradient;
        bad.value = k < 6 ? values[k][0] : 1;
        bad.entry = k < 6 ? values[k][1] : 1;
        bad.code = k < 6 ? CREASE_OK : CREASE_EIO; /* the oracle's own error passes through */
        int code = crease_algorithm_step(s.a, &s.o.oracle);
        assert_int_equal(code, k < 6 ? CREASE_EDIVERGED : CREASE_EIO);
        if (k < 6) assert_fails(s.ctx, code, CREASE_EDIVERGED, "no longer finite at step");
        assert_int_equal(s.a->t, twin.a->t);
        assert_memory_equal(s.a->x, twin.a->x, 50 * sizeof(double));
        assert_memory_equal(s.a->state, twin.a->state, s.a->type->state_doubles * sizeof(double));
        for (int i = 0; i < 3; i++)
            assert_memory_equal(s.a->slots[i], twin.a->slots[i], 50 * sizeof(double));
    }
    small_free(&s);
    small_free(&twin);
}

/* Gradients that are finite but whose moments overflow: the run diverged, its input was not bad. */
static void test_overflow(void **state)
{
    (void)state;
    static const char *const methods[] = { "ramda", "rmda", "proxgen", "proxsgd" };
    const crease_groups rows = crease_groups_rows(0, 5, 8);
    for (int i = 0; i < 4; i++) {
        small s = small_create(methods[i], "group_l2", "cpu-f32");
        assert_ok(s.ctx, crease_algorithm_set(s.a, "lr", "1e30"));
        assert_ok(s.ctx, small_setup(&s, 50, &rows, 1));
        s.o.factor = 1e20;
        int code = CREASE_OK;
        for (int step = 0; step < 5 && code == CREASE_OK; step++)
            code = crease_algorithm_step(s.a, &s.o.oracle);
        assert_fails(s.ctx, code, CREASE_EDIVERGED, "no longer finite at step");
        small_free(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused_groups),
        cmocka_unit_test(test_refused_lists),
        cmocka_unit_test(test_refused_objects),
        cmocka_unit_test(test_outside_the_family),
        cmocka_unit_test(test_solver_says_no),
        cmocka_unit_test(test_nothing_regularized),
        cmocka_unit_test(test_everything_in_one_group),
        cmocka_unit_test(test_baselines_ignore_psi),
        cmocka_unit_test(test_statistics),
        cmocka_unit_test(test_bad_gradients),
        cmocka_unit_test(test_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

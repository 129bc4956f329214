/* Second derivatives of problems, their Lipschitz constants, and f as a mean of losses of z. What every
 * registered problem promises is asked of all of them; linear models are also held against their
 * definitions. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linear_models.h"

static const crease_rows ALL = { 0, NULL };

/* --- every problem with second derivatives -------------------------------------------------------- */

typedef void problem_test(crease_problem *p, bool convex, uint64_t seed);

static const loss_case *loss_named(const char *name)
{
    for (int i = 0; i < N_LOSSES; i++)
        if (!strcmp(loss_cases[i].name, name)) return &loss_cases[i];
    return NULL;
}

/* On small data: linear models from a file, others as they are by default. */
static void each_problem(problem_test *test)
{
    crease_ctx *ctx = test_ctx();
    size_t tested = 0;
    const crease_type *t;
    for (size_t i = 0; (t = crease_type_at(ctx, CREASE_PROBLEM, i)); i++) {
        const crease_problem_type *type = (const crease_problem_type *)t;
        assert_true(!type->curvature == !type->product && !type->curvature == !type->lipschitz);
        if (!type->curvature) continue;
        const loss_case *loss = loss_named(t->name);
        tested += loss != NULL;
        for (int form = 0; form < (loss ? N_FORMS : 1); form++) {
            if (loss) {
                loss_model m = loss_model_make(loss, form, "cpu-f64", 1);
                test(m.p, loss->convex, (uint64_t)form);
                loss_model_free(&m);
            } else {
                crease_problem *p = problem_make(ctx, t->name, "cpu-f64", SETTINGS(NULL, NULL));
                test(p, false, 1);
                crease_problem_free(p);
            }
        }
    }
    assert_int_equal(tested, N_LOSSES);
    crease_ctx_free(ctx);
}

static double *normal(crease_problem *p, uint64_t seed, double scale)
{
    double *x = crease_alloc(p->ctx, p->n, sizeof *x);
    assert_non_null(x);
    fill_normal(seed, p->n, scale, x);
    return x;
}

static void free_all(crease_problem *p, size_t count, double **vectors)
{
    for (size_t i = 0; i < count; i++) crease_release(p->ctx, vectors[i]);
}

static void against_differences(crease_problem *p, bool convex, uint64_t seed)
{
    (void)convex;
    const double h = 1e-6;
    double *v[] = { normal(p, 100 + seed, 0.5), normal(p, 200 + seed, 1), normal(p, 0, 0),
                    normal(p, 0, 0), normal(p, 0, 0) };
    double *x = v[0], *u = v[1], *up = v[2], *down = v[3], *y = v[4];
    problem_curvature(p, x);
    problem_product(p, u, y);
    for (size_t i = 0; i < p->n; i++) x[i] += h * u[i];
    problem_gradient(p, ALL, x, up);
    for (size_t i = 0; i < p->n; i++) x[i] -= 2 * h * u[i];
    problem_gradient(p, ALL, x, down);
    for (size_t i = 0; i < p->n; i++) up[i] = (up[i] - down[i]) / (2 * h);
    assert_true(test_max_error(p->n, y, up) < 1e-6);
    free_all(p, 5, v);
}

static void symmetric_and_definite(crease_problem *p, bool convex, uint64_t seed)
{
    double *v[] = { normal(p, 300 + seed, 1), normal(p, 400 + seed, 1), normal(p, 500 + seed, 1),
                    normal(p, 0, 0), normal(p, 0, 0) };
    double *u = v[1], *w = v[2], *hu = v[3], *hw = v[4];
    problem_curvature(p, v[0]);
    for (size_t k = 0; k < crease_test_count(500); k++) {
        fill_normal(600 + 2 * k, p->n, 1, u);
        fill_normal(601 + 2 * k, p->n, 1, w);
        problem_product(p, u, hu);
        problem_product(p, w, hw);
        double size =
            sqrt(dot(p->n, hu, hu) * dot(p->n, w, w)) + sqrt(dot(p->n, hw, hw) * dot(p->n, u, u));
        assert_true(fabs(dot(p->n, u, hw) - dot(p->n, w, hu)) <= 1e-13 * size);
        assert_true(!convex || dot(p->n, u, hu) >= -1e-14 * sqrt(dot(p->n, hu, hu) * dot(p->n, u, u)));
    }
    free_all(p, 5, v);
}

/* The largest eigenvalue in size of H at x, from below, by power iterations from v (destroyed). */
static double steepest(crease_problem *p, const double *x, double *v, double *y, int iterations)
{
    double quotient = 0;
    problem_curvature(p, x);
    for (int i = 0; i < iterations; i++) {
        double norm = sqrt(dot(p->n, v, v));
        if (norm == 0) return 0;
        for (size_t k = 0; k < p->n; k++) v[k] /= norm;
        problem_product(p, v, y);
        quotient = fmax(quotient, fabs(dot(p->n, v, y)));
        memcpy(v, y, p->n * sizeof *v);
    }
    return quotient;
}

static void no_steeper_than_lipschitz(crease_problem *p, bool convex, uint64_t seed)
{
    (void)convex;
    double L, again, row;
    assert_ok(p->ctx, p->type->lipschitz(p, false, &L));
    assert_ok(p->ctx, p->type->lipschitz(p, true, &row));
    assert_ok(p->ctx, p->type->lipschitz(p, false, &again));
    assert_true(L >= p->ridge && again == L && row >= 0);
    double *v[] = { normal(p, 700 + seed, 1), normal(p, 800 + seed, 1), normal(p, 0, 0) };
    for (size_t k = 0; k < crease_test_count(300); k++) {
        fill_normal(900 + 2 * k, p->n, k % 3 ? 0.1 * (double)(k % 3) : 0, v[0]);
        fill_normal(901 + 2 * k, p->n, 1, v[1]);
        double found = steepest(p, v[0], v[1], v[2], 12);
        assert_true(found <= L * (1 + 1e-14) && found <= row * (1 + 1e-14));
    }
    free_all(p, 3, v);
}

static void test_product_against_differences(void **state)
{
    (void)state;
    each_problem(against_differences);
}

static void test_symmetric_and_definite(void **state)
{
    (void)state;
    each_problem(symmetric_and_definite);
}

static void test_lipschitz_of_all(void **state)
{
    (void)state;
    each_problem(no_steeper_than_lipschitz);
}

/* --- H of linear models --------------------------------------------------------------------------- */

static void test_product_by_definition(void **state)
{
    (void)state;
    double v[MOST_PARAMETERS], y[MOST_PARAMETERS], right[MOST_PARAMETERS];
    for (int i = 0; i < N_LOSSES * N_FORMS * 2; i++) {
        bool narrow = i & 1;
        loss_model m = loss_model_make(&loss_cases[i / 2 / N_FORMS], i / 2 % N_FORMS,
                                       narrow ? "cpu-f32" : "cpu-f64", 0.7);
        for (uint64_t k = 0; k < 3; k++) { /* a new point each time */
            fill_normal(20 + k, m.n, 0.7, m.x);
            fill_normal(30 + k, m.n, 1, v);
            naive_model(&m, ALL, m.x, NULL, v, right);
            problem_curvature(m.p, m.x);
            problem_product(m.p, v, y);
            assert_true(test_max_error(m.n, y, right) < (narrow ? 1e-5 : 1e-13));
        }
        loss_model_free(&m);
    }
}

/* Rows that are nearly certain: nothing overflows, and the second derivative is tiny; an error of z is
 * one relative to it. */
static void test_product_at_extreme_points(void **state)
{
    (void)state;
    double v[MOST_PARAMETERS], y[MOST_PARAMETERS], right[MOST_PARAMETERS];
    for (int i = 0; i < (N_LOSSES - 1) * N_FORMS; i++) { /* poisson, the last, is infinite there */
        const loss_case *loss = &loss_cases[i / N_FORMS];
        loss_model m = loss_model_make(loss, i % N_FORMS, "cpu-f64", 1);
        for (double scale = 10; scale < 1001; scale *= 10) {
            fill_normal(21, m.n, scale, m.x);
            fill_normal(31, m.n, 1, v);
            naive_model(&m, ALL, m.x, NULL, v, right);
            problem_curvature(m.p, m.x);
            problem_product(m.p, v, y);
            assert_true(test_max_error(m.n, y, right) < 1e-15 * scale + 1e-13);
        }
        loss_model_free(&m);
    }
}

static void test_softmax_null_space(void **state)
{
    (void)state;
    double v[MOST_PARAMETERS], y[MOST_PARAMETERS];
    for (int form = 0; form < N_FORMS; form++) {
        loss_model m = loss_model_make(&loss_cases[0], form, "cpu-f64", 2);
        if (m.bias && m.ridge == 0) {
            problem_curvature(m.p, m.x);
            memset(v, 0, sizeof v);
            for (size_t k = 0; k < 4; k++) v[28 + k] = 1.7;
            problem_product(m.p, v, y);
            for (size_t i = 0; i < m.n; i++) assert_true(y[i] == 0);
            v[29] = 1; /* another direction is not in it */
            problem_product(m.p, v, y);
            assert_true(fabs(y[29]) > 1e-3);
        }
        loss_model_free(&m);
    }
}

static void test_sigmoid_is_not_convex(void **state)
{
    (void)state;
    loss_model m = loss_model_make(&loss_cases[3], 8, "cpu-f64", 1);
    double y[MOST_PARAMETERS];
    size_t negative = 0;
    for (uint64_t k = 0; k < 20; k++) {
        fill_normal(40 + k, m.n, 2, m.x);
        problem_curvature(m.p, m.x);
        fill_normal(60 + k, m.n, 1, m.x);
        problem_product(m.p, m.x, y);
        negative += dot(m.n, m.x, y) < 0;
    }
    assert_true(negative > 2 && negative < 18);
    loss_model_free(&m);
}

static void test_order_of_calls(void **state)
{
    (void)state;
    for (int i = 0; i < N_LOSSES; i++) {
        loss_model m = loss_model_make(&loss_cases[i], 2, "cpu-f64", 1);
        const crease_problem_type *t = m.p->type;
        double y[MOST_PARAMETERS], again[MOST_PARAMETERS];
        assert_fails(m.ctx, t->product(m.p, m.x, y), CREASE_EINVAL, "curvature");
        assert_ok(m.ctx, t->curvature(m.p, m.x));
        assert_ok(m.ctx, t->product(m.p, m.x, y));
        double value = problem_gradient(m.p, ALL, m.x, again), L;
        assert_ok(m.ctx, t->lipschitz(m.p, false, &L)); /* what comes between changes nothing */
        assert_ok(m.ctx, t->product(m.p, m.x, again));
        assert_memory_equal(y, again, m.n * sizeof *y);
        assert_true(problem_gradient(m.p, ALL, m.x, NULL) == value);
        double kept = m.x[3];
        m.x[3] = NAN;
        assert_fails(m.ctx, t->curvature(m.p, m.x), CREASE_ENAN, "not finite");
        m.x[3] = kept;
        assert_fails(m.ctx, t->product(m.p, m.x, y), CREASE_EINVAL, "curvature");
        assert_ok(m.ctx, t->curvature(m.p, m.x));
        assert_ok(m.ctx, t->product(m.p, m.x, y));
        assert_memory_equal(y, again, m.n * sizeof *y);
        loss_model_free(&m);
    }
    loss_model m =
        loss_model_make(&loss_cases[6], 2, "cpu-f64", 1); /* exp(z) overflows at a finite point */
    for (size_t i = 0; i < m.n; i++) m.x[i] = 1e6;
    assert_fails(m.ctx, m.p->type->curvature(m.p, m.x), CREASE_ENAN, "not finite");
    loss_model_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_product_against_differences),
        cmocka_unit_test(test_symmetric_and_definite),
        cmocka_unit_test(test_lipschitz_of_all),
        cmocka_unit_test(test_product_by_definition),
        cmocka_unit_test(test_product_at_extreme_points),
        cmocka_unit_test(test_softmax_null_space),
        cmocka_unit_test(test_sigmoid_is_not_convex),
        cmocka_unit_test(test_order_of_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

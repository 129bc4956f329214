/* Deterministic methods, all that are registered: they find certified solutions with their supports,
 * fall, agree with each other where no solution is known, and go on from a checkpoint as if nothing
 * was. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "descent_support.h"

static const char *const seconds[] = { "prox_newton", "manifold_newton", "farsa_group", NULL };
static const char *const falling[] = { "pg", "prox_newton", "manifold_newton", "farsa_group", NULL };

/* --- certified solutions -------------------------------------------------------------------------- */

static void assert_same_support(const char *method, size_t n, const double *x, const double *expected)
{
    for (size_t i = 0; i < n; i++) {
        if ((x[i] != 0) != (expected[i] != 0))
            fail_msg("%s: entry %zu is %g, but %g in the solution", method, i, x[i], expected[i]);
        if (x[i] == 0) assert_false(signbit(x[i]));
    }
}

static void find_certified(model *m, const char *method)
{
    bool wide = m->problem->backend->real_bytes == sizeof(double);
    const double *solution = m->problem->type->known_solution(m->problem);
    crease_descent d = descend(m, method, NULL);
    assert_ok(m->ctx, crease_descent_run(&d, wide ? 1e-12 : 3e-5, 200, 2000));
    if (!(d.residual.relative <= (wide ? 1e-11 : 3e-4)))
        fail_msg("%s stands at a residual of %g", method, d.residual.relative);
    assert_same_support(method, m->problem->n, d.x, solution);
    double error = test_max_error(m->problem->n, d.x, solution);
    if (!(error < (wide ? 1e-8 : 3e-4))) fail_msg("%s is %g away from the solution", method, error);
    if (wide && is_one_of(method, seconds) && d.iterations > 60)
        fail_msg("%s takes %lu steps", method, d.iterations);
    crease_descent_free(&d);
}

static void certified_solutions(void **state)
{
    (void)state;
    static const char *const problems[] = { "logistic", "least_squares" }, *const backends[] = {
        "cpu-f64", "cpu-f32"
    };
    const char *names[MOST_METHODS];
    for (int k = 0; k < 8; k++)
        for (uint64_t seed = 1; seed <= 1 + crease_test_count(20); seed++) {
            model *m = model_certified(problems[k % 2], backends[k / 2 % 2], k / 4 ? 3 : 1, seed);
            size_t n = deterministic_methods(m->ctx, names);
            assert_true(n >= 5);
            for (size_t i = 0; i < n; i++) find_certified(m, names[i]);
            model_free(m);
        }
}

/* From far away, where Newton's steps overshoot. */
static void from_anywhere(void **state)
{
    (void)state;
    const char *names[MOST_METHODS];
    for (size_t k = 0; k < 2; k++) {
        model *m = model_certified("logistic", "cpu-f64", k ? 3 : 1, 3);
        double *x = calloc(m->problem->n, sizeof *x);
        const double *solution = m->problem->type->known_solution(m->problem);
        fill_normal(17, m->problem->n, 30, x);
        for (size_t i = 0, n = deterministic_methods(m->ctx, names); i < n; i++) {
            crease_descent d = descend(m, names[i], x);
            descend_to(&d, 1e-12, 20000);
            assert_same_support(names[i], m->problem->n, d.x, solution);
            crease_descent_free(&d);
        }
        free(x);
        model_free(m);
    }
}

/* --- descent -------------------------------------------------------------------------------------- */

/* Step by step from a random point: F may only rise by the rounding of a sum over rows. */
static void watch_fall(model *m, const char *method, int steps)
{
    double rounding = m->problem->backend->real_bytes == sizeof(double) ? 5e-14 : 3e-6, before;
    double *x = calloc(m->problem->n, sizeof *x);
    fill_normal(23, m->problem->n, 0.5, x);
    crease_descent d = descend(m, method, x);
    assert_ok(m->ctx, crease_descent_measure(&d));
    double start = before = d.objective;
    for (int k = 0; k < steps; k++) {
        assert_ok(m->ctx, crease_descent_step(&d));
        assert_ok(m->ctx, crease_descent_measure(&d));
        if (!(d.objective <= before + rounding * fabs(before)))
            fail_msg("%s: F rises from %.17g to %.17g in step %d", method, before, d.objective, k + 1);
        assert_true(fabs(d.algorithm->value - d.loss) <= rounding * fabs(d.loss));
        before = d.objective;
    }
    assert_true(before < start);
    crease_descent_free(&d);
    free(x);
}

static model *various(int which, const char *backend)
{
    switch (which) {
    case 0:
        return model_certified("logistic", backend, 1, 1);
    case 1:
        return model_certified("least_squares", backend, 3, 2);
    case 2:
        return model_planted("softmax", backend, 0.02);
    case 3:
        return model_planted("poisson", backend, 0.02);
    case 4:
        return model_planted("sigmoid", backend, 0.002);
    default:
        return model_planted("logistic", backend, 0.02);
    }
}
enum { N_VARIOUS = 6, POISSON = 3, SIGMOID };

static void objectives_never_rise(void **state)
{
    (void)state;
    for (int k = 0; k < 2 * N_VARIOUS; k++) {
        model *m = various(k / 2, k % 2 ? "cpu-f32" : "cpu-f64");
        for (const char *const *name = falling; *name; name++) watch_fall(m, *name, 40);
        model_free(m);
    }
}

/* --- without a known solution --------------------------------------------------------------------- */

/* All methods that take the terms reach a residual; they agree on F, the support and the predictions.
 */
static size_t compare_all(model *m, const char *const *skipped, double goal)
{
    crease_problem *p = m->problem;
    const char *names[MOST_METHODS];
    size_t done = 0, rows = p->rows * p->row_width;
    double objective = 0, *x = calloc(p->n, sizeof *x),
           *z[2] = { calloc(rows, sizeof *x), calloc(rows, sizeof *x) };
    for (size_t i = 0, n = deterministic_methods(m->ctx, names); i < n; i++) {
        if (skipped && is_one_of(names[i], skipped)) continue;
        crease_descent d = descend(m, names[i], NULL);
        descend_to(&d, goal, 20000);
        assert_ok(m->ctx, p->type->predict(p, d.algorithm->x, z[done > 0]));
        if (done++ == 0) {
            objective = d.objective;
            memcpy(x, d.x, p->n * sizeof *x);
        }
        assert_same_support(names[i], p->blocks[0].n, d.x, x);
        if (!(fabs(d.objective - objective) <= 1e-12 * fabs(objective)))
            fail_msg("%s: F is %.17g, not %.17g", names[i], d.objective, objective);
        for (size_t k = 0; done > 1 && k < rows; k++) { /* up to a common shift of a row */
            double shift = p->row_width > 1 ? z[1][k / p->row_width * p->row_width]
                                                  - z[0][k / p->row_width * p->row_width]
                                            : 0;
            assert_true(fabs(z[1][k] - z[0][k] - shift) <= 1e-7 * (1 + fabs(z[0][k])));
        }
        crease_descent_free(&d);
    }
    free(x);
    free(z[0]);
    free(z[1]);
    return done;
}

/* Intercepts, in softmax with a direction in which F is flat; a loss without a Lipschitz constant. */
static void methods_agree(void **state)
{
    (void)state;
    for (int k = 2; k < N_VARIOUS; k++) {
        if (k == SIGMOID) continue;
        model *m = various(k, "cpu-f64");
        assert_true(compare_all(m, NULL, 1e-11) >= 5);
        model_free(m);
    }
}

/* A term on the weights and a ridge on the intercepts, which prox_newton leaves to the others. */
static void several_terms(void **state)
{
    (void)state;
    static const char *const one_term[] = { "prox_newton", NULL };
    model *m = various(2, "cpu-f64");
    model_add(m, "none", "ridge=0.1", "bias", "all");
    assert_true(compare_all(m, one_term, 1e-11) >= 4);
    crease_descent d;
    assert_fails(m->ctx,
                 crease_descent_create(m->ctx, m->problem, m->terms.terms, 2, "prox_newton", NULL, &d),
                 CREASE_ENOTSUP, "takes one regularizer, not 2");
    crease_descent_free(&d);
    model_free(m);
}

/* A ridge in the regularizer itself, and the elastic nets. */
static void ridges(void **state)
{
    (void)state;
    static const char *const nets[][3] = { { "elastic_net", "lambda=0.02,tau=0.1", "elements" },
                                           { "group_elastic_net", "lambda=0.02,tau=0.1", "size:4" },
                                           { "l1", "lambda=0.01,scale=2,ridge=0.3", "elements" } };
    for (int k = 0; k < 3; k++) {
        model *m = model_make("logistic", "cpu-f64",
                              "data=planted,planted_rows=200,planted_test_rows=0,"
                              "planted_cols=20,planted_live=6,bias=false");
        model_add(m, nets[k][0], nets[k][1], "weight", nets[k][2]);
        assert_true(compare_all(m, NULL, 1e-11) >= 5);
        model_free(m);
    }
}

/* Groups that nothing holds at zero, and groups that nothing frees; a norm without a slope. */
static void odd_weights(void **state)
{
    (void)state;
    static const double weights[] = { 0, INFINITY, 1, 2, 0.5 };
    for (int k = 0; k < 3; k++) {
        model *m = model_make("logistic", "cpu-f64",
                              "data=planted,planted_rows=200,planted_test_rows=0,planted_cols=20,"
                              "planted_live=6");
        model_add(m, k == 1 ? "l1" : "group_l2", k == 2 ? "lambda=0" : "lambda=0.02", "weight",
                  "size:4");
        assert_ok(m->ctx, crease_groups_set_weights(m->ctx, &m->terms.groups[0], weights));
        assert_true(compare_all(m, NULL, 1e-11) >= 5);
        crease_descent d = descend(m, "farsa_group", NULL);
        descend_to(&d, 1e-11, 1000);
        for (int i = 0; i < 8; i++) assert_int_equal(d.x[i] == 0, i >= 4 || (k == 1 && d.x[i] == 0));
        crease_descent_free(&d);
        model_free(m);
    }
}

/* Where f is not convex: a stationary point, better than the start. */
static void stationary_points(void **state)
{
    (void)state;
    const char *names[MOST_METHODS];
    model *m = various(SIGMOID, "cpu-f64");
    for (size_t i = 0, n = deterministic_methods(m->ctx, names); i < n; i++) {
        crease_descent d = descend(m, names[i], NULL);
        assert_ok(m->ctx, crease_descent_measure(&d));
        double start = d.objective;
        descend_to(&d, 1e-9, 20000);
        assert_true(d.objective < start);
        crease_descent_free(&d);
    }
    model_free(m);
}

/* Penalties outside of the shrink family: what takes them agrees. */
static void other_penalties(void **state)
{
    (void)state;
    static const char *const others[][3] = { { "box", "lower=-0.2,upper=0.3", "elements" },
                                             { "group_linf", "lambda=0.02", "size:4" },
                                             { "nonneg", "", "elements" } };
    static const char *const shrinking[] = { "manifold_newton", "farsa_group", NULL };
    for (int k = 0; k < 3; k++) {
        model *m = model_make("logistic", "cpu-f64",
                              "data=planted,planted_rows=200,planted_test_rows=0,"
                              "planted_cols=20,planted_live=6,bias=false");
        model_add(m, others[k][0], others[k][1], "weight", others[k][2]);
        assert_true(compare_all(m, shrinking, 1e-10) >= 3);
        for (const char *const *name = shrinking; *name; name++) {
            crease_descent d;
            assert_fails(m->ctx,
                         crease_descent_create(m->ctx, m->problem, m->terms.terms, 1, *name, NULL, &d),
                         CREASE_ENOTSUP, others[k][0]);
            crease_descent_free(&d);
        }
        model_free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certified_solutions),   cmocka_unit_test(from_anywhere),
        cmocka_unit_test(objectives_never_rise), cmocka_unit_test(methods_agree),
        cmocka_unit_test(several_terms),         cmocka_unit_test(ridges),
        cmocka_unit_test(odd_weights),           cmocka_unit_test(stationary_points),
        cmocka_unit_test(other_penalties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

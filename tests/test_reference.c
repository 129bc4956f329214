/* Reference solutions: what was planted is found and certified, what has no answer is flagged, methods
 * agree, and the spectrum is that of the second derivative written out. */
#include <gsl/gsl_eigen.h>
#include <gsl/gsl_sort_vector.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "descent_support.h"
#include "experiment/reference.h"

static crease_reference solve(model *m, const char *method)
{
    crease_reference r = { 0 };
    crease_reference_plan plans[CREASE_REFERENCE_PLANS];
    assert_true(crease_reference_plans(m->problem, &m->terms, plans) >= 1);
    if (method) plans[0] = (crease_reference_plan){ method, CREASE_REFERENCE_GOAL, 20000 };
    assert_ok(m->ctx, crease_reference_solve(m->problem, &m->terms, &plans[0], NULL, &r));
    return r;
}

static double gradient_at(model *m, const double *x, double *g)
{
    crease_problem *p = m->problem;
    double value, *work = malloc(2 * p->n * sizeof *work);
    p->backend->from_host(p->n, x, work);
    assert_ok(m->ctx, p->type->gradient(p, (crease_rows){ 0, NULL }, work, &value, work + p->n));
    p->backend->to_host(p->n, work + p->n, g);
    free(work);
    return value;
}

static void assert_close(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance * fabs(b))) fail_msg("%.17g is not %.17g", a, b);
}

/* --- certified data ------------------------------------------------------------------------------- */

/* Slack and size of each group of `size` columns, from the planted solution and the gradient there. */
static void check_margins(model *m, const crease_reference *r, size_t size, double lambda)
{
    size_t n = m->problem->n;
    const double *x = m->problem->type->known_solution(m->problem);
    double *g = malloc(n * sizeof *g);
    gradient_at(m, x, g);
    assert_int_equal(r->units, n / size);
    for (size_t u = 0; u < r->units; u++) {
        double slope = 0, norm = 0, threshold = lambda * sqrt((double)size);
        for (size_t i = u * size; i < (u + 1) * size; i++) {
            slope = hypot(slope, g[i]);
            norm = hypot(norm, x[i]);
        }
        assert_int_equal(r->unit[u], norm != 0);
        if (norm > 0) {
            assert_close(r->margin[u].size, norm, 1e-9);
            assert_true(isnan(r->margin[u].slack) && r->tight[u]);
        } else {
            assert_true(fabs(r->margin[u].slack - (threshold - slope)) < 1e-10);
            assert_close(r->margin[u].threshold, threshold, 1e-14);
            assert_false(r->tight[u]);
        }
    }
    free(g);
}

static void planted_margins(void **state)
{
    (void)state;
    static const char *const problems[] = { "logistic", "least_squares" };
    static const char *const methods[] = { NULL, "farsa_group", "prox_newton", "fista" };
    for (int k = 0; k < 4; k++)
        for (uint64_t seed = 1; seed <= 1 + crease_test_count(20); seed++)
            for (int i = 0; i < 4; i++) {
                size_t group = k / 2 ? 3 : 1;
                model *m = model_certified(problems[k % 2], "cpu-f64", group, seed);
                crease_reference r = solve(m, methods[i]);
                double lambda = k % 2 ? 0.02 : 0.01;
                assert_true(r.certificate < 1e-11 && r.unique && !r.degenerate);
                assert_close(r.delta, 0.003, 1e-8);
                assert_close(r.Delta, 0.5, 1e-8);
                assert_true(test_max_error(r.n, r.x, m->problem->type->known_solution(m->problem))
                            < 1e-9);
                assert_true(r.least_eigenvalue > 0 && r.largest_eigenvalue >= r.least_eigenvalue);
                check_margins(m, &r, group, lambda);
                crease_reference_free(m->ctx, &r);
                model_free(m);
            }
}

/* Margin 0: one zero group is at its threshold. Whether it comes out as zero or as the size of
 * rounding, it belongs to the tight set, and there is no claim. */
static void degenerate_problems(void **state)
{
    (void)state;
    static const char *const methods[] = { "manifold_newton", "prox_newton", "farsa_group", "fista" };
    for (int k = 0; k < 16; k++) {
        char settings[200];
        size_t group = k % 2 ? 3 : 1, tight = 0, live = 0;
        snprintf(settings, sizeof settings,
                 "data=certified,bias=false,certified_margin=0,certified_group=%zu,certified_seed=%d",
                 group, 1 + k / 8);
        model *m = model_make("least_squares", "cpu-f64", settings);
        model_add(m, group > 1 ? "group_l2" : "l1", "lambda=0.02", "weight",
                  group > 1 ? "size:3" : "elements");
        crease_reference r = solve(m, methods[k / 2 % 4]);
        const double *x = m->problem->type->known_solution(m->problem);
        for (size_t u = 0; u < r.units; u++) {
            tight += r.tight[u];
            live += x[u * group] != 0;
        }
        assert_true(r.degenerate && r.unique && r.certificate < 1e-11);
        assert_true(fabs(r.delta) < 1e-12 || r.Delta < 1e-12);
        assert_int_equal(tight, live + 1);
        crease_reference_free(m->ctx, &r);
        model_free(m);
    }
}

/* --- solutions that are not unique ---------------------------------------------------------------- */

/* Two equal columns: F is flat along moving weight from one to the other, wherever the method stands.
 */
static void equal_columns(void **state)
{
    (void)state;
    sample s = sample_create(3, 80, 8, 2, 0);
    for (size_t i = 0; i < s.rows; i++) {
        double *row = s.x + i * s.cols;
        row[0] = 0.3 * row[0] + 2 * s.y[i]; /* it matters */
        row[5] = row[0];
    }
    for (int k = 0; k < 4; k++) {
        char settings[500];
        snprintf(settings, sizeof settings, "data=%s",
                 k % 2 ? sample_write_libsvm(&s, "twins") : sample_write_csv(&s, "twins"));
        model *m = model_make("logistic", "cpu-f64", settings);
        model_add(m, k < 2 ? "l1" : "group_l2", "lambda=0.02", "weight", k < 2 ? "elements" : "size:1");
        double x[9] = { 0 };
        for (int start = 0; start < 3; start++) { /* all weight on one of them, on the other, on none */
            crease_reference_plan plans[CREASE_REFERENCE_PLANS];
            crease_reference r = { 0 };
            x[0] = start == 0 ? 2 : 0;
            x[5] = start == 1 ? 2 : 0;
            crease_reference_plans(m->problem, &m->terms, plans);
            assert_ok(m->ctx, crease_reference_solve(m->problem, &m->terms, &plans[0], x, &r));
            assert_true(r.certificate < 1e-11);
            assert_true(r.x[0] + r.x[5] > 0.1 && r.tight[0] && r.tight[5]);
            assert_false(r.unique);
            assert_true(r.least_eigenvalue < 1e-12 * r.largest_eigenvalue);
            crease_reference_free(m->ctx, &r);
        }
        model_free(m);
    }
    sample_free(&s);
}

/* The same without the twin, and with an intercept: unique. */
static void different_columns(void **state)
{
    (void)state;
    sample s = sample_create(3, 80, 8, 2, 0);
    char settings[500];
    snprintf(settings, sizeof settings, "data=%s", sample_write_csv(&s, "single"));
    model *m = model_make("logistic", "cpu-f64", settings);
    model_add(m, "l1", "lambda=0.02", "weight", "elements");
    crease_reference r = solve(m, NULL);
    assert_true(r.unique && r.certificate < 1e-11);
    crease_reference_free(m->ctx, &r);
    model_free(m);
    sample_free(&s);
}

/* --- two methods ---------------------------------------------------------------------------------- */

static void assert_agreement(model *m, const crease_reference *a, const crease_reference *b)
{
    crease_problem *p = m->problem;
    size_t rows = p->rows * p->row_width;
    double *z = malloc(2 * rows * sizeof *z), *x = malloc(p->n * sizeof *x);
    assert_close(a->objective, b->objective, 1e-12);
    assert_memory_equal(a->tight, b->tight, a->units);
    assert_memory_equal(a->unit, b->unit, a->units * sizeof *a->unit);
    p->backend->from_host(p->n, a->x, x);
    assert_ok(m->ctx, p->type->predict(p, x, z));
    p->backend->from_host(p->n, b->x, x);
    assert_ok(m->ctx, p->type->predict(p, x, z + rows));
    for (size_t i = 0; i < rows; i += p->row_width) /* softmax: up to a common shift of a row */
        for (size_t k = p->row_width > 1; k < p->row_width; k++) {
            double shift = p->row_width > 1 ? z[i] - z[rows + i] : 0;
            assert_true(fabs(z[i + k] - z[rows + i + k] - shift) < 1e-8);
        }
    free(z);
    free(x);
}

static model *planted_models(int k)
{
    static const char *const names[] = { "logistic", "softmax", "poisson", "huber_regression",
                                         "svm_squared_hinge" };
    return model_planted(names[k], "cpu-f64", 0.02);
}
enum { N_PLANTED = 5 };

static void methods_agree(void **state)
{
    (void)state;
    const char *names[MOST_METHODS];
    for (int k = 0; k < N_PLANTED; k++) {
        model *m = planted_models(k);
        crease_reference best = solve(m, NULL);
        assert_true(best.certificate < 1e-11);
        for (size_t i = 0, n = deterministic_methods(m->ctx, names); i < n; i++) {
            crease_reference r = solve(m, names[i]);
            assert_true(r.certificate < 1e-11);
            assert_string_equal(r.solver, names[i]);
            assert_agreement(m, &r, &best);
            assert_int_equal(r.unique, best.unique);
            crease_reference_free(m->ctx, &r);
        }
        crease_reference_free(m->ctx, &best);
        model_free(m);
    }
}

/* --- the spectrum --------------------------------------------------------------------------------- */

/* The second derivative of psi, l1 or group_l2 in this test, between entries i and j at x. */
static double bend(const model *m, const crease_reference *r, size_t i, size_t j)
{
    double sum = 0;
    for (size_t t = 0; t < m->terms.n; t++) {
        const crease_term *term = &m->terms.terms[t];
        double ridge = term->psi->ridge, lambda = 0;
        if (strcmp(term->psi->type->base.name, "group_l2") == 0)
            lambda = *(const double *)term->psi->opts;
        for (size_t g = 0; g < term->groups->count; g++) {
            double size = 0;
            bool has_i = false, has_j = false;
            for (size_t k = 0; k < crease_group_size(term->groups, g); k++) {
                size_t at = crease_group_entry(term->groups, g, k);
                size = hypot(size, r->x[at]);
                has_i |= at == i;
                has_j |= at == j;
            }
            if (!has_i || !has_j) continue;
            double pull = size > 0 ? lambda * crease_group_weight(term->groups, g) / size : 0;
            double along = size > 0 ? r->x[i] / size * (r->x[j] / size) : 0;
            sum += (i == j ? ridge : 0) + pull * ((i == j) - along);
        }
    }
    return sum;
}

/* Entries that move: those that are not zero, and those in no term with a kink (here: of the bias). */
static size_t moving(const model *m, const crease_reference *r, size_t *at)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++)
        if (r->x[i] != 0 || i >= m->problem->blocks[0].n) at[n++] = i;
    return n;
}

/* All eigenvalues of the second derivative along the manifold, in ascending order. */
static gsl_vector *dense_spectrum(model *m, const crease_reference *r)
{
    crease_problem *p = m->problem;
    size_t *at = malloc(p->n * sizeof *at), n = moving(m, r, at);
    double *v = calloc(2 * p->n, sizeof *v), *y = v + p->n;
    gsl_matrix *H = gsl_matrix_alloc(n, n);
    gsl_vector *values = gsl_vector_alloc(n);
    gsl_eigen_symm_workspace *work = gsl_eigen_symm_alloc(n);
    assert_ok(m->ctx, p->type->curvature(p, r->x));
    for (size_t j = 0; j < n; j++) {
        v[at[j]] = 1;
        assert_ok(m->ctx, p->type->product(p, v, y));
        v[at[j]] = 0;
        for (size_t i = 0; i < n; i++) gsl_matrix_set(H, i, j, y[at[i]] + bend(m, r, at[i], at[j]));
    }
    gsl_eigen_symm(H, values, work);
    gsl_sort_vector(values);
    gsl_eigen_symm_free(work);
    gsl_matrix_free(H);
    free(v);
    free(at);
    return values;
}

static void check_spectrum(model *m, size_t flat)
{
    crease_reference r = solve(m, NULL);
    gsl_vector *values = dense_spectrum(m, &r);
    double largest = gsl_vector_get(values, values->size - 1);
    for (size_t k = 0; k < flat; k++) assert_true(fabs(gsl_vector_get(values, k)) < 1e-12 * largest);
    assert_close(r.largest_eigenvalue, largest, 1e-10);
    if (!(fabs(r.least_eigenvalue - gsl_vector_get(values, flat)) <= 1e-10 * largest))
        fail_msg("%s: the least eigenvalue is %g, not %g", m->problem->type->base.name,
                 r.least_eigenvalue, gsl_vector_get(values, flat));
    gsl_vector_free(values);
    crease_reference_free(m->ctx, &r);
}

static void spectra(void **state)
{
    (void)state;
    for (int k = 0; k < N_PLANTED; k++) {
        model *m = planted_models(k);
        check_spectrum(m, k == 1 ? 1 : 0); /* softmax: a common shift of all intercepts */
        model_free(m);
    }
    for (int k = 0; k < 2; k++) {
        model *m = model_certified("logistic", "cpu-f64", k ? 3 : 1, 2);
        check_spectrum(m, 0);
        model_free(m);
    }
}

/* A second term without any structure of its own takes the flat direction away. */
static void several_terms(void **state)
{
    (void)state;
    model *m = planted_models(1);
    model_add(m, "none", "ridge=0.1", "bias", "all");
    check_spectrum(m, 0);
    crease_reference r = solve(m, NULL);
    assert_true(r.unique && !r.degenerate && r.certificate < 1e-11);
    assert_int_equal(r.units, 12); /* the columns */
    crease_reference_free(m->ctx, &r);
    model_free(m);
}

/* Nothing live but intercepts; and nothing at all. */
static void empty_manifolds(void **state)
{
    (void)state;
    for (int bias = 0; bias < 2; bias++) {
        model *m = model_make(
            "logistic", "cpu-f64",
            bias ? "data=planted,planted_rows=100,planted_test_rows=0,planted_cols=16,planted_live=4"
                 : "data=planted,planted_rows=100,planted_test_rows=0,planted_cols=16,planted_live=4,"
                   "bias=false");
        model_add(m, "l1", "lambda=10", "weight", "elements");
        crease_reference r = solve(m, NULL);
        assert_true(r.certificate < 1e-11 && isnan(r.Delta) && r.delta > 9 && !r.degenerate);
        if (bias)
            assert_close(r.least_eigenvalue, r.largest_eigenvalue, 1e-12);
        else
            assert_true(isnan(r.least_eigenvalue));
        assert_true(r.unique);
        crease_reference_free(m->ctx, &r);
        model_free(m);
    }
}

/* Without second derivatives, or outside of the shrink family, the spectrum is not known. */
static void unknown_spectra(void **state)
{
    (void)state;
    model *m = model_make("logistic", "cpu-f64",
                          "data=planted,planted_rows=100,planted_test_rows=0,planted_cols=16,"
                          "planted_live=4,bias=false");
    model_add(m, "box", "lower=-0.2,upper=0.3", "weight", "elements");
    crease_reference_plan plans[CREASE_REFERENCE_PLANS];
    assert_int_equal(crease_reference_plans(m->problem, &m->terms, plans), 2);
    assert_string_equal(plans[0].method, "prox_newton");
    crease_reference r = solve(m, NULL);
    assert_true(r.certificate < 1e-11 && isnan(r.least_eigenvalue) && !r.unique);
    crease_reference_free(m->ctx, &r);
    model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_margins), cmocka_unit_test(degenerate_problems),
        cmocka_unit_test(equal_columns),   cmocka_unit_test(different_columns),
        cmocka_unit_test(methods_agree),   cmocka_unit_test(spectra),
        cmocka_unit_test(several_terms),   cmocka_unit_test(empty_manifolds),
        cmocka_unit_test(unknown_spectra),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Linear models row by row: their Lipschitz constants against dense decompositions, f as a mean of
 * losses of z. */
#include <math.h>

#include <gsl/gsl_eigen.h>

#include "linear_models.h"

static const crease_rows ALL = { 0, NULL };

/* --- Lipschitz constants -------------------------------------------------------------------------- */

/* Largest eigenvalue of 1/n sum (x_i, 1)(x_i, 1)' by a dense decomposition. */
static double moment_eigenvalue(const sample *s, bool bias)
{
    size_t n = s->cols + bias;
    gsl_matrix *a = gsl_matrix_calloc(n, n);
    gsl_vector *values = gsl_vector_alloc(n);
    gsl_eigen_symm_workspace *work = gsl_eigen_symm_alloc(n);
    for (size_t j = 0; j < n; j++)
        for (size_t k = 0; k < n; k++) {
            long double sum = 0;
            for (size_t i = 0; i < s->rows; i++) {
                const double *row = s->x + i * s->cols;
                sum += (j < s->cols ? row[j] : 1.0L) * (k < s->cols ? row[k] : 1.0L);
            }
            gsl_matrix_set(a, j, k, (double)(sum / (long double)s->rows));
        }
    gsl_eigen_symm(a, values, work);
    double largest = gsl_vector_max(values);
    gsl_eigen_symm_free(work);
    gsl_vector_free(values);
    gsl_matrix_free(a);
    return largest;
}

static double largest_square(const sample *s, bool bias)
{
    double largest = 0;
    for (size_t i = 0; i < s->rows; i++)
        largest = fmax(largest, bias + dot(s->cols, s->x + i * s->cols, s->x + i * s->cols));
    return largest;
}

static void assert_bounds(double L, double exact)
{
    assert_true(L >= exact);
    assert_true(L <= exact * 1.0527 + 1e-300);
}

static void test_lipschitz_by_definition(void **state)
{
    (void)state;
    for (int i = 0; i < N_LOSSES * N_FORMS * 2; i++) {
        const loss_case *loss = &loss_cases[i / 2 / N_FORMS];
        loss_model m = loss_model_make(loss, i / 2 % N_FORMS, i & 1 ? "cpu-f32" : "cpu-f64", 1);
        double L, row;
        assert_ok(m.ctx, m.p->type->lipschitz(m.p, false, &L));
        assert_ok(m.ctx, m.p->type->lipschitz(m.p, true, &row));
        if (isinf(loss->bound)) {
            assert_true(L == INFINITY && row == INFINITY);
        } else {
            double squares = loss->bound * largest_square(&m.data, m.bias);
            assert_bounds((L - m.ridge) * (1 + 1e-15),
                          loss->bound * moment_eigenvalue(&m.data, m.bias));
            assert_true(fabs(row - m.ridge - squares) <= (i & 1 ? 1e-6 : 1e-13) * squares);
        }
        loss_model_free(&m);
    }
}

/* Spectra that a careless iteration gets wrong: rank one, equal eigenvalues, two that lie close, one
 * far above, many columns, few rows, tiny and huge numbers, and a column of zeros. */
static void make_hard(int which, sample *s)
{
    for (size_t i = 0; i < s->rows; i++)
        for (size_t j = 0; j < s->cols; j++) {
            double *x = &s->x[i * s->cols + j];
            switch (which) {
            case 0:
                *x = (double)(i + 1) * (double)(j + 1);
                break;
            case 1:
                *x = i % s->cols == j;
                break;
            case 2:
                *x = i % s->cols == j ? 1 + 1e-9 * (double)j : 0;
                break;
            case 3:
                *x = j == 5 ? 1e4 * *x : *x;
                break;
            case 4:
                *x *= 1e-15;
                break;
            case 5:
                *x *= 1e15;
                break;
            case 6:
                *x = j == 3 ? 0 : *x;
                break;
            case 7:
                *x = i == 4 && j == 2 ? 1 : 0;
                break;
            case 8:
                *x = 0;
                break;
            case 9:
                *x = i % s->cols == j ? pow(0.8, (double)j) : 0;
                break;
            default:
                break;
            }
        }
}

static void test_lipschitz_of_hard_data(void **state)
{
    (void)state;
    static const size_t sizes[][2] = { { 60, 12 }, { 9, 70 }, { 300, 100 } };
    crease_ctx *ctx = test_ctx();
    for (int i = 0; i < 3 * 11 * 2; i++) {
        size_t rows = sizes[i % 3][0], cols = sizes[i % 3][1];
        int which = i / 3 % 11;
        bool narrow = i / 33;
        sample s = loss_sample(50, TARGET_NUMBERS, rows, cols, 0.2);
        make_hard(which, &s);
        for (int bias = 0; bias < 2; bias++) {
            crease_problem *p = problem_make(
                ctx, "least_squares", narrow ? "cpu-f32" : "cpu-f64",
                SETTINGS("data", sample_write_csv(&s, "hard"), "bias", bias ? "true" : "false"));
            double L;
            assert_ok(ctx, p->type->lipschitz(p, false, &L));
            assert_bounds(L * (1 + (narrow ? 1e-6 : 1e-14)), moment_eigenvalue(&s, bias));
            crease_problem_free(p);
        }
        sample_free(&s);
    }
    crease_ctx_free(ctx);
}

/* --- f as a mean of losses of z ------------------------------------------------------------------- */

/* pull(slopes, 1/count) and the ridge are the gradient, for any rows; the value of beta counts too. */
static void check_slopes(loss_model *m, crease_rows rows)
{
    const crease_backend *b = m->p->backend;
    size_t count = rows.rows ? rows.count : m->p->rows;
    double g[MOST_PARAMETERS], pulled[MOST_PARAMETERS], twice[MOST_PARAMETERS];
    double tolerance = b->real_bytes == 4 ? 1e-5 : 1e-13;
    void *x = crease_alloc(m->ctx, m->n, b->real_bytes),
         *out = crease_alloc(m->ctx, m->n, b->real_bytes);
    void *s = crease_alloc(m->ctx, count * m->p->row_width, b->real_bytes);
    assert_true(x && out && s);
    b->from_host(m->n, m->x, x);
    for (size_t i = 0; i < m->n; i++) twice[i] = NAN; /* beta = 0 reads nothing */
    b->from_host(m->n, twice, out);
    assert_ok(m->ctx, m->p->type->slopes(m->p, rows, x, s));
    assert_ok(m->ctx, m->p->type->pull(m->p, rows, s, 1 / (double)count, 0, out));
    b->to_host(m->n, out, pulled);
    assert_ok(m->ctx, m->p->type->pull(m->p, rows, s, -0.5 / (double)count, 3, out));
    b->to_host(m->n, out, twice);
    problem_gradient(m->p, rows, m->x, g);
    for (size_t i = 0; i < m->n; i++) {
        twice[i] /= 2.5;
        if (i >= m->p->blocks[0].n) continue;
        twice[i] += m->p->ridge * m->x[i];
        pulled[i] += m->p->ridge * m->x[i];
    }
    assert_true(test_max_error(m->n, pulled, g) < tolerance);
    assert_true(test_max_error(m->n, twice, g) < tolerance);
    crease_release(m->ctx, x);
    crease_release(m->ctx, out);
    crease_release(m->ctx, s);
}

static void test_slopes_and_pull(void **state)
{
    (void)state;
    static const size_t counts[] = { 1, 17, 256, 257, 700 };
    uint32_t rows[700], far[] = { 0, 5000 };
    for (int i = 0; i < N_LOSSES * N_FORMS * 2; i++) {
        loss_model m = loss_model_make(&loss_cases[i / 2 / N_FORMS], i / 2 % N_FORMS,
                                       i & 1 ? "cpu-f32" : "cpu-f64", 0.7);
        assert_true(m.p->row_width == m.outputs && m.p->ridge == m.ridge);
        check_slopes(&m, ALL);
        for (int k = 0; k < 5; k++)
            check_slopes(&m, draw_rows((uint64_t)k, m.p->rows, counts[k], rows));
        assert_fails(m.ctx, m.p->type->slopes(m.p, (crease_rows){ 2, far }, m.x, m.x), CREASE_ERANGE,
                     "row 5000");
        assert_fails(m.ctx, m.p->type->pull(m.p, (crease_rows){ 2, far }, m.x, 1, 0, m.x),
                     CREASE_ERANGE, "row 5000");
        assert_fails(m.ctx, m.p->type->pull(m.p, (crease_rows){ 2, NULL }, m.x, 1, 0, m.x),
                     CREASE_EINVAL, "count");
        loss_model_free(&m);
    }
}

static void test_predictions(void **state)
{
    (void)state;
    double z[600 * 4], right[600 * 4];
    for (int i = 0; i < N_LOSSES * N_FORMS * 2; i++) {
        loss_model m = loss_model_make(&loss_cases[i / 2 / N_FORMS], i / 2 % N_FORMS,
                                       i & 1 ? "cpu-f32" : "cpu-f64", 0.7);
        void *x = crease_alloc(m.ctx, m.n, m.p->backend->real_bytes);
        assert_non_null(x);
        m.p->backend->from_host(m.n, m.x, x);
        assert_ok(m.ctx, m.p->type->predict(m.p, x, z));
        for (size_t row = 0; row < m.p->rows; row++) {
            long double naive[MOST_CLASSES];
            naive_logits(&m, row, m.x, naive);
            for (size_t k = 0; k < m.outputs; k++) right[row * m.outputs + k] = (double)naive[k];
        }
        assert_true(test_max_error(m.p->rows * m.outputs, z, right) < (i & 1 ? 1e-6 : 1e-14));
        crease_release(m.ctx, x);
        loss_model_free(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lipschitz_by_definition),
        cmocka_unit_test(test_lipschitz_of_hard_data),
        cmocka_unit_test(test_slopes_and_pull),
        cmocka_unit_test(test_predictions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

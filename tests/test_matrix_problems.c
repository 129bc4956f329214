/* matrix_completion, matrix_sensing, phase_retrieval: what they compute, against the definition in long
 * double from data that are read off the problem itself, and against differences. */
#include <math.h>
#include <stdlib.h>

#include "matrix_support.h"

/* a_i and b_i, read off: z at unit vectors; slopes are z - b or (z^2 - b) z. */
typedef struct {
    size_t m, n;
    bool phase;
    double *a, *b;
} data_of;

static data_of read_off(bench *b, bool phase)
{
    crease_problem *p = b->p;
    data_of d = { p->rows, p->n, phase, vector(p->rows * p->n), vector(p->rows) };
    double *unit = vector(p->n), *z = vector(p->rows), *s = vector(p->rows);
    for (size_t j = 0; j < d.n; j++) {
        unit[j] = 1;
        bench_predict(b, unit, z);
        for (size_t i = 0; i < d.m; i++) d.a[i * d.n + j] = z[i];
        unit[j] = 0;
    }
    fill_normal(31, d.n, 1, unit);
    bench_predict(b, unit, z);
    assert_string_equal(p->backend->name, "cpu-f64");
    assert_ok(b->ctx, p->type->slopes(p, ALL, b->x, s));
    for (size_t i = 0; i < d.m; i++) d.b[i] = phase ? z[i] * z[i] - s[i] / z[i] : z[i] - s[i];
    free(unit);
    free(z);
    free(s);
    return d;
}

static void data_free(data_of *d)
{
    free(d->a);
    free(d->b);
}

/* Value and gradient by definition; v not NULL: g becomes the second derivative times v. */
static long double by_definition(const data_of *d, crease_rows rows, const double *x, const double *v,
                                 double *g)
{
    size_t count = rows.rows ? rows.count : d->m;
    long double total = 0, *sum = calloc(d->n, sizeof *sum);
    assert_non_null(sum);
    for (size_t k = 0; k < count; k++) {
        size_t i = rows.rows ? rows.rows[k] : k;
        long double z = 0, along = 0, b = d->b[i], slope, bend;
        for (size_t j = 0; j < d->n; j++) z += (long double)d->a[i * d->n + j] * x[j];
        for (size_t j = 0; v && j < d->n; j++) along += (long double)d->a[i * d->n + j] * v[j];
        total += (d->phase ? (z * z - b) * (z * z - b) / 4 : (z - b) * (z - b) / 2) / count;
        slope = d->phase ? (z * z - b) * z : z - b;
        bend = d->phase ? 3 * z * z - b : 1;
        for (size_t j = 0; j < d->n; j++)
            sum[j] += (v ? bend * along : slope) * d->a[i * d->n + j] / count;
    }
    for (size_t j = 0; j < d->n; j++) g[j] = (double)sum[j];
    free(sum);
    return total;
}

static void test_by_definition(void **state)
{
    (void)state;
    uint32_t rows[700];
    crease_random r = crease_random_at(4, CREASE_STREAM_TEST, 0);
    for (int which = 0; which < N_CASES; which++) {
        bench b = case_open(which, "cpu-f64");
        size_t n = b.p->n;
        double *x = vector(n), *v = vector(n), *g = vector(n), *right = vector(n);
        data_of d = read_off(&b, which == 3);
        for (size_t k = 0; k < 700; k++) rows[k] = (uint32_t)crease_random_below(&r, b.p->rows);
        const crease_rows tries[] = { ALL, { 1, rows }, { 50, rows }, { 700, rows } };
        fill_normal(1, n, 0.8, x);
        fill_normal(2, n, 1, v);
        for (size_t t = 0; t < 4; t++) {
            double value = bench_gradient(&b, tries[t], x, g);
            double expected = (double)by_definition(&d, tries[t], x, NULL, right);
            assert_true(fabs(value - expected) <= 1e-12 * expected);
            assert_true(test_max_error(n, g, right) < 1e-12);
            assert_true(bench_gradient(&b, tries[t], x, NULL) == value);
        }
        bench_curve(&b, x);
        bench_product(&b, v, g);
        by_definition(&d, ALL, x, v, right);
        assert_true(test_max_error(n, g, right) < 1e-12);
        data_free(&d);
        free(x), free(v), free(g), free(right);
        bench_close(&b);
    }
}

/* Central differences of the value, and of the gradient along v. */
static void test_against_differences(void **state)
{
    (void)state;
    const double h = 1e-4;
    for (int which = 0; which < N_CASES; which++) {
        bench b = case_open(which, "cpu-f64");
        size_t n = b.p->n;
        double *x = vector(n), *v = vector(n), *g = vector(n), *up = vector(n), *down = vector(n),
               *y = vector(n);
        fill_normal(3, n, 0.5, x);
        fill_normal(4, n, 1, v);
        bench_gradient(&b, ALL, x, g);
        bench_curve(&b, x);
        bench_product(&b, v, y);
        for (size_t i = 0; i < n; i++) {
            double kept = x[i];
            x[i] = kept + h;
            double above = bench_gradient(&b, ALL, x, NULL);
            x[i] = kept - h;
            up[i] = (above - bench_gradient(&b, ALL, x, NULL)) / (2 * h);
            x[i] = kept;
        }
        assert_true(test_max_error(n, g, up) < 1e-6);
        for (size_t i = 0; i < n; i++) x[i] += h * v[i];
        bench_gradient(&b, ALL, x, up);
        for (size_t i = 0; i < n; i++) x[i] -= 2 * h * v[i];
        bench_gradient(&b, ALL, x, down);
        for (size_t i = 0; i < n; i++) up[i] = (up[i] - down[i]) / (2 * h);
        assert_true(test_max_error(n, y, up) < 1e-6);
        free(x), free(v), free(g), free(up), free(down), free(y);
        bench_close(&b);
    }
}

/* The exact second derivative is negative at the origin, where Gauss-Newton's would be zero. */
static void test_phase_retrieval_is_not_convex(void **state)
{
    (void)state;
    bench b = case_open(3, "cpu-f64");
    size_t n = b.p->n;
    double *x = vector(n), *v = vector(n), *y = vector(n), along = 0, L;
    fill_normal(5, n, 1, v);
    assert_fails(b.ctx, b.p->type->product(b.p, b.x, b.g), CREASE_EINVAL, "needs its point");
    bench_curve(&b, x);
    bench_product(&b, v, y);
    for (size_t i = 0; i < n; i++) along += v[i] * y[i];
    assert_true(along < 0);
    assert_ok(b.ctx, b.p->type->lipschitz(b.p, false, &L));
    assert_true(isinf(L));
    free(x), free(v), free(y);
    bench_close(&b);
}

/* Slopes and pull give the gradient, in both widths; pull keeps beta times what was there. Batches of
 * which every row has the same share average to the whole. */
static void test_rows_make_the_gradient(void **state)
{
    (void)state;
    for (int which = 0; which < 2 * N_CASES; which++) {
        bool narrow = which >= N_CASES;
        bench b = case_open(which % N_CASES, narrow ? "cpu-f32" : "cpu-f64");
        const crease_problem_type *type = b.p->type;
        size_t n = b.p->n, m = b.p->rows, cut = m / 3;
        double *x = vector(n), *g = vector(n), *parts = vector(n), *one = vector(n),
               tiny = narrow ? 2e-5 : 1e-12;
        uint32_t *rows = calloc(m, sizeof *rows);
        void *s = crease_alloc(b.ctx, m, b.p->backend->real_bytes);
        crease_random r = crease_random_at(6, CREASE_STREAM_TEST, 0);
        crease_random_permutation(&r, m, rows);
        const crease_rows halves[] = { { cut, rows }, { m - cut, rows + cut } };
        fill_normal(7, n, 0.6, x);
        double value = bench_gradient(&b, ALL, x, g), sum = 0;
        for (int k = 0; k < 2; k++) {
            double share = (double)halves[k].count / (double)m;
            sum += share * bench_gradient(&b, halves[k], x, one);
            for (size_t i = 0; i < n; i++) parts[i] += share * one[i];
        }
        assert_true(fabs(sum - value) <= tiny * value && test_max_error(n, parts, g) < tiny);
        b.p->backend->from_host(n, x, b.x);
        for (int k = 0; k < 2; k++) {
            assert_ok(b.ctx, type->slopes(b.p, halves[k], b.x, s));
            assert_ok(b.ctx, type->pull(b.p, halves[k], s, 1.0 / (double)m, k,
                                        b.g)); /* beta 0: g is not read */
        }
        b.p->backend->to_host(n, b.g, parts);
        assert_true(test_max_error(n, parts, g) < tiny);
        assert_ok(b.ctx, type->slopes(b.p, ALL, b.x, s));
        assert_ok(b.ctx, type->pull(b.p, ALL, s, 0.5 / (double)m, -2, b.g));
        b.p->backend->to_host(n, b.g, parts);
        for (size_t i = 0; i < n; i++) one[i] = -1.5 * g[i];
        assert_true(test_max_error(n, parts, one) < 2 * tiny);
        assert_true(b.p->row_width == 1 && b.p->ridge == 0);
        crease_release(b.ctx, s);
        free(x), free(g), free(parts), free(one), free(rows);
        bench_close(&b);
    }
}

static void test_float_against_double(void **state)
{
    (void)state;
    for (int which = 0; which < N_CASES; which++) {
        bench wide = case_open(which, "cpu-f64"), narrow = case_open(which, "cpu-f32");
        size_t n = wide.p->n;
        double *x = vector(n), *g = vector(n), *g32 = vector(n), value, value32;
        fill_normal(8, n, 0.7, x);
        value = bench_gradient(&wide, ALL, x, g);
        value32 = bench_gradient(&narrow, ALL, x, g32);
        assert_true(fabs(value - value32) <= 1e-5 * value && test_max_error(n, g32, g) < 1e-5);
        for (size_t i = 0; i < n; i++) {
            double kept = x[i];
            x[i] = i % 2 ? NAN : -INFINITY; /* must show, even in an entry that nobody observed */
            assert_false(isfinite(bench_gradient(&narrow, ALL, x, g32)));
            x[i] = kept;
        }
        free(x), free(g), free(g32);
        bench_close(&wide);
        bench_close(&narrow);
    }
}

/* The largest curvature by power iteration from below; rows one by one. */
static void test_lipschitz(void **state)
{
    (void)state;
    for (int which = 0; which < 3; which++) {
        bench b = case_open(which, "cpu-f64");
        size_t n = b.p->n;
        double *v = vector(n), *y = vector(n), L, L_row, again, found = 0, row = 0;
        data_of d = read_off(&b, false);
        fill_normal(9, n, 1, v);
        bench_curve(&b, v);
        for (int t = 0; t < 3000; t++) {
            double norm = 0;
            bench_product(&b, v, y);
            for (size_t i = 0; i < n; i++) norm = hypot(norm, y[i]);
            for (size_t i = 0; i < n; i++) v[i] = y[i] / norm;
            found = norm;
        }
        assert_ok(b.ctx, b.p->type->lipschitz(b.p, false, &L));
        assert_ok(b.ctx, b.p->type->lipschitz(b.p, true, &L_row));
        assert_ok(b.ctx, b.p->type->lipschitz(b.p, false, &again));
        for (size_t i = 0; i < d.m; i++) {
            double size = 0;
            for (size_t j = 0; j < n; j++) size += d.a[i * n + j] * d.a[i * n + j];
            row = fmax(row, size);
        }
        assert_true(found <= L * (1 + 1e-14) && L <= found * (1 + 1e-6) && again == L);
        assert_true(fabs(L_row - row) <= 1e-12 * row && L <= L_row);
        data_free(&d);
        free(v), free(y);
        bench_close(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_definition),
        cmocka_unit_test(test_against_differences),
        cmocka_unit_test(test_phase_retrieval_is_not_convex),
        cmocka_unit_test(test_rows_make_the_gradient),
        cmocka_unit_test(test_float_against_double),
        cmocka_unit_test(test_lipschitz),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

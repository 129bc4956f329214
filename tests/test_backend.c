/* The operations of the CPU backend, each against plain loops in (long) double. */
#include "kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- the cube root ------------------------------------------------------------------------------ */

/* cbrt(u) through form: the metric of a run with no new gradient. */
static void cube_roots(const crease_backend *b, size_t n, const void *u, void *root, void *zero,
                       void *scratch)
{
    crease_form_run run = { .n = n,
                            .g = zero,
                            .center = zero,
                            .m = zero,
                            .u = scratch,
                            .c = zero,
                            .d = root,
                            .keep1 = 1,
                            .keep2 = 1,
                            .metric_scale = 1,
                            .root = CREASE_ROOT_CUBE };
    b->copy(n, u, scratch);
    b->form(&run);
}

static int64_t order_of(const crease_backend *b, const void *v, size_t i)
{
    int32_t narrow;
    int64_t wide;
    if (b->real_bytes == 8)
        memcpy(&wide, (const char *)v + 8 * i, 8);
    else
        memcpy(&narrow, (const char *)v + 4 * i, 4), wide = narrow;
    return wide;
}

enum { ROOTS = 4096 };

static void check_cube_roots(crease_ctx *ctx, const crease_backend *b, double low, double high,
                             crease_random *r)
{
    double *host = crease_alloc(ctx, ROOTS, sizeof *host);
    void *a[5];
    for (int i = 0; i < 5; i++) a[i] = crease_alloc(ctx, ROOTS, b->real_bytes);
    void *u = a[0], *root = a[1], *exact = a[2];
    for (size_t i = 0; i < ROOTS; i++)
        host[i] = ldexp(1 + crease_random_uniform(r),
                        (int)floor(low + (high - low) * crease_random_uniform(r)));
    host[0] = INFINITY;
    b->from_host(ROOTS, host, u);
    b->to_host(ROOTS, u, host);
    cube_roots(b, ROOTS, u, root, a[3], a[4]);
    for (size_t i = 0; i < ROOTS; i++) host[i] = (double)cbrtl(host[i]);
    b->from_host(ROOTS, host, exact);
    for (size_t i = 0; i < ROOTS; i++) {
        int64_t off = order_of(b, root, i) - order_of(b, exact, i);
        if (off < -1 || off > 1)
            fail_msg("%s %s: %lld ulp from cbrt", b->name, b->variant, (long long)off);
    }
    for (int i = 0; i < 5; i++) crease_release(ctx, a[i]);
    crease_release(ctx, host);
}

static void test_cube_root(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const crease_backend *b;
    for (size_t v = 0; (b = crease_backend_at(v)); v++) {
        int least = b->real_bytes == 8 ? -1074 : -149, most = b->real_bytes == 8 ? 1024 : 128;
        crease_random r = crease_random_at(21, CREASE_STREAM_TEST, 0);
        for (int e = least; e < most; e++) check_cube_roots(ctx, b, e, e + 1, &r);
        for (size_t i = crease_test_count(2000); i > 0; i--) check_cube_roots(ctx, b, least, most, &r);
    }
    crease_ctx_free(ctx);
}

static void test_cube_root_specials(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const crease_backend *b;
    for (size_t v = 0; (b = crease_backend_at(v)); v++) {
        double host[3] = { 0, NAN, 27 }, zero[3] = { 0 }, back[3];
        double u[3], root[3], still[3], scratch[3];
        b->from_host(3, host, u);
        b->from_host(3, zero, still);
        cube_roots(b, 3, u, root, still, scratch);
        b->to_host(3, root, back);
        assert_true(back[0]
                    == (b->real_bytes == 8 ? 0x1p-900 : 0x1p-100)); /* a metric is never exactly zero */
        assert_true(isnan(back[1]));
        assert_true(back[2] == 3);
    }
    crease_ctx_free(ctx);
}

/* --- the outer step ----------------------------------------------------------------------------- */

enum { STEP_ENTRIES = 77 };

typedef struct step_arrays {
    double g[STEP_ENTRIES], x[STEP_ENTRIES], center[STEP_ENTRIES], m[STEP_ENTRIES], u[STEP_ENTRIES],
        peak[STEP_ENTRIES];
    double c[STEP_ENTRIES], d[STEP_ENTRIES], x0[STEP_ENTRIES], v[STEP_ENTRIES];
} step_arrays;

static void expect_form(const crease_form_run *k, step_arrays *s)
{
    for (int i = 0; i < STEP_ENTRIES; i++) {
        double g = s->g[i] + k->decay * s->x[i], root = 0;
        s->m[i] = k->keep1 * s->m[i] + k->add1 * g;
        if (k->u) s->u[i] = k->keep2 * s->u[i] + k->add2 * g * g;
        if (k->peak) s->peak[i] = fmax(s->peak[i], s->u[i]);
        double under = k->peak ? s->peak[i] : s->u[i];
        if (k->u && k->root == CREASE_ROOT_SQUARE) root = sqrt(under);
        if (k->u && k->root == CREASE_ROOT_CUBE) root = cbrt(under);
        s->d[i] = k->d ? k->metric_scale * root + k->floor : k->floor;
        s->x0[i] = k->center_scale * s->center[i];
        s->v[i] = k->linear * s->m[i];
        s->c[i] = s->d[i] * s->x0[i] - s->v[i];
    }
}

static void compare(const crease_backend *b, const void *real, const double *expected, double scale)
{
    double back[STEP_ENTRIES];
    b->to_host(STEP_ENTRIES, real, back);
    for (int i = 0; i < STEP_ENTRIES; i++)
        assert_true(fabs(back[i] - expected[i]) <= 16 * b->roundoff * (scale + fabs(expected[i])));
}

static void check_form(const crease_backend *b, int flags, crease_root root, crease_random *r)
{
    step_arrays s;
    double real[10][STEP_ENTRIES]; /* wide enough for either width */
    double *fields[10] = { s.g, s.x, s.center, s.m, s.u, s.peak, s.c, s.d, s.x0, s.v };
    for (int k = 0; k < 10; k++) {
        for (int i = 0; i < STEP_ENTRIES; i++) fields[k][i] = crease_random_normal(r);
        if (k == 4 || k == 5)
            for (int i = 0; i < STEP_ENTRIES; i++) fields[k][i] *= fields[k][i];
        b->from_host(STEP_ENTRIES, fields[k], real[k]);
        b->to_host(STEP_ENTRIES, real[k], fields[k]);
    }
    crease_form_run run = { .n = STEP_ENTRIES,
                            .g = real[0],
                            .x = real[1],
                            .center = real[2],
                            .m = real[3],
                            .u = flags & 1 ? real[4] : NULL,
                            .peak = (flags & 3) == 3 ? real[5] : NULL,
                            .c = real[6],
                            .d = flags & 4 ? real[7] : NULL,
                            .x0 = flags & 8 ? real[8] : NULL,
                            .v = flags & 8 ? real[9] : NULL,
                            .keep1 = 0.9,
                            .add1 = 0.3,
                            .keep2 = 0.99,
                            .add2 = 0.2,
                            .decay = flags & 16 ? 0.05 : 0,
                            .center_scale = 0.98,
                            .linear = 1.7,
                            .metric_scale = 0.6,
                            .floor = 1e-3,
                            .root = root };
    b->form(&run);
    expect_form(&run, &s);
    compare(b, run.m, s.m, 1);
    compare(b, run.c, s.c, 10);
    if (run.u) compare(b, run.u, s.u, 1);
    if (run.peak) compare(b, run.peak, s.peak, 1);
    if (run.d) compare(b, run.d, s.d, 0);
    if (run.x0) compare(b, run.x0, s.x0, 0);
    if (run.v) compare(b, run.v, s.v, 2);
}

static void test_form(void **state)
{
    (void)state;
    const crease_backend *b;
    for (size_t v = 0; (b = crease_backend_at(v)); v++) {
        crease_random r = crease_random_at(22, CREASE_STREAM_TEST, 0);
        for (int flags = 0; flags < 32; flags++)
            for (crease_root root = CREASE_ROOT_NONE; root <= CREASE_ROOT_CUBE; root++)
                check_form(b, flags, root, &r);
    }
}

static void test_average(void **state)
{
    (void)state;
    const crease_backend *b;
    for (size_t v = 0; (b = crease_backend_at(v)); v++) {
        double x[STEP_ENTRIES], hat[STEP_ENTRIES], real_x[STEP_ENTRIES], real_hat[STEP_ENTRIES],
            copy[STEP_ENTRIES];
        crease_random r = crease_random_at(23, CREASE_STREAM_TEST, 0);
        for (int i = 0; i < STEP_ENTRIES; i++)
            x[i] = crease_random_normal(&r), hat[i] = crease_random_normal(&r);
        hat[3] = -0.0;
        b->from_host(STEP_ENTRIES, x, real_x);
        b->from_host(STEP_ENTRIES, hat, real_hat);
        b->average(STEP_ENTRIES, 0.25, real_hat, real_x, copy);
        assert_memory_equal(copy, real_hat, STEP_ENTRIES * b->real_bytes);
        for (int i = 0; i < STEP_ENTRIES; i++) x[i] = 0.75 * x[i] + 0.25 * hat[i];
        compare(b, real_x, x, 2);
        b->average(STEP_ENTRIES, 1, real_hat, real_x, NULL);
        assert_memory_equal(real_x, real_hat, STEP_ENTRIES * b->real_bytes);
    }
}

/* --- the other proximal kernels ----------------------------------------------------------------- */

static void draw(kernel_case *k, crease_random *r)
{
    static const crease_shrink members[] = {
        { 0, 1, 0 }, { 0.2, 0.5, 0.3 }, { 0.2, 0, 0 }, { 0, 0, 0 }
    };
    k->task.psi = members[crease_random_below(r, 4)];
    k->task.w = 0.7;
    for (size_t i = 0; i < k->n; i++) {
        k->c[i] = crease_random_normal(r);
        k->d[i] = kernel_log_uniform(r, -2, 0);
    }
    kernel_load(k);
    for (size_t g = 0; g < k->groups.count; g++)
        for (size_t i = 0; i < crease_group_size(&k->groups, g); i++)
            k->x[crease_group_entry(&k->groups, g, i)] =
                g % 3 == 0 || i % 5 == 0 ? 0 : crease_random_normal(r);
    k->backend->from_host(k->n, k->x, k->x_real);
    k->backend->to_host(k->n, k->x_real, k->x);
}

/* sqrt(sum of squared distances): the certificates of the groups, without their scale */
static long double residual_of(const kernel_case *k)
{
    long double sum = 0, tau = k->task.w * k->task.psi.lambda2;
    for (size_t g = 0; g < k->groups.count; g++) {
        long double size = 0;
        for (size_t i = 0; i < crease_group_size(&k->groups, g); i++)
            size = hypotl(size, k->c[crease_group_entry(&k->groups, g, i)]);
        long double scale = fmaxl(size, tau);
        sum = hypotl(sum, kernel_certificate(k, g) * (scale > 0 ? scale : 1));
    }
    return sum;
}

static long double value_of(const kernel_case *k)
{
    long double sum = 0;
    for (size_t g = 0; g < k->groups.count; g++) {
        long double size = 0;
        for (size_t i = 0; i < crease_group_size(&k->groups, g); i++) {
            long double x = k->x[crease_group_entry(&k->groups, g, i)];
            size = hypotl(size, x);
            sum += k->task.psi.lambda1 * fabsl(x) + 0.5L * k->task.psi.ridge * x * x;
        }
        sum += k->task.psi.lambda2 * size;
    }
    return sum;
}

static void test_values(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const crease_backend *b;
    for (size_t v = 0; (b = crease_backend_at(v)); v++) {
        for (uint64_t seed = 0; seed < 40; seed++) {
            crease_random r = crease_random_at(24, CREASE_STREAM_TEST, seed << 32);
            kernel_case k;
            kernel_create(&k, ctx, b, seed % N_LAYOUTS, 1 + crease_random_below(&r, 40),
                          1 + crease_random_below(&r, 60), &r);
            draw(&k, &r);
            long double residual = residual_of(&k), value = value_of(&k);
            assert_true(fabsl(b->shrink_residual(&k.task, k.x_real) - residual)
                        <= 1e-13L * (1 + residual));
            assert_true(fabsl(b->shrink_value(&k.groups, &k.task.psi, k.x_real) - value)
                        <= 1e-13L * (1 + value));
            kernel_free(&k);
        }
    }
    crease_ctx_free(ctx);
}

/* The gradient step is the oracle of a scalar metric, group by group, which the certificate can judge.
 */
static void check_gradient_step(kernel_case *k, bool in_place)
{
    const crease_backend *b = k->backend;
    double *z = calloc(k->n, sizeof *z);
    void *out = in_place ? k->x_real : crease_alloc(k->ctx, k->n, b->real_bytes);
    memcpy(z, k->x, k->n * sizeof *z);
    double *curvature = calloc(k->groups.count, sizeof *curvature);
    b->shrink_curvature(&k->task, curvature);
    b->shrink_step(&k->task, curvature, k->x_real, out);
    free(curvature);
    b->to_host(k->n, out, k->x);
    for (size_t g = 0; g < k->groups.count; g++) {
        double top = 0;
        for (size_t i = 0; i < crease_group_size(&k->groups, g); i++)
            top = fmax(top, k->d[crease_group_entry(&k->groups, g, i)]);
        for (size_t i = 0; i < crease_group_size(&k->groups, g); i++) {
            size_t e = crease_group_entry(&k->groups, g, i);
            k->c[e] += z[e] * (top - k->d[e]);
            k->d[e] = top;
        }
        assert_true(kernel_certificate(k, g)
                    < 16 * b->roundoff * sqrt((double)crease_group_size(&k->groups, g)));
    }
    if (!in_place) crease_release(k->ctx, out);
    free(z);
}

static void test_gradient_step(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const crease_backend *b;
    for (size_t v = 0; (b = crease_backend_at(v)); v++) {
        for (uint64_t seed = 0; seed < 40; seed++) {
            crease_random r = crease_random_at(25, CREASE_STREAM_TEST, seed << 32);
            kernel_case k;
            kernel_create(&k, ctx, b, seed % N_LAYOUTS, 1 + crease_random_below(&r, 40),
                          1 + crease_random_below(&r, 60), &r);
            draw(&k, &r);
            check_gradient_step(&k, seed % 2);
            kernel_free(&k);
        }
    }
    crease_ctx_free(ctx);
}

/* --- vectors ------------------------------------------------------------------------------------ */

static void test_vectors(void **state)
{
    (void)state;
    const crease_backend *b;
    for (size_t v = 0; (b = crease_backend_at(v)); v++) {
        double x[STEP_ENTRIES], y[STEP_ENTRIES], d[STEP_ENTRIES], rx[STEP_ENTRIES], ry[STEP_ENTRIES],
            rd[STEP_ENTRIES];
        long double dot = 0, quadratic = 0;
        crease_random r = crease_random_at(26, CREASE_STREAM_TEST, 0);
        for (int i = 0; i < STEP_ENTRIES; i++) {
            x[i] = crease_random_normal(&r), y[i] = crease_random_normal(&r),
            d[i] = crease_random_uniform(&r);
        }
        b->from_host(STEP_ENTRIES, x, rx), b->to_host(STEP_ENTRIES, rx, x);
        b->from_host(STEP_ENTRIES, y, ry), b->to_host(STEP_ENTRIES, ry, y);
        b->from_host(STEP_ENTRIES, d, rd), b->to_host(STEP_ENTRIES, rd, d);
        for (int i = 0; i < STEP_ENTRIES; i++) {
            long double move = (long double)x[i] - y[i];
            dot += (long double)x[i] * y[i];
            quadratic += d[i] * move + 0.5L * d[i] * move * move; /* v = d too */
        }
        assert_true(fabsl(b->dot(STEP_ENTRIES, rx, ry) - dot) < 1e-13);
        assert_true(fabsl(b->quadratic(STEP_ENTRIES, rx, ry, rd, rd, 0) - quadratic)
                    < 1e-13 * (1 + fabsl(quadratic)));
        assert_true(b->dot(0, rx, ry) == 0);
        assert_true(b->is_finite(STEP_ENTRIES, rx));
        for (int i = 0; i < STEP_ENTRIES; i++) y[i] = 2 * x[i] - 0.5 * y[i];
        b->axpby(STEP_ENTRIES, 2, rx, -0.5, ry);
        compare(b, ry, y, 4);
        memset(ry, 0xff, sizeof ry); /* NaN, not to be read */
        b->axpby(STEP_ENTRIES, 1, rx, 0, ry);
        assert_memory_equal(rx, ry, STEP_ENTRIES * b->real_bytes);
        for (int i = 0; i < STEP_ENTRIES; i++) {
            double bad = i % 2 ? NAN : INFINITY;
            b->from_host(1, &bad, (char *)ry + (size_t)i * b->real_bytes);
            assert_false(b->is_finite(STEP_ENTRIES, ry));
            memcpy(ry, rx, sizeof ry);
        }
    }
}

static void test_find(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const crease_backend *f64 = crease_backend_find(ctx, "cpu-f64"),
                         *f32 = crease_backend_find(ctx, "cpu-f32");
    assert_string_equal(f64->name, "cpu-f64");
    assert_int_equal(f64->real_bytes, 8);
    assert_int_equal(f32->real_bytes, 4);
    assert_true(f64->roundoff == 0x1p-53 && f32->roundoff == 0x1p-24);
    assert_null(crease_backend_find(ctx, "gpu"));
    test_assert_fails(ctx, crease_ctx_error(ctx)->code, CREASE_ENOTFOUND, "cpu-f64 and cpu-f32",
                      __FILE__, __LINE__);
    size_t baselines = 0;
    const crease_backend *b;
    for (size_t v = 0; (b = crease_backend_at(v)); v++)
        baselines += strcmp(b->variant, "baseline") == 0;
    assert_int_equal(baselines, 2);
    crease_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cube_root),
        cmocka_unit_test(test_cube_root_specials),
        cmocka_unit_test(test_form),
        cmocka_unit_test(test_average),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_gradient_step),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_find),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

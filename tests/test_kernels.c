/* The exact oracle of the shrink family on every variant of the CPU backend: quality over the whole
 * range of numbers, structure, degenerate metrics, bad input; and the same bits from every vector unit.
 */
#include "kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double enough_f64 = 1e-12, enough_f32 = 2e-6;

static double enough(const crease_backend *b)
{
    return b->real_bytes == sizeof(double) ? enough_f64 : enough_f32;
}

/* --- quality ------------------------------------------------------------------------------------ */

/* c of a group with |c|/lambda - 1 = excess (or a zero group where excess < 0), c_0 on d = 0 inside the
 * ball. */
static void draw_group(kernel_case *k, size_t g, double lambda, double excess, double d_top,
                       double spread, double zero_share, crease_random *r)
{
    size_t n = crease_group_size(&k->groups, g);
    long double live = 0, flat = 0;
    for (size_t i = 0; i < n; i++) {
        size_t e = crease_group_entry(&k->groups, g, i);
        bool zero = i > 0 && crease_random_uniform(r) < zero_share;
        k->d[e] = zero ? 0 : d_top * kernel_log_uniform(r, -spread, 0);
        k->c[e] = crease_random_normal(r) * kernel_log_uniform(r, -3, 0);
        if (zero)
            flat += (long double)k->c[e] * k->c[e];
        else
            live += (long double)k->c[e] * k->c[e];
    }
    /* the flat part fills at most 0.9 of the ball, the rest makes up the norm */
    long double target = (1 + (long double)excess) * lambda;
    long double flat_norm = flat > 0 ? 0.9L * crease_random_uniform(r) * fminl(target, lambda) : 0;
    long double live_norm = sqrtl(target * target - flat_norm * flat_norm);
    for (size_t i = 0; i < n; i++) {
        size_t e = crease_group_entry(&k->groups, g, i);
        long double scale = k->d[e] == 0 ? flat_norm / sqrtl(flat) : live_norm / sqrtl(live);
        k->c[e] = (double)(k->c[e] * scale);
    }
}

static double draw_excess(crease_random *r)
{
    double u = crease_random_uniform(r);
    if (u < 0.2) return -kernel_log_uniform(r, -12, -0.01);
    return u < 0.6 ? kernel_log_uniform(r, -12, 0) : kernel_log_uniform(r, -2, 6);
}

static void check_stats(const kernel_case *k)
{
    size_t zero = 0;
    for (size_t g = 0; g < k->groups.count; g++) {
        bool is_zero = kernel_group_is_zero(k, g, false);
        zero += is_zero;
        if (is_zero) assert_true(kernel_group_is_zero(k, g, true));
    }
    assert_int_equal(zero, k->stats.zero_groups);
    assert_int_equal(k->groups.count - zero, k->stats.live_groups);
    assert_int_equal(k->stats.capped_groups, 0);
}

/* Sizes 1 to 10000, spread to 1e16, magnitudes 1e-25 to 1e25, |c|/lambda - 1 down to 1e-12, some d = 0.
 */
static size_t check_random_task(crease_ctx *ctx, const crease_backend *b, crease_random *r,
                                size_t *worst_steps)
{
    kernel_layout layout = crease_random_below(r, N_LAYOUTS);
    size_t size = (size_t)kernel_log_uniform(r, 0, 4),
           count = 1 + crease_random_below(r, size > 500 ? 20 : 300);
    kernel_case k;
    kernel_create(&k, ctx, b, layout, count, size, r);
    double *weight = malloc(count * sizeof *weight),
           zero_share = crease_random_uniform(r) < 0.3 ? 0.2 : 0;
    for (size_t g = 0; g < count; g++) {
        weight[g] = kernel_log_uniform(r, -25, 25);
        draw_group(&k, g, weight[g], draw_excess(r), kernel_log_uniform(r, -25, 25),
                   16 * crease_random_uniform(r), zero_share, r);
    }
    kernel_set_weights(&k, weight);
    assert_ok(ctx, kernel_solve(&k));
    long double worst = kernel_worst(&k);
    if (!(worst < enough_f64) || k.stats.iterations > 20)
        fail_msg("%s, layout %d, %zu groups of %zu: certificate %.3Lg, %zu steps", b->variant,
                 (int)layout, count, size, worst, k.stats.iterations);
    assert_true(k.stats.bound < enough_f64);
    check_stats(&k);
    if (k.stats.iterations > *worst_steps) *worst_steps = k.stats.iterations;
    free(weight);
    kernel_free(&k);
    return count;
}

static void test_quality(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const crease_backend *b = crease_backend_find(ctx, "cpu-f64");
    size_t groups = 0, worst_steps = 0, wanted = crease_test_count(100000);
    for (uint64_t seed = 0; groups < wanted; seed++) {
        crease_random r = crease_random_at(11, CREASE_STREAM_TEST, seed << 32);
        groups += check_random_task(ctx, b, &r, &worst_steps);
    }
    print_message("%zu groups, at most %zu Newton steps\n", groups, worst_steps);
    crease_ctx_free(ctx);
}

/* Where plain Newton only gains a factor 1.5 a step: part of c on d near 0, its norm just inside the
 * ball, and staircases of that. MOST_ADVERSE is the count that the documentation names. */
enum { MOST_ADVERSE = 40 };

static void draw_adverse(kernel_case *k, size_t g, crease_random *r)
{
    size_t n = crease_group_size(&k->groups, g), steps = 1 + crease_random_below(r, 6);
    double share = 1 - kernel_log_uniform(r, -16, -1), first = kernel_log_uniform(r, -8, 8);
    bool flat = crease_random_uniform(r) < 0.5;
    for (size_t i = 0; i < n; i++) {
        size_t e = crease_group_entry(&k->groups, g, i), level = n > 1 ? i * (steps + 1) / n : 0;
        k->d[e] = level == steps && flat ? 0 : pow(10, -16.0 * (double)level / (double)(steps + 1) * 2);
        k->c[e] = level == 0 ? first : crease_random_normal(r);
    }
    /* all levels but the first together lie inside the unit ball, each nearer to its surface */
    long double inside = 0;
    for (size_t i = 0; i < n; i++) {
        size_t e = crease_group_entry(&k->groups, g, i);
        if (n > 1 && i * (steps + 1) / n > 0) inside += (long double)k->c[e] * k->c[e];
    }
    for (size_t i = 0; i < n; i++) {
        size_t e = crease_group_entry(&k->groups, g, i);
        if (n > 1 && i * (steps + 1) / n > 0) k->c[e] = (double)(k->c[e] * share / sqrtl(inside));
    }
}

static void test_adverse(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const crease_backend *b = crease_backend_find(ctx, "cpu-f64");
    size_t worst_steps = 0, tasks = crease_test_count(5000);
    for (uint64_t seed = 0; seed < tasks; seed++) {
        crease_random r = crease_random_at(12, CREASE_STREAM_TEST, seed << 32);
        kernel_case k;
        kernel_create(&k, ctx, b, crease_random_below(&r, N_LAYOUTS), 20,
                      2 + crease_random_below(&r, 40), &r);
        for (size_t g = 0; g < 20; g++) draw_adverse(&k, g, &r);
        assert_ok(ctx, kernel_solve(&k));
        long double worst = kernel_worst(&k);
        if (!(worst < enough_f64)) fail_msg("seed %zu: certificate %.3Lg", (size_t)seed, worst);
        check_stats(&k);
        if (k.stats.iterations > worst_steps) worst_steps = k.stats.iterations;
        kernel_free(&k);
    }
    print_message("adverse family: at most %zu Newton steps\n", worst_steps);
    assert_true(worst_steps <= MOST_ADVERSE);
    crease_ctx_free(ctx);
}

/* Soft threshold, ridge, both widths and every variant; ordinary numbers. */
static void test_family(void **state)
{
    (void)state;
    static const crease_shrink members[] = { { 0, 1, 0 },     { 0.3, 1, 0 }, { 0, 1, 0.2 },
                                             { 0.3, 1, 0.2 }, { 0.4, 0, 0 }, { 0.4, 0, 0.5 },
                                             { 0, 0, 0 } };
    crease_ctx *ctx = test_ctx();
    const crease_backend *b;
    for (size_t v = 0; (b = crease_backend_at(v)); v++) {
        size_t tasks = crease_test_count(3000);
        for (uint64_t seed = 0; seed < tasks; seed++) {
            crease_random r = crease_random_at(13, CREASE_STREAM_TEST, seed << 32);
            kernel_layout layout = crease_random_below(&r, N_LAYOUTS);
            size_t size = (size_t)kernel_log_uniform(&r, 0, 3),
                   count = 1 + crease_random_below(&r, 100);
            kernel_case k;
            kernel_create(&k, ctx, b, layout, count, size, &r);
            k.task.psi = members[crease_random_below(&r, sizeof members / sizeof *members)];
            k.task.w = crease_random_uniform(&r) < 0.2   ? 1e-3
                       : crease_random_uniform(&r) < 0.2 ? 1e4
                                                         : 1;
            for (size_t i = 0; i < k.n; i++) {
                k.c[i] = k.task.w * crease_random_normal(&r) * 1.5 / sqrt((double)size);
                k.d[i] = kernel_log_uniform(&r, -2, 1);
            }
            if (seed % 4 == 0) k.task.psi.lambda1 /= sqrt((double)size);
            assert_ok(ctx, kernel_solve(&k));
            long double worst = kernel_worst(&k);
            if (!(worst < enough(b)))
                fail_msg("%s %s, layout %d, seed %zu: certificate %.3Lg", b->name, b->variant,
                         (int)layout, (size_t)seed, worst);
            check_stats(&k);
            kernel_free(&k);
        }
    }
    crease_ctx_free(ctx);
}

/* The scalar metric is the diagonal one with equal entries. */
static void test_scalar_metric(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const crease_backend *b;
    for (size_t v = 0; (b = crease_backend_at(v)); v++) {
        for (kernel_layout layout = 0; layout < N_LAYOUTS; layout++) {
            crease_random r = crease_random_at(14, CREASE_STREAM_TEST, (uint64_t)layout << 32);
            kernel_case k;
            kernel_create(&k, ctx, b, layout, 60, 50, &r);
            k.task.psi = (crease_shrink){ 0.05, 0.9, 0.1 };
            for (size_t i = 0; i < k.n; i++) k.c[i] = crease_random_normal(&r) / sqrt(25);
            kernel_load(&k);
            k.task.d = NULL;
            k.task.scalar = 0.7;
            assert_ok(ctx, b->shrink_diag(&k.task, k.x_real, &k.stats));
            b->to_host(k.n, k.x_real, k.x);
            assert_true(kernel_worst(&k) < enough(b));
            check_stats(&k);
            kernel_free(&k);
        }
    }
    crease_ctx_free(ctx);
}

/* Built backwards: x chosen, c = (D + tau/|x|) x, and the oracle must find x again. */
static void test_planted(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const crease_backend *b = crease_backend_find(ctx, "cpu-f64");
    for (uint64_t seed = 0; seed < crease_test_count(2000); seed++) {
        crease_random r = crease_random_at(15, CREASE_STREAM_TEST, seed << 32);
        kernel_case k;
        kernel_create(&k, ctx, b, crease_random_below(&r, N_LAYOUTS), 40, 30, &r);
        double *planted = calloc(k.n, sizeof *planted);
        for (size_t g = 0; g < 40; g++) {
            long double size = 0;
            bool live = crease_random_uniform(&r) < 0.5;
            for (size_t i = 0; i < crease_group_size(&k.groups, g); i++) {
                size_t e = crease_group_entry(&k.groups, g, i);
                k.d[e] = kernel_log_uniform(&r, -1, 1);
                planted[e] = live ? crease_random_normal(&r) : 0;
                size = hypotl(size, planted[e]);
            }
            for (size_t i = 0; i < crease_group_size(&k.groups, g); i++) {
                size_t e = crease_group_entry(&k.groups, g, i);
                k.c[e] = live ? (double)((k.d[e] + 1 / size) * planted[e])
                              : 0.99 * crease_random_uniform(&r)
                                    / sqrt((double)crease_group_size(&k.groups, g));
            }
        }
        assert_ok(ctx, kernel_solve(&k));
        for (size_t i = KERNEL_MARGIN; i < k.n - KERNEL_MARGIN; i++) {
            if (planted[i] == 0)
                assert_true(k.x[i] == 0);
            else
                assert_true(fabs(k.x[i] - planted[i]) <= 1e-13 * (1 + fabs(planted[i])));
        }
        free(planted);
        kernel_free(&k);
    }
    crease_ctx_free(ctx);
}

/* --- degenerate and bad input ------------------------------------------------------------------- */

static void small_case(kernel_case *k, crease_ctx *ctx, const crease_backend *b, kernel_layout layout,
                       uint64_t seed)
{
    crease_random r = crease_random_at(16, CREASE_STREAM_TEST, seed << 32);
    kernel_create(k, ctx, b, layout, 37, 18, &r);
    for (size_t i = 0; i < k->n; i++) {
        k->c[i] = crease_random_normal(&r);
        k->d[i] = 0.5 + crease_random_uniform(&r);
    }
}

static void test_weights(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const crease_backend *b;
    for (size_t v = 0; (b = crease_backend_at(v)); v++) {
        for (kernel_layout layout = 0; layout < N_LAYOUTS; layout++) {
            kernel_case k;
            small_case(&k, ctx, b, layout, 1);
            double weight[37];
            for (int g = 0; g < 37; g++) weight[g] = g % 3 == 0 ? INFINITY : g % 3 == 1 ? 0 : 1;
            kernel_set_weights(&k, weight);
            assert_ok(ctx, kernel_solve(&k));
            for (size_t g = 0; g < 37; g++) {
                if (g % 3 == 0)
                    assert_true(kernel_group_is_zero(&k, g, true));
                else
                    assert_true(kernel_certificate(&k, g) < enough(b));
            }
            check_stats(&k);
            kernel_free(&k);
        }
    }
    crease_ctx_free(ctx);
}

/* d = 0 on part of group 20: solvable while |c_0| < tau, unbounded from there on. */
static void test_unbounded(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const crease_backend *b;
    for (size_t v = 0; (b = crease_backend_at(v)); v++) {
        for (kernel_layout layout = 0; layout < N_LAYOUTS; layout++) {
            kernel_case k;
            small_case(&k, ctx, b, layout, 2);
            size_t first = crease_group_entry(&k.groups, 20, 0);
            k.d[first] = 0;
            k.c[first] = 0.75;
            assert_ok(ctx, kernel_solve(&k));
            assert_true(kernel_worst(&k) < enough(b));
            k.c[first] = -1.25;
            assert_int_equal(kernel_solve(&k), CREASE_EUNBOUNDED);
            assert_int_equal(k.stats.failed_group, 20);
            k.task.psi.ridge = 0.1; /* bounded again */
            assert_ok(ctx, kernel_solve(&k));
            assert_true(kernel_worst(&k) < enough(b));
            k.task.psi = (crease_shrink){ 1, 0, 0 }; /* l1 alone */
            assert_int_equal(kernel_solve(&k), CREASE_EUNBOUNDED);
            k.c[first] = -0.75;
            assert_ok(ctx, kernel_solve(&k));
            assert_true(kernel_worst(&k) < enough(b));
            kernel_free(&k);
        }
    }
    crease_ctx_free(ctx);
}

/* A NaN or an infinity in c or d, in a live group or a dead one, is an error in every layout. */
static void test_not_finite(void **state)
{
    (void)state;
    static const double bad[] = { NAN, INFINITY, -INFINITY };
    crease_ctx *ctx = test_ctx();
    const crease_backend *b;
    for (size_t v = 0; (b = crease_backend_at(v)); v++) {
        for (kernel_layout layout = 0; layout < N_LAYOUTS; layout++) {
            for (int trial = 0; trial < 24; trial++) {
                kernel_case k;
                small_case(&k, ctx, b, layout, 3);
                size_t g = trial < 12 ? 20 : 36, e = crease_group_entry(&k.groups, g, 0);
                if (trial % 2) /* a dead group */
                    for (size_t i = 0; i < crease_group_size(&k.groups, g); i++)
                        k.c[crease_group_entry(&k.groups, g, i)] = 0;
                if (trial % 4 < 2)
                    k.c[e] = bad[trial % 3];
                else
                    k.d[e] = bad[trial % 3];
                if (trial >= 18) k.task.psi.lambda2 = 0;
                assert_int_equal(kernel_solve(&k), CREASE_ENAN);
                kernel_free(&k);
            }
        }
    }
    crease_ctx_free(ctx);
}

/* --- ProxSSI's plain Newton --------------------------------------------------------------------- */

/* As published, in this test's own words. */
static size_t published(const kernel_case *k, size_t g, double *radius)
{
    size_t n = crease_group_size(&k->groups, g), steps = 0;
    double norm = 0, top = 0, before = 0, theta;
    for (size_t i = 0; i < n; i++) {
        size_t e = crease_group_entry(&k->groups, g, i);
        norm += k->c[e] * k->c[e];
        top = fmax(top, k->d[e]);
    }
    norm = sqrt(norm);
    *radius = 0;
    if (norm <= 1) return 0;
    for (theta = (norm - 1) / top; steps < 100;) {
        double h = -1, slope = 0;
        for (size_t i = 0; i < n; i++) {
            size_t e = crease_group_entry(&k->groups, g, i);
            double z = k->c[e] / k->d[e], step = theta + 1 / k->d[e];
            h += z * z / (step * step);
            slope += z * z / (step * step * step);
        }
        theta += 0.5 * h / slope;
        steps++;
        if (fabs(h) < 1e-7 || fabs(before - h) < 1e-7) break;
        before = h;
    }
    *radius = theta;
    return steps;
}

static void test_plain_rule(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const crease_backend *b = crease_backend_find(ctx, "cpu-f64");
    for (uint64_t seed = 0; seed < 20; seed++) {
        kernel_case k;
        small_case(&k, ctx, b, seed % N_LAYOUTS, 10 + seed);
        crease_random r = crease_random_at(17, CREASE_STREAM_TEST, seed << 32);
        for (size_t i = 0; i < k.n; i++) k.d[i] = kernel_log_uniform(&r, -3, 1);
        k.task.rule = CREASE_SECULAR_PLAIN;
        k.task.max_iters = 100;
        assert_ok(ctx, kernel_solve(&k));
        size_t all = 0, most = 0;
        for (size_t g = 0; g < 37; g++) {
            double theta;
            size_t steps = published(&k, g, &theta);
            all += steps;
            most = steps > most ? steps : most;
            for (size_t i = 0; i < crease_group_size(&k.groups, g); i++) {
                size_t e = crease_group_entry(&k.groups, g, i);
                double x = k.c[e] * theta / (k.d[e] * theta + 1);
                assert_true(fabs(k.x[e] - x) <= 1e-12 * (1 + fabs(x)));
            }
        }
        assert_int_equal(k.stats.iterations, most);
        assert_int_equal(k.stats.all_iterations, all);
        k.task.max_iters = 2;
        assert_ok(ctx, kernel_solve(&k));
        assert_true(k.stats.capped_groups > 0);
        assert_int_equal(k.stats.iterations, 2);
        kernel_free(&k);
    }
    crease_ctx_free(ctx);
}

/* A cap on the reciprocal rule is kept, and counted. */
static void test_cap(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const crease_backend *b;
    for (size_t v = 0; (b = crease_backend_at(v)); v++) {
        for (kernel_layout layout = 0; layout < N_LAYOUTS; layout++) {
            kernel_case k;
            small_case(&k, ctx, b, layout, 4);
            k.task.max_iters = 1;
            for (size_t i = 0; i < k.n; i++) k.d[i] *= k.d[i] * k.d[i];
            assert_ok(ctx, kernel_solve(&k));
            assert_int_equal(k.stats.iterations, 1);
            assert_true(k.stats.capped_groups > 0);
            assert_true(k.stats.bound > 0);
            kernel_free(&k);
        }
    }
    crease_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quality),    cmocka_unit_test(test_adverse),
        cmocka_unit_test(test_family),     cmocka_unit_test(test_scalar_metric),
        cmocka_unit_test(test_planted),    cmocka_unit_test(test_weights),
        cmocka_unit_test(test_unbounded),  cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_plain_rule), cmocka_unit_test(test_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

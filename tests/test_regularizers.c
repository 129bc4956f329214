/* Conformance of every registered regularizer, one that is registered here included. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "subproblems.h"

/* --- a member from outside: nonnegative entries, with its own mathematics ------------------------ */

static double nonneg_value(const void *opts, size_t n, const double *x, double weight)
{
    (void)opts, (void)weight;
    for (size_t i = 0; i < n; i++)
        if (x[i] < 0) return INFINITY;
    return 0;
}

static double nonneg_residual(const void *opts, size_t n, const double *x, const double *g, double w, double weight)
{
    double sum = 0;
    (void)opts, (void)w, (void)weight;
    for (size_t i = 0; i < n; i++) sum = hypot(sum, x[i] > 0 ? g[i] : fmin(g[i], 0));
    return sum;
}

static int nonneg_prox(const void *opts, size_t n, const double *c, const double *d, double w, double weight, double *x,
                       unsigned *iterations)
{
    (void)opts, (void)w, (void)weight;
    *iterations = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(c[i]) || isnan(d[i])) return CREASE_ENAN;
        if (d[i] == 0 && c[i] > 0) return CREASE_EUNBOUNDED;
        x[i] = c[i] > 0 ? c[i] / d[i] : 0;
    }
    return CREASE_OK;
}

static double nonneg_scale(const void *opts, size_t n, double weight)
{
    (void)opts, (void)n, (void)weight;
    return 0;
}

static void nonneg_margins(const void *opts, size_t n, const double *x, const double *g, double weight,
                           crease_margin *unit)
{
    (void)opts, (void)weight;
    for (size_t i = 0; i < n; i++)
        unit[i] = x[i] > 0 ? (crease_margin){ NAN, x[i] } : (crease_margin){ g[i], NAN };
}

static const crease_regularizer_type nonneg = {
    .base = { .name = "test_nonneg", .summary = "nonnegative entries" },
    .flags = CREASE_CONVEX | CREASE_SEPARABLE | CREASE_UNIT_ENTRY,
    .value = nonneg_value,
    .residual = nonneg_residual,
    .prox_diag = nonneg_prox,
    .scale = nonneg_scale,
    .margins = nonneg_margins,
};

static int set_up(void **state)
{
    crease_ctx *ctx = test_ctx();
    assert_ok(ctx, crease_register(ctx, CREASE_REGULARIZER, &nonneg.base));
    *state = ctx;
    return 0;
}

static int tear_down(void **state)
{
    crease_ctx_free(*state);
    return 0;
}

/* --- the suite ----------------------------------------------------------------------------------- */

static const char *const group_specs[] = { "elements", "rows", "cols", "all", "size:3", "ragged" };
static const double spreads[] = { 0, 1, 10, 1e6, 1e12 };
static const double weights[] = { 1e-3, 1, 1e4 };

typedef void check(test_subproblem *s, double tolerance);

static void solve(test_subproblem *s)
{
    crease_solver *exact = crease_solver_create(s->ctx, "exact", NULL);
    assert_ok(s->ctx, crease_solver_solve(exact, &s->p, s->bx, NULL));
    test_subproblem_pull(s);
    crease_solver_free(exact);
}

/* Every regularizer, layout and metric, `full` random cases of each at full scale. */
static void for_all(crease_ctx *ctx, const char *backend, size_t full, bool with_x0, double tolerance, check *look)
{
    const crease_type *type;
    size_t cases = crease_test_count(full);
    for (size_t r = 0; (type = crease_type_at(ctx, CREASE_REGULARIZER, r)); r++)
        for (size_t m = 0; m < sizeof spreads / sizeof *spreads; m++)
            for (size_t k = 0; k < cases; k++) {
                test_subproblem s;
                test_shape shape = { type->name, backend, group_specs[k % 6], 1 + 3 * (k % 4), 1 + k % 7, spreads[m],
                                     weights[k % 3], k % 5 == 0 ? 1e-8 : k % 5 == 1 ? 1e8 : 1 };
                if (strcmp(shape.groups, "size:3") == 0) shape.cols = 3;
                test_subproblem_make(ctx, &shape, 1000 * r + k, &s);
                test_subproblem_draw(&s);
                test_subproblem_push(&s, with_x0);
                solve(&s);
                look(&s, tolerance);
                test_subproblem_free(&s);
            }
}

static void check_certificate(test_subproblem *s, double tolerance)
{
    crease_certificate proof;
    assert_ok(s->ctx, crease_certify(&s->p, s->bx, &proof));
    if (!(proof.relative <= tolerance))
        fail_msg("%s: certificate %g", s->psi->type->base.name, proof.relative);
    if (!isnan(proof.gap)) assert_true(proof.gap >= 0);
}

static void certificates_in_double(void **state)
{
    for_all(*state, "cpu-f64", 2000, false, 1e-13, check_certificate);
}

static void certificates_in_float(void **state)
{
    for_all(*state, "cpu-f32", 2000, false, 3e-6, check_certificate);
}

/* No point nearby, and no scaling of a group, does better. */
static void check_minimal(test_subproblem *s, double tolerance)
{
    double other[4096];
    long double best = test_objective(s, s->x), size = fabsl(best);
    for (size_t i = 0; i < s->n; i++) size += fabs(s->c[i] * s->x[i]) + 1e-300;
    for (int trial = 0; trial < 40; trial++) {
        double reach = pow(10, -crease_random_uniform(&s->random) * 8);
        size_t only = crease_random_below(&s->random, s->n);
        for (size_t i = 0; i < s->n; i++) {
            double scale = fabs(s->x[i]) + fabs(s->c[i]) / s->d[i];
            other[i] = s->x[i];
            if (trial % 2 == 0 || i == only) other[i] += reach * scale * crease_random_normal(&s->random);
            if (trial % 5 == 0) other[i] = s->x[i] * (1 + reach * (trial - 20));
        }
        if (test_objective(s, other) < best - tolerance * size)
            fail_msg("%s: a better point is %Lg below", s->psi->type->base.name, best - test_objective(s, other));
    }
}

static void nothing_nearby_is_better(void **state)
{
    for_all(*state, "cpu-f64", 500, false, 1e-14, check_minimal);
}

/* <p - q, c - c'> >= (p - q)'D(p - q) for the answers p, q of two inputs c, c'. */
static void check_firmly_nonexpansive(test_subproblem *s, double tolerance)
{
    double p[4096], c[4096], left = 0, right = 0, size = 0;
    if (!(s->psi->type->flags & CREASE_CONVEX)) return;
    memcpy(p, s->x, s->n * sizeof *p);
    memcpy(c, s->c, s->n * sizeof *c);
    for (size_t i = 0; i < s->n; i++) s->c[i] *= 1 + 0.3 * crease_random_normal(&s->random);
    test_subproblem_push(s, false);
    solve(s);
    for (size_t i = 0; i < s->n; i++) {
        double step = p[i] - s->x[i];
        left += step * (c[i] - s->c[i]);
        right += s->d[i] * step * step;
        size += fabs(step) * (fabs(c[i]) + fabs(s->c[i]));
    }
    if (left < right - tolerance * size) fail_msg("%s: %g < %g", s->psi->type->base.name, left, right);
}

static void firmly_nonexpansive(void **state)
{
    for_all(*state, "cpu-f64", 1000, false, 1e-13, check_firmly_nonexpansive);
}

/* Moreau: y = c - Dx lies in w times the dual ball, and pairs with x to w psi(x) (Fenchel's equality). */
static void check_moreau(test_subproblem *s, double tolerance)
{
    if (!(s->psi->type->flags & CREASE_NORM)) return;
    for (size_t g = 0; g < s->groups.count; g++) {
        double x[4096], y[4096], pairing = 0, size = 0, weight = crease_group_weight(&s->groups, g);
        size_t n = crease_group_size(&s->groups, g);
        for (size_t k = 0; k < n; k++) {
            size_t i = crease_group_entry(&s->groups, g, k);
            x[k] = s->x[i];
            y[k] = s->c[i] - s->d[i] * s->x[i];
            pairing += x[k] * y[k];
            size += fabs(x[k]) * (fabs(s->c[i]) + fabs(s->d[i] * x[k]));
        }
        double value = s->p.w * crease_group_value(s->psi, n, x, weight);
        double c_size = 0;
        for (size_t k = 0; k < n; k++) c_size = hypot(c_size, s->c[crease_group_entry(&s->groups, g, k)]);
        double ball = crease_group_dual_norm(s->psi, n, y, weight) / s->p.w;
        double slack = tolerance * (1 + c_size / (s->p.w * crease_group_scale(s->psi, n, weight)));
        if (ball > 1 + slack * sqrt((double)n + 1)) fail_msg("%s: dual norm %.17g", s->psi->type->base.name, ball);
        if (fabs(pairing - value) > tolerance * (size + value))
            fail_msg("%s: <x, y> = %g, w psi(x) = %g", s->psi->type->base.name, pairing, value);
    }
}

static void moreau_in_the_metric(void **state)
{
    for_all(*state, "cpu-f64", 1000, false, 1e-12, check_moreau);
}

/* x0 and v known: the same answer, and a certificate from other inputs. */
static void centre_and_c_form_agree(void **state)
{
    for_all(*state, "cpu-f64", 500, true, 1e-13, check_certificate);
}

/* The answer equals the planted one, with its support. */
static void planted_solutions(void **state)
{
    crease_ctx *ctx = *state;
    const crease_type *type;
    size_t cases = crease_test_count(2000);
    for (size_t r = 0; (type = crease_type_at(ctx, CREASE_REGULARIZER, r)); r++)
        for (size_t k = 0; k < cases; k++) {
            test_subproblem s;
            test_shape shape = { type->name, k % 2 ? "cpu-f32" : "cpu-f64", group_specs[k % 6], 8, 6, spreads[k % 4],
                                 weights[k % 3], 1 };
            double tolerance = k % 2 ? 1e-2 : 1e-7; /* x is determined up to rounding / (d_min/d_max) */
            if (k % 2 && spreads[k % 4] > 10) continue;
            test_subproblem_make(ctx, &shape, 77000 + 1000 * r + k, &s);
            if (test_subproblem_plant(&s)) {
                test_subproblem_push(&s, false);
                solve(&s);
                for (size_t i = 0; i < s.n; i++) {
                    if ((s.x[i] != 0) != (s.target[i] != 0)) fail_msg("%s: entry %zu is %g, planted %g", type->name, i, s.x[i], s.target[i]);
                    if (fabs(s.x[i] - s.target[i]) > tolerance * (1 + s.p.w))
                        fail_msg("%s: entry %zu is %.17g, planted %.17g", type->name, i, s.x[i], s.target[i]);
                }
            }
            test_subproblem_free(&s);
        }
}

/* --- values, subgradients and dual norms of one group -------------------------------------------- */

/* residual = |least element of g + w dpsi(x)|: no direction descends faster, and one attains it nearly. */
static void residual_is_the_steepest_slope(void **state)
{
    crease_ctx *ctx = *state;
    const crease_type *type;
    for (size_t r = 0; (type = crease_type_at(ctx, CREASE_REGULARIZER, r)); r++) {
        for (size_t k = 0; k < crease_test_count(5000); k++) {
            test_subproblem s;
            test_shape shape = { type->name, "cpu-f64", "all", 1, 1 + k % 5, 10, 1, 1 };
            test_subproblem_make(ctx, &shape, 500 * r + k, &s);
            test_subproblem_draw(&s);
            for (size_t i = 0; i < s.n; i++)
                s.x[i] = crease_random_uniform(&s.random) < 0.5 ? 0 : fabs(crease_random_normal(&s.random));
            double residual = crease_group_residual(s.psi, s.n, s.x, s.c, 1, 1);
            double h = 1e-7, base = crease_group_value(s.psi, s.n, s.x, 1), steepest = 0;
            for (int trial = 0; trial < 300; trial++) {
                double u[8], y[8], length = 0, slope = 0;
                for (size_t i = 0; i < s.n; i++) {
                    u[i] = crease_random_uniform(&s.random) < 0.3 ? 0 : crease_random_normal(&s.random);
                    length = hypot(length, u[i]);
                }
                if (length == 0) continue;
                for (size_t i = 0; i < s.n; i++) {
                    u[i] /= length;
                    y[i] = s.x[i] + h * u[i];
                    slope += u[i] * s.c[i];
                }
                slope += (crease_group_value(s.psi, s.n, y, 1) - base) / h;
                steepest = fmax(steepest, -slope);
            }
            double scale = 1e-4 * (1 + residual);
            if (steepest > residual + scale) fail_msg("%s: slope %g, residual %g", type->name, steepest, residual);
            if (s.n <= 2 && steepest < 0.9 * residual - scale)
                fail_msg("%s: slope only %g, residual %g", type->name, steepest, residual);
            test_subproblem_free(&s);
        }
    }
}

/* <y, x> <= dual(y) psi(x) always, and nearly equal for some x. */
static void dual_norm_bounds_the_pairing(void **state)
{
    crease_ctx *ctx = *state;
    const crease_type *type;
    for (size_t r = 0; (type = crease_type_at(ctx, CREASE_REGULARIZER, r)); r++) {
        if (!(((const crease_regularizer_type *)type)->flags & CREASE_NORM)) continue;
        for (size_t k = 0; k < crease_test_count(5000); k++) {
            test_subproblem s;
            test_shape shape = { type->name, "cpu-f64", "all", 1, 1 + k % 3, 10, 1, 1 };
            test_subproblem_make(ctx, &shape, 900 * r + k, &s);
            test_subproblem_draw(&s);
            double dual = crease_group_dual_norm(s.psi, s.n, s.c, 1.3), best = 0;
            for (int trial = 0; trial < 2000; trial++) {
                double x[4], pairing = 0;
                for (size_t i = 0; i < s.n; i++) {
                    x[i] = trial % 2 ? crease_random_normal(&s.random) : crease_random_uniform(&s.random) < 0.5 ? 0 : s.c[i];
                    pairing += x[i] * s.c[i];
                }
                double value = crease_group_value(s.psi, s.n, x, 1.3);
                if (value > 0) best = fmax(best, pairing / value);
            }
            if (best > dual * (1 + 1e-12) || best < 0.9 * dual)
                fail_msg("%s: dual norm %.17g, largest ratio found %.17g", type->name, dual, best);
            test_subproblem_free(&s);
        }
    }
}

static void values_are_sane(void **state)
{
    crease_ctx *ctx = *state;
    const crease_type *type;
    const double zero[3] = { 0, -0.0, 0 }, x[3] = { 1, 0, 2 };
    for (size_t r = 0; (type = crease_type_at(ctx, CREASE_REGULARIZER, r)); r++) {
        crease_regularizer *psi = crease_regularizer_create(ctx, type->name);
        assert_true(crease_group_value(psi, 3, zero, 1) == 0);
        assert_true(crease_group_value(psi, 0, zero, 1) == 0);
        assert_true(crease_group_value(psi, 3, zero, INFINITY) == 0);
        assert_true(crease_group_value(psi, 3, x, 1) >= 0);
        assert_true(crease_group_residual(psi, 0, zero, zero, 1, 1) == 0);
        assert_true(psi->type->base.summary && psi->type->flags);
        crease_regularizer_free(psi);
    }
}

/* --- edges ---------------------------------------------------------------------------------------- */

static void bad_numbers_are_errors(void **state)
{
    crease_ctx *ctx = *state;
    const crease_type *type;
    const double bad[] = { NAN, INFINITY, -INFINITY };
    for (size_t r = 0; (type = crease_type_at(ctx, CREASE_REGULARIZER, r)); r++)
        for (int k = 0; k < 12; k++) {
            test_subproblem s;
            test_shape shape = { type->name, k % 2 ? "cpu-f32" : "cpu-f64", "rows", 5, 4, 10, 1, 1 };
            if (type == &nonneg.base && k / 2 % 3 != 0) continue; /* finite inputs are the family's rule */
            test_subproblem_make(ctx, &shape, 31 + (uint64_t)k, &s);
            test_subproblem_draw(&s);
            (k < 6 ? s.c : s.d)[7] = bad[k / 2 % 3];
            test_subproblem_push(&s, false);
            crease_solver *exact = crease_solver_create(ctx, "exact", NULL);
            assert_int_equal(crease_solver_solve(exact, &s.p, s.bx, NULL), CREASE_ENAN);
            assert_non_null(strstr(crease_ctx_error(ctx)->sentence, "group 1"));
            crease_solver_free(exact);
            test_subproblem_free(&s);
        }
}

/* Weight 0: unpenalized, x = c/d. Infinite: forced to zero. No groups, empty groups: nothing happens. */
static void weights_at_their_ends(void **state)
{
    crease_ctx *ctx = *state;
    const double given[4] = { 0, INFINITY, 1, 0 };
    for (int width = 0; width < 2; width++) {
        test_subproblem s;
        test_shape shape = { "group_l2", width ? "cpu-f32" : "cpu-f64", "rows", 4, 3, 10, 1, 1 };
        test_subproblem_make(ctx, &shape, 5, &s);
        test_subproblem_draw(&s);
        assert_ok(ctx, crease_groups_set_weights(ctx, &s.groups, given));
        test_subproblem_push(&s, false);
        solve(&s);
        for (size_t i = 0; i < 3; i++) {
            assert_true(fabs(s.x[i] * s.d[i] / s.c[i] - 1) < 1e-6);
            assert_true(s.x[3 + i] == 0 && !signbit(s.x[3 + i]));
        }
        crease_certificate proof;
        assert_ok(ctx, crease_certify(&s.p, s.bx, &proof));
        assert_true(proof.relative < (width ? 1e-6 : 1e-14));
        test_subproblem_free(&s);
    }
}

static void nothing_to_do(void **state)
{
    crease_ctx *ctx = *state;
    const crease_type *type;
    for (size_t r = 0; (type = crease_type_at(ctx, CREASE_REGULARIZER, r)); r++) {
        crease_regularizer *psi = crease_regularizer_create(ctx, type->name);
        crease_groups none = crease_groups_elements(0, 0);
        double x[2] = { 7, 8 }, c[2] = { 1, 1 };
        crease_subproblem p = { .ctx = ctx, .backend = crease_backend_find(ctx, "cpu-f64"), .n = 2, .c = c, .scalar = 1,
                                .w = 1, .psi = psi, .groups = &none, .paper_scale = 1 };
        crease_solver *exact = crease_solver_create(ctx, "exact", NULL);
        assert_ok(ctx, crease_solver_solve(exact, &p, x, NULL));
        assert_true(x[0] == 7 && x[1] == 8); /* in no group: untouched */
        crease_solver_free(exact);
        crease_regularizer_free(psi);
    }
}

static void flat_directions_are_unbounded(void **state)
{
    crease_ctx *ctx = *state;
    crease_regularizer *psi = crease_regularizer_create(ctx, "group_l2");
    crease_groups all = crease_groups_all(0, 2);
    crease_solver *exact = crease_solver_create(ctx, "exact", NULL);
    all.uniform_weight = 1;
    double d[2] = { 0, 1 }, inside[2] = { 0.5, 3 }, outside[2] = { 1.5, 3 }, x[2];
    crease_subproblem p = { .ctx = ctx, .backend = crease_backend_find(ctx, "cpu-f64"), .n = 2, .c = inside, .d = d,
                            .w = 1, .psi = psi, .groups = &all, .paper_scale = 1 };
    crease_certificate proof;
    assert_ok(ctx, crease_solver_solve(exact, &p, x, NULL));
    assert_ok(ctx, crease_certify(&p, x, &proof));
    assert_true(proof.relative < 1e-14 && isinf(proof.distance) && isnan(proof.gap));
    p.c = outside;
    assert_fails(ctx, crease_solver_solve(exact, &p, x, NULL), CREASE_EUNBOUNDED, "unbounded");
    crease_solver_free(exact);
    crease_regularizer_free(psi);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates_in_double),         cmocka_unit_test(certificates_in_float),
        cmocka_unit_test(nothing_nearby_is_better),       cmocka_unit_test(firmly_nonexpansive),
        cmocka_unit_test(moreau_in_the_metric),           cmocka_unit_test(centre_and_c_form_agree),
        cmocka_unit_test(planted_solutions),              cmocka_unit_test(residual_is_the_steepest_slope),
        cmocka_unit_test(dual_norm_bounds_the_pairing),   cmocka_unit_test(values_are_sane),
        cmocka_unit_test(bad_numbers_are_errors),         cmocka_unit_test(weights_at_their_ends),
        cmocka_unit_test(nothing_to_do),                  cmocka_unit_test(flat_directions_are_unbounded),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

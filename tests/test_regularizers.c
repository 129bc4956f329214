/* Conformance of every registered regularizer: its answers, values and subgradients. One that is
 * registered here is among them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "subproblems.h"

/* --- a member from outside: entries above a bound, with its own mathematics ------------------------
 */

static double above_value(const crease_part *s, const double *x)
{
    for (size_t i = 0; i < s->n; i++)
        if (x[i] < 0) return INFINITY;
    return 0;
}

static double above_residual(const crease_part *s, const double *x, const double *g, double w)
{
    double sum = 0;
    (void)w;
    for (size_t i = 0; i < s->n; i++) sum = hypot(sum, x[i] > 0 ? g[i] : fmin(g[i], 0));
    return sum;
}

static int above_prox(const crease_part *s, const double *c, const double *d, double w, double *x,
                      crease_prox_info *info)
{
    (void)w, (void)info;
    for (size_t i = 0; i < s->n; i++) {
        if (!isfinite(c[i]) || !isfinite(d[i])) return CREASE_ENAN;
        if (d[i] == 0 && c[i] > 0) return CREASE_EUNBOUNDED;
        x[i] = c[i] > 0 ? c[i] / d[i] : 0;
    }
    return CREASE_OK;
}

static double above_scale(const crease_part *s)
{
    (void)s;
    return 0;
}

static void above_margins(const crease_part *s, const double *x, const double *g, double w,
                          crease_margin *unit)
{
    (void)w;
    for (size_t i = 0; i < s->n; i++)
        unit[i] = x[i] > 0 ? (crease_margin){ NAN, x[i], 0 } : (crease_margin){ g[i], NAN, 0 };
}

static const crease_math above_math = { .value = above_value,
                                        .residual = above_residual,
                                        .prox = above_prox,
                                        .scale = above_scale,
                                        .margins = above_margins };

static const crease_regularizer_type above = {
    .base = { .name = "test_above",
              .summary = "nonnegative entries",
              .formula = "x >= 0",
              .source = "standard" },
    .flags = CREASE_CONVEX | CREASE_SEPARABLE | CREASE_UNIT_ENTRY | CREASE_CONSTRAINT,
    .exact = "any diagonal metric",
    .cost = "O(n)",
    .identification = "grad f(x*)_i at the zero entries",
    .math = &above_math,
};

static int set_up(void **state)
{
    crease_ctx *ctx = test_ctx();
    assert_ok(ctx, crease_register(ctx, CREASE_REGULARIZER, &above.base));
    *state = ctx;
    return 0;
}

static int tear_down(void **state)
{
    crease_ctx_free(*state);
    return 0;
}

static const char *name_of(const test_subproblem *s)
{
    return s->psi->type->base.name;
}

/* |c'x| + x'Dx + w psi(x): what rounding in the objective is measured against. */
static long double objective_size(test_subproblem *s)
{
    long double size = 1e-300L + s->p.w * fabs(crease_term_value(&s->term, s->x, s->work));
    for (size_t i = 0; i < s->n; i++)
        size += fabsl((long double)s->c[i] * s->x[i]) + (long double)s->d[i] * s->x[i] * s->x[i];
    return size;
}

/* --- answers ------------------------------------------------------------------------------------- */

/* Exact answers by their residual; others by the gap they prove, which must be small in metrics that
 * vary little. */
static void check_certificate(test_subproblem *s, double tolerance)
{
    crease_certificate proof;
    assert_ok(s->ctx, crease_certify(&s->p, s->bx, &proof));
    if (!isnan(proof.gap)) assert_true(proof.gap >= 0);
    if (s->info.exact) {
        /* rounding x turns singular vectors of small singular values by roundoff sigma_1/sigma_r */
        if (s->psi->type->flags & CREASE_UNIT_HIDDEN) tolerance *= 100;
        if (!(proof.relative <= tolerance)) fail_msg("%s: certificate %g", name_of(s), proof.relative);
    } else {
        long double most = 0; /* what the objective could fall by without psi */
        for (size_t i = 0; i < s->n; i++) most += (long double)s->c[i] * s->c[i] / s->d[i];
        long double enough = s->spread <= 10 ? 1e-8L * most : INFINITY;
        if (!(s->info.gap <= enough) || isnan(s->info.gap))
            fail_msg("%s: proven gap %g, wanted %Lg", name_of(s), s->info.gap, enough);
    }
}

static void certificates_in_double(void **state)
{
    test_for_all(*state, "cpu-f64", 2000, false, 1e-13, check_certificate);
}

static void certificates_in_float(void **state)
{
    test_for_all(*state, "cpu-f32", 2000, false, 3e-6, check_certificate);
}

static void centre_and_c_form_agree(void **state)
{
    test_for_all(*state, "cpu-f64", 500, true, 1e-13, check_certificate);
}

static void judge(test_subproblem *s, const double *other, long double best, double tolerance,
                  const char *which)
{
    long double value = test_objective(s, other), slack = tolerance * objective_size(s) + s->info.gap;
    if (value < best - slack) fail_msg("%s: %s is %Lg better", name_of(s), which, best - value);
}

/* No point nearby, no scaling, none of its coarser relatives does better. Infeasible ones cost
 * infinity. */
static void check_minimal(test_subproblem *s, double tolerance)
{
    double other[4096];
    long double best = test_objective(s, s->x);
    for (int trial = 0; trial < 40; trial++) {
        double reach = pow(10, -crease_random_uniform(&s->random) * 8);
        size_t only = crease_random_below(&s->random, s->n);
        for (size_t i = 0; i < s->n; i++) {
            double scale = fabs(s->x[i]) + fabs(s->c[i]) / s->d[i];
            other[i] = s->x[i];
            if (trial % 2 == 0 || i == only)
                other[i] += reach * scale * crease_random_normal(&s->random);
            if (trial % 5 == 0) other[i] = s->x[i] * (1 + reach * (trial - 20));
        }
        judge(s, other, best, tolerance, "a point nearby");
    }
    memset(other, 0, s->n * sizeof *other);
    judge(s, other, best, tolerance, "the origin");
    for (size_t i = 0; i < s->n; i++) other[i] = s->c[i] / s->d[i];
    judge(s, other, best, tolerance, "c/d");
}

static void nothing_nearby_is_better(void **state)
{
    test_for_all(*state, "cpu-f64", 500, false, 1e-14, check_minimal);
}

/* Answers to other inputs are feasible points with the same kind of structure; where psi is convex, so
 * are the points between. None of them does better. */
static void check_against_relatives(test_subproblem *s, double tolerance)
{
    double mine[4096], own_c[4096], other[4096];
    long double best = test_objective(s, s->x), size = objective_size(s);
    crease_solve_info info = s->info;
    memcpy(mine, s->x, s->n * sizeof *mine);
    memcpy(own_c, s->c, s->n * sizeof *own_c);
    for (int trial = 0; trial < 6; trial++) {
        double reach = pow(10, -trial), middle = crease_random_uniform(&s->random);
        for (size_t i = 0; i < s->n; i++)
            s->c[i] = own_c[i] * (1 + reach * crease_random_normal(&s->random));
        test_subproblem_push(s, false);
        test_subproblem_solve(s);
        memcpy(s->c, own_c, s->n * sizeof *own_c);
        long double slack = tolerance * size + info.gap, value = test_objective(s, s->x);
        if (value < best - slack)
            fail_msg("%s: another input's answer is %Lg better", name_of(s), best - value);
        if (!(s->psi->type->flags & CREASE_CONVEX)) continue;
        for (size_t i = 0; i < s->n; i++) other[i] = mine[i] + middle * (s->x[i] - mine[i]);
        value = test_objective(s, other);
        if (value < best - slack)
            fail_msg("%s: a point between is %Lg better", name_of(s), best - value);
    }
}

static void no_relative_is_better(void **state)
{
    test_for_all(*state, "cpu-f64", 300, false, 1e-13, check_against_relatives);
}

/* <p - q, c - c'> >= (p - q)'D(p - q) for the answers p, q of two inputs c, c'. */
static void check_firmly_nonexpansive(test_subproblem *s, double tolerance)
{
    bool constrained = s->psi->type->flags & CREASE_CONSTRAINT;
    double p[4096], c[4096], left = 0, right = 0, size = 0;
    if (!(s->psi->type->flags & CREASE_CONVEX) || !s->info.exact) return;
    memcpy(p, s->x, s->n * sizeof *p);
    memcpy(c, s->c, s->n * sizeof *c);
    for (size_t i = 0; i < s->n; i++) s->c[i] *= 1 + 0.3 * crease_random_normal(&s->random);
    test_subproblem_push(s, false);
    test_subproblem_solve(s);
    for (size_t i = 0; i < s->n; i++) {
        double step = p[i] - s->x[i];
        left += step * (c[i] - s->c[i]);
        right += s->d[i] * step * step;
        /* rounding is that of the step, or where a constraint holds both points, of the points */
        double reach = constrained ? fabs(p[i]) + fabs(s->x[i]) : fabs(step);
        size += reach * (fabs(c[i]) + fabs(s->c[i]));
    }
    if (left < right - tolerance * size) fail_msg("%s: %g < %g", name_of(s), left, right);
}

static void firmly_nonexpansive(void **state)
{
    test_for_all(*state, "cpu-f64", 1000, false, 1e-13, check_firmly_nonexpansive);
}

/* Moreau, by Fenchel's equality: y = c - Dx has w psi(x) + w psi*(y/w) = <x, y>; psi* is the indicator
 * of the dual ball where psi is a norm. */
static void check_moreau_part(test_subproblem *s, size_t k, double tolerance)
{
    crease_part part = crease_term_part(&s->term, k);
    double x[4096], y[4096], pairing = 0, size = 0, c_size = 0, w = s->p.w;
    part.work = s->work;
    for (size_t i = 0; i < part.n; i++) {
        size_t at = crease_part_entry(&s->term, k, i);
        x[i] = s->x[at];
        y[i] = (s->c[at] - s->d[at] * s->x[at]) / w;
        pairing += w * x[i] * y[i];
        size += fabs(x[i]) * (fabs(s->c[at]) + fabs(s->d[at] * x[i]));
        c_size = hypot(c_size, s->c[at]);
    }
    double value = w * crease_part_value(s->psi, &part, x), conjugate = 0;
    if (crease_regularizer_is_norm(s->psi)) {
        double ball = crease_part_dual_norm(s->psi, &part, y);
        double slack = tolerance * (1 + c_size / (w * crease_part_scale(s->psi, &part)));
        if (ball > 1 + slack * sqrt((double)part.n + 1))
            fail_msg("%s: dual norm %.17g", name_of(s), ball);
    } else {
        conjugate = w * crease_part_conjugate(s->psi, &part, y);
        if (!isfinite(conjugate)) return; /* undefined, or y is outside the domain by rounding */
        double y_size = 0;
        for (size_t i = 0; i < part.n; i++) y_size = hypot(y_size, y[i]);
        size +=
            fabs(conjugate) * (1 + (y_size > 0 ? c_size / (w * y_size) : 0)); /* y is c - Dx, rounded */
    }
    if (fabs(pairing - value - conjugate) > tolerance * (size + fabs(value)))
        fail_msg("%s: <x, y> = %g, w psi(x) = %g, w psi*(y/w) = %g", name_of(s), pairing, value,
                 conjugate);
}

static void check_moreau(test_subproblem *s, double tolerance)
{
    if (!(s->psi->type->flags & CREASE_CONVEX) || !s->info.exact) return;
    for (size_t k = 0; k < crease_term_parts(&s->term); k++) check_moreau_part(s, k, tolerance);
}

static void moreau_in_the_metric(void **state)
{
    test_for_all(*state, "cpu-f64", 1000, false, 1e-12, check_moreau);
}

/* The answer equals the planted one, with its support. */
static void planted_solutions(void **state)
{
    static const char *const layouts[] = { "elements", "rows", "cols", "all", "size:3", "ragged" };
    static const double spreads[] = { 0, 1, 10, 1e6 }, weights[] = { 1e-3, 1, 1e4 };
    crease_ctx *ctx = *state;
    const crease_type *type;
    size_t cases = crease_test_count(2000);
    for (size_t r = 0; (type = crease_type_at(ctx, CREASE_REGULARIZER, r)); r++)
        for (size_t k = 0; k < cases; k++) {
            test_subproblem s;
            test_shape shape = { type->name,
                                 k % 2 ? "cpu-f32" : "cpu-f64",
                                 layouts[k % 6],
                                 8,
                                 6,
                                 spreads[k % 4],
                                 weights[k % 3],
                                 1 };
            double tolerance = k % 2 ? 1e-2 : 1e-7; /* x is determined up to rounding / (d_min/d_max) */
            if (k % 2 && spreads[k % 4] > 10) continue;
            if (!test_subproblem_make(ctx, &shape, 77000 + 1000 * r + k, &s)) continue;
            if (test_subproblem_plant(&s)) {
                test_subproblem_push(&s, false);
                test_subproblem_solve(&s);
                for (size_t i = 0; i < s.n; i++) {
                    if ((s.x[i] != 0) != (s.target[i] != 0)
                        || fabs(s.x[i] - s.target[i]) > tolerance * (1 + s.p.w))
                        fail_msg("%s: entry %zu is %.17g, planted %.17g", type->name, i, s.x[i],
                                 s.target[i]);
                }
            }
            test_subproblem_free(&s);
        }
}

/* scale psi(x) + ridge/2 |x|^2 is the member in the metric d + w ridge with w scale. */
static void check_scale_and_ridge(test_subproblem *s, double tolerance)
{
    double plain[4096];
    memcpy(plain, s->x, s->n * sizeof *plain);
    assert_ok(s->ctx, crease_regularizer_set(s->psi, "scale", "4"));
    assert_ok(s->ctx, crease_regularizer_set(s->psi, "ridge", "0.5"));
    s->p.w /= 4;
    if (!s->p.d) s->p.scalar -= 0.5 * s->p.w;
    for (size_t i = 0; i < s->n; i++) s->d[i] -= 0.5 * s->p.w;
    for (size_t i = 0; i < s->n; i++)
        if (s->d[i] < 1e-3 * s->p.w) return; /* the ridge was the larger part */
    crease_release(s->ctx, s->work);
    s->work = crease_alloc(s->ctx, crease_term_work(&s->term), sizeof(double));
    test_subproblem_push(s, false);
    test_subproblem_solve(s);
    for (size_t i = 0; i < s->n && s->info.exact && (s->psi->type->flags & CREASE_CONVEX); i++)
        if (fabs(plain[i] - s->x[i]) > 1e-9 * (1e-300 + fabs(s->c[i]) / s->d[i] + fabs(plain[i])))
            fail_msg("%s: %g with its ridge in the metric, %g apart", name_of(s), plain[i], s->x[i]);
    check_certificate(s, tolerance);
}

static void scale_and_ridge(void **state)
{
    test_for_all(*state, "cpu-f64", 300, false, 1e-12, check_scale_and_ridge);
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
            if (((const crease_regularizer_type *)type)->flags & CREASE_COUPLED)
                shape.groups = "overlap";
            if (((const crease_regularizer_type *)type)->exactness == CREASE_SCALAR_ONLY) {
                if (k >= 6) continue;
                shape.spread = 0;
            }
            if (!test_subproblem_make(ctx, &shape, 31 + (uint64_t)k, &s)) continue;
            test_subproblem_draw(&s);
            (k < 6 ? s.c : s.d)[7] = bad[k / 2 % 3];
            test_subproblem_push(&s, false);
            crease_solver *exact = crease_solver_create(ctx, "exact", NULL);
            int code = crease_solver_solve(exact, &s.p, s.bx, NULL);
            if (code != CREASE_ENAN)
                fail_msg("%s: %s for a number that is none", type->name, crease_error_name(code));
            const char *sentence = crease_ctx_error(ctx)->sentence;
            if (strcmp(shape.groups, "rows") == 0)
                assert_true(strstr(sentence, "group 1") || strstr(sentence, "entry 7"));
            crease_solver_free(exact);
            test_subproblem_free(&s);
        }
}

/* Weight 0: unpenalized, x = c/d. Infinite: forced to zero. No groups, empty groups: nothing happens.
 */
static void weights_at_their_ends(void **state)
{
    crease_ctx *ctx = *state;
    const double given[4] = { 0, INFINITY, 1, 0 };
    for (int width = 0; width < 2; width++) {
        test_subproblem s;
        test_shape shape = { "group_l2", width ? "cpu-f32" : "cpu-f64", "rows", 4, 3, 10, 1, 1 };
        assert_true(test_subproblem_make(ctx, &shape, 5, &s));
        test_subproblem_draw(&s);
        assert_ok(ctx, crease_groups_set_weights(ctx, &s.groups, given));
        test_subproblem_push(&s, false);
        test_subproblem_solve(&s);
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
        crease_subproblem p = { .ctx = ctx,
                                .backend = crease_backend_find(ctx, "cpu-f64"),
                                .n = 2,
                                .c = c,
                                .scalar = 1,
                                .w = 1,
                                .psi = psi,
                                .groups = &none,
                                .paper_scale = 1 };
        crease_solver *exact = crease_solver_create(ctx, "exact", NULL);
        assert_ok(ctx, crease_solver_solve(exact, &p, x, NULL));
        assert_true(x[0] == 7 && x[1] == 8); /* in no group: untouched */
        crease_solver_free(exact);
        crease_regularizer_free(psi);
    }
}

/* Its scale is infinite too, and the quotient of the two would say nothing. */
static void a_live_forced_group_has_no_certificate(void **state)
{
    crease_ctx *ctx = *state;
    crease_regularizer *psi = crease_regularizer_create(ctx, "group_l2");
    crease_groups all = crease_groups_all(0, 2);
    all.uniform_weight = INFINITY;
    double x[2] = { 1, 0 }, c[2] = { 1, 1 };
    crease_subproblem p = { .ctx = ctx,
                            .backend = crease_backend_find(ctx, "cpu-f64"),
                            .n = 2,
                            .c = c,
                            .scalar = 1,
                            .w = 1,
                            .psi = psi,
                            .groups = &all,
                            .paper_scale = 1 };
    crease_certificate proof;
    assert_ok(ctx, crease_certify(&p, x, &proof));
    assert_true(isinf(proof.relative) && isinf(proof.absolute));
    crease_regularizer_free(psi);
}

static void flat_directions_are_unbounded(void **state)
{
    crease_ctx *ctx = *state;
    crease_regularizer *psi = crease_regularizer_create(ctx, "group_l2");
    crease_groups all = crease_groups_all(0, 2);
    crease_solver *exact = crease_solver_create(ctx, "exact", NULL);
    all.uniform_weight = 1;
    double d[2] = { 0, 1 }, inside[2] = { 0.5, 3 }, outside[2] = { 1.5, 3 }, x[2];
    crease_subproblem p = { .ctx = ctx,
                            .backend = crease_backend_find(ctx, "cpu-f64"),
                            .n = 2,
                            .c = inside,
                            .d = d,
                            .w = 1,
                            .psi = psi,
                            .groups = &all,
                            .paper_scale = 1 };
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
        cmocka_unit_test(certificates_in_double),
        cmocka_unit_test(certificates_in_float),
        cmocka_unit_test(centre_and_c_form_agree),
        cmocka_unit_test(nothing_nearby_is_better),
        cmocka_unit_test(no_relative_is_better),
        cmocka_unit_test(firmly_nonexpansive),
        cmocka_unit_test(moreau_in_the_metric),
        cmocka_unit_test(planted_solutions),
        cmocka_unit_test(scale_and_ridge),
        cmocka_unit_test(bad_numbers_are_errors),
        cmocka_unit_test(weights_at_their_ends),
        cmocka_unit_test(nothing_to_do),
        cmocka_unit_test(a_live_forced_group_has_no_certificate),
        cmocka_unit_test(flat_directions_are_unbounded),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

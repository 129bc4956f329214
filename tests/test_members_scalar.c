/* Penalties of single entries, against minimization by brute force in long double of formulas written out here. */
#include <math.h>

#include "scalar_members.h"

static crease_random the_random;

/* --- exactness ----------------------------------------------------------------------------------------- */

static void check_entry(const scalar_entry *e)
{
    double x, relative;
    int code = scalar_entry_solve(e, &x);
    if (code != CREASE_OK) fail_msg("%s: %s", e->of->name, crease_error_name(code));
    long double at, excess = scalar_entry_objective(e, x) - scalar_entry_least(e, &at);
    long double size = fmaxl(scalar_entry_size(e, x), scalar_entry_size(e, at));
    relative = scalar_entry_certificate(e, x);
    if (!(excess <= 1e-15L * size))
        fail_msg("%s(%.17g, %.17g), c = %.17g, d = %.17g, w = %g: x = %.17g is %Lg above the least, of %Lg",
                 e->of->name, e->p[0], e->p[1], e->c, e->d, e->w, x, excess, size);
    if (!(relative <= 4e-15))
        fail_msg("%s(%.17g, %.17g), c = %.17g, d = %.17g, w = %g: x = %.17g has certificate %g", e->of->name,
                 e->p[0], e->p[1], e->c, e->d, e->w, x, relative);
}

/* Metrics: about 1, over 12 and over 24 decades. */
static void prox_is_the_global_minimizer(void **state)
{
    static const double decades[] = { 0.3, 6, 12 };
    const scalar_member *of;
    for (size_t m = 0; (of = scalar_member_at(m)); m++)
        for (size_t k = 0; k < 3 * crease_test_count(2000); k++) {
            scalar_entry e = scalar_entry_draw(*state, of, 2, &the_random);
            scalar_entry_place(&e, decades[k % 3], &the_random);
            check_entry(&e);
            scalar_entry_free(&e);
        }
}

/* Everything scaled as far as 30 decades either way. */
static void extreme_magnitudes(void **state)
{
    const scalar_member *of;
    for (size_t m = 0; (of = scalar_member_at(m)); m++)
        for (size_t k = 0; k < crease_test_count(2000); k++) {
            scalar_entry e = scalar_entry_draw(*state, of, 30, &the_random);
            scalar_entry_place(&e, 30, &the_random);
            double x, relative;
            assert_ok(e.psi->ctx, scalar_entry_solve(&e, &x));
            relative = scalar_entry_certificate(&e, x);
            if (!(relative <= 4e-15))
                fail_msg("%s(%g, %g), c = %g, d = %g: x = %g has certificate %g", e.of->name, e.p[0], e.p[1],
                         e.c, e.d, x, relative);
            scalar_entry_free(&e);
        }
}

static void values_are_those_of_the_formulas(void **state)
{
    const scalar_member *of;
    for (size_t m = 0; (of = scalar_member_at(m)); m++)
        for (size_t k = 0; k < crease_test_count(2000); k++) {
            scalar_entry e = scalar_entry_draw(*state, of, 2, &the_random);
            double sign = k % 2 ? 1 : -1, far = sign * e.p[0] * random_magnitude(&the_random, 2);
            double x = k % 7 == 0 ? 0 : k % 7 == 1 ? e.p[1] : far;
            crease_part s = scalar_part(e.psi->type, e.psi->opts, 1);
            double value = crease_part_value(e.psi, &s, &x), expected = (double)e.of->psi(e.p, x);
            if (value != expected && !(fabs(value - expected) <= 1e-14 * (expected + fabs(e.p[0]))))
                fail_msg("%s(%g, %g) at %g: %.17g, not %.17g", e.of->name, e.p[0], e.p[1], x, value,
                         expected);
            scalar_entry_free(&e);
        }
}

/* --- thresholds ------------------------------------------------------------------------------------------ */

static double prox_of(scalar_entry *e, double c)
{
    double x;
    e->c = c;
    assert_ok(e->psi->ctx, scalar_entry_solve(e, &x));
    return x;
}

/* The c at which zero ends, in closed form; w = 2. */
static void zero_ends_at_the_threshold(void **state)
{
    const struct {
        const char *name;
        double p[2], d, c;
    } at[] = {
        { "l1", { 0.7, 1 }, 3, 2 * 0.7 },
        { "elastic_net", { 0.7, 5 }, 3, 2 * 0.7 },
        { "l0", { 0.7, 1 }, 3, sqrt(2 * 2 * 0.7 * 3) },
        { "mcp", { 0.7, 4 }, 3, 2 * 0.7 },                     /* d gamma > w: firm */
        { "mcp", { 0.7, 4 }, 0.01, 0.7 * sqrt(4 * 2 * 0.01) }, /* hard */
        { "scad", { 0.7, 3 }, 3, 2 * 0.7 },
        { "scad",
          { 0.7, 3 },
          0.001,
          sqrt(2 * 0.001 * 2 * 0.5 * 4 * 0.7 * 0.7) }, /* flat from a lambda on: hard */
        { "capped_l1", { 0.7, 4 }, 3, 2 * 0.7 },
        { "capped_l1", { 0.7, 4 }, 0.001, sqrt(2 * 0.001 * 2 * 0.7 * 4) },
        { "one_sided_l1", { 0.7, 1 }, 3, 2 * 0.7 },
        { "asymmetric_l1", { 0.7, 0.1 }, 3, 2 * 0.7 },
        { "lq", { 0.7, 0.5 }, 3, 1.5 * 3 * pow(2 * 0.7 / 3, 2.0 / 3) },
        { "lq", { 0.7, 2.0 / 3 }, 3, 3 * (2.0 / 3) * pow(3 * pow(2 * 2 * 0.7 / 3, 3), 0.25) },
        { "log_sum", { 0.7, 2 }, 3, 2 * 0.7 / 2 },
    };
    for (size_t k = 0; k < sizeof at / sizeof *at; k++) {
        scalar_entry e = scalar_entry_make(*state, scalar_member_find(at[k].name), at[k].p[0], at[k].p[1]);
        e.d = at[k].d;
        e.w = 2;
        if (prox_of(&e, at[k].c * (1 - 1e-13)) != 0) fail_msg("%s (%zu): too early", at[k].name, k);
        if (!(prox_of(&e, at[k].c * (1 + 1e-13)) > 0)) fail_msg("%s (%zu): too late", at[k].name, k);
        e.c = at[k].c;
        check_entry(&e);
        scalar_entry_free(&e);
    }
}

static void the_last_bit_decides_where_it_can(void **state)
{
    scalar_entry e = scalar_entry_make(*state, scalar_member_find("l1"), 0.7, 1);
    e.d = 0.3;
    e.w = 1;
    assert_true(prox_of(&e, 0.7) == 0);
    assert_true(prox_of(&e, nextafter(0.7, 1)) > 0);
    assert_true(prox_of(&e, nextafter(-0.7, -1)) < 0);
    scalar_entry_free(&e);
}

/* --- what simpler formulas get wrong ------------------------------------------------------------------------- */

/* Firm thresholding, right where d gamma > w, for every entry of a metric that spreads over twelve decades. */
static double firm(double c, double d, double w, double lambda, double gamma)
{
    double z = fabs(c) / d;
    if (fabs(c) <= w * lambda) return 0;
    return copysign(z <= gamma * lambda ? (fabs(c) - w * lambda) / (d - w / gamma) : z, c);
}

static void one_regime_for_all_entries_fails(void **state)
{
    unsigned worse = 0;
    for (int k = 0; k < 200; k++) {
        scalar_entry e = scalar_entry_make(*state, scalar_member_find(k % 2 ? "mcp" : "scad"), 1, 3);
        e.w = 1;
        e.d = pow(10, 3 - 12 * (k / 199.0));
        e.c = sqrt(e.d) * (0.5 + 2 * crease_random_uniform(&the_random));
        double x = prox_of(&e, e.c), gamma = k % 2 ? 3 : 2;
        check_entry(&e);
        double naive = firm(e.c, e.d, 1, 1, gamma);
        worse += scalar_entry_objective(&e, naive)
                 > scalar_entry_objective(&e, x) + 1e-2L * scalar_entry_size(&e, x);
        scalar_entry_free(&e);
    }
    if (worse < 30) fail_msg("firm thresholding is worse %u times only", worse);
}

/* A real positive root of the stationarity equation may still lose against zero. */
static void a_positive_discriminant_is_not_enough(void **state)
{
    scalar_entry e = scalar_entry_make(*state, scalar_member_find("log_sum"), 1, 0.1);
    e.w = e.d = 1;
    for (int k = 0; k < 50; k++) {
        e.c = 1.9 + 0.004 * (k + 1);
        double b = e.c - 0.1, root = 0.5 * (b + sqrt((e.c + 0.1) * (e.c + 0.1) - 4));
        assert_true(root > 0 && scalar_entry_objective(&e, root) > 1e-3);
        assert_true(prox_of(&e, e.c) == 0);
    }
    assert_true(prox_of(&e, 3) > 2);
    scalar_entry_free(&e);
}

/* The minimizer lies delta beyond a corner; in double both have the same objective. */
static void comparing_objectives_stops_at_corners(void **state)
{
    scalar_entry e = scalar_entry_make(*state, scalar_member_find("quantize"), 0.3, 1);
    e.w = e.d = 1;
    for (double delta = 1e-9; delta > 1e-14; delta /= 7) {
        double x = prox_of(&e, 1.3 + delta), beyond = 1 + delta;
        double at_corner = 0.5 - e.c,
               at_minimizer = 0.5 * beyond * beyond - e.c * beyond + 0.3 * (beyond - 1);
        assert_true(at_minimizer >= at_corner);
        assert_true(scalar_entry_certificate(&e, 1) > 0.5 * delta);
        assert_true(x > 1 && scalar_entry_certificate(&e, x) < 1e-15);
    }
    scalar_entry_free(&e);
}

/* --- powers --------------------------------------------------------------------------------------------------- */

/* The larger root of d t + lambda q t^(q-1) = c by bisection from the least point of the left side. */
static double power_root(double lambda, double q, double c, double d)
{
    long double low = powl(lambda * q * (1 - (long double)q) / d, 1 / (2 - (long double)q)), high = c / d;
    for (int k = 0; k < 200; k++) {
        long double t = low + (high - low) / 2;
        if (d * t + lambda * q * powl(t, q - 1.0L) > c)
            high = t;
        else
            low = t;
    }
    return (double)high;
}

static void powers_solve_their_equation_in_few_steps(void **state)
{
    static const double powers[] = { 0.5, 2.0 / 3, 0.001, 0.02, 0.1, 0.3, 0.6, 0.9, 0.98, 0.999 };
    unsigned most = 0;
    for (size_t k = 0; k < crease_test_count(20000); k++) {
        double q = powers[k % 10], lambda = random_magnitude(&the_random, 6),
               d = random_magnitude(&the_random, 6);
        double unit = pow(2 * lambda * (1 - q) / d, 1 / (2 - q)), least = d * unit * (2 - q) / (2 * (1 - q));
        scalar_entry e = scalar_entry_make(*state, scalar_member_find("lq"), lambda, q);
        crease_part s = scalar_part(e.psi->type, e.psi->opts, 1);
        crease_prox_info info = { .exact = true };
        double x, c = least * (1 + random_magnitude(&the_random, 8));
        assert_ok(e.psi->ctx, crease_part_prox(e.psi, &s, &c, &d, 1, &x, &info));
        double expected = power_root(lambda, q, c, d);
        double condition = c / (d * expected); /* of x: the two terms of the equation cancel in part */
        if (!(fabs(x / expected - 1) < 4e-15 * condition))
            fail_msg("q = %g: x = %.17g, not %.17g", q, x, expected);
        if (k % 10 < 2) assert_true(info.iterations <= 3);
        if (info.iterations > most) most = info.iterations;
        scalar_entry_free(&e);
    }
    if (most > 9) fail_msg("%u Newton steps", most);
}

/* --- edges ---------------------------------------------------------------------------------------------------- */

static void bad_numbers_are_errors(void **state)
{
    const double bad[] = { NAN, INFINITY, -INFINITY };
    const scalar_member *of;
    for (size_t m = 0; (of = scalar_member_at(m)); m++)
        for (int k = 0; k < 6; k++) {
            scalar_entry e = scalar_entry_make(*state, of, 0.5, of->kind == BELOW_ONE ? 0.5 : 2);
            double x;
            e.w = 1;
            e.c = k < 3 ? bad[k] : 1;
            e.d = k < 3 ? 1 : bad[k - 3];
            assert_int_equal(scalar_entry_solve(&e, &x), CREASE_ENAN);
            scalar_entry_free(&e);
        }
}

/* d = 0: a minimizer where the slope of psi holds c, else none. x = 7 stands for none. */
static void flat_metrics(void **state)
{
    const struct {
        const char *name;
        double p[2], c, x;
    } at[] = {
        { "l0", { 1, 1 }, 0, 0 },
        { "l0", { 1, 1 }, 0.1, 7 },
        { "l1", { 1, 1 }, 0.9, 0 },
        { "l1", { 1, 1 }, -1.1, 7 },
        { "elastic_net", { 1, 2 }, 5, 2 },
        { "mcp", { 1, 3 }, 0, 0 },
        { "mcp", { 1, 3 }, 0.5, 7 },
        { "scad", { 1, 3 }, -0.5, 7 },
        { "capped_l1", { 1, 3 }, 0.5, 7 },
        { "box", { -2, 3 }, 0.5, 3 },
        { "box", { -2, 3 }, -0.5, -2 },
        { "box", { 1, 3 }, 0, 1 },
        { "nonneg", { 1, 1 }, -0.5, 0 },
        { "nonneg", { 1, 1 }, 0.5, 7 },
        { "huber", { 1, 3 }, 0.5, 1.5 },
        { "huber", { 1, 3 }, 1.5, 7 },
        { "quantize", { 1, 1 }, 0.5, 1 },
        { "quantize", { 1, 1 }, -0.5, -1 },
        { "quantize", { 1, 1 }, 0, 1 },
        { "one_sided_l1", { 1, 1 }, 0.5, 0 },
        { "one_sided_l1", { 1, 1 }, -1, 7 },
        { "asymmetric_l1", { 1, 2 }, -1.5, 0 },
        { "lq", { 1, 0.5 }, 0, 0 },
        { "lq", { 1, 0.5 }, 0.1, 7 },
        { "log_sum", { 1, 1 }, 0, 0 },
        { "log_sum", { 1, 1 }, -0.1, 7 },
    };
    for (size_t k = 0; k < sizeof at / sizeof *at; k++) {
        scalar_entry e = scalar_entry_make(*state, scalar_member_find(at[k].name), at[k].p[0], at[k].p[1]);
        double x = 7;
        e.w = 1;
        e.c = at[k].c;
        int code = scalar_entry_solve(&e, &x);
        if (code != (at[k].x == 7 ? CREASE_EUNBOUNDED : CREASE_OK) || (code == CREASE_OK && x != at[k].x))
            fail_msg("%s, c = %g: %s, x = %g", at[k].name, at[k].c, crease_error_name(code), x);
        scalar_entry_free(&e);
    }
}

static int set_up(void **state)
{
    *state = test_ctx();
    the_random = crease_random_at(20240, 0, 0);
    return 0;
}

static int tear_down(void **state)
{
    crease_ctx_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prox_is_the_global_minimizer),
        cmocka_unit_test(extreme_magnitudes),
        cmocka_unit_test(values_are_those_of_the_formulas),
        cmocka_unit_test(zero_ends_at_the_threshold),
        cmocka_unit_test(the_last_bit_decides_where_it_can),
        cmocka_unit_test(one_regime_for_all_entries_fails),
        cmocka_unit_test(a_positive_discriminant_is_not_enough),
        cmocka_unit_test(comparing_objectives_stops_at_corners),
        cmocka_unit_test(powers_solve_their_equation_in_few_steps),
        cmocka_unit_test(bad_numbers_are_errors),
        cmocka_unit_test(flat_metrics),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

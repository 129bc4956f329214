/* The oracles and certificates of chains: total variation, the fused lasso and isotonic regression, against
 * multipliers propagated in long double, solutions chosen first, and enumeration.                        */
#include <math.h>
#include <string.h>

#include "chain_support.h"

static void short_chains(void **state)
{
    for (size_t k = 0; k < crease_test_count(10000); k++) {
        member which = k % 3;
        chain s = chain_make(*state, which, 1 + chain_below(SHORT));
        long double best[SHORT];
        s.w = chain_weights[k % 7 % 3];
        chain_draw_penalty(&s, k % 2);
        chain_draw(&s, chain_spreads[k % 2]);
        assert_ok(*state, chain_solve(&s));
        long double least = chain_brute_force(&s, which, best), found = chain_objective(&s, which, s.x);
        long double far = 0, size = 0;
        for (size_t i = 0; i < s.n; i++) {
            far = fmaxl(far, fabsl(s.x[i] - best[i]));
            size = fmaxl(size, fmaxl(fabsl(best[i]), chain_scale(&s) / s.d[i]));
        }
        if (!(found - least <= 1e-13 * size * size * 10 && far <= 1e-13 * size))
            fail_msg("%s %zu: %Lg above, %Lg away of %Lg", chain_names[which], k, found - least, far, size);
        chain_assert_minimal(&s, 1e-14, k);
        chain_free(&s);
    }
}

/* The distance by enumeration: on each piece, a minimizer of the same penalty in the identity metric, with
 * what its ends pull. */
static double piece_distance(const chain *s, member which, size_t a, size_t end)
{
    chain piece = { .n = end - a, .w = s->w };
    double c[SHORT], d[SHORT], size[SHORT];
    long double best[SHORT], sum = 0;
    bool kinked = which == FUSED && s->x[a] == 0;
    for (size_t i = a; i < end; i++) {
        c[i - a] = -s->g[i] - (s->x[a] > 0 ? 1 : -1) * (kinked ? 0 : s->w * s->size[i]);
        d[i - a] = 1;
        size[i - a] = kinked ? s->size[i] : 0;
    }
    if (which != ISOTONIC && a > 0) c[0] -= copysign(s->w * s->edge[a - 1], s->x[a] - s->x[a - 1]);
    if (which != ISOTONIC && end < s->n)
        c[end - 1 - a] += copysign(s->w * s->edge[end - 1], s->x[end] - s->x[end - 1]);
    piece.c = c, piece.d = d, piece.size = size, piece.edge = s->edge + a;
    chain_brute_force(&piece, which == ISOTONIC ? ISOTONIC : kinked ? FUSED : TV, best);
    for (size_t i = 0; i < piece.n; i++) sum += best[i] * best[i];
    return (double)sqrtl(sum);
}

static void distances(void **state)
{
    static const double levels[] = { -1, 0, 0, 2 };
    for (size_t k = 0; k < crease_test_count(10000); k++) {
        member which = k % 3;
        chain s = chain_make(*state, which, 1 + chain_below(SHORT));
        double expected = 0;
        s.w = chain_weights[k % 7 % 3];
        chain_draw_penalty(&s, k % 2);
        for (size_t i = 0; i < s.n; i++) {
            s.x[i] = levels[chain_below(4)];
            if (which == ISOTONIC) s.x[i] = (i > 0 ? s.x[i - 1] : 0) + (double)chain_below(2);
            s.g[i] = 3 * s.w * chain_normal();
        }
        for (size_t a = 0, end; a < s.n; a = end) {
            for (end = a + 1; end < s.n && s.x[end] == s.x[a]; end++) continue;
            expected = hypot(expected, piece_distance(&s, which, a, end));
        }
        double found = crease_part_residual(s.psi, &s.part, s.x, s.g, s.w);
        if (!(fabs(found - expected) <= 3e-11 * s.w))
            fail_msg("%s: %g, not %g", chain_names[which], found, expected);
        chain_free(&s);
    }
}

static void planted(void **state)
{
    double x[40];
    for (size_t k = 0; k < crease_test_count(20000); k++) {
        member which = k % 3;
        chain s = chain_make(*state, which, 1 + chain_below(40));
        s.w = chain_weights[k % 7 % 3];
        chain_draw_penalty(&s, k % 5 < 4);
        if (which == ISOTONIC) memset(s.size, 0, s.n * sizeof *s.size);
        chain_draw(&s, chain_spreads[k % 4]);
        chain_plant(&s, which, 0.1, x);
        assert_ok(*state, chain_solve(&s));
        chain_assert_minimal(&s, 1e-13, k);
        double far = 0;
        for (size_t i = 0; i < s.n; i++) far = fmax(far, fabs(s.x[i] - x[i]) * fmax(s.d[i], 1));
        if (!(far <= 1e-12 * chain_scale(&s))) fail_msg("%s %zu: %g away", chain_names[which], k, far);
        for (size_t i = 0; i + 1 < s.n; i++) { /* the structure, but for what drowns in the rounding of c */
            bool jump = x[i + 1] != x[i];
            if (jump ? fabs(x[i + 1] - x[i]) * fmin(s.d[i], 1) > 1e-12 * chain_scale(&s)
                     : s.w * (which == ISOTONIC ? 1 : s.edge[i]) > 1e-12 * chain_scale(&s))
                assert_int_equal(s.x[i + 1] != s.x[i], jump);
        }
        chain_free(&s);
    }
}

/* Multipliers of long chains, and that equal neighbours are equal to the bit: the pieces are counted. */
static void long_chains(void **state)
{
    size_t n = crease_test_scale() >= 1 ? 100000 : 5000;
    for (size_t k = 0; k < 24; k++) {
        member which = k % 3;
        chain s = chain_make(*state, which, n);
        s.w = chain_weights[k / 2 % 3];
        chain_draw_penalty(&s, k % 5);
        chain_draw(&s, chain_spreads[k % 4]);
        if (k / 3 % 3 == 0)
            for (size_t i = 1; i < n; i++) s.c[i] += s.c[i - 1]; /* a random walk */
        if (k / 3 % 3 == 1)
            for (size_t i = 0; i < n; i++) s.c[i] = 0.1 + 1e-3 * s.c[i]; /* sums that round one way */
        assert_ok(*state, chain_solve(&s));
        chain_assert_minimal(&s, 1e-13, k);
        long double tolerance = 1e-13L * chain_scale(&s) * sqrtl(n);
        if (which != ISOTONIC && !chain_multipliers(&s, s.x, s.g, tolerance, 0))
            fail_msg("%s %zu: no multipliers", chain_names[which], k);
        chain_free(&s);
    }
}

static void wide_magnitudes(void **state)
{
    static const double decades[] = { -30, 30, 0 };
    for (size_t k = 0; k < crease_test_count(6000); k++) {
        member which = k % 3;
        chain s = chain_make(*state, which, 1 + chain_below(200));
        s.w = pow(10, decades[k % 7 % 3]);
        chain_draw_penalty(&s, k % 2);
        chain_draw(&s, k % 4 == 0 ? 1e60 : 1e12);
        for (size_t i = 0; i < s.n; i++) {
            if (k % 4 == 0) s.d[i] *= 1e-30;
            s.c[i] = s.w * chain_normal();
            if (k % 5 == 0) s.c[i] *= pow(10, -30 * chain_uniform());
        }
        assert_ok(*state, chain_solve(&s));
        chain_assert_minimal(&s, 1e-13, k);
        chain_free(&s);
    }
}

/* Steep entries, then flat ones: what is left of a sum must not keep the rounding of what has gone, be it
 * lost in one fall or step by step. */
static void metric_that_falls(void **state)
{
    for (size_t k = 0; k < crease_test_count(20000); k++) {
        chain s = chain_make(*state, k % 2 ? FUSED : TV, 2 + chain_below(60));
        double steep = pow(10, 4 * (double)chain_below(8)), step = 29 * chain_uniform(), top = 600;
        bool falls = k % 3;
        if (!falls) chain_draw_penalty(&s, k % 5);
        for (size_t i = 0; i < s.n; i++) {
            top = fmax(top - step * (k % 4 < 2 ? 1 : 2 * chain_uniform()), -900);
            s.d[i] = falls ? exp2(top) : chain_below(4) ? exp(chain_normal()) : steep;
            s.c[i] = chain_normal() * (falls ? 1 : (double)chain_below(3));
        }
        assert_ok(*state, chain_solve(&s));
        chain_assert_minimal(&s, 1e-14, k);
        if (!chain_multipliers(&s, s.x, s.g, 1e-14L * chain_scale(&s), 0)) fail_msg("%zu: no multipliers", k);
        chain_free(&s);
    }
}

/* --- traps ---------------------------------------------------------------------------------------- */

static double soft(double x, double threshold)
{
    return fabs(x) <= threshold ? 0 : copysign(fabs(x) - threshold, x);
}

/* Shrinking the answer of total variation minimizes the fused lasso where the metric is constant, and only
 * there. */
static void shrinking_afterwards(void **state)
{
    size_t worse = 0, cases = crease_test_count(2000) + 20;
    for (size_t k = 0; k < cases; k++) {
        chain fused = chain_make(*state, FUSED, 30), tv = chain_make(*state, TV, 30);
        double shrunk[30], mu = 0.3 * exp(chain_normal()), constant = exp(chain_normal());
        bool even = k % 2;
        for (size_t i = 0; i < 30; i++) fused.size[i] = mu;
        chain_push(&fused);
        for (size_t i = 0; i < 30; i++) {
            fused.d[i] = tv.d[i] = even ? constant : pow(100, chain_uniform());
            fused.c[i] = tv.c[i] = 2 * chain_normal() * fused.d[i];
        }
        assert_ok(*state, chain_solve(&fused));
        assert_ok(*state, chain_solve(&tv));
        for (size_t i = 0; i < 30; i++) shrunk[i] = soft(tv.x[i], mu / fused.d[i]);
        long double excess = chain_objective(&fused, FUSED, shrunk) - chain_objective(&fused, FUSED, fused.x);
        long double size = fabsl(chain_objective(&fused, FUSED, fused.x));
        assert_true(excess >= -1e-13L * size);
        if (even) assert_true(test_max_error(30, shrunk, fused.x) <= 1e-13);
        else worse += excess > 1e-6L * size;
        chain_free(&fused);
        chain_free(&tv);
    }
    assert_true(worse > cases / 4); /* of half the cases */
}

/* Pooling by plain means, then by the metric's: only the second is right. */
static void pooling_without_the_metric(void **state)
{
    size_t worse = 0;
    for (size_t k = 0; k < 200; k++) {
        chain s = chain_make(*state, ISOTONIC, 12), plain = chain_make(*state, ISOTONIC, 12);
        for (size_t i = 0; i < 12; i++) {
            s.d[i] = pow(100, chain_uniform());
            plain.c[i] = chain_normal();
            s.c[i] = s.d[i] * plain.c[i];
        }
        assert_ok(*state, chain_solve(&s));
        assert_ok(*state, chain_solve(&plain));
        long double excess = chain_objective(&s, ISOTONIC, plain.x) - chain_objective(&s, ISOTONIC, s.x);
        assert_true(excess >= -1e-13L * s.d[0]);
        worse += excess > 1e-3L;
        chain_free(&s);
        chain_free(&plain);
    }
    assert_true(worse > 100);
}

/* --- singular metrics, ties, hostile input --------------------------------------------------------- */

static void singular_metrics(void **state)
{
    const double none[3] = { 0 }, last[3] = { 0, 0, 2 };
    chain tv = chain_make(*state, TV, 3), fused = chain_make(*state, FUSED, 3);
    chain iso = chain_make(*state, ISOTONIC, 3);
    assert_int_equal(chain_solved(&tv, (double[]){ 0.5, -1, 0.5 }, none), CREASE_OK);
    assert_int_equal(chain_solved(&tv, (double[]){ 0.1, 0.2, -0.3 }, none), CREASE_OK); /* rounding */
    assert_int_equal(chain_solved(&tv, (double[]){ 0.5, 0, 0 }, none), CREASE_EUNBOUNDED);
    assert_int_equal(chain_solved(&tv, (double[]){ 2, -2, 0 }, none), CREASE_EUNBOUNDED); /* bounds of 1 */
    assert_int_equal(chain_solved(&tv, (double[]){ 1, -2, 1 }, none), CREASE_OK); /* on both bounds */
    assert_int_equal(chain_solved(&tv, (double[]){ 0.25, 0.5, 4 }, last), CREASE_OK);
    assert_true(tv.x[0] == 2.375 && tv.x[1] == tv.x[0] && tv.x[2] == tv.x[0]);
    assert_int_equal(chain_solved(&tv, (double[]){ 0.75, 0.5, 4 }, last), CREASE_EUNBOUNDED);
    assert_int_equal(chain_solved(&fused, (double[]){ 0.9, 1.5, -0.5 }, none), CREASE_OK);
    assert_int_equal(chain_solved(&fused, (double[]){ 2.5, 0, 0 }, none), CREASE_EUNBOUNDED);
    assert_int_equal(chain_solved(&fused, (double[]){ 1.5, 1.5, 1.5 }, none), CREASE_EUNBOUNDED);
    assert_int_equal(chain_solved(&iso, (double[]){ 1, 0, -1 }, none), CREASE_OK);
    assert_int_equal(chain_solved(&iso, (double[]){ -1, 0, 1 }, none), CREASE_EUNBOUNDED);
    assert_int_equal(chain_solved(&iso, (double[]){ 1, 0, -1 }, last), CREASE_OK);
    assert_int_equal(chain_solved(&iso, (double[]){ -1, 0, 1 }, last), CREASE_EUNBOUNDED);
    for (size_t i = 0; i < 3; i++) assert_int_equal(chain_solved(&iso, none, none), CREASE_OK);
    chain_free(&tv);
    chain_free(&fused);
    chain_free(&iso);
}

static void random_singular_metrics(void **state)
{
    size_t good = 0, cases = crease_test_count(4000) + 50;
    for (size_t k = 0; k < cases; k++) {
        member which = k % 3;
        chain s = chain_make(*state, which, 2 + chain_below(30));
        double x[32];
        chain_draw_penalty(&s, k % 2);
        if (which == ISOTONIC) memset(s.size, 0, s.n * sizeof *s.size);
        for (size_t i = 0; i < s.n; i++) s.d[i] = chain_below(3) ? 0 : exp(chain_normal());
        chain_plant(&s, which, 0.01, x); /* has a minimizer, perhaps many */
        assert_ok(*state, chain_solve(&s));
        chain_assert_minimal(&s, 1e-14, k);
        for (size_t i = 0; i < s.n; i++) s.c[i] += 100 * s.edge[i] * chain_normal();
        int code = chain_solve(&s);
        if (code == CREASE_OK) assert_true(chain_certificate(&s) <= 1e-14);
        else assert_int_equal(code, CREASE_EUNBOUNDED);
        good += code == CREASE_OK;
        chain_free(&s);
    }
    assert_true(good > 0 && good < cases);
}

/* Whole numbers, so that bounds are met exactly. */
static void ties(void **state)
{
    for (size_t k = 0; k < crease_test_count(20000); k++) {
        member which = k % 3;
        chain s = chain_make(*state, which, 1 + chain_below(8));
        for (size_t i = 0; i < s.n; i++) {
            s.c[i] = (double)chain_below(7) - 3;
            s.d[i] = (double)(1 << chain_below(3));
        }
        assert_ok(*state, chain_solve(&s));
        chain_assert_minimal(&s, 1e-15, k);
        chain_free(&s);
    }
    chain s = chain_make(*state, TV, 4);
    assert_int_equal(chain_solved(&s, (double[]){ 1, -1, 1, -1 }, (double[]){ 1, 1, 1, 1 }), CREASE_OK);
    for (size_t i = 0; i < 4; i++) assert_true(s.x[i] == 0);
    assert_int_equal(chain_solved(&s, (double[]){ 5, 5, 5, 5 }, (double[]){ 2, 2, 2, 2 }), CREASE_OK);
    for (size_t i = 0; i < 4; i++) assert_true(s.x[i] == 2.5);
    chain_free(&s);
}

/* What underflows from below is 0, not -0 (which solve looks for). */
static void no_negative_zero(void **state)
{
    for (member which = TV; which <= ISOTONIC; which++) {
        chain s = chain_make(*state, which, 2);
        memset(s.size, 0, 2 * sizeof *s.size);
        s.edge[0] = 0;
        chain_push(&s);
        assert_int_equal(chain_solved(&s, (double[]){ -1e-300, 1 }, (double[]){ 1e30, 1 }), CREASE_OK);
        assert_true(s.x[0] == 0 && s.x[1] == 1);
        chain_free(&s);
    }
}

static void short_and_hostile(void **state)
{
    for (member which = TV; which <= ISOTONIC; which++) {
        chain none = chain_make(*state, which, 0), one = chain_make(*state, which, 1);
        chain three = chain_make(*state, which, 3);
        const double bad[] = { NAN, INFINITY, -INFINITY };
        assert_ok(*state, chain_solve(&none));
        assert_true(chain_certificate(&none) == 0 && crease_part_units(none.psi, &none.part) == 0);
        assert_true(crease_part_value(none.psi, &none.part, none.x) == 0);
        assert_int_equal(crease_part_dimension(none.psi, &none.part, none.x, none.unit), 0);
        assert_int_equal(chain_solved(&one, (double[]){ 3 }, (double[]){ 2 }), CREASE_OK);
        assert_true(one.x[0] == (which == FUSED ? 1 : 1.5));
        for (size_t i = 0; i < 9; i++) {
            double c[3] = { 1, 2, 3 }, d[3] = { 1, 1, 1 };
            c[i / 3] = bad[i % 3];
            assert_int_equal(chain_solved(&three, c, d), CREASE_ENAN);
            c[i / 3] = 1, d[i / 3] = bad[i % 3];
            assert_int_equal(chain_solved(&three, c, d), CREASE_ENAN);
        }
        chain_free(&none);
        chain_free(&one);
        chain_free(&three);
    }
}

/* Without a penalty entries are free; under an infinite one a total variation is constant, a fused lasso
 * zero. */
static void extreme_weights(void **state)
{
    const double c[3] = { 4, 1, -2 }, d[3] = { 2, 1, 1 };
    for (member which = TV; which <= FUSED; which++) {
        chain s = chain_make(*state, which, 3);
        s.part.weight = 0;
        assert_int_equal(chain_solved(&s, c, d), CREASE_OK);
        assert_true(s.x[0] == 2 && s.x[1] == 1 && s.x[2] == -2 && chain_certificate(&s) == 0);
        s.part.weight = INFINITY;
        assert_int_equal(chain_solved(&s, c, d), CREASE_OK);
        for (size_t i = 0; i < 3; i++) assert_true(s.x[i] == (which == TV ? 0.75 : 0));
        assert_true(chain_certificate(&s) == 0 && crease_part_value(s.psi, &s.part, s.x) == 0);
        assert_true(isinf(crease_part_value(s.psi, &s.part, c)));
        assert_true(isinf(crease_part_residual(s.psi, &s.part, c, d, 1)));
        s.edge[1] = 0;
        memset(s.size, 0, 2 * sizeof *s.size); /* the last entry alone is forced to zero */
        chain_push(&s);
        assert_int_equal(chain_solved(&s, c, d), CREASE_OK);
        assert_true(s.x[0] == s.x[1] && s.x[0] == 5.0 / 3 && s.x[2] == (which == TV ? -2 : 0));
        assert_true(chain_certificate(&s) <= 1e-15);
        chain_free(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(short_chains, chain_set_up, chain_tear_down),
        cmocka_unit_test_setup_teardown(distances, chain_set_up, chain_tear_down),
        cmocka_unit_test_setup_teardown(planted, chain_set_up, chain_tear_down),
        cmocka_unit_test_setup_teardown(long_chains, chain_set_up, chain_tear_down),
        cmocka_unit_test_setup_teardown(wide_magnitudes, chain_set_up, chain_tear_down),
        cmocka_unit_test_setup_teardown(metric_that_falls, chain_set_up, chain_tear_down),
        cmocka_unit_test_setup_teardown(shrinking_afterwards, chain_set_up, chain_tear_down),
        cmocka_unit_test_setup_teardown(pooling_without_the_metric, chain_set_up, chain_tear_down),
        cmocka_unit_test_setup_teardown(singular_metrics, chain_set_up, chain_tear_down),
        cmocka_unit_test_setup_teardown(random_singular_metrics, chain_set_up, chain_tear_down),
        cmocka_unit_test_setup_teardown(ties, chain_set_up, chain_tear_down),
        cmocka_unit_test_setup_teardown(no_negative_zero, chain_set_up, chain_tear_down),
        cmocka_unit_test_setup_teardown(short_and_hostile, chain_set_up, chain_tear_down),
        cmocka_unit_test_setup_teardown(extreme_weights, chain_set_up, chain_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

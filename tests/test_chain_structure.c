/* What chains have beside oracles: settings, signatures, margins, duality. */
#include <math.h>
#include <string.h>

#include "chain_support.h"

static void edges_of_parts(void **state)
{
    const double weight[] = { 1, 2, 3, 4, 5 }, x[] = { 0, 1, 3 };
    chain s = chain_make(*state, TV, 3);
    assert_ok(*state, crease_regularizer_set_numbers(s.psi, "weights", 2, weight));
    assert_null(crease_part_refusal(s.psi, &s.part));
    assert_true(crease_part_value(s.psi, &s.part, x) == 1 + 4);
    assert_ok(*state, crease_regularizer_set_numbers(s.psi, "weights", 5, weight));
    assert_non_null(crease_part_refusal(s.psi, &s.part));
    s.part.first = 2, s.part.whole = 5; /* the last three of five entries */
    assert_null(crease_part_refusal(s.psi, &s.part));
    assert_true(crease_part_value(s.psi, &s.part, x) == 3 + 8);
    assert_ok(*state, crease_regularizer_set_numbers(s.psi, "weights", 2, weight));
    assert_non_null(crease_part_refusal(s.psi, &s.part));
    chain_free(&s);
}

/* Decreasing order is increasing order backwards. */
static void decreasing(void **state)
{
    for (size_t k = 0; k < 50; k++) {
        chain up = chain_make(*state, ISOTONIC, 9), down = chain_make(*state, ISOTONIC, 9);
        assert_ok(*state, crease_regularizer_set(down.psi, "decreasing", "true"));
        chain_draw(&up, 10);
        for (size_t i = 0; i < 9; i++) down.c[i] = up.c[8 - i], down.d[i] = up.d[8 - i];
        assert_ok(*state, chain_solve(&up));
        assert_ok(*state, chain_solve(&down));
        double tolerance = 1e-14 * chain_scale(&up);
        for (size_t i = 0; i < 9; i++) assert_true(fabs(down.x[i] - up.x[8 - i]) <= tolerance);
        assert_true(crease_part_value(down.psi, &down.part, down.x) == 0);
        chain_assert_minimal(&down, 1e-15, k);
        chain_free(&up);
        chain_free(&down);
    }
}

static void feasible_to_rounding(void **state)
{
    chain s = chain_make(*state, ISOTONIC, 3);
    double x[] = { 1, 1 - 0x1p-53, 2 };
    assert_true(crease_part_value(s.psi, &s.part, x) == 0);
    s.g[0] = -1, s.g[1] = 1;
    assert_true(crease_part_residual(s.psi, &s.part, x, s.g, 1) == 0); /* a tie */
    x[1] = 1 - 1e-9;
    assert_true(isinf(crease_part_value(s.psi, &s.part, x)));
    assert_true(isinf(crease_part_residual(s.psi, &s.part, x, s.g, 1)));
    s.part.roundoff = 1e-7;
    assert_true(crease_part_value(s.psi, &s.part, x) == 0);
    chain_free(&s);
}

static void structure(void **state)
{
    const double x[] = { 0, 0, 2, 2, 1, 0 };
    const crease_unit jumps[] = { 0, 1, 0, 1, 1 }, live[] = { 0, 0, 1, 1, 1, 0 };
    for (member which = TV; which <= ISOTONIC; which++) {
        chain s = chain_make(*state, which, 6);
        const crease_unit *edge = s.unit + (which == FUSED ? 6 : 0);
        crease_part_signature(s.psi, &s.part, x, s.unit);
        assert_int_equal(crease_part_units(s.psi, &s.part), which == FUSED ? 11 : 5);
        assert_memory_equal(edge, jumps, sizeof jumps);
        if (which == FUSED) assert_memory_equal(s.unit, live, sizeof live);
        assert_int_equal(crease_part_dimension(s.psi, &s.part, x, s.unit), which == FUSED ? 2 : 4);
        chain_free(&s);
    }
}

/* Slacks of what is chosen; of zero pieces, the most room that all multipliers can have at once. */
static void margins(void **state)
{
    for (size_t k = 0; k < crease_test_count(4000); k++) {
        member which = k % 3;
        chain s = chain_make(*state, which, 1 + chain_below(12));
        double x[12], least = INFINITY;
        s.w = chain_weights[k % 7 % 3];
        for (size_t i = 0; i < s.n; i++) {
            s.edge[i] = 1 + chain_uniform();
            s.size[i] = which == FUSED ? 1 + chain_uniform() : 0;
        }
        chain_push(&s);
        chain_plant(&s, which, 0.2, x);
        for (size_t i = 0; i < s.n; i++) s.g[i] = s.d[i] * x[i] - s.c[i];
        crease_part_margins(s.psi, &s.part, x, s.g, s.w, s.margin);
        const crease_margin *edge = s.margin + (which == FUSED ? s.n : 0);
        for (size_t i = 0; i + 1 < s.n; i++) {
            assert_int_equal(isnan(edge[i].size), x[i + 1] == x[i]);
            assert_int_equal(isnan(edge[i].slack), x[i + 1] != x[i]);
            if (x[i + 1] != x[i]) assert_true(edge[i].size == fabs(x[i + 1] - x[i]));
            else least = fmin(least, edge[i].slack);
        }
        for (size_t i = 0; which == FUSED && i < s.n; i++) {
            assert_true(x[i] == 0 ? isnan(s.margin[i].size) : s.margin[i].size == fabs(x[i]));
            if (x[i] == 0) least = fmin(least, s.margin[i].slack);
        }
        if (which == ISOTONIC || isinf(least)) assert_true(least >= 0.19 * s.w);
        else {
            double size = chain_scale(&s);
            assert_true(chain_multipliers(&s, x, s.g, 1e-12 * size, least));
            assert_false(chain_multipliers(&s, x, s.g, 1e-12 * size, least + 1e-10 * size));
        }
        chain_free(&s);
    }
}

/* The unit ball of the fused lasso is the hull of signed intervals: all of them. */
static void dual_norm(void **state)
{
    for (size_t k = 0; k < crease_test_count(4000); k++) {
        chain s = chain_make(*state, FUSED, 1 + chain_below(10));
        double expected = 0;
        chain_draw_penalty(&s, false);
        for (size_t i = 0; i < s.n; i++) s.g[i] = chain_normal(), s.size[i] += 0.1;
        chain_push(&s);
        for (size_t a = 0; a < s.n; a++)
            for (size_t end = a + 1; end <= s.n; end++) {
                double sum = 0, cost = (a > 0 ? s.edge[a - 1] : 0) + (end < s.n ? s.edge[end - 1] : 0);
                for (size_t i = a; i < end; i++) sum += s.g[i], cost += s.size[i];
                expected = fmax(expected, fabs(sum) / cost);
            }
        double found = crease_part_dual_norm(s.psi, &s.part, s.g);
        if (!(fabs(found - expected) <= 1e-13 * expected)) fail_msg("%g, not %g", found, expected);
        memset(s.x, 0, s.n * sizeof *s.x); /* the bound of what zero absorbs */
        assert_true(crease_part_residual(s.psi, &s.part, s.x, s.g, found * (1 + 1e-13)) <= 1e-12);
        assert_true(crease_part_residual(s.psi, &s.part, s.x, s.g, found * (1 - 1e-3)) > 0);
        chain_free(&s);
    }
}

/* Without sizes only what sums to 0 is bounded. */
static void dual_norm_without_sizes(void **state)
{
    chain s = chain_make(*state, FUSED, 3);
    memset(s.size, 0, 3 * sizeof *s.size);
    chain_push(&s);
    assert_true(crease_part_dual_norm(s.psi, &s.part, (double[]){ 2, -1, -1 }) == 2);
    assert_true(crease_part_dual_norm(s.psi, &s.part, (double[]){ 0.1, 0.2, -0.3 }) <= 0.31);
    assert_true(isinf(crease_part_dual_norm(s.psi, &s.part, (double[]){ 1, 1, -1 })));
    s.part.weight = INFINITY;
    assert_true(crease_part_dual_norm(s.psi, &s.part, (double[]){ 1, 1, -1 }) == 0);
    chain_free(&s);
}

/* y in w dpsi(x) pairs with x to w psi(x), and the conjugate there is 0; outside it is infinite. */
static void conjugates(void **state)
{
    for (size_t k = 0; k < crease_test_count(2000); k++) {
        member which = k % 2 ? ISOTONIC : TV;
        chain s = chain_make(*state, which, 2 + chain_below(30));
        double x[32];
        if (which == TV) chain_draw_penalty(&s, k % 3);
        else memset(s.size, 0, s.n * sizeof *s.size);
        memset(s.d, 0, s.n * sizeof *s.d); /* so that c is y */
        chain_plant(&s, which, 0.01, x);
        assert_true(crease_part_conjugate(s.psi, &s.part, s.c) == 0);
        s.c[0] += 1e-6; /* the sum is not 0 */
        assert_true(isinf(crease_part_conjugate(s.psi, &s.part, s.c)));
        s.c[0] -= 1e-6 + 3 * (s.edge[0] + 10); /* the first multiplier is beyond its bound */
        s.c[1] += 3 * (s.edge[0] + 10);
        assert_true(isinf(crease_part_conjugate(s.psi, &s.part, s.c)));
        chain_free(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(edges_of_parts, chain_set_up, chain_tear_down),
        cmocka_unit_test_setup_teardown(decreasing, chain_set_up, chain_tear_down),
        cmocka_unit_test_setup_teardown(feasible_to_rounding, chain_set_up, chain_tear_down),
        cmocka_unit_test_setup_teardown(structure, chain_set_up, chain_tear_down),
        cmocka_unit_test_setup_teardown(margins, chain_set_up, chain_tear_down),
        cmocka_unit_test_setup_teardown(dual_norm, chain_set_up, chain_tear_down),
        cmocka_unit_test_setup_teardown(dual_norm_without_sizes, chain_set_up, chain_tear_down),
        cmocka_unit_test_setup_teardown(conjugates, chain_set_up, chain_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The Euclidean ball against bisection in long double, the box, and what they have in common with SLOPE, the
 * simplex and the l1 ball.                                                                              */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "one_part.h"

/* --- Euclidean ball and box --------------------------------------------------------------------------- */

static long double ball_norm(const problem *p, long double tau, long double *x)
{
    long double sum = 0;
    for (size_t i = 0; i < p->n; i++) {
        long double v = p->c[i] == 0 ? 0 : p->c[i] / (p->d[i] + tau);
        sum += v * v;
        if (x) x[i] = v;
    }
    return sqrtl(sum);
}

static void l2_ball_matches_bisection(void **state)
{
    unsigned most = 0;
    for (size_t k = 0; k < crease_test_count(4000); k++) {
        problem p;
        long double x[300], low = 0, high = 0;
        double rho = pow(10, (double)(k % 9) - 4);
        open_problem(&p, state, "l2_ball", k % 8 == 0 ? 300 : 1 + k % 9, 7000 + k);
        set_number(&p, "rho", rho);
        ready(&p);
        draw(&p, k, k % 10 == 0 ? 1e-25 : 1);
        for (size_t i = 0; i < p.n; i++) {
            if (below(&p, 4) == 0 && k % 3 == 0) p.d[i] = 0;
            if (below(&p, 4) == 0) p.c[i] = 0;
            high = hypotl(high, p.c[i] / (long double)rho);
        }
        assert_int_equal(solve(&p), CREASE_OK);
        assert_certified(&p, 1e-14);
        assert_true(crease_part_value(p.psi, &p.part, p.x) == 0);
        most = p.info.iterations > most ? p.info.iterations : most;
        if (!(ball_norm(&p, 0, x) <= rho)) {
            for (;;) {
                long double middle = low + (high - low) / 2;
                if (middle <= low || middle >= high) break;
                if (ball_norm(&p, middle, NULL) > rho) low = middle;
                else high = middle;
            }
            assert_true(fabsl(ball_norm(&p, high, x) - rho) <= 1e-15L * rho);
        }
        for (size_t i = 0; i < p.n; i++)
            if (!(fabsl(p.x[i] - x[i]) <= 1e-14L * fabsl(x[i])))
                fail_msg("case %zu: x_%zu = %g, not %Lg", k, i, p.x[i], x[i]);
        close_problem(&p);
    }
    assert_true(most <= 40);
}

static void l2_ball_at_any_magnitude(void **state)
{
    static const double sizes[] = { 1e-30, 1, 1e30 };
    for (size_t k = 0; k < 27; k++) {
        problem p;
        double c = sizes[k % 3], d = sizes[k / 3 % 3], rho = sizes[k / 9], expected;
        open_problem(&p, state, "l2_ball", 4, 1);
        set_number(&p, "rho", rho);
        ready(&p);
        for (size_t i = 0; i < 4; i++) p.c[i] = c, p.d[i] = d;
        assert_int_equal(solve(&p), CREASE_OK);
        expected = fmin(c / d, rho / 2);
        for (size_t i = 0; i < 4; i++) assert_true(fabs(p.x[i] - expected) <= 1e-15 * expected);
        assert_certified(&p, 1e-15);
        close_problem(&p);
    }
}

static void l2_ball_structure(void **state)
{
    problem p;
    crease_unit unit[1];
    crease_margin margin[1];
    open_problem(&p, state, "l2_ball", 2, 1);
    set_number(&p, "rho", 5);
    ready(&p);
    p.c[0] = 6, p.c[1] = -8;
    assert_int_equal(solve(&p), CREASE_OK);
    assert_true(fabs(p.x[0] - 3) <= 1e-15 && fabs(p.x[1] + 4) <= 1e-15);
    assert_certified(&p, 1e-16);
    crease_part_signature(p.psi, &p.part, p.x, unit);
    crease_part_margins(p.psi, &p.part, p.x, p.g, 1, margin);
    assert_true(unit[0] == 0 && fabs(margin[0].slack - 5) <= 1e-14);
    assert_int_equal(crease_part_dimension(p.psi, &p.part, p.x, unit), 1);
    p.g[0] = 4, p.g[1] = 3; /* all of it along the sphere */
    assert_true(fabs(crease_part_residual(p.psi, &p.part, p.x, p.g, 1) - 5) <= 1e-14);
    p.g[0] = 3, p.g[1] = -4; /* inwards */
    assert_true(fabs(crease_part_residual(p.psi, &p.part, p.x, p.g, 1) - 5) <= 1e-14);
    p.x[0] = 0, p.x[1] = 2;
    crease_part_signature(p.psi, &p.part, p.x, unit);
    crease_part_margins(p.psi, &p.part, p.x, p.g, 1, margin);
    assert_true(unit[0] == 1 && margin[0].size == 3);
    assert_int_equal(crease_part_dimension(p.psi, &p.part, p.x, unit), 2);
    p.x[0] = 6;
    assert_true(isinf(crease_part_value(p.psi, &p.part, p.x)));
    assert_true(isinf(crease_part_residual(p.psi, &p.part, p.x, p.g, 1)));
    assert_true(crease_part_conjugate(p.psi, &p.part, p.g) == 25);
    close_problem(&p);
}

static void linf_ball_clips(void **state)
{
    for (size_t k = 0; k < crease_test_count(1000); k++) {
        problem p;
        open_problem(&p, state, "linf_ball", 1 + k % 9, 8000 + k);
        set_number(&p, "rho", 0.5);
        for (size_t i = 0; i < p.n; i++) p.weights[i] = below(&p, 5) == 0 ? 0 : uniform(&p);
        if (k % 2) set_weights(&p, "a");
        ready(&p);
        draw(&p, k, 1);
        if (k % 3 == 0) p.d[0] = 0;
        assert_int_equal(solve(&p), CREASE_OK);
        double support = 0;
        for (size_t i = 0; i < p.n; i++) {
            double bound = k % 2 ? 0.5 * p.weights[i] : 0.5, z = p.c[i] == 0 ? 0 : p.c[i] / p.d[i];
            assert_true(p.x[i] == fmin(fmax(z, -bound), bound));
            support += bound * fabs(p.c[i]);
        }
        assert_certified(&p, 1e-15);
        assert_true(fabs(crease_part_conjugate(p.psi, &p.part, p.c) - support) <= 1e-15 * (1 + support));
        close_problem(&p);
    }
}

/* --- all of them -------------------------------------------------------------------------------------- */

static const char *const members[] = { "slope", "simplex", "l1_ball", "l2_ball", "linf_ball" };
enum { N_MEMBERS = sizeof members / sizeof *members };

static void no_entries_one_entry_and_no_numbers(void **state)
{
    static const double bad[] = { NAN, INFINITY, -INFINITY };
    for (size_t m = 0; m < N_MEMBERS; m++) {
        problem p;
        crease_unit unit[3];
        crease_margin margin[3];
        open_problem(&p, state, members[m], 0, 1);
        ready(&p);
        assert_int_equal(solve(&p), CREASE_OK);
        assert_true(crease_part_value(p.psi, &p.part, p.x) == 0);
        assert_true(crease_part_residual(p.psi, &p.part, p.x, p.g, 1) == 0);
        crease_part_signature(p.psi, &p.part, p.x, unit);
        crease_part_margins(p.psi, &p.part, p.x, p.g, 1, margin);
        assert_int_equal(crease_part_dimension(p.psi, &p.part, p.x, unit), 0);
        close_problem(&p);
        open_problem(&p, state, members[m], 1, 1);
        ready(&p);
        p.c[0] = 4, p.d[0] = 3;
        assert_int_equal(solve(&p), CREASE_OK);
        assert_true(fabs(p.x[0] - 1) <= 1e-15); /* (4 - 1)/3, and the bound */
        assert_certified(&p, 1e-16);
        for (size_t k = 0; k < 3; k++) {
            p.c[0] = bad[k];
            assert_int_equal(solve(&p), CREASE_ENAN);
            p.c[0] = 1, p.d[0] = fabs(bad[k]);
            assert_int_equal(solve(&p), CREASE_ENAN);
            p.d[0] = 1;
        }
        close_problem(&p);
    }
}

/* Numbers at the ends of what doubles hold: an answer or an error, never a NaN nor a loop. */
static void extreme_numbers(void **state)
{
    static const double extremes[] = { 0, DBL_TRUE_MIN, DBL_MIN, 1e-200, 1, 1e200, DBL_MAX };
    for (size_t m = 0; m < N_MEMBERS; m++)
        for (size_t k = 0; k < crease_test_count(20000); k++) {
            problem p;
            open_problem(&p, state, members[m], 1 + k % 6, 9000 + k);
            if (m == 0) set_number(&p, "tilt", 0.5);
            else set_number(&p, "rho", extremes[1 + below(&p, 6)]);
            ready(&p);
            for (size_t i = 0; i < p.n; i++) {
                p.c[i] = extremes[below(&p, 7)] * (below(&p, 2) ? 1 : -1);
                p.d[i] = extremes[below(&p, 7)];
            }
            if (solve(&p) == CREASE_OK)
                for (size_t i = 0; i < p.n; i++) assert_false(isnan(p.x[i]));
            close_problem(&p);
        }
}

/* <p - q, c - c'> >= (p - q)'D(p - q), in any metric. */
static void firmly_nonexpansive(void **state)
{
    for (size_t k = 0; k < crease_test_count(2000) * N_MEMBERS; k++) {
        problem p, q;
        size_t n = 1 + k % 13;
        double left = 0, right = 0, size = 0;
        open_problem(&p, state, members[k % N_MEMBERS], n, 10000 + k);
        open_problem(&q, state, members[k % N_MEMBERS], n, 20000 + k);
        ready(&p), ready(&q);
        draw(&p, k / 3, 2);
        draw(&q, k / 3, 2);
        memcpy(q.d, p.d, n * sizeof *q.d);
        if (k % 2)
            for (size_t i = 0; i < n; i++) q.c[i] = p.c[i] * (1 + 1e-3 * normal(&q));
        assert_int_equal(solve(&p), CREASE_OK);
        assert_int_equal(solve(&q), CREASE_OK);
        for (size_t i = 0; i < n; i++) {
            double move = p.x[i] - q.x[i];
            left += move * (p.c[i] - q.c[i]);
            right += move * p.d[i] * move;
            double reach = fabs(p.x[i]) + fabs(q.x[i]);
            size += reach * (fabs(p.c[i]) + fabs(q.c[i]) + p.d[i] * reach);
        }
        assert_true(left >= right - 1e-15 * size);
        close_problem(&p), close_problem(&q);
    }
}

/* At a solution psi(x) + psi*(y) = <y, x> with y = c - Dx. */
static void constraints_leave_no_gap(void **state)
{
    for (size_t k = 0; k < crease_test_count(1000); k++) {
        problem p;
        open_problem(&p, state, members[1 + k % (N_MEMBERS - 1)], 1 + k % 9, 30000 + k);
        ready(&p);
        draw(&p, k / 4, 2);
        assert_int_equal(solve(&p), CREASE_OK);
        double pairing = 0, size = 0;
        for (size_t i = 0; i < p.n; i++) {
            p.g[i] = p.c[i] - p.d[i] * p.x[i];
            pairing += p.g[i] * p.x[i];
            size += fabs(p.c[i]) + p.d[i] * fabs(p.x[i]);
        }
        assert_true(fabs(crease_part_conjugate(p.psi, &p.part, p.g) - pairing) <= 1e-14 * size);
        close_problem(&p);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_context, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(l2_ball_matches_bisection),
        TEST(l2_ball_at_any_magnitude),
        TEST(l2_ball_structure),
        TEST(linf_ball_clips),
        TEST(no_entries_one_entry_and_no_numbers),
        TEST(extreme_numbers),
        TEST(firmly_nonexpansive),
        TEST(constraints_leave_no_gap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

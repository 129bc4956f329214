/* The simplex and the l1 ball against bisection in long double, and the formula that loses the sum. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "one_part.h"

/* sum_i a_i x_i(tau), x_i = (pull_i - tau a_i)_+ / d_i, d > 0 */
static long double spent_at(const problem *p, bool signs, long double tau, long double *x)
{
    long double sum = 0;
    for (size_t i = 0; i < p->n; i++) {
        long double pull = signs ? fabsl((long double)p->c[i]) : (long double)p->c[i];
        long double size = fmaxl(pull - tau * p->weights[i], 0) / p->d[i];
        sum += p->weights[i] * size;
        if (x) x[i] = signs ? copysignl(size, p->c[i]) : size;
    }
    return sum;
}

/* By bisection, down to neighbours in long double. */
static void project_by_bisection(const problem *p, bool signs, double rho, long double *x)
{
    long double low = INFINITY, high = -INFINITY;
    if (signs && spent_at(p, signs, 0, x) <= rho) return;
    for (size_t i = 0; i < p->n; i++) {
        long double key = (signs ? fabsl((long double)p->c[i]) : (long double)p->c[i]) / p->weights[i];
        long double slope = (long double)p->weights[i] * p->weights[i] / p->d[i];
        high = fmaxl(high, key);
        low = fminl(low, key - rho / slope);
    }
    for (;;) {
        long double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high) break;
        if (spent_at(p, signs, middle, NULL) > rho) low = middle;
        else high = middle;
    }
    spent_at(p, signs, high, x);
}

static void draw_prices(problem *p, size_t kind)
{
    for (size_t i = 0; i < p->n; i++) {
        p->weights[i] = 1;
        if (kind % 3 == 1) p->weights[i] = 0.5 + uniform(p);
        if (kind % 3 == 2) p->weights[i] = pow(10, 3 * normal(p));
    }
    set_weights(p, "a");
}

static long double spent(const problem *p)
{
    long double sum = 0;
    for (size_t i = 0; i < p->n; i++) sum += (long double)p->weights[i] * fabsl((long double)p->x[i]);
    return sum;
}

static void budgets_match_bisection(void **state)
{
    for (size_t k = 0; k < crease_test_count(8000); k++) {
        problem p;
        bool signs = k % 2;
        size_t n = k % 16 < 2 ? 300 : 1 + k / 2 % 9;
        double rho = pow(10, (double)(k % 7) - 3);
        long double x[300];
        open_problem(&p, state, signs ? "l1_ball" : "simplex", n, 2000 + k);
        set_number(&p, "rho", rho);
        draw_prices(&p, k / 5);
        ready(&p);
        draw(&p, k / 3, pow(10, (double)(k % 5) - 2));
        assert_int_equal(solve(&p), CREASE_OK);
        assert_certified(&p, 1e-14);
        assert_true(crease_part_value(p.psi, &p.part, p.x) == 0);
        project_by_bisection(&p, signs, rho, x);
        for (size_t i = 0; i < n; i++) {
            long double reach = 1e-14L * (fabsl((long double)p.c[i]) + p.d[i] * fabsl(x[i]));
            for (size_t j = 0; j < n; j++) /* tau is known as well as the c_j / a_j that make it */
                if (p.x[j] != 0) reach = fmaxl(reach, 4e-16L * p.weights[i] * fabs(p.c[j] / p.weights[j]));
            if (!(fabsl(p.x[i] - x[i]) * p.d[i] <= reach))
                fail_msg("case %zu: x_%zu = %g, not %Lg", k, i, p.x[i], x[i]);
        }
        if (!signs || spent_at(&p, true, 0, NULL) > rho) assert_true(fabsl(spent(&p) - rho) <= 1e-15L * rho);
        close_problem(&p);
    }
}

/* c far above rho: the multiplier in one double cannot say where the sum is rho. */
static void budgets_are_spent_to_the_last_bit(void **state)
{
    size_t lost = 0, cases = crease_test_count(1000);
    for (size_t k = 0; k < cases; k++) {
        problem p;
        open_problem(&p, state, k % 2 ? "l1_ball" : "simplex", 2 + k % 40, 3000 + k);
        draw_prices(&p, 0);
        ready(&p);
        draw(&p, k % 3 == 0 ? 3 : 0, 1);
        double level = pow(10, 4 + (double)(k % 27));
        for (size_t i = 0; i < p.n; i++) p.c[i] = level + fabs(p.c[i]);
        assert_int_equal(solve(&p), CREASE_OK);
        assert_certified(&p, 1e-15);
        assert_true(fabsl(spent(&p) - 1) <= 1e-15L);
        double cost = -1, rates = 0;
        for (size_t i = 0; i < p.n; i++)
            if (p.x[i] != 0) cost += p.c[i] / p.d[i], rates += 1 / p.d[i];
        long double tau = cost / rates; /* the textbook formula */
        lost += fabsl(spent_at(&p, k % 2, tau, NULL) - 1) > 1e-12L;
        close_problem(&p);
    }
    assert_true(lost > cases / 2);
}

/* Entries without curvature: the best of them takes what the others leave, unless the multiplier is above. */
static void budgets_with_flat_entries(void **state)
{
    for (size_t k = 0; k < crease_test_count(3000); k++) {
        problem p;
        bool signs = k % 2;
        double sharp[8], rho = 0.5 + (double)(k % 3);
        open_problem(&p, state, signs ? "l1_ball" : "simplex", 1 + k / 2 % 8, 4000 + k);
        set_number(&p, "rho", rho);
        draw_prices(&p, k % 2);
        ready(&p);
        draw(&p, 2, 1);
        for (size_t i = 0; i < p.n; i++)
            if (below(&p, 3) == 0) p.d[i] = 0;
        if (k % 5 == 0)
            for (size_t i = 0; i < p.n; i++) p.c[i] = p.d[i] == 0 ? 0 : p.c[i];
        assert_int_equal(solve(&p), CREASE_OK);
        assert_certified(&p, 1e-14);
        if (!signs) assert_true(fabsl(spent(&p) - rho) <= 1e-15L * rho);
        for (size_t i = 0; i < p.n; i++) sharp[i] = p.d[i] == 0 ? 0 : p.x[i];
        for (size_t i = 0; i < p.n; i++) p.d[i] = p.d[i] == 0 ? 1e-13 : p.d[i];
        assert_int_equal(solve(&p), CREASE_OK); /* nearly the same problem */
        for (size_t i = 0; i < p.n; i++)
            if (p.d[i] > 1e-12) assert_true(fabs(p.x[i] - sharp[i]) <= 1e-10);
        close_problem(&p);
    }
}

static void budgets_of_many_entries(void **state)
{
    size_t most = crease_test_scale() < 1 ? 20000 : 100000;
    for (size_t kind = 0; kind < 20; kind++) {
        problem p;
        open_problem(&p, state, kind % 2 ? "l1_ball" : "simplex", most, 5000 + kind);
        set_number(&p, "rho", kind < 10 ? 1 : 1000);
        draw_prices(&p, kind / 2);
        ready(&p);
        draw(&p, kind / 2, 1);
        for (size_t i = 0; kind / 2 % 5 == 4 && i < p.n; i++) p.c[i] = p.weights[i]; /* all tied */
        assert_int_equal(solve(&p), CREASE_OK);
        assert_certified(&p, 1e-14);
        assert_true(fabsl(spent(&p) - (kind < 10 ? 1 : 1000)) <= 1e-12L || kind % 2);
        close_problem(&p);
    }
}

/* The least |g + y| over the normal cone, y = mu a sign(x) and at most that on zeros: bisection on the slope
 * in mu.                                                                                                */
static long double cone_distance(const problem *p, bool signs)
{
    long double low = signs ? 0 : -1e6L, high = 1e6L, sum = 0;
    for (int step = 0; step < 200; step++) {
        long double mu = (low + high) / 2, slope = 0;
        sum = 0;
        for (size_t i = 0; i < p->n; i++) {
            long double a = p->weights[i], pull = signs && p->x[i] == 0  ? fabsl((long double)p->g[i])
                                                  : signs && p->x[i] < 0 ? (long double)p->g[i]
                                                                         : -(long double)p->g[i];
            long double rest = pull - mu * a;
            if (p->x[i] == 0 && rest < 0) rest = 0;
            sum += rest * rest;
            slope += rest * a;
        }
        if (slope > 0) low = mu;
        else high = mu;
    }
    return sqrtl(sum);
}

static void budget_residuals_match_bisection(void **state)
{
    for (size_t k = 0; k < crease_test_count(2000); k++) {
        problem p;
        bool signs = k % 2;
        double total = 0;
        open_problem(&p, state, signs ? "l1_ball" : "simplex", 1 + k / 2 % 9, 6000 + k);
        draw_prices(&p, k % 2);
        for (size_t i = 0; i < p.n; i++) {
            p.x[i] = i == 0 || below(&p, 2) ? 0.1 + uniform(&p) : 0;
            total += p.weights[i] * p.x[i];
            p.g[i] = normal(&p) - (k % 3 ? 0 : 2);
            if (signs && below(&p, 2) && p.x[i] != 0) p.x[i] = -p.x[i], p.g[i] = -p.g[i];
        }
        for (size_t i = 0; i < p.n; i++) p.x[i] /= total;
        ready(&p);
        double found = crease_part_residual(p.psi, &p.part, p.x, p.g, 1);
        assert_true(fabsl(found - cone_distance(&p, signs)) <= 1e-13);
        for (size_t i = 0; i < p.n; i++) p.x[i] *= 0.9;
        found = crease_part_residual(p.psi, &p.part, p.x, p.g, 1);
        double norm = 0;
        for (size_t i = 0; i < p.n; i++) norm = hypot(norm, p.g[i]);
        assert_true(signs ? fabs(found - norm) <= 1e-14 * norm : isinf(found)); /* inside; off the simplex */
        p.x[0] += copysign(1 / p.weights[0], p.x[0]);
        assert_true(isinf(crease_part_residual(p.psi, &p.part, p.x, p.g, 1)));
        assert_true(isinf(crease_part_value(p.psi, &p.part, p.x)));
        close_problem(&p);
    }
}

static void budget_structure(void **state)
{
    problem p;
    crease_unit unit[4];
    crease_margin margin[4];
    open_problem(&p, state, "simplex", 3, 7);
    ready(&p);
    memcpy(p.c, (double[]){ 1, -2, 0.5 }, 3 * sizeof(double));
    assert_int_equal(solve(&p), CREASE_OK); /* 0.75, 0, 0.25; tau = 0.25 */
    assert_certified(&p, 0);
    crease_part_signature(p.psi, &p.part, p.x, unit);
    crease_part_margins(p.psi, &p.part, p.x, p.g, 1, margin);
    assert_true(unit[0] == 1 && unit[1] == 0 && unit[2] == 1);
    assert_int_equal(crease_part_dimension(p.psi, &p.part, p.x, unit), 1);
    assert_true(margin[0].size == 0.75 && margin[1].slack == 2.25 && margin[1].threshold == 0.25);
    assert_true(crease_part_conjugate(p.psi, &p.part, p.c) == 1);
    close_problem(&p);

    open_problem(&p, state, "l1_ball", 3, 7);
    ready(&p);
    memcpy(p.c, (double[]){ -1.5, 0.25, 0.5 }, 3 * sizeof(double));
    assert_int_equal(solve(&p), CREASE_OK); /* -1, 0, 0; tau = 0.5 */
    assert_certified(&p, 0);
    assert_int_equal(crease_part_units(p.psi, &p.part), 4);
    crease_part_signature(p.psi, &p.part, p.x, unit);
    crease_part_margins(p.psi, &p.part, p.x, p.g, 1, margin);
    assert_true(unit[0] == 1 && unit[1] == 0 && unit[2] == 0 && unit[3] == 0);
    assert_int_equal(crease_part_dimension(p.psi, &p.part, p.x, unit), 0);
    assert_true(margin[0].size == 1 && margin[1].slack == 0.25 && margin[2].slack == 0);
    assert_true(margin[3].slack == 0.5);
    memcpy(p.c, (double[]){ -0.25, 0, 0.5 }, 3 * sizeof(double));
    assert_int_equal(solve(&p), CREASE_OK);
    crease_part_signature(p.psi, &p.part, p.x, unit);
    crease_part_margins(p.psi, &p.part, p.x, p.g, 1, margin);
    assert_true(unit[0] == 1 && unit[1] == 1 && unit[2] == 1 && unit[3] == 1);
    assert_int_equal(crease_part_dimension(p.psi, &p.part, p.x, unit), 3);
    assert_true(fabs(margin[3].size - 0.25 / sqrt(3)) <= 1e-15);
    assert_true(crease_part_conjugate(p.psi, &p.part, p.c) == 0.5);
    close_problem(&p);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_context, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(budgets_match_bisection),
        TEST(budgets_are_spent_to_the_last_bit),
        TEST(budgets_with_flat_entries),
        TEST(budgets_of_many_entries),
        TEST(budget_residuals_match_bisection),
        TEST(budget_structure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

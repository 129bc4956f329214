/* The truth about inexact answers, and theorems checked while a solver runs. */
#include <math.h>
#include <string.h>

#include "subproblems.h"

static int set_up(void **state)
{
    *state = test_ctx();
    return 0;
}

static int tear_down(void **state)
{
    crease_ctx_free(*state);
    return 0;
}

/* False: the settings drawn cannot be planted. */
static bool make(crease_ctx *ctx, const char *regularizer, const char *backend, double spread, uint64_t seed,
                 test_subproblem *s)
{
    test_shape shape = { regularizer, backend, "rows", 8, 6, spread, 1, 1 };
    assert_true(test_subproblem_make(ctx, &shape, seed, s));
    if (!test_subproblem_plant(s)) {
        test_subproblem_free(s);
        return false;
    }
    for (size_t i = 0; i < s->n; i++) s->x[i] = 0;
    test_subproblem_push(s, true);
    return true;
}

/* --- verdicts ---------------------------------------------------------------------------------------- */

/* The gap by subtraction in long double, the distance and the wrong groups from the planted solution. */
static void verdict_is_the_truth(void **state)
{
    static const char *const members[] = { "group_l2", "l1", "sparse_group" };
    for (uint64_t seed = 0; seed < crease_test_count(600); seed++) {
        test_subproblem s;
        crease_verdict v;
        double distance = 0;
        if (!make(*state, members[seed % 3], "cpu-f64", seed % 2 ? 100 : 0, 300 + seed, &s)) continue;
        for (size_t i = 0; i < s.n; i++) {
            s.x[i] = i / 6 % 4 == 0 ? 0 : s.target[i] + 0.1 * crease_random_normal(&s.random);
            distance = hypot(distance, s.x[i] - s.target[i]);
        }
        test_subproblem_push(&s, true);
        assert_ok(s.ctx, crease_judge(&s.p, s.bx, NULL, &v));
        long double gap = test_objective(&s, s.x) - test_objective(&s, s.target);
        assert_true(v.certified);
        assert_true(fabs(v.distance - distance) <= 1e-9 * (1 + distance));
        assert_true(fabsl(v.gap - gap) <= 1e-9L * (1 + fabsl(gap)));
        crease_unit unit[48], truth[48];
        crease_term_signature(&s.term, s.x, unit, s.work);
        crease_term_signature(&s.term, s.target, truth, s.work);
        size_t zero = 0, live = 0;
        for (size_t i = 0; i < crease_term_units(&s.term); i++) {
            zero += !unit[i] && truth[i];
            live += unit[i] && !truth[i];
        }
        assert_int_equal(v.wrongly_zero, zero);
        assert_int_equal(v.wrongly_live, live);
        assert_int_equal(v.beyond_radius, 0);
        test_subproblem_free(&s);
    }
}

/* Of an inexact answer by every solver that takes a test: the claim, and how far it was overfulfilled. */
static void verdict_knows_the_claim(void **state)
{
    crease_ctx *ctx = *state;
    test_subproblem s;
    crease_verdict v;
    crease_solve_info info;
    assert_true(make(ctx, "group_l2", "cpu-f64", 1e3, 5, &s));
    crease_stopping *stop = crease_stopping_parse(ctx, "residual:eps0=1e-3,schedule=constant");
    crease_solver *pg = crease_solver_create(ctx, "pg", stop);
    assert_ok(ctx, crease_solver_solve(pg, &s.p, s.bx, &info));
    assert_ok(ctx, crease_judge(&s.p, s.bx, &info, &v));
    assert_true(v.claimed == 1e-3);
    assert_true(v.oversolve >= 1);
    assert_true(v.residual <= 1e-3 && fabs(v.oversolve - 1e-3 / v.residual) < 1e-6 * v.oversolve);
    assert_true(v.gap <= v.residual * v.distance * (1 + 1e-9));
    crease_solver_free(pg);
    crease_stopping_free(stop);
    test_subproblem_free(&s);
}

/* A float answer is judged by the numbers it was posed with; its own precision explains what it gets wrong. */
static void precision_is_told_apart(void **state)
{
    test_subproblem s;
    crease_verdict v;
    assert_true(make(*state, "group_l2", "cpu-f32", 10, 9, &s));
    test_subproblem_solve(&s);
    assert_ok(s.ctx, crease_judge(&s.p, s.bx, &s.info, &v));
    assert_true(v.certificate < 1e-6 && v.reference < 1e-14);
    assert_int_equal(v.wrongly_zero + v.wrongly_live, v.by_precision);
    test_subproblem_free(&s);
}

/* --- theorems ---------------------------------------------------------------------------------------- */

static void watch(test_subproblem *s, const char *solver, const char *test, crease_theory *theory)
{
    crease_solve_info info;
    crease_verdict verdict;
    crease_stopping *stop = crease_stopping_parse(s->ctx, test);
    crease_solver *solve = crease_solver_parse(s->ctx, solver, stop);
    assert_non_null(solve);
    if (!solve->type->accepts(solve, &s->p)) {
        assert_ok(s->ctx, crease_theory_begin(theory, solve, &s->p));
        s->p.observer = &theory->observer;
        assert_ok(s->ctx, crease_solver_solve(solve, &s->p, s->bx, &info));
        assert_ok(s->ctx, crease_judge(&s->p, s->bx, &info, &verdict));
        assert_ok(s->ctx, crease_theory_end(theory, solve, s->bx, &info, &verdict));
    }
    crease_solver_free(solve);
    crease_stopping_free(stop);
}

/* Proximal gradient keeps what it promises, for every regularizer, convex or not, in both widths. */
static void promises_are_kept(void **state)
{
    crease_ctx *ctx = *state;
    static const char *const solvers[] = { "pg", "pg:step=global" };
    static const double spreads[] = { 0, 1, 30, 1e3 };
    const crease_type *type;
    crease_theory theory = { .ctx = ctx };
    for (size_t r = 0; (type = crease_type_at(ctx, CREASE_REGULARIZER, r)); r++)
        for (uint64_t k = 0; k < 8 + crease_test_count(100); k++) {
            test_subproblem s;
            test_shape shape = { type->name, k % 3 ? "cpu-f64" : "cpu-f32", "rows", 6, 5, spreads[k % 4], 1, 1 };
            if (!test_subproblem_make(ctx, &shape, 800 + k, &s)) continue;
            test_subproblem_draw(&s);
            test_subproblem_push(&s, k % 2);
            watch(&s, solvers[k % 2], "fixed:iterations=30", &theory);
            for (int rule = 0; rule < CREASE_N_RULES; rule++)
                if (theory.violations[rule].count > 0)
                    fail_msg("%s, %s, case %d: %s violated in iteration %u: %g > %g", solvers[k % 2], type->name, (int)k,
                             crease_rule_name(rule), theory.violations[rule].iteration, theory.violations[rule].left,
                             theory.violations[rule].right);
            test_subproblem_free(&s);
        }
    assert_true(theory.checks[CREASE_RULE_DESCENT] > 1000);
    assert_true(theory.checks[CREASE_RULE_DECREASE] > 1000);
    assert_true(theory.checks[CREASE_RULE_CONTRACTION] > 1000);
    crease_theory_free(&theory);
}

/* A sequence that breaks a rule is caught, with the step and the iteration. */
static void broken_rules_are_named(void **state)
{
    crease_ctx *ctx = *state;
    test_subproblem s;
    crease_theory theory = { .ctx = ctx };
    crease_solve_info info = { .stop = CREASE_STOP_MET, .threshold = 1e-9, .tested = 1e-10 };
    assert_true(make(ctx, "group_l2", "cpu-f64", 10, 21, &s));
    s.p.step = 17;
    crease_stopping *stop = crease_stopping_parse(ctx, "residual");
    crease_solver *pg = crease_solver_create(ctx, "pg", stop);
    assert_ok(ctx, crease_theory_begin(&theory, pg, &s.p));
    double x[48] = { 0 };
    crease_progress at = { .j = 0 };
    theory.observer.iterate(&theory, &at, x);
    for (at.j = 1; at.j <= 3; at.j++) { /* moves that grow, away from the solution */
        for (size_t i = 0; i < s.n; i++) x[i] -= (double)(at.j * at.j) * (s.target[i] + 0.1);
        theory.observer.iterate(&theory, &at, x);
    }
    crease_verdict wrong = { .beyond_radius = 1 };
    assert_ok(ctx, crease_theory_end(&theory, pg, x, &info, &wrong));
    assert_int_equal(theory.violations[CREASE_RULE_DESCENT].count, 3);
    assert_int_equal(theory.violations[CREASE_RULE_DESCENT].iteration, 1);
    assert_int_equal(theory.violations[CREASE_RULE_DECREASE].count, 3);
    assert_int_equal(theory.violations[CREASE_RULE_CONTRACTION].count, 2);
    assert_int_equal(theory.violations[CREASE_RULE_CONTRACTION].iteration, 2);
    assert_int_equal(theory.violations[CREASE_RULE_START].count, 1);
    assert_int_equal(theory.violations[CREASE_RULE_TOLERANCE].count, 1);
    assert_int_equal(theory.violations[CREASE_RULE_RADIUS].count, 1);
    for (int rule = 0; rule < CREASE_N_RULES; rule++) {
        assert_int_equal(theory.violations[rule].step, 17);
        assert_true(theory.violations[rule].left > theory.violations[rule].right);
    }
    assert_true(theory.eps2_sum == 1e-18);
    crease_theory_free(&theory);
    crease_solver_free(pg);
    crease_stopping_free(stop);
    test_subproblem_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdict_is_the_truth),   cmocka_unit_test(verdict_knows_the_claim),
        cmocka_unit_test(precision_is_told_apart), cmocka_unit_test(promises_are_kept),
        cmocka_unit_test(broken_rules_are_named),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

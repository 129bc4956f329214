/* Conformance of every registered inner solver, with every inexactness test where it takes one. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "subproblems.h"

static const char *const group_specs[] = { "elements", "rows", "cols", "all", "ragged" };

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

/* A solver with a test tight enough to mean "solved", or without one. */
static crease_solver *make_solver(crease_ctx *ctx, const crease_type *type, crease_stopping **stop)
{
    *stop = NULL;
    if (((const crease_solver_type *)type)->takes_stopping) {
        *stop = crease_stopping_create(ctx, "residual");
        assert_ok(ctx, crease_stopping_set(*stop, "eps0", "1e-14"));
        assert_ok(ctx, crease_stopping_set(*stop, "schedule", "constant"));
        assert_ok(ctx, crease_stopping_set(*stop, "max_iters", "1000000"));
    }
    crease_solver *s = crease_solver_create(ctx, type->name, *stop);
    assert_non_null(s);
    return s;
}

static void free_solver(crease_solver *s, crease_stopping *stop)
{
    crease_solver_free(s);
    crease_stopping_free(stop);
}

/* --- planted subproblems --------------------------------------------------------------------------- */

/* Reached to 1e-10 with the planted support, from the origin and from a random start. */
static void solve_planted(test_subproblem *s, const crease_solver *solver, bool warm)
{
    crease_solve_info info;
    crease_certificate proof;
    for (size_t i = 0; i < s->n; i++) s->x[i] = warm ? crease_random_normal(&s->random) : 0;
    test_subproblem_push(s, true);
    assert_ok(s->ctx, crease_solver_solve(solver, &s->p, s->bx, &info));
    test_subproblem_pull(s);
    assert_ok(s->ctx, crease_certify(&s->p, s->bx, &proof));
    const char *name = solver->type->base.name;
    if (!info.exact) return; /* it does not claim to have solved it */
    if (info.stop == CREASE_STOP_CAP) fail_msg("%s on %s: hit its cap", name, s->psi->type->base.name);
    if (!(proof.relative < 1e-10)) fail_msg("%s on %s: certificate %g", name, s->psi->type->base.name, proof.relative);
    if (!isnan(info.bound) && !(info.bound < 1e-10)) fail_msg("%s: bound %g", name, info.bound);
    for (size_t i = 0; i < s->n; i++)
        if ((s->x[i] != 0) != (s->target[i] != 0))
            fail_msg("%s on %s: entry %zu is %g, planted %g", name, s->psi->type->base.name, i, s->x[i], s->target[i]);
}

static void planted_in_double(void **state)
{
    crease_ctx *ctx = *state;
    const crease_type *solver_type, *psi_type;
    static const double spreads[] = { 0, 1, 10, 1e3 };
    size_t cases = crease_test_count(500);
    for (size_t a = 0; (solver_type = crease_type_at(ctx, CREASE_SOLVER, a)); a++)
        for (size_t r = 0; (psi_type = crease_type_at(ctx, CREASE_REGULARIZER, r)); r++)
            for (size_t k = 0; k < cases; k++) {
                crease_stopping *stop;
                crease_solver *solver = make_solver(ctx, solver_type, &stop);
                test_subproblem s;
                test_shape shape = { psi_type->name, "cpu-f64", group_specs[k % 5], 5, 6, spreads[k % 4], 1, 1 };
                if (!test_subproblem_make(ctx, &shape, 4000 + k, &s)) {
                    free_solver(solver, stop);
                    continue;
                }
                /* ProxSSI's own test stops at |r^2 - 1| < 1e-7, one quadratic step before 1e-10 */
                if (!solver->type->accepts(solver, &s.p) && test_subproblem_plant(&s)) solve_planted(&s, solver, k % 2);
                test_subproblem_free(&s);
                free_solver(solver, stop);
            }
}

/* All solvers agree with the exact oracle in single precision, to its floor. */
static void agree_in_float(void **state)
{
    crease_ctx *ctx = *state;
    const crease_type *type;
    for (size_t a = 0; (type = crease_type_at(ctx, CREASE_SOLVER, a)); a++)
        for (size_t k = 0; k < crease_test_count(500); k++) {
            crease_stopping *stop;
            crease_solver *solver = make_solver(ctx, type, &stop);
            test_subproblem s;
            crease_certificate proof;
            crease_solve_info info;
            test_shape shape = { "sparse_group", "cpu-f32", group_specs[k % 5], 5, 6, k % 2 ? 100 : 0, 1, 1 };
            assert_true(test_subproblem_make(ctx, &shape, 5000 + k, &s));
            assert_true(test_subproblem_plant(&s));
            test_subproblem_push(&s, false);
            if (solver->type->accepts(solver, &s.p)) {
                test_subproblem_free(&s);
                free_solver(solver, stop);
                continue;
            }
            assert_ok(ctx, crease_solver_solve(solver, &s.p, s.bx, &info));
            assert_ok(ctx, crease_certify(&s.p, s.bx, &proof));
            double size = 0; /* iterative solvers look at all groups together, and stop at 8 roundings of their size */
            for (size_t i = 0; i < s.n; i++) size = hypot(size, s.c[i]);
            bool reached = solver->stopping ? proof.absolute < 2e-6 * size : proof.relative < 1e-5;
            if (info.exact && !reached) fail_msg("%s: certificate %g, residual %g", type->name, proof.relative, proof.absolute);
            if (info.stop == CREASE_STOP_CAP) fail_msg("%s: cap, instead of precision", type->name);
            test_subproblem_free(&s);
            free_solver(solver, stop);
        }
}

/* --- inexactness tests ------------------------------------------------------------------------------ */

static void make_hard(crease_ctx *ctx, uint64_t seed, test_subproblem *s)
{
    test_shape shape = { "group_l2", "cpu-f64", "rows", 8, 6, 100, 1, 1 };
    assert_true(test_subproblem_make(ctx, &shape, seed, s));
    assert_true(test_subproblem_plant(s));
    test_subproblem_push(s, true);
}

static crease_solve_info run_pg(crease_ctx *ctx, test_subproblem *s, crease_stopping *stop)
{
    crease_solve_info info;
    crease_solver *pg = crease_solver_create(ctx, "pg", stop);
    assert_ok(ctx, crease_solver_solve(pg, &s->p, s->bx, &info));
    test_subproblem_pull(s);
    crease_solver_free(pg);
    return info;
}

/* `residual` delivers what it promises: the certificate's absolute norm is below eps_t, for every t. */
static void residual_is_attained(void **state)
{
    crease_ctx *ctx = *state;
    for (unsigned long t = 1; t < 2000; t = 3 * t + 1) {
        crease_stopping *stop = crease_stopping_create(ctx, "residual");
        test_subproblem s;
        crease_certificate proof;
        make_hard(ctx, 70 + t, &s);
        s.p.step = t;
        s.p.paper_scale = t % 2 ? 0.5 : 1;
        crease_solve_info info = run_pg(ctx, &s, stop);
        assert_ok(ctx, crease_certify(&s.p, s.bx, &proof));
        double eps = s.p.paper_scale * 1e-2 / (double)t;
        assert_int_equal(info.stop, CREASE_STOP_MET);
        assert_true(info.iterations > 1);
        assert_true(proof.absolute <= eps * (1 + 1e-9));
        assert_true(fabs(proof.absolute - info.tested) <= 1e-9 * eps + 1e-13);
        for (size_t i = 0; i < s.n; i++) assert_true(fabs(s.x[i] - s.target[i]) <= proof.distance);
        test_subproblem_free(&s);
        crease_stopping_free(stop);
    }
}

/* `rel_decrease` against a plain loop over the live rows with the exact prox written out. */
static unsigned plain_rel_decrease(const test_subproblem *s, double lambda, bool *met)
{
    double z[48] = { 0 }, before = 0, Q;
    bool live[8];
    for (int g = 0; g < 8; g++) {
        double size = 0;
        for (int k = 0; k < 6; k++) size = hypot(size, s->c[6 * g + k]);
        live[g] = size > lambda;
    }
    for (unsigned j = 0;; j++) {
        Q = 0;
        for (int g = 0; g < 8; g++) {
            double size = 0, top = 0, out = 0;
            if (!live[g]) continue;
            for (int k = 6 * g; k < 6 * g + 6; k++) {
                double step = z[k] - s->x0[k];
                Q += s->v[k] * step + 0.5 * s->d[k] * step * step;
                size = hypot(size, z[k]);
                top = fmax(top, s->d[k]);
            }
            Q += lambda * size;
            for (int k = 6 * g; k < 6 * g + 6; k++) out = hypot(out, z[k] -= (s->d[k] * z[k] - s->c[k]) / top);
            for (int k = 6 * g; k < 6 * g + 6; k++) z[k] *= fmax(0, 1 - lambda / top / out);
        }
        *met = j >= 2 && (before - Q) / (fabs(Q) + 1) < 1e-8;
        if (*met || j == 100) return j;
        before = Q;
    }
}

static void rel_decrease_counts_as_published(void **state)
{
    crease_ctx *ctx = *state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        crease_stopping *stop = crease_stopping_create(ctx, "rel_decrease");
        test_subproblem s;
        crease_shrink psi;
        make_hard(ctx, 90 + seed, &s);
        psi = (crease_shrink){ 0 };
        s.psi->type->shrink(s.psi->opts, &psi);
        crease_solve_info info = run_pg(ctx, &s, stop);
        bool met;
        assert_int_equal(info.iterations, plain_rel_decrease(&s, psi.lambda2 * sqrt(6), &met));
        assert_int_equal(info.stop, met ? CREASE_STOP_MET : CREASE_STOP_CAP);
        test_subproblem_free(&s);
        crease_stopping_free(stop);
    }
}

/* A cap that comes first is called a cap; a tolerance below the arithmetic ends as `precision`. */
static void cap_and_precision_are_told_apart(void **state)
{
    crease_ctx *ctx = *state;
    crease_stopping *stop = crease_stopping_create(ctx, "residual");
    test_subproblem s;
    make_hard(ctx, 7, &s);
    assert_ok(ctx, crease_stopping_set(stop, "max_iters", "3"));
    assert_int_equal(run_pg(ctx, &s, stop).stop, CREASE_STOP_CAP);
    assert_ok(ctx, crease_stopping_set(stop, "max_iters", "1000000"));
    assert_ok(ctx, crease_stopping_set(stop, "eps0", "1e-300"));
    crease_solve_info info = run_pg(ctx, &s, stop);
    assert_int_equal(info.stop, CREASE_STOP_PRECISION);
    assert_true(info.iterations < 1000000);
    test_subproblem_free(&s);
    crease_stopping_free(stop);
}

/* Proximal gradient never increases Q, whatever the count. */
static void gradient_steps_decrease(void **state)
{
    crease_ctx *ctx = *state;
    long double before = INFINITY;
    for (int count = 1; count < 40; count++) {
        char text[20];
        crease_stopping *stop = crease_stopping_create(ctx, "fixed");
        test_subproblem s;
        make_hard(ctx, 8, &s);
        snprintf(text, sizeof text, "%d", count);
        assert_ok(ctx, crease_stopping_set(stop, "iterations", text));
        assert_int_equal(run_pg(ctx, &s, stop).iterations, count);
        long double now = test_objective(&s, s.x);
        assert_true(now <= before + 1e-13L * (1 + fabsl(now)));
        before = now;
        test_subproblem_free(&s);
        crease_stopping_free(stop);
    }
}

/* No group is live: zeros, from a start point without any, for every solver. */
static void all_groups_zero(void **state)
{
    crease_ctx *ctx = *state;
    const crease_type *type;
    for (size_t a = 0; (type = crease_type_at(ctx, CREASE_SOLVER, a)); a++) {
        crease_stopping *stop;
        crease_solver *solver = make_solver(ctx, type, &stop);
        test_subproblem s;
        crease_solve_info info;
        test_shape shape = { "group_l2", "cpu-f32", "cols", 5, 7, 100, 1, 1 };
        assert_true(test_subproblem_make(ctx, &shape, 12, &s));
        for (size_t i = 0; i < s.n; i++) s.c[i] = 1e-9, s.x[i] = 3;
        test_subproblem_push(&s, false);
        if (!solver->type->accepts(solver, &s.p)) {
            assert_ok(ctx, crease_solver_solve(solver, &s.p, s.bx, &info));
            test_subproblem_pull(&s);
            for (size_t i = 0; i < s.n; i++) assert_true(s.x[i] == 0 && !signbit(s.x[i]));
            assert_int_equal(info.zero_groups, 7);
            assert_int_not_equal(info.stop, CREASE_STOP_CAP);
        }
        test_subproblem_free(&s);
        free_solver(solver, stop);
    }
}

static void wrong_combinations_are_refused(void **state)
{
    crease_ctx *ctx = *state;
    crease_stopping *stop = crease_stopping_create(ctx, "fixed");
    assert_null(crease_solver_create(ctx, "exact", stop));
    assert_non_null(strstr(crease_ctx_error(ctx)->sentence, "takes no inexactness test"));
    assert_null(crease_solver_create(ctx, "pg", NULL));
    assert_non_null(strstr(crease_ctx_error(ctx)->sentence, "needs an inexactness test"));
    assert_null(crease_solver_create(ctx, "exakt", NULL));
    assert_non_null(strstr(crease_ctx_error(ctx)->sentence, "did you mean 'exact'"));
    const size_t start[3] = { 0, 2, 4 };
    const uint32_t index[4] = { 0, 1, 1, 2 };
    test_subproblem s;
    test_shape shape = { "group_l2", "cpu-f64", "rows", 1, 3, 1, 1, 1 };
    assert_true(test_subproblem_make(ctx, &shape, 1, &s));
    crease_groups_free(ctx, &s.groups);
    assert_ok(ctx, crease_groups_from_lists(ctx, 2, start, index, &s.groups));
    test_subproblem_push(&s, false);
    crease_solver *exact = crease_solver_create(ctx, "exact", NULL);
    assert_fails(ctx, crease_solver_solve(exact, &s.p, s.bx, NULL), CREASE_ENOTSUP, "overlap");
    crease_solver_free(exact);
    test_subproblem_free(&s);
    crease_stopping_free(stop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_in_double),
        cmocka_unit_test(agree_in_float),
        cmocka_unit_test(residual_is_attained),
        cmocka_unit_test(rel_decrease_counts_as_published),
        cmocka_unit_test(cap_and_precision_are_told_apart),
        cmocka_unit_test(gradient_steps_decrease),
        cmocka_unit_test(all_groups_zero),
        cmocka_unit_test(wrong_combinations_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

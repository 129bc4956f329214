/* dual_bcd: norms of groups that overlap, nest or share entries, solved in the dual. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dual_support.h"

static const double spreads[] = { 0, 1, 10, 1e3 }, factors[] = { 1, 1e-3, 1e4 };

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

static void planted(void **state)
{
    for (size_t k = 0; k < crease_test_count(2000); k++) {
        char what[60];
        int kind = (int)(k % N_KINDS);
        problem q = dual_plant(*state, kind, spreads[k / 4 % 4], factors[k / 16 % 3]);
        for (size_t i = 0; i < q.p.n && k % 3; i++) q.x[i] = (k % 3 == 1 ? 1 : 1e6) * overlap_normal();
        snprintf(what, sizeof what, "%zu: %s, spread %g", k, dual_members[kind], spreads[k / 4 % 4]);
        dual_solve_to(&q, "dual_bcd", 1e-10);
        if (q.info.stop == CREASE_STOP_CAP) fail_msg("%s: the cap", what);
        dual_check_planted(&q, what, 1e-10);
        overlap_free(&q.s);
    }
}

/* Every setting gets there; the plain method, which shows the dual alone, not so far. */
static void every_setting(void **state)
{
    static const char *const settings[] = { "dual_bcd:momentum=none", "dual_bcd:reweight=no",
                                            "dual_bcd:momentum=none,reweight=no" };
    for (size_t k = 0; k < crease_test_count(600); k++) {
        problem q = dual_plant(*state, (int)(k % N_KINDS), spreads[k % 3], 1);
        dual_solve_to(&q, settings[k % 3], 1e-7);
        if (q.info.stop == CREASE_STOP_CAP) fail_msg("%zu, %s: the cap", k, settings[k % 3]);
        assert_true(dual_certificate(&q) <= 1e-7);
        overlap_free(&q.s);
    }
}

/* The member's own oracle: another method, or in a scalar metric on a tree the same answer at once. */
static void agrees_with_exact(void **state)
{
    for (size_t k = 0; k < crease_test_count(1000); k++) {
        int kind = (int)(k % N_KINDS);
        lists l = dual_lists(kind);
        problem q = dual_make(*state, dual_members[kind], &l, spreads[k / 4 % 4], 1);
        double *c = q.s.c, size = sqrt((double)q.p.n) * exp(overlap_uniform(-1, 1)), answer[MOST],
               least = INFINITY;
        for (size_t i = 0; i < q.p.n; i++) c[i] = size * overlap_normal();
        dual_solve(&q, "exact", NULL);
        memcpy(answer, q.x, sizeof answer);
        for (size_t i = 0; i < q.p.n; i++)
            q.x[i] = k / 16 % 2 ? answer[i] * overlap_uniform(0.9, 1.1) : 0;
        dual_solve_to(&q, "dual_bcd", 1e-11);
        if (kind == TREE && spreads[k / 4 % 4] == 0) assert_int_equal(q.info.iterations, 1);
        for (size_t i = 0; i < q.p.n; i++) least = fmin(least, q.s.d[i]);
        for (size_t i = 0; i < q.p.n; i++)
            if (!(least * fabs(q.x[i] - answer[i]) <= 1e-10 * dual_size(&q)))
                fail_msg("%zu: %s, entry %zu: %g, exact %g", k, dual_members[kind], i, q.x[i],
                         answer[i]);
        overlap_free(&q.s);
    }
}

/* Groups without overlap: the group lasso, in one sweep from any start. */
static void disjoint_in_one_sweep(void **state)
{
    for (size_t k = 0; k < crease_test_count(1000); k++) {
        lists l = lists_disjoint(1 + overlap_below(MOST));
        problem q = dual_make(*state, dual_members[k % N_KINDS], &l, spreads[k % 4], 1);
        problem other = dual_make(*state, "group_l2", &l, 0, 1);
        overlap_draw(&q.s, 1e2);
        memcpy(other.s.c, q.s.c, sizeof q.s.c);
        memcpy(other.s.d, q.s.d, sizeof q.s.d);
        for (size_t i = 0; i < q.p.n && k % 2; i++) q.x[i] = overlap_normal();
        other.s.groups.disjoint = true;
        other.p.n = q.p.n;
        dual_solve(&other, "exact", NULL);
        dual_solve(&q, "dual_bcd", "fixed:iterations=1");
        for (size_t i = 0; i < q.p.n; i++) {
            bool same = (q.x[i] == 0) == (other.x[i] == 0);
            if (!same || !(q.s.d[i] * fabs(q.x[i] - other.x[i]) <= 1e-13 * dual_size(&q)))
                fail_msg("%zu, %s: %g, group_l2 %g", k, dual_members[k % N_KINDS], q.x[i], other.x[i]);
        }
        overlap_free(&q.s);
        overlap_free(&other.s);
    }
}

/* --- what is promised
 * --------------------------------------------------------------------------------- */

static void warm_start_stops_at_once(void **state)
{
    for (size_t k = 0; k < crease_test_count(1000); k++) {
        int kind = (int)(k % N_KINDS);
        problem q = dual_plant(*state, kind, spreads[k / 4 % 4], 1);
        double most = 0;
        for (size_t i = 0; i < q.p.n; i++) most = fmax(most, fabs(q.target[i]));
        memcpy(q.x, q.target, sizeof q.x);
        dual_solve_to(&q, "dual_bcd", 1e-9);
        if (q.info.iterations != 1)
            fail_msg("%zu: %s, %u iterations", k, dual_members[kind], q.info.iterations);
        assert_int_equal(q.info.stop, CREASE_STOP_MET);
        for (size_t i = 0; i < q.p.n; i++)
            if (!(fabs(q.x[i] - q.target[i]) <= 1e-8 * most))
                fail_msg("%zu: %g, not %g", k, q.x[i], q.target[i]);
        overlap_free(&q.s);
    }
}

typedef struct {
    const problem *q;
    long double before;
    size_t looks;
} descent;

static void watch(void *user, const crease_progress *progress, const void *x)
{
    descent *d = user;
    long double now = overlap_objective(&d->q->s, x), size = overlap_size(&d->q->s, x);
    if (progress->j > 0 && !(now <= d->before + 1e-14L * size))
        fail_msg("iteration %u: Q rises by %Lg of %Lg", progress->j, now - d->before, size);
    d->before = now;
    d->looks++;
}

/* Q at the iterates of a sum of norms never rises, from any start, in any setting. */
static void iterates_descend(void **state)
{
    static const char *const settings[] = { "dual_bcd", "dual_bcd:momentum=none",
                                            "dual_bcd:reweight=no",
                                            "dual_bcd:momentum=none,reweight=no" };
    for (size_t k = 0; k < crease_test_count(1000); k++) {
        problem q = dual_plant(*state, (int)(k % LATENT), spreads[k / 3 % 4], 1);
        descent d = { .q = &q };
        crease_observer observer = { &d, watch };
        q.p.observer = &observer;
        for (size_t i = 0; i < q.p.n; i++) q.x[i] = k % 2 ? q.target[i] + 0.1 * overlap_normal() : 0;
        dual_solve(&q, settings[k % 4], "fixed:iterations=40");
        assert_int_equal(d.looks, 41);
        overlap_free(&q.s);
    }
}

static void stops_for_the_right_reason(void **state)
{
    for (size_t k = 0; k < crease_test_count(200); k++) {
        lists l = lists_random(40, 20);
        problem q = dual_make(*state, k % 2 ? "latent_group" : "overlap_l2", &l, 1e3, 1);
        for (size_t i = 0; i < q.p.n; i++) q.s.c[i] = 10 * overlap_normal();
        dual_solve(&q, "dual_bcd", "residual:eps0=1e-12,schedule=constant,max_iters=2");
        assert_int_equal(q.info.stop, CREASE_STOP_CAP);
        assert_int_equal(q.info.iterations, 2);
        assert_true(q.info.proxes >= 2 && q.info.tested > q.info.threshold);
        if (k % 2 == 0) {
            dual_solve(&q, "dual_bcd", "residual:eps0=1e-300,schedule=constant,max_iters=100000");
            assert_int_equal(q.info.stop, CREASE_STOP_PRECISION);
        }
        overlap_free(&q.s);
    }
}

/* --- other widths, other inputs
 * ----------------------------------------------------------------------- */

static void in_float(void **state)
{
    for (size_t k = 0; k < crease_test_count(500); k++) {
        problem q = dual_plant(*state, (int)(k % N_KINDS), spreads[k / 4 % 3], 1);
        q.p.backend = crease_backend_find(*state, "cpu-f32");
        for (size_t i = 0; i < q.p.n; i++) { /* the problem that the backend holds */
            q.s.c[i] = (float)q.s.c[i];
            q.s.d[i] = (float)q.s.d[i];
        }
        dual_solve_to(&q, "dual_bcd", 1e-9);
        assert_int_not_equal(q.info.stop, CREASE_STOP_CAP);
        if (!(dual_certificate(&q) <= 1e-5)) fail_msg("%zu: certificate %g", k, dual_certificate(&q));
        overlap_free(&q.s);
    }
}

/* Infinite weights force zeros, weights of 0 and entries in no group are free, a ridge joins the
 * metric. */
static void special_weights(void **state)
{
    for (size_t m = 0; m < 3; m++) {
        static const char *const names[] = { "tree_l2", "overlap_l2", "latent_group" };
        lists l = { 0 };
        lists_add(&l, 2, (uint32_t[]){ 0, 1 });
        lists_add(&l, 1, (uint32_t[]){ 0 });
        lists_add(&l, 2, (uint32_t[]){ 2, 3 });
        lists_add(&l, 1, (uint32_t[]){ 5 });
        l.weight[1] = m == 2 ? 1 : INFINITY;
        l.weight[2] = 0;
        l.weight[3] = INFINITY;
        problem q = dual_make(*state, names[m], &l, 10, 2);
        assert_ok(*state, crease_regularizer_set(q.s.psi, "ridge", "0.5"));
        assert_ok(*state, crease_regularizer_set(q.s.psi, "scale", "3"));
        for (size_t i = 0; i < q.p.n; i++) {
            q.s.c[i] = 20 + (double)i;
            q.x[i] = 7;
        }
        double answer[MOST];
        dual_solve(&q, "exact", NULL);
        memcpy(answer, q.x, sizeof answer);
        for (size_t i = 0; i < q.p.n; i++) q.x[i] = 7;
        dual_solve_to(&q, "dual_bcd", 1e-13);
        for (size_t i = 0; i < q.p.n; i++) {
            assert_true(fabs(q.x[i] - answer[i]) <= 1e-11 * (1 + fabs(answer[i])));
            assert_int_equal(q.x[i] == 0, answer[i] == 0);
        }
        assert_true(q.x[5] == 0 && q.x[4] != 0 && (m == 2 || q.x[0] == 0));
        overlap_free(&q.s);
    }
}

/* A start that is the solution but for an entry that has to be 0: it must not pass for the best
 * iterate. */
static void forced_entry_at_the_start(void **state)
{
    for (size_t k = 0; k < 60; k++) {
        lists l = lists_random(20, 12);
        uint32_t last = (uint32_t)l.n;
        lists_add(&l, 1, &last);
        l.weight[l.count - 1] = INFINITY;
        problem q = dual_make(*state, "overlap_l2", &l, 10, 1);
        double size = exp(overlap_uniform(0, 3)); /* the start wins where some groups are zero */
        for (size_t i = 0; i < q.p.n; i++) q.s.c[i] = size * overlap_normal();
        dual_solve_to(&q, "dual_bcd", 1e-13);
        q.x[last] = 7;
        dual_solve(&q, "dual_bcd", "fixed:iterations=1");
        assert_true(q.x[last] == 0);
        overlap_free(&q.s);
    }
}

static void trivial_problems(void **state)
{
    for (int kind = 0; kind < N_KINDS; kind++) {
        problem q = dual_plant(*state, kind, 10, 1);
        memset(q.s.c, 0, sizeof q.s.c); /* c = 0: so is x, from anywhere */
        for (size_t i = 0; i < q.p.n; i++) q.x[i] = overlap_normal();
        dual_solve(&q, "dual_bcd", "residual:eps0=1e-10,schedule=constant,max_iters=10000");
        for (size_t i = 0; i < q.p.n; i++) assert_true(q.x[i] == 0);
        assert_int_equal(q.info.zero_groups, q.s.lists.count);
        q.p.w = 0; /* no psi: x = c/d */
        for (size_t i = 0; i < q.p.n; i++) q.s.c[i] = overlap_normal();
        dual_solve(&q, "dual_bcd", "fixed:iterations=1");
        for (size_t i = 0; i < q.p.n; i++)
            assert_true(fabs(q.s.d[i] * q.x[i] - q.s.c[i]) <= 1e-15 * fabs(q.s.c[i]));
        q.s.groups.count = 0; /* no groups: nothing to do */
        q.x[0] = 3;
        dual_solve(&q, "dual_bcd", "fixed:iterations=1");
        assert_true(q.x[0] == 3 && q.info.iterations == 0);
        overlap_free(&q.s);
    }
}

static void apply(void *user, size_t n, const double *x, double *y)
{
    (void)user;
    memcpy(y, x, n * sizeof *y);
}

static void refusals(void **state)
{
    static const char fixed[] = "fixed:iterations=5";
    crease_operator metric = { .apply = apply, .largest = 1, .least = 1 };
    for (int kind = 0; kind < N_KINDS; kind++) {
        problem q = dual_plant(*state, kind, 10, 1);
        double d = q.s.d[1], c = q.s.c[1];
        q.s.d[1] = 0;
        assert_fails(*state, dual_try(&q, "dual_bcd", fixed), CREASE_ENOTSUP, "metric is 0");
        q.s.d[1] = NAN;
        assert_fails(*state, dual_try(&q, "dual_bcd", fixed), CREASE_ENAN, "NaN");
        q.s.d[1] = d;
        q.s.c[1] = INFINITY;
        assert_fails(*state, dual_try(&q, "dual_bcd", fixed), CREASE_ENAN, "infinity");
        q.s.c[1] = c;
        q.x[1] = NAN;
        assert_fails(*state, dual_try(&q, "dual_bcd", fixed), CREASE_ENAN, "start point");
        q.x[1] = 0;
        for (size_t i = 0; i < q.p.n; i++) {
            q.s.d[i] = 1e-200;
            q.s.c[i] = 1e200;
        }
        assert_fails(*state, dual_try(&q, "dual_bcd", fixed), CREASE_EUNBOUNDED, "beyond the range");
        q.p.w = 0; /* without a list to overflow in */
        assert_fails(*state, dual_try(&q, "dual_bcd", fixed), CREASE_EUNBOUNDED, "range of a double");
        q.p.metric = &metric;
        assert_fails(*state, dual_try(&q, "dual_bcd", fixed), CREASE_ENOTSUP, "no diagonal");
        overlap_free(&q.s);
    }
    lists l = lists_disjoint(9);
    problem q = dual_make(*state, "group_l2", &l, 0, 1);
    assert_fails(*state, dual_try(&q, "dual_bcd", fixed), CREASE_ENOTSUP, "share entries");
    overlap_free(&q.s);
}

/* Starts far away, numbers of any size. */
static void extreme_numbers(void **state)
{
    static const double starts[] = { 1e300, 1e-300, -1e150 }, sizes[] = { 1e-150, 1, 1e100 };
    for (size_t k = 0; k < 9 * N_KINDS; k++) {
        problem q = dual_plant(*state, (int)(k % N_KINDS), 10, 1);
        double size = sizes[k / 4 % 3];
        q.s.w *= size;
        q.p.w *= size;
        for (size_t i = 0; i < q.p.n; i++) {
            q.s.c[i] *= size;
            q.target[i] *= size;
            q.x[i] = starts[k / 12];
        }
        dual_solve_to(&q, "dual_bcd", 1e-9);
        dual_check_planted(&q, "extreme numbers", 1e-9);
        overlap_free(&q.s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted),
        cmocka_unit_test(every_setting),
        cmocka_unit_test(agrees_with_exact),
        cmocka_unit_test(disjoint_in_one_sweep),
        cmocka_unit_test(warm_start_stops_at_once),
        cmocka_unit_test(iterates_descend),
        cmocka_unit_test(stops_for_the_right_reason),
        cmocka_unit_test(in_float),
        cmocka_unit_test(special_weights),
        cmocka_unit_test(forced_entry_at_the_start),
        cmocka_unit_test(trivial_problems),
        cmocka_unit_test(refusals),
        cmocka_unit_test(extreme_numbers),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* The oracles of spectral members, against planted solutions in long double and Jacobi's rotations. */
#include <math.h>
#include <string.h>

#include "matrices.h"

/* --- the nuclear norm -------------------------------------------------------------------------------- */

static void nuclear_in_scalar_metrics(void **state)
{
    crease_random r = crease_random_at(1, CREASE_STREAM_TEST, 0);
    const double weights[] = { 1e-3, 1, 1e4 }, sizes[] = { 1e-30, 1, 1e30 };
    for (size_t k = 0; k < crease_test_count(2000); k++) {
        member m = draw_member(*state, &r, "nuclear", 1);
        problem p = { 0 };
        double w = weights[k % 3], lambda = sizes[k / 3 % 3] * log_uniform(&r, 0.1, 10);
        double slope = w * lambda * m.part.weight, top = log_uniform(&r, 1e-3, 1e3);
        size_t rank = crease_random_below(&r, m.k + 1);
        member_set(&m, "lambda", lambda);
        draw_metric(&r, &m, top, 1, &p);
        plant(&r, &m, rank, slope / top * log_uniform(&r, 0.1, 10), slope, &p);
        assert_ok(*state, solve(&m, &p, w));
        assert_true(p.info.exact && p.info.gap == 0);
        assert_true(rank == 0 ? norm(m.n, p.x) == 0 : test_max_error(m.n, p.x, p.target) < 1e-12);
        assert_int_equal(live_units(&m, &p), rank);
        assert_true(certificate(&m, &p, w) < 1e-12);
        assert_int_equal(crease_part_dimension(m.psi, &m.part, p.x, p.unit), rank * (m.rows + m.cols - rank));
        member_free(&m);
    }
}

/* The solution is known; so is Q there, to which the gap must reach. */
static void check_gap(const member *m, const problem *p, double slope)
{
    long double size = slope * nuclear_norm(m->rows, m->cols, p->target);
    long double best = smooth_part(m->n, p->target, p->c, p->d) + size;
    long double here = smooth_part(m->n, p->x, p->c, p->d) + slope * nuclear_norm(m->rows, m->cols, p->x);
    assert_true(p->info.exact ? p->info.gap == 0 : p->info.gap > 0);
    assert_true(here - best <= p->info.gap + 1e-18L * size);
    long double error = 0;
    for (size_t i = 0; i < m->n; i++)
        error += p->d[i] * ((long double)p->x[i] - p->target[i]) * ((long double)p->x[i] - p->target[i]);
    assert_true(sqrtl(error) <= sqrtl(2 * p->info.gap) * 1.0001L);
}

static void nuclear_in_other_metrics(void **state)
{
    crease_random r = crease_random_at(2, CREASE_STREAM_TEST, 0);
    const double spreads[] = { 2, 100, 1e4 };
    for (size_t k = 0; k < crease_test_count(300); k++) {
        member m = draw_member(*state, &r, "nuclear", 2);
        problem p = { 0 };
        double w = k % 2 ? 1e-3 : 1e4, slope = w * m.part.weight, top = log_uniform(&r, 1e-3, 1e3),
               spread = spreads[k % 3];
        size_t rank = crease_random_below(&r, m.k + 1);
        draw_metric(&r, &m, top, spread, &p);
        plant(&r, &m, rank, slope / top * log_uniform(&r, 0.1, 10), slope, &p);
        member_set(&m, "max_iters", 20000);
        assert_ok(*state, solve(&m, &p, w));
        check_gap(&m, &p, slope);
        if (rank == 0) assert_true(p.info.exact && norm(m.n, p.x) == 0);
        else assert_true(test_max_error(m.n, p.x, p.target) < 1e-9 * sqrt(spread) && !p.info.exact);
        assert_int_equal(live_units(&m, &p), rank);
        member_free(&m);
    }
}

/* Stopped long before it is done, and where it cannot be done, the bound still holds. */
static void the_gap_is_an_upper_bound(void **state)
{
    crease_random r = crease_random_at(3, CREASE_STREAM_TEST, 0);
    const double spreads[] = { 10, 1e4, 1e8, 1e12 };
    for (size_t k = 0; k < crease_test_count(1000); k++) {
        member m = draw_member(*state, &r, "nuclear", 2);
        problem p = { 0 };
        draw_metric(&r, &m, 1, spreads[k % 4], &p);
        plant(&r, &m, 1 + crease_random_below(&r, m.k), log_uniform(&r, 0.1, 10), m.part.weight, &p);
        member_set(&m, "max_iters", (double)(1 + crease_random_below(&r, 30)));
        assert_ok(*state, solve(&m, &p, 1));
        check_gap(&m, &p, m.part.weight);
        member_free(&m);
    }
}

/* Plain proximal gradient steps in long double on Jacobi's rotations, for long. */
static void agrees_with_a_long_run(void **state)
{
    crease_random r = crease_random_at(4, CREASE_STREAM_TEST, 0);
    for (size_t k = 0; k < crease_test_count(150); k++) {
        member m = member_make(*state, "nuclear", 3, 2 + k % 2, 1);
        problem p = { 0 };
        matrix x = { 0 }, z;
        jacobi_svd f;
        draw_metric(&r, &m, 1, 20, &p);
        for (size_t i = 0; i < m.n; i++) p.c[i] = 2 * crease_random_normal(&r);
        for (int step = 0; step < 1500; step++) {
            for (size_t i = 0; i < m.n; i++) z[i] = x[i] - (p.d[i] * x[i] - p.c[i]);
            jacobi(m.rows, m.cols, z, &f);
            for (size_t j = 0; j < m.k; j++) f.s[j] = fmaxl(f.s[j] - 1, 0);
            compose(&f, f.s, x);
        }
        for (size_t i = 0; i < m.n; i++) p.target[i] = (double)x[i];
        assert_ok(*state, solve(&m, &p, 1));
        if (norm(m.n, p.target) > 0) assert_true(test_max_error(m.n, p.x, p.target) < 1e-9);
        else assert_true(norm(m.n, p.x) == 0);
        check_gap(&m, &p, 1);
        member_free(&m);
    }
}

/* Soft-thresholding D^1/2 Z, or C with the mean d, is no oracle where d varies: the norm is not invariant. */
static void scalings_do_not_help(void **state)
{
    crease_random r = crease_random_at(5, CREASE_STREAM_TEST, 0);
    size_t wrong = 0, count = crease_test_count(500);
    for (size_t k = 0; k < count; k++) {
        member m = member_make(*state, "nuclear", 4, 3, 1);
        problem p = { 0 }, naive;
        double flat[MOST_ENTRIES], metric[MOST_ENTRIES];
        draw_metric(&r, &m, 1, 100, &p);
        plant(&r, &m, 2, 2, 1, &p);
        assert_ok(*state, solve(&m, &p, 1));
        naive = p;
        for (size_t i = 0; i < m.n; i++) {
            naive.c[i] = p.c[i] / sqrt(p.d[i]);
            naive.d[i] = 1;
            flat[i] = p.c[i];
            metric[i] = p.d[i];
        }
        assert_ok(*state, solve(&m, &naive, 1));
        for (size_t i = 0; i < m.n; i++) naive.x[i] /= sqrt(p.d[i]);
        memcpy(naive.c, flat, sizeof flat);
        memcpy(naive.d, metric, sizeof metric);
        wrong += certificate(&m, &naive, 1) > 0.01;
        assert_true(certificate(&m, &p, 1) < 1e-8);
        member_free(&m);
    }
    assert_true(wrong > count * 9 / 10);
}

/* --- the ball ------------------------------------------------------------------------------------------ */

static void nuclear_balls(void **state)
{
    crease_random r = crease_random_at(9, CREASE_STREAM_TEST, 0);
    for (size_t k = 0; k < crease_test_count(1000); k++) {
        member m = draw_member(*state, &r, "nuclear_ball", 2);
        problem p = { 0 };
        bool inside = k % 5 == 0, scalar = k % 2;
        double multiplier = log_uniform(&r, 1e-3, 1e4), top = log_uniform(&r, 1e-3, 1e3);
        draw_metric(&r, &m, top, scalar ? 1 : 50, &p);
        plant(&r, &m, 1 + crease_random_below(&r, m.k), multiplier / top * log_uniform(&r, 0.1, 10),
              inside ? 0 : multiplier, &p);
        member_set(&m, "rho", (double)nuclear_norm(m.rows, m.cols, p.target) * (inside ? 1.5 : 1));
        member_set(&m, "max_iters", 20000);
        assert_ok(*state, solve(&m, &p, 1));
        assert_true(test_max_error(m.n, p.x, p.target) < (p.info.exact ? 1e-12 : 1e-8));
        assert_true(p.info.exact == (scalar || inside));
        assert_int_equal(live_units(&m, &p), inside ? m.k : p.rank);
        assert_true(crease_part_value(m.psi, &m.part, p.x) == 0);
        assert_true(certificate(&m, &p, 1) < (p.info.exact ? 1e-12 : 1e-7));
        if (!p.info.exact)
            assert_true(smooth_part(m.n, p.x, p.c, p.d) - smooth_part(m.n, p.target, p.c, p.d)
                        <= p.info.gap + 1e-14L * fabsl(smooth_part(m.n, p.target, p.c, p.d)));
        for (size_t i = 0; i < m.n; i++) p.x[i] *= 1.001;
        if (!inside) assert_true(isinf(crease_part_value(m.psi, &m.part, p.x)));
        if (!inside) assert_true(isinf(crease_part_residual(m.psi, &m.part, p.x, p.c, 1)));
        member_free(&m);
    }
}

/* In a scalar metric that vanishes the answer is a vertex; radius 0 leaves only 0. */
static void balls_at_their_ends(void **state)
{
    member m = member_make(*state, "nuclear_ball", 2, 2, 1);
    problem p = { .c = { 3, 0, 0, 1 } };
    assert_ok(*state, solve(&m, &p, 1));
    assert_true(p.info.exact && p.x[0] == 1 && p.x[1] == 0 && p.x[2] == 0 && p.x[3] == 0);
    p.d[0] = p.d[1] = p.d[2] = p.d[3] = 1e-20;
    assert_ok(*state, solve(&m, &p, 1));
    assert_true(p.x[0] == 1 && p.x[3] == 0 && certificate(&m, &p, 1) < 1e-14);
    member_set(&m, "rho", 0);
    assert_ok(*state, solve(&m, &p, 1));
    assert_true(norm(4, p.x) == 0 && certificate(&m, &p, 1) == 0 && p.unit[0] == 0);
    member_free(&m);
}

/* --- rank and spectral mcp ------------------------------------------------------------------------------ */

static long double penalty(const char *name, long double t, double lambda)
{
    if (strcmp(name, "rank") == 0) return t > 1e-12L ? lambda : 0;
    long double flat = 3 * lambda; /* gamma = 3 */
    return t < flat ? lambda * t - t * t / 6 : 1.5L * lambda * lambda;
}

static long double objective(const member *m, const char *name, const problem *p, const double *x, double w,
                             double lambda)
{
    matrix wide;
    jacobi_svd f;
    long double sum = 0;
    for (size_t i = 0; i < m->n; i++) wide[i] = x[i];
    jacobi(m->rows, m->cols, wide, &f);
    for (size_t j = 0; j < f.k; j++) sum += penalty(name, f.s[j], lambda);
    return w * m->part.weight * sum + smooth_part(m->n, x, p->c, p->d);
}

/* The best value of 1/2 d t^2 - sigma t + w p(t) over a fine grid. */
static long double scalar_best(const char *name, double sigma, double d, double w, double lambda)
{
    long double best = 0, end = sigma / d;
    for (int i = 1; i <= 4000; i++) {
        long double t = end * i / 4000;
        best = fminl(best, 0.5L * d * t * t - sigma * t + w * penalty(name, t, lambda));
    }
    return best;
}

static void nonconvex_in_scalar_metrics(void **state)
{
    crease_random r = crease_random_at(10, CREASE_STREAM_TEST, 0);
    for (size_t k = 0; k < crease_test_count(1000); k++) {
        const char *name = k % 2 ? "rank" : "spectral_mcp";
        member m = draw_member(*state, &r, name, 2);
        problem p = { 0 };
        matrix c;
        jacobi_svd f;
        double d = log_uniform(&r, 0.05, 20), w = log_uniform(&r, 0.1, 10), lambda = log_uniform(&r, 0.1, 10);
        member_set(&m, "lambda", lambda);
        draw_metric(&r, &m, d, 1, &p);
        for (size_t i = 0; i < m.n; i++) c[i] = p.c[i] = w * lambda * crease_random_normal(&r);
        assert_ok(*state, solve(&m, &p, w));
        assert_true(p.info.exact && certificate(&m, &p, w) < 1e-12);
        jacobi(m.rows, m.cols, c, &f);
        long double best = 0, here = objective(&m, name, &p, p.x, w, lambda);
        for (size_t j = 0; j < m.k; j++)
            best += scalar_best(name, (double)f.s[j], d, w * m.part.weight, lambda);
        assert_true(here <= best + 1e-12L * (fabsl(best) + 1));
        long double value = here - smooth_part(m.n, p.x, p.c, p.d);
        assert_true(fabsl(w * crease_part_value(m.psi, &m.part, p.x) - value) <= 1e-12L * (1 + value));
        member_free(&m);
    }
}

/* Eckart and Young; and a cap alone certifies itself. */
static void capped_rank(void **state)
{
    crease_random r = crease_random_at(11, CREASE_STREAM_TEST, 0);
    for (size_t k = 0; k < crease_test_count(500); k++) {
        member m = draw_member(*state, &r, "rank", 3);
        problem p = { 0 };
        matrix c, x;
        jacobi_svd f;
        size_t cap = 1 + crease_random_below(&r, m.k - 1);
        double d = log_uniform(&r, 0.1, 10);
        member_set(&m, "lambda", 0);
        member_set(&m, "cap", (double)cap);
        if (k % 2) m.part.weight = 0;
        draw_metric(&r, &m, d, 1, &p);
        for (size_t i = 0; i < m.n; i++) c[i] = p.c[i] = crease_random_normal(&r);
        jacobi(m.rows, m.cols, c, &f);
        for (size_t j = 0; j < m.k; j++) f.s[j] = j < cap ? f.s[j] / d : 0;
        compose(&f, f.s, x);
        for (size_t i = 0; i < m.n; i++) p.target[i] = (double)x[i];
        assert_ok(*state, solve(&m, &p, 1));
        assert_true(test_max_error(m.n, p.x, p.target) < 1e-11);
        assert_int_equal(live_units(&m, &p), cap);
        assert_true(certificate(&m, &p, 1) < 1e-12 && crease_part_value(m.psi, &m.part, p.x) == 0);
        for (size_t i = 0; i < m.n; i++) p.x[i] = p.c[i] / d;
        assert_true(isinf(crease_part_value(m.psi, &m.part, p.x)) && isinf(certificate(&m, &p, 1)));
        memset(p.x, 0, sizeof p.x); /* stationary only up to what the cap leaves */
        double h[MOST_ENTRIES], missed = 0;
        for (size_t i = 0; i < m.n; i++) h[i] = -p.c[i];
        jacobi(m.rows, m.cols, c, &f);
        for (size_t j = m.k - cap; j < m.k; j++) missed = hypot(missed, (double)f.s[j]);
        assert_true(fabs(crease_part_residual(m.psi, &m.part, p.x, h, 1) - missed) < 1e-12);
        member_free(&m);
    }
}

static void refused_or_majorized(void **state)
{
    crease_random r = crease_random_at(12, CREASE_STREAM_TEST, 0);
    crease_backend const *backend = crease_backend_find(*state, "cpu-f64");
    crease_solver *exact = crease_solver_create(*state, "exact", NULL);
    for (size_t k = 0; k < crease_test_count(200); k++) {
        const char *name = k % 2 ? "rank" : "spectral_mcp";
        member m = draw_member(*state, &r, name, 2);
        problem p = { 0 };
        draw_metric(&r, &m, 1, 10, &p);
        for (size_t i = 0; i < m.n; i++) p.c[i] = 3 * crease_random_normal(&r);
        crease_subproblem whole = { .ctx = *state, .backend = backend, .n = m.n, .c = p.c, .d = p.d, .w = 1,
                                    .psi = m.psi, .groups = &m.groups, .paper_scale = 1 };
        assert_int_equal(solve(&m, &p, 1), CREASE_ENOTSUP);
        assert_fails(*state, crease_solver_solve(exact, &whole, p.x, NULL), CREASE_ENOTSUP,
                     m.psi->type->reason);
        member_set(&m, "lambda", 0); /* nothing is left that could be hard */
        assert_ok(*state, solve(&m, &p, 1));
        for (size_t i = 0; i < m.n; i++) p.target[i] = p.c[i] / p.d[i];
        assert_true(p.info.exact && test_max_error(m.n, p.x, p.target) == 0);
        member_set(&m, "lambda", 1);
        assert_ok(*state, crease_regularizer_set(m.psi, "majorize", "true"));
        assert_ok(*state, solve(&m, &p, 1));
        assert_true(!p.info.exact && isinf(p.info.gap));
        long double before = objective(&m, name, &p, p.target, 1, 1);
        assert_true(objective(&m, name, &p, p.x, 1, 1) <= before + 1e-12L * (1 + fabsl(before)));
        member_free(&m);
    }
    crease_solver_free(exact);
}

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nuclear_in_scalar_metrics), cmocka_unit_test(nuclear_in_other_metrics),
        cmocka_unit_test(the_gap_is_an_upper_bound), cmocka_unit_test(agrees_with_a_long_run),
        cmocka_unit_test(scalings_do_not_help), cmocka_unit_test(nuclear_balls),
        cmocka_unit_test(balls_at_their_ends), cmocka_unit_test(nonconvex_in_scalar_metrics),
        cmocka_unit_test(capped_rank), cmocka_unit_test(refused_or_majorized),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

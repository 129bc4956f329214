/* Spectral members at one point: certificates, ranks, margins, radii; and the edges of their oracles. */
#include <math.h>
#include <string.h>

#include "matrices.h"

/* --- certificates ------------------------------------------------------------------------------------- */

/* A subgradient and a known part that no subgradient takes up. */
static void residual_of_known_size(void **state)
{
    crease_random r = crease_random_at(6, CREASE_STREAM_TEST, 0);
    for (size_t k = 0; k < crease_test_count(2000); k++) {
        member m = draw_member(*state, &r, "nuclear", 1);
        problem p = { 0 };
        jacobi_svd f;
        long double s[MOST_SIDE] = { 0 }, y[MOST_SIDE], wanted = 0;
        matrix x, dual;
        size_t rank = crease_random_below(&r, m.k + 1);
        double w = log_uniform(&r, 1e-3, 1e4), slope = w * m.part.weight, g[MOST_ENTRIES];
        random_frames(&r, m.rows, m.cols, &f);
        for (size_t j = 0; j < m.k; j++) {
            if (j < rank) s[j] = log_uniform(&r, 0.1, 10);
            y[j] = slope * 2 * crease_random_uniform(&r);
            long double miss = j < rank ? y[j] - slope : fmaxl(y[j] - slope, 0);
            wanted += miss * miss;
        }
        compose(&f, s, x);
        compose(&f, y, dual);
        for (size_t i = 0; i < m.n; i++) {
            p.x[i] = (double)x[i];
            g[i] = (double)-dual[i];
        }
        double got = crease_part_residual(m.psi, &m.part, p.x, g, w);
        assert_true(fabsl(got - sqrtl(wanted)) < 1e-12L * slope * m.k);
        assert_true(
            fabsl(crease_part_value(m.psi, &m.part, p.x) - m.part.weight * nuclear_norm(m.rows, m.cols, p.x))
            <= 1e-13 * m.part.weight * norm(m.n, p.x) * m.k);
        member_free(&m);
    }
}

/* Numbers stored in float carry a rank that only their own roundoff explains. */
static void rank_of_rounded_numbers(void **state)
{
    crease_random r = crease_random_at(7, CREASE_STREAM_TEST, 0);
    member m = member_make(*state, "nuclear", 8, 6, 1);
    problem p = { 0 };
    draw_metric(&r, &m, 1, 1, &p);
    plant(&r, &m, 2, 3, 1, &p);
    assert_ok(*state, solve(&m, &p, 1));
    for (size_t i = 0; i < m.n; i++) p.x[i] = (float)p.x[i];
    crease_unit unit[MOST_SIDE];
    assert_true(certificate(&m, &p, 1) > 0.01);
    m.part.roundoff = 0x1p-24;
    assert_true(certificate(&m, &p, 1) < 1e-6);
    crease_part_signature(m.psi, &m.part, p.x, unit);
    for (size_t j = 0; j < m.k; j++) assert_int_equal(unit[j], j < 2);
    member_free(&m);
}

static void duality(void **state)
{
    crease_random r = crease_random_at(8, CREASE_STREAM_TEST, 0);
    for (size_t k = 0; k < crease_test_count(2000); k++) {
        member m = draw_member(*state, &r, k % 2 ? "nuclear" : "nuclear_ball", 1);
        jacobi_svd f;
        matrix wide;
        double x[MOST_ENTRIES], y[MOST_ENTRIES], pairing = 0;
        for (size_t i = 0; i < m.n; i++) wide[i] = y[i] = crease_random_normal(&r);
        jacobi(m.rows, m.cols, wide, &f);
        for (size_t i = 0; i < m.n; i++) x[i] = (double)(f.u[i / m.cols * f.k] * f.v[i % m.cols * f.k]);
        for (size_t i = 0; i < m.n; i++) pairing += x[i] * y[i]; /* x has one singular value, 1 */
        double dual = k % 2 ? crease_part_dual_norm(m.psi, &m.part, y) * m.part.weight
                            : crease_part_conjugate(m.psi, &m.part, y);
        assert_true(fabs(dual - pairing) < 1e-13 * pairing);
        member_free(&m);
    }
}

/* --- structure ------------------------------------------------------------------------------------------ */

/* No perturbation below the radius changes the rank; for most draws one a little above does. */
static void radius_holds(void **state)
{
    crease_random r = crease_random_at(13, CREASE_STREAM_TEST, 0);
    const char *names[] = { "nuclear", "nuclear_ball", "rank", "spectral_mcp" };
    size_t sharp = 0, count = crease_test_count(2000);
    for (size_t k = 0; k < count; k++) {
        member m = draw_member(*state, &r, names[k % 4], 2);
        problem p = { 0 }, moved;
        jacobi_svd f;
        matrix wide;
        m.part.weight = 1;
        draw_metric(&r, &m, log_uniform(&r, 0.1, 10), 1, &p);
        for (size_t i = 0; i < m.n; i++) wide[i] = p.c[i] = crease_random_normal(&r);
        assert_ok(*state, solve(&m, &p, 1));
        double radius = crease_part_radius(m.psi, &m.part, p.c, p.d, 1, p.x);
        assert_true(radius > 0);
        jacobi(m.rows, m.cols, wide, &f);
        size_t live = live_units(&m, &p), at = k % 2 && live > 0 ? live - 1 : live < m.k ? live : live - 1;
        moved = p;
        for (int above = 0; above < 2; above++) { /* along the singular vectors next to the threshold */
            double step = radius * (above ? 1.0001 : 0.9999) * (at < live ? -1 : 1);
            for (size_t i = 0; i < m.n; i++)
                moved.c[i] =
                    p.c[i] + step * (double)(f.u[i / m.cols * f.k + at] * f.v[i % m.cols * f.k + at]);
            assert_ok(*state, solve(&m, &moved, 1));
            if (above) sharp += live_units(&m, &moved) != live;
            else assert_int_equal(live_units(&m, &moved), live);
        }
        member_free(&m);
    }
    assert_true(count < 20 || sharp > count / 4);
}

static void margins_of_planted_points(void **state)
{
    crease_random r = crease_random_at(14, CREASE_STREAM_TEST, 0);
    for (size_t k = 0; k < crease_test_count(500); k++) {
        bool ball = k % 2;
        member m = draw_member(*state, &r, ball ? "nuclear_ball" : "nuclear", 2);
        problem p = { 0 };
        crease_margin margin[MOST_SIDE];
        double slope = ball ? 3 : m.part.weight, g[MOST_ENTRIES];
        draw_metric(&r, &m, 1, 1, &p);
        plant(&r, &m, 1 + crease_random_below(&r, m.k), 1, slope, &p);
        if (ball) member_set(&m, "rho", (double)nuclear_norm(m.rows, m.cols, p.target));
        for (size_t i = 0; i < m.n; i++) g[i] = p.target[i] - p.c[i];
        crease_part_margins(m.psi, &m.part, p.target, g, 1, margin);
        for (size_t j = 0; j < m.k; j++) {
            assert_true(j < p.rank ? margin[j].size > 0.49 && isnan(margin[j].slack) : isnan(margin[j].size));
            if (j >= p.rank)
                assert_true(margin[j].slack >= 0.0999 * slope && margin[j].slack <= slope * 1.0001);
            if (j >= p.rank) assert_true(fabs(margin[j].threshold - slope) < 1e-12 * slope);
        }
        member_free(&m);
    }
}

/* --- edges ---------------------------------------------------------------------------------------------- */

/* The norm of a vector's only singular value is its length, in every metric. */
static void vectors_are_groups(void **state)
{
    crease_random r = crease_random_at(15, CREASE_STREAM_TEST, 0);
    const char *pairs[][2] = { { "nuclear", "group_l2" },
                               { "rank", "group_l0" },
                               { "spectral_mcp", "group_mcp" } };
    for (size_t k = 0; k < crease_test_count(1000); k++) {
        size_t n = 1 + crease_random_below(&r, 12), pair = k % 3;
        member m = member_make(*state, pairs[pair][0], k % 2 ? 1 : n, k % 2 ? n : 1, 1.5);
        problem p = { 0 }, other = { 0 };
        crease_regularizer *psi = crease_regularizer_create(*state, pairs[pair][1]);
        crease_term term = { psi, &m.groups, NULL };
        crease_part part = crease_term_part(&term, 0);
        part.weight = 1.5;
        part.work = crease_alloc(*state, crease_part_work(psi, &part), 1);
        draw_metric(&r, &m, 1, 1e6, &p);
        for (size_t i = 0; i < n; i++) p.c[i] = 2 * crease_random_normal(&r);
        other.info.unit = NULL;
        assert_ok(*state, solve(&m, &p, 1));
        assert_ok(*state, crease_part_prox(psi, &part, p.c, p.d, 1, other.x, &other.info));
        double size = norm(n, other.x);
        assert_true(size == 0 ? norm(n, p.x) == 0 : test_max_error(n, p.x, other.x) < 1e-12);
        assert_int_equal(p.unit[0], size > 0);
        assert_true(p.info.exact && certificate(&m, &p, 1) < 1e-12);
        crease_release(*state, part.work);
        crease_regularizer_free(psi);
        member_free(&m);
    }
}

static void stacks_of_matrices(void **state)
{
    crease_random r = crease_random_at(16, CREASE_STREAM_TEST, 0);
    member m = member_make(*state, "nuclear", 4, 3, 1);
    crease_groups stack = crease_groups_runs(0, 5 * m.n, m.n);
    double c[5 * 12], x[5 * 12];
    crease_unit unit[15];
    crease_subproblem p = { .ctx = *state,
                            .backend = crease_backend_find(*state, "cpu-f64"),
                            .n = 5 * m.n,
                            .c = c,
                            .scalar = 2,
                            .w = 0.7,
                            .psi = m.psi,
                            .groups = &stack,
                            .paper_scale = 1,
                            .unit = unit };
    crease_solver *exact = crease_solver_create(*state, "exact", NULL);
    crease_solve_info info;
    crease_certificate proof;
    for (size_t i = 0; i < p.n; i++) c[i] = crease_random_normal(&r) * (i < m.n ? 0.1 : 2);
    assert_ok(*state, crease_solver_solve(exact, &p, x, &info));
    assert_ok(*state, crease_certify(&p, x, &proof));
    assert_true(info.exact && proof.relative < 1e-13 && proof.gap < 1e-12);
    crease_term term = { m.psi, &stack, NULL };
    assert_int_equal(crease_term_units(&term), 15);
    for (size_t g = 0; g < 5; g++) {
        problem one = { 0 };
        m.part.weight = crease_group_weight(&stack, g);
        draw_metric(&r, &m, 2, 1, &one);
        memcpy(one.c, c + g * m.n, m.n * sizeof *c);
        assert_ok(*state, solve(&m, &one, 0.7));
        assert_memory_equal(one.x, x + g * m.n, m.n * sizeof *c);
        assert_memory_equal(one.unit, unit + 3 * g, 3 * sizeof *unit);
    }
    crease_solver_free(exact);
    member_free(&m);
}

static void ends_of_weights(void **state)
{
    const char *names[] = { "nuclear", "rank", "spectral_mcp", "nuclear_ball" };
    for (size_t k = 0; k < 4; k++) {
        member m = member_make(*state, names[k], 3, 2, INFINITY);
        problem p = { .c = { 1, -2, 3, 4, -5, 6 }, .d = { 1, 2, 3, 4, 5, 6 } };
        assert_ok(*state, solve(&m, &p, 1));
        assert_true(norm(6, p.x) == 0 && live_units(&m, &p) == 0 && certificate(&m, &p, 1) == 0);
        for (size_t i = 0; i < 6; i++) assert_false(signbit(p.x[i]));
        m.part.weight = 0;
        if (k == 3) member_set(&m, "rho", 1e6);
        assert_ok(*state, solve(&m, &p, 1));
        for (size_t i = 0; i < 6; i++) assert_true(p.x[i] == p.c[i] / p.d[i]);
        assert_true(p.info.exact && live_units(&m, &p) == 2 && certificate(&m, &p, 1) < 1e-15);
        member_free(&m);
    }
}

static void hostile_input(void **state)
{
    const char *names[] = { "nuclear", "rank", "spectral_mcp", "nuclear_ball" };
    const double bad[] = { NAN, INFINITY, -INFINITY };
    for (size_t k = 0; k < 4; k++) {
        member m = member_make(*state, names[k], 2, 2, 1);
        crease_groups seven = crease_groups_all(0, 7), none = crease_groups_all(0, 0);
        crease_term term = { m.psi, &seven, NULL };
        crease_part part = crease_term_part(&term, 0);
        assert_non_null(strstr(crease_part_refusal(m.psi, &part), "does not divide"));
        crease_part_work(m.psi, &part);
        for (size_t j = 0; j < 12; j++) {
            problem p = { .c = { 1, 2, 3, 4 }, .d = { 1, 1, 1, 1 } };
            (j < 6 ? p.c : p.d)[j % 2] = bad[j / 2 % 3];
            assert_int_equal(solve(&m, &p, 1), CREASE_ENAN);
        }
        term.groups = &none;
        m.part.n = 0;
        problem p = { 0 };
        assert_null(crease_part_refusal(m.psi, &m.part));
        assert_int_equal(crease_part_units(m.psi, &m.part), 0);
        assert_ok(*state, solve(&m, &p, 1));
        assert_true(crease_part_residual(m.psi, &m.part, p.x, p.c, 1) == 0);
        assert_true(crease_part_value(m.psi, &m.part, p.x) == 0);
        member_free(&m);
    }
}

/* d = 0 everywhere: bounded while no singular value of C is larger than w lambda. On some entries: the
 * nuclear norm of what pulls there decides, if anything does. */
static void flat_directions(void **state)
{
    member m = member_make(*state, "nuclear", 2, 2, 1);
    problem p = { .c = { 0.6, 0.6, 0.6, 0.6 } };
    assert_int_equal(solve(&m, &p, 1), CREASE_EUNBOUNDED);
    p.c[3] = 0.2;
    assert_int_equal(solve(&m, &p, 1), CREASE_EUNBOUNDED);
    p.c[1] = p.c[2] = 0;
    assert_ok(*state, solve(&m, &p, 1));
    assert_true(norm(4, p.x) == 0);
    problem q = { .c = { 3, 0.2, 0.5, 2 }, .d = { 1, 0, 0, 2 } }; /* two flat entries, held */
    assert_ok(*state, solve(&m, &q, 1));
    assert_true(!q.info.exact && isinf(q.info.gap) && certificate(&m, &q, 1) < 1e-8);
    q.c[1] = 1.1; /* pulls harder than the norm grows */
    assert_int_equal(solve(&m, &q, 1), CREASE_EUNBOUNDED);
    member_free(&m);
    const char *names[] = { "rank", "spectral_mcp" };
    for (int k = 0; k < 2; k++) {
        member other = member_make(*state, names[k], 2, 2, 1);
        problem flat = { .c = { 1e-9, 0, 0, 0 } };
        assert_int_equal(solve(&other, &flat, 1), CREASE_EUNBOUNDED);
        flat.c[0] = 0;
        assert_ok(*state, solve(&other, &flat, 1));
        member_free(&other);
    }
}

/* Thresholds that are met exactly, equal singular values, and zeros that are literal. */
static void ties(void **state)
{
    member m = member_make(*state, "nuclear", 3, 3, 1);
    problem p = { .c = { 1, 0, 0, 0, -1, 0, 0, 0, 2 }, .d = { 1, 1, 1, 1, 1, 1, 1, 1, 1 } };
    assert_ok(*state, solve(&m, &p, 1));
    assert_int_equal(live_units(&m, &p), 1);
    for (size_t i = 0; i < 9; i++) assert_true(i == 8 ? p.x[i] == 1 : p.x[i] == 0 && !signbit(p.x[i]));
    assert_true(crease_part_radius(m.psi, &m.part, p.c, p.d, 1, p.x) == 0);
    member_free(&m);
    member equal = member_make(*state, "nuclear", 4, 4, 1); /* orthogonal: all singular values are 2 */
    problem q = { .c = { 1, 1, 1, 1, 1, -1, 1, -1, 1, 1, -1, -1, 1, -1, -1, 1 } };
    for (size_t i = 0; i < 16; i++) q.d[i] = 0.5;
    assert_ok(*state, solve(&equal, &q, 1));
    for (size_t i = 0; i < 16; i++) assert_true(fabs(q.x[i] - q.c[i]) < 1e-14);
    assert_true(live_units(&equal, &q) == 4 && certificate(&equal, &q, 1) < 1e-14);
    member_free(&equal);
}

/* Inside the ball no singular value is held, not even one that is 0. */
static void nothing_is_held_inside_the_ball(void **state)
{
    member m = member_make(*state, "nuclear_ball", 2, 3, 1);
    problem p = { .d = { 1, 1, 1, 1, 1, 1 } };
    for (p.c[0] = 0; p.c[0] < 1; p.c[0] += 0.5) {
        assert_ok(*state, solve(&m, &p, 1));
        assert_int_equal(live_units(&m, &p), 2);
        assert_true(crease_part_radius(m.psi, &m.part, p.c, p.d, 1, p.x) > 0);
    }
    member_free(&m);
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
        cmocka_unit_test(residual_of_known_size), cmocka_unit_test(rank_of_rounded_numbers),
        cmocka_unit_test(duality), cmocka_unit_test(radius_holds),
        cmocka_unit_test(margins_of_planted_points), cmocka_unit_test(vectors_are_groups),
        cmocka_unit_test(stacks_of_matrices), cmocka_unit_test(ends_of_weights),
        cmocka_unit_test(hostile_input), cmocka_unit_test(flat_directions),
        cmocka_unit_test(ties), cmocka_unit_test(nothing_is_held_inside_the_ball),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

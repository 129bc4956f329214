/* Members of the group's length: group_mcp, group_scad, group_l0, nonneg_group, group_elastic_net. */
#include "member.h"

/* --- penalties of the length, and the objective, written once more -------------------------------- */

typedef struct {
    const char *name;
    long double lambda, shape; /* gamma or a */
} penalty;

/* From outside: convex and concave kinks, and an end. */
static void kinked_pieces(const crease_part *s, size_t i, crease_pieces *psi)
{
    (void)s, (void)i;
    *psi = (crease_pieces){
        .right = { .n = 4, .piece = { { 1, 0.5, 0 }, { 2, 2, 0.5 }, { 3, 1, -0.25 }, { 4, 4, 0 } } }
    };
}

static const crease_regularizer_type kinked = {
    .base = { .name = "test_kinked", .summary = "a penalty of the length with kinks" },
    .flags = CREASE_UNIT_GROUP,
    .math = &crease_math_radial,
    .pieces = kinked_pieces,
};

static long double kinked_penalty(long double t)
{
    if (t <= 1) return t / 2;
    if (t <= 2) return 0.5L + 2 * (t - 1) + (t * t - 1) / 4;
    if (t <= 3) return 3.25L + (t - 2) - (t * t - 4) / 8;
    return t <= 4 ? 3.625L + 4 * (t - 3) : INFINITY;
}

static long double length_penalty(const penalty *p, long double t)
{
    long double l = p->lambda, a = p->shape;
    if (t == 0) return 0;
    if (strcmp(p->name, "test_kinked") == 0) return kinked_penalty(t);
    if (strcmp(p->name, "group_l0") == 0) return l;
    if (strcmp(p->name, "group_mcp") == 0) return t <= a * l ? l * t - t * t / (2 * a) : a * l * l / 2;
    if (strcmp(p->name, "group_scad") != 0) return l * t;
    if (t <= l) return l * t;
    return t <= a * l ? (2 * a * l * t - t * t - l * l) / (2 * (a - 1)) : l * l * (a + 1) / 2;
}

static long double objective(const member *m, const penalty *p, const double *x)
{
    long double sum = 0, square = 0;
    for (size_t i = 0; i < m->s.n; i++) {
        sum += 0.5L * m->d[i] * x[i] * x[i] - (long double)m->c[i] * x[i];
        square += (long double)x[i] * x[i];
    }
    return sum + (long double)m->w * m->s.weight * length_penalty(p, sqrtl(square));
}

static long double objective_size(const member *m, const penalty *p, const double *x)
{
    long double sum = fabsl(objective(m, p, x));
    for (size_t i = 0; i < m->s.n; i++) sum += fabs(m->c[i] * x[i]);
    return sum;
}

static void open_penalty(member *m, crease_ctx *ctx, const penalty *p, size_t n, uint64_t seed)
{
    member_open(m, ctx, p->name, n, seed);
    member_set(m, "lambda", (double)p->lambda);
    if (strcmp(p->name, "group_mcp") == 0) member_set(m, "gamma", (double)p->shape);
    if (strcmp(p->name, "group_scad") == 0) member_set(m, "a", (double)p->shape);
}

/* Case k: w, weight, lambda and shape so that d_min * (curvature radius) lies from far below w to far
 * above, and |c| around the thresholds of either regime. */
static void draw_case(member *m, crease_ctx *ctx, penalty *p, size_t n, size_t k, double decades)
{
    static const char *const names[] = { "group_mcp", "group_scad", "group_l0" };
    static const double weights[] = { 1, 1e-3, 1e4 };
    *p = (penalty){ .name = names[k % 3], .lambda = 1, .shape = 3 };
    open_penalty(m, ctx, p, n, k);
    m->w = weights[k / 3 % 3];
    m->s.weight = k % 5 == 0 ? 1 : member_between(m, 0.1, 4);
    member_draw(m, decades);
    double least = INFINITY, size = 0, mean = 0, weight = m->w * m->s.weight;
    for (size_t i = 0; i < n; i++) {
        least = fmin(least, m->d[i]);
        size = hypot(size, m->c[i]);
        mean += m->d[i] / (double)n;
    }
    double bend = weight / least * pow(10, member_between(m, -3, 1)); /* < weight/least: not convex */
    p->shape = k % 3 == 1 ? 1 + fmax(bend, 1e-9) : bend;
    p->lambda = pow(10, member_between(m, -1, 1));
    member_set(m, "lambda", (double)p->lambda);
    if (k % 3 < 2) member_set(m, k % 3 ? "a" : "gamma", (double)p->shape);
    double convex = (double)p->lambda * weight, hard = (double)p->lambda * sqrt(weight * bend * mean);
    double around = k % 3 == 2 ? sqrt(2 * weight * (double)p->lambda * mean)
                    : k % 2    ? convex
                               : fmin(hard, convex);
    for (size_t i = 0; i < n; i++) m->c[i] *= around / size * pow(10, member_between(m, -0.5, 0.7));
}

/* --- against brute force ---------------------------------------------------------------------------- */

/* The best of a grid over the box between 0 and c/d (where a minimizer lies), then of finer and finer ones
 * around it. The grid is even in u^3: fine near 0. */
static void brute_force(const member *m, const penalty *p, double *best)
{
    size_t n = m->s.n, side = n == 1 ? 4001 : n == 2 ? 81 : 25, count = 1;
    double centre[3] = { 0.5, 0.5, 0.5 }, half = 0.5, found[3] = { 0 };
    long double least = 0;
    memset(best, 0, 3 * sizeof *best);
    for (size_t i = 0; i < n; i++) count *= side;
    for (int round = 0; round < 8; round++, half *= 4.0 / (double)side) {
        for (size_t k = 0; k < count; k++) {
            double x[3], u[3];
            for (size_t i = 0, rest = k; i < n; i++, rest /= side) {
                u[i] = centre[i] + half * (2.0 * (double)(rest % side) / (double)(side - 1) - 1);
                u[i] = fmin(fmax(u[i], 0), 1);
                x[i] = m->c[i] / m->d[i] * u[i] * u[i] * u[i];
            }
            long double value = objective(m, p, x);
            if (value >= least) continue;
            least = value;
            memcpy(found, u, n * sizeof *u);
            memcpy(best, x, n * sizeof *x);
        }
        if (least == 0) return;
        memcpy(centre, found, sizeof centre);
    }
}

static void no_grid_point_is_better(void **state)
{
    size_t live = 0, cases = crease_test_count(6000);
    for (size_t k = 0; k < cases; k++) {
        member m;
        penalty p;
        double best[3];
        draw_case(&m, *state, &p, 1 + k / 3 % 3, k, k % 2 ? 2 : 6);
        member_certified(&m, 2e-14);
        brute_force(&m, &p, best);
        long double ours = objective(&m, &p, m.x), theirs = objective(&m, &p, best);
        if (ours > theirs + 1e-14L * objective_size(&m, &p, m.x))
            fail_msg("%s, case %zu: %Lg above a grid point", p.name, k, ours - theirs);
        live += m.x[0] != 0;
        member_close(&m);
    }
    if (cases > 100) assert_true(live > cases / 5 && live < cases * 4 / 5); /* both answers occur */
}

/* min over the sphere |x| = s of 1/2 x'Dx - c'x, by bisection for its multiplier, in long double. */
static long double on_sphere(const member *m, long double s)
{
    long double low = 0, high = 0, sum = 0;
    for (size_t i = 0; i < m->s.n; i++) low = fmaxl(low, fabsl(m->c[i]) / s - m->d[i]), high += fabs(m->c[i]);
    high = high / s;
    for (int k = 0; k < 90; k++) {
        long double nu = (low + high) / 2, square = 0;
        for (size_t i = 0; i < m->s.n; i++) square += powl(m->c[i] / (m->d[i] + nu), 2);
        if (square > s * s) low = nu;
        else high = nu;
    }
    for (size_t i = 0; i < m->s.n; i++) {
        long double x = m->c[i] / (m->d[i] + high);
        sum += m->d[i] * x * x / 2 - m->c[i] * x;
    }
    return sum;
}

/* Larger groups, d over twelve decades: no length is better. */
static void no_length_is_better(void **state)
{
    for (size_t k = 0; k < crease_test_count(600); k++) {
        member m;
        penalty p;
        draw_case(&m, *state, &p, 2 + k % 19, k, k % 4 == 0 ? 12 : 3);
        member_certified(&m, 2e-14);
        long double ours = objective(&m, &p, m.x), size = objective_size(&m, &p, m.x), longest = 0;
        for (size_t i = 0; i < m.s.n; i++) longest = hypotl(longest, (long double)m.c[i] / m.d[i]);
        for (int j = 0; j < 400; j++) {
            long double s = longest * powl(10, -j / 25.0L) * (1 - 1e-9L);
            long double theirs = on_sphere(&m, s) + (long double)m.w * m.s.weight * length_penalty(&p, s);
            if (ours > theirs + 1e-13L * size) fail_msg("%s, case %zu: length %Lg is better", p.name, k, s);
        }
        member_close(&m);
    }
}

/* Solutions that stick at a kink or at the end of the domain, d_i = 0 included. */
static void kinks_hold(void **state)
{
    size_t at_kink = 0, at_end = 0, cases = crease_test_count(2000);
    penalty p = { "test_kinked", 1, 0 };
    for (size_t k = 0; k < cases; k++) {
        member m;
        double best[3], size = 0;
        member_open(&m, *state, p.name, 1 + k % 3, k);
        member_draw(&m, k % 2 ? 1 : 8);
        for (size_t i = 0; i < m.s.n; i++) m.c[i] *= 4;
        member_certified(&m, 2e-14);
        brute_force(&m, &p, best);
        assert_true(objective(&m, &p, m.x) <= objective(&m, &p, best) + 1e-14L * objective_size(&m, &p, m.x));
        for (size_t i = 0; i < m.s.n; i++) size = hypot(size, m.x[i]);
        at_kink += fabs(size - 1) < 1e-14 || fabs(size - 3) < 1e-14;
        at_end += fabs(size - 4) < 1e-14;
        m.d[0] = 0;
        member_certified(&m, 2e-14);
        member_radius_holds(&m, 10);
        member_close(&m);
    }
    if (cases > 100) assert_true(at_kink > 20 && at_end > 20);
}

/* --- thresholds, traps, radii ---------------------------------------------------------------------- */

/* The convex regime ends where min d gamma = w. Below it the threshold is not lambda, but lambda sqrt(gamma
 * d). */
static void the_regime_of_mcp_depends_on_the_metric(void **state)
{
    member m;
    penalty p = { "group_mcp", 1, 3 };
    open_penalty(&m, *state, &p, 2, 1);
    m.d[0] = m.d[1] = 1e-3;
    m.c[0] = 0.3, m.c[1] = 0.4; /* |c| < lambda: zero by the convex rule */
    member_certified(&m, 1e-15);
    assert_true(m.x[0] == m.c[0] / m.d[0] && m.x[1] == m.c[1] / m.d[1]);
    assert_true(objective(&m, &p, m.x) < -100);
    double threshold = sqrt(3 * 1e-3);
    for (int above = 0; above < 2; above++) {
        double size = threshold * (above ? 1 + 1e-14 : 1 - 1e-14);
        m.c[0] = 0.6 * size, m.c[1] = 0.8 * size;
        member_certified(&m, 1e-15);
        assert_int_equal(m.x[0] != 0, above);
    }
    m.d[0] = 10; /* one entry on either side of the line: two roots compete */
    m.c[0] = 2, m.c[1] = 0.01;
    member_certified(&m, 1e-15);
    double best[3];
    brute_force(&m, &p, best);
    assert_true(objective(&m, &p, m.x) <= objective(&m, &p, best) + 1e-14L);
    member_close(&m);
}

/* Exactly at the threshold the group is zero; at the next number it is not. */
static void thresholds_are_sharp(void **state)
{
    static const char *const names[] = { "group_mcp", "group_scad", "nonneg_group", "group_elastic_net" };
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        member m;
        member_open(&m, *state, names[k], 2, 1);
        m.d[0] = 3, m.d[1] = 1e12;
        m.w = 0.5, m.s.weight = 4, m.c[0] = 2, m.c[1] = 0;
        member_certified(&m, 1e-15);
        assert_true(m.x[0] == 0 && m.x[1] == 0);
        m.c[0] = nextafter(2, 3);
        member_certified(&m, 1e-15);
        assert_true(m.x[0] > 0 && m.x[1] == 0);
        member_close(&m);
    }
}

static void radii_hold(void **state)
{
    double ratio = 0;
    for (size_t k = 0; k < crease_test_count(2000); k++) {
        member m;
        penalty p;
        draw_case(&m, *state, &p, 1 + k % 4, k, k % 2 ? 1 : 4);
        member_certified(&m, 2e-14);
        member_radius_holds(&m, 30);
        member_close(&m);
    }
    member m; /* where d is constant the radius is the distance from the threshold, here sqrt(2 w lambda d) */
    member_open(&m, *state, "group_l0", 2, 1);
    m.c[0] = 0.6, m.c[1] = 0.8;
    member_certified(&m, 1e-15);
    ratio = crease_part_radius(m.psi, &m.s, m.c, m.d, m.w, m.x) / (sqrt(2) - 1);
    assert_true(ratio > 1 - 1e-12 && ratio < 1 + 1e-12);
    member_close(&m);
}

/* --- nonnegative groups ---------------------------------------------------------------------------- */

static void nonnegative_groups(void **state)
{
    penalty p = { "nonneg_group", 1, 0 };
    for (size_t k = 0; k < crease_test_count(2000); k++) {
        member m;
        member_open(&m, *state, p.name, 1 + k % 9, k);
        member_draw(&m, k % 3 == 0 ? 12 : 2);
        m.w = pow(10, member_between(&m, -3, 0.3));
        if (k % 7 == 0) m.c[0] = 0;
        member_certified(&m, 2e-14);
        member_pairs(&m, 1e-12);
        for (size_t i = 0; i < m.s.n; i++) assert_true(m.x[i] >= 0 && (m.c[i] > 0 || m.x[i] == 0));
        long double ours = objective(&m, &p, m.x);
        for (int trial = 0; trial < 30; trial++) {
            double other[MEMBER_MOST], reach = pow(10, member_between(&m, -7, 0));
            for (size_t i = 0; i < m.s.n; i++)
                other[i] = fmax(m.x[i] + reach * fabs(m.c[i]) / m.d[i] * crease_random_normal(&m.random), 0);
            assert_true(objective(&m, &p, other) >= ours - 1e-14L * objective_size(&m, &p, m.x));
        }
        if (k % 3) member_radius_holds(&m, 20);
        member_close(&m);
    }
}

/* --- the ends of the range ------------------------------------------------------------------------- */

static const char *const members[] = { "group_mcp", "group_scad", "group_l0", "nonneg_group",
                                       "group_elastic_net" };
enum { MEMBERS = sizeof members / sizeof *members };

static void extreme_magnitudes(void **state)
{
    static const double sizes[] = { 1e-30, 1e-8, 1, 1e8, 1e30 };
    unsigned most = 0;
    for (size_t k = 0; k < crease_test_count(20000); k++) {
        member m;
        member_open(&m, *state, members[k % MEMBERS], 1 + k % 8, k);
        member_draw(&m, k % 2 ? 25 : 12);
        m.w = sizes[k / 5 % 5];
        for (size_t i = 0; i < m.s.n; i++) m.c[i] *= sizes[k / 25 % 5], m.d[i] *= k / 125 % 2 ? 1e10 : 1e-10;
        member_certified(&m, 2e-14);
        most = m.info.iterations > most ? m.info.iterations : most;
        member_close(&m);
    }
    assert_true(most <= 60);
}

static void hostile_input(void **state)
{
    for (size_t k = 0; k < MEMBERS; k++) {
        member m;
        bool hard = strcmp(members[k], "group_elastic_net") != 0; /* its ridge bounds it */
        member_open(&m, *state, members[k], 2, k);
        m.c[0] = NAN;
        assert_int_equal(member_solve(&m), CREASE_ENAN);
        m.c[0] = -INFINITY;
        assert_int_equal(member_solve(&m), CREASE_ENAN);
        m.c[0] = 3, m.d[1] = NAN;
        assert_int_equal(member_solve(&m), CREASE_ENAN);
        m.d[0] = 0, m.d[1] = 1;
        assert_int_equal(member_solve(&m), hard ? CREASE_EUNBOUNDED : CREASE_OK);
        m.c[0] = 0, m.c[1] = 0.25; /* flat, but nothing pulls */
        member_certified(&m, 1e-15);
        assert_true(m.x[0] == 0 && m.x[1] == 0);
        m.d[0] = 1, m.c[0] = 3, m.s.weight = INFINITY;
        member_certified(&m, 1e-15);
        assert_true(m.x[0] == 0 && m.x[1] == 0);
        m.s.weight = 0;
        member_certified(&m, 1e-15);
        assert_true(m.x[0] == 3 / (hard ? 1. : 2.) && crease_part_value(m.psi, &m.s, m.x) >= 0);
        m.s.n = 0, m.s.weight = 1;
        assert_ok(m.ctx, member_solve(&m));
        assert_true(crease_part_value(m.psi, &m.s, m.x) == 0 && member_certificate(&m) == 0);
        member_close(&m);
    }
}

static int set_up(void **state)
{
    member_set_up(state);
    assert_ok(*state, crease_register(*state, CREASE_REGULARIZER, &kinked.base));
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_grid_point_is_better),
        cmocka_unit_test(no_length_is_better),
        cmocka_unit_test(kinks_hold),
        cmocka_unit_test(the_regime_of_mcp_depends_on_the_metric),
        cmocka_unit_test(thresholds_are_sharp),
        cmocka_unit_test(radii_hold),
        cmocka_unit_test(nonnegative_groups),
        cmocka_unit_test(extreme_magnitudes),
        cmocka_unit_test(hostile_input),
    };
    return cmocka_run_group_tests(tests, set_up, member_tear_down);
}

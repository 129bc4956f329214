/* Sums of norms of groups that overlap: tree_l2 and overlap_l2. */
#include <math.h>
#include <string.h>

#include "overlap_support.h"

static const double spreads[] = { 1, 1e2, 1e4 };
static const double weights[] = { 1e-3, 1, 1e4 };

/* d constant on every group but the first, which holds all. */
static void flatten(overlap *s)
{
    for (size_t g = 1; g < s->lists.count; g++)
        for (size_t e = s->lists.start[g]; e < s->lists.start[g + 1]; e++)
            s->d[s->lists.index[e]] = s->d[s->lists.index[s->lists.start[g]]];
}

/* What rounding of c is worth. */
static double nothing(const overlap *s)
{
    double sum = 0;
    for (size_t i = 0; i < s->part.n; i++) sum += 1e-26 * s->c[i] * (s->c[i] / s->d[i]);
    return sum;
}

/* Within rounding of the lower bound, and the stated gap no less than what the point loses to another. */
static void check_objective(const overlap *s, const char *what, double allowed)
{
    double other[MOST];
    long double bound = overlap_reference(s, 30000, other), size = overlap_size(s, s->x);
    long double found = overlap_objective(s, s->x), excess = found - overlap_objective(s, other);
    if (allowed < 1 && !(found - bound <= allowed * size + nothing(s)))
        fail_msg("%s: %Lg above, of %Lg", what, found - bound, size);
    if (!(excess <= s->info.gap + 1e-15L * size + nothing(s)))
        fail_msg("%s: %Lg to gain, gap %g", what, excess, s->info.gap);
}

static void tree_against_reference(void **state)
{
    for (size_t k = 0; k < crease_test_count(1000); k++) {
        lists l = lists_tree(2 + overlap_below(12));
        overlap s = overlap_make(*state, "tree_l2", &l, weights[k % 3]);
        overlap_draw(&s, spreads[k % 2]);
        if (k % 4 == 1) flatten(&s);
        assert_ok(*state, overlap_solve(&s));
        if (k % 4 < 2 || k % 2 == 0) assert_true(s.info.exact && s.info.gap == 0);
        check_objective(&s, "tree", 1e-11);
        if (!(overlap_certificate(&s) <= 1e-13)) fail_msg("certificate %g", overlap_certificate(&s));
        overlap_free(&s);
    }
}

static void overlap_against_reference(void **state)
{
    for (size_t k = 0; k < crease_test_count(1000); k++) {
        lists l = lists_random(3 + overlap_below(10), 1 + overlap_below(8));
        overlap s = overlap_make(*state, "overlap_l2", &l, weights[k % 3]);
        overlap_draw(&s, spreads[k % 2]);
        assert_ok(*state, overlap_solve(&s));
        if (!(s.info.gap <= 1e-13 * (double)overlap_size(&s, s.x) + nothing(&s)))
            fail_msg("%zu: gap %g of %Lg, %u rounds", k, s.info.gap, overlap_size(&s, s.x),
                     s.info.iterations);
        check_objective(&s, "overlap", 1e-9);
        overlap_free(&s);
    }
}

/* From small groups to large, each the exact minimizer in its own block: right only if d allows it. */
static void compose(const overlap *s, double *x)
{
    double b[MOST], d[MOST], part[MOST];
    for (size_t i = 0; i < s->part.n; i++) x[i] = s->c[i] / s->d[i];
    for (size_t size = 1; size <= s->part.n; size++)
        for (size_t g = 0; g < s->lists.count; g++) {
            const uint32_t *index = s->lists.index + s->lists.start[g];
            if (s->lists.start[g + 1] - s->lists.start[g] != size) continue;
            for (size_t j = 0; j < size; j++) {
                d[j] = s->d[index[j]];
                b[j] = d[j] * x[index[j]];
            }
            overlap_block(size, b, d, s->w * s->lists.weight[g], part);
            for (size_t j = 0; j < size; j++) x[index[j]] = part[j];
        }
}

static double distance(const overlap *s, const double *x)
{
    double largest = 0, far = 0;
    for (size_t i = 0; i < s->part.n; i++) {
        far = fmax(far, fabs(x[i] - s->x[i]));
        largest = fmax(largest, fabs(s->x[i]));
    }
    return far / largest;
}

/* A root over a child whose d is not constant: composition is wrong by a fifth. */
static void composition_trap(void **state)
{
    lists l = { 0 };
    double x[MOST];
    lists_add(&l, 4, (uint32_t[]){ 0, 1, 2, 3 });
    lists_add(&l, 2, (uint32_t[]){ 0, 1 });
    for (unsigned flat = 0; flat < 2; flat++) {
        overlap s = overlap_make(*state, "tree_l2", &l, 1);
        memcpy(s.c, (double[]){ 3, 8, 0.5, -1 }, 4 * sizeof(double));
        memcpy(s.d, (double[]){ 0.1, flat ? 0.1 : 10, 1, 1 }, 4 * sizeof(double));
        assert_ok(*state, overlap_solve(&s));
        compose(&s, x);
        assert_true(overlap_certificate(&s) <= 1e-15);
        assert_int_equal(s.info.exact, flat);
        if (flat)
            assert_true(distance(&s, x) <= 1e-14);
        else
            assert_true(distance(&s, x) > 0.2
                        && overlap_objective(&s, x) > overlap_objective(&s, s.x) + 0.04);
        overlap_free(&s);
    }
}

static void tree_by_composition(void **state)
{
    for (size_t k = 0; k < crease_test_count(2000); k++) {
        lists l = lists_tree(1 + overlap_below(MOST));
        overlap s = overlap_make(*state, "tree_l2", &l, weights[k % 3]);
        double x[MOST];
        overlap_draw(&s, k % 2 ? 1e12 : 1);
        flatten(&s);
        assert_ok(*state, overlap_solve(&s));
        assert_true(s.info.exact);
        compose(&s, x);
        for (size_t i = 0; i < s.part.n; i++)
            if (!(fabs(s.d[i] * (x[i] - s.x[i])) <= 1e-13 * s.w * 1e3)) fail_msg("%g and %g", x[i], s.x[i]);
        overlap_free(&s);
    }
}

/* Disjoint groups are the group lasso: zeros by |c_g| <= w weight_g, others by bisection. */
static void disjoint(void **state)
{
    for (size_t k = 0; k < crease_test_count(2000); k++) {
        lists l = lists_disjoint(1 + overlap_below(MOST));
        overlap s = overlap_make(*state, k % 2 ? "overlap_l2" : "tree_l2", &l, weights[k % 3]);
        double b[MOST], d[MOST], x[MOST];
        overlap_draw(&s, k % 5 ? 1e12 : 1);
        assert_ok(*state, overlap_solve(&s));
        assert_true(s.info.exact && s.info.gap == 0);
        for (size_t g = 0; g < l.count; g++) {
            size_t size = l.start[g + 1] - l.start[g];
            for (size_t j = 0; j < size; j++) {
                b[j] = s.c[l.index[l.start[g] + j]];
                d[j] = s.d[l.index[l.start[g] + j]];
            }
            overlap_block(size, b, d, s.w * l.weight[g], x);
            for (size_t j = 0; j < size; j++) {
                double found = s.x[l.index[l.start[g] + j]];
                assert_int_equal(found == 0, x[j] == 0);
                assert_true(fabs(found - x[j]) <= 1e-12 * fabs(x[j]));
            }
        }
        overlap_free(&s);
    }
}

/* A solution chosen first: some groups zero with multipliers inside their balls, the others on their
 * spheres. */
static void plant(overlap *s, double spread, double inside, double *x, bool *zero)
{
    double y[MOST];
    bool held[MOST] = { 0 };
    for (size_t g = 0; g < s->lists.count; g++) {
        zero[g] = overlap_below(3) == 0;
        for (size_t e = s->lists.start[g]; e < s->lists.start[g + 1]; e++) held[s->lists.index[e]] |= zero[g];
    }
    for (size_t i = 0; i < s->part.n; i++) {
        s->d[i] = pow(spread, overlap_uniform(-0.5, 0.5));
        x[i] = held[i] ? 0 : s->w * overlap_normal() / s->d[i];
        s->c[i] = s->d[i] * x[i];
    }
    for (size_t g = 0; g < s->lists.count; g++) {
        size_t begin = s->lists.start[g], size = s->lists.start[g + 1] - begin;
        double length = overlap_norm(s, g, x), sum = 0, radius = s->w * s->lists.weight[g];
        zero[g] = length == 0;
        for (size_t j = 0; j < size; j++) {
            y[j] = zero[g] ? overlap_normal() : x[s->lists.index[begin + j]] / length;
            sum = hypot(sum, y[j]);
        }
        for (size_t j = 0; j < size; j++)
            s->c[s->lists.index[begin + j]] += radius * (zero[g] ? inside / sum : 1) * y[j];
    }
}

static void planted(void **state)
{
    static const double spread[] = { 1, 1e3, 1e12 };
    for (size_t k = 0; k < crease_test_count(5000); k++) {
        bool zero[MOST_GROUPS], tree = k % 2;
        double x[MOST];
        lists l = tree ? lists_tree(1 + overlap_below(MOST))
                       : lists_random(3 + overlap_below(40), 1 + overlap_below(40));
        overlap s = overlap_make(*state, tree ? "tree_l2" : "overlap_l2", &l, weights[k / 2 % 3]);
        plant(&s, spread[k / 6 % 3], overlap_uniform(0, 0.9), x, zero);
        assert_ok(*state, overlap_solve(&s));
        for (size_t i = 0; i < s.part.n; i++) {
            double far = fabs(s.d[i] * (s.x[i] - x[i])), size = fabs(s.c[i]) + s.w;
            if ((s.x[i] == 0) != (x[i] == 0) || !(far <= 1e-9 * size))
                fail_msg("%zu: %g, not %g", k, s.x[i], x[i]);
        }
        if (!(s.info.gap <= 1e-13 * (double)overlap_size(&s, x) + nothing(&s)))
            fail_msg("%zu: gap %g", k, s.info.gap);
        if (!(overlap_certificate(&s) <= 1e-11)) fail_msg("%zu: certificate %g", k, overlap_certificate(&s));
        overlap_free(&s);
    }
}

/* Stopped early, the gap is still a bound. */
static void gap_is_a_bound(void **state)
{
    for (size_t k = 0; k < crease_test_count(500); k++) {
        lists l = lists_random(3 + overlap_below(10), 2 + overlap_below(8));
        overlap s = overlap_make(*state, "overlap_l2", &l, 1);
        assert_ok(*state, crease_regularizer_set(s.psi, "max_iters", "1"));
        overlap_draw(&s, 1e3);
        assert_ok(*state, overlap_solve(&s));
        check_objective(&s, "early", 1);
        overlap_free(&s);
    }
}

/* The distance at a point with zero groups, against the same projection in long double. */
static void residual_is_the_distance(void **state)
{
    for (size_t k = 0; k < crease_test_count(1000); k++) {
        bool zero[MOST_GROUPS], tree = k % 2;
        double x[MOST], rest[MOST], expected = 0;
        lists l = tree ? lists_tree(2 + overlap_below(12))
                       : lists_random(3 + overlap_below(10), 1 + overlap_below(8));
        overlap s = overlap_make(*state, tree ? "tree_l2" : "overlap_l2", &l, 1);
        plant(&s, 1, 0.5, x, zero);
        overlap balls = s;
        assert_ok(*state, overlap_solve(&s)); /* for the work space */
        for (size_t i = 0; i < s.part.n; i++) {
            s.x[i] = x[i];
            s.g[i] = rest[i] = overlap_normal() * 3;
            balls.d[i] = 1;
        }
        for (size_t g = 0; g < l.count; g++) {
            double length = overlap_norm(&s, g, x);
            balls.lists.weight[g] = zero[g] ? l.weight[g] : 0;
            for (size_t e = l.start[g]; e < l.start[g + 1] && !zero[g]; e++)
                rest[l.index[e]] += l.weight[g] * x[l.index[e]] / length;
        }
        for (size_t i = 0; i < s.part.n; i++) balls.c[i] = rest[i];
        overlap_reference(&balls, 5000, rest);
        for (size_t i = 0; i < s.part.n; i++) expected = hypot(expected, rest[i]);
        double found = crease_part_residual(s.psi, &s.part, s.x, s.g, 1);
        if (!(fabs(found - expected) <= 3e-6 * expected + 1e-14))
            fail_msg("%zu: %.12g, not %.12g", k, found, expected);
        overlap_free(&s);
    }
}

/* <y, x> = psi(x) where y is made of multipliers inside the unit balls, on the spheres where x is not 0. */
static void dual_norms(void **state)
{
    for (size_t k = 0; k < crease_test_count(500); k++) {
        bool zero[MOST_GROUPS], tree = k % 2, any = false;
        double x[MOST];
        lists l = tree ? lists_tree(2 + overlap_below(12))
                       : lists_random(3 + overlap_below(10), 1 + overlap_below(6));
        overlap s = overlap_make(*state, tree ? "tree_l2" : "overlap_l2", &l, 1);
        plant(&s, 1, 0.5, x, zero);
        for (size_t g = 0; g < l.count; g++) any |= !zero[g];
        assert_ok(*state, overlap_solve(&s));
        for (size_t i = 0; i < s.part.n; i++) {
            bool covered = false;
            for (size_t e = 0; e < l.start[l.count]; e++) covered |= l.index[e] == i;
            s.g[i] = covered ? s.c[i] - s.d[i] * x[i] : 0;
        }
        double found = crease_part_dual_norm(s.psi, &s.part, s.g);
        if (any && !(fabs(found - 1) <= 1e-7)) fail_msg("%zu: %.14g", k, found);
        if (!any) assert_true(found <= 0.5 * (1 + 1e-12));
        overlap_free(&s);
    }
}

/* A slack is safe: less than it, on the entries of one zero group, changes no unit. */
static void margins(void **state)
{
    for (size_t k = 0; k < crease_test_count(1000); k++) {
        bool zero[MOST_GROUPS], tree = k % 2;
        double x[MOST], before[MOST], sum = 0;
        crease_unit unit[MOST_GROUPS];
        crease_margin margin[MOST_GROUPS];
        lists l = tree ? lists_tree(2 + overlap_below(30))
                       : lists_random(3 + overlap_below(20), 1 + overlap_below(15));
        overlap s = overlap_make(*state, tree ? "tree_l2" : "overlap_l2", &l, 1);
        plant(&s, 1e3, 0.5, x, zero);
        assert_ok(*state, overlap_solve(&s));
        assert_int_equal(crease_part_units(s.psi, &s.part), l.count);
        crease_part_signature(s.psi, &s.part, s.x, unit);
        crease_part_margins(s.psi, &s.part, s.x, s.g, s.w, margin);
        size_t dimension = crease_part_dimension(s.psi, &s.part, s.x, unit), nonzero = 0, chosen = l.count;
        for (size_t i = 0; i < s.part.n; i++) nonzero += s.x[i] != 0;
        assert_int_equal(dimension, nonzero);
        for (size_t g = 0; g < l.count; g++) {
            assert_int_equal(unit[g] == 0, zero[g]);
            if (zero[g])
                assert_true(margin[g].slack > 0 && isnan(margin[g].size) && margin[g].threshold > 0);
            else
                assert_true(isnan(margin[g].slack) && margin[g].size > 0);
            if (zero[g] && overlap_below(2)) chosen = g;
        }
        memcpy(before, s.x, sizeof before);
        for (size_t e = chosen < l.count ? l.start[chosen] : 0; chosen < l.count && e < l.start[chosen + 1];
             e++)
            sum = hypot(sum, x[l.index[e]] = overlap_normal());
        for (size_t e = chosen < l.count ? l.start[chosen] : 0; chosen < l.count && e < l.start[chosen + 1];
             e++)
            s.c[l.index[e]] += 0.99 * margin[chosen].slack * x[l.index[e]] / sum;
        assert_ok(*state, overlap_solve(&s));
        for (size_t i = 0; i < s.part.n; i++) assert_true((s.x[i] == 0) == (before[i] == 0));
        overlap_free(&s);
    }
}

static int setup(void **state)
{
    *state = test_ctx();
    return 0;
}

static int teardown(void **state)
{
    crease_ctx_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tree_against_reference),
        cmocka_unit_test(overlap_against_reference),
        cmocka_unit_test(composition_trap),
        cmocka_unit_test(tree_by_composition),
        cmocka_unit_test(disjoint),
        cmocka_unit_test(planted),
        cmocka_unit_test(gap_is_a_bound),
        cmocka_unit_test(residual_is_the_distance),
        cmocka_unit_test(dual_norms),
        cmocka_unit_test(margins),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

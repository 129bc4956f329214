/* The latent group lasso; and what all three members with overlapping groups make of hostile input. */
#include <math.h>
#include <string.h>

#include "overlap_support.h"

static const char *const members[] = { "tree_l2", "overlap_l2", "latent_group" };
static const double weights[] = { 1e-3, 1, 1e4 };

/* A solution chosen first: u, then weights that make |u_g| the radius of the groups used and less than that
 * of the others, then t_g > 0 on the groups used: x_i = u_i times the t_g of its groups. Returns psi(x). */
static double plant(overlap *s, double spread, double *x, double *u)
{
    double total[MOST] = { 0 }, psi = 0;
    for (size_t i = 0; i < s->part.n; i++) {
        u[i] = s->w * overlap_normal();
        s->d[i] = pow(spread, overlap_uniform(-0.5, 0.5));
    }
    for (size_t g = 0; g < s->lists.count; g++) {
        bool used = overlap_below(3) == 0;
        double t = used ? pow(spread, overlap_uniform(-0.5, 0.5)) : 0, radius = overlap_norm(s, g, u);
        for (size_t e = s->lists.start[g]; e < s->lists.start[g + 1]; e++) total[s->lists.index[e]] += t;
        s->lists.weight[g] = radius / s->w * (used ? 1 : overlap_uniform(1.05, 3));
        psi += t * radius * (radius / s->w);
    }
    assert_ok(s->ctx, crease_groups_set_weights(s->ctx, &s->groups, s->lists.weight));
    for (size_t i = 0; i < s->part.n; i++) {
        x[i] = total[i] * u[i];
        s->c[i] = s->d[i] * x[i] + u[i];
    }
    return psi;
}

/* Every entry gets into a group. */
static lists covering(size_t n, size_t count)
{
    lists l = lists_random(n, count);
    uint32_t left[MOST], size = 0;
    for (uint32_t i = 0; i < l.n; i++) {
        bool covered = false;
        for (size_t e = 0; e < l.start[l.count]; e++) covered |= l.index[e] == i;
        if (!covered) left[size++] = i;
    }
    if (size > 0) lists_add(&l, size, left);
    return l;
}

static void planted(void **state)
{
    static const double spreads[] = { 1, 1e3, 1e12 };
    for (size_t k = 0; k < crease_test_count(5000); k++) {
        size_t n = 3 + overlap_below(40);
        lists l = covering(n, 1 + overlap_below(n)); /* with more, t is far from unique and the end slow */
        overlap s = overlap_make(*state, "latent_group", &l, weights[k % 3]);
        double x[MOST], u[MOST], psi = plant(&s, spreads[k / 3 % 3], x, u);
        assert_ok(*state, overlap_solve(&s));
        for (size_t i = 0; i < s.part.n; i++) {
            double far = fabs(s.d[i] * (s.x[i] - x[i]));
            if ((s.x[i] == 0) != (x[i] == 0) || !(far <= 1e-8 * (fabs(s.c[i]) + s.w)))
                fail_msg("%zu: %g, not %g", k, s.x[i], x[i]);
        }
        double size = 0.5 * s.w * psi;
        for (size_t i = 0; i < s.part.n; i++) size += s.d[i] * x[i] * x[i];
        if (!(s.info.gap <= 1e-11 * size)) fail_msg("%zu: gap %g of %g", k, s.info.gap, size);
        if (!(overlap_certificate(&s) <= 1e-11)) fail_msg("%zu: certificate %g", k, overlap_certificate(&s));
        double value = crease_part_value(s.psi, &s.part, x);
        if (!(fabs(value - psi) <= 1e-10 * psi)) fail_msg("%zu: psi %.14g, not %.14g", k, value, psi);
        double dual = crease_part_dual_norm(s.psi, &s.part, u);
        if (psi > 0 && !(fabs(dual - s.w) <= 1e-13 * s.w)) fail_msg("%zu: dual norm %.14g", k, dual);
        overlap_free(&s);
    }
}

/* The same as a sum of norms where no groups overlap. */
static void disjoint_is_the_group_lasso(void **state)
{
    for (size_t k = 0; k < crease_test_count(1000); k++) {
        lists l = lists_disjoint(1 + overlap_below(MOST));
        overlap s = overlap_make(*state, "latent_group", &l, weights[k % 3]);
        overlap other = overlap_make(*state, "overlap_l2", &l, weights[k % 3]);
        overlap_draw(&s, 1e6);
        memcpy(other.c, s.c, sizeof s.c);
        memcpy(other.d, s.d, sizeof s.d);
        assert_ok(*state, overlap_solve(&s));
        assert_ok(*state, overlap_solve(&other));
        for (size_t i = 0; i < s.part.n; i++) {
            assert_int_equal(s.x[i] == 0, other.x[i] == 0);
            assert_true(fabs(s.d[i] * (s.x[i] - other.x[i])) <= 1e-10 * (fabs(s.c[i]) + s.w));
        }
        double value = crease_part_value(s.psi, &s.part, s.x),
               sum = crease_part_value(other.psi, &other.part, s.x);
        assert_true(fabs(value - sum) <= 1e-12 * sum);
        overlap_free(&s);
        overlap_free(&other);
    }
}

/* By another algorithm: descent over the parts of x, each by bisection. What it finds is no better than the
 * gap. */
static double descend(const overlap *s, unsigned sweeps, double *x, double *psi)
{
    static double v[MOST_ENTRIES];
    double b[MOST], d[MOST], objective = 0;
    memset(v, 0, sizeof v);
    memset(x, 0, MOST * sizeof *x);
    for (unsigned t = 0; t < sweeps; t++)
        for (size_t g = 0; g < s->lists.count; g++) {
            size_t begin = s->lists.start[g], size = s->lists.start[g + 1] - begin;
            for (size_t j = 0; j < size; j++) {
                size_t i = s->lists.index[begin + j];
                x[i] -= v[begin + j];
                d[j] = s->d[i];
                b[j] = s->c[i] - d[j] * x[i];
            }
            overlap_block(size, b, d, s->w * s->lists.weight[g], v + begin);
            for (size_t j = 0; j < size; j++) x[s->lists.index[begin + j]] += v[begin + j];
        }
    *psi = 0;
    for (size_t g = 0; g < s->lists.count; g++) {
        double sum = 0;
        for (size_t e = s->lists.start[g]; e < s->lists.start[g + 1]; e++) sum = hypot(sum, v[e]);
        *psi += s->lists.weight[g] * sum;
    }
    for (size_t i = 0; i < s->part.n; i++) objective += 0.5 * s->d[i] * x[i] * x[i] - s->c[i] * x[i];
    return objective + s->w * *psi;
}

static void against_descent(void **state)
{
    for (size_t k = 0; k < crease_test_count(500); k++) {
        lists l = covering(3 + overlap_below(8), 1 + overlap_below(8));
        overlap s = overlap_make(*state, "latent_group", &l, 1);
        double x[MOST], size = 0, psi, least, found = 0;
        overlap_draw(&s, 1e2);
        if (k % 2) assert_ok(*state, crease_regularizer_set(s.psi, "max_iters", "1"));
        assert_ok(*state, overlap_solve(&s));
        if (k % 2) assert_ok(*state, crease_regularizer_set(s.psi, "max_iters", "200"));
        least = descend(&s, 300, x, &psi);
        for (size_t i = 0; i < s.part.n; i++) {
            found += 0.5 * s.d[i] * s.x[i] * s.x[i] - s.c[i] * s.x[i];
            size += s.d[i] * s.x[i] * s.x[i];
        }
        found += crease_part_value(s.psi, &s.part, s.x);
        if (k % 2 == 0 && !(found <= least + 1e-12 * size))
            fail_msg("%zu: %.15g, not %.15g", k, found, least);
        if (!(found - least <= s.info.gap + 1e-12 * size))
            fail_msg("%zu: %g to gain, gap %g", k, found - least, s.info.gap);
        double value = crease_part_value(s.psi, &s.part, x);
        if (!(value <= psi * (1 + 1e-12))) fail_msg("%zu: psi %.15g above %.15g", k, value, psi);
        overlap_free(&s);
    }
}

/* --- hostile input, all three ------------------------------------------------------------------------ */

static void refusals(void **state)
{
    static const uint32_t crossing[] = { 0, 1, 1, 2 }, twice[] = { 0, 0 }, far[] = { 0, 7 };
    static const size_t two[] = { 0, 2, 4 }, one[] = { 0, 2 };
    crease_groups groups = { .count = 2, .entries = 4, .start = two, .index = crossing, .uniform_weight = 1 };
    for (size_t m = 0; m < 3; m++) {
        crease_regularizer *psi = crease_regularizer_create(*state, members[m]);
        crease_part part = {
            .type = psi->type, .opts = psi->opts, .n = 3, .whole = 3, .weight = 1, .groups = &groups
        };
        const char *why = crease_part_refusal(psi, &part);
        if (m == 0)
            assert_non_null(strstr(why, "not a tree"));
        else
            assert_null(why);
        groups =
            (crease_groups){ .count = 1, .entries = 2, .start = one, .index = twice, .uniform_weight = 1 };
        assert_non_null(strstr(crease_part_refusal(psi, &part), "twice"));
        groups.index = far;
        assert_non_null(strstr(crease_part_refusal(psi, &part), "does not exist"));
        groups =
            (crease_groups){ .count = 2, .entries = 4, .start = two, .index = crossing, .uniform_weight = 1 };
        crease_regularizer_free(psi);
    }
}

/* Too large to be looked at beforehand: the oracle itself refuses. */
static void refusals_of_large_sets(void **state)
{
    enum { LARGE = 6000 };
    static uint32_t index[2 * LARGE];
    static double c[LARGE], d[LARGE], x[LARGE];
    for (unsigned repeated = 0; repeated < 2; repeated++) {
        const size_t start[] = { 0, LARGE / 2, LARGE };
        for (uint32_t i = 0; i < LARGE; i++) {
            index[i] = i < LARGE / 2 ? i : i - LARGE / 4; /* the second half of one is in the other */
            d[i] = 1;
        }
        if (repeated) index[LARGE - 1] = index[LARGE - 2];
        crease_groups groups;
        assert_ok(*state, crease_groups_from_lists(*state, 2, start, index, &groups));
        for (size_t m = 0; m < 3; m++) {
            crease_regularizer *psi = crease_regularizer_create(*state, members[m]);
            crease_term term = { psi, &groups, NULL };
            crease_part part = crease_term_part(&term, 0);
            crease_prox_info info = { 0 };
            assert_null(crease_part_refusal(psi, &part));
            part.work = test_malloc(crease_part_work(psi, &part));
            int code = crease_part_prox(psi, &part, c, d, 1, x, &info);
            assert_int_equal(code, repeated || m == 0 ? CREASE_ENOTSUP : CREASE_OK);
            test_free(part.work);
            crease_regularizer_free(psi);
        }
        crease_groups_free(*state, &groups);
    }
}

/* Entry 0 in a group of weight 0, 1 in one of infinite weight, 2 in no group, 3 to 5 penalized; an empty
 * group. */
static void odd_groups(void **state)
{
    lists l = { 0 };
    lists_add(&l, 1, (uint32_t[]){ 0 });
    lists_add(&l, 1, (uint32_t[]){ 1 });
    lists_add(&l, 0, NULL);
    lists_add(&l, 3, (uint32_t[]){ 3, 4, 5 });
    lists_add(&l, 2, (uint32_t[]){ 4, 5 });
    memcpy(l.weight, (double[]){ 0, INFINITY, 1, 1, 1 }, 5 * sizeof(double));
    for (size_t m = 0; m < 3; m++) {
        overlap s = overlap_make(*state, members[m], &l, 1);
        memcpy(s.c, (double[]){ 2, 3, 4, 0.3, 3, -2 }, 6 * sizeof(double));
        memcpy(s.d, (double[]){ 4, 1, 2, 1, 2, 3 }, 6 * sizeof(double));
        assert_ok(*state, overlap_solve(&s));
        assert_true(s.x[0] == 0.5 && s.x[1] == 0 && s.x[2] == 2 && s.x[4] > 0);
        assert_true(overlap_certificate(&s) <= 1e-14);
        s.x[1] = 1;
        assert_true(isinf(crease_part_value(s.psi, &s.part, s.x)));
        assert_true(isinf(crease_part_residual(s.psi, &s.part, s.x, s.g, 1)));
        assert_true(isinf(crease_part_dual_norm(s.psi, &s.part, s.c)));
        s.c[4] = NAN;
        assert_int_equal(overlap_solve(&s), CREASE_ENAN);
        s.c[4] = INFINITY;
        assert_int_equal(overlap_solve(&s), CREASE_ENAN);
        overlap_free(&s);
    }
}

static void nothing(void **state)
{
    lists l = { 0 };
    lists_add(&l, 0, NULL);
    for (size_t m = 0; m < 3; m++) {
        overlap s = overlap_make(*state, members[m], &l, 1);
        assert_int_equal(s.part.n, 0);
        assert_ok(*state, overlap_solve(&s));
        assert_true(crease_part_value(s.psi, &s.part, s.x) == 0 && overlap_certificate(&s) == 0);
        assert_true(crease_part_dual_norm(s.psi, &s.part, s.x) == 0);
        overlap_free(&s);
    }
    lists tree = lists_tree(20);
    for (size_t m = 0; m < 3; m++) {
        overlap s = overlap_make(*state, members[m], &tree, 1);
        overlap_draw(&s, 1);
        memset(s.c, 0, sizeof s.c);
        assert_ok(*state, overlap_solve(&s));
        for (size_t i = 0; i < s.part.n; i++) assert_true(s.x[i] == 0);
        assert_true(s.info.gap == 0 && overlap_certificate(&s) == 0);
        overlap_free(&s);
    }
}

/* d = 0: linear in those entries, so that the penalty has to hold them. Entry 2 is in one group only. */
static void flat_directions(void **state)
{
    lists l = { 0 };
    lists_add(&l, 3, (uint32_t[]){ 0, 1, 2 });
    lists_add(&l, 2, (uint32_t[]){ 0, 1 });
    memcpy(l.weight, (double[]){ 1, 0.4 }, 2 * sizeof(double));
    for (size_t k = 0; k < crease_test_count(500); k++) {
        overlap s = overlap_make(*state, members[k % 3], &l, 1);
        for (size_t i = 0; i < 3; i++) {
            s.c[i] = 2 * overlap_normal();
            s.d[i] = i == 2 ? 0 : overlap_uniform(0.1, 10);
        }
        s.c[2] = overlap_uniform(-0.99, 0.99);
        assert_ok(*state, overlap_solve(&s));
        if (!(overlap_certificate(&s) <= 1e-12)) fail_msg("certificate %g", overlap_certificate(&s));
        assert_true(s.info.gap <= 1e-12);
        s.c[2] = 1.01;
        assert_int_equal(overlap_solve(&s), CREASE_EUNBOUNDED);
        s.d[2] = s.d[0] = 1;
        s.d[1] = 0;
        s.c[1] = 0.1;
        if (k % 3 < 2)
            assert_int_equal(overlap_solve(&s), CREASE_ENOTSUP);
        else
            assert_ok(*state, overlap_solve(&s));
        overlap_free(&s);
    }
}

/* Everything times 10^+-25: the same answer, scaled. */
static void magnitudes(void **state)
{
    static const double factors[] = { 1e-25, 1e25 };
    for (size_t k = 0; k < crease_test_count(500); k++) {
        lists l = k % 3 == 0 ? lists_tree(2 + overlap_below(20))
                             : covering(3 + overlap_below(20), 1 + overlap_below(15));
        overlap s = overlap_make(*state, members[k % 3], &l, 1);
        double x[MOST], certificate, up = factors[k / 3 % 2], metric = factors[k / 6 % 2];
        overlap_draw(&s, 1e3);
        assert_ok(*state, overlap_solve(&s));
        memcpy(x, s.x, sizeof x);
        for (size_t i = 0; i < s.part.n; i++) {
            s.c[i] *= up;
            s.d[i] *= metric;
        }
        s.w = up;
        assert_ok(*state, overlap_solve(&s));
        for (size_t i = 0; i < s.part.n; i++) {
            double far = fabs(s.x[i] * (metric / up) - x[i]);
            if ((s.x[i] == 0) != (x[i] == 0) || !(far * s.d[i] / metric <= 1e-9 * (fabs(s.c[i]) / up + 1)))
                fail_msg("%s: %g, not %g", members[k % 3], s.x[i] * (metric / up), x[i]);
        }
        certificate = overlap_certificate(&s);
        if (!(certificate <= 1e-11)) fail_msg("%s: certificate %g", members[k % 3], certificate);
        overlap_free(&s);
    }
}

/* The same group many times, and groups on the edge: |c| is the sum of the radii. */
static void repeated_and_tied(void **state)
{
    for (size_t k = 0; k < crease_test_count(300); k++) {
        lists l = { 0 };
        for (size_t g = 0; g < 3; g++) lists_add(&l, 2, (uint32_t[]){ 0, 1 });
        lists_add(&l, 3, (uint32_t[]){ 0, 1, 2 });
        overlap s = overlap_make(*state, members[k % 3], &l, 1);
        double length = k % 2 ? 3 * sqrt(2) : k % 4 ? 7 : 4;
        for (size_t i = 0; i < 3; i++) s.d[i] = overlap_uniform(0.5, 2);
        s.c[0] = 0.6 * length;
        s.c[1] = 0.8 * length;
        s.c[2] = 0;
        assert_ok(*state, overlap_solve(&s));
        if (k % 3 < 2 && length == 4) assert_true(s.x[0] == 0 && s.x[1] == 0);
        if (length == 7) assert_true(s.x[0] > 0 && s.x[1] > 0);
        assert_true(s.x[2] == 0);
        if (!(s.info.gap <= 1e-12)) fail_msg("%s: gap %g", members[k % 3], s.info.gap);
        if (!(overlap_certificate(&s) <= 1e-7))
            fail_msg("%s: certificate %g", members[k % 3], overlap_certificate(&s));
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
        cmocka_unit_test(planted),
        cmocka_unit_test(disjoint_is_the_group_lasso),
        cmocka_unit_test(against_descent),
        cmocka_unit_test(refusals),
        cmocka_unit_test(refusals_of_large_sets),
        cmocka_unit_test(odd_groups),
        cmocka_unit_test(nothing),
        cmocka_unit_test(flat_directions),
        cmocka_unit_test(magnitudes),
        cmocka_unit_test(repeated_and_tied),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

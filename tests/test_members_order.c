/* SLOPE against brute force over orders and ties, and against the formula that is right in scalar metrics
 * only.                                                                                                 */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/order.h"
#include "one_part.h"

/* --- SLOPE: brute force ----------------------------------------------------------------------------- */

static long double slope_rate(const problem *p, size_t j)
{
    return (long double)p->w * p->part.weight * p->weights[j]; /* lambda = 1 */
}

static int descending(const void *a, const void *b)
{
    long double x = *(const long double *)a, y = *(const long double *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

static long double slope_objective(const problem *p, const long double *x)
{
    long double size[64], sum = 0;
    for (size_t i = 0; i < p->n; i++) {
        size[i] = fabsl(x[i]);
        sum += (0.5L * p->d[i] * x[i] - p->c[i]) * x[i];
    }
    qsort(size, p->n, sizeof *size, descending);
    for (size_t j = 0; j < p->n; j++) sum += slope_rate(p, j) * size[j];
    return sum;
}

/* All ways to give entries one of n + 1 levels, 0 being x = 0; each level at the best height for its ranks.
 */
static long double slope_brute_force(const problem *p, long double *best_x)
{
    size_t level[8] = { 0 }, n = p->n, i;
    long double best = INFINITY;
    do {
        long double x[8] = { 0 };
        for (size_t l = n, rank = 0; l > 0; l--) {
            long double worth = 0, stiff = 0;
            for (i = 0; i < n; i++) {
                if (level[i] != l) continue;
                worth += fabsl((long double)p->c[i]) - slope_rate(p, rank++);
                stiff += p->d[i];
            }
            for (i = 0; i < n && stiff > 0; i++)
                if (level[i] == l) x[i] = copysignl(fmaxl(worth / stiff, 0), p->c[i]);
        }
        long double objective = slope_objective(p, x);
        if (objective < best) {
            best = objective;
            memcpy(best_x, x, n * sizeof *x);
        }
        for (i = 0; i < n && level[i] == n; i++) level[i] = 0;
        if (i < n) level[i]++;
    } while (i < n);
    return best;
}

static int rising(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Weights of one of several kinds, the largest first. */
static void draw_weights(problem *p, size_t kind)
{
    for (size_t j = 0; j < p->n; j++) p->weights[j] = kind % 4 == 0 ? 1 : kind % 4 == 1 ? 0 : -uniform(p);
    if (kind % 4 == 1) p->weights[0] = -1;
    if (kind % 4 == 3)
        for (size_t j = 0; j < p->n; j++) p->weights[j] = ceil(3 * p->weights[j]); /* repeated, and zeros */
    qsort(p->weights, p->n, sizeof *p->weights, rising);
    for (size_t j = 0; j < p->n; j++) p->weights[j] = fabs(p->weights[j]);
    set_weights(p, "weights");
    ready(p);
}

static bool brute_force_is_bounded(const problem *p)
{
    long double size[8], worth = 0;
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++)
        if (p->d[i] == 0) size[n++] = fabsl((long double)p->c[i]);
    qsort(size, n, sizeof *size, descending);
    for (size_t j = 0; j < n; j++)
        if ((worth += size[j] - slope_rate(p, j)) > 0) return false;
    return true;
}

static void slope_matches_brute_force(void **state)
{
    static const double ws[] = { 1e-3, 1, 1e4 };
    for (size_t k = 0; k < crease_test_count(5000); k++) {
        problem p;
        long double best_x[8];
        open_problem(&p, state, "slope", 1 + k % 5, 100 + k);
        p.w = ws[k % 3];
        p.part.weight = k % 7 == 0 ? 2.5 : 1;
        draw_weights(&p, k / 2);
        draw(&p, k / 3, p.w * (k % 4 ? 1 : 1e-3));
        if (k % 6 == 0) p.d[below(&p, p.n)] = 0;
        if (k % 12 == 0) p.d[below(&p, p.n)] = 0;
        bool bounded = brute_force_is_bounded(&p);
        assert_int_equal(solve(&p), bounded ? CREASE_OK : CREASE_EUNBOUNDED);
        if (bounded) {
            long double x[8], best = slope_brute_force(&p, best_x), size = 0;
            for (size_t i = 0; i < p.n; i++) {
                x[i] = p.x[i];
                size += fabsl(p.c[i] * x[i]) + fabsl(p.c[i] * best_x[i]);
            }
            long double over = slope_objective(&p, x) - best;
            if (!(over <= 1e-15L * size)) fail_msg("case %zu: %Lg above the best", k, over / size);
            assert_certified(&p, 1e-14);
        }
        close_problem(&p);
    }
}

/* Sort by |z|, pool neighbours that are out of order, in the metric: what is right for constant d only. */
static void slope_sorted_pooling(const problem *p, long double *x)
{
    size_t order[64], first[64], n = p->n, pools = 0;
    long double worth[64], stiff[64];
    for (size_t i = 0; i < n; i++) order[i] = i;
    for (size_t i = 1; i < n; i++)
        for (size_t k = i; k > 0; k--) {
            size_t a = order[k - 1], b = order[k];
            if (fabs(p->c[a]) / p->d[a] >= fabs(p->c[b]) / p->d[b]) break;
            order[k - 1] = b;
            order[k] = a;
        }
    for (size_t j = 0; j < n; j++) {
        size_t i = order[j];
        worth[pools] = fabsl((long double)p->c[i]) - slope_rate(p, j);
        stiff[pools] = p->d[i];
        first[pools++] = j;
        while (pools > 1 && worth[pools - 2] / stiff[pools - 2] <= worth[pools - 1] / stiff[pools - 1]) {
            pools--;
            worth[pools - 1] += worth[pools];
            stiff[pools - 1] += stiff[pools];
        }
    }
    for (size_t q = 0; q < pools; q++)
        for (size_t j = first[q]; j < (q + 1 < pools ? first[q + 1] : n); j++)
            x[order[j]] = copysignl(fmaxl(worth[q] / stiff[q], 0), p->c[order[j]]);
}

static void sorted_pooling_fails_in_a_metric(void **state)
{
    size_t cases = crease_test_count(2000), worse = 0;
    for (size_t k = 0; k < 2 * cases; k++) {
        problem p;
        long double naive[64], ours[64];
        bool constant = k < cases;
        open_problem(&p, state, "slope", 10 + k % 20, 300 + k);
        draw_weights(&p, 2);
        draw(&p, constant ? 0 : 2, 1);
        if (constant)
            for (size_t i = 0; i < p.n; i++) p.d[i] = 1 + (double)(k % 3);
        assert_int_equal(solve(&p), CREASE_OK);
        slope_sorted_pooling(&p, naive);
        for (size_t i = 0; i < p.n; i++) ours[i] = p.x[i];
        long double gain = slope_objective(&p, naive) - slope_objective(&p, ours);
        assert_true(gain >= -1e-14L);
        if (constant) assert_true(gain <= 1e-14L);
        else worse += gain > 1e-6L;
        close_problem(&p);
    }
    if (worse < cases / 3) fail_msg("sorted pooling is worse in only %zu of %zu cases", worse, cases);
}

/* --- SLOPE: large, and the work it takes -------------------------------------------------------------- */

/* The oracle once more, its sorts counted. */
static size_t sorted_items;
#define crease_sort_descending(n, item, spare) (sorted_items += (n), (crease_sort_descending)(n, item, spare))
#define crease_ordered_prox                    counted_ordered_prox
#include "core/ordered.c"
#undef crease_ordered_prox
#undef crease_sort_descending

static double rate_of_weights(const crease_part *s, size_t j)
{
    return (1 + (double)(s->n - 1 - j) / (double)s->n) / 2;
}

static void slope_of_many_entries(void **state)
{
    size_t most = crease_test_scale() < 1 ? 20000 : 100000;
    for (size_t kind = 0; kind < 5; kind++) {
        problem p;
        open_problem(&p, state, "slope", most, 500 + kind);
        for (size_t j = 0; j < p.n; j++) p.weights[j] = rate_of_weights(&p.part, j);
        set_weights(&p, "weights");
        ready(&p);
        draw(&p, kind, 2);
        assert_int_equal(solve(&p), CREASE_OK);
        assert_certified(&p, 1e-14);
        crease_ordered task = { &p.part, rate_of_weights, 1, p.c, p.d };
        double *again = calloc(p.n, sizeof *again);
        sorted_items = 0;
        assert_int_equal(counted_ordered_prox(&task, again), CREASE_OK);
        assert_memory_equal(again, p.x, p.n * sizeof *again);
        if (sorted_items > 60 * p.n) fail_msg("metric %zu: %zu sorts of all", kind, sorted_items / p.n);
        free(again);
        close_problem(&p);
    }
}

/* A metric that doubles from entry to entry: splits take off few entries at a time. */
static void slope_in_a_geometric_metric(void **state)
{
    for (size_t kind = 0; kind < 4; kind++) {
        problem p;
        open_problem(&p, state, "slope", 600, 600 + kind);
        for (size_t j = 0; j < p.n; j++) p.weights[j] = rate_of_weights(&p.part, j);
        set_weights(&p, "weights");
        ready(&p);
        for (size_t i = 0; i < p.n; i++) {
            p.d[i] = ldexp(1 + uniform(&p), (kind % 2 ? 600 - (int)i : (int)i) - 300);
            p.c[i] = kind < 2 ? 1.5 : p.weights[p.n - 1 - i] * (1 + uniform(&p));
        }
        crease_ordered task = { &p.part, rate_of_weights, 1, p.c, p.d };
        sorted_items = 0;
        assert_int_equal(counted_ordered_prox(&task, p.x), CREASE_OK);
        assert_certified(&p, 1e-14);
        assert_true(sorted_items <= p.n * p.n);
        close_problem(&p);
    }
}

/* One entry that is zero anyway decides which of the two methods runs. */
static void slope_methods_agree_where_d_is_constant(void **state)
{
    for (size_t k = 0; k < crease_test_count(1000); k++) {
        problem p;
        double pooled[400];
        open_problem(&p, state, "slope", 2 + 13 * (k % 30), 700 + k);
        draw_weights(&p, 2 + k % 2);
        draw(&p, 0, 1);
        for (size_t i = 0; i < p.n; i++) p.d[i] = 3;
        p.c[p.n - 1] = 0;
        assert_int_equal(solve(&p), CREASE_OK);
        memcpy(pooled, p.x, p.n * sizeof *pooled);
        p.d[p.n - 1] = 5;
        assert_int_equal(solve(&p), CREASE_OK);
        assert_true(test_max_error(p.n, p.x, pooled) <= 1e-14);
        assert_certified(&p, 1e-14);
        close_problem(&p);
    }
}

/* All alike, or one large tie of different stiffness: rounding must not split it one by one. */
static void slope_keeps_large_ties(void **state)
{
    for (size_t kind = 0; kind < 3; kind++) {
        problem p;
        open_problem(&p, state, "slope", 5000, 900 + kind);
        for (size_t j = 0; j < p.n; j++) p.weights[j] = kind == 1 ? 1 : 1 + rate_of_weights(&p.part, j);
        set_weights(&p, "weights");
        ready(&p);
        for (size_t i = 0; i < p.n; i++) {
            p.d[i] = kind == 2 ? pow(10, 6 * uniform(&p)) : i == 0 ? 2 : 1;
            p.c[i] = 1.7 + p.d[i] * 0.3;
        }
        crease_ordered task = { &p.part, kind == 1 ? NULL : rate_of_weights, 1, p.c, p.d };
        assert_int_equal(solve(&p), CREASE_OK);
        assert_certified(&p, 1e-14);
        sorted_items = 0;
        if (task.rate) assert_int_equal(counted_ordered_prox(&task, p.x), CREASE_OK);
        assert_true(sorted_items <= 20 * p.n);
        close_problem(&p);
    }
}

/* c at the weights is zero; a last bit more is not. */
static void slope_at_its_threshold(void **state)
{
    problem p;
    open_problem(&p, state, "slope", 4, 1);
    memcpy(p.weights, (double[]){ 4, 3, 2, 1 }, 4 * sizeof(double));
    set_weights(&p, "weights");
    ready(&p);
    for (size_t metric = 0; metric < 2; metric++) {
        if (metric) p.d[2] = 7;
        memcpy(p.c, (double[]){ -2, 4, 1, 3 }, 4 * sizeof(double));
        assert_int_equal(solve(&p), CREASE_OK);
        for (size_t i = 0; i < 4; i++) assert_true(p.x[i] == 0);
        p.c[0] = -2.5, p.c[1] = 2.5, p.c[2] = 2.5, p.c[3] = 2.5; /* the sum of all is what is reached */
        assert_int_equal(solve(&p), CREASE_OK);
        for (size_t i = 0; i < 4; i++) assert_true(p.x[i] == 0);
        p.c[2] = nextafter(2.5, 3);
        assert_int_equal(solve(&p), CREASE_OK);
        for (size_t i = 0; i < 4; i++) assert_true(p.x[i] * p.c[i] > 0);
        assert_certified(&p, 1e-15);
    }
    close_problem(&p);
}

static void slope_settings(void **state)
{
    problem p;
    double plain[6];
    open_problem(&p, state, "slope", 6, 2);
    ready(&p);
    draw(&p, 2, 3);
    assert_int_equal(solve(&p), CREASE_OK); /* one weight: the l1 norm */
    for (size_t i = 0; i < 6; i++) {
        double size = (fabs(p.c[i]) - 1) / p.d[i];
        assert_true(p.x[i] == (size > 0 ? copysign(size, p.c[i]) : 0));
    }
    set_number(&p, "tilt", 0.25);
    assert_int_equal(solve(&p), CREASE_OK);
    memcpy(plain, p.x, sizeof plain);
    assert_int_equal(crease_part_dimension(p.psi, &p.part, p.x, (crease_unit[]){ 1, 2, 0, 3, 5, 0 }), 3);
    for (size_t j = 0; j < 6; j++) p.weights[j] = 1 + 0.25 * (double)(5 - j);
    set_weights(&p, "weights");
    set_number(&p, "tilt", 0);
    ready(&p);
    assert_int_equal(solve(&p), CREASE_OK);
    assert_memory_equal(plain, p.x, sizeof plain);
    p.weights[2] = 3;
    set_weights(&p, "weights");
    assert_non_null(crease_part_refusal(p.psi, &p.part)); /* increases */
    assert_ok(p.ctx, crease_regularizer_set(p.psi, "weights", "[2, 1]"));
    assert_non_null(crease_part_refusal(p.psi, &p.part)); /* too few */
    close_problem(&p);
}

static void slope_without_and_with_endless_weight(void **state)
{
    problem p;
    open_problem(&p, state, "slope", 3, 3);
    draw_weights(&p, 2);
    memcpy(p.c, (double[]){ -3, 0, 1e-3 }, 3 * sizeof(double));
    p.part.weight = INFINITY;
    assert_int_equal(solve(&p), CREASE_OK);
    for (size_t i = 0; i < 3; i++) assert_true(p.x[i] == 0 && !signbit(p.x[i]));
    assert_true(crease_part_residual(p.psi, &p.part, p.x, p.c, 1) == 0);
    p.part.weight = 0;
    p.d[0] = 2;
    assert_int_equal(solve(&p), CREASE_OK);
    assert_true(p.x[0] == -1.5 && p.x[1] == 0 && p.x[2] == 1e-3);
    assert_certified(&p, 0);
    p.d[1] = 0;
    assert_int_equal(solve(&p), CREASE_OK);
    p.d[2] = 0;
    assert_int_equal(solve(&p), CREASE_EUNBOUNDED);
    close_problem(&p);
}

/* --- SLOPE: what surrounds the oracle ----------------------------------------------------------------- */

/* The value is the largest over all orders of the weights; the dual norm the largest over sets of entries. */
static void slope_value_and_dual_norm(void **state)
{
    for (size_t k = 0; k < crease_test_count(500); k++) {
        problem p;
        open_problem(&p, state, "slope", 1 + k % 6, 1100 + k);
        draw_weights(&p, 2);
        draw(&p, 0, 1);
        double dual = 0, value = 0, total = 0;
        size_t order[6] = { 0 }, i;
        for (size_t set_of = 1; set_of < (size_t)1 << p.n; set_of++) {
            double size = 0, rates = 0;
            for (size_t e = 0, j = 0; e < p.n; e++)
                if (set_of >> e & 1) size += fabs(p.c[e]), rates += p.weights[j++];
            dual = fmax(dual, size / rates);
        }
        do {
            bool used[6] = { false }, fair = true;
            for (i = 0, total = 0; i < p.n; i++) {
                fair = fair && !used[order[i]];
                used[order[i]] = true;
                total += p.weights[order[i]] * fabs(p.c[i]);
            }
            if (fair) value = fmax(value, total);
            for (i = 0; i < p.n && order[i] == p.n - 1; i++) order[i] = 0;
            if (i < p.n) order[i]++;
        } while (i < p.n);
        assert_true(fabs(crease_part_dual_norm(p.psi, &p.part, p.c) - dual) <= 1e-14 * dual);
        assert_true(fabs(crease_part_value(p.psi, &p.part, p.c) - value) <= 1e-14 * value);
        close_problem(&p);
    }
}

/* At x = 0 the distance of v from the dual ball is |prox(v)|; where all of x is tied far from 0 it is that
 * of the prox of v + M, less M.                                                                         */
static void slope_residual_matches_brute_force(void **state)
{
    for (size_t k = 0; k < crease_test_count(1000); k++) {
        problem p;
        long double rest[8], expected = 0;
        double away = k % 2 ? 50 : 0;
        open_problem(&p, state, "slope", 1 + k % 5, 1300 + k);
        draw_weights(&p, k / 2);
        draw(&p, 0, 1);
        for (size_t i = 0; i < p.n; i++) {
            double sign = i % 2 ? -1 : 1;
            p.d[i] = 1;
            p.x[i] = away ? sign * 2 : 0;
            p.g[i] = -sign * p.c[i];
            p.c[i] += away;
        }
        slope_brute_force(&p, rest);
        for (size_t i = 0; i < p.n; i++) expected += (rest[i] - away) * (rest[i] - away);
        double found = crease_part_residual(p.psi, &p.part, p.x, p.g, 1);
        assert_true(fabsl(found - sqrtl(expected)) <= 1e-14 * (1 + away));
        close_problem(&p);
    }
}

/* A zero's |g_i| may grow by its slack and no more; live units say how far the next magnitude is. */
static void slope_structure(void **state)
{
    for (size_t k = 0; k < crease_test_count(500); k++) {
        problem p;
        crease_unit unit[12];
        crease_margin margin[12];
        open_problem(&p, state, "slope", 12, 1500 + k);
        draw_weights(&p, 2);
        draw(&p, k, 0.6);
        assert_int_equal(solve(&p), CREASE_OK);
        assert_certified(&p, 1e-14);
        crease_part_signature(p.psi, &p.part, p.x, unit);
        crease_part_margins(p.psi, &p.part, p.x, p.g, 1, margin);
        double near = 0;
        for (size_t i = 0; i < p.n; i++) near = fmax(near, 1e-14 * fmax(1, fabs(p.c[i])));
        size_t levels = 0;
        for (size_t i = 0; i < p.n; i++) {
            size_t larger = 0;
            double gap = fabs(p.x[i]), kept = p.g[i];
            bool first = true;
            for (size_t j = 0; j < p.n; j++) {
                bool seen = false;
                for (size_t q = 0; q < j; q++) seen = seen || fabs(p.x[q]) == fabs(p.x[j]);
                if (!seen) larger += fabs(p.x[j]) > fabs(p.x[i]);
                if (fabs(p.x[j]) == fabs(p.x[i])) first = first && j >= i;
                else gap = fmin(gap, fabs(fabs(p.x[j]) - fabs(p.x[i])));
            }
            if (p.x[i] != 0) {
                levels += first;
                assert_true((unit[i] + 1) / 2 == larger + 1);
                assert_true(!first || unit[i] % 2 == 1);
                assert_true(margin[i].size == gap && isnan(margin[i].slack));
                continue;
            }
            assert_true(unit[i] == 0 && isnan(margin[i].size) && margin[i].slack >= -near);
            p.g[i] = copysign(fabs(kept) + margin[i].slack * 0.999, kept);
            assert_true(crease_part_residual(p.psi, &p.part, p.x, p.g, 1) <= near);
            p.g[i] = copysign(fabs(kept) + margin[i].slack + 1e-3 + 9 * near, kept);
            assert_true(crease_part_residual(p.psi, &p.part, p.x, p.g, 1) > 1e-5 + near);
            p.g[i] = kept;
        }
        assert_int_equal(crease_part_dimension(p.psi, &p.part, p.x, unit), levels);
        close_problem(&p);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_context, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(slope_matches_brute_force),
        TEST(sorted_pooling_fails_in_a_metric),
        TEST(slope_of_many_entries),
        TEST(slope_in_a_geometric_metric),
        TEST(slope_methods_agree_where_d_is_constant),
        TEST(slope_keeps_large_ties),
        TEST(slope_at_its_threshold),
        TEST(slope_settings),
        TEST(slope_without_and_with_endless_weight),
        TEST(slope_value_and_dual_norm),
        TEST(slope_residual_matches_brute_force),
        TEST(slope_structure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

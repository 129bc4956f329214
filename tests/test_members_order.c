/* SLOPE, the simplex and the norm balls against brute force, bisection in long double and formulas that fail. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/order.h"
#include "support.h"

/* --- one part of a member -------------------------------------------------------------------------- */

typedef struct {
    crease_ctx *ctx;
    crease_random random;
    crease_regularizer *psi;
    crease_part part;
    size_t n;
    double *c, *d, *x, *g, *weights, w;
    crease_prox_info info;
} problem;

static void open_problem(problem *p, void **state, const char *name, size_t n, uint64_t seed)
{
    *p = (problem){ .ctx = *state, .n = n, .w = 1, .random = crease_random_at(seed, CREASE_STREAM_TEST, 0) };
    p->psi = crease_regularizer_create(p->ctx, name);
    assert_non_null(p->psi);
    double **arrays[] = { &p->c, &p->d, &p->x, &p->g, &p->weights };
    for (size_t k = 0; k < 5; k++) assert_non_null(*arrays[k] = calloc(n + 1, sizeof(double)));
    for (size_t i = 0; i < n; i++) p->d[i] = 1;
    p->part = (crease_part){ .type = p->psi->type, .opts = p->psi->opts, .n = n, .whole = n, .weight = 1,
                             .roundoff = DBL_EPSILON / 2 };
}

/* After the settings: scratch of their size. */
static void ready(problem *p)
{
    p->part.opts = p->psi->opts;
    free(p->part.work);
    p->part.work = malloc(crease_part_work(p->psi, &p->part) + 1);
    assert_non_null(p->part.work);
    assert_null(crease_part_refusal(p->psi, &p->part));
}

static void close_problem(problem *p)
{
    crease_regularizer_free(p->psi);
    free(p->c), free(p->d), free(p->x), free(p->g), free(p->weights), free(p->part.work);
}

static void set(problem *p, const char *key, double value)
{
    char text[40];
    snprintf(text, sizeof text, "%.17g", value);
    assert_ok(p->ctx, crease_regularizer_set(p->psi, key, text));
}

static void set_weights(problem *p, const char *key)
{
    assert_ok(p->ctx, crease_regularizer_set_numbers(p->psi, key, p->n, p->weights));
}

static int solve(problem *p)
{
    return crease_part_prox(p->psi, &p->part, p->c, p->d, p->w, p->x, &p->info);
}

static double uniform(problem *p)
{
    return crease_random_uniform(&p->random);
}

static double normal(problem *p)
{
    return crease_random_normal(&p->random);
}

static size_t below(problem *p, size_t n)
{
    return crease_random_below(&p->random, n);
}

/* dist(0, Dx - c + w dpsi(x)), relative to |c|, |Dx| (a simplex may be far from c/d) and w lambda. */
static double certificate(problem *p)
{
    double norm = 0;
    for (size_t i = 0; i < p->n; i++) {
        p->g[i] = p->d[i] * p->x[i] - p->c[i];
        norm = hypot(norm, fmax(fabs(p->c[i]), p->d[i] * fabs(p->x[i])));
    }
    double rest = crease_part_residual(p->psi, &p->part, p->x, p->g, p->w);
    return rest == 0 ? 0 : rest / fmax(norm, p->w * crease_part_scale(p->psi, &p->part));
}

static void assert_certified(problem *p, double tolerance)
{
    double rest = certificate(p);
    if (!(rest <= tolerance)) fail_msg("%s, n = %zu: certificate %g", p->psi->type->base.name, p->n, rest);
    for (size_t i = 0; i < p->n; i++) assert_false(p->x[i] == 0 && signbit(p->x[i]));
}

/* A metric of one of several kinds; some entries of c tied. */
static void draw(problem *p, size_t kind, double magnitude)
{
    static const double decades[] = { 0, 0.3, 1, 12, 24 };
    double spread = decades[kind % 5];
    for (size_t i = 0; i < p->n; i++) {
        p->d[i] = pow(10, spread * (uniform(p) - 0.5));
        p->c[i] = normal(p) * magnitude * (kind % 2 ? 1 : p->d[i]);
        if (i > 0 && below(p, 4) == 0) p->c[i] = below(p, 2) ? p->c[i - 1] : -p->c[i - 1];
    }
}

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

/* All ways to give entries one of n + 1 levels, 0 being x = 0; each level at the best height for its ranks. */
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
            if (!(over <= 1e-15L * size)) fail_msg("case %zu: %Lg above the best of brute force", k, over / size);
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
    set(&p, "tilt", 0.25);
    assert_int_equal(solve(&p), CREASE_OK);
    memcpy(plain, p.x, sizeof plain);
    assert_int_equal(crease_part_dimension(p.psi, &p.part, p.x, (crease_unit[]){ 1, 2, 0, 3, 5, 0 }), 3);
    for (size_t j = 0; j < 6; j++) p.weights[j] = 1 + 0.25 * (double)(5 - j);
    set_weights(&p, "weights");
    set(&p, "tilt", 0);
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

/* At x = 0 the distance of v from the dual ball is |prox(v)|; where all of x is tied far from 0 it is that of the prox of
 * v + M, less M.                                                                                          */
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

/* --- simplex and l1 ball ------------------------------------------------------------------------------ */

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
    for (size_t i = 0; i < p->n; i++) p->weights[i] = kind % 3 == 0 ? 1 : kind % 3 == 1 ? 0.5 + uniform(p)
                                                                                         : pow(10, 3 * normal(p));
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
        set(&p, "rho", rho);
        draw_prices(&p, k / 5);
        ready(&p);
        draw(&p, k / 3, pow(10, (double)(k % 5) - 2));
        assert_int_equal(solve(&p), CREASE_OK);
        assert_certified(&p, 1e-14);
        assert_true(crease_part_value(p.psi, &p.part, p.x) == 0);
        project_by_bisection(&p, signs, rho, x);
        for (size_t i = 0; i < n; i++) {
            long double reach = 1e-14L * (fabsl((long double)p.c[i]) + p.d[i] * fabsl(x[i]));
            for (size_t j = 0; j < n; j++) /* tau is a mean of c_j / a_j */
                reach = fmaxl(reach, p.x[j] != 0 ? 4e-16L * p.weights[i] * fabsl((long double)p.c[j]) / p.weights[j] : 0);
            if (!(fabsl(p.x[i] - x[i]) * p.d[i] <= reach)) fail_msg("case %zu: x_%zu = %g, not %Lg", k, i, p.x[i], x[i]);
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
        set(&p, "rho", rho);
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
        set(&p, "rho", kind < 10 ? 1 : 1000);
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

/* The least |g + y| over the normal cone, y = mu a sign(x) and at most that on zeros: bisection on the slope in mu. */
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
    assert_true(margin[0].size == 1 && margin[1].slack == 0.25 && margin[2].slack == 0 && margin[3].slack == 0.5);
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

/* --- Euclidean ball and box --------------------------------------------------------------------------- */

static long double ball_norm(const problem *p, long double tau, long double *x)
{
    long double sum = 0;
    for (size_t i = 0; i < p->n; i++) {
        long double v = p->c[i] == 0 ? 0 : p->c[i] / (p->d[i] + tau);
        sum += v * v;
        if (x) x[i] = v;
    }
    return sqrtl(sum);
}

static void l2_ball_matches_bisection(void **state)
{
    unsigned most = 0;
    for (size_t k = 0; k < crease_test_count(4000); k++) {
        problem p;
        long double x[300], low = 0, high = 0;
        double rho = pow(10, (double)(k % 9) - 4);
        open_problem(&p, state, "l2_ball", k % 8 == 0 ? 300 : 1 + k % 9, 7000 + k);
        set(&p, "rho", rho);
        ready(&p);
        draw(&p, k, k % 10 == 0 ? 1e-25 : 1);
        for (size_t i = 0; i < p.n; i++) {
            if (below(&p, 4) == 0 && k % 3 == 0) p.d[i] = 0;
            if (below(&p, 4) == 0) p.c[i] = 0;
            high = hypotl(high, p.c[i] / (long double)rho);
        }
        assert_int_equal(solve(&p), CREASE_OK);
        assert_certified(&p, 1e-14);
        assert_true(crease_part_value(p.psi, &p.part, p.x) == 0);
        most = p.info.iterations > most ? p.info.iterations : most;
        if (!(ball_norm(&p, 0, x) <= rho)) {
            for (;;) {
                long double middle = low + (high - low) / 2;
                if (middle <= low || middle >= high) break;
                if (ball_norm(&p, middle, NULL) > rho) low = middle;
                else high = middle;
            }
            assert_true(fabsl(ball_norm(&p, high, x) - rho) <= 1e-15L * rho);
        }
        for (size_t i = 0; i < p.n; i++)
            if (!(fabsl(p.x[i] - x[i]) <= 1e-14L * fabsl(x[i])))
                fail_msg("case %zu: x_%zu = %g, not %Lg", k, i, p.x[i], x[i]);
        close_problem(&p);
    }
    assert_true(most <= 40);
}

static void l2_ball_at_any_magnitude(void **state)
{
    static const double sizes[] = { 1e-30, 1, 1e30 };
    for (size_t k = 0; k < 27; k++) {
        problem p;
        double c = sizes[k % 3], d = sizes[k / 3 % 3], rho = sizes[k / 9], expected;
        open_problem(&p, state, "l2_ball", 4, 1);
        set(&p, "rho", rho);
        ready(&p);
        for (size_t i = 0; i < 4; i++) p.c[i] = c, p.d[i] = d;
        assert_int_equal(solve(&p), CREASE_OK);
        expected = fmin(c / d, rho / 2);
        for (size_t i = 0; i < 4; i++) assert_true(fabs(p.x[i] - expected) <= 1e-15 * expected);
        assert_certified(&p, 1e-15);
        close_problem(&p);
    }
}

static void l2_ball_structure(void **state)
{
    problem p;
    crease_unit unit[1];
    crease_margin margin[1];
    open_problem(&p, state, "l2_ball", 2, 1);
    set(&p, "rho", 5);
    ready(&p);
    p.c[0] = 6, p.c[1] = -8;
    assert_int_equal(solve(&p), CREASE_OK);
    assert_true(fabs(p.x[0] - 3) <= 1e-15 && fabs(p.x[1] + 4) <= 1e-15);
    assert_certified(&p, 1e-16);
    crease_part_signature(p.psi, &p.part, p.x, unit);
    crease_part_margins(p.psi, &p.part, p.x, p.g, 1, margin);
    assert_true(unit[0] == 0 && fabs(margin[0].slack - 5) <= 1e-14);
    assert_int_equal(crease_part_dimension(p.psi, &p.part, p.x, unit), 1);
    p.g[0] = 4, p.g[1] = 3; /* all of it along the sphere */
    assert_true(fabs(crease_part_residual(p.psi, &p.part, p.x, p.g, 1) - 5) <= 1e-14);
    p.g[0] = 3, p.g[1] = -4; /* inwards */
    assert_true(fabs(crease_part_residual(p.psi, &p.part, p.x, p.g, 1) - 5) <= 1e-14);
    p.x[0] = 0, p.x[1] = 2;
    crease_part_signature(p.psi, &p.part, p.x, unit);
    crease_part_margins(p.psi, &p.part, p.x, p.g, 1, margin);
    assert_true(unit[0] == 1 && margin[0].size == 3);
    assert_int_equal(crease_part_dimension(p.psi, &p.part, p.x, unit), 2);
    p.x[0] = 6;
    assert_true(isinf(crease_part_value(p.psi, &p.part, p.x)));
    assert_true(isinf(crease_part_residual(p.psi, &p.part, p.x, p.g, 1)));
    assert_true(crease_part_conjugate(p.psi, &p.part, p.g) == 25);
    close_problem(&p);
}

static void linf_ball_clips(void **state)
{
    for (size_t k = 0; k < crease_test_count(1000); k++) {
        problem p;
        open_problem(&p, state, "linf_ball", 1 + k % 9, 8000 + k);
        set(&p, "rho", 0.5);
        for (size_t i = 0; i < p.n; i++) p.weights[i] = below(&p, 5) == 0 ? 0 : uniform(&p);
        if (k % 2) set_weights(&p, "a");
        ready(&p);
        draw(&p, k, 1);
        if (k % 3 == 0) p.d[0] = 0;
        assert_int_equal(solve(&p), CREASE_OK);
        double support = 0;
        for (size_t i = 0; i < p.n; i++) {
            double bound = k % 2 ? 0.5 * p.weights[i] : 0.5, z = p.c[i] == 0 ? 0 : p.c[i] / p.d[i];
            assert_true(p.x[i] == fmin(fmax(z, -bound), bound));
            support += bound * fabs(p.c[i]);
        }
        assert_certified(&p, 1e-15);
        assert_true(fabs(crease_part_conjugate(p.psi, &p.part, p.c) - support) <= 1e-15 * (1 + support));
        close_problem(&p);
    }
}

/* --- all of them -------------------------------------------------------------------------------------- */

static const char *const members[] = { "slope", "simplex", "l1_ball", "l2_ball", "linf_ball" };
enum { N_MEMBERS = sizeof members / sizeof *members };

static void no_entries_one_entry_and_no_numbers(void **state)
{
    static const double bad[] = { NAN, INFINITY, -INFINITY };
    for (size_t m = 0; m < N_MEMBERS; m++) {
        problem p;
        crease_unit unit[3];
        crease_margin margin[3];
        open_problem(&p, state, members[m], 0, 1);
        ready(&p);
        assert_int_equal(solve(&p), CREASE_OK);
        assert_true(crease_part_value(p.psi, &p.part, p.x) == 0);
        assert_true(crease_part_residual(p.psi, &p.part, p.x, p.g, 1) == 0);
        crease_part_signature(p.psi, &p.part, p.x, unit);
        crease_part_margins(p.psi, &p.part, p.x, p.g, 1, margin);
        assert_int_equal(crease_part_dimension(p.psi, &p.part, p.x, unit), 0);
        close_problem(&p);
        open_problem(&p, state, members[m], 1, 1);
        ready(&p);
        p.c[0] = 4, p.d[0] = 3;
        assert_int_equal(solve(&p), CREASE_OK);
        assert_true(fabs(p.x[0] - 1) <= 1e-15); /* (4 - 1)/3, and the bound */
        assert_certified(&p, 1e-16);
        for (size_t k = 0; k < 3; k++) {
            p.c[0] = bad[k];
            assert_int_equal(solve(&p), CREASE_ENAN);
            p.c[0] = 1, p.d[0] = fabs(bad[k]);
            assert_int_equal(solve(&p), CREASE_ENAN);
            p.d[0] = 1;
        }
        close_problem(&p);
    }
}

/* Numbers at the ends of what doubles hold: an answer or an error, never a NaN nor a loop. */
static void extreme_numbers(void **state)
{
    static const double extremes[] = { 0, DBL_TRUE_MIN, DBL_MIN, 1e-200, 1, 1e200, DBL_MAX };
    for (size_t m = 0; m < N_MEMBERS; m++)
        for (size_t k = 0; k < crease_test_count(20000); k++) {
            problem p;
            open_problem(&p, state, members[m], 1 + k % 6, 9000 + k);
            if (m == 0) set(&p, "tilt", 0.5);
            else set(&p, "rho", extremes[1 + below(&p, 6)]);
            ready(&p);
            for (size_t i = 0; i < p.n; i++) {
                p.c[i] = extremes[below(&p, 7)] * (below(&p, 2) ? 1 : -1);
                p.d[i] = extremes[below(&p, 7)];
            }
            if (solve(&p) == CREASE_OK)
                for (size_t i = 0; i < p.n; i++) assert_false(isnan(p.x[i]));
            close_problem(&p);
        }
}

/* <p - q, c - c'> >= (p - q)'D(p - q), in any metric. */
static void firmly_nonexpansive(void **state)
{
    for (size_t k = 0; k < crease_test_count(2000) * N_MEMBERS; k++) {
        problem p, q;
        size_t n = 1 + k % 13;
        double left = 0, right = 0, size = 0;
        open_problem(&p, state, members[k % N_MEMBERS], n, 10000 + k);
        open_problem(&q, state, members[k % N_MEMBERS], n, 20000 + k);
        ready(&p), ready(&q);
        draw(&p, k / 3, 2);
        draw(&q, k / 3, 2);
        memcpy(q.d, p.d, n * sizeof *q.d);
        if (k % 2)
            for (size_t i = 0; i < n; i++) q.c[i] = p.c[i] * (1 + 1e-3 * normal(&q));
        assert_int_equal(solve(&p), CREASE_OK);
        assert_int_equal(solve(&q), CREASE_OK);
        for (size_t i = 0; i < n; i++) {
            double move = p.x[i] - q.x[i];
            left += move * (p.c[i] - q.c[i]);
            right += move * p.d[i] * move;
            double reach = fabs(p.x[i]) + fabs(q.x[i]);
            size += reach * (fabs(p.c[i]) + fabs(q.c[i]) + p.d[i] * reach);
        }
        assert_true(left >= right - 1e-15 * size);
        close_problem(&p), close_problem(&q);
    }
}

/* At a solution psi(x) + psi*(y) = <y, x> with y = c - Dx. */
static void constraints_leave_no_gap(void **state)
{
    for (size_t k = 0; k < crease_test_count(1000); k++) {
        problem p;
        open_problem(&p, state, members[1 + k % (N_MEMBERS - 1)], 1 + k % 9, 30000 + k);
        ready(&p);
        draw(&p, k / 4, 2);
        assert_int_equal(solve(&p), CREASE_OK);
        double pairing = 0, size = 0;
        for (size_t i = 0; i < p.n; i++) {
            p.g[i] = p.c[i] - p.d[i] * p.x[i];
            pairing += p.g[i] * p.x[i];
            size += fabs(p.c[i]) + p.d[i] * fabs(p.x[i]);
        }
        assert_true(fabs(crease_part_conjugate(p.psi, &p.part, p.g) - pairing) <= 1e-14 * size);
        close_problem(&p);
    }
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(slope_matches_brute_force),
        TEST(sorted_pooling_fails_in_a_metric),
        TEST(slope_of_many_entries),
        TEST(slope_methods_agree_where_d_is_constant),
        TEST(slope_keeps_large_ties),
        TEST(slope_at_its_threshold),
        TEST(slope_settings),
        TEST(slope_without_and_with_endless_weight),
        TEST(slope_value_and_dual_norm),
        TEST(slope_residual_matches_brute_force),
        TEST(slope_structure),
        TEST(budgets_match_bisection),
        TEST(budgets_are_spent_to_the_last_bit),
        TEST(budgets_with_flat_entries),
        TEST(budgets_of_many_entries),
        TEST(budget_residuals_match_bisection),
        TEST(budget_structure),
        TEST(l2_ball_matches_bisection),
        TEST(l2_ball_at_any_magnitude),
        TEST(l2_ball_structure),
        TEST(linf_ball_clips),
        TEST(no_entries_one_entry_and_no_numbers),
        TEST(extreme_numbers),
        TEST(firmly_nonexpansive),
        TEST(constraints_leave_no_gap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The residual of stationarity against its definition in long double, part by part, entry by entry. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/manifold.h"
#include "crease/kkt.h"
#include "term_support.h"

/* --- the residual --------------------------------------------------------------------------------- */

static long double soft(long double v, long double threshold)
{
    return copysignl(fmaxl(fabsl(v) - threshold, 0), v);
}

/* dist(0, g + dpsi) for one entry of a part; ball = lambda2 weight / |x_g|, 0 where x_g is zero. */
static long double entry_distance(const member *m, double x, double g, long double ball)
{
    if (m->family == BOX) {
        if (x < -1 || x > 2) return INFINITY;
        return x == -1 ? fminl(g, 0) : x == 2 ? fmaxl(g, 0) : g; /* what points outward is held */
    }
    long double slope = g + (m->ridge + ball) * x;
    return x != 0 ? slope + (x > 0 ? m->lambda1 : -m->lambda1) : soft(slope, m->lambda1);
}

static long double part_distance(const stage *s, size_t t, int g)
{
    const member *m = s->member[t];
    long double size = norm_of(s, t, g, s->x), pull = (long double)m->lambda2 * s->weight[t][g],
                sum = 0;
    for (int i = 0; i < N; i++) {
        if (!is_in(s, i, t, g)) continue;
        long double d = entry_distance(m, s->x[i], s->g[i], size > 0 ? pull / size : 0);
        sum += d * d;
    }
    return size > 0 ? sqrtl(sum) : fmaxl(sqrtl(sum) - pull, 0); /* the ball absorbs what it can */
}

static long double slope_of_part(const stage *s, size_t t, int g)
{
    return s->member[t]->lambda1 + (long double)s->member[t]->lambda2 * s->weight[t][g];
}

/* The largest slope of psi, which is what entries without one of their own are compared with. */
static long double largest_slope(const stage *s)
{
    long double scale = 0;
    for (size_t t = 0; t < s->n_terms; t++)
        for (int g = 0; g < MOST_GROUPS; g++) scale = fmaxl(scale, slope_of_part(s, t, g));
    return scale > 0 ? scale : 1;
}

static crease_kkt_residual naive(const stage *s)
{
    long double square = 0, relative = 0, scale = largest_slope(s), all = 0;
    for (size_t t = 0; t < s->n_terms; t++)
        for (int g = 0; g < MOST_GROUPS; g++) {
            long double own = slope_of_part(s, t, g), distance = part_distance(s, t, g);
            long double size = fmaxl(norm_of(s, t, g, s->g), own > 0 ? own : scale);
            square += distance * distance;
            relative = fmaxl(relative, distance / size);
        }
    for (int i = 0; i < N; i++)
        if (s->term_of[i] < 0) all += (long double)s->g[i] * s->g[i];
    relative = fmaxl(relative, sqrtl(all) / scale);
    return (crease_kkt_residual){ (double)sqrtl(square + all), (double)relative };
}

static crease_kkt_residual measure(const stage *s)
{
    crease_kkt k;
    assert_ok(s->ctx, crease_kkt_create(s->ctx, N, s->terms, s->n_terms, &k));
    crease_kkt_residual r = crease_kkt_measure(&k, s->x, s->g);
    crease_kkt_residual again = crease_kkt_measure(&k, s->x, s->g);
    assert_memory_equal(&r, &again, sizeof r);
    crease_kkt_free(&k);
    return r;
}

static void assert_close(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance * fabs(b))) fail_msg("%.17g is not %.17g", a, b);
}

/* Terms one by one and three at once, with and without free entries. */
static const int mixes[][3] = {
    { L1 },
    { GROUP },
    { SPARSE },
    { SCALED_GROUP },
    { RIDGE },
    { SCALED_L1 },
    { A_BOX },
    { L1, GROUP, A_BOX },
    { SPARSE, RIDGE, SCALED_GROUP },
};
enum { N_MIXES = sizeof mixes / sizeof *mixes, N_SINGLE = 7 };

static stage *open_mix(size_t mix, uint64_t seed)
{
    return open_stage(seed + 100 * mix, mix < N_SINGLE ? 1 : 3, mixes[mix], seed % 2);
}

static void residuals_are_the_definition(void **state)
{
    (void)state;
    for (size_t mix = 0; mix < N_MIXES; mix++)
        for (uint64_t k = 0; k < 4 + crease_test_count(500); k++) {
            stage *s = open_mix(mix, k);
            draw_point(s);
            crease_kkt_residual r = measure(s), expected = naive(s);
            assert_close(r.absolute, expected.absolute, 1e-14);
            assert_close(r.relative, expected.relative, 1e-14);
            close_stage(s);
        }
}

/* g = minus an element of the subdifferential, drawn inside where it is a set. */
static void plant(stage *s)
{
    for (int i = 0; i < N; i++) {
        int t = s->term_of[i];
        s->g[i] = 0;
        if (t < 0) continue;
        const member *m = s->member[t];
        int group = (int)s->group_of[i];
        long double size = norm_of(s, (size_t)t, group, s->x), pull = m->lambda2 * s->weight[t][group];
        double inside = 2 * uniform(s) - 1;
        if (m->family == BOX) {
            s->g[i] = s->x[i] == -1 ? 1 + inside : s->x[i] == 2 ? -1 + inside : 0;
            continue;
        }
        s->g[i] =
            -(double)((s->x[i] != 0 ? copysign(m->lambda1, s->x[i]) : m->lambda1 * inside)
                      + (size > 0 ? pull * s->x[i] / size : pull * inside / N) + m->ridge * s->x[i]);
    }
}

static void solutions_have_no_residual(void **state)
{
    (void)state;
    for (size_t mix = 0; mix < N_MIXES; mix++)
        for (uint64_t k = 0; k < 4 + crease_test_count(500); k++) {
            stage *s = open_mix(mix, k);
            draw_point(s);
            plant(s);
            crease_kkt_residual r = measure(s);
            assert_true(r.relative <= 4e-16 * sqrt(N) && r.absolute <= 2e-15);
            s->g[k % N] += s->term_of[k % N] < 0 || s->x[k % N] != 0 ? 0.01 : 10;
            bool held = s->x[k % N] == 2 || s->x[k % N] == -1; /* of a box, and pushed outward or not */
            if (!held) assert_true(measure(s).relative > 1e-4);
            close_stage(s);
        }
}

/* A huge gradient at the origin, and a point far away without any gradient. */
static void nonsense_has_residual_one(void **state)
{
    (void)state;
    for (size_t mix = 0; mix < N_MIXES; mix++) {
        stage *s = open_mix(mix, 2);
        for (int i = 0; i < N; i++) {
            s->x[i] = 0;
            s->g[i] = 1e6 * (1 + uniform(s));
        }
        assert_close(measure(s).relative, 1, 1e-5);
        close_stage(s);
    }
    stage *s = open_mix(L1, 2);
    for (int i = 0; i < N; i++) s->x[i] = 1 + uniform(s), s->g[i] = 0;
    assert_true(measure(s).relative >= 1);
    close_stage(s);
}

static void outside_of_domains(void **state)
{
    (void)state;
    for (int k = 0; k < 3; k++) {
        stage *s = open_stage(7, 1, (const int[]){ A_BOX }, true);
        draw_point(s);
        s->x[k] = k == 0 ? 2.001 : k == 1 ? -1.001 : 1e300;
        crease_kkt_residual r = measure(s);
        assert_true(r.absolute == INFINITY && r.relative == INFINITY);
        close_stage(s);
    }
}

/* An infinite weight holds a group at zero, whatever the gradient. */
static void infinite_weights(void **state)
{
    (void)state;
    static const int which[] = { L1, GROUP, SPARSE };
    for (int k = 0; k < 3; k++) {
        stage *s = open_stage(11, 1, &which[k], true);
        draw_point(s);
        for (int g = 0; g < MOST_GROUPS; g++) s->weight[0][g] = g == 3 ? INFINITY : 1;
        assert_ok(s->ctx, crease_groups_set_weights(s->ctx, &s->groups[0], s->weight[0]));
        plant(s);
        for (int i = 0; i < N; i++) {
            if (!is_in(s, i, 0, 3)) continue;
            s->x[i] = 0;
            s->g[i] = 1e9;
        }
        assert_true(measure(s).relative < 1e-14);
        s->x[3] = 1e-300; /* of group 3 */
        assert_true(measure(s).relative == INFINITY && measure(s).absolute == INFINITY);
        close_stage(s);
    }
}

/* A NaN anywhere makes the point no solution. */
static void nan_is_no_solution(void **state)
{
    (void)state;
    for (size_t mix = 0; mix < N_MIXES; mix++) {
        stage *s = open_mix(mix, 3);
        draw_point(s);
        plant(s);
        for (int i = 0; i < N; i++)
            for (int where = 0; where < 2; where++) {
                double *v = where ? &s->g[i] : &s->x[i], kept = *v;
                if (!where && s->term_of[i] < 0) continue; /* free entries: the gradient tells */
                *v = NAN;
                assert_true(!isfinite(measure(s).relative) && !isfinite(measure(s).absolute));
                *v = kept;
            }
        for (int i = 0; i < N; i++)
            if (s->term_of[i] < 0) s->g[i] = NAN;
        assert_true(!isfinite(measure(s).relative) && !isfinite(measure(s).absolute));
        close_stage(s);
    }
}

/* Without any term the residual is the gradient itself. */
static void no_terms(void **state)
{
    crease_ctx *ctx = test_ctx();
    const double x[3] = { 1, 2, 3 }, g[3] = { 3, 0, -4 };
    crease_kkt k;
    (void)state;
    assert_ok(ctx, crease_kkt_create(ctx, 3, NULL, 0, &k));
    crease_kkt_residual r = crease_kkt_measure(&k, x, g);
    assert_true(r.absolute == 5 && r.relative == 5);
    crease_kkt_free(&k);
    crease_ctx_free(ctx);
}

/* Numbers whose squares overflow or vanish. */
static void extreme_sizes(void **state)
{
    (void)state;
    static const double sizes[] = { 1e-200, 1e200 };
    for (int k = 0; k < 2; k++) {
        stage *s = open_stage(13, 1, (const int[]){ GROUP }, true);
        for (int i = 0; i < N; i++) s->x[i] = 0, s->g[i] = s->term_of[i] < 0 ? sizes[k] : 0;
        crease_kkt_residual r = measure(s);
        double free_entries = 0;
        for (int i = 0; i < N; i++) free_entries += s->term_of[i] < 0;
        assert_close(r.absolute, sizes[k] * sqrt(free_entries), 1e-14);
        close_stage(s);
    }
}

/* --- memory --------------------------------------------------------------------------------------- */

typedef struct {
    size_t calls, fails_at;
    long live;
} supply;

static void *resize(void *user, void *p, size_t bytes)
{
    supply *s = user;
    if (bytes == 0) {
        s->live -= p != NULL;
        free(p);
        return NULL;
    }
    if (s->calls++ == s->fails_at) return NULL;
    s->live += !p;
    return realloc(p, bytes);
}

/* Every allocation failing once: ENOMEM, and nothing is left behind. */
static void memory_runs_out(void **state)
{
    (void)state;
    stage *s = open_stage(5, 3, (const int[]){ L1, GROUP, SPARSE }, true);
    bool done = false;
    for (size_t k = 1; !done && k < 100; k++) {
        supply all = { 0, k, 0 };
        crease_ctx *ctx = crease_ctx_create(&(crease_allocator){ resize, &all });
        crease_kkt kkt;
        crease_manifold m;
        if (!ctx) continue;
        int code = crease_kkt_create(ctx, N, s->terms, s->n_terms, &kkt);
        if (code == CREASE_OK) {
            code = crease_manifold_create(ctx, N, s->terms, s->n_terms, &m);
            crease_kkt_free(&kkt);
            if (code == CREASE_OK) crease_manifold_free(&m);
        }
        done = code == CREASE_OK;
        if (!done) assert_int_equal(code, CREASE_ENOMEM);
        crease_ctx_free(ctx);
        assert_int_equal(all.live, 0);
    }
    assert_true(done);
    close_stage(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(residuals_are_the_definition),
        cmocka_unit_test(solutions_have_no_residual),
        cmocka_unit_test(nonsense_has_residual_one),
        cmocka_unit_test(outside_of_domains),
        cmocka_unit_test(infinite_weights),
        cmocka_unit_test(nan_is_no_solution),
        cmocka_unit_test(no_terms),
        cmocka_unit_test(extreme_sizes),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The manifold of psi at a point: which entries move along it, the derivatives of psi against
 * differences of its value in long double, and the projection onto what does not cross a kink. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/manifold.h"
#include "term_support.h"

static long double value_of(const stage *s, const double *x)
{
    long double sum = 0;
    for (size_t t = 0; t < s->n_terms; t++)
        for (int g = 0; g < MOST_GROUPS; g++)
            sum += (long double)s->member[t]->lambda2 * s->weight[t][g] * norm_of(s, t, g, x);
    for (int i = 0; i < N; i++) {
        if (s->term_of[i] < 0) continue;
        const member *m = s->member[s->term_of[i]];
        sum += m->lambda1 * fabsl((long double)x[i]) + 0.5L * m->ridge * x[i] * x[i];
    }
    return sum;
}

/* Whether psi has no kink in entry i at x, what else is zero staying so. */
static bool moves(const stage *s, int i)
{
    int t = s->term_of[i];
    if (t < 0) return true;
    const member *m = s->member[t];
    double pull = m->lambda2 * s->weight[t][s->group_of[i]];
    if (m->lambda1 > 0 && s->x[i] == 0) return false;
    return !(pull > 0 && norm_of(s, (size_t)t, (int)s->group_of[i], s->x) == 0);
}

static const int smooth_mixes[][3] = {
    { L1 },
    { GROUP },
    { SPARSE },
    { SCALED_GROUP },
    { RIDGE },
    { SCALED_L1 },
    { L1, GROUP, SPARSE },
    { RIDGE, SCALED_GROUP, SCALED_L1 },
};
enum { N_SMOOTH = sizeof smooth_mixes / sizeof *smooth_mixes };

static stage *open_smooth(size_t mix, uint64_t seed, crease_manifold *m)
{
    stage *s = open_stage(seed + 1000 * mix, mix < 6 ? 1 : 3, smooth_mixes[mix], seed % 2);
    draw_point(s);
    assert_ok(s->ctx, crease_manifold_create(s->ctx, N, s->terms, s->n_terms, m));
    crease_manifold_move(m, s->x);
    return s;
}

/* A direction along the manifold, small against every live entry and group. */
static void draw_direction(stage *s, const crease_manifold *m, double *v)
{
    double least = 1;
    for (int i = 0; i < N; i++)
        if (s->x[i] != 0) least = fmin(least, fabs(s->x[i]));
    for (int i = 0; i < N; i++) v[i] = m->live[i] ? least * crease_random_normal(&s->random) : 0;
}

static void shifted(const double *x, double h, const double *v, double *out)
{
    for (int i = 0; i < N; i++) out[i] = x[i] + h * v[i];
}

static void live_entries(void **state)
{
    (void)state;
    for (size_t mix = 0; mix < N_SMOOTH; mix++)
        for (uint64_t k = 0; k < 4 + crease_test_count(100); k++) {
            crease_manifold m;
            stage *s = open_smooth(mix, k, &m);
            size_t dimension = 0;
            for (int i = 0; i < N; i++) {
                assert_int_equal(m.live[i], moves(s, i));
                dimension += moves(s, i);
            }
            assert_int_equal(m.dimension, dimension);
            crease_manifold_free(&m);
            close_stage(s);
        }
}

/* The gradient is the slope of psi in every direction along the manifold, and 0 off it. */
static void gradients(void **state)
{
    (void)state;
    for (size_t mix = 0; mix < N_SMOOTH; mix++)
        for (uint64_t k = 0; k < 4 + crease_test_count(100); k++) {
            crease_manifold m;
            stage *s = open_smooth(mix, k, &m);
            double v[N], up[N], down[N], g[N], slope = 0, size = 0;
            draw_direction(s, &m, v);
            memcpy(g, s->g, sizeof g);
            crease_manifold_gradient(&m, g);
            shifted(s->x, 1e-5, v, up);
            shifted(s->x, -1e-5, v, down);
            for (int i = 0; i < N; i++) {
                double moved = up[i] - down[i]; /* v, as far as it can be rounded to */
                if (!m.live[i]) assert_true(g[i] == 0);
                slope += m.live[i] ? (g[i] - s->g[i]) * moved : 0;
                size += fabs(moved);
            }
            double expected = (double)(value_of(s, up) - value_of(s, down));
            if (!(fabs(slope - expected) <= 1e-9 * size)) fail_msg("%g is not %g", slope, expected);
            crease_manifold_free(&m);
            close_stage(s);
        }
}

/* The product is the change of the gradient; it is symmetric, and not negative. */
static void products(void **state)
{
    (void)state;
    for (size_t mix = 0; mix < N_SMOOTH; mix++)
        for (uint64_t k = 0; k < 4 + crease_test_count(100); k++) {
            crease_manifold m;
            stage *s = open_smooth(mix, k, &m);
            double v[N], u[N], point[N], up[N] = { 0 }, down[N] = { 0 }, y[N], z[N], uy = 0, vz = 0,
                                         vy = 0;
            draw_direction(s, &m, v);
            draw_direction(s, &m, u);
            for (int i = 0; i < N; i++) y[i] = z[i] = m.live[i] ? 0 : 1; /* to be cleared */
            crease_manifold_product(&m, v, y);
            crease_manifold_product(&m, u, z);
            shifted(s->x, 1e-5, v, point);
            crease_manifold_move(&m, point);
            crease_manifold_gradient(&m, up);
            shifted(s->x, -1e-5, v, point);
            crease_manifold_move(&m, point);
            crease_manifold_gradient(&m, down);
            for (int i = 0; i < N; i++) {
                double expected = (up[i] - down[i]) / 2e-5;
                if (!(fabs(y[i] - expected) <= 1e-8))
                    fail_msg("entry %d: %g is not %g", i, y[i], expected);
                if (!moves(s, i)) assert_true(y[i] == 0);
                uy += u[i] * y[i];
                vz += v[i] * z[i];
                vy += v[i] * y[i];
            }
            assert_true(fabs(uy - vz) <= 1e-13 && vy >= -1e-15);
            crease_manifold_free(&m);
            close_stage(s);
        }
}

/* Group by group: signs first, then the angle. Returns how many entries were stopped. */
static size_t naive_project(const stage *s, double t, const double *d, double *y)
{
    size_t stopped = 0;
    for (int i = 0; i < N; i++) {
        y[i] = moves(s, i) ? s->x[i] + t * d[i] : s->x[i];
        const member *m = s->term_of[i] < 0 ? NULL : s->member[s->term_of[i]];
        if (m && m->lambda1 > 0 && moves(s, i) && (y[i] > 0) != (s->x[i] > 0)) y[i] = 0;
    }
    for (size_t k = 0; k < s->n_terms; k++)
        for (int g = 0; g < MOST_GROUPS; g++) {
            long double along = 0;
            for (int i = 0; i < N; i++)
                if (is_in(s, i, k, g)) along += (long double)y[i] * s->x[i];
            if (along > 0 || !(s->member[k]->lambda2 * s->weight[k][g] > 0)) continue;
            for (int i = 0; i < N; i++)
                if (is_in(s, i, k, g)) y[i] = 0;
        }
    for (int i = 0; i < N; i++) {
        int k = s->term_of[i];
        if (k < 0 || !moves(s, i) || y[i] != 0) continue;
        stopped +=
            s->member[k]->lambda1 > 0 || s->member[k]->lambda2 * s->weight[k][s->group_of[i]] > 0;
    }
    return stopped;
}

static void projections(void **state)
{
    (void)state;
    size_t stops = 0;
    for (size_t mix = 0; mix < N_SMOOTH; mix++)
        for (uint64_t k = 0; k < 4 + crease_test_count(100); k++) {
            crease_manifold m;
            stage *s = open_smooth(mix, k, &m);
            double d[N], y[N], expected[N], t = pow(10, 3 * uniform(s) - 2);
            for (int i = 0; i < N; i++) d[i] = m.live[i] ? crease_random_normal(&s->random) : 0;
            size_t stopped = crease_manifold_project(&m, t, d, y);
            assert_int_equal(stopped, naive_project(s, t, d, expected));
            assert_memory_equal(y, expected, sizeof y); /* zeros are +0 */
            stops += stopped;
            assert_int_equal(crease_manifold_project(&m, 0, d, y), 0);
            assert_memory_equal(y, s->x, sizeof y);
            crease_manifold_free(&m);
            close_stage(s);
        }
    assert_true(stops > 50);
}

static void what_a_manifold_refuses(void **state)
{
    (void)state;
    stage *s = open_stage(3, 1, (const int[]){ A_BOX }, true);
    crease_manifold m;
    assert_fails(s->ctx, crease_manifold_create(s->ctx, N, s->terms, 1, &m), CREASE_ENOTSUP,
                 "the second derivative of box");
    close_stage(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(live_entries),
        cmocka_unit_test(gradients),
        cmocka_unit_test(products),
        cmocka_unit_test(projections),
        cmocka_unit_test(what_a_manifold_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

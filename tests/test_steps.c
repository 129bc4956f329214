/* What iterative methods do with the shrink family, on every vector unit: steps, residuals, values,
 * screening and packing, each against plain loops in long double; hostile numbers included. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels.h"

/* A task with a point z and curvatures of its own. */
typedef struct {
    kernel_case k;
    double *z, *curvature;
    void *z_real;
    bool diagonal;
} step_case;

typedef struct {
    double c, d, tau; /* sizes */
    crease_shrink psi;
} scales;

static const crease_shrink members[] = {
    { 0, 1, 0 }, { 0.2, 0.5, 0.3 }, { 0.2, 0, 0 }, { 0, 0, 0 }, { 0, 0.3, 2 }
};
enum { MEMBERS = sizeof members / sizeof *members };
static const scales plain = { 1, 1, 1, { 0, 1, 0 } };

static size_t draw_size(crease_random *r)
{
    return (size_t)kernel_log_uniform(r, 0, 3.2);
}

static void draw_numbers(step_case *s, const scales *by, crease_random *r)
{
    kernel_case *k = &s->k;
    k->task.psi = by->psi;
    k->task.w = by->tau;
    for (size_t i = 0; i < k->n; i++) {
        k->c[i] = by->c * crease_random_normal(r);
        k->d[i] = by->d * kernel_log_uniform(r, -2, 0);
        s->z[i] = crease_random_below(r, 3) ? by->c / by->d * crease_random_normal(r) : 0;
    }
    kernel_load(k);
    k->backend->from_host(k->n, s->z, s->z_real);
    k->backend->to_host(k->n, s->z_real, s->z);
    if (!s->diagonal) k->task.d = NULL, k->task.scalar = 0.7 * by->d;
}

static void make_case(step_case *s, crease_ctx *ctx, const crease_backend *b, uint64_t seed,
                      const scales *by)
{
    crease_random r = crease_random_at(91, CREASE_STREAM_TEST, seed << 32);
    size_t size = draw_size(&r), count = 1 + crease_random_below(&r, size > 100 ? 20 : 700);
    kernel_create(&s->k, ctx, b, seed % N_LAYOUTS, count, size, &r);
    s->z = crease_alloc(ctx, s->k.n, sizeof *s->z);
    s->z_real = crease_alloc(ctx, s->k.n, b->real_bytes);
    s->curvature = crease_alloc(ctx, count, sizeof *s->curvature);
    s->diagonal = seed % 3 != 0;
    draw_numbers(s, by, &r);
    b->shrink_curvature(&s->k.task, s->curvature);
    for (size_t g = 0; g < count; g++) s->curvature[g] *= 1 + crease_random_below(&r, 3);
}

static void free_case(step_case *s)
{
    crease_ctx *ctx = s->k.ctx;
    crease_release(ctx, s->z);
    crease_release(ctx, s->z_real);
    crease_release(ctx, s->curvature);
    kernel_free(&s->k);
}

static double metric_of(const step_case *s, size_t e)
{
    return s->diagonal ? s->k.d[e] : s->k.task.scalar;
}

static long double tau_of(const kernel_case *k, size_t g)
{
    double weight = crease_group_weight(&k->groups, g);
    return isinf(weight) ? (long double)weight : (long double)k->task.w * k->task.psi.lambda2 * weight;
}

/* --- the step --------------------------------------------------------------------------------------
 */

/* soft(z (L - ridge - d) + c, l1) of entry e, and the size of what is added up in it */
static long double moved_entry(const step_case *s, size_t g, size_t e, bool from_zero,
                               long double *scale)
{
    const crease_shrink_task *t = &s->k.task;
    long double L = s->curvature[g], l1 = (long double)t->w * t->psi.lambda1,
                z = from_zero ? 0 : s->z[e];
    long double m = z * (L - (long double)t->w * t->psi.ridge - metric_of(s, e)) + s->k.c[e],
                rest = fabsl(m) - l1;
    *scale = fabsl(z) * L + fabsl((long double)s->k.c[e]) + l1;
    return rest <= 0 ? 0 : copysignl(rest, m);
}

/* |x - right|_2 of group g over roundings of the numbers that go into it */
static long double step_error(const step_case *s, size_t g, bool from_zero)
{
    long double norm = 0, size = 0, off = 0, scale, tau = tau_of(&s->k, g), L = s->curvature[g];
    size_t n = crease_group_size(&s->k.groups, g);
    for (size_t i = 0; i < n; i++) {
        norm =
            hypotl(norm, moved_entry(s, g, crease_group_entry(&s->k.groups, g, i), from_zero, &scale));
        size = hypotl(size, scale);
    }
    long double factor = norm <= tau ? 0 : (1 - tau / norm) / L;
    for (size_t i = 0; i < n; i++) {
        size_t e = crease_group_entry(&s->k.groups, g, i);
        off = hypotl(off, s->k.x[e] - factor * moved_entry(s, g, e, from_zero, &scale));
        assert_false(s->k.x[e] == 0 && signbit(s->k.x[e]));
        if (factor == 0 && norm < tau * (1 - 1e-5L)) assert_true(s->k.x[e] == 0);
    }
    return off / (size / L * s->k.backend->roundoff);
}

enum { IN_PLACE = 1, FROM_ZERO = 2 };

static void take_step(step_case *s, int how)
{
    kernel_case *k = &s->k;
    const crease_backend *b = k->backend;
    kernel_load(k); /* poisons x */
    if (!s->diagonal) k->task.d = NULL;
    if (how & IN_PLACE)
        for (size_t g = 0; g < k->groups.count; g++)
            for (size_t i = 0; i < crease_group_size(&k->groups, g); i++) {
                size_t e = crease_group_entry(&k->groups, g, i);
                k->x[e] = s->z[e];
            }
    b->from_host(k->n, k->x, k->x_real);
    const void *from = how & FROM_ZERO ? NULL : how & IN_PLACE ? k->x_real : s->z_real;
    b->shrink_step(&k->task, s->curvature, from, k->x_real);
    b->to_host(k->n, k->x_real, k->x);
    for (size_t i = 0; i < KERNEL_MARGIN; i++) assert_true(k->x[i] == -7 && k->x[k->n - 1 - i] == -7);
}

static void check_step(step_case *s, int how)
{
    take_step(s, how);
    for (size_t g = 0; g < s->k.groups.count; g++) {
        long double error = step_error(s, g, how & FROM_ZERO);
        if (!(error < 12))
            fail_msg("%s %s: a step is off by %Lg roundings, group %zu of %zu entries",
                     s->k.backend->name, s->k.backend->variant, error, g,
                     crease_group_size(&s->k.groups, g));
    }
}

static void steps_are_right(void **state)
{
    crease_ctx *ctx = *state;
    const crease_backend *b;
    for (size_t v = 0; (b = crease_backend_at(v)); v++) {
        for (uint64_t seed = 0; seed < 20 + crease_test_count(1000); seed++) {
            scales by = plain;
            step_case s;
            by.psi = members[seed / N_LAYOUTS % MEMBERS];
            make_case(&s, ctx, b, seed, &by);
            for (int how = 0; how < 4; how++) check_step(&s, how);
            free_case(&s);
        }
    }
}

/* Sizes at which squares of reals overflow or vanish, and factors that are no reals. */
static void steps_of_extreme_sizes(void **state)
{
    static const scales narrow[] = {
        { 1e-30, 1, 1e-30, { 0, 1, 0 } },     { 1e-24, 1e-6, 0, { 0, 1, 0 } },
        { 1e-22, 1e-20, 1e-28, { 0, 1, 0 } }, { 1e25, 1, 1e25, { 0, 1, 0 } },
        { 1e30, 1e-3, 1, { 0, 1, 0 } },       { 1e-5, 1e-37, 1e-5, { 0, 1, 0 } },
        { 1e20, 1e35, 1e20, { 0.1, 1, 0 } },  { 1e-25, 1, 1, { 0, 1, 0 } },
        { 1e-25, 1, 1e-26, { 1, 1, 0 } },
    };
    static const scales wide[] = { { 1e-140, 1, 1e-140, { 0, 1, 0 } },
                                   { 1e140, 1e-3, 1e139, { 0.1, 1, 0 } },
                                   { 1, 1e-300, 1, { 0, 1, 0 } },
                                   { 1, 1e300, 1, { 0, 1, 0 } } };
    crease_ctx *ctx = *state;
    const crease_backend *b;
    for (size_t v = 0; (b = crease_backend_at(v)); v++) {
        bool single = b->real_bytes == sizeof(float);
        size_t kinds = single ? sizeof narrow / sizeof *narrow : sizeof wide / sizeof *wide;
        for (uint64_t seed = 0; seed < kinds * N_LAYOUTS; seed++) {
            step_case s;
            make_case(&s, ctx, b, seed, single ? &narrow[seed / N_LAYOUTS] : &wide[seed / N_LAYOUTS]);
            for (int how = 0; how < 4; how++) check_step(&s, how);
            free_case(&s);
        }
    }
}

/* Weights 0, 1 and infinity in turn. */
static void set_odd_weights(step_case *s)
{
    double *weights = crease_alloc(s->k.ctx, s->k.groups.count, sizeof *weights);
    for (size_t g = 0; g < s->k.groups.count; g++) weights[g] = g % 3 == 2 ? INFINITY : (double)(g % 3);
    kernel_set_weights(&s->k, weights);
    crease_release(s->k.ctx, weights);
}

static void odd_weights(void **state)
{
    crease_ctx *ctx = *state;
    const crease_backend *b;
    for (size_t v = 0; (b = crease_backend_at(v)); v++) {
        for (uint64_t seed = 0; seed < 4 * N_LAYOUTS; seed++) {
            scales by = plain;
            step_case s;
            by.psi = members[seed / N_LAYOUTS % MEMBERS];
            make_case(&s, ctx, b, seed, &by);
            set_odd_weights(&s);
            check_step(&s, 0);
            for (size_t g = 2; g < s.k.groups.count; g += 3)
                assert_true(kernel_group_is_zero(&s.k, g, true));
            bool live_one = s.k.groups.count > 2;
            assert_true(isfinite(b->shrink_value(&s.k.groups, &s.k.task.psi, s.k.x_real)));
            assert_true(isfinite(b->shrink_residual(&s.k.task, s.k.x_real)));
            assert_true(isinf(b->shrink_value(&s.k.groups, &s.k.task.psi, s.k.c_real)) == live_one);
            assert_true(isinf(b->shrink_residual(&s.k.task, s.k.c_real)) == live_one);
            free_case(&s);
        }
    }
}

/* A NaN in c or d is still one in its group's x, and nowhere else; sums with a NaN in them are NaN. */
static void nan_stays(void **state)
{
    crease_ctx *ctx = *state;
    const crease_backend *b;
    for (size_t v = 0; (b = crease_backend_at(v)); v++) {
        for (uint64_t seed = 0; seed < 6 * N_LAYOUTS; seed++) {
            scales by = plain;
            step_case s;
            by.psi = members[seed / N_LAYOUTS % MEMBERS];
            make_case(&s, ctx, b, seed, &by);
            size_t bad = s.k.groups.count / 2, e = crease_group_entry(&s.k.groups, bad, 0);
            if (seed % 2 && s.diagonal)
                s.k.d[e] = (double)NAN;
            else
                s.k.c[e] = (double)NAN;
            take_step(&s, 0);
            for (size_t g = 0; g < s.k.groups.count; g++)
                for (size_t i = 0; i < crease_group_size(&s.k.groups, g); i++) {
                    size_t at = crease_group_entry(&s.k.groups, g, i);
                    assert_true(at == e ? isnan(s.k.x[at]) : g == bad || isfinite(s.k.x[at]));
                }
            unsigned char *live = crease_alloc(ctx, s.k.groups.count, 1);
            b->shrink_screen(&s.k.task, live);
            assert_true(live[bad] || !isnan(s.k.c[e]));
            crease_release(ctx, live);
            assert_true(isnan(b->shrink_residual(&s.k.task, s.z_real)));
            assert_true(isnan(b->shrink_residual(&s.k.task, s.k.x_real)));
            assert_true(isnan(b->shrink_value(&s.k.groups, &s.k.task.psi, s.k.x_real)));
            free_case(&s);
        }
    }
}

/* --- residual, value, curvature --------------------------------------------------------------------
 */

static long double right_residual(const step_case *s)
{
    long double sum = 0;
    for (size_t g = 0; g < s->k.groups.count; g++) {
        long double c = 0, tau = tau_of(&s->k, g);
        for (size_t i = 0; i < crease_group_size(&s->k.groups, g); i++)
            c = hypotl(c, s->k.c[crease_group_entry(&s->k.groups, g, i)]);
        long double scale = fmaxl(c, tau);
        sum = hypotl(sum, kernel_certificate(&s->k, g) * (scale > 0 ? scale : 1));
    }
    return sum;
}

static long double right_value(const step_case *s)
{
    const crease_shrink *psi = &s->k.task.psi;
    long double sum = 0;
    for (size_t g = 0; g < s->k.groups.count; g++) {
        long double square = 0, one = 0;
        for (size_t i = 0; i < crease_group_size(&s->k.groups, g); i++) {
            long double x = s->k.x[crease_group_entry(&s->k.groups, g, i)];
            square += x * x;
            one += fabsl(x);
        }
        sum += psi->lambda1 * one + psi->lambda2 * crease_group_weight(&s->k.groups, g) * sqrtl(square)
               + 0.5L * psi->ridge * square;
    }
    return sum;
}

static void check_measures(step_case *s)
{
    const crease_backend *b = s->k.backend;
    take_step(s, 0); /* an x with zeros */
    long double residual = right_residual(s), value = right_value(s);
    assert_true(fabsl(b->shrink_residual(&s->k.task, s->k.x_real) - residual)
                <= 1e-13L * (1 + residual));
    assert_true(fabsl(b->shrink_value(&s->k.groups, &s->k.task.psi, s->k.x_real) - value)
                <= 1e-13L * (1 + value));
    b->shrink_curvature(&s->k.task, s->curvature);
    for (size_t g = 0; g < s->k.groups.count; g++) {
        double most = s->diagonal ? 0 : s->k.task.scalar;
        for (size_t i = 0; s->diagonal && i < crease_group_size(&s->k.groups, g); i++)
            most = fmax(most, s->k.d[crease_group_entry(&s->k.groups, g, i)]);
        assert_true(s->curvature[g] == most + s->k.task.w * s->k.task.psi.ridge);
    }
}

static void measures_are_right(void **state)
{
    crease_ctx *ctx = *state;
    const crease_backend *b;
    for (size_t v = 0; (b = crease_backend_at(v)); v++) {
        for (uint64_t seed = 0; seed < 20 + crease_test_count(1000); seed++) {
            scales by = plain;
            step_case s;
            by.psi = members[seed / N_LAYOUTS % MEMBERS];
            make_case(&s, ctx, b, seed, &by);
            check_measures(&s);
            free_case(&s);
        }
    }
}

/* --- screening and packing -------------------------------------------------------------------------
 */

static void check_screen(const step_case *s)
{
    const kernel_case *k = &s->k;
    unsigned char *live = crease_alloc(k->ctx, k->groups.count, 1);
    size_t said = k->backend->shrink_screen(&k->task, live), count = 0;
    long double l1 = (long double)k->task.w * k->task.psi.lambda1;
    for (size_t g = 0; g < k->groups.count; g++) {
        long double norm = 0, tau = tau_of(k, g);
        for (size_t i = 0; i < crease_group_size(&k->groups, g); i++)
            norm = hypotl(
                norm, fmaxl(0, fabsl((long double)k->c[crease_group_entry(&k->groups, g, i)]) - l1));
        assert_true(live[g] <= 1);
        if (fabsl(norm - tau) > 1e-12L * tau || norm == tau) assert_true(live[g] == (norm > tau));
        count += live[g];
    }
    assert_true(count == said);
    crease_release(k->ctx, live);
}

static void screening_is_right(void **state)
{
    static const double sizes[] = {
        1, 1e-40, 1e30, 1e-200, 1e200, 1e-300
    }; /* what is no float is 0 or left out */
    crease_ctx *ctx = *state;
    const crease_backend *b;
    for (size_t v = 0; (b = crease_backend_at(v)); v++) {
        for (uint64_t seed = 0; seed < 6 * MEMBERS * N_LAYOUTS; seed++) {
            double size = sizes[seed / N_LAYOUTS % 6];
            scales by = { size, 1, size * 3, members[seed / N_LAYOUTS / 6] };
            step_case s;
            if (size > FLT_MAX && b->real_bytes == sizeof(float)) continue;
            make_case(&s, ctx, b, seed, &by);
            check_screen(&s);
            set_odd_weights(&s);
            check_screen(&s);
            free_case(&s);
        }
    }
}

/* Where packed entry i of the k-th live group is; first: the entries before that group. */
static size_t packed_at(size_t beside, size_t first, size_t k, size_t i)
{
    return beside ? i * beside + k : first + i;
}

/* all: every group is live. c is packed; the packed array becomes x. */
static void check_packing(step_case *s, bool beside, bool all, crease_random *r)
{
    kernel_case *k = &s->k;
    const crease_backend *b = k->backend;
    size_t count = k->groups.count, lives = 0, first = 0, j = 0;
    unsigned char *live = crease_alloc(k->ctx, count, 1);
    double *packed = crease_alloc(k->ctx, k->n, sizeof *packed);
    void *real = crease_alloc(k->ctx, k->n, b->real_bytes);
    size_t run = 1 + crease_random_below(r, 9); /* of groups of the same fate */
    for (size_t g = 0; g < count; g++)
        lives += live[g] = all || (g % run ? live[g - 1] : crease_random_below(r, 2));
    kernel_load(k);
    b->gather(&k->groups, live, beside ? lives : 0, k->c_real, real);
    b->to_host(k->n, real, packed);
    b->scatter(&k->groups, live, beside ? lives : 0, real, k->x_real);
    b->to_host(k->n, k->x_real, k->x);
    for (size_t g = 0; g < count; g++) {
        size_t n = crease_group_size(&k->groups, g);
        for (size_t i = 0; i < n; i++) {
            size_t e = crease_group_entry(&k->groups, g, i);
            if (live[g]) assert_true(packed[packed_at(beside ? lives : 0, first, j, i)] == k->c[e]);
            assert_true(k->x[e] == (live[g] ? k->c[e] : 0) && (live[g] || !signbit(k->x[e])));
        }
        first += live[g] ? n : 0;
        j += live[g];
    }
    for (size_t i = first; i < k->n; i++) assert_true(packed[i] == 0); /* nothing else was written */
    for (size_t i = 0; i < KERNEL_MARGIN; i++) assert_true(k->x[i] == -7 && k->x[k->n - 1 - i] == -7);
    crease_release(k->ctx, live);
    crease_release(k->ctx, packed);
    crease_release(k->ctx, real);
}

static void packing_moves_every_entry(void **state)
{
    crease_ctx *ctx = *state;
    const crease_backend *b;
    for (size_t v = 0; (b = crease_backend_at(v)); v++) {
        for (uint64_t seed = 0; seed < 20 + crease_test_count(1000); seed++) {
            crease_random r = crease_random_at(92, CREASE_STREAM_TEST, seed << 32);
            step_case s;
            make_case(&s, ctx, b, seed, &plain);
            for (int all = 0; all < 2; all++) {
                check_packing(&s, false, all, &r);
                if (!s.k.groups.start) check_packing(&s, true, all, &r);
            }
            free_case(&s);
        }
    }
}

/* Groups whose strides are like no constructor's. */
static void packing_any_stride(void **state)
{
    crease_ctx *ctx = *state;
    const crease_backend *b;
    for (size_t v = 0; (b = crease_backend_at(v)); v++) {
        crease_random r = crease_random_at(93, CREASE_STREAM_TEST, 0);
        const crease_groups odd[] = { crease_groups_strided(KERNEL_MARGIN, 6, 1, 3, 100, 5, 7),
                                      crease_groups_strided(KERNEL_MARGIN, 7, 3, 4, 40, 2, 1),
                                      crease_groups_strided(KERNEL_MARGIN, 9, 2, 5, 20, 1, 1) };
        for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
            step_case s;
            make_case(&s, ctx, b, 3 * N_LAYOUTS * 7 + LAYOUT_RUNS, &plain);
            crease_groups before = s.k.groups;
            s.k.groups = odd[i];
            if (crease_groups_extent(&odd[i]) + KERNEL_MARGIN <= s.k.n) {
                check_packing(&s, true, false, &r);
                check_packing(&s, false, false, &r);
            }
            s.k.groups = before;
            free_case(&s);
        }
    }
}

/* --- vectors ---------------------------------------------------------------------------------------
 */

enum { MOST = 150 };

static void check_vectors(const crease_backend *b, size_t n, int without, crease_random *r)
{
    double host[4][MOST], out[MOST], real[4][MOST], add = 0.3, scalar = 1.7;
    bool has_d = !(without & 1), has_v = !(without & 2);
    long double sum = 0, size = 0;
    for (int a = 0; a < 4; a++) {
        for (size_t i = 0; i < n; i++) host[a][i] = crease_random_normal(r);
        b->from_host(n, host[a], real[a]);
        b->to_host(n, real[a], host[a]);
    }
    for (size_t i = 0; i < n; i++) {
        long double move = (long double)host[0][i] - host[1][i], d = has_d ? host[2][i] : scalar;
        long double term = (has_v ? host[3][i] * move : 0) + 0.5L * d * move * move;
        sum += term;
        size += fabsl(term);
    }
    double got =
        b->quadratic(n, real[0], real[1], has_v ? real[3] : NULL, has_d ? real[2] : NULL, scalar);
    assert_true(fabsl(got - sum) <= 1e-14L * (size + 1e-300L));
    b->gradient(n, real[0], real[1], has_d ? real[2] : NULL, scalar, add, has_v ? real[0] : real[1]);
    b->to_host(n, has_v ? real[0] : real[1], out);
    for (size_t i = 0; i < n; i++) {
        long double d = has_d ? host[2][i] : scalar, x = host[0][i], c = host[1][i];
        assert_true(fabsl(out[i] - ((d + add) * x - c))
                    <= 4 * b->roundoff * ((fabsl(d) + add) * fabsl(x) + fabsl(c)));
    }
}

static void vectors_without_some_arrays(void **state)
{
    (void)state;
    const crease_backend *b;
    for (size_t v = 0; (b = crease_backend_at(v)); v++) {
        crease_random r = crease_random_at(94, CREASE_STREAM_TEST, 0);
        for (size_t n = 0; n <= MOST; n++)
            for (int without = 0; without < 4; without++) check_vectors(b, n, without, &r);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_right),
        cmocka_unit_test(steps_of_extreme_sizes),
        cmocka_unit_test(odd_weights),
        cmocka_unit_test(nan_stays),
        cmocka_unit_test(measures_are_right),
        cmocka_unit_test(screening_is_right),
        cmocka_unit_test(packing_moves_every_entry),
        cmocka_unit_test(packing_any_stride),
        cmocka_unit_test(vectors_without_some_arrays),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* One part of a regularizer with the numbers of one small case; for the tests of single members. */
#ifndef CREASE_TESTS_MEMBER_H
#define CREASE_TESTS_MEMBER_H

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support.h"

enum { MEMBER_MOST = 64, MEMBER_WORK = 1 << 20 };

typedef struct {
    crease_ctx *ctx;
    crease_regularizer *psi;
    crease_random random;
    crease_part s;
    double w;
    double c[MEMBER_MOST], d[MEMBER_MOST], x[MEMBER_MOST];
    crease_prox_info info;
} member;

static inline int member_set_up(void **state)
{
    *state = test_ctx();
    return 0;
}

static inline int member_tear_down(void **state)
{
    crease_ctx_free(*state);
    return 0;
}

static inline void member_open(member *m, crease_ctx *ctx, const char *name, size_t n, uint64_t seed)
{
    memset(m, 0, sizeof *m);
    m->ctx = ctx;
    m->psi = crease_regularizer_create(ctx, name);
    assert_non_null(m->psi);
    m->random = crease_random_at(seed, CREASE_STREAM_TEST, 0);
    m->s = (crease_part){ .type = m->psi->type, .opts = m->psi->opts, .n = n, .whole = n, .weight = 1,
                          .roundoff = DBL_EPSILON / 2, .work = crease_alloc(ctx, 1, MEMBER_WORK) };
    assert_non_null(m->s.work);
    m->w = 1;
    for (size_t i = 0; i < n; i++) m->d[i] = 1;
}

static inline void member_close(member *m)
{
    crease_release(m->ctx, m->s.work);
    crease_regularizer_free(m->psi);
}

static inline void member_set(member *m, const char *key, double value)
{
    char text[40];
    snprintf(text, sizeof text, "%.17g", value);
    assert_ok(m->ctx, crease_regularizer_set(m->psi, key, text));
}

static inline double member_between(member *m, double low, double high)
{
    return low + (high - low) * crease_random_uniform(&m->random);
}

/* c normal, d over `decades` powers of ten around 1. */
static inline void member_draw(member *m, double decades)
{
    for (size_t i = 0; i < m->s.n; i++) {
        m->c[i] = crease_random_normal(&m->random);
        m->d[i] = pow(10, member_between(m, -decades / 2, decades / 2));
    }
}

static inline int member_solve(member *m)
{
    assert_true(crease_part_work(m->psi, &m->s) <= MEMBER_WORK);
    m->info = (crease_prox_info){ .exact = true };
    return crease_part_prox(m->psi, &m->s, m->c, m->d, m->w, m->x, &m->info);
}

/* The residual of the answer, relative to the certificate's scale. */
static inline double member_certificate(member *m)
{
    double g[MEMBER_MOST], size = 0;
    for (size_t i = 0; i < m->s.n; i++) {
        g[i] = m->d[i] * m->x[i] - m->c[i];
        size = hypot(size, m->c[i]);
        assert_false(m->x[i] == 0 && signbit(m->x[i]));
    }
    double r = crease_part_residual(m->psi, &m->s, m->x, g, m->w);
    return r == 0 ? 0 : r / fmax(size, m->w * crease_part_scale(m->psi, &m->s));
}

static inline void member_certified(member *m, double tolerance)
{
    assert_ok(m->ctx, member_solve(m));
    assert_true(m->info.exact);
    double relative = member_certificate(m);
    if (!(relative <= tolerance)) {
        for (size_t i = 0; i < m->s.n; i++)
            print_error("c %.17g d %.17g x %.17g\n", m->c[i], m->d[i], m->x[i]);
        fail_msg("%s: certificate %g, w %g", m->psi->type->base.name, relative, m->w);
    }
}

/* Inside the radius the structure stays. */
static inline void member_radius_holds(member *m, int trials)
{
    crease_unit before[MEMBER_MOST] = { 0 }, after[MEMBER_MOST] = { 0 };
    double c[MEMBER_MOST], r = crease_part_radius(m->psi, &m->s, m->c, m->d, m->w, m->x);
    size_t units = crease_part_units(m->psi, &m->s);
    assert_true(r >= 0);
    if (isinf(r)) r = 1;
    memcpy(c, m->c, sizeof c);
    crease_part_signature(m->psi, &m->s, m->x, before);
    for (int k = 0; k < trials && r > 0; k++) {
        double e[MEMBER_MOST], size = 0;
        for (size_t i = 0; i < m->s.n; i++) {
            bool along_axis = k % 3 == 0 && i != (size_t)k / 3 % m->s.n;
            e[i] = along_axis ? 0 : k % 3 == 1 ? c[i] * (k % 2 ? 1 : -1) : crease_random_normal(&m->random);
            size = hypot(size, e[i]);
        }
        for (size_t i = 0; i < m->s.n; i++) m->c[i] = c[i] + (size > 0 ? 0.9999 * r * (e[i] / size) : 0);
        assert_ok(m->ctx, member_solve(m));
        crease_part_signature(m->psi, &m->s, m->x, after);
        if (memcmp(before, after, units * sizeof *before) != 0)
            fail_msg("%s: the structure changes within %g", m->psi->type->base.name, r);
    }
    memcpy(m->c, c, sizeof c);
    assert_ok(m->ctx, member_solve(m));
}

/* Fenchel's equality of a convex member at its answer: psi(x) + psi*(y) = <x, y>, y = (c - Dx)/w. */
static inline void member_pairs(member *m, double tolerance)
{
    double y[MEMBER_MOST], pairing = 0, size = 0;
    for (size_t i = 0; i < m->s.n; i++) {
        y[i] = (m->c[i] - m->d[i] * m->x[i]) / m->w;
        pairing += m->x[i] * y[i];
        size += fabs(m->x[i]) * (fabs(m->c[i]) + fabs(m->d[i] * m->x[i])) / m->w;
    }
    bool norm = crease_regularizer_is_norm(m->psi);
    double value = crease_part_value(m->psi, &m->s, m->x);
    double other = norm ? 0 : crease_part_conjugate(m->psi, &m->s, y);
    if (norm) assert_true(crease_part_dual_norm(m->psi, &m->s, y) <= 1 + tolerance * (1 + size));
    if (!(fabs(value + other - pairing) <= tolerance * (size + value + other)))
        fail_msg("%s: %g + %g, but <x, y> = %g", m->psi->type->base.name, value, other, pairing);
}

#endif

/* Stochastic methods, step for step, against the formulas of their papers in long double
 * (stoch_reference.c): in both widths, on batches and on all rows, through a new stage, and on vectors
 * that are cut into tiles. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stoch_reference.h"

typedef struct {
    const char *algorithm, *settings;
    stoch_reference_step *step;
    stoch_settings o;
    bool l1_only;
} method;

static const method methods[] = {
    { "rda", "gamma=2", ref_rda, { .gamma = 2 }, false },
    { "rda", "gamma=0.5,center=origin", ref_rda, { .gamma = 0.5, .origin = true }, false },
    { "rda_plus",
      "gamma=0.6,lr=0.3,patience=3",
      ref_rda_plus,
      { .gamma = 0.6, .lr = 0.3, .patience = 3 },
      false },
    { "rda_plus",
      "gamma=3,lr=2,patience=1,center=origin",
      ref_rda_plus,
      { .gamma = 3, .lr = 2, .patience = 1, .origin = true },
      false },
    { "prox_svrg", "lr=0.4", ref_prox_svrg, { .lr = 0.4 }, false },
    { "prox_svrg", "lr=0.4,inner=5", ref_prox_svrg, { .lr = 0.4, .inner = 5 }, false },
    { "prox_saga", "lr=0.3", ref_prox_saga, { .lr = 0.3 }, false },
    { "pstorm", "lr=0.3,L=0.6", ref_pstorm, { .lr = 0.3, .L = 0.6 }, false },
    { "pstorm", "lr=0.25", ref_pstorm, { .lr = 0.25, .L = 0.5 }, false },
    { "pstorm",
      "lr=0.2,L=0.8,rule=constant",
      ref_pstorm,
      { .lr = 0.2, .L = 0.8, .constant = true },
      false },
    { "s_pstorm", "lr=0.5", ref_s_pstorm, { .lr = 0.5 }, false },
    { "s_pstorm", "lr=0.5,zeta=2.5", ref_s_pstorm, { .lr = 0.5, .zeta = 2.5 }, false },
    { "norm_sgd",
      "lr=2,shift=8,power=0.8,prox_step=0.7",
      ref_norm_sgd,
      { .lr = 2, .shift = 8, .power = 0.8, .prox_step = 0.7 },
      false },
    { "norm_sgd",
      "lr=0.3,power=0,prox_step=0.3",
      ref_norm_sgd,
      { .lr = 0.3, .shift = 10, .power = 0, .prox_step = 0.3 },
      false },
    { "obprox_sg",
      "lr=0.4,prox_epochs=1,orthant_epochs=2",
      ref_obprox_sg,
      { .lr = 0.4, .prox_epochs = 1, .face_epochs = 2 },
      true },
    { "obprox_sg",
      "lr=0.4,prox_epochs=2,orthant_epochs=0,eps=0.02",
      ref_obprox_sg,
      { .lr = 0.4, .prox_epochs = 2, .eps = 0.02 },
      true },
    { "hspg", "lr=0.4,prox_epochs=1,half_epochs=0", ref_hspg, { .lr = 0.4, .prox_epochs = 1 }, false },
    { "hspg",
      "lr=0.4,prox_epochs=2,half_epochs=1,eps=0.8",
      ref_hspg,
      { .lr = 0.4, .prox_epochs = 2, .face_epochs = 1, .eps = 0.8 },
      false },
    { "proxsgd", "lr=0.3,a=0.4", ref_proxsgd, { .lr = 0.3, .a = 0.4 }, false },
    { "proxsgd",
      "lr=0.5,weights=decreasing,rho=0.8,rho_power=0.6,eps=0.9,eps_power=0.7",
      ref_proxsgd,
      { .lr = 0.5, .decreasing = true, .rho = 0.8, .rho_power = 0.6, .eps = 0.9, .eps_power = 0.7 },
      false },
};
enum { N_METHODS = sizeof methods / sizeof *methods };

static double error(size_t n, const double *x, const long double *expected)
{
    double most = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        most = fmax(most, (double)fabsl(x[i] - expected[i]));
        size = fmax(size, (double)fabsl(expected[i]));
    }
    return size > 0 ? most / size : most;
}

/* What the method says stood in for grad f. */
static double surrogate_error(stoch_bench *b, const stoch_reference *r)
{
    const crease_algorithm *a = b->a;
    double *host = malloc(b->data.n * sizeof *host);
    memcpy(host, stoch_host(b, a->surrogate == CREASE_NO_SLOT ? a->g : a->slots[a->surrogate]),
           b->data.n * sizeof *host);
    for (size_t i = 0; i < b->data.n; i++)
        host[i] *= a->surrogate == CREASE_NO_SLOT ? 1 : a->surrogate_scale;
    double e = error(b->data.n, host, r->stand);
    free(host);
    return e;
}

typedef struct {
    double x, hat, surrogate;
    size_t zeros;
    long returns;
} outcome;

static void compare(stoch_bench *b, const stoch_reference *r, bool wide, outcome *most)
{
    size_t n = b->data.n;
    most->x = fmax(most->x, error(n, stoch_host(b, b->a->x), r->x));
    const double *hat = stoch_host(b, b->a->hat);
    most->hat = fmax(most->hat, error(n, hat, r->hat));
    most->zeros += stoch_zeros(b, hat);
    for (size_t i = 0; wide && i < n; i++)
        if ((hat[i] == 0) != (r->hat[i] == 0))
            fail_msg("%s %s, step %zu: entry %zu of W-hat is %g, not %Lg", b->c.algorithm,
                     b->c.settings, b->step, i, hat[i], r->hat[i]);
    most->surrogate = fmax(most->surrogate, surrogate_error(b, r));
    if (fabs(b->oracle.passes - r->passes) > 1e-9 * (1 + r->passes))
        fail_msg("%s %s, step %zu: %g passes, not %g", b->c.algorithm, b->c.settings, b->step,
                 b->oracle.passes, r->passes);
}

/* A method beside its reference; a new stage in the middle. */
static outcome follow(const method *m, const stoch_case *c, size_t steps)
{
    bool wide = strcmp(c->backend, "cpu-f64") == 0;
    stoch_bench *b = stoch_open(NULL, c, true);
    stoch_reference *r = stoch_reference_make(&b->data, &m->o, b->start);
    outcome most = { 0 };
    for (size_t i = 0; i < steps; i++) {
        if (i == steps / 2) {
            crease_algorithm_new_stage(b->a, 0.5);
            r->o.lr *= 0.5;
        }
        assert_ok(b->ctx, stoch_step(b));
        m->step(r, b->oracle.batch);
        assert_int_equal(b->a->t, i + 1);
        compare(b, r, wide, &most);
    }
    most.returns = r->returns;
    stoch_reference_free(r);
    stoch_close(b);
    return most;
}

static void check(const method *m, const stoch_case *c, size_t steps)
{
    bool wide = strcmp(c->backend, "cpu-f64") == 0;
    outcome o = follow(m, c, steps);
    if (!(fmax(o.x, o.hat) < (wide ? 1e-11 : 2e-4)) || !(o.surrogate < (wide ? 1e-11 : 2e-3)))
        fail_msg("%s %s on %s, batch %zu, lambda %g %g: x %g, hat %g, surrogate %g", m->algorithm,
                 m->settings, c->backend, c->batch, c->lambda1, c->lambda2, o.x, o.hat, o.surrogate);
    if (o.zeros == 0) fail_msg("%s %s: no zeros", m->algorithm, m->settings);
}

static const double lambdas[][2] = { { 0.05, 0 }, { 0, 0.05 }, { 0.03, 0.02 } };

static void trajectories(const char *backend)
{
    for (size_t i = 0; i < N_METHODS; i++)
        for (size_t k = 0; k < (methods[i].l1_only ? 1 : 3); k++)
            for (size_t batch = 0; batch <= 5; batch += 5) {
                const stoch_case c = { .algorithm = methods[i].algorithm,
                                       .settings = methods[i].settings,
                                       .backend = backend,
                                       .rows = 23,
                                       .cols = 9,
                                       .batch = batch,
                                       .ridge = 0.02,
                                       .lambda1 = lambdas[k][0],
                                       .lambda2 = lambdas[k][1],
                                       .start = 0.2 };
                check(&methods[i], &c, 40);
            }
}

static void trajectories_in_double(void **state)
{
    (void)state;
    trajectories("cpu-f64");
}

static void trajectories_in_float(void **state)
{
    (void)state;
    trajectories("cpu-f32");
}

/* 40002 parameters: more than a tile of the engine, not a multiple of one. */
static void trajectories_in_tiles(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_METHODS; i++) {
        const method *m = &methods[i];
        const stoch_case c = { .algorithm = m->algorithm,
                               .settings = m->settings,
                               .backend = "cpu-f64",
                               .rows = 6,
                               .cols = 20000,
                               .batch = 2,
                               .ridge = 0.02,
                               .lambda1 = m->l1_only ? 0.2 : 0.1,
                               .lambda2 = m->l1_only ? 0 : 0.2,
                               .start = 0.01 };
        check(m, &c, 6);
    }
}

/* Both phases of RDA+ have been taken, and left again, in these runs. */
static void rda_plus_goes_both_ways(void **state)
{
    (void)state;
    long returns = 0, local = 0;
    for (size_t i = 0; i < N_METHODS; i++) {
        const method *m = &methods[i];
        if (m->step != ref_rda_plus) continue;
        const stoch_case c = { .algorithm = m->algorithm,
                               .settings = m->settings,
                               .backend = "cpu-f64",
                               .rows = 23,
                               .cols = 9,
                               .batch = 5,
                               .ridge = 0.02,
                               .lambda2 = 0.05,
                               .start = 0.2 };
        stoch_bench *b = stoch_open(NULL, &c, true);
        for (int k = 0; k < 60; k++) {
            assert_ok(b->ctx, stoch_step(b));
            local += b->a->state[1] != 0;
        }
        returns += (long)b->a->state[4];
        stoch_close(b);
    }
    assert_true(returns > 0);
    assert_true(local > 20 && local < 110);
}

/* What the reference stands on: slopes and gradients of the problem agree with differences of its
 * value. */
static void reference_problem_is_right(void **state)
{
    (void)state;
    const stoch_case c = { .algorithm = "rda",
                           .backend = "cpu-f64",
                           .rows = 7,
                           .cols = 3,
                           .ridge = 0.3,
                           .lambda1 = 1,
                           .start = 1 };
    stoch_bench *b = stoch_open(NULL, &c, true);
    const uint32_t rows[] = { 5, 0, 3 };
    long double x[8], g[8], s[6], p[8];
    for (size_t i = 0; i < 8; i++) x[i] = b->start[i];
    stoch_gradient(&b->data, 3, rows, x, g);
    stoch_slopes(&b->data, 3, rows, x, s);
    stoch_pull(&b->data, 3, rows, s, p);
    for (size_t i = 0; i < 8; i++) {
        long double h = 1e-6L, at = x[i], up, down;
        x[i] = at + h;
        up = stoch_gradient(&b->data, 3, rows, x, NULL);
        x[i] = at - h;
        down = stoch_gradient(&b->data, 3, rows, x, NULL);
        x[i] = at;
        assert_true(fabsl((up - down) / (2 * h) - g[i]) < 1e-11L);
        assert_true(fabsl(p[i] + (i < 6 ? 0.3L * x[i] : 0) - g[i]) < 1e-16L);
    }
    stoch_close(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_problem_is_right), cmocka_unit_test(trajectories_in_double),
        cmocka_unit_test(trajectories_in_float),      cmocka_unit_test(trajectories_in_tiles),
        cmocka_unit_test(rda_plus_goes_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Stochastic methods at their edges: what they refuse, epochs without rows; identities between them;
 * and that those which are proven to identify do. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stoch_reference.h"

/* --- refusals
 * ----------------------------------------------------------------------------------------- */

static void refuses_psi(const char *algorithm, const char *psi, const char *setting, const char *text,
                        const char *words)
{
    const stoch_case c = stoch_with(algorithm, NULL, "cpu-f64");
    stoch_bench *b = stoch_open(NULL, &c, false);
    crease_regularizer_free(b->psi);
    b->psi = crease_regularizer_create(b->ctx, psi);
    if (setting) assert_ok(b->ctx, crease_regularizer_set(b->psi, setting, text));
    assert_fails(b->ctx, stoch_setup(b), CREASE_ENOTSUP, words);
    stoch_close(b);
}

static void refused_regularizers(void **state)
{
    (void)state;
    static const char *const movers[] = { "rda_plus", "hspg", "obprox_sg" };
    for (int i = 0; i < 3; i++) {
        refuses_psi(movers[i], "mcp", NULL, NULL, "not what mcp makes");
        refuses_psi(movers[i], "group_mcp", NULL, NULL, "not what group_mcp makes");
        refuses_psi(movers[i], "l1", "weights", "[1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2]",
                    "not with one weight");
    }
    refuses_psi("obprox_sg", "group_l2", NULL, NULL,
                "obprox_sg moves in orthants, but group_l2 has a group norm");
    refuses_psi("obprox_sg", "sparse_group", NULL, NULL, "hspg is the method for it");
}

static void saga_needs_slopes(void **state)
{
    (void)state;
    const stoch_case c = stoch_with("prox_saga", NULL, "cpu-f64");
    stoch_bench *b = stoch_open(NULL, &c, false);
    b->a->row_width = 0;
    assert_fails(b->ctx, stoch_setup(b), CREASE_ENOTSUP,
                 "prox_saga keeps slopes, which this problem has not");
    stoch_close(b);
    b = stoch_open(NULL, &c, true);
    b->oracle.problem = NULL;
    stoch_batch(b);
    assert_fails(b->ctx, crease_algorithm_step(b->a, &b->oracle), CREASE_ENOTSUP,
                 "prox_saga keeps slopes");
    crease_problem_type blind = *b->problem->type;
    const crease_problem_type *seeing = b->problem->type;
    blind.slopes = NULL;
    b->oracle.problem = b->problem;
    b->problem->type = &blind;
    assert_fails(b->ctx, crease_algorithm_step(b->a, &b->oracle), CREASE_ENOTSUP,
                 "prox_saga keeps slopes");
    b->problem->type = seeing;
    b->problem->rows++;
    assert_fails(b->ctx, crease_algorithm_step(b->a, &b->oracle), CREASE_EDIM,
                 "set up for 23 rows, the problem has 24");
    b->problem->rows--;
    assert_ok(b->ctx, crease_algorithm_step(b->a, &b->oracle));
    stoch_close(b);
}

static void refused_settings(void **state)
{
    (void)state;
    static const char *const bad[][3] = {
        { "rda", "gamma", "0" },        { "rda_plus", "patience", "0" },
        { "prox_svrg", "inner", "-1" }, { "norm_sgd", "power", "1.1" },
        { "norm_sgd", "shift", "0" },   { "norm_sgd", "prox_step", "0" },
        { "hspg", "eps", "1" },         { "obprox_sg", "eps", "-0.1" },
        { "pstorm", "L", "-1" },        { "s_pstorm", "zeta", "-1" },
        { "proxsgd", "rho", "0" },      { "proxsgd", "eps", "2" },
    };
    crease_ctx *ctx = test_ctx();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        crease_algorithm *a =
            crease_algorithm_create(ctx, bad[i][0], crease_backend_find(ctx, "cpu-f64"));
        assert_fails(ctx, crease_algorithm_set(a, bad[i][1], bad[i][2]), CREASE_ERANGE, bad[i][1]);
        crease_algorithm_free(a);
    }
    crease_ctx_free(ctx);
}

/* --- identities
 * ----------------------------------------------------------------------------------------- */

static double distance(const stoch_case *c, const stoch_case *d, size_t steps)
{
    stoch_bench *b = stoch_open(NULL, c, true), *e = stoch_open(NULL, d, true);
    double most = 0;
    for (size_t k = 0; k < steps; k++) {
        assert_ok(b->ctx, stoch_step(b));
        assert_ok(e->ctx, stoch_step(e));
        most = fmax(most, test_max_error(b->data.n, b->a->x, e->a->x));
    }
    stoch_close(b);
    stoch_close(e);
    return most;
}

/* On all rows every variance-reduced method is the proximal-gradient method; where beta is cut off,
 * PStorm is proximal SGD; with l1 alone the half-spaces of single entries are orthants. */
static void methods_meet(void **state)
{
    (void)state;
    static const char *const reduced[][2] = { { "prox_svrg", "lr=0.5" },
                                              { "prox_saga", "lr=0.5" },
                                              { "pstorm", "lr=0.5,L=1,rule=constant" },
                                              { "hspg", "lr=0.5,prox_epochs=100" } };
    stoch_case pg = stoch_with("proxsgd", "lr=0.5,a=1", "cpu-f64");
    pg.batch = 0;
    for (int i = 0; i < 4; i++) {
        stoch_case c = stoch_with(reduced[i][0], reduced[i][1], "cpu-f64");
        c.batch = 0;
        assert_true(distance(&c, &pg, 30) < 1e-12);
    }
    stoch_case sgd = stoch_with("proxsgd", "lr=0.5,a=1", "cpu-f64"),
               storm = stoch_with("pstorm", "lr=0.5,L=100,rule=constant", "cpu-f64");
    assert_true(distance(&sgd, &storm, 30) == 0);
    stoch_case orthant = stoch_with("obprox_sg", "lr=0.4,prox_epochs=1,orthant_epochs=0", "cpu-f64"),
               half = orthant;
    half.algorithm = "hspg";
    half.settings = "lr=0.4,prox_epochs=1";
    assert_true(distance(&orthant, &half, 30) == 0);
}

/* A step on a face never makes a zero live, and with eps more becomes zero. */
static void faces_keep_zeros(void **state)
{
    (void)state;
    size_t zeros[2];
    for (int i = 0; i < 2; i++) {
        const stoch_case c =
            stoch_with("hspg", i ? "lr=0.4,prox_epochs=1,eps=0.95" : "lr=0.4,prox_epochs=1", "cpu-f32");
        stoch_bench *b = stoch_open(NULL, &c, true);
        bool dead[20] = { false };
        for (size_t k = 0; k < 60; k++) {
            assert_ok(b->ctx, stoch_step(b));
            const double *x = stoch_host(b, b->a->x);
            assert_memory_equal(b->a->x, b->a->hat, b->data.n * sizeof(float));
            zeros[i] = stoch_zeros(b, x);
            for (size_t j = 0; j < 18; j++) {
                assert_true(k < 5 || !dead[j] || x[j] == 0);
                dead[j] = x[j] == 0;
            }
        }
        stoch_close(b);
    }
    assert_true(zeros[1] > zeros[0] && zeros[0] > 0);
}

/* A gradient of 1e-40 in the entries that are +0, and of 0 in all others. */
static int faint_gradient(crease_oracle *oracle, crease_rows rows, const void *x, double *value,
                          void *g)
{
    stoch_bench *b = (stoch_bench *)((char *)oracle - offsetof(stoch_bench, oracle));
    double *v = b->host;
    (void)rows;
    b->a->backend->to_host(b->data.n, x, v);
    for (size_t i = 0; i < b->data.n; i++) v[i] = v[i] == 0 && !signbit(v[i]) ? 1e-40 : 0;
    b->a->backend->from_host(b->data.n, v, g);
    *value = 0;
    return CREASE_OK;
}

/* Zero entries of live groups are free. A step of 1e-50, which no float holds, leaves them zero, and no
 * zero is negative. */
static void faint_steps(void **state)
{
    (void)state;
    for (int wide = 0; wide < 2; wide++) {
        const stoch_case c = stoch_with("hspg", "lr=1e-10,prox_epochs=0", wide ? "cpu-f64" : "cpu-f32");
        stoch_bench *b = stoch_open(NULL, &c, false);
        for (size_t j = 0; j < c.cols; j++) {
            b->start[j] = 1;
            b->start[c.cols + j] = wide || j % 2 ? -0.0 : 0.0;
        }
        assert_ok(b->ctx, stoch_setup(b));
        b->oracle.gradient = faint_gradient;
        assert_ok(b->ctx, stoch_step(b));
        assert_int_equal(stoch_zeros(b, stoch_host(b, b->a->x)), c.cols);
        stoch_close(b);
    }
}

/* Without a problem and without rows a batch is an epoch. */
static void epochs_without_rows(void **state)
{
    (void)state;
    const stoch_case c = stoch_with("hspg", "prox_epochs=2,half_epochs=1", "cpu-f64");
    stoch_bench *b = stoch_open(NULL, &c, true);
    b->a->rows = 0;
    for (size_t k = 0; k < 7; k++) {
        stoch_batch(b);
        b->oracle.problem = NULL; /* the bench's gradient knows it all the same */
        assert_ok(b->ctx, crease_algorithm_step(b->a, &b->oracle));
        assert_true((b->a->surrogate == CREASE_NO_SLOT) == (k % 3 == 2));
        b->step++;
    }
    stoch_close(b);
}

/* --- identification
 * --------------------------------------------------------------------------------------- */

/* The minimizer by proximal gradient in long double. */
static void minimize(const stoch_data *d, long double *x)
{
    long double g[40];
    memset(x, 0, d->n * sizeof *x);
    for (int k = 0; k < 6000; k++) {
        stoch_gradient(d, 0, NULL, x, g);
        for (size_t i = 0; i < d->n; i++) x[i] -= 0.4L * g[i];
        stoch_prox(d, 0.4L, x);
    }
}

/* Steps in the last `tail` of `steps` at whose end the zeros of W-hat were not those of the minimizer;
 * and the distance of W-hat from it at the end. */
static size_t wrong_steps(const stoch_case *c, size_t steps, size_t tail, double *distance)
{
    stoch_bench *b = stoch_open(NULL, c, true);
    long double best[40];
    size_t wrong = 0;
    minimize(&b->data, best);
    for (size_t k = 0; k < steps; k++) {
        assert_ok(b->ctx, stoch_step(b));
        if (k + tail < steps) continue;
        bool same = true;
        const double *hat = stoch_host(b, b->a->hat);
        for (size_t i = 0; i < STOCH_WIDTH * c->cols; i++) same &= (hat[i] == 0) == (best[i] == 0);
        wrong += !same;
    }
    const double *hat = stoch_host(b, b->a->hat);
    *distance = 0;
    for (size_t i = 0; i < b->data.n; i++) *distance = fmax(*distance, (double)fabsl(hat[i] - best[i]));
    stoch_close(b);
    return wrong;
}

static void identification(void **state)
{
    (void)state;
    static const struct {
        const char *algorithm, *settings;
        double within; /* of the minimizer, at the end */
        bool settles;
    } cases[] = {
        { "rda", "gamma=1", 0.2, true },       { "rda_plus", "gamma=1,lr=0.4,patience=20", 1e-9, true },
        { "prox_svrg", "lr=0.4", 1e-9, true }, { "prox_saga", "lr=0.3", 1e-9, true },
        { "s_pstorm", "lr=0.4", 0.2, true },   { "norm_sgd", "lr=2,shift=10,power=0.75", 0.2, true },
        { "proxsgd", "lr=0.3,a=1", 2, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        stoch_case c = stoch_with(cases[i].algorithm, cases[i].settings, "cpu-f64");
        double distance;
        c.batch = 2;
        size_t wrong = wrong_steps(&c, 6000, 1000, &distance);
        print_message("%-10s %4zu of the last 1000 steps have other zeros, distance %.1e\n",
                      c.algorithm, wrong, distance);
        if ((wrong == 0) != cases[i].settles || !(distance < cases[i].within))
            fail_msg("%s", c.algorithm);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_regularizers), cmocka_unit_test(saga_needs_slopes),
        cmocka_unit_test(refused_settings),

        cmocka_unit_test(methods_meet),         cmocka_unit_test(faces_keep_zeros),
        cmocka_unit_test(epochs_without_rows),  cmocka_unit_test(faint_steps),
        cmocka_unit_test(identification),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Diagnostics, driven with hand-made observations: every column against numbers found by hand or by
 * loops. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

/* --- a stage for one diagnostic ------------------------------------------------------------------ */

enum { MOST = 64, MOST_TERMS = 4 };

typedef struct {
    crease_ctx *ctx;
    crease_random random;
    crease_algorithm algorithm; /* only n and inner are looked at */
    size_t n_terms;
    crease_regularizer *psi[MOST_TERMS];
    crease_groups groups[MOST_TERMS];
    crease_term terms[MOST_TERMS];
    double x[MOST], hat[MOST], g[MOST], g_hat[MOST];
    crease_unit unit[MOST], unit_hat[MOST];
    crease_observation o;
    crease_diagnostic *d;
} stage;

static stage *stage_create(size_t n, uint64_t seed)
{
    stage *s = calloc(1, sizeof *s);
    s->ctx = test_ctx();
    s->random = crease_random_at(seed, CREASE_STREAM_TEST, 0);
    s->algorithm.n = n;
    s->o = (crease_observation){ .event = CREASE_EVENT_EPOCH,
                                 .epoch = 1,
                                 .algorithm = &s->algorithm,
                                 .terms = s->terms,
                                 .x = s->x,
                                 .hat = s->hat,
                                 .unit = s->unit,
                                 .unit_hat = s->unit_hat,
                                 .gradient = s->g,
                                 .gradient_hat = s->g_hat };
    return s;
}

static void stage_add(stage *s, const char *psi, const char *const *settings, crease_groups groups)
{
    size_t i = s->n_terms++;
    s->psi[i] = crease_regularizer_create(s->ctx, psi);
    for (; settings && settings[0]; settings += 2)
        assert_ok(s->ctx, crease_regularizer_set(s->psi[i], settings[0], settings[1]));
    s->groups[i] = groups;
    s->terms[i] = (crease_term){ s->psi[i], &s->groups[i], psi };
    s->o.n_terms = s->n_terms;
    s->o.n_units += crease_term_units(&s->terms[i]);
}
#define SETTINGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void stage_start(stage *s, const char *diagnostic)
{
    crease_diagnostic_free(s->d);
    s->d = crease_diagnostic_create(s->ctx, diagnostic);
    assert_non_null(s->d);
    assert_ok(s->ctx, crease_diagnostic_setup(s->d, s->o.n_units));
}

static int observe(stage *s)
{
    return s->d->type->observe(s->d, &s->o);
}

static double column(const stage *s, const char *name)
{
    size_t i = 0;
    while (strcmp(s->d->type->columns[i].name, name) != 0) i++;
    return s->d->values[i];
}

static void stage_free(stage *s)
{
    crease_diagnostic_free(s->d);
    for (size_t i = 0; i < s->n_terms; i++) {
        crease_regularizer_free(s->psi[i]);
        crease_groups_free(s->ctx, &s->groups[i]);
    }
    crease_ctx_free(s->ctx);
    free(s);
}

static double draw(stage *s)
{
    return crease_random_normal(&s->random);
}

static void assert_near(double a, double b)
{
    if (!(fabs(a - b) <= 1e-14 * (1 + fabs(b)))) fail_msg("%.17g is not %.17g", a, b);
}

/* --- every registered diagnostic ----------------------------------------------------------------- */

static void test_columns(void **state)
{
    (void)state;
    const char *names[200];
    size_t n = 0;
    crease_ctx *ctx = test_ctx();
    const crease_type *type;
    for (size_t i = 0; (type = crease_type_at(ctx, CREASE_DIAGNOSTIC, i)); i++) {
        const crease_column *c = ((const crease_diagnostic_type *)type)->columns;
        assert_non_null(c[0].name);
        for (; c->name; c++) {
            assert_true(c->doc && strlen(c->doc) > 5);
            for (const char *letter = c->name; *letter; letter++)
                assert_true(islower(*letter) || isdigit(*letter) || *letter == '_');
            for (size_t k = 0; k < n; k++) assert_string_not_equal(names[k], c->name);
            names[n++] = c->name;
        }
    }
    assert_true(n > 10);
    crease_ctx_free(ctx);
}

/* All events, with and without terms and gradients: no crash, no error, no column left out. */
static void check_events(stage *s, const char *name)
{
    stage_start(s, name);
    size_t columns = 0;
    while (s->d->type->columns[columns].name) assert_true(isnan(s->d->values[columns++]));
    for (int with_gradients = 0; with_gradients < 2; with_gradients++) {
        s->o.gradient = with_gradients ? s->g : NULL;
        s->o.gradient_hat = with_gradients ? s->g_hat : NULL;
        static const crease_event events[] = { CREASE_EVENT_STEP,  CREASE_EVENT_STEP,
                                               CREASE_EVENT_EPOCH, CREASE_EVENT_STEP,
                                               CREASE_EVENT_EPOCH, CREASE_EVENT_EPOCH,
                                               CREASE_EVENT_END };
        for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
            s->o.event = events[i];
            assert_ok(s->ctx, observe(s));
            for (size_t c = 0; c < columns; c++) assert_false(isinf(s->d->values[c]));
        }
    }
    for (size_t i = 0; i < s->d->n_state; i++) assert_true(isfinite(s->d->state[i])); /* it is saved */
}

static void test_every_diagnostic(void **state)
{
    (void)state;
    for (int with_terms = 0; with_terms < 2; with_terms++)
        for (size_t n = 0; n <= 12; n += 12) {
            stage *s = stage_create(n, 1);
            if (with_terms) stage_add(s, "group_l2", NULL, crease_groups_rows(0, n / 6, 3));
            if (with_terms) stage_add(s, "none", NULL, crease_groups_all(n / 2, n / 2));
            for (size_t i = 0; i < n; i++) s->hat[i] = s->g[i] = s->g_hat[i] = draw(s);
            const crease_type *type;
            for (size_t i = 0; (type = crease_type_at(s->ctx, CREASE_DIAGNOSTIC, i)); i++)
                check_events(s, type->name);
            stage_free(s);
        }
    crease_ctx *ctx = test_ctx();
    assert_null(crease_diagnostic_create(ctx, "sparcity"));
    assert_fails(ctx, crease_ctx_error(ctx)->code, CREASE_ENOTFOUND, "did you mean 'sparsity'");
    crease_diagnostic_free(NULL);
    crease_ctx_free(ctx);
}

/* --- sparsity ------------------------------------------------------------------------------------ */

static void test_sparsity_by_hand(void **state)
{
    (void)state;
    stage *s = stage_create(10, 2);
    const uint32_t index[] = {
        9, 0, 4, 5, 6, 7
    }; /* {9}, {0, 4, 5}, {}, {6, 7}; entries 1, 2, 3, 8 are free */
    crease_groups groups;
    assert_ok(s->ctx, crease_groups_from_lists(s->ctx, 4, (size_t[]){ 0, 1, 4, 4, 6 }, index, &groups));
    stage_add(s, "group_l2", NULL, groups);
    const double x[10] = { 0, 1, 0, 5, -0.0, 0, 0, 1e-300, 2, -0.0 };
    memcpy(s->x, x, sizeof x);
    for (int i = 0; i < 10; i++) s->hat[i] = 1;
    stage_start(s, "sparsity");
    assert_ok(s->ctx, observe(s));
    assert_near(column(s, "sparsity_unstructured"), 6. / 10); /* -0.0 is zero, 1e-300 is not */
    assert_near(column(s, "sparsity_structured"), 3. / 4);    /* an empty group has no live entry */
    assert_near(column(s, "sparsity_weighted"), 4. / 6);
    assert_true(column(s, "sparsity_hat_unstructured") == 0 && column(s, "sparsity_hat_weighted") == 0);
    assert_near(column(s, "sparsity_hat_structured"), 1. / 4);
    for (int i = 0; i < 10; i++) s->x[i] = i % 2 ? 0 : -0.0;
    s->o.event = CREASE_EVENT_STEP;
    assert_ok(s->ctx, observe(s));
    assert_near(column(s, "sparsity_unstructured"),
                6. / 10); /* columns change at the end of an epoch */
    s->o.event = CREASE_EVENT_EPOCH;
    assert_ok(s->ctx, observe(s));
    assert_true(column(s, "sparsity_unstructured") == 1 && column(s, "sparsity_structured") == 1
                && column(s, "sparsity_weighted") == 1);
    stage_free(s);
}

static void test_sparsity_at_random(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        stage *s = stage_create(60, 10 + seed);
        stage_add(s, "group_l2", NULL, crease_groups_cols(3, 4, 6));
        stage_add(s, "l1", NULL, crease_groups_rows(30, 5, 4));
        size_t zeros = 0, zero_groups = 0, in_zero_groups = 0;
        for (int i = 0; i < 60; i++) {
            s->x[i] = 1;
            s->hat[i] = crease_random_below(&s->random, 4) ? 0 : draw(s);
            zeros += s->hat[i] == 0;
        }
        for (int c = 0; c < 6; c++) {
            int live = 0;
            for (int r = 0; r < 4; r++) live += s->hat[3 + 6 * r + c] != 0;
            zero_groups += !live, in_zero_groups += live ? 0 : 4;
        }
        for (int r = 0; r < 5; r++) {
            int live = 0;
            for (int c = 0; c < 4; c++) live += s->hat[30 + 4 * r + c] != 0;
            zero_groups += !live, in_zero_groups += live ? 0 : 4;
        }
        stage_start(s, "sparsity");
        assert_ok(s->ctx, observe(s));
        assert_near(column(s, "sparsity_hat_unstructured"), (double)zeros / 60);
        assert_near(column(s, "sparsity_hat_structured"), (double)zero_groups / 11);
        assert_near(column(s, "sparsity_hat_weighted"), (double)in_zero_groups / 44);
        stage_free(s);
    }
}

/* --- identification ------------------------------------------------------------------------------ */

static void test_signatures_over_epochs(void **state)
{
    (void)state;
    static const crease_unit script[][5] = { { 1, 1, 0, 1, 0 }, { 1, 1, 0, 1, 0 }, { 1, 0, 1, 1, 0 },
                                               { 1, 0, 1, 1, 0 }, { 0, 1, 0, 0, 1 }, { 0, 1, 0, 0, 1 },
                                               { 0, 1, 0, 0, 1 }, { 0, 1, 0, 1, 1 } };
    static const double hamming[] = { NAN, 0, 2, 0, 5, 0, 0, 1 }, last[] = { 1, 1, 3, 3, 5, 5, 5, 8 };
    stage *s = stage_create(5, 3);
    stage_add(s, "l1", NULL, crease_groups_all(0, 5));
    s->o.gradient = s->o.gradient_hat = NULL;
    stage_start(s, "identification");
    for (size_t e = 0; e < 8; e++) {
        s->o.epoch = e + 1;
        memcpy(s->unit_hat, script[e], sizeof script[e]);
        memset(s->unit, (int)e, sizeof script[e]); /* W's own signature is not what counts */
        s->o.event = CREASE_EVENT_STEP;
        assert_ok(s->ctx, observe(s));
        s->o.event = CREASE_EVENT_EPOCH;
        assert_ok(s->ctx, observe(s));
        if (e == 0)
            assert_true(isnan(column(s, "hamming")));
        else
            assert_true(column(s, "hamming") == hamming[e]);
        assert_true(column(s, "last_change_epoch") == last[e]);
        assert_true(isnan(column(s, "margin_zero_min")) && isnan(column(s, "wrongly_zero"))
                    && isnan(column(s, "margin_live_min")));
        if (e != 3) continue;
        double kept[64]; /* a resumed run goes on where the state was saved */
        size_t n = s->d->n_state;
        memcpy(kept, s->d->state, n * sizeof *kept);
        stage_start(s, "identification");
        assert_int_equal(s->d->n_state, n);
        memcpy(s->d->state, kept, n * sizeof *kept);
    }
    stage_free(s);
}

/* group_l2 on two groups, sparse_group on two, l1 on four entries: every margin by hand. */
static void test_margins(void **state)
{
    (void)state;
    stage *s = stage_create(14, 4);
    stage_add(s, "group_l2", SETTINGS("lambda", "2"), crease_groups_rows(0, 2, 2));
    stage_add(s, "sparse_group", SETTINGS("lambda1", "1", "lambda2", "3"), crease_groups_rows(4, 2, 3));
    stage_add(s, "l1", SETTINGS("lambda", "4"), crease_groups_all(10, 4));
    for (int i = 0; i < 3; i++)
        assert_ok(s->ctx, crease_groups_set_weight_rule(s->ctx, &s->groups[i], "one"));
    const double hat[] = { 0, 0, 3, -4, /**/ 0, 0, 0, 7, 0, 0, /**/ 0, 0, 9, -8 };
    const double g[] = { 0.6, 0.8, 5, 5, /**/ 2, -3, 0.5, 5, 0.25, -0.75, /**/ 3.75, -3.5, 5, 5 };
    memcpy(s->hat, hat, sizeof hat);
    memcpy(s->g_hat, g, sizeof g);
    stage_start(s, "identification");
    assert_ok(s->ctx, observe(s));
    /* zero: 2 - 1; 3 - |(1, 2, 0)| three times; 1 - 0.25, 1 - 0.75; 4 - 3.75, 4 - 3.5.  live: 5; 7; 9,
     * 8 */
    assert_near(column(s, "margin_zero_min"), 0.25);
    assert_near(column(s, "margin_live_min"), 5);
    assert_true(column(s, "wrongly_zero") == 0);
    s->g_hat[0] = 6, s->g_hat[1] = 8;        /* |g| = 10 > 2: the group is wrongly zero */
    s->g_hat[10] = 4;                        /* no slack, but not negative */
    s->g_hat[9] = -1.5, s->g_hat[11] = 4.25; /* and so are two single entries */
    s->hat[13] = 0.125;
    assert_ok(s->ctx, observe(s));
    assert_near(column(s, "margin_zero_min"), -8);
    assert_near(column(s, "margin_live_min"), 0.125);
    assert_true(column(s, "wrongly_zero") == 3);
    s->o.gradient_hat = NULL;
    assert_ok(s->ctx, observe(s));
    assert_true(isnan(column(s, "margin_zero_min")) && isnan(column(s, "wrongly_zero"))
                && column(s, "hamming") == 0);
    stage_free(s);
}

/* Forced to zero by an infinite weight, a group can never be wrongly zero; without a weight, always. */
static void test_margins_of_odd_weights(void **state)
{
    (void)state;
    stage *s = stage_create(4, 5);
    stage_add(s, "group_l2", SETTINGS("lambda", "2"), crease_groups_rows(0, 2, 2));
    assert_ok(s->ctx, crease_groups_set_weights(s->ctx, &s->groups[0], (double[]){ INFINITY, 0 }));
    for (int i = 0; i < 4; i++) s->g_hat[i] = 3;
    stage_start(s, "identification");
    assert_ok(s->ctx, observe(s));
    assert_true(column(s, "wrongly_zero") == 1);
    assert_near(column(s, "margin_zero_min"), -sqrt(18));
    assert_true(isnan(column(s, "margin_live_min")));
    stage_free(s);
}

/* --- stationarity -------------------------------------------------------------------------------- */

static double soft(double x, double t)
{
    return x > t ? x - t : x < -t ? x + t : 0;
}

static double norm(size_t n, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i] * x[i];
    return sqrt(sum);
}

/* lambda1 |x|_1 + tau |x|_2 on n entries: the least of the squared subgradients g + dpsi, and the prox
 * of x - g. */
static double least_subgradient_sq(size_t n, const double *x, const double *g, double lambda1,
                                   double tau)
{
    double s[MOST] = { 0 }, size = norm(n, x);
    for (size_t i = 0; i < n; i++) {
        double smooth = g[i] + (size > 0 ? tau * x[i] / size : 0);
        s[i] = x[i] != 0 ? smooth + copysign(lambda1, x[i]) : soft(smooth, lambda1);
    }
    double rest = size > 0 ? norm(n, s) : fmax(0, norm(n, s) - tau);
    return rest * rest;
}

static double prox_step_sq(size_t n, const double *x, const double *g, double lambda1, double tau)
{
    double p[MOST] = { 0 }, sum = 0;
    for (size_t i = 0; i < n; i++) p[i] = soft(x[i] - g[i], lambda1);
    double size = norm(n, p), factor = size > tau ? 1 - tau / size : 0;
    for (size_t i = 0; i < n; i++) sum += pow(x[i] - factor * p[i], 2);
    return sum;
}

/* Groups of three on entries 0..23, l1 on 24..31, sparse groups of four on 32..47; 48..59 are free. */
enum { N = 60 };
static const struct {
    size_t first, end, size;
    double lambda1, lambda2;
} parts[] = {
    { 0, 24, 3, 0, 0.7 }, { 24, 32, 8, 0.4, 0 }, { 32, 48, 4, 0.3, 0.5 }, { 48, 60, 12, 0, 0 }
};

static stage *stationarity_stage(uint64_t seed)
{
    stage *s = stage_create(N, seed);
    stage_add(s, "group_l2", SETTINGS("lambda", "0.7"), crease_groups_rows(0, 8, 3));
    stage_add(s, "l1", SETTINGS("lambda", "0.4"), crease_groups_all(24, 8));
    stage_add(s, "sparse_group", SETTINGS("lambda1", "0.3", "lambda2", "0.5"),
              crease_groups_rows(32, 4, 4));
    stage_start(s, "stationarity");
    return s;
}

typedef double measure(size_t n, const double *x, const double *g, double lambda1, double tau);

static double over_groups(measure *f, const double *x, const double *g)
{
    double sum = 0;
    for (int p = 0; p < 4; p++)
        for (size_t i = parts[p].first; i < parts[p].end; i += parts[p].size)
            sum += f(parts[p].size, x + i, g + i, parts[p].lambda1,
                     parts[p].lambda2 * sqrt((double)parts[p].size));
    return sqrt(sum);
}

/* A point and a gradient that is minus one of its subgradients: |y| < lambda1 on zero entries, u in the
 * unit ball. */
static void plant(stage *s, double *x, double *g)
{
    for (int p = 0; p < 4; p++)
        for (size_t i = parts[p].first; i < parts[p].end; i += parts[p].size) {
            size_t n = parts[p].size;
            bool dead = parts[p].lambda2 > 0 && crease_random_below(&s->random, 2);
            double tau = parts[p].lambda2 * sqrt((double)n), u[MOST];
            for (size_t k = 0; k < n; k++) {
                bool zero = dead || (parts[p].lambda1 > 0 && crease_random_below(&s->random, 3) == 0);
                x[i + k] = zero ? 0 : draw(s);
                u[k] = draw(s);
            }
            double size = norm(n, x + i), ball = norm(n, u) * (1 + crease_random_uniform(&s->random));
            for (size_t k = 0; k < n; k++) {
                double entry = x[i + k] != 0 ? copysign(1, x[i + k])
                                             : 1.9 * crease_random_uniform(&s->random) - 0.95;
                g[i + k] = -parts[p].lambda1 * entry - tau * (size > 0 ? x[i + k] / size : u[k] / ball);
            }
        }
}

static void test_stationary_points(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 30; seed++) {
        stage *s = stationarity_stage(40 + seed);
        plant(s, s->x, s->g);
        memcpy(s->hat, s->x, sizeof s->x);
        for (size_t i = 0; i < N; i++) s->g_hat[i] = s->g[i] + 1e-3 * draw(s);
        assert_ok(s->ctx, observe(s));
        assert_true(column(s, "stationarity") < 1e-14 && column(s, "prox_gradient") < 1e-14);
        assert_true(column(s, "stationarity_hat") > 1e-3 && column(s, "prox_gradient_hat") > 1e-3);
        stage_free(s);
    }
}

static void test_stationarity_at_random(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 30; seed++) {
        stage *s = stationarity_stage(80 + seed);
        plant(s, s->x, s->g);
        plant(s, s->hat, s->g_hat);
        for (size_t i = 0; i < N; i++) s->g[i] += draw(s), s->g_hat[i] += 0.1 * draw(s);
        assert_ok(s->ctx, observe(s));
        assert_near(column(s, "stationarity"), over_groups(least_subgradient_sq, s->x, s->g));
        assert_near(column(s, "stationarity_hat"), over_groups(least_subgradient_sq, s->hat, s->g_hat));
        assert_near(column(s, "prox_gradient"), over_groups(prox_step_sq, s->x, s->g));
        assert_near(column(s, "prox_gradient_hat"), over_groups(prox_step_sq, s->hat, s->g_hat));
        /* a unit prox step is never longer than the least subgradient */
        assert_true(column(s, "prox_gradient") <= column(s, "stationarity") * (1 + 1e-14));
        s->o.event = CREASE_EVENT_END;
        s->o.gradient = NULL;
        assert_ok(s->ctx, observe(s));
        assert_false(isnan(column(s, "stationarity")));
        s->o.event = CREASE_EVENT_EPOCH;
        assert_ok(s->ctx, observe(s)); /* without a gradient there is nothing to say */
        assert_true(isnan(column(s, "stationarity")) && isnan(column(s, "prox_gradient_hat")));
        stage_free(s);
    }
}

/* Nothing finite may be reported where a gradient is no number, wherever it stands. */
static void test_gradient_is_no_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < N; i += 2) {
        stage *s = stationarity_stage(200 + i);
        plant(s, s->x, s->g);
        plant(s, s->hat, s->g_hat);
        s->g[i] = NAN;
        int code = observe(s);
        if (code == CREASE_OK)
            assert_false(isfinite(column(s, "stationarity")) || isfinite(column(s, "prox_gradient")));
        else
            assert_int_equal(code, CREASE_ENAN);
        assert_false(isfinite(column(s, "stationarity")));
        stage_free(s);
    }
}

static void test_stationarity_of_odd_weights(void **state)
{
    (void)state;
    stage *s = stage_create(6, 6);
    stage_add(s, "group_l2", NULL, crease_groups_rows(0, 2, 2));
    assert_ok(s->ctx, crease_groups_set_weights(s->ctx, &s->groups[0], (double[]){ INFINITY, 0 }));
    const double g[] = { 9, 9, 3, 0, 4, 0 };
    memcpy(s->g, g, sizeof g);
    s->hat[0] = 2; /* where an infinite weight forbids it */
    stage_start(s, "stationarity");
    assert_ok(s->ctx, observe(s));
    assert_near(column(s, "stationarity"), 5);
    assert_near(column(s, "prox_gradient"), 5);
    assert_true(column(s, "stationarity_hat") == INFINITY);
    assert_near(column(s, "prox_gradient_hat"), 2);
    stage_free(s);
}

/* --- inner --------------------------------------------------------------------------------------- */

static void add_step(stage *s, crease_inner inner)
{
    s->o.event = CREASE_EVENT_STEP;
    s->algorithm.inner = inner;
    assert_ok(s->ctx, observe(s));
}

static void end_epoch(stage *s)
{
    s->o.event = CREASE_EVENT_EPOCH;
    s->o.epoch++;
    assert_ok(s->ctx, observe(s));
}

static void test_inner(void **state)
{
    (void)state;
    stage *s = stage_create(3, 7);
    stage_start(s, "inner");
    add_step(s, (crease_inner){ 2, 0, 0, 5, 2.5, 1e-16, NAN, 0.5 });
    add_step(s, (crease_inner){ 2, 1, 0, 9, 4, NAN, 3e-15, 1.5 });
    add_step(s, (crease_inner){ 2, 2, 1, 3, 1, 2e-16, 1e-15, 1 });
    add_step(s, (crease_inner){ .bound = NAN, .certificate = NAN }); /* nothing to solve: no step */
    assert_true(isnan(column(s, "inner_iterations_mean")));
    end_epoch(s);
    assert_near(column(s, "inner_iterations_mean"), 2.5);
    assert_true(column(s, "inner_iterations_max") == 9);
    assert_true(column(s, "inner_bound_max") == 2e-16 && column(s, "certificate_max") == 3e-15);
    assert_near(column(s, "inner_solve_ms"), 1);
    assert_true(column(s, "inner_capped") == 3);
    add_step(s, (crease_inner){ 1, 0, 0, 2, 2, NAN, NAN, 4 }); /* a solver that has no bound */
    assert_true(column(s, "inner_iterations_max") == 9);
    end_epoch(s);
    assert_true(column(s, "inner_iterations_max") == 2 && column(s, "inner_capped") == 0);
    assert_true(isnan(column(s, "inner_bound_max")) && isnan(column(s, "certificate_max")));
    assert_near(column(s, "inner_solve_ms"), 4);
    end_epoch(s);
    static const char *const names[] = { "inner_iterations_mean", "inner_iterations_max",
                                         "inner_bound_max",       "certificate_max",
                                         "inner_solve_ms",        "inner_capped" };
    for (int i = 0; i < 6; i++) assert_true(isnan(column(s, names[i])));
    add_step(s, (crease_inner){ 1, 0, 0, 0, 0, 0, 0, 0 }); /* zeros are numbers */
    end_epoch(s);
    for (int i = 0; i < 6; i++) assert_true(column(s, names[i]) == 0);
    stage_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_every_diagnostic),
        cmocka_unit_test(test_sparsity_by_hand),
        cmocka_unit_test(test_sparsity_at_random),
        cmocka_unit_test(test_signatures_over_epochs),
        cmocka_unit_test(test_margins),
        cmocka_unit_test(test_margins_of_odd_weights),
        cmocka_unit_test(test_stationary_points),
        cmocka_unit_test(test_stationarity_at_random),
        cmocka_unit_test(test_gradient_is_no_number),
        cmocka_unit_test(test_stationarity_of_odd_weights),
        cmocka_unit_test(test_inner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

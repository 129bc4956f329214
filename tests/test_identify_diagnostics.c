/* The diagnostics reference, surrogate and stability, driven by hand on a problem whose minimizer is a
 * formula; and in runs, where what they write per step does not depend on an interruption. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "identify_support.h"

/* --- a stage -------------------------------------------------------------------------------------- */

enum { N = IDENTIFY_N };

typedef struct {
    crease_ctx *ctx;
    crease_problem *problem;
    crease_regularizer *psi;
    crease_groups groups;
    crease_term term;
    crease_algorithm algorithm;
    double x[N], hat[N], g[N], slot[N], gradient[N], gradient_hat[N];
    crease_unit unit[N], unit_hat[N];
    crease_observation o;
    crease_diagnostic *d;
} stage;

static crease_problem *load_problem(crease_ctx *ctx)
{
    crease_problem *p =
        crease_problem_create(ctx, "least_squares", crease_backend_find(ctx, "cpu-f64"));
    assert_non_null(p);
    assert_ok(ctx, crease_problem_set(p, "data", identify_write_data()));
    assert_ok(ctx, crease_problem_set(p, "bias", "false"));
    assert_ok(ctx, crease_problem_set(p, "normalize", "none"));
    assert_ok(ctx, crease_problem_setup(p));
    assert_int_equal(p->n, N);
    return p;
}

static stage *stage_create(void)
{
    stage *s = calloc(1, sizeof *s);
    s->ctx = test_ctx();
    s->problem = load_problem(s->ctx);
    s->psi = crease_regularizer_create(s->ctx, "l1");
    assert_ok(s->ctx, crease_regularizer_set(s->psi, "lambda", "0.25"));
    s->groups = crease_groups_all(0, N);
    s->term = (crease_term){ s->psi, &s->groups, "weight" };
    s->algorithm = (crease_algorithm){ .ctx = s->ctx,
                                       .backend = s->problem->backend,
                                       .n = N,
                                       .hat = s->hat,
                                       .x = s->x,
                                       .g = s->g,
                                       .slots = { s->slot },
                                       .surrogate = CREASE_NO_SLOT };
    s->o = (crease_observation){ .algorithm = &s->algorithm,
                                 .problem = s->problem,
                                 .terms = &s->term,
                                 .n_terms = 1,
                                 .n_units = N,
                                 .x = s->x,
                                 .hat = s->hat,
                                 .unit = s->unit,
                                 .unit_hat = s->unit_hat,
                                 .gradient = s->gradient,
                                 .gradient_hat = s->gradient_hat };
    return s;
}

static void stage_free(stage *s)
{
    crease_diagnostic_free(s->d);
    crease_problem_free(s->problem);
    crease_regularizer_free(s->psi);
    crease_ctx_free(s->ctx);
    free(s);
}

/* Prepared with the reference in a file, and another setting. */
static int start(stage *s, const char *name, const crease_reference *r, const char *key,
                 const char *value)
{
    crease_diagnostic_free(s->d);
    s->d = crease_diagnostic_create(s->ctx, name);
    assert_non_null(s->d);
    if (r) {
        assert_ok(s->ctx, crease_reference_write(s->ctx, test_path("r.h5"), r));
        assert_ok(s->ctx, crease_diagnostic_set(s->d, "file", test_path("r.h5")));
    }
    if (key) assert_ok(s->ctx, crease_diagnostic_set(s->d, key, value));
    assert_ok(s->ctx, crease_diagnostic_setup(s->d, N));
    return s->d->type->prepare ? s->d->type->prepare(s->d, &s->o) : CREASE_OK;
}

static double column(const stage *s, const char *name)
{
    size_t i = 0;
    while (strcmp(s->d->type->columns[i].name, name) != 0) i++;
    return s->d->values[i];
}

static void observe(stage *s, crease_event event)
{
    s->o.event = event;
    if (event == CREASE_EVENT_STEP) s->algorithm.t++;
    if (event == CREASE_EVENT_EPOCH) s->o.epoch++;
    for (int i = 0; i < N; i++) {
        s->unit[i] = s->x[i] != 0;
        s->unit_hat[i] = s->hat[i] != 0;
    }
    assert_ok(s->ctx, s->d->type->observe(s->d, &s->o));
}

static void assert_near(double a, double b)
{
    if (!(fabs(a - b) <= 1e-14 * (1 + fabs(b)))) fail_msg("%.17g is not %.17g", a, b);
}

/* --- reference ------------------------------------------------------------------------------------ */

static void reference_columns(void **state)
{
    (void)state;
    stage *s = stage_create();
    crease_reference r = identify_reference();
    assert_ok(s->ctx, start(s, "reference", &r, NULL, NULL));
    memcpy(s->x, r.x, sizeof s->x);
    memcpy(s->hat, r.x, sizeof s->hat);
    s->x[0] += 3, s->x[1] += 4, s->x[8] = -12, s->x[9] = 5; /* two on, two off */
    s->hat[2] = 0;
    s->o.objective = r.objective + 0.5;
    s->o.objective_hat = NAN;
    observe(s, CREASE_EVENT_EPOCH);
    assert_true(column(s, "false_zero") == 0 && column(s, "false_live") == 2
                && column(s, "off_manifold") == 1);
    assert_true(column(s, "false_zero_hat") == 1 && column(s, "false_live_hat") == 0);
    assert_near(column(s, "distance_on"), 5);
    assert_near(column(s, "distance_off"), 13);
    assert_near(column(s, "distance_on_hat"), fabs(r.x[2]));
    assert_true(column(s, "distance_off_hat") == 0);
    assert_near(column(s, "suboptimality"), 0.5 / (1 + r.objective));
    assert_true(isnan(column(s, "suboptimality_hat")) && isnan(column(s, "first_hit_step")));
    stage_free(s);
}

/* r: right, w: wrong, after a step; |: the epoch ends. The state alone is carried over a stop in the
 * middle. */
static void reference_steps(void **state)
{
    static const char script[] = "wwrw|wrrr|rrrw|rrrr|";
    static const double hit[] = { 3, 3, 3, 3 }, exits[] = { 4, 5, 12, 12 }, wrong[] = { 3, 1, 1, 0 };
    (void)state;
    for (size_t stop = 0; stop < sizeof script - 1; stop++) {
        stage *s = stage_create();
        crease_reference r = identify_reference();
        assert_ok(s->ctx, start(s, "reference", &r, NULL, NULL));
        assert_true(s->d->wants & CREASE_WANTS_HAT);
        for (size_t i = 0, epoch = 0; script[i]; i++) {
            memcpy(s->hat, r.x, sizeof s->hat);
            if (script[i] == 'w') s->hat[i % 2 ? 3 : 12] = i % 2 ? 0 : 1e-300;
            observe(s, script[i] == '|' ? CREASE_EVENT_EPOCH : CREASE_EVENT_STEP);
            if (script[i] == '|') {
                assert_true(column(s, "first_hit_step") == hit[epoch]
                            && column(s, "last_exit_step") == exits[epoch]);
                assert_true(column(s, "steps_wrong_in_epoch") == wrong[epoch]);
                epoch++;
            }
            if (i != stop) continue;
            double kept[3];
            assert_int_equal(s->d->n_state, 3);
            memcpy(kept, s->d->state, sizeof kept);
            assert_ok(s->ctx, start(s, "reference", &r, NULL, NULL));
            memcpy(s->d->state, kept, sizeof kept);
        }
        stage_free(s);
    }
}

static void reference_at_epochs_alone(void **state)
{
    (void)state;
    stage *s = stage_create();
    crease_reference r = identify_reference();
    assert_ok(s->ctx, start(s, "reference", &r, "every_step", "false"));
    assert_false(s->d->wants & CREASE_WANTS_HAT);
    observe(s, CREASE_EVENT_STEP);
    observe(s, CREASE_EVENT_EPOCH);
    assert_true(column(s, "false_zero_hat") == IDENTIFY_LIVE && isnan(column(s, "last_exit_step")));
    assert_true(isnan(column(s, "first_hit_step")) && isnan(column(s, "steps_wrong_in_epoch")));
    stage_free(s);
}

/* A flat F: units of the tight set count neither way, whatever x* is there. */
static void reference_that_is_not_unique(void **state)
{
    (void)state;
    stage *s = stage_create();
    crease_reference r = identify_reference();
    r.unique = false;
    r.tight[9] = 1;
    assert_ok(s->ctx, start(s, "reference", &r, NULL, NULL));
    memcpy(s->hat, r.x, sizeof s->hat);
    s->hat[0] = 0, s->hat[9] = 1;
    observe(s, CREASE_EVENT_EPOCH);
    assert_true(column(s, "false_zero_hat") == 0 && column(s, "false_live_hat") == 0);
    assert_true(column(s, "off_manifold_hat") == 0);
    s->hat[10] = 1;
    observe(s, CREASE_EVENT_EPOCH);
    assert_true(column(s, "false_live_hat") == 1 && column(s, "off_manifold_hat") == 1);
    r.unique = r.degenerate = true; /* unique, at its threshold: x* itself is what counts */
    assert_ok(s->ctx, start(s, "reference", &r, NULL, NULL));
    observe(s, CREASE_EVENT_EPOCH);
    assert_true(column(s, "false_zero_hat") == 1 && column(s, "false_live_hat") == 2);
    stage_free(s);
}

static void reference_that_does_not_fit(void **state)
{
    (void)state;
    stage *s = stage_create();
    crease_reference r = identify_reference();
    assert_fails(s->ctx, start(s, "reference", NULL, NULL, NULL), CREASE_EINVAL, "'file' is needed");
    r.n = 15;
    assert_fails(s->ctx, start(s, "reference", &r, NULL, NULL), CREASE_EDIM, "but the problem has 16");
    r.n = N, r.units = 15;
    assert_fails(s->ctx, start(s, "surrogate", &r, NULL, NULL), CREASE_EDIM,
                 "but the regularizers have 16");
    r = identify_reference();
    r.gradient[1] += 1e-3;
    assert_fails(s->ctx, start(s, "reference", &r, NULL, NULL), CREASE_EINVAL, "another problem");
    assert_ok(s->ctx, crease_regularizer_set(s->psi, "lambda", "0.24"));
    r = identify_reference();
    assert_fails(s->ctx, start(s, "surrogate", &r, NULL, NULL), CREASE_EINVAL, "other regularizers");
    r.certificate = 0.1; /* a poor reference may be as poor as it says */
    assert_ok(s->ctx, start(s, "reference", &r, NULL, NULL));
    stage_free(s);
}

/* --- surrogate ------------------------------------------------------------------------------------ */

static void surrogate_columns(void **state)
{
    (void)state;
    stage *s = stage_create();
    crease_reference r = identify_reference();
    double error[N], sum = 0, size = 0, margin = 0;
    for (int i = 0; i < N; i++) {
        s->gradient[i] = cos(i);
        error[i] = 0.01 * sin(3 * i + 1);
        s->slot[i] = (s->gradient[i] + error[i]) / 2.5;
        s->g[i] = s->gradient[i] + 2 * error[i];
        sum += error[i] * error[i];
        size += s->gradient[i] * s->gradient[i];
        if (i >= IDENTIFY_LIVE)
            margin = fmax(margin, fabs(error[i]) / (IDENTIFY_LAMBDA - fabs(identify_z[i])));
    }
    assert_ok(s->ctx, start(s, "surrogate", &r, NULL, NULL));
    s->algorithm.surrogate = 0;
    s->algorithm.surrogate_scale = 2.5;
    observe(s, CREASE_EVENT_EPOCH);
    assert_near(column(s, "surrogate_error"), sqrt(sum));
    assert_near(column(s, "surrogate_relative"), sqrt(sum / size));
    assert_near(column(s, "surrogate_margin"), margin);
    s->algorithm.surrogate = CREASE_NO_SLOT; /* the gradient itself */
    observe(s, CREASE_EVENT_EPOCH);
    assert_near(column(s, "surrogate_error"), 2 * sqrt(sum));
    assert_near(column(s, "surrogate_margin"), 2 * margin);
    assert_ok(s->ctx, start(s, "surrogate", NULL, NULL, NULL));
    observe(s, CREASE_EVENT_EPOCH);
    assert_near(column(s, "surrogate_error"), 2 * sqrt(sum));
    assert_true(isnan(column(s, "surrogate_margin")));
    s->o.gradient = NULL;
    observe(s, CREASE_EVENT_EPOCH);
    assert_true(isnan(column(s, "surrogate_error")) && isnan(column(s, "surrogate_relative")));
    stage_free(s);
}

/* --- stability ------------------------------------------------------------------------------------ */

static void stability_columns(void **state)
{
    (void)state;
    stage *s = stage_create();
    /* live units at the end of each epoch, the first ones of hat */
    static const int live[] = { 4, 4, 4, 5, 5, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6 };
    static const double stretch[] = { 1, 2, 3, 1, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };
    double longest = 0;
    assert_ok(s->ctx, start(s, "stability", NULL, NULL, NULL));
    s->o.gradient_hat = NULL;
    for (int e = 0; e < 16; e++) {
        for (int i = 0; i < N; i++) s->hat[i] = i < live[e];
        observe(s, CREASE_EVENT_STEP);
        observe(s, CREASE_EVENT_EPOCH);
        double mean = 0, variance = 0, n = 0;
        for (int k = e < 9 ? 0 : e - 9; k <= e; k++) mean += live[k], n++;
        for (int k = e < 9 ? 0 : e - 9; k <= e; k++) variance += pow(live[k] - mean / n, 2) / (n - 1);
        longest = fmax(longest, stretch[e]);
        assert_true(column(s, "stable_epochs") == stretch[e] && column(s, "stable_longest") == longest);
        assert_true(column(s, "live_units") == live[e] && isnan(column(s, "margin_wide")));
        if (e == 0)
            assert_true(isnan(column(s, "live_variance")));
        else
            assert_near(column(s, "live_variance"), variance);
        if (e != 7) continue;
        double kept[64]; /* a resumed run goes on where the state was saved */
        size_t size = s->d->n_state;
        memcpy(kept, s->d->state, size * sizeof *kept);
        assert_ok(s->ctx, start(s, "stability", NULL, NULL, NULL));
        memcpy(s->d->state, kept, size * sizeof *kept);
    }
    stage_free(s);
}

static void stability_histogram(void **state)
{
    (void)state;
    stage *s = stage_create();
    static const double share[N - 2] = { -2,   -1e-3, 1e-10, -1e-10, 1e-12, 0.005, 0.009,
                                         0.01, 0.05,  0.09,  0.5,    0.2,   1,     1 };
    s->hat[0] = s->hat[1] = 1;
    for (int i = 0; i < N - 2; i++)
        s->gradient_hat[2 + i] = (i % 2 ? -1 : 1) * IDENTIFY_LAMBDA * (1 - share[i]);
    assert_ok(s->ctx, start(s, "stability", NULL, NULL, NULL));
    observe(s, CREASE_EVENT_EPOCH);
    assert_true(column(s, "margin_violated") == 2 && column(s, "margin_tied") == 3);
    assert_true(column(s, "margin_below_1pct") == 2 && column(s, "margin_below_10pct") >= 2);
    double sum = column(s, "margin_violated") + column(s, "margin_tied")
                 + column(s, "margin_below_1pct") + column(s, "margin_below_10pct")
                 + column(s, "margin_wide");
    assert_true(sum == N - 2 && column(s, "margin_wide") == 4);
    stage_free(s);
}

/* --- in runs -------------------------------------------------------------------------------------- */

static void run_trains(void **state)
{
    crease_ctx *ctx = test_ctx();
    cli_result r;
    char folder[600], text[6000], reference[600], config[600];
    (void)state;
    crease_reference good = identify_reference();
    snprintf(reference, sizeof reference, "%s", test_path("run.h5"));
    assert_ok(ctx, crease_reference_write(ctx, reference, &good));
    snprintf(folder, sizeof folder, "%s", test_path("run"));
    identify_problem_text(text, sizeof text, identify_write_data());
    size_t used = strlen(text);
    snprintf(text + used, sizeof text - used,
             "schedule: {epochs: 30, batch: 4}\nbackend: cpu-f64\n"
             "observe: {full_gradient_every: 1, diagnostics: [stability, {type: reference, file: %s}, "
             "{type: surrogate, file: %s}]}\nalgorithms: [{type: pg}, {type: rmda}]\n",
             reference, reference);
    snprintf(config, sizeof config, "%s", cli_write_text("run.yaml", text));
    CLI_RUN(&r, "run", config, "--out", folder, "-q");
    cli_expect(&r, 0, "");
    CLI_RUN(&r, "identify", folder, "--no-plot");
    cli_expect(&r, 0,
               "pg-1\n  verdict    identified at epoch 1 (step 1), stays to the end (30 epochs)");
    CLI_RUN(&r, "run", config, "--out", test_path("other"), "-q", "--set", "regularizers.0.lambda=0.3");
    cli_expect(&r, 2, "diagnostic reference: ");
    cli_expect(&r, 2, "is the reference of other regularizers");
    crease_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_columns),
        cmocka_unit_test(reference_steps),
        cmocka_unit_test(reference_at_epochs_alone),
        cmocka_unit_test(reference_that_is_not_unique),
        cmocka_unit_test(reference_that_does_not_fit),
        cmocka_unit_test(surrogate_columns),
        cmocka_unit_test(stability_columns),
        cmocka_unit_test(stability_histogram),
        cmocka_unit_test(run_trains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

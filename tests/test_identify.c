/* Verdicts on planted histories, rates on planted sequences, and what is no run directory or no
 * reference of one. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiment/identify.h"
#include "identify_support.h"

#define ONE "[{type: pg}]"

/* --- verdicts ------------------------------------------------------------------------------------- */

static const char *write_reference(crease_ctx *ctx, const char *name, const crease_reference *r)
{
    const char *path = test_path(name);
    assert_ok(ctx, crease_reference_write(ctx, path, r));
    return path;
}

/* The verdict on one planted run. r NULL: without a reference. */
static crease_identify_run judge(const identify_plant *plant, const crease_reference *r,
                                 crease_identify *id)
{
    static char data[500];
    crease_ctx *ctx = test_ctx();
    if (!*data) snprintf(data, sizeof data, "%s", identify_write_data());
    char reference[600] = "";
    const char *folder = identify_make_folder("planted", data, ONE);
    identify_plant_run(ctx, folder, "pg", 1, plant);
    if (r) snprintf(reference, sizeof reference, "%s", write_reference(ctx, "planted.h5", r));
    assert_ok(ctx, crease_identify_read(ctx, folder, r ? reference : NULL, id));
    assert_ok(ctx, crease_identify_judge(id));
    assert_int_equal(id->n_runs, 1);
    return id->runs[0];
}

static void done(crease_identify *id)
{
    crease_ctx *ctx = id->ctx;
    crease_identify_free(id);
    crease_ctx_free(ctx);
}

static void assert_verdict(const identify_plant *plant, const crease_reference *r,
                           crease_identify_kind kind, const char *words)
{
    crease_identify id;
    crease_identify_run run = judge(plant, r, &id);
    if (run.kind != kind || !strstr(run.verdict, words))
        fail_msg("%s: '%s' (%s), but '%s' was expected", plant->history, run.verdict,
                 crease_identify_kind_name(run.kind), words);
    done(&id);
}

static void verdicts_with_a_reference(void **state)
{
    crease_reference r = identify_reference();
    (void)state;
    static const struct {
        identify_plant plant;
        crease_identify_kind kind;
        const char *words;
    } cases[] = {
        { { .history = "bbzzrrrrrrrrrrrr" },
          CREASE_IDENTIFY_YES,
          "identified at epoch 5 (seen at the ends of epochs alone), stays to the end (12 epochs)" },
        { { .history = "bbzzrrlrrrrrrrrrrrrr" }, CREASE_IDENTIFY_YES, "identified at epoch 8 " },
        { { .history = "zzzzzzzzzzzzrrrr" },
          CREASE_IDENTIFY_RECENT,
          "right since epoch 13 (seen at the ends of epochs alone), but only 4 epochs since" },
        { { .history = "zzzzzzzzzzzzzzzr" },
          CREASE_IDENTIFY_RECENT,
          "but only 1 epoch since: too few to call it identified" },
        { { .history = "rrrrrrrrrrrrrrrl" },
          CREASE_IDENTIFY_NO,
          "not identified: wrong in 1 of the last 10 epochs, 0 false zeros, 2 false live" },
        { { .history = "rzrzrzrzrzrzrzrz" },
          CREASE_IDENTIFY_NO,
          "wrong in 5 of the last 10 epochs, 1 false zero, 0 false" },
        { { .history = "lbb" },
          CREASE_IDENTIFY_NO,
          "wrong in 3 of the last 3 epochs, 1 false zero, 1 false live" },
        { { .history = "rrrrrrrrrrrr" }, CREASE_IDENTIFY_YES, "identified at epoch 1 " },
        { { .history = "rrrrrrrrrrrr", .outcome = "diverged" },
          CREASE_IDENTIFY_NO,
          "diverged; not identified" },
        { { .history = "zzrrrrrrrrrrrr", .watched = true, .first_hit_step = 3, .last_exit_step = 8 },
          CREASE_IDENTIFY_YES,
          "identified at epoch 3 (step 9), stays to the end (12 epochs)" },
        { { .history = "zzrrrrrrrrrrrr", .watched = true, .first_hit_step = 3, .last_exit_step = 22 },
          CREASE_IDENTIFY_RECENT,
          "right since epoch 6 (step 23), but only 8 epochs since" },
        { { .history = "rrrrrrrrrrrr", .watched = true, .first_hit_step = 1 },
          CREASE_IDENTIFY_YES,
          "identified at epoch 1 (step 1), stays to the end (12 epochs)" },
        { { .history = "rrrrrrrrrrrl", .watched = true, .first_hit_step = 1, .last_exit_step = 48 },
          CREASE_IDENTIFY_NO,
          "wrong in 1 of" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_verdict(&cases[i].plant, &r, cases[i].kind, cases[i].words);
}

static void verdicts_without(void **state)
{
    (void)state;
    assert_verdict(&(identify_plant){ .history = "bbbzzzzzzzzzzz" }, NULL, CREASE_IDENTIFY_STABLE,
                   "stable since epoch 4 (no reference: says nothing about correctness)");
    assert_verdict(&(identify_plant){ .history = "zzzzzzzzzzzzrrr" }, NULL, CREASE_IDENTIFY_UNSTABLE,
                   "not stable: the last change was at epoch 13 of 15");
    assert_verdict(&(identify_plant){ .history = "rrrr" }, NULL, CREASE_IDENTIFY_UNSTABLE,
                   "not stable: unchanged, but in 4 epochs only");
}

/* A unit at its threshold: no claim. A flat F: units of the tight set count neither way. */
static void references_that_decide_less(void **state)
{
    crease_reference r = identify_reference();
    (void)state;
    r.degenerate = true;
    assert_verdict(&(identify_plant){ .history = "zzzzrrrrrrrrrrrr" }, &r, CREASE_IDENTIFY_DEGENERATE,
                   "degenerate: margin 5.0e-02, no claim");
    r.degenerate = false;
    r.unique = false;
    r.tight[9] = 1;
    assert_verdict(&(identify_plant){ .history = "llllbbbbbbbbbbbb" }, &r, CREASE_IDENTIFY_YES,
                   "not unique: judged on the equicorrelation set: no unit outside of it is live, "
                   "identified at epoch 5");
    assert_verdict(&(identify_plant){ .history = "bbbbbbbbbblll" }, &r, CREASE_IDENTIFY_NO,
                   "judged on the equicorrelation set: wrong in 3 of the last 10 epochs, 0 false "
                   "zeros, 1 false live");
    r.least_eigenvalue = NAN;
    assert_verdict(&(identify_plant){ .history = "bbbbbbbbbbbb" }, &r, CREASE_IDENTIFY_YES,
                   "uniqueness not known: judged");
    for (int u = 0; u < IDENTIFY_N; u++) r.tight[u] = 1;
    assert_verdict(&(identify_plant){ .history = "bbbbbbbbbbbb" }, &r, CREASE_IDENTIFY_UNKNOWN,
                   "nothing is left to judge");
}

/* The first hit, the last exit and the stretch since, beside the verdict; and steps of another
 * reference. */
static void places(void **state)
{
    crease_reference r = identify_reference();
    crease_identify id;
    (void)state;
    identify_plant plant = {
        .history = "zzrzrrrrrrrrrrrr", .watched = true, .first_hit_step = 5, .last_exit_step = 18
    };
    crease_identify_run run = judge(&plant, &r, &id);
    assert_true(run.watched && run.first_hit_epoch == 3 && run.last_exit_epoch == 4
                && run.first_hit_step == 5);
    assert_true(run.identified_step == 19 && run.identified_epoch == 5 && run.since == 11
                && run.stable_since == 5);
    done(&id);
    plant.other_reference = true;
    run = judge(&plant, &r, &id);
    assert_false(run.watched);
    assert_true(run.identified_epoch == 5 && isnan(run.identified_step) && run.since == 12);
    done(&id);
    plant.history = "zzzz";
    run = judge(&plant, &r, &id);
    assert_true(run.first_hit_epoch == 0 && run.last_exit_epoch == 4 && isnan(run.identified_epoch));
    done(&id);
}

/* delta / 2L with delta = 0.05, L = 1, which is less than Delta / 2 = 0.25 / 2. */
static void prediction(void **state)
{
    crease_reference r = identify_reference();
    crease_identify id;
    double distance[16];
    (void)state;
    for (int e = 0; e < 16; e++) distance[e] = pow(0.5, e); /* 0.03125 at epoch 6, 0.0156 at epoch 7 */
    identify_plant plant = { .history = "zzzrrrrrrrrrrrrr",
                             .watched = true,
                             .first_hit_step = 13,
                             .last_exit_step = 12,
                             .distance = distance };
    crease_identify_run run = judge(&plant, &r, &id);
    assert_true(id.L >= 1 && id.L < 1.1 && fabs(id.radius - 0.025 / id.L) < 1e-12); /* L from above */
    assert_true(run.predicted_epoch == 7);
    done(&id);
    r.Delta = 0.01;
    run = judge(&plant, &r, &id);
    assert_true(id.radius == 0.005 && run.predicted_epoch == 9);
    done(&id);
    plant.history = "zzz";
    run = judge(&plant, &r, &id);
    assert_true(isnan(run.predicted_epoch));
    done(&id);
}

/* --- rates ---------------------------------------------------------------------------------------- */

static void exact_sequences_give_their_rate(void **state)
{
    double epoch[60], value[60];
    (void)state;
    for (int e = 0; e < 60; e++) {
        epoch[e] = 5 + e;
        value[e] = 3 * pow(0.6, e);
    }
    crease_rate rate = crease_rate_fit(30, epoch, value, 1e-12);
    assert_true(rate.known && rate.points == 30 && fabs(rate.slope - log(0.6)) < 1e-12);
    assert_true(rate.high - rate.low < 1e-10);
    value[3] = value[11] = NAN; /* epochs without an observation */
    rate = crease_rate_fit(60, epoch, value, 1e-12);
    assert_true(rate.known && fabs(rate.slope - log(0.6)) < 1e-12);
    assert_int_equal(rate.points, 55); /* 3 * 0.6^57 is below */
}

/* Of many noisy sequences the interval misses the true rate in about 1 of 20. */
static void intervals_hold_the_rate(void **state)
{
    enum { MOST = 40 };
    double epoch[MOST], value[MOST];
    size_t inside = 0, trials = 200 + crease_test_count(4000);
    crease_random random = crease_random_at(31, CREASE_STREAM_TEST, 0);
    (void)state;
    for (size_t k = 0; k < trials; k++) {
        size_t n = 8 + crease_random_below(&random, MOST - 8);
        double slope = -0.3 * crease_random_uniform(&random),
               noise = 0.2 * crease_random_uniform(&random);
        for (size_t e = 0; e < n; e++) {
            epoch[e] = (double)(e + 1);
            value[e] = exp(slope * (double)e + noise * crease_random_normal(&random));
        }
        crease_rate rate = crease_rate_fit(n, epoch, value, 1e-12);
        assert_true(rate.known && rate.low <= rate.slope && rate.slope <= rate.high);
        inside += rate.low <= slope && slope <= rate.high;
    }
    double share = (double)inside / (double)trials, spread = sqrt(0.95 * 0.05 / (double)trials);
    if (fabs(share - 0.95) > 4 * spread) fail_msg("%zu of %zu intervals hold the rate", inside, trials);
}

static void no_rate_where_there_is_none(void **state)
{
    double epoch[40], value[40];
    (void)state;
    for (int e = 0; e < 40; e++) epoch[e] = e, value[e] = pow(0.01, e + 0.3);
    crease_rate rate = crease_rate_fit(40, epoch, value, 1e-12);
    assert_true(!rate.known && rate.points == 6 && isnan(rate.slope));
    assert_non_null(strstr(rate.reason, "6 points before the noise floor"));
    rate = crease_rate_fit(5, epoch, value, 0);
    assert_true(!rate.known && strstr(rate.reason, "5 points there"));
    assert_false(crease_rate_fit(0, epoch, value, 0).known);
    for (int e = 0; e < 40; e++) value[e] = e < 20 ? exp(-0.1 * e) : -1e-17; /* beyond F*: noise */
    rate = crease_rate_fit(40, epoch, value, 1e-12);
    assert_true(rate.known && rate.points == 20 && fabs(rate.slope + 0.1) < 1e-12);
    value[4] = -1e-17; /* all behind the first are noise too */
    assert_false(crease_rate_fit(40, epoch, value, 1e-12).known);
}

/* The stretch behind the last exit alone, of the columns of a run. */
static void rates_of_a_run(void **state)
{
    crease_reference r = identify_reference();
    crease_identify id;
    double gap[30], distance[30];
    (void)state;
    for (int e = 0; e < 30; e++) {
        gap[e] = e < 10 ? 5 + sin(e) : pow(0.5, e);
        distance[e] = e < 10 ? 5 - cos(e) : pow(0.7, e);
    }
    identify_plant plant = { .history = "zzzzzzzzzzrrrrrrrrrrrrrrrrrrrr",
                             .watched = true,
                             .first_hit_step = 41,
                             .last_exit_step = 40,
                             .gap = gap,
                             .distance = distance };
    crease_identify_run run = judge(&plant, &r, &id);
    assert_true(run.objective_rate.known && fabs(run.objective_rate.slope - log(0.5)) < 1e-6);
    assert_true(run.distance_rate.known && fabs(run.distance_rate.slope - log(0.7)) < 1e-10);
    assert_int_equal(run.distance_rate.points, 20);
    done(&id);
    plant.last_exit_step = 120;
    plant.history = "zzzzzzzzzzrrrrrrrrrrrrrrrrrrrz";
    run = judge(&plant, &r, &id);
    assert_true(!run.objective_rate.known && strcmp(run.objective_rate.reason, "not identified") == 0);
    done(&id);
    run = judge(&plant, NULL, &id);
    assert_true(!run.distance_rate.known && strcmp(run.distance_rate.reason, "no reference") == 0);
    done(&id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts_with_a_reference),
        cmocka_unit_test(verdicts_without),
        cmocka_unit_test(references_that_decide_less),
        cmocka_unit_test(places),
        cmocka_unit_test(prediction),
        cmocka_unit_test(exact_sequences_give_their_rate),
        cmocka_unit_test(intervals_hold_the_rate),
        cmocka_unit_test(no_rate_where_there_is_none),
        cmocka_unit_test(rates_of_a_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

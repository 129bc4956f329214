/* Run directories with missing, damaged and foreign files, references of other problems, and the
 * command itself. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "experiment/identify.h"
#include "identify_support.h"

#define ONE "[{type: pg}]"

static const char *write_reference(crease_ctx *ctx, const char *name, const crease_reference *r)
{
    const char *path = test_path(name);
    assert_ok(ctx, crease_reference_write(ctx, path, r));
    return path;
}

/* --- what is not as it should be -------------------------------------------------------------------
 */

static void missing_and_damaged_files(void **state)
{
    crease_ctx *ctx = test_ctx();
    crease_identify id;
    char path[1000];
    (void)state;
    const char *data = identify_write_data();
    assert_fails(ctx, crease_identify_read(ctx, test_path("nowhere"), NULL, &id), CREASE_ENOTFOUND,
                 "holds no run");
    crease_identify_free(&id);
    const char *folder =
        identify_make_folder("damaged", data, "[{type: pg}, {type: fista}, {type: proxsgd}]");
    identify_plant plant = { .history = "rrrrrrrrrrrr" };
    identify_plant_run(ctx, folder, "pg", 1, &plant);
    identify_plant_run(ctx, folder, "fista", 1, &plant);
    snprintf(path, sizeof path, "%s/fista-1/masks.h5", folder);
    assert_int_equal(truncate(path, 900), 0);
    crease_reference r = identify_reference();
    const char *reference = write_reference(ctx, "r.h5", &r);
    assert_ok(ctx, crease_identify_read(ctx, folder, reference, &id));
    assert_ok(ctx, crease_identify_judge(&id));
    assert_int_equal(id.n_runs, 3);
    assert_int_equal(id.runs[0].kind, CREASE_IDENTIFY_YES);
    assert_true(id.runs[1].kind == CREASE_IDENTIFY_UNKNOWN
                && strstr(id.runs[1].verdict, "no verdict: "));
    assert_non_null(strstr(id.runs[1].verdict, "damaged"));
    assert_non_null(strstr(id.runs[2].verdict, "the run has not come to an end"));
    cJSON *json = crease_identify_json(&id);
    assert_non_null(json);
    cJSON_Delete(json);
    crease_identify_free(&id);

    assert_int_equal(crease_identify_read(ctx, folder, test_path("none.h5"), &id), CREASE_ENOTFOUND);
    crease_identify_free(&id);
    assert_fails(ctx, crease_identify_read(ctx, folder, cli_write_text("text.h5", "no"), &id),
                 CREASE_EPARSE, "damaged");
    crease_identify_free(&id);
    snprintf(path, sizeof path, "%s/config.yaml", folder);
    assert_int_equal(truncate(path, 30), 0);
    assert_int_equal(crease_identify_read(ctx, folder, NULL, &id), CREASE_EPARSE);
    crease_identify_free(&id);
    crease_ctx_free(ctx);
}

static void other_peoples_references(void **state)
{
    crease_ctx *ctx = test_ctx();
    crease_identify id;
    (void)state;
    const char *folder = identify_make_folder("others", identify_write_data(), ONE);
    identify_plant_run(ctx, folder, "pg", 1, &(identify_plant){ .history = "rrrrrrrrrrrr" });
    crease_reference r = identify_reference();
    r.n = 15;
    assert_fails(ctx, crease_identify_read(ctx, folder, write_reference(ctx, "n.h5", &r), &id),
                 CREASE_EDIM, "a solution of 15 parameters, but the problem has 16");
    crease_identify_free(&id);
    r = identify_reference();
    r.units = 12;
    assert_fails(ctx, crease_identify_read(ctx, folder, write_reference(ctx, "u.h5", &r), &id),
                 CREASE_EDIM, "12 units of structure, but the regularizers have 16");
    crease_identify_free(&id);
    r = identify_reference();
    r.gradient[3] += 0.01; /* other data */
    assert_fails(ctx, crease_identify_read(ctx, folder, write_reference(ctx, "g.h5", &r), &id),
                 CREASE_EINVAL, "the reference of another problem");
    crease_identify_free(&id);
    r = identify_reference();
    r.x[0] += 0.1, r.gradient[0] += 0.1; /* the right gradient, at no minimizer */
    assert_fails(ctx, crease_identify_read(ctx, folder, write_reference(ctx, "x.h5", &r), &id),
                 CREASE_EINVAL, "the reference of other regularizers");
    crease_identify_free(&id);
    crease_ctx_free(ctx);
}

/* An algorithm with regularizers of its own is not judged by the reference of the others. */
static void own_regularizers(void **state)
{
    crease_ctx *ctx = test_ctx();
    crease_identify id;
    (void)state;
    const char *folder = identify_make_folder(
        "own", identify_write_data(),
        "[{type: pg}, {type: fista, regularizers: [{block: weight, type: l1, lambda: 0.5}]}]");
    identify_plant_run(ctx, folder, "pg", 1, &(identify_plant){ .history = "rrrrrrrrrrrr" });
    identify_plant_run(ctx, folder, "fista", 1, &(identify_plant){ .history = "rrrrrrrrrrrr" });
    crease_reference r = identify_reference();
    assert_ok(ctx, crease_identify_read(ctx, folder, write_reference(ctx, "r.h5", &r), &id));
    assert_ok(ctx, crease_identify_judge(&id));
    assert_int_equal(id.runs[0].kind, CREASE_IDENTIFY_YES);
    assert_int_equal(id.runs[1].kind, CREASE_IDENTIFY_UNKNOWN);
    assert_non_null(strstr(id.runs[1].verdict, "the reference of other regularizers"));
    crease_identify_free(&id);
    crease_ctx_free(ctx);
}

/* The data are gone: sizes alone speak for the reference, and that is said. */
static void without_data(void **state)
{
    crease_ctx *ctx = test_ctx();
    crease_identify id;
    (void)state;
    const char *folder = identify_make_folder("gone", "/nowhere/gone.csv", ONE);
    identify_plant_run(ctx, folder, "pg", 1, &(identify_plant){ .history = "zrrrrrrrrrrr" });
    crease_reference r = identify_reference();
    assert_ok(ctx, crease_identify_read(ctx, folder, write_reference(ctx, "r.h5", &r), &id));
    assert_ok(ctx, crease_identify_judge(&id));
    assert_non_null(strstr(id.note, "not held against the problem"));
    assert_true(id.runs[0].kind == CREASE_IDENTIFY_YES && isnan(id.radius));
    crease_identify_free(&id);
    r.units = 12;
    assert_ok(ctx, crease_identify_read(ctx, folder, write_reference(ctx, "r.h5", &r), &id));
    assert_ok(ctx, crease_identify_judge(&id));
    assert_non_null(strstr(id.runs[0].verdict, "it has 16 units of structure, the reference 12"));
    crease_identify_free(&id);
    crease_ctx_free(ctx);
}

/* --- the command ---------------------------------------------------------------------------------- */

static void command(void **state)
{
    crease_ctx *ctx = test_ctx();
    cli_result r;
    char reference[600], json[600];
    (void)state;
    const char *folder =
        identify_make_folder("command", identify_write_data(), "[{type: pg}, {type: fista}]");
    identify_plant_run(ctx, folder, "pg", 1, &(identify_plant){ .history = "zzrrrrrrrrrrrr" });
    identify_plant_run(ctx, folder, "fista", 1, &(identify_plant){ .history = "zzrrrrrrrrrrrz" });
    crease_reference good = identify_reference();
    snprintf(reference, sizeof reference, "%s", write_reference(ctx, "r.h5", &good));
    snprintf(json, sizeof json, "%s", test_path("verdicts.json"));
    CLI_RUN(&r, "identify", folder, "--no-plot", "--reference", reference, "--json", json);
    cli_expect(&r, 0, "verdict    identified at epoch 3");
    cli_expect(&r, 0, "verdict    not identified: wrong in 1 of the last 10 epochs");
    assert_int_equal(access(json, R_OK), 0);
    CLI_RUN(&r, "identify", folder, "--no-plot", "-q", "--reference", reference, "--assert");
    cli_expect(&r, 1, "1 of 2 runs have not identified the manifold, the first is fista-1");
    CLI_RUN(&r, "identify", folder, "--no-plot", "--assert");
    cli_expect(&r, 2, "--assert needs a reference");
    CLI_RUN(&r, "identify", folder, "--no-plot");
    cli_expect(&r, 0, "stable since epoch 3 (no reference: says nothing about correctness)");
    CLI_RUN(&r, "identify", "/nowhere");
    cli_expect(&r, 2, "holds no run");
    CLI_RUN(&r, "identify", "--help");
    cli_expect(&r, 0, "--assert");
    crease_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_and_damaged_files),
        cmocka_unit_test(other_peoples_references),
        cmocka_unit_test(own_regularizers),
        cmocka_unit_test(without_data),
        cmocka_unit_test(command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

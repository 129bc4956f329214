/* The run loop and what it leaves: every row against the problem's own functions, parallel processes,
 * what diverges, and run folders that are already there. */
#include "run_support.h"

#include <cjson/cJSON.h>
#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "experiment/run.h"

static const char methods[] = RUN_SCHEDULE RUN_METHODS;

/* --- the program -------------------------------------------------------------------------------- */

static void parallel_runs_are_the_same(void **state)
{
    static cli_result r;
    const char *file = run_write_experiment("parallel.yaml", methods);
    const char *one = test_path("one"), *two = test_path("two");
    (void)state;
    CLI_RUN(&r, "run", file, "--out", one, "--seeds", "1,2");
    cli_expect(&r, 0, "sparsity");
    CLI_RUN(&r, "run", file, "--out", two, "--seeds", "1,2", "--jobs", "3");
    cli_expect(&r, 0, "planted");
    assert_int_equal(run_rows(run_path(one, "trace.csv")), 2 * 5 * 12);
    run_assert_same_trace(run_path(two, "trace.csv"), run_path(one, "trace.csv"));
}

/* A learning rate that no method bears: one sentence, exit status 1, and the others go on. */
static void diverged_runs_keep_their_trace(void **state)
{
    static cli_result r;
    static const char text[] = "schedule: {epochs: 6, batch: 32, milestones: [2], gamma: 1}\n"
                               "algorithms:\n  - {type: proxsgd, label: wild, lr: 1e6}\n  - {type: "
                               "adamw, label: wilder, lr: 1e6}\n"
                               "  - {type: ramda, label: tame}\n";
    const char *file = run_write_experiment("diverge.yaml", text);
    (void)state;
    for (int jobs = 1; jobs <= 2; jobs++) {
        const char *out = test_path(jobs == 1 ? "diverge1" : "diverge2");
        CLI_RUN(&r, "run", file, "--out", out, "--quiet", "--jobs", jobs == 1 ? "1" : "2");
        cli_expect(&r, 1, "2 of 3 runs fell short");
        assert_non_null(strstr(r.err, "diverged at epoch 1, step "));
        assert_int_equal(run_rows(run_path(out, "tame-1/trace.csv")), 6);
        char *summary = run_read(run_path(out, "summary.json"));
        cJSON *json = cJSON_Parse(summary);
        const cJSON *wild = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "runs"), 0);
        assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(wild, "outcome")), "diverged");
        cJSON_Delete(json);
        free(summary);
        CLI_RUN(&r, "run", file, "--out", out, "--quiet", "--resume"); /* it would diverge again */
        cli_expect(&r, 1, "2 of 3 runs fell short");
    }
}

/* Epochs that were whole before the fall stay in the trace. */
static void a_late_divergence_keeps_what_was_there(void **state)
{
    static cli_result r;
    static const char text[] =
        "schedule: {epochs: 6, batch: 32}\nobserve: {diverged_above: 1.0000001, objective_every: 1}\n"
        "algorithms:\n  - {type: msgd, label: late, lr: 0.05, mu: 0.999}\n";
    const char *file = run_write_experiment("late.yaml", text), *out = test_path("late");
    (void)state;
    CLI_RUN(&r, "run", file, "--out", out, "--quiet", "--set", "schedule.epochs=400");
    cli_expect(&r, r.status, "");
    size_t rows = run_rows(run_path(out, "late-1/trace.csv"));
    assert_true(r.status == 1 ? rows < 400 : rows == 400);
    assert_int_equal(rows, run_rows(run_path(out, "trace.csv")));
}

static void folders_are_not_overwritten(void **state)
{
    static cli_result r;
    const char *file = run_write_experiment("folder.yaml", methods), *out = test_path("folder");
    const char *set = "schedule.epochs=2", *other = "schedule.epochs=3",
               *foreign = test_path("foreign");
    (void)state;
    CLI_RUN(&r, "run", file, "--out", out, "-q", "--set", set);
    cli_expect(&r, 0, "");
    CLI_RUN(&r, "run", file, "--out", out, "-q", "--set", set);
    cli_expect(&r, 2, "already holds this run");
    CLI_RUN(&r, "run", file, "--out", out, "-q", "--set", other);
    cli_expect(&r, 2, "another configuration");
    CLI_RUN(&r, "run", file, "--out", out, "-q", "--set", other, "--resume");
    cli_expect(&r, 2, "cannot be resumed");
    assert_int_equal(run_rows(run_path(out, "trace.csv")), 2 * 5);
    char *before = run_read(run_path(out, "trace.csv"));
    CLI_RUN(&r, "run", file, "--out", out, "-q", "--set", set, "--resume");
    cli_expect(&r, 0, "");
    char *after = run_read(run_path(out, "trace.csv"));
    assert_string_equal(before, after); /* times included: nothing was done again */
    free(before);
    free(after);
    CLI_RUN(&r, "run", file, "--out", out, "-q", "--set", other, "--force");
    cli_expect(&r, 0, "");
    assert_int_equal(run_rows(run_path(out, "trace.csv")), 3 * 5);
    assert_int_equal(mkdir(foreign, 0777), 0);
    cli_write_text("foreign/thesis.tex", "mine");
    CLI_RUN(&r, "run", file, "--out", foreign, "-q", "--force");
    cli_expect(&r, 2, "holds no run");
    assert_int_equal(access(run_path(foreign, "thesis.tex"), F_OK), 0);
}

static void resolved_configuration_runs_the_same(void **state)
{
    static cli_result r;
    const char *file = run_write_experiment("resolved.yaml", methods);
    const char *first = test_path("resolved1"), *second = test_path("resolved2");
    (void)state;
    CLI_RUN(&r, "run", file, "--out", first, "-q", "--set", "algorithms.ramda.lr=0.02", "--seeds", "7");
    cli_expect(&r, 0, "");
    CLI_RUN(&r, "run", run_path(first, "config.yaml"), "--out", second, "-q");
    cli_expect(&r, 0, "");
    char *a = run_read(run_path(first, "config.yaml")), *b = run_read(run_path(second, "config.yaml"));
    assert_string_equal(a, b);
    free(a);
    free(b);
    run_assert_same_trace(run_path(second, "trace.csv"), run_path(first, "trace.csv"));
}

static void wrong_use_is_one_sentence(void **state)
{
    static cli_result r;
    static const struct {
        const char *args[8], *words;
    } cases[] = {
        { { "run" }, "FILE" },
        { { "run", "nowhere.yaml" }, "nowhere.yaml" },
        { { "run", "/" }, "folder" },
        { { "run", "FILE", "--jobs", "0" }, "--jobs" },
        { { "run", "FILE", "--jobs", "1.5" }, "--jobs" },
        { { "run", "FILE", "--resume", "--force" }, "exclude" },
        { { "run", "FILE", "--seeds", "1,x" }, "seeds" },
        { { "run", "FILE", "--set", "schedule.epocs=1" }, "did you mean 'epochs'?" },
        { { "run", "FILE", "--set", "problem.data=nowhere.csv" }, "nowhere.csv" },
        { { "run", "FILE", "--set", "regularizers.0.block=wieght" }, "did you mean 'weight'?" },
        { { "run", "FILE", "--set", "regularizers.0.groups=colums" }, "cols" },
        { { "run", "FILE", "--set", "regularizers.0.groups=nowhere.npy" }, "nowhere.npy" },
        { { "run", "FILE", "--set", "schedule={drop_last: true, batch: 1000}" }, "leaves nothing" },
        { { "run", "FILE", "--set",
            "algorithms=[{type: ramda, regularizers: [{type: l1}, {type: l1}]}]" },
          "two groups" },
    };
    const char *file = run_write_experiment("use.yaml", methods);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *args[12] = { 0 };
        size_t n = 0;
        for (; cases[i].args[n]; n++)
            args[n] = strcmp(cases[i].args[n], "FILE") == 0 ? file : cases[i].args[n];
        if (n > 1) {
            args[n++] = "-q";
            args[n++] = "--out";
            args[n++] = test_path("use");
        }
        cli_run(&r, args);
        cli_expect(&r, 2, cases[i].words);
    }
    CLI_RUN(&r, "run", "--help");
    cli_expect(&r, 0, "--resume");
}

/* --- rows against the problem's own functions --------------------------------------------------- */

/* After the run, its last row: f and psi at the final point, summed here by other loops. */
static void last_row_is_recomputed(void **state)
{
    static const crease_watch unwatched;
    const char *file =
        run_write_experiment("rows.yaml", "backend: cpu-f64\n" RUN_SCHEDULE "algorithms: [rmda]\n");
    const char *out = test_path("rows");
    run_bench b = run_open_bench(file);
    crease_training *t;
    (void)state;
    assert_ok(b.ctx, crease_training_create(&b.e, &b.e.methods[0], 1, b.problem, out, &t));
    assert_ok(b.ctx, crease_training_go(t, false, &unwatched));
    const double *x = t->algorithm->x;
    double loss, psi = 0;
    assert_ok(b.ctx, b.problem->type->gradient(b.problem, (crease_rows){ 0, NULL }, x, &loss, NULL));
    size_t zero = 0, cols = b.problem->blocks[0].shape[1], classes = b.problem->blocks[0].shape[0];
    for (size_t j = 0; j < cols; j++) {
        double square = 0;
        for (size_t k = 0; k < classes; k++) square += x[k * cols + j] * x[k * cols + j];
        psi += 1e-2 * sqrt((double)classes) * sqrt(square);
        zero += square == 0;
    }
    crease_table table;
    assert_ok(b.ctx, crease_table_read(b.ctx, run_path(t->folder, "trace.csv"), &table));
    assert_int_equal(table.rows, 12);
    const double *row = table.values + 11 * table.columns;
    assert_true(row[crease_table_find(&table, "epoch")] == 12);
    assert_true(row[crease_table_find(&table, "step")] == 12 * 13);
    assert_true(row[crease_table_find(&table, "stage")] == 2);
    assert_true(fabs(row[crease_table_find(&table, "lr")] - 1e-3) < 1e-15);
    assert_true(row[crease_table_find(&table, "loss")] == loss);
    assert_true(fabs(row[crease_table_find(&table, "objective")] - (loss + psi)) < 1e-12);
    assert_true(
        fabs(row[crease_table_find(&table, "sparsity_structured")] - (double)zero / (double)cols)
        < 1e-12);
    crease_table_free(b.ctx, &table);
    crease_training_free(t);
    run_close_bench(&b);
}

/* masks.h5 against the run's own memory. */
static void masks_hold_the_signatures(void **state)
{
    static const crease_watch unwatched;
    const char *file = run_write_experiment("masks.yaml", RUN_SCHEDULE "algorithms: [ramda]\n");
    run_bench b = run_open_bench(file);
    crease_training *t;
    (void)state;
    assert_ok(b.ctx,
              crease_training_create(&b.e, &b.e.methods[0], 1, b.problem, test_path("masks"), &t));
    assert_ok(b.ctx, crease_training_go(t, false, &unwatched));
    crease_unit hat[12 * 30];
    unsigned char known[30];
    hid_t f = H5Fopen(run_path(t->folder, "masks.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(f >= 0);
    hid_t set = H5Dopen2(f, "signature_hat", H5P_DEFAULT);
    assert_int_equal(H5Dget_storage_size(set), sizeof hat);
    assert_true(H5Dread(set, H5T_NATIVE_UINT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, hat) >= 0);
    H5Dclose(set);
    set = H5Dopen2(f, "known_columns", H5P_DEFAULT);
    assert_true(H5Dread(set, H5T_NATIVE_UCHAR, H5S_ALL, H5S_ALL, H5P_DEFAULT, known) >= 0);
    H5Dclose(set);
    H5Fclose(f);
    assert_memory_equal(hat, t->history_hat, sizeof hat);
    size_t live = 0;
    for (size_t j = 0; j < 30; j++) live += known[j];
    assert_int_equal(live, 8);
    crease_training_free(t);
    run_close_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parallel_runs_are_the_same),
        cmocka_unit_test(diverged_runs_keep_their_trace),
        cmocka_unit_test(a_late_divergence_keeps_what_was_there),
        cmocka_unit_test(folders_are_not_overwritten),
        cmocka_unit_test(resolved_configuration_runs_the_same),
        cmocka_unit_test(wrong_use_is_one_sentence),
        cmocka_unit_test(last_row_is_recomputed),
        cmocka_unit_test(masks_hold_the_signatures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

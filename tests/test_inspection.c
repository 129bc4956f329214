/* Judging inner solves during a run: nothing changes by it, verdicts add up, and a violated theorem is named. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run_support.h"

/* Epochs of 12 batches; proximal gradient stopped far too early, and exactly solved. */
static const char text[] = "schedule: {epochs: 6, batch: 32, milestones: [3]}\n"
                           "algorithms:\n"
                           "  - {type: ramda, label: early, momentum: 0.2, solver: pg, stop: {type: fixed, iterations: 1}}\n"
                           "  - {type: ramda, label: exact, momentum: 0.2}\n"
                           "  - {type: proxgen, label: tight, lr: 1e-2, solver: pg, stop: {type: residual, eps0: 1e-6}}\n"
                           "  - {type: msgd}\n";

/* A trace taken apart: cells[row][column], row 0 the names. */
typedef struct {
    char *text;
    size_t rows, columns;
    char *cells[64][80];
} sheet;

static void sheet_read(const char *path, sheet *s)
{
    s->text = run_read(path);
    s->rows = 0;
    for (char *rest = s->text, *line; (line = strsep(&rest, "\n")) && *line; s->rows++)
        for (s->columns = 0; line; s->columns++) s->cells[s->rows][s->columns] = strsep(&line, ",");
}

static size_t sheet_column(const sheet *s, const char *name)
{
    for (size_t c = 0; c < s->columns; c++)
        if (strcmp(s->cells[0][c], name) == 0) return c;
    fail_msg("no column %s", name);
    return 0;
}

static double sheet_sum(const sheet *s, const char *label, const char *name)
{
    double sum = 0;
    for (size_t r = 1; r < s->rows; r++)
        if (strcmp(s->cells[r][0], label) == 0) sum += atof(s->cells[r][sheet_column(s, name)]);
    return sum;
}

/* Every column of the plain trace is in the other, with the same text. */
static void inspection_changes_nothing(void **state)
{
    static cli_result r;
    static sheet plain, inspected;
    const char *file = run_write_experiment("inspect.yaml", text), *one = test_path("plain"), *two = test_path("inspected");
    (void)state;
    CLI_RUN(&r, "run", file, "--out", one, "--quiet");
    cli_expect(&r, 0, "");
    CLI_RUN(&r, "run", file, "--out", two, "--quiet", "--assert", "--jobs", "2");
    cli_expect(&r, 0, "");
    sheet_read(run_path(one, "trace.csv"), &plain);
    sheet_read(run_path(two, "trace.csv"), &inspected);
    assert_int_equal(plain.rows, inspected.rows);
    for (size_t c = 0; c < plain.columns; c++)
        for (size_t row = 0; row < plain.rows && !run_is_time(plain.cells[0][c]); row++)
            assert_string_equal(plain.cells[row][c], inspected.cells[row][sheet_column(&inspected, plain.cells[0][c])]);
    free(plain.text);
    free(inspected.text);
}

/* One iteration from the last iterate does not solve anything; an exact solve errs by rounding alone. */
static void verdicts_tell_who_is_late(void **state)
{
    static cli_result r;
    static sheet s;
    const char *file = run_write_experiment("verdicts.yaml", text), *out = test_path("verdicts");
    (void)state;
    CLI_RUN(&r, "run", file, "--out", out, "--quiet", "--assert", "--set", "backend=cpu-f64");
    cli_expect(&r, 0, "");
    sheet_read(run_path(out, "trace.csv"), &s);
    assert_true(sheet_sum(&s, "early", "truth_gap") > 0);
    assert_true(sheet_sum(&s, "early", "truth_distance") > 1e-6);
    assert_true(sheet_sum(&s, "exact", "truth_distance") < 1e-12);
    assert_true(sheet_sum(&s, "exact", "truth_certificate") < 1e-12);
    assert_true(sheet_sum(&s, "exact", "truth_wrongly_zero") + sheet_sum(&s, "exact", "truth_wrongly_live") == 0);
    assert_true(sheet_sum(&s, "tight", "truth_oversolve") >= 6);
    assert_true(sheet_sum(&s, "tight", "theory_eps2_sum") > 0);
    assert_true(sheet_sum(&s, "tight", "theory_checks") > 100);
    assert_true(sheet_sum(&s, "tight", "theory_violations") == 0);
    assert_true(sheet_sum(&s, "early", "truth_uncertified") == 0);
    free(s.text);
}

/* The first violation is kept through the epochs, and makes the run fall short at its end. */
static void violations_end_the_run_short(void **state)
{
    crease_ctx *ctx = test_ctx();
    crease_diagnostic *d = crease_diagnostic_create(ctx, "theory");
    crease_inspection inspection = { 0 };
    crease_observation o = { .inspection = &inspection };
    (void)state;
    assert_ok(ctx, crease_diagnostic_setup(d, 0));
    for (unsigned long step = 1; step <= 4; step++) {
        inspection.theory.checks[CREASE_RULE_DECREASE] = 5;
        inspection.theory.violations[CREASE_RULE_DECREASE] =
            (crease_violation){ step >= 3 ? 2 : 0, step, 7, 0.5, 0.25 };
        inspection.theory.eps2_sum = 0.125;
        o.event = CREASE_EVENT_STEP;
        assert_ok(ctx, d->type->observe(d, &o));
        o.event = CREASE_EVENT_EPOCH;
        assert_ok(ctx, d->type->observe(d, &o));
        if (step < 3) {
            o.event = CREASE_EVENT_END;
            assert_ok(ctx, d->type->observe(d, &o));
        }
    }
    static const double expected[] = { 20, 4, 3, 0.5 };
    for (int c = 0; c < 4; c++) assert_true(d->values[c] == expected[c]);
    o.event = CREASE_EVENT_END;
    assert_fails(ctx, d->type->observe(d, &o), CREASE_ESHORT, "decrease was violated first at step 3, inner iteration 7");
    crease_diagnostic_free(d);
    crease_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inspection_changes_nothing),
        cmocka_unit_test(verdicts_tell_who_is_late),
        cmocka_unit_test(violations_end_the_run_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Rows held out against the whole problem; the grid of settings; what a sweep selects, recomputed from
 * its table. */
#include "experiment/sweep.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli_support.h"
#include "path_support.h"

/* --- rows held out -------------------------------------------------------------------------------- */

enum { ROWS = 101, HELD = 20, N = 39 };

static crease_problem *planted(crease_ctx *ctx, const char *ridge)
{
    return problem_make(ctx, "softmax", "cpu-f64",
                        SETTINGS("data", "planted", "planted_rows", "101", "planted_test_rows", "50",
                                 "planted_cols", "12", "planted_live", "4", "planted_classes", "3",
                                 "ridge", ridge));
}

static double value_at(crease_problem *p, crease_rows rows, const double *x, double *g)
{
    double value;
    assert_ok(p->ctx, p->type->gradient(p, rows, x, &value, g));
    return value;
}

/* n f = (n - m) f_kept + m f_held, and the same of the gradients on any batch of the kept rows. */
static void parts_make_the_whole(void **state)
{
    crease_ctx *ctx = test_ctx();
    crease_problem *whole = planted(ctx, "0.3"), *part;
    double x[N], g[N], sum[N] = { 0 }, one[N], square = 0, kept, mean = 0;
    (void)state;
    assert_ok(ctx, crease_holdout_create(whole, 0.2, 1, &part));
    assert_int_equal(part->rows, ROWS - HELD);
    fill_normal(3, N, 0.5, x);
    for (size_t i = 0; i < 36; i++) square += x[i] * x[i];
    kept = value_at(part, (crease_rows){ 0, NULL }, x, g);
    assert_ok(ctx, part->type->evaluate(part, x));
    assert_string_equal(part->metrics[1].name, CREASE_HELD_OUT_LOSS);
    double held = part->metrics[1].value + 0.15 * square;
    double all = value_at(whole, (crease_rows){ 0, NULL }, x, NULL);
    assert_true(fabs(ROWS * all - (ROWS - HELD) * kept - HELD * held) < 1e-11 * ROWS);
    for (uint32_t i = 0; i < part->rows; i++) {
        mean += value_at(part, (crease_rows){ 1, &i }, x, one) / (double)part->rows;
        for (size_t k = 0; k < N; k++) sum[k] += one[k] / (double)part->rows;
    }
    assert_true(fabs(mean - kept) < 1e-13);
    for (size_t k = 0; k < N; k++) assert_true(fabs(sum[k] - g[k]) < 1e-13);
    assert_ok(ctx, whole->type->evaluate(whole, x));
    assert_true(part->metrics[0].value == whole->metrics[0].value);
    crease_problem_free(part);
    crease_problem_free(whole);
    crease_ctx_free(ctx);
}

/* Slopes and pulls of the part's rows give its gradient. */
static void slopes_and_pulls_are_of_the_part(void **state)
{
    crease_ctx *ctx = test_ctx();
    crease_problem *whole = planted(ctx, "0"), *part;
    double x[N], g[N], pulled[N], *s = calloc(ROWS * 3, sizeof *s), L, bound;
    const uint32_t batch[] = { 0, 7, 80, 33 };
    (void)state;
    assert_ok(ctx, crease_holdout_create(whole, 0.2, 1, &part));
    fill_normal(3, N, 0.5, x);
    const crease_rows rows[] = { { 0, NULL }, { 4, batch } };
    for (int i = 0; i < 2; i++) {
        double count = i ? 4 : (double)part->rows;
        value_at(part, rows[i], x, g);
        assert_ok(ctx, part->type->slopes(part, rows[i], x, s));
        assert_ok(ctx, part->type->pull(part, rows[i], s, 1 / count, 0, pulled));
        for (size_t k = 0; k < N; k++) assert_true(fabs(pulled[k] - g[k]) < 1e-13);
    }
    assert_ok(ctx, whole->type->lipschitz(whole, false, &L));
    assert_ok(ctx, part->type->lipschitz(part, false, &bound));
    assert_true(bound >= L);
    const uint32_t outside = ROWS - HELD;
    double value;
    assert_int_equal(part->type->gradient(part, (crease_rows){ 1, &outside }, x, &value, NULL),
                     CREASE_ERANGE);
    free(s);
    crease_problem_free(part);
    crease_problem_free(whole);
    crease_ctx_free(ctx);
}

static void splits_depend_on_the_seed_alone(void **state)
{
    crease_ctx *ctx = test_ctx();
    crease_problem *whole = planted(ctx, "0"), *a, *b, *c;
    double x[N];
    (void)state;
    fill_normal(3, N, 0.5, x);
    assert_ok(ctx, crease_holdout_create(whole, 0.2, 1, &a));
    assert_ok(ctx, crease_holdout_create(whole, 0.2, 1, &b));
    assert_ok(ctx, crease_holdout_create(whole, 0.2, 2, &c));
    const crease_rows all = { 0, NULL };
    double of_a = value_at(a, all, x, NULL);
    assert_true(of_a == value_at(b, all, x, NULL) && of_a != value_at(c, all, x, NULL));
    crease_problem_free(a);
    crease_problem_free(b);
    crease_problem_free(c);
    assert_fails(ctx, crease_holdout_create(whole, 0.001, 1, &a), CREASE_ERANGE, "cannot be held out");
    assert_fails(ctx, crease_holdout_create(whole, 0.999, 1, &a), CREASE_ERANGE, "cannot be held out");
    crease_problem_free(whole);
    crease_ctx_free(ctx);
}

/* --- the grid ------------------------------------------------------------------------------------- */

#define PROBLEM                                                                                        \
    "problem: {type: softmax, data: planted, planted_rows: 200, planted_test_rows: 100, "              \
    "planted_cols: 12, planted_live: "                                                                 \
    "4, planted_classes: 3, planted_noise: 1}\n"                                                       \
    "regularizers: [{type: group_l2, lambda: 0.5, groups: cols}]\n"
#define SCHEDULE "schedule: {epochs: 4, batch: 16}\n"

static int read_experiment(crease_ctx *ctx, const char *text, crease_experiment *e)
{
    return crease_experiment_read(ctx, cli_write_text("sweep.yaml", text), NULL, 0, e);
}

static void grids_are_whole(void **state)
{
    static const char *const labels[] = {
        "ramda_l0.1_r0.01", "ramda_l0.1_r1e06", "ramda_l1e-05_r0.01", "ramda_l1e-05_r1e06",
        "pg_l0.1",          "pg_l1e-05",        "msgd_r0.01",         "msgd_r1e06"
    };
    const crease_sweep_grid grid = { .lambda = { 2, { 0.1, 1e-5 } }, .lr = { 2, { 0.01, 1e6 } } };
    crease_ctx *ctx = test_ctx();
    crease_experiment e;
    crease_sweep s;
    (void)state;
    assert_ok(ctx, read_experiment(ctx, PROBLEM SCHEDULE "algorithms: [ramda, pg, msgd]\n", &e));
    assert_ok(ctx, crease_sweep_expand(&e, NULL, &grid, &s));
    assert_int_equal(e.n_methods, 8);
    assert_int_equal(s.n, 8);
    for (size_t i = 0; i < 8; i++) assert_string_equal(e.methods[i].label, labels[i]);
    assert_true(s.cells[3].lambda == 1e-5 && s.cells[3].lr == 1e6 && s.cells[3].method == 0
                && isnan(s.cells[3].relative));
    assert_true(isnan(s.cells[4].lr) && isnan(s.cells[6].lambda));
    char *text = crease_experiment_print(&e);
    assert_non_null(strstr(text, "lambda: 1e-05"));
    crease_release(ctx, text);
    crease_sweep_free(&s);
    crease_experiment_free(&e);
    crease_ctx_free(ctx);
}

static void bad_grids_are_refused(void **state)
{
    const crease_sweep_grid grid = { .lambda = { 2, { 0.1, 0.1 } }, .lr = { 1, { 0.01 } } };
    crease_ctx *ctx = test_ctx();
    crease_experiment e;
    crease_sweep s;
    (void)state;
    assert_ok(ctx, read_experiment(ctx, PROBLEM SCHEDULE "algorithms: [ramda]\n", &e));
    assert_fails(ctx, crease_sweep_expand(&e, NULL, &grid, &s), CREASE_EEXIST, "ramda_l0.1_r0.01");
    crease_sweep_free(&s);
    crease_experiment_free(&e);
    assert_ok(ctx, read_experiment(ctx,
                                   PROBLEM SCHEDULE
                                   "algorithms: [ramda, {type: rmda, schedule: {epochs: 5}}]\n",
                                   &e));
    assert_fails(ctx, crease_sweep_expand(&e, NULL, &grid, &s), CREASE_EINVAL, "equal epochs");
    crease_sweep_free(&s);
    crease_experiment_free(&e);
    assert_ok(ctx, read_experiment(
                       ctx, PROBLEM SCHEDULE "algorithms: [{type: ramda, regularizers: []}]\n", &e));
    assert_fails(ctx, crease_sweep_expand(&e, NULL, &grid, &s), CREASE_EINVAL, "has 0");
    crease_sweep_free(&s);
    crease_experiment_free(&e);
    crease_ctx_free(ctx);
}

/* --- a sweep, end to end -------------------------------------------------------------------------- */

typedef struct {
    char name[32];
    double relative, lambda, lr, runs, finished, loss, accuracy, sparsity;
    int best_lr, selected;
} row;

/* Fields that may be empty. */
static double field(char **rest)
{
    const char *word = strsep(rest, ",");
    return word && *word ? strtod(word, NULL) : (double)NAN;
}

static size_t read_table(const char *path, row *rows, size_t most)
{
    char line[1000];
    size_t n = 0;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    assert_string_equal(
        line, "algorithm,relative,lambda,lr,runs,finished,held_out_loss,held_out_loss_sd,test_accuracy,"
              "test_accuracy_sd,sparsity,objective,passes,train_s,best_lr,selected\n");
    while (n < most && fgets(line, sizeof line, file)) {
        char *rest = line;
        row *r = &rows[n++];
        snprintf(r->name, sizeof r->name, "%s", strsep(&rest, ","));
        double *places[] = { &r->relative, &r->lambda, &r->lr,       &r->runs, &r->finished,
                             &r->loss,     NULL,       &r->accuracy, NULL,     &r->sparsity };
        for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
            double x = field(&rest);
            if (places[i]) *places[i] = x;
        }
        for (int i = 0; i < 3; i++) field(&rest);
        r->best_lr = (int)field(&rest);
        r->selected = (int)field(&rest);
    }
    fclose(file);
    return n;
}

/* Selected: the least held-out loss of its method; best_lr: of its method and lambda. */
static void assert_selection(const row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool best = isfinite(rows[i].loss), of_lambda = best;
        for (size_t k = 0; k < n; k++) {
            if (strcmp(rows[i].name, rows[k].name) != 0 || !(rows[k].loss < rows[i].loss)) continue;
            best = false;
            if (rows[k].lambda == rows[i].lambda || isnan(rows[i].lambda)) of_lambda = false;
        }
        assert_int_equal(rows[i].selected, best);
        assert_int_equal(rows[i].best_lr, of_lambda);
    }
}

#define METHODS "seeds: [1, 2]\nalgorithms: [ramda, {type: proxsgd}, msgd]\n"

static void a_sweep_selects_on_held_out_rows(void **state)
{
    static cli_result r;
    static row rows[64];
    char folder[1000], path[1100];
    const char *file = cli_write_text("sweep.yaml", PROBLEM SCHEDULE METHODS);
    (void)state;
    snprintf(folder, sizeof folder, "%s", test_path("sweep"));
    CLI_RUN(&r, "sweep", file, "--lambda", "0.01,0.3", "--relative", "--lr", "0.01,0.1,1e7", "--out",
            folder, "--jobs", "2");
    cli_expect(&r, 0, "40 of the rows held out");
    assert_null(strstr(r.out, "TEST SET"));
    snprintf(path, sizeof path, "%s/sweep.csv", folder);
    size_t n = read_table(path, rows, 64);
    assert_int_equal(n, 6 + 6 + 3);
    assert_selection(rows, n);
    assert_true(isnan(rows[14].lambda) && rows[0].lambda > 0
                && fabs(rows[3].lambda / rows[0].lambda - 30) < 1e-9);
    double by_share[2] = { 0 };
    for (size_t i = 0; i < n; i++) {
        assert_true(rows[i].runs == 2);
        if (rows[i].lr == 1e7) continue;
        assert_true(rows[i].finished == 2 && rows[i].loss > 0 && rows[i].accuracy > 0.2);
        if (strcmp(rows[i].name, "proxsgd") == 0) by_share[rows[i].relative > 0.1] += rows[i].sparsity;
    }
    assert_true(by_share[1] > by_share[0]);
    snprintf(path, sizeof path, "%s/sweep.png", folder);
    if (!strstr(r.err, "no picture")) assert_int_equal(access(path, R_OK), 0);
    CLI_RUN(&r, "sweep", file, "--lambda", "0.01,0.3", "--relative", "--lr", "0.01,0.1,1e7", "--out",
            folder, "--resume", "--no-plot");
    cli_expect(&r, 0, "selected");
    CLI_RUN(&r, "sweep", file, "--lambda", "0.01", "--lr", "0.1", "--out", folder);
    cli_expect(&r, 2, "--force");
}

static void without_held_out_rows_it_says_so(void **state)
{
    static cli_result r;
    char folder[1000];
    const char *file = cli_write_text("sweep.yaml", PROBLEM SCHEDULE "algorithms: [proxsgd]\n");
    (void)state;
    snprintf(folder, sizeof folder, "%s", test_path("sweep0"));
    CLI_RUN(&r, "sweep", file, "--lambda", "0.01", "--lr", "0.1", "--validation", "0", "--no-plot",
            "--out", folder);
    cli_expect(&r, 0, "SELECTED ON THE TEST SET (test_accuracy)");
    CLI_RUN(&r, "sweep", file, "--lambda", "0.01", "--lr", "0.1", "--validation", "0", "--set",
            "problem.planted_test_rows=0", "--out", folder, "--force");
    cli_expect(&r, 2, "nothing to select by");
    CLI_RUN(&r, "sweep", file, "--lambda", "0.01");
    cli_expect(&r, 2, "--lr is missing");
    CLI_RUN(&r, "sweep", file, "--lambda", "0.01,x", "--lr", "1");
    cli_expect(&r, 2, "lambda");
    CLI_RUN(&r, "sweep", file, "--lambda", "0", "--relative", "--lr", "1", "--out", folder, "--force");
    cli_expect(&r, 2, "cannot be 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_make_the_whole),
        cmocka_unit_test(slopes_and_pulls_are_of_the_part),
        cmocka_unit_test(splits_depend_on_the_seed_alone),
        cmocka_unit_test(grids_are_whole),
        cmocka_unit_test(bad_grids_are_refused),
        cmocka_unit_test(a_sweep_selects_on_held_out_rows),
        cmocka_unit_test(without_held_out_rows_it_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

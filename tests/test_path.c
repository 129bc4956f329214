/* Points of a path against solutions from the origin by another method; wanted numbers of live units,
 * and those that a path jumps over. */
#include "experiment/path.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli_support.h"
#include "path_support.h"

static void assert_near(double a, double b, double relative)
{
    if (!(fabs(a - b) <= relative * fabs(b))) fail_msg("%.17g, but %.17g was expected", a, b);
}
/* --- paths ---------------------------------------------------------------------------------------- */

/* The same point from the origin, by another method. */
static void assert_cold(const crease_path_walk *w, const crease_path_point *point)
{
    crease_descent d;
    crease_problem *p = w->problem;
    size_t live = 0;
    w->set.psi[0]->scale = point->scale;
    assert_ok(w->ctx, crease_descent_create(w->ctx, p, w->set.terms, 1, "fista", NULL, &d));
    assert_ok(w->ctx, crease_descent_run(&d, 1e-12, 3000, 100000));
    assert_true(d.residual.relative < 1e-9);
    assert_true(fabs(point->objective - d.objective) <= 1e-11 * fabs(d.objective));
    for (size_t j = 0; j < 12; j++) {
        bool here = false;
        for (size_t i = j; i < p->blocks[0].n; i += 12) {
            assert_true(fabs(point->x[i] - d.x[i]) < 1e-6);
            here |= d.x[i] != 0;
        }
        live += here;
    }
    if (point->relative < 1)
        assert_int_equal(point->live, live); /* at 1 rounding decides of the first one */
    crease_descent_free(&d);
}

static void points_are_those_of_cold_starts(void **state)
{
    static const char *const problems[] = { "softmax", "logistic", "least_squares" };
    crease_ctx *ctx = test_ctx();
    crease_path_walk *w = calloc(1, sizeof *w);
    (void)state;
    for (size_t k = 0; k < 3; k++) {
        crease_problem *p = path_planted(ctx, problems[k], "true");
        crease_term_specs specs = specs_make(ctx, "group_l2", "lambda=0.5", "cols");
        specs.items[0].scale = 3; /* both have no say in a path */
        assert_ok(ctx, crease_path_open(&specs, p, NULL, 1e-9, w));
        assert_ok(ctx, crease_path_grid(w, 6, 0.02));
        assert_int_equal(w->n, 6);
        assert_true(w->points[0].relative == 1 && fabs(w->points[5].relative - 0.02) < 1e-15);
        assert_int_equal(w->points[0].live, 0);
        assert_true(w->points[5].live > 3);
        for (size_t i = 0; i < w->n; i++) {
            const crease_path_point *point = &w->points[i];
            assert_true(point->certificate <= 1e-9);
            assert_near(point->lambda, 0.5 * point->relative * w->scale_max, 1e-14);
            assert_cold(w, point);
        }
        crease_path_close(w);
        specs_free(ctx, &specs);
        crease_problem_free(p);
    }
    free(w);
    crease_ctx_free(ctx);
}

static void wanted_numbers_are_found(void **state)
{
    crease_ctx *ctx = test_ctx();
    crease_path_walk *w = calloc(1, sizeof *w);
    crease_problem *p = path_planted(ctx, "softmax", "true");
    crease_term_specs specs = specs_make(ctx, "group_l2", NULL, "cols");
    (void)state;
    for (size_t wanted = 0; wanted <= 12; wanted += 3) {
        crease_path_answer a;
        assert_ok(ctx, crease_path_open(&specs, p, NULL, 1e-9, w));
        assert_ok(ctx, crease_path_search(w, wanted, 1e-6, &a));
        assert_true(a.reached);
        assert_int_equal(w->points[a.nearest].live, wanted);
        assert_cold(w, &w->points[a.nearest]);
        crease_path_close(w);
    }
    crease_path_answer a;
    assert_ok(ctx, crease_path_open(&specs, p, NULL, 1e-9, w));
    assert_ok(ctx, crease_path_search(w, 12, 0.5, &a));
    assert_false(a.reached);
    assert_true(w->points[a.nearest].relative == 0.5);
    crease_path_close(w);
    specs_free(ctx, &specs);
    crease_problem_free(p);
    free(w);
    crease_ctx_free(ctx);
}

/* Columns 0 .. 3 are one and the same, and the target is mostly theirs: with a ridge in psi they enter
 * together. */
static const char *write_quadruplets(void)
{
    static char text[1 << 14];
    size_t used = 0;
    double z[40 * 3];
    fill_normal(9, 40 * 3, 1, z);
    for (size_t i = 0; i < 40; i++) {
        const double *r = z + 3 * i;
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "%.17g,%.17g,%.17g,%.17g,%.17g,%.17g\n",
                             r[0], r[0], r[0], r[0], r[1], 2 * r[0] + 0.3 * r[1] + 0.1 * r[2]);
    }
    return cli_write_text("quadruplets.csv", text);
}

static void jumps_are_told(void **state)
{
    crease_ctx *ctx = test_ctx();
    crease_path_walk *w = calloc(1, sizeof *w);
    crease_problem *p =
        problem_make(ctx, "least_squares", "cpu-f64", SETTINGS("data", write_quadruplets()));
    crease_term_specs specs = specs_make(ctx, "l1", NULL, "elements");
    crease_path_answer a;
    (void)state;
    specs.items[0].ridge = 0.1; /* makes the four equal */
    assert_ok(ctx, crease_path_open(&specs, p, NULL, 1e-10, w));
    assert_ok(ctx, crease_path_search(w, 2, 1e-6, &a));
    const crease_path_point *few = &w->points[a.sparser], *many = &w->points[a.denser];
    assert_true(a.reached && few->live == 0 && many->live == 4);
    assert_true(few->relative > many->relative
                && few->relative - many->relative <= 1e-7 * few->relative);
    assert_true(fabs(few->relative - 1) < 1e-6);
    crease_path_close(w);
    specs_free(ctx, &specs);
    crease_problem_free(p);
    free(w);
    crease_ctx_free(ctx);
}

/* --- the command ---------------------------------------------------------------------------------- */

#define HEAD                                                                                           \
    "problem: {type: softmax, data: planted, planted_rows: 150, planted_test_rows: 50, planted_cols: " \
    "12, planted_live: "                                                                               \
    "4, planted_classes: 3}\n"
#define FILE_TEXT HEAD "regularizers: [{type: group_l2, groups: cols}]\nalgorithms: [pg]\n"

static size_t lines_of(const char *path)
{
    FILE *file = fopen(path, "r");
    size_t lines = 0;
    assert_non_null(file);
    for (int c; (c = getc(file)) != EOF;) lines += c == '\n';
    fclose(file);
    return lines;
}

static void the_command_writes_a_path(void **state)
{
    static cli_result r;
    char folder[1000], path[1100];
    const char *file = cli_write_text("path.yaml", FILE_TEXT);
    (void)state;
    snprintf(folder, sizeof folder, "%s", test_path("path"));
    CLI_RUN(&r, "path", file, "--points", "5", "--out", folder);
    cli_expect(&r, 0, "lambda_max");
    snprintf(path, sizeof path, "%s/path.csv", folder);
    assert_int_equal(lines_of(path), 6);
    snprintf(path, sizeof path, "%s/path.h5", folder);
    assert_int_equal(access(path, R_OK), 0);
    snprintf(path, sizeof path, "%s/path.png", folder);
    if (!strstr(r.err, "no picture")) assert_int_equal(access(path, R_OK), 0);
    CLI_RUN(&r, "path", file, "--points", "3", "--method", "pg", "--quiet");
    cli_expect(&r, 0, "");
    assert_string_equal(r.out, "");
    CLI_RUN(&r, "path", file, "--certificate", "1e-30", "--points", "2");
    cli_expect(&r, 1, "miss the certificate");
}

static void the_command_finds_targets(void **state)
{
    static cli_result r;
    const char *file = cli_write_text("path.yaml", FILE_TEXT);
    (void)state;
    CLI_RUN(&r, "path", file, "--target", "sparsity=0.5");
    cli_expect(&r, 0, "found       6 live, 50 % zero");
    CLI_RUN(&r, "path", file, "--target", "live=12", "--least", "0.5");
    cli_expect(&r, 1, "the search ended with");
    char text[1400];
    snprintf(text, sizeof text,
             "problem: {type: least_squares, data: %s}\nregularizers: [{type: l1, ridge: 0.1}]\n"
             "algorithms: [pg]\n",
             write_quadruplets());
    CLI_RUN(&r, "path", cli_write_text("quad.yaml", text), "--target", "live=2");
    cli_expect(&r, 1, "jumped over 0 live");
}

static void wrong_use_is_refused(void **state)
{
    static cli_result r;
    const char *file = cli_write_text("path.yaml", FILE_TEXT);
    (void)state;
    CLI_RUN(&r, "path", file, "--target", "zeros=3");
    cli_expect(&r, 2, "sparsity=S or live=N");
    CLI_RUN(&r, "path", file, "--target", "live=2.5");
    cli_expect(&r, 2, "whole number");
    CLI_RUN(&r, "path", file, "--target", "live=13");
    cli_expect(&r, 2, "must lie in [0, 12]");
    CLI_RUN(&r, "path", file, "--points", "1.5");
    cli_expect(&r, 2, "whole number");
    CLI_RUN(&r, "path",
            cli_write_text("two.yaml",
                           HEAD "regularizers: [{type: l1, block: weight}, {type: l1, block: bias}]\n"
                                "algorithms: [pg]\n"));
    cli_expect(&r, 2, "one regularizer");
    CLI_RUN(&r, "path", cli_write_text("box.yaml", HEAD "regularizers: [nonneg]\nalgorithms: [pg]\n"));
    cli_expect(&r, 2, "mapping");
    CLI_RUN(&r, "path",
            cli_write_text("box.yaml", HEAD "regularizers: [{type: nonneg}]\nalgorithms: [pg]\n"));
    cli_expect(&r, 2, "constraint");
    CLI_RUN(&r, "run",
            cli_write_text("both.yaml", HEAD "regularizers: [{type: l1, scale: 2, relative: 0.1}]\n"
                                             "algorithms: [pg]\n"));
    cli_expect(&r, 2, "exclude each other");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_are_those_of_cold_starts),
        cmocka_unit_test(wanted_numbers_are_found),
        cmocka_unit_test(jumps_are_told),
        cmocka_unit_test(the_command_writes_a_path),
        cmocka_unit_test(the_command_finds_targets),
        cmocka_unit_test(wrong_use_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

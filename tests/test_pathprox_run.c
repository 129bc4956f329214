/* The method pathprox in its surroundings: what it refuses, memory that runs out, interrupted runs, the
 * program. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiment/jobs.h"
#include "problem_support.h"
#include "run_support.h"

static int gradient(crease_oracle *oracle, crease_rows rows, const void *x, double *value, void *g)
{
    return oracle->problem->type->gradient(oracle->problem, rows, x, value, g);
}

/* --- what is refused ------------------------------------------------------------------------------ */

/* The first step is refused, and nothing has changed. */
static void refused(const char *psi, const char *problem, const crease_groups *groups, size_t n_terms,
                    const char *words)
{
    crease_ctx *ctx = test_ctx();
    const crease_backend *backend = crease_backend_find(ctx, "cpu-f64");
    crease_problem *p = NULL;
    if (problem)
        p = problem_make(ctx, problem, "cpu-f64",
                         SETTINGS("data", "planted", "planted_rows", "20", "planted_cols", "4",
                                  "planted_live", "2", "planted_classes", "3"));
    size_t n = p ? p->n : 400 + 300 + 3;
    double *x = calloc(n, sizeof *x);
    crease_regularizer *r = crease_regularizer_create(ctx, psi);
    crease_solver *exact = crease_solver_create(ctx, "exact", NULL);
    crease_algorithm *a = crease_algorithm_create(ctx, "pathprox", backend);
    assert_true(x && r && exact && a);
    crease_term terms[2];
    for (size_t i = 0; i < n_terms; i++) terms[i] = (crease_term){ r, &groups[i], "some" };
    assert_ok(ctx, crease_algorithm_setup(a, n, x, terms, n_terms, exact));
    crease_oracle o = { .gradient = gradient, .problem = p };
    assert_fails(ctx, crease_algorithm_step(a, &o), CREASE_ENOTSUP, words);
    assert_int_equal(a->t, 0);
    crease_algorithm_free(a);
    crease_solver_free(exact);
    crease_regularizer_free(r);
    crease_problem_free(p);
    free(x);
    crease_ctx_free(ctx);
}

static void wrong_use_is_refused(void **state)
{
    (void)state;
    const crease_groups output = crease_groups_cols(400, 3, 100), weight = crease_groups_cols(0, 3, 4);
    const char *units = "needs a problem with hidden units", *columns = "group_l2 on block output";
    refused("group_l2", "softmax", &weight, 1, units);
    refused("group_l2", NULL, &output, 1, units);
    refused("l1", "relu_net", &output, 1, columns);
    refused("group_l2", "relu_net", NULL, 0, columns);
    const crease_groups inputs = crease_groups_cols(0, 100, 4), rows = crease_groups_rows(400, 3, 100);
    const crease_groups half = crease_groups_strided(400, 50, 1, 3, 100, 1, 1),
                        runs = crease_groups_runs(400, 300, 3);
    const crease_groups both[] = { output, inputs };
    refused("group_l2", "relu_net", &inputs, 1, columns);
    refused("group_l2", "relu_net", &rows, 1, columns);
    refused("group_l2", "relu_net", &half, 1, columns);
    refused("group_l2", "relu_net", &runs, 1, columns);
    refused("group_l2", "relu_net", both, 2, columns);
}

/* --- memory --------------------------------------------------------------------------------------- */

typedef struct {
    size_t calls, fails_at, live;
} supply;

static void *supply_resize(void *user, void *p, size_t bytes)
{
    supply *s = user;
    if (bytes == 0) {
        s->live--;
        free(p);
        return NULL;
    }
    if (s->calls++ == s->fails_at) return NULL;
    s->live += !p;
    return realloc(p, bytes);
}

/* Every failure of the set-up is told and leaves nothing behind; steps live on what they have. */
static int set_up(crease_ctx *ctx, supply *s, size_t k)
{
    crease_problem *p =
        problem_make(ctx, "relu_net", "cpu-f64",
                     SETTINGS("data", "planted", "planted_rows", "20", "planted_cols", "4",
                              "planted_live", "2", "planted_classes", "3", "hidden", "5"));
    const crease_groups units = crease_groups_cols(p->blocks[1].offset, 3, 5);
    crease_regularizer *psi = crease_regularizer_create(ctx, "group_l2");
    crease_solver *exact = crease_solver_create(ctx, "exact", NULL);
    crease_algorithm *a = crease_algorithm_create(ctx, "pathprox", p->backend);
    const crease_term term = { psi, &units, "output" };
    crease_oracle o = { .gradient = gradient, .problem = p };
    double x[100];
    assert_true(psi && exact && a && p->n < 100);
    assert_ok(ctx, p->type->start(p, 1, x));
    s->fails_at = s->calls + k;
    int code = crease_algorithm_setup(a, p->n, x, &term, 1, exact);
    s->fails_at = SIZE_MAX;
    size_t calls = s->calls;
    for (int step = 0; code == CREASE_OK && step < 5; step++)
        assert_ok(ctx, crease_algorithm_step(a, &o));
    assert_int_equal(s->calls, calls);
    crease_algorithm_free(a);
    crease_solver_free(exact);
    crease_regularizer_free(psi);
    crease_problem_free(p);
    return code;
}

static void memory_runs_out(void **state)
{
    (void)state;
    int code = CREASE_ENOMEM;
    for (size_t k = 0; code != CREASE_OK; k++) {
        supply s = { .fails_at = SIZE_MAX };
        crease_ctx *ctx = crease_ctx_create(&(crease_allocator){ supply_resize, &s });
        code = set_up(ctx, &s, k);
        if (code != CREASE_OK) assert_fails(ctx, code, CREASE_ENOMEM, "out of memory");
        assert_true(code != CREASE_OK || k > 5);
        crease_ctx_free(ctx);
        assert_int_equal(s.live, 0);
    }
}

/* --- runs ----------------------------------------------------------------------------------------- */

static const char experiment[] =
    "problem: {type: relu_net, data: planted, planted_rows: 400, planted_test_rows: 100, planted_cols: "
    "20,\n"
    "          planted_live: 5, planted_classes: 3, hidden: 12, hidden_bias: true, slope: 0.1}\n"
    "regularizers: [{block: output, type: group_l2, lambda: 0.05, groups: cols, group_weights: "
    "one}]\n" RUN_SCHEDULE "algorithms:\n"
    "  - {type: pathprox}\n"
    "  - {type: pathprox, compensate: true, label: compensated}\n";

typedef struct {
    long asked, stop_at;
} stopper;

static bool is_interrupted(void *user)
{
    stopper *s = user;
    return ++s->asked == s->stop_at;
}

/* One life of the run; 0 stops never. */
static int live(run_bench *b, size_t method, const char *folder, bool resume, long stop_at)
{
    crease_training *t;
    stopper s = { 0, stop_at };
    crease_watch watch = { &s, is_interrupted, NULL };
    assert_ok(b->ctx, crease_training_create(&b->e, &b->e.methods[method], 3, b->problem, folder, &t));
    int code = crease_training_go(t, resume, &watch);
    crease_training_free(t);
    return code;
}

static void interrupted_runs_go_on(void **state)
{
    (void)state;
    static const long stops[] = { 1, 14, 40, 97 };
    run_bench b = run_open_bench(cli_write_text("interrupt.yaml", experiment));
    char whole[500], parts[1100];
    snprintf(whole, sizeof whole, "%s", test_path("whole"));
    for (size_t m = 0; m < b.e.n_methods; m++) {
        assert_ok(b.ctx, live(&b, m, whole, false, 0));
        for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
            crease_path a, c;
            snprintf(parts, sizeof parts, "%s-%zu-%zu", test_path("parts"), m, i);
            assert_int_equal(live(&b, m, parts, false, stops[i]), CREASE_EINTERRUPTED);
            assert_ok(b.ctx, live(&b, m, parts, true, 0));
            assert_ok(b.ctx, crease_run_folder(b.ctx, a, parts, &b.e.methods[m], 3));
            assert_ok(b.ctx, crease_run_folder(b.ctx, c, whole, &b.e.methods[m], 3));
            run_assert_same_trace(run_path(a, "trace.csv"), run_path(c, "trace.csv"));
        }
    }
    run_close_bench(&b);
}

static double last(const crease_table *t, const char *name)
{
    return t->values[(t->rows - 1) * t->columns + crease_table_find(t, name)];
}

/* The program, from the file to the figures. */
static void the_program_runs_it(void **state)
{
    (void)state;
    static cli_result r;
    static const char *const runs[] = { "pathprox-1", "compensated-1" };
    const char *file = cli_write_text("run.yaml", experiment), *out = test_path("run");
    CLI_RUN(&r, "run", file, "--out", out, "-q", "--set", "schedule.epochs=30", "--set",
            "schedule.milestones=[20]");
    cli_expect(&r, 0, "");
    crease_ctx *ctx = test_ctx();
    for (size_t i = 0; i < 2; i++) {
        crease_table t;
        char name[60];
        snprintf(name, sizeof name, "%s/trace.csv", runs[i]);
        assert_ok(ctx, crease_table_read(ctx, run_path(out, name), &t));
        assert_int_equal(t.rows, 30);
        double active = last(&t, "active_units");
        assert_true(active > 0 && active < 12);
        assert_true(fabs(last(&t, "sparsity_structured") - (1 - active / 12)) < 1e-12);
        assert_true(last(&t, "test_accuracy") > 0.8);
        assert_true(last(&t, "objective") < 0.9 * t.values[crease_table_find(&t, "objective")]);
        crease_table_free(ctx, &t);
    }
    crease_ctx_free(ctx);
    CLI_RUN(&r, "run", file, "--out", test_path("wrong"), "-q", "--set", "regularizers.0.block=input");
    cli_expect(&r, r.status, "group_l2 on block output with groups cols");
    assert_true(r.status != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_use_is_refused),
        cmocka_unit_test(memory_runs_out),
        cmocka_unit_test(interrupted_runs_go_on),
        cmocka_unit_test(the_program_runs_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

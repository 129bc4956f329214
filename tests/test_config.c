/* Experiment files: what is wrong with them and where, settings from the command line, the resolved
 * configuration read back, and the schedule against tables made by hand. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "experiment/spec.h"

/* --- errors ------------------------------------------------------------------------------------- */

/* A sound experiment, with %s where a case puts its own lines. */
#define HEAD    "problem: {type: softmax, data: planted}\n"
#define METHODS "algorithms:\n  - {type: ramda}\n"

typedef struct {
    const char *text, *place, *words;
    int code;
} wrong;

static const wrong wrongs[] = {
    /* malformed */
    { "", "e.yaml:1:1: ", "no problem", CREASE_EINVAL },
    { "problem: [", "e.yaml:", "malformed YAML", CREASE_EPARSE },
    { "a: 'b\n", "e.yaml:", "malformed YAML", CREASE_EPARSE },
    { "\tproblem: x\n", "e.yaml:1:1: ", "malformed YAML", CREASE_EPARSE },
    { "- a\n- b\n", "e.yaml:1:1: ", "mapping", CREASE_EPARSE },
    { "just words\n", "e.yaml:1:1: ", "mapping", CREASE_EPARSE },
    { "\xff\xfe\xff", "e.yaml: ", "", CREASE_EPARSE },
    { "name: \x01\n", "e.yaml: ", "byte 6", CREASE_EPARSE },
    { HEAD "name: a\nname: b\n" METHODS, "e.yaml:3:1: ", "already given in line 2", CREASE_EPARSE },
    { HEAD "name: &n a\nbackend: *n\n" METHODS, "e.yaml:3:10: ", "aliases", CREASE_EPARSE },
    { HEAD "? [a, b]\n: c\n" METHODS, "e.yaml:2:3: ", "plain word", CREASE_EPARSE },
    { HEAD "name: !!str a\n" METHODS, "e.yaml:2:7: ", "tags", CREASE_EPARSE },
    { HEAD METHODS "---\nname: b\n", "e.yaml:4:1: ", "second document", CREASE_EPARSE },
    { "a: [[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]\n", "e.yaml:1:20: ", "deeply",
      CREASE_EPARSE },
    /* keys */
    { HEAD "shedule: {epochs: 3}\n" METHODS, "e.yaml:2:1: ", "did you mean 'schedule'?",
      CREASE_ENOTFOUND },
    { HEAD "schedule:\n  epochs: 3\n  bach: 9\n" METHODS, "e.yaml:4:3: ", "did you mean 'batch'?",
      CREASE_ENOTFOUND },
    { HEAD "observe: {diagnostic: []}\n" METHODS, "e.yaml:2:11: ", "did you mean 'diagnostics'?",
      CREASE_ENOTFOUND },
    { HEAD "algorithms:\n  - {type: ramda, lrr: 1}\n", "e.yaml:3:19: ", "did you mean 'lr'?",
      CREASE_ENOTFOUND },
    { HEAD "algorithms:\n  - {type: ramda, solver: {type: exact, rtol: 1}}\n",
      "e.yaml:3:41: ", "no key 'rtol'", CREASE_ENOTFOUND },
    { "problem: {type: softmax, dta: planted}\n" METHODS, "e.yaml:1:26: ", "did you mean 'data'?",
      CREASE_ENOTFOUND },
    /* members */
    { HEAD "algorithms:\n  - {type: randa}\n", "e.yaml:3:6: ", "did you mean 'ramda'?",
      CREASE_ENOTFOUND },
    { HEAD "algorithms: [{lr: 1}]\n", "e.yaml:2:14: ", "needs a type", CREASE_EINVAL },
    { HEAD "algorithms: [ramda, ramda]\n", "e.yaml:2:21: ", "two algorithms are called 'ramda'",
      CREASE_EEXIST },
    { HEAD "algorithms: [{type: ramda, label: a/b}]\n", "e.yaml:2:28: ", "must be a word",
      CREASE_EINVAL },
    { HEAD "algorithms: [{type: msgd, solver: pg}]\n", "e.yaml:2:27: ", "takes no solver",
      CREASE_EINVAL },
    { HEAD "algorithms: [{type: ramda, stop: fixed}]\n", "e.yaml:2:28: ", "takes no stop",
      CREASE_EINVAL },
    { HEAD "algorithms: []\n", "e.yaml:2:1: ", "empty", CREASE_EINVAL },
    { HEAD, "e.yaml:1:1: ", "no algorithms", CREASE_EINVAL },
    { "problem: sofmax\n" METHODS, "e.yaml:1:1: ", "did you mean 'softmax'?", CREASE_ENOTFOUND },
    { HEAD "backend: cpu-f16\n" METHODS, "e.yaml:2:1: ", "cpu-f16", CREASE_ENOTFOUND },
    { HEAD "observe: {diagnostics: [inner, inner]}\n" METHODS, "e.yaml:2:32: ", "twice",
      CREASE_EEXIST },
    { HEAD "regularizers: [{type: group_l2}]\n" METHODS, "e.yaml:2:16: ", "needs groups",
      CREASE_EINVAL },
    /* values */
    { HEAD "schedule: {epochs: 0}\n" METHODS, "e.yaml:2:12: ", "epochs", CREASE_ERANGE },
    { HEAD "schedule: {epochs: many}\n" METHODS, "e.yaml:2:12: ", "whole number", CREASE_EPARSE },
    { HEAD "schedule: {epochs: 1.5}\n" METHODS, "e.yaml:2:12: ", "whole number", CREASE_EPARSE },
    { HEAD "schedule: {epochs: {a: 1}}\n" METHODS, "e.yaml:2:12: ", "not a mapping", CREASE_EPARSE },
    { HEAD "schedule: {gamma: .nan}\n" METHODS, "e.yaml:2:12: ", "gamma", CREASE_EPARSE },
    { HEAD "schedule: {gamma: nan}\n" METHODS, "e.yaml:2:12: ", "gamma", CREASE_ERANGE },
    { HEAD "schedule: {ramp: papr}\n" METHODS, "e.yaml:2:12: ", "paper, experiment, none",
      CREASE_EPARSE },
    { HEAD "schedule: {milestones: [5, 3]}\n" METHODS, "e.yaml:2:1: ", "must increase", CREASE_ERANGE },
    { HEAD "schedule: {milestones: [1, x]}\n" METHODS, "e.yaml:2:12: ", "milestones", CREASE_EPARSE },
    { HEAD "schedule: 7\n" METHODS, "e.yaml:2:1: ", "must be a mapping", CREASE_EPARSE },
    { HEAD "algorithms: {type: ramda}\n", "e.yaml:2:1: ", "must be a list", CREASE_EPARSE },
    { HEAD "algorithms: [{type: ramda, momentum: 2}]\n", "e.yaml:2:28: ", "momentum", CREASE_ERANGE },
    { HEAD "seeds: []\n" METHODS, "e.yaml:2:1: ", "empty", CREASE_EINVAL },
    { HEAD "seeds: [1, 1]\n" METHODS, "e.yaml:2:1: ", "twice", CREASE_EEXIST },
    { HEAD "seeds: [0.5]\n" METHODS, "e.yaml:2:1: ", "whole numbers", CREASE_EPARSE },
    { HEAD "seeds: -1\n" METHODS, "e.yaml:2:1: ", "seeds", CREASE_ERANGE },
    { HEAD "name: ../up\n" METHODS, "e.yaml:2:1: ", "word", CREASE_EINVAL },
};

static int read_text(crease_ctx *ctx, const char *text, crease_experiment *e)
{
    crease_tree tree;
    *e = (crease_experiment){ 0 };
    CREASE_TRY(crease_tree_parse(ctx, "e.yaml", text, strlen(text), &tree));
    return crease_experiment_from_tree(&tree, e);
}

static void errors_say_where(void **state)
{
    crease_ctx *ctx = test_ctx();
    (void)state;
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        crease_experiment e;
        int code = read_text(ctx, wrongs[i].text, &e);
        const char *sentence = crease_ctx_error(ctx)->sentence;
        if (code != wrongs[i].code || strncmp(sentence, wrongs[i].place, strlen(wrongs[i].place)) != 0
            || !strstr(sentence, wrongs[i].words))
            fail_msg("for\n%s\nwanted %s, %s... %s\ngot %s, %s", wrongs[i].text,
                     crease_error_name(wrongs[i].code), wrongs[i].place, wrongs[i].words,
                     crease_error_name(code), sentence);
        crease_experiment_free(&e);
    }
    crease_ctx_free(ctx);
}

/* A list of lists and a map of maps, deep enough to end a careless recursion. */
static void deep_nesting_is_refused(void **state)
{
    enum { DEPTH = 100000 };
    crease_ctx *ctx = test_ctx();
    crease_tree tree;
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        char *text = crease_alloc(ctx, 4 * DEPTH + 16, 1);
        size_t n = (size_t)sprintf(text, "a: ");
        for (int i = 0; i < DEPTH; i++) n += (size_t)sprintf(text + n, kind ? "{a: " : "[");
        assert_fails(ctx, crease_tree_parse(ctx, "e.yaml", text, n, &tree), CREASE_EPARSE,
                     "nested too deeply");
        crease_release(ctx, text);
    }
    crease_ctx_free(ctx);
}

/* No way of cutting or damaging a file does more than fail. */
static void damaged_files_only_fail(void **state)
{
    static const char whole[] =
        HEAD "regularizers: [{type: group_l2, groups: cols}]\nschedule: {epochs: 3}\n" METHODS;
    crease_ctx *ctx = test_ctx();
    (void)state;
    for (size_t cut = 0; cut < sizeof whole - 1; cut++) {
        char text[sizeof whole];
        crease_experiment e;
        memcpy(text, whole, sizeof whole);
        text[cut] = '\0';
        if (read_text(ctx, text, &e) == CREASE_OK) crease_experiment_free(&e);
        memcpy(text, whole, sizeof whole);
        text[cut] = "{}[]:,*&!\n\"'%@-"[cut % 15];
        if (read_text(ctx, text, &e) == CREASE_OK) crease_experiment_free(&e);
    }
    crease_ctx_free(ctx);
}

/* --- settings from the command line ------------------------------------------------------------- */

static const char sound[] =
    "problem: {type: softmax, data: planted}\n"
    "regularizers:\n  - {block: weight, type: group_l2, groups: cols, lambda: 1e-3}\n"
    "schedule: {epochs: 5}\n"
    "algorithms:\n  - {type: ramda, solver: exact}\n  - {type: ramda, label: half, lr: 0.5}\n  - "
    "proxsgd\n";

static int read_with(crease_ctx *ctx, const char *setting, crease_experiment *e)
{
    crease_tree tree;
    *e = (crease_experiment){ 0 };
    CREASE_TRY(crease_tree_parse(ctx, "e.yaml", sound, sizeof sound - 1, &tree));
    int code = crease_tree_set(&tree, setting);
    if (code == CREASE_OK) return crease_experiment_from_tree(&tree, e);
    crease_tree_free(&tree);
    return code;
}

static void settings_replace(void **state)
{
    static const struct {
        const char *setting, *line; /* the line of the resolved configuration that it makes */
    } cases[] = {
        { "schedule.epochs=9", "\n  epochs: 9\n" },
        { "schedule.milestones=[2, 3]", "\n  milestones: [2, 3]\n" },
        { "name=other", "name: other\n" },
        { "observe.full_gradient_every=2", "\n  full_gradient_every: 2\n" },
        { "regularizers.0.lambda=0.25", "\n    lambda: 0.25\n" },
        { "regularizers.group_l2.groups=rows", "\n    groups: rows\n" },
        { "algorithms.half.lr=0.75", "\n    lr: 0.75\n" },
        { "algorithms.2.lr=0.125", "\n    lr: 0.125\n" },
        { "algorithms.proxsgd.label=p", "\n    label: p\n" },
        { "algorithms.ramda.solver.type=pg", "\n      type: pg\n" },
        { "algorithms=[{type: rmda, lr: 0.0625}]", "\n    lr: 0.0625\n" },
        { "problem.data=a: b", "" },
    };
    crease_ctx *ctx = test_ctx();
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        crease_experiment e;
        int code = read_with(ctx, cases[i].setting, &e);
        if (!*cases[i].line) {
            assert_fails(ctx, code, CREASE_EPARSE, "--set problem.data=a: b: ");
            continue;
        }
        assert_ok(ctx, code);
        char *text = crease_experiment_print(&e);
        if (!strstr(text, cases[i].line))
            fail_msg("%s does not lead to %s in\n%s", cases[i].setting, cases[i].line, text);
        crease_release(ctx, text);
        crease_experiment_free(&e);
    }
    crease_ctx_free(ctx);
}

static void wrong_settings_are_named(void **state)
{
    static const wrong cases[] = {
        { "schedule.epocs=3", "--set schedule.epocs=3: ", "did you mean 'epochs'?", CREASE_ENOTFOUND },
        { "schedule.epochs=x", "--set schedule.epochs=x: ", "whole number", CREASE_EPARSE },
        { "algorithms.randa.lr=1", "--set algorithms.randa.lr=1: ", "did you mean 'ramda'?",
          CREASE_ENOTFOUND },
        { "algorithms.7.lr=1", "--set algorithms.7.lr=1: ", "no item '7'", CREASE_ENOTFOUND },
        { "algorithms.half.lrr=1", "--set algorithms.half.lrr=1: ", "did you mean 'lr'?",
          CREASE_ENOTFOUND },
        { "probelm.data=x", "--set probelm.data=x: ", "did you mean 'problem'?", CREASE_ENOTFOUND },
        { "schedule.epochs", "--set schedule.epochs: ", "KEY=VALUE", CREASE_EPARSE },
        { "=3", "--set =3: ", "KEY=VALUE", CREASE_EPARSE },
        { "", "--set : ", "KEY=VALUE", CREASE_EPARSE },
        { "schedule.=3", "--set schedule.=3: ", "KEY=VALUE", CREASE_EPARSE },
        { "schedule.epochs=[", "--set schedule.epochs=[: ", "malformed YAML", CREASE_EPARSE },
    };
    crease_ctx *ctx = test_ctx();
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        crease_experiment e;
        int code = read_with(ctx, cases[i].text, &e);
        const char *sentence = crease_ctx_error(ctx)->sentence;
        if (code != cases[i].code || strncmp(sentence, cases[i].place, strlen(cases[i].place)) != 0
            || !strstr(sentence, cases[i].words))
            fail_msg("--set %s: got %s, %s", cases[i].text, crease_error_name(code), sentence);
        crease_experiment_free(&e);
    }
    crease_ctx_free(ctx);
}

/* --- the resolved configuration ----------------------------------------------------------------- */

static void configurations_read_back(void **state)
{
    static const char *const texts[] = {
        sound,
        HEAD METHODS,
        "name: x-1\nbackend: cpu-f64\nseeds: [3, 1, 2]\nproblem: {type: logistic, data: \"a b: "
        "\\\"c\\\" #d\\\\\"}\n"
        "observe: {diagnostics: []}\nregularizers: []\n"
        "algorithms:\n  - {type: proxgen, solver: pg, stop: {type: rel_decrease, rtol: 1e-3},\n"
        "     schedule: {epochs: 3, milestones: [1], ramp: none},\n"
        "     regularizers: [{type: l1, lambda: 0.1}]}\n  - msgd\n",
    };
    crease_ctx *ctx = test_ctx();
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        crease_experiment first, second;
        assert_ok(ctx, read_text(ctx, texts[i], &first));
        char *once = crease_experiment_print(&first);
        assert_ok(ctx, read_text(ctx, once, &second));
        char *twice = crease_experiment_print(&second);
        assert_string_equal(once, twice);
        assert_memory_equal(&first.schedule, &second.schedule, sizeof first.schedule);
        assert_int_equal(first.n_methods, second.n_methods);
        for (size_t m = 0; m < first.n_methods; m++) {
            const crease_method *a = &first.methods[m], *b = &second.methods[m];
            assert_ptr_equal(a->algorithm.type, b->algorithm.type);
            assert_memory_equal(a->algorithm.opts, b->algorithm.opts, a->algorithm.type->opts_size);
            assert_ptr_equal(a->solver.type, b->solver.type);
            assert_ptr_equal(a->stopping.type, b->stopping.type);
            assert_memory_equal(&a->schedule, &b->schedule, sizeof a->schedule);
            assert_int_equal(a->regularizers.n, b->regularizers.n);
        }
        crease_release(ctx, once);
        crease_release(ctx, twice);
        crease_experiment_free(&first);
        crease_experiment_free(&second);
    }
    crease_ctx_free(ctx);
}

static void defaults_are_the_documented_ones(void **state)
{
    crease_ctx *ctx = test_ctx();
    crease_experiment e;
    (void)state;
    assert_ok(
        ctx,
        read_text(ctx, HEAD "algorithms:\n  - ramda\n  - {type: proxgen, solver: pg}\n  - msgd\n", &e));
    assert_string_equal(e.name, "e");
    assert_string_equal(e.backend, "cpu-f32");
    assert_int_equal(e.seeds.n, 1);
    assert_true(e.seeds.v[0] == 1);
    assert_string_equal(e.methods[0].solver.type->name, "exact");
    assert_null(e.methods[0].stopping.type);
    assert_string_equal(e.methods[1].stopping.type->name, "rel_decrease");
    assert_null(e.methods[2].solver.type);
    assert_int_equal(e.n_diagnostics, 4);
    crease_experiment_free(&e);
    crease_ctx_free(ctx);
}

/* --- the schedule ------------------------------------------------------------------------------- */

static crease_schedule schedule(const char *milestones, const char *ramp)
{
    crease_ctx *ctx = test_ctx();
    crease_schedule s;
    crease_params_default(crease_schedule_params, &s);
    assert_ok(ctx,
              crease_params_set(ctx, crease_schedule_params, &s, "schedule", "milestones", milestones));
    assert_ok(ctx, crease_params_set(ctx, crease_schedule_params, &s, "schedule", "ramp", ramp));
    crease_ctx_free(ctx);
    return s;
}

/* c0 = 0.1 and 3 steps an epoch: one row an epoch and step, by hand. */
static void momentum_follows_the_tables(void **state)
{
    static const struct {
        const char *milestones, *ramp;
        long epoch;
        size_t step;
        double momentum;
    } table[] = {
        { "[2, 4]", "paper", 0, 0, 0.1 },      { "[2, 4]", "paper", 3, 2, 0.1 },
        { "[2, 4]", "paper", 4, 0, 0.1 },      { "[2, 4]", "paper", 4, 1, 0.1 * 1.4142135623730951 },
        { "[2, 4]", "paper", 5, 0, 0.2 },      { "[2, 4]", "paper", 6, 2, 0.3 },
        { "[2, 4]", "paper", 37, 0, 1.0 },     { "[2, 4]", "paper", 1000, 0, 1.0 },
        { "[2, 4]", "experiment", 2, 2, 0.1 }, { "[2, 4]", "experiment", 3, 0, 0.1 },
        { "[2, 4]", "experiment", 4, 0, 0.2 }, { "[2, 4]", "none", 1000, 0, 0.1 },
        { "[]", "paper", 0, 0, 0.1 },          { "[]", "paper", 1, 0, 0.2 },
        { "[]", "experiment", 1, 0, 0.2 },     { "[1]", "experiment", 0, 0, 0.1 },
        { "[1]", "experiment", 1, 0, 0.2 },    { "[]", "none", 9, 0, 0.1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        crease_schedule s = schedule(table[i].milestones, table[i].ramp);
        double c = crease_schedule_momentum(&s, 0.1, table[i].epoch, table[i].step, 3);
        if (!(fabs(c - table[i].momentum) <= 1e-15))
            fail_msg("row %zu: momentum %.17g, not %.17g", i, c, table[i].momentum);
        assert_true(crease_schedule_momentum(&s, 1, table[i].epoch, table[i].step, 3) == 1);
    }
}

static void stages_begin_at_milestones(void **state)
{
    static const size_t stages[] = { 0, 0, 1, 1, 2, 2, 2 };
    static const bool begins[] = { false, false, true, false, true, false, false };
    crease_schedule s = schedule("[2, 4]", "paper");
    (void)state;
    for (long epoch = 0; epoch < 7; epoch++) {
        assert_int_equal(crease_schedule_stage(&s, epoch), stages[epoch]);
        assert_int_equal(crease_schedule_begins_stage(&s, epoch), begins[epoch]);
    }
}

/* Every row is in exactly one batch, but for those that drop_last leaves out. */
static void batches_cover_the_rows(void **state)
{
    crease_schedule s = schedule("[]", "paper");
    (void)state;
    for (size_t rows = 1; rows < 30; rows++)
        for (s.batch = 1; s.batch < 33; s.batch++)
            for (int drop = 0; drop < 2; drop++) {
                s.drop_last = drop;
                size_t first, next = 0, steps = crease_schedule_steps(&s, rows);
                for (size_t step = 0; step < steps; step++) {
                    size_t n = crease_schedule_batch(&s, rows, step, &first);
                    assert_int_equal(first, next);
                    assert_true(n == (size_t)s.batch || (!drop && step + 1 == steps && n > 0));
                    next += n;
                }
                assert_int_equal(next, drop ? rows - rows % (size_t)s.batch : rows);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_say_where),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(damaged_files_only_fail),
        cmocka_unit_test(settings_replace),
        cmocka_unit_test(wrong_settings_are_named),
        cmocka_unit_test(configurations_read_back),
        cmocka_unit_test(defaults_are_the_documented_ones),
        cmocka_unit_test(momentum_follows_the_tables),
        cmocka_unit_test(stages_begin_at_milestones),
        cmocka_unit_test(batches_cover_the_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

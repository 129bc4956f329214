/* The program's commands: what they print, and what they say and return when used wrongly. */
#include "cli_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const commands[] = {
    "run", "plot", "prox", "bench", "data", "list", "describe"
};

enum { N_COMMANDS = sizeof commands / sizeof *commands };

static void test_help_and_version(void **state)
{
    (void)state;
    cli_result r;
    CLI_RUN(&r, "--version");
    cli_expect(&r, 0, "crease ");
    for (int i = 0; i < 3; i++) {
        if (i == 0)
            CLI_RUN(&r, "--help");
        else if (i == 1)
            CLI_RUN(&r, "-h");
        else
            cli_run(&r, (const char *const[]){ NULL });
        for (size_t k = 0; k < N_COMMANDS; k++) cli_expect(&r, 0, commands[k]);
        assert_string_equal(r.err, "");
    }
}

static void test_help_of_every_command(void **state)
{
    (void)state;
    for (size_t k = 0; k < N_COMMANDS; k++) {
        cli_result r;
        char words[100];
        snprintf(words, sizeof words, "crease %s", commands[k]);
        CLI_RUN(&r, commands[k], "--help");
        cli_expect(&r, 0, words);
        cli_expect(&r, 0, "--help");
    }
}

/* Nearly right words are corrected; everything wrong costs status 2 and one sentence. */
static void test_wrong_use(void **state)
{
    (void)state;
    static const struct {
        const char *args[5], *words;
    } cases[] = {
        { { "lst" }, "unknown command 'lst'; did you mean 'list'?" },
        { { "quaternion" }, "crease --help" },
        { { "--plugn", "x" }, "did you mean '--plugin'?" },
        { { "--plugin" }, "--plugin needs a value" },
        { { "--plugin", "/nowhere/x.so", "list" }, "cannot load the plug-in: /nowhere/x.so" },
        { { "list", "solvr" }, "did you mean 'solver'?" },
        { { "list", "xylophone" }, "the kinds are regularizer, solver" },
        { { "list", "solver", "exact" },
          "'exact' is one argument too many; usage: crease list [KIND]" },
        { { "list", "--json" }, "unknown option '--json'" },
        { { "list", "--hepl" }, "did you mean '--help'?" },
        { { "describe", "solver" }, "an argument is missing; usage: crease describe KIND NAME" },
        { { "describe", "solver", "exakt" }, "did you mean 'exact'?" },
        { { "describe", "solvers", "exact" }, "did you mean 'solver'?" },
        { { "data" }, "an argument is missing" },
        { { "data", "ftch", "mnist" }, "did you mean 'fetch'?" },
        { { "data", "fetch" }, "fetch needs a name" },
        { { "data", "fetch", "mnest" }, "mnist" },
        { { "data", "list", "--mirrors", "x" }, "did you mean '--mirror'?" },
        { { "data", "list", "--mirror" }, "--mirror needs a value: --mirror URL" },
        { { "plot" }, "usage: crease plot RUN_DIR" },
        { { "plot", "/nowhere/run" }, "cannot read the run directory '/nowhere/run'" },
        { { "run" }, "" },
        { { "run", "/nowhere/x.yaml" }, "/nowhere/x.yaml" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cli_result r;
        cli_run(&r, cases[i].args);
        cli_expect(&r, 2, cases[i].words);
        assert_string_equal(r.out, "");
    }
}

static void test_list_shows_everything(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    cli_result all, one;
    CLI_RUN(&all, "list");
    for (int kind = 0; kind < CREASE_N_KINDS; kind++) {
        const crease_type *type;
        CLI_RUN(&one, "list", crease_kind_name(kind));
        cli_expect(&all, 0, crease_kind_name(kind));
        for (size_t i = 0; (type = crease_type_at(ctx, kind, i)); i++) {
            cli_expect(&all, 0, type->summary);
            cli_expect(&one, 0, type->summary);
            assert_non_null(strstr(one.out, type->name));
        }
    }
    crease_ctx_free(ctx);
}

static void test_describe_everything(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const crease_type *type;
    for (int kind = 0; kind < CREASE_N_KINDS; kind++)
        for (size_t i = 0; (type = crease_type_at(ctx, kind, i)); i++) {
            cli_result r;
            char words[200];
            CLI_RUN(&r, "describe", crease_kind_name(kind), type->name);
            snprintf(words, sizeof words, "%s %s: ", crease_kind_name(kind), type->name);
            cli_expect(&r, 0, words);
            for (const crease_param *p = type->params; p && p->name; p++) {
                snprintf(words, sizeof words, "\n  %s ", p->name);
                cli_expect(&r, 0, words);
            }
            for (char *line = strtok(r.out, "\n"); line; line = strtok(NULL, "\n"))
                assert_true(strlen(line)
                            <= 140); /* long text is broken, single long words are not */
        }
    crease_ctx_free(ctx);
}

static void test_output_that_cannot_be_written(void **state)
{
    (void)state;
    char command[600];
    const char *program = getenv("CREASE_PROGRAM");
    if (!program) skip();
    snprintf(command, sizeof command, "'%s' list >/dev/full 2>'%s'", program, test_path("full"));
    int status = system(command);
    assert_int_equal(status >> 8, 2);
}

static void test_data_commands(void **state)
{
    (void)state;
    cli_result r;
    setenv("XDG_DATA_HOME", test_path("xdg"), 1);
    CLI_RUN(&r, "data", "list");
    cli_expect(&r, 0, "mnist");
    cli_expect(&r, 0, "found");
    CLI_RUN(&r, "data", "fetch", "mnist", "--mirror", "http://127.0.0.1:1/nothing");
    cli_expect(&r, 2, "127.0.0.1:1");
    unsetenv("XDG_DATA_HOME");
}

static void test_plot_without_its_modules(void **state)
{
    (void)state;
    cli_result r;
    setenv("CREASE_PYTHON", "/bin/false", 1);
    CLI_RUN(&r, "plot", "/tmp");
    cli_expect(&r, 2, "install python3-numpy python3-matplotlib python3-h5py");
    setenv("CREASE_PYTHON", "/nowhere/python", 1);
    CLI_RUN(&r, "plot", "/tmp");
    cli_expect(&r, 2, "cannot start Python as '/nowhere/python'");
    unsetenv("CREASE_PYTHON");
}

/* A plug-in's regularizer is listed, described and solved like the built-in ones. */
static void test_plugin(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const char *program = getenv("CREASE_PROGRAM");
    if (!program) skip();
    char plugin[600];
    snprintf(plugin, sizeof plugin, "%.*s/tests/.libs/plugin_example.so",
             (int)(strrchr(program, '/') - program), program);
    const char *z = cli_write_npy(ctx, "plugin_z.npy", 8, 1, (size_t[]){ 2 }, (double[]){ 3, -9 });
    cli_result r;
    CLI_RUN(&r, "--plugin", plugin, "list", "regularizer");
    cli_expect(&r, 0, "example_ridge");
    CLI_RUN(&r, "--plugin", plugin, "describe", "regularizer", "example_ridge");
    cli_expect(&r, 0, "mu = 2");
    CLI_RUN(&r, "--plugin", plugin, "prox", "-r", "example_ridge", "-g", "all", z);
    cli_expect(&r, 0, "x            1 -3\n"); /* z / (1 + mu) */
    CLI_RUN(&r, "--plugin", plugin, "--plugin", plugin, "list");
    cli_expect(&r, 2, "there is already a regularizer 'example_ridge'");
    CLI_RUN(&r, "prox", "-r", "example_ridge", z);
    cli_expect(&r, 2, "there is no regularizer 'example_ridge'");
    crease_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_help_and_version),
        cmocka_unit_test(test_help_of_every_command),
        cmocka_unit_test(test_wrong_use),
        cmocka_unit_test(test_list_shows_everything),
        cmocka_unit_test(test_describe_everything),
        cmocka_unit_test(test_output_that_cannot_be_written),
        cmocka_unit_test(test_data_commands),
        cmocka_unit_test(test_plot_without_its_modules),
        cmocka_unit_test(test_plugin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

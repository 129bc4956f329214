/* Small experiments on planted data. */
#include "run_support.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;

static const char problem[] =
    "problem: {type: softmax, data: planted, planted_rows: 400, planted_test_rows: 100, planted_cols: "
    "30,\n"
    "          planted_live: 8, planted_classes: 3}\n"
    "regularizers: [{block: weight, type: group_l2, lambda: 1e-2, groups: cols}]\n";

const char *run_write_experiment(const char *name, const char *text)
{
    char whole[4096];
    assert_true(snprintf(whole, sizeof whole, "%s%s", problem, text) < (int)sizeof whole);
    return cli_write_text(name, whole);
}

run_bench run_open_bench(const char *file)
{
    run_bench b = { .ctx = test_ctx() };
    assert_ok(b.ctx, crease_experiment_read(b.ctx, file, NULL, 0, &b.e));
    const crease_type *type = b.e.problem.type;
    b.problem = crease_problem_create(b.ctx, type->name, crease_backend_find(b.ctx, b.e.backend));
    assert_non_null(b.problem);
    memcpy(b.problem->opts, b.e.problem.opts, type->opts_size);
    assert_ok(b.ctx, crease_problem_setup(b.problem));
    return b;
}

void run_close_bench(run_bench *b)
{
    crease_problem_free(b->problem);
    crease_experiment_free(&b->e);
    crease_ctx_free(b->ctx);
}

const char *run_path(const char *folder, const char *name)
{
    static char paths[16][1000];
    static unsigned next;
    char *path = paths[next++ % 16];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

char *run_read(const char *path)
{
    enum { MOST = 1 << 20 };
    FILE *file = fopen(path, "r");
    char *text = calloc(MOST + 1, 1);
    if (!file || !text) fail_msg("cannot read %s", path);
    assert_true(fread(text, 1, MOST, file) < MOST);
    fclose(file);
    return text;
}

bool run_is_time(const char *name)
{
    size_t n = strlen(name);
    return (n > 2 && strcmp(name + n - 2, "_s") == 0) || (n > 3 && strcmp(name + n - 3, "_ms") == 0);
}

static void compare_fields(char *names, char *line, char *expected, size_t row)
{
    for (char *name; (name = strsep(&names, ","));) {
        const char *a = strsep(&line, ","), *b = strsep(&expected, ",");
        if (!a || !b) fail_msg("row %zu has too few fields", row);
        if (!run_is_time(name) && strcmp(a, b) != 0)
            fail_msg("row %zu, %s: %s, but %s was expected", row, name, a, b);
    }
    assert_true(!line && !expected);
}

void run_assert_same_trace(const char *path, const char *expected)
{
    char *a = run_read(path), *b = run_read(expected), *rest_a = a, *rest_b = b;
    const char *header = strsep(&rest_a, "\n");
    assert_string_equal(header, strsep(&rest_b, "\n"));
    for (size_t row = 1; rest_a && rest_b && *rest_a && *rest_b; row++) {
        char *names = strdup(header);
        compare_fields(names, strsep(&rest_a, "\n"), strsep(&rest_b, "\n"), row);
        free(names);
    }
    if (*rest_a || *rest_b) fail_msg("%s and %s have different numbers of rows", path, expected);
    free(a);
    free(b);
}

size_t run_rows(const char *path)
{
    FILE *file = fopen(path, "r");
    size_t lines = 0;
    for (int c; file && (c = getc(file)) != EOF;) lines += c == '\n';
    if (file) fclose(file);
    return lines > 0 ? lines - 1 : 0;
}

int run_start(const char *const *args)
{
    const char *program = getenv("CREASE_PROGRAM");
    if (!program) skip();
    char *argv[CLI_MOST_ARGS + 2] = { (char *)program };
    for (size_t i = 0; args[i] && i < CLI_MOST_ARGS; i++) argv[i + 1] = (char *)args[i];
    posix_spawn_file_actions_t actions;
    pid_t child;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    assert_int_equal(posix_spawn(&child, program, &actions, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    return child;
}

int run_wait(int pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

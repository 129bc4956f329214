/* Running the program under test: its streams go to files, so that no pipe can fill up. */
#include "cli_support.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void slurp(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

void cli_run(cli_result *r, const char *const *args)
{
    const char *program = getenv("CREASE_PROGRAM");
    if (!program) skip();
    char *argv[CLI_MOST_ARGS + 2] = { (char *)program };
    for (size_t i = 0; args[i] && i < CLI_MOST_ARGS; i++) argv[i + 1] = (char *)args[i];
    static char out[400], err[400]; /* named once: test_path forgets old names */
    if (!*out) snprintf(out, sizeof out, "%s", test_path("stdout"));
    if (!*err) snprintf(err, sizeof err, "%s", test_path("stderr"));
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&actions, 2, err, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(posix_spawn(&child, program, &actions, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    assert_int_equal(waitpid(child, &status, 0), child);
    r->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    slurp(out, r->out, sizeof r->out);
    slurp(err, r->err, sizeof r->err);
}

void cli_expect(const cli_result *r, int status, const char *words)
{
    bool said = strstr(r->out, words) || strstr(r->err, words);
    bool one_sentence = status == 0
                        || (strncmp(r->err, "crease: ", 8) == 0
                            && strchr(r->err, '\n') == r->err + strlen(r->err) - 1);
    if (r->status == status && said && one_sentence) return;
    fail_msg("wanted status %d and \"%s\", got status %d\n--- stdout\n%s--- stderr\n%s", status,
             words, r->status, r->out, r->err);
}

const char *cli_write_npy(crease_ctx *ctx, const char *name, size_t real_bytes, unsigned rank,
                          const size_t *shape, const double *data)
{
    crease_array a = { .rank = rank, .n = 1, .real_bytes = real_bytes, .data = (double *)data };
    for (unsigned k = 0; k < rank; k++) a.n *= a.shape[k] = shape[k];
    const char *path = test_path(name);
    assert_ok(ctx, crease_write_npy(ctx, path, &a));
    return path;
}

const char *cli_write_text(const char *name, const char *text)
{
    const char *path = test_path(name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return path;
}

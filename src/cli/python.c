/* The Python that draws: which one, where its modules are, and whether it has what they need. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"

extern char **environ;

static const char *python_program(void)
{
    const char *given = getenv("CREASE_PYTHON");
    return given && *given ? given : CREASE_PYTHON;
}

/* The drawing code: beside the sources for the program of a build tree, else as installed. */
static const char *python_folder(void)
{
    char self[4096];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    self[length > 0 ? length : 0] = '\0';
    bool built = strncmp(self, CREASE_BUILD_DIR "/", strlen(CREASE_BUILD_DIR "/")) == 0;
    return built ? CREASE_PYTHON_SOURCE : CREASE_PYTHON_INSTALLED;
}

static int set_python_path(crease_ctx *ctx)
{
    const char *before = getenv("PYTHONPATH");
    char path[8192];
    int length = snprintf(path, sizeof path, "%s%s%s", python_folder(),
                          before && *before ? ":" : "", before ? before : "");
    if (length >= (int)sizeof path || setenv("PYTHONPATH", path, 1) != 0)
        return crease_fail(ctx, CREASE_EINVAL, "PYTHONPATH is too long");
    return CREASE_OK;
}

int crease_cli_python_missing(crease_ctx *ctx, const char *python, int trouble)
{
    return crease_fail(
        ctx, CREASE_ENOTFOUND,
        "cannot start Python as '%s': %s (install python3, or name it in CREASE_PYTHON)", python,
        strerror(trouble));
}

int crease_cli_run_python(crease_ctx *ctx, const char *const *argv, int input, bool quiet, int *status)
{
    posix_spawn_file_actions_t actions;
    pid_t child;
    posix_spawn_file_actions_init(&actions);
    if (input >= 0) posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    if (quiet) posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    int trouble = posix_spawnp(&child, argv[0], &actions, NULL, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (trouble) return crease_cli_python_missing(ctx, argv[0], trouble);
    while (waitpid(child, status, 0) < 0)
        if (errno != EINTR)
            return crease_fail(ctx, CREASE_EIO, "waiting for Python: %s", strerror(errno));
    *status = WIFEXITED(*status) ? WEXITSTATUS(*status) : 128 + WTERMSIG(*status);
    return CREASE_OK;
}

/* A try in a child process: the sentence is ours, not a traceback. */
int crease_cli_find_python(crease_ctx *ctx, const char **python)
{
    int status;
    *python = python_program();
    CREASE_TRY(set_python_path(ctx));
    const char *probe[] = { *python, "-c", "import numpy, matplotlib, h5py", NULL };
    CREASE_TRY(crease_cli_run_python(ctx, probe, -1, true, &status));
    if (status == 0) return CREASE_OK;
    return crease_fail(ctx, CREASE_ENOTFOUND,
                       "the Python '%s' lacks NumPy, matplotlib or h5py: install python3-numpy "
                       "python3-matplotlib python3-h5py, or name another Python in CREASE_PYTHON",
                       *python);
}

/* crease plot RUN_DIR: hands the run directory to the Python drawing code. */
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

static int fail_to_start(crease_ctx *ctx, const char *python, int trouble)
{
    return crease_fail(
        ctx, CREASE_ENOTFOUND,
        "cannot start Python as '%s': %s (install python3, or name it in CREASE_PYTHON)", python,
        strerror(trouble));
}

/* A try in a child process: the sentence is ours, not a traceback. */
static int check_modules(crease_ctx *ctx, const char *python)
{
    char *probe[] = { (char *)python, "-c", "import numpy, matplotlib, h5py", NULL };
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    int trouble = posix_spawnp(&child, python, &actions, NULL, probe, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (trouble) return fail_to_start(ctx, python, trouble);
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return crease_fail(ctx, CREASE_EIO, "waiting for Python: %s", strerror(errno));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return CREASE_OK;
    return crease_fail(ctx, CREASE_ENOTFOUND,
                       "the Python '%s' lacks NumPy, matplotlib or h5py: install python3-numpy "
                       "python3-matplotlib python3-h5py, or name another Python in CREASE_PYTHON",
                       python);
}

/* Python takes the place of this process, and its sentences and exit status that of ours. */
static int become_python(crease_ctx *ctx, const char *python, const char *folder, const char *out,
                         const char *format)
{
    char *draw[10] = { (char *)python, "-B", "-m", "crease.plot" };
    size_t n = 4; /* -B: no byte code beside the installed modules */
    if (out) {
        draw[n++] = "--out";
        draw[n++] = (char *)out;
    }
    if (format) {
        draw[n++] = "--format";
        draw[n++] = (char *)format;
    }
    draw[n++] = "--";
    draw[n] = (char *)folder;
    execvp(python, draw);
    return fail_to_start(ctx, python, errno);
}

int crease_cmd_plot(crease_ctx *ctx, int argc, char **argv)
{
    const char *folder, *out = NULL, *format = NULL;
    const crease_option options[] = {
        { "out", 'o', "DIR", "where the pictures go (RUN_DIR/plots)", .text = &out },
        { "format", 0, "LIST", "comma-separated, of png, svg, pdf (png,svg)", .text = &format },
        { .name = NULL },
    };
    const crease_usage usage = {
        .synopsis = "crease plot RUN_DIR",
        .about =
            "Draws the pictures of a run. Python is the one that configure found; the environment\n"
            "variable CREASE_PYTHON names another.",
        .options = options,
        .min_operands = 1,
        .max_operands = 1,
    };
    CREASE_TRY(crease_cli_parse(ctx, &usage, argc, argv, &folder));
    if (access(folder, R_OK | X_OK) != 0)
        return crease_fail(ctx, CREASE_EIO, "cannot read the run directory '%s': %s", folder,
                           strerror(errno));
    const char *python = python_program();
    CREASE_TRY(set_python_path(ctx));
    CREASE_TRY(check_modules(ctx, python));
    return become_python(ctx, python, folder, out, format);
}

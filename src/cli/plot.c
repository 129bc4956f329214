/* crease plot RUN_DIR: hands the run directory to the Python drawing code. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

/* Python takes the place of this process, and its sentences and exit status that of ours. */
static int become_python(crease_ctx *ctx, const char *python, const char *folder, const char *out,
                         const char *format)
{
    char *draw[11] = { (char *)python, "-B", "-m", "crease.plot" };
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
    return crease_cli_python_missing(ctx, python, errno);
}

int crease_cmd_plot(crease_ctx *ctx, int argc, char **argv)
{
    const char *python, *folder, *out = NULL, *format = NULL;
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
    CREASE_TRY(crease_cli_find_python(ctx, &python));
    return become_python(ctx, python, folder, out, format);
}

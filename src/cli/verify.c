/* crease verify RUN_DIR: hands the run directory to the independent checker, which is written in Python
 * and shares no code with this program. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

/* Python takes the place of this process, and its sentences and exit status that of ours. */
static int become_python(crease_ctx *ctx, const char *python, const char *target,
                         const char *const *options)
{
    static const char *const names[] = { "--problem", "--data", "--json" };
    enum { N_NAMES = sizeof names / sizeof *names };
    char *check[4 + 2 * N_NAMES + 3] = { (char *)python, "-B", "-m", "crease.verify" };
    size_t n = 4; /* -B: no byte code beside the installed modules */
    for (size_t i = 0; i < N_NAMES; i++) {
        if (!options[i]) continue;
        check[n++] = (char *)names[i];
        check[n++] = (char *)options[i];
    }
    check[n++] = "--";
    check[n++] = (char *)target;
    check[n] = NULL;
    execvp(python, check);
    return crease_cli_python_missing(ctx, python, errno);
}

int crease_cmd_verify(crease_ctx *ctx, int argc, char **argv)
{
    const char *python, *target, *given[3] = { NULL };
    const crease_option options[] = {
        { "problem", 0, "FILE", "the problem of a reference: an experiment file or a config.yaml",
          .text = &given[0] },
        { "data", 0, "DIR", "folder in which data are looked for first", .text = &given[1] },
        { "json", 0, "FILE", "write claims and verdicts there, too", .text = &given[2] },
        { .name = NULL },
    };
    const crease_usage usage = {
        .synopsis = "crease verify RUN_DIR, or crease verify REFERENCE.h5 --problem FILE.yaml",
        .about = "Checks what a run or a reference claims: every figure is computed again from the "
                 "data files and\n"
                 "the final point, by code that shares nothing with this program. Exit status: 0 what "
                 "was checked\n"
                 "holds, 1 a claim does not, 2 wrong use or input. Python is the one that configure "
                 "found; the\n"
                 "environment variable CREASE_PYTHON names another.",
        .options = options,
        .min_operands = 1,
        .max_operands = 1,
    };
    CREASE_TRY(crease_cli_parse(ctx, &usage, argc, argv, &target));
    if (access(target, R_OK) != 0)
        return crease_fail(ctx, CREASE_EIO, "cannot read '%s': %s", target, strerror(errno));
    CREASE_TRY(crease_cli_find_python(ctx, &python));
    return become_python(ctx, python, target, given);
}

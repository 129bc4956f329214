/* The program crease: finds the command, loads plug-ins, and turns errors into one sentence and an
 * exit status (0 done, 1 a result falls short, 2 wrong use or bad input). */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "config.h"

static const struct {
    const char *name, *summary;
    crease_command_function *function;
} commands[] = {
    { "run", "run an experiment file", crease_cmd_run },
    { "plot", "draw the pictures of a run", crease_cmd_plot },
    { "reference", "solve a problem to rounding and certify its manifold", crease_cmd_reference },
    { "path", "solve a problem for falling regularization, or for a wanted sparsity", crease_cmd_path },
    { "sweep", "train with many settings and select the best of each method", crease_cmd_sweep },
    { "verify", "check what a run or a reference claims, independently", crease_cmd_verify },
    { "identify", "say whether the runs found the active manifold, and when", crease_cmd_identify },
    { "prox", "solve one proximal subproblem and certify the answer", crease_cmd_prox },
    { "solve", "solve a captured subproblem again and certify the answer", crease_cmd_solve },
    { "bench", "measure oracles, steps and an epoch", crease_cmd_bench },
    { "conformance", "write test problems with certified answers for other codes", crease_cmd_conformance },
    { "data", "list, fetch and verify data collections", crease_cmd_data },
    { "list", "list what there is of a kind", crease_cmd_list },
    { "describe", "describe one method and its settings", crease_cmd_describe },
};

enum { N_COMMANDS = sizeof commands / sizeof *commands };

static void print_usage(void)
{
    printf("usage: crease [--plugin FILE.so]... COMMAND [ARGUMENTS]\n\n"
           "Solves proximal subproblems, certifies the answers, and watches the structure that "
           "they produce.\n\n"
           "commands\n");
    for (size_t i = 0; i < N_COMMANDS; i++)
        printf("  %-11s %s\n", commands[i].name, commands[i].summary);
    printf("\noptions\n"
           "  --plugin FILE.so  load methods from a plug-in; may be given several times\n"
           "  --version         print the version\n"
           "  -h, --help        print this; after a command, the command's own help\n");
}

/* Messages of the library go to stderr, so that stdout stays a result. */
static void log_to_stderr(void *user, crease_log_level level, const char *sentence)
{
    (void)user;
    fprintf(stderr, "crease: %s%s\n", level == CREASE_LOG_WARNING ? "warning: " : "", sentence);
}

/* The plug-in stays loaded until the process ends: the registry points into it. */
static int load_plugin(crease_ctx *ctx, const char *path)
{
    char file[4096];
    snprintf(file, sizeof file, "%s%s", strchr(path, '/') ? "" : "./",
             path); /* never the system's folders */
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!library) return crease_fail(ctx, CREASE_EIO, "cannot load the plug-in: %s", dlerror());
    int (*init)(crease_ctx *);
    *(void **)&init = dlsym(library, "crease_plugin_init");
    if (!init)
        return crease_fail(ctx, CREASE_ENOTFOUND,
                           "the plug-in '%s' has no function crease_plugin_init", path);
    int code = init(ctx);
    if (code != CREASE_OK) crease_ctx_prefix(ctx, "plug-in '%s': ", path);
    return code;
}

static int unknown_word(crease_ctx *ctx, const char *word)
{
    static const char *const flags[] = { "--plugin", "--version", "--help" };
    const char *names[N_COMMANDS];
    for (size_t i = 0; i < N_COMMANDS; i++) names[i] = commands[i].name;
    bool flag = word[0] == '-';
    const char *nearest =
        flag ? crease_nearest(word, flags, 3) : crease_nearest(word, names, N_COMMANDS);
    return crease_fail(ctx, CREASE_ENOTFOUND, "unknown %s '%s'; %s%s%s",
                       flag ? "option" : "command", word,
                       nearest ? "did you mean '" : "'crease --help' lists what there is",
                       nearest ? nearest : "", nearest ? "'?" : "");
}

static int run_command(crease_ctx *ctx, int argc, char **argv)
{
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(argv[0], commands[i].name) == 0) return commands[i].function(ctx, argc, argv);
    return unknown_word(ctx, argv[0]);
}

static int run_program(crease_ctx *ctx, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (word[0] != '-') return run_command(ctx, argc - i, argv + i);
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) break;
        if (strcmp(word, "--version") == 0) {
            printf("crease %s\n", PACKAGE_VERSION);
            return CREASE_OK;
        }
        if (strncmp(word, "--plugin=", 9) == 0) {
            CREASE_TRY(load_plugin(ctx, word + 9));
        } else if (strcmp(word, "--plugin") != 0) {
            return unknown_word(ctx, word);
        } else if (++i == argc) {
            return crease_fail(ctx, CREASE_EINVAL, "--plugin needs a value: --plugin FILE.so");
        } else {
            CREASE_TRY(load_plugin(ctx, argv[i]));
        }
    }
    print_usage();
    return CREASE_OK;
}

int main(int argc, char **argv)
{
    crease_ctx *ctx = crease_ctx_create(NULL);
    if (!ctx) {
        fprintf(stderr, "crease: out of memory\n");
        return crease_error_exit_status(CREASE_ENOMEM);
    }
    crease_ctx_set_logger(ctx, log_to_stderr, NULL);
    int code = run_program(ctx, argc, argv);
    if (code == CREASE_CLI_HELPED) code = CREASE_OK;
    if (code == CREASE_OK && (fflush(stdout) != 0 || ferror(stdout)))
        code = crease_fail(ctx, CREASE_EIO, "cannot write to standard output");
    if (code != CREASE_OK) {
        const char *sentence = crease_ctx_error(ctx)->sentence;
        fflush(stdout);
        fprintf(stderr, "crease: %s\n", *sentence ? sentence : crease_error_sentence(code));
    }
    crease_ctx_free(ctx);
    return crease_error_exit_status(code);
}

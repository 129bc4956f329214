/* What the commands of the program share: one entry point each, one option parser for all.
 *
 * A command lists its options in one table, and from it come the parsing, --help and the sentence
 * that names the nearest flag. It returns CREASE_OK or an error code whose sentence is in the
 * context; main prints the sentence and turns the code into the exit status. */
#ifndef CREASE_CLI_H
#define CREASE_CLI_H

#include <stdbool.h>
#include <stdio.h>

#include "crease/crease.h"

/* argv[0] is the command's name. */
typedef int crease_command_function(crease_ctx *ctx, int argc, char **argv);

crease_command_function crease_cmd_bench, crease_cmd_conformance, crease_cmd_data, crease_cmd_describe, crease_cmd_identify,
    crease_cmd_list, crease_cmd_path, crease_cmd_plot, crease_cmd_prox, crease_cmd_reference, crease_cmd_run, crease_cmd_solve,
    crease_cmd_sweep, crease_cmd_verify;

/* The values of an option that may be given several times. */
typedef struct crease_texts {
    size_t n;
    const char *v[64];
} crease_texts;

/* Exactly one of flag, text and texts is set: where the option goes. */
typedef struct crease_option {
    const char *name;  /* "out" for --out; NULL ends a table */
    char letter;       /* 'o' for -o; 0: none */
    const char *value; /* what help calls the value, "FILE"; NULL for a flag */
    const char *doc;
    bool *flag;
    const char **text; /* the last one given wins */
    crease_texts *texts;
} crease_option;

typedef struct crease_usage {
    const char *synopsis; /* "crease plot RUN_DIR" */
    const char *about;    /* what the command does; may have several lines */
    const crease_option *options;
    size_t min_operands, max_operands;
} crease_usage;

/* Not an error: --help was given and answered. Commands return it like an error code. */
enum { CREASE_CLI_HELPED = -1 };

/* Sort argv[1 ..] into the options' places and operands (room for max_operands, unused ones NULL).
 * "--name value", "--name=value", "-o value", "-ovalue"; "--" ends the options.
 * Errors: EINVAL, ENOTFOUND (no such option). */
int crease_cli_parse(crease_ctx *ctx, const crease_usage *usage, int argc, char **argv,
                     const char **operands);

/* "key=value" taken apart. */
int crease_cli_split_setting(crease_ctx *ctx, const char *text, char *key, size_t size, const char **value);

/* The kind of that name; ENOTFOUND with the nearest and all kinds. */
int crease_cli_find_kind(crease_ctx *ctx, const char *word, crease_kind *kind);

/* Text of a number: finite, and within lo .. hi; what names it in the error. */
int crease_cli_number(crease_ctx *ctx, const char *what, const char *text, double lo, double hi,
                      double *value);

/* The Python that draws, its module path set. ENOTFOUND: there is none, or it lacks what drawing needs. */
int crease_cli_find_python(crease_ctx *ctx, const char **python);

/* Run argv to its end and give its exit status (128 + signal where one ended it). input: a descriptor that
 * becomes its standard input, or -1; quiet: without its standard error. Errors: ENOTFOUND, EIO. */
int crease_cli_run_python(crease_ctx *ctx, const char *const *argv, int input, bool quiet, int *status);

/* The error of a Python that does not start, given errno. */
int crease_cli_python_missing(crease_ctx *ctx, const char *python, int trouble);

/* The rest of a line that has reached column indent; long text is broken at blanks and aligned. */
void crease_cli_print_aligned(FILE *out, int indent, const char *text);

#endif

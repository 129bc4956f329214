/* The option parser of every command, and the help that comes from the same tables. */
#include "cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE_WIDTH = 100,
    MOST_OPTIONS = 32,
    MOST_TEXTS = sizeof((crease_texts *)0)->v / sizeof(char *)
};

/* --- help ---------------------------------------------------------------------------- */

/* Length of the part of text that fits into width: up to a line end, else to the last blank before.
 */
static size_t fitting_length(const char *text, size_t width)
{
    size_t line = strcspn(text, "\n"), fits = 0;
    if (line <= width) return line;
    for (size_t i = 1; i < line && (i <= width || fits == 0); i++)
        if (text[i] == ' ') fits = i;
    return fits ? fits : line;
}

void crease_cli_print_aligned(FILE *out, int indent, const char *text)
{
    for (;;) {
        size_t length = fitting_length(text, (size_t)(PAGE_WIDTH - indent));
        fprintf(out, "%.*s\n", (int)length, text);
        text += length;
        if (*text == '\0') return;
        text += strspn(text, " \n");
        fprintf(out, "%*s", indent, "");
    }
}

static int left_column(const crease_option *o, char *text, size_t size)
{
    char letter[] = { '-', o->letter, ',', ' ', '\0' };
    return snprintf(text, size, "%s--%s%s%s", o->letter ? letter : "    ", o->name,
                    o->value ? " " : "", o->value ? o->value : "");
}

static void print_help(const crease_usage *usage)
{
    static const crease_option help = { .name = "help", .letter = 'h', .doc = "print this" };
    char left[100];
    int width = left_column(&help, left, sizeof left);
    for (const crease_option *o = usage->options; o->name; o++) {
        int w = left_column(o, left, sizeof left);
        if (w > width) width = w;
    }
    printf("usage: %s\n\n%s\n\noptions\n", usage->synopsis, usage->about);
    for (const crease_option *o = usage->options;; o++) {
        const crease_option *row = o->name ? o : &help;
        left_column(row, left, sizeof left);
        printf("  %-*s  ", width, left);
        crease_cli_print_aligned(stdout, width + 4, row->doc);
        if (!o->name) break;
    }
}

/* --- parsing ------------------------------------------------------------------------- */

static int fail_unknown(crease_ctx *ctx, const crease_usage *usage, const char *word)
{
    const char *names[MOST_OPTIONS + 1] = { "help" };
    size_t n = 1, length = strcspn(word, "=");
    char name[80];
    for (const crease_option *o = usage->options; o->name && n <= MOST_OPTIONS; o++)
        names[n++] = o->name;
    snprintf(name, sizeof name, "%.*s", (int)(length < 70 ? length : 70), word);
    const char *bare = name + strspn(name, "-"), *nearest = crease_nearest(bare, names, n);
    int synopsis = (int)strcspn(usage->synopsis, "\n");
    if (nearest)
        return crease_fail(ctx, CREASE_ENOTFOUND, "unknown option '%s'; did you mean '--%s'?", name,
                           nearest);
    return crease_fail(ctx, CREASE_ENOTFOUND, "unknown option '%s'; usage: %.*s", name, synopsis,
                       usage->synopsis);
}

/* "--out=x" or "-ox": the option, and in rest what stands behind its name ("=x", "x", or ""). */
static const crease_option *find_option(const crease_option *o, const char *word, const char **rest)
{
    bool is_long = word[1] == '-';
    for (; o->name; o++) {
        size_t length = strlen(o->name);
        if (is_long && strncmp(word + 2, o->name, length) == 0 && strchr("=", word[2 + length])) {
            *rest = word + 2 + length;
            return o;
        }
        if (!is_long && o->letter && word[1] == o->letter) {
            *rest = word + 2;
            return o;
        }
    }
    return NULL;
}

static int store(crease_ctx *ctx, const crease_option *o, const char *value)
{
    if (o->text) *o->text = value;
    if (!o->texts) return CREASE_OK;
    if (o->texts->n == MOST_TEXTS)
        return crease_fail(ctx, CREASE_EINVAL, "--%s is given more than %d times", o->name,
                           (int)MOST_TEXTS);
    o->texts->v[o->texts->n++] = value;
    return CREASE_OK;
}

/* One option at argv[*at]; *at moves past its value. */
static int take_option(crease_ctx *ctx, const crease_usage *usage, int argc, char **argv, int *at)
{
    const char *word = argv[*at], *rest = NULL;
    const crease_option *o = find_option(usage->options, word, &rest);
    if (!o) return fail_unknown(ctx, usage, word);
    if (o->flag) {
        if (*rest)
            return crease_fail(ctx, CREASE_EINVAL, "--%s takes no value, but is given as '%s'",
                               o->name, word);
        *o->flag = true;
        return CREASE_OK;
    }
    if (*rest) return store(ctx, o, rest + (*rest == '=' && word[1] == '-'));
    if (*at + 1 >= argc)
        return crease_fail(ctx, CREASE_EINVAL, "--%s needs a value: --%s %s", o->name, o->name,
                           o->value);
    return store(ctx, o, argv[++*at]);
}

static int check_operands(crease_ctx *ctx, const crease_usage *usage, size_t n, const char *surplus)
{
    int synopsis = (int)strcspn(usage->synopsis, "\n");
    if (n > usage->max_operands)
        return crease_fail(ctx, CREASE_EINVAL, "'%s' is one argument too many; usage: %.*s",
                           surplus, synopsis, usage->synopsis);
    if (n < usage->min_operands)
        return crease_fail(ctx, CREASE_EINVAL, "an argument is missing; usage: %.*s", synopsis,
                           usage->synopsis);
    return CREASE_OK;
}

int crease_cli_parse(crease_ctx *ctx, const crease_usage *usage, int argc, char **argv,
                     const char **operands)
{
    size_t n = 0;
    bool only_operands = false;
    const char *surplus = "";
    for (size_t i = 0; i < usage->max_operands; i++) operands[i] = NULL;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (only_operands || word[0] != '-' || word[1] == '\0') {
            if (n < usage->max_operands)
                operands[n] = word;
            else if (n == usage->max_operands)
                surplus = word;
            n++;
        } else if (strcmp(word, "--") == 0) {
            only_operands = true;
        } else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            print_help(usage);
            return CREASE_CLI_HELPED;
        } else {
            CREASE_TRY(take_option(ctx, usage, argc, argv, &i));
        }
    }
    return check_operands(ctx, usage, n, surplus);
}

/* --- values -------------------------------------------------------------------------- */

int crease_cli_split_setting(crease_ctx *ctx, const char *text, char *key, size_t size, const char **value)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text || (size_t)(equals - text) >= size)
        return crease_fail(ctx, CREASE_EPARSE, "'%s' is not of the form key=value", text);
    snprintf(key, size, "%.*s", (int)(equals - text), text);
    *value = equals + 1;
    return CREASE_OK;
}

int crease_cli_number(crease_ctx *ctx, const char *what, const char *text, double lo, double hi,
                      double *value)
{
    char *end;
    *value = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(*value))
        return crease_fail(ctx, CREASE_EPARSE, "%s is '%s', which is not a finite number", what,
                           text);
    if (!(*value >= lo && *value <= hi))
        return crease_fail(ctx, CREASE_ERANGE, "%s is %g, but must lie in [%g, %g]", what, *value,
                           lo, hi);
    return CREASE_OK;
}

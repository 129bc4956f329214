/* crease list [KIND]: what is registered, in aligned columns, or the members of a kind as a Markdown table. */
#include <string.h>

#include "cli.h"

static int name_width(crease_ctx *ctx)
{
    const crease_type *type;
    size_t width = 0;
    for (int kind = 0; kind < CREASE_N_KINDS; kind++)
        for (size_t i = 0; (type = crease_type_at(ctx, kind, i)); i++)
            if (strlen(type->name) > width) width = strlen(type->name);
    return (int)width;
}

static void print_members(crease_ctx *ctx, crease_kind kind, int indent, int width)
{
    const crease_type *type;
    for (size_t i = 0; (type = crease_type_at(ctx, kind, i)); i++)
        printf("%*s%-*s  %s\n", indent, "", width, type->name, type->summary ? type->summary : "");
}

int crease_cli_find_kind(crease_ctx *ctx, const char *word, crease_kind *kind)
{
    const char *names[CREASE_N_KINDS];
    char all[200] = "";
    size_t used = 0;
    for (int k = 0; k < CREASE_N_KINDS; k++) {
        names[k] = crease_kind_name(k);
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", k ? ", " : "", names[k]);
        *kind = k;
        if (strcmp(word, names[k]) == 0) return CREASE_OK;
    }
    const char *nearest = crease_nearest(word, names, CREASE_N_KINDS);
    return crease_fail(ctx, CREASE_ENOTFOUND, "there is no kind '%s'%s%s%s; the kinds are %s", word,
                       nearest ? "; did you mean '" : "", nearest ? nearest : "",
                       nearest ? "'?" : "", all);
}

/* --- Markdown -------------------------------------------------------------------------- */

/* One cell; a bar inside it would end it. */
static void print_cell(const char *text)
{
    printf(" ");
    for (; text && *text; text++) {
        if (*text == '|') putchar('\\');
        putchar(*text);
    }
    printf(" |");
}

static void print_regularizer(const crease_type *base)
{
    const crease_regularizer_type *type = (const crease_regularizer_type *)base;
    print_cell(base->formula);
    print_cell(type->flags & CREASE_CONVEX ? "yes" : "no");
    print_cell(type->exact);
    print_cell(type->cost);
    print_cell(type->manifold ? type->manifold : "none");
    print_cell(base->source);
}

static void print_other(const crease_type *base)
{
    print_cell(base->summary);
    print_cell(base->formula ? base->formula : "");
    print_cell(base->source);
}

static void print_markdown(crease_ctx *ctx, crease_kind kind)
{
    bool psi = kind == CREASE_REGULARIZER;
    const crease_type *type;
    printf("%s\n", psi ? "| member | formula | convex | oracle exact in | its cost | active manifold | source |\n"
                         "|---|---|---|---|---|---|---|"
                       : "| member | what it is | formula | source |\n|---|---|---|---|");
    for (size_t i = 0; (type = crease_type_at(ctx, kind, i)); i++) {
        printf("| `%s` |", type->name);
        if (psi) print_regularizer(type);
        else print_other(type);
        printf("\n");
    }
}

int crease_cmd_list(crease_ctx *ctx, int argc, char **argv)
{
    bool markdown = false;
    const crease_option options[] = {
        { "markdown", 0, NULL, "the members of KIND as a table in Markdown", .flag = &markdown },
        { .name = NULL },
    };
    const crease_usage usage = {
        .synopsis = "crease list [KIND] [--markdown]",
        .about = "Lists every registered method with its summary, or those of one kind: "
                 "regularizer, solver,\n"
                 "stopping (inexactness tests), algorithm, problem, diagnostic.",
        .options = options,
        .max_operands = 1,
    };
    const char *word;
    crease_kind kind;
    CREASE_TRY(crease_cli_parse(ctx, &usage, argc, argv, &word));
    int width = name_width(ctx);
    if (markdown && !word)
        return crease_fail(ctx, CREASE_EINVAL, "--markdown needs a kind: crease list regularizer --markdown");
    if (word) {
        CREASE_TRY(crease_cli_find_kind(ctx, word, &kind));
        if (markdown) print_markdown(ctx, kind);
        else print_members(ctx, kind, 0, width);
        return CREASE_OK;
    }
    for (int k = 0; k < CREASE_N_KINDS; k++) {
        printf("%s%s\n", k ? "\n" : "", crease_kind_name(k));
        print_members(ctx, k, 2, width);
    }
    return CREASE_OK;
}

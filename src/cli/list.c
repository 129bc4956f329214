/* crease list [KIND]: what is registered, in aligned columns. */
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

int crease_cmd_list(crease_ctx *ctx, int argc, char **argv)
{
    static const crease_option options[] = { { .name = NULL } };
    static const crease_usage usage = {
        .synopsis = "crease list [KIND]",
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
    if (word) {
        CREASE_TRY(crease_cli_find_kind(ctx, word, &kind));
        print_members(ctx, kind, 0, width);
        return CREASE_OK;
    }
    for (int k = 0; k < CREASE_N_KINDS; k++) {
        printf("%s%s\n", k ? "\n" : "", crease_kind_name(k));
        print_members(ctx, k, 2, width);
    }
    return CREASE_OK;
}

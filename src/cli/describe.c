/* crease describe KIND NAME: everything a descriptor says about itself. */
#include <string.h>

#include "cli.h"

enum { LABEL_WIDTH = 16 };

static void print_fact(const char *label, const char *text)
{
    if (!text) return;
    printf("  %-*s", LABEL_WIDTH, label);
    crease_cli_print_aligned(stdout, LABEL_WIDTH + 2, text);
}

/* --- what only one kind has ---------------------------------------------------------- */

static void describe_regularizer(const crease_type *base)
{
    static const struct {
        unsigned flag;
        const char *yes, *no;
    } words[] = {
        { CREASE_CONVEX, "convex", "not convex" },
        { CREASE_NORM, "a norm when every weight is positive", NULL },
        { CREASE_SEPARABLE, "a sum over single entries", NULL },
        { CREASE_UNIT_ENTRY, "signature: one unit an entry", NULL },
        { CREASE_UNIT_GROUP, "signature: one unit a group", NULL },
        { CREASE_COUPLED, "couples groups, which may overlap", NULL },
        { CREASE_CONSTRAINT, "a constraint: 0 or infinite", NULL },
        { CREASE_UNIT_HIDDEN, "structure known from the oracle only, not from x", NULL },
    };
    const crease_regularizer_type *type = (const crease_regularizer_type *)base;
    char text[300] = "";
    size_t used = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *word = type->flags & words[i].flag ? words[i].yes : words[i].no;
        if (word)
            used +=
                (size_t)snprintf(text + used, sizeof text - used, "%s%s", used ? "; " : "", word);
    }
    print_fact("properties", text);
    print_fact("oracle", type->math->prox ? type->exact : "none");
    print_fact("elsewhere", type->reason);
    print_fact("cost", type->cost);
    print_fact("manifold", type->manifold ? type->manifold : "none");
    print_fact("identification", type->identification ? type->identification : "none");
}

static void describe_solver(const crease_type *base)
{
    const crease_solver_type *type = (const crease_solver_type *)base;
    print_fact("inexactness", !type->takes_stopping ? "takes no inexactness test"
                              : type->joint
                                  ? "ruled by an inexactness test on all groups together"
                                  : "ruled by an inexactness test on each block of groups");
}

/* "the objective, the least subgradient and the clock", from the bits of `needs`. */
static void name_needs(unsigned needs, char *text, size_t size)
{
    static const struct {
        unsigned need;
        const char *words;
    } table[] = {
        { CREASE_NEEDS_VALUE, "the objective" },
        { CREASE_NEEDS_RESIDUAL, "the least subgradient" },
        { CREASE_NEEDS_GAP, "the duality gap and the objective" },
        { CREASE_NEEDS_FENCHEL, "Fenchel's gap at c - D x" },
        { CREASE_NEEDS_MOVE, "the moves of the iterate" },
        { CREASE_NEEDS_CENTER, "the distance from the centre and the objective there" },
        { CREASE_NEEDS_TIME, "the clock" },
    };
    size_t used = 0;
    *text = '\0';
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (needs & table[i].need)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? "; " : "", table[i].words);
    if (used == 0) snprintf(text, size, "the number of iterations only");
}

static void describe_stopping(const crease_type *base)
{
    static const char *const combined[] = { [CREASE_BOTH] = "what its two tests look at; met when both are",
                                            [CREASE_EITHER] = "what its two tests look at; met when either is" };
    const crease_stopping_type *type = (const crease_stopping_type *)base;
    char text[400];
    print_fact("guarantee", type->guarantee ? type->guarantee : "none");
    print_fact("identifies", type->identifies ? type->identifies : "unknown");
    name_needs(type->needs, text, sizeof text);
    print_fact("looks at", type->combines == CREASE_ALONE ? text : combined[type->combines]);
    if (type->descent) print_fact("also asks", "that the objective has not risen since the start point");
}

static void describe_algorithm(const crease_type *base)
{
    static const char *const rules[] = { [CREASE_SLOT_ZERO] = "zero at a restart",
                                         [CREASE_SLOT_COPY] = "the iterate at a restart",
                                         [CREASE_SLOT_KEEP] = "kept at a restart" };
    const crease_algorithm_type *type = (const crease_algorithm_type *)base;
    print_fact("regularizer",
               type->ignores_psi ? "ignored: a baseline" : "any, through an inner solver");
    print_fact("new stage", type->restarts ? "restarts from the current point"
                                           : "continues with a new step size");
    if (!type->slots || !type->slots->name) return;
    printf("\nstate\n");
    for (const crease_slot *slot = type->slots; slot->name; slot++)
        printf("  %-*s%s (%s)\n", LABEL_WIDTH, slot->name, slot->doc ? slot->doc : "",
               rules[slot->rule]);
}

static void describe_diagnostic(const crease_type *base)
{
    const crease_diagnostic_type *type = (const crease_diagnostic_type *)base;
    int width = LABEL_WIDTH - 2;
    for (const crease_column *c = type->columns; c->name; c++)
        if ((int)strlen(c->name) > width) width = (int)strlen(c->name);
    printf("\ncolumns\n");
    for (const crease_column *c = type->columns; c->name; c++)
        printf("  %-*s  %s\n", width, c->name, c->doc);
}

static void (*const describe_kind[CREASE_N_KINDS])(const crease_type *base) = {
    [CREASE_REGULARIZER] = describe_regularizer, [CREASE_SOLVER] = describe_solver,
    [CREASE_STOPPING] = describe_stopping,       [CREASE_ALGORITHM] = describe_algorithm,
    [CREASE_DIAGNOSTIC] = describe_diagnostic,
};

/* --- settings ------------------------------------------------------------------------ */

/* Defaults are printed from real settings, not from the rows: what is shown is what is used. */
static int print_settings(crease_ctx *ctx, const crease_type *type)
{
    if (!type->params || !type->params->name) {
        printf("\nno settings\n");
        return CREASE_OK;
    }
    void *opts = crease_opts_create(ctx, type);
    if (!opts) return CREASE_ENOMEM;
    int width = 0;
    for (const crease_param *p = type->params; p->name; p++)
        if ((int)strlen(p->name) > width) width = (int)strlen(p->name);
    printf("\nsettings\n");
    for (const crease_param *p = type->params; p->name; p++) {
        char value[CREASE_LIST_SIZE * 26], accepts[400], text[900];
        crease_param_print(p, opts, value, sizeof value);
        crease_param_describe(p, accepts, sizeof accepts);
        snprintf(text, sizeof text, "%s (%s)", p->doc, accepts);
        printf("  %-*s = %s\n  %*s   ", width, p->name, *value ? value : "\"\"", width, "");
        crease_cli_print_aligned(stdout, width + 5, text);
    }
    crease_release(ctx, opts);
    return CREASE_OK;
}

int crease_cmd_describe(crease_ctx *ctx, int argc, char **argv)
{
    static const crease_option options[] = { { .name = NULL } };
    static const crease_usage usage = {
        .synopsis = "crease describe KIND NAME",
        .about = "Describes one method: what it computes, where it comes from, what it promises, "
                 "and its settings\n"
                 "with their defaults and ranges. 'crease list' shows the kinds and names.",
        .options = options,
        .min_operands = 2,
        .max_operands = 2,
    };
    const char *word[2];
    crease_kind kind;
    CREASE_TRY(crease_cli_parse(ctx, &usage, argc, argv, word));
    CREASE_TRY(crease_cli_find_kind(ctx, word[0], &kind));
    const crease_type *type = crease_lookup(ctx, kind, word[1]);
    if (!type) return crease_ctx_error(ctx)->code;
    printf("%s %s: %s\n\n", crease_kind_name(kind), type->name, type->summary ? type->summary : "");
    print_fact("formula", type->formula);
    print_fact("source", type->source);
    if (describe_kind[kind]) describe_kind[kind](type);
    return print_settings(ctx, type);
}

/* The measurement as a whole: who takes part, and case after case within the budget. */
#include "solvers.h"

#include <math.h>
#include <string.h>

/* Settings beside their defaults that are worth a row of their own. */
static const struct variant {
    const char *solver, *text;
} variants[] = {
    { "pg", "pg:step=global" },      { "pg", "pg:step=backtracking" }, { "pg", "pg:step=bb" },
    { "apg", "apg:momentum=fista" }, { "admm", "admm:balance=true" },
};

enum { N_VARIANTS = sizeof variants / sizeof *variants };

/* --- who takes part ------------------------------------------------------------------------------- */

static const crease_solver_type *type_of(crease_ctx *ctx, const char *text)
{
    const crease_type *type;
    size_t length = strcspn(text, ":");
    for (size_t i = 0; (type = crease_type_at(ctx, CREASE_SOLVER, i)); i++)
        if (strlen(type->name) == length && strncmp(type->name, text, length) == 0)
            return (const crease_solver_type *)type;
    return NULL;
}

bool crease_inner_takes_test(crease_ctx *ctx, const char *text)
{
    const crease_solver_type *type = type_of(ctx, text);
    return type && type->takes_stopping;
}

static int enlist(crease_inner_bench *b, const char *text)
{
    if (b->n_contestants == CREASE_MOST_CONTESTANTS)
        return crease_fail(b->ctx, CREASE_ERANGE, "at most %d solvers take part",
                           CREASE_MOST_CONTESTANTS);
    b->contestants[b->n_contestants++].text = text;
    return CREASE_OK;
}

static int check(crease_inner_bench *b, const char *text)
{
    crease_stopping *stop =
        crease_inner_takes_test(b->ctx, text) ? crease_stopping_create(b->ctx, "fixed") : NULL;
    crease_solver *solver = crease_solver_parse(b->ctx, text, stop);
    int code = solver ? CREASE_OK : crease_ctx_error(b->ctx)->code;
    crease_solver_free(solver);
    crease_stopping_free(stop);
    return code;
}

static bool is_one_of(const char *name, size_t n, const char *const *names)
{
    while (n > 0 && strcmp(name, names[n - 1]) != 0) n--;
    return n > 0;
}

/* Unless solvers are named, tests are compared on two of them, and matrices, where a decomposition
 * costs more than all else, leave out those that say nothing more. */
static bool is_wanted(const crease_inner_bench *b, const char *text)
{
    static const char *const tested[] = { "pg", "ssn" };
    static const char *const spectral[] = { "pg",   "apg",  "apg:momentum=fista", "ssn", "dual_apg",
                                            "admm", "exact" };
    if (b->tests) return is_one_of(text, sizeof tested / sizeof *tested, tested);
    return !b->spectral || is_one_of(text, sizeof spectral / sizeof *spectral, spectral);
}

static int enlist_all(crease_inner_bench *b)
{
    const crease_type *type;
    for (size_t i = 0; i < b->n_solvers; i++) {
        CREASE_TRY(check(b, b->solver_texts[i]));
        CREASE_TRY(enlist(b, b->solver_texts[i]));
    }
    for (size_t i = 0; b->n_solvers == 0 && (type = crease_type_at(b->ctx, CREASE_SOLVER, i)); i++) {
        if (is_wanted(b, type->name)) CREASE_TRY(enlist(b, type->name));
        for (size_t k = 0; k < N_VARIANTS; k++)
            if (strcmp(variants[k].solver, type->name) == 0 && is_wanted(b, variants[k].text))
                CREASE_TRY(enlist(b, variants[k].text));
    }
    return CREASE_OK;
}

/* --- one case ------------------------------------------------------------------------------------- */

/* The fastest to the middle level, as a sign of life. */
static void print_case(const crease_inner_bench *b, size_t at, size_t first_row)
{
    const crease_case_facts *facts = &b->facts[at];
    const crease_inner_row *best = NULL;
    double level = b->levels[b->n_levels / 2];
    for (size_t i = first_row; i < b->n_rows; i++) {
        const crease_inner_row *row = &b->rows[i];
        if (row->kind == CREASE_ROW_LEVEL && row->level == level && row->ms > 0
            && (!best || row->ms < best->ms))
            best = row;
    }
    printf("%3zu/%zu  %s", at + 1, b->n_sources, facts->name);
    if (*facts->skipped)
        printf("  SKIPPED: %s", facts->skipped);
    else if (best)
        printf("  to %.0e: %s, %.3g ms", level, b->contestants[best->solver].text, best->ms);
    printf("\n");
    fflush(stdout);
}

/* A case that cannot be made or has no certified reference is skipped and counted. */
static int measure_case(crease_inner_bench *b, size_t at, double within_s)
{
    size_t first_row = b->n_rows;
    crease_inner_case k;
    int code = crease_inner_case_make(b->ctx, &b->sources[at], b->backend, &k);
    bool made = code == CREASE_OK;
    if (made) code = (b->tests ? crease_inner_tests : crease_inner_race)(b, at, &k, within_s);
    if (!made)
        snprintf(k.facts.skipped, sizeof k.facts.skipped, "%.250s", crease_ctx_error(b->ctx)->sentence);
    b->facts[at] = k.facts;
    crease_inner_case_free(&k);
    if (!made && code != CREASE_ENOMEM) code = CREASE_OK;
    CREASE_TRY(code);
    for (size_t i = first_row; b->csv && i < b->n_rows; i++) crease_inner_csv_row(b, &b->rows[i]);
    print_case(b, at, first_row);
    return CREASE_OK;
}

/* --- all ------------------------------------------------------------------------------------------ */

static void print_header(const crease_inner_bench *b)
{
    printf("%s (%s), one thread, %zu cases, at most %u iterations and %d repeats, %.0f s\n",
           b->backend->name, b->backend->variant, b->n_sources, b->cap, b->repeats, b->budget_s);
    if (b->csv) crease_inner_csv_header(b);
}

/* Each case has its share of what is left of the budget; after its end the rest is left out. */
static int measure_all(crease_inner_bench *b)
{
    double weight = 0;
    size_t left = 0;
    for (size_t i = 0; i < b->n_sources; i++) weight += b->sources[i].weight;
    b->end_s = crease_bench_clock_s() + b->budget_s;
    for (size_t i = 0; i < b->n_sources; i++) {
        double left_s = b->end_s - crease_bench_clock_s();
        if (left_s <= 0) {
            snprintf(b->facts[i].skipped, sizeof b->facts[i].skipped, "the budget of time was spent");
            left++;
            continue;
        }
        CREASE_TRY(measure_case(b, i, left_s * b->sources[i].weight / weight));
        weight -= b->sources[i].weight;
    }
    if (left > 0) printf("%zu cases were not reached within the budget\n", left);
    return CREASE_OK;
}

static size_t count_refused(const crease_inner_bench *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->n_sources; i++) n += *b->facts[i].skipped != '\0';
    return n;
}

static int run(crease_inner_bench *b)
{
    CREASE_TRY(enlist_all(b));
    CREASE_TRY(crease_inner_plan(b));
    print_header(b);
    CREASE_TRY(measure_all(b));
    crease_inner_print_tables(b);
    if (!b->tests && !b->spectral) crease_inner_print_crossover(b);
    if (b->json) CREASE_TRY(crease_inner_write_json(b));
    size_t refused = count_refused(b);
    if (refused == 0) return CREASE_OK;
    printf("%zu of %zu cases were skipped\n", refused, b->n_sources);
    if (refused < b->n_sources) return CREASE_OK;
    return crease_fail(b->ctx, CREASE_ESHORT, "no case was measured; the first: %s",
                       b->facts[0].skipped);
}

int crease_bench_solvers(crease_inner_bench *b)
{
    int code = run(b);
    void *owned[] = { b->sources, b->facts, b->rows };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) crease_release(b->ctx, owned[i]);
    return code;
}

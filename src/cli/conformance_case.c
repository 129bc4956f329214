/* One case of the conformance kit: settings from the member's parameter table, groups by its kind, a metric
 * and a c in the range where the structure is decided, thresholds and ties hit exactly now and then. */
#include "conformance.h"

#include <math.h>
#include <string.h>

enum { MOST_ATTEMPTS = 400 };

double crease_case_log_uniform(crease_case *k, double low, double high)
{
    return (float)(low * pow(high / low, crease_random_uniform(&k->random)));
}

/* --- settings ------------------------------------------------------------------------------------ */

static double draw_real(crease_case *k, crease_range range)
{
    bool from = isfinite(range.lo), to = isfinite(range.hi);
    double u = crease_random_uniform(&k->random);
    if (from && !range.lo_open && k->ends && u < 0.2) return range.lo;
    if (from && to) return (float)(range.lo + (range.hi - range.lo) * (0.05 + 0.9 * u));
    if (from) return (float)(range.lo + crease_case_log_uniform(k, 0.1, 10));
    return (float)(2 * crease_random_normal(&k->random));
}

/* Sizes tend to have to divide others: mostly a divisor of n, else a small number. */
static long draw_int(crease_case *k, crease_range range)
{
    double lo = isfinite(range.lo) ? range.lo : -2, hi = isfinite(range.hi) ? range.hi : lo + 6;
    for (unsigned attempt = 0; attempt < 20; attempt++) {
        size_t part = 1 + crease_random_below(&k->random, k->n);
        if (k->n % part == 0 && (double)part >= lo && (double)part <= hi) return (long)part;
    }
    return (long)lo + (long)crease_random_below(&k->random, (uint64_t)fmin(hi - lo, 6) + 1);
}

/* One number, or one an entry of all parts: in any order, falling, or rising, as some members want. */
static int draw_numbers(crease_case *k, const crease_param *row)
{
    double v[CASE_MOST_ENTRIES];
    size_t n = crease_random_uniform(&k->random) < 0.5 ? 1 : k->n;
    int direction = (int)crease_random_below(&k->random, 3) - 1;
    for (size_t i = 0; i < n; i++) {
        double new = draw_real(k, row->range);
        size_t at = i;
        for (; direction != 0 && at > 0 && direction * (v[at - 1] - new) > 0; at--) v[at] = v[at - 1];
        v[at] = new;
    }
    return crease_regularizer_set_numbers(k->psi, row->name, n, v);
}

/* Ascending: a list in these tables is a set of levels or sizes. */
static void print_list(crease_case *k, crease_range range, char *text, size_t size)
{
    double v[6];
    size_t n = 1 + crease_random_below(&k->random, 6), used = 0;
    for (size_t i = 0; i < n; i++) {
        double new = draw_real(k, range);
        size_t at = i;
        for (; at > 0 && v[at - 1] > new; at--) v[at] = v[at - 1];
        v[at] = new;
    }
    for (size_t i = 0; i < n; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%.17g", i ? ", " : "[", v[i]);
    snprintf(text + used, size - used, "]");
}

static int draw_setting(crease_case *k, const crease_param *row)
{
    char text[300];
    size_t choices = 0;
    switch (row->kind) {
    case CREASE_PARAM_KIND_REAL:
        snprintf(text, sizeof text, "%.17g", draw_real(k, row->range));
        break;
    case CREASE_PARAM_KIND_INT:
        snprintf(text, sizeof text, "%ld", draw_int(k, row->range));
        break;
    case CREASE_PARAM_KIND_BOOL:
        snprintf(text, sizeof text, "%s", crease_random_below(&k->random, 2) ? "true" : "false");
        break;
    case CREASE_PARAM_KIND_CHOICE:
        while (row->choices[choices]) choices++;
        snprintf(text, sizeof text, "%s", row->choices[crease_random_below(&k->random, choices)]);
        break;
    case CREASE_PARAM_KIND_LIST:
        print_list(k, row->range, text, sizeof text);
        break;
    case CREASE_PARAM_KIND_NUMBERS:
        return draw_numbers(k, row);
    case CREASE_PARAM_KIND_STRING:
        return CREASE_OK;
    }
    return crease_regularizer_set(k->psi, row->name, text);
}

/* The settings that every regularizer has besides its own: seldom, because they hide the plain formula.
 */
static int draw_common(crease_case *k)
{
    char text[40];
    if (crease_random_uniform(&k->random) < 0.1) {
        snprintf(text, sizeof text, "%.17g", crease_case_log_uniform(k, 0.1, 10));
        CREASE_TRY(crease_regularizer_set(k->psi, "scale", text));
    }
    if (crease_random_uniform(&k->random) >= 0.1) return CREASE_OK;
    snprintf(text, sizeof text, "%.17g", crease_case_log_uniform(k, 0.1, 10));
    return crease_regularizer_set(k->psi, "ridge", text);
}

static int draw_settings(crease_case *k)
{
    k->psi = crease_regularizer_create(k->ctx, k->type->base.name);
    if (!k->psi) return crease_ctx_error(k->ctx)->code;
    for (const crease_param *row = k->type->base.params; row && row->name; row++)
        if (!row->of_oracle) CREASE_TRY(draw_setting(k, row));
    CREASE_TRY(draw_common(k));
    return crease_regularizer_check(k->psi);
}

/* --- one case ------------------------------------------------------------------------------------ */

static int check_parts(const crease_case *k)
{
    crease_term term = { k->psi, &k->groups, "x" };
    for (size_t p = 0; p < crease_term_parts(&term); p++) {
        crease_part part = crease_term_part(&term, p);
        const char *refusal = crease_part_refusal(k->psi, &part); /* of a part's size and settings alone */
        if (refusal) return crease_fail(k->ctx, CREASE_ENOTSUP, "%s: %s", k->type->base.name, refusal);
    }
    return CREASE_OK;
}

static int draw_term(crease_case *k)
{
    static const size_t sizes[] = { 1, 2, 3, 4, 4, 6, 6, 8, 8, 12, 12, 16, 24 };
    k->ends = crease_random_uniform(&k->random) < 0.3; /* apart: 0 times infinity means nothing */
    k->n = sizes[crease_random_below(&k->random, sizeof sizes / sizeof *sizes)];
    CREASE_TRY(draw_settings(k));
    CREASE_TRY(crease_case_draw_groups(k));
    return check_parts(k);
}

void crease_case_clear(crease_case *k)
{
    if (!k->ctx) return;
    crease_groups_free(k->ctx, &k->groups);
    crease_regularizer_free(k->psi);
    k->groups = (crease_groups){ 0 };
    k->psi = NULL;
}

/* Where the case's random numbers begin: FNV-1a of the name, so that the registry's order does not matter. */
static uint64_t first_block(const char *name, size_t number)
{
    uint32_t hash = 2166136261u;
    for (; *name; name++) hash = (hash ^ (unsigned char)*name) * 16777619u;
    return (uint64_t)hash << 32 | (uint64_t)number << 16;
}

int crease_case_draw(crease_ctx *ctx, const crease_regularizer_type *type, uint64_t seed, size_t number,
                     crease_case *k)
{
    *k = (crease_case){ .ctx = ctx, .type = type };
    k->random = crease_random_at(seed, CREASE_STREAM_TEST, first_block(type->base.name, number));
    for (unsigned attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
        int code = draw_term(k);
        if (code == CREASE_OK) code = crease_case_draw_vectors(k, number);
        if (code == CREASE_OK) return CREASE_OK;
        crease_case_clear(k);
        if (code == CREASE_ENOMEM) return code;
    }
    crease_ctx_prefix(ctx, "no case for %s: ", type->base.name);
    return CREASE_ENOTSUP;
}

int crease_case_solve(crease_case *k)
{
    crease_subproblem p = { .ctx = k->ctx,
                            .backend = crease_backend_find(k->ctx, "cpu-f64"),
                            .n = k->n,
                            .c = k->c,
                            .d = k->d,
                            .scalar = 1,
                            .w = k->w,
                            .psi = k->psi,
                            .groups = &k->groups,
                            .paper_scale = 1,
                            .step = 1 }; /* this backend's vectors are host doubles */
    crease_solver *exact = crease_solver_create(k->ctx, "exact", NULL);
    if (!p.backend || !exact) return crease_ctx_error(k->ctx)->code;
    int code = crease_solver_solve(exact, &p, k->x, &k->info);
    if (code == CREASE_OK) code = crease_certify(&p, k->x, &k->certificate);
    crease_solver_free(exact);
    return code;
}

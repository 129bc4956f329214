/* Regularization terms from words: which block, which groups, which weights. */
#include "terms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crease/data.h"
#include "files.h"
#include "scale_max.h"

/* --- arrays in files ---------------------------------------------------------------------------- */

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

static bool is_array_file(const char *name)
{
    return ends_with(name, ".npy") || ends_with(name, ".txt");
}

static int read_array(crease_ctx *ctx, const char *name, crease_array *array)
{
    crease_path path;
    *array = (crease_array){ .rank = 1 };
    CREASE_TRY(crease_data_find(ctx, name, path, sizeof path));
    return crease_read_numbers(ctx, path, array);
}

static int need_count(crease_ctx *ctx, const char *name, const crease_array *array, size_t n,
                      const char *of)
{
    if (array->n == n) return CREASE_OK;
    return crease_fail(ctx, CREASE_EDIM, "%s holds %zu numbers, but there are %zu %s", name, array->n,
                       n, of);
}

/* --- groups and weights ------------------------------------------------------------------------- */

static int use_labels(crease_ctx *ctx, const crease_array *array, const char *name, size_t offset,
                      crease_groups *groups)
{
    int64_t *labels = crease_alloc(ctx, array->n, sizeof *labels);
    if (!labels) return CREASE_ENOMEM;
    int code = CREASE_OK;
    for (size_t i = 0; i < array->n && code == CREASE_OK; i++) {
        double v = array->data[i];
        if (v != floor(v) || fabs(v) > 4294967295.0)
            code = crease_fail(ctx, CREASE_EPARSE, "%s: entry %zu, %g, is no group label", name, i, v);
        else
            labels[i] = (int64_t)v;
    }
    if (code == CREASE_OK) code = crease_groups_from_labels(ctx, offset, array->n, labels, groups);
    crease_release(ctx, labels);
    return code;
}

static int groups_from_file(crease_ctx *ctx, const char *name, const crease_block *block,
                            crease_groups *groups)
{
    crease_array array;
    int code = read_array(ctx, name, &array);
    if (code == CREASE_OK) code = need_count(ctx, name, &array, block->n, "entries in the block");
    if (code == CREASE_OK) code = use_labels(ctx, &array, name, block->offset, groups);
    crease_release(ctx, array.data);
    return code;
}

static int groups_from_lists(crease_ctx *ctx, const char *name, const crease_block *block, crease_groups *groups)
{
    crease_path path;
    CREASE_TRY(crease_data_find(ctx, name, path, sizeof path));
    return crease_read_group_lists(ctx, path, block->offset, block->n, groups);
}

/* count runs that cover the block; the first n % count of them have one entry more. */
static int groups_from_count(crease_ctx *ctx, size_t count, const crease_block *block, crease_groups *groups)
{
    size_t size = block->n / count, longer = block->n % count;
    if (longer == 0) {
        *groups = crease_groups_runs(block->offset, block->n, size);
        return CREASE_OK;
    }
    int64_t *labels = crease_alloc(ctx, block->n, sizeof *labels);
    if (!labels) return CREASE_ENOMEM;
    for (size_t i = 0; i < block->n; i++)
        labels[i] = (int64_t)(i < longer * (size + 1) ? i / (size + 1) : (i - longer) / size);
    int code = crease_groups_from_labels(ctx, block->offset, block->n, labels, groups);
    crease_release(ctx, labels);
    return code;
}

/* "blocks:K", or "fraction:F": K = floor(F n), as in the experiments of S-PStorm (Dai, Wang, Curtis and Robinson,
 * AISTATS 2023). */
static int groups_from_blocks(crease_ctx *ctx, const char *spec, const crease_block *block, crease_groups *groups)
{
    bool is_share = strncmp(spec, "fraction:", 9) == 0;
    const char *text = strchr(spec, ':') + 1;
    char *end;
    double number = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(number) || (!is_share && number != floor(number)))
        return crease_fail(ctx, CREASE_EPARSE, "groups '%.100s': '%.100s' is no %s", spec, text,
                           is_share ? "number" : "whole number");
    double count = is_share ? floor(number * (double)block->n) : number;
    if (!(count >= 1 && count <= (double)block->n))
        return crease_fail(ctx, CREASE_ERANGE, "groups '%.100s': %g groups cannot share a block of %zu entries", spec,
                           count, block->n);
    return groups_from_count(ctx, (size_t)count, block, groups);
}

static int weights_from_file(crease_ctx *ctx, const char *name, crease_groups *groups)
{
    crease_array array;
    int code = read_array(ctx, name, &array);
    if (code == CREASE_OK) code = need_count(ctx, name, &array, groups->count, "groups");
    if (code == CREASE_OK) code = crease_groups_set_weights(ctx, groups, array.data);
    crease_release(ctx, array.data);
    return code;
}

static int find_block(crease_ctx *ctx, const crease_problem *p, const char *name, crease_block *block)
{
    const char *names[sizeof p->blocks / sizeof *p->blocks + 1] = { "all" };
    for (size_t b = 0; b < p->n_blocks; b++) {
        names[b + 1] = p->blocks[b].name;
        if (*name && strcmp(p->blocks[b].name, name) != 0) continue;
        *block = p->blocks[b];
        return CREASE_OK;
    }
    if (strcmp(name, "all") == 0) {
        *block = (crease_block){ .name = "all", .n = p->n, .rank = 1, .shape = { p->n } };
        return CREASE_OK;
    }
    char all[400] = "";
    for (size_t b = 0, used = 0; b <= p->n_blocks && used < sizeof all; b++)
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", b ? ", " : "", names[b]);
    const char *nearest = crease_nearest(name, names, p->n_blocks + 1);
    return crease_fail(ctx, CREASE_ENOTFOUND, "%s has no block '%.100s'%s%s%s; there are %s",
                       p->type->base.name, name, nearest ? "; did you mean '" : "",
                       nearest ? nearest : "", nearest ? "'?" : "", all);
}

/* --- the set ------------------------------------------------------------------------------------ */

static int build_groups(crease_ctx *ctx, const crease_term_spec *spec, const crease_block *block,
                        crease_groups *groups)
{
    if (strncmp(spec->groups, "lists:", 6) == 0)
        CREASE_TRY(groups_from_lists(ctx, spec->groups + 6, block, groups));
    else if (is_array_file(spec->groups))
        CREASE_TRY(groups_from_file(ctx, spec->groups, block, groups));
    else if (strncmp(spec->groups, "blocks:", 7) == 0 || strncmp(spec->groups, "fraction:", 9) == 0)
        CREASE_TRY(groups_from_blocks(ctx, spec->groups, block, groups));
    else
        CREASE_TRY(
            crease_groups_parse(ctx, spec->groups, block->offset, block->shape, block->rank, groups));
    if (is_array_file(spec->group_weights)) return weights_from_file(ctx, spec->group_weights, groups);
    return crease_groups_set_weight_rule(ctx, groups, spec->group_weights);
}

static int build_term(crease_ctx *ctx, const crease_term_spec *spec, const crease_problem *problem,
                      crease_term_set *set)
{
    crease_block block;
    CREASE_TRY(find_block(ctx, problem, spec->block, &block));
    size_t i = set->n++; /* counted before it is whole, so that freeing the set frees its parts */
    crease_groups *groups = &set->groups[i];
    CREASE_TRY(build_groups(ctx, spec, &block, groups));
    crease_regularizer *psi = set->psi[i] = crease_regularizer_create(ctx, spec->psi.type->name);
    if (!psi) return crease_ctx_error(ctx)->code;
    if (psi->opts) memcpy(psi->opts, spec->psi.opts, spec->psi.type->opts_size);
    psi->scale = spec->scale;
    psi->ridge = spec->ridge;
    set->terms[i] = (crease_term){ psi, groups, block.name };
    return CREASE_OK;
}

/* The same problem in double; NULL, without error: it is, or it cannot be made again. */
static int load_in_double(const crease_problem *p, crease_problem **twin)
{
    *twin = NULL;
    if (p->backend->real_bytes == sizeof(double) || !p->type->setup) return CREASE_OK;
    const crease_backend *backend = crease_backend_find(p->ctx, "cpu-f64");
    if (!backend || !(*twin = crease_problem_create(p->ctx, p->type->base.name, backend)))
        return crease_ctx_error(p->ctx)->code;
    if (p->type->base.opts_size) memcpy((*twin)->opts, p->opts, p->type->base.opts_size);
    return crease_problem_setup(*twin);
}

/* In double, so that runs and references in any precision mean the same number. */
static int find_scale_max(crease_problem *problem, const crease_term *term, double *most)
{
    crease_problem *twin;
    int code = load_in_double(problem, &twin);
    if (code == CREASE_OK) code = crease_scale_max(twin ? twin : problem, term, most, NULL);
    crease_problem_free(twin);
    if (code == CREASE_OK)
        crease_log(problem->ctx, CREASE_LOG_INFO, "regularizer %s: the solution is zero from scale %.17g on",
                   term->psi->type->base.name, *most);
    return code;
}

/* The scale of a term that states it relative to the least one that makes the solution zero. */
static int set_scale(crease_ctx *ctx, const crease_term_specs *specs, crease_problem *problem, crease_term_set *set,
                     size_t i)
{
    const crease_term_spec *spec = &specs->items[i];
    double most = spec->scale_max ? *spec->scale_max : 0;
    if (spec->relative == 0) return CREASE_OK;
    if (specs->n > 1)
        return crease_fail(ctx, CREASE_ENOTSUP, "relative is for one regularizer: with %zu, the scale that makes the "
                           "solution zero depends on the others", specs->n);
    if (most == 0) CREASE_TRY(find_scale_max(problem, &set->terms[i], &most));
    if (spec->scale_max) *spec->scale_max = most;
    set->psi[i]->scale = spec->relative * most;
    return CREASE_OK;
}

int crease_terms_build(crease_ctx *ctx, const crease_term_specs *specs, crease_problem *problem, crease_term_set *set)
{
    *set = (crease_term_set){ 0 };
    for (size_t i = 0; i < specs->n; i++) {
        int code = build_term(ctx, &specs->items[i], problem, set);
        if (code == CREASE_OK) code = set_scale(ctx, specs, problem, set, i);
        if (code == CREASE_OK) continue;
        if (specs->items[i].node) crease_node_prefix(ctx, specs->items[i].node);
        crease_terms_free(ctx, set);
        return code;
    }
    return CREASE_OK;
}

void crease_terms_free(crease_ctx *ctx, crease_term_set *set)
{
    for (size_t i = 0; i < set->n; i++) {
        crease_groups_free(ctx, &set->groups[i]);
        crease_regularizer_free(set->psi[i]);
    }
    *set = (crease_term_set){ 0 };
}

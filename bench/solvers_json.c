/* The summary as JSON; what is not reached or not known is null. */
#include <cjson/cJSON.h>
#include <math.h>

#include "solvers.h"

static void add(cJSON *to, const char *name, double x)
{
    cJSON_AddItemToObject(to, name, isfinite(x) ? cJSON_CreateNumber(x) : cJSON_CreateNull());
}

static cJSON *summary(const crease_inner_bench *b, size_t solver, crease_row_kind kind, double level)
{
    crease_level_summary s = crease_inner_summary(b, solver, kind, level);
    cJSON *out = cJSON_CreateObject();
    if (kind == CREASE_ROW_LEVEL) add(out, "level", level);
    add(out, "cases", (double)s.cases);
    add(out, "reached", (double)s.reached);
    add(out, "median_ms", s.ms);
    add(out, "median_ratio_to_fastest", s.ratio);
    add(out, "median_iterations", s.iterations);
    add(out, "median_proxes", s.proxes);
    return out;
}

static void add_solvers(const crease_inner_bench *b, cJSON *root)
{
    cJSON *all = cJSON_AddArrayToObject(root, "solvers");
    for (size_t k = 0; k < b->n_contestants && !b->tests; k++) {
        cJSON *one = cJSON_CreateObject(), *levels = cJSON_AddArrayToObject(one, "levels");
        cJSON_AddStringToObject(one, "solver", b->contestants[k].text);
        for (size_t i = 0; i < b->n_levels; i++)
            cJSON_AddItemToArray(levels, summary(b, k, CREASE_ROW_LEVEL, b->levels[i]));
        cJSON_AddItemToObject(one, "identified", summary(b, k, CREASE_ROW_IDENTIFIED, NAN));
        cJSON_AddItemToArray(all, one);
    }
}

static void add_tests(const crease_inner_bench *b, cJSON *root)
{
    cJSON *all = cJSON_AddArrayToObject(root, "tests");
    for (size_t i = 0; i < b->n_rows; i++) {
        const crease_inner_row *row = &b->rows[i];
        if (row->kind != CREASE_ROW_TEST || row->repeats == 0) continue;
        cJSON *one = cJSON_CreateObject();
        cJSON_AddStringToObject(one, "case", b->facts[row->at].name);
        cJSON_AddStringToObject(one, "solver", b->contestants[row->solver].text);
        cJSON_AddStringToObject(one, "test", row->test);
        cJSON_AddStringToObject(one, "outcome", row->outcome);
        cJSON_AddBoolToObject(one, "signature_right", row->right);
        add(one, "iterations", row->iterations);
        add(one, "ms", row->ms);
        add(one, "certificate", row->certificate);
        cJSON_AddItemToArray(all, one);
    }
}

static cJSON *crossover(const crease_inner_bench *b, bool captures, double low, double high)
{
    crease_crossover c = crease_inner_crossover(b, captures, low, high);
    cJSON *out = cJSON_CreateObject();
    add(out, "cases", (double)c.cases);
    add(out, "time_ratio_pg_to_exact", c.ratio);
    add(out, "certificate", c.certificate);
    cJSON_AddBoolToObject(out, "pg_always_as_fast", c.cases > 0 && c.certificate == 0);
    cJSON_AddBoolToObject(out, "pg_never_as_fast", c.cases > 0 && isinf(c.certificate));
    return out;
}

static void add_crossovers(const crease_inner_bench *b, cJSON *root, const char *name, bool captures)
{
    cJSON *all = crossover(b, captures, 0, INFINITY),
          *decades = cJSON_AddArrayToObject(all, "by_condition");
    add(all, "level", CREASE_CROSSOVER_LEVEL);
    cJSON_AddItemToObject(root, name, all);
    for (int decade = 0; decade < 20; decade++) {
        cJSON *one = crossover(b, captures, pow(10, decade), pow(10, decade + 1));
        if (cJSON_GetObjectItem(one, "cases")->valueint == 0) {
            cJSON_Delete(one);
            continue;
        }
        add(one, "condition_from", pow(10, decade));
        cJSON_AddItemToArray(decades, one);
    }
}

static void add_cases(const crease_inner_bench *b, cJSON *root)
{
    cJSON *skipped = cJSON_AddArrayToObject(root, "skipped");
    size_t measured = 0;
    for (size_t i = 0; i < b->n_sources; i++) {
        const crease_case_facts *f = &b->facts[i];
        measured += !*f->skipped;
        if (!*f->skipped) continue;
        cJSON *one = cJSON_CreateObject();
        cJSON_AddStringToObject(one, "case", *f->name ? f->name : b->sources[i].path);
        cJSON_AddStringToObject(one, "reason", f->skipped);
        cJSON_AddItemToArray(skipped, one);
    }
    add(root, "measured", (double)measured);
}

int crease_inner_write_json(const crease_inner_bench *b)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "backend", b->backend->name);
    cJSON_AddStringToObject(root, "variant", b->backend->variant);
    add_cases(b, root);
    add_solvers(b, root);
    if (b->tests) {
        add_tests(b, root);
    } else {
        add_crossovers(b, root, "pg_against_exact_captures", true);
        add_crossovers(b, root, "pg_against_exact_families", false);
    }
    char *text = cJSON_Print(root);
    cJSON_Delete(root);
    if (!text) return crease_fail(b->ctx, CREASE_ENOMEM, "out of memory for the summary");
    bool written = fprintf(b->json, "%s\n", text) > 0 && fflush(b->json) == 0;
    cJSON_free(text);
    return written ? CREASE_OK : crease_fail(b->ctx, CREASE_EIO, "cannot write the summary");
}

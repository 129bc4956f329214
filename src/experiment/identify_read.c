/* What an experiment's runs left behind, and the reference they are held against. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "columns.h"
#include "core/reference_judge.h"
#include "h5.h"
#include "identify.h"
#include "result.h"

#define POOR 1e-9 /* certificate */

/* --- one run -------------------------------------------------------------------------------------- */

/* The last error becomes the run's own. */
static void note_problem(crease_ctx *ctx, crease_identify_run *run)
{
    snprintf(run->problem, sizeof run->problem, "%.590s", crease_ctx_error(ctx)->sentence);
    crease_ctx_clear_error(ctx);
}

static void find_shape(crease_h5 *h, crease_identify_run *run)
{
    hsize_t shape[2] = { 0, 0 };
    hid_t set =
        crease_h5_has(h, "signature_hat") ? H5Dopen2(h->file, "signature_hat", H5P_DEFAULT) : -1;
    hid_t space = set >= 0 ? H5Dget_space(set) : -1;
    bool table =
        space >= 0 && H5Sget_simple_extent_ndims(space) == 2
        && H5Sget_simple_extent_dims(space, shape, NULL) == 2
        && (shape[1] == 0 || shape[0] <= H5Dget_storage_size(set) / sizeof(crease_unit) / shape[1]);
    if (!table)
        crease_h5_fail(h, CREASE_EPARSE,
                       "'signature_hat' is missing, or is no table of epochs and units");
    if (space >= 0) H5Sclose(space);
    if (set >= 0) H5Dclose(set);
    run->epochs = (size_t)shape[0];
    run->units = (size_t)shape[1];
}

static int read_masks(crease_ctx *ctx, const char *path, crease_identify_run *run)
{
    crease_h5 h;
    CREASE_TRY(crease_h5_open(ctx, path, &h));
    find_shape(&h, run);
    size_t n = h.code == CREASE_OK ? run->epochs * run->units : 0;
    run->signature = crease_alloc(ctx, n, sizeof *run->signature);
    if (!run->signature && h.code == CREASE_OK) h.code = CREASE_ENOMEM;
    if (h.code == CREASE_OK) crease_h5_item(&h, "signature_hat", H5T_NATIVE_UINT32, n, run->signature);
    return crease_h5_finish(&h);
}

static int read_result(crease_ctx *ctx, const char *folder, crease_identify_run *run)
{
    cJSON *result;
    CREASE_TRY(crease_result_read(ctx, folder, &result));
    snprintf(run->outcome, sizeof run->outcome, "%s",
             result ? crease_outcome_name(crease_result_outcome(result)) : "unfinished");
    cJSON_Delete(result);
    return CREASE_OK;
}

static int read_files(crease_identify *id, crease_identify_run *run)
{
    crease_path folder, path;
    CREASE_TRY(crease_run_folder(id->ctx, folder, id->folder, run->method, run->seed));
    CREASE_TRY(read_result(id->ctx, folder, run));
    CREASE_TRY(crease_path_join(id->ctx, path, folder, "masks.h5"));
    if (!crease_path_exists(path))
        return crease_fail(id->ctx, CREASE_ENOTFOUND, "there is no %s: the run has not come to an end",
                           path);
    CREASE_TRY(read_masks(id->ctx, path, run));
    CREASE_TRY(crease_path_join(id->ctx, path, folder, "trace.csv"));
    return crease_table_read(id->ctx, path, &run->trace);
}

static int read_runs(crease_identify *id)
{
    const crease_experiment *e = &id->experiment;
    id->runs = crease_alloc(id->ctx, e->n_methods * e->seeds.n, sizeof *id->runs);
    if (!id->runs) return CREASE_ENOMEM;
    for (size_t m = 0; m < e->n_methods; m++)
        for (size_t s = 0; s < e->seeds.n; s++) {
            crease_identify_run *run = &id->runs[id->n_runs++];
            *run = (crease_identify_run){ .method = &e->methods[m], .seed = (uint64_t)e->seeds.v[s] };
            int code = read_files(id, run);
            if (code == CREASE_ENOMEM) return code;
            if (code != CREASE_OK) note_problem(id->ctx, run);
        }
    return CREASE_OK;
}

double crease_identify_value(const crease_identify_run *run, const char *column, size_t epoch)
{
    const crease_table *t = &run->trace;
    size_t c = crease_table_find(t, column),
           e = crease_table_find(t, crease_run_columns[CREASE_COLUMN_EPOCH].name);
    if (c == t->columns || e == t->columns || epoch == 0 || epoch > t->rows) return NAN;
    const double *row = t->values + (epoch - 1) * t->columns;
    return row[e] == (double)epoch ? row[c] : (double)NAN;
}

/* --- the reference -------------------------------------------------------------------------------- */

/* Methods may have regularizers of their own, to which the reference does not belong. */
static int check_method(crease_identify *id, crease_problem *problem, const crease_method *method)
{
    crease_term_set set;
    CREASE_TRY(crease_terms_build(id->ctx, &method->regularizers, problem, &set));
    int code =
        crease_reference_check(id->ctx, &id->reference, id->reference_path, problem, set.terms, set.n);
    crease_terms_free(id->ctx, &set);
    return code;
}

static int check_methods(crease_identify *id, crease_problem *problem)
{
    const crease_experiment *e = &id->experiment;
    int code = CREASE_OK;
    size_t fits = 0;
    for (size_t m = 0; m < e->n_methods; m++) {
        code = check_method(id, problem, &e->methods[m]);
        fits += code == CREASE_OK;
        for (size_t i = 0; code != CREASE_OK && i < id->n_runs; i++)
            if (id->runs[i].method == &e->methods[m] && !*id->runs[i].problem)
                snprintf(id->runs[i].problem, sizeof id->runs[i].problem, "%.590s",
                         crease_ctx_error(id->ctx)->sentence);
    }
    return fits > 0 ? CREASE_OK : code;
}

/* The data may be gone since; then only sizes speak for the reference. */
static int check_reference(crease_identify *id)
{
    crease_problem *problem = NULL;
    int code = crease_experiment_load_problem(&id->experiment, &problem);
    if (code == CREASE_OK) {
        code = check_methods(id, problem);
        if (problem->type->lipschitz && problem->type->lipschitz(problem, false, &id->L) != CREASE_OK)
            id->L = NAN;
        snprintf(id->note, sizeof id->note, "its gradient and residual are those of this problem");
    } else {
        snprintf(id->note, sizeof id->note,
                 "not held against the problem, which cannot be loaded: %.500s",
                 crease_ctx_error(id->ctx)->sentence);
        code = CREASE_OK;
    }
    crease_problem_free(problem);
    return code;
}

/* For runs whose problem could not be asked. */
static void check_units(crease_identify *id)
{
    for (size_t i = 0; i < id->n_runs; i++) {
        crease_identify_run *run = &id->runs[i];
        if (!*run->problem && run->units != id->reference.units)
            snprintf(run->problem, sizeof run->problem,
                     "it has %zu units of structure, the reference %zu", run->units,
                     id->reference.units);
    }
}

static void derive(crease_identify *id)
{
    const crease_reference *r = &id->reference;
    size_t used = strlen(id->note);
    if (r->certificate > POOR)
        snprintf(
            id->note + used, sizeof id->note - used,
            "; but it is a poor solution (certificate %.1e): its structure may not be the true one",
            r->certificate);
    for (size_t u = 0; u < r->units; u++) id->decided += crease_reference_decides(r, u);
    if (isfinite(id->L) && id->L > 0 && r->unique && !r->degenerate && !(r->delta <= 0))
        id->radius = fmin(r->delta / (2 * id->L), r->Delta / 2); /* passes over NAN */
}

/* The text of a setting; NULL: there is none of that name. */
static const char *find_text(const crease_choice *choice, const char *name)
{
    for (const crease_param *p = choice->type->params; p && p->name; p++)
        if (strcmp(p->name, name) == 0 && p->kind == CREASE_PARAM_KIND_STRING)
            return (const char *)choice->opts + p->offset;
    return NULL;
}

static const char *named_file(const crease_experiment *e)
{
    for (size_t i = 0; i < e->n_diagnostics; i++)
        if (strcmp(e->diagnostics[i].type->name, "reference") == 0)
            return find_text(&e->diagnostics[i], "file");
    return NULL;
}

static int read_reference(crease_identify *id, const char *path)
{
    const char *file = path ? path : named_file(&id->experiment);
    if (!file) {
        snprintf(id->note, sizeof id->note, "none: crease reference makes one, --reference names it");
        return CREASE_OK;
    }
    if (strlen(file) >= sizeof id->reference_path)
        return crease_fail(id->ctx, CREASE_EINVAL, "the path is too long");
    strcpy(id->reference_path, file);
    int code = crease_reference_read(id->ctx, file, &id->reference);
    if (code != CREASE_OK && code != CREASE_ENOMEM && !path) {
        snprintf(id->note, sizeof id->note, "none: %.600s", crease_ctx_error(id->ctx)->sentence);
        crease_ctx_clear_error(id->ctx);
        return CREASE_OK;
    }
    CREASE_TRY(code);
    id->has_reference = true;
    CREASE_TRY(check_reference(id));
    check_units(id);
    derive(id);
    return CREASE_OK;
}

/* --- all of it ------------------------------------------------------------------------------------ */

int crease_identify_read(crease_ctx *ctx, const char *folder, const char *reference,
                         crease_identify *id)
{
    crease_path path;
    *id = (crease_identify){ .ctx = ctx, .folder = folder, .L = NAN, .radius = NAN };
    CREASE_TRY(crease_path_join(ctx, path, folder, "config.yaml"));
    if (!crease_path_exists(path))
        return crease_fail(ctx, CREASE_ENOTFOUND, "%s holds no run: it has no config.yaml", folder);
    int code = crease_experiment_read(ctx, path, NULL, 0, &id->experiment);
    if (code != CREASE_OK) id->experiment = (crease_experiment){ 0 };
    CREASE_TRY(code);
    CREASE_TRY(read_runs(id));
    return read_reference(id, reference);
}

void crease_identify_free(crease_identify *id)
{
    for (size_t i = 0; i < id->n_runs; i++) {
        crease_identify_run *run = &id->runs[i];
        double *owned[] = { run->wrong, run->false_zero, run->false_live };
        for (size_t k = 0; k < sizeof owned / sizeof *owned; k++) crease_release(id->ctx, owned[k]);
        crease_release(id->ctx, run->signature);
        crease_table_free(id->ctx, &run->trace);
    }
    crease_release(id->ctx, id->runs);
    crease_reference_free(id->ctx, &id->reference);
    crease_experiment_free(&id->experiment);
}

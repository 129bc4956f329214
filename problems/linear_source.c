/* Which data the settings name: files, a collection, or data that are made. */
#include "linear_data.h"

#include <string.h>

static const char *problem_name(const crease_problem *p)
{
    return p->type->base.name;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && !strcmp(text + n - m, end);
}

/* Read name (a path, absolute or within the data folders) by its ending: .csv, else LIBSVM text. */
static int read_table(crease_problem *p, const char *name, size_t cols, crease_dataset *set)
{
    const linear_options *o = p->opts;
    char path[4096];
    CREASE_TRY(crease_data_find(p->ctx, name, path, sizeof path));
    if (ends_with(path, ".csv") || ends_with(path, ".csv.gz")) {
        return crease_read_csv(p->ctx, path, o->label_column, set);
    }
    return crease_read_libsvm(p->ctx, path, cols, set);
}

static int read_files(crease_problem *p, linear_raw *raw)
{
    const linear_options *o = p->opts;
    CREASE_TRY(read_table(p, o->data, 0, &raw->train));
    if (!*o->test) return CREASE_OK;
    CREASE_TRY(read_table(p, o->test, raw->train.cols, &raw->test));
    bool sparse = raw->train.value != NULL;
    if (sparse != (raw->test.value != NULL)) {
        return crease_fail(p->ctx, CREASE_EINVAL, "problem %s: data is %s, but the test set %s is not",
                           problem_name(p), sparse ? "sparse" : "dense", o->test);
    }
    /* A feature that only the test set has is a training column of zeros. */
    if (sparse && raw->test.cols > raw->train.cols) raw->train.cols = raw->test.cols;
    if (raw->test.cols == raw->train.cols) return CREASE_OK;
    return crease_fail(p->ctx, CREASE_EDIM,
                       "problem %s: the data have %zu columns, the test set %s has %zu",
                       problem_name(p), raw->train.cols, o->test, raw->test.cols);
}

static const crease_collection *collection_named(const char *name)
{
    const crease_collection *c;
    for (size_t i = 0; (c = crease_collection_at(i)); i++) {
        if (!strcmp(c->name, name)) return c;
    }
    return NULL;
}

/* The collection where its files are found, else planted data, saying so. */
static int read_collection_or_plant(crease_problem *p, const char *name, linear_targets targets,
                                    linear_raw *raw, linear_data *data)
{
    const crease_collection *c = collection_named(name);
    int code = c ? crease_collection_load(p->ctx, c, &raw->train, &raw->test) : CREASE_ENOTFOUND;
    if (code != CREASE_ENOTFOUND) return code;
    crease_log(p->ctx, CREASE_LOG_INFO, "problem %s: %s was not found; planted data take its place",
               problem_name(p), name);
    crease_ctx_clear_error(p->ctx);
    crease_dataset_free(p->ctx, &raw->train);
    crease_dataset_free(p->ctx, &raw->test);
    return linear_make_planted(p, targets, raw, data);
}

static int refuse_test(crease_problem *p, bool certified)
{
    const linear_options *o = p->opts;
    if (!*o->test) return CREASE_OK;
    return crease_fail(p->ctx, CREASE_EINVAL, "problem %s: data = %s %s; test must be empty",
                       problem_name(p), o->data,
                       certified ? "has no test set" : "brings its own test set");
}

int linear_source_read(crease_problem *p, linear_targets targets, bool certified, linear_raw *raw,
                       linear_data *data)
{
    const linear_options *o = p->opts;
    const crease_collection *c = collection_named(o->data);
    bool is_auto = !strcmp(o->data, "auto"), planted = !strcmp(o->data, "planted");
    bool wants_certified = !strcmp(o->data, "certified");
    if (!is_auto && !planted && !wants_certified && !c) return read_files(p, raw);
    if (wants_certified && !certified) {
        return crease_fail(p->ctx, CREASE_ENOTSUP,
                           "problem %s: there are no data with a known solution for this loss; "
                           "least_squares and logistic have data = certified",
                           problem_name(p));
    }
    CREASE_TRY(refuse_test(p, wants_certified));
    if (wants_certified) return linear_make_certified(p, targets, raw, data);
    if (c) return crease_collection_load(p->ctx, c, &raw->train, &raw->test);
    if (planted || targets != LINEAR_CLASSES) return linear_make_planted(p, targets, raw, data);
    return read_collection_or_plant(p, "mnist", targets, raw, data);
}

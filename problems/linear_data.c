/* From settings to rows ready for a linear model: choose the data, check the labels, normalize the
 * columns, convert to the backend's width. The file's own numbers are let go as soon as they are
 * converted.       */
#include "linear_data.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const linear_normalizations[] = { "auto", "none", "standard", "mnist", "unit", NULL };
enum { NORMALIZE_AUTO, NORMALIZE_NONE, NORMALIZE_STANDARD, NORMALIZE_MNIST, NORMALIZE_UNIT };

/* What the readers gave. */
typedef struct raw_data {
    crease_dataset train, test;
} raw_data;

/* Column j becomes (v - shift[j]) / scale[j]. */
typedef struct column_map {
    double *shift, *scale;
} column_map;

static const char *problem_name(const crease_problem *p)
{
    return p->type->base.name;
}

/* --- choosing the data ------------------------------------------------------------------------ */

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

static int load_files(crease_problem *p, raw_data *raw)
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

/* The columns that have a part in the generating weights. */
static int find_live(crease_problem *p, const crease_planted *spec, const double *weights,
                     linear_data *data)
{
    data->live = crease_alloc(p->ctx, spec->cols, 1);
    if (!data->live) return CREASE_ENOMEM;
    for (size_t i = 0; i < spec->classes * spec->cols; i++) {
        if (weights[i] != 0) data->live[i % spec->cols] = 1;
    }
    return CREASE_OK;
}

static int load_planted(crease_problem *p, bool binary, raw_data *raw, linear_data *data)
{
    const linear_options *o = p->opts;
    crease_planted spec = { .rows = (size_t)o->planted_rows,
                            .cols = (size_t)o->planted_cols,
                            .classes = binary ? 2 : (size_t)o->planted_classes,
                            .live = (size_t)o->planted_live,
                            .noise = o->planted_noise,
                            .seed = (uint64_t)o->planted_seed };
    double *weights = crease_alloc(p->ctx, spec.classes, spec.cols * sizeof *weights);
    if (!weights) return CREASE_ENOMEM;
    int code = crease_make_planted(p->ctx, &spec, 0, &raw->train, weights);
    if (code == CREASE_OK) code = find_live(p, &spec, weights, data);
    crease_release(p->ctx, weights);
    if (code != CREASE_OK || o->planted_test_rows == 0) return code;
    spec.rows = (size_t)o->planted_test_rows;
    return crease_make_planted(p->ctx, &spec, (size_t)o->planted_rows, &raw->test, NULL);
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
static int load_collection_or_planted(crease_problem *p, const char *name, raw_data *raw,
                                      linear_data *data)
{
    const crease_collection *c = collection_named(name);
    int code = c ? crease_collection_load(p->ctx, c, &raw->train, &raw->test) : CREASE_ENOTFOUND;
    if (code != CREASE_ENOTFOUND) return code;
    crease_log(p->ctx, CREASE_LOG_INFO, "problem %s: %s was not found; planted data take its place",
               problem_name(p), name);
    crease_ctx_clear_error(p->ctx);
    crease_dataset_free(p->ctx, &raw->train);
    crease_dataset_free(p->ctx, &raw->test);
    return load_planted(p, false, raw, data);
}

static int choose(crease_problem *p, bool binary, raw_data *raw, linear_data *data)
{
    const linear_options *o = p->opts;
    const crease_collection *c = collection_named(o->data);
    bool is_auto = !strcmp(o->data, "auto"), planted = !strcmp(o->data, "planted");
    if (!is_auto && !planted && !c) return load_files(p, raw);
    if (*o->test) {
        return crease_fail(p->ctx, CREASE_EINVAL,
                           "problem %s: data = %s brings its own test set; test must be empty",
                           problem_name(p), o->data);
    }
    if (c) return crease_collection_load(p->ctx, c, &raw->train, &raw->test);
    if (planted || binary) return load_planted(p, binary, raw, data);
    return load_collection_or_planted(p, "mnist", raw, data);
}

/* --- labels ----------------------------------------------------------------------------------- */

static int check_classes(crease_problem *p, bool binary, const crease_dataset *set)
{
    const char *name = problem_name(p);
    if (set->rows == 0) {
        return crease_fail(p->ctx, CREASE_EINVAL, "problem %s: no rows in %.400s", name, set->source);
    }
    if (!set->label) {
        return crease_fail(p->ctx, CREASE_EINVAL,
                           "problem %s: the targets in %.400s are real numbers, not classes", name,
                           set->source);
    }
    if (set->classes < 2 || (binary && set->classes > 2)) {
        return crease_fail(p->ctx, CREASE_EINVAL, "problem %s: needs %s, but there %s %zu in %.400s",
                           name, binary ? "two classes" : "two classes or more",
                           set->classes == 1 ? "is" : "are", set->classes, set->source);
    }
    return CREASE_OK;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Count classes of the test set as the training set does. */
static int match_classes(crease_problem *p, const crease_dataset *train, crease_dataset *test)
{
    for (size_t i = 0; i < test->rows; i++) {
        double value = test->label ? test->class_value[test->label[i]] : test->target[i];
        const double *at = bsearch(&value, train->class_value, train->classes, sizeof value, compare);
        if (!at) {
            return crease_fail(
                p->ctx, CREASE_EINVAL,
                "problem %s: row %zu of the test set has label %g, which no training row has",
                problem_name(p), i + 1, value);
        }
        if (test->label) test->label[i] = (int32_t)(at - train->class_value);
    }
    return CREASE_OK;
}

static int32_t *take_labels(crease_dataset *set, bool binary)
{
    int32_t *label = set->label;
    set->label = NULL;
    for (size_t i = 0; binary && i < set->rows; i++) label[i] = label[i] ? 1 : -1;
    return label;
}

/* --- normalization ---------------------------------------------------------------------------- */

static double entry(const crease_dataset *set, size_t i)
{
    return set->bytes ? set->bytes[i] : set->dense[i];
}

/* Mean and deviation of each column; constant columns stay as they are. The map comes zeroed. */
static void standardize(const crease_dataset *set, column_map *map)
{
    size_t rows = set->rows, cols = set->cols;
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < cols; j++) map->shift[j] += entry(set, i * cols + j) / (double)rows;
    }
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < cols; j++) {
            double off = entry(set, i * cols + j) - map->shift[j];
            map->scale[j] += off * off / (double)rows;
        }
    }
    for (size_t j = 0; j < cols; j++) {
        bool constant = true; /* not read off the deviation, which rounding makes positive */
        for (size_t i = 1; i < rows && constant; i++) {
            constant = entry(set, i * cols + j) == entry(set, j);
        }
        map->scale[j] = constant ? 1 : sqrt(map->scale[j]);
        if (constant) map->shift[j] = 0;
    }
}

static void map_uniformly(column_map *map, size_t cols, double shift, double scale)
{
    for (size_t j = 0; j < cols; j++) {
        map->shift[j] = shift;
        map->scale[j] = scale;
    }
}

static int make_map(crease_problem *p, const crease_dataset *train, column_map *map)
{
    const linear_options *o = p->opts;
    map->shift = crease_alloc(p->ctx, train->cols, sizeof *map->shift);
    map->scale = crease_alloc(p->ctx, train->cols, sizeof *map->scale);
    if (!map->shift || !map->scale) return CREASE_ENOMEM;
    int rule = o->normalize;
    if (rule == NORMALIZE_AUTO) rule = train->bytes ? NORMALIZE_MNIST : NORMALIZE_NONE;
    if (train->value && (rule == NORMALIZE_STANDARD || rule == NORMALIZE_MNIST)) {
        return crease_fail(
            p->ctx, CREASE_EINVAL,
            "problem %s: normalize = %s would fill the zeros of sparse data; use none or unit",
            problem_name(p), linear_normalizations[rule]);
    }
    if (rule == NORMALIZE_STANDARD)
        standardize(train, map);
    else if (rule == NORMALIZE_MNIST)
        map_uniformly(map, train->cols, 255 * 0.1307, 255 * 0.3081);
    else
        map_uniformly(map, train->cols, 0, rule == NORMALIZE_UNIT ? 255 : 1);
    return CREASE_OK;
}

static void free_map(crease_ctx *ctx, column_map *map)
{
    crease_release(ctx, map->shift);
    crease_release(ctx, map->scale);
}

/* --- conversion ------------------------------------------------------------------------------- */

static int convert_dense(crease_problem *p, const crease_dataset *set, const column_map *map,
                         crease_matrix *x)
{
    size_t real = p->backend->real_bytes, cols = set->cols;
    double *row = crease_alloc(p->ctx, cols, sizeof *row);
    char *out = crease_alloc(p->ctx, set->rows, cols * real);
    x->dense = out;
    for (size_t i = 0; row && out && i < set->rows; i++) {
        for (size_t j = 0; j < cols; j++) {
            row[j] = (entry(set, i * cols + j) - map->shift[j]) / map->scale[j];
        }
        p->backend->from_host(cols, row, out + i * cols * real);
    }
    int code = row && out ? CREASE_OK : CREASE_ENOMEM;
    crease_release(p->ctx, row);
    return code;
}

/* Takes the places of the entries out of the set, and scales its values where they are. */
static int convert_sparse(crease_problem *p, crease_dataset *set, const column_map *map,
                          crease_matrix *x)
{
    size_t entries = set->row_start[set->rows];
    void *out = crease_alloc(p->ctx, entries, p->backend->real_bytes);
    if (!out) return CREASE_ENOMEM;
    for (size_t j = 0; j < entries; j++) set->value[j] /= map->scale[set->col[j]];
    p->backend->from_host(entries, set->value, out);
    x->value = out;
    x->row_start = set->row_start;
    x->col = set->col;
    set->row_start = NULL;
    set->col = NULL;
    return CREASE_OK;
}

static int convert(crease_problem *p, crease_dataset *set, const column_map *map, bool binary,
                   linear_table *table)
{
    table->x.rows = set->rows;
    table->x.cols = set->cols;
    table->label = take_labels(set, binary);
    CREASE_TRY(set->value ? convert_sparse(p, set, map, &table->x)
                          : convert_dense(p, set, map, &table->x));
    crease_dataset_free(p->ctx, set);
    return CREASE_OK;
}

/* --- all of it -------------------------------------------------------------------------------- */

static void describe(crease_problem *p, const raw_data *raw)
{
    const crease_dataset *train = &raw->train, *test = &raw->test;
    int used = snprintf(p->source, sizeof p->source, "%.400s: %zu rows, %zu columns, %zu classes",
                        train->source, train->rows, train->cols, train->classes);
    if (test->rows && used > 0 && (size_t)used < sizeof p->source) {
        snprintf(p->source + used, sizeof p->source - (size_t)used, "; %zu test rows", test->rows);
    }
    crease_log(p->ctx, CREASE_LOG_INFO, "problem %s: data %s", problem_name(p), p->source);
}

static int prepare(crease_problem *p, bool binary, raw_data *raw, column_map *map, linear_data *data)
{
    CREASE_TRY(choose(p, binary, raw, data));
    CREASE_TRY(check_classes(p, binary, &raw->train));
    CREASE_TRY(match_classes(p, &raw->train, &raw->test));
    if (raw->train.cols == 0 || raw->train.cols > INT_MAX || raw->train.rows > UINT32_MAX) {
        return crease_fail(p->ctx, CREASE_ERANGE, "problem %s: cannot take %zu rows of %zu columns",
                           problem_name(p), raw->train.rows, raw->train.cols);
    }
    CREASE_TRY(make_map(p, &raw->train, map));
    describe(p, raw);
    data->classes = raw->train.classes;
    data->image_height = raw->train.image_height;
    data->image_width = raw->train.image_width;
    CREASE_TRY(convert(p, &raw->train, map, binary, &data->train));
    return raw->test.rows ? convert(p, &raw->test, map, binary, &data->test) : CREASE_OK;
}

int linear_data_load(crease_problem *p, bool binary, linear_data *data)
{
    raw_data raw = { 0 };
    column_map map = { 0 };
    int code = prepare(p, binary, &raw, &map, data);
    free_map(p->ctx, &map);
    crease_dataset_free(p->ctx, &raw.train);
    crease_dataset_free(p->ctx, &raw.test);
    return code;
}

static void free_table(crease_ctx *ctx, linear_table *table)
{
    crease_release(ctx, (void *)table->x.dense);
    crease_release(ctx, (void *)table->x.row_start);
    crease_release(ctx, (void *)table->x.col);
    crease_release(ctx, (void *)table->x.value);
    crease_release(ctx, table->label);
}

void linear_data_free(crease_ctx *ctx, linear_data *data)
{
    free_table(ctx, &data->train);
    free_table(ctx, &data->test);
    crease_release(ctx, data->live);
}

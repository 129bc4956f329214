/* From settings to rows ready for a linear model: choose the data, check the targets, normalize,
 * convert to the backend's width. The file's own numbers are let go as soon as they are converted. */
#include "linear_data.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *problem_name(const crease_problem *p)
{
    return p->type->base.name;
}

/* --- targets ---------------------------------------------------------------------------------- */

static int check_classes(crease_problem *p, linear_targets targets, const crease_dataset *set)
{
    const char *name = problem_name(p);
    bool binary = targets == LINEAR_SIGNS;
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

static int check_counts(crease_problem *p, const crease_dataset *set)
{
    for (size_t i = 0; i < set->rows; i++) {
        if (set->target[i] >= 0) continue;
        return crease_fail(
            p->ctx, CREASE_EINVAL,
            "problem %s: row %zu of %.400s has the target %g, but counts are not negative",
            problem_name(p), i + 1, set->source, set->target[i]);
    }
    return CREASE_OK;
}

static int check_targets(crease_problem *p, linear_targets targets, linear_raw *raw)
{
    if (raw->train.rows == 0) {
        return crease_fail(p->ctx, CREASE_EINVAL, "problem %s: no rows in %.400s", problem_name(p),
                           raw->train.source);
    }
    if (targets == LINEAR_NUMBERS) return CREASE_OK;
    if (targets == LINEAR_COUNTS) {
        CREASE_TRY(check_counts(p, &raw->train));
        return check_counts(p, &raw->test);
    }
    CREASE_TRY(check_classes(p, targets, &raw->train));
    return match_classes(p, &raw->train, &raw->test);
}

static void take_targets(crease_dataset *set, linear_targets targets, linear_table *table)
{
    if (linear_targets_are_numbers(targets)) {
        table->target = set->target;
        set->target = NULL;
        return;
    }
    table->label = set->label;
    set->label = NULL;
    if (targets != LINEAR_SIGNS) return;
    for (size_t i = 0; i < set->rows; i++) table->label[i] = table->label[i] ? 1 : -1;
}

/* --- conversion ------------------------------------------------------------------------------- */

static int convert_dense(crease_problem *p, const crease_dataset *set, const linear_map *map,
                         crease_matrix *x)
{
    size_t real = p->backend->real_bytes, cols = set->cols;
    double *row = crease_alloc(p->ctx, cols, sizeof *row);
    char *out = crease_alloc(p->ctx, set->rows, cols * real);
    x->dense = out;
    for (size_t i = 0; row && out && i < set->rows; i++) {
        linear_map_dense_row(map, set, i, row);
        p->backend->from_host(cols, row, out + i * cols * real);
    }
    int code = row && out ? CREASE_OK : CREASE_ENOMEM;
    crease_release(p->ctx, row);
    return code;
}

/* Takes the places of the entries out of the set, and maps its values where they are. */
static int convert_sparse(crease_problem *p, crease_dataset *set, const linear_map *map,
                          crease_matrix *x)
{
    size_t entries = set->row_start[set->rows];
    void *out = crease_alloc(p->ctx, entries, p->backend->real_bytes);
    if (!out) return CREASE_ENOMEM;
    linear_map_sparse(map, set);
    p->backend->from_host(entries, set->value, out);
    x->value = out;
    x->row_start = set->row_start;
    x->col = set->col;
    set->row_start = NULL;
    set->col = NULL;
    return CREASE_OK;
}

static int convert(crease_problem *p, crease_dataset *set, const linear_map *map,
                   linear_targets targets, linear_table *table)
{
    table->x.rows = set->rows;
    table->x.cols = set->cols;
    take_targets(set, targets, table);
    CREASE_TRY(set->value ? convert_sparse(p, set, map, &table->x)
                          : convert_dense(p, set, map, &table->x));
    crease_dataset_free(p->ctx, set);
    return CREASE_OK;
}

/* --- all of it -------------------------------------------------------------------------------- */

static void describe(crease_problem *p, linear_targets targets, const linear_raw *raw)
{
    const crease_dataset *train = &raw->train, *test = &raw->test;
    char what[40] = "real targets";
    if (!linear_targets_are_numbers(targets))
        snprintf(what, sizeof what, "%zu classes", train->classes);
    int used = snprintf(p->source, sizeof p->source, "%.400s: %zu rows, %zu columns, %s", train->source,
                        train->rows, train->cols, what);
    if (test->rows && used > 0 && (size_t)used < sizeof p->source) {
        snprintf(p->source + used, sizeof p->source - (size_t)used, "; %zu test rows", test->rows);
    }
    crease_log(p->ctx, CREASE_LOG_INFO, "problem %s: data %s", problem_name(p), p->source);
}

static int prepare(crease_problem *p, linear_targets targets, bool certified, linear_raw *raw,
                   linear_map *map, linear_data *data)
{
    CREASE_TRY(linear_source_read(p, targets, certified, raw, data));
    CREASE_TRY(check_targets(p, targets, raw));
    if (raw->train.cols == 0 || raw->train.cols > INT_MAX || raw->train.rows > UINT32_MAX) {
        return crease_fail(p->ctx, CREASE_ERANGE, "problem %s: cannot take %zu rows of %zu columns",
                           problem_name(p), raw->train.rows, raw->train.cols);
    }
    CREASE_TRY(linear_map_make(p, &raw->train, map));
    describe(p, targets, raw);
    data->classes = linear_targets_are_numbers(targets) ? 0 : raw->train.classes;
    data->image_height = raw->train.image_height;
    data->image_width = raw->train.image_width;
    CREASE_TRY(convert(p, &raw->train, map, targets, &data->train));
    return raw->test.rows ? convert(p, &raw->test, map, targets, &data->test) : CREASE_OK;
}

int linear_data_load(crease_problem *p, linear_targets targets, bool certified, linear_data *data)
{
    linear_raw raw = { 0 };
    linear_map map = { 0 };
    int code = prepare(p, targets, certified, &raw, &map, data);
    linear_map_free(p->ctx, &map);
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
    crease_release(ctx, table->target);
}

void linear_data_free(crease_ctx *ctx, linear_data *data)
{
    free_table(ctx, &data->train);
    free_table(ctx, &data->test);
    crease_release(ctx, data->live);
    crease_release(ctx, data->solution);
}

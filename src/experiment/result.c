/* result.json of a run: how it ended and what its trace says. Everything but the ending is computed
 * from the trace file, so that a run that was resumed and one that was not have the same result. */
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "columns.h"
#include "result.h"

/* JSON has no NaN. */
static bool add_number(cJSON *object, const char *name, double x)
{
    return isfinite(x) ? cJSON_AddNumberToObject(object, name, x) != NULL
                       : cJSON_AddNullToObject(object, name) != NULL;
}

static bool add_text(cJSON *object, const char *name, const char *text)
{
    return cJSON_AddStringToObject(object, name, text) != NULL;
}

static double at(const crease_table *table, size_t row, size_t column)
{
    return table->values[row * table->columns + column];
}

/* The last row that has a value there. */
static double last_value(const crease_table *table, size_t column)
{
    for (size_t row = table->rows; row-- > 0;)
        if (!isnan(at(table, row, column))) return at(table, row, column);
    return NAN;
}

static bool add_range(cJSON *object, const char *name, const crease_table *table, size_t column,
                      size_t last)
{
    double low = NAN, high = NAN;
    for (size_t row = table->rows > last ? table->rows - last : 0; row < table->rows; row++) {
        low = fmin(low, at(table, row, column));
        high = fmax(high, at(table, row, column));
    }
    cJSON *range = cJSON_AddObjectToObject(object, name);
    return range && add_number(range, "low", low) && add_number(range, "high", high);
}

static bool add_course(cJSON *object, const crease_table *table, size_t column)
{
    double highest = NAN, epoch = NAN;
    size_t epochs = crease_table_find(table, crease_run_columns[CREASE_COLUMN_EPOCH].name);
    for (size_t row = 0; row < table->rows; row++) {
        double value = at(table, row, column);
        if (isnan(value) || value <= highest) continue;
        highest = value;
        epoch = at(table, row, epochs);
    }
    cJSON *course = cJSON_AddObjectToObject(object, table->names[column]);
    return course && add_number(course, "final", last_value(table, column))
           && add_number(course, "highest", highest) && add_number(course, "highest_epoch", epoch)
           && add_range(course, "last_tenth", table, column, (table->rows + 9) / 10)
           && add_range(course, "last_50_epochs", table, column, 50);
}

static bool add_columns_of(cJSON *result, const char *diagnostic, const crease_training *t,
                           const crease_table *table, bool course)
{
    cJSON *object = cJSON_AddObjectToObject(result, diagnostic);
    for (size_t i = 0; i < t->experiment->n_diagnostics; i++) {
        const crease_diagnostic_type *type = t->diagnostics[i]->type;
        if (strcmp(type->base.name, diagnostic) != 0) continue;
        for (const crease_column *c = type->columns; object && c->name; c++) {
            size_t column = crease_table_find(table, c->name);
            if (column == table->columns) continue;
            if (course ? !add_course(object, table, column)
                       : !add_number(object, c->name, last_value(table, column)))
                return false;
        }
    }
    return object != NULL;
}

static bool add_final(cJSON *result, const crease_table *table)
{
    cJSON *final = cJSON_AddObjectToObject(result, "final");
    for (size_t c = 0; final && c < table->columns; c++)
        if (!add_number(final, table->names[c], last_value(table, c))) return false;
    return final != NULL;
}

/* Over the epochs that have a value. */
static double mean(const crease_table *table, size_t column)
{
    double sum = 0;
    size_t n = 0;
    for (size_t row = 0; row < table->rows; row++) {
        double value = at(table, row, column);
        if (isnan(value)) continue;
        sum += value;
        n++;
    }
    return n ? sum / (double)n : (double)NAN;
}

static bool add_mean(cJSON *result, const crease_table *table)
{
    cJSON *object = cJSON_AddObjectToObject(result, "mean");
    for (size_t c = 0; object && c < table->columns; c++)
        if (!add_number(object, table->names[c], mean(table, c))) return false;
    return object != NULL;
}

static double largest(const crease_table *table, const char *name)
{
    size_t column = crease_table_find(table, name);
    double most = NAN;
    for (size_t row = 0; column < table->columns && row < table->rows; row++)
        most = fmax(most, at(table, row, column));
    return most;
}

static bool fill(cJSON *result, const crease_training *t, const crease_table *table)
{
    const crease_report *r = &t->report;
    size_t train_s = crease_table_find(table, crease_run_columns[CREASE_COLUMN_TRAIN_S].name);
    double seconds = train_s < table->columns ? last_value(table, train_s) : (double)NAN;
    return result && add_text(result, "algorithm", t->method->label)
           && add_number(result, "seed", (double)t->seed)
           && add_text(result, "outcome", crease_outcome_name(r->outcome))
           && add_text(result, "status", r->sentence)
           && add_number(result, "epochs", (double)table->rows)
           && add_number(result, "seconds_per_epoch", seconds / (double)table->rows)
           && add_number(result, CREASE_COLUMN_CERTIFICATE, largest(table, CREASE_COLUMN_CERTIFICATE))
           && add_final(result, table) && add_mean(result, table) && add_columns_of(result, "sparsity", t, table, true)
           && add_columns_of(result, "identification", t, table, false);
}

int crease_json_write(crease_ctx *ctx, const char *path, const cJSON *json)
{
    char *text = cJSON_Print(json);
    if (!text) return crease_fail(ctx, CREASE_ENOMEM, "out of memory while writing %s", path);
    size_t n = strlen(text);
    text[n] = '\n'; /* in the place of the NUL */
    int code = crease_file_write(ctx, path, text, n + 1);
    cJSON_free(text);
    return code;
}

int crease_result_write(const crease_training *t)
{
    crease_table table;
    crease_path path;
    CREASE_TRY(crease_table_read(t->ctx, t->trace.path, &table));
    cJSON *result = cJSON_CreateObject();
    int code = fill(result, t, &table)
                   ? crease_path_join(t->ctx, path, t->folder, "result.json")
                   : crease_fail(t->ctx, CREASE_ENOMEM, "out of memory while writing a result");
    if (code == CREASE_OK) code = crease_json_write(t->ctx, path, result);
    cJSON_Delete(result);
    crease_table_free(t->ctx, &table);
    return code;
}

int crease_result_read(crease_ctx *ctx, const char *folder, cJSON **result)
{
    crease_path path;
    size_t bytes;
    *result = NULL;
    CREASE_TRY(crease_path_join(ctx, path, folder, "result.json"));
    if (!crease_path_exists(path)) return CREASE_OK;
    char *text = crease_file_read(ctx, path, 1 << 24, &bytes);
    if (!text) return crease_ctx_error(ctx)->code;
    *result = cJSON_Parse(text);
    if (!*result) {
        const char *at_fault = cJSON_GetErrorPtr();
        crease_fail(ctx, CREASE_EPARSE, "%s is damaged at byte %ld", path,
                    at_fault && at_fault >= text ? (long)(at_fault - text) : 0L);
    }
    crease_release(ctx, text);
    return *result ? CREASE_OK : CREASE_EPARSE;
}

crease_outcome crease_result_outcome(const cJSON *result)
{
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(result, "outcome"));
    for (int o = CREASE_OUTCOME_RUNNING; name && o <= CREASE_OUTCOME_FAILED; o++)
        if (strcmp(crease_outcome_name((crease_outcome)o), name) == 0) return (crease_outcome)o;
    return CREASE_OUTCOME_RUNNING;
}

double crease_result_number(const cJSON *result, const char *section, const char *name)
{
    const cJSON *object = section ? cJSON_GetObjectItemCaseSensitive(result, section) : result;
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(item) ? item->valuedouble : (double)NAN;
}

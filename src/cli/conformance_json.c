/* The manifest of the conformance kit, a case a line. Numbers are written with the 17 digits that give
 * every double back; cJSON's own printing may be off in the last. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "conformance.h"

/* JSON has no infinity: "inf" as a string. NaN, a number that does not exist: null. */
static cJSON *make_number(double x)
{
    char text[40];
    if (isnan(x)) return cJSON_CreateNull();
    if (isinf(x)) return cJSON_CreateString(x > 0 ? "inf" : "-inf");
    int digits = 1; /* the shortest text of the number */
    do snprintf(text, sizeof text, "%.*g", digits, x);
    while (strtod(text, NULL) != x && digits++ < 17);
    if (x == floor(x) && fabs(x) < 1e9) snprintf(text, sizeof text, "%.0f", x); /* 10, not 1e+01 */
    return cJSON_CreateRaw(text);
}

static void add_number(cJSON *object, const char *name, double x)
{
    cJSON_AddItemToObject(object, name, make_number(x));
}

/* --- settings ------------------------------------------------------------------------------------ */

/* Per-entry settings lie in the order of the parts' entries; in the manifest they lie as x does. */
static cJSON *make_numbers(const crease_case *k, const crease_numbers *numbers)
{
    if (numbers->n == 1) return make_number(numbers->one);
    crease_term term = { k->psi, &k->groups, "x" };
    double at_entry[CASE_MOST_ENTRIES] = { 0 };
    size_t next = 0;
    for (size_t p = 0; p < crease_term_parts(&term); p++) {
        size_t n = crease_term_part(&term, p).n;
        for (size_t i = 0; i < n; i++) at_entry[crease_part_entry(&term, p, i)] = numbers->many[next++];
    }
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < k->n; i++) cJSON_AddItemToArray(array, make_number(at_entry[i]));
    return array;
}

static cJSON *make_setting(const crease_case *k, const crease_param *row)
{
    const void *field = (const char *)k->psi->opts + row->offset;
    const crease_list *list = field;
    cJSON *array;
    switch (row->kind) {
    case CREASE_PARAM_KIND_REAL:
        return make_number(*(const double *)field);
    case CREASE_PARAM_KIND_INT:
        return make_number((double)*(const long *)field);
    case CREASE_PARAM_KIND_BOOL:
        return cJSON_CreateBool(*(const bool *)field);
    case CREASE_PARAM_KIND_CHOICE:
        return cJSON_CreateString(row->choices[*(const int *)field]);
    case CREASE_PARAM_KIND_STRING:
        return cJSON_CreateString(field);
    case CREASE_PARAM_KIND_LIST:
        array = cJSON_CreateArray();
        for (size_t i = 0; i < list->n; i++) cJSON_AddItemToArray(array, make_number(list->v[i]));
        return array;
    case CREASE_PARAM_KIND_NUMBERS:
        return make_numbers(k, field);
    }
    return NULL;
}

static void add_settings(cJSON *object, const crease_case *k)
{
    cJSON *settings = cJSON_AddObjectToObject(object, "settings");
    for (const crease_param *row = k->type->base.params; row && row->name; row++)
        if (!row->of_oracle)
            cJSON_AddItemToObject(settings, row->name, make_setting(k, row));
    if (!cJSON_HasObjectItem(settings, "scale")) add_number(settings, "scale", k->psi->scale);
    if (!cJSON_HasObjectItem(settings, "ridge")) add_number(settings, "ridge", k->psi->ridge);
}

/* --- groups -------------------------------------------------------------------------------------- */

static void add_groups(cJSON *object, const crease_case *k)
{
    if (k->layout[0]) {
        cJSON_AddStringToObject(object, "groups", k->layout);
        return;
    }
    cJSON *all = cJSON_AddArrayToObject(object, "groups");
    for (size_t g = 0; g < k->groups.count; g++) {
        cJSON *group = cJSON_CreateArray();
        for (size_t i = 0; i < crease_group_size(&k->groups, g); i++)
            cJSON_AddItemToArray(group, make_number((double)crease_group_entry(&k->groups, g, i)));
        cJSON_AddItemToArray(all, group);
    }
}

static void add_weights(cJSON *object, const crease_case *k)
{
    if (!k->groups.weights) {
        add_number(object, "weights", k->groups.uniform_weight);
        return;
    }
    cJSON *all = cJSON_AddArrayToObject(object, "weights");
    for (size_t g = 0; g < k->groups.count; g++)
        cJSON_AddItemToArray(all, make_number(crease_group_weight(&k->groups, g)));
}

/* --- one case, one member ------------------------------------------------------------------------ */

/* Convex, and strongly so: every d here is > 0. */
static bool is_unique(const crease_case *k)
{
    return (k->type->flags & CREASE_CONVEX) && k->info.exact;
}

char *crease_case_json(const crease_case *k, size_t number, size_t start)
{
    char id[100];
    cJSON *object = cJSON_CreateObject();
    snprintf(id, sizeof id, "%s/%zu", k->type->base.name, number);
    cJSON_AddStringToObject(object, "id", id);
    add_number(object, "start", (double)start);
    add_number(object, "n", (double)k->n);
    cJSON_AddStringToObject(object, "metric", k->metric);
    add_number(object, "w", k->w);
    add_settings(object, k);
    add_groups(object, k);
    add_weights(object, k);
    add_number(object, "value", k->certificate.value);
    cJSON_AddBoolToObject(object, "exact", k->info.exact);
    cJSON_AddBoolToObject(object, "unique", is_unique(k));
    add_number(object, "gap", k->info.gap);
    cJSON *certificate = cJSON_AddObjectToObject(object, "certificate");
    add_number(certificate, "relative", k->certificate.relative);
    add_number(certificate, "absolute", k->certificate.absolute);
    add_number(certificate, "distance", k->certificate.distance);
    add_number(certificate, "duality_gap", k->certificate.gap);
    char *text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    return text;
}

char *crease_member_json(const crease_regularizer_type *type)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "name", type->base.name);
    cJSON_AddStringToObject(object, "summary", type->base.summary ? type->base.summary : "");
    cJSON_AddStringToObject(object, "formula", type->base.formula ? type->base.formula : "");
    cJSON_AddStringToObject(object, "source", type->base.source ? type->base.source : "");
    cJSON_AddBoolToObject(object, "convex", (type->flags & CREASE_CONVEX) != 0);
    cJSON_AddBoolToObject(object, "separable", (type->flags & CREASE_SEPARABLE) != 0);
    cJSON_AddBoolToObject(object, "coupled", (type->flags & CREASE_COUPLED) != 0);
    cJSON_AddBoolToObject(object, "constraint", (type->flags & CREASE_CONSTRAINT) != 0);
    char *text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    if (text) text[strlen(text) - 1] = '\0';
    return text;
}

/* Verdicts as JSON, with the histories that a picture needs. */
#include <math.h>
#include <string.h>

#include "identify.h"

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

static bool add_bool(cJSON *object, const char *name, bool value)
{
    return cJSON_AddBoolToObject(object, name, value) != NULL;
}

static size_t count_live(const crease_reference *r)
{
    size_t live = 0;
    for (size_t u = 0; u < r->units; u++) live += r->unit[u] != 0;
    return live;
}

static size_t count_tight(const crease_reference *r)
{
    size_t tight = 0;
    for (size_t u = 0; u < r->units; u++) tight += r->tight[u];
    return tight;
}

static bool add_reference(cJSON *json, const crease_identify *id)
{
    const crease_reference *r = &id->reference;
    if (!id->has_reference) return cJSON_AddNullToObject(json, "reference") != NULL;
    cJSON *o = cJSON_AddObjectToObject(json, "reference");
    return o && add_text(o, "file", id->reference_path) && add_text(o, "solver", r->solver)
           && add_text(o, "hash", r->hash) && add_number(o, "objective", r->objective)
           && add_number(o, "certificate", r->certificate) && add_number(o, "units", (double)r->units)
           && add_number(o, "live", (double)count_live(r))
           && add_number(o, "tight", (double)count_tight(r))
           && add_number(o, "decided", (double)id->decided) && add_number(o, "delta", r->delta)
           && add_number(o, "Delta", r->Delta) && add_bool(o, "unique", r->unique)
           && add_bool(o, "degenerate", r->degenerate) && add_number(o, "lipschitz", id->L)
           && add_number(o, "radius", id->radius);
}

static bool add_rate(cJSON *object, const char *name, const crease_rate *rate)
{
    cJSON *o = cJSON_AddObjectToObject(object, name);
    return o && add_number(o, "slope", rate->slope) && add_number(o, "low", rate->low)
           && add_number(o, "high", rate->high) && add_number(o, "points", (double)rate->points)
           && add_text(o, "reason", rate->reason);
}

static bool add_history(cJSON *object, const char *name, const double *values, size_t n)
{
    cJSON *array = values ? cJSON_CreateDoubleArray(values, (int)n) : cJSON_CreateArray();
    return array && cJSON_AddItemToObject(object, name, array);
}

/* 0 stands for none. */
static double or_none(double x)
{
    return x > 0 ? x : (double)NAN;
}

static bool add_places(cJSON *o, const crease_identify_run *run)
{
    return add_number(o, "first_hit_epoch", or_none(run->first_hit_epoch))
           && add_number(o, "last_exit_epoch", run->last_exit_epoch)
           && add_number(o, "first_hit_step", or_none(run->first_hit_step))
           && add_number(o, "last_exit_step", run->watched ? run->last_exit_step : (double)NAN)
           && add_number(o, "identified_epoch", run->identified_epoch)
           && add_number(o, "identified_step", run->identified_step)
           && add_number(o, "epochs_since", run->since)
           && add_number(o, "stable_since", or_none(run->stable_since))
           && add_number(o, "predicted_epoch", run->predicted_epoch);
}

static bool add_run(cJSON *runs, const crease_identify_run *run)
{
    cJSON *o = cJSON_CreateObject();
    if (!o || !cJSON_AddItemToArray(runs, o)) return false;
    return add_text(o, "algorithm", run->method->label) && add_number(o, "seed", (double)run->seed)
           && add_text(o, "outcome", run->outcome) && add_number(o, "epochs", (double)run->epochs)
           && add_text(o, "kind", crease_identify_kind_name(run->kind))
           && add_text(o, "verdict", run->verdict) && add_bool(o, "every_step", run->watched)
           && add_places(o, run) && add_rate(o, "objective_rate", &run->objective_rate)
           && add_rate(o, "distance_rate", &run->distance_rate)
           && add_rate(o, "early_rate", &run->early_rate)
           && add_history(o, "false_zero", run->false_zero, run->epochs)
           && add_history(o, "false_live", run->false_live, run->epochs)
           && add_history(o, "wrong", run->wrong, run->epochs);
}

cJSON *crease_identify_json(const crease_identify *id)
{
    cJSON *json = cJSON_CreateObject();
    bool whole = json && add_text(json, "name", id->experiment.name) && add_reference(json, id)
                 && add_text(json, "note", id->note);
    cJSON *runs = whole ? cJSON_AddArrayToObject(json, "runs") : NULL;
    whole = runs != NULL;
    for (size_t i = 0; i < id->n_runs && whole; i++) whole = add_run(runs, &id->runs[i]);
    if (whole) return json;
    cJSON_Delete(json);
    return NULL;
}

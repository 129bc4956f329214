/* summary.json: what was run, on what, and the results with their mean and standard deviation over
 * seeds. */
#include <cblas.h>
#include <gsl/gsl_statistics_double.h>
#include <gsl/gsl_version.h>
#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <yaml.h>
#include <zlib.h>

#include "config.h"
#include "folder.h"
#include "result.h"

/* --- versions and machine ----------------------------------------------------------------------- */

static bool add_text(cJSON *object, const char *name, const char *text)
{
    return cJSON_AddStringToObject(object, name, text) != NULL;
}

static bool add_versions(cJSON *summary)
{
    cJSON *v = cJSON_AddObjectToObject(summary, "versions");
    return v && add_text(v, "crease", PACKAGE_VERSION) && add_text(v, "openblas", openblas_get_config())
           && add_text(v, "gsl", gsl_version) && add_text(v, "hdf5", H5_VERS_INFO)
           && add_text(v, "libyaml", yaml_get_version_string()) && add_text(v, "cjson", cJSON_Version())
           && add_text(v, "zlib", zlibVersion());
}

/* "model name : X" of /proc/cpuinfo where there is one. */
static void processor_name(char *name, size_t size)
{
    char line[512];
    struct utsname system;
    snprintf(name, size, "%s", uname(&system) == 0 ? system.machine : "unknown");
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file && fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !colon) continue;
        line[strcspn(line, "\n")] = '\0';
        snprintf(name, size, "%s", colon + 2);
        break;
    }
    if (file) fclose(file);
}

static bool add_machine(cJSON *summary, const crease_jobs *jobs)
{
    char processor[512];
    cJSON *machine = cJSON_AddObjectToObject(summary, "machine");
    processor_name(processor, sizeof processor);
    return machine && add_text(machine, "processor", processor)
           && add_text(machine, "backend", jobs->problem->backend->name)
           && add_text(machine, "variant", jobs->problem->backend->variant);
}

static bool add_problem(cJSON *summary, const crease_problem *p)
{
    cJSON *problem = cJSON_AddObjectToObject(summary, "problem");
    cJSON *metrics = problem ? cJSON_AddObjectToObject(problem, "metrics") : NULL;
    for (size_t i = 0; metrics && i < p->n_metrics; i++)
        if (!add_text(metrics, p->metrics[i].name, p->metrics[i].doc)) return false;
    return metrics && add_text(problem, "type", p->type->base.name)
           && add_text(problem, "source", p->source)
           && cJSON_AddNumberToObject(problem, "rows", (double)p->rows)
           && cJSON_AddNumberToObject(problem, "parameters", (double)p->n);
}

/* --- mean and standard deviation over seeds ----------------------------------------------------- */

typedef struct sample {
    size_t n;
    const cJSON *items[CREASE_LIST_SIZE]; /* the same part of each seed's result */
} sample;

static sample descend(const sample *s, const char *name)
{
    sample below = { 0 };
    for (size_t i = 0; i < s->n; i++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(s->items[i], name);
        if (item) below.items[below.n++] = item;
    }
    return below;
}

static bool add_moments(cJSON *object, const char *name, const sample *s)
{
    double x[CREASE_LIST_SIZE];
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        if (cJSON_IsNumber(s->items[i])) x[n++] = s->items[i]->valuedouble;
    cJSON *moments = cJSON_AddObjectToObject(object, name);
    if (!moments) return false;
    cJSON *mean = n > 0 ? cJSON_AddNumberToObject(moments, "mean", gsl_stats_mean(x, 1, n))
                        : cJSON_AddNullToObject(moments, "mean");
    cJSON *sd = n > 1 ? cJSON_AddNumberToObject(moments, "sd", gsl_stats_sd(x, 1, n))
                      : cJSON_AddNullToObject(moments, "sd");
    return mean && sd;
}

/* Every number of the results, where it stands in them. */
static bool add_statistics(cJSON *object, const sample *s)
{
    const cJSON *part;
    cJSON_ArrayForEach(part, s->items[0])
    {
        sample below = descend(s, part->string);
        if (cJSON_IsObject(part)) {
            cJSON *section = cJSON_AddObjectToObject(object, part->string);
            if (!section || !add_statistics(section, &below)) return false;
        } else if (cJSON_IsNumber(part) || cJSON_IsNull(part)) {
            if (strcmp(part->string, "seed") != 0 && !add_moments(object, part->string, &below))
                return false;
        }
    }
    return true;
}

static bool add_algorithm(cJSON *algorithms, const cJSON *runs, const char *label)
{
    sample s = { 0 };
    const cJSON *run;
    cJSON_ArrayForEach(run, runs)
    {
        const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(run, "algorithm"));
        bool whole = crease_result_outcome(run) == CREASE_OUTCOME_FINISHED;
        if (whole && name && strcmp(name, label) == 0 && s.n < CREASE_LIST_SIZE) s.items[s.n++] = run;
    }
    cJSON *object = cJSON_CreateObject();
    if (!object || !cJSON_AddItemToArray(algorithms, object)) return false;
    return add_text(object, "algorithm", label)
           && cJSON_AddNumberToObject(object, "finished_runs", (double)s.n)
           && (s.n == 0 || add_statistics(object, &s));
}

/* --- the whole ---------------------------------------------------------------------------------- */

static int add_runs(cJSON *runs, const crease_jobs *jobs)
{
    crease_path folder;
    for (size_t i = 0; i < jobs->n; i++) {
        cJSON *result;
        CREASE_TRY(crease_run_folder(jobs->ctx, folder, jobs->folder, jobs->items[i].method,
                                     jobs->items[i].seed));
        CREASE_TRY(crease_result_read(jobs->ctx, folder, &result));
        if (result) cJSON_AddItemToArray(runs, result);
    }
    return CREASE_OK;
}

static bool add_head(cJSON *summary, const crease_jobs *jobs, const char *command)
{
    const crease_experiment *e = jobs->experiment;
    cJSON *seeds = cJSON_CreateDoubleArray(e->seeds.v, (int)e->seeds.n);
    return summary && add_text(summary, "name", e->name) && add_problem(summary, jobs->problem)
           && add_versions(summary) && add_machine(summary, jobs)
           && add_text(summary, "command", command) && cJSON_AddItemToObject(summary, "seeds", seeds);
}

static int fill(cJSON *summary, const crease_jobs *jobs, const char *command)
{
    bool whole = add_head(summary, jobs, command);
    cJSON *runs = whole ? cJSON_AddArrayToObject(summary, "runs") : NULL;
    if (runs) CREASE_TRY(add_runs(runs, jobs));
    cJSON *algorithms = runs ? cJSON_AddArrayToObject(summary, "algorithms") : NULL;
    whole = algorithms != NULL;
    for (size_t m = 0; whole && m < jobs->experiment->n_methods; m++)
        whole = add_algorithm(algorithms, runs, jobs->experiment->methods[m].label);
    return whole ? CREASE_OK
                 : crease_fail(jobs->ctx, CREASE_ENOMEM, "out of memory while writing the summary");
}

int crease_summary_write(const crease_jobs *jobs, const char *command)
{
    crease_path path;
    CREASE_TRY(crease_path_join(jobs->ctx, path, jobs->folder, "summary.json"));
    cJSON *summary = cJSON_CreateObject();
    int code = fill(summary, jobs, command);
    if (code == CREASE_OK) code = crease_json_write(jobs->ctx, path, summary);
    cJSON_Delete(summary);
    return code;
}

/* crease reference FILE.yaml: the problem of an experiment solved to rounding, its active manifold certified. */
#include <math.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "cli.h"
#include "experiment/reference.h"
#include "experiment/result.h"

typedef struct options {
    const char *file, *out, *data, *method, *check, *goal, *json;
    crease_texts settings;
    bool fresh, quiet;
    double wanted; /* the certificate that counts as reached */
} options;

static int parse(crease_ctx *ctx, int argc, char **argv, options *o)
{
    const crease_option table[] = {
        { .name = "out", .letter = 'o', .value = "FILE", .text = &o->out,
          .doc = "also write the reference here (it is always kept in the cache)" },
        { .name = "method", .value = "NAME:SETTINGS", .text = &o->method,
          .doc = "deterministic algorithm that solves it (default: prox_newton where it applies)" },
        { .name = "check", .value = "NAME:SETTINGS", .text = &o->check,
          .doc = "solve it once more by this algorithm and compare objective, predictions and structure" },
        { .name = "certificate", .value = "E", .text = &o->goal,
          .doc = "exit with status 1 unless the certificate is at most this (1e-11)" },
        { .name = "json", .value = "FILE", .text = &o->json, .doc = "write what is printed as JSON, too" },
        { .name = "set", .value = "KEY=VALUE", .texts = &o->settings,
          .doc = "change a setting of the file; may be given several times" },
        { .name = "data", .value = "DIR", .text = &o->data, .doc = "folder in which data are looked for first" },
        { .name = "fresh", .flag = &o->fresh, .doc = "solve it even if the cache has it" },
        { .name = "quiet", .letter = 'q', .flag = &o->quiet, .doc = "print errors alone" },
        { .name = NULL },
    };
    const crease_usage usage = {
        .synopsis = "crease reference FILE.yaml [--check METHOD] [--out FILE.h5]",
        .about = "Minimizes f + psi of an experiment, with its first regularizers and without its algorithms, until the\n"
                 "least subgradient is rounding, in double. The file holds the solution, the objective, the active manifold and\n"
                 "the margins it rests on. The cache knows it by problem, regularizers and data.",
        .options = table, .min_operands = 1, .max_operands = 1,
    };
    CREASE_TRY(crease_cli_parse(ctx, &usage, argc, argv, &o->file));
    o->wanted = 1e-11;
    return o->goal ? crease_cli_number(ctx, "--certificate", o->goal, 0, 1, &o->wanted) : CREASE_OK;
}

/* --- what is shown -------------------------------------------------------------------------------- */

static size_t count(const unsigned char *v, size_t n)
{
    size_t sum = 0;
    for (size_t i = 0; i < n; i++) sum += v[i];
    return sum;
}

static size_t live_units(const crease_reference *r)
{
    size_t live = 0;
    for (size_t u = 0; u < r->units; u++) live += isnan(r->margin[u].slack);
    return live;
}

static void print_verdict(const crease_reference *r)
{
    size_t tight = count(r->tight, r->units), live = live_units(r);
    printf("verdict      ");
    if (isnan(r->least_eigenvalue)) printf("uniqueness not examined");
    else if (r->unique) printf("unique");
    else printf("not unique: F is flat along the tight set; judge by that set and by predictions");
    if (r->degenerate && tight == live)
        printf("; degenerate: a live unit is zero but for rounding, no claim on the manifold\n");
    else if (r->degenerate)
        printf("; degenerate: %zu zero %s at the threshold, no claim on the manifold\n", tight - live,
               tight - live == 1 ? "unit is" : "units are");
    else
        printf("; nondegenerate\n");
}

static void print(const crease_reference *r, const char *path)
{
    printf("data         %s\n", r->source);
    printf("solved by    %s, %lu iterations, %.3g s\n", r->solver, r->iterations, r->seconds);
    printf("objective    %.17g\n", r->objective);
    printf("certificate  %.2e\n", r->certificate);
    printf("structure    %zu of %zu units live, %zu tight\n", live_units(r), r->units, count(r->tight, r->units));
    printf("margins      delta %.3e (zeros), Delta %.3e (live)\n", r->delta, r->Delta);
    printf("curvature    least %.3e, largest %.3e along the tight set\n", r->least_eigenvalue, r->largest_eigenvalue);
    print_verdict(r);
    printf("file         %s\n", path);
}

/* --- the second opinion --------------------------------------------------------------------------- */

/* Several numbers a row are logits, of which a common shift changes nothing: their mean is taken off. */
static void center_rows(size_t rows, size_t width, double *z)
{
    for (size_t i = 0; width > 1 && i < rows; i++) {
        double mean = 0;
        for (size_t k = 0; k < width; k++) mean += z[i * width + k] / (double)width;
        for (size_t k = 0; k < width; k++) z[i * width + k] -= mean;
    }
}

static double prediction_difference(crease_problem *p, const crease_reference *a, const crease_reference *b)
{
    size_t n = p->rows * p->row_width;
    double *z = crease_alloc(p->ctx, 2 * n, sizeof *z), largest = NAN, scale = 0;
    void *x = crease_alloc(p->ctx, p->n, p->backend->real_bytes);
    bool fine = z && x && n > 0 && p->type->predict;
    const crease_reference *both[] = { a, b };
    for (int i = 0; fine && i < 2; i++) {
        p->backend->from_host(p->n, both[i]->x, x);
        fine = p->type->predict(p, x, z + (size_t)i * n) == CREASE_OK;
        center_rows(p->rows, p->row_width, z + (size_t)i * n);
    }
    if (fine) largest = 0;
    for (size_t i = 0; fine && i < n; i++) {
        largest = fmax(largest, fabs(z[i] - z[n + i]));
        scale = fmax(scale, fabs(z[i]));
    }
    crease_release(p->ctx, z);
    crease_release(p->ctx, x);
    return largest / fmax(scale, 1);
}

/* How far a second solution is from the first. */
typedef struct agreement {
    crease_reference other;
    double objective, predictions; /* relative differences */
    size_t tight;                  /* units in which the tight sets differ */
} agreement;

static int compare(crease_problem *p, const crease_term_specs *specs, const char *method, const crease_reference *r,
                   agreement *a)
{
    crease_term_set set;
    CREASE_TRY(crease_terms_build(p->ctx, specs, p, &set));
    const crease_reference_plan plan = { method, CREASE_REFERENCE_GOAL, 200000 };
    int code = crease_reference_solve(p, &set, &plan, NULL, &a->other);
    crease_terms_free(p->ctx, &set);
    CREASE_TRY(code);
    a->objective = fabs(a->other.objective - r->objective) / fmax(fabs(r->objective), 1e-300);
    a->predictions = prediction_difference(p, r, &a->other);
    for (size_t u = 0; u < r->units; u++) a->tight += r->tight[u] != a->other.tight[u];
    return CREASE_OK;
}

static void print_agreement(const agreement *a)
{
    printf("check        %s: %lu iterations, %.3g s, certificate %.2e; objective differs by %.1e, predictions by "
           "%.1e, the tight set in %zu units\n", a->other.solver, a->other.iterations, a->other.seconds,
           a->other.certificate, a->objective, a->predictions, a->tight);
}

static bool agrees(const agreement *a)
{
    return a->objective <= 1e-12 && a->tight == 0;
}

/* --- as JSON -------------------------------------------------------------------------------------- */

static void add_number(cJSON *object, const char *name, double x)
{
    if (isfinite(x)) cJSON_AddNumberToObject(object, name, x);
    else cJSON_AddNullToObject(object, name);
}

static void add_reference(cJSON *object, const crease_reference *r)
{
    cJSON_AddStringToObject(object, "method", r->solver);
    add_number(object, "iterations", (double)r->iterations);
    add_number(object, "seconds", r->seconds);
    add_number(object, "objective", r->objective);
    add_number(object, "certificate", r->certificate);
    add_number(object, "units", (double)r->units);
    add_number(object, "live", (double)live_units(r));
    add_number(object, "tight", (double)count(r->tight, r->units));
    add_number(object, "delta", r->delta);
    add_number(object, "Delta", r->Delta);
    add_number(object, "least_eigenvalue", r->least_eigenvalue);
    add_number(object, "largest_eigenvalue", r->largest_eigenvalue);
    cJSON_AddBoolToObject(object, "unique", r->unique);
    cJSON_AddBoolToObject(object, "degenerate", r->degenerate);
}

static int write_json(crease_ctx *ctx, const char *file, const crease_reference *r, const agreement *a,
                      const char *path)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "data", r->source);
    cJSON_AddStringToObject(json, "file", path);
    add_reference(json, r);
    if (a) {
        cJSON *check = cJSON_AddObjectToObject(json, "check");
        add_reference(check, &a->other);
        add_number(check, "objective_difference", a->objective);
        add_number(check, "prediction_difference", a->predictions);
        add_number(check, "tight_difference", (double)a->tight);
    }
    int code = crease_json_write(ctx, file, json);
    cJSON_Delete(json);
    return code;
}

/* --- the command ---------------------------------------------------------------------------------- */

static int report(crease_problem *p, const crease_term_specs *specs, const options *o, const crease_reference *r,
                  const char *path)
{
    agreement a = { 0 };
    int code = o->out ? crease_reference_write(p->ctx, o->out, r) : CREASE_OK;
    if (code == CREASE_OK && !o->quiet) print(r, path);
    if (code == CREASE_OK && o->check) code = compare(p, specs, o->check, r, &a);
    if (code == CREASE_OK && o->check && !o->quiet) print_agreement(&a);
    if (code == CREASE_OK && o->json) code = write_json(p->ctx, o->json, r, o->check ? &a : NULL, path);
    crease_reference_free(p->ctx, &a.other);
    CREASE_TRY(code);
    if (o->check && !agrees(&a))
        return crease_fail(p->ctx, CREASE_ESHORT, "%s and %s do not agree", r->solver, o->check);
    if (r->certificate <= o->wanted) return CREASE_OK;
    return crease_fail(p->ctx, CREASE_ESHORT, "the certificate is %.2e, above %.2e", r->certificate, o->wanted);
}

static int find(const crease_experiment *e, crease_problem *p, const options *o)
{
    const crease_term_specs *specs = e->regularizers.n ? &e->regularizers : &e->methods[0].regularizers;
    const crease_reference_plan plan = { o->method, CREASE_REFERENCE_GOAL, 200000 };
    crease_reference r;
    crease_path path;
    CREASE_TRY(crease_reference_find(e, specs, p, o->method ? &plan : NULL, o->fresh || o->method, &r, path));
    int code = report(p, specs, o, &r, path);
    crease_reference_free(e->ctx, &r);
    return code;
}

int crease_cmd_reference(crease_ctx *ctx, int argc, char **argv)
{
    options o = { 0 };
    crease_experiment e;
    crease_problem *problem = NULL;
    CREASE_TRY(parse(ctx, argc, argv, &o));
    if (o.data) CREASE_TRY(crease_data_set_folder(ctx, o.data));
    crease_ctx_set_logger(ctx, NULL, NULL);
    CREASE_TRY(crease_experiment_read(ctx, o.file, o.settings.v, o.settings.n, &e));
    snprintf(e.backend, sizeof e.backend, "cpu-f64"); /* whatever the experiment runs in */
    int code = crease_experiment_load_problem(&e, &problem);
    if (code == CREASE_OK) code = find(&e, problem, &o);
    crease_problem_free(problem);
    crease_experiment_free(&e);
    return code;
}

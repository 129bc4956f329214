/* What "crease solve" prints. A number that does not exist, such as a gap, is "none", in JSON null. */
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "solve.h"

static void print_number(const char *label, double x)
{
    if (isnan(x))
        printf("%s none", label);
    else
        printf("%s %.3g", label, x);
}

/* --- what it is ------------------------------------------------------------------------------- */

static void print_settings(const crease_replay *r)
{
    const crease_regularizer *psi = r->capture->psi;
    char text[200];
    for (const crease_param *p = psi->type->base.params; p && p->name; p++) {
        crease_param_print(p, psi->opts, text, sizeof text);
        if (p->kind == CREASE_PARAM_KIND_NUMBERS && strlen(text) > 40) strcpy(text + 30, " ...]");
        printf(" %s=%s", p->name, text);
    }
    if (psi->scale != 1) printf(" scale=%.6g", psi->scale);
    if (psi->ridge != 0) printf(" ridge=%.6g", psi->ridge);
}

static void print_problem(const crease_replay *r)
{
    const crease_capture *k = r->capture;
    printf("captured     step %lu of %s%s%s, seed %lu, problem %s, term %lu on %s\n", k->p.step,
           *k->algorithm ? k->algorithm : "an unnamed algorithm",
           strcmp(k->label, k->algorithm) ? " as " : "", strcmp(k->label, k->algorithm) ? k->label : "",
           k->seed, *k->problem ? k->problem : "unnamed", k->term,
           *k->block ? k->block : "an unnamed block");
    printf("regularizer  %s", k->psi->type->base.name);
    print_settings(r);
    printf(", w=%.6g\n", r->p.w);
    printf("size         %zu entries in %zu groups; metric %s, condition %.3g; %s", r->p.n,
           k->groups.count, r->p.d ? "diagonal" : "scalar", r->condition, r->p.backend->name);
    printf("%s\n",
           k->stored_bytes == r->p.backend->real_bytes ? "" : ", stored in the other precision");
    printf("start        Q %.3g above that of the answer, at distance %.3g; certificate %.3g; %zu live "
           "groups\n",
           r->start.value - r->certificate.value, r->start_distance, r->start.relative, r->start_live);
}

/* --- how it went ------------------------------------------------------------------------------ */

static void print_outcome(const crease_replay *r)
{
    const crease_solve_info *info = &r->info;
    const crease_certificate *c = &r->certificate;
    printf("solver       %s%s%s\n", r->solver_text, r->stopping ? ", stop " : "",
           r->stopping ? r->stop_text : "");
    printf("outcome      %s", crease_stop_name(info->stop));
    if (r->stopping)
        printf(": tested %.3g, not to exceed %.3g", info->tested, info->threshold);
    else if (!info->exact)
        printf(": inexact, Q above the least by at most %.3g", info->gap);
    printf("\nwork         %u iterations (mean over live groups %.3g), %zu proximal maps, %zu metric "
           "products, %.3g "
           "ms\n",
           info->iterations, info->mean_iterations, info->proxes, info->products, r->elapsed_ms);
    printf("value        %.17g\n", c->value);
    print_number("certificate  relative", c->relative);
    print_number(", absolute", c->absolute);
    print_number(", distance to the solution at most", c->distance);
    print_number(", duality gap", c->gap);
    printf("\ngroups       %zu live, %zu zero\n", r->last.live_groups,
           r->capture->groups.count - r->last.live_groups);
}

static const char *signature_word(const crease_replay *r, const crease_solve_row *row)
{
    if (r->units == 0) return "-";
    return crease_replay_has_final_signature(r, row) ? "yes" : "no";
}

static void print_table(const crease_replay *r)
{
    if (r->n_rows == 0) return;
    printf("\n%9s %11s %11s %11s %11s %11s  %s\n", "iteration", "ms", "Q - Q_best", "certificate",
           "gap", "live groups", "final structure");
    for (size_t i = 0; i < r->n_rows; i++) {
        const crease_solve_row *row = &r->rows[i];
        if (!crease_replay_shows(r, i)) continue;
        printf("%9u %11.3f %11.3g %11.3g ", row->j, row->elapsed_ms, row->value - r->best,
               row->certificate);
        if (isnan(row->gap))
            printf("%11s", "none");
        else
            printf("%11.3g", row->gap);
        printf(" %11zu  %s\n", row->live_groups, signature_word(r, row));
    }
    printf("Q_best is the least value known: of the answer, of these iterates, of the exact solver.\n");
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void add_problem(cJSON *root, const crease_replay *r)
{
    const crease_capture *k = r->capture;
    cJSON *object = cJSON_AddObjectToObject(root, "captured");
    cJSON_AddStringToObject(object, "problem", k->problem);
    cJSON_AddStringToObject(object, "label", k->label);
    cJSON_AddStringToObject(object, "algorithm", k->algorithm);
    cJSON_AddStringToObject(object, "block", k->block);
    cJSON_AddNumberToObject(object, "seed", (double)k->seed);
    cJSON_AddNumberToObject(object, "term", (double)k->term);
    cJSON_AddNumberToObject(object, "step", (double)k->p.step);
    cJSON_AddStringToObject(root, "regularizer", k->psi->type->base.name);
    cJSON_AddNumberToObject(root, "w", r->p.w);
    cJSON_AddNumberToObject(root, "n", (double)r->p.n);
    cJSON_AddNumberToObject(root, "groups", (double)k->groups.count);
    cJSON_AddStringToObject(root, "metric", r->p.d ? "diagonal" : "scalar");
    cJSON_AddNumberToObject(root, "condition", r->condition);
    cJSON_AddStringToObject(root, "backend", r->p.backend->name);
    object = cJSON_AddObjectToObject(root, "start");
    cJSON_AddNumberToObject(object, "value", r->start.value);
    cJSON_AddNumberToObject(object, "certificate", r->start.relative);
    cJSON_AddNumberToObject(object, "distance", r->start_distance);
    cJSON_AddNumberToObject(object, "live_groups", (double)r->start_live);
}

static void add_outcome(cJSON *root, const crease_replay *r)
{
    const crease_solve_info *info = &r->info;
    cJSON_AddStringToObject(root, "solver", r->solver_text);
    if (r->stopping) cJSON_AddStringToObject(root, "stopping", r->stop_text);
    cJSON_AddStringToObject(root, "stop", crease_stop_name(info->stop));
    cJSON_AddNumberToObject(root, "tested", r->stopping ? info->tested : (double)NAN);
    cJSON_AddNumberToObject(root, "threshold", r->stopping ? info->threshold : (double)NAN);
    cJSON_AddNumberToObject(root, "iterations", info->iterations);
    cJSON_AddNumberToObject(root, "mean_iterations", info->mean_iterations);
    cJSON_AddNumberToObject(root, "proxes", (double)info->proxes);
    cJSON_AddNumberToObject(root, "products", (double)info->products);
    cJSON_AddNumberToObject(root, "elapsed_ms", r->elapsed_ms);
    cJSON_AddBoolToObject(root, "exact", info->exact);
    cJSON_AddNumberToObject(root, "value", r->certificate.value);
    cJSON *object = cJSON_AddObjectToObject(root, "certificate");
    cJSON_AddNumberToObject(object, "relative", r->certificate.relative);
    cJSON_AddNumberToObject(object, "absolute", r->certificate.absolute);
    cJSON_AddNumberToObject(object, "distance", r->certificate.distance);
    cJSON_AddNumberToObject(object, "gap", r->certificate.gap);
    cJSON_AddNumberToObject(root, "live_groups", (double)r->last.live_groups);
    cJSON_AddNumberToObject(root, "zero_groups",
                            (double)(r->capture->groups.count - r->last.live_groups));
}

static void add_table(cJSON *root, const crease_replay *r)
{
    cJSON *table = cJSON_AddArrayToObject(root, "table");
    for (size_t i = 0; i < r->n_rows; i++) {
        const crease_solve_row *row = &r->rows[i];
        if (!crease_replay_shows(r, i)) continue;
        cJSON *object = cJSON_CreateObject();
        cJSON_AddItemToArray(table, object);
        cJSON_AddNumberToObject(object, "iteration", row->j);
        cJSON_AddNumberToObject(object, "elapsed_ms", row->elapsed_ms);
        cJSON_AddNumberToObject(object, "above_best", row->value - r->best);
        cJSON_AddNumberToObject(object, "certificate", row->certificate);
        cJSON_AddNumberToObject(object, "gap", row->gap);
        cJSON_AddNumberToObject(object, "live_groups", (double)row->live_groups);
        if (r->units)
            cJSON_AddBoolToObject(object, "final_structure", crease_replay_has_final_signature(r, row));
    }
}

static int print_json(const crease_replay *r)
{
    cJSON *root = cJSON_CreateObject();
    add_problem(root, r);
    add_outcome(root, r);
    add_table(root, r);
    char *text = cJSON_Print(root);
    cJSON_Delete(root);
    if (!text) return crease_fail(r->ctx, CREASE_ENOMEM, "out of memory while writing JSON");
    puts(text);
    cJSON_free(text);
    return CREASE_OK;
}

int crease_replay_report(const crease_replay *r)
{
    if (r->json) return print_json(r);
    print_problem(r);
    print_outcome(r);
    print_table(r);
    return CREASE_OK;
}

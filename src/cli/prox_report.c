/* What "crease prox" prints. A number that does not exist, such as a gap, is "none", in JSON null.
 */
#include <math.h>

#include "prox.h"

enum { MOST_UNITS_SHOWN = 64, MOST_ENTRIES_SHOWN = 20 };

static void print_number(const char *label, double x)
{
    if (isnan(x))
        printf("%s none", label);
    else
        printf("%s %.3g", label, x);
}

static void print_signature(const crease_prox *p)
{
    size_t live = 0;
    if (p->units == 0) return;
    for (size_t i = 0; i < p->units; i++) live += p->signature[i] != 0;
    printf("signature    ");
    if (p->units <= MOST_UNITS_SHOWN)
        for (size_t i = 0; i < p->units; i++)
            putchar(p->signature[i] < 10 ? (char)('0' + p->signature[i]) : '+');
    printf("%s%zu live of %zu units%s\n", p->units <= MOST_UNITS_SHOWN ? " (" : "", live, p->units,
           p->units <= MOST_UNITS_SHOWN ? ")" : "; --json prints it");
    printf("manifold     of dimension %zu: %s\n", p->dimension, p->psi->type->manifold);
}

static void print_text(const crease_prox *p)
{
    const crease_certificate *c = &p->certificate;
    printf("value        %.17g\n", c->value);
    print_number("certificate  relative", c->relative);
    print_number(", absolute", c->absolute);
    print_number(", distance to the solution at most", c->distance);
    print_number(", duality gap", c->gap);
    printf("\niterations   %u (stopped: %s; %s, %s)\n", p->info.iterations,
           crease_stop_name(p->info.stop), p->solver->type->base.name, p->backend_name);
    if (!p->info.exact)
        print_number("exact        no: the objective is above the least by at most", p->info.gap),
            printf("\n");
    printf("groups       %zu live, %zu zero\n", p->live_groups, p->groups.count - p->live_groups);
    print_signature(p);
    if (p->output || p->z.n > MOST_ENTRIES_SHOWN) return;
    int digits = p->problem.backend->real_bytes == sizeof(float) ? 9 : 17;
    printf("x           ");
    for (size_t i = 0; i < p->z.n; i++) printf(" %.*g", digits, p->answer[i]);
    printf("\n");
}

static void add_certificate(cJSON *root, const crease_certificate *c)
{
    cJSON *object = cJSON_AddObjectToObject(root, "certificate");
    cJSON_AddNumberToObject(object, "relative", c->relative);
    cJSON_AddNumberToObject(object, "absolute", c->absolute);
    cJSON_AddNumberToObject(object, "distance", c->distance);
    cJSON_AddNumberToObject(object, "gap", c->gap);
    cJSON_AddNumberToObject(object, "worst_group", (double)c->worst_group);
}

static void add_solver(cJSON *root, const crease_prox *p)
{
    cJSON_AddStringToObject(root, "solver", p->solver->type->base.name);
    cJSON_AddStringToObject(root, "backend", p->backend_name);
    cJSON_AddNumberToObject(root, "iterations", p->info.iterations);
    cJSON_AddNumberToObject(root, "mean_iterations", p->info.mean_iterations);
    cJSON_AddStringToObject(root, "stop", crease_stop_name(p->info.stop));
    cJSON_AddNumberToObject(root, "bound", p->info.bound);
    cJSON_AddBoolToObject(root, "exact", p->info.exact);
    if (!p->info.exact) cJSON_AddNumberToObject(root, "proven_gap", p->info.gap);
}

static cJSON *make_json(const crease_prox *p)
{
    cJSON *root = cJSON_CreateObject(), *array;
    cJSON_AddStringToObject(root, "regularizer", p->regularizer);
    array = cJSON_AddArrayToObject(root, "shape");
    for (unsigned k = 0; k < p->z.rank; k++)
        cJSON_AddItemToArray(array, cJSON_CreateNumber((double)p->z.shape[k]));
    cJSON_AddNumberToObject(root, "value", p->certificate.value);
    add_certificate(root, &p->certificate);
    add_solver(root, p);
    cJSON_AddNumberToObject(root, "groups", (double)p->groups.count);
    cJSON_AddNumberToObject(root, "live_groups", (double)p->live_groups);
    cJSON_AddNumberToObject(root, "zero_groups", (double)(p->groups.count - p->live_groups));
    array = cJSON_AddArrayToObject(root, "signature");
    for (size_t i = 0; i < p->units; i++)
        cJSON_AddItemToArray(array, cJSON_CreateNumber(p->signature[i]));
    cJSON_AddNumberToObject(root, "dimension", (double)p->dimension);
    if (p->output) cJSON_AddStringToObject(root, "output", p->output);
    return root;
}

int crease_prox_report(const crease_prox *p)
{
    if (!p->json) {
        print_text(p);
        return p->explain ? crease_prox_explain(p, NULL) : CREASE_OK;
    }
    cJSON *root = make_json(p);
    int code = p->explain ? crease_prox_explain(p, cJSON_AddArrayToObject(root, "explain")) : CREASE_OK;
    if (code != CREASE_OK) {
        cJSON_Delete(root);
        return code;
    }
    char *text = cJSON_Print(root);
    cJSON_Delete(root);
    if (!text) return crease_fail(p->ctx, CREASE_ENOMEM, "out of memory while writing JSON");
    puts(text);
    cJSON_free(text);
    return CREASE_OK;
}

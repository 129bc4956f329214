/* crease prox --explain: why each part of the answer has the structure it has. What holds its units and
 * by how much, how far the input is from another structure, and which change of lambda would bring one.
 * All of it is measured: margins from the gradient at the answer, changes of lambda by asking the
 * oracle again.                 */
#include <math.h>
#include <string.h>

#include "prox.h"

enum { MOST_UNITS_SHOWN = 8, HALVINGS = 60 };

/* One part of the answer. */
typedef struct {
    const crease_prox *p;
    crease_term term;
    size_t k; /* its number */
    crease_part part;
    size_t units;
    double *c, *d, *x, *h, *other; /* h = Dx - c */
    const crease_unit *unit;
    crease_unit *other_unit;
    crease_margin *margin;
    double radius;   /* NAN: none stated */
    double down, up; /* factors on lambda at which the structure changes; NAN: none within reach */
} view;

static void load(view *v, const double *c, const double *d)
{
    for (size_t i = 0; i < v->part.n; i++) {
        size_t at = crease_part_entry(&v->term, v->k, i);
        v->c[i] = c[at];
        v->d[i] = d ? d[at] : v->p->problem.scalar;
        v->x[i] = v->p->answer[at];
        v->h[i] = v->d[i] * v->x[i] - v->c[i];
    }
}

/* --- what change of lambda alters the structure?
 * ------------------------------------------------------ */

static bool changes_at(view *v, double factor)
{
    crease_prox_info info = { .unit = v->other_unit };
    const crease_regularizer *psi = v->p->psi;
    int code = crease_part_prox(psi, &v->part, v->c, v->d, v->p->problem.w * factor, v->other, &info);
    if (code != CREASE_OK) return true;
    if (!(psi->type->flags & CREASE_UNIT_HIDDEN))
        crease_part_signature(psi, &v->part, v->other, v->other_unit);
    return memcmp(v->unit, v->other_unit, v->units * sizeof *v->unit) != 0;
}

/* The first change on the way from lambda to lambda exp(20 sign), on a scale that starts fine. */
static double find_change(view *v, int sign)
{
    double kept = 0, changed = 1e-6;
    for (; !changes_at(v, exp(sign * changed)); changed *= 2) {
        kept = changed;
        if (changed > 20) return NAN;
    }
    for (int k = 0; k < HALVINGS; k++) {
        double middle = kept + (changed - kept) / 2;
        if (changes_at(v, exp(sign * middle)))
            changed = middle;
        else
            kept = middle;
    }
    return exp(sign * changed);
}

static void study(view *v, const double *c, const double *d)
{
    const crease_regularizer *psi = v->p->psi;
    load(v, c, d);
    crease_part_margins(psi, &v->part, v->x, v->h, v->p->problem.w, v->margin);
    v->radius = crease_part_radius(psi, &v->part, v->c, v->d, v->p->problem.w, v->x);
    bool asked = !(psi->type->flags & CREASE_CONSTRAINT) && v->p->problem.w > 0 && v->p->info.exact;
    v->down = asked ? find_change(v, -1) : NAN;
    v->up = asked ? find_change(v, 1) : NAN;
}

/* --- in words
 * ------------------------------------------------------------------------------------------ */

/* At a constraint: also the upper bound of a box, whose code is not 0. */
static bool is_held(const view *v, size_t u)
{
    return v->unit[u] == 0 || !isnan(v->margin[u].slack);
}

static const char *state_of(const view *v, size_t u)
{
    bool entries = v->units == v->part.n, is_zero = v->units == 1;
    for (size_t i = 0; is_zero && i < v->part.n; i++) is_zero = v->x[i] == 0;
    if (entries && v->x[u] == 0) is_zero = true;
    if (is_held(v, u)) return is_zero ? "zero" : "held";
    return entries || v->units == 1 ? "live" : "free";
}

static void print_unit(const view *v, size_t u)
{
    const crease_margin *m = &v->margin[u];
    printf("  ");
    if (v->units > 1) printf("unit %zu: ", u);
    printf("%s", state_of(v, u));
    if (!isnan(m->slack) && m->threshold > 0)
        printf(", %.4g against the threshold %.4g (multiplier %.4g): %.4g to spare",
               m->threshold - m->slack, m->threshold, 1 - m->slack / m->threshold, m->slack);
    else if (!isnan(m->slack))
        printf(", %.4g to spare", m->slack);
    else if (!isnan(m->size))
        printf(", of size %.4g", m->size);
    printf("\n");
}

static void print_changes(const view *v)
{
    if (v->p->psi->type->flags & CREASE_CONSTRAINT) {
        printf("  a constraint: no lambda plays a part\n");
    } else if (isnan(v->down) && isnan(v->up)) {
        printf("  keeps its structure whatever lambda is multiplied by, up to 1e8\n");
    } else {
        printf("  changes its structure when lambda is multiplied by");
        if (!isnan(v->down)) printf(" less than %.4g", v->down);
        if (!isnan(v->up)) printf("%s more than %.4g", isnan(v->down) ? "" : " or", v->up);
        printf("\n");
    }
    if (!isnan(v->radius)) printf("  keeps it while c changes by less than %.4g\n", v->radius);
}

static void print_part(const view *v)
{
    size_t active = 0;
    for (size_t u = 0; u < v->units; u++) active += is_held(v, u);
    printf("group %zu (%zu entries)", v->k, v->part.n);
    if (v->units > 1) printf(": %zu of %zu units held", active, v->units);
    printf("\n");
    for (size_t u = 0; u < v->units && u < MOST_UNITS_SHOWN; u++) print_unit(v, u);
    if (v->units > MOST_UNITS_SHOWN) printf("  ... and %zu units more\n", v->units - MOST_UNITS_SHOWN);
    if (v->units > 0) print_changes(v);
}

/* --- as JSON
 * ------------------------------------------------------------------------------------------- */

static void add_number(cJSON *object, const char *name, double x)
{
    if (isfinite(x))
        cJSON_AddNumberToObject(object, name, x);
    else
        cJSON_AddNullToObject(object, name);
}

static void add_part(const view *v, cJSON *list)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddItemToArray(list, object);
    cJSON_AddNumberToObject(object, "group", (double)v->k);
    cJSON_AddNumberToObject(object, "entries", (double)v->part.n);
    add_number(object, "radius", v->radius);
    add_number(object, "lambda_factor_below", v->down);
    add_number(object, "lambda_factor_above", v->up);
    cJSON *units = cJSON_AddArrayToObject(object, "units");
    for (size_t u = 0; u < v->units; u++) {
        cJSON *unit = cJSON_CreateObject();
        cJSON_AddItemToArray(units, unit);
        cJSON_AddStringToObject(unit, "state", state_of(v, u));
        add_number(unit, "slack", v->margin[u].slack);
        add_number(unit, "threshold", v->margin[u].threshold > 0 ? v->margin[u].threshold : NAN);
        add_number(unit, "size", v->margin[u].size);
    }
}

/* --- all of them
 * ----------------------------------------------------------------------------------------- */

static int explain_parts(view *v, const double *c, const double *d, cJSON *list)
{
    const crease_prox *p = v->p;
    size_t parts = crease_term_parts(&v->term);
    void *work = v->part.work;
    for (v->k = 0; v->k < parts && v->k < p->explained; v->k++) {
        v->part = crease_term_part(&v->term, v->k);
        v->part.work = work;
        v->part.roundoff = p->problem.backend->roundoff;
        v->units = crease_part_units(p->psi, &v->part);
        study(v, c, d);
        if (list)
            add_part(v, list);
        else
            print_part(v);
        v->unit += v->units;
    }
    if (!list && v->k < parts)
        printf("... and %zu groups more; --first says how many are explained\n", parts - v->k);
    return CREASE_OK;
}

/* c and d of the problem as the backend stores them, on the host. */
static int load_host(const crease_prox *p, double **c, double **d)
{
    const crease_subproblem *q = &p->problem;
    *d = NULL;
    if (!(*c = crease_alloc(p->ctx, q->n, sizeof **c))) return CREASE_ENOMEM;
    q->backend->to_host(q->n, q->c, *c);
    if (!q->d) return CREASE_OK;
    if (!(*d = crease_alloc(p->ctx, q->n, sizeof **d))) return CREASE_ENOMEM;
    q->backend->to_host(q->n, q->d, *d);
    return CREASE_OK;
}

int crease_prox_explain(const crease_prox *p, cJSON *list)
{
    view v = { .p = p, .term = { p->psi, &p->groups, "x" }, .unit = p->signature };
    size_t n = crease_term_largest(&v.term), units = p->units + 1;
    double *c = NULL, *d = NULL, *entries = crease_alloc(p->ctx, 5 * n, sizeof *entries);
    v.part.work = crease_alloc(p->ctx, crease_term_work(&v.term), sizeof(double));
    v.margin = crease_alloc(p->ctx, units, sizeof *v.margin);
    v.other_unit = crease_alloc(p->ctx, units, sizeof *v.other_unit);
    void *own[] = { entries, v.part.work, v.margin, v.other_unit };
    int code =
        entries && v.part.work && v.margin && v.other_unit ? load_host(p, &c, &d) : CREASE_ENOMEM;
    if (code == CREASE_OK) {
        v.c = entries;
        v.d = entries + n;
        v.x = entries + 2 * n;
        v.h = entries + 3 * n;
        v.other = entries + 4 * n;
        code = explain_parts(&v, c, d, list);
    }
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) crease_release(p->ctx, own[i]);
    crease_release(p->ctx, c);
    crease_release(p->ctx, d);
    return code;
}

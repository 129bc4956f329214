/* Outer method objects, stages, and the default step. */
#include "crease/algorithm.h"

#include <math.h>
#include <string.h>

#include "engine.h"

crease_algorithm *crease_algorithm_create(crease_ctx *ctx, const char *name, const crease_backend *backend)
{
    const crease_type *type = crease_lookup(ctx, CREASE_ALGORITHM, name);
    if (type && !backend) {
        crease_fail(ctx, CREASE_EINVAL, "algorithm %s: no backend given", name);
        return NULL;
    }
    crease_algorithm *a = type ? crease_alloc(ctx, 1, sizeof *a) : NULL;
    if (!a) return NULL;
    *a = (crease_algorithm){ .type = (const crease_algorithm_type *)type, .ctx = ctx, .backend = backend,
                             .floor_scale = 1, .surrogate = CREASE_NO_SLOT };
    a->opts = crease_opts_create(ctx, type);
    a->state = crease_alloc(ctx, a->type->state_doubles, sizeof(double));
    if (a->opts && a->state) return a;
    crease_algorithm_free(a);
    return NULL;
}

int crease_algorithm_set(crease_algorithm *a, const char *key, const char *text)
{
    return crease_opts_set(a->ctx, CREASE_ALGORITHM, &a->type->base, a->opts, key, text);
}

void crease_algorithm_free(crease_algorithm *a)
{
    if (!a) return;
    if (a->type->teardown) a->type->teardown(a);
    crease_engine_free(a->ctx, a->engine);
    for (size_t i = 0; i < CREASE_MAX_SLOTS; i++) crease_release(a->ctx, a->slots[i]);
    crease_release(a->ctx, a->x);
    crease_release(a->ctx, a->hat);
    crease_release(a->ctx, a->g);
    crease_release(a->ctx, a->state);
    crease_release(a->ctx, a->opts);
    crease_release(a->ctx, a);
}

/* --- set-up ------------------------------------------------------------------------------------- */

/* lr, and the averaging weight that dual averaging methods call momentum, are read by name: from here on the
 * schedule owns their course.                                                                           */
static double real_setting(const crease_algorithm *a, const char *name, double otherwise)
{
    for (const crease_param *p = a->type->base.params; p && p->name; p++)
        if (strcmp(p->name, name) == 0) return *(const double *)((const char *)a->opts + p->offset);
    return otherwise;
}

size_t crease_slot_length(const crease_algorithm *a, size_t slot)
{
    return a->type->slots[slot].per_row ? a->rows * a->row_width : a->n;
}

static int allocate(crease_algorithm *a)
{
    size_t real = a->backend->real_bytes;
    void **vectors[] = { &a->x, &a->hat, &a->g };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        if (!(*vectors[i] = crease_alloc(a->ctx, a->n, real))) return CREASE_ENOMEM;
    for (size_t i = 0; a->type->slots && a->type->slots[i].name; i++)
        if (!(a->slots[i] = crease_alloc(a->ctx, crease_slot_length(a, i), real))) return CREASE_ENOMEM;
    return CREASE_OK;
}

static void fill_slots(crease_algorithm *a, bool restart)
{
    for (size_t i = 0; a->type->slots && a->type->slots[i].name; i++) {
        crease_slot_rule rule = a->type->slots[i].rule;
        if (rule == CREASE_SLOT_COPY) a->backend->copy(a->n, a->x, a->slots[i]);
        else if (rule == CREASE_SLOT_ZERO && restart)
            memset(a->slots[i], 0, crease_slot_length(a, i) * a->backend->real_bytes);
    }
}

int crease_algorithm_setup(crease_algorithm *a, size_t n, const void *x, const crease_term *terms,
                           size_t n_terms, const crease_solver *solver)
{
    CREASE_TRY(crease_opts_check(a->ctx, CREASE_ALGORITHM, &a->type->base, a->opts));
    if (a->x) return crease_fail(a->ctx, CREASE_EINVAL, "algorithm %s is set up already", a->type->base.name);
    if (n_terms > CREASE_MAX_TERMS)
        return crease_fail(a->ctx, CREASE_ENOTSUP, "%zu regularization terms; at most %d are possible", n_terms,
                           CREASE_MAX_TERMS);
    if (n > UINT32_MAX)
        return crease_fail(a->ctx, CREASE_ENOTSUP, "%zu parameters; at most 2^32 - 1 are possible", n);
    if (n_terms > 0 && !a->type->ignores_psi && !solver)
        return crease_fail(a->ctx, CREASE_EINVAL, "algorithm %s needs an inner solver", a->type->base.name);
    a->n = n;
    a->n_terms = n_terms;
    if (n_terms) memcpy(a->terms, terms, n_terms * sizeof *terms);
    a->solver = solver;
    a->lr = real_setting(a, "lr", 0);
    a->momentum = a->type->restarts ? real_setting(a, "momentum", 1) : 1;
    CREASE_TRY(allocate(a));
    a->backend->copy(n, x, a->x);
    a->backend->copy(n, x, a->hat);
    fill_slots(a, false);
    CREASE_TRY(crease_engine_create(a, &a->engine));
    return a->type->setup ? a->type->setup(a) : CREASE_OK;
}

/* --- the gradient ------------------------------------------------------------------------------- */

static int problem_gradient(crease_oracle *o, crease_rows rows, const void *x, double *value, void *g)
{
    crease_problem *p = o->problem;
    double share = rows.rows ? (double)rows.count / (double)p->rows : 1;
    o->passes += g ? share : share / 2;
    return p->type->gradient(p, rows, x, value, g);
}

crease_oracle crease_oracle_of_problem(crease_problem *problem)
{
    return (crease_oracle){ .gradient = problem_gradient, .problem = problem };
}

/* --- stepping ----------------------------------------------------------------------------------- */

int crease_algorithm_step(crease_algorithm *a, crease_oracle *oracle)
{
    return a->type->step ? a->type->step(a, oracle) : crease_step_prox(a, oracle);
}

int crease_step_gradient(crease_algorithm *a, crease_oracle *oracle, crease_rows rows, const void *x, double *value,
                         void *g)
{
    CREASE_TRY(oracle->gradient(oracle, rows, x, value, g));
    if (isfinite(*value) && a->backend->is_finite(a->n, g)) return CREASE_OK;
    return crease_fail(a->ctx, CREASE_EDIVERGED, "the loss or its gradient is no longer finite at step %lu", a->t + 1);
}

crease_form crease_form_plain(void)
{
    return (crease_form){ .second.slot = CREASE_NO_SLOT, .peak = CREASE_NO_SLOT, .center = CREASE_ITERATE,
                          .center_scale = 1, .linear = 1, .metric_scale = 1, .floor = 1, .weight = 1, .average = 1,
                          .paper_scale = 1 };
}

int crease_step_form(crease_algorithm *a, const crease_form *form)
{
    a->t++;
    a->surrogate = form->linear != 0 ? form->first.slot : CREASE_NO_SLOT;
    a->surrogate_scale = form->linear / form->weight;
    return crease_engine_step(a, form);
}

double crease_step_penalty(crease_algorithm *a, const void *x)
{
    return crease_engine_penalty(a, x);
}

int crease_step_map(crease_algorithm *a, const void *z, const void *g, double L, void *out)
{
    return crease_engine_map(a, z, g, L, out);
}

int crease_step_prox(crease_algorithm *a, crease_oracle *oracle)
{
    CREASE_TRY(crease_step_gradient(a, oracle, oracle->batch, a->x, &a->value, a->g));
    crease_form form = crease_form_plain();
    form.floor = 0;
    form.weight = 0;
    a->type->form(a, &form);
    return crease_step_form(a, &form);
}

void crease_algorithm_new_stage(crease_algorithm *a, double gamma)
{
    a->lr *= gamma;
    if (!a->type->restarts) return;
    a->floor_scale *= gamma;
    memset(a->state, 0, a->type->state_doubles * sizeof *a->state);
    fill_slots(a, true);
}

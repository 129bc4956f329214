/* From the methods of an experiment to one for every setting. */
#include "sweep.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "scale_max.h"

static const crease_param *find_real(const crease_type *type, const char *name)
{
    for (const crease_param *p = type->params; p && p->name; p++)
        if (strcmp(p->name, name) == 0 && p->kind == CREASE_PARAM_KIND_REAL) return p;
    return NULL;
}

static int set_real(crease_ctx *ctx, const crease_choice *choice, const char *key, double value)
{
    char text[40];
    snprintf(text, sizeof text, "%.17g", value);
    return crease_opts_set(ctx, choice->kind, choice->type, choice->opts, key, text);
}

/* --- copies --------------------------------------------------------------------------------------- */

static int copy_choice(crease_ctx *ctx, const crease_choice *from, crease_choice *to)
{
    *to = *from;
    to->opts = NULL;
    if (!from->type) return CREASE_OK;
    if (!(to->opts = crease_opts_create(ctx, from->type))) return CREASE_ENOMEM;
    if (from->type->opts_size) memcpy(to->opts, from->opts, from->type->opts_size);
    return CREASE_OK;
}

/* to is whole enough to be freed, whatever happens. */
static int copy_method(crease_ctx *ctx, const crease_method *from, crease_method *to)
{
    *to = *from;
    to->algorithm.opts = to->solver.opts = to->stopping.opts = NULL;
    to->regularizers.n = 0;
    to->own_regularizers = true;
    CREASE_TRY(copy_choice(ctx, &from->algorithm, &to->algorithm));
    CREASE_TRY(copy_choice(ctx, &from->solver, &to->solver));
    CREASE_TRY(copy_choice(ctx, &from->stopping, &to->stopping));
    for (size_t i = 0; i < from->regularizers.n; i++) {
        to->regularizers.items[i] = from->regularizers.items[i];
        to->regularizers.items[i].scale_max = NULL;
        CREASE_TRY(copy_choice(ctx, &from->regularizers.items[i].psi,
                               &to->regularizers.items[to->regularizers.n++].psi));
    }
    return CREASE_OK;
}

static void free_method(crease_ctx *ctx, crease_method *m)
{
    crease_release(ctx, m->algorithm.opts);
    crease_release(ctx, m->solver.opts);
    crease_release(ctx, m->stopping.opts);
    for (size_t i = 0; i < m->regularizers.n; i++) {
        crease_release(ctx, m->regularizers.items[i].psi.opts);
        if (m->own_regularizers) crease_release(ctx, m->regularizers.items[i].scale_max);
    }
}

/* --- one setting ---------------------------------------------------------------------------------- */

/* What 1 means for a method where lambda is relative. */
typedef struct unit {
    double scale, lambda;
} unit;

static int find_unit(crease_problem *problem, const crease_method *m, unit *one)
{
    crease_term_set set;
    crease_term_specs *plain = crease_alloc(problem->ctx, 1, sizeof *plain);
    if (!plain) return CREASE_ENOMEM;
    *plain = m->regularizers;
    plain->items[0].scale = 1;
    plain->items[0].relative = 0;
    int code = crease_terms_build(problem->ctx, plain, problem, &set);
    crease_release(problem->ctx, plain);
    CREASE_TRY(code);
    code = crease_scale_max(problem, &set.terms[0], &one->scale, NULL);
    if (code == CREASE_OK) one->lambda = one->scale * crease_own_lambda(set.psi[0]);
    crease_terms_free(problem->ctx, &set);
    return code;
}

/* value: of the grid. */
static int set_lambda(crease_ctx *ctx, crease_method *m, double value, const unit *one,
                      crease_sweep_cell *cell)
{
    crease_term_spec *term = &m->regularizers.items[0];
    term->relative = 0;
    cell->relative = one ? value : (double)NAN;
    cell->lambda = one ? value * one->lambda : value;
    if (!one && find_real(term->psi.type, "lambda")) return set_real(ctx, &term->psi, "lambda", value);
    term->scale = one ? value * one->scale : value;
    return term->scale > 0
               ? CREASE_OK
               : crease_fail(ctx, CREASE_ERANGE, "lambda is the scale of %s, which cannot be %g",
                             term->psi.type->name, term->scale);
}

/* A word that may stand in a file's name. */
static void add_number(char *label, size_t size, const char *head, double x)
{
    size_t used = strlen(label);
    if (isnan(x)) return;
    snprintf(label + used, size - used, "_%s%g", head, x);
    for (char *plus; (plus = strchr(label, '+'));) memmove(plus, plus + 1, strlen(plus));
}

/* lambda, lr: NAN where the method has no use for them. */
static int make_cell(crease_sweep *s, const crease_method *from, double lambda, double lr,
                     const unit *one)
{
    crease_ctx *ctx = s->experiment->ctx;
    crease_sweep_cell *cell = &s->cells[s->n];
    crease_method *m = &s->experiment->methods[s->n++];
    cell->lambda = cell->relative = NAN;
    cell->lr = lr;
    CREASE_TRY(copy_method(ctx, from, m));
    if (!isnan(lambda)) CREASE_TRY(set_lambda(ctx, m, lambda, one, cell));
    if (!isnan(lr)) CREASE_TRY(set_real(ctx, &m->algorithm, "lr", lr));
    m->label[60] = '\0'; /* the numbers have to fit behind it */
    add_number(m->label, sizeof m->label, "l", lambda);
    add_number(m->label, sizeof m->label, "r", lr);
    return CREASE_OK;
}

static bool ignores_psi(const crease_method *m)
{
    return ((const crease_algorithm_type *)m->algorithm.type)->ignores_psi;
}

static int make_cells(crease_sweep *s, crease_problem *problem, size_t k, const crease_method *from,
                      const crease_sweep_grid *grid)
{
    const crease_list none = { .n = 1, .v = { NAN } };
    bool relative = grid->relative && !ignores_psi(from);
    unit one;
    if (relative) CREASE_TRY(find_unit(problem, from, &one));
    const crease_list *lambda = ignores_psi(from) ? &none : &grid->lambda;
    const crease_list *lr = find_real(from->algorithm.type, "lr") ? &grid->lr : &none;
    for (size_t i = 0; i < lambda->n; i++)
        for (size_t j = 0; j < lr->n; j++) {
            s->cells[s->n].method = k;
            CREASE_TRY(make_cell(s, from, lambda->v[i], lr->v[j], relative ? &one : NULL));
        }
    return CREASE_OK;
}

/* --- the grid ------------------------------------------------------------------------------------- */

static int check(const crease_experiment *e)
{
    for (size_t m = 0; m < e->n_methods; m++) {
        const crease_method *method = &e->methods[m];
        if (method->schedule.epochs != e->methods[0].schedule.epochs)
            return crease_fail(e->ctx, CREASE_EINVAL,
                               "a sweep compares at equal epochs, but %s trains for %ld and %s for %ld",
                               e->methods[0].label, e->methods[0].schedule.epochs, method->label,
                               method->schedule.epochs);
        if (!ignores_psi(method) && method->regularizers.n != 1)
            return crease_fail(e->ctx, CREASE_EINVAL,
                               "a sweep over lambda is one of one regularizer, but %s has %zu",
                               method->label, method->regularizers.n);
    }
    return CREASE_OK;
}

static int check_labels(const crease_sweep *s)
{
    const crease_experiment *e = s->experiment;
    for (size_t i = 0; i < s->n; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(e->methods[i].label, e->methods[j].label) == 0)
                return crease_fail(e->ctx, CREASE_EEXIST,
                                   "two settings are both called %s: a value stands there twice, or "
                                   "differs in the seventh digit alone",
                                   e->methods[i].label);
    return CREASE_OK;
}

int crease_sweep_expand(crease_experiment *e, crease_problem *problem, const crease_sweep_grid *grid,
                        crease_sweep *s)
{
    *s = (crease_sweep){ .experiment = e };
    CREASE_TRY(check(e));
    size_t n = e->n_methods, most = n * grid->lambda.n * grid->lr.n;
    crease_method *before = e->methods, *after = crease_alloc(e->ctx, most, sizeof *after);
    s->labels = crease_alloc(e->ctx, n, sizeof *s->labels);
    s->cells = crease_alloc(e->ctx, most, sizeof *s->cells);
    if (!after || !s->labels || !s->cells) {
        crease_release(e->ctx, after);
        return CREASE_ENOMEM;
    }
    int code = CREASE_OK;
    e->methods = after;
    s->n_methods = n;
    for (size_t m = 0; m < n; m++) {
        memcpy(s->labels[m], before[m].label, sizeof *s->labels);
        if (code == CREASE_OK) code = make_cells(s, problem, m, &before[m], grid);
        free_method(e->ctx, &before[m]);
    }
    e->n_methods = s->n;
    crease_release(e->ctx, before);
    return code == CREASE_OK ? check_labels(s) : code;
}

void crease_sweep_free(crease_sweep *s)
{
    if (!s->experiment) return;
    crease_release(s->experiment->ctx, s->labels);
    crease_release(s->experiment->ctx, s->cells);
    *s = (crease_sweep){ 0 };
}

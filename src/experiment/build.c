/* Putting a run together: terms, solver, algorithm, diagnostics, memory. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "columns.h"
#include "run.h"

/* The object's settings become the experiment's. */
static void take_settings(void *opts, const crease_choice *choice)
{
    if (choice->type->opts_size) memcpy(opts, choice->opts, choice->type->opts_size);
}

static int build_solver(crease_training *t)
{
    const crease_method *m = t->method;
    if (!m->solver.type) return CREASE_OK;
    if (m->stopping.type) {
        if (!(t->stopping = crease_stopping_create(t->ctx, m->stopping.type->name)))
            return crease_ctx_error(t->ctx)->code;
        take_settings(t->stopping->opts, &m->stopping);
    }
    if (!(t->solver = crease_solver_create(t->ctx, m->solver.type->name, t->stopping)))
        return crease_ctx_error(t->ctx)->code;
    take_settings(t->solver->opts, &m->solver);
    return CREASE_OK;
}

/* The start point depends on the seed alone, so every algorithm of a seed begins at the same one. */
static int build_algorithm(crease_training *t)
{
    crease_problem *p = t->problem;
    t->algorithm = crease_algorithm_create(t->ctx, t->method->algorithm.type->name, p->backend);
    if (!t->algorithm) return crease_ctx_error(t->ctx)->code;
    take_settings(t->algorithm->opts, &t->method->algorithm);
    t->algorithm->rows = p->rows;
    t->algorithm->row_width = p->row_width;
    void *start = crease_alloc(t->ctx, p->n, p->backend->real_bytes);
    if (!start) return CREASE_ENOMEM;
    int code = p->type->start ? p->type->start(p, t->seed, start) : CREASE_OK;
    if (code == CREASE_OK)
        code = crease_algorithm_setup(t->algorithm, p->n, start, t->terms.terms, t->terms.n, t->solver);
    crease_release(t->ctx, start);
    t->c0 = t->algorithm->momentum;
    return code;
}

static int build_diagnostics(crease_training *t)
{
    const crease_experiment *e = t->experiment;
    if (!(t->diagnostics = crease_alloc(t->ctx, e->n_diagnostics, sizeof *t->diagnostics)))
        return CREASE_ENOMEM;
    for (size_t i = 0; i < e->n_diagnostics; i++) {
        crease_diagnostic *d = t->diagnostics[i] =
            crease_diagnostic_create(t->ctx, e->diagnostics[i].type->name);
        if (!d) return crease_ctx_error(t->ctx)->code;
        take_settings(d->opts, &e->diagnostics[i]);
        CREASE_TRY(crease_diagnostic_setup(d, t->n_units));
    }
    return CREASE_OK;
}

void crease_training_show(const crease_training *t, crease_observation *o)
{
    o->algorithm = t->algorithm;
    o->problem = t->problem;
    o->terms = t->terms.terms;
    o->n_terms = t->terms.n;
    o->n_units = t->n_units;
    o->inspection = t->inspection.ctx ? &t->inspection : NULL;
}

static int prepare_diagnostics(const crease_training *t)
{
    crease_observation o = { 0 };
    crease_training_show(t, &o);
    for (size_t i = 0; i < t->experiment->n_diagnostics; i++) {
        crease_diagnostic *d = t->diagnostics[i];
        int code = d->type->prepare ? d->type->prepare(d, &o) : CREASE_OK;
        if (code != CREASE_OK) crease_ctx_prefix(t->ctx, "diagnostic %s: ", d->type->base.name);
        CREASE_TRY(code);
    }
    return CREASE_OK;
}

/* The inspection that the diagnostics want, tapped into the algorithm. */
static void build_inspection(crease_training *t)
{
    unsigned wants = 0;
    for (size_t i = 0; i < t->experiment->n_diagnostics; i++) wants |= t->diagnostics[i]->wants;
    t->watch_hat = wants & CREASE_WANTS_HAT;
    if (!(wants & (CREASE_WANTS_TRUTH | CREASE_WANTS_THEORY))) return;
    crease_inspection_init(t->ctx, true, wants & CREASE_WANTS_THEORY, &t->inspection);
    t->inspection.tap.next = t->algorithm->taps;
    t->algorithm->taps = &t->inspection.tap;
}

static int build_columns(crease_training *t)
{
    size_t n = CREASE_N_RUN_COLUMNS + t->problem->n_metrics;
    for (size_t i = 0; i < t->experiment->n_diagnostics; i++)
        for (const crease_column *c = t->diagnostics[i]->type->columns; c->name; c++) n++;
    if (!(t->columns = crease_alloc(t->ctx, n, sizeof *t->columns))) return CREASE_ENOMEM;
    if (!(t->row = crease_alloc(t->ctx, n, sizeof *t->row))) return CREASE_ENOMEM;
    for (size_t i = 0; i < CREASE_N_RUN_COLUMNS; i++)
        t->columns[t->n_columns++] = crease_run_columns[i].name;
    for (size_t i = 0; i < t->problem->n_metrics; i++)
        t->columns[t->n_columns++] = t->problem->metrics[i].name;
    for (size_t i = 0; i < t->experiment->n_diagnostics; i++)
        for (const crease_column *c = t->diagnostics[i]->type->columns; c->name; c++)
            t->columns[t->n_columns++] = c->name;
    return CREASE_OK;
}

static int build_memory(crease_training *t)
{
    size_t n = t->problem->n;
    double **hosts[] = { &t->x, &t->hat, &t->host_gradient, &t->host_gradient_hat };
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        if (!(*hosts[i] = crease_alloc(t->ctx, n, sizeof **hosts[i]))) return CREASE_ENOMEM;
    if (!(t->gradient = crease_alloc(t->ctx, n, t->problem->backend->real_bytes))) return CREASE_ENOMEM;
    size_t largest = 0;
    for (size_t i = 0; i < t->terms.n; i++)
        if (crease_term_work(&t->terms.terms[i]) > largest) largest = crease_term_work(&t->terms.terms[i]);
    t->work = crease_alloc(t->ctx, largest, sizeof *t->work);
    t->order = crease_alloc(t->ctx, t->problem->rows, sizeof *t->order);
    return t->work && t->order ? CREASE_OK : CREASE_ENOMEM;
}

static int build(crease_training *t, const char *folder)
{
    const crease_schedule *s = &t->method->schedule;
    const crease_algorithm_type *type = (const crease_algorithm_type *)t->method->algorithm.type;
    t->steps = type->deterministic ? 1 : crease_schedule_steps(s, t->problem->rows);
    if (t->steps == 0)
        return crease_fail(t->ctx, CREASE_EINVAL,
                           "a batch of %ld rows, dropping what is not full, leaves nothing of "
                           "the %zu rows",
                           s->batch, t->problem->rows);
    if (t->problem->rows > UINT32_MAX)
        return crease_fail(t->ctx, CREASE_ENOTSUP, "%zu rows; at most 2^32 - 1 are possible",
                           t->problem->rows);
    CREASE_TRY(crease_run_folder(t->ctx, t->folder, folder, t->method, t->seed));
    for (size_t i = 0; i < t->terms.n; i++) t->n_units += crease_term_units(&t->terms.terms[i]);
    CREASE_TRY(build_solver(t));
    CREASE_TRY(build_algorithm(t));
    CREASE_TRY(build_diagnostics(t));
    CREASE_TRY(prepare_diagnostics(t));
    build_inspection(t);
    CREASE_TRY(build_columns(t));
    return build_memory(t);
}

int crease_training_create(const crease_experiment *e, const crease_method *method, uint64_t seed,
                           crease_problem *problem, const char *folder, crease_training **training)
{
    crease_training *t = crease_alloc(e->ctx, 1, sizeof *t);
    if (!t) return CREASE_ENOMEM;
    *t = (crease_training){
        .ctx = e->ctx, .experiment = e, .method = method, .problem = problem, .seed = seed
    };
    t->loss = t->report.objective = t->report.sparsity = NAN;
    int code =
        crease_terms_build(t->ctx, &method->regularizers, problem, &t->terms); /* says itself where */
    if (code == CREASE_OK && (code = build(t, folder)) != CREASE_OK) {
        crease_ctx_prefix(e->ctx, "algorithm %s: ", method->label);
        crease_node_prefix(e->ctx, method->node);
    }
    *training = code == CREASE_OK ? t : NULL;
    if (code != CREASE_OK) crease_training_free(t);
    return code;
}

void crease_training_free(crease_training *t)
{
    if (!t) return;
    crease_ctx *ctx = t->ctx;
    crease_trace_close(&t->trace);
    for (size_t i = 0; t->diagnostics && i < t->experiment->n_diagnostics; i++)
        crease_diagnostic_free(t->diagnostics[i]);
    crease_inspection_free(&t->inspection);
    crease_algorithm_free(t->algorithm);
    crease_solver_free(t->solver);
    crease_stopping_free(t->stopping);
    crease_terms_free(ctx, &t->terms);
    void *owned[] = {
        t->diagnostics,       t->order,   t->gradient,    t->x,       t->hat, t->host_gradient,
        t->host_gradient_hat, t->history, t->history_hat, t->columns, t->row, t->work
    };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) crease_release(ctx, owned[i]);
    crease_release(ctx, t);
}

int crease_run_folder(crease_ctx *ctx, crease_path path, const char *folder, const crease_method *m,
                      uint64_t seed)
{
    char name[200];
    snprintf(name, sizeof name, "%.100s-%llu", m->label, (unsigned long long)seed);
    return crease_path_join(ctx, path, folder, name);
}

static int grow(crease_ctx *ctx, crease_unit **history, size_t used, size_t room)
{
    crease_unit *bigger = crease_alloc(ctx, room, sizeof *bigger);
    if (!bigger) return CREASE_ENOMEM;
    if (*history) memcpy(bigger, *history, used * sizeof *bigger);
    crease_release(ctx, *history);
    *history = bigger;
    return CREASE_OK;
}

int crease_history_reserve(crease_training *t, size_t epochs)
{
    if (epochs <= t->history_room && t->history_hat) return CREASE_OK;
    size_t room = epochs + epochs / 2 + 16, used = t->history_room * t->n_units;
    CREASE_TRY(grow(t->ctx, &t->history, used, room * t->n_units));
    CREASE_TRY(grow(t->ctx, &t->history_hat, used, room * t->n_units));
    t->history_room = room;
    return CREASE_OK;
}

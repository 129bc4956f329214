/* The run loop: for each epoch, its steps in a fresh order of the rows, then a look at the result. */
#include "run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "columns.h"
#include "core/clock.h"
#include "crease/random.h"

static const char *const outcomes[] = {
    [CREASE_OUTCOME_RUNNING] = "running",   [CREASE_OUTCOME_FINISHED] = "finished",
    [CREASE_OUTCOME_DIVERGED] = "diverged", [CREASE_OUTCOME_INTERRUPTED] = "interrupted",
    [CREASE_OUTCOME_FAILED] = "failed",
};

const char *crease_outcome_name(crease_outcome outcome)
{
    return outcomes[outcome];
}

/* --- the steps of an epoch ---------------------------------------------------------------------- */

static int fail_diverged(crease_training *t, double loss)
{
    return crease_fail(t->ctx, CREASE_EDIVERGED,
                       "the loss, %.3g, is above the limit of %.3g that observe.diverged_above "
                       "sets",
                       loss, t->loss_limit);
}

static int observe(crease_training *t, crease_observation *o, crease_event event)
{
    crease_training_show(t, o);
    o->event = event;
    o->epoch = (unsigned long)t->epoch + 1;
    for (size_t i = 0; i < t->experiment->n_diagnostics; i++) {
        crease_diagnostic *d = t->diagnostics[i];
        CREASE_TRY(d->type->observe(d, o));
    }
    return CREASE_OK;
}

static void prepare_step(crease_training *t)
{
    const crease_schedule *s = &t->method->schedule;
    const crease_observe *watch = &t->experiment->observe;
    crease_algorithm *a = t->algorithm;
    bool last = t->step + 1 == t->steps;
    size_t first, done = (size_t)t->epoch * t->steps + t->step + 1;
    size_t count = crease_schedule_batch(s, t->problem->rows, t->step, &first);
    bool whole = a->type->deterministic;
    a->momentum = crease_schedule_momentum(s, t->c0, t->epoch, t->step, t->steps);
    a->want_hat = last || t->watch_hat;
    a->want_certificate =
        last || (watch->certificate_every && done % (size_t)watch->certificate_every == 0);
    t->oracle.batch = whole ? (crease_rows){ 0, NULL } : (crease_rows){ count, t->order + first };
}

static int take_step(crease_training *t)
{
    crease_observation o = { 0 };
    prepare_step(t);
    double before = crease_now_s();
    int code = crease_algorithm_step(t->algorithm, &t->oracle);
    t->epoch_s += crease_now_s() - before;
    if (code != CREASE_OK) return code;
    if (!(t->algorithm->value <= t->loss_limit)) return fail_diverged(t, t->algorithm->value);
    return observe(t, &o, CREASE_EVENT_STEP);
}

/* From step t->step on. An interruption in the last step waits for the epoch's end, so that a
 * checkpoint always stands before a step. */
static int train_epoch(crease_training *t, const crease_watch *watch)
{
    const crease_schedule *s = &t->method->schedule;
    if (t->step == 0 && crease_schedule_begins_stage(s, t->epoch))
        crease_algorithm_new_stage(t->algorithm, s->gamma);
    crease_random order = crease_random_at(t->seed, CREASE_STREAM_ORDER, (uint64_t)t->epoch << 32);
    crease_random_permutation(&order, t->problem->rows, t->order);
    while (t->step < t->steps) {
        CREASE_TRY(take_step(t));
        t->step++;
        if (t->step < t->steps && watch->interrupted && watch->interrupted(watch->user))
            return crease_fail(t->ctx, CREASE_EINTERRUPTED, "interrupted");
    }
    return CREASE_OK;
}

/* --- the look at its end ------------------------------------------------------------------------ */

static bool every(long period, long epoch, const crease_training *t)
{
    return epoch == t->method->schedule.epochs || (period > 0 && epoch % period == 0);
}

static double regularization(const crease_training *t, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < t->terms.n; i++) sum += crease_term_value(&t->terms.terms[i], x, t->work);
    return sum;
}

static void sign(const crease_training *t, const double *x, crease_unit *unit)
{
    for (size_t i = 0; i < t->terms.n; i++) {
        crease_term_signature(&t->terms.terms[i], x, unit, t->work);
        unit += crease_term_units(&t->terms.terms[i]);
    }
}

/* The gradient of f on all rows at x, brought to the host. */
static int full_gradient(crease_training *t, const void *x, double *value, double *host)
{
    crease_problem *p = t->problem;
    CREASE_TRY(p->type->gradient(p, (crease_rows){ 0, NULL }, x, value, t->gradient));
    p->backend->to_host(p->n, t->gradient, host);
    return CREASE_OK;
}

/* loss, objective, metrics and the full gradients, where this epoch asks for them. */
static int evaluate(crease_training *t, long epoch, crease_observation *o)
{
    crease_problem *p = t->problem;
    const crease_algorithm *a = t->algorithm;
    bool value = every(t->experiment->observe.objective_every, epoch, t);
    o->objective = o->objective_hat = NAN;
    if (every(t->experiment->observe.full_gradient_every, epoch, t)) {
        double at_hat;
        CREASE_TRY(full_gradient(t, a->x, &t->loss, t->host_gradient));
        CREASE_TRY(full_gradient(t, a->hat, &at_hat, t->host_gradient_hat));
        o->objective_hat = at_hat + regularization(t, t->hat);
        o->gradient = t->host_gradient;
        o->gradient_hat = t->host_gradient_hat;
    } else if (value) {
        CREASE_TRY(p->type->gradient(p, (crease_rows){ 0, NULL }, a->x, &t->loss, NULL));
    }
    t->row[CREASE_COLUMN_LOSS] = value ? t->loss : (double)NAN;
    if (value) o->objective = t->loss + regularization(t, t->x);
    t->row[CREASE_COLUMN_OBJECTIVE] = o->objective;
    if (value && p->type->evaluate) CREASE_TRY(p->type->evaluate(p, a->x));
    for (size_t i = 0; i < p->n_metrics; i++)
        t->row[CREASE_N_RUN_COLUMNS + i] =
            value && p->type->evaluate ? p->metrics[i].value : (double)NAN;
    if (value && !(t->loss <= t->loss_limit)) return fail_diverged(t, t->loss);
    return CREASE_OK;
}

static void fill_row(crease_training *t, long epoch)
{
    const crease_algorithm *a = t->algorithm;
    double *row = t->row;
    t->train_s += t->epoch_s;
    row[CREASE_COLUMN_EPOCH] = (double)epoch;
    row[CREASE_COLUMN_STEP] = (double)epoch * (double)t->steps;
    row[CREASE_COLUMN_STAGE] = (double)crease_schedule_stage(&t->method->schedule, t->epoch);
    row[CREASE_COLUMN_LR] = a->lr;
    row[CREASE_COLUMN_MOMENTUM] = a->momentum;
    row[CREASE_COLUMN_EPOCH_S] = t->epoch_s;
    row[CREASE_COLUMN_TRAIN_S] = t->train_s;
    double halves = 2 * (double)t->problem->rows; /* passes come in halves of a row, up to the rounding of their sum */
    row[CREASE_COLUMN_PASSES] = round(t->oracle.passes * halves) / halves;
    row += CREASE_N_RUN_COLUMNS + t->problem->n_metrics;
    for (size_t i = 0; i < t->experiment->n_diagnostics; i++) {
        const crease_diagnostic *d = t->diagnostics[i];
        for (size_t c = 0; d->type->columns[c].name; c++) *row++ = d->values[c];
    }
}

static void report_epoch(crease_training *t, long epoch)
{
    crease_report *r = &t->report;
    r->epochs = epoch;
    r->epochs_here++;
    r->train_s = t->train_s;
    if (!isnan(t->row[CREASE_COLUMN_OBJECTIVE])) r->objective = t->row[CREASE_COLUMN_OBJECTIVE];
    r->sparsity = crease_column_value(t->columns, t->row, t->n_columns, CREASE_COLUMN_SPARSITY);
}

static int finish_epoch(crease_training *t)
{
    crease_algorithm *a = t->algorithm;
    long epoch = t->epoch + 1;
    crease_observation o = { 0 };
    a->backend->to_host(a->n, a->x, t->x);
    a->backend->to_host(a->n, a->hat, t->hat);
    CREASE_TRY(evaluate(t, epoch, &o));
    CREASE_TRY(crease_history_reserve(t, (size_t)epoch));
    crease_unit *unit = t->history + (size_t)t->epoch * t->n_units;
    crease_unit *unit_hat = t->history_hat + (size_t)t->epoch * t->n_units;
    sign(t, t->x, unit);
    sign(t, t->hat, unit_hat);
    o.x = t->x;
    o.hat = t->hat;
    o.unit = unit;
    o.unit_hat = unit_hat;
    CREASE_TRY(observe(t, &o, CREASE_EVENT_EPOCH));
    fill_row(t, epoch);
    CREASE_TRY(crease_trace_add(&t->trace, t->method->label, t->seed, t->row, t->n_columns));
    report_epoch(t, epoch);
    t->epoch = epoch;
    t->step = 0;
    t->epoch_s = 0;
    return CREASE_OK;
}

/* --- the whole ---------------------------------------------------------------------------------- */

static int train(crease_training *t, const crease_watch *watch)
{
    long epochs = t->method->schedule.epochs;
    while (t->epoch < epochs) {
        CREASE_TRY(train_epoch(t, watch));
        CREASE_TRY(finish_epoch(t));
        if (every(t->experiment->observe.checkpoint_every, t->epoch, t))
            CREASE_TRY(crease_checkpoint_write(t));
        if (watch->epoch) watch->epoch(watch->user, &t->report);
        if (t->epoch < epochs && watch->interrupted && watch->interrupted(watch->user))
            return crease_fail(t->ctx, CREASE_EINTERRUPTED, "interrupted");
    }
    crease_observation end = { .x = t->x, .hat = t->hat };
    return observe(t, &end, CREASE_EVENT_END);
}

/* The loss at the start tells, later, what a diverged one is; the gradient there tells one data set
 * from another. */
static int set_limit(crease_training *t)
{
    double loss;
    crease_problem *p = t->problem;
    CREASE_TRY(p->type->gradient(p, (crease_rows){ 0, NULL }, t->algorithm->x, &loss, t->gradient));
    t->fingerprint = p->backend->dot(p->n, t->gradient, t->gradient);
    if (!isfinite(loss))
        return crease_fail(t->ctx, CREASE_ENAN, "the loss at the start point is not finite");
    t->loss_limit = t->experiment->observe.diverged_above * (1 + fabs(loss));
    return CREASE_OK;
}

static int begin(crease_training *t, bool resume)
{
    crease_path path;
    bool found = false;
    long keep = 0;
    CREASE_TRY(crease_folder_make(t->ctx, t->folder));
    CREASE_TRY(crease_path_join(t->ctx, path, t->folder, "trace.csv"));
    CREASE_TRY(set_limit(t));
    t->oracle = crease_oracle_of_problem(t->problem);
    if (resume) CREASE_TRY(crease_checkpoint_read(t, &found, &keep));
    return crease_trace_open(t->ctx, path, found ? keep : 0, t->columns, t->n_columns, &t->trace);
}

static void close_report(crease_training *t, int code)
{
    crease_report *r = &t->report;
    const char *sentence = crease_ctx_error(t->ctx)->sentence;
    r->code = code;
    r->outcome = code == CREASE_OK || code == CREASE_ESHORT ? CREASE_OUTCOME_FINISHED
                 : code == CREASE_EDIVERGED    ? CREASE_OUTCOME_DIVERGED
                 : code == CREASE_EINTERRUPTED ? CREASE_OUTCOME_INTERRUPTED
                                               : CREASE_OUTCOME_FAILED;
    if (code == CREASE_OK)
        snprintf(r->sentence, sizeof r->sentence, "finished");
    else if (code == CREASE_ESHORT)
        snprintf(r->sentence, sizeof r->sentence, "finished, but %.900s", sentence);
    else if (code == CREASE_EINTERRUPTED)
        snprintf(r->sentence, sizeof r->sentence, "interrupted in epoch %ld, before step %zu",
                 t->epoch + 1, t->step + 1);
    else
        snprintf(r->sentence, sizeof r->sentence, "%s at epoch %ld, step %zu: %.900s",
                 outcomes[r->outcome], t->epoch + 1, t->step + 1, sentence);
}

/* What is left behind; a run that failed for another reason may not be able to write at all. */
static int leave(crease_training *t)
{
    if (t->report.outcome == CREASE_OUTCOME_INTERRUPTED) CREASE_TRY(crease_checkpoint_write(t));
    if (t->report.outcome != CREASE_OUTCOME_FAILED) CREASE_TRY(crease_masks_write(t));
    crease_trace_close(&t->trace);
    return crease_result_write(t);
}

int crease_training_go(crease_training *t, bool resume, const crease_watch *watch)
{
    CREASE_TRY(begin(t, resume));
    int code = train(t, watch);
    close_report(t, code);
    int left = leave(t);
    if (left != CREASE_OK && t->report.outcome != CREASE_OUTCOME_FAILED) return left;
    return code == CREASE_OK ? code : crease_fail(t->ctx, code, "%s", t->report.sentence);
}

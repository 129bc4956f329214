/* How the settings of a sweep did, and which of them are selected. */
#include <math.h>
#include <string.h>

#include "columns.h"
#include "result.h"
#include "sweep.h"
#include "text.h"

int crease_sweep_choose_criterion(crease_sweep *s, const crease_problem *p)
{
    const char *last = p->n_metrics ? p->metrics[p->n_metrics - 1].name : "";
    bool held_out = strcmp(last, CREASE_HELD_OUT_LOSS) == 0;
    s->merit = p->n_metrics > held_out ? p->metrics[0].name : NULL;
    s->criterion = held_out ? last : s->merit;
    if (!s->criterion)
        return crease_fail(
            p->ctx, CREASE_EINVAL,
            "there is nothing to select by: hold rows out, or give problem %s a test set",
            p->type->base.name);
    s->larger = strstr(s->criterion, "accuracy") != NULL;
    return CREASE_OK;
}

/* --- results -------------------------------------------------------------------------------------- */

typedef struct {
    size_t n;
    double sum, squares;
} moments;

static void add(moments *m, double x)
{
    m->n++;
    m->sum += x;
    m->squares += x * x;
}

static double mean(const moments *m)
{
    return m->n ? m->sum / (double)m->n : (double)NAN;
}

static double deviation(const moments *m)
{
    if (m->n < 2) return NAN;
    return sqrt(fmax(0, (m->squares - m->sum * mean(m)) / (double)(m->n - 1)));
}

enum { CRITERION, MERIT, SPARSITY, OBJECTIVE, PASSES, SECONDS, N_FIGURES };

static void add_result(const crease_sweep *s, const cJSON *result, moments *figures)
{
    const char *const names[N_FIGURES] = {
        [CRITERION] = s->criterion, [MERIT] = s->merit,  [SPARSITY] = CREASE_COLUMN_SPARSITY,
        [OBJECTIVE] = "objective",  [PASSES] = "passes", [SECONDS] = "train_s"
    };
    for (int i = 0; i < N_FIGURES; i++)
        if (names[i]) add(&figures[i], crease_result_number(result, "final", names[i]));
}

static int read_cell(const crease_sweep *s, const crease_jobs *jobs, size_t k)
{
    moments figures[N_FIGURES] = { 0 };
    crease_sweep_cell *cell = &s->cells[k];
    for (size_t i = 0; i < jobs->n; i++) {
        cJSON *result;
        crease_path folder;
        const crease_job *job = &jobs->items[i];
        if (job->method != &s->experiment->methods[k]) continue;
        cell->runs++;
        CREASE_TRY(crease_run_folder(jobs->ctx, folder, jobs->folder, job->method, job->seed));
        CREASE_TRY(crease_result_read(jobs->ctx, folder, &result));
        if (crease_result_outcome(result) == CREASE_OUTCOME_FINISHED) {
            cell->finished++;
            add_result(s, result, figures);
        }
        cJSON_Delete(result);
    }
    bool whole = cell->finished == cell->runs && isfinite(mean(&figures[CRITERION]));
    cell->criterion = whole ? mean(&figures[CRITERION]) : (double)NAN;
    cell->criterion_sd = deviation(&figures[CRITERION]);
    cell->merit = mean(&figures[MERIT]);
    cell->merit_sd = deviation(&figures[MERIT]);
    cell->sparsity = mean(&figures[SPARSITY]);
    cell->objective = mean(&figures[OBJECTIVE]);
    cell->passes = mean(&figures[PASSES]);
    cell->train_s = mean(&figures[SECONDS]);
    return CREASE_OK;
}

/* --- selection ------------------------------------------------------------------------------------ */

static bool same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* Ties go to the sparser one, then to the first. */
static bool is_better(const crease_sweep *s, const crease_sweep_cell *a, const crease_sweep_cell *b)
{
    if (isnan(a->criterion)) return false;
    if (!b || isnan(b->criterion)) return true;
    if (a->criterion != b->criterion) return (a->criterion > b->criterion) == s->larger;
    return a->sparsity > b->sparsity;
}

/* The best of the cells of cell k's method, or of those that have its lambda, too. */
static crease_sweep_cell *best_of(const crease_sweep *s, size_t k, bool of_lambda)
{
    crease_sweep_cell *best = NULL;
    for (size_t i = 0; i < s->n; i++) {
        crease_sweep_cell *cell = &s->cells[i];
        bool meant = cell->method == s->cells[k].method
                     && (!of_lambda || same(cell->lambda, s->cells[k].lambda));
        if (meant && is_better(s, cell, best)) best = cell;
    }
    return best;
}

int crease_sweep_judge(crease_sweep *s, const crease_jobs *jobs)
{
    for (size_t k = 0; k < s->n; k++) CREASE_TRY(read_cell(s, jobs, k));
    for (size_t k = 0; k < s->n; k++) {
        s->cells[k].best_lr = best_of(s, k, true) == &s->cells[k];
        s->cells[k].selected = best_of(s, k, false) == &s->cells[k];
    }
    return CREASE_OK;
}

/* --- the table ------------------------------------------------------------------------------------ */

static bool has_merit(const crease_sweep *s)
{
    return s->merit && strcmp(s->merit, s->criterion) != 0;
}

static void add_numbers(crease_text *t, size_t n, const double *numbers)
{
    for (size_t i = 0; i < n; i++) {
        crease_text_add(t, ",");
        crease_text_add_number(t, numbers[i]);
    }
}

static void add_row(crease_text *t, const crease_sweep *s, const crease_sweep_cell *c)
{
    const double setting[] = { c->relative,         c->lambda,    c->lr,          (double)c->runs,
                               (double)c->finished, c->criterion, c->criterion_sd };
    const double merit[] = { c->merit, c->merit_sd };
    const double rest[] = { c->sparsity, c->objective, c->passes, c->train_s, c->best_lr, c->selected };
    crease_text_add(t, "%s", s->labels[c->method]);
    add_numbers(t, sizeof setting / sizeof *setting, setting);
    if (has_merit(s)) add_numbers(t, 2, merit);
    add_numbers(t, sizeof rest / sizeof *rest, rest);
    crease_text_add(t, "\n");
}

int crease_sweep_write_csv(const crease_sweep *s, const char *path)
{
    crease_ctx *ctx = s->experiment->ctx;
    crease_text t = { .ctx = ctx };
    crease_text_add(&t, "algorithm,relative,lambda,lr,runs,finished,%s,%s_sd", s->criterion,
                    s->criterion);
    if (has_merit(s)) crease_text_add(&t, ",%s,%s_sd", s->merit, s->merit);
    crease_text_add(&t, ",sparsity,objective,passes,train_s,best_lr,selected\n");
    for (size_t k = 0; k < s->n; k++) add_row(&t, s, &s->cells[k]);
    int code = t.code == CREASE_OK ? crease_file_write(ctx, path, t.s, t.length) : t.code;
    crease_text_free(&t);
    return code;
}

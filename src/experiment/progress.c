/* What a person sees of an experiment. */
#include "progress.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "columns.h"
#include "result.h"

/* --- while it runs ------------------------------------------------------------------------------ */

static void add_name(crease_text *t, const crease_job *job)
{
    crease_text_add(t, "%s, seed %llu", job->method->label, (unsigned long long)job->seed);
}

static void add_duration(crease_text *t, double seconds)
{
    long s = (long)(seconds + 0.5);
    if (s < 60)
        crease_text_add(t, "%ld s", s);
    else if (s < 3600)
        crease_text_add(t, "%ld min %02ld s", s / 60, s % 60);
    else
        crease_text_add(t, "%ld h %02ld min", s / 3600, s / 60 % 60);
}

static void add_figures(crease_text *t, const crease_report *r)
{
    if (!isnan(r->objective)) crease_text_add(t, ", objective %.6g", r->objective);
    if (!isnan(r->sparsity)) crease_text_add(t, ", sparsity %.1f %%", 100 * r->sparsity);
}

void crease_progress_line(crease_text *t, const crease_jobs *jobs, const crease_job *job,
                          double elapsed_s)
{
    double here = 0, left = 0;
    for (size_t i = 0; i < jobs->n; i++) {
        const crease_report *r = &jobs->items[i].report;
        here += (double)r->epochs_here;
        if (r->outcome == CREASE_OUTCOME_RUNNING)
            left += (double)(jobs->items[i].method->schedule.epochs - r->epochs);
    }
    add_name(t, job);
    crease_text_add(t, ", epoch %ld of %ld", job->report.epochs, job->method->schedule.epochs);
    add_figures(t, &job->report);
    if (here > 0) {
        crease_text_add(t, "; ");
        add_duration(t, elapsed_s / here * left);
        crease_text_add(t, " left");
    }
}

void crease_progress_end(crease_text *t, const crease_job *job)
{
    add_name(t, job);
    crease_text_add(t, ": %s", job->report.sentence);
    if (job->report.outcome != CREASE_OUTCOME_FINISHED) return;
    crease_text_add(t, ", %ld epochs", job->report.epochs);
    add_figures(t, &job->report);
    if (job->report.train_s > 0) {
        crease_text_add(t, ", trained ");
        add_duration(t, job->report.train_s);
    }
}

/* --- the table ---------------------------------------------------------------------------------- */

typedef struct table_column {
    const char *title, *section, *name;
    double factor;
    int digits; /* behind the point; EXPONENT: two in all */
} table_column;

enum { EXPONENT = -1 };

static const table_column table_columns[] = {
    { "objective", "final", "objective", 1, 6 },
    { "test accuracy %", "final", CREASE_COLUMN_ACCURACY, 100, 2 },
    { "sparsity W %", "final", CREASE_COLUMN_SPARSITY, 100, 2 },
    { "W-hat %", "final", CREASE_COLUMN_SPARSITY_HAT, 100, 2 },
    { "last change (epoch)", "final", CREASE_COLUMN_CHANGE, 1, 0 },
    { "certificate", NULL, CREASE_COLUMN_CERTIFICATE, 1, EXPONENT },
    { "inner its", "mean", CREASE_COLUMN_INNER, 1, 1 },
    { "inner ms", "mean", CREASE_COLUMN_INNER_MS, 1, 3 },
    { "s/epoch", NULL, "seconds_per_epoch", 1, 3 },
};

enum { N_TABLE_COLUMNS = sizeof table_columns / sizeof *table_columns };

typedef struct moments {
    size_t n;
    double sum, squares;
} moments;

typedef struct table_row {
    moments cells[N_TABLE_COLUMNS];
    size_t runs, finished;
} table_row;

static void add_result(table_row *row, const cJSON *result)
{
    if (crease_result_outcome(result) != CREASE_OUTCOME_FINISHED) return;
    row->finished++;
    for (size_t c = 0; c < N_TABLE_COLUMNS; c++) {
        double x = crease_result_number(result, table_columns[c].section, table_columns[c].name);
        if (isnan(x)) continue;
        x *= table_columns[c].factor;
        row->cells[c].n++;
        row->cells[c].sum += x;
        row->cells[c].squares += x * x;
    }
}

static int collect(const crease_jobs *jobs, const crease_method *m, table_row *row)
{
    crease_path folder;
    *row = (table_row){ 0 };
    for (size_t i = 0; i < jobs->n; i++) {
        cJSON *result;
        if (jobs->items[i].method != m) continue;
        row->runs++;
        CREASE_TRY(crease_run_folder(jobs->ctx, folder, jobs->folder, m, jobs->items[i].seed));
        CREASE_TRY(crease_result_read(jobs->ctx, folder, &result));
        if (result) add_result(row, result);
        cJSON_Delete(result);
    }
    return CREASE_OK;
}

static void cell_text(const moments *m, int digits, char *text, size_t size)
{
    if (m->n == 0) {
        snprintf(text, size, "-");
        return;
    }
    double mean = m->sum / (double)m->n;
    int used = digits == EXPONENT ? snprintf(text, size, "%.1e", mean)
                                  : snprintf(text, size, "%.*f", digits, mean);
    if (digits == EXPONENT || m->n < 2 || used < 0 || (size_t)used >= size) return;
    double variance = (m->squares - m->sum * mean) / (double)(m->n - 1);
    snprintf(text + used, size - (size_t)used, " +- %.*f", digits, sqrt(fmax(variance, 0)));
}

static int title_width(const table_column *c, bool seeds)
{
    int width = (int)strlen(c->title), least = seeds ? 19 : 9;
    return width > least ? width : least;
}

static void add_row(crease_text *t, const crease_method *m, const table_row *row, int name_width,
                    bool seeds)
{
    char cell[64];
    crease_text_add(t, "%-*s", name_width, m->label);
    for (size_t c = 0; c < N_TABLE_COLUMNS; c++) {
        cell_text(&row->cells[c], table_columns[c].digits, cell, sizeof cell);
        crease_text_add(t, "  %*s", title_width(&table_columns[c], seeds), cell);
    }
    if (row->finished < row->runs)
        crease_text_add(t, "  (%zu of %zu runs finished)", row->finished, row->runs);
    crease_text_add(t, "\n");
}

static void add_titles(crease_text *t, int name_width, bool seeds)
{
    crease_text_add(t, "%-*s", name_width, "algorithm");
    for (size_t c = 0; c < N_TABLE_COLUMNS; c++)
        crease_text_add(t, "  %*s", title_width(&table_columns[c], seeds), table_columns[c].title);
    crease_text_add(t, "\n");
}

int crease_progress_table(crease_text *t, const crease_jobs *jobs)
{
    const crease_experiment *e = jobs->experiment;
    bool seeds = e->seeds.n > 1;
    int name_width = (int)strlen("algorithm");
    for (size_t m = 0; m < e->n_methods; m++)
        if ((int)strlen(e->methods[m].label) > name_width)
            name_width = (int)strlen(e->methods[m].label);
    add_titles(t, name_width, seeds);
    for (size_t m = 0; m < e->n_methods; m++) {
        table_row row;
        CREASE_TRY(collect(jobs, &e->methods[m], &row));
        add_row(t, &e->methods[m], &row, name_width, seeds);
    }
    crease_text_add(t, "data: %s\n", jobs->problem->source);
    crease_text_add(t, "results: %s\n", jobs->folder);
    return t->code;
}

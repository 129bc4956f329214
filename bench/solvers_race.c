/* One case: every solver watched, the levels and the identification it reaches turned into jobs, the
 * jobs verified and timed. */
#include <math.h>
#include <string.h>

#include "solvers.h"

/* Watching takes at most this share of a case's time; the rest is for timing, which long runs need less of. */
static double watching(const crease_inner_bench *b)
{
    return b->spectral ? 0.7 : 0.5;
}

typedef struct {
    crease_inner_bench *b;
    crease_inner_case *k;
    size_t at, n_jobs, first_row;
    crease_job *jobs;
    bool *wanted;
    size_t *job_of; /* of each row of the case; SIZE_MAX: none */
    size_t n_job_of;
    void *work;
    crease_watch *watch;
} race;

crease_inner_row *crease_inner_add_row(crease_inner_bench *b, size_t at, size_t solver,
                                       crease_row_kind kind)
{
    if (b->n_rows == b->room) {
        size_t room = b->room ? 2 * b->room : 1024;
        crease_inner_row *rows = crease_alloc(b->ctx, room, sizeof *rows);
        if (!rows) return NULL;
        if (b->n_rows) memcpy(rows, b->rows, b->n_rows * sizeof *rows);
        crease_release(b->ctx, b->rows);
        b->rows = rows;
        b->room = room;
    }
    crease_inner_row *row = &b->rows[b->n_rows++];
    *row = (crease_inner_row){ .at = at,
                               .solver = solver,
                               .kind = kind,
                               .level = NAN,
                               .ms = NAN,
                               .low_ms = NAN,
                               .high_ms = NAN,
                               .certificate = NAN };
    return row;
}

static crease_inner_row *add_row(race *r, size_t solver, crease_row_kind kind, size_t job)
{
    crease_inner_row *row = crease_inner_add_row(r->b, r->at, solver, kind);
    r->job_of[r->n_job_of++] = job;
    return row;
}

/* The job of this solver that makes j iterations (0: a direct solver), one for all its levels. */
static int find_job(race *r, size_t solver, unsigned j, size_t *job)
{
    for (*job = 0; *job < r->n_jobs; ++*job)
        if (r->jobs[*job].contestant == solver && r->jobs[*job].iterations == j) return CREASE_OK;
    return crease_job_make(r->b, r->k, solver, j, NULL, &r->jobs[r->n_jobs++]);
}

/* --- iterative solvers ---------------------------------------------------------------------------- */

static int plan_level(race *r, size_t solver, double level)
{
    const crease_watch *w = r->watch;
    size_t i = 0, job = SIZE_MAX;
    while (i < w->n && !(w->looks[i].certificate <= level)) i++;
    if (i < w->n) CREASE_TRY(find_job(r, solver, w->looks[i].j, &job));
    crease_inner_row *row = add_row(r, solver, CREASE_ROW_LEVEL, job);
    if (!row) return CREASE_ENOMEM;
    row->level = level;
    row->outcome = i < w->n ? "reached" : strcmp(w->outcome, "met") == 0 ? "short" : w->outcome;
    if (i == w->n && w->n > 0) row->iterations = w->looks[w->n - 1].j;
    return CREASE_OK;
}

static int plan_identification(race *r, size_t solver)
{
    const crease_watch *w = r->watch;
    size_t job = SIZE_MAX;
    bool found = w->settled < w->n;
    if (r->k->units == 0) return CREASE_OK;
    if (found) CREASE_TRY(find_job(r, solver, w->looks[w->settled].j, &job));
    crease_inner_row *row = add_row(r, solver, CREASE_ROW_IDENTIFIED, job);
    if (!row) return CREASE_ENOMEM;
    row->outcome = found ? "reached" : strcmp(w->outcome, "met") == 0 ? "short" : w->outcome;
    return CREASE_OK;
}

static int plan_failure(race *r, size_t solver)
{
    for (size_t i = 0; i < r->b->n_levels; i++) {
        crease_inner_row *row = add_row(r, solver, CREASE_ROW_LEVEL, SIZE_MAX);
        if (!row) return CREASE_ENOMEM;
        row->level = r->b->levels[i];
        row->outcome = "error";
        snprintf(row->note, sizeof row->note, "%.190s", crease_ctx_error(r->b->ctx)->sentence);
    }
    return CREASE_OK;
}

static int plan_iterative(race *r, size_t solver, double within_s)
{
    const char *text = r->b->contestants[solver].text;
    if (crease_inner_watch(r->k, text, r->b, within_s, r->watch) != CREASE_OK)
        return plan_failure(r, solver);
    for (size_t i = 0; i < r->b->n_levels; i++) CREASE_TRY(plan_level(r, solver, r->b->levels[i]));
    return plan_identification(r, solver);
}

/* --- direct solvers ------------------------------------------------------------------------------- */

/* What grows with a case: entries, and where a matrix is taken apart its lesser side. */
static double work_of(const crease_case_facts *f)
{
    size_t least = f->rows < f->cols ? f->rows : f->cols;
    return (double)f->n * (double)(least ? least : 1);
}

/* They cannot be interrupted: a case that may take half of all the time that is left, is left out. */
static int plan_direct(race *r, size_t solver)
{
    const crease_contestant *who = &r->b->contestants[solver];
    double expected_s = 1e-3 * who->ms_per_work * work_of(&r->k->facts),
           left_s = r->b->end_s - crease_bench_clock_s();
    bool late = expected_s > 0.5 && expected_s > left_s / 2;
    size_t job = SIZE_MAX;
    if (!late) CREASE_TRY(find_job(r, solver, 0, &job));
    for (size_t i = 0; i < r->b->n_levels; i++) {
        crease_inner_row *row = add_row(r, solver, CREASE_ROW_LEVEL, job);
        if (!row) return CREASE_ENOMEM;
        row->level = r->b->levels[i];
        row->outcome = late ? "budget" : "reached";
    }
    return CREASE_OK;
}

/* --- all ------------------------------------------------------------------------------------------ */

static bool takes(race *r, size_t solver)
{
    const char *text = r->b->contestants[solver].text;
    bool iterative = crease_inner_takes_test(r->b->ctx, text), takes_it = false;
    crease_stopping *stop = iterative ? crease_stopping_create(r->b->ctx, "fixed") : NULL;
    crease_solver *s = crease_solver_parse(r->b->ctx, text, stop);
    if (s) takes_it = !s->type->accepts(s, &r->k->p);
    crease_solver_free(s);
    crease_stopping_free(stop);
    return takes_it;
}

static int plan(race *r, double within_s)
{
    double end_s = crease_bench_clock_s() + watching(r->b) * within_s;
    size_t n = r->b->n_contestants;
    for (size_t i = 0; i < n; i++) {
        if (!takes(r, i)) continue;
        double share_s = (end_s - crease_bench_clock_s()) / (double)(n - i);
        bool iterative = crease_inner_takes_test(r->b->ctx, r->b->contestants[i].text);
        CREASE_TRY(iterative ? plan_iterative(r, i, 2 * share_s) : plan_direct(r, i));
    }
    return CREASE_OK;
}

static int make_work(race *r)
{
    size_t most = 0;
    for (size_t i = 0; i < r->n_jobs; i++) {
        const crease_solver *s = r->jobs[i].solver;
        size_t bytes = s->type->work_size(s, &r->k->p);
        if (bytes > most) most = bytes;
    }
    r->work = crease_alloc(r->b->ctx, most, 1);
    return r->work ? CREASE_OK : CREASE_ENOMEM;
}

/* Rows whose answer falls short of their level lose their job: what is not verified is not timed. */
static void verify(race *r)
{
    for (size_t i = 0; i < r->n_jobs; i++) {
        crease_job *job = &r->jobs[i];
        crease_job_verify(r->k, r->work, job);
        if (!job->stop)
            r->b->contestants[job->contestant].ms_per_work = job->ms[0] / work_of(&r->k->facts);
    }
    for (size_t i = 0; i < r->n_job_of; i++) {
        crease_inner_row *row = &r->b->rows[r->first_row + i];
        if (r->job_of[i] == SIZE_MAX) continue;
        const crease_job *job = &r->jobs[r->job_of[i]];
        bool good = row->kind == CREASE_ROW_LEVEL ? job->certificate <= row->level : job->right;
        if (good && job->code == CREASE_OK) {
            r->wanted[r->job_of[i]] = true;
            continue;
        }
        row->outcome = job->code == CREASE_OK ? "short" : "error";
        row->certificate = job->certificate;
        snprintf(row->note, sizeof row->note, "%s", job->note);
        r->job_of[i] = SIZE_MAX;
    }
}

static void take_times(race *r)
{
    for (size_t i = 0; i < r->n_job_of; i++)
        if (r->job_of[i] != SIZE_MAX)
            crease_row_take(&r->jobs[r->job_of[i]], &r->b->rows[r->first_row + i]);
}

static int run(race *r, double within_s)
{
    double end_s = crease_bench_clock_s() + within_s;
    CREASE_TRY(plan(r, within_s));
    CREASE_TRY(make_work(r));
    verify(r);
    double left_s = end_s - crease_bench_clock_s();
    crease_jobs_time(r->b, r->k, r->work, r->jobs, r->wanted, r->n_jobs, left_s > 0 ? left_s : 0);
    take_times(r);
    return CREASE_OK;
}

int crease_inner_race(crease_inner_bench *b, size_t at, crease_inner_case *k, double within_s)
{
    race r = { .b = b, .k = k, .at = at, .first_row = b->n_rows };
    size_t most = b->n_contestants * (b->n_levels + 1);
    r.jobs = crease_alloc(b->ctx, most, sizeof *r.jobs);
    r.wanted = crease_alloc(b->ctx, most, sizeof *r.wanted);
    r.job_of = crease_alloc(b->ctx, most, sizeof *r.job_of);
    r.watch = crease_alloc(b->ctx, 1, sizeof *r.watch);
    int code = r.jobs && r.wanted && r.job_of && r.watch ? run(&r, within_s) : CREASE_ENOMEM;
    for (size_t i = 0; i < r.n_jobs; i++) crease_job_free(&r.jobs[i]);
    void *owned[] = { r.jobs, r.wanted, r.job_of, r.watch, r.work };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) crease_release(b->ctx, owned[i]);
    return code;
}

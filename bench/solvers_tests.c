/* Inexactness tests: what each asks of a solver, at its default and at tighter tolerances. */
#include <math.h>
#include <string.h>

#include "solvers.h"

enum { VARIANTS = 3, MOST_TESTS = 128 };
static const double factors[VARIANTS] = { 1, 1e-3, 1e-6 };

typedef struct {
    char text[MOST_TESTS][160];
    size_t n;
} test_list;

static const crease_param *param_of(const crease_type *type, const char *name)
{
    for (const crease_param *p = type->params; p && p->name; p++)
        if (!name ? p->kind == CREASE_PARAM_KIND_REAL : strcmp(p->name, name) == 0) return p;
    return NULL;
}

/* The text, with the cap of the benchmark where the test's own is larger. */
static int add_text(const crease_inner_bench *b, const crease_stopping_type *type, const char *text,
                    test_list *list)
{
    const crease_param *most = param_of(&type->base, "max_iters");
    const crease_param *least = param_of(&type->base, "min_iters");
    double cap = fmax(b->cap, least ? least->number : 1);
    size_t room = sizeof list->text[0], length = strlen(text);
    if (list->n == MOST_TESTS)
        return crease_fail(b->ctx, CREASE_ERANGE, "there are more than %d tests", MOST_TESTS);
    if (length + 24 >= room)
        return crease_fail(b->ctx, CREASE_ERANGE, "the test '%s' is too long", text);
    char *to = list->text[list->n++];
    memcpy(to, text, length + 1);
    if (most && most->number > cap && !strstr(text, "max_iters="))
        snprintf(to + length, room - length, "%cmax_iters=%.0f", strchr(text, ':') ? ',' : ':', cap);
    return CREASE_OK;
}

/* Tests that are tighter the nearer their tolerance is to its upper end; for all others that is 0. */
static double tight_end(const crease_type *type)
{
    return strcmp(type->name, "bonettini") == 0 ? 1 : strcmp(type->name, "dai_robinson") == 0 ? 2 : 0;
}

/* The default, and the tolerance of the test (its first setting that is a real number) tightened. */
static int add_variants(const crease_inner_bench *b, const crease_stopping_type *type, test_list *list)
{
    const crease_param *p = param_of(&type->base, NULL);
    double end = tight_end(&type->base);
    char text[120];
    CREASE_TRY(add_text(b, type, type->base.name, list));
    for (int i = 1; p && i < VARIANTS && !(type->needs & CREASE_NEEDS_TIME); i++) {
        snprintf(text, sizeof text, "%s:%s=%.10g", type->base.name, p->name,
                 end + (p->number - end) * factors[i]);
        CREASE_TRY(add_text(b, type, text, list));
    }
    return CREASE_OK;
}

static int list_tests(const crease_inner_bench *b, test_list *list)
{
    const crease_type *type;
    for (size_t i = 0; i < b->n_stops; i++) {
        crease_stopping *s = crease_stopping_parse(b->ctx, b->stop_texts[i]);
        if (!s) return crease_ctx_error(b->ctx)->code;
        int code = add_text(b, s->type, b->stop_texts[i], list);
        crease_stopping_free(s);
        CREASE_TRY(code);
    }
    for (size_t i = 0; b->n_stops == 0 && (type = crease_type_at(b->ctx, CREASE_STOPPING, i)); i++)
        CREASE_TRY(add_variants(b, (const crease_stopping_type *)type, list));
    return CREASE_OK;
}

/* --- one case ------------------------------------------------------------------------------------- */

typedef struct {
    test_list tests;
    crease_job *jobs;
    bool *wanted;
    size_t n;
} test_round;

static int make_jobs(crease_inner_bench *b, crease_inner_case *k, size_t solver, test_round *r)
{
    for (size_t i = 0; i < r->tests.n; i++) {
        crease_job *job = &r->jobs[r->n++];
        CREASE_TRY(crease_job_make(b, k, solver, 0, r->tests.text[i], job));
        if (job->solver->type->accepts(job->solver, &k->p)) { /* then it takes none of the tests */
            crease_job_free(job);
            r->n--;
            return CREASE_OK;
        }
    }
    return CREASE_OK;
}

static int make_all_jobs(crease_inner_bench *b, crease_inner_case *k, test_round *r)
{
    for (size_t i = 0; i < b->n_contestants; i++)
        if (crease_inner_takes_test(b->ctx, b->contestants[i].text)) CREASE_TRY(make_jobs(b, k, i, r));
    return CREASE_OK;
}

static void *make_work(crease_inner_case *k, const test_round *r)
{
    size_t most = 0;
    for (size_t i = 0; i < r->n; i++) {
        size_t bytes = r->jobs[i].solver->type->work_size(r->jobs[i].solver, &k->p);
        if (bytes > most) most = bytes;
    }
    return crease_alloc(k->ctx, most, 1);
}

static int add_row(crease_inner_bench *b, size_t at, const crease_job *job)
{
    crease_inner_row *row = crease_inner_add_row(b, at, job->contestant, CREASE_ROW_TEST);
    if (!row) return CREASE_ENOMEM;
    snprintf(row->test, sizeof row->test, "%s", job->test);
    snprintf(row->note, sizeof row->note, "%s", job->note);
    row->outcome = job->code == CREASE_OK ? crease_stop_name(job->info.stop) : "error";
    if (job->code == CREASE_OK) crease_row_take(job, row);
    return CREASE_OK;
}

static int run(crease_inner_bench *b, size_t at, crease_inner_case *k, test_round *r, double within_s)
{
    double end_s = crease_bench_clock_s() + within_s;
    CREASE_TRY(make_all_jobs(b, k, r));
    void *work = make_work(k, r);
    if (!work) return CREASE_ENOMEM;
    for (size_t i = 0; i < r->n; i++) {
        crease_job_verify(k, work, &r->jobs[i]);
        r->wanted[i] = r->jobs[i].code == CREASE_OK;
    }
    double left_s = end_s - crease_bench_clock_s();
    crease_jobs_time(b, k, work, r->jobs, r->wanted, r->n, left_s > 0 ? left_s : 0);
    crease_release(b->ctx, work);
    for (size_t i = 0; i < r->n; i++) CREASE_TRY(add_row(b, at, &r->jobs[i]));
    return CREASE_OK;
}

int crease_inner_tests(crease_inner_bench *b, size_t at, crease_inner_case *k, double within_s)
{
    test_round *r = crease_alloc(b->ctx, 1, sizeof *r);
    if (!r) return CREASE_ENOMEM;
    int code = list_tests(b, &r->tests);
    if (code == CREASE_OK) {
        r->jobs = crease_alloc(b->ctx, b->n_contestants * r->tests.n, sizeof *r->jobs);
        r->wanted = crease_alloc(b->ctx, b->n_contestants * r->tests.n, sizeof *r->wanted);
        code = r->jobs && r->wanted ? run(b, at, k, r, within_s) : CREASE_ENOMEM;
    }
    for (size_t i = 0; i < r->n; i++) crease_job_free(&r->jobs[i]);
    crease_release(b->ctx, r->wanted);
    crease_release(b->ctx, r->jobs);
    crease_release(b->ctx, r);
    return code;
}

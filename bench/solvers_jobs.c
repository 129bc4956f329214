/* Jobs: one solver with one test on one case. Made and verified first, then timed in turns. */
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "solvers.h"

/* A job is timed at least so often, unless one run takes as long as that and its share of the time:
 * then the run that verified it has to do. Short runs have one before them that is not timed: what the
 * solver before left in the caches does not count. */
enum { LEAST_TIMES = 3 };
static const double long_ms = 20, short_ms = 1, least_spent_ms = 2;

double crease_bench_clock_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Time of this thread on a processor: what else the machine does counts less. */
static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double crease_quantile(const double *sorted, size_t n, double at)
{
    double place = at * (double)(n - 1);
    size_t low = (size_t)place, high = low + 1 < n ? low + 1 : low;
    double share = place - (double)low;
    return share > 0 ? sorted[low] + share * (sorted[high] - sorted[low]) : sorted[low];
}

double crease_median(double *v, size_t n)
{
    if (n == 0) return NAN;
    qsort(v, n, sizeof *v, ascending);
    return n % 2 || isinf(v[n / 2]) ? v[n / 2] : crease_quantile(v, n, 0.5);
}

/* --- making --------------------------------------------------------------------------------------- */

int crease_job_make(crease_inner_bench *b, crease_inner_case *k, size_t contestant, unsigned iterations,
                    const char *test, crease_job *job)
{
    *job = (crease_job){ .contestant = contestant, .iterations = iterations, .certificate = NAN };
    if (iterations > 0)
        snprintf(job->test, sizeof job->test, "fixed:iterations=%u", iterations);
    else if (test)
        snprintf(job->test, sizeof job->test, "%s", test);
    if (*job->test && !(job->stop = crease_stopping_parse(k->ctx, job->test)))
        return crease_ctx_error(k->ctx)->code;
    job->solver = crease_solver_parse(k->ctx, b->contestants[contestant].text, job->stop);
    return job->solver ? CREASE_OK : crease_ctx_error(k->ctx)->code;
}

void crease_job_free(crease_job *job)
{
    crease_solver_free(job->solver);
    crease_stopping_free(job->stop);
}

/* --- solving -------------------------------------------------------------------------------------- */

/* From the start point; the copy is not timed. */
static double solve(crease_inner_case *k, void *work, crease_job *job)
{
    const crease_solver *s = job->solver;
    k->p.backend->copy(k->p.n, k->start, k->x);
    double start = now_ms();
    job->code = s->type->solve(s, &k->p, k->x, work, &job->info);
    return now_ms() - start;
}

void crease_job_verify(crease_inner_case *k, void *work, crease_job *job)
{
    job->ms[0] = solve(k, work, job);
    job->n = 1;
    if (job->code == CREASE_OK)
        job->code = crease_inner_case_judge(k, k->x, &job->certificate, &job->right);
    if (job->code != CREASE_OK)
        snprintf(job->note, sizeof job->note, "%.190s", crease_ctx_error(k->ctx)->sentence);
}

static bool has_enough(const crease_inner_bench *b, const crease_job *job, double enough_ms, bool late)
{
    if (job->code != CREASE_OK || job->n >= b->repeats || job->n >= CREASE_MOST_TIMES) return true;
    return job->n >= LEAST_TIMES && (late || job->spent_ms >= enough_ms);
}

void crease_jobs_time(const crease_inner_bench *b, crease_inner_case *k, void *work, crease_job *jobs,
                      const bool *wanted, size_t n, double within_s)
{
    double end_s = crease_bench_clock_s() + within_s, enough_ms = 1e3 * within_s / (double)(n + 1);
    double too_long_ms = fmax(long_ms, enough_ms);
    if (enough_ms < least_spent_ms) enough_ms = least_spent_ms;
    for (size_t i = 0; i < n; i++)
        if (wanted[i] && jobs[i].code == CREASE_OK && jobs[i].ms[0] < too_long_ms)
            jobs[i].n = 0; /* it warmed up */
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < n; i++) {
            crease_job *job = &jobs[i];
            bool late = crease_bench_clock_s() > end_s,
                 is_long = job->n > 0 && job->ms[0] >= too_long_ms;
            if (!wanted[i] || is_long || has_enough(b, job, enough_ms, late)) continue;
            if (job->spent_ms <= job->n * short_ms) solve(k, work, job);
            job->ms[job->n] = solve(k, work, job);
            job->spent_ms += job->ms[job->n++];
            more = true;
        }
    }
}

void crease_row_take(const crease_job *job, crease_inner_row *row)
{
    double sorted[CREASE_MOST_TIMES];
    for (int i = 0; i < job->n; i++) sorted[i] = job->ms[i];
    row->ms = crease_median(sorted, (size_t)job->n);
    row->low_ms = crease_quantile(sorted, (size_t)job->n, 0.25);
    row->high_ms = crease_quantile(sorted, (size_t)job->n, 0.75);
    row->repeats = job->n;
    row->certificate = job->certificate;
    row->right = job->right;
    row->iterations = job->info.iterations;
    row->proxes =
        job->info.proxes ? job->info.proxes : job->info.iterations; /* a direct solver's own */
    row->products = job->info.products;
}

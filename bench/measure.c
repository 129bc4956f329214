/* Clock, medians, the table, and the passes that kernels are held against. */
#include "bench.h"

#include <stdlib.h>
#include <time.h>

#include "config.h"

#ifdef CREASE_X86_64
#define FOR_EVERY_VECTOR_UNIT                                                                          \
    __attribute__((target_clones("avx512f", "avx2", "default"), optimize("O3")))
#else
#define FOR_EVERY_VECTOR_UNIT
#endif

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

static double median(double *v, int n)
{
    qsort(v, (size_t)n, sizeof *v, ascending);
    return n % 2 ? v[n / 2] : 0.5 * (v[n / 2 - 1] + v[n / 2]);
}

void crease_bench_header(const crease_bench *b)
{
    printf("backend %s (%s), %d repeats, one thread, medians\n", b->backend->name, b->backend->variant,
           b->repeats);
    printf("%-7s %-11s %6s %9s  %9s %9s  %7s %7s  %6s %6s\n", "what", "layout", "group", "entries",
           "pass ms", "work ms", "ns/elem", "GB/s", "ratio", "target");
    if (b->csv)
        fprintf(b->csv, "what,layout,group_size,entries,pass_ms,work_ms,ns_per_element,pass_gb_per_s,"
                        "ratio,target\n");
}

static void print_row(const crease_bench *b, const crease_measure *m)
{
    double ns = 1e6 * m->work_ms / (double)m->entries, rate = m->bytes / (1e6 * m->pass_ms);
    printf("%-7s %-11s %6zu %9zu  %9.3f %9.3f  %7.3f %7.1f  %6.2f %6.2f%s\n", m->what, m->layout,
           m->size, m->entries, m->pass_ms, m->work_ms, ns, rate, m->ratio, m->target,
           m->ratio > m->target ? "  above" : "");
    fflush(stdout);
    if (b->csv)
        fprintf(b->csv, "%s,%s,%zu,%zu,%.6g,%.6g,%.6g,%.6g,%.6g,%g\n", m->what, m->layout, m->size,
                m->entries, m->pass_ms, m->work_ms, ns, rate, m->ratio, m->target);
}

static int run_side(const crease_sides *sides, bool work, size_t calls, double *ms)
{
    int code = CREASE_OK;
    double start = now_ms();
    for (size_t i = 0; i < calls && code == CREASE_OK; i++) {
        if (work)
            code = sides->work(sides->user);
        else
            sides->pass(sides->user);
    }
    *ms = now_ms() - start;
    return code;
}

/* How many calls take as long as a batch; they also warm up. */
static int count_calls(const crease_sides *sides, bool work, double batch_ms, size_t *calls,
                       double *spent_ms)
{
    for (*calls = 1;; *calls *= 2) {
        double ms;
        CREASE_TRY(run_side(sides, work, *calls, &ms));
        *spent_ms += ms;
        if (ms >= batch_ms) return CREASE_OK;
    }
}

int crease_bench_time(crease_ctx *ctx, const crease_sides *sides, const crease_pace *pace,
                      crease_times *times)
{
    double *memory = crease_alloc(ctx, 3 * (size_t)pace->most, sizeof *memory), unused = 0;
    if (!memory) return CREASE_ENOMEM;
    double *pass = memory, *work = pass + pace->most, *ratio = work + pace->most;
    size_t passes, works;
    *times = (crease_times){ 0 };
    int i = 0, code = count_calls(sides, false, pace->batch_ms, &passes, &unused);
    if (code == CREASE_OK) code = count_calls(sides, true, pace->batch_ms, &works, &times->spent_ms);
    for (; i < pace->most && code == CREASE_OK; i++) {
        if (i >= pace->least && times->spent_ms >= pace->enough_ms) break;
        run_side(sides, false, passes, &pass[i]);
        code = run_side(sides, true, works, &work[i]);
        times->spent_ms += work[i];
        pass[i] /= (double)passes;
        work[i] /= (double)works;
        ratio[i] = work[i] / pass[i];
    }
    if (code == CREASE_OK) {
        times->rounds = i;
        times->pass_ms = median(pass, i);
        times->work_ms = median(work, i);
        times->ratio = median(ratio, i);
    }
    crease_release(ctx, memory);
    return code;
}

int crease_bench_measure(const crease_bench *b, const crease_sides *sides, crease_measure *m)
{
    crease_pace all = { .most = b->repeats, .least = b->repeats };
    crease_times times;
    CREASE_TRY(crease_bench_time(b->ctx, sides, &all, &times));
    m->pass_ms = times.pass_ms;
    m->work_ms = times.work_ms;
    m->ratio = times.ratio;
    print_row(b, m);
    return CREASE_OK;
}

#define PASSES(real, name)                                                                             \
    FOR_EVERY_VECTOR_UNIT static void stream_##name(size_t n, const real *restrict a,                  \
                                                    const real *restrict b, real *restrict y)          \
    {                                                                                                  \
        for (size_t i = 0; i < n; i++) y[i] = a[i] * b[i];                                             \
    }                                                                                                  \
    FOR_EVERY_VECTOR_UNIT static void touch_##name(size_t n, const real *restrict g, real *restrict v, \
                                                   real *restrict u, const real *restrict w0,          \
                                                   real *restrict w)                                   \
    {                                                                                                  \
        for (size_t i = 0; i < n; i++) {                                                               \
            v[i] += g[i];                                                                              \
            u[i] += g[i];                                                                              \
            w[i] += w0[i];                                                                             \
        }                                                                                              \
    }

PASSES(double, f64)
PASSES(float, f32)

void crease_bench_stream(size_t real_bytes, size_t n, const void *a, const void *b, void *y)
{
    if (real_bytes == sizeof(double))
        stream_f64(n, a, b, y);
    else
        stream_f32(n, a, b, y);
}

void crease_bench_touch(size_t real_bytes, size_t n, const void *g, void *v, void *u, const void *w0,
                        void *w)
{
    if (real_bytes == sizeof(double))
        touch_f64(n, g, v, u, w0, w);
    else
        touch_f32(n, g, v, u, w0, w);
}

int crease_bench_with_group_lasso(const crease_bench *b, const char *lambda, crease_bench_body *body)
{
    crease_regularizer *psi = crease_regularizer_create(b->ctx, "group_l2");
    crease_solver *solver = crease_solver_create(b->ctx, "exact", NULL);
    int code = psi && solver ? crease_regularizer_set(psi, "lambda", lambda) : crease_ctx_error(b->ctx)->code;
    if (code == CREASE_OK) code = body(b, psi, solver);
    crease_solver_free(solver);
    crease_regularizer_free(psi);
    return code;
}

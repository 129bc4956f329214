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

int crease_bench_measure(const crease_bench *b, const crease_sides *sides, crease_measure *m)
{
    double *times = crease_alloc(b->ctx, 3 * (size_t)b->repeats, sizeof *times);
    if (!times) return CREASE_ENOMEM;
    double *pass = times, *work = pass + b->repeats, *ratio = work + b->repeats;
    int code = CREASE_OK;
    for (int i = -1; i < b->repeats && code == CREASE_OK; i++) { /* the first round warms up */
        double start = now_ms();
        sides->pass(sides->user);
        double middle = now_ms();
        code = sides->work(sides->user);
        double end = now_ms();
        if (i < 0) continue;
        pass[i] = middle - start;
        work[i] = end - middle;
        ratio[i] = work[i] / pass[i];
    }
    if (code == CREASE_OK) {
        m->pass_ms = median(pass, b->repeats);
        m->work_ms = median(work, b->repeats);
        m->ratio = median(ratio, b->repeats);
        print_row(b, m);
    }
    crease_release(b->ctx, times);
    return code;
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

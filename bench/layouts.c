/* The exact oracle of group_l2, in groups of every layout and size, against one streaming pass that reads
 * c and d and writes x. */
#include "bench.h"

#include <math.h>

#include "shapes.h"

typedef struct layout_case {
    const crease_backend *backend;
    crease_subproblem problem;
    const crease_solver *solver;
    void *x, *work;
} layout_case;

static void pass(void *user)
{
    layout_case *k = user;
    crease_bench_stream(k->backend->real_bytes, k->problem.n, k->problem.c, k->problem.d, k->x);
}

static int work(void *user)
{
    layout_case *k = user;
    crease_solve_info info;
    return k->solver->type->solve(k->solver, &k->problem, k->x, k->work, &info);
}

/* Half of the groups live; d is lognormal, as metrics are: a factor of about 20 between its extremes.
 */
static int fill(const crease_bench *b, const crease_groups *groups, double *host, void *c, void *d)
{
    size_t n = groups->entries;
    crease_random r = crease_random_at(1, CREASE_STREAM_TEST, 0);
    for (size_t g = 0; g < groups->count; g++) {
        double u = crease_random_uniform(&r), size = g % 2 ? 0.5 + 0.4 * u : 1.1 + 1.9 * u;
        for (size_t k = 0; k < crease_group_size(groups, g); k++)
            host[crease_group_entry(groups, g, k)] = size * crease_random_normal(&r);
    }
    b->backend->from_host(n, host, c);
    for (size_t i = 0; i < n; i++) host[i] = 0.1 * exp(0.5 * crease_random_normal(&r));
    b->backend->from_host(n, host, d);
    return CREASE_OK;
}

/* The answer must be right before its time counts. */
static int verify(const crease_bench *b, layout_case *k)
{
    crease_certificate proof;
    double enough = 32 * b->backend->roundoff;
    CREASE_TRY(work(k));
    CREASE_TRY(crease_certify(&k->problem, k->x, &proof));
    if (proof.relative <= enough) return CREASE_OK;
    return crease_fail(b->ctx, CREASE_ESHORT,
                       "the oracle's certificate is %.2g, above %.2g: its time means nothing",
                       proof.relative, enough);
}

static int measure_shape(const crease_bench *b, const crease_shape *shape,
                         const crease_regularizer *psi, const crease_solver *solver, double *host,
                         void *c, void *d, void *x)
{
    crease_groups groups = crease_shape_groups(shape, b->entries);
    layout_case k = { .backend = b->backend,
                      .solver = solver,
                      .x = x,
                      .problem = { .ctx = b->ctx,
                                   .backend = b->backend,
                                   .n = groups.entries,
                                   .c = c,
                                   .d = d,
                                   .w = 1,
                                   .psi = psi,
                                   .groups = &groups,
                                   .paper_scale = 1 } };
    crease_measure m = { .what = "oracle",
                         .layout = shape->layout,
                         .size = crease_group_size(&groups, 0),
                         .entries = groups.entries,
                         .target = 3.5,
                         .bytes = 3.0 * (double)(groups.entries * b->backend->real_bytes) };
    CREASE_TRY(fill(b, &groups, host, c, d));
    if (!(k.work = crease_alloc(b->ctx, solver->type->work_size(solver, &k.problem), 1)))
        return CREASE_ENOMEM;
    int code = verify(b, &k);
    if (code == CREASE_OK) code = crease_bench_measure(b, &(crease_sides){ pass, work, &k }, &m);
    crease_release(b->ctx, k.work);
    return code;
}

static int measure_all(const crease_bench *b, const crease_regularizer *psi,
                       const crease_solver *solver)
{
    size_t real = b->backend->real_bytes;
    double *host = crease_alloc(b->ctx, b->entries, sizeof *host);
    void *c = crease_alloc(b->ctx, b->entries, real), *d = crease_alloc(b->ctx, b->entries, real);
    void *x = crease_alloc(b->ctx, b->entries, real);
    int code = host && c && d && x ? CREASE_OK : CREASE_ENOMEM;
    for (const crease_shape *s = crease_shapes; s->layout && code == CREASE_OK; s++)
        code = measure_shape(b, s, psi, solver, host, c, d, x);
    crease_release(b->ctx, host);
    crease_release(b->ctx, c);
    crease_release(b->ctx, d);
    crease_release(b->ctx, x);
    return code;
}

int crease_bench_layouts(crease_bench *b)
{
    return crease_bench_with_group_lasso(b, "1", measure_all);
}

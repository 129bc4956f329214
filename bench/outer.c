/* One outer step of RAMDA (moments, metric, exact oracle, average) against a pass over the arrays that it
 * cannot avoid: reads g, V, U, W0, W; writes V, U, W. */
#include "bench.h"

#include "shapes.h"

typedef struct step_case {
    crease_oracle oracle; /* first: it is handed back to gradient() */
    const crease_backend *backend;
    crease_algorithm *algorithm;
    size_t n;
    const void *gradient;
    void *g, *v, *u, *w0, *w; /* of the pass */
} step_case;

/* The gradient costs one copy the first time, and then nothing: it stays where it is. */
static int stored_gradient(crease_oracle *oracle, crease_rows rows, const void *x, double *value,
                           void *g)
{
    step_case *k = (step_case *)oracle;
    (void)rows, (void)x;
    *value = 0;
    if (k->gradient) k->backend->copy(k->n, k->gradient, g);
    k->gradient = NULL;
    return CREASE_OK;
}

static void pass(void *user)
{
    step_case *k = user;
    crease_bench_touch(k->backend->real_bytes, k->n, k->g, k->v, k->u, k->w0, k->w);
}

static int work(void *user)
{
    step_case *k = user;
    return crease_algorithm_step(k->algorithm, &k->oracle);
}

/* Gradients whose groups are about half above the threshold. */
static void fill(const crease_groups *groups, double *host)
{
    crease_random r = crease_random_at(2, CREASE_STREAM_TEST, 0);
    for (size_t g = 0; g < groups->count; g++) {
        double u = crease_random_uniform(&r), size = g % 2 ? 0.5 + 0.4 * u : 1.1 + 1.9 * u;
        for (size_t k = 0; k < crease_group_size(groups, g); k++)
            host[crease_group_entry(groups, g, k)] = size * crease_random_normal(&r);
    }
}

static int measure_shape(const crease_bench *b, const crease_shape *shape,
                         const crease_regularizer *psi, const crease_solver *solver, double *host,
                         step_case *k)
{
    crease_groups groups = crease_shape_groups(shape, b->entries);
    crease_term term = { psi, &groups, "weight" };
    crease_measure m = { .what = "step",
                         .layout = shape->layout,
                         .size = crease_group_size(&groups, 0),
                         .entries = groups.entries,
                         .target = 2.5,
                         .bytes = 8.0 * (double)(groups.entries * b->backend->real_bytes) };
    fill(&groups, host);
    k->n = groups.entries;
    b->backend->from_host(k->n, host, k->g);
    k->gradient = k->g;
    crease_algorithm *a = k->algorithm = crease_algorithm_create(b->ctx, "ramda", b->backend);
    if (!a) return crease_ctx_error(b->ctx)->code;
    int code = crease_algorithm_setup(a, k->n, k->w0, &term, 1, solver);
    a->momentum = 0.1; /* below 1: the average is an average */
    if (code == CREASE_OK) code = crease_bench_measure(b, &(crease_sides){ pass, work, k }, &m);
    crease_algorithm_free(a);
    return code;
}

static int measure_all(const crease_bench *b, const crease_regularizer *psi,
                       const crease_solver *solver)
{
    step_case k = { .oracle = { .gradient = stored_gradient }, .backend = b->backend };
    double *host = crease_alloc(b->ctx, b->entries, sizeof *host);
    void **arrays[] = { &k.g, &k.v, &k.u, &k.w0, &k.w };
    enum { ARRAYS = sizeof arrays / sizeof *arrays };
    int code = host ? CREASE_OK : CREASE_ENOMEM;
    for (int i = 0; i < ARRAYS && code == CREASE_OK; i++)
        if (!(*arrays[i] = crease_alloc(b->ctx, b->entries, b->backend->real_bytes)))
            code = CREASE_ENOMEM;
    for (const crease_shape *s = crease_shapes; s->layout && code == CREASE_OK; s++)
        code = measure_shape(b, s, psi, solver, host, &k);
    for (int i = 0; i < ARRAYS; i++) crease_release(b->ctx, *arrays[i]);
    crease_release(b->ctx, host);
    return code;
}

int crease_bench_outer(crease_bench *b)
{
    return crease_bench_with_group_lasso(b, "1", measure_all);
}

/* The same bits from every vector unit: the oracle, what iterative methods do, packing, and the outer
 * step. */
#include <stdlib.h>
#include <string.h>

#include "kernels.h"

typedef struct {
    unsigned char *bytes;
    size_t used, room;
} record;

static void record_bytes(record *r, const void *bytes, size_t n)
{
    assert_true(r->used + n <= r->room);
    memcpy(r->bytes + r->used, bytes, n);
    r->used += n;
}

static void record_number(record *r, double number)
{
    record_bytes(r, &number, sizeof number);
}

/* Steps of all kinds from z, to x, and what is measured there. */
static void record_steps(record *r, const crease_shrink_task *task, const crease_backend *b,
                         const void *z, void *x)
{
    crease_shrink_task t = *task;
    size_t bytes = t.n * b->real_bytes;
    double *curvature = calloc(t.groups->count + 1, sizeof *curvature);
    b->shrink_curvature(&t, curvature);
    record_bytes(r, curvature, t.groups->count * sizeof *curvature);
    for (int kind = 0; kind < 4; kind++) {
        t.d = kind & 1 ? NULL : task->d;
        t.scalar = 0.01;
        b->shrink_step(&t, curvature, kind & 2 ? NULL : z, x);
        record_bytes(r, x, bytes);
        record_number(r, b->shrink_residual(&t, x));
        record_number(r, b->shrink_value(t.groups, &t.psi, x));
        record_number(r, b->quadratic(t.n, x, z, kind & 2 ? NULL : t.c, t.d, 0.01));
    }
    b->shrink_step(task, curvature, x, x);
    record_bytes(r, x, bytes);
    b->gradient(t.n, x, t.c, task->d, 0, 0.3, x);
    record_bytes(r, x, bytes);
    free(curvature);
}

/* The same of the live groups, packed. */
static void record_packed(record *r, kernel_case *k, bool beside)
{
    const crease_backend *b = k->backend;
    const crease_groups *g = &k->groups;
    unsigned char *live = crease_alloc(k->ctx, g->count, 1);
    size_t *start = crease_alloc(k->ctx, g->count + 1, sizeof *start);
    void *packed[4];
    for (int i = 0; i < 4; i++) packed[i] = crease_alloc(k->ctx, k->n, b->real_bytes);
    size_t lives = b->shrink_screen(&k->task, live), j = 0, size = crease_group_size(g, 0);
    record_bytes(r, live, g->count);
    for (size_t i = 0; i < g->count; i++) {
        if (!live[i]) continue;
        start[j + 1] = start[j] + crease_group_size(g, i);
        j++;
    }
    crease_groups cols = crease_groups_cols(0, size, lives),
                  runs = { .count = lives, .entries = start[j], .start = start, .disjoint = true };
    crease_groups groups = beside ? cols : runs;
    groups.uniform_weight = 1;
    crease_shrink_task t = k->task;
    const void *arrays[] = { k->c_real, k->d_real, k->x_real };
    for (int i = 0; i < 3; i++) b->gather(g, live, beside ? lives : 0, arrays[i], packed[i]);
    t.n = start[j], t.groups = &groups, t.c = packed[0], t.d = packed[1];
    record_steps(r, &t, b, packed[2], packed[3]);
    b->scatter(g, live, beside ? lives : 0, packed[3], k->x_real);
    record_bytes(r, k->x_real, k->n * b->real_bytes);
    for (int i = 0; i < 4; i++) crease_release(k->ctx, packed[i]);
    crease_release(k->ctx, start);
    crease_release(k->ctx, live);
}

/* Everything that the oracle and its companions give for one task. */
static void record_all(kernel_case *k, record *r)
{
    const crease_backend *b = k->backend;
    r->used = 0;
    assert_ok(k->ctx, kernel_solve(k));
    record_bytes(r, k->x_real, k->n * b->real_bytes);
    record_number(r, k->stats.bound);
    record_number(r, (double)k->stats.all_iterations);
    record_number(r, b->shrink_residual(&k->task, k->x_real));
    record_number(r, b->shrink_value(&k->groups, &k->task.psi, k->x_real));
    record_number(r, b->dot(k->n, k->x_real, k->c_real));
    record_steps(r, &k->task, b, k->c_real, k->x_real);
    record_packed(r, k, false);
    if (!k->groups.start) record_packed(r, k, true);
}

static void draw_bits(kernel_case *k, uint64_t seed)
{
    crease_random r = crease_random_at(28, CREASE_STREAM_TEST, seed << 32);
    for (size_t i = 0; i < k->n; i++) {
        k->c[i] = crease_random_normal(&r) * 0.3;
        k->d[i] = kernel_log_uniform(&r, -4, 1);
    }
    k->task.psi = seed % 3 ? (crease_shrink){ 0, 1, 0 } : (crease_shrink){ 0.05, 0.8, 0.01 };
}

static void test_same_bits(void **state)
{
    (void)state;
    enum { MOST = 1 << 24 };
    crease_ctx *ctx = test_ctx();
    record first = { malloc(MOST), 0, MOST }, other = { malloc(MOST), 0, MOST };
    for (uint64_t seed = 0; seed < crease_test_count(1000) + 20; seed++) {
        const crease_backend *b, *reference = NULL;
        for (size_t v = 0; (b = crease_backend_at(v)); v++) {
            crease_random r = crease_random_at(27, CREASE_STREAM_TEST, seed << 32);
            size_t size = (size_t)kernel_log_uniform(&r, 0, 3),
                   count = 1 + crease_random_below(&r, size > 100 ? 30 : 700);
            kernel_case k;
            kernel_create(&k, ctx, b, seed % N_LAYOUTS, count, size, &r);
            draw_bits(&k, seed);
            bool same_width = reference && reference->real_bytes == b->real_bytes;
            record_all(&k, same_width ? &other : &first);
            if (!same_width)
                reference = b;
            else if (first.used != other.used || memcmp(first.bytes, other.bytes, first.used) != 0)
                fail_msg("%s: %s and %s differ, seed %zu", b->name, reference->variant, b->variant,
                         (size_t)seed);
            kernel_free(&k);
        }
    }
    free(first.bytes);
    free(other.bytes);
    crease_ctx_free(ctx);
}

static void test_same_bits_of_form(void **state)
{
    (void)state;
    enum { N = 1003 };
    crease_ctx *ctx = test_ctx();
    for (crease_root root = CREASE_ROOT_NONE; root <= CREASE_ROOT_CUBE; root++) {
        const crease_backend *b, *reference = NULL;
        unsigned char *first = malloc(8 * N * 5), *other = malloc(8 * N * 5);
        for (size_t v = 0; (b = crease_backend_at(v)); v++) {
            crease_random r = crease_random_at(29, CREASE_STREAM_TEST, 0);
            bool same_width = reference && reference->real_bytes == b->real_bytes;
            unsigned char *out = same_width ? other : first;
            double host[N], *g = crease_alloc(ctx, N, 8), *m = crease_alloc(ctx, N, 8);
            size_t bytes = N * b->real_bytes;
            for (int i = 0; i < N; i++)
                host[i] = crease_random_normal(&r) * kernel_log_uniform(&r, -12, 3);
            b->from_host(N, host, g);
            memset(out, 0, 8 * N * 5);
            for (int step = 0; step < 3; step++) {
                crease_form_run run = { .n = N,
                                        .g = g,
                                        .x = m,
                                        .center = g,
                                        .m = m,
                                        .u = out,
                                        .peak = out + bytes,
                                        .c = out + 2 * bytes,
                                        .d = out + 3 * bytes,
                                        .keep1 = 0.9,
                                        .add1 = 0.3,
                                        .keep2 = 0.99,
                                        .add2 = 0.7,
                                        .decay = 0.1,
                                        .center_scale = 0.9,
                                        .linear = 1.1,
                                        .metric_scale = 0.7,
                                        .floor = 1e-6,
                                        .root = root };
                b->form(&run);
                b->average(N, 0.3, out + 2 * bytes, out + 4 * bytes, NULL);
            }
            if (!same_width)
                reference = b;
            else
                assert_memory_equal(first, other, 5 * bytes);
            crease_release(ctx, g);
            crease_release(ctx, m);
        }
        free(first);
        free(other);
    }
    crease_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_same_bits_of_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

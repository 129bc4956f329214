#include "kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double kernel_log_uniform(crease_random *r, double low, double high)
{
    return pow(10, low + (high - low) * crease_random_uniform(r));
}

static crease_groups make_ragged(crease_ctx *ctx, bool lists, size_t count, size_t size,
                                 crease_random *r)
{
    crease_groups groups;
    size_t *start = calloc(count + 1, sizeof *start);
    for (size_t g = 0; g < count; g++) start[g + 1] = start[g] + 1 + crease_random_below(r, size);
    size_t n = start[count];
    uint32_t *index = calloc(n, sizeof *index);
    crease_random_permutation(r, n, index);
    for (size_t i = 0; i < n; i++) index[i] = (lists ? index[i] : (uint32_t)i) + KERNEL_MARGIN;
    assert_ok(ctx, crease_groups_from_lists(ctx, count, start, index, &groups));
    groups.disjoint = true;
    free(start);
    free(index);
    return groups;
}

/* Segments cannot start inside the vector unless the first group says so: start[0] = MARGIN. */
static crease_groups make_segments(crease_ctx *ctx, size_t count, size_t size, crease_random *r)
{
    crease_groups groups = { .count = count, .disjoint = true, .uniform_weight = 1 };
    size_t *start = crease_alloc(ctx, count + 1, sizeof *start);
    start[0] = KERNEL_MARGIN;
    for (size_t g = 0; g < count; g++) start[g + 1] = start[g] + 1 + crease_random_below(r, size);
    groups.start = start;
    groups.entries = start[count] - start[0];
    return groups;
}

static crease_groups make_groups(crease_ctx *ctx, kernel_layout layout, size_t count, size_t size,
                                 crease_random *r)
{
    size_t at = KERNEL_MARGIN;
    switch (layout) {
    case LAYOUT_RUNS:
        return crease_groups_runs(at, count * size, size);
    case LAYOUT_COLUMNS:
        return crease_groups_cols(at, size, count);
    case LAYOUT_CHANNELS:
        return crease_groups_channels(at, (size + 8) / 9, count, 9);
    case LAYOUT_SEGMENTS:
        return make_segments(ctx, count, size, r);
    default:
        return make_ragged(ctx, true, count, size, r);
    }
}

void kernel_create(kernel_case *k, crease_ctx *ctx, const crease_backend *backend, kernel_layout layout,
                   size_t count, size_t size, crease_random *r)
{
    *k = (kernel_case){ .ctx = ctx,
                        .backend = backend,
                        .groups = make_groups(ctx, layout, count, size, r) };
    double *ones = crease_alloc(ctx, count, sizeof *ones);
    for (size_t g = 0; g < count; g++) ones[g] = 1;
    kernel_set_weights(k, ones);
    crease_release(ctx, ones);
    k->n = crease_groups_extent(&k->groups) + KERNEL_MARGIN;
    double **host[] = { &k->c, &k->d, &k->x };
    void **real[] = { &k->c_real, &k->d_real, &k->x_real };
    for (int i = 0; i < 3; i++) {
        *host[i] = crease_alloc(ctx, k->n, sizeof(double));
        *real[i] = crease_alloc(ctx, k->n, backend->real_bytes);
    }
    k->task = (crease_shrink_task){ .n = k->n, .groups = &k->groups, .w = 1, .psi = { 0, 1, 0 } };
    k->task.work = crease_alloc(ctx, backend->shrink_work(&k->groups), 1);
}

void kernel_set_weights(kernel_case *k, const double *weights)
{
    assert_ok(k->ctx, crease_groups_set_weights(k->ctx, &k->groups, weights));
}

void kernel_free(kernel_case *k)
{
    void *owned[] = { k->c, k->d, k->x, k->c_real, k->d_real, k->x_real, k->task.work };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) crease_release(k->ctx, owned[i]);
    crease_groups_free(k->ctx, &k->groups);
}

void kernel_load(kernel_case *k)
{
    k->backend->from_host(k->n, k->c, k->c_real);
    k->backend->to_host(k->n, k->c_real, k->c);
    k->backend->from_host(k->n, k->d, k->d_real);
    k->backend->to_host(k->n, k->d_real, k->d);
    for (size_t i = 0; i < k->n; i++) k->x[i] = -7; /* poison */
    k->backend->from_host(k->n, k->x, k->x_real);
    k->task.c = k->c_real;
    k->task.d = k->d_real;
}

int kernel_solve(kernel_case *k)
{
    kernel_load(k);
    int code = k->backend->shrink_diag(&k->task, k->x_real, &k->stats);
    k->backend->to_host(k->n, k->x_real, k->x);
    for (size_t i = 0; i < KERNEL_MARGIN; i++) {
        assert_true(k->x[i] == -7);
        assert_true(k->x[k->n - 1 - i] == -7);
    }
    return code;
}

bool kernel_group_is_zero(const kernel_case *k, size_t g, bool literally)
{
    for (size_t i = 0; i < crease_group_size(&k->groups, g); i++) {
        double x = k->x[crease_group_entry(&k->groups, g, i)];
        if (x != 0 || (literally && signbit(x))) return false;
    }
    return true;
}

static long double soft(long double h, long double threshold)
{
    long double size = fabsl(h) - threshold;
    return size <= 0 ? 0 : copysignl(size, h);
}

long double kernel_certificate(const kernel_case *k, size_t g)
{
    long double w = k->task.w, l1 = w * k->task.psi.lambda1, ridge = w * k->task.psi.ridge;
    long double tau = w * k->task.psi.lambda2 * crease_group_weight(&k->groups, g);
    size_t n = crease_group_size(&k->groups, g);
    long double size = 0, c_size = 0, sum = 0;
    for (size_t i = 0; i < n; i++) {
        size_t e = crease_group_entry(&k->groups, g, i);
        size = hypotl(size, k->x[e]);
        c_size = hypotl(c_size, k->c[e]);
    }
    for (size_t i = 0; i < n; i++) {
        size_t e = crease_group_entry(&k->groups, g, i);
        long double d = k->task.d ? k->d[e] : k->task.scalar, x = k->x[e];
        long double h = (d + ridge) * x - k->c[e] + (size > 0 ? tau * x / size : 0);
        sum = hypotl(sum, x != 0 ? h + copysignl(l1, x) : soft(h, l1));
    }
    if (size == 0) sum = fmaxl(0, sum - tau);
    long double scale = fmaxl(c_size, tau);
    return scale > 0 ? sum / scale : sum;
}

long double kernel_worst(const kernel_case *k)
{
    long double worst = 0;
    for (size_t g = 0; g < k->groups.count; g++) {
        long double rho = kernel_certificate(k, g);
        if (!(rho <= worst)) worst = rho;
    }
    return worst;
}

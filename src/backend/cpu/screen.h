/* Which groups are live, and packing those: what iterative solvers begin with. */
#ifndef CREASE_CPU_SCREEN_H
#define CREASE_CPU_SCREEN_H

#include "group.h"

/* |soft(c_g, l1)|, scaled by the largest entry against overflow and underflow */
static double soft_norm(const crease_groups *s, size_t g, const crease_real *c, double l1)
{
    size_t n = crease_group_size(s, g);
    double largest = 0, sum = 0;
    for (size_t k = 0; k < n; k++) largest = fmax(largest, fabs((double)c[crease_group_entry(s, g, k)]) - l1);
    if (largest <= 0) return 0;
    for (size_t k = 0; k < n; k++) {
        double ratio = fmax(0, fabs((double)c[crease_group_entry(s, g, k)]) - l1) / largest;
        sum += ratio * ratio;
    }
    return largest * sqrt(sum);
}

static size_t cpu_shrink_screen(const crease_shrink_task *task, unsigned char *live)
{
    size_t count = 0;
    for (size_t g = 0; g < task->groups->count; g++) {
        double tau = group_threshold(task, g);
        live[g] = soft_norm(task->groups, g, task->c, task->w * task->psi.lambda1) > tau;
        count += live[g];
    }
    return count;
}

/* Where entry i of the k-th packed group goes; beside: see the backend's `gather`. */
static size_t packed_at(size_t beside, size_t first, size_t k, size_t i)
{
    return beside ? i * beside + k : first + i;
}

static void cpu_gather(const crease_groups *s, const unsigned char *live, size_t beside, const void *x,
                       void *packed)
{
    const crease_real *from = x;
    crease_real *to = packed;
    for (size_t g = 0, k = 0, first = 0; g < s->count; g++) {
        size_t n = crease_group_size(s, g);
        if (!live[g]) continue;
        for (size_t i = 0; i < n; i++)
            to[packed_at(beside, first, k, i)] = from[crease_group_entry(s, g, i)];
        first += n;
        k++;
    }
}

/* Groups that are not live become zeros. */
static void cpu_scatter(const crease_groups *s, const unsigned char *live, size_t beside,
                        const void *packed, void *x)
{
    const crease_real *from = packed;
    crease_real *to = x;
    for (size_t g = 0, k = 0, first = 0; g < s->count; g++) {
        size_t n = crease_group_size(s, g);
        for (size_t i = 0; i < n; i++)
            to[crease_group_entry(s, g, i)] = live[g] ? from[packed_at(beside, first, k, i)] : 0;
        if (!live[g]) continue;
        first += n;
        k++;
    }
}

#endif

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

static void cpu_gather(const crease_groups *s, const unsigned char *live, const void *x, void *packed)
{
    crease_real *to = packed;
    for (size_t g = 0; g < s->count; g++) {
        if (!live[g]) continue;
        group_gather(s, g, x, to);
        to += crease_group_size(s, g);
    }
}

/* Groups that are not live become zeros. */
static void cpu_scatter(const crease_groups *s, const unsigned char *live, const void *packed, void *x)
{
    const crease_real *from = packed;
    crease_real *to = x;
    for (size_t g = 0; g < s->count; g++) {
        size_t n = crease_group_size(s, g);
        if (live[g]) {
            group_scatter(s, g, from, to);
            from += n;
        } else {
            for (size_t k = 0; k < n; k++) to[crease_group_entry(s, g, k)] = 0;
        }
    }
}

#endif

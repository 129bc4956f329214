/* One group of the shrink family as contiguous arrays, and what can be said of it without Newton's
 * method: gathering, the values and residuals (in double), the oracle where the group term is absent
 * and where the metric is a multiple of I. */
#ifndef CREASE_CPU_GROUP_H
#define CREASE_CPU_GROUP_H

#include "../formulas/shrink.h"
#include "crease/backend.h"
#include "lanes.h"

/* min 1/2 x'(D + ridge I)x - c'x + l1 |x|_1 + tau |x|_2, w already in all of them */
typedef struct group_problem {
    size_t n;
    const crease_real *c, *d; /* d NULL: scalar * I */
    double scalar, l1, ridge, tau;
} group_problem;

/* Entries of the group lie next to each other from this position on; SIZE_MAX: they do not. */
static size_t group_run(const crease_groups *s, size_t g)
{
    if (s->start) return s->index ? SIZE_MAX : s->start[g];
    bool together = s->inner_stride == 1 || s->inner == 1;
    bool pieces_touch = s->outer == 1 || s->outer_stride == s->inner;
    return together && pieces_touch ? s->offset + g * s->group_stride : SIZE_MAX;
}

static void group_gather(const crease_groups *s, size_t g, const crease_real *from, crease_real *to)
{
    if (s->start) {
        for (size_t k = s->start[g]; k < s->start[g + 1]; k++) *to++ = from[s->index ? s->index[k] : k];
        return;
    }
    from += s->offset + g * s->group_stride;
    for (size_t o = 0; o < s->outer; o++, from += s->outer_stride)
        for (size_t i = 0; i < s->inner; i++) *to++ = from[i * s->inner_stride];
}

static void group_scatter(const crease_groups *s, size_t g, const crease_real *from, crease_real *to)
{
    if (s->start) {
        for (size_t k = s->start[g]; k < s->start[g + 1]; k++) to[s->index ? s->index[k] : k] = *from++;
        return;
    }
    to += s->offset + g * s->group_stride;
    for (size_t o = 0; o < s->outer; o++, to += s->outer_stride)
        for (size_t i = 0; i < s->inner; i++) to[i * s->inner_stride] = *from++;
}

/* The group's entries: in place where they lie together, else copied to scratch. NULL stays NULL. */
static const crease_real *group_view(const crease_groups *s, size_t g, const void *from,
                                     crease_real *scratch)
{
    if (!from) return NULL;
    size_t run = group_run(s, g);
    if (run != SIZE_MAX) return (const crease_real *)from + run;
    group_gather(s, g, from, scratch);
    return scratch;
}

/* tau of the group; infinite where the group is forced to zero. */
static double group_threshold(const crease_shrink_task *task, size_t g)
{
    double weight = crease_group_weight(task->groups, g);
    return isinf(weight) ? weight : task->w * task->psi.lambda2 * weight;
}

/* d of element i, ridge included */
static inline double problem_metric(const group_problem *p, size_t i)
{
    return (p->d ? (double)p->d[i] : p->scalar) + p->ridge;
}

static inline double problem_linear(const group_problem *p, size_t i)
{
    double c = p->c[i], size = fabs(c) - p->l1;
    return size <= 0 ? 0 : copysign(size, c);
}

static bool problem_is_finite(const group_problem *p)
{
    return cpu_is_finite(p->n, p->c) && (p->d ? cpu_is_finite(p->n, p->d) : isfinite(p->scalar));
}

static void group_zero(size_t n, crease_real *x)
{
    memset(x, 0, n * sizeof *x);
}

/* No group term: x = soft(c)/(d + ridge). 0 * c and 0 * d are not zero where they are not finite. */
static int group_solve_free(const group_problem *p, crease_real *x)
{
    crease_lane l1 = crease_all(p->l1), ridge = crease_all(p->ridge), zero = crease_all(0);
    crease_mask unbounded = { 0 };
    lane_sum bad = sum_none();
    for (size_t i = 0; i < p->n; i += CREASE_LANES) {
        size_t count = smaller(p->n - i, CREASE_LANES);
        crease_lane d = p->d ? lanes_load_some(p->d + i, count, 1) : crease_all(p->scalar);
        crease_lane given = lanes_load_some(p->c + i, count, 0), c = crease_soft(given, l1);
        sum_add(&bad, 0 * given + 0 * d);
        unbounded |= (d + ridge == 0) & (c != zero);
        lanes_store_some(x + i, count, crease_ratio(c, d + ridge));
    }
    if (lanes_sum(sum_lanes(bad)) != 0) return CREASE_ENAN;
    return crease_any(unbounded) ? CREASE_EUNBOUNDED : CREASE_OK;
}

#endif

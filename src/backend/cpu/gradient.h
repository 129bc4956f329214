/* What iterative methods do with the shrink family: proximal-gradient steps, residuals and values. */
#ifndef CREASE_CPU_GRADIENT_H
#define CREASE_CPU_GRADIENT_H

#include "bunch.h"

static void cpu_shrink_curvature(const crease_shrink_task *task, double *curvature)
{
    double most[SLAB_MOST_COLUMNS], ridge = task->w * task->psi.ridge;
    bunch_source from = source_of(task, NULL, NULL);
    bunch b = { .count = 0 };
    slab s;
    if (from.d) from.c = from.z = from.d;
    for (size_t g = 0; g < task->groups->count; g += b.count) {
        bunch_at(&from, g, &b);
        bunch_clear(&b, most);
        FOR_PIECES(&b, s) slab_most(&s, most);
        for (size_t k = b.count; k < b.columns; k++) most[0] = fmax(most[0], most[k]);
        for (size_t k = 0; k < b.count; k++)
            curvature[g + k] = (task->d ? most[k] : task->scalar) + ridge;
    }
}

/* From the squared norm of soft(...) to what it is multiplied by: (1 - tau/norm)/L, NaN for NaN; 1/L,
 * whatever the norm, where there is no threshold. A factor is kept finite, so that zeros stay zeros. */
static void step_factors(const bunch *b, const double *tau, const double *curvature,
                         const double *square, double *factor)
{
    curvature += b->first;
    for (size_t k = 0; k < b->count; k++) {
        double norm = tau[k] == 0 ? 1 : sqrt(square[k]);
        /* one division less, where the product is safe */
        double live = CREASE_CPU_BITS == 64 ? (1 - tau[k] / norm) / curvature[k]
                                            : (norm - tau[k]) / (norm * curvature[k]);
        live = live > DBL_MAX ? DBL_MAX : live;
        factor[k] = norm <= tau[k] ? 0 : live;
    }
}

/* Floats have been squared as floats. Where a sum of squares is so large or small that this was wrong
 * it has to be formed again, unless it is small and the threshold is none or large; factors far from 1
 * are no good floats. */
static bool is_ordinary(const bunch *b, const double *tau, const double *square, const double *factor)
{
    const double least = 0x1p-80, most = 0x1p120, low = 0x1p-100, high = 0x1p100;
    int64_t odd = 0;
    if (CREASE_CPU_BITS == 64) return true;
    for (size_t k = 0; k < b->count; k++) {
        odd |= square[k] <= most ? 0 : 1;
        odd |= (square[k] < least && tau[k] > 0 ? tau[k] * tau[k] : 1) < 2 * least ? 1 : 0;
        odd |= (factor[k] > 0 ? factor[k] : 1) < low ? 1 : 0;
        odd |= factor[k] <= high ? 0 : 1;
    }
    return !odd;
}

/* What follows pass one, on the groups in it. */
static void finish_step(const bunch *b, const crease_shrink_task *task, const double *curvature,
                        double *square)
{
    double tau[SLAB_MOST_COLUMNS], factor[SLAB_MOST_COLUMNS];
    slab s;
    bunch_fold(b, square);
    bunch_thresholds(b, task, tau);
    step_factors(b, tau, curvature, square, factor);
    bool ordinary = is_ordinary(b, tau, square, factor);
    if (!ordinary) {
        bunch_clear(b, square);
        FOR_PIECES(b, s)
        {
            s.z = s.x, s.z_stride = s.stride;
            slab_squares(&s, 0, square);
        }
        bunch_fold(b, square);
        step_factors(b, tau, curvature, square, factor);
    }
    bunch_spread(b, factor);
    FOR_PIECES(b, s) slab_scale(&s, factor, !ordinary);
}

static void cpu_shrink_step(const crease_shrink_task *task, const double *curvature, const void *z,
                            void *x)
{
    double bend[SLAB_MOST_COLUMNS], square[SLAB_MOST_COLUMNS];
    double l1 = task->w * task->psi.lambda1,
           rest = task->w * task->psi.ridge + (task->d ? 0 : task->scalar);
    bunch_source from = source_of(task, z, x);
    bunch b = { .count = 0 };
    slab s;
    if (!z) from.d = NULL;
    for (size_t g = 0; g < task->groups->count; g += b.count) {
        bunch_at(&from, g, &b);
        for (size_t k = 0; k < b.count; k++) bend[k] = curvature[g + k] - rest;
        bunch_spread(&b, bend);
        bunch_clear(&b, square);
        FOR_PIECES(&b, s) slab_move(&s, bend, l1, square);
        finish_step(&b, task, curvature, square);
        bunch_end(&from, &b);
    }
}

/* From the squared norms of the groups of x: the norms, and what their subgradients add to D. */
static void residual_shifts(const bunch *b, const double *tau, double diagonal, double *size,
                            double *shift)
{
    for (size_t k = 0; k < b->count; k++) {
        size[k] = sqrt(size[k]);
        double pull = tau[k] / size[k];
        shift[k] = diagonal + (size[k] > 0 && tau[k] <= DBL_MAX ? pull : 0);
    }
}

/* From the squared norms of what is left to squared distances. A group forced to zero is at none if it
 * is zero, and at an infinite one otherwise. */
static void residual_distances(const bunch *b, const double *tau, const double *size, double *number)
{
    for (size_t k = 0; k < b->count; k++) {
        double norm = sqrt(number[k]), beyond = norm <= tau[k] ? 0 : norm - tau[k];
        double distance = size[k] == 0 ? beyond : norm, forced = size[k] == 0 ? 0 : size[k] * INFINITY;
        distance = tau[k] > DBL_MAX ? forced : distance;
        number[k] = distance * distance;
    }
}

static double cpu_shrink_residual(const crease_shrink_task *task, const void *x)
{
    double shift[SLAB_MOST_COLUMNS], tau[SLAB_MOST_COLUMNS], size[SLAB_MOST_COLUMNS],
        number[SLAB_MOST_COLUMNS];
    double l1 = task->w * task->psi.lambda1,
           diagonal = task->w * task->psi.ridge + (task->d ? 0 : task->scalar);
    double total[8] = { 0 };
    bunch_source from = source_of(task, x, NULL);
    bunch b = { .count = 0 };
    slab s;
    for (size_t g = 0; g < task->groups->count; g += b.count) {
        bunch_at(&from, g, &b);
        bunch_clear(&b, size);
        FOR_PIECES(&b, s) slab_squares(&s, 0, size);
        bunch_fold(&b, size);
        bunch_thresholds(&b, task, tau);
        residual_shifts(&b, tau, diagonal, size, shift);
        bunch_spread(&b, shift);
        bunch_clear(&b, number);
        FOR_PIECES(&b, s) slab_residual(&s, shift, l1, number);
        bunch_fold(&b, number);
        residual_distances(&b, tau, size, number);
        bunch_total(&b, number, total);
    }
    return sqrt(lanes_total(total));
}

/* Groups are not gathered here: there is no work space. */
static void scattered_norms(const crease_groups *s, size_t g, const crease_real *x, double *one,
                            double *square)
{
    *one = *square = 0;
    for (size_t k = 0; k < crease_group_size(s, g); k++) {
        double xi = x[crease_group_entry(s, g, k)];
        *one += fabs(xi);
        *square += xi * xi;
    }
}

/* |x_g|_1, if it is wanted, and |x_g|^2 */
static void bunch_norms(const bunch *b, bool wanted, double *one, double *square)
{
    slab s;
    bunch_clear(b, one);
    bunch_clear(b, square);
    FOR_PIECES(b, s)
    {
        slab_squares(&s, 0, square);
        if (wanted) slab_sizes(&s, one);
    }
    bunch_fold(b, square);
    bunch_fold(b, one);
}

static void group_values(const bunch *b, const crease_groups *s, const crease_shrink *psi,
                         const double *one, const double *square, double *value)
{
    const crease_shrink p = *psi;
    double weight[SLAB_MOST_COLUMNS];
    bunch_weights(b, s, weight);
    for (size_t k = 0; k < b->count; k++) {
        double forced = one[k] == 0 ? 0 : one[k] * INFINITY; /* a NaN stays one */
        double sum =
            p.lambda1 * one[k] + p.lambda2 * weight[k] * sqrt(square[k]) + 0.5 * p.ridge * square[k];
        value[k] = weight[k] > DBL_MAX ? forced : sum;
    }
}

static double cpu_shrink_value(const crease_groups *s, const crease_shrink *psi, const void *x)
{
    double one[SLAB_MOST_COLUMNS], square[SLAB_MOST_COLUMNS], value[SLAB_MOST_COLUMNS],
        total[8] = { 0 };
    bool wanted = psi->lambda1 > 0 || s->weights || isinf(s->uniform_weight);
    bunch_source from = { .groups = s, .c = x, .d = x, .z = x };
    bunch b = { .count = 1 };
    for (size_t g = 0; g < s->count; g += b.count) {
        if (is_in_place(s)) {
            bunch_at(&from, g, &b);
            bunch_norms(&b, wanted, one, square);
        } else {
            b.first = g;
            scattered_norms(s, g, x, one, square);
        }
        group_values(&b, s, psi, one, square, value);
        bunch_total(&b, value, total);
    }
    return lanes_total(total);
}

#endif

/* What a walk along a path leaves behind. */
#include <math.h>
#include <stdlib.h>

#include "h5.h"
#include "path.h"
#include "text.h"

/* --- order ---------------------------------------------------------------------------------------- */

static int by_falling_scale(const void *a, const void *b)
{
    double x = (*(const crease_path_point *const *)a)->scale,
           y = (*(const crease_path_point *const *)b)->scale;
    return (x < y) - (x > y);
}

/* The points, s falling; released by the caller. */
static const crease_path_point **sorted(const crease_path_walk *w)
{
    const crease_path_point **order = crease_alloc(w->ctx, w->n, sizeof *order);
    for (size_t i = 0; order && i < w->n; i++) order[i] = &w->points[i];
    if (order) qsort(order, w->n, sizeof *order, by_falling_scale);
    return order;
}

/* --- the table ------------------------------------------------------------------------------------ */

static void add_row(crease_text *t, const crease_path_walk *w, const crease_path_point *p)
{
    double sparsity = w->units ? 1 - (double)p->live / (double)w->units : (double)NAN;
    const double numbers[] = { p->relative,     p->scale,  p->lambda,
                               p->objective,    p->loss,   p->certificate,
                               (double)p->live, sparsity,  (double)p->iterations,
                               p->passes,       p->seconds };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (i) crease_text_add(t, ",");
        crease_text_add_number(t, numbers[i]);
    }
    for (size_t i = 0; i < w->problem->n_metrics; i++) {
        crease_text_add(t, ",");
        crease_text_add_number(t, p->metric[i]);
    }
    crease_text_add(t, "\n");
}

int crease_path_write_csv(const crease_path_walk *w, const char *path)
{
    crease_text t = { .ctx = w->ctx };
    const crease_path_point **order = sorted(w);
    if (!order) return CREASE_ENOMEM;
    crease_text_add(
        &t, "relative,scale,lambda,objective,loss,certificate,live,sparsity,iterations,passes,seconds");
    for (size_t i = 0; i < w->problem->n_metrics; i++)
        crease_text_add(&t, ",%s", w->problem->metrics[i].name);
    crease_text_add(&t, "\n");
    for (size_t i = 0; i < w->n; i++) add_row(&t, w, order[i]);
    int code = t.code == CREASE_OK ? crease_file_write(w->ctx, path, t.s, t.length) : t.code;
    crease_text_free(&t);
    crease_release(w->ctx, order);
    return code;
}

/* --- the solutions -------------------------------------------------------------------------------- */

static double group_size(const crease_groups *s, size_t g, const double *x)
{
    size_t n = crease_group_size(s, g);
    double sum = 0;
    if (n == 1) return x[crease_group_entry(s, g, 0)];
    for (size_t k = 0; k < n; k++) sum = hypot(sum, x[crease_group_entry(s, g, k)]);
    return sum;
}

/* One group holds everything: its entries are what there is to see. */
static crease_groups shown_groups(const crease_path_walk *w)
{
    const crease_groups *s = w->set.terms[0].groups;
    return s->count != 1 || s->start ? *s : crease_groups_elements(s->offset, s->entries);
}

static void write_numbers(crease_h5 *h, const crease_path_walk *w,
                          const crease_path_point *const *order, double *column)
{
    static const char *const names[] = { "relative", "scale", "lambda", "live" };
    for (size_t c = 0; c < sizeof names / sizeof *names; c++) {
        for (size_t i = 0; i < w->n; i++) {
            const double of[] = { order[i]->relative, order[i]->scale, order[i]->lambda,
                                  (double)order[i]->live };
            column[i] = of[c];
        }
        crease_h5_item(h, names[c], H5T_NATIVE_DOUBLE, w->n, column);
    }
}

static void write_arrays(crease_h5 *h, const crease_path_walk *w, const crease_path_point *const *order,
                         double *table)
{
    size_t n = w->problem->n;
    crease_groups groups = shown_groups(w);
    for (size_t i = 0; i < w->n; i++)
        for (size_t k = 0; k < n; k++) table[i * n + k] = order[i]->x[k];
    crease_h5_array(h, "solutions", H5T_NATIVE_DOUBLE, 2, (const size_t[]){ w->n, n }, table);
    for (size_t i = 0; i < w->n; i++)
        for (size_t g = 0; g < groups.count; g++)
            table[i * groups.count + g] = group_size(&groups, g, order[i]->x);
    crease_h5_array(h, "sizes", H5T_NATIVE_DOUBLE, 2, (const size_t[]){ w->n, groups.count }, table);
}

int crease_path_write_h5(const crease_path_walk *w, const char *path)
{
    crease_h5 h;
    size_t groups = w->set.terms[0].groups->count, n = w->problem->n, width = n > groups ? n : groups;
    const crease_path_point **order = sorted(w);
    double *table = crease_alloc(w->ctx, w->n * width, sizeof *table);
    int code = order && table ? crease_h5_create(w->ctx, path, &h) : CREASE_ENOMEM;
    if (code == CREASE_OK) {
        write_numbers(&h, w, order, table);
        write_arrays(&h, w, order, table);
        code = crease_h5_finish(&h);
    }
    crease_release(w->ctx, order);
    crease_release(w->ctx, table);
    return code;
}

/* What all data sets have in common: memory, and the mapping from labels as written to classes. */
#include "internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CLASSES = 1000, FIRST_ROOM = 64 };

void crease_dataset_free(crease_ctx *ctx, crease_dataset *set)
{
    crease_release(ctx, set->bytes);
    crease_release(ctx, set->dense);
    crease_release(ctx, set->row_start);
    crease_release(ctx, set->col);
    crease_release(ctx, set->value);
    crease_release(ctx, set->label);
    crease_release(ctx, set->target);
    crease_release(ctx, set->class_value);
    *set = (crease_dataset){ 0 };
}

void *crease_grow(crease_ctx *ctx, void *array, size_t *room, size_t need, size_t size)
{
    if (need <= *room) return array;
    size_t larger = *room < FIRST_ROOM ? FIRST_ROOM : *room;
    while (larger < need) larger = larger > SIZE_MAX / 2 ? need : 2 * larger;
    void *copy = crease_alloc(ctx, larger, size);
    if (!copy) return NULL;
    if (*room > 0) memcpy(copy, array, *room * size);
    crease_release(ctx, array);
    *room = larger;
    return copy;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool all_whole(const double *value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (value[i] != rint(value[i])) return false;
    return true;
}

/* The different values, ascending, at the front; returns how many. */
static size_t sort_unique(double *value, size_t n)
{
    size_t unique = 0;
    qsort(value, n, sizeof *value, compare);
    for (size_t i = 0; i < n; i++)
        if (unique == 0 || value[i] != value[unique - 1]) value[unique++] = value[i];
    return unique;
}

int crease_dataset_classify(crease_ctx *ctx, crease_dataset *set)
{
    if (!all_whole(set->target, set->rows)) return CREASE_OK;
    double *sorted = crease_alloc(ctx, set->rows, sizeof *sorted);
    if (!sorted) return CREASE_ENOMEM;
    memcpy(sorted, set->target, set->rows * sizeof *sorted);
    size_t classes = sort_unique(sorted, set->rows);
    if (classes <= MOST_CLASSES) {
        set->class_value = crease_alloc(ctx, classes, sizeof *set->class_value);
        set->label = crease_alloc(ctx, set->rows, sizeof *set->label);
    }
    if (set->class_value && set->label) {
        set->classes = classes;
        memcpy(set->class_value, sorted, classes * sizeof *sorted);
        for (size_t i = 0; i < set->rows; i++) {
            double *found = bsearch(&set->target[i], sorted, classes, sizeof *sorted, compare);
            set->label[i] = (int32_t)(found - sorted);
        }
    }
    crease_release(ctx, sorted);
    return classes > MOST_CLASSES || set->classes > 0 ? CREASE_OK : CREASE_ENOMEM;
}

int crease_dataset_number_classes(crease_ctx *ctx, crease_dataset *set, size_t classes)
{
    set->class_value = crease_alloc(ctx, classes, sizeof *set->class_value);
    set->target = crease_alloc(ctx, set->rows, sizeof *set->target);
    if (!set->class_value || !set->target) return CREASE_ENOMEM;
    set->classes = classes;
    for (size_t k = 0; k < classes; k++) set->class_value[k] = (double)k;
    for (size_t i = 0; i < set->rows; i++) set->target[i] = set->label[i];
    return CREASE_OK;
}

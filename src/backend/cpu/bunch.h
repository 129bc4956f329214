/* The groups of a task as slabs (see slab.h), a bunch at a time. Groups side by side are columns of one
 * slab; those whose entries lie together are single columns where they are short, and cut into rows
 * where they are not; all others are gathered. A bunch stays in cache between two passes. */
#ifndef CREASE_CPU_BUNCH_H
#define CREASE_CPU_BUNCH_H

#include <float.h>

#include "group.h"
#include "oracle.h"
#include "slab.h"

enum {
    BUNCH_BYTES = 192 * 1024, /* of each array ... */
    BUNCH_LEAST_COLUMNS = 64, /* ... if it leaves so many columns */
    BUNCH_SHORT = 64,         /* entries that are not worth cutting, at most */
};

/* The arrays that a pass looks at; c is never NULL, d and z if there is none, x if it writes none. */
typedef struct bunch_source {
    const crease_groups *groups;
    const crease_real *c, *d, *z;
    crease_real *x;
    crease_real *work; /* three times `width`, where groups must be gathered */
    size_t width;
} bunch_source;

typedef enum {
    BUNCH_BESIDE, /* side by side */
    BUNCH_SHORT_ONES,
    BUNCH_RUN, /* one group */
} bunch_kind;

typedef struct bunch {
    bunch_kind kind;
    size_t first, count, columns; /* columns: of the sums, as many as groups unless it is a run */
    const bunch_source *from;     /* where it is */
    bunch_source copy;            /* in the work space, of a group that had to be gathered */
    size_t run, n;                /* BUNCH_RUN: its place and size */
} bunch;

/* Entry i of group g is at offset + i*stride + g. */
static bool is_side_by_side(const crease_groups *s)
{
    return !s->start && s->count > 1 && s->group_stride == 1 && s->inner == 1;
}

/* No group has to be gathered. */
static bool is_in_place(const crease_groups *s)
{
    return s->count == 0 || is_side_by_side(s) || group_run(s, 0) != SIZE_MAX;
}

static bunch_source source_of(const crease_shrink_task *task, const void *z, void *x)
{
    const crease_groups *s = task->groups;
    size_t width = is_in_place(s) ? 0 : plan_of(s).gathered;
    return (bunch_source){ s, task->c, task->d, z, x, task->work, width };
}

static size_t bunch_size(const crease_groups *s)
{
    size_t fit = BUNCH_BYTES / sizeof(crease_real) / larger(s->outer, 1) / CREASE_LANES * CREASE_LANES;
    return smaller(SLAB_MOST_COLUMNS, larger(BUNCH_LEAST_COLUMNS, fit));
}

static inline void slab_set(slab *s, const bunch_source *from, size_t at, size_t rows, size_t across,
                            size_t stride)
{
    bool has_all_zeros = rows * stride + across <= SLAB_MOST_COLUMNS;
    size_t missing = has_all_zeros ? stride : 0; /* of what there is none of */
    s->rows = rows;
    s->columns = across;
    s->stride = stride;
    s->d_stride = from->d ? stride : missing;
    s->z_stride = from->z ? stride : missing;
    s->c = from->c + at;
    s->d = from->d ? from->d + at : slab_zeros;
    s->z = from->z ? from->z + at : slab_zeros;
    s->x = from->x ? from->x + at : NULL;
    s->first = 0;
}

/* Group g copied to the work space; x takes the place of z there. */
static void gather_source(const bunch_source *from, size_t g, bunch_source *copy)
{
    crease_real *c = from->work, *d = c + from->width, *z = d + from->width;
    copy->groups = from->groups;
    copy->c = group_view(from->groups, g, from->c, c);
    copy->d = group_view(from->groups, g, from->d, d);
    copy->z = group_view(from->groups, g, from->z, z);
    copy->x = from->x ? z : NULL;
}

/* How many short groups that lie together begin with group g. */
static size_t count_short(const crease_groups *s, size_t g)
{
    size_t most = smaller(SLAB_MOST_COLUMNS, s->count - g), count = 0;
    if (group_run(s, g) == SIZE_MAX) return 0;
    while (count < most && crease_group_size(s, g + count) <= BUNCH_SHORT) count++;
    return count;
}

/* The bunch that begins with group g. */
static void bunch_at(const bunch_source *from, size_t g, bunch *b)
{
    const crease_groups *s = from->groups;
    size_t few;
    b->first = g;
    b->from = from;
    if (is_side_by_side(s)) {
        b->kind = BUNCH_BESIDE;
        b->count = b->columns = smaller(bunch_size(s), s->count - g);
    } else if ((few = count_short(s, g)) > 0) {
        b->kind = BUNCH_SHORT_ONES;
        b->count = b->columns = few;
    } else {
        b->kind = BUNCH_RUN;
        b->count = 1;
        b->columns = SLAB_RUN_COLUMNS;
        b->n = crease_group_size(s, g);
        b->run = group_run(s, g);
        if (b->run == SIZE_MAX) {
            gather_source(from, g, &b->copy);
            b->from = &b->copy;
            b->run = 0;
        }
    }
}

/* Its i-th slab; false: there is none. */
static bool bunch_piece(const bunch *b, size_t i, slab *piece)
{
    const crease_groups *s = b->from->groups;
    if (b->kind == BUNCH_BESIDE) {
        slab_set(piece, b->from, s->offset + b->first, s->outer, b->count, s->outer_stride);
        return i == 0;
    }
    if (b->kind == BUNCH_SHORT_ONES) {
        if (i == b->count) return false;
        slab_set(piece, b->from, group_run(s, b->first + i), crease_group_size(s, b->first + i), 1, 1);
        piece->first = i;
        return true;
    }
    const size_t width = SLAB_RUN_COLUMNS, rest = b->n % width;
    if (i == 0)
        slab_set(piece, b->from, b->run, b->n / width, width, width);
    else
        slab_set(piece, b->from, b->run + b->n - rest, 1, rest, rest);
    return i == 0 || (i == 1 && rest > 0);
}

/* The loop body that follows is for all slabs of a bunch. */
#define FOR_PIECES(b, s) for (size_t piece_ = 0; bunch_piece(b, piece_, &(s)); piece_++)

/* Puts x where it belongs. */
static void bunch_end(const bunch_source *from, const bunch *b)
{
    if (b->from != from) group_scatter(from->groups, b->first, b->from->x, from->x);
}

static void bunch_clear(const bunch *b, double *sum)
{
    memset(sum, 0, b->columns * sizeof *sum);
}

/* From sums of columns to sums of groups ... */
static void bunch_fold(const bunch *b, double *sum)
{
    if (b->columns != b->count) sum[0] = slab_fold(sum);
}

/* ... and from a number a group to one a column. */
static void bunch_spread(const bunch *b, double *number)
{
    for (size_t k = b->count; k < b->columns; k++) number[k] = number[0];
}

static void bunch_weights(const bunch *b, const crease_groups *s, double *weight)
{
    if (s->weights) {
        memcpy(weight, s->weights + b->first, b->count * sizeof *weight);
    } else {
        for (size_t k = 0; k < b->count; k++) weight[k] = s->uniform_weight;
    }
}

/* tau of each group */
static void bunch_thresholds(const bunch *b, const crease_shrink_task *task, double *tau)
{
    const double all = task->w * task->psi.lambda2;
    bunch_weights(b, task->groups, tau);
    for (size_t k = 0; k < b->count; k++) {
        double scaled = all * tau[k];
        tau[k] = tau[k] > DBL_MAX ? tau[k] : scaled;
    }
}

/* A sum over groups, in eight lanes. */
static void bunch_total(const bunch *b, const double *number, double lane[8])
{
    size_t k = 0;
    for (; k + 8 <= b->count; k += 8)
        for (int l = 0; l < 8; l++) lane[l] += number[k + l];
    for (int l = 0; k < b->count; k++, l++) lane[l] += number[k];
}

static double lanes_total(const double lane[8])
{
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

#endif

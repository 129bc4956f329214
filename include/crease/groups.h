/* Groups of entries of a flat vector: data, not code. Three layouts cover everything met so far.
 *
 *   strided   entry (o, i) of group g lies at  offset + g*group_stride + o*outer_stride + i*inner_stride,
 *             o < outer, i < inner: rows, columns, channels and filters of kernels, contiguous runs.
 *   segments  group g is start[g] .. start[g+1] - 1: contiguous, of any sizes (start set, index NULL).
 *   lists     group g owns index[start[g]] .. index[start[g+1] - 1]: anything, overlaps included.
 *
 * A group's weight multiplies its part of the regularizer: by default sqrt(size); 0 leaves the group
 * unpenalized and infinity forces it to zero.                                                          */
#ifndef CREASE_GROUPS_H
#define CREASE_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crease/context.h"

typedef struct crease_groups {
    size_t count;   /* number of groups, G */
    size_t entries; /* sum of the group sizes */
    /* strided layout (start == NULL) */
    size_t offset, group_stride, outer, outer_stride, inner, inner_stride;
    /* segments and lists */
    const size_t *start;   /* count + 1, or NULL */
    const uint32_t *index; /* start[count], or NULL */
    bool disjoint;         /* no entry lies in two groups */
    /* where these are consecutive groups of a larger set: entries of the groups before, and of all; else 0, 0 */
    size_t before, whole;
    /* weights */
    const double *weights; /* count of them, or NULL: every group has uniform_weight */
    double uniform_weight;
} crease_groups;

/* Strided groups in general (the strides must keep them disjoint), and by name. rows x cols is a row-major
 * block that starts at offset. Weights are sqrt(size).                                                 */
crease_groups crease_groups_strided(size_t offset, size_t count, size_t group_stride, size_t outer,
                                    size_t outer_stride, size_t inner, size_t inner_stride);
crease_groups crease_groups_elements(size_t offset, size_t n);
crease_groups crease_groups_all(size_t offset, size_t n);
crease_groups crease_groups_runs(size_t offset, size_t n, size_t size); /* size divides n */
crease_groups crease_groups_rows(size_t offset, size_t rows, size_t cols);
crease_groups crease_groups_cols(size_t offset, size_t rows, size_t cols);
/* Of a kernel (out, in, area): one group an input channel, or one an output filter. */
crease_groups crease_groups_channels(size_t offset, size_t out, size_t in, size_t area);
crease_groups crease_groups_filters(size_t offset, size_t out, size_t in, size_t area);

/* Groups from one label an entry (labels[i] in 0..count-1, or negative: in no group), entry i of the
 * vector being offset + i. Allocates; release with crease_groups_free.                                 */
int crease_groups_from_labels(crease_ctx *ctx, size_t offset, size_t n, const int64_t *labels,
                              crease_groups *groups);

/* Lists given outright; copies start (count + 1) and index. EINVAL unless start rises from 0.         */
int crease_groups_from_lists(crease_ctx *ctx, size_t count, const size_t *start, const uint32_t *index,
                             crease_groups *groups);

/* "elements", "all", "rows", "cols", "size:K", "channels", "filters" for the block of this shape at
 * offset (rank 1 to 4); anything else is an error that lists these. The result needs no freeing.       */
int crease_groups_parse(crease_ctx *ctx, const char *spec, size_t offset, const size_t *shape,
                        unsigned rank, crease_groups *groups);

/* Replace the weights: rule "sqrt_size" or "one", or count given values (copied; >= 0, may be infinite). */
int crease_groups_set_weight_rule(crease_ctx *ctx, crease_groups *groups, const char *rule);
int crease_groups_set_weights(crease_ctx *ctx, crease_groups *groups, const double *weights);

void crease_groups_free(crease_ctx *ctx, crease_groups *groups); /* lists and weights made by the above */

static inline size_t crease_group_size(const crease_groups *s, size_t g)
{
    return s->start ? s->start[g + 1] - s->start[g] : s->outer * s->inner;
}

/* Position in the flat vector of entry k of group g. */
static inline size_t crease_group_entry(const crease_groups *s, size_t g, size_t k)
{
    if (s->start) return s->index ? s->index[s->start[g] + k] : s->start[g] + k;
    return s->offset + g * s->group_stride + (k / s->inner) * s->outer_stride
           + (k % s->inner) * s->inner_stride;
}

static inline double crease_group_weight(const crease_groups *s, size_t g)
{
    return s->weights ? s->weights[g] : s->uniform_weight;
}

/* Whether the groups, one after the other, are the positions 0 .. n-1 in order. */
bool crease_groups_are_in_order(const crease_groups *groups, size_t n);

/* One past the largest position that any group touches; 0 without entries. */
size_t crease_groups_extent(const crease_groups *groups);

#endif

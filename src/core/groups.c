/* Groups of entries: constructors, the command line's names for them, weights. */
#include "crease/groups.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- strided ------------------------------------------------------------------------------------ */

crease_groups crease_groups_strided(size_t offset, size_t count, size_t group_stride, size_t outer,
                                    size_t outer_stride, size_t inner, size_t inner_stride)
{
    return (crease_groups){ .count = count, .entries = count * outer * inner, .offset = offset,
                            .group_stride = group_stride, .outer = outer, .outer_stride = outer_stride,
                            .inner = inner, .inner_stride = inner_stride, .disjoint = true,
                            .uniform_weight = sqrt((double)(outer * inner)) };
}

crease_groups crease_groups_elements(size_t offset, size_t n)
{
    return crease_groups_strided(offset, n, 1, 1, 1, 1, 1);
}

crease_groups crease_groups_all(size_t offset, size_t n)
{
    return crease_groups_strided(offset, n > 0, n, 1, n, n, 1);
}

crease_groups crease_groups_runs(size_t offset, size_t n, size_t size)
{
    return crease_groups_strided(offset, size ? n / size : 0, size, 1, size, size, 1);
}

crease_groups crease_groups_rows(size_t offset, size_t rows, size_t cols)
{
    return crease_groups_strided(offset, rows, cols, 1, cols, cols, 1);
}

crease_groups crease_groups_cols(size_t offset, size_t rows, size_t cols)
{
    return crease_groups_strided(offset, cols, 1, rows, cols, 1, 1);
}

crease_groups crease_groups_channels(size_t offset, size_t out, size_t in, size_t area)
{
    return crease_groups_strided(offset, in, area, out, in * area, area, 1);
}

crease_groups crease_groups_filters(size_t offset, size_t out, size_t in, size_t area)
{
    return crease_groups_rows(offset, out, in * area);
}

bool crease_groups_are_in_order(const crease_groups *s, size_t n)
{
    size_t size = s->outer * s->inner;
    if (s->entries != n || !s->disjoint) return false;
    if (s->start) return !s->index;
    return s->offset == 0 && (s->count <= 1 || s->group_stride == size) && (s->inner <= 1 || s->inner_stride == 1)
           && (s->outer <= 1 || s->outer_stride == s->inner);
}

size_t crease_groups_extent(const crease_groups *s)
{
    size_t extent = 0;
    if (s->entries == 0) return 0;
    if (!s->start)
        return s->offset + (s->count - 1) * s->group_stride + (s->outer - 1) * s->outer_stride
               + (s->inner - 1) * s->inner_stride + 1;
    if (!s->index) return s->start[s->count];
    for (size_t k = 0; k < s->entries; k++)
        if (s->index[k] >= extent) extent = (size_t)s->index[k] + 1;
    return extent;
}

/* --- lists -------------------------------------------------------------------------------------- */

void crease_groups_free(crease_ctx *ctx, crease_groups *s)
{
    crease_release(ctx, (void *)s->start);
    crease_release(ctx, (void *)s->index);
    crease_release(ctx, (void *)s->weights);
    *s = (crease_groups){ 0 };
}

static int find_overlap(crease_ctx *ctx, crease_groups *s)
{
    size_t extent = crease_groups_extent(s);
    unsigned char *seen = crease_alloc(ctx, extent / 8 + 1, 1); /* a bit an entry */
    if (!seen) return CREASE_ENOMEM;
    s->disjoint = true;
    for (size_t k = 0; k < s->entries && s->disjoint; k++) {
        unsigned char *byte = &seen[s->index[k] / 8], bit = (unsigned char)(1 << s->index[k] % 8);
        s->disjoint = !(*byte & bit);
        *byte |= bit;
    }
    crease_release(ctx, seen);
    return CREASE_OK;
}

int crease_groups_from_lists(crease_ctx *ctx, size_t count, const size_t *start, const uint32_t *index,
                             crease_groups *groups)
{
    *groups = (crease_groups){ 0 };
    if (count > 0 && start[0] != 0)
        return crease_fail(ctx, CREASE_EINVAL, "group 0 starts at entry %zu of the index; the start must be 0", start[0]);
    for (size_t g = 0; g < count; g++)
        if (start[g + 1] < start[g])
            return crease_fail(ctx, CREASE_EINVAL, "group %zu ends at entry %zu, before it starts at %zu", g,
                               start[g + 1], start[g]);
    size_t entries = count ? start[count] : 0;
    size_t *start_copy = crease_alloc(ctx, count + 1, sizeof *start_copy);
    uint32_t *index_copy = crease_alloc(ctx, entries, sizeof *index_copy);
    crease_groups s = { .count = count, .entries = entries, .start = start_copy, .index = index_copy };
    int code = start_copy && index_copy ? CREASE_OK : CREASE_ENOMEM;
    if (code == CREASE_OK) {
        if (count) memcpy(start_copy, start, (count + 1) * sizeof *start);
        if (entries) memcpy(index_copy, index, entries * sizeof *index);
        code = find_overlap(ctx, &s);
    }
    if (code == CREASE_OK) code = crease_groups_set_weight_rule(ctx, &s, "sqrt_size");
    if (code == CREASE_OK) *groups = s;
    else crease_groups_free(ctx, &s);
    return code;
}

int crease_groups_from_labels(crease_ctx *ctx, size_t offset, size_t n, const int64_t *labels,
                              crease_groups *groups)
{
    int64_t highest = -1;
    *groups = (crease_groups){ 0 };
    if (n > 0 && (offset > UINT32_MAX || n - 1 > UINT32_MAX - offset))
        return crease_fail(ctx, CREASE_ERANGE, "%zu labelled entries from entry %zu on: at most 2^32 entries are "
                           "possible", n, offset);
    for (size_t i = 0; i < n; i++)
        if (labels[i] > highest) highest = labels[i];
    if (highest >= (int64_t)n)
        return crease_fail(ctx, CREASE_ERANGE, "group label %lld is too large: %zu entries make at most %zu "
                           "groups, labelled from 0", (long long)highest, n, n);
    size_t count = (size_t)(highest + 1);
    size_t *start = crease_alloc(ctx, count + 2, sizeof *start);
    uint32_t *index = crease_alloc(ctx, n, sizeof *index);
    int code = start && index ? CREASE_OK : CREASE_ENOMEM;
    if (code == CREASE_OK) { /* counting sort; start[g + 1] is the write position of group g */
        for (size_t i = 0; i < n; i++)
            if (labels[i] >= 0) start[labels[i] + 2]++;
        for (size_t g = 1; g <= count; g++) start[g + 1] += start[g];
        for (size_t i = 0; i < n; i++)
            if (labels[i] >= 0) index[start[labels[i] + 1]++] = (uint32_t)(offset + i);
        code = crease_groups_from_lists(ctx, count, start, index, groups);
    }
    crease_release(ctx, start);
    crease_release(ctx, index);
    return code;
}

/* --- weights ------------------------------------------------------------------------------------ */

static void replace_weights(crease_ctx *ctx, crease_groups *s, const double *weights, double uniform)
{
    crease_release(ctx, (void *)s->weights);
    s->weights = weights;
    s->uniform_weight = uniform;
}

int crease_groups_set_weight_rule(crease_ctx *ctx, crease_groups *s, const char *rule)
{
    bool one = strcmp(rule, "one") == 0;
    if (!one && strcmp(rule, "sqrt_size") != 0)
        return crease_fail(ctx, CREASE_ENOTFOUND, "there is no weight rule '%s'; there are: sqrt_size, one", rule);
    if (one || !s->start) {
        replace_weights(ctx, s, NULL, one ? 1 : sqrt((double)(s->outer * s->inner)));
        return CREASE_OK;
    }
    double *weights = crease_alloc(ctx, s->count, sizeof *weights);
    if (!weights) return CREASE_ENOMEM;
    for (size_t g = 0; g < s->count; g++) weights[g] = sqrt((double)crease_group_size(s, g));
    replace_weights(ctx, s, weights, 0);
    return CREASE_OK;
}

int crease_groups_set_weights(crease_ctx *ctx, crease_groups *s, const double *given)
{
    for (size_t g = 0; g < s->count; g++)
        if (!(given[g] >= 0))
            return crease_fail(ctx, CREASE_ERANGE, "the weight of group %zu is %g, but must be >= 0", g, given[g]);
    double *weights = crease_alloc(ctx, s->count, sizeof *weights);
    if (!weights) return CREASE_ENOMEM;
    if (s->count) memcpy(weights, given, s->count * sizeof *weights);
    replace_weights(ctx, s, weights, 0);
    return CREASE_OK;
}

/* --- names -------------------------------------------------------------------------------------- */

typedef struct {
    size_t offset, n, first, second, area; /* shape (first, second, area...), n their product */
} block_shape;

static int parse_runs(crease_ctx *ctx, const char *spec, const block_shape *b, crease_groups *groups)
{
    char *end;
    unsigned long long size = strtoull(spec, &end, 10);
    if (*spec < '0' || *spec > '9' || *end != '\0' || size == 0)
        return crease_fail(ctx, CREASE_EPARSE, "groups 'size:%s': the size must be a whole number > 0", spec);
    if (b->n % size != 0)
        return crease_fail(ctx, CREASE_EDIM, "groups 'size:%llu' do not tile a block of %zu entries", size, b->n);
    *groups = crease_groups_runs(b->offset, b->n, (size_t)size);
    return CREASE_OK;
}

int crease_groups_parse(crease_ctx *ctx, const char *spec, size_t offset, const size_t *shape, unsigned rank,
                        crease_groups *groups)
{
    block_shape b = { offset, 1, rank > 0 ? shape[0] : 1, rank > 1 ? shape[1] : 1, 1 };
    for (unsigned k = 0; k < rank; k++) b.n *= shape[k];
    for (unsigned k = 2; k < rank; k++) b.area *= shape[k];
    if (strncmp(spec, "size:", 5) == 0) return parse_runs(ctx, spec + 5, &b, groups);
    if (strcmp(spec, "elements") == 0) *groups = crease_groups_elements(offset, b.n);
    else if (strcmp(spec, "all") == 0) *groups = crease_groups_all(offset, b.n);
    else if (strcmp(spec, "rows") == 0 || strcmp(spec, "filters") == 0)
        *groups = crease_groups_filters(offset, b.first, b.second, b.area);
    else if (strcmp(spec, "cols") == 0 || strcmp(spec, "channels") == 0)
        *groups = rank < 2 ? crease_groups_elements(offset, b.n)
                           : crease_groups_channels(offset, b.first, b.second, b.area);
    else
        return crease_fail(ctx, CREASE_ENOTFOUND, "there are no groups '%s'; there are: elements, all, rows, cols, "
                           "size:K, channels, filters, or a file of labels", spec);
    return CREASE_OK;
}

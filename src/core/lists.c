#include "lists.h"

#include <math.h>
#include <string.h>

#include "radial.h"

void crease_lists_carve(crease_lists *l, crease_arena *arena, const crease_part *s)
{
    size_t groups = s->groups->count, entries = s->groups->entries;
    l->n = s->n;
    l->radius = crease_carve(arena, groups, sizeof *l->radius);
    l->begin = crease_carve(arena, groups + 1, sizeof *l->begin);
    l->origin = crease_carve(arena, groups, sizeof *l->origin);
    l->entry = crease_carve(arena, entries, sizeof *l->entry);
    l->cover = crease_carve(arena, s->n, sizeof *l->cover);
    l->forced = crease_carve(arena, s->n, sizeof *l->forced);
    l->scratch = crease_carve(arena, s->n + 2, sizeof *l->scratch);
}

static void mark(crease_lists *l, const crease_part *s, size_t g, unsigned char kind)
{
    for (size_t j = 0; j < crease_group_size(s->groups, g); j++)
        l->forced[crease_group_entry(s->groups, g, j)] = kind;
}

/* Entries that belong into no list: where norms add up, those that an infinite weight forces to zero; where
 * they share (latent), those that a group without a penalty takes. */
static void mark_left_out(crease_lists *l, const crease_part *s, double factor, bool latent)
{
    memset(l->forced, 0, l->n);
    for (size_t g = 0; g < s->groups->count; g++) {
        double weight = crease_group_weight(s->groups, g);
        if (latent ? !(factor * weight > 0) : isinf(weight)) mark(l, s, g, 1);
    }
}

/* Latent: what was left out is free, and forced is what only infinite weights are left for. */
static void mark_forced(crease_lists *l, const crease_part *s)
{
    unsigned char *taken = memcpy(l->scratch, l->forced, l->n);
    memset(l->forced, 0, l->n);
    for (size_t g = 0; g < s->groups->count; g++)
        if (isinf(crease_group_weight(s->groups, g))) mark(l, s, g, 1);
    for (size_t i = 0; i < l->n; i++) l->forced[i] &= !taken[i] && l->cover[i] == 0;
}

/* Entries of group g that were not left out; 0 where the group itself has no finite penalty. */
static size_t remaining(const crease_lists *l, const crease_part *s, size_t g, double factor)
{
    double radius = factor * crease_group_weight(s->groups, g);
    size_t size = 0;
    if (!(radius > 0) || isinf(radius)) return 0;
    for (size_t j = 0; j < crease_group_size(s->groups, g); j++)
        size += !l->forced[crease_group_entry(s->groups, g, j)];
    return size;
}

/* A counting sort: first[z] becomes the place of the next list of z entries. */
static void order_by_size(crease_lists *l, const crease_part *s, double factor)
{
    size_t *first = l->scratch, sum = 0;
    memset(first, 0, (l->n + 2) * sizeof *first);
    for (size_t g = 0; g < s->groups->count; g++) first[remaining(l, s, g, factor)]++;
    first[0] = 0;
    for (size_t z = 0; z <= l->n; z++) {
        size_t lists = first[z];
        first[z] = sum;
        sum += lists;
    }
    l->count = sum;
    for (size_t g = 0; g < s->groups->count; g++) {
        size_t size = remaining(l, s, g, factor);
        if (size > 0) l->origin[first[size]++] = g;
    }
}

bool crease_lists_build(crease_lists *l, const crease_part *s, double factor, bool latent)
{
    size_t *last = l->scratch;
    bool repeated = false;
    l->total = 0;
    mark_left_out(l, s, factor, latent);
    order_by_size(l, s, factor);
    memset(l->cover, 0, l->n * sizeof *l->cover);
    memset(last, 0, l->n * sizeof *last);
    for (size_t k = 0; k < l->count; k++) {
        size_t g = l->origin[k];
        l->radius[k] = factor * crease_group_weight(s->groups, g);
        l->begin[k] = l->total;
        for (size_t j = 0; j < crease_group_size(s->groups, g); j++) {
            size_t i = crease_group_entry(s->groups, g, j);
            if (l->forced[i]) continue;
            l->entry[l->total++] = (uint32_t)i;
            l->cover[i]++;
            repeated |= last[i] == k + 1;
            last[i] = k + 1;
        }
    }
    l->begin[l->count] = l->total;
    if (latent) mark_forced(l, s);
    return !repeated;
}

void crease_list_gather(const crease_lists *l, size_t k, const double *x, double *out)
{
    const uint32_t *entry = l->entry + l->begin[k];
    for (size_t j = 0; j < crease_list_size(l, k); j++) out[j] = x[entry[j]];
}

/* From the largest list down, inside[i] is the smallest list so far that holds i, plus one. A list is nested
 * or disjoint where that is one list for all its entries.                                              */
bool crease_lists_compose(const crease_lists *l, const double *d)
{
    size_t *inside = l->scratch;
    memset(inside, 0, l->n * sizeof *inside);
    for (size_t k = l->count; k-- > 0;) {
        const uint32_t *entry = l->entry + l->begin[k];
        size_t around = inside[entry[0]];
        for (size_t j = 0; j < crease_list_size(l, k); j++) {
            if (inside[entry[j]] != around) return false;
            if (around && d && d[entry[j]] != d[entry[0]]) return false;
            inside[entry[j]] = k + 1;
        }
    }
    return true;
}

/* --- what is refused ------------------------------------------------------------------------------ */

static const char nested_reason[] = "two groups overlap and neither holds the other: not a tree",
                  repeated_reason[] = "a group lists an entry twice";

/* The same test on the groups as given, one size after another from the top. */
static const char *refuse_size(const crease_part *s, bool nested, size_t size, size_t *inside)
{
    const crease_groups *groups = s->groups;
    for (size_t g = 0; g < groups->count; g++) {
        if (crease_group_size(groups, g) != size) continue;
        size_t around = inside[crease_group_entry(groups, g, 0)];
        for (size_t j = 0; j < size; j++) {
            size_t i = crease_group_entry(groups, g, j);
            if (inside[i] == g + 1) return repeated_reason;
            if (nested && inside[i] != around) return nested_reason;
            inside[i] = g + 1;
        }
    }
    return NULL;
}

static size_t next_size(const crease_groups *groups, size_t below)
{
    size_t largest = 0;
    for (size_t g = 0; g < groups->count; g++) {
        size_t size = crease_group_size(groups, g);
        if (size < below && size > largest) largest = size;
    }
    return largest;
}

const char *crease_lists_refusal(const crease_part *s, bool nested)
{
    const crease_groups *groups = s->groups;
    size_t small[CREASE_LISTS_SMALL] = { 0 }, size = SIZE_MAX;
    if (s->n > UINT32_MAX || groups->count > UINT32_MAX) return "too many entries for groups that overlap";
    for (size_t g = 0; g < groups->count; g++)
        for (size_t j = 0; j < crease_group_size(groups, g); j++)
            if (crease_group_entry(groups, g, j) >= s->n) return "a group lists an entry that does not exist";
    if (groups->disjoint || s->n > CREASE_LISTS_SMALL || groups->count > CREASE_LISTS_SMALL) return NULL;
    while ((size = next_size(groups, size)) > 0) {
        const char *reason = refuse_size(s, nested, size, small);
        if (reason) return reason;
    }
    return NULL;
}

double crease_lists_scale(const crease_part *s, double lambda)
{
    double largest = 0;
    for (size_t g = 0; g < s->groups->count; g++) {
        double weight = crease_group_weight(s->groups, g);
        if (!isinf(weight)) largest = fmax(largest, lambda * weight);
    }
    return largest;
}

/* --- one block ------------------------------------------------------------------------------------ */

crease_block crease_block_solve(size_t n, double *b, const double *d, double radius, double *s)
{
    crease_radial q = { n, b, d, radius, 1, { .n = 1, .piece = { { INFINITY, 1, 0 } } } };
    crease_radial_point at;
    if (crease_radial_solve(&q, &at) != CREASE_OK) return CREASE_BLOCK_UNBOUNDED;
    if (at.along == 0) return CREASE_BLOCK_ZERO;
    for (size_t i = 0; i < n; i++) b[i] /= d[i] * at.along + at.pull;
    *s = at.along;
    return CREASE_BLOCK_LIVE;
}

/* Groups of a conformance case: by name or as lists, overlapping or nested where the member couples them. */
#include "conformance.h"

#include <math.h>

typedef struct {
    size_t count, start[CASE_MOST_GROUPS + 1];
    uint32_t index[CASE_MOST_LISTED];
} lists;

static void add_run(lists *l, size_t first, size_t n)
{
    size_t at = l->start[l->count];
    if (l->count == CASE_MOST_GROUPS || at + n > CASE_MOST_LISTED) return;
    for (size_t i = 0; i < n; i++) l->index[at + i] = (uint32_t)(first + i);
    l->start[++l->count] = at + n;
}

/* Disjoint lists of any sizes, together all entries: a shuffle, cut at random places. */
static void draw_ragged(crease_case *k, lists *l)
{
    uint32_t order[CASE_MOST_ENTRIES];
    crease_random_permutation(&k->random, k->n, order);
    for (size_t first = 0; first < k->n;) {
        size_t n = 1 + crease_random_below(&k->random, k->n < 6 ? k->n : 6);
        if (first + n > k->n) n = k->n - first;
        size_t at = l->start[l->count];
        for (size_t i = 0; i < n; i++) l->index[at + i] = order[first + i];
        l->start[++l->count] = at + n;
        first += n;
    }
}

/* Windows, each beginning inside the one before. */
static void draw_windows(crease_case *k, lists *l)
{
    for (size_t first = 0, end = 0; end < k->n;) {
        size_t n = 1 + crease_random_below(&k->random, 5);
        end = first + n < k->n ? first + n : k->n;
        add_run(l, first, end - first);
        first += 1 + crease_random_below(&k->random, n);
        if (first > end) first = end;
    }
}

/* A tree of runs cut in two at random, leaves first; nodes are left out now and then, the root never. */
static void draw_tree(crease_case *k, lists *l)
{
    struct {
        size_t first, n;
    } run[2 * CASE_MOST_ENTRIES] = { { 0, k->n } };
    size_t runs = 1;
    for (size_t at = 0; at < runs && runs + 2 <= 2 * CASE_MOST_ENTRIES; at++) {
        size_t first = run[at].first, n = run[at].n;
        if (n < 2 || crease_random_uniform(&k->random) < 0.25) continue;
        size_t cut = 1 + crease_random_below(&k->random, n - 1);
        run[runs].first = first;
        run[runs++].n = cut;
        run[runs].first = first + cut;
        run[runs++].n = n - cut;
    }
    while (runs-- > 0)
        if (runs == 0 || crease_random_uniform(&k->random) < 0.7)
            add_run(l, run[runs].first, run[runs].n);
}

static int take_lists(crease_case *k, const lists *l)
{
    k->layout[0] = '\0';
    return crease_groups_from_lists(k->ctx, l->count, l->start, l->index, &k->groups);
}

static int take_named(crease_case *k, double u)
{
    size_t size = 1 + crease_random_below(&k->random, k->n);
    while (k->n % size != 0) size = 1 + crease_random_below(&k->random, k->n);
    if (u < 0.25)
        snprintf(k->layout, sizeof k->layout, "elements");
    else if (u < 0.6)
        snprintf(k->layout, sizeof k->layout, "size:%zu", size);
    else
        snprintf(k->layout, sizeof k->layout, "all");
    return crease_groups_parse(k->ctx, k->layout, 0, &k->n, 1, &k->groups);
}

static int draw_layout(crease_case *k)
{
    lists l = { 0 };
    double u = crease_random_uniform(&k->random);
    if (k->type->flags & CREASE_COUPLED) {
        if (u < 0.4)
            draw_tree(k, &l);
        else if (u < 0.8)
            draw_windows(k, &l);
        else
            draw_ragged(k, &l);
        return take_lists(k, &l);
    }
    if (k->n == 1 || u < 0.75)
        return take_named(k, k->n == 1 || (k->type->flags & CREASE_SEPARABLE) ? u / 2 : u / 0.75);
    draw_ragged(k, &l);
    return take_lists(k, &l);
}

/* By size, all one, or any: 0 (free) and infinity (forced) among them where psi is no constraint. */
static int draw_weights(crease_case *k)
{
    double weights[CASE_MOST_GROUPS], u = crease_random_uniform(&k->random);
    if (u < 0.3) return crease_groups_set_weight_rule(k->ctx, &k->groups, "one");
    if (u < 0.6) return CREASE_OK; /* sqrt(size) */
    for (size_t g = 0; g < k->groups.count; g++) {
        double special = crease_random_uniform(&k->random);
        weights[g] = crease_case_log_uniform(k, 0.3, 3);
        if (k->ends || (k->type->flags & CREASE_CONSTRAINT)) continue;
        if (special < 0.07) weights[g] = 0;
        if (special > 0.96) weights[g] = INFINITY;
    }
    return crease_groups_set_weights(k->ctx, &k->groups, weights);
}

int crease_case_draw_groups(crease_case *k)
{
    CREASE_TRY(draw_layout(k));
    return draw_weights(k);
}

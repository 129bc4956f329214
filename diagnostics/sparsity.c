/* How sparse are W and W-hat? Exact zeros only; never a threshold. */
#include <math.h>

#include "crease/diagnostic.h"

enum { UNSTRUCTURED, STRUCTURED, WEIGHTED, COLUMNS_A_POINT };

static const crease_column columns[] = {
    { "sparsity_unstructured", "share of zero entries among all parameters of W" },
    { "sparsity_structured", "share of zero groups among the regularized groups of W" },
    { "sparsity_weighted", "share of regularized parameters of W that lie in zero groups" },
    { "sparsity_hat_unstructured", "the same of W-hat" },
    { "sparsity_hat_structured", "the same of W-hat" },
    { "sparsity_hat_weighted", "the same of W-hat" },
    { NULL, NULL },
};

static bool group_is_zero(const crease_groups *groups, size_t g, const double *x)
{
    size_t n = crease_group_size(groups, g);
    for (size_t k = 0; k < n; k++)
        if (x[crease_group_entry(groups, g, k)] != 0) return false;
    return true;
}

static double share(size_t part, size_t whole)
{
    return whole ? (double)part / (double)whole : NAN;
}

static void measure(const crease_observation *o, const double *x, double *values)
{
    size_t zeros = 0, n = o->algorithm->n, groups = 0, zero_groups = 0, entries = 0, entries_in_zero = 0;
    for (size_t i = 0; i < n; i++) zeros += x[i] == 0;
    for (size_t t = 0; t < o->n_terms; t++) {
        const crease_groups *s = o->terms[t].groups;
        groups += s->count;
        entries += s->entries;
        for (size_t g = 0; g < s->count; g++) {
            if (!group_is_zero(s, g, x)) continue;
            zero_groups++;
            entries_in_zero += crease_group_size(s, g);
        }
    }
    values[UNSTRUCTURED] = share(zeros, n);
    values[STRUCTURED] = share(zero_groups, groups);
    values[WEIGHTED] = share(entries_in_zero, entries);
}

static int observe(crease_diagnostic *d, const crease_observation *o)
{
    if (o->event != CREASE_EVENT_EPOCH) return CREASE_OK;
    measure(o, o->x, d->values);
    measure(o, o->hat, d->values + COLUMNS_A_POINT);
    return CREASE_OK;
}

const crease_diagnostic_type crease_diagnostic_sparsity = {
    .base = { .name = "sparsity",
              .summary = "zero entries, zero groups, and parameters in zero groups, of W and W-hat",
              .source = "weighted group sparsity: RAMDA, arXiv 2403.14398, Section 6" },
    .columns = columns,
    .observe = observe,
};

/* Regularizer objects; the mathematics of one group, whoever writes it; sums over the groups of a term. */
#include "crease/regularizer.h"

#include <math.h>
#include <string.h>

#include "shrink.h"

/* --- objects ------------------------------------------------------------------------------------ */

crease_regularizer *crease_regularizer_create(crease_ctx *ctx, const char *name)
{
    const crease_type *type = crease_lookup(ctx, CREASE_REGULARIZER, name);
    crease_regularizer *psi = type ? crease_alloc(ctx, 1, sizeof *psi) : NULL;
    if (!psi) return NULL;
    *psi = (crease_regularizer){ (const crease_regularizer_type *)type, crease_opts_create(ctx, type), ctx };
    if (psi->opts) return psi;
    crease_regularizer_free(psi);
    return NULL;
}

int crease_regularizer_set(crease_regularizer *psi, const char *key, const char *text)
{
    return crease_opts_set(psi->ctx, CREASE_REGULARIZER, &psi->type->base, psi->opts, key, text);
}

void crease_regularizer_free(crease_regularizer *psi)
{
    if (!psi) return;
    crease_release(psi->ctx, psi->opts);
    crease_release(psi->ctx, psi);
}

/* --- one group ---------------------------------------------------------------------------------- */

static crease_shrink family(const crease_regularizer *psi)
{
    crease_shrink place = { 0 };
    psi->type->shrink(psi->opts, &place);
    return place;
}

double crease_group_value(const crease_regularizer *psi, size_t n, const double *x, double weight)
{
    if (!psi->type->shrink) return psi->type->value(psi->opts, n, x, weight);
    crease_shrink place = family(psi);
    return crease_shrink_value(&place, n, x, weight);
}

double crease_group_residual(const crease_regularizer *psi, size_t n, const double *x, const double *g, double w,
                             double weight)
{
    if (!psi->type->shrink) return psi->type->residual(psi->opts, n, x, g, w, weight);
    crease_shrink place = family(psi);
    return crease_shrink_residual(&place, n, x, g, w, weight);
}

double crease_group_dual_norm(const crease_regularizer *psi, size_t n, const double *y, double weight)
{
    if (!psi->type->shrink) return psi->type->dual_norm(psi->opts, n, y, weight);
    crease_shrink place = family(psi);
    return crease_shrink_dual_norm(&place, n, y, weight);
}

double crease_group_scale(const crease_regularizer *psi, size_t n, double weight)
{
    if (!psi->type->shrink) return psi->type->scale(psi->opts, n, weight);
    crease_shrink place = family(psi);
    return crease_shrink_scale(&place, weight);
}

void crease_group_signature(const crease_regularizer *psi, size_t n, const double *x, unsigned char *unit)
{
    if (psi->type->signature) {
        psi->type->signature(psi->opts, n, x, unit);
        return;
    }
    bool per_entry = psi->type->flags & CREASE_UNIT_ENTRY;
    if (!per_entry) unit[0] = 0;
    for (size_t i = 0; i < n; i++) {
        if (per_entry) unit[i] = x[i] != 0;
        else unit[0] |= x[i] != 0;
    }
}

void crease_group_margins(const crease_regularizer *psi, size_t n, const double *x, const double *g,
                          double weight, crease_margin *unit)
{
    bool per_entry = psi->type->flags & CREASE_UNIT_ENTRY;
    if (psi->type->shrink) {
        crease_shrink place = family(psi);
        crease_shrink_margins(&place, per_entry, n, x, g, weight, unit);
    } else if (psi->type->margins) {
        psi->type->margins(psi->opts, n, x, g, weight, unit);
    } else {
        for (size_t i = 0; i < (per_entry ? n : 1); i++) unit[i] = (crease_margin){ NAN, NAN };
    }
}

/* --- all groups of a term ----------------------------------------------------------------------- */

size_t crease_groups_largest(const crease_groups *groups)
{
    size_t largest = 0;
    for (size_t g = 0; g < groups->count; g++) {
        size_t n = crease_group_size(groups, g);
        if (n > largest) largest = n;
        if (!groups->start) break; /* strided groups are all of one size */
    }
    return largest;
}

static size_t gather(const crease_groups *groups, size_t g, const double *x, double *out)
{
    size_t n = crease_group_size(groups, g);
    for (size_t k = 0; k < n; k++) out[k] = x[crease_group_entry(groups, g, k)];
    return n;
}

static size_t units_of_group(const crease_term *term, size_t g)
{
    if (term->psi->type->flags & CREASE_UNIT_ENTRY) return crease_group_size(term->groups, g);
    return (term->psi->type->flags & CREASE_UNIT_GROUP) != 0;
}

size_t crease_term_units(const crease_term *term)
{
    if (term->psi->type->flags & CREASE_UNIT_ENTRY) return term->groups->entries;
    return term->psi->type->flags & CREASE_UNIT_GROUP ? term->groups->count : 0;
}

double crease_term_value(const crease_term *term, const double *x, double *work)
{
    double sum = 0;
    for (size_t g = 0; g < term->groups->count; g++) {
        size_t n = gather(term->groups, g, x, work);
        sum += crease_group_value(term->psi, n, work, crease_group_weight(term->groups, g));
    }
    return sum;
}

void crease_term_signature(const crease_term *term, const double *x, unsigned char *unit, double *work)
{
    if (crease_term_units(term) == 0) return;
    for (size_t g = 0; g < term->groups->count; g++) {
        size_t n = gather(term->groups, g, x, work);
        crease_group_signature(term->psi, n, work, unit);
        unit += units_of_group(term, g);
    }
}

double crease_term_residual_sq(const crease_term *term, const double *x, const double *g, double w, double *work)
{
    double sum = 0, *gradient = work + crease_groups_largest(term->groups);
    for (size_t k = 0; k < term->groups->count; k++) {
        size_t n = gather(term->groups, k, x, work);
        gather(term->groups, k, g, gradient);
        double r = crease_group_residual(term->psi, n, work, gradient, w, crease_group_weight(term->groups, k));
        sum += r * r;
    }
    return sum;
}

void crease_term_margins(const crease_term *term, const double *x, const double *g, crease_margin *unit,
                         double *work)
{
    double *gradient = work + crease_groups_largest(term->groups);
    if (crease_term_units(term) == 0) return;
    for (size_t k = 0; k < term->groups->count; k++) {
        size_t n = gather(term->groups, k, x, work);
        gather(term->groups, k, g, gradient);
        crease_group_margins(term->psi, n, work, gradient, crease_group_weight(term->groups, k), unit);
        unit += units_of_group(term, k);
    }
}

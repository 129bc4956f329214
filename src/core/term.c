/* Terms: a regularizer and its groups, taken apart into parts; sums over the parts. */
#include <float.h>
#include <math.h>

#include "crease/regularizer.h"

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

static bool is_coupled(const crease_term *term)
{
    return term->psi->type->flags & CREASE_COUPLED;
}

size_t crease_term_parts(const crease_term *term)
{
    return is_coupled(term) ? term->groups->count > 0 : term->groups->count;
}

static size_t entries_before(const crease_groups *s, size_t g)
{
    return s->before + (s->start ? s->start[g] : g * s->outer * s->inner);
}

crease_part crease_term_part(const crease_term *term, size_t k)
{
    const crease_groups *s = term->groups;
    crease_part part = { .type = term->psi->type,
                         .opts = term->psi->opts,
                         .roundoff = DBL_EPSILON / 2 };
    if (is_coupled(term)) {
        part.n = part.whole = crease_groups_extent(s);
        part.weight = 1;
        part.groups = s;
    } else {
        part.n = crease_group_size(s, k);
        part.first = entries_before(s, k);
        part.whole = s->whole ? s->whole : s->entries;
        part.weight = crease_group_weight(s, k);
    }
    return part;
}

size_t crease_part_entry(const crease_term *term, size_t k, size_t i)
{
    return is_coupled(term) ? i : crease_group_entry(term->groups, k, i);
}

bool crease_part_is_consecutive(const crease_term *term, size_t k, size_t *at)
{
    const crease_groups *s = term->groups;
    *at = is_coupled(term) ? 0 : s->start ? s->start[k] : s->offset + k * s->group_stride;
    if (is_coupled(term)) return true;
    if (s->start) return !s->index;
    return (s->inner <= 1 || s->inner_stride == 1)
           && (s->outer <= 1 || (s->outer_stride == s->inner && s->inner_stride == 1));
}

size_t crease_term_largest(const crease_term *term)
{
    return is_coupled(term) ? crease_groups_extent(term->groups) : crease_groups_largest(term->groups);
}

/* --- sums ---------------------------------------------------------------------------------------- */

/* Work space: entries of x, entries of g, the part's own scratch. */
size_t crease_term_work(const crease_term *term)
{
    size_t bytes = 0, parts = crease_term_parts(term);
    for (size_t k = 0; k < parts; k++) {
        crease_part s = crease_term_part(term, k);
        size_t own = crease_part_work(term->psi, &s);
        if (own > bytes) bytes = own;
        if (!term->groups->start) break; /* strided: all alike */
    }
    return 2 * (crease_term_largest(term) + 1) + bytes / sizeof(double) + 2;
}

/* Part k with its share of the work space: *x, *g, and what its functions use, 16-byte aligned. */
static crease_part place(const crease_term *term, size_t k, double *work, double **x, double **g)
{
    crease_part s = crease_term_part(term, k);
    size_t room = (crease_term_largest(term) + 1) / 2 * 2;
    uintptr_t own = ((uintptr_t)(work + 2 * room) + 15) / 16 * 16;
    *x = work;
    *g = work + room;
    s.work = (void *)own;
    return s;
}

static void gather(const crease_term *term, size_t k, size_t n, const double *x, double *out)
{
    for (size_t i = 0; i < n; i++) out[i] = x[crease_part_entry(term, k, i)];
}

size_t crease_term_units(const crease_term *term)
{
    size_t sum = 0, parts = crease_term_parts(term);
    for (size_t k = 0; k < parts; k++) {
        crease_part s = crease_term_part(term, k);
        size_t units = crease_part_units(term->psi, &s);
        if (!term->groups->start) return parts * units;
        sum += units;
    }
    return sum;
}

double crease_term_value(const crease_term *term, const double *x, double *work)
{
    double sum = 0, *px, *pg;
    for (size_t k = 0; k < crease_term_parts(term); k++) {
        crease_part s = place(term, k, work, &px, &pg);
        gather(term, k, s.n, x, px);
        sum += crease_part_value(term->psi, &s, px);
    }
    return sum;
}

void crease_term_signature(const crease_term *term, const double *x, crease_unit *unit, double *work)
{
    double *px, *pg;
    for (size_t k = 0; k < crease_term_parts(term); k++) {
        crease_part s = place(term, k, work, &px, &pg);
        gather(term, k, s.n, x, px);
        crease_part_signature(term->psi, &s, px, unit);
        unit += crease_part_units(term->psi, &s);
    }
}

size_t crease_term_dimension(const crease_term *term, const double *x, const crease_unit *unit,
                             double *work)
{
    double *px, *pg;
    size_t sum = 0;
    for (size_t k = 0; k < crease_term_parts(term); k++) {
        crease_part s = place(term, k, work, &px, &pg);
        gather(term, k, s.n, x, px);
        sum += crease_part_dimension(term->psi, &s, px, unit);
        unit += crease_part_units(term->psi, &s);
    }
    return sum;
}

double crease_term_residual_sq(const crease_term *term, const double *x, const double *g, double w,
                               double *work)
{
    double sum = 0, *px, *pg;
    for (size_t k = 0; k < crease_term_parts(term); k++) {
        crease_part s = place(term, k, work, &px, &pg);
        gather(term, k, s.n, x, px);
        gather(term, k, s.n, g, pg);
        double r = crease_part_residual(term->psi, &s, px, pg, w);
        sum += r * r;
    }
    return sum;
}

void crease_term_margins(const crease_term *term, const double *x, const double *g, double w,
                         crease_margin *unit, double *work)
{
    double *px, *pg;
    for (size_t k = 0; k < crease_term_parts(term); k++) {
        crease_part s = place(term, k, work, &px, &pg);
        gather(term, k, s.n, x, px);
        gather(term, k, s.n, g, pg);
        crease_part_margins(term->psi, &s, px, pg, w, unit);
        unit += crease_part_units(term->psi, &s);
    }
}

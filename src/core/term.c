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

/* A walk over the parts of a term, each with its share of the work space. */
typedef struct {
    const crease_term *term;
    size_t next, parts;
    crease_part s; /* the part at hand; its scratch is 16-byte aligned */
    double *x, *g; /* room for its entries */
} walk;

static walk walk_of(const crease_term *term, double *work)
{
    size_t room = (crease_term_largest(term) + 1) / 2 * 2;
    walk w = { .term = term, .parts = crease_term_parts(term), .x = work, .g = work + room };
    w.s.work = (void *)(((uintptr_t)(work + 2 * room) + 15) / 16 * 16);
    return w;
}

static void gather(const walk *w, const double *from, double *to)
{
    for (size_t i = 0; i < w->s.n; i++) to[i] = from[crease_part_entry(w->term, w->next - 1, i)];
}

/* The next part with its entries of x, and of g unless that is NULL; false after the last one. */
static bool step(walk *w, const double *x, const double *g)
{
    if (w->next == w->parts) return false;
    void *work = w->s.work;
    w->s = crease_term_part(w->term, w->next++);
    w->s.work = work;
    gather(w, x, w->x);
    if (g) gather(w, g, w->g);
    return true;
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
    double sum = 0;
    for (walk w = walk_of(term, work); step(&w, x, NULL);)
        sum += crease_part_value(term->psi, &w.s, w.x);
    return sum;
}

void crease_term_signature(const crease_term *term, const double *x, crease_unit *unit, double *work)
{
    for (walk w = walk_of(term, work); step(&w, x, NULL);) {
        crease_part_signature(term->psi, &w.s, w.x, unit);
        unit += crease_part_units(term->psi, &w.s);
    }
}

size_t crease_term_dimension(const crease_term *term, const double *x, const crease_unit *unit,
                             double *work)
{
    size_t sum = 0;
    for (walk w = walk_of(term, work); step(&w, x, NULL);) {
        sum += crease_part_dimension(term->psi, &w.s, w.x, unit);
        unit += crease_part_units(term->psi, &w.s);
    }
    return sum;
}

double crease_term_residual_sq(const crease_term *term, const double *x, const double *g, double w,
                               double *work)
{
    double sum = 0;
    for (walk at = walk_of(term, work); step(&at, x, g);) {
        double r = crease_part_residual(term->psi, &at.s, at.x, at.g, w);
        sum += r * r;
    }
    return sum;
}

void crease_term_margins(const crease_term *term, const double *x, const double *g, double w,
                         crease_margin *unit, double *work)
{
    for (walk at = walk_of(term, work); step(&at, x, g);) {
        crease_part_margins(term->psi, &at.s, at.x, at.g, w, unit);
        unit += crease_part_units(term->psi, &at.s);
    }
}

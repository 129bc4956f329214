/* Bounds on every entry. The oracle clips c/d; it is counted from the point of the box nearest to zero, so
 * that small entries keep their relative accuracy. Units: 0 at the lower bound, 2 at the upper one, 1
 * between; each stays while no c_i crosses d_i lower_i or d_i upper_i. A bound of 1e300 or more in size is
 * none. Weights are not used, but that an infinite one forces entries to the point of the box nearest to
 * zero. */
#include "crease/regularizer.h"

static const double no_bound = 1e300;

typedef struct {
    crease_numbers lower, upper;
} box_opts;

static const crease_param params[] = {
    CREASE_PARAM_NUMBERS(box_opts, lower, "-1", CREASE_ANY, "lower bounds, by entry; -1e300: none"),
    CREASE_PARAM_NUMBERS(box_opts, upper, "1", CREASE_ANY, "upper bounds, by entry; 1e300: none"),
    CREASE_PARAM_END,
};

static double item(const crease_numbers *v, size_t i)
{
    return v->n == 1 ? v->one : v->many[i % v->n];
}

/* One list may be for the entries of a group and the other for all: the first repeats. */
static const char *check(const void *opts)
{
    const box_opts *o = opts;
    size_t n = o->lower.n > o->upper.n ? o->lower.n : o->upper.n;
    for (size_t i = 0; i < n; i++)
        if (item(&o->lower, i) > item(&o->upper, i)) return "a lower bound is above its upper bound";
    return NULL;
}

/* psi is 0 on that side as far as the bound. */
static crease_side side_to(double bound, double anchor)
{
    double end = fabs(bound - anchor);
    if (end == 0) return (crease_side){ 0 };
    if (fabs(bound) >= no_bound) end = INFINITY;
    else if (fabs(anchor + copysign(end, bound - anchor)) > fabs(bound)) end = nextafter(end, 0);
    return (crease_side){ .n = 1, .piece = { { end, 0, 0 } } };
}

static void pieces(const crease_part *s, size_t i, crease_pieces *psi)
{
    const box_opts *o = s->opts;
    double lower = crease_number_at(&o->lower, s, i), upper = crease_number_at(&o->upper, s, i);
    double anchor = fmin(fmax(lower, 0), upper);
    *psi = (crease_pieces){ .anchor = anchor,
                            .right = side_to(upper, anchor),
                            .left = side_to(lower, anchor) };
}

static bool per_entry(const void *opts)
{
    const box_opts *o = opts;
    return o->lower.n > 1 || o->upper.n > 1;
}

const crease_regularizer_type crease_regularizer_box = {
    .base = { .name = "box",
              .summary = "bounds on every entry",
              .formula = "psi(x) = 0 where lower_i <= x_i <= upper_i, else infinite",
              .source = "standard",
              .opts_size = sizeof(box_opts),
              .params = params,
              .check = check },
    .flags = CREASE_CONVEX | CREASE_SEPARABLE | CREASE_UNIT_ENTRY | CREASE_CONSTRAINT,
    .exact = "any diagonal metric",
    .cost = "O(n)",
    .manifold = "vectors with the same entries at the same bounds",
    .identification = "|grad f(x*)_i| over the entries at a bound",
    .math = &crease_math_entries,
    .pieces = pieces,
    .per_entry = per_entry,
};

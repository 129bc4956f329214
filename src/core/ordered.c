/* The oracle of ordered weights in a diagonal metric: sign(c) times a minimizer over x >= 0 of
 *     sum_i (d_i x_i^2/2 - u_i x_i) + sum_j L_j x_(j),   u = |c|.
 * The order of x is neither that of u nor that of c/d, so sorting once and pooling neighbours is wrong. Why
 * this is right:
 * 1. Cut at heights t: the objective is minus the integral over t > 0 of G_t({ i : x_i >= t }), where G_t(A)
 *    = sum over A of (u_i - d_i t) - (L_1 + ... + L_|A|) is supermodular, largest at prefixes of the entries
 *    ordered by their score u_i - d_i t; its least maximizers A_t shrink as t grows because scores fall,
 *    hence the x with { x >= t } = A_t maximizes every integrand and is the minimizer.
 * 2. Let V be the entries of A_p that are not in A_q, p < q, so that p <= x <= q on V, and for t between A_t
 *    is A_q with a best prefix of V, worth its scores less the rates after the first |A_q|; take the t at
 *    which all of V is worth 0.
 * 3. If no prefix of V is worth more than 0, the empty one is best above t and all of V below, because
 *    scores fall, and x = t on V; otherwise the best prefix is not all of V, x >= t on it and x <= t on the
 *    rest: two smaller V.
 *
 * A_0, the support, takes one sort of u; each level of splitting then sorts every entry once. The smaller
 * half is split first and the larger waits, so at most log2(n) wait. The levels are about log2(n) in number;
 * the worst case, one entry split off at a time, needs a d that spreads geometrically. A prefix counts as
 * worth more than 0 if rounding cannot make it so (at t = 0, where scores are exact, always), and p <= t <=
 * q is enforced: entries that rounding cannot tell apart are tied, bit by bit.
 *
 * Where d_i = 0 the score is u_i at all t: if a prefix of those entries alone is worth more than 0, there is
 * no minimizer. If d is constant, scores keep the order of u, and one pass of pooling (PAVA) replaces the
 * splits.                                                                                               */
#include "ordered.h"

#include <float.h>
#include <math.h>

#include "order.h"
#include "sum.h"

/* Entries in order, their keys the scores of the moment; and as much room again. */
static crease_keyed *items(const crease_ordered *t)
{
    return t->part->work;
}

static crease_keyed *spare(const crease_ordered *t)
{
    return items(t) + t->part->n;
}

/* Entries at begin ... end - 1 of the order have these ranks, and values in [low, high]. */
typedef struct {
    size_t begin, end;
    double low, high;
} segment;

enum { MOST_WAITING = 64 };

static double rate_at(const crease_ordered *t, size_t rank)
{
    return t->factor * t->rate(t->part, rank);
}

static double pull(const crease_ordered *t, size_t rank)
{
    return fabs(t->c[items(t)[rank].index]);
}

static double stiffness(const crease_ordered *t, size_t rank)
{
    return t->d[items(t)[rank].index];
}

/* Whether some prefix of the entries with d_i = 0 is worth more than 0; items ordered by pull. */
static bool falls_for_ever(const crease_ordered *t)
{
    crease_sum worth = { 0, 0 };
    size_t rank = 0;
    for (size_t j = 0; j < t->part->n; j++) {
        if (stiffness(t, j) != 0) continue;
        crease_sum_add(&worth, pull(t, j));
        crease_sum_add(&worth, -rate_at(t, rank++));
        if (crease_sum_value(&worth) > 0) return true;
    }
    return false;
}

/* The end of the best prefix of [begin, last) by the scores in the keys; begin if none is worth more than 0.
 * Scores are known to `rounding` times the size of what they are made of.                               */
static size_t best_prefix(const crease_ordered *t, size_t begin, size_t last, double rounding)
{
    crease_sum worth = { 0, 0 };
    double most = 0, doubt = 0;
    size_t best = begin;
    for (size_t j = begin; j < last; j++) {
        double rate = rate_at(t, j);
        crease_sum_add(&worth, items(t)[j].key);
        crease_sum_add(&worth, -rate);
        doubt += rounding * (pull(t, j) + rate);
        if (!(crease_sum_value(&worth) - doubt > most)) continue;
        most = crease_sum_value(&worth) - doubt;
        best = j + 1;
    }
    return best;
}

/* The t at which all of v is worth 0. */
static double common_level(const crease_ordered *t, const segment *v)
{
    crease_sum worth = { 0, 0 }, stiff = { 0, 0 };
    for (size_t j = v->begin; j < v->end; j++) {
        crease_sum_add(&worth, pull(t, j));
        crease_sum_add(&worth, -rate_at(t, j));
        crease_sum_add(&stiff, stiffness(t, j));
    }
    if (crease_sum_value(&stiff) == 0) return v->low; /* worth 0 at every t */
    return fmin(fmax(crease_sum_value(&worth) / crease_sum_value(&stiff), v->low), v->high);
}

/* Where v splits at height `level`; v->begin if it is one tie. */
static size_t split(const crease_ordered *t, const segment *v, double level)
{
    size_t n = v->end - v->begin;
    if (n == 1) return v->begin;
    for (size_t j = v->begin; j < v->end; j++) items(t)[j].key = fma(-stiffness(t, j), level, pull(t, j));
    crease_sort_descending(n, items(t) + v->begin, spare(t) + v->begin);
    return best_prefix(t, v->begin, v->end - 1, DBL_EPSILON);
}

static void put(const crease_ordered *t, size_t begin, size_t end, double size, double *x)
{
    for (size_t j = begin; j < end; j++) {
        size_t i = items(t)[j].index;
        x[i] = size > 0 ? copysign(size, t->c[i]) : 0;
    }
}

static void split_all(const crease_ordered *t, size_t n, double *x)
{
    segment waiting[MOST_WAITING], v = { 0, n, 0, DBL_MAX };
    for (size_t held = 0;;) {
        double level = common_level(t, &v);
        size_t middle = split(t, &v, level);
        if (middle == v.begin) {
            put(t, v.begin, v.end, level, x);
            if (held == 0) return;
            v = waiting[--held];
            continue;
        }
        segment upper = { v.begin, middle, level, v.high }, lower = { middle, v.end, v.low, level };
        bool upper_first = middle - v.begin <= v.end - middle;
        waiting[held++] = upper_first ? lower : upper;
        v = upper_first ? upper : lower;
    }
}

/* Constant d. Pools of neighbours, each described where it ends: its sum of u - L in two keys, its begin. */
static void pool_all(const crease_ordered *t, size_t n, double *x)
{
    crease_keyed *high = items(t), *low = spare(t);
    for (size_t j = 0; j < n; j++) {
        crease_sum sum = { high[j].key, 0 };
        size_t begin = j;
        crease_sum_add(&sum, -rate_at(t, j));
        while (begin > 0) { /* pool with the one before unless that is larger */
            size_t last = begin - 1, first = low[last].index;
            double mean = (high[last].key + low[last].key) / (double)(begin - first);
            if (mean > crease_sum_value(&sum) / (double)(j + 1 - begin)) break;
            crease_sum_add(&sum, high[last].key);
            sum.lo += low[last].key;
            begin = first;
        }
        high[j].key = sum.hi;
        low[j] = (crease_keyed){ sum.lo, begin };
    }
    for (size_t end = n, begin; end > 0; end = begin) {
        begin = low[end - 1].index;
        double mean = (high[end - 1].key + low[end - 1].key) / (double)(end - begin);
        put(t, begin, end, mean / t->d[items(t)[begin].index], x);
    }
}

static bool is_constant(size_t n, const double *d)
{
    for (size_t i = 1; i < n; i++)
        if (d[i] != d[0]) return false;
    return true;
}

int crease_ordered_prox(const crease_ordered *t, double *x)
{
    size_t n = t->part->n;
    for (size_t i = 0; i < n; i++) {
        items(t)[i] = (crease_keyed){ fabs(t->c[i]), i };
        x[i] = 0;
    }
    crease_sort_descending(n, items(t), spare(t));
    if (falls_for_ever(t)) return CREASE_EUNBOUNDED;
    size_t live = best_prefix(t, 0, n, 0);
    if (live == 0) return CREASE_OK;
    if (is_constant(n, t->d)) pool_all(t, live, x);
    else split_all(t, live, x);
    double largest = fabs(x[items(t)[0].index]);
    return largest < DBL_MAX ? CREASE_OK : CREASE_EUNBOUNDED;
}

/* Vectors with at most `keep` nonzeros in every block of consecutive entries. psi is 0 or infinite: weights
 * do not act on it, but for an infinite one, which forces zero.
 *
 * Oracle. An entry that is kept is c_i/d_i and lowers the objective by c_i^2/(2 d_i), whatever the others
 * do; so the `keep` largest |c_i|/sqrt(d_i) of a block are kept, in any diagonal metric. Selection is
 * linear in time and deterministic; ties go to the lower index. The largest |c_i|/d_i are not the right
 * ones unless d is constant.
 *
 * Residual: the limiting subdifferential at x is a union of coordinate subspaces. In a full block (`keep`
 * nonzeros) it is all vectors that vanish on the support. In another one, one may choose as many more
 * entries as there is room for, whose gradient then counts: those of least gradient.
 *
 * Identification radius: with theta halfway between the least score kept and the largest dropped, no entry
 * changes sides while |e_i| < sqrt(d_i) |score_i - theta|: the least of these. Nothing at x* alone tells
 * how safe a zero of a full block is. */
#include "cardinality.h"

#include <float.h>
#include <math.h>

#include "order.h"
#include "part.h"

typedef struct {
    size_t first, n, keep;
} block;

static size_t block_size(const crease_part *s)
{
    const crease_cardinality_opts *o = s->opts;
    return o->block == 0 ? s->n : (size_t)o->block;
}

static bool next_block(const crease_part *s, block *b)
{
    const crease_cardinality_opts *o = s->opts;
    b->first += b->n;
    b->n = block_size(s);
    b->keep = isinf(s->weight) ? 0 : (size_t)o->keep;
    return b->first < s->n;
}

static size_t work(const crease_part *s)
{
    return s->n * sizeof(double);
}

static const char *accepts(const crease_part *s)
{
    return s->n > 0 && s->n % block_size(s) != 0 ? "its size is no multiple of m" : NULL;
}

static size_t count_nonzero(size_t n, const double *x)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) count += x[i] != 0;
    return count;
}

static double value(const crease_part *s, const double *x)
{
    for (block b = { 0 }; next_block(s, &b);)
        if (count_nonzero(b.n, x + b.first) > b.keep) return INFINITY;
    return 0;
}

/* Norm of the `room` least |g_i| off the support. */
static double least_norm(const crease_part *s, const block *b, const double *x, const double *g, size_t room)
{
    double *size = s->work, sum = 0;
    size_t n = 0;
    for (size_t i = b->first; i < b->first + b->n; i++)
        if (x[i] == 0) size[n++] = fabs(g[i]);
    if (room > n) room = n;
    if (room == 0) return 0;
    double last = crease_select_descending(n, size, n - room);
    for (size_t i = b->first; i < b->first + b->n; i++) {
        if (x[i] != 0 || fabs(g[i]) >= last) continue;
        sum = hypot(sum, g[i]);
        room--;
    }
    return hypot(sum, sqrt((double)room) * last);
}

static double residual(const crease_part *s, const double *x, const double *g, double w)
{
    double sum = 0;
    (void)w;
    for (block b = { 0 }; next_block(s, &b);) {
        size_t live = count_nonzero(b.n, x + b.first);
        if (live > b.keep) return INFINITY;
        for (size_t i = b.first; i < b.first + b.n; i++)
            if (x[i] != 0) sum = hypot(sum, g[i]);
        if (live < b.keep) sum = hypot(sum, least_norm(s, &b, x, g, b.keep - live));
    }
    return sum;
}

/* sqrt of twice what keeping an entry gains; infinite where it is unbounded. */
static double score(double c, double d)
{
    return c == 0 ? 0 : fabs(c) / sqrt(d);
}

static int keep_largest(const crease_part *s, const block *b, const double *c, const double *d, double *x)
{
    double *key = s->work, last = 0;
    size_t above = 0;
    for (size_t i = 0; i < b->n; i++) {
        key[i] = score(c[i], d[i]);
        if (isinf(key[i]) && b->keep > 0) return CREASE_EUNBOUNDED;
    }
    if (b->keep > 0 && b->keep < b->n) last = crease_select_descending(b->n, key, b->keep - 1);
    for (size_t i = 0; i < b->n; i++) above += score(c[i], d[i]) > last;
    for (size_t i = 0, room = b->keep > above ? b->keep - above : 0; i < b->n; i++) {
        double mine = score(c[i], d[i]);
        bool kept = b->keep > 0 && (mine > last || (mine == last && room > 0));
        if (kept && mine == last) room--;
        x[i] = kept && c[i] != 0 ? c[i] / d[i] + 0.0 : 0;
    }
    return CREASE_OK;
}

static int prox(const crease_part *s, const double *c, const double *d, double w, double *x,
                crease_prox_info *info)
{
    (void)w, (void)info;
    if (!crease_are_finite(s->n, c) || !crease_are_finite(s->n, d)) return CREASE_ENAN;
    for (block b = { 0 }; next_block(s, &b);) {
        int code = keep_largest(s, &b, c + b.first, d + b.first, x + b.first);
        if (code != CREASE_OK) return code;
    }
    return CREASE_OK;
}

static void margins(const crease_part *s, const double *x, const double *g, double w, crease_margin *unit)
{
    (void)w;
    for (block b = { 0 }; next_block(s, &b);) {
        bool full = count_nonzero(b.n, x + b.first) >= b.keep;
        for (size_t i = b.first; i < b.first + b.n; i++) {
            if (x[i] != 0) unit[i] = (crease_margin){ NAN, fabs(x[i]), 0 };
            else unit[i] = (crease_margin){ full ? INFINITY : -fabs(g[i]), NAN, 0 };
        }
    }
}

static double block_radius(const block *b, const double *c, const double *d, const double *x)
{
    double kept = INFINITY, dropped = 0, least = INFINITY;
    if (b->keep == 0) return INFINITY;
    for (size_t i = 0; i < b->n; i++) {
        if (x[i] != 0) kept = fmin(kept, score(c[i], d[i]));
        else dropped = fmax(dropped, score(c[i], d[i]));
    }
    size_t live = count_nonzero(b->n, x);
    if (live < b->keep && live < b->n) return 0; /* some entry is zero although there is room */
    double theta = live < b->n ? kept / 2 + dropped / 2 : 0;
    for (size_t i = 0; i < b->n; i++)
        least = fmin(least, sqrt(d[i]) * fabs(score(c[i], d[i]) - theta));
    return least;
}

static double radius(const crease_part *s, const double *c, const double *d, double w, const double *x)
{
    double least = INFINITY;
    (void)w;
    for (block b = { 0 }; next_block(s, &b);)
        least = fmin(least, block_radius(&b, c + b.first, d + b.first, x + b.first));
    return least;
}

const crease_math crease_math_cardinality = {
    .work = work,
    .accepts = accepts,
    .value = value,
    .residual = residual,
    .prox = prox,
    .scale = crease_no_scale,
    .margins = margins,
    .radius = radius,
};

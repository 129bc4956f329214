/* The oracle of chain penalties in any diagonal metric, by Johnson's dynamic programme (JCGS 22 (2013)).
 *
 * Let M_i(b) be the least objective of entries 1..i given x_i = b. Its derivative is piecewise linear and
 * increasing, and
 *     M_{i+1}'(b) = clip(M_i'(b), -edge_i, edge_i) + d_{i+1} b - c_{i+1} + size_{i+1} sign(b),
 * with x_i = clamp(x_{i+1}, lo_i, hi_i) where M_i' passes -edge_i and +edge_i. The derivative is kept as a
 * deque of knots with what changes at each, and the lines outside both ends: a new entry changes these two
 * lines alone, clipping removes knots at an end and puts back one. The sizes add a knot at b = 0, which
 * all entries share: where clipping has removed it, all knots lie on one side of 0, so it comes back at an
 * end. Each entry thus adds at most three knots to the work, which is O(n) in all.
 *
 * Every line is a sum of d and c over some last entries of the chain so far. Walking in from an end, sums
 * grow up to the oldest line and shrink behind it. Where shrinking has cost a slope its digits (a factor of
 * 1e9 since the largest slope whose rounding it carries) it is summed anew from the other end, from where it
 * only grows. A knot takes part in that again only after the sum of it and all older ones has lost the same
 * factor once more, so this too is O(n), by less than 2100 / 30 per knot. */
#include <float.h>
#include <math.h>

#include "chain.h"
#include "sum.h"

/* The side is a constant in every call, and what depends on it is settled when these are compiled in
 * place: more than twice as fast. */
#define SIDED static inline __attribute__((always_inline))

typedef struct {
    crease_sum d, c; /* b -> d b - c */
    double peak;     /* the largest that d was on its way here: it holds the rounding of that */
} line;

typedef struct {
    double at;
    line step; /* the line right of it minus the line left of it */
} knot;

enum { LEFT, RIGHT, NOWHERE = -1 };

typedef struct {
    knot *ring;
    size_t capacity, first, count;
    ptrdiff_t zero; /* slot of the knot at 0, or NOWHERE */
    line end[2];    /* outside the outermost knots */
    double rounding; /* of the sum of all c: what counts as no slope */
} message;

static const double lost = 0x1p-30;

SIDED double sign_of(int side)
{
    return side == LEFT ? 1 : -1;
}

/* to += sign v */
static inline void sum_join(crease_sum *to, double sign, const crease_sum *v)
{
    crease_sum_add(to, sign * v->hi);
    to->lo += sign * v->lo;
}

static inline void line_add(line *to, double d, double c)
{
    crease_sum_add(&to->d, d);
    crease_sum_add(&to->c, c);
    if (to->d.hi > to->peak) to->peak = to->d.hi;
}

static inline void line_join(line *to, double sign, const line *step)
{
    sum_join(&to->d, sign, &step->d);
    sum_join(&to->c, sign, &step->c);
    if (step->peak > to->peak) to->peak = step->peak;
    if (to->d.hi > to->peak) to->peak = to->d.hi;
}

/* --- the deque ---------------------------------------------------------------------------------- */

static inline size_t slot(const message *m, size_t k)
{
    size_t at = m->first + k;
    return at < m->capacity ? at : at - m->capacity;
}

SIDED size_t outermost(const message *m, int side)
{
    return side == LEFT ? m->first : slot(m, m->count - 1);
}

SIDED size_t push(message *m, int side, const knot *k)
{
    if (side == LEFT) m->first = m->first > 0 ? m->first - 1 : m->capacity - 1;
    m->count++;
    size_t at = outermost(m, side);
    m->ring[at] = *k;
    return at;
}

SIDED void pop(message *m, int side)
{
    if ((ptrdiff_t)outermost(m, side) == m->zero) m->zero = NOWHERE;
    if (side == LEFT) m->first = slot(m, 1);
    m->count--;
}

/* --- passing from line to line ------------------------------------------------------------------ */

/* The line at one end, summed from the other end. */
static void sum_anew(message *m, int side)
{
    m->end[side] = m->end[!side];
    for (size_t k = 0; k < m->count; k++) {
        size_t at = slot(m, side == LEFT ? m->count - 1 - k : k);
        line_join(&m->end[side], -sign_of(side), &m->ring[at].step);
    }
}

/* Takes the knot off; the line behind it becomes the end. */
SIDED void step_inward(message *m, int side)
{
    knot passed = m->ring[outermost(m, side)];
    pop(m, side);
    if (m->count == 0) {
        m->end[side] = m->end[!side];
        return;
    }
    line_join(&m->end[side], sign_of(side), &passed.step);
    if (crease_sum_value(&m->end[side].d) < lost * m->end[side].peak) sum_anew(m, side);
}

/* c -+ bound, so that b = offset / d is where the end's line takes the value -+ bound. */
SIDED double offset(const message *m, int side, double bound)
{
    const crease_sum *c = &m->end[side].c;
    return (c->hi - sign_of(side) * bound) + c->lo;
}

/* Where the end's line takes the value, between near, the knot taken off last, and the next knot or far. */
SIDED double root(const message *m, int side, double bound, double near, double far)
{
    double sign = sign_of(side), slope = crease_sum_value(&m->end[side].d), c = offset(m, side, bound);
    if (m->count > 0) far = m->ring[outermost(m, side)].at;
    if (slope <= 0) return m->count == 0 && sign * c > m->rounding ? far : near;
    double b = c / slope + 0.0; /* never -0 */
    if (sign * b < sign * near) return near;
    return sign * b > sign * far ? far : b;
}

/* Where M' passes -bound, coming from the left, or +bound, from the right, but not beyond far; the knots
 * outside are taken off. Infinite on the near side: it never lies outside; on the far side: everywhere. */
SIDED double pass(message *m, int side, double bound, double far)
{
    double sign = sign_of(side), near = -sign * INFINITY;
    while (m->count > 0) {
        double b = m->ring[outermost(m, side)].at;
        double excess = crease_sum_value(&m->end[side].d) * b - offset(m, side, bound);
        if (sign * excess >= 0) break;
        near = b;
        step_inward(m, side);
    }
    return root(m, side, bound, near, far);
}

/* The constant -bound or +bound. */
SIDED line flat_line(int side, double bound)
{
    return (line){ .c = { .hi = sign_of(side) * bound } };
}

/* M' is -bound or +bound outside of b. */
SIDED void flatten(message *m, int side, double bound, double b)
{
    double sign = sign_of(side);
    line flat = flat_line(side, bound);
    if (isinf(b)) return;
    knot k = { .at = b };
    line_join(&k.step, sign, &m->end[side]);
    line_join(&k.step, -sign, &flat);
    m->end[side] = flat;
    push(m, side, &k);
}

static bool clip(message *m, double bound, double *lo, double *hi)
{
    *lo = pass(m, LEFT, bound, INFINITY);
    if (*lo == INFINITY) return false;
    *hi = pass(m, RIGHT, bound, *lo);
    if (*hi == -INFINITY) return false;
    if (m->count == 0 && *lo == *hi) /* one knot for both */
        m->end[LEFT] = m->end[RIGHT] = flat_line(LEFT, bound);
    else
        flatten(m, LEFT, bound, *lo);
    flatten(m, RIGHT, bound, *hi);
    return true;
}

static void add_size(message *m, double size)
{
    if (m->zero == NOWHERE) {
        knot origin = { .at = 0 };
        bool all_right = m->count == 0 || m->ring[outermost(m, LEFT)].at >= 0;
        m->zero = (ptrdiff_t)push(m, all_right ? LEFT : RIGHT, &origin);
    }
    crease_sum_add(&m->ring[m->zero].step.c, -2 * size);
    crease_sum_add(&m->end[LEFT].c, size);
    crease_sum_add(&m->end[RIGHT].c, -size);
}

/* --- the oracle --------------------------------------------------------------------------------- */

static size_t most_knots(size_t n)
{
    return 2 * n + 3;
}

size_t crease_chain_prox_work(size_t n)
{
    return n * sizeof(double) + most_knots(n) * sizeof(knot);
}

/* An infinite weight makes every run of entries that edges hold together constant, and zero where one of its
 * entries has a size.                                                                                    */
static int forced(const crease_chain *chain, const double *c, const double *d, double *x, double rounding)
{
    for (size_t a = 0, end; a < chain->s->n; a = end) {
        crease_sum slope = { 0 }, pull = { 0 };
        bool zero = crease_chain_forced(chain, a, &end);
        for (size_t i = a; i < end; i++) {
            crease_sum_add(&slope, d[i]);
            crease_sum_add(&pull, c[i]);
        }
        double dd = crease_sum_value(&slope), cc = crease_sum_value(&pull);
        if (!zero && dd == 0 && fabs(cc) > rounding) return CREASE_EUNBOUNDED;
        for (size_t i = a; i < end; i++) x[i] = zero || dd == 0 ? 0 : cc / dd + 0.0;
    }
    return CREASE_OK;
}

int crease_chain_prox(const crease_chain *chain, const double *c, const double *d, double *x)
{
    size_t n = chain->s->n;
    double *upper = chain->s->work, sum = 0, b = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(c[i]) || !isfinite(d[i])) return CREASE_ENAN;
        sum += fabs(c[i]);
    }
    if (isinf(chain->s->weight)) return forced(chain, c, d, x, DBL_EPSILON * sum);
    message m = { .ring = (knot *)(upper + n), .capacity = most_knots(n), .zero = NOWHERE };
    m.rounding = DBL_EPSILON * sum;
    for (size_t i = 0; i < n; i++) {
        if (chain->sizes) add_size(&m, crease_chain_size(chain, i));
        line_add(&m.end[LEFT], d[i], c[i]);
        line_add(&m.end[RIGHT], d[i], c[i]);
        double bound = i + 1 < n ? crease_chain_edge(chain, i) : 0;
        if (!clip(&m, bound, x + i, upper + i)) return CREASE_EUNBOUNDED;
    }
    for (size_t i = n; i-- > 0;) { /* x holds the lower ends so far; of many minimizers, next to 0 */
        if (b < x[i]) b = x[i];
        if (b > upper[i]) b = upper[i];
        x[i] = b;
    }
    return CREASE_OK;
}

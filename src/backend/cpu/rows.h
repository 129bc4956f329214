/* Groups that lie side by side: a row holds `inner` entries of one group after the other, as in the
 * columns of a matrix (inner = 1) or the input channels of a kernel. Lanes go along the row, across
 * groups, so that memory is read in order; the few sums of a group's `inner` columns are added at the
 * end. A vector of columns is skipped by Newton's passes as soon as none of its groups moves any more.
 */
#ifndef CREASE_CPU_ROWS_H
#define CREASE_CPU_ROWS_H

#include "newton.h"

enum {
    ROWS_MOST_INNER = 64,
    ROWS_MOST_COLUMNS = 1024, /* of a window */
    ROWS_COLUMN_LANES = ROWS_MOST_COLUMNS / CREASE_LANES,
    ROWS_CHUNK = 16, /* rows summed before the sums are added to the rest: keeps rounding small */
};

/* Memory that will be needed soon, fetched bit by bit while there is something to compute: rows of
 * `length` reals, `stride` apart, of two arrays (of one if b is NULL). */
typedef struct fetch {
    const crease_real *a, *b;
    size_t rows, stride, length, row, at;
} fetch;

enum { FETCH_LINES = 8 }; /* a chunk of rows of a vector */

static inline void fetch_some(fetch *f)
{
    for (int k = 0; k < FETCH_LINES && f->row < f->rows; k++) {
        size_t at = f->row * f->stride + f->at;
        __builtin_prefetch(f->a + at, 0, 2);
        if (f->b) __builtin_prefetch(f->b + at, 0, 2);
        f->at += CREASE_LANES;
        if (f->at >= f->length) f->at = 0, f->row++;
    }
}

/* A window's groups in memory: entry (o, i) of its group g is at o*stride + g*inner + i. */
typedef struct sheet {
    const crease_real *c, *d; /* d NULL: the scalar metric */
    crease_real *x;
    size_t rows, inner, columns, stride, x_stride;
    size_t lanes;  /* vectors of columns */
    size_t beyond; /* reals that may be read from the start of the last row */
    double scalar, l1, ridge;
    bool plain;   /* a diagonal metric, no l1 and no ridge */
    fetch *ahead; /* two of them */
} sheet;

/* One number a column: those of the window where a group has one column. */
typedef struct column_sums {
    crease_lane *m0, *m1, *m2;
    crease_mask *least;
} column_sums;

/* Rows are far apart, which the processor's own prefetching does not see through: whoever works on a
 * row asks for the one a chunk later. */
CREASE_FORMULA void prefetch_row(const sheet *h, size_t o, size_t column)
{
    size_t at = (o + ROWS_CHUNK) * h->stride + column;
    if (o + ROWS_CHUNK >= h->rows) return;
    __builtin_prefetch(h->c + at, 0, 2);
    if (h->d) __builtin_prefetch(h->d + at, 0, 2);
}

/* Columns from `column` of row o on; what lies beyond the window's columns is read where it may be. */
CREASE_FORMULA crease_lane load_columns(const sheet *h, const crease_real *from, size_t o,
                                        size_t column, bool whole)
{
    const crease_real *p = from + o * h->stride + column;
    bool inside = (o + 1 < h->rows && h->stride >= CREASE_LANES) || column + CREASE_LANES <= h->beyond;
    return whole || inside ? lanes_load(p) : lanes_load_some(p, h->beyond - column, 1);
}

CREASE_FORMULA void load_problem(const sheet *h, size_t o, size_t column, bool whole, bool plain,
                                 crease_lane *c, crease_lane *d)
{
    prefetch_row(h, o, column);
    *c = load_columns(h, h->c, o, column, whole);
    *d = plain || h->d ? load_columns(h, h->d, o, column, whole) : crease_all(h->scalar);
    if (plain) return;
    *c = crease_soft(*c, crease_all(h->l1));
    *d += crease_all(h->ridge);
}

/* The other functions of this file come in four kinds: whole or partial vectors, plain or not. */
#define ROWS_DISPATCH(h, v, call)                                                                      \
    do {                                                                                               \
        bool all_columns = ((v) + 1) * CREASE_LANES <= (h)->columns;                                   \
        if (all_columns && (h)->plain)                                                                 \
            call(true, true);                                                                          \
        else if (all_columns)                                                                          \
            call(true, false);                                                                         \
        else if ((h)->plain)                                                                           \
            call(false, true);                                                                         \
        else                                                                                           \
            call(false, false);                                                                        \
    } while (0)

/* --- moments -------------------------------------------------------------------------------------- */

CREASE_FORMULA void column_moments(const sheet *h, size_t begin, size_t end, size_t v, bool whole,
                                   bool plain, const column_sums *sums)
{
    lane_sum m0 = sum_none(), m1 = sum_none(), m2 = sum_none();
    crease_mask least = sums->least[v];
    for (size_t o = begin; o < end; o++) {
        crease_lane c, d;
        load_problem(h, o, v * CREASE_LANES, whole, plain, &c, &d);
        crease_lane square = c * c, first = square * d;
        sum_add(&m0, square);
        sum_add(&m1, first);
        sum_add(&m2, first * d);
        least = lanes_smaller(least, crease_bits(d));
    }
    sums->m0[v] += sum_lanes(m0);
    sums->m1[v] += sum_lanes(m1);
    sums->m2[v] += sum_lanes(m2);
    sums->least[v] = least;
}

static void rows_moments(const sheet *h, const column_sums *sums)
{
    for (size_t v = 0; v < h->lanes; v++) {
        sums->m0[v] = sums->m1[v] = sums->m2[v] = crease_all(0);
        sums->least[v] = (crease_mask){ 0 } + real_bits(cpu_infinity);
    }
    for (size_t begin = 0; begin < h->rows; begin += ROWS_CHUNK) {
        size_t end = smaller(begin + ROWS_CHUNK, h->rows);
        for (size_t v = 0; v < h->lanes; v++) {
#define MOMENTS(whole, plain) column_moments(h, begin, end, v, whole, plain, sums)
            ROWS_DISPATCH(h, v, MOMENTS);
#undef MOMENTS
        }
    }
}

/* A value of each group, repeated over its columns. */
static void spread_columns(const crease_lane *of_group, const sheet *h, crease_lane *of_column)
{
    const crease_real *from = (const crease_real *)of_group;
    crease_real *to = (crease_real *)of_column;
    for (size_t k = 0; k < h->columns; k += h->inner, from++)
        for (size_t i = 0; i < h->inner; i++) to[k + i] = *from;
    for (size_t k = h->columns; k < h->lanes * CREASE_LANES; k++) to[k] = 1;
}

static void merge_columns(const crease_lane *of_column, const sheet *h, crease_lane *of_group)
{
    const crease_real *from = (const crease_real *)of_column;
    crease_real *to = (crease_real *)of_group;
    for (size_t k = 0; k < h->columns; k += h->inner, to++) {
        *to = from[k];
        for (size_t i = 1; i < h->inner; i++) *to += from[k + i];
    }
}

static void merge_least(const crease_mask *of_column, const sheet *h, crease_mask *of_group)
{
    const crease_integer *from = (const crease_integer *)of_column;
    crease_integer *to = (crease_integer *)of_group;
    for (size_t k = 0; k < h->columns; k += h->inner, to++) {
        *to = from[k];
        for (size_t i = 1; i < h->inner; i++) *to = from[k + i] < *to ? from[k + i] : *to;
    }
}

/* The moments of a window's groups. */
static void window_moments(const sheet *h, window *w)
{
    if (h->inner == 1) {
        rows_moments(h, &(column_sums){ w->m0, w->m1, w->m2, w->least });
        return;
    }
    crease_lane m0[ROWS_COLUMN_LANES], m1[ROWS_COLUMN_LANES], m2[ROWS_COLUMN_LANES];
    crease_mask least[ROWS_COLUMN_LANES];
    rows_moments(h, &(column_sums){ m0, m1, m2, least });
    merge_columns(m0, h, w->m0);
    merge_columns(m1, h, w->m1);
    merge_columns(m2, h, w->m2);
    merge_least(least, h, w->least);
}

/* --- Newton's passes ------------------------------------------------------------------------------ */

/* Adds the terms of some rows to q and t. */
CREASE_FORMULA void evaluate_columns(const sheet *h, size_t begin, size_t end, size_t v, bool whole,
                                     bool plain, crease_lane s, crease_lane tau, crease_lane *q,
                                     crease_lane *t)
{
    lane_sum q1 = sum_none(), t1 = sum_none();
    for (size_t o = begin; o < end; o++) {
        crease_lane c, d, q0, t0;
        load_problem(h, o, v * CREASE_LANES, whole, plain, &c, &d);
        crease_secular_terms(c, d, s, tau, &q0, &t0);
        sum_add(&q1, q0);
        sum_add(&t1, t0);
    }
    *q += sum_lanes(q1);
    *t += sum_lanes(t1);
    fetch_some(&h->ahead[0]);
    fetch_some(&h->ahead[1]);
}

/* x in some rows, zeros where s is 0; adds to q = |x|^2/s^2. */
CREASE_FORMULA void output_columns(const sheet *h, size_t begin, size_t end, size_t v, bool whole,
                                   bool plain, crease_lane s, crease_lane tau, crease_lane *q)
{
    size_t count = whole ? CREASE_LANES : h->columns - v * CREASE_LANES;
    lane_sum q1 = sum_none();
    for (size_t o = begin; o < end; o++) {
        crease_lane c, d;
        load_problem(h, o, v * CREASE_LANES, whole, plain, &c, &d);
        crease_lane a = crease_secular_direction(c, d, s, tau),
                    x = a * s + 0; /* + 0: no zero is a -0 */
        crease_real *to = h->x + o * h->x_stride + v * CREASE_LANES;
        sum_add(&q1, a * a);
        if (o + ROWS_CHUNK < h->rows) __builtin_prefetch(to + ROWS_CHUNK * h->x_stride, 1, 2);
        lanes_store_some(to, count, x);
    }
    *q += sum_lanes(q1);
}

static void zero_columns(const sheet *h, size_t begin, size_t end, size_t v)
{
    size_t count = smaller(CREASE_LANES, h->columns - v * CREASE_LANES);
    for (size_t o = begin; o < end; o++) {
        crease_real *to = h->x + o * h->x_stride + v * CREASE_LANES;
        if (o + ROWS_CHUNK < h->rows) __builtin_prefetch(to + ROWS_CHUNK * h->x_stride, 1, 2);
        lanes_store_some(to, count, crease_all(0));
    }
}

/* Which vectors of columns hold an active (or a live) group. */
static void mark_columns(const crease_mask *of_group, const sheet *h, bool *marked)
{
    const crease_integer *from = (const crease_integer *)of_group;
    for (size_t v = 0; v < h->lanes; v++) marked[v] = h->inner == 1 && crease_any(of_group[v]);
    for (size_t k = 0; h->inner > 1 && k < h->columns; k += h->inner) {
        if (!from[k / h->inner]) continue;
        for (size_t v = k / CREASE_LANES; v <= (k + h->inner - 1) / CREASE_LANES; v++) marked[v] = true;
    }
}

/* Numbers a column while Newton's passes go on; with inner = 1 they are the window's own. */
typedef struct column_numbers {
    crease_lane *s, *tau, *q, *t;
    bool marked[ROWS_COLUMN_LANES];
} column_numbers;

static void evaluate_window(const sheet *h, window *w, column_numbers *k)
{
    if (h->inner > 1) spread_columns(w->s, h, k->s);
    mark_columns(w->active, h, k->marked);
    for (size_t v = 0; v < h->lanes; v++)
        if (k->marked[v]) k->q[v] = k->t[v] = crease_all(0);
    for (size_t begin = 0; begin < h->rows; begin += ROWS_CHUNK) {
        size_t end = smaller(begin + ROWS_CHUNK, h->rows);
        for (size_t v = 0; v < h->lanes; v++) {
            if (!k->marked[v]) continue;
#define EVALUATE(whole, plain)                                                                         \
    evaluate_columns(h, begin, end, v, whole, plain, k->s[v], k->tau[v], &k->q[v], &k->t[v])
            ROWS_DISPATCH(h, v, EVALUATE);
#undef EVALUATE
        }
    }
    if (h->inner == 1) return;
    merge_columns(k->q, h, w->q);
    merge_columns(k->t, h, w->t);
}

static void output_window(const sheet *h, window *w, column_numbers *k)
{
    if (h->inner > 1) spread_columns(w->s, h, k->s);
    mark_columns(w->live, h, k->marked);
    for (size_t v = 0; v < h->lanes; v++) k->q[v] = crease_all(0);
    for (size_t begin = 0; begin < h->rows; begin += ROWS_CHUNK) {
        size_t end = smaller(begin + ROWS_CHUNK, h->rows);
        for (size_t v = 0; v < h->lanes; v++) {
            if (!k->marked[v]) {
                zero_columns(h, begin, end, v);
                continue;
            }
#define OUTPUT(whole, plain)                                                                           \
    output_columns(h, begin, end, v, whole, plain, k->s[v], k->tau[v], &k->q[v])
            ROWS_DISPATCH(h, v, OUTPUT);
#undef OUTPUT
        }
    }
    if (h->inner > 1) merge_columns(k->q, h, w->q);
}

/* x of a window whose moments are known and decided upon. */
static void rows_newton(const sheet *h, window *w, unsigned cap)
{
    crease_lane s[ROWS_COLUMN_LANES], tau[ROWS_COLUMN_LANES], q[ROWS_COLUMN_LANES],
        t[ROWS_COLUMN_LANES];
    column_numbers k = { w->s, w->tau, w->q, w->t, { false } };
    if (h->inner > 1) {
        k.s = s, k.tau = tau, k.q = q, k.t = t;
        spread_columns(w->tau, h, tau);
    }
    bool moving = has_any(w->active, w->lanes);
    while (moving && w->steps < cap) {
        evaluate_window(h, w, &k);
        moving = window_step(w);
    }
    output_window(h, w, &k);
}

#endif

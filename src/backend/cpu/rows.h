/* Groups that lie side by side: a row holds `inner` entries of one group after the other, as in the columns
 * of a matrix (inner = 1) or the input channels of a kernel. Lanes go along the row, across groups, so that
 * memory is read in order; the few sums of a group's `inner` columns are added at the end. Live columns are
 * packed, slice by slice, so that Newton's passes see nothing else.                                     */
#ifndef CREASE_CPU_ROWS_H
#define CREASE_CPU_ROWS_H

#include "newton.h"

enum {
    SLICE_LANES = 4, /* vectors of columns that are worked on at once */
    ROWS_MOST_INNER = SLICE_LANES * CREASE_LANES,
    ROWS_MOST_COLUMNS = CREASE_LANES * ROWS_MOST_INNER, /* of a window */
    ROWS_CHUNK = 64, /* rows summed before the sums are added to the rest: keeps rounding small */
    ROWS_BYTES = 512 * 1024, /* of a window: c, d and their packed copies stay in the second-level cache */
};

/* A window's groups in memory: entry (o, i) of its group g is at o*stride + g*inner + i. */
typedef struct sheet {
    const crease_real *c, *d;
    crease_real *x;
    size_t rows, inner, columns, stride, x_stride;
    size_t beyond; /* reals that may be read from the start of the last row */
    double l1, ridge;
    bool plain; /* neither of them */
} sheet;

/* Packed columns of whole groups: rows x width of c^ and of d. */
typedef struct slice {
    crease_real *c, *d;
    size_t first, groups, columns; /* radii first .. first + groups - 1 */
} slice;

typedef struct packed_columns {
    size_t rows, inner, slices;
    size_t columns; /* that a slice may hold */
    size_t width;   /* from row to row */
    slice slice[WINDOW_LANES > CREASE_LANES ? WINDOW_LANES : CREASE_LANES];
} packed_columns;

/* Sums of each column: those of the window where a group has one column. */
typedef struct column_sums {
    crease_lane *m0, *m1, *m2;
    crease_mask *least;
} column_sums;

#ifdef __AVX512F__
enum { MOMENT_LANES = 4 }; /* as many as there are registers for: columns do not mix, so it changes no bit */
#else
enum { MOMENT_LANES = 2 };
#endif

/* --- moments -------------------------------------------------------------------------------------- */

/* Columns from `column` of row o on; what lies beyond the window's columns is read where it may be. */
CREASE_FORMULA crease_lane load_columns(const sheet *h, const crease_real *from, size_t o, size_t column, bool whole)
{
    const crease_real *p = from + o * h->stride + column;
    bool inside = (o + 1 < h->rows && h->stride >= CREASE_LANES) || column + CREASE_LANES <= h->beyond;
    return whole || inside ? lanes_load(p) : lanes_load_some(p, h->beyond - column, 1);
}

CREASE_FORMULA void load_problem(const sheet *h, size_t o, size_t column, bool whole, bool plain, crease_lane scale,
                                 crease_lane *c, crease_lane *d)
{
    *c = load_columns(h, h->c, o, column, whole);
    *d = load_columns(h, h->d, o, column, whole);
    if (!plain) {
        *c = crease_soft(*c, crease_all(h->l1));
        *d += crease_all(h->ridge);
    }
    *c *= scale;
}

/* Sums over rows [begin, end) of `lanes` vectors of columns, added to what is there. */
CREASE_FORMULA void moments_of(const sheet *h, size_t begin, size_t end, size_t v0, int lanes, bool whole, bool plain,
                               const crease_lane *scale, const column_sums *sums)
{
    crease_lane m0[MOMENT_LANES], m1[MOMENT_LANES], m2[MOMENT_LANES];
    crease_mask least[MOMENT_LANES];
    for (int v = 0; v < lanes; v++) {
        m0[v] = m1[v] = m2[v] = crease_all(0);
        least[v] = sums->least[v0 + v];
    }
    for (size_t o = begin; o < end; o++) {
        for (int v = 0; v < lanes; v++) {
            crease_lane c, d;
            load_problem(h, o, (v0 + v) * CREASE_LANES, whole, plain, scale[v0 + v], &c, &d);
            crease_lane square = c * c, first = square * d;
            m0[v] += square;
            m1[v] += first;
            m2[v] += first * d;
            least[v] = lanes_smaller(least[v], crease_bits(d));
        }
    }
    for (int v = 0; v < lanes; v++) {
        sums->m0[v0 + v] += m0[v];
        sums->m1[v0 + v] += m1[v];
        sums->m2[v0 + v] += m2[v];
        sums->least[v0 + v] = least[v];
    }
}

CREASE_FORMULA void rows_moments_of(const sheet *h, bool plain, const crease_lane *scale, const column_sums *sums)
{
    size_t whole = h->columns / CREASE_LANES, lanes = (h->columns + CREASE_LANES - 1) / CREASE_LANES;
    for (size_t v = 0; v < lanes; v++) {
        sums->m0[v] = sums->m1[v] = sums->m2[v] = crease_all(0);
        sums->least[v] = (crease_mask){ 0 } + real_bits(cpu_infinity);
    }
    for (size_t begin = 0; begin < h->rows; begin += ROWS_CHUNK) {
        size_t end = begin + ROWS_CHUNK < h->rows ? begin + ROWS_CHUNK : h->rows, v = 0;
        for (; v + MOMENT_LANES <= whole; v += MOMENT_LANES)
            moments_of(h, begin, end, v, MOMENT_LANES, true, plain, scale, sums);
        for (; v < whole; v++) moments_of(h, begin, end, v, 1, true, plain, scale, sums);
        if (v < lanes) moments_of(h, begin, end, v, 1, false, plain, scale, sums);
    }
}

static void rows_moments(const sheet *h, const crease_lane *scale, const column_sums *sums)
{
    if (h->plain) rows_moments_of(h, true, scale, sums);
    else rows_moments_of(h, false, scale, sums);
}

/* A value of each group, repeated over its columns. */
static void spread_columns(const crease_real *of_group, size_t groups, size_t inner, crease_real *of_column)
{
    for (size_t g = 0; g < groups; g++)
        for (size_t i = 0; i < inner; i++) *of_column++ = of_group[g];
}

static crease_real add_columns(const crease_real *of_column, size_t inner)
{
    crease_real sum = of_column[0];
    for (size_t i = 1; i < inner; i++) sum += of_column[i];
    return sum;
}

static void merge_columns(const column_sums *sums, size_t inner, window *w)
{
    const crease_real *c0 = (const crease_real *)sums->m0, *c1 = (const crease_real *)sums->m1;
    const crease_real *c2 = (const crease_real *)sums->m2;
    const crease_integer *from = (const crease_integer *)sums->least;
    crease_real *m0 = (crease_real *)w->m0, *m1 = (crease_real *)w->m1, *m2 = (crease_real *)w->m2;
    crease_integer *least = (crease_integer *)w->least;
    for (size_t g = 0; g < w->count; g++) {
        size_t at = g * inner;
        m0[g] = add_columns(c0 + at, inner);
        m1[g] = add_columns(c1 + at, inner);
        m2[g] = add_columns(c2 + at, inner);
        least[g] = from[at];
        for (size_t i = 1; i < inner; i++) least[g] = from[at + i] < least[g] ? from[at + i] : least[g];
    }
}

/* The moments of a window's groups. */
static void window_moments(const sheet *h, window *w)
{
    if (h->inner == 1) {
        rows_moments(h, w->scale, &(column_sums){ w->m0, w->m1, w->m2, w->least });
        return;
    }
    enum { MOST = ROWS_MOST_COLUMNS / CREASE_LANES };
    crease_lane scale[MOST], m0[MOST], m1[MOST], m2[MOST];
    crease_mask least[MOST];
    column_sums sums = { m0, m1, m2, least };
    spread_columns((const crease_real *)w->scale, w->lanes * CREASE_LANES, h->inner, (crease_real *)scale);
    rows_moments(h, scale, &sums);
    merge_columns(&sums, h->inner, w);
}

/* --- packing -------------------------------------------------------------------------------------- */

/* Where the live columns of each vector of a row go (inner = 1): whole vectors are stored, each over the
 * rubbish at the end of the one before.                                                                 */
typedef struct column_move {
    size_t slice, at;
} column_move;

static void slice_open(packed_columns *p, crease_real *memory, size_t first)
{
    size_t size = p->rows * p->width;
    slice *s = &p->slice[p->slices++];
    s->c = memory + (p->slices - 1) * 2 * size;
    s->d = s->c + size;
    s->first = first;
    s->groups = s->columns = 0;
}

static void plan_moves(const window *w, packed_columns *p, crease_real *memory, column_move *moves)
{
    size_t groups = 0;
    p->slices = 0;
    for (size_t v = 0; v < w->lanes; v++) {
        size_t n = w->live_count[v];
        if (p->slices == 0 || p->slice[p->slices - 1].columns + CREASE_LANES > p->columns) slice_open(p, memory, groups);
        slice *s = &p->slice[p->slices - 1];
        moves[v] = (column_move){ p->slices - 1, s->columns };
        s->columns += n;
        s->groups += n;
        groups += n;
    }
}

CREASE_FORMULA void pack_columns_of(const sheet *h, bool plain, const window *w, const packed_columns *p,
                                    const column_move *moves)
{
    for (size_t begin = 0; begin < h->rows; begin += ROWS_CHUNK) {
        size_t end = begin + ROWS_CHUNK < h->rows ? begin + ROWS_CHUNK : h->rows;
        for (size_t v = 0; v < w->lanes; v++) {
            const slice *s = &p->slice[moves[v].slice];
            bool whole = (v + 1) * CREASE_LANES <= h->columns;
            crease_mask order = w->order[v];
            crease_lane scale = w->scale[v], c, d;
            for (size_t o = begin, to = begin * p->width + moves[v].at; o < end; o++, to += p->width) {
                load_problem(h, o, v * CREASE_LANES, whole, plain, scale, &c, &d);
                lanes_store(s->c + to, __builtin_shuffle(c, order));
                lanes_store(s->d + to, __builtin_shuffle(d, order));
            }
        }
    }
}

static void pack_columns(const sheet *h, const window *w, const packed_columns *p, const column_move *moves)
{
    if (h->plain) pack_columns_of(h, true, w, p, moves);
    else pack_columns_of(h, false, w, p, moves);
}

/* x of the window from the packed x, zeros between. */
static void unpack_columns(const sheet *h, const window *w, const packed_columns *p, const column_move *moves)
{
    for (size_t begin = 0; begin < h->rows; begin += ROWS_CHUNK) {
        size_t end = begin + ROWS_CHUNK < h->rows ? begin + ROWS_CHUNK : h->rows;
        for (size_t v = 0; v < w->lanes; v++) {
            const crease_real *from = p->slice[moves[v].slice].c + moves[v].at;
            crease_real *to = h->x + v * CREASE_LANES;
            size_t count = smaller(CREASE_LANES, h->columns - v * CREASE_LANES);
            crease_mask live = w->live[v], back = w->back[v];
            for (size_t o = begin; o < end; o++) {
                crease_lane x = __builtin_shuffle(lanes_load(from + o * p->width), back);
                x = crease_pick(live, x, crease_all(0));
                if (count == CREASE_LANES) lanes_store(to + o * h->x_stride, x);
                else lanes_store_some(to + o * h->x_stride, count, x);
            }
        }
    }
}

static void plan_pieces(const window *w, packed_columns *p, crease_real *memory, size_t *live)
{
    size_t n = 0;
    p->slices = 0;
    for (size_t g = 0; g < w->count; g++) {
        if (!w->live[g / CREASE_LANES][g % CREASE_LANES]) continue;
        if (p->slices == 0 || p->slice[p->slices - 1].columns + p->inner > p->columns) slice_open(p, memory, n);
        slice *s = &p->slice[p->slices - 1];
        s->columns += p->inner;
        s->groups++;
        live[n++] = g;
    }
}

CREASE_FORMULA void pack_pieces_of(const sheet *h, bool plain, const window *w, const packed_columns *p,
                                   const size_t *live)
{
    const crease_real *scales = (const crease_real *)w->scale;
    for (size_t begin = 0; begin < h->rows; begin += ROWS_CHUNK) {
        size_t end = begin + ROWS_CHUNK < h->rows ? begin + ROWS_CHUNK : h->rows;
        for (const slice *s = p->slice; s < p->slice + p->slices; s++) {
            for (size_t k = 0; k < s->groups; k++) {
                size_t g = live[s->first + k];
                crease_lane scale = crease_all(scales[g]), c, d;
                for (size_t i = 0; i < h->inner; i += CREASE_LANES) {
                    for (size_t o = begin, to = begin * p->width + k * h->inner + i; o < end; o++, to += p->width) {
                        load_problem(h, o, g * h->inner + i, false, plain, scale, &c, &d);
                        lanes_store(s->c + to, c); /* runs over into the next piece, which comes later */
                        lanes_store(s->d + to, d);
                    }
                }
            }
        }
    }
}

static void pack_pieces(const sheet *h, const window *w, const packed_columns *p, const size_t *live)
{
    if (h->plain) pack_pieces_of(h, true, w, p, live);
    else pack_pieces_of(h, false, w, p, live);
}

/* All but the last piece of a window's rows may run over into the next, which is written after it. */
static void unpack_piece(const sheet *h, size_t begin, size_t end, const crease_real *from, size_t width, size_t g,
                         bool last)
{
    for (size_t i = 0; i < h->inner; i += CREASE_LANES) {
        size_t count = last ? smaller(CREASE_LANES, h->inner - i) : CREASE_LANES;
        for (size_t o = begin; o < end; o++) {
            crease_real *to = h->x + o * h->x_stride + g * h->inner + i;
            crease_lane x = lanes_load(from + o * width + i);
            if (count == CREASE_LANES) lanes_store(to, x);
            else lanes_store_some(to, count, x);
        }
    }
}

static void unpack_pieces(const sheet *h, const window *w, const packed_columns *p)
{
    const crease_real zeros[ROWS_MOST_INNER + CREASE_LANES] = { 0 };
    for (size_t begin = 0; begin < h->rows; begin += ROWS_CHUNK) {
        size_t end = begin + ROWS_CHUNK < h->rows ? begin + ROWS_CHUNK : h->rows, u = 0, k = 0;
        for (size_t g = 0; g < w->count; g++) {
            bool live = w->live[g / CREASE_LANES][g % CREASE_LANES], last = g + 1 == w->count;
            if (live && k == p->slice[u].groups) u++, k = 0;
            if (live) unpack_piece(h, begin, end, p->slice[u].c + k++ * h->inner, p->width, g, last);
            else unpack_piece(h, begin, end, zeros, 0, g, last);
        }
    }
}

/* --- Newton's passes ------------------------------------------------------------------------------ */

CREASE_FORMULA void evaluate_lanes(const packed_columns *p, const slice *u, int lanes, const crease_lane *s,
                                   const crease_lane *tau, crease_lane *q, crease_lane *t)
{
    for (int v = 0; v < lanes; v++) q[v] = t[v] = crease_all(0);
    for (size_t begin = 0; begin < p->rows; begin += ROWS_CHUNK) {
        size_t end = begin + ROWS_CHUNK < p->rows ? begin + ROWS_CHUNK : p->rows;
        crease_lane q1[SLICE_LANES], t1[SLICE_LANES];
        for (int v = 0; v < lanes; v++) q1[v] = t1[v] = crease_all(0);
        for (size_t o = begin; o < end; o++) {
            for (int v = 0; v < lanes; v++) {
                size_t at = o * p->width + (size_t)v * CREASE_LANES;
                crease_secular_add(lanes_load(u->c + at), lanes_load(u->d + at), s[v], tau[v], &q1[v], &t1[v]);
            }
        }
        for (int v = 0; v < lanes; v++) {
            q[v] += q1[v];
            t[v] += t1[v];
        }
    }
}

/* c^ becomes x; q is |x|^2/s^2 */
CREASE_FORMULA void output_lanes(const packed_columns *p, const slice *u, int lanes, const crease_lane *s,
                                 const crease_lane *tau, const crease_lane *unit, crease_lane *q)
{
    for (int v = 0; v < lanes; v++) q[v] = crease_all(0);
    for (size_t begin = 0; begin < p->rows; begin += ROWS_CHUNK) {
        size_t end = begin + ROWS_CHUNK < p->rows ? begin + ROWS_CHUNK : p->rows;
        crease_lane q1[SLICE_LANES], factor[SLICE_LANES];
        for (int v = 0; v < lanes; v++) q1[v] = crease_all(0), factor[v] = s[v] * unit[v];
        for (size_t o = begin; o < end; o++) {
            for (int v = 0; v < lanes; v++) {
                size_t at = o * p->width + (size_t)v * CREASE_LANES;
                crease_lane a = crease_secular_direction(lanes_load(u->c + at), lanes_load(u->d + at), s[v], tau[v]);
                q1[v] += a * a;
                lanes_store(u->c + at, a * factor[v]);
            }
        }
        for (int v = 0; v < lanes; v++) q[v] += q1[v];
    }
}

/* The numbers of a slice's groups, one a column. */
typedef struct slice_columns {
    crease_lane s[SLICE_LANES + 1], tau[SLICE_LANES + 1], unit[SLICE_LANES + 1], q[SLICE_LANES], t[SLICE_LANES];
} slice_columns;

static void slice_load(const packed_columns *p, const slice *u, const crease_lane *of_group, crease_lane *of_column)
{
    const crease_real *from = (const crease_real *)of_group + u->first;
    if (p->inner > 1) {
        spread_columns(from, u->groups, p->inner, (crease_real *)of_column);
        return;
    }
    for (size_t v = 0; v * CREASE_LANES < u->columns; v++) of_column[v] = lanes_load(from + v * CREASE_LANES);
}

/* Slices come in order, so what a last vector writes too much is overwritten by the next slice. */
static void slice_save(const packed_columns *p, const slice *u, const crease_lane *of_column, crease_lane *of_group)
{
    crease_real *to = (crease_real *)of_group + u->first;
    for (size_t g = 0; p->inner > 1 && g < u->groups; g++)
        to[g] = add_columns((const crease_real *)of_column + g * p->inner, p->inner);
    for (size_t v = 0; p->inner == 1 && v * CREASE_LANES < u->columns; v++)
        lanes_store(to + v * CREASE_LANES, of_column[v]);
}

static void slice_evaluate(const packed_columns *p, const slice *u, radii *r)
{
    slice_columns k;
    slice_load(p, u, r->s, k.s);
    slice_load(p, u, r->tau, k.tau);
    switch ((u->columns + CREASE_LANES - 1) / CREASE_LANES) {
    case 0: return;
    case 1: evaluate_lanes(p, u, 1, k.s, k.tau, k.q, k.t); break;
    case 2: evaluate_lanes(p, u, 2, k.s, k.tau, k.q, k.t); break;
    case 3: evaluate_lanes(p, u, 3, k.s, k.tau, k.q, k.t); break;
    default: evaluate_lanes(p, u, 4, k.s, k.tau, k.q, k.t); break;
    }
    slice_save(p, u, k.q, r->q);
    slice_save(p, u, k.t, r->t);
}

static void slice_output(const packed_columns *p, const slice *u, radii *r)
{
    slice_columns k;
    slice_load(p, u, r->s, k.s);
    slice_load(p, u, r->tau, k.tau);
    slice_load(p, u, r->unit, k.unit);
    switch ((u->columns + CREASE_LANES - 1) / CREASE_LANES) {
    case 0: return;
    case 1: output_lanes(p, u, 1, k.s, k.tau, k.unit, k.q); break;
    case 2: output_lanes(p, u, 2, k.s, k.tau, k.unit, k.q); break;
    case 3: output_lanes(p, u, 3, k.s, k.tau, k.unit, k.q); break;
    default: output_lanes(p, u, 4, k.s, k.tau, k.unit, k.q); break;
    }
    slice_save(p, u, k.q, r->q);
}

static bool slice_active(const slice *u, const radii *r)
{
    const crease_integer *active = (const crease_integer *)r->active + u->first;
    crease_integer any = 0;
    for (size_t g = 0; g < u->groups; g++) any |= active[g];
    return any != 0;
}

/* Each slice by itself, while it is in cache. */
static void rows_newton(const packed_columns *p, radii *r, unsigned cap)
{
    for (r->steps = 0; r->steps < cap;) {
        for (size_t u = 0; u < p->slices; u++)
            if (slice_active(&p->slice[u], r)) slice_evaluate(p, &p->slice[u], r);
        if (!radii_step(r)) break;
    }
    for (size_t u = 0; u < p->slices; u++) slice_output(p, &p->slice[u], r);
}

#endif

/* Which groups are live, and packing those: what iterative solvers begin with. */
#ifndef CREASE_CPU_SCREEN_H
#define CREASE_CPU_SCREEN_H

#include "gradient.h"

/* Thresholds and sums of squares beyond these are looked at without squaring. */
#define SCREEN_LEAST 0x1p-400
#define SCREEN_MOST  0x1p400

/* |soft(c_g, l1)|, scaled by the largest entry against overflow and underflow */
static double soft_norm(const crease_groups *s, size_t g, const crease_real *c, double l1)
{
    size_t n = crease_group_size(s, g);
    double largest = 0, sum = 0;
    for (size_t k = 0; k < n; k++)
        largest = fmax(largest, fabs((double)c[crease_group_entry(s, g, k)]) - l1);
    if (largest <= 0) return 0;
    for (size_t k = 0; k < n; k++) {
        double ratio = fmax(0, fabs((double)c[crease_group_entry(s, g, k)]) - l1) / largest;
        sum += ratio * ratio;
    }
    return largest * sqrt(sum);
}

/* square: |soft(c_g, l1)|^2, as far as it could be squared. A NaN is not screened out. */
static bool is_beyond(const crease_shrink_task *task, size_t g, double square, double tau)
{
    if (isnan(square)) return true;
    if (square > SCREEN_LEAST * SCREEN_LEAST && square < SCREEN_MOST * SCREEN_MOST)
        return sqrt(square) > tau;
    if (square <= SCREEN_LEAST * SCREEN_LEAST && tau > 2 * SCREEN_LEAST) return false;
    return soft_norm(task->groups, g, task->c, task->w * task->psi.lambda1) > tau;
}

static size_t cpu_shrink_screen(const crease_shrink_task *task, unsigned char *live)
{
    double tau[SLAB_MOST_COLUMNS], square[SLAB_MOST_COLUMNS], l1 = task->w * task->psi.lambda1;
    bunch_source from = source_of(task, task->c, NULL);
    bunch b = { .count = 0 };
    slab s;
    from.d = from.c;
    size_t count = 0;
    for (size_t g = 0; g < task->groups->count; g += b.count) {
        bunch_at(&from, g, &b);
        bunch_clear(&b, square);
        FOR_PIECES(&b, s) slab_squares(&s, l1, square);
        bunch_fold(&b, square);
        bunch_thresholds(&b, task, tau);
        for (size_t k = 0; k < b.count; k++)
            count += live[g + k] = is_beyond(task, g + k, square[k], tau[k]);
    }
    return count;
}

/* --- packing: columns of a matrix ---------------------------------------------------------------- */

enum { PACK_GROUPS = 512 };

/* The numbers of the live ones among `count` groups. */
static size_t list_live(const unsigned char *live, size_t count, uint16_t list[PACK_GROUPS])
{
    size_t n = 0;
    for (size_t k = 0; k < count; k++) {
        list[n] = (uint16_t)k;
        n += live[k] != 0;
    }
    return n;
}

static void gather_columns(const crease_groups *s, const unsigned char *live, size_t beside,
                           const crease_real *from, crease_real *to)
{
    uint16_t list[PACK_GROUPS];
    for (size_t g = 0, n; g < s->count; g += PACK_GROUPS, to += n) {
        size_t count = smaller(PACK_GROUPS, s->count - g);
        n = list_live(live + g, count, list);
        for (size_t o = 0; o < s->outer; o++) {
            const crease_real *row = from + s->offset + g + o * s->outer_stride;
            crease_real *out = to + o * beside;
            if (n == count) memcpy(out, row, n * sizeof *row);
            for (size_t j = 0; n < count && j < n; j++) out[j] = row[list[j]];
        }
    }
}

static void scatter_columns(const crease_groups *s, const unsigned char *live, size_t beside,
                            const crease_real *from, crease_real *to)
{
    uint16_t list[PACK_GROUPS];
    for (size_t g = 0, n; g < s->count; g += PACK_GROUPS, from += n) {
        size_t count = smaller(PACK_GROUPS, s->count - g);
        n = list_live(live + g, count, list);
        for (size_t o = 0; o < s->outer; o++) {
            const crease_real *in = from + o * beside;
            crease_real *row = to + s->offset + g + o * s->outer_stride;
            if (n == count) {
                memcpy(row, in, n * sizeof *row);
                continue;
            }
            memset(row, 0, count * sizeof *row);
            for (size_t j = 0; j < n; j++) row[list[j]] = in[j];
        }
    }
}

/* --- packing: other groups, by runs of them that are all live or all not
 * ------------------------------ */

/* What a run of `count` groups from g on is packed to: see the backend's `gather`; 0: not beside. */
typedef struct parcel {
    const crease_groups *groups;
    size_t g, count, beside;
} parcel;

static size_t alike(const unsigned char *live, size_t g, size_t count)
{
    size_t end = g + 1;
    while (end < count && !live[end] == !live[g]) end++;
    return end - g;
}

/* Groups in pieces of neighbouring entries are transposed, piece by piece. */
static bool has_pieces(const crease_groups *s)
{
    return !s->start && (s->inner == 1 || s->inner_stride == 1);
}

static void gather_beside(const parcel *p, const crease_real *from, crease_real *to)
{
    const crease_groups *s = p->groups;
    size_t n = crease_group_size(s, p->g);
    if (!has_pieces(s)) {
        for (size_t k = 0; k < p->count; k++)
            for (size_t i = 0; i < n; i++)
                to[i * p->beside + k] = from[crease_group_entry(s, p->g + k, i)];
        return;
    }
    from += s->offset + p->g * s->group_stride;
    for (size_t o = 0; o < s->outer; o++, from += s->outer_stride, to += s->inner * p->beside)
        transpose(p->count, s->inner, from, s->group_stride, to, p->beside);
}

static void scatter_beside(const parcel *p, const crease_real *from, crease_real *to)
{
    const crease_groups *s = p->groups;
    size_t n = crease_group_size(s, p->g);
    if (!has_pieces(s)) {
        for (size_t k = 0; k < p->count; k++)
            for (size_t i = 0; i < n; i++)
                to[crease_group_entry(s, p->g + k, i)] = from[i * p->beside + k];
        return;
    }
    to += s->offset + p->g * s->group_stride;
    for (size_t o = 0; o < s->outer; o++, to += s->outer_stride, from += s->inner * p->beside)
        transpose(s->inner, p->count, from, p->beside, to, s->group_stride);
}

/* Group after group; returns how many entries. */
static size_t gather_in_order(const parcel *p, const crease_real *from, crease_real *to)
{
    const crease_groups *s = p->groups;
    size_t done = 0, size = s->outer;
    if (is_side_by_side(s)) {
        transpose(size, p->count, from + s->offset + p->g, s->outer_stride, to, size);
        return size * p->count;
    }
    for (size_t g = p->g; g < p->g + p->count; g++) {
        size_t run = group_run(s, g), n = crease_group_size(s, g);
        if (run != SIZE_MAX)
            memcpy(to + done, from + run, n * sizeof *to);
        else
            group_gather(s, g, from, to + done);
        done += n;
    }
    return done;
}

static size_t scatter_in_order(const parcel *p, const crease_real *from, crease_real *to)
{
    const crease_groups *s = p->groups;
    size_t done = 0, size = s->outer;
    if (is_side_by_side(s)) {
        transpose(p->count, size, from, size, to + s->offset + p->g, s->outer_stride);
        return size * p->count;
    }
    for (size_t g = p->g; g < p->g + p->count; g++) {
        size_t run = group_run(s, g), n = crease_group_size(s, g);
        if (run != SIZE_MAX)
            memcpy(to + run, from + done, n * sizeof *to);
        else
            group_scatter(s, g, from + done, to);
        done += n;
    }
    return done;
}

static void zero_group(const crease_groups *s, size_t g, crease_real *x)
{
    size_t run = group_run(s, g);
    if (run != SIZE_MAX) {
        group_zero(crease_group_size(s, g), x + run);
    } else if (s->start) {
        for (size_t k = s->start[g]; k < s->start[g + 1]; k++) x[s->index[k]] = 0;
    } else {
        x += s->offset + g * s->group_stride;
        for (size_t o = 0; o < s->outer; o++, x += s->outer_stride)
            for (size_t i = 0; i < s->inner; i++) x[i * s->inner_stride] = 0;
    }
}

static void zero_groups(const parcel *p, crease_real *x)
{
    const crease_groups *s = p->groups;
    if (is_side_by_side(s)) {
        for (size_t o = 0; o < s->outer; o++)
            group_zero(p->count, x + s->offset + p->g + o * s->outer_stride);
    } else {
        for (size_t k = 0; k < p->count; k++) zero_group(s, p->g + k, x);
    }
}

static void cpu_gather(const crease_groups *s, const unsigned char *live, size_t beside, const void *x,
                       void *packed)
{
    crease_real *to = packed;
    if (beside && is_side_by_side(s)) {
        gather_columns(s, live, beside, x, to);
        return;
    }
    for (parcel p = { s, 0, 0, beside }; p.g < s->count; p.g += p.count) {
        p.count = alike(live, p.g, s->count);
        if (!live[p.g]) continue;
        if (beside)
            gather_beside(&p, x, to), to += p.count;
        else
            to += gather_in_order(&p, x, to);
    }
}

/* Groups that are not live become zeros. */
static void cpu_scatter(const crease_groups *s, const unsigned char *live, size_t beside,
                        const void *packed, void *x)
{
    const crease_real *from = packed;
    if (beside && is_side_by_side(s)) {
        scatter_columns(s, live, beside, from, x);
        return;
    }
    for (parcel p = { s, 0, 0, beside }; p.g < s->count; p.g += p.count) {
        p.count = alike(live, p.g, s->count);
        if (!live[p.g])
            zero_groups(&p, x);
        else if (beside)
            scatter_beside(&p, from, x), from += p.count;
        else
            from += scatter_in_order(&p, from, x);
    }
}

#endif

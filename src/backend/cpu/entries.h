/* The exact oracle of one piecewise-quadratic penalty for many entries (see ../formulas/pieces.h). */
#ifndef CREASE_CPU_ENTRIES_H
#define CREASE_CPU_ENTRIES_H

#include "../formulas/pieces.h"
#include "vector.h"

/* The penalty with w counted in, in double, before it is rounded to this width. */
static crease_side side_times(const crease_side *side, double w)
{
    crease_side scaled = *side;
    scaled.jump *= w;
    for (unsigned k = 0; k < side->n; k++) {
        scaled.piece[k].slope *= w;
        scaled.piece[k].curvature *= w;
    }
    return scaled;
}

static bool sides_are_equal(const crease_side *a, const crease_side *b)
{
    bool equal = a->n == b->n && a->jump == b->jump;
    for (unsigned k = 0; equal && k < a->n; k++)
        equal = a->piece[k].end == b->piece[k].end && a->piece[k].slope == b->piece[k].slope
                && a->piece[k].curvature == b->piece[k].curvature;
    return equal;
}

/* What an entry pulls with, seen from the anchor; the better side of the two. A tie goes to the right. */
CREASE_FORMULA crease_lane entries_solve(const crease_side *right, const crease_side *left, bool even, double anchor,
                                         crease_lane c, crease_lane d)
{
    crease_lane pull = c - d * (crease_real)anchor, drop, other_drop, one = crease_all(1);
    if (even)
        return crease_all(anchor) + crease_with_sign(crease_side_scan(right, crease_absolute(pull), d, one, &drop), pull);
    crease_lane t = crease_side_scan(right, pull, d, one, &drop);
    crease_lane other = crease_side_scan(left, -pull, d, one, &other_drop);
    return crease_all(anchor) + crease_pick(other_drop > drop, -other, t);
}

/* All ones where c, d or x is no number. */
CREASE_FORMULA crease_mask entries_fail(crease_lane c, crease_lane d, crease_lane x)
{
    crease_lane none = c * 0 + d * 0 + x * 0; /* 0, or NaN */
    return ~crease_is_zero(none);
}

static int entries_name_failure(const crease_pieces_task *task, const void *x, size_t *failed)
{
    const crease_real *c = task->c, *d = task->d, *xv = x;
    for (size_t i = 0; i < task->n; i++) {
        double di = d ? (double)d[i] : task->scalar;
        *failed = i;
        if (!isfinite((double)c[i]) || !isfinite(di)) return CREASE_ENAN;
        if (!isfinite((double)xv[i])) return CREASE_EUNBOUNDED;
    }
    return CREASE_OK;
}

static int cpu_pieces_diag(const crease_pieces_task *task, void *x, size_t *zeros, size_t *failed)
{
    const crease_real *c = task->c, *d = task->d;
    crease_side right = side_times(&task->psi->right, task->w), left = side_times(&task->psi->left, task->w);
    bool even = sides_are_equal(&right, &left);
    crease_real *out = x;
    crease_lane metric = crease_all(task->scalar);
    crease_mask bad = { 0 };
    *zeros = 0;
    for (size_t i = 0; i < task->n; i += CREASE_LANES) {
        size_t count = smaller(task->n - i, CREASE_LANES);
        crease_lane ci = lanes_load_some(c + i, count, 0);
        if (d) metric = lanes_load_some(d + i, count, 1);
        crease_lane xi = entries_solve(&right, &left, even, task->psi->anchor, ci, metric);
        bad |= entries_fail(ci, metric, xi);
        lanes_store_some(out + i, count, xi);
    }
    for (size_t i = 0; i < task->n; i++) *zeros += out[i] == 0;
    return crease_any(bad) ? entries_name_failure(task, x, failed) : CREASE_OK;
}

#endif

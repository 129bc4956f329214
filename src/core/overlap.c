#include "overlap.h"

#include <cblas.h>
#include <float.h>
#include <math.h>
#include <string.h>

static void carve(crease_overlap *o, crease_arena *arena, const crease_part *s)
{
    size_t groups = s->groups->count, entries = s->groups->entries,
           largest = crease_groups_largest(s->groups);
    crease_lists_carve(&o->lists, arena, s);
    double **of_entries[] = { &o->y, &o->last_y },
           **of_lists[] = { &o->size, &o->slice, &o->schur, &o->length, &o->before, &o->slope },
           **of_list[] = { &o->block, &o->block_d };
    double **of_n[] = { &o->v,    &o->last_v, &o->x,         &o->diag, &o->gradient,
                        &o->step, &o->rest,   &o->direction, &o->image };
    for (size_t k = 0; k < 2; k++) *of_entries[k] = crease_carve(arena, entries, sizeof(double));
    for (size_t k = 0; k < 6; k++) *of_lists[k] = crease_carve(arena, groups, sizeof(double));
    for (size_t k = 0; k < 2; k++) *of_list[k] = crease_carve(arena, largest, sizeof(double));
    for (size_t k = 0; k < 9; k++) *of_n[k] = crease_carve(arena, s->n, sizeof(double));
    o->live = crease_carve(arena, groups, 1);
    o->first = crease_carve(arena, s->n + 1, sizeof(size_t));
    o->filled = crease_carve(arena, groups, sizeof(size_t));
    o->inside = crease_carve(arena, groups, sizeof(size_t));
    o->label = crease_carve(arena, groups, sizeof(size_t));
    o->owner = crease_carve(arena, entries, sizeof(uint32_t));
    o->crossing = crease_carve(arena, groups, 1);
    o->marked = crease_carve(arena, s->n, 1);
}

/* For the dual norm: y in units of its largest entry, d = 1, and the oracle's answer. */
static void carve_dual(double *of_n[3], crease_arena *arena, const crease_part *s)
{
    for (size_t k = 0; k < 3; k++) of_n[k] = crease_carve(arena, s->n, sizeof(double));
}

size_t crease_overlap_work(const crease_part *s)
{
    crease_arena arena = { 0 };
    crease_overlap o;
    double *of_n[3];
    carve(&o, &arena, s);
    carve_dual(of_n, &arena, s);
    size_t math = crease_overlap_math_work(s);
    return arena.used > math ? arena.used : math;
}

/* --- descent over the blocks ------------------------------------------------------------------------ */

/* Block k: what the other multipliers leave of c on the list, split into the new y_k and the rest D x. */
static bool descend(crease_overlap *o, size_t k)
{
    size_t size = crease_list_size(&o->lists, k);
    const uint32_t *entry = o->lists.entry + o->lists.begin[k];
    double *y = o->y + o->lists.begin[k], s = 0;
    for (size_t j = 0; j < size; j++) {
        size_t i = entry[j];
        y[j] = o->d[i] > 0 ? o->v[i] + y[j] : o->c[i]; /* d = 0: no other list holds it, and v must be 0 */
        o->block[j] = y[j];
        o->block_d[j] = o->d[i];
    }
    crease_block kind = crease_block_solve(size, o->block, o->block_d, o->lists.radius[k], &s);
    if (kind == CREASE_BLOCK_UNBOUNDED) return false;
    o->live[k] = kind == CREASE_BLOCK_LIVE;
    for (size_t j = 0; j < size; j++) {
        o->x[entry[j]] = o->live[k] ? s * o->block[j] : 0;
        o->v[entry[j]] = o->d[entry[j]] * o->x[entry[j]];
        if (o->live[k] && o->block_d[j] > 0) y[j] = o->lists.radius[k] * o->block[j];
    }
    return true;
}

static bool sweep(crease_overlap *o)
{
    for (size_t k = 0; k < o->lists.count; k++)
        if (!descend(o, k)) return false;
    return true;
}

/* v = c - sum_k y_k afresh, which keeps rounding from adding up. */
static void refresh(crease_overlap *o)
{
    for (size_t i = 0; i < o->lists.n; i++) o->v[i] = o->lists.cover[i] ? o->c[i] : 0;
    for (size_t e = 0; e < o->lists.total; e++) o->v[o->lists.entry[e]] -= o->y[e];
    for (size_t i = 0; i < o->lists.n; i++)
        if (o->d[i] == 0) o->v[i] = 0; /* y holds c there */
}

/* --- the certificate -------------------------------------------------------------------------------- */

/* r |x| - <y, x> of list k; adds r |x| to *size. */
static double list_gap(const crease_overlap *o, size_t k, const double *x, double *size)
{
    blasint n = (blasint)crease_list_size(&o->lists, k);
    const double *y = o->y + o->lists.begin[k];
    double radius = o->lists.radius[k], sum = 0;
    crease_list_gather(&o->lists, k, x, o->block);
    double s = cblas_dnrm2(n, o->block, 1), length = cblas_dnrm2(n, y, 1);
    if (s == 0) return 0;
    *size += radius * s;
    if (length == 0) return radius * s;
    for (blasint j = 0; j < n; j++) {
        double off = y[j] / length - o->block[j] / s;
        sum += off * off;
    }
    return s * (fmax(0, radius - length) + 0.5 * length * sum);
}

/* The bound above at x, with what rounding in |y_g| <= r_g may hide; *size is what it is compared with. */
static double gap_of(const crease_overlap *o, const double *x, double *size)
{
    double gap = 0, norms = 0, energy = 0;
    for (size_t i = 0; i < o->lists.n; i++) {
        if (o->d[i] == 0 || !o->lists.cover[i]) continue;
        double off = o->d[i] * x[i] - o->v[i];
        gap += 0.5 * off * (off / o->d[i]);
        energy += 0.5 * x[i] * (o->d[i] * x[i]);
    }
    for (size_t k = 0; k < o->lists.count; k++) gap += list_gap(o, k, x, &norms);
    *size = energy + norms;
    return gap + 4 * DBL_EPSILON * norms;
}

/* --- the oracle ------------------------------------------------------------------------------------- */

/* The unpenalized entries into x; why there is no minimizer, or none that can be found. */
static int check(const crease_overlap *o, double *x)
{
    int code = CREASE_OK;
    for (size_t i = 0; i < o->lists.n; i++) {
        double c = o->c[i], d = o->d[i];
        if (!isfinite(c) || !isfinite(d)) return CREASE_ENAN;
        bool pinned = o->lists.forced[i] || o->lists.cover[i] || c == 0;
        if (d == 0 && !pinned) code = CREASE_EUNBOUNDED;
        if (d == 0 && c != 0 && o->lists.cover[i] > 1 && code == CREASE_OK) code = CREASE_ENOTSUP;
        x[i] = pinned ? 0 : c / d;
    }
    return code;
}

/* x of the last sweep, and zero in every list whose block was. */
static void begin(crease_overlap *o)
{
    for (size_t k = 0; k < o->lists.count; k++)
        for (size_t e = o->lists.begin[k]; e < o->lists.begin[k + 1] && !o->live[k]; e++)
            o->x[o->lists.entry[e]] = 0;
}

static void slice(crease_overlap *o)
{
    for (size_t k = 0; k < o->lists.count; k++) {
        double flat = 0;
        for (size_t e = o->lists.begin[k]; e < o->lists.begin[k + 1]; e++)
            if (o->d[o->lists.entry[e]] == 0)
                flat = hypot(flat, o->c[o->lists.entry[e]] / o->lists.radius[k]);
        o->slice[k] = o->lists.radius[k] * sqrt(fmax(0, (1 - flat) * (1 + flat)));
    }
}

/* Multipliers of the polished point: determined in live lists, to be found in the others. */
static void align(crease_overlap *o)
{
    for (size_t k = 0; k < o->lists.count; k++) {
        double length = 0, factor = 0;
        for (size_t e = o->lists.begin[k]; e < o->lists.begin[k + 1]; e++) {
            size_t i = o->lists.entry[e];
            double u = o->size[k] > 0 && o->d[i] > 0 ? o->x[i] / o->size[k] : 0;
            o->y[e] = o->d[i] > 0 ? o->lists.radius[k] * u : o->c[i];
            length += u * u;
        }
        if (length > 0) factor = fmin(1, o->slice[k] / (o->lists.radius[k] * sqrt(length)));
        for (size_t e = o->lists.begin[k]; e < o->lists.begin[k + 1] && factor < 1; e++)
            if (o->d[o->lists.entry[e]] > 0) o->y[e] *= factor;
    }
    refresh(o);
}

static void keep(const crease_overlap *o, double *x)
{
    for (size_t i = 0; i < o->lists.n; i++)
        if (o->lists.cover[i]) x[i] = o->x[i] == 0 ? 0 : o->x[i];
}

/* Newton's method is stuck, on scales too far apart: block descent knows none. */
static void restart(crease_overlap *o, long sweeps)
{
    for (long t = 0; t < sweeps; t++) sweep(o);
    begin(o);
}

/* Rounds of: Newton on the live lists, which may drop some; multipliers, which may revive some; the gap. The
 * objective falls in every round. The numbers are made exact once the lists are right.                   */
static int iterate(crease_overlap *o, const crease_overlap_opts *opts, double *x, crease_prox_info *info)
{
    double enough = 1e-8;
    unsigned idle = 0;
    slice(o);
    begin(o);
    info->exact = false;
    info->gap = INFINITY;
    for (long t = 1;; t++) {
        double size;
        bool solved = crease_overlap_polish(o, enough);
        align(o);
        double slope = crease_overlap_absorb(o);
        refresh(o);
        double gap = gap_of(o, o->x, &size);
        idle = gap < 0.5 * info->gap ? 0 : idle + 1;
        info->iterations++;
        if (gap <= 2 * info->gap) { /* the numbers get better below what the gap can tell */
            keep(o, x);
            info->gap = gap;
        }
        bool stuck = idle >= 3 && gap <= 1e-12 * size;
        if (t >= opts->max_iters || gap <= opts->tol * size || stuck) return CREASE_OK;
        if (solved && slope == 0 && enough == 0) return CREASE_OK;
        if (!solved)
            restart(o, t);
        else if (slope > 0)
            crease_overlap_revive(o);
        else
            enough = 0;
    }
}

int crease_overlap_prox(const crease_part *s, const crease_overlap_opts *opts, bool tree, const double *c,
                        const double *d, double w, double *x, crease_prox_info *info)
{
    crease_arena arena = { s->work, 0 };
    crease_overlap o = { .c = c, .d = d };
    carve(&o, &arena, s);
    if (!crease_lists_build(&o.lists, s, w * opts->lambda, false)) return CREASE_ENOTSUP;
    if (tree && !crease_lists_compose(&o.lists, NULL)) return CREASE_ENOTSUP;
    CREASE_TRY(check(&o, x));
    memset(o.y, 0, o.lists.total * sizeof(double));
    memset(o.x, 0, s->n * sizeof(double));
    for (size_t i = 0; i < s->n; i++) o.v[i] = o.lists.cover[i] ? c[i] : 0;
    if (!sweep(&o)) return CREASE_EUNBOUNDED;
    info->iterations = 1;
    if (!crease_lists_compose(&o.lists, d)) return iterate(&o, opts, x, info);
    keep(&o, x);
    return CREASE_OK;
}

/* max |y_i|; infinite where no penalty holds y_i != 0. */
static double held_size(const crease_part *s, double lambda, const double *y, double *held)
{
    double largest = 0;
    for (size_t i = 0; i < s->n; i++) held[i] = 0;
    for (size_t g = 0; g < s->groups->count; g++) {
        double weight = crease_group_weight(s->groups, g);
        if (!isinf(weight) && !(lambda * weight > 0)) continue;
        for (size_t j = 0; j < crease_group_size(s->groups, g); j++)
            held[crease_group_entry(s->groups, g, j)] = 1;
    }
    for (size_t i = 0; i < s->n; i++)
        largest = fmax(largest, held[i] > 0 || y[i] == 0 ? fabs(y[i]) : INFINITY);
    return largest;
}

double crease_overlap_dual_norm(const crease_part *s, const crease_overlap_opts *opts, const double *y)
{
    crease_arena arena = { s->work, 0 };
    crease_overlap o;
    double *of_n[3], t = 0, size;
    carve(&o, &arena, s);
    carve_dual(of_n, &arena, s);
    double *unit = of_n[0], *ones = of_n[1], *x = of_n[2], scale = held_size(s, opts->lambda, y, unit);
    if (scale == 0 || isinf(scale)) return scale;
    for (size_t i = 0; i < s->n; i++) {
        unit[i] = x[i] = y[i] / scale;
        ones[i] = 1;
    }
    /* For any x: t >= <y, x> / psi(x), and more than before where x is what t leaves of y. */
    while ((size = crease_overlap_value(s, opts->lambda, x)) > 0) {
        crease_prox_info info = { .exact = true };
        double next = isinf(size) ? DBL_MIN : cblas_ddot((blasint)s->n, unit, 1, x, 1) / size;
        if (!(next > t * (1 + 2 * DBL_EPSILON))) break;
        t = next;
        if (crease_overlap_prox(s, opts, false, unit, ones, t, x, &info) != CREASE_OK) return NAN;
    }
    return t * scale;
}

#include "dual_groups.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

enum { SPLIT_STEPS = 200 }; /* most Newton steps for the v_k of a start point */

void crease_dual_groups_carve(crease_dual_groups *o, crease_arena *arena, const crease_part *s,
                              bool latent)
{
    size_t groups = s->groups->count, entries = s->groups->entries,
           largest = crease_groups_largest(s->groups);
    double **of_n[] = { &o->d, &o->rest, &o->last_rest, &o->off },
           **of_entries[] = { &o->kept, &o->last, &o->trial };
    o->latent = latent;
    if (latent)
        crease_latent_carve(&o->split, arena, s);
    else
        crease_lists_carve(&o->lists, arena, s);
    for (size_t k = 0; k < 4; k++) *of_n[k] = crease_carve(arena, s->n, sizeof(double));
    for (size_t k = 0; k < 3; k++) *of_entries[k] = crease_carve(arena, entries, sizeof(double));
    o->size = crease_carve(arena, groups, sizeof(double));
    o->live = crease_carve(arena, groups, 1);
    o->block = crease_carve(arena, largest, sizeof(double));
    o->block_d = crease_carve(arena, largest, sizeof(double));
}

/* rest afresh from what is kept, which keeps rounding from adding up. */
static void refresh(crease_dual_groups *o)
{
    const crease_lists *l = &o->lists;
    memcpy(o->rest, o->c, l->n * sizeof(double));
    for (size_t e = 0; e < l->total; e++) {
        size_t i = l->entry[e];
        o->rest[i] -= o->latent ? o->d[i] * o->kept[e] : o->kept[e];
    }
}

static void keep_nothing(crease_dual_groups *o)
{
    memset(o->kept, 0, o->lists.total * sizeof(double));
    refresh(o);
}

bool crease_dual_groups_build(crease_dual_groups *o, const crease_part *s, double factor)
{
    crease_lists *lists = o->latent ? &o->split.lists : &o->lists;
    bool sound = crease_lists_build(lists, s, factor, o->latent);
    o->lists = *lists;
    o->row = 0;
    memset(o->live, 0, o->lists.count);
    memset(o->last, 0, o->lists.total * sizeof(double));
    keep_nothing(o);
    return sound;
}

static double norm_of(size_t n, const double *x)
{
    return cblas_dnrm2((blasint)n, x, 1);
}

static double list_norm(crease_dual_groups *o, size_t k, const double *x)
{
    crease_list_gather(&o->lists, k, x, o->block);
    return norm_of(crease_list_size(&o->lists, k), o->block);
}

/* --- sweeps
 * ------------------------------------------------------------------------------------------- */

static bool descend(crease_dual_groups *o, size_t k)
{
    size_t n = crease_list_size(&o->lists, k);
    const uint32_t *entry = o->lists.entry + o->lists.begin[k];
    double *kept = o->kept + o->lists.begin[k], radius = o->lists.radius[k], s = 0;
    for (size_t j = 0; j < n; j++) {
        double d = o->block_d[j] = o->d[entry[j]];
        o->block[j] = o->rest[entry[j]] += o->latent ? d * kept[j] : kept[j]; /* b */
    }
    crease_block kind = crease_block_solve(n, o->block, o->block_d, radius, &s);
    bool live = kind == CREASE_BLOCK_LIVE;
    if (kind == CREASE_BLOCK_UNBOUNDED) return false;
    o->live[k] = live;
    for (size_t j = 0; j < n; j++) {
        double b = o->rest[entry[j]], z = live ? s * o->block[j] : 0,
               y = live ? radius * o->block[j] : b;
        kept[j] = o->latent ? z : y;
        o->rest[entry[j]] = o->latent ? y : o->block_d[j] * z;
    }
    return true;
}

bool crease_dual_groups_sweep(crease_dual_groups *o)
{
    refresh(o);
    for (size_t k = 0; k < o->lists.count; k++)
        if (!descend(o, k)) return false;
    return true;
}

/* By how much the objective of the blocks has changed since `last`, from differences: rounding is
 * that of the move. */
static double change(const crease_dual_groups *o)
{
    const crease_lists *l = &o->lists;
    double sum = 0;
    for (size_t i = 0; i < l->n; i++)
        sum += 0.5 * (o->rest[i] - o->last_rest[i]) * ((o->rest[i] + o->last_rest[i]) / o->d[i]);
    for (size_t k = 0; k < l->count && o->latent; k++) {
        const double *v = o->kept + l->begin[k], *last = o->last + l->begin[k];
        size_t n = crease_list_size(l, k);
        double squares = 0, sizes = norm_of(n, v) + norm_of(n, last);
        for (size_t j = 0; j < n; j++) squares += (v[j] - last[j]) * (v[j] + last[j]);
        if (sizes > 0) sum += l->radius[k] * (squares / sizes);
    }
    return sum;
}

bool crease_dual_groups_hurry(crease_dual_groups *o, size_t *sweeps)
{
    double beta = (double)o->row / (o->row + 3.0);
    memcpy(o->last_rest, o->rest, o->lists.n * sizeof(double));
    for (size_t e = 0; e < o->lists.total; e++) {
        double now = o->kept[e];
        o->kept[e] += beta * (now - o->last[e]);
        o->last[e] = now;
    }
    o->row++;
    ++*sweeps;
    if (!crease_dual_groups_sweep(o)) return false;
    if (beta == 0 || change(o) <= 0) return true;
    memcpy(o->kept, o->last, o->lists.total * sizeof(double));
    o->row = 1;
    ++*sweeps;
    return crease_dual_groups_sweep(o);
}

/* --- points
 * ------------------------------------------------------------------------------------------- */

void crease_dual_groups_point(const crease_dual_groups *o, bool recovered, double *x)
{
    const crease_lists *l = &o->lists;
    for (size_t i = 0; i < l->n; i++) {
        bool by_rest = !l->cover[i] || !o->latent;
        x[i] = by_rest && !l->forced[i] ? o->rest[i] / o->d[i] + 0.0 : 0; /* no -0 */
    }
    for (size_t e = 0; e < l->total && o->latent; e++) x[l->entry[e]] += o->kept[e];
    for (size_t k = 0; k < l->count && recovered && !o->latent; k++)
        for (size_t e = l->begin[k]; e < l->begin[k + 1] && !o->live[k]; e++) x[l->entry[e]] = 0;
}

static void reweight_sum(crease_dual_groups *o, double *x)
{
    const crease_lists *l = &o->lists;
    double *metric = o->off;
    memcpy(metric, o->d, l->n * sizeof(double));
    for (size_t k = 0; k < l->count; k++) {
        double size = list_norm(o, k, x);
        for (size_t e = l->begin[k]; e < l->begin[k + 1] && size > 0; e++)
            metric[l->entry[e]] += l->radius[k] / size;
    }
    for (size_t i = 0; i < l->n; i++)
        if (x[i] != 0) x[i] = o->c[i] / metric[i] + 0.0; /* no -0 */
}

static void reweight_latent(crease_dual_groups *o)
{
    const crease_lists *l = &o->lists;
    double *t = o->size, *total = o->off;
    memset(total, 0, l->n * sizeof(double));
    for (size_t k = 0; k < l->count; k++) {
        t[k] = norm_of(crease_list_size(l, k), o->kept + l->begin[k]) / l->radius[k];
        for (size_t e = l->begin[k]; e < l->begin[k + 1]; e++) total[l->entry[e]] += t[k];
    }
    for (size_t i = 0; i < l->n; i++)
        if (l->cover[i]) o->rest[i] = o->c[i] / (1 + o->d[i] * total[i]);
    for (size_t k = 0; k < l->count; k++)
        for (size_t e = l->begin[k]; e < l->begin[k + 1]; e++)
            o->kept[e] = t[k] > 0 ? t[k] * o->rest[l->entry[e]] : 0;
}

void crease_dual_groups_reweight(crease_dual_groups *o, double *x)
{
    if (o->latent)
        reweight_latent(o);
    else
        reweight_sum(o, x);
}

/* --- gaps
 * --------------------------------------------------------------------------------------------- */

/* r |x| - t <y, x> of a list, t |y| <= r, by  |x| (r - t |y| + t |y| |x/|x| - y/|y||^2 / 2). */
static double slack(size_t n, const double *x, const double *y, double r, double t)
{
    double size = norm_of(n, x), length = norm_of(n, y), sum = 0;
    if (size == 0 || length == 0) return r * size;
    for (size_t j = 0; j < n; j++) {
        double off = y[j] / length - x[j] / size;
        sum += off * off;
    }
    return size * (fmax(0, r - t * length) + 0.5 * t * length * sum);
}

static double gap_of_sum(crease_dual_groups *o, const double *x)
{
    const crease_lists *l = &o->lists;
    double gap = 0;
    for (size_t i = 0; i < l->n; i++) {
        double off = l->forced[i] ? 0 : o->d[i] * x[i] - o->rest[i];
        gap += 0.5 * off * (off / o->d[i]);
    }
    for (size_t k = 0; k < l->count; k++) {
        crease_list_gather(l, k, x, o->block);
        gap += slack(crease_list_size(l, k), o->block, o->kept + l->begin[k], l->radius[k], 1);
    }
    return gap;
}

static double gap_of_latent(crease_dual_groups *o)
{
    const crease_lists *l = &o->lists;
    double t = 1, gap = 0;
    for (size_t k = 0; k < l->count; k++) {
        double length = list_norm(o, k, o->rest);
        if (length > l->radius[k]) t = fmin(t, l->radius[k] / length);
    }
    for (size_t i = 0; i < l->n; i++) {
        double off = l->cover[i] ? (1 - t) * o->rest[i] : 0;
        gap += 0.5 * off * (off / o->d[i]);
    }
    for (size_t k = 0; k < l->count; k++) {
        crease_list_gather(l, k, o->rest, o->block);
        gap += slack(crease_list_size(l, k), o->kept + l->begin[k], o->block, l->radius[k], t);
    }
    return gap;
}

double crease_dual_groups_gap(crease_dual_groups *o, const double *x)
{
    return o->latent ? gap_of_latent(o) : gap_of_sum(o, x);
}

/* --- multipliers of a point
 * --------------------------------------------------------------------------- */

/* Into trial, and D x - c + sum_k y_k into off. */
static void find_multipliers(crease_dual_groups *o, const double *x)
{
    const crease_lists *l = &o->lists;
    for (size_t i = 0; i < l->n; i++) o->off[i] = l->forced[i] ? 0 : o->d[i] * x[i] - o->c[i];
    for (size_t k = 0; k < l->count; k++) {
        double size = o->size[k] = list_norm(o, k, x);
        for (size_t e = l->begin[k]; e < l->begin[k + 1]; e++) {
            o->trial[e] = size > 0 ? l->radius[k] * (x[l->entry[e]] / size) : o->kept[e];
            o->off[l->entry[e]] += o->trial[e];
        }
    }
}

/* Lists that are zero at x take what they can of off, in the Euclidean metric: where they can take
 * all it does not matter which. */
static void absorb(crease_dual_groups *o)
{
    const crease_lists *l = &o->lists;
    for (size_t k = 0; k < l->count; k++) {
        size_t n = crease_list_size(l, k);
        const uint32_t *entry = l->entry + l->begin[k];
        double *y = o->trial + l->begin[k];
        if (o->size[k] > 0) continue;
        for (size_t j = 0; j < n; j++) o->block[j] = y[j] - o->off[entry[j]];
        double length = norm_of(n, o->block),
               factor = length > l->radius[k] ? l->radius[k] / length : 1;
        for (size_t j = 0; j < n; j++) {
            double take = factor * o->block[j];
            o->off[entry[j]] += take - y[j];
            y[j] = take;
        }
    }
}

/* At one x the gaps of two dual points tell which is better. With these multipliers it is 1/2
 * |off|^2 in D^-1. */
void crease_dual_groups_adopt(crease_dual_groups *o, const double *x)
{
    double gap = 0;
    find_multipliers(o, x);
    absorb(o);
    for (size_t i = 0; i < o->lists.n; i++) gap += 0.5 * o->off[i] * (o->off[i] / o->d[i]);
    if (!(gap < gap_of_sum(o, x))) return;
    memcpy(o->kept, o->trial, o->lists.total * sizeof(double));
    o->row = 0;
    refresh(o);
}

static double objective_of_latent(const crease_dual_groups *o)
{
    const crease_lists *l = &o->lists;
    double sum = 0;
    for (size_t i = 0; i < l->n; i++) sum += 0.5 * o->rest[i] * (o->rest[i] / o->d[i]);
    for (size_t k = 0; k < l->count; k++)
        sum += l->radius[k] * norm_of(crease_list_size(l, k), o->kept + l->begin[k]);
    return sum;
}

static void split(crease_dual_groups *o, const double *x)
{
    crease_latent *p = &o->split;
    const crease_lists *l = &o->lists;
    double nothing = objective_of_latent(o);
    p->c = x;
    p->d = NULL;
    p->e = 0;
    for (size_t k = 0; k < l->count; k++) p->t[k] = list_norm(o, k, x) / l->radius[k];
    crease_latent_minimize(p, SPLIT_STEPS);
    for (size_t k = 0; k < l->count; k++)
        for (size_t e = l->begin[k]; e < l->begin[k + 1]; e++) o->kept[e] = p->t[k] * p->u[l->entry[e]];
    refresh(o);
    if (!(objective_of_latent(o) < nothing)) keep_nothing(o);
}

void crease_dual_groups_warm(crease_dual_groups *o, const double *x)
{
    if (o->latent)
        split(o, x);
    else if (!crease_lists_compose(&o->lists, o->d))
        crease_dual_groups_adopt(o, x);
}

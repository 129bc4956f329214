/* What the oracle does not share: value, certificate, margins. They work in the Euclidean metric on the
 * lists whose groups are zero at x, K = { sum_k y_k : |y_k| <= r_k } being what their subgradients add
 * up to. The distance to K comes with a bound from below: for any v,  dist(q, K) >= (<q, v> - sum_k r_k
 * |v_k|) / |v|. */
#include <cblas.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "overlap.h"

typedef struct {
    crease_lists lists;
    double *y, *z;    /* multipliers, and where the next gradient is taken */
    double *q, *rest; /* the point, and q - sum_k y_k */
    double *block,
        *most;     /* the largest list; per list: how many zero lists an entry of it is in, at most */
    double *share; /* n */
    unsigned char *zero; /* per list */
    uint32_t *cover;     /* n: zero lists that hold the entry */
} distance;

static void carve(distance *p, crease_arena *arena, const crease_part *s)
{
    size_t groups = s->groups->count, entries = s->groups->entries;
    crease_lists_carve(&p->lists, arena, s);
    p->y = crease_carve(arena, entries, sizeof(double));
    p->z = crease_carve(arena, entries, sizeof(double));
    p->q = crease_carve(arena, s->n, sizeof(double));
    p->rest = crease_carve(arena, s->n, sizeof(double));
    p->share = crease_carve(arena, s->n, sizeof(double));
    p->block = crease_carve(arena, crease_groups_largest(s->groups), sizeof(double));
    p->most = crease_carve(arena, groups, sizeof(double));
    p->zero = crease_carve(arena, groups, 1);
    p->cover = crease_carve(arena, s->n, sizeof(uint32_t));
}

size_t crease_overlap_math_work(const crease_part *s)
{
    crease_arena arena = { 0 };
    distance p;
    carve(&p, &arena, s);
    return arena.used;
}

static double list_norm(distance *p, size_t k, const double *x)
{
    crease_list_gather(&p->lists, k, x, p->block);
    return cblas_dnrm2((blasint)crease_list_size(&p->lists, k), p->block, 1);
}

/* The lists of factor psi, those among them that are zero at x, and q = -g on those. */
static distance pose(const crease_part *s, double factor, const double *x, const double *g)
{
    crease_arena arena = { s->work, 0 };
    distance p;
    carve(&p, &arena, s);
    crease_lists_build(&p.lists, s, factor, false);
    memset(p.cover, 0, s->n * sizeof *p.cover);
    for (size_t k = 0; k < p.lists.count; k++) {
        p.zero[k] = list_norm(&p, k, x) == 0;
        for (size_t e = p.lists.begin[k]; e < p.lists.begin[k + 1]; e++)
            p.cover[p.lists.entry[e]] += p.zero[k];
    }
    for (size_t i = 0; i < s->n; i++) p.q[i] = p.cover[i] ? -g[i] : 0;
    return p;
}

/* --- distance to K ----------------------------------------------------------------------------------
 */

static double project(size_t n, double *y, double radius)
{
    double size = cblas_dnrm2((blasint)n, y, 1);
    if (size > radius) cblas_dscal((blasint)n, radius / size, y, 1);
    return size;
}

static void leave(distance *p, const double *y)
{
    memcpy(p->rest, p->q, p->lists.n * sizeof(double));
    for (size_t k = 0; k < p->lists.count; k++)
        for (size_t e = p->lists.begin[k]; e < p->lists.begin[k + 1] && p->zero[k]; e++)
            p->rest[p->lists.entry[e]] -= y[e];
}

/* One pass from small lists to large: exact where they are nested (Jenatton et al.). */
static void pass(distance *p)
{
    memcpy(p->rest, p->q, p->lists.n * sizeof(double));
    for (size_t k = 0; k < p->lists.count; k++) {
        if (!p->zero[k]) continue;
        size_t begin = p->lists.begin[k], n = crease_list_size(&p->lists, k);
        p->most[k] = 0;
        crease_list_gather(&p->lists, k, p->rest, p->y + begin);
        project(n, p->y + begin, p->lists.radius[k]);
        for (size_t j = 0; j < n; j++) {
            p->rest[p->lists.entry[begin + j]] -= p->y[begin + j];
            p->most[k] = fmax(p->most[k], p->cover[p->lists.entry[begin + j]]);
        }
    }
}

/* sum_k r_k |v_k| over the zero lists. */
static double support(distance *p, const double *v)
{
    double sum = 0;
    for (size_t k = 0; k < p->lists.count; k++)
        if (p->zero[k]) sum += p->lists.radius[k] * list_norm(p, k, v);
    return sum;
}

/* Is |rest| the distance, to a relative 1e-6 (or to rounding)? Leaves it in *size. */
static bool settled(distance *p, double *size)
{
    blasint n = (blasint)p->lists.n;
    leave(p, p->y);
    *size = cblas_dnrm2(n, p->rest, 1);
    if (*size <= DBL_EPSILON * cblas_dnrm2(n, p->q, 1)) return true;
    cblas_dcopy(n, p->rest, 1, p->share, 1);
    cblas_dscal(n, 1 / *size, p->share, 1);
    return cblas_ddot(n, p->q, 1, p->share, 1) - support(p, p->share) >= (1 - 1e-6) * *size;
}

/* z_k + rest_k / most_k projected; the momentum beta carries on. Returns its product with the last
 * move. */
static double advance(distance *p, double beta)
{
    double turn = 0;
    for (size_t k = 0; k < p->lists.count; k++) {
        if (!p->zero[k]) continue;
        size_t begin = p->lists.begin[k], n = crease_list_size(&p->lists, k);
        double *y = p->y + begin, *z = p->z + begin;
        for (size_t j = 0; j < n; j++)
            p->block[j] = z[j] + p->rest[p->lists.entry[begin + j]] / p->most[k];
        project(n, p->block, p->lists.radius[k]);
        for (size_t j = 0; j < n; j++) {
            double step = p->block[j] - y[j];
            turn += p->most[k] * (z[j] - p->block[j]) * step;
            y[j] = p->block[j];
            z[j] = y[j] + beta * step;
        }
    }
    return turn;
}

/* dist(q, K); q - y is left in rest. Accelerated projected gradients (Beck and Teboulle 2009), started
 * afresh where the momentum points uphill (O'Donoghue and Candes 2015). */
static double distance_to(distance *p)
{
    double size, theta = 1;
    size_t cap = 400000000 / (p->lists.total + 1);
    cap = cap < 100 ? 100 : cap > 20000 ? 20000 : cap;
    pass(p);
    if (settled(p, &size)) return size;
    memcpy(p->z, p->y, p->lists.total * sizeof(double));
    for (size_t t = 1; t <= cap; t++) {
        double next = 0.5 + sqrt(0.25 + theta * theta);
        leave(p, p->z);
        if (advance(p, (theta - 1) / next) > 0) {
            memcpy(p->z, p->y, p->lists.total * sizeof(double));
            next = 1;
        }
        theta = next;
        if (t % 10 == 0 && settled(p, &size)) return size;
    }
    settled(p, &size);
    return size;
}

/* --- the members' functions -------------------------------------------------------------------------
 */

static double group_norm(const crease_part *s, size_t g, const double *x)
{
    double largest = 0, sum = 0;
    size_t n = crease_group_size(s->groups, g);
    for (size_t j = 0; j < n; j++)
        largest = fmax(largest, fabs(x[crease_group_entry(s->groups, g, j)]));
    for (size_t j = 0; j < n && largest > 0; j++) {
        double ratio = x[crease_group_entry(s->groups, g, j)] / largest;
        sum += ratio * ratio;
    }
    return largest * sqrt(sum);
}

double crease_overlap_value(const crease_part *s, double lambda, const double *x)
{
    double sum = 0;
    for (size_t g = 0; g < s->groups->count; g++) {
        double size = group_norm(s, g, x), weight = crease_group_weight(s->groups, g);
        if (size > 0) sum += isinf(weight) ? INFINITY : lambda * weight * size;
    }
    return sum;
}

double crease_overlap_residual(const crease_part *s, double lambda, const double *x, const double *g,
                               double w)
{
    distance p = pose(s, w * lambda, x, g);
    double zeros = distance_to(&p);
    for (size_t i = 0; i < s->n; i++) {
        if (p.lists.forced[i] && x[i] != 0) return INFINITY;
        p.rest[i] = p.lists.forced[i] || p.cover[i] ? 0 : g[i];
    }
    for (size_t k = 0; k < p.lists.count; k++) {
        double size = p.zero[k] ? 0 : list_norm(&p, k, x);
        for (size_t e = p.lists.begin[k]; e < p.lists.begin[k + 1] && size > 0; e++)
            p.rest[p.lists.entry[e]] += p.lists.radius[k] * (x[p.lists.entry[e]] / size);
    }
    return hypot(zeros, cblas_dnrm2((blasint)s->n, p.rest, 1));
}

size_t crease_overlap_units(const crease_part *s)
{
    return s->groups->count;
}

void crease_overlap_signature(const crease_part *s, const double *x, crease_unit *unit)
{
    for (size_t g = 0; g < s->groups->count; g++) {
        unit[g] = 0;
        for (size_t j = 0; j < crease_group_size(s->groups, g); j++)
            unit[g] |= x[crease_group_entry(s->groups, g, j)] != 0;
    }
}

size_t crease_overlap_dimension(const crease_part *s, const double *x, const crease_unit *unit)
{
    unsigned char *held = s->work;
    size_t dimension = s->n;
    (void)x;
    memset(held, 0, s->n);
    for (size_t g = 0; g < s->groups->count; g++)
        for (size_t j = 0; j < crease_group_size(s->groups, g) && unit[g] == 0; j++)
            held[crease_group_entry(s->groups, g, j)] = 1;
    for (size_t i = 0; i < s->n; i++) dimension -= held[i];
    return dimension;
}

/* --- margins
 * ------------------------------------------------------------------------------------------ */

enum { SPLITS = 100 };

/* q divided among the zero lists in proportion to omega; |y_k| into length. Returns max |y_k| / r_k. */
static double split(distance *p, const double *omega, double *length)
{
    double worst = 0;
    memset(p->share, 0, p->lists.n * sizeof(double));
    for (size_t k = 0; k < p->lists.count; k++)
        for (size_t e = p->lists.begin[k]; e < p->lists.begin[k + 1] && p->zero[k]; e++)
            p->share[p->lists.entry[e]] += omega[k];
    for (size_t k = 0; k < p->lists.count; k++) {
        if (!p->zero[k]) continue;
        size_t n = crease_list_size(&p->lists, k);
        const uint32_t *entry = p->lists.entry + p->lists.begin[k];
        for (size_t j = 0; j < n; j++) p->block[j] = p->q[entry[j]] * (omega[k] / p->share[entry[j]]);
        length[k] = cblas_dnrm2((blasint)n, p->block, 1);
        worst = fmax(worst, length[k] / p->lists.radius[k]);
    }
    return worst;
}

/* The room that multipliers inside the balls leave, where there are any: distance_to finds them by
 * other means. */
static void room_of_multipliers(distance *p, crease_margin *unit)
{
    double left = distance_to(p);
    if (left > 1e-12 * cblas_dnrm2((blasint)p->lists.n, p->q, 1))
        return; /* no: the groups are wrongly zero */
    for (size_t k = 0; k < p->lists.count; k++) {
        blasint n = (blasint)crease_list_size(&p->lists, k);
        double size = cblas_dnrm2(n, p->y + p->lists.begin[k], 1);
        if (p->zero[k]) unit[p->lists.origin[k]].slack = fmax(0, p->lists.radius[k] - size);
    }
}

/* Zero groups stay zero while some multipliers fit into the balls. If y certifies them, a change of the
 * gradient by less than r_k - |y_k| on any one group leaves room: a margin for every y, and largest
 * where the least ratio of room is. Proportional splits, reweighted by r_k / |y_k|, approach that one;
 * the best of them counts, unless none fits. */
void crease_overlap_margins(const crease_part *s, double lambda, const double *x, const double *g,
                            double w, crease_margin *unit)
{
    distance p = pose(s, w * lambda, x, g);
    double *omega = p.most, *length = p.y, best = INFINITY;
    for (size_t k = 0; k < s->groups->count; k++) {
        double size = group_norm(s, k, x), weight = crease_group_weight(s->groups, k);
        bool held = isinf(weight) || w * lambda * weight > 0;
        unit[k] = size > 0 ? (crease_margin){ .slack = NAN, .size = size }
                           : (crease_margin){ .slack = held ? INFINITY : 0, .size = NAN };
    }
    for (size_t k = 0; k < p.lists.count; k++) omega[k] = p.lists.radius[k];
    for (unsigned t = 0; t < SPLITS; t++) {
        double worst = split(&p, omega, length);
        if (worst >= best * (1 - 1e-3)) break;
        best = worst;
        for (size_t k = 0; k < p.lists.count; k++) {
            if (!p.zero[k]) continue;
            crease_margin *m = &unit[p.lists.origin[k]];
            m->slack = p.lists.radius[k] - length[k];
            m->threshold = p.lists.radius[k];
            if (length[k] > 0) omega[k] *= fmin(1e3, fmax(1e-3, p.lists.radius[k] / length[k]));
        }
    }
    if (best > 1) room_of_multipliers(&p, unit);
}

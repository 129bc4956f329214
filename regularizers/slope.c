/* SLOPE, or the ordered weighted l1 norm: lambda weight sum_j r_j |x|_(j) where |x|_(1) >= |x|_(2) >= ...
 * and the rates r_j = weights_j + tilt (n - j) do not increase. One weight and no tilt make the l1 norm,
 * weights [1, 0, ...] the largest magnitude, one weight and a tilt OSCAR.
 *
 * The oracle, exact in any diagonal metric, splits the entries instead of pooling neighbours:
 * src/core/ordered.c, with the proof. Where all rates are equal entries are apart.
 *
 * The certificate projects -g onto the subdifferential, which is a product of permutahedra, one a set of
 * ties: the distance is read off the least concave majorant of running sums. Identification radius: none. */
#include <math.h>

#include "core/jacobian.h"
#include "core/order.h"
#include "core/ordered.h"
#include "core/part.h"
#include "core/sum.h"
#include "crease/regularizer.h"

typedef struct {
    double lambda, tilt;
    crease_numbers weights;
} slope_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(slope_opts, lambda, 1, CREASE_GE(0), "factor on the norm"),
    CREASE_PARAM_NUMBERS(slope_opts, weights, "1", CREASE_GE(0), "weights of the magnitudes, largest first"),
    CREASE_PARAM_REAL(slope_opts, tilt, 0, CREASE_GE(0), "added to weight j of n: tilt (n - j)"),
    CREASE_PARAM_END,
};

/* lambda r_(j+1): j counts from 0. With w and the weight of the group it is L_j below. */
static double rate(const crease_part *s, size_t j)
{
    const slope_opts *o = s->opts;
    return o->lambda * (crease_number_at(&o->weights, s, j) + o->tilt * (double)(s->n - 1 - j));
}

static const char *accepts(const crease_part *s)
{
    const slope_opts *o = s->opts;
    if (!crease_numbers_fit(&o->weights, s))
        return "weights are neither one number, nor one an entry of a group, nor one an entry of all groups";
    for (size_t j = 0; j + 1 < s->n; j++)
        if (!(rate(s, j) >= rate(s, j + 1))) return "weights increase somewhere";
    return NULL;
}

/* Entries in some order, and as much room again. */
static size_t work(const crease_part *s)
{
    return 2 * s->n * sizeof(crease_keyed);
}

static crease_keyed *order_of(const crease_part *s)
{
    return s->work;
}

static crease_keyed *spare_of(const crease_part *s)
{
    return order_of(s) + s->n;
}

/* All entries by their magnitude in v, the largest first. */
static crease_keyed *by_magnitude(const crease_part *s, const double *v)
{
    crease_keyed *item = order_of(s);
    for (size_t i = 0; i < s->n; i++) item[i] = (crease_keyed){ fabs(v[i]), i };
    crease_sort_descending(s->n, item, spare_of(s));
    return item;
}

/* One past the last of the items tied with the one at begin. */
static size_t tie_end(const crease_part *s, const crease_keyed *item, size_t begin)
{
    size_t end = begin + 1;
    while (end < s->n && item[end].key == item[begin].key) end++;
    return end;
}

/* --- value and dual norm -------------------------------------------------------------------------- */

static double value(const crease_part *s, const double *x)
{
    crease_sum sum = { 0, 0 };
    if (crease_is_zero(s->n, x)) return 0;
    if (isinf(s->weight)) return INFINITY;
    const crease_keyed *item = by_magnitude(s, x);
    for (size_t j = 0; j < s->n; j++) crease_sum_add_product(&sum, rate(s, j), item[j].key);
    return s->weight * crease_sum_value(&sum);
}

static double dual_norm(const crease_part *s, const double *y)
{
    crease_sum size = { 0, 0 }, rates = { 0, 0 };
    double largest = 0;
    if (crease_is_zero(s->n, y) || isinf(s->weight)) return 0;
    const crease_keyed *item = by_magnitude(s, y);
    for (size_t k = 0; k < s->n; k++) {
        crease_sum_add(&size, item[k].key);
        crease_sum_add(&rates, s->weight * rate(s, k));
        largest = fmax(largest, crease_sum_value(&size) / crease_sum_value(&rates));
    }
    return largest;
}

static double scale(const crease_part *s)
{
    return s->n > 0 && rate(s, 0) > 0 ? rate(s, 0) * s->weight : 0;
}

/* --- certificate ---------------------------------------------------------------------------------- */

static double rise(const crease_sum *from, const crease_sum *to)
{
    return (to->hi - from->hi) + (to->lo - from->lo);
}

/* The squared distance of the values q (keys in falling order, of ranks begin + 1 ... end) from the
 * permutahedron of their rates: sum of the squared slopes of the least concave majorant of S_k = sum_j<=k
 * (q_j - L_j), over steps; of the upward slopes only if what bounds q are sums of magnitudes (zero: ties at
 * x = 0). The corners of the majorant are kept where the values were, their S in `sum`.                 */
static double tie_distance_sq(const crease_part *s, double w, size_t begin, size_t end, crease_keyed *item,
                              bool zero)
{
    crease_sum *sum = (crease_sum *)spare_of(s), at = { 0, 0 }, before = { 0, 0 };
    size_t corners = 0, n = end - begin;
    double distance_sq = 0;
    for (size_t k = 0; k < n; k++) {
        crease_sum_add(&at, item[k].key);
        crease_sum_add(&at, -w * s->weight * rate(s, begin + k));
        while (corners > 0) { /* drop the last corner if it is not above the line past it */
            crease_sum last = sum[corners - 1], first = corners > 1 ? sum[corners - 2] : (crease_sum){ 0, 0 };
            size_t to = item[corners - 1].index, from = corners > 1 ? item[corners - 2].index : 0;
            if (rise(&first, &last) / (double)(to - from) > rise(&last, &at) / (double)(k + 1 - to)) break;
            corners--;
        }
        item[corners].index = k + 1;
        sum[corners++] = at;
    }
    for (size_t j = 0, from = 0; j < corners; from = item[j].index, before = sum[j], j++) {
        double up = rise(&before, &sum[j]);
        if (zero && up <= 0) break;
        distance_sq += up * (up / (double)(item[j].index - from));
    }
    return distance_sq;
}

static double residual(const crease_part *s, const double *x, const double *g, double w)
{
    double sum = 0;
    if (isinf(s->weight)) return crease_is_zero(s->n, x) ? 0 : INFINITY;
    crease_keyed *item = by_magnitude(s, x);
    for (size_t begin = 0, end; begin < s->n; begin = end) {
        bool zero = item[begin].key == 0;
        end = tie_end(s, item, begin);
        for (size_t j = begin; j < end; j++) {
            size_t i = item[j].index;
            item[j].key = zero ? fabs(g[i]) : x[i] > 0 ? -g[i] : g[i];
        }
        crease_sort_descending(end - begin, item + begin, spare_of(s));
        sum += tie_distance_sq(s, w, begin, end, item + begin, zero);
    }
    return sqrt(sum);
}

/* --- the oracle ----------------------------------------------------------------------------------- */

/* The l1 norm with this slope, maybe 0: entries apart. */
static int soft(const crease_part *s, const double *c, const double *d, double slope, double *x)
{
    for (size_t i = 0; i < s->n; i++) {
        double size = fabs(c[i]) - slope;
        x[i] = size > 0 ? copysign(size / d[i], c[i]) + 0.0 : 0;
        if (isinf(x[i])) return CREASE_EUNBOUNDED;
    }
    return CREASE_OK;
}

static int prox(const crease_part *s, const double *c, const double *d, double w, double *x,
                crease_prox_info *info)
{
    const slope_opts *o = s->opts;
    double factor = w * s->weight;
    (void)info;
    for (size_t i = 0; i < s->n; i++) {
        if (!isfinite(c[i]) || !isfinite(d[i])) return CREASE_ENAN;
        x[i] = 0;
    }
    if (s->n == 0 || isinf(factor)) return CREASE_OK;
    if (factor == 0 || (o->weights.n == 1 && o->tilt == 0)) return soft(s, c, d, factor * rate(s, 0), x);
    crease_ordered task = { s, rate, factor, c, d };
    return crease_ordered_prox(&task, x);
}

/* Ties move together but for signs, unless their rates are all equal and hold nothing; zeros stay. */
static void linearize(const crease_part *s, const double *u, double L, double w, const double *x, void *state)
{
    const crease_keyed *item = by_magnitude(s, x);
    crease_classes ties = crease_classes_at(s, state);
    bool absent = w * s->weight == 0;
    (void)u, (void)L;
    for (size_t begin = 0, end; begin < s->n; begin = end) {
        bool zero = item[begin].key == 0 && !absent;
        end = tie_end(s, item, begin);
        if (!zero && (absent || rate(s, begin) == rate(s, end - 1))) end = begin + 1;
        ties.end[begin] = end;
        for (size_t j = begin; j < end; j++) {
            size_t i = item[j].index;
            ties.order[j] = i;
            ties.sign[i] = zero ? 0 : copysign(1, x[i]);
        }
    }
}

/* --- structure ------------------------------------------------------------------------------------ */

/* Zero, or 1 + 2 (number of larger magnitudes), one more if the sign is not that of the first entry of the
 * tie: ties of equal and of opposite sign lie on different manifolds.                                   */
static void signature(const crease_part *s, const double *x, crease_unit *unit)
{
    const crease_keyed *item = by_magnitude(s, x);
    crease_unit code = 1;
    for (size_t begin = 0, end; begin < s->n; begin = end, code += 2) {
        bool negative = x[item[begin].index] < 0; /* the sort is stable */
        end = tie_end(s, item, begin);
        for (size_t j = begin; j < end; j++) {
            size_t i = item[j].index;
            unit[i] = x[i] == 0 ? 0 : code + ((x[i] < 0) != negative);
        }
    }
}

/* The number of different magnitudes. */
static size_t dimension(const crease_part *s, const double *x, const crease_unit *unit)
{
    crease_unit largest = 0;
    (void)x;
    for (size_t i = 0; i < s->n; i++) largest = unit[i] > largest ? unit[i] : largest;
    return (largest + 1) / 2;
}

/* How far |g_i| of each zero can grow, alone, until some k of them sum to more than the k largest slopes
 * left. With room_k = L_1 + ... + L_k - (k largest |g|), rank r: min of room_k over k >= r, and of room_k-1
 * + L_k over k < r less |g_i|, ranks and slopes being those after the live entries.                     */
static void zero_margins(const crease_part *s, const double *g, double w, size_t begin, crease_keyed *item,
                         crease_margin *unit)
{
    crease_sum room = { 0, 0 };
    double below = INFINITY, above = INFINITY, *free_above = (double *)spare_of(s);
    for (size_t j = begin; j < s->n; j++) {
        double slope = w * s->weight * rate(s, j), size = item[j].key;
        free_above[j] = above = fmin(above, crease_sum_value(&room) + slope); /* k = r is room_r once more */
        crease_sum_add(&room, slope);
        crease_sum_add(&room, -size);
        item[j].key = crease_sum_value(&room);
    }
    for (size_t j = s->n; j-- > begin;) {
        size_t i = item[j].index;
        below = fmin(below, item[j].key);
        double slack = fmin(below, free_above[j] - fabs(g[i]));
        unit[i] = (crease_margin){ .slack = slack, .size = NAN, .threshold = slack + fabs(g[i]) };
    }
}

/* Live entries: the gap to the next magnitude on either side, 0 being one. */
static void margins(const crease_part *s, const double *x, const double *g, double w, crease_margin *unit)
{
    crease_keyed *item = by_magnitude(s, x);
    double larger = INFINITY;
    size_t begin = 0;
    for (size_t end; begin < s->n && item[begin].key > 0; begin = end) {
        double size = item[begin].key;
        end = tie_end(s, item, begin);
        double smaller = end < s->n ? item[end].key : 0;
        crease_margin gap = { .slack = NAN, .size = fmin(larger - size, size - smaller) };
        for (size_t j = begin; j < end; j++) unit[item[j].index] = gap;
        larger = size;
    }
    for (size_t j = begin; j < s->n; j++) {
        item[j].key = fabs(g[item[j].index]);
        unit[item[j].index] = (crease_margin){ .slack = INFINITY, .size = NAN };
    }
    if (isinf(s->weight)) return;
    crease_sort_descending(s->n - begin, item + begin, spare_of(s));
    zero_margins(s, g, w, begin, item, unit);
}

static const crease_math math = {
    .work = work,
    .accepts = accepts,
    .value = value,
    .residual = residual,
    .prox = prox,
    .dual_norm = dual_norm,
    .scale = scale,
    .signature = signature,
    .dimension = dimension,
    .margins = margins,
    CREASE_CLASSES_JACOBIAN(linearize),
};

const crease_regularizer_type crease_regularizer_slope = {
    .base = { .name = "slope",
              .summary = "SLOPE (OWL, OSCAR): zeros and ties of magnitudes",
              .formula = "psi(x) = lambda sum_g weight_g sum_j (weights_j + tilt (n_g - j)) |x_g|_(j), with "
                         "|x_g|_(1) >= |x_g|_(2) >= ...",
              .source = "Bogdan, van den Berg, Sabatti, Su and Candes, Ann. Appl. Stat. 9 (2015); Zeng and "
                        "Figueiredo, IEEE SPL 21 (2014); in a metric: splitting as in Groenevelt, EJOR 54 (1991)",
              .opts_size = sizeof(slope_opts),
              .params = params },
    .flags = CREASE_CONVEX | CREASE_NORM | CREASE_UNIT_ENTRY,
    .exact = "any diagonal metric",
    .cost = "O(n log n) where d is constant, else O(n log n) a level of splitting, about log2(n) of them",
    .manifold = "vectors with the same order and ties of magnitudes, and the same zeros",
    .identification = "what the sums of the largest |grad f(x*)_i| over the zeros leave of the slopes; gaps "
                      "between magnitudes (what holds ties together is not reported)",
    .math = &math,
};

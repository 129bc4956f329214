/* Sums of penalties of single entries, each made of quadratic pieces (type->pieces): exact in every
 * diagonal metric.
 *
 * Groups only say which entries belong to the term: finite weights are not used, an infinite one forces
 * every entry to its anchor, as in the shrink family.
 *
 * Structure. A point that holds the minimizer while c moves is a kink (the slope jumps up there), the low
 * point of a jump, or an end of the domain. The unit of an entry is FREE (1) away from all of them, else
 * the place of the one it is at, in ascending order: 0, then 2, 3 ...: the lower bound of a box is 0, the
 * upper one 2. The minimizer is monotone in c, so each of them holds it for an interval of c, whose ends
 * give the radius. */
#include <math.h>
#include <string.h>

#include "jacobian.h"
#include "part.h"
#include "pieces.h"

enum { FREE = 1, MOST_KINKS = 2 * CREASE_MOST_PIECES + 1, NOWHERE = MOST_KINKS };

/* Where x sticks, from is x - anchor; and the slopes there. */
typedef struct {
    double from, left, right;
} kink;

/* The penalty of entry i, which is that of the entry before unless it depends on i. */
static void load(const crease_part *s, size_t i, crease_pieces *psi)
{
    if (i == 0 || !s->type->per_entry || s->type->per_entry(s->opts)) s->type->pieces(s, i, psi);
}

static bool is_forced(const crease_part *s)
{
    return isinf(s->weight);
}

/* x - anchor, a literal zero where x is the anchor, and how far rounding may have put x from where it
 * belongs. */
static double offset(const crease_part *s, const crease_pieces *psi, double x, double *near)
{
    double t = x - psi->anchor;
    *near = 2 * s->roundoff * (fabs(x) + fabs(psi->anchor));
    return psi->anchor != 0 && fabs(t) <= *near ? 0 : t;
}

/* --- value and subdifferential ----------------------------------------------------------------------- */

static double value_of(const crease_part *s, const crease_pieces *psi, double x)
{
    double near, t = offset(s, psi, x, &near);
    if (is_forced(s)) return t == 0 ? psi->value : INFINITY;
    return psi->value + crease_side_value(t > 0 ? &psi->right : &psi->left, fabs(t), near);
}

static double value(const crease_part *s, const double *x)
{
    crease_pieces psi;
    double sum = 0;
    for (size_t i = 0; i < s->n; i++) {
        load(s, i, &psi);
        sum += value_of(s, &psi, x[i]);
    }
    return sum;
}

/* psi' from the left at anchor + t; infinite beyond the upper end of the domain. */
static double slope_left(const crease_pieces *psi, double t)
{
    double inner, outer;
    if (t == 0) return -crease_side_start(&psi->left);
    crease_side_slopes(t > 0 ? &psi->right : &psi->left, fabs(t), 0, &inner, &outer);
    return t > 0 ? inner : -outer;
}

static double slope_right(const crease_pieces *psi, double t)
{
    double inner, outer;
    if (t == 0) return crease_side_start(&psi->right);
    crease_side_slopes(t > 0 ? &psi->right : &psi->left, fabs(t), 0, &inner, &outer);
    return t > 0 ? outer : -inner;
}

/* The slopes on either side of where x may be. */
static void slopes(const crease_pieces *psi, double t, double near, double *left, double *right)
{
    *left = slope_left(psi, t - near);
    *right = slope_right(psi, t + near);
    if (fabs(t) > near) return;
    if (isinf(crease_side_start(&psi->left))) *left = -INFINITY;
    if (isinf(crease_side_start(&psi->right))) *right = INFINITY;
}

static double residual(const crease_part *s, const double *x, const double *g, double w)
{
    crease_pieces psi;
    double sum = 0;
    for (size_t i = 0; i < s->n; i++) {
        double near, left = -INFINITY, right = INFINITY;
        load(s, i, &psi);
        double t = offset(s, &psi, x[i], &near);
        if (is_forced(s) && t != 0) return INFINITY;
        if (!is_forced(s)) slopes(&psi, t, near, &left, &right);
        sum = hypot(sum, crease_slopes_distance(left, right, g[i], w));
    }
    return sum;
}

static double scale(const crease_part *s)
{
    crease_pieces psi;
    double largest = 0;
    for (size_t i = 0; i < s->n; i++) {
        load(s, i, &psi);
        largest = fmax(largest, fmax(crease_side_scale(&psi.right), crease_side_scale(&psi.left)));
    }
    return largest;
}

/* --- the oracle -------------------------------------------------------------------------------------- */

static bool are_equal(const crease_side *a, const crease_side *b)
{
    return a->n == b->n && a->jump == b->jump && memcmp(a->piece, b->piece, a->n * sizeof *a->piece) == 0;
}

/* Where both sides are alike the sign of c decides. Otherwise each is tried and the one that falls deeper
 * wins; the right one in a tie. */
static double minimizer(const crease_pieces *psi, double c, double d, double w)
{
    double shifted = c - d * psi->anchor, drop_right, drop_left;
    if (are_equal(&psi->right, &psi->left))
        return psi->anchor + copysign(crease_side_prox(&psi->right, fabs(shifted), d, w, NULL), shifted);
    double right = crease_side_prox(&psi->right, shifted, d, w, &drop_right);
    double left = crease_side_prox(&psi->left, -shifted, d, w, &drop_left);
    return drop_left > drop_right ? psi->anchor - left : psi->anchor + right;
}

static int prox(const crease_part *s, const double *c, const double *d, double w, double *x,
                crease_prox_info *info)
{
    crease_pieces psi;
    (void)info;
    for (size_t i = 0; i < s->n; i++) {
        if (!isfinite(c[i]) || !isfinite(d[i])) return CREASE_ENAN;
        load(s, i, &psi);
        x[i] = is_forced(s) ? psi.anchor : minimizer(&psi, c[i], d[i], w);
        if (!isfinite(x[i])) return CREASE_EUNBOUNDED;
    }
    return CREASE_OK;
}

/* --- duality ----------------------------------------------------------------------------------------- */

/* A norm is slope_i |x_i|. */
static double dual_norm(const crease_part *s, const double *y)
{
    crease_pieces psi;
    double largest = 0;
    if (is_forced(s)) return 0;
    for (size_t i = 0; i < s->n; i++) {
        load(s, i, &psi);
        if (y[i] != 0) largest = fmax(largest, fabs(y[i]) / crease_side_start(&psi.right));
    }
    return largest;
}

/* sup y t - side(t). A y beyond the steepest slope by no more than near counts as that slope. */
static double side_conjugate(const crease_side *side, double y, double near)
{
    double sup = crease_side_conjugate(side, y);
    return isinf(sup) ? crease_side_conjugate(side, y - near) : sup;
}

static double conjugate(const crease_part *s, const double *y)
{
    crease_pieces psi;
    double sum = 0, largest = 0;
    for (size_t i = 0; i < s->n; i++) largest = fmax(largest, fabs(y[i]));
    for (size_t i = 0; i < s->n; i++) {
        double near = 8 * s->roundoff * largest;
        load(s, i, &psi);
        sum += y[i] * psi.anchor - psi.value;
        if (is_forced(s)) continue;
        sum += fmax(side_conjugate(&psi.right, y[i], near), side_conjugate(&psi.left, -y[i], near));
    }
    return sum;
}

/* --- structure --------------------------------------------------------------------------------------- */

/* The slopes at the end of piece k, outwards, and how well they are known. */
static kink end_of(const crease_side *side, unsigned k, double *known)
{
    const crease_piece *in = &side->piece[k], *out = k + 1 < side->n ? in + 1 : NULL;
    kink at = { in->end, in->slope + in->curvature * in->end, INFINITY };
    *known = fabs(in->slope) + fabs(in->curvature * in->end);
    if (out) {
        at.right = out->slope + out->curvature * in->end;
        *known += fabs(out->slope) + fabs(out->curvature * in->end);
    }
    return at;
}

/* Smooth joins miss each other by rounding. */
static void keep_if_kink(kink at, double known, kink *list, unsigned *n)
{
    if (isfinite(at.from) && at.right - at.left > 1e-14 * known) list[(*n)++] = at;
}

/* The kinks of psi in ascending order. */
static unsigned find_kinks(const crease_pieces *psi, kink list[MOST_KINKS])
{
    unsigned n = 0;
    double known;
    for (unsigned k = psi->left.n; k-- > 0;) {
        kink at = end_of(&psi->left, k, &known);
        keep_if_kink((kink){ -at.from, -at.right, -at.left }, known, list, &n);
    }
    keep_if_kink((kink){ 0, -crease_side_start(&psi->left), crease_side_start(&psi->right) }, 0, list, &n);
    for (unsigned k = 0; k < psi->right.n; k++) {
        kink at = end_of(&psi->right, k, &known);
        keep_if_kink(at, known, list, &n);
    }
    return n;
}

/* The kinks of entry i. */
typedef struct {
    crease_pieces psi;
    kink list[MOST_KINKS];
    unsigned n;
} kinks;

static void load_kinks(const crease_part *s, size_t i, kinks *k)
{
    if (i > 0 && s->type->per_entry && !s->type->per_entry(s->opts)) return;
    load(s, i, &k->psi);
    k->n = find_kinks(&k->psi, k->list);
}

/* Which one x is at, or NOWHERE. An infinite weight holds the anchor, kink or not: as the first one would. */
static unsigned at_kink(const crease_part *s, const kinks *k, double x)
{
    double near, t = offset(s, &k->psi, x, &near);
    if (is_forced(s)) return t == 0 ? 0 : NOWHERE;
    for (unsigned j = 0; j < k->n; j++)
        if (fabs(t - k->list[j].from) <= (k->list[j].from == 0 ? 0 : near)) return j;
    return NOWHERE;
}

static void signature(const crease_part *s, const double *x, crease_unit *unit)
{
    kinks k;
    for (size_t i = 0; i < s->n; i++) {
        load_kinks(s, i, &k);
        unsigned j = at_kink(s, &k, x[i]);
        unit[i] = j == NOWHERE ? FREE : j == 0 ? 0 : j + 1;
    }
}

static size_t dimension(const crease_part *s, const double *x, const crease_unit *unit)
{
    size_t sum = 0;
    (void)x;
    for (size_t i = 0; i < s->n; i++) sum += unit[i] == FREE;
    return sum;
}

/* At a kink: how far -g is inside w [left, right], from the end it is nearer to. */
static crease_margin kink_margin(const kink *at, double g, double w)
{
    double above = w * at->right + g, below = -g - w * at->left;
    double threshold = above < below ? w * at->right : -w * at->left;
    return (crease_margin){ .slack = fmin(above, below),
                            .size = NAN,
                            .threshold = isfinite(threshold) && threshold > 0 ? threshold : 0 };
}

/* Elsewhere: how far x is from the nearest kink. */
static double distance(const kinks *k, double x)
{
    double least = INFINITY;
    for (unsigned j = 0; j < k->n; j++) least = fmin(least, fabs(x - k->psi.anchor - k->list[j].from));
    return least;
}

static void margins(const crease_part *s, const double *x, const double *g, double w, crease_margin *unit)
{
    kinks k;
    for (size_t i = 0; i < s->n; i++) {
        load_kinks(s, i, &k);
        unsigned j = at_kink(s, &k, x[i]);
        if (j == NOWHERE) unit[i] = (crease_margin){ .slack = NAN, .size = distance(&k, x[i]) };
        else if (is_forced(s)) unit[i] = (crease_margin){ .slack = INFINITY, .size = NAN };
        else unit[i] = kink_margin(&k.list[j], g[i], w);
    }
}

/* From c to the nearest end of an interval of c that a kink holds; to either end where c lies inside. */
static double entry_radius(const kinks *k, double c, double d, double w)
{
    crease_pieces mirrored = { .right = k->psi.left, .left = k->psi.right };
    double least = INFINITY, shifted = c - d * k->psi.anchor;
    for (unsigned j = 0; j < k->n; j++) {
        double high = crease_pieces_reach(&k->psi, k->list[j].from, d, w);
        double low = -crease_pieces_reach(&mirrored, -k->list[j].from, d, w);
        if (low <= high) least = fmin(least, fmin(fabs(shifted - low), fabs(shifted - high)));
    }
    return least;
}

static double radius(const crease_part *s, const double *c, const double *d, double w, const double *x)
{
    kinks k;
    double least = INFINITY;
    (void)x;
    if (is_forced(s)) return INFINITY;
    for (size_t i = 0; i < s->n; i++) {
        load_kinks(s, i, &k);
        least = fmin(least, entry_radius(&k, c[i], d[i], w));
    }
    return least;
}

/* --- the derivative of the oracle -------------------------------------------------------------------- */

/* psi'' at anchor + t, away from kinks. */
static double curvature_at(const crease_pieces *psi, double t)
{
    const crease_side *side = t < 0 ? &psi->left : &psi->right;
    unsigned k = 0;
    while (k + 1 < side->n && fabs(t) > side->piece[k].end) k++;
    return side->n > 0 ? side->piece[k].curvature : 0;
}

/* Where a kink holds x the derivative is 0. */
static void linearize(const crease_part *s, const double *u, double L, double w, const double *x, void *state)
{
    crease_rank_one J = crease_rank_one_at(s, state);
    kinks k;
    (void)u;
    crease_rank_one_clear(s, state);
    for (size_t i = 0; i < s->n; i++) {
        load_kinks(s, i, &k);
        if (is_forced(s) || at_kink(s, &k, x[i]) != NOWHERE) continue;
        J.a[i] = L / (L + w * curvature_at(&k.psi, x[i] - k.psi.anchor));
    }
}

const crease_math crease_math_entries = {
    .accepts = crease_numbers_refusal,
    .value = value,
    .residual = residual,
    .prox = prox,
    .dual_norm = dual_norm,
    .conjugate = conjugate,
    .scale = scale,
    .signature = signature,
    .dimension = dimension,
    .margins = margins,
    .radius = radius,
    CREASE_RANK_ONE_JACOBIAN(linearize),
};

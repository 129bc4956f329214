/* Penalties psi(x) = weight p(|x|_2) of a group, p made of quadratic pieces that never fall.
 *
 * On the sphere |x| = s the quadratic 1/2 x'Dx - c'x is least at x = (D + nu I)^-1 c, and its least value
 * has the derivative -nu s in s. A piece p'(s) = b + q s adds W p'(s) (W = w weight), so the least
 * objective on the sphere falls in s exactly where nu s > W p'(s), that is, as |(D + nu I)^-1 c| falls in
 * nu, where
 *     r(s) = | c / A(s) |_2 > 1,     A_i(s) = d_i s + W p'(s) = (d_i + W q) s + W b > 0.
 * 1/r is a power mean (of order -2, concave and increasing in each A_i) of affine functions: concave on the
 * whole piece, whatever the signs of d_i + W q. So r = 1 has at most two roots on a piece. The right one,
 * where r grows through 1, is a crest; only the left one can be a minimizer, and Newton's method for 1/r =
 * 1 from the left end climbs to it monotonically, or proves that there is none: its tangents lie above 1/r.
 * The step is
 *     s <- s + (r - 1)/m,     m = sum_i (c_i/A_i)^2 (A_i'/A_i) / r^2.
 * Apart from these roots, one a piece, only three kinds of points can be minimizers: 0, unless p starts
 * without a jump and |c| > W p'(0+); kinks s of p that are convex (or the end of the domain), with r > 1
 * before and r < 1 beyond, where W p' is replaced by the pull P with | c / (d s + P) | = 1: the same
 * equation in another unknown; and, where b = 0, roots that need no iteration. The best of these few is a
 * global minimizer in every diagonal metric, convex or not: usual statements ask for more, for the minimax
 * concave penalty that min d gamma > w. (Secular equations: More and Sorensen, SIAM J. Sci. Stat. Comput. 4
 * (1983); group penalties: Breheny and Huang, Stat. Comput. 25 (2015), in the identity metric.)
 *
 * Identification radius: the c whose minimizer is 0 form a convex set Z (the objective's minimum is concave
 * in c). See `radius`. */
#include "radial.h"

#include <cblas.h>
#include <float.h>
#include <math.h>

#include "pieces.h"
#include "sum.h"

enum { MOST_STEPS = 200 };

#define NEAR_ONE (4 * DBL_EPSILON)

/* A_i = d d_i + p, moving by d_move d_i + p_move. */
typedef struct line {
    double d, p, d_move, p_move;
} line;

typedef struct mean {
    double r, m;
} mean;

static double norm(size_t n, const double *x)
{
    return cblas_dnrm2((blasint)n, x, 1); /* scaled against overflow */
}

static double ratio(const crease_radial *q, line a, size_t i)
{
    return q->c[i] == 0 ? 0 : q->c[i] / (a.d * q->d[i] + a.p);
}

static double largest_ratio(const crease_radial *q, line a)
{
    double largest = 0;
    for (size_t i = 0; i < q->n; i++) largest = fmax(largest, fabs(ratio(q, a, i)));
    return largest;
}

/* Sums of (unit ratio)^2 and of that times A'/A. */
static void sums(const crease_radial *q, line a, double unit, double *square, double *moved)
{
    crease_sum sum = { 0 }, sum_moved = { 0 };
    for (size_t i = 0; i < q->n; i++) {
        if (q->c[i] == 0) continue;
        double inverse = 1 / (a.d * q->d[i] + a.p), u = unit * (q->c[i] * inverse);
        crease_sum_add(&sum, u * u);
        crease_sum_add(&sum_moved, u * u * ((a.d_move * q->d[i] + a.p_move) * inverse));
    }
    *square = crease_sum_value(&sum);
    *moved = crease_sum_value(&sum_moved);
}

static mean look(const crease_radial *q, line a)
{
    double square, moved, unit = 1;
    sums(q, a, unit, &square, &moved);
    if (!(square > 1e-280 && square < 1e280)) {
        double largest = largest_ratio(q, a);
        if (largest == 0 || isinf(largest)) return (mean){ largest, NAN };
        unit = 1 / largest;
        sums(q, a, unit, &square, &moved);
    }
    return (mean){ sqrt(square) / unit, moved / square };
}

static line on_piece(const crease_radial *q, const crease_piece *piece, double s)
{
    double pull = q->w * fmax(piece->slope + piece->curvature * s, 0); /* below 0: rounding at its end */
    return (line){ q->stretch * s, pull, q->stretch, q->w * piece->curvature };
}

/* --- candidates ---------------------------------------------------------------------------------- */

/* c'x in units of `unit`. */
static double pairing(const crease_radial *q, double along, double pull, double unit)
{
    crease_sum sum = { 0 };
    line a = { q->stretch * along, pull, 0, 0 };
    for (size_t i = 0; i < q->n; i++) crease_sum_add(&sum, q->c[i] / unit * (along * ratio(q, a, i)));
    return crease_sum_value(&sum);
}

/* A stationary point of length t: (D + P/t I) x = c, so its objective is W p(t) - (c'x + P t)/2. */
static void offer(const crease_radial *q, double along, double pull, double t, double multiplier, double unit,
                  crease_radial_point *best)
{
    double value = q->w > 0 ? q->w * crease_side_value(&q->p, t, t * NEAR_ONE) : 0;
    double least = value / unit - (pairing(q, along, pull, unit) + multiplier / unit * t) / 2;
    if (!(least < best->least)) return;
    best->along = along;
    best->pull = pull;
    best->length = t;
    best->least = least;
}

/* Newton from the left end `lo` of a piece, where r > 1 by `excess`; false: no root up to hi. */
static bool climb(const crease_radial *q, const crease_piece *piece, double lo, double hi, double excess,
                  double *s, unsigned *steps)
{
    mean at = look(q, on_piece(q, piece, lo));
    *s = lo;
    for (unsigned k = 0; k < MOST_STEPS; k++) {
        double next = *s + excess / at.m;
        ++*steps;
        if (!(at.m > 0)) return false;
        if (next <= *s) return true; /* the step is below rounding */
        if (next >= hi) {
            *s = hi;
            return isfinite(hi) && look(q, on_piece(q, piece, hi)).r <= 1 + NEAR_ONE;
        }
        *s = next;
        at = look(q, on_piece(q, piece, next));
        excess = at.r - 1;
        if (excess <= NEAR_ONE) return true;
    }
    return true;
}

/* b = 0: A is proportional to s. */
static void try_straight(const crease_radial *q, const crease_piece *piece, double lo, double unit,
                         crease_radial_point *best)
{
    double pull = q->w * piece->curvature, t = look(q, (line){ q->stretch, pull, 0, 0 }).r;
    if (!(t >= lo * (1 - NEAR_ONE) && t <= piece->end && t > 0 && t < INFINITY)) return;
    offer(q, 1, pull, t, pull * t, unit, best);
}

static void try_piece(const crease_radial *q, const crease_piece *piece, double lo, double size, double unit,
                      crease_radial_point *best)
{
    double start = q->w * piece->slope, excess, s = lo;
    if (start == 0) {
        try_straight(q, piece, lo, unit, best);
        return;
    }
    excess = lo == 0 ? (size - start) / start : look(q, on_piece(q, piece, lo)).r - 1;
    bool found = lo > 0 && fabs(excess) <= NEAR_ONE;
    if (!found && excess > 0) found = climb(q, piece, lo, piece->end, excess, &s, &best->iterations);
    if (!found) return;
    double pull = on_piece(q, piece, s).p;
    offer(q, s, pull, s, pull, unit, best);
}

/* Norm of the entries of c where d = 0; *other: whether c has others that are not 0. */
static double flat_pull(const crease_radial *q, bool *other)
{
    double flat = 0;
    *other = false;
    for (size_t i = 0; i < q->n; i++) {
        if (q->d[i] == 0) flat = hypot(flat, q->c[i]);
        else *other |= q->c[i] != 0;
    }
    return flat;
}

/* Convex kinks: r > 1 for the slope before, r < 1 for the one beyond. Newton's method in P, from the slope
 * before or from what the flat directions pull. */
static void try_kink(const crease_radial *q, double s, double before, double beyond, double unit,
                     crease_radial_point *best)
{
    bool other;
    double low = q->w * before, flat = flat_pull(q, &other);
    line a = { q->stretch * s, fmax(low, flat), 0, 1 };
    if (!(before < beyond)) return;
    if (isfinite(beyond) && look(q, (line){ a.d, q->w * beyond, 0, 1 }).r >= 1) return;
    mean at = look(q, a);
    if (a.p == low && !(at.r > 1)) return;
    for (unsigned k = 0; k < MOST_STEPS && at.r - 1 > DBL_EPSILON; k++) {
        double pull = a.p + (at.r - 1) / at.m;
        best->iterations++;
        if (!(pull > a.p)) break;
        a.p = pull;
        at = look(q, a);
    }
    offer(q, s, a.p, s, a.p, unit, best);
}

/* --- the oracle ---------------------------------------------------------------------------------- */

/* max |c_i|; NaN unless c and d are finite. */
static double check(const crease_radial *q)
{
    double largest = 0;
    for (size_t i = 0; i < q->n; i++) {
        if (!isfinite(q->c[i]) || !isfinite(q->d[i])) return NAN;
        largest = fmax(largest, fabs(q->c[i]));
    }
    return largest;
}

/* The last piece goes on for ever and is a line: c pulls harder than its slope where d = 0. At equality the
 * infimum lies at infinity, unless nothing else pulls. */
static bool unbounded(const crease_radial *q)
{
    const crease_piece *last = &q->p.piece[q->p.n - 1];
    bool other;
    double pull = q->w * last->slope, flat = flat_pull(q, &other);
    if (isfinite(last->end) || q->w * last->curvature != 0) return false;
    return flat > 0 && (flat > pull || (flat == pull && other));
}

int crease_radial_solve(const crease_radial *q, crease_radial_point *best)
{
    double unit = check(q), lo = 0;
    *best = (crease_radial_point){ 0 };
    if (isnan(unit)) return CREASE_ENAN;
    if (unit == 0 || isinf(q->w) || q->p.n == 0) return CREASE_OK;
    if (unbounded(q)) return CREASE_EUNBOUNDED;
    double size = norm(q->n, q->c);
    if (size > q->w * crease_side_start(&q->p)) best->least = INFINITY; /* 0 is no minimizer */
    for (unsigned j = 0; j < q->p.n; j++) {
        const crease_piece *piece = &q->p.piece[j], *next = j + 1 < q->p.n ? piece + 1 : NULL;
        if (piece->end <= lo) continue;
        try_piece(q, piece, lo, size, unit, best);
        lo = piece->end;
        if (isinf(lo)) break;
        try_kink(q, lo, piece->slope + piece->curvature * lo,
                 next ? next->slope + next->curvature * lo : INFINITY, unit, best);
    }
    return isinf(best->least) ? CREASE_EUNBOUNDED : CREASE_OK; /* none, or too far for a double */
}

void crease_radial_fill(const crease_radial *q, const crease_radial_point *point, double *x)
{
    line a = { q->stretch * point->along, point->pull, 0, 0 };
    for (size_t i = 0; i < q->n; i++)
        x[i] = point->along == 0 ? 0 : point->along * ratio(q, a, i) + 0.0; /* no -0 where it underflows */
}

/* --- the regularizer ----------------------------------------------------------------------------- */

static crease_side side_of(const crease_part *s)
{
    crease_pieces psi;
    s->type->pieces(s, 0, &psi);
    return psi.right;
}

static double near_to(const crease_part *s, double t)
{
    return 8 * fmax(s->roundoff, DBL_EPSILON) * t;
}

static double radial_value(const crease_part *s, const double *x)
{
    crease_side p = side_of(s);
    double t = norm(s->n, x), value = crease_side_value(&p, t, near_to(s, t));
    if (isinf(s->weight)) return t == 0 ? 0 : INFINITY;
    return value == 0 ? 0 : s->weight == 0 && isfinite(value) ? 0 : s->weight * value;
}

/* At 0: a ball, or everything where p jumps. Elsewhere an interval, or two points, on the ray through x. */
static double radial_residual(const crease_part *s, const double *x, const double *g, double w)
{
    crease_side p = side_of(s);
    double t = norm(s->n, x), before, beyond, weight = w * s->weight, tangential = 0;
    if (t == 0) return isinf(weight) ? 0 : fmax(norm(s->n, g) - weight * crease_side_start(&p), 0);
    if (isinf(weight)) return INFINITY;
    crease_side_slopes(&p, t, near_to(s, t), &before, &beyond);
    if (isinf(before)) return INFINITY;
    double pull = 0;
    for (size_t i = 0; i < s->n; i++) pull += g[i] * (x[i] / t);
    for (size_t i = 0; i < s->n; i++) tangential = hypot(tangential, g[i] - pull * (x[i] / t));
    return hypot(tangential, crease_slopes_distance(before, beyond, pull, weight));
}

static int radial_prox(const crease_part *s, const double *c, const double *d, double w, double *x,
                       crease_prox_info *info)
{
    crease_radial q = { s->n, c, d, w * s->weight, 1, side_of(s) };
    crease_radial_point best;
    int code = crease_radial_solve(&q, &best);
    if (code != CREASE_OK) return code;
    crease_radial_fill(&q, &best, x);
    info->iterations = best.iterations;
    return CREASE_OK;
}

static double radial_scale(const crease_part *s)
{
    crease_side p = side_of(s);
    double slope = crease_side_scale(&p);
    return slope == 0 ? 0 : s->weight * slope;
}

/* What the gradient tells: nothing can move a zero off a jump. */
static void radial_margins(const crease_part *s, const double *x, const double *g, double w,
                           crease_margin *unit)
{
    crease_side p = side_of(s);
    double t = norm(s->n, x), start = crease_side_start(&p), weight = w * s->weight;
    if (t > 0) *unit = (crease_margin){ NAN, t, 0 };
    else if (isinf(start) || isinf(weight)) *unit = (crease_margin){ INFINITY, NAN, 0 };
    else *unit = (crease_margin){ weight * start - norm(s->n, g), NAN, weight * start };
}

/* Z, the set of the c whose minimizer is 0, is convex, and the radius is the distance of c from its
 * boundary. From outside: the minimizer x has the objective -e < 0, and Z lies beyond the half-space <., x>
 * <= <c, x> - e, at e/|x|; and Z lies in the ball of radius W p'(0+). From inside: Z holds the ball of
 * radius T, the threshold of the scalar metric min d. If it holds stretch * c as well, it holds the ball of
 * radius (1 - 1/stretch) T around c. */
static double zero_radius(crease_radial *q)
{
    crease_radial_point at;
    double least = INFINITY, size = norm(q->n, q->c);
    for (size_t i = 0; i < q->n; i++) least = fmin(least, q->d[i]);
    double threshold = crease_side_threshold(&q->p, least, q->w);
    double w = q->w, radius = threshold - size;
    for (double more = 1; threshold > 0 && radius <= 0 && more > DBL_EPSILON; more /= 2) {
        q->stretch = 1 / (1 + more); /* the problem for (1 + more) c, divided by 1 + more */
        q->w = w / (1 + more);
        if (crease_radial_solve(q, &at) == CREASE_OK && at.along == 0)
            radius = threshold * (more / (1 + more));
    }
    return fmax(radius, 0);
}

static double radial_radius(const crease_part *s, const double *c, const double *d, double w, const double *x)
{
    crease_radial q = { s->n, c, d, w * s->weight, 1, side_of(s) };
    crease_radial_point best;
    if (isinf(q.w) || s->n == 0) return INFINITY;
    if (norm(s->n, x) == 0) return zero_radius(&q);
    double start = q.w * crease_side_start(&q.p), unit = 0, half_space = 0;
    if (crease_radial_solve(&q, &best) == CREASE_OK && best.length > 0) {
        for (size_t i = 0; i < s->n; i++) unit = fmax(unit, fabs(c[i]));
        half_space = -best.least * unit / best.length;
    }
    return fmax(fmax(half_space, norm(s->n, c) - start), 0);
}

const crease_math crease_math_radial = {
    .value = radial_value,
    .residual = radial_residual,
    .prox = radial_prox,
    .scale = radial_scale,
    .margins = radial_margins,
    .radius = radial_radius,
};

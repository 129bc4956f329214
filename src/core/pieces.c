/* One side of a penalty made of quadratic pieces; what pieces.h says. */
#include "pieces.h"

#include <math.h>

#define crease_real     double
#define CREASE_CPU_BITS 64
#include "backend/formulas/pieces.h"

double crease_side_prox(const crease_side *side, double c, double d, double w, double *drop)
{
    double fallen, t = crease_side_scan(side, c, d, w, &fallen);
    if (drop) *drop = fallen;
    return t;
}

double crease_side_conjugate(const crease_side *side, double y)
{
    double drop;
    crease_side_prox(side, y, 0, 1, &drop);
    return drop;
}

static double slope_of(const crease_piece *piece, double t)
{
    return piece->slope + piece->curvature * t;
}

double crease_side_value(const crease_side *side, double t, double near)
{
    if (t <= 0) return 0;
    double sum = side->jump, lo = 0;
    for (unsigned k = 0; k < side->n && lo < t; k++) {
        double hi = fmin(side->piece[k].end, t);
        sum += (hi - lo) * slope_of(&side->piece[k], 0.5 * (lo + hi));
        lo = hi;
    }
    return t - lo <= near && side->n > 0 ? sum : INFINITY;
}

void crease_side_slopes(const crease_side *side, double t, double near, double *left, double *right)
{
    const crease_piece *piece = side->piece;
    unsigned k = 0;
    *left = *right = INFINITY;
    while (k < side->n && t > piece[k].end + near) k++;
    if (k == side->n) return;
    *left = slope_of(&piece[k], t);
    if (t < piece[k].end - near) *right = *left;
    else if (k + 1 < side->n) *right = slope_of(&piece[k + 1], t);
}

double crease_side_start(const crease_side *side)
{
    return side->n == 0 || side->jump > 0 ? INFINITY : side->piece[0].slope;
}

double crease_side_scale(const crease_side *side)
{
    double largest = 0, lo = 0;
    for (unsigned k = 0; k < side->n; k++) {
        largest = fmax(largest, fabs(slope_of(&side->piece[k], lo)));
        lo = side->piece[k].end;
    }
    return largest;
}

double crease_slopes_distance(double left, double right, double g, double w)
{
    if (left == INFINITY || right == -INFINITY) return INFINITY;
    double low = w * left + g, high = w * right + g;
    if (left > right) return fmin(fabs(low), fabs(high));
    return low > 0 ? low : high < 0 ? -high : 0;
}

/* --- thresholds ------------------------------------------------------------------------------------ */

/* A walk to the right from a point p: the least of  h(u) = shift + d/2 u + w (psi(p + u) - psi(p))/u  so
 * far. */
typedef struct {
    double d, w, shift, least;
    double rise; /* psi(p + u) - psi(p) where the walk is */
} reach;

static void reach_to(reach *r, double u)
{
    if (u > 0) r->least = fmin(r->least, r->shift + 0.5 * r->d * u + r->w * r->rise / u);
}

/* Over u from lo to hi with psi' = slope + curvature u. w (psi(p + u) - psi(p)) = a + w slope u + w
 * curvature/2 u^2 makes h(u) = shift + w slope + pull/2 u + a/u: with a > 0 least at sqrt(2 a/pull),
 * otherwise at an end. */
static void reach_over(reach *r, double lo, double hi, double slope, double curvature)
{
    double a = r->w * (r->rise - lo * (slope + 0.5 * curvature * lo)), pull = r->d + r->w * curvature;
    double base = r->shift + r->w * slope, u = a > 0 && pull > 0 ? sqrt(2 * a / pull) : lo;
    u = fmin(fmax(u, lo), hi);
    if (u > 0) r->least = fmin(r->least, base + 0.5 * pull * u + a / u);
    else if (a <= 0) r->least = fmin(r->least, base);
    if (isinf(hi) && pull <= 0) r->least = pull < 0 ? -INFINITY : fmin(r->least, base);
    if (isinf(hi)) return;
    r->rise += (hi - lo) * (slope + 0.5 * curvature * (lo + hi));
    reach_to(r, hi);
}

/* Over what lies right of `from` on the right side; anchor and from apart. */
static void reach_right(reach *r, const crease_side *side, double from)
{
    double lo = 0;
    for (unsigned k = 0; k < side->n; k++) {
        const crease_piece *piece = &side->piece[k];
        if (piece->end > from)
            reach_over(r, fmax(lo, from) - from, piece->end - from, slope_of(piece, from), piece->curvature);
        lo = piece->end;
    }
}

/* From a point of the left side to the anchor. */
static void reach_anchor(reach *r, const crease_side *side, double from)
{
    for (unsigned k = side->n; k-- > 0;) {
        const crease_piece *piece = &side->piece[k];
        double lo = fmax(-piece->end, from), hi = k > 0 ? -side->piece[k - 1].end : 0;
        if (hi > from) reach_over(r, lo - from, hi - from, -slope_of(piece, -from), piece->curvature);
    }
    r->rise -= side->jump;
    reach_to(r, -from);
}

double crease_pieces_reach(const crease_pieces *psi, double from, double d, double w)
{
    reach r = { .d = d, .w = w, .shift = d * from, .least = INFINITY };
    if (from < 0) reach_anchor(&r, &psi->left, from);
    if (from <= 0) r.rise += psi->right.jump;
    reach_right(&r, &psi->right, from);
    return r.least;
}

double crease_side_threshold(const crease_side *side, double d, double w)
{
    reach r = { .d = d, .w = w, .least = INFINITY, .rise = side->jump };
    reach_right(&r, side, 0);
    return r.least;
}

/* The oracle of a penalty that is quadratic by pieces, on one side of its anchor:
 *     min over t >= 0 of  1/2 d t^2 - c t + w side(t)
 *
 * One pass over the pieces, outwards. `lead` is how far the best point so far lies below the point the pass
 * has reached, never less than 0. Objective values are not compared: two points at distance e of a
 * minimizer differ by e^2 there, so that rounding would take a breakpoint for the minimizer sqrt(rounding)
 * beside it. Changes are integrated from the slopes instead. Where the side is convex the signs of the
 * slopes alone decide. */
#ifndef CREASE_FORMULA_PIECES_H
#define CREASE_FORMULA_PIECES_H

#include "crease/regularizer.h"
#include "formula.h"

/* Best point so far, how far it lies below t = 0 (more than 0 unless it is t = 0), and below the end
 * reached. */
typedef struct crease_scan {
    crease_lane best, drop, lead;
} crease_scan;

/* Move to `at` where it lies below the best point. */
CREASE_FORMULA void crease_scan_compare(crease_scan *scan, crease_lane at)
{
    crease_mask better = scan->lead < 0;
    scan->best = crease_pick(better, at, scan->best);
    scan->drop = crease_pick(better, scan->drop - scan->lead, scan->drop);
    scan->lead = crease_pick(better, crease_all(0), scan->lead);
}

/* Over one piece from lo to hi, where the slope of the objective is curvature t - pull. */
CREASE_FORMULA void crease_scan_piece(crease_scan *scan, crease_real lo, crease_real hi, crease_lane curvature,
                                      crease_lane pull)
{
    crease_lane first = curvature * lo - pull, last = curvature * hi - pull, twice = curvature + curvature;
    crease_mask inside = (curvature > 0) & (first < 0) & (last > 0); /* a minimizer of the piece */
    crease_lane t = pull / curvature;
    t = crease_pick(t < lo, crease_all(lo), crease_pick(t > hi, crease_all(hi), t));
    crease_scan turned = { scan->best, scan->drop, scan->lead - first * first / twice };
    crease_scan_compare(&turned, t);
    turned.lead += last * last / twice;
    scan->lead += (hi - lo) * ((first + last) * (crease_real)0.5);
    crease_scan_compare(scan, crease_all(hi));
    scan->best = crease_pick(inside, turned.best, scan->best);
    scan->drop = crease_pick(inside, turned.drop, scan->drop);
    scan->lead = crease_pick(inside, turned.lead, scan->lead);
}

/* Over the rest of the line. True where the objective falls for ever. */
CREASE_FORMULA crease_mask crease_scan_rest(crease_scan *scan, crease_real lo, crease_lane curvature,
                                            crease_lane pull)
{
    crease_lane first = curvature * lo - pull, t = pull / curvature;
    crease_mask inside = (curvature > 0) & (first < 0);
    crease_scan turned = { scan->best, scan->drop, scan->lead - first * first / (curvature + curvature) };
    crease_scan_compare(&turned, crease_pick(t < lo, crease_all(lo), t));
    scan->best = crease_pick(inside, turned.best, scan->best);
    scan->drop = crease_pick(inside, turned.drop, scan->drop);
    return (curvature < 0) | ((curvature <= 0) & (first < 0));
}

/* The minimizer, and in *drop how far it lies below t = 0: more than 0 unless it is t = 0. Infinite, both
 * of them, where there is none. c and d are no NaN. w side(t) is finite where side(t) is. */
CREASE_FORMULA crease_lane crease_side_scan(const crease_side *side, crease_lane c, crease_lane d, crease_lane w,
                                            crease_lane *drop)
{
    crease_lane none = crease_all(0), endless = crease_all(INFINITY);
    crease_scan scan = { none, none, w * (crease_real)side->jump };
    crease_mask unbounded = none < 0;
    crease_real lo = 0;
    for (unsigned k = 0; k < side->n; k++) {
        crease_real hi = (crease_real)side->piece[k].end;
        crease_lane curvature = d + w * (crease_real)side->piece[k].curvature;
        crease_lane pull = c - w * (crease_real)side->piece[k].slope;
        if (isinf(hi)) unbounded = crease_scan_rest(&scan, lo, curvature, pull);
        else crease_scan_piece(&scan, lo, hi, curvature, pull);
        lo = hi;
    }
    *drop = crease_pick(unbounded, endless, scan.drop);
    return crease_pick(unbounded, endless, scan.best);
}

#endif

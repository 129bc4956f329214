/* Penalties of one number that are quadratic by pieces: what l1, MCP, a box or a hard threshold have in common.
 * Numbers, not code: one scan over the pieces is the exact oracle of them all.                           */
#ifndef CREASE_PIECES_DATA_H
#define CREASE_PIECES_DATA_H

/* A penalty of one number, piece by piece quadratic and lower semicontinuous, on both sides of an anchor:
 *   psi(anchor + t) = value + right(t),  psi(anchor - t) = value + left(t)  for t >= 0.
 * A side jumps by `jump` >= 0 just beyond t = 0; then side'(t) = slope + curvature t on
 * (end of the piece before, end]. Beyond the last end it is infinite; a side without pieces is infinite. */
enum { CREASE_MOST_PIECES = 4 };

typedef struct crease_piece {
    double end, slope, curvature;
} crease_piece;

typedef struct crease_side {
    double jump;
    unsigned n;
    crease_piece piece[CREASE_MOST_PIECES];
} crease_side;

typedef struct crease_pieces {
    double anchor, value;
    crease_side right, left;
} crease_pieces;

#endif

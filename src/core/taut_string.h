/* The shortest string from (0, 0) past a row of gates, each gate an interval of heights at its place, to a
 * given end. Its slopes are the least in every convex sense among all paths through the gates: here, in
 * the sum of squares. Davies and Kovac, Ann. Statist. 29 (2001); the funnel of Lee and Preparata, Networks
 * 14 (1984). O(n). */
#ifndef CREASE_TAUT_STRING_H
#define CREASE_TAUT_STRING_H

#include <stddef.h>

typedef struct crease_post {
    double at, height;
} crease_post;

/* One side of the funnel of what can be seen from the string's last bend: the upper side bends upwards, and
 * the lower one downwards.                                                                               */
typedef struct crease_hull {
    crease_post *post;
    size_t first, end;
    double sign;
} crease_hull;

typedef struct crease_taut {
    crease_post bend;
    crease_hull side[2];
    double least, most; /* slopes are clamped to this range ... */
    double norm;        /* ... before the root of the sum of their squares, one an unit of length */
} crease_taut;

size_t crease_taut_work(size_t gates); /* bytes */
void crease_taut_begin(crease_taut *s, void *work, size_t gates, double least, double most);
/* Gates come in order of `at`, 1, 2, ...; an infinite end of one is no obstacle. */
void crease_taut_gate(crease_taut *s, double at, double low, double high);
double crease_taut_end(crease_taut *s, double at, double height); /* the norm */

#endif

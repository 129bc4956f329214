/* A tap that judges every inner solve of a run against the truth, and checks the theorems: what the diagnostics
 * `truth` and `theory` report. It changes nothing in the run but its time.                                       */
#ifndef CREASE_INSPECTION_H
#define CREASE_INSPECTION_H

#include "crease/algorithm.h"
#include "crease/theory.h"

/* The verdicts on the solves of one step, over all terms. */
typedef struct crease_step_truth {
    size_t solves;
    size_t uncertified;    /* whose reference is not certified: their verdicts do not count below */
    double claimed;        /* largest threshold of an inexactness test; NAN: none */
    double certificate;    /* largest relative one, of the answers */
    double gap, distance;  /* true ones: the sum, and the root of the sum of squares */
    double log_oversolve;  /* sum over ... */
    size_t tested;         /* ... so many solves */
    size_t wrongly_zero, wrongly_live, by_precision, beyond_radius;
} crease_step_truth;

typedef struct crease_inspection {
    crease_ctx *ctx;
    bool judges, checks;    /* what it is for: verdicts, theorems */
    crease_tap tap;         /* to be put in front of the algorithm's */
    crease_step_truth step; /* of the last step */
    unsigned long t;        /* the step that is */
    crease_theory theory;   /* what was checked in that step, and violated */
} crease_inspection;

/* Fill a zeroed inspection. Free what it has allocated with the other. */
void crease_inspection_init(crease_ctx *ctx, bool judges, bool checks, crease_inspection *inspection);
void crease_inspection_free(crease_inspection *inspection);

#endif

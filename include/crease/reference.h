/* Reference solutions: a minimizer of F = f + psi found to near the precision of the arithmetic, with what certifies
 * its active manifold. They are what identification is judged against.                                          */
#ifndef CREASE_REFERENCE_H
#define CREASE_REFERENCE_H

#include "crease/regularizer.h"

/* Where |grad_g f| reaches threshold (1 - this), the unit counts as tight. */
#define CREASE_TIGHT 1e-9

typedef struct crease_reference {
    size_t n, units;      /* parameters; signature units of all terms, one term after the other */
    double *x;            /* n: the minimizer, an output of the proximal map */
    double *gradient;     /* n: of f at x; minus the dual certificate */
    crease_unit *unit;    /* units: the signature of x */
    crease_margin *margin; /* units */
    unsigned char *tight; /* units: the equicorrelation set: live, or the slack is below CREASE_TIGHT thresholds. Every
                             minimizer's live units are among these */
    double objective;     /* F(x) */
    double certificate;   /* max over parts g of dist(0, grad_g f + dpsi_g) / max(|grad_g f|, scale_g); for entries in no
                             term, their gradient against the largest scale */
    double delta;         /* least slack over active units, the largest violation being negative; NAN: no active unit */
    double Delta;         /* least size of the other units; NAN: all are active */
    double least_eigenvalue; /* of the second derivative of F along the tight set, by Lanczos' method: with more than
                                400 dimensions an upper bound. NAN: not known */
    double largest_eigenvalue;
    bool unique;          /* the least eigenvalue is above rounding: for convex f there is no other minimizer (else, no
                             other one nearby) */
    bool degenerate;      /* unique, but an active unit is tight, or a live one is zero but for rounding (smaller than
                             CREASE_TIGHT of the largest): the manifold is not stable */
    unsigned long iterations;
    double seconds;
    char solver[64];      /* that found it */
    char source[600];     /* which data, in words */
    char hash[65];        /* of the problem and the terms, hexadecimal */
} crease_reference;

/* HDF5, with a checksum. Errors: EIO, EPARSE, ENOMEM; what was read before is freed by crease_reference_free. */
int crease_reference_read(crease_ctx *ctx, const char *path, crease_reference *r);
int crease_reference_write(crease_ctx *ctx, const char *path, const crease_reference *r);
void crease_reference_free(crease_ctx *ctx, crease_reference *r); /* zeroed is fine */

#endif

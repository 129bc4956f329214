/* How far a point is from stationarity of F = f + psi, whatever method found it: the least subgradient
 *
 *     min { |s| : s in grad f(x) + dpsi(x) },
 *
 * part by part, as it is and relative to what the part's terms are made of. It is computed in double by the
 * regularizers' own mathematics and by no line of any solver.                                                  */
#ifndef CREASE_KKT_H
#define CREASE_KKT_H

#include "crease/regularizer.h"

typedef struct crease_kkt {
    crease_ctx *ctx;
    size_t n, n_terms, n_free;
    const crease_term *terms; /* not owned */
    uint32_t *free;           /* entries in no term */
    double *piece[2], *work;  /* of the largest part */
    double scale;             /* the largest finite one of a part; 1 where there is none */
} crease_kkt;

typedef struct crease_kkt_residual {
    double absolute; /* |least subgradient| */
    double relative; /* max over parts of dist(0, g + dpsi) / max(|g|, scale of the part), the largest scale standing in
                        where a part has none; for the entries in no term |g| / the largest scale. 0 at a solution, 1 at
                        a point that means nothing */
} crease_kkt_residual;

/* The terms must outlive it. Errors: ENOMEM. */
int crease_kkt_create(crease_ctx *ctx, size_t n, const crease_term *terms, size_t n_terms, crease_kkt *kkt);
void crease_kkt_free(crease_kkt *kkt);
/* x, g: n doubles on the host, a point and grad f there. Allocates nothing. */
crease_kkt_residual crease_kkt_measure(const crease_kkt *kkt, const double *x, const double *g);

#endif

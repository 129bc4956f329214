/* Exact oracles in a metric that is diagonal plus or minus rank one, V = D + sign u u' (quasi-Newton
 * metrics):
 *
 *   min_x  1/2 x'Vx - c'x + w psi(x)                                                                     */
#ifndef CREASE_LOW_RANK_H
#define CREASE_LOW_RANK_H

#include "crease/subproblem.h"

typedef struct crease_low_rank_info {
    unsigned evaluations; /* of the oracle in the metric D */
    double beta;          /* u'x */
    double kappa;         /* u'D^-1 u */
    double absolute;      /* certificate: the norm of the least subgradient at x, found by other means */
    double relative;      /* absolute / max(|c|, w max_g lambda_g) */
} crease_low_rank_info;

/* The minimizer for every psi that is convex and separable (a sum over entries), D being p's metric, d > 0.
 * Reads c, d, scalar, w, psi and groups of p; c and d may belong to any backend, u and x hold n doubles on
 * the host and x may be u. Entries in no group are unpenalized. O(n) for each evaluation, a dozen of them as
 * a rule.
 *
 * With beta = u'x the minimizer in V is the one in D for c - sign beta u, so beta is the root of
 * phi(beta) = beta - u'prox(c - sign beta u). phi rises, with slopes from 1 to 1 + kappa for sign 1, from 1 -
 * kappa to 1 for sign -1. Source: Becker and Fadili, NIPS 2012; Becker, Fadili and Ochs, SIAM J. Optim. 29
 * (2019).
 *
 * Errors: EINVAL (sign is not 1 or -1; d not positive; sign -1 and kappa >= 1: V is not positive definite),
 * ENOTSUP (psi is not convex: phi may have no root; psi couples entries; groups overlap), ENAN, ENOMEM. info
 * may be NULL. */
int crease_prox_low_rank(const crease_subproblem *p, int sign, const double *u, double *x,
                         crease_low_rank_info *info);

#endif

/* Block descent for  min Q(x) = 1/2 x'Dx - c'x + psi(x),  D = diag(d) > 0,  psi a norm of groups
 * that share entries.
 *
 * A block is one group lasso in the metric D. It splits what reaches its list, b, into two:
 *
 *     b = D z + y,   z = argmin 1/2 z'Dz - b'z + r |z|,   |y| <= r,   y = r z/|z| unless z = 0.
 *
 * sum      psi(x) = sum_k r_k |x_k|: list k keeps y_k and passes D z on. The rest is c - sum_k y_k,
 *          and every block minimizes 1/2 |rest|^2 in D^-1, the dual, over its ball |y_k| <= r_k.
 *          The point is x = D^-1 rest.
 * latent   psi(x) = min sum_k r_k |v_k| over the ways to write x as a sum of v_k: list k keeps
 *          v_k = z and passes y on. The rest is u = c - D x, and every block minimizes Q, with
 *          sum_k r_k |v_k| for psi, over its v_k. Seen from the dual, where u is the point of all
 *          balls |u_k| <= r_k nearest to c in D^-1, these are Dykstra's projections.
 *
 * Up to a constant, both minimize 1/2 |rest|^2 in D^-1, plus sum_k r_k |v_k|: the objective of the
 * blocks. Lists come in order of size, which takes a tree from its leaves to its root.
 * Sources: Jenatton, Mairal, Obozinski and Bach, JMLR 12 (2011); Obozinski, Jacob and Vert, arXiv
 * 1110.0413; Dykstra, JASA 78 (1983). */
#ifndef CREASE_DUAL_GROUPS_H
#define CREASE_DUAL_GROUPS_H

#include "latent.h"

typedef struct crease_dual_groups {
    crease_lists lists;
    bool latent;
    const double *c;
    double *d;                /* n, a ridge included */
    double *kept, *last;      /* lists.total: the y_k or v_k; those before the last sweep */
    double *rest, *last_rest; /* n; c on entries in no list */
    unsigned char *live;      /* per list: whether its last z was not 0 */
    unsigned row;             /* sweeps since the momentum was dropped */
    double *trial, *off;      /* lists.total; n */
    double *size;             /* per list */
    double *block, *block_d;  /* the largest list */
    crease_latent split;      /* latent: the problem that psi(x) is the least value of */
} crease_dual_groups;

void crease_dual_groups_carve(crease_dual_groups *o, crease_arena *arena, const crease_part *s,
                              bool latent);

/* The lists of factor psi; the caller has set c and d. Nothing is kept. False: a group lists an
 * entry twice. */
bool crease_dual_groups_build(crease_dual_groups *o, const crease_part *s, double factor);

/* Start from x. sum: adopt (below), except where one sweep from nothing is exact. latent: the v_k
 * whose norms psi(x) adds up, unless Q is lower at 0. */
void crease_dual_groups_warm(crease_dual_groups *o, const double *x);

/* Every block once, from what is kept. False: what is computed overflows. */
bool crease_dual_groups_sweep(crease_dual_groups *o);

/* A sweep that starts ahead: by k/(k + 3) of the last move of what is kept, in the k-th of a row.
 * Where that makes the objective of the blocks rise it is undone, the row ends, and a plain sweep
 * follows. Adds the sweeps to *sweeps. */
bool crease_dual_groups_hurry(crease_dual_groups *o, size_t *sweeps);

/* The point of the last sweep. sum: D^-1 rest, and with `recovered` 0 on every list whose z was 0;
 * latent: the sum of the v_k. Entries in no list are c/d, or 0 where that is forced. */
void crease_dual_groups_point(const crease_dual_groups *o, bool recovered, double *x);

/* One step of the reweighted problem: |a| <= (|a|^2/s + s)/2 with s the present |a| makes of Q a
 * quadratic above it. Its minimizer, sums over the lists that hold i:
 *   sum      x_i = c_i/(d_i + sum r_k/|x_k|), where x_i is not 0;
 *   latent   v_k = t_k u, t_k = |v_k|/r_k, u_i = c_i/(1 + d_i sum t_k), to what is kept (x: NULL).
 * Q does not rise, and zeros stay. */
void crease_dual_groups_reweight(crease_dual_groups *o, double *x);

/* sum: the multipliers that x would have as a solution: y_k = r_k x_k/|x_k|; lists that are zero at
 * x keep theirs, and then take from D x - c + sum_k y_k what their balls hold, from the leaves to
 * the root. They take the place of what is kept if the dual is better there. */
void crease_dual_groups_adopt(crease_dual_groups *o, const double *x);

/* A bound of Q(x) - min Q from what is kept, a sum of terms >= 0 that are computed without
 * cancellation:
 *   sum      1/2 |D x - rest|^2 in D^-1 + sum_k (r_k |x_k| - <y_k, x_k>), for any x;
 *   latent   1/2 |(1 - t) u|^2 in D^-1 + sum_k (r_k |v_k| - t <u_k, v_k>), t <= 1 the largest with
 *            t u in all balls, for the point above. */
double crease_dual_groups_gap(crease_dual_groups *o, const double *x);

#endif

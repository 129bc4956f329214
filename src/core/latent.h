/* Groups that share entries: min sum_k r_k |v_k| over the ways to write x as a sum of v_k, v_k on list k
 * only (Jacob, Obozinski, Vert, ICML 2009). With |v| <= (t r + |v|^2 / (t r)) / 2 and T_i = sum of the t_k
 * of the lists that hold i, a best v_k is t_k u_k with one vector u, and both the norm of x and its oracle
 * are one problem in t >= 0, smooth and convex (the norm as an infimum over t: Obozinski, Jacob, Vert,
 * arXiv 1110.0413):
 *
 *     min 1/2 sum_k r_k^2 t_k + 1/2 sum_i c_i^2 / (d_i (e + d_i T_i)),     u_i = c_i / (e + d_i T_i),
 *     derivative in t_k:  (r_k^2 - |u_k|^2) / 2,     x_i = T_i u_i;
 *
 * oracle: e = 1, u = c - Dx;   norm of a given x: c = x, d = 1, e = 0, u a subgradient. */
#ifndef CREASE_LATENT_H
#define CREASE_LATENT_H

#include "lists.h"

typedef struct crease_latent {
    crease_lists lists;
    const double *c, *d; /* d NULL: 1 */
    double e, damping;
    double *t, *total, *u;                                                    /* per list; n; n */
    double *trial, *best, *gradient, *diag, *step, *rest, *direction, *image; /* per list */
    double *weight, *mixed;                                                   /* n */
    double *v, *block, *block_d; /* the lists' v_k; the largest list */
    unsigned char *bound;        /* per list */
} crease_latent;

void crease_latent_carve(crease_latent *p, crease_arena *arena, const crease_part *s);

/* From t to the best t that Newton's method finds, with its T and u. Returns its steps. */
unsigned crease_latent_minimize(crease_latent *p, unsigned most);

/* |u_k| of list k. */
double crease_latent_norm(crease_latent *p, size_t k, const double *u);

#endif

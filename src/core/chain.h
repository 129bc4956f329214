/* Penalties on the chain of a part's entries:
 *     sum_k edge_k |x_{k+1} - x_k| + sum_i size_i |x_i|
 * What tv1d and fused share. The oracle (chain_prox.c) and the certificate (chain.c) have no line in
 * common. */
#ifndef CREASE_CHAIN_H
#define CREASE_CHAIN_H

#include "crease/regularizer.h"

typedef struct crease_chain {
    const crease_part *s;
    double edge, size;                    /* what multiplies the numbers below: w, the group's weight ... */
    const crease_numbers *edges, *sizes;  /* sizes NULL: there is no second sum */
} crease_chain;

/* 0 beats infinity: what is unpenalized stays so. */
static inline double crease_chain_times(double factor, double number)
{
    return factor > 0 && number > 0 ? factor * number : 0;
}

/* Of the edge between entries k and k + 1. */
static inline double crease_chain_edge(const crease_chain *chain, size_t k)
{
    return crease_chain_times(chain->edge, crease_number_at(chain->edges, chain->s, k));
}

static inline double crease_chain_size(const crease_chain *chain, size_t i)
{
    return chain->sizes ? crease_chain_times(chain->size, crease_number_at(chain->sizes, chain->s, i)) : 0;
}

/* One past the last entry of the constant piece that begins at entry a. */
size_t crease_chain_piece(const crease_part *s, const double *x, size_t a);

/* Under an infinite weight: the run of entries from a that edges hold together; does one of them have a
 * size? */
bool crease_chain_forced(const crease_chain *chain, size_t a, size_t *end);

/* Settings that hold one number an edge: as crease_numbers_fit, or n - 1 of them where there is one part. */
bool crease_chain_edges_fit(const crease_numbers *edges, const crease_part *s);

size_t crease_chain_work(const crease_part *s); /* bytes for all of the below */
size_t crease_chain_prox_work(size_t n);        /* the part of it that the oracle uses */

double crease_chain_value(const crease_chain *chain, const double *x);

/* The largest finite of the edges and sizes. */
double crease_chain_scale(const crease_chain *chain);

/* argmin 1/2 x'Dx - c'x + the penalty. CREASE_OK, CREASE_EUNBOUNDED or CREASE_ENAN. Neighbours in a constant
 * piece are equal to the bit.                                                                            */
int crease_chain_prox(const crease_chain *chain, const double *c, const double *d, double *x);

/* The derivative of the oracle in a scalar metric: means over constant pieces, 0 on pieces that sizes hold at zero.
 * `state` is that of src/core/jacobian.h, by classes.                                                    */
void crease_chain_linearize(const crease_chain *chain, const double *x, void *state);

/* dist(0, g + the subdifferential at x). */
double crease_chain_residual(const crease_chain *chain, const double *x, const double *g);

/* The multiplier u_k of the edge between entries k and k + 1 where x jumps; 0 past both ends of the chain,
 * k = -1 being the one before it. The subgradient is u_{k-1} - u_k, and sizes. */
double crease_chain_multiplier(const crease_chain *chain, const double *x, size_t k);

/* n - 1 units: 1 where x jumps; one dimension a piece; and what holds them. Zero pieces are left out where
 * there are sizes: their multipliers are not unique.                                                     */
size_t crease_chain_units(const crease_part *s);
void crease_chain_jumps(const crease_part *s, const double *x, crease_unit *unit);
size_t crease_chain_pieces(const crease_part *s, const double *x, const crease_unit *unit);
void crease_chain_jump_margins(const crease_chain *chain, const double *x, const double *g,
                               crease_margin *unit);

#endif

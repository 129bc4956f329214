/* Chains for tests: one part of tv1d, fused or isotonic with its penalty written out, references that share
 * nothing with the library, and solutions chosen first.                                                  */
#ifndef CREASE_TESTS_CHAIN_SUPPORT_H
#define CREASE_TESTS_CHAIN_SUPPORT_H

#include "support.h"

enum { SHORT = 4 }; /* entries of a chain whose patterns can be enumerated */

typedef enum { TV, FUSED, ISOTONIC } member;

/* The penalty, w left out: edge[k] |x_{k+1} - x_k| and size[i] |x_i|. */
typedef struct {
    crease_regularizer *psi;
    crease_part part;
    size_t n;
    double w, *x, *c, *d, *g, *edge, *size;
    crease_unit *unit;
    crease_margin *margin;
} chain;

extern const char *const chain_names[];
extern const double chain_spreads[4], chain_weights[3];

int chain_set_up(void **state);
int chain_tear_down(void **state);

double chain_uniform(void);
double chain_normal(void);
size_t chain_below(size_t n);

chain chain_make(crease_ctx *ctx, member which, size_t n); /* d, edges and sizes of 1 */
void chain_free(chain *s);
void chain_push(chain *s); /* hands edges and sizes over after a change */
int chain_solve(chain *s); /* x, and g = Dx - c; fails on a -0 */
int chain_solved(chain *s, const double *c, const double *d);
double chain_scale(const chain *s); /* what the certificate is relative to */
double chain_certificate(chain *s);
void chain_assert_minimal(chain *s, double tolerance, size_t k); /* by the certificate; k: the case */

/* Are there multipliers? Their interval, from entry to entry, each bound loosened by tol; room is kept from
 * the bounds of edges without a jump and of zeros. Structure is read from x.                             */
bool chain_multipliers(const chain *s, const double *x, const double *g, long double tol, long double room);
long double chain_objective(const chain *s, member which, const double *x);
/* Every pattern of a short chain; one of them is that of the minimizer, and all are points. */
long double chain_brute_force(const chain *s, member which, long double *best);

void chain_draw_penalty(chain *s, bool uniform_edges);
void chain_draw(chain *s, double spread); /* d and c */
/* x with constant pieces, some zero; multipliers inside their bounds by `room` of them; c from both. */
void chain_plant(chain *s, member which, double room, double *x);

#endif

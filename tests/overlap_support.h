/* One part with groups that may overlap, a member that acts on it, and solvers of its own. */
#ifndef CREASE_TESTS_OVERLAP_SUPPORT_H
#define CREASE_TESTS_OVERLAP_SUPPORT_H

#include "support.h"

enum { MOST = 48, MOST_GROUPS = 48, MOST_ENTRIES = 512 };

typedef struct lists {
    size_t n, count, start[MOST_GROUPS + 1];
    uint32_t index[MOST_ENTRIES];
    double weight[MOST_GROUPS];
} lists;

typedef struct overlap {
    crease_ctx *ctx;
    crease_regularizer *psi;
    lists lists;
    crease_groups groups;
    crease_part part;
    void *work;
    double w, c[MOST], d[MOST], x[MOST], g[MOST];
    crease_prox_info info;
} overlap;

extern crease_random overlap_random;
double overlap_uniform(double low, double high);
double overlap_normal(void);
size_t overlap_below(size_t n);

/* Appends a group of weight sqrt(size). */
void lists_add(lists *l, size_t size, const uint32_t *index);
lists lists_random(size_t n, size_t count); /* of any overlap; some entries may be in none */
lists lists_tree(size_t n);                 /* nested, entries in any order */
lists lists_disjoint(size_t n);

/* lambda = 1. Free with overlap_free. */
overlap overlap_make(crease_ctx *ctx, const char *member, const lists *l, double w);
void overlap_free(overlap *s);
void overlap_draw(overlap *s, double spread); /* c and d, about half of the groups zero */
int overlap_solve(overlap *s);
double overlap_certificate(overlap *s); /* residual at x over |c| */
double overlap_norm(const overlap *s, size_t g, const double *x);
/* 1/2 x'Dx - c'x + w sum_g weight_g |x_g| */
long double overlap_objective(const overlap *s, const double *x);
/* What that is compared with: 1/2 x'Dx + |c'x| + w sum_g weight_g |x_g|. */
long double overlap_size(const overlap *s, const double *x);

/* Accelerated projected gradients on the multipliers of the sum of norms, in long double: a lower bound of
 * the least objective, and a point. */
long double overlap_reference(const overlap *s, unsigned steps, double *x);

/* The minimizer of 1/2 x'Dx - b'x + radius |x| by bisection in long double. */
void overlap_block(size_t n, const double *b, const double *d, double radius, double *x);

#endif

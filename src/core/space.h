/* A subproblem as iterative methods see it: vectors without holes, and a few maps.
 *
 * Regularizers of the shrink family run on the backend's kernels, in its width, and only their live groups take
 * part: groups that the solution leaves at zero are screened out (|c_g| <= w lambda_g, necessary and sufficient in a
 * diagonal metric). All others run part by part in double on the host, the parts packed one after the other. Either
 * way the vectors below are reals of `b`, n long, and every method is written once.                              */
#ifndef CREASE_CORE_SPACE_H
#define CREASE_CORE_SPACE_H

#include "arena.h"
#include "crease/solver.h"

typedef struct crease_space {
    const crease_subproblem *p;
    const crease_backend *b; /* of all vectors below */
    bool kernel;             /* psi runs on the kernels of b */
    size_t n, parts;         /* entries and parts that take part */
    void *c, *d, *x0, *v;    /* n each; d NULL: scalar. Without a known centre x0 is the start point, and v fits it */
    double scalar;
    double high, low;        /* of the metric's eigenvalues, ridge included: upper and lower bound */
    double *curvature;       /* of each part: the least L with D <= L I there, ridge included */
    size_t proxes, products; /* done so far */
    double ridge;            /* w times that of psi: part of the smooth half everywhere below */
    /* how it is made */
    crease_regularizer psi;  /* p's, without the ridge */
    crease_term term;        /* psi and p's groups */
    size_t *start;           /* no kernel: part k owns entries start[k] .. start[k+1] - 1 */
    const crease_regularizer_type *none; /* of the last part, where an operator metric acts on entries in no group: */
    uint32_t *free;          /* these, unpenalized */
    size_t n_free;
    crease_groups groups;    /* of the packed entries */
    crease_shrink_task task; /* kernel */
    unsigned char *live;
    size_t beside;           /* live groups of one small size lie side by side: how many; else 0 */
    double *weights;
    double *wide[4];         /* p->n doubles each: conversions, an operator, the gaps */
    double *level, *piece[3]; /* as many as the largest part has */
    void *scratch;           /* of the member's functions */
} crease_space;

/* Arrays for p; every later carve from the arena is the caller's. Sizes do not depend on what is live. wide: in
 * double and part by part, whatever psi. needs: of the inexactness test.                                       */
void crease_space_carve(crease_arena *arena, const crease_subproblem *p, bool wide, unsigned needs, crease_space *s);

/* Fill s from p and the start point x (p->n reals of p's backend), packed into `packed`. Errors: CREASE_ENAN,
 * CREASE_EUNBOUNDED where the whole metric is zero.                                                          */
int crease_space_load(crease_space *s, const void *x, void *packed);
/* The packed point as p's: entries outside every part keep what x has, groups screened out become zero. */
void crease_space_store(crease_space *s, const void *packed, void *x);

/* x = argmin w psi(x) - <m, x> + sum over parts L_k/2 |x_k|^2, psi without its ridge: the proximal map at m/L. x may
 * not be m. Errors: those of the member's oracle.                                                             */
int crease_space_prox(crease_space *s, const void *m, const double *curvature, void *x);
/* A proximal-gradient step from y with these curvatures: the map at L y - (Dy - c). x may be y in a diagonal metric. */
int crease_space_step(crease_space *s, const void *y, const double *curvature, void *x);

/* g = D x - c, the ridge in D. */
void crease_space_gradient(crease_space *s, const void *x, void *g);
double crease_space_psi(crease_space *s, const void *x);      /* w psi(x), without the ridge */
double crease_space_smooth(crease_space *s, const void *x);   /* Q - w psi, the ridge included */
double crease_space_residual(crease_space *s, const void *x); /* dist(0, dQ(x)) */
double crease_space_span(crease_space *s, const void *x);     /* |x - x0|_D, without the ridge */
/* <x - y, D (x - y)> with the ridge, and |x - y|^2 in *square. */
double crease_space_bend(crease_space *s, const void *x, const void *y, double *square);
double crease_space_condition(const crease_space *s); /* largest curvature/(least eigenvalue) of a part; maybe infinite */
double crease_space_size(const crease_space *s);      /* |c| + w scale: what rounding is measured against */
static inline double crease_space_value(crease_space *s, const void *x) /* Q */
{
    return crease_space_smooth(s, x) + crease_space_psi(s, x);
}
/* The gap of the feasible dual point nearest to c - Dx on its ray, and Fenchel's at c - Dx itself; infinite where
 * nothing is proven. Where the c-form's D has zeros both are infinite.                                        */
void crease_space_gaps(crease_space *s, const void *x, double *gap, double *fenchel);

/* NULL, or why iterative methods that need the proximal map in a scalar metric do not take p. */
const char *crease_space_refusal(const crease_subproblem *p);

/* Part k for the functions of the regularizer, with the space's scratch. Not with kernels: position in p of its entry
 * i.                                                                                                          */
crease_part crease_space_part(const crease_space *s, size_t k);
size_t crease_space_outside(const crease_space *s, size_t k, size_t i);

static inline size_t crease_part_entries(const crease_space *s, size_t k)
{
    return s->start[k + 1] - s->start[k];
}

#endif

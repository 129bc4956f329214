/* The oracle of sum_g r_g |x_g| with groups that overlap, and what else its members share.
 *
 * The dual of  min Q(x) = 1/2 x'Dx - c'x + sum_g r_g |x_g|  is  max -1/2 |v|^2 in the metric D^-1 with
 * v = c - sum_g y_g, |y_g| <= r_g (v_i = 0 where d_i = 0). For any x and any such y, with R_g = |y_g|,
 *
 *     Q(x) - Q* <= 1/2 sum_i (d_i x_i - v_i)^2 / d_i + sum_g (r_g |x_g| - <y_g, x_g>),
 *     r |x| - <y, x> = |x| ((r - R) + |y - R x/|x||^2 / (2 R)),
 *
 * a sum of terms >= 0 that are computed without cancellation. The best y_g for the others fixed is one
 * group lasso in the metric D. A sweep over the groups from the leaves to the root of a tree ends there
 * where d is constant on every group inside another (Jenatton, Mairal, Obozinski, Bach, JMLR 12 (2011),
 * where D = I); with any other d such a composition is wrong. Elsewhere the sweep is a start, and an active
 * set method follows:
 *   1. Newton's method on the groups that are not zero, where Q is smooth; groups on their way to 0 become
 *      zero where that is best on the ray (overlap_polish.c);
 *   2. their multipliers are r_g x_g / |x_g|; those of the zero groups have to add up to c, in any metric,
 *      which projections onto one ball after another bring about, or else what they leave, v, is a direction
 *      in which Q falls: then groups come back to life along v (overlap_zeros.c);
 *   3. the gap.
 * Q falls in every round. Where Newton's method gets stuck, more sweeps replace it. */
#ifndef CREASE_OVERLAP_H
#define CREASE_OVERLAP_H

#include "lists.h"

typedef struct crease_overlap {
    crease_lists lists;
    const double *c, *d;
    double *y, *last_y;      /* lists.total: multipliers */
    double *v, *last_v, *x;  /* n; x is 0 on entries in no list */
    double *block, *block_d; /* the largest list */
    double *size, *slice;    /* of every list: |x_k|; radius of the ball where y_i = c_i if d_i = 0 */
    unsigned char *live;     /* ... whether its last block was */
    /* of the polish */
    size_t *first, *filled;                  /* n + 1, count: owners of an entry; nonzeros of a list */
    uint32_t *owner;                         /* lists.total */
    size_t *inside;                          /* count */
    double *schur, *length, *before, *slope; /* count */
    size_t *label;                           /* count */
    unsigned char *crossing, *marked;        /* count, n */
    double *diag, *gradient, *step, *rest, *direction, *image; /* n */
} crease_overlap;

typedef struct crease_overlap_opts {
    double lambda;
    long max_iters;
    double tol;
} crease_overlap_opts;

#define CREASE_PARAM_OVERLAP                                                                        \
    CREASE_PARAM_REAL(crease_overlap_opts, lambda, 1, CREASE_GE(0),                                  \
                      "factor on every group's weight"),                                            \
    CREASE_PARAM_MAX_ITERS(crease_overlap_opts, 100, "most rounds of Newton steps and multipliers"), \
    CREASE_PARAM_TOL(crease_overlap_opts, 0, "relative gap that ends the rounds; 0: go on to rounding")

/* Members with these settings: groups of any overlap, and groups that are disjoint or nested. */
extern const crease_math crease_math_overlap, crease_math_tree;

size_t crease_overlap_work(const crease_part *s);
int crease_overlap_prox(const crease_part *s, const crease_overlap_opts *o, bool tree, const double *c,
                        const double *d, double w, double *x, crease_prox_info *info);

/* Newton's method on the groups that are not zero at o->x: improves x until its squared gradient, relative
 * to that of c, is `enough` or rounding, adds zeros, and fills size and diag. False: it got stuck. */
bool crease_overlap_polish(crease_overlap *o, double enough);

/* Multipliers of the zero lists (overlap_zeros.c). 0: they absorb all of c that they should, or nothing
 * tells that they cannot; else the slope, by unit length, at which the objective falls along what is left,
 * which is in step. Revive follows it. */
double crease_overlap_absorb(crease_overlap *o);
void crease_overlap_revive(crease_overlap *o);

/* Lists that share an i with x_i != 0, directly or through others, get one label, which is one of them, and
 * the length 1: the objective is a sum over these components, and each can take a step of its own.
 * Component of entry i. */
void crease_overlap_label(crease_overlap *o, const double *x);
size_t crease_overlap_component(const crease_overlap *o, size_t i);

/* The least t with y in t sum_g lambda_g B: Newton's method in t with the oracle, from below. To rounding
 * where the groups are nested; elsewhere the oracle's gap leaves about 1e-9. */
double crease_overlap_dual_norm(const crease_part *s, const crease_overlap_opts *o, const double *y);

/* value, residual, margins and structure of the members (overlap_math.c); they share nothing with
 * the oracle but the lists.                                                                            */
double crease_overlap_value(const crease_part *s, double lambda, const double *x);
double crease_overlap_residual(const crease_part *s, double lambda, const double *x, const double *g,
                               double w);
void crease_overlap_margins(const crease_part *s, double lambda, const double *x, const double *g, double w,
                            crease_margin *unit);
size_t crease_overlap_units(const crease_part *s);
void crease_overlap_signature(const crease_part *s, const double *x, crease_unit *unit);
size_t crease_overlap_dimension(const crease_part *s, const double *x, const crease_unit *unit);
size_t crease_overlap_math_work(const crease_part *s);

#endif

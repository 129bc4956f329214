/* Regularizers. The mathematics of one group is written once, in double, on plain arrays: value, distance
 * to the subdifferential, exact oracle, structure. Members of the shrink family also name their place in
 * it, and run on the fast kernels of every backend.                                                    */
#ifndef CREASE_REGULARIZER_H
#define CREASE_REGULARIZER_H

#include "crease/backend.h"
#include "crease/registry.h"

/* Capabilities. */
enum {
    CREASE_CONVEX = 1,
    CREASE_NORM = 2,       /* psi is a norm when every weight is positive: dual_norm is there        */
    CREASE_SEPARABLE = 4,  /* a sum over single entries: groups only carry weights                   */
    CREASE_UNIT_ENTRY = 8, /* the signature has one unit an entry                                     */
    CREASE_UNIT_GROUP = 16, /* ... or one a group; with neither flag the member has no manifold       */
};

/* What the structure of an outer point rests on, for one unit (an entry or a group). */
typedef struct crease_margin {
    double slack; /* zero unit: threshold - |gradient part|, negative: wrongly zero. NAN for a live unit */
    double size;  /* live unit: its magnitude. NAN for a zero unit                                       */
} crease_margin;

typedef struct crease_regularizer_type {
    crease_type base;
    unsigned flags;
    const char *manifold;       /* the active manifold, in words; NULL: none */
    const char *identification; /* identification radius or margin, in words; NULL: none */

    /* The member's place in the shrink family (see crease/backend.h), or NULL. A member of the family needs
     * no other function: value, residual and the rest follow from its three numbers.                  */
    void (*shrink)(const void *opts, crease_shrink *psi);

    /* Everybody else writes the mathematics of one group. x, g, c, d hold its n entries; weight may be 0 or
     * infinite; opts are checked settings; n = 0 is legal.                                            */

    /* psi_g(x); +inf where psi is. */
    double (*value)(const void *opts, size_t n, const double *x, double weight);

    /* dist(0, g + w dpsi_g(x)): the min-norm subgradient of <g, .> + w psi at x. */
    double (*residual)(const void *opts, size_t n, const double *x, const double *g, double w,
                       double weight);

    /* The exact oracle argmin 1/2 x'Dx - c'x + w psi_g(x), d >= 0; NULL where there is none.
     * Returns CREASE_OK, CREASE_EUNBOUNDED or CREASE_ENAN; iterations: of its Newton method, else 0.   */
    int (*prox_diag)(const void *opts, size_t n, const double *c, const double *d, double w, double weight,
                     double *x, unsigned *iterations);

    /* sup { <y, x> : psi_g(x) <= 1 } for norms; NULL otherwise. */
    double (*dual_norm)(const void *opts, size_t n, const double *y, double weight);

    /* The scale lambda_g of the certificate: dist / max(|c_g|, w scale). */
    double (*scale)(const void *opts, size_t n, double weight);

    /* unit[i] = 1 where x_i is nonzero (unit entry), or unit[0] = 1 if any is (unit group): what NULL gives. */
    void (*signature)(const void *opts, size_t n, const double *x, unsigned char *unit);

    /* Margins of the same units at an outer point with smooth gradient g; NULL: unknown. */
    void (*margins)(const void *opts, size_t n, const double *x, const double *g, double weight,
                    crease_margin *unit);
} crease_regularizer_type;

typedef struct crease_regularizer {
    const crease_regularizer_type *type;
    void *opts;
    crease_ctx *ctx;
} crease_regularizer;

crease_regularizer *crease_regularizer_create(crease_ctx *ctx, const char *name); /* NULL on error */
int crease_regularizer_set(crease_regularizer *psi, const char *key, const char *text);
void crease_regularizer_free(crease_regularizer *psi); /* NULL is fine */

/* psi, its groups, and the name of the block or blocks it acts on. Does not own. */
typedef struct crease_term {
    const crease_regularizer *psi;
    const crease_groups *groups;
    const char *block;
} crease_term;

/* One group of a regularizer, on host doubles: the type's functions, or those of the shrink family. */
double crease_group_value(const crease_regularizer *psi, size_t n, const double *x, double weight);
double crease_group_residual(const crease_regularizer *psi, size_t n, const double *x, const double *g,
                             double w, double weight);
double crease_group_dual_norm(const crease_regularizer *psi, size_t n, const double *y, double weight);
double crease_group_scale(const crease_regularizer *psi, size_t n, double weight);
void crease_group_signature(const crease_regularizer *psi, size_t n, const double *x, unsigned char *unit);
void crease_group_margins(const crease_regularizer *psi, size_t n, const double *x, const double *g,
                          double weight, crease_margin *unit);

/* All groups of a term; x and g are the whole flat vector, on the host. Work space: the largest group. */
size_t crease_groups_largest(const crease_groups *groups);
size_t crease_term_units(const crease_term *term); /* length of the signature; 0: no manifold */
double crease_term_value(const crease_term *term, const double *x, double *work); /* work: largest */
void crease_term_signature(const crease_term *term, const double *x, unsigned char *unit, double *work);
/* sum over groups of dist(0, g + w dpsi(x))_g^2; work: 2 * largest */
double crease_term_residual_sq(const crease_term *term, const double *x, const double *g, double w,
                               double *work);
void crease_term_margins(const crease_term *term, const double *x, const double *g, crease_margin *unit,
                         double *work); /* work: 2 * largest */

#endif

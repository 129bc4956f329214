/* Penalties of the singular values of one matrix. Where d is constant, von Neumann's trace inequality makes
 * the oracle act on the singular values of C alone (see Lewis, J. Convex Anal. 2 (1995), for why; convexity
 * is not needed). In other metrics there is no closed form: convex ones are solved by accelerated proximal
 * gradient steps with a proven bound on what is missing, others are refused. */
#ifndef CREASE_SPECTRAL_H
#define CREASE_SPECTRAL_H

#include "core/svd.h"
#include "crease/regularizer.h"

/* What every spectral member is set by, at the start of its settings. */
typedef struct crease_spectral_opts {
    long rows;
    long max_iters;  /* convex ones: cap on the iterative oracle */
    double tol;
    bool majorize;   /* others: one step with d_max in metrics that are not scalar */
} crease_spectral_opts;

#define CREASE_PARAM_ROWS                                                                           \
    CREASE_PARAM_INT(crease_spectral_opts, rows, 1, CREASE_GE(1),                                   \
                     "rows of the matrix that a group holds row by row; they divide its size")
#define CREASE_PARAM_ITERATIONS                                                                     \
    CREASE_PARAM_MAX_ITERS(crease_spectral_opts, 1000,                                              \
                           "where d varies: most iterations, one singular value decomposition each"), \
    CREASE_PARAM_TOL(crease_spectral_opts, 1e-10,                                                   \
                     "where d varies: stop once |x - x*| <= tol |x| is proven, in the metric")
#define CREASE_PARAM_MAJORIZE                                                                       \
    { "majorize", CREASE_PARAM_KIND_BOOL, offsetof(crease_spectral_opts, majorize), 0, NULL, CREASE_IN(0, 1), NULL, \
      "where d varies: take one step from c/d with the largest d, not refuse", true }

/* The oracle on singular values: argmin over p >= 0 of d/2 |p|^2 - sigma'p + w psi(p), for falling sigma >=
 * 0; p falls too, and its zeros are literal. False: there is no minimizer. w has the group's weight in it. */
typedef bool crease_spectral_rule(const crease_part *s, const double *sigma, size_t k, double d, double w,
                                  double *p);

/* Which way a member is solved. */
typedef struct crease_spectral_way {
    long max_iters; /* 0: only where d is constant */
    double tol;
    bool majorize;
    bool binds; /* psi is there even where w is 0: a constraint */
    crease_spectral_rule *rule;
    double slope; /* of psi along a ray in the long run: infinite where no c makes the problem unbounded */
    const crease_regularizer_type *vector; /* what crease_math_radial takes for it if rows or cols are 1 */
} crease_spectral_way;

/* The oracle, info->unit included. w: the group's weight counted in; infinite: x = 0. */
int crease_spectral_solve(const crease_part *s, const crease_spectral_way *way, const double *c,
                          const double *d, double w, double *x, crease_prox_info *info);

/* Room for the functions of this header, in s->work. */
typedef struct crease_spectral_space {
    crease_svd svd;
    double *value, *slopes, *a, *b, *e; /* k numbers, 2 k; three matrices */
} crease_spectral_space;

void crease_spectral_matrix(const crease_part *s, size_t *rows, size_t *cols); /* by the setting `rows` */
size_t crease_spectral_work(const crease_part *s);
crease_spectral_space crease_spectral_carve(const crease_part *s);
const char *crease_spectral_accepts(const crease_part *s);

bool crease_spectral_is_scalar(const crease_part *s, const double *d);

/* Singular values that rounding of x, stored to s->roundoff, may be; and how many are larger. */
double crease_spectral_noise(const crease_part *s, const crease_svd *svd);
size_t crease_spectral_rank(const crease_part *s, const crease_svd *svd);

/* For the residual at x, whose decomposition the space holds, with its first r values live. `tangent` becomes
 * |g - normal part|, the live diagonal entries h_j = left_j' g right_j left out and put into space->value;
 * then the singular values of the normal part take the place of those of x, and of them the first k - r
 * count. False where LAPACK failed.                                                                      */
bool crease_spectral_split(crease_spectral_space *space, size_t r, const double *g, double *tangent);

/* Signature and dimension by a numerical rank, for points that no oracle has given: never structure. */
size_t crease_spectral_units(const crease_part *s);
void crease_spectral_signature(const crease_part *s, const double *x, crease_unit *unit);
size_t crease_spectral_dimension(const crease_part *s, const double *x, const crease_unit *unit);
size_t crease_spectral_live(size_t units, const crease_unit *unit);

/* Penalties by pieces. crease_math_spectral reads the descriptor alone, this one the settings above too. */
extern const crease_math crease_math_spectral_settings;

crease_spectral_rule crease_spectral_by_pieces;
double crease_spectral_value(const crease_part *s, const double *x);
double crease_spectral_residual(const crease_part *s, const double *x, const double *g, double w);
double crease_spectral_scale(const crease_part *s);
void crease_spectral_margins(const crease_part *s, const double *x, const double *g, double w,
                             crease_margin *unit);
double crease_spectral_radius(const crease_part *s, const double *c, const double *d, double w,
                              const double *x);

#endif

/* Regularizers. The mathematics of one part of a term (a group, or all groups where psi couples them) is
 * written once, in double, on plain arrays: value, distance to the subdifferential, exact oracle, structure.
 * Three families come with their mathematics ready and only state numbers: the shrink family
 * (crease_math_shrink), and penalties made of quadratic pieces of |x_i|, |x_g| or the singular values
 * (crease_math_entries, crease_math_radial, crease_math_spectral).                                       */
#ifndef CREASE_REGULARIZER_H
#define CREASE_REGULARIZER_H

#include "crease/backend.h"
#include "crease/registry.h"

typedef struct crease_regularizer_type crease_regularizer_type;

/* Capabilities. */
enum {
    CREASE_CONVEX = 1,
    CREASE_NORM = 2,        /* psi is a norm when every weight is positive: dual_norm is there          */
    CREASE_SEPARABLE = 4,   /* a sum over single entries: groups only say which entries belong to it    */
    CREASE_UNIT_ENTRY = 8,  /* the signature has one unit an entry                                      */
    CREASE_UNIT_GROUP = 16, /* ... one a group; with neither, math->units says how many, else none      */
    CREASE_COUPLED = 32,    /* groups may overlap; the term is one part that holds all of them          */
    CREASE_CONSTRAINT = 64, /* psi is 0 or infinite                                                     */
    CREASE_UNIT_HIDDEN = 128, /* x does not show the structure (a rank): only prox can fill the signature */
    CREASE_GROUPED = 256,   /* means little without groups: the command line asks for them              */
};

/* In which metrics the oracle is exact. */
typedef enum {
    CREASE_EXACT_DIAGONAL, /* in every diagonal one, singular ones included */
    CREASE_EXACT_SCALAR,   /* where d is constant on a part (or in the regime that `exact` names); iterative
                              with a certified gap elsewhere */
    CREASE_SCALAR_ONLY,    /* where d is constant on a part; refused elsewhere */
    CREASE_ITERATIVE,      /* nowhere: iterative with a certified gap */
} crease_exactness;

/* Structure of one unit: 0 where the constraint that makes the manifold is active (a zero, no jump, at a
 * bound), otherwise a code. Where several constraints may hold a unit (either bound, either sign at the
 * maximum) the others have codes of their own. Two points share a manifold when all their units are equal. */
typedef uint32_t crease_unit;

/* What the structure rests on, for one unit. */
typedef struct crease_margin {
    double slack; /* active unit: threshold - |gradient part|, negative: wrongly active. NAN for others,
                     infinite where no gradient moves it: a jump, an infinite weight */
    double size;  /* other units: distance from the constraint, as a magnitude. NAN for active ones     */
    double threshold; /* active unit: what the slack is counted from; 0: no single number */
} crease_margin;

/* One part of a term as its regularizer sees it. x, g, c, d of the functions below hold its n entries. */
typedef struct crease_part {
    const crease_regularizer_type *type;
    const void *opts;            /* checked settings of psi */
    size_t n;                    /* entries; 0 is legal */
    size_t first;                /* entries of the parts before it: where its share of a per-entry setting begins */
    size_t whole;                /* entries of all parts */
    double weight;               /* of the group, >= 0; 1 where psi couples groups. Infinite: forces x to 0, or to
                                    what the member's comment says instead */
    const crease_groups *groups; /* coupled: the groups, of positions 0..n-1; else NULL */
    double roundoff;             /* of the numbers x was stored in: what "feasible" means for a constraint */
    void *work;                  /* math->work(s) bytes, 16-byte aligned, undefined on entry */
} crease_part;

/* What an oracle says of its answer. */
typedef struct crease_prox_info {
    unsigned iterations; /* of its Newton or outer method; 0 for a closed form */
    bool exact;          /* a global minimizer up to rounding */
    double gap;          /* not exact: proven bound on Q(x) - Q*; infinite: none is known. 0 where exact */
    crease_unit *unit;   /* in: where to write the signature, or NULL; only members with CREASE_UNIT_HIDDEN do */
} crease_prox_info;

/* The mathematics of one part. Functions that are not "required" may be NULL. None allocates; x may not
 * alias another argument. Arguments are finite unless a function says otherwise; w > 0.                 */
typedef struct crease_math {
    /* Bytes of scratch that the functions below use; NULL: none. */
    size_t (*work)(const crease_part *s);

    /* NULL: psi acts on such a part. Otherwise why not, in words (a size that does not divide ...). */
    const char *(*accepts)(const crease_part *s);

    /* Required. psi(x); +inf where psi is, a constraint violated by no more than rounding being met. */
    double (*value)(const crease_part *s, const double *x);

    /* Required. dist(0, g + w dpsi(x)): the norm of the least subgradient of <g, .> + w psi at x (of the
     * limiting one where psi is not convex), or where the member's comment says so an upper bound that is 0
     * where the distance is. Computed by other means than prox. +inf outside the domain.                */
    double (*residual)(const crease_part *s, const double *x, const double *g, double w);

    /* The oracle argmin 1/2 x'Dx - c'x + w psi(x), d >= 0; NULL where there is none. c and d may hold NaN
     * or infinities. info comes in as { exact = true }. Returns CREASE_OK, CREASE_EUNBOUNDED (no minimizer,
     * or none that doubles hold), CREASE_ENAN (in c or d, or what is computed from them overflows), or
     * CREASE_ENOTSUP (not in this metric: see `reason`). The result has no -0.                           */
    int (*prox)(const crease_part *s, const double *c, const double *d, double w, double *x,
                crease_prox_info *info);

    /* Norms: sup { <y, x> : psi(x) <= 1 }. */
    double (*dual_norm)(const crease_part *s, const double *y);

    /* Convex ones that are no norms: sup { <y, x> - psi(x) }, maybe infinite. For a constraint, a y outside
     * the domain by no more than rounding counts as inside.                                              */
    double (*conjugate)(const crease_part *s, const double *y);

    /* Required. The scale lambda of the certificate: residual / max(|c|, |Dx|, w scale). */
    double (*scale)(const crease_part *s);

    /* Units of the signature; NULL: by the flags. */
    size_t (*units)(const crease_part *s);

    /* NULL: 1 where x_i, or any entry of the group, is nonzero. */
    void (*signature)(const crease_part *s, const double *x, crease_unit *unit);

    /* Dimension of the active manifold at x; NULL: the entries in units that are not 0. */
    size_t (*dimension)(const crease_part *s, const double *x, const crease_unit *unit);

    /* What holds each unit at a point x with smooth gradient g; NULL: unknown. */
    void (*margins)(const crease_part *s, const double *x, const double *g, double w, crease_margin *unit);

    /* A radius r > 0 such that prox(c + e), |e|_2 < r, has the signature of x = prox(c) if it exists, which
     * only zeros in d can prevent; 0 at a tie. NULL, or NAN in some metrics: none is known, and the member's
     * comment says so.                                                                                    */
    double (*radius)(const crease_part *s, const double *c, const double *d, double w, const double *x);

    /* The derivative of the oracle in a scalar metric L > 0, for methods of Newton's kind. Convex psi only; all
     * of these or none, but for the last. The map
     *     P(u) = L argmin_x L/2 |x|^2 - <u, x> + w psi(x)
     * is firmly nonexpansive and the gradient of a convex function, so that every element J of its generalized
     * Jacobian is symmetric with 0 <= J <= I. Which one it is where P has no derivative is the member's choice.
     *
     * Bytes of what `linearize` finds out.                                                                */
    size_t (*jacobian_work)(const crease_part *s);
    /* A J at u into `state` (16-byte aligned). x is what prox has just returned for c = u and d = L, on the same
     * scratch, which still holds what prox left there (a decomposition need not be computed twice).        */
    void (*linearize)(const crease_part *s, const double *u, double L, double w, const double *x, void *state);
    /* out = J v, or with `root` J^(1/2) v. out may not be v. */
    void (*jacobian)(const crease_part *s, const void *state, bool root, const double *v, double *out);
    /* d, at first a diagonal D >= 0, becomes one that is close to J^(1/2) D J^(1/2) + I - J on the range of J: a
     * preconditioner. NULL: no better one is known than 1.                                                 */
    void (*jacobian_diagonal)(const crease_part *s, const void *state, double *d);
} crease_math;

/* The families. Each wants the functions of the descriptor that its line names. */
extern const crease_math crease_math_shrink;   /* shrink */
extern const crease_math crease_math_entries;  /* pieces: of x_i, signs apart */
extern const crease_math crease_math_radial;   /* pieces: of |x_g|, even */
extern const crease_math crease_math_spectral; /* pieces: of singular values, even; matrix */

struct crease_regularizer_type {
    crease_type base;
    unsigned flags;
    crease_exactness exactness;
    const char *exact;          /* metrics in which prox is exact, in words, for the table of members */
    const char *reason;         /* why not in the others, and what ENOTSUP says; NULL where exactness is
                                   CREASE_EXACT_DIAGONAL */
    const char *cost;           /* of the oracle, "O(n log n)" */
    const char *manifold;       /* the active manifold, in words; NULL: none */
    const char *identification; /* what margin or radius identification rests on, and its source; NULL: none */
    const crease_math *math;

    /* The place in the shrink family (see crease/backend.h): runs on the kernels of every backend. */
    void (*shrink)(const void *opts, crease_shrink *psi);

    /* The penalty of entry i (0 for a lift to |x_g| or singular values), the group's weight left out.
     * per_entry: whether it depends on i; where it does not, entries run on the backends' kernels.       */
    void (*pieces)(const crease_part *s, size_t i, crease_pieces *psi);
    bool (*per_entry)(const void *opts);

    /* Spectral: the part as a row-major rows x cols matrix, rows * cols == n. */
    void (*matrix)(const crease_part *s, size_t *rows, size_t *cols);
};

/* A numbers setting of a member: one for all entries, one an entry of every part, or one an entry of all parts. */
static inline bool crease_numbers_fit(const crease_numbers *v, const crease_part *s)
{
    return v->n == 1 || v->n == s->n || v->n == s->whole;
}

static inline double crease_number_at(const crease_numbers *v, const crease_part *s, size_t i)
{
    return v->n == 1 ? v->one : v->many[v->n == s->n ? i : s->first + i];
}

/* The rule for weights that nobody gave: "sqrt_size" for penalties on groups, "one" for all others. */
static inline const char *crease_regularizer_weight_rule(const crease_regularizer_type *type)
{
    return type->flags & (CREASE_GROUPED | CREASE_COUPLED) ? "sqrt_size" : "one";
}

/* psi with its settings. Beside those of its type every regularizer has "scale" (> 0, default 1) and
 * "ridge" (>= 0, default 0): it stands for  scale psi(x) + ridge/2 |x|^2.                                */
typedef struct crease_regularizer {
    const crease_regularizer_type *type;
    void *opts;
    crease_ctx *ctx;
    double scale, ridge;
} crease_regularizer;

crease_regularizer *crease_regularizer_create(crease_ctx *ctx, const char *name); /* NULL on error */
int crease_regularizer_set(crease_regularizer *psi, const char *key, const char *text);
/* A numbers setting from memory (copied), n of them. Errors: ENOTFOUND, ERANGE, ENOMEM. */
int crease_regularizer_set_numbers(crease_regularizer *psi, const char *key, size_t n, const double *values);
int crease_regularizer_check(const crease_regularizer *psi); /* the rule across settings: ERANGE */
void crease_regularizer_free(crease_regularizer *psi); /* NULL is fine */
bool crease_regularizer_is_norm(const crease_regularizer *psi); /* a ridge makes it none */

/* psi, its groups, and the name of the block or blocks it acts on. Does not own. */
typedef struct crease_term {
    const crease_regularizer *psi;
    const crease_groups *groups;
    const char *block;
} crease_term;

/* --- one part: the mathematics of the type, with scale and ridge ----------------------------------
 * Value and residual are NAN where x or g holds a NaN.                                               */

/* Number of parts, and one of them; work is left NULL, roundoff that of double. */
size_t crease_term_parts(const crease_term *term);
crease_part crease_term_part(const crease_term *term, size_t k);
/* Position in the flat vector of entry i of part k. */
size_t crease_part_entry(const crease_term *term, size_t k, size_t i);
/* Whether the entries of part k follow each other in the flat vector, from *at on. */
bool crease_part_is_consecutive(const crease_term *term, size_t k, size_t *at);
size_t crease_part_work(const crease_regularizer *psi, const crease_part *s); /* bytes, for the functions below */

/* NULL, or why psi does not act on this part, in words. */
const char *crease_part_refusal(const crease_regularizer *psi, const crease_part *s);
double crease_part_value(const crease_regularizer *psi, const crease_part *s, const double *x);
double crease_part_residual(const crease_regularizer *psi, const crease_part *s, const double *x, const double *g,
                            double w);
int crease_part_prox(const crease_regularizer *psi, const crease_part *s, const double *c, const double *d,
                     double w, double *x, crease_prox_info *info);
/* NAN where psi is no norm; not convex, or has a scale or a ridge. */
double crease_part_dual_norm(const crease_regularizer *psi, const crease_part *s, const double *y);
double crease_part_conjugate(const crease_regularizer *psi, const crease_part *s, const double *y);
double crease_part_scale(const crease_regularizer *psi, const crease_part *s);
size_t crease_part_units(const crease_regularizer *psi, const crease_part *s);
void crease_part_signature(const crease_regularizer *psi, const crease_part *s, const double *x, crease_unit *unit);
size_t crease_part_dimension(const crease_regularizer *psi, const crease_part *s, const double *x,
                             const crease_unit *unit);
void crease_part_margins(const crease_regularizer *psi, const crease_part *s, const double *x, const double *g,
                         double w, crease_margin *unit);
double crease_part_radius(const crease_regularizer *psi, const crease_part *s, const double *c, const double *d,
                          double w, const double *x); /* NAN: none */

/* The derivative of the oracle (see crease_math). NULL, or why none is known, in words. */
const char *crease_jacobian_refusal(const crease_regularizer *psi);
size_t crease_part_jacobian_work(const crease_regularizer *psi, const crease_part *s); /* bytes of state */
/* x = argmin L/2 |x|^2 - <u, x> + w psi(x) by the oracle, and J at u into state. w = 0: psi is left out. */
int crease_part_linearize(const crease_regularizer *psi, const crease_part *s, const double *u, double L, double w,
                          double *x, void *state, crease_prox_info *info);
void crease_part_jacobian(const crease_regularizer *psi, const crease_part *s, const void *state, bool root,
                          const double *v, double *out);
void crease_part_jacobian_diagonal(const crease_regularizer *psi, const crease_part *s, const void *state,
                                   double *d);

/* --- all parts of a term; x and g are the whole flat vector, on the host --------------------------- */

size_t crease_groups_largest(const crease_groups *groups);
size_t crease_term_largest(const crease_term *term); /* entries of the largest part */
size_t crease_term_work(const crease_term *term);    /* doubles of work space for each function below */
size_t crease_term_units(const crease_term *term);   /* length of the signature; 0: no manifold */
double crease_term_value(const crease_term *term, const double *x, double *work);
void crease_term_signature(const crease_term *term, const double *x, crease_unit *unit, double *work);
size_t crease_term_dimension(const crease_term *term, const double *x, const crease_unit *unit, double *work);
/* sum over parts of dist(0, g + w dpsi(x))^2 */
double crease_term_residual_sq(const crease_term *term, const double *x, const double *g, double w,
                               double *work);
void crease_term_margins(const crease_term *term, const double *x, const double *g, double w, crease_margin *unit,
                         double *work);

#endif

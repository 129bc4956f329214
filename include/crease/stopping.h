/* Inexactness tests: when may an iterative inner solver stop? A kind of their own, shared by all solvers. A test
 * is two numbers of the progress made: what it looks at, and what that must not exceed. It is met as soon as
 *     tested <= threshold   (and Q(x_j) <= Q(start), for tests that ask for descent),   j >= min_iters.   */
#ifndef CREASE_STOPPING_H
#define CREASE_STOPPING_H

#include "crease/registry.h"

/* What a solver can tell a test after iteration j = 1, 2, ... Numbers that a test does not need (see needs)
 * are NAN. x0 is the centre of the subproblem (the start point where only its c-form is known), |.|_D its metric. */
typedef struct crease_progress {
    unsigned j;
    unsigned long t;      /* outer iteration, from 1 */
    double paper_scale;   /* where a paper tests Q/s, s: absolute thresholds are multiplied by it */
    double least;         /* smallest d (a lower bound of the metric's eigenvalues); 0: none is known */
    double value_start;   /* Q at the start point */
    double value_center;  /* Q at x0, w psi(x0) */
    double value_before;  /* Q where the test looked before */
    double value;         /* Q(x_j) */
    double residual;      /* dist(0, dQ(x_j)) */
    double gap;           /* proven bound on Q(x_j) - min Q, from the feasible dual point nearest to c - D x_j; infinite: none */
    double fenchel;       /* w psi(x) + (w psi)*(y) - <y, x> at y = c - D x_j itself; infinite where y is infeasible */
    double move;          /* |x_j - x_{j-1}| */
    double move_first;    /* |x_1 - start| */
    double span;          /* |x_j - x0|_D */
    double elapsed_s;     /* since the start of the solve */
} crease_progress;

enum {
    CREASE_NEEDS_VALUE = 1,     /* value, value_before, value_start */
    CREASE_NEEDS_RESIDUAL = 2,
    CREASE_NEEDS_GAP = 4,       /* gap, and the values */
    CREASE_NEEDS_FENCHEL = 8,
    CREASE_NEEDS_MOVE = 16,     /* move, move_first */
    CREASE_NEEDS_CENTER = 32,   /* span, value_center, and the values */
    CREASE_NEEDS_TIME = 64,
};

/* The settings of every test begin with these. */
typedef struct crease_limits {
    long min_iters, max_iters, every; /* the test is looked at every so many iterations */
} crease_limits;

#define CREASE_PARAM_LIMIT(type, field, default_, doc_)                                                                \
    { #field, CREASE_PARAM_KIND_INT, offsetof(type, limits.field), default_, NULL, CREASE_IN(1, 1e8), NULL, doc_, false }
#define CREASE_PARAM_LIMITS(type, min_iters_, max_iters_)                                                              \
    CREASE_PARAM_LIMIT(type, min_iters, min_iters_, "least iterations"),                                              \
    CREASE_PARAM_LIMIT(type, max_iters, max_iters_, "most iterations"),                                               \
    CREASE_PARAM_LIMIT(type, every, 1, "the test is looked at every so many iterations")

/* A tolerance that may fall with the outer iteration t = 1, 2, ...:
 *   constant   eps0                         power      eps0 / t^power
 *   geometric  eps0 ratio^(t - 1)           summable   eps0 / (t log(t + 1)^2), the slowest that is summable */
typedef struct crease_tolerance {
    double eps0, power, ratio;
    int schedule;
} crease_tolerance;

extern const char *const crease_tolerance_schedules[];
enum { CREASE_CONSTANT, CREASE_POWER, CREASE_GEOMETRIC, CREASE_SUMMABLE };
double crease_tolerance_at(const crease_tolerance *tolerance, unsigned long t);

#define CREASE_PARAM_TOLERANCE(type, eps0_, schedule_, power_, what)                                                   \
    { "eps0", CREASE_PARAM_KIND_REAL, offsetof(type, tolerance.eps0), eps0_, NULL, CREASE_GT(0), NULL,                \
      what " at the first outer step", false },                                                                       \
    { "schedule", CREASE_PARAM_KIND_CHOICE, offsetof(type, tolerance.schedule), schedule_, NULL, CREASE_ANY,          \
      crease_tolerance_schedules, "how it falls with the outer step t", false },                                      \
    { "power", CREASE_PARAM_KIND_REAL, offsetof(type, tolerance.power), power_, NULL, CREASE_GE(0), NULL,             \
      "of the schedule power: eps0 / t^power", false },                                                               \
    { "ratio", CREASE_PARAM_KIND_REAL, offsetof(type, tolerance.ratio), 0.99, NULL, CREASE_IN_OPEN(0, 1), NULL,       \
      "of the schedule geometric: eps0 ratio^(t-1)", false }

typedef enum { CREASE_ALONE, CREASE_BOTH, CREASE_EITHER } crease_combination;

/* The settings of a test made of two others, each as crease_stopping_parse takes it. */
typedef struct crease_pair {
    crease_limits limits;
    crease_string first, second;
} crease_pair;

typedef struct crease_stopping_type {
    crease_type base;
    const char *guarantee;  /* what a met test promises of x, in words */
    const char *identifies; /* whether it makes the iterates of an outer method find the active manifold, and why */
    unsigned needs;
    bool descent;           /* it also asks that Q has not risen since the start */
    crease_combination combines; /* two other tests: its settings are a crease_pair, it needs what they need */
    double (*tested)(const void *opts, const crease_progress *p);    /* NULL where it combines */
    double (*threshold)(const void *opts, const crease_progress *p);
} crease_stopping_type;

typedef struct crease_stopping {
    const crease_stopping_type *type;
    void *opts;
    crease_ctx *ctx;
    struct crease_stopping *part[2]; /* of a test that combines, once it is prepared */
} crease_stopping;

crease_stopping *crease_stopping_create(crease_ctx *ctx, const char *name);
int crease_stopping_set(crease_stopping *s, const char *key, const char *text);
/* "NAME" or "NAME:key=value,key=value"; commas in brackets do not separate. NULL with the sentence set. */
crease_stopping *crease_stopping_parse(crease_ctx *ctx, const char *text);
/* Make the parts of a test that combines from its settings; a solver does this to its test. */
int crease_stopping_prepare(crease_stopping *s);
void crease_stopping_free(crease_stopping *s);

const crease_limits *crease_stopping_limits(const crease_stopping *s);
unsigned crease_stopping_needs(const crease_stopping *s);
/* What was tested and against what: tested/threshold against 1, for a test that combines. */
void crease_stopping_compare(const crease_stopping *s, const crease_progress *p, double *tested, double *threshold);
bool crease_stopping_met(const crease_stopping *s, const crease_progress *p);

#endif

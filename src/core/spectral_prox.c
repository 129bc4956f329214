/* The oracle of spectral members: on the singular values where d is constant, by radial ones where the matrix
 * is a vector, otherwise by accelerated proximal gradient steps or one majorized step. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "core/part.h"
#include "spectral.h"

enum { PATIENCE = 500 }; /* iterations without progress: the rest is rounding */

static double largest(size_t n, const double *x)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) most = fmax(most, x[i]);
    return most;
}

static double smallest(size_t n, const double *x)
{
    double least = INFINITY;
    for (size_t i = 0; i < n; i++) least = fmin(least, x[i]);
    return least;
}

static void fill_units(const crease_spectral_space *space, size_t live, crease_prox_info *info)
{
    for (size_t j = 0; info->unit && j < space->svd.k; j++) info->unit[j] = j < live;
}

enum { NO_MINIMIZER = -1, NO_DECOMPOSITION = -2 };

/* x = argmin 1/2 high |x|^2 - <m, x> + w psi, and how many singular values it has, or why not. x may be m. */
static ptrdiff_t shrink(const crease_part *s, const crease_spectral_way *way, crease_spectral_space *space,
                        const double *m, double high, double w, double *x)
{
    size_t k = space->svd.k, live = 0;
    if (!crease_svd_compute(&space->svd, m)) return NO_DECOMPOSITION;
    if (!way->rule(s, space->svd.s, k, high, w, space->value)) return NO_MINIMIZER;
    while (live < k && space->value[live] > 0) live++;
    crease_svd_compose(&space->svd, live, space->value, x);
    return (ptrdiff_t)live;
}

static int finish(const crease_spectral_space *space, ptrdiff_t live, crease_prox_info *info)
{
    if (live == NO_MINIMIZER) return CREASE_EUNBOUNDED;
    if (live == NO_DECOMPOSITION) return CREASE_ENAN; /* its matrix overflowed */
    fill_units(space, (size_t)live, info);
    return CREASE_OK;
}

/* --- accelerated proximal gradient steps ----------------------------------------------------------- */

typedef struct {
    const crease_part *s;
    const crease_spectral_way *way;
    crease_spectral_space *space;
    const double *c, *d;
    double w, high, low;    /* largest and smallest d */
    double *x, *next, *y;   /* the last two points, and the extrapolated one */
    double residual, noise; /* of `next`: |r| in D^-1, r a subgradient of Q; and what rounding adds */
    double *best, best_residual, best_noise;
    bool kept; /* whether there is a best one */
    ptrdiff_t live, best_live;
    double age; /* of the momentum since it was last dropped */
} apg;

/* A zero in d makes D^-1 infinite: |r| is then Euclidean, and proves nothing. */
static double inverse(const apg *r, size_t i)
{
    return r->low > 0 ? 1 / r->d[i] : 1;
}

/* next = prox of the quadratic with high instead of D that touches the smooth part at y. Then the matrix
 * (high - D)(y - next) is a subgradient of Q at next.                                                     */
static bool step(apg *r)
{
    size_t n = r->s->n;
    for (size_t i = 0; i < n; i++) r->next[i] = (r->high - r->d[i]) * r->y[i] + r->c[i];
    r->live = shrink(r->s, r->way, r->space, r->next, r->high, r->w, r->next);
    if (r->live < 0) return false;
    double sum = 0, size = cblas_dnrm2((blasint)r->space->svd.k, r->space->svd.s, 1);
    for (size_t i = 0; i < n; i++) {
        double g = (r->high - r->d[i]) * (r->y[i] - r->next[i]);
        sum += g * g * inverse(r, i);
    }
    r->residual = sqrt(sum);
    r->noise = 8 * DBL_EPSILON * size * (r->low > 0 ? 1 / sqrt(r->low) : 1);
    return true;
}

static bool keep_best(apg *r)
{
    if (r->kept && !(r->residual < r->best_residual)) return false;
    r->kept = true;
    memcpy(r->best, r->next, r->s->n * sizeof *r->best);
    r->best_residual = r->residual;
    r->best_noise = r->noise;
    r->best_live = r->live;
    return true;
}

/* Q grows from its minimizer by at least half the squared D-norm, so |x - x*| <= |r|, in D and D^-1. */
static bool is_met(const apg *r)
{
    double sum = 0;
    for (size_t i = 0; i < r->s->n; i++) {
        double size = r->low > 0 ? r->best[i] * r->best[i] * r->d[i] : r->c[i] * r->c[i];
        sum += size;
    }
    return r->best_residual <= fmax(r->way->tol * sqrt(sum), r->best_noise);
}

/* Momentum of V-FISTA, but growing as in FISTA and dropped where it points uphill (O'Donoghue and Candes). */
static void extrapolate(apg *r)
{
    double uphill = 0, root = sqrt(r->low / r->high), age = r->age;
    for (size_t i = 0; i < r->s->n; i++) uphill += (r->y[i] - r->next[i]) * (r->next[i] - r->x[i]);
    r->age = uphill > 0 ? 1 : (1 + sqrt(1 + 4 * age * age)) / 2;
    double momentum = uphill > 0 ? 0 : fmin((age - 1) / r->age, (1 - root) / (1 + root));
    for (size_t i = 0; i < r->s->n; i++) r->y[i] = r->next[i] + momentum * (r->next[i] - r->x[i]);
    double *last = r->x;
    r->x = r->next;
    r->next = last;
}

/* Where x is going, on the entries with d = 0, psi may grow too slowly to hold it. */
static bool runs_away(const apg *r, const double *x, double *direction)
{
    double gain = 0;
    if (r->low > 0 || isinf(r->way->slope)) return false;
    for (size_t i = 0; i < r->s->n; i++) {
        direction[i] = r->d[i] == 0 ? x[i] : 0;
        gain += r->c[i] * direction[i];
    }
    if (!(gain > 0) || !crease_svd_values(&r->space->svd, direction)) return false;
    double nuclear = cblas_dasum((blasint)r->space->svd.k, r->space->svd.s, 1);
    return r->w * r->way->slope * nuclear < gain * (1 - 1e-12);
}

/* The better one of two points to start from: the step from 0, which ends there if that is the solution, and
 * the step from c/d, which psi moves little if w is small.                                                */
static bool start(apg *r)
{
    memset(r->y, 0, r->s->n * sizeof *r->y);
    if (!step(r)) return false;
    keep_best(r);
    if (r->residual == 0) return true;
    for (size_t i = 0; i < r->s->n; i++) r->y[i] = r->d[i] > 0 ? r->c[i] / r->d[i] : 0;
    if (crease_are_finite(r->s->n, r->y) && step(r)) keep_best(r); /* c/d may overflow where x does not */
    memcpy(r->x, r->best, r->s->n * sizeof *r->x);
    memcpy(r->y, r->best, r->s->n * sizeof *r->y);
    return true;
}

static bool is_power_of_two(long i)
{
    return (i & (i - 1)) == 0;
}

static int accelerate(apg *r, unsigned *iterations)
{
    if (runs_away(r, r->c, r->y)) return CREASE_EUNBOUNDED;
    if (!start(r)) return CREASE_ENAN;
    long i, stuck = 0;
    for (i = 2; i < r->way->max_iters && stuck < PATIENCE && !is_met(r); i++) {
        if (!step(r)) return CREASE_ENAN;
        stuck = keep_best(r) ? 0 : stuck + 1;
        extrapolate(r);
        if (is_power_of_two(i) && runs_away(r, r->x, r->next)) return CREASE_EUNBOUNDED;
    }
    *iterations = (unsigned)i;
    return CREASE_OK;
}

/* Q(x) - Q* <= 1/2 |r|^2 in D^-1; and rounding of x itself, which adds to its rank, against a slope. */
static double proven_gap(const apg *r)
{
    double bound = r->best_residual + r->best_noise, rounding = 0;
    if (r->low == 0) return INFINITY;
    if (isfinite(r->way->slope))
        rounding = 4 * DBL_EPSILON * (double)r->space->svd.k * r->w * r->way->slope
                   * cblas_dnrm2((blasint)r->s->n, r->best, 1);
    return 0.5 * bound * bound + rounding;
}

static int iterate(const crease_part *s, const crease_spectral_way *way, crease_spectral_space *space,
                   const double *c, const double *d, double w, double *x, crease_prox_info *info)
{
    apg r = { .s = s, .way = way, .space = space, .c = c, .d = d, .w = w, .high = largest(s->n, d),
              .low = smallest(s->n, d), .x = space->a, .next = space->b, .y = space->e, .best = x,
              .age = 1 };
    CREASE_TRY(accelerate(&r, &info->iterations));
    info->exact = r.best_residual == 0 && r.best_live == 0; /* any other x is known to its noise only */
    info->gap = info->exact ? 0 : proven_gap(&r);
    return finish(space, r.best_live, info);
}

/* --- one part, any metric -------------------------------------------------------------------------- */

static int separable(const crease_part *s, const crease_spectral_space *space, const double *c,
                     const double *d, double w, double *x, crease_prox_info *info)
{
    if (isinf(w)) memset(x, 0, s->n * sizeof *x);
    else CREASE_TRY(crease_unpenalized(s->n, c, d, x));
    fill_units(space, crease_is_zero(s->n, x) ? 0 : space->svd.k, info);
    return CREASE_OK;
}

static int as_vector(const crease_part *s, const crease_spectral_way *way, const double *c, const double *d,
                     double w, double *x, crease_prox_info *info)
{
    crease_part vector = *s;
    vector.type = way->vector;
    vector.weight = 1;
    CREASE_TRY(crease_math_radial.prox(&vector, c, d, w, x, info));
    if (!info->unit) return CREASE_OK;
    info->unit[0] = !crease_is_zero(s->n, x);
    return CREASE_OK;
}

/* The step from c/d (0 where d is 0), where the smooth part has no slope but in those entries. */
static int majorized(const crease_part *s, const crease_spectral_way *way, crease_spectral_space *space,
                     const double *c, const double *d, double w, double *x, crease_prox_info *info)
{
    double high = largest(s->n, d);
    for (size_t i = 0; i < s->n; i++) x[i] = d[i] > 0 ? high * (c[i] / d[i]) : c[i];
    info->exact = false;
    info->gap = INFINITY;
    return finish(space, shrink(s, way, space, x, high, w, x), info);
}

int crease_spectral_solve(const crease_part *s, const crease_spectral_way *way, const double *c,
                          const double *d, double w, double *x, crease_prox_info *info)
{
    crease_spectral_space space = crease_spectral_carve(s);
    if (!crease_are_finite(s->n, c) || !crease_are_finite(s->n, d)) return CREASE_ENAN;
    if (s->n == 0) return CREASE_OK;
    if ((w == 0 && !way->binds) || isinf(w)) return separable(s, &space, c, d, w, x, info);
    if (crease_spectral_is_scalar(s, d)) return finish(&space, shrink(s, way, &space, c, d[0], w, x), info);
    if (space.svd.k == 1) return as_vector(s, way, c, d, w, x, info);
    if (way->max_iters > 0) return iterate(s, way, &space, c, d, w, x, info);
    if (way->majorize) return majorized(s, way, &space, c, d, w, x, info);
    return CREASE_ENOTSUP;
}

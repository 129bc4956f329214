/* The second derivative of F along its manifold: least and largest eigenvalue, by Lanczos' method with full
 * reorthogonalization. Directions of the unpenalized parameters in which f does not change at all (a common shift of
 * all intercepts of softmax) are set aside first: they are no property of the solution.                          */
#include "reference_spectrum.h"

#include <gsl/gsl_eigen.h>
#include <math.h>
#include <string.h>

#include "core/manifold.h"
#include "crease/random.h"

enum { MOST_STEPS = 400, MOST_FREE = 100 };
#define FLAT 1e-12 /* of the largest eigenvalue: what counts as no curvature */

typedef struct {
    crease_problem *problem;
    const crease_manifold *m;
    const unsigned char *live; /* the entries that move */
    size_t n, n_flat;
    double *flat;    /* n_flat orthonormal vectors */
    double *bent;    /* n: work */
    void *in, *out;  /* n reals */
} operator;

/* y = (H + psi'') x on the live entries. */
static int apply(const operator *o, const double *x, double *y)
{
    const crease_backend *b = o->problem->backend;
    b->from_host(o->n, x, o->in);
    CREASE_TRY(o->problem->type->product(o->problem, o->in, o->out));
    b->to_host(o->n, o->out, y);
    memcpy(o->bent, y, o->n * sizeof *y);
    crease_manifold_product(o->m, x, o->bent); /* psi bends along its manifold alone, not along all that is tight */
    for (size_t i = 0; i < o->n; i++) y[i] = o->m->live[i] ? o->bent[i] : o->live[i] ? y[i] : 0;
    return CREASE_OK;
}

static double dot(size_t n, const double *x, const double *y)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i] * y[i];
    return sum;
}

/* x minus its parts along `count` orthonormal vectors, twice: once is not enough where little is left. */
static void orthogonalize(size_t n, size_t count, const double *vectors, double *x)
{
    for (int pass = 0; pass < 2; pass++)
        for (size_t k = 0; k < count; k++) {
            double along = dot(n, vectors + k * n, x);
            for (size_t i = 0; i < n; i++) x[i] -= along * vectors[k * n + i];
        }
}

/* --- flat directions ------------------------------------------------------------------------------ */

/* The eigenvectors of the free entries' block whose eigenvalues vanish. */
static int flat_of_block(operator *o, const crease_kkt *kkt, const gsl_matrix *block, crease_ctx *ctx)
{
    size_t count = kkt->n_free;
    gsl_matrix *copy = gsl_matrix_alloc(count, count), *vectors = gsl_matrix_alloc(count, count);
    gsl_vector *values = gsl_vector_alloc(count);
    gsl_eigen_symmv_workspace *work = gsl_eigen_symmv_alloc(count);
    int code = copy && vectors && values && work ? CREASE_OK : CREASE_ENOMEM;
    if (code == CREASE_OK) {
        gsl_matrix_memcpy(copy, block);
        gsl_eigen_symmv(copy, values, vectors, work);
        double largest = gsl_vector_max(values);
        o->flat = crease_alloc(ctx, count * o->n, sizeof *o->flat);
        if (!o->flat) code = CREASE_ENOMEM;
        for (size_t k = 0; o->flat && k < count; k++) {
            if (gsl_vector_get(values, k) > FLAT * largest) continue;
            double *v = o->flat + o->n_flat++ * o->n;
            for (size_t i = 0; i < count; i++) v[kkt->free[i]] = gsl_matrix_get(vectors, i, k);
        }
    }
    gsl_eigen_symmv_free(work);
    gsl_vector_free(values);
    gsl_matrix_free(vectors);
    gsl_matrix_free(copy);
    return code;
}

static int find_flat(operator *o, const crease_kkt *kkt, crease_ctx *ctx)
{
    size_t count = kkt->n_free;
    if (count == 0 || count > MOST_FREE) return CREASE_OK;
    double *x = crease_alloc(ctx, o->n, sizeof *x), *y = crease_alloc(ctx, o->n, sizeof *y);
    gsl_matrix *block = gsl_matrix_alloc(count, count);
    int code = x && y && block ? CREASE_OK : CREASE_ENOMEM;
    for (size_t k = 0; code == CREASE_OK && k < count; k++) {
        memset(x, 0, o->n * sizeof *x);
        x[kkt->free[k]] = 1;
        code = apply(o, x, y);
        for (size_t i = 0; i < count; i++) gsl_matrix_set(block, i, k, y[kkt->free[i]]);
    }
    if (code == CREASE_OK) code = flat_of_block(o, kkt, block, ctx);
    gsl_matrix_free(block);
    crease_release(ctx, x);
    crease_release(ctx, y);
    return code;
}

/* --- Lanczos -------------------------------------------------------------------------------------- */

static int extremes(size_t steps, const double *alpha, const double *beta, crease_spectrum *out)
{
    gsl_matrix *t = gsl_matrix_calloc(steps, steps);
    gsl_vector *values = gsl_vector_alloc(steps);
    gsl_eigen_symm_workspace *work = gsl_eigen_symm_alloc(steps);
    bool fine = t && values && work;
    for (size_t k = 0; fine && k < steps; k++) {
        gsl_matrix_set(t, k, k, alpha[k]);
        if (k + 1 == steps) break;
        gsl_matrix_set(t, k, k + 1, beta[k]);
        gsl_matrix_set(t, k + 1, k, beta[k]);
    }
    if (fine) {
        gsl_eigen_symm(t, values, work);
        out->least = gsl_vector_min(values);
        out->largest = gsl_vector_max(values);
    }
    gsl_eigen_symm_free(work);
    gsl_vector_free(values);
    gsl_matrix_free(t);
    return fine ? CREASE_OK : CREASE_ENOMEM;
}

static void begin(const operator *o, double *q)
{
    crease_random r = crease_random_at(1, CREASE_STREAM_SAMPLE, 0);
    for (size_t i = 0; i < o->n; i++) {
        double value = crease_random_normal(&r);
        q[i] = o->live[i] ? value : 0;
    }
    orthogonalize(o->n, o->n_flat, o->flat, q);
}

static double normalize(size_t n, double *q)
{
    double size = sqrt(dot(n, q, q));
    for (size_t i = 0; size > 0 && i < n; i++) q[i] /= size;
    return size;
}

static int lanczos(const operator *o, size_t most, double *q, double *alpha, double *beta, crease_spectrum *out)
{
    size_t n = o->n, steps = 0;
    double largest = 0;
    begin(o, q);
    if (normalize(n, q) == 0) return CREASE_OK;
    while (steps < most) {
        double *at = q + steps * n, *next = at + n;
        CREASE_TRY(apply(o, at, next));
        alpha[steps] = dot(n, at, next);
        largest = fmax(largest, fabs(alpha[steps]));
        orthogonalize(n, o->n_flat, o->flat, next);
        orthogonalize(n, steps + 1, q, next);
        beta[steps++] = normalize(n, next);
        if (beta[steps - 1] <= 1e-13 * largest) break;
    }
    out->whole = steps < most || most < MOST_STEPS;
    return extremes(steps, alpha, beta, out);
}

static int run(operator *o, size_t dimension, crease_spectrum *out, crease_ctx *ctx)
{
    size_t most = dimension > o->n_flat ? dimension - o->n_flat : 0;
    if (most > MOST_STEPS) most = MOST_STEPS;
    if (most == 0) return CREASE_OK;
    double *q = crease_alloc(ctx, (most + 1) * o->n, sizeof *q), *alpha = crease_alloc(ctx, 2 * most, sizeof *alpha);
    int code = q && alpha ? lanczos(o, most, q, alpha, alpha + most, out) : CREASE_ENOMEM;
    crease_release(ctx, q);
    crease_release(ctx, alpha);
    return code;
}

int crease_spectrum_find(crease_problem *problem, const crease_kkt *kkt, const crease_manifold *m,
                         const unsigned char *live, const void *x, crease_spectrum *out)
{
    crease_ctx *ctx = problem->ctx;
    operator o = { .problem = problem, .m = m, .live = live, .n = problem->n };
    size_t dimension = 0, real = problem->backend->real_bytes;
    *out = (crease_spectrum){ NAN, NAN, false };
    for (size_t i = 0; i < o.n; i++) dimension += live[i];
    o.in = crease_alloc(ctx, o.n, real);
    o.out = crease_alloc(ctx, o.n, real);
    o.bent = crease_alloc(ctx, o.n, sizeof *o.bent);
    int code = o.in && o.out && o.bent ? problem->type->curvature(problem, x) : CREASE_ENOMEM;
    if (code == CREASE_OK) code = find_flat(&o, kkt, ctx);
    if (code == CREASE_OK) code = run(&o, dimension, out, ctx);
    crease_release(ctx, o.in);
    crease_release(ctx, o.out);
    crease_release(ctx, o.flat);
    crease_release(ctx, o.bent);
    return code;
}

/* Phase retrieval of a group-sparse signal from squared Gaussian measurements,
 *
 *   f(x) = 1/(4m) sum_i (<a_i, x>^2 - b_i)^2,   b_i = <a_i, x_planted>^2 + noise
 *
 * f is smooth and not convex: its second derivative 1/m sum_i (3 <a_i, x>^2 - b_i) a_i a_i', which
 * curvature and product give as it is (not the Gauss-Newton 1/m sum 2 <a_i, x>^2 a_i a_i'), is
 * indefinite in places, negative semidefinite at the origin among them, which is a stationary point. It
 * grows without bound, so no Lipschitz constant exists. x and -x are worth the same; no minimizer is
 * known where psi shrinks the planted one.
 *
 * The spectral start is the leading eigenvector of 1/m sum_i b_i a_i a_i' (Candes, Li and
 * Soltanolkotabi, IEEE Trans. Inf. Theory 61 (2015), Algorithm 1), by power iteration from a random
 * vector, with the length sqrt(mean b), which is what |x_planted| is on average. It knows nothing of
 * sparsity, and is near the signal only where there are many times more measurements than unknowns. */
#include <limits.h>
#include <math.h>
#include <stdio.h>

#include "observations.h"

typedef struct {
    long measurements, size, group, live, seed, power_iters;
    double magnitude, noise, start_scale;
    int start;
} phase_options;

typedef struct {
    observations base;
    unsigned char *live; /* one an entry of x */
} phase;

static const char *const starts[] = { "spectral", "normal", NULL };
enum { START_SPECTRAL };

static const char *check(const void *opts)
{
    const phase_options *o = opts;
    if (o->size % o->group != 0) return "group does not divide size";
    if (o->live > o->size / o->group) return "live is larger than the number of groups";
    return NULL;
}

/* --- the loss
 * ------------------------------------------------------------------------------------------ */

static double value(double z, double b)
{
    return 0.25 * (z * z - b) * (z * z - b);
}

static double slope(double z, double b)
{
    return (z * z - b) * z;
}

static double bend(double z, double b)
{
    return 3 * z * z - b;
}

static const observations_loss quartic = { value, slope, bend };

/* --- data
 * ---------------------------------------------------------------------------------------------- */

/* Normal numbers in a group, brought to a norm between magnitude and twice that; that of the first is
 * the least. */
static void plant_group(const phase_options *o, crease_random *r, bool first, double *x)
{
    double size = 0, norm = o->magnitude * (first ? 1 : 1 + crease_random_uniform(r));
    for (long j = 0; j < o->group; j++) {
        x[j] = crease_random_normal(r);
        size = hypot(size, x[j]);
    }
    for (long j = 0; j < o->group; j++) x[j] *= norm / size;
}

static void plant(const phase_options *o, uint32_t *order, phase *q, crease_random *r)
{
    crease_random_permutation(r, (size_t)(o->size / o->group), order);
    for (long k = 0; k < o->live; k++) {
        long first = (long)order[k] * o->group;
        plant_group(o, r, k == 0, q->base.known + first);
        for (long j = 0; j < o->group; j++) q->live[first + j] = 1;
    }
}

/* b of the a_i as rounded to the width of the backend, so that without noise f(x_planted) is 0 to
 * rounding. */
static void measure(crease_problem *p, double *host, crease_random *r)
{
    const phase_options *o = p->opts;
    phase *q = p->state;
    for (size_t i = 0; i < q->base.a.rows; i++) {
        void *row = observations_row(p, i);
        double sum = 0;
        observations_draw((uint64_t)o->seed, i, q->base.a.cols, host);
        p->backend->from_host(q->base.a.cols, host, row);
        p->backend->to_host(q->base.a.cols, row, host);
        for (size_t j = 0; j < q->base.a.cols; j++) sum += host[j] * q->base.known[j];
        q->base.target[i] = sum * sum + o->noise * crease_random_normal(r);
    }
}

static int fill(crease_problem *p, double *host, uint32_t *order)
{
    const phase_options *o = p->opts;
    phase *q = p->state;
    size_t m = (size_t)o->measurements, n = (size_t)o->size;
    q->base.loss = &quartic;
    q->base.a = (crease_matrix){ .rows = m, .cols = n };
    q->base.a.dense = crease_alloc(p->ctx, m, n * p->backend->real_bytes);
    q->base.target = crease_alloc(p->ctx, m, sizeof *q->base.target);
    q->base.known = crease_alloc(p->ctx, n, sizeof *q->base.known);
    q->live = crease_alloc(p->ctx, n, 1);
    if (!q->base.a.dense || !q->base.target || !q->base.known || !q->live || !host || !order)
        return CREASE_ENOMEM;
    crease_random r = observations_others((uint64_t)o->seed);
    plant(o, order, q, &r);
    measure(p, host, &r);
    return CREASE_OK;
}

static int setup(crease_problem *p)
{
    const phase_options *o = p->opts;
    if (!(p->state = crease_alloc(p->ctx, 1, sizeof(phase)))) return CREASE_ENOMEM;
    double *host = crease_alloc(p->ctx, (size_t)o->size, sizeof *host);
    uint32_t *order = crease_alloc(p->ctx, (size_t)(o->size / o->group), sizeof *order);
    int code = fill(p, host, order);
    crease_release(p->ctx, host);
    crease_release(p->ctx, order);
    if (code == CREASE_OK) code = observations_prepare(p, "signal", 1, (size_t)o->size);
    snprintf(p->source, sizeof p->source,
             "planted signal: seed %ld, %ld of %ld groups of %ld live, %ld measurements", o->seed,
             o->live, o->size / o->group, o->group, o->measurements);
    p->n_metrics = 1;
    p->metrics[0] =
        (crease_metric){ .name = "distance_up_to_sign",
                         .doc = "the lesser of |x - x_planted| and |x + x_planted|, over |x_planted|" };
    return code;
}

static void teardown(crease_problem *p)
{
    phase *q = p->state;
    if (q) crease_release(p->ctx, q->live);
    observations_teardown(p);
}

static const unsigned char *known_columns(const crease_problem *p)
{
    const phase *q = p->state;
    return q ? q->live : NULL;
}

/* --- start, metric
 * --------------------------------------------------------------------------------------- */

/* y = 1/m sum_i b_i <a_i, x> a_i through z: m reals, on the host and in the backend */
static int weigh(crease_problem *p, const void *x, double *z, void *s, void *y)
{
    const phase *q = p->state;
    CREASE_TRY(observations_predict(p, x, z));
    for (size_t i = 0; i < p->rows; i++) z[i] *= q->base.target[i];
    p->backend->from_host(p->rows, z, s);
    return observations_pull(p, (crease_rows){ 0, NULL }, s, 1.0 / (double)p->rows, 0, y);
}

/* From x on; the eigenvalue in front is 3 |x|^2 for many measurements, the next |x|^2. Noise can make
 * all b negative; the length is 1 then. */
static int spectral(crease_problem *p, double *z, void *s, void *y, void *x)
{
    const phase *q = p->state;
    const phase_options *o = p->opts;
    const crease_backend *b = p->backend;
    double mean = 0, norm;
    for (size_t i = 0; i < p->rows; i++) mean += q->base.target[i] / (double)p->rows;
    for (long t = 0; t < o->power_iters; t++) {
        CREASE_TRY(weigh(p, x, z, s, y));
        if (!((norm = sqrt(b->dot(p->n, y, y))) > 0)) break;
        b->axpby(p->n, 1 / norm, y, 0, x);
    }
    norm = sqrt(b->dot(p->n, x, x));
    b->copy(p->n, x, y);
    b->axpby(p->n, (mean > 0 ? sqrt(mean) : 1) / norm, y, 0, x);
    return CREASE_OK;
}

static int start(crease_problem *p, uint64_t seed, void *x)
{
    const phase_options *o = p->opts;
    size_t real = p->backend->real_bytes;
    if (o->start != START_SPECTRAL) return observations_start_normal(p, seed, o->start_scale, x);
    CREASE_TRY(observations_start_normal(p, seed, 1, x));
    double *z = crease_alloc(p->ctx, p->rows, sizeof *z);
    void *s = crease_alloc(p->ctx, p->rows, real), *y = crease_alloc(p->ctx, p->n, real);
    int code = z && s && y ? spectral(p, z, s, y, x) : CREASE_ENOMEM;
    crease_release(p->ctx, z);
    crease_release(p->ctx, s);
    crease_release(p->ctx, y);
    return code;
}

static int evaluate(crease_problem *p, const void *x)
{
    return observations_distance(p, x, true, &p->metrics[0].value);
}

static int lipschitz(crease_problem *p, bool one_row, double *L)
{
    (void)p, (void)one_row;
    *L = INFINITY;
    return CREASE_OK;
}

static const crease_param params[] = {
    CREASE_PARAM_INT(phase_options, measurements, 600, CREASE_IN(1, 1e8), "number of measurements"),
    CREASE_PARAM_INT(phase_options, size, 60, CREASE_IN(1, INT_MAX), "entries of the signal"),
    CREASE_PARAM_INT(phase_options, group, 3, CREASE_IN(1, INT_MAX),
                     "entries of a group; divides size"),
    CREASE_PARAM_INT(phase_options, live, 4, CREASE_IN(1, INT_MAX),
                     "groups that are not zero in the planted signal"),
    CREASE_PARAM_REAL(phase_options, magnitude, 1, CREASE_GT(0),
                      "least norm of a live group; others have up to twice that"),
    CREASE_PARAM_REAL(phase_options, noise, 0, CREASE_GE(0),
                      "standard deviation of the noise on squared measurements"),
    CREASE_PARAM_INT(phase_options, seed, 1, CREASE_GE(0), "seed of the data"),
    CREASE_PARAM_CHOICE(
        phase_options, start, START_SPECTRAL, starts,
        "spectral: leading eigenvector of the weighted measurements, or normal: independent numbers"),
    CREASE_PARAM_INT(phase_options, power_iters, 100, CREASE_IN(1, 1e6),
                     "power iterations of the spectral start"),
    CREASE_PARAM_REAL(phase_options, start_scale, 1, CREASE_GT(0),
                      "standard deviation of start = normal"),
    CREASE_PARAM_END,
};

const crease_problem_type crease_problem_phase_retrieval = {
    .base = {
        .name = "phase_retrieval",
        .summary = "a group-sparse signal from squared Gaussian measurements: smooth, not convex",
        .formula = "1/(4m) sum_i (<a_i, x>^2 - b_i)^2",
        .source = "Candes, Li and Soltanolkotabi, IEEE Trans. Inf. Theory 61 (2015)",
        .opts_size = sizeof(phase_options),
        .params = params,
        .check = check,
    },
    .setup = setup,
    .teardown = teardown,
    .gradient = observations_gradient,
    .start = start,
    .evaluate = evaluate,
    .known_columns = known_columns,
    .curvature = observations_curvature,
    .product = observations_product,
    .lipschitz = lipschitz,
    .slopes = observations_slopes,
    .pull = observations_pull,
    .predict = observations_predict,
};

/* Matrix sensing: a matrix of low rank from m linear measurements of it, each with a Gaussian matrix,
 *
 *   f(X) = 1/(2m) |A(X) - b|^2,   A(X)_i = <A_i, X>,   b = A(X_planted) + noise
 *
 * f is convex and quadratic; with fewer measurements than entries it is not strongly convex, and with
 * psi = lambda |X|_* its minimizers have low rank. The sizes are those of Bareilles, Iutzeler and
 * Malick, Math. Program. (2023), whose published code plants rank 2 with noise 1e-4 and takes lambda =
 * 0.01 against a sum instead of a mean: lambda = 0.01/60 here.
 *
 * certified_lambda > 0 makes an instance whose minimizer is known. Let X* = U S V', let W have U'W = 0,
 * W V = 0 and |W|_2 = 1 - margin, let G = lambda (U V' + W), and r any residuals. With C = (m G -
 * A'(r)) / |r|^2 the measurement matrices A_i + r_i C have A'(r)/m = G, so that b = A(X*) + r makes
 * grad f(X*) = -G. As U V' + W is a subgradient of |X|_* at X* (Watson, Linear Algebra Appl. 170
 * (1992)), X* minimizes f + lambda |X|_*, with delta = lambda - lambda |W|_2 = margin lambda and Delta
 * = sigma_r(X*) = magnitude. It is the only minimizer where margin > 0 and A is injective on the
 * tangent space of the matrices of its rank: with probability one where there are at least rank (rows +
 * cols - rank) measurements; fewer are refused. The certificate holds to rounding in the width of the
 * backend, which the A_i are rounded to. C has the size of lambda over the squared noise: a noise far
 * below lambda makes f ill-conditioned. */
#include <math.h>
#include <stdio.h>

#include "core/svd.h"
#include "observations.h"
#include "planted_matrix.h"

typedef struct {
    long rows, cols, measurements, rank, seed;
    double magnitude, spread, noise, certified_lambda, margin, start_scale;
} sensing_options;

typedef struct {
    observations base;
    double lipschitz, row_lipschitz; /* 0: not computed yet */
} sensing;

static const char *check(const void *opts)
{
    const sensing_options *o = opts;
    long least = o->rows < o->cols ? o->rows : o->cols;
    if (o->rank > least) return "rank is larger than the number of rows or columns";
    if (o->rows * o->cols > INT32_MAX) return "rows times cols is too large";
    if (o->certified_lambda == 0) return NULL;
    if (o->rank == least)
        return "a certified instance needs a rank below the number of rows and columns";
    if (o->noise == 0)
        return "a certified instance needs noise > 0, for the residual carries its certificate";
    if (o->measurements < o->rank * (o->rows + o->cols - o->rank))
        return "a certified instance needs at least rank (rows + cols - rank) measurements: with "
               "fewer, X* is not the "
               "only minimizer";
    return NULL;
}

/* --- data -------------------------------------------------------------------------------------------
 */

/* Scratch of the set-up, all on the host. G: minus grad f(X*), with a certificate. */
typedef struct {
    size_t n, m;
    double *u, *v, *s, *g, *residual, *row, *correction;
} plan;

static int plan_allocate(crease_problem *p, plan *l)
{
    const sensing_options *o = p->opts;
    size_t rows = (size_t)o->rows, cols = (size_t)o->cols, k = rows < cols ? rows : cols;
    struct {
        double **array;
        size_t size;
    } wanted[] = {
        { &l->u, rows * k }, { &l->v, cols * k },      { &l->s, k },           { &l->g, l->n },
        { &l->row, l->n },   { &l->correction, l->n }, { &l->residual, l->m },
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (!(*wanted[i].array = crease_alloc(p->ctx, wanted[i].size, sizeof(double))))
            return CREASE_ENOMEM;
    return CREASE_OK;
}

static void plan_free(crease_ctx *ctx, plan *l)
{
    double *owned[] = { l->u, l->v, l->s, l->g, l->residual, l->row, l->correction };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) crease_release(ctx, owned[i]);
}

/* X*, the residuals, and G = lambda (U V' + W): the singular values of W lie in [0, 1 - margin], the
 * end met. */
static void plant(const sensing_options *o, plan *l, double *known)
{
    size_t rows = (size_t)o->rows, cols = (size_t)o->cols, r = (size_t)o->rank,
           k = rows < cols ? rows : cols;
    crease_random random = observations_others((uint64_t)o->seed);
    planted_frames(&random, rows, cols, k, l->u, l->v);
    planted_spectrum(r, o->magnitude, o->spread, l->s);
    planted_compose(rows, cols, k, 0, r, l->u, l->v, l->s, known);
    for (size_t i = 0; i < l->m; i++) l->residual[i] = o->noise * crease_random_normal(&random);
    for (size_t i = 0; i < k; i++) {
        double inside = i == r ? 1 : crease_random_uniform(&random);
        l->s[i] = o->certified_lambda * (i < r ? 1 : inside * (1 - o->margin));
    }
    planted_compose(rows, cols, k, 0, k, l->u, l->v, l->s, l->g);
}

/* C = (m G - A'(r)) / |r|^2 */
static void correct(const sensing_options *o, plan *l)
{
    double size = 0;
    for (size_t j = 0; j < l->n; j++) l->correction[j] = (double)l->m * l->g[j];
    for (size_t i = 0; i < l->m; i++) {
        observations_draw((uint64_t)o->seed, i, l->n, l->row);
        for (size_t j = 0; j < l->n; j++) l->correction[j] -= l->residual[i] * l->row[j];
        size += l->residual[i] * l->residual[i];
    }
    for (size_t j = 0; j < l->n; j++) l->correction[j] /= size;
}

/* The measurement matrices, and b = A(X) + r of them as rounded to the width of the backend. */
static void measure(crease_problem *p, plan *l)
{
    const sensing_options *o = p->opts;
    sensing *q = p->state;
    for (size_t i = 0; i < l->m; i++) {
        void *row = observations_row(p, i);
        observations_draw((uint64_t)o->seed, i, l->n, l->row);
        if (o->certified_lambda > 0)
            for (size_t j = 0; j < l->n; j++) l->row[j] += l->residual[i] * l->correction[j];
        p->backend->from_host(l->n, l->row, row);
        p->backend->to_host(l->n, row, l->row);
        double sum = l->residual[i];
        for (size_t j = 0; j < l->n; j++) sum += l->row[j] * q->base.known[j];
        q->base.target[i] = sum;
    }
}

static int fill(crease_problem *p, plan *l)
{
    const sensing_options *o = p->opts;
    sensing *q = p->state;
    q->base.loss = &observations_squares;
    q->base.a = (crease_matrix){ .rows = l->m, .cols = l->n };
    q->base.a.dense = crease_alloc(p->ctx, l->m, l->n * p->backend->real_bytes);
    q->base.target = crease_alloc(p->ctx, l->m, sizeof *q->base.target);
    q->base.known = crease_alloc(p->ctx, l->n, sizeof *q->base.known);
    if (!q->base.a.dense || !q->base.target || !q->base.known) return CREASE_ENOMEM;
    CREASE_TRY(plan_allocate(p, l));
    plant(o, l, q->base.known);
    if (o->certified_lambda > 0) correct(o, l);
    measure(p, l);
    return CREASE_OK;
}

static void describe(crease_problem *p)
{
    const sensing_options *o = p->opts;
    int used = snprintf(p->source, sizeof p->source,
                        "planted matrix: seed %ld, %ld x %ld of rank %ld, %ld measurements", o->seed,
                        o->rows, o->cols, o->rank, o->measurements);
    if (o->certified_lambda > 0)
        snprintf(p->source + used, sizeof p->source - (size_t)used,
                 "; certified for %g |X|_*, delta = %g, Delta = %g", o->certified_lambda,
                 o->certified_lambda * o->margin, o->magnitude);
    p->n_metrics = 1;
    p->metrics[0] = (crease_metric){ .name = "relative_error",
                                     .doc = "|X - X_planted| / |X_planted|, Frobenius norms" };
}

static int setup(crease_problem *p)
{
    const sensing_options *o = p->opts;
    plan l = { .n = (size_t)(o->rows * o->cols), .m = (size_t)o->measurements };
    if (!(p->state = crease_alloc(p->ctx, 1, sizeof(sensing)))) return CREASE_ENOMEM;
    int code = fill(p, &l);
    plan_free(p->ctx, &l);
    if (code == CREASE_OK) code = observations_prepare(p, "matrix", (size_t)o->rows, (size_t)o->cols);
    if (code == CREASE_OK) describe(p);
    return code;
}

static const double *known_solution(const crease_problem *p)
{
    const sensing *q = p->state;
    const sensing_options *o = p->opts;
    return q && o->certified_lambda > 0 ? q->base.known : NULL;
}

static int start(crease_problem *p, uint64_t seed, void *x)
{
    return observations_start_normal(p, seed, ((const sensing_options *)p->opts)->start_scale, x);
}

static int evaluate(crease_problem *p, const void *x)
{
    return observations_distance(p, x, false, &p->metrics[0].value);
}

/* --- Lipschitz constants
 * ------------------------------------------------------------------------------ */

/* LAPACK's error is a few roundings of the largest singular value, which the last factor covers. *norm
 * stays where LAPACK cannot tell. */
static int decompose(crease_problem *p, const double *a, double *norm)
{
    const crease_matrix *x = &((const observations *)p->state)->a;
    crease_arena size = { NULL };
    crease_svd_carve(&size, x->rows, x->cols);
    crease_arena arena = { .base = crease_alloc(p->ctx, size.used, 1), .used = 0 };
    if (!arena.base) return CREASE_ENOMEM;
    crease_svd svd = crease_svd_carve(&arena, x->rows, x->cols);
    if (crease_svd_values(&svd, a)) *norm = svd.s[0] * svd.s[0] * (1 + 1e-12);
    crease_release(p->ctx, arena.base);
    return CREASE_OK;
}

/* sigma_1(A)^2, or the square of the Frobenius norm where A is too large for LAPACK. */
static int squared_norm(crease_problem *p, double *norm)
{
    const crease_matrix *x = &((const observations *)p->state)->a;
    size_t total = x->rows * x->cols;
    *norm = p->backend->dot(total, x->dense, x->dense);
    if (crease_svd_refusal(total)) return CREASE_OK;
    double *a = crease_alloc(p->ctx, total, sizeof *a);
    if (!a) return CREASE_ENOMEM;
    p->backend->to_host(total, x->dense, a);
    int code = decompose(p, a, norm);
    crease_release(p->ctx, a);
    return code;
}

static int row_norm(crease_problem *p, double *largest)
{
    const observations *o = p->state;
    *largest = 0;
    for (size_t i = 0; i < o->a.rows; i++) {
        const void *row = observations_row(p, i);
        *largest = fmax(*largest, p->backend->dot(o->a.cols, row, row));
    }
    return CREASE_OK;
}

static int lipschitz(crease_problem *p, bool one_row, double *L)
{
    sensing *q = p->state;
    double *kept = one_row ? &q->row_lipschitz : &q->lipschitz;
    if (*kept == 0) {
        CREASE_TRY(one_row ? row_norm(p, kept) : squared_norm(p, kept));
        if (!one_row) *kept /= (double)p->rows;
    }
    *L = *kept;
    return CREASE_OK;
}

static const crease_param params[] = {
    CREASE_PARAM_INT(sensing_options, rows, 10, CREASE_IN(1, 1e6), "rows of the matrix"),
    CREASE_PARAM_INT(sensing_options, cols, 12, CREASE_IN(1, 1e6), "columns of the matrix"),
    CREASE_PARAM_INT(sensing_options, measurements, 60, CREASE_IN(1, 1e8), "number of measurements"),
    CREASE_PARAM_INT(sensing_options, rank, 3, CREASE_IN(1, 1e6), "rank of the planted matrix"),
    CREASE_PARAM_REAL(sensing_options, magnitude, 1, CREASE_GT(0),
                      "least singular value of the planted matrix: Delta of a certified instance"),
    CREASE_PARAM_REAL(sensing_options, spread, 2, CREASE_GE(1),
                      "its largest singular value over its least"),
    CREASE_PARAM_REAL(sensing_options, noise, 0.01, CREASE_GE(0),
                      "standard deviation of the residuals at the planted matrix"),
    CREASE_PARAM_REAL(sensing_options, certified_lambda, 0, CREASE_GE(0),
                      "make the planted matrix the minimizer of f + this |X|_*: regularizer nuclear "
                      "with groups all and "
                      "group_weights one; 0: do not"),
    CREASE_PARAM_REAL(sensing_options, margin, 0.5, CREASE_IN(0, 1),
                      "delta of a certified instance over certified_lambda; 0: a degenerate one"),
    CREASE_PARAM_INT(sensing_options, seed, 1, CREASE_GE(0), "seed of the data"),
    CREASE_PARAM_REAL(sensing_options, start_scale, 0, CREASE_GE(0),
                      "standard deviation of a normal start point; 0: start at the origin"),
    CREASE_PARAM_END,
};

const crease_problem_type crease_problem_matrix_sensing = {
    .base = {
        .name = "matrix_sensing",
        .summary = "a matrix of low rank from Gaussian measurements, with a certified minimizer where wanted",
        .formula = "1/(2m) sum_i (<A_i, X> - b_i)^2",
        .source = "Recht, Fazel and Parrilo, SIAM Rev. 52 (2010); sizes of Bareilles, Iutzeler and Malick, "
                  "Math. Program. (2023)",
        .opts_size = sizeof(sensing_options),
        .params = params,
        .check = check,
    },
    .setup = setup,
    .teardown = observations_teardown,
    .gradient = observations_gradient,
    .start = start,
    .evaluate = evaluate,
    .known_solution = known_solution,
    .curvature = observations_curvature,
    .product = observations_product,
    .lipschitz = lipschitz,
    .slopes = observations_slopes,
    .pull = observations_pull,
    .predict = observations_predict,
};

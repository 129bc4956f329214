/* Lipschitz constants of the gradient of a linear model. With a_i = (x_i, 1), |C_i| <= c for all z,
 *
 *   of every row's loss:  c max_i |a_i|^2 + ridge,
 *   of f:                 c lambda_max(M) + ridge,   M = 1/n sum_i a_i a_i'.
 *
 * lambda_max(M) is bounded from above by Lanczos' method. From a start of uniformly random direction
 * the largest Ritz value theta of k steps satisfies theta >= (1 - e) lambda_max, whatever the other
 * eigenvalues are, but for a chance of
 *
 *   1.648 sqrt(size) exp(-sqrt(e) (2k - 1))
 *
 * (Kuczynski, Wozniakowski, SIAM J. Matrix Anal. Appl. 13 (1992)). k is the least that
 * brings this chance below 1e-9 for e = 5%, some 55 steps, and theta / (1 - e) is the bound: in
 * practice theta is lambda_max to many digits, so that it is 5% too large. That margin also covers
 * rounding in single precision. Nothing is made orthogonal again: what is lost repeats Ritz values and
 * makes none larger. The start is drawn from a fixed seed. Never above the trace of M, nor below trace
 * / size: these hold whatever the draw. */
#include "linear_model.h"

#include <float.h>

#include "crease/random.h"

static const double slack = 0.05, chance = 1e-9;
enum { MOST_STEPS = 128 }; /* enough for any size: 73 for 2^32 */

typedef struct lanczos {
    size_t n, steps;
    void *before, *v, *w; /* n reals each */
    double diagonal[MOST_STEPS], beside[MOST_STEPS];
} lanczos;

/* Largest and mean of |a_i|^2, both from above. */
static int measure_rows(crease_problem *p, double *largest, double *mean)
{
    const linear_model *m = p->state;
    const crease_matrix *x = &m->data.train.x;
    double *row = crease_alloc(p->ctx, x->cols, sizeof *row), bias = m->has_bias;
    if (!row) return CREASE_ENOMEM;
    *largest = *mean = 0;
    for (size_t i = 0; i < x->rows; i++) {
        size_t n = x->dense ? x->cols : x->row_start[i + 1] - x->row_start[i];
        const void *from = x->dense ? linear_entry(p, x->dense, i * x->cols)
                                    : linear_entry(p, x->value, x->row_start[i]);
        double sum = bias;
        p->backend->to_host(n, from, row);
        for (size_t j = 0; j < n; j++) sum += row[j] * row[j];
        *largest = fmax(*largest, sum);
        *mean += sum / (double)x->rows;
    }
    crease_release(p->ctx, row);
    *largest *= 1 + (double)(x->cols + 2) * DBL_EPSILON;
    *mean *= 1 + (double)(x->cols + x->rows + 2) * DBL_EPSILON;
    return CREASE_OK;
}

/* y = M v */
static void multiply(crease_problem *p, const void *v, void *y)
{
    const linear_model *m = p->state;
    const crease_matrix *data = &m->data.train.x;
    for (size_t i = 0; i < p->rows; i += LINEAR_CHUNK) {
        linear_chunk c = linear_rows_chunk(p, (crease_rows){ 0, NULL }, i);
        linear_host_logits(p, data, &c, v, 1, m->host);
        p->backend->from_host(c.n, m->host, m->z);
        linear_pull(p, data, &c, m->z, 1, 1.0 / (double)p->rows, i > 0, y);
    }
}

/* Whether an eigenvalue of the tridiagonal matrix lies above s: a pivot of T - s is then not negative.
 */
static bool has_above(const lanczos *l, double s)
{
    double pivot = -1, beside = 0;
    for (size_t k = 0; k < l->steps; k++) {
        pivot = l->diagonal[k] - s - beside * beside / pivot;
        if (pivot >= 0) return true;
        beside = l->beside[k];
    }
    return false;
}

static double largest_ritz_value(const lanczos *l)
{
    double low = 0, high = 0;
    for (size_t k = 0; k < l->steps; k++)
        high = fmax(high, fabs(l->diagonal[k]) + l->beside[k] + (k > 0 ? l->beside[k - 1] : 0));
    high *= 1 + DBL_EPSILON; /* Gershgorin */
    for (int i = 0; i < 60; i++) {
        double middle = 0.5 * (low + high);
        if (has_above(l, middle))
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* v = w / norm, before = v */
static void advance(const crease_problem *p, lanczos *l, double norm)
{
    void *free_one = l->before;
    l->before = l->v;
    l->v = l->w;
    l->w = free_one;
    p->backend->axpby(l->n, 0, l->v, 1 / norm, l->v);
}

static void iterate(crease_problem *p, lanczos *l, size_t steps)
{
    const crease_backend *b = p->backend;
    double norm = sqrt(b->dot(l->n, l->w, l->w)), scale = 0;
    for (size_t k = 0; k < steps && norm > 4 * b->roundoff * scale; k++) {
        advance(p, l, norm);
        multiply(p, l->v, l->w);
        if (k > 0) b->axpby(l->n, -norm, l->before, 1, l->w);
        l->diagonal[k] = b->dot(l->n, l->v, l->w);
        b->axpby(l->n, -l->diagonal[k], l->v, 1, l->w);
        norm = sqrt(b->dot(l->n, l->w, l->w));
        l->beside[k] = norm;
        l->steps = k + 1;
        scale = fmax(scale, l->diagonal[k] + norm);
    }
}

static size_t steps_for(size_t n)
{
    double k = 0.5 * (log(1.648 * sqrt((double)n) / chance) / sqrt(slack) + 1);
    return linear_smaller((size_t)ceil(k), MOST_STEPS);
}

static int start(crease_problem *p, lanczos *l)
{
    double *host = crease_alloc(p->ctx, l->n, sizeof *host);
    void **vectors[] = { &l->before, &l->v, &l->w };
    bool enough = host != NULL;
    for (int i = 0; i < 3; i++)
        enough &= (*vectors[i] = crease_alloc(p->ctx, l->n, p->backend->real_bytes)) != NULL;
    if (enough) {
        crease_random r = crease_random_at(0, CREASE_STREAM_SAMPLE, 0);
        for (size_t i = 0; i < l->n; i++) host[i] = crease_random_normal(&r);
        p->backend->from_host(l->n, host, l->w);
    }
    crease_release(p->ctx, host);
    return enough ? CREASE_OK : CREASE_ENOMEM;
}

/* lambda_max(M), from above. */
static int bound_moment(crease_problem *p, double trace, double *bound)
{
    const linear_model *m = p->state;
    lanczos l = { .n = m->data.train.x.cols + m->has_bias };
    int code = start(p, &l);
    if (code == CREASE_OK) {
        iterate(p, &l, steps_for(l.n));
        double ritz = largest_ritz_value(&l) / (1 - slack);
        *bound = fmin(trace, fmax(ritz, trace / (double)l.n));
    }
    crease_release(p->ctx, l.before);
    crease_release(p->ctx, l.v);
    crease_release(p->ctx, l.w);
    return code;
}

int linear_model_lipschitz(crease_problem *p, bool one_row, double *L)
{
    linear_model *m = p->state;
    *L = m->lipschitz[one_row];
    if (!isnan(*L)) return CREASE_OK;
    double square = 0, trace = 0;
    if (isfinite(m->loss->bound)) {
        CREASE_TRY(measure_rows(p, &square, &trace));
        if (!one_row) CREASE_TRY(bound_moment(p, trace, &square));
        *L = m->loss->bound * square + p->ridge;
    } else {
        *L = INFINITY;
    }
    m->lipschitz[one_row] = *L;
    return CREASE_OK;
}

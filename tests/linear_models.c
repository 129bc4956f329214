#include "linear_models.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const loss_case loss_cases[N_LOSSES] = {
    { "softmax", TARGET_CLASSES, true, 0.5 },
    { "logistic", TARGET_SIGNS, true, 0.25 },
    { "svm_squared_hinge", TARGET_SIGNS, true, 1 },
    { "sigmoid", TARGET_SIGNS, false, 0.096225044864937627 },
    { "least_squares", TARGET_NUMBERS, true, 1 },
    { "huber_regression", TARGET_NUMBERS, true, 1 },
    { "poisson", TARGET_COUNTS, true, INFINITY },
};

static const long double huber_delta = 1; /* the default */

/* --- one row -------------------------------------------------------------------------------------- */

static long double softmax_row(size_t m, const long double *z, size_t y, long double *d, long double *h)
{
    long double sum = 0;
    for (size_t k = 0; k < m; k++) sum += expl(z[k]);
    for (size_t k = 0; k < m; k++) d[k] = expl(z[k]) / sum - (k == y);
    for (size_t k = 0; k < m;
         k++) { /* the diagonal is minus the others, which is exact where 1 - q_k is not */
        h[k * m + k] = 0;
        for (size_t l = 0; l < m; l++)
            if (l != k) h[k * m + k] -= h[k * m + l] = -expl(z[k]) / sum * (expl(z[l]) / sum);
    }
    return logl(sum) - z[y];
}

static long double scalar_row(const char *name, long double z, long double y, long double *d,
                              long double *h)
{
    long double up = expl(y * z), down = expl(-y * z), r = z - y;
    long double s = 1 / (1 + up), rest = 1 / (1 + down);
    switch (name[0]) {
    case 'l': /* logistic, least_squares */
        *d = name[1] == 'o' ? -y * s : r;
        *h = name[1] == 'o' ? s * rest : 1;
        return name[1] == 'o' ? log1pl(down) : 0.5L * r * r;
    case 's':
        if (name[1] == 'v') { /* svm_squared_hinge */
            long double slack = fmaxl(0, 1 - y * z);
            *d = -y * slack;
            *h = slack > 0;
            return 0.5L * slack * slack;
        }
        *d = -y * s * rest; /* sigmoid */
        *h = s * rest * (rest - s);
        return s;
    case 'h':
        *d = fmaxl(-huber_delta, fminl(huber_delta, r));
        *h = fabsl(r) <= huber_delta;
        return fabsl(r) <= huber_delta ? 0.5L * r * r : huber_delta * (fabsl(r) - 0.5L * huber_delta);
    default: /* poisson */
        *d = expl(z) - y;
        *h = expl(z);
        return expl(z) - y * z;
    }
}

static long double row_loss(const loss_model *m, size_t row, const long double *z, long double *d,
                            long double *h)
{
    const sample *s = &m->data;
    if (m->loss->targets == TARGET_CLASSES) return softmax_row(m->outputs, z, (size_t)s->y[row], d, h);
    return scalar_row(m->loss->name, z[0], s->t ? s->t[row] : 2 * s->y[row] - 1, d, h);
}

/* --- all rows ------------------------------------------------------------------------------------- */

void naive_logits(const loss_model *m, size_t row, const double *x, long double *z)
{
    size_t cols = m->data.cols;
    for (size_t k = 0; k < m->outputs; k++) {
        z[k] = m->bias ? x[m->outputs * cols + k] : 0;
        for (size_t j = 0; j < cols; j++)
            z[k] += (long double)x[k * cols + j] * m->data.x[row * cols + j];
    }
}

static void add_row(const loss_model *m, size_t row, const long double *d, long double *g)
{
    size_t cols = m->data.cols;
    for (size_t k = 0; k < m->outputs; k++) {
        for (size_t j = 0; j < cols; j++) g[k * cols + j] += d[k] * m->data.x[row * cols + j];
        if (m->bias) g[m->outputs * cols + k] += d[k];
    }
}

static void finish(const loss_model *m, const long double *sum, size_t count, const double *x,
                   double *out)
{
    for (size_t i = 0; i < m->n; i++) {
        bool weight = i < m->outputs * m->data.cols;
        out[i] = (double)(sum[i] / (long double)count + (weight ? (long double)m->ridge * x[i] : 0));
    }
}

long double naive_model(const loss_model *m, crease_rows rows, const double *x, double *g,
                        const double *v, double *hv)
{
    long double z[MOST_CLASSES], d[MOST_CLASSES], h[MOST_CLASSES * MOST_CLASSES], u[MOST_CLASSES];
    long double gs[MOST_PARAMETERS] = { 0 }, hs[MOST_PARAMETERS] = { 0 }, value = 0;
    size_t count = rows.rows ? rows.count : m->data.rows;
    for (size_t i = 0; i < count; i++) {
        size_t row = rows.rows ? rows.rows[i] : i;
        naive_logits(m, row, x, z);
        value += row_loss(m, row, z, d, h) / (long double)count;
        add_row(m, row, d, gs);
        if (!v) continue;
        naive_logits(m, row, v, u);
        for (size_t k = 0; k < m->outputs; k++) {
            d[k] = 0;
            for (size_t l = 0; l < m->outputs; l++) d[k] += h[k * m->outputs + l] * u[l];
        }
        add_row(m, row, d, hs);
    }
    for (size_t i = 0; i < m->outputs * m->data.cols; i++) value += 0.5L * m->ridge * x[i] * x[i];
    if (g) finish(m, gs, count, x, g);
    if (v) finish(m, hs, count, v, hv);
    return value;
}

/* --- making them ---------------------------------------------------------------------------------- */

sample loss_sample(uint64_t seed, target_kind targets, size_t rows, size_t cols, double zeros)
{
    sample s = sample_create(seed, rows, cols, targets == TARGET_CLASSES ? 4 : 2, zeros);
    if (targets < TARGET_NUMBERS) return s;
    crease_random r = crease_random_at(seed, CREASE_STREAM_TEST, 1 << 20);
    s.t = calloc(rows, sizeof *s.t);
    assert_non_null(s.t);
    for (size_t i = 0; i < rows; i++) {
        s.t[i] = 2 * crease_random_normal(&r);
        if (targets == TARGET_COUNTS) s.t[i] = floor(fabs(s.t[i]));
    }
    return s;
}

loss_model loss_model_make(const loss_case *loss, int form, const char *backend, double scale)
{
    loss_model m = { .loss = loss,
                     .sparse = form & 1,
                     .bias = form & 2,
                     .ridge = form & 4 ? 0.3 : 0,
                     .ctx = test_ctx() };
    m.data = loss_sample(11, loss->targets, form & 8 ? 600 : 90, 7, 0.6);
    m.outputs = loss->targets == TARGET_CLASSES ? m.data.classes : 1;
    m.n = m.outputs * (m.data.cols + m.bias);
    const char *path = m.sparse ? sample_write_libsvm(&m.data, "s") : sample_write_csv(&m.data, "d");
    m.p = problem_make(
        m.ctx, loss->name, backend,
        SETTINGS("data", path, "bias", m.bias ? "true" : "false", "ridge", m.ridge > 0 ? "0.3" : "0"));
    assert_int_equal(m.p->n, m.n);
    fill_normal(12, MOST_PARAMETERS, scale, m.x);
    return m;
}

void loss_model_free(loss_model *m)
{
    crease_problem_free(m->p);
    sample_free(&m->data);
    crease_ctx_free(m->ctx);
}

/* --- a problem on doubles ------------------------------------------------------------------------- */

static void *to_backend(crease_problem *p, const double *x)
{
    void *out = crease_alloc(p->ctx, p->n, p->backend->real_bytes);
    assert_non_null(out);
    if (x) p->backend->from_host(p->n, x, out);
    return out;
}

double problem_gradient(crease_problem *p, crease_rows rows, const double *x, double *g)
{
    void *at = to_backend(p, x), *out = to_backend(p, NULL);
    double value;
    assert_ok(p->ctx, p->type->gradient(p, rows, at, &value, g ? out : NULL));
    if (g) p->backend->to_host(p->n, out, g);
    crease_release(p->ctx, at);
    crease_release(p->ctx, out);
    return value;
}

void problem_curvature(crease_problem *p, const double *x)
{
    void *at = to_backend(p, x);
    assert_ok(p->ctx, p->type->curvature(p, at));
    crease_release(p->ctx, at);
}

void problem_product(crease_problem *p, const double *v, double *y)
{
    void *at = to_backend(p, v), *out = to_backend(p, NULL);
    assert_ok(p->ctx, p->type->product(p, at, out));
    p->backend->to_host(p->n, out, y);
    crease_release(p->ctx, at);
    crease_release(p->ctx, out);
}

double problem_metric(crease_problem *p, const char *name, const double *x)
{
    void *at = to_backend(p, x);
    assert_ok(p->ctx, p->type->evaluate(p, at));
    crease_release(p->ctx, at);
    for (size_t i = 0; i < p->n_metrics; i++)
        if (!strcmp(p->metrics[i].name, name)) return p->metrics[i].value;
    fail_msg("there is no metric %s", name);
    return NAN;
}

crease_rows draw_rows(uint64_t seed, size_t rows, size_t count, uint32_t *out)
{
    crease_random r = crease_random_at(seed, CREASE_STREAM_TEST, 1);
    for (size_t i = 0; i < count; i++) out[i] = (uint32_t)crease_random_below(&r, rows);
    return (crease_rows){ count, out };
}

double dot(size_t n, const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

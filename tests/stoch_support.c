#include "stoch_support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the mathematics -------------------------------------------------------------------------------
 */

static size_t row_of(const uint32_t *rows, size_t k)
{
    return rows ? rows[k] : k;
}

static long double logit(const stoch_data *d, size_t i, size_t k, const long double *x)
{
    long double z = x[STOCH_WIDTH * d->cols + k];
    for (size_t j = 0; j < d->cols; j++) z += x[k * d->cols + j] * d->a[i * d->cols + j];
    return z;
}

void stoch_slopes(const stoch_data *d, size_t count, const uint32_t *rows, const long double *x,
                  long double *s)
{
    if (!rows) count = d->rows;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < STOCH_WIDTH; k++) {
            size_t row = row_of(rows, i);
            long double y = d->y[row * STOCH_WIDTH + k];
            s[i * STOCH_WIDTH + k] = -y / (1 + expl(y * logit(d, row, k, x)));
        }
}

void stoch_pull(const stoch_data *d, size_t count, const uint32_t *rows, const long double *s,
                long double *g)
{
    if (!rows) count = d->rows;
    memset(g, 0, d->n * sizeof *g);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < STOCH_WIDTH; k++) {
            long double r = s[i * STOCH_WIDTH + k] / count;
            g[STOCH_WIDTH * d->cols + k] += r;
            for (size_t j = 0; j < d->cols; j++)
                g[k * d->cols + j] += r * d->a[row_of(rows, i) * d->cols + j];
        }
}

long double stoch_gradient(const stoch_data *d, size_t count, const uint32_t *rows,
                           const long double *x, long double *g)
{
    size_t weights = STOCH_WIDTH * d->cols, n = rows ? count : d->rows;
    long double value = 0, *s = malloc(n * STOCH_WIDTH * sizeof *s);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < STOCH_WIDTH; k++) {
            size_t row = row_of(rows, i);
            value += log1pl(expl(-d->y[row * STOCH_WIDTH + k] * logit(d, row, k, x))) / n;
        }
    for (size_t i = 0; i < weights; i++) value += 0.5L * d->ridge * x[i] * x[i];
    if (g) {
        stoch_slopes(d, n, rows, x, s);
        stoch_pull(d, n, rows, s, g);
        for (size_t i = 0; i < weights; i++) g[i] += d->ridge * x[i];
    }
    free(s);
    return value;
}

static long double soft(long double x, long double t)
{
    return x > t ? x - t : x < -t ? x + t : 0;
}

void stoch_prox(const stoch_data *d, long double w, long double *x)
{
    for (size_t j = 0; j < d->cols; j++) {
        long double *u = &x[j], *v = &x[d->cols + j];
        *u = soft(*u, w * d->lambda1);
        *v = soft(*v, w * d->lambda1);
        long double size = hypotl(*u, *v), t = w * d->lambda2 * sqrtl(STOCH_WIDTH);
        long double keep = size > t ? 1 - (size > 0 ? t / size : 0) : 0;
        *u *= keep;
        *v *= keep;
    }
}

/* --- the same as a member ---------------------------------------------------------------------------
 */

typedef struct {
    const stoch_data *data;
} rows_state;

/* The bench behind the problem being made; a member has no other way to know. */
static const stoch_data *current;

static int rows_setup(crease_problem *p)
{
    rows_state *s = crease_alloc(p->ctx, 1, sizeof *s);
    if (!(p->state = s)) return CREASE_ENOMEM;
    s->data = current;
    size_t weights = STOCH_WIDTH * current->cols;
    p->n = current->n;
    p->rows = current->rows;
    p->row_width = STOCH_WIDTH;
    p->ridge = current->ridge;
    p->n_blocks = 2;
    p->blocks[0] = (crease_block){ "weight", 0, weights, 2, { STOCH_WIDTH, current->cols }, 0, 0 };
    p->blocks[1] = (crease_block){ "bias", weights, STOCH_WIDTH, 1, { STOCH_WIDTH }, 0, 0 };
    return CREASE_OK;
}

static void rows_teardown(crease_problem *p)
{
    crease_release(p->ctx, p->state);
    p->state = NULL;
}

static long double *lift(const crease_problem *p, size_t n, const void *v)
{
    double *host = malloc((n + 1) * sizeof *host);
    long double *out = malloc((n + 1) * sizeof *out);
    p->backend->to_host(n, v, host);
    for (size_t i = 0; i < n; i++) out[i] = host[i];
    free(host);
    return out;
}

static void lower(const crease_problem *p, size_t n, const long double *v, void *out)
{
    double *host = malloc((n + 1) * sizeof *host);
    for (size_t i = 0; i < n; i++) host[i] = (double)v[i];
    p->backend->from_host(n, host, out);
    free(host);
}

long stoch_poison;

static int rows_gradient(crease_problem *p, crease_rows rows, const void *x, double *value, void *g)
{
    const stoch_data *d = ((rows_state *)p->state)->data;
    long double *point = lift(p, d->n, x), *grad = calloc(d->n, sizeof *grad);
    *value = (double)stoch_gradient(d, rows.count, rows.rows, point, g ? grad : NULL);
    if (g) lower(p, d->n, grad, g);
    if (stoch_poison > 0 && --stoch_poison == 0) *value = NAN;
    free(point);
    free(grad);
    return CREASE_OK;
}

static int rows_slopes(crease_problem *p, crease_rows rows, const void *x, void *s)
{
    const stoch_data *d = ((rows_state *)p->state)->data;
    size_t count = rows.rows ? rows.count : d->rows;
    long double *point = lift(p, d->n, x), *slopes = calloc(count * STOCH_WIDTH, sizeof *slopes);
    stoch_slopes(d, count, rows.rows, point, slopes);
    lower(p, count * STOCH_WIDTH, slopes, s);
    free(point);
    free(slopes);
    return CREASE_OK;
}

static int rows_pull(crease_problem *p, crease_rows rows, const void *s, double scale, double beta,
                     void *g)
{
    const stoch_data *d = ((rows_state *)p->state)->data;
    size_t count = rows.rows ? rows.count : d->rows;
    long double *slopes = lift(p, count * STOCH_WIDTH, s), *grad = calloc(d->n, sizeof *grad);
    long double *before = lift(p, d->n, g);
    stoch_pull(d, count, rows.rows, slopes, grad);
    for (size_t i = 0; i < d->n; i++)
        grad[i] = scale * count * grad[i] + (beta != 0 ? beta * before[i] : 0);
    lower(p, d->n, grad, g);
    free(slopes);
    free(grad);
    free(before);
    return CREASE_OK;
}

static const crease_problem_type rows_type = {
    .base = { .name = "test_rows", .summary = "two logistic losses a row" },
    .setup = rows_setup,
    .teardown = rows_teardown,
    .gradient = rows_gradient,
    .slopes = rows_slopes,
    .pull = rows_pull,
};

/* --- cases -------------------------------------------------------------------------------------------
 */

static const stoch_case plain = { .algorithm = "rda",
                                  .settings = "",
                                  .backend = "cpu-f64",
                                  .rows = 23,
                                  .cols = 9,
                                  .batch = 5,
                                  .ridge = 0.02,
                                  .lambda2 = 0.05,
                                  .start = 0.2 };

stoch_case stoch_with(const char *algorithm, const char *settings, const char *backend)
{
    stoch_case c = plain;
    c.algorithm = algorithm;
    c.settings = settings;
    c.backend = backend;
    if (strcmp(algorithm, "obprox_sg") == 0) {
        c.lambda1 = 0.05;
        c.lambda2 = 0;
    }
    return c;
}

const char *const stoch_methods[][2] = {
    { "rda", "gamma=2" },
    { "rda_plus", "gamma=0.6,lr=0.3,patience=3" },
    { "prox_svrg", "lr=0.4" },
    { "prox_saga", "lr=0.3" },
    { "pstorm", "lr=0.3,L=0.6" },
    { "s_pstorm", "lr=0.5" },
    { "norm_sgd", "lr=2,shift=8" },
    { "obprox_sg", "lr=0.4,prox_epochs=1,orthant_epochs=1" },
    { "hspg", "lr=0.4,prox_epochs=1" },
    { "proxsgd", "lr=0.5,weights=decreasing" },
};
_Static_assert(sizeof stoch_methods / sizeof *stoch_methods == STOCH_METHODS, "as told");

/* --- the bench ---------------------------------------------------------------------------------------
 */

static int bench_gradient(crease_oracle *oracle, crease_rows rows, const void *x, double *value,
                          void *g)
{
    stoch_bench *b = (stoch_bench *)((char *)oracle - offsetof(stoch_bench, oracle));
    crease_problem *p = b->problem;
    oracle->passes += rows.rows ? (double)rows.count / (double)p->rows : 1;
    return p->type->gradient(p, rows, x, value, g);
}

/* Columns of very different size of effect, so that psi keeps some of them. */
static void make_data(stoch_bench *b)
{
    const stoch_case *c = &b->c;
    crease_random r = crease_random_at(7, CREASE_STREAM_TEST, 0);
    double *a = malloc(c->rows * c->cols * sizeof *a), *y = malloc(c->rows * STOCH_WIDTH * sizeof *y);
    for (size_t i = 0; i < c->rows; i++) {
        double z = 0;
        for (size_t j = 0; j < c->cols; j++) {
            a[i * c->cols + j] = crease_random_normal(&r);
            z += j % 4 == 0 ? a[i * c->cols + j] : 0;
        }
        for (size_t k = 0; k < STOCH_WIDTH; k++)
            y[i * STOCH_WIDTH + k] = (k ? -z : z) + 0.5 * crease_random_normal(&r) > 0 ? 1 : -1;
    }
    b->data = (stoch_data){ .rows = c->rows,
                            .cols = c->cols,
                            .n = STOCH_WIDTH * (c->cols + 1),
                            .ridge = c->ridge,
                            .lambda1 = c->lambda1,
                            .lambda2 = c->lambda2,
                            .a = a,
                            .y = y };
}

static void make_psi(stoch_bench *b)
{
    const stoch_case *c = &b->c;
    const char *name = c->lambda2 == 0 ? "l1" : c->lambda1 == 0 ? "group_l2" : "sparse_group";
    char text[60];
    b->psi = crease_regularizer_create(b->ctx, name);
    assert_non_null(b->psi);
    snprintf(text, sizeof text, "%.17g", c->lambda1 > 0 ? c->lambda1 : c->lambda2);
    assert_ok(b->ctx, crease_regularizer_set(
                          b->psi, strcmp(name, "sparse_group") == 0 ? "lambda1" : "lambda", text));
    snprintf(text, sizeof text, "%.17g", c->lambda2);
    if (strcmp(name, "sparse_group") == 0)
        assert_ok(b->ctx, crease_regularizer_set(b->psi, "lambda2", text));
    b->groups = crease_groups_cols(0, STOCH_WIDTH, c->cols);
}

stoch_bench *stoch_open(crease_ctx *ctx, const stoch_case *c, bool set_up)
{
    stoch_bench *b = calloc(1, sizeof *b);
    b->ctx = ctx ? ctx : test_ctx();
    b->c = *c;
    make_data(b);
    current = &b->data;
    const crease_backend *backend = crease_backend_find(b->ctx, c->backend);
    assert_ok(b->ctx, crease_register(b->ctx, CREASE_PROBLEM, &rows_type.base));
    b->problem = crease_problem_create(b->ctx, "test_rows", backend);
    assert_non_null(b->problem);
    assert_ok(b->ctx, crease_problem_setup(b->problem));
    make_psi(b);
    b->exact = crease_solver_create(b->ctx, "exact", NULL);
    b->a = crease_algorithm_create(b->ctx, c->algorithm, backend);
    assert_true(b->exact && b->a);
    assert_ok(b->ctx, crease_opts_set_all(b->ctx, CREASE_ALGORITHM, &b->a->type->base, b->a->opts,
                                          c->settings));
    b->oracle = (crease_oracle){ .gradient = bench_gradient, .problem = b->problem };
    b->order = malloc(c->rows * sizeof *b->order);
    b->host = calloc(b->data.n, sizeof *b->host);
    b->start = calloc(b->data.n, sizeof *b->start);
    crease_random r = crease_random_at(8, CREASE_STREAM_TEST, 0);
    for (size_t i = 0; i < b->data.n; i++)
        b->start[i] = (double)(float)(c->start * crease_random_normal(&r));
    b->a->rows = b->problem->rows;
    b->a->row_width = b->problem->row_width;
    if (set_up) assert_ok(b->ctx, stoch_setup(b));
    return b;
}

int stoch_setup(stoch_bench *b)
{
    const crease_term term = { b->psi, &b->groups, "weight" };
    void *x = crease_alloc(b->ctx, b->data.n, b->a->backend->real_bytes);
    if (!x) return CREASE_ENOMEM;
    b->a->backend->from_host(b->data.n, b->start, x);
    int code = crease_algorithm_setup(b->a, b->data.n, x, &term, 1, b->exact);
    b->a->want_hat = true;
    crease_release(b->ctx, x);
    return code;
}

void stoch_close(stoch_bench *b)
{
    crease_algorithm_free(b->a);
    crease_solver_free(b->exact);
    crease_regularizer_free(b->psi);
    crease_problem_free(b->problem);
    crease_ctx_free(b->ctx);
    free((void *)b->data.a);
    free((void *)b->data.y);
    free(b->order);
    free(b->host);
    free(b->start);
    free(b);
}

void stoch_batch(stoch_bench *b)
{
    size_t batch = b->c.batch, steps = batch ? (b->c.rows + batch - 1) / batch : 1,
           at = b->step % steps;
    if (at == 0) {
        crease_random r = crease_random_at(9, CREASE_STREAM_TEST, (uint64_t)(b->step / steps) << 32);
        crease_random_permutation(&r, b->c.rows, b->order);
    }
    size_t left = b->c.rows - at * batch;
    b->oracle.batch = batch ? (crease_rows){ left < batch ? left : batch, b->order + at * batch }
                            : (crease_rows){ 0, NULL };
}

int stoch_step(stoch_bench *b)
{
    stoch_batch(b);
    int code = crease_algorithm_step(b->a, &b->oracle);
    b->step += code == CREASE_OK;
    return code;
}

const double *stoch_host(stoch_bench *b, const void *v)
{
    b->a->backend->to_host(b->data.n, v, b->host);
    return b->host;
}

size_t stoch_zeros(const stoch_bench *b, const double *x)
{
    size_t zeros = 0;
    for (size_t i = 0; i < b->data.n; i++) assert_true(x[i] != 0 || !signbit(x[i]));
    for (size_t i = 0; i < STOCH_WIDTH * b->c.cols; i++) zeros += x[i] == 0;
    return zeros;
}

/* Matrix completion: a matrix of low rank from some of its entries,
 *
 *   f(X) = 1/(2 |Omega|) sum_{(i,j) in Omega} (X_ij - M_ij)^2
 *
 * A mean over observed entries: they are the rows of the problem. f is convex, but not strongly: it
 * does not depend on what is not observed, and nothing here promises that a planted matrix is the
 * minimizer of f + lambda |X|_* (for when it is near, see Candes and Plan, Proc. IEEE 98 (2010)).
 * Planted: M = U diag(s) V' + noise with known singular values. From a file: triples "i j value", of
 * which an entry may have several.                                     */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "crease/data.h"
#include "observations.h"
#include "planted_matrix.h"

typedef struct {
    crease_string data;
    long rows, cols, first_index, rank, seed;
    double magnitude, spread, noise, observed, held_out, start_scale;
} completion_options;

typedef struct {
    observations base;
    size_t held_out; /* entries that are for test_rmse alone */
    uint32_t *held_at;
    double *held_value, *host; /* host: n, where something is held out */
} completion;

/* All that is known of a matrix: entry at[t] = i cols + j is value[t]. */
typedef struct {
    size_t rows, cols, n;
    uint32_t *at;
    double *value;
} table;

enum { PLANTED_ROWS = 40, PLANTED_COLS = 30 };

static bool is_planted(const completion_options *o)
{
    return !strcmp(o->data, "planted");
}

static long planted_rows(const completion_options *o)
{
    return o->rows ? o->rows : PLANTED_ROWS;
}

static long planted_cols(const completion_options *o)
{
    return o->cols ? o->cols : PLANTED_COLS;
}

static const char *check(const void *opts)
{
    const completion_options *o = opts;
    if (!is_planted(o)) return NULL;
    if (o->rank > planted_rows(o) || o->rank > planted_cols(o))
        return "rank is larger than the number of rows or columns";
    if (o->observed + o->held_out > 1)
        return "observed and held_out are more than all entries together";
    return NULL;
}

/* --- a planted table
 * ---------------------------------------------------------------------------------- */

static int table_allocate(crease_problem *p, table *t)
{
    if (t->rows > INT_MAX / t->cols)
        return crease_fail(p->ctx, CREASE_ERANGE,
                           "problem %s: a matrix of %zu x %zu entries is too large", p->type->base.name,
                           t->rows, t->cols);
    t->at = crease_alloc(p->ctx, t->n, sizeof *t->at);
    t->value = crease_alloc(p->ctx, t->n, sizeof *t->value);
    return t->at && t->value ? CREASE_OK : CREASE_ENOMEM;
}

static void plant(const completion_options *o, table *t, double *frames, double *known)
{
    size_t r = (size_t)o->rank;
    double *u = frames, *v = u + t->rows * r, *s = v + t->cols * r;
    crease_random random = observations_others((uint64_t)o->seed);
    planted_frames(&random, t->rows, t->cols, r, u, v);
    planted_spectrum(r, o->magnitude, o->spread, s);
    planted_compose(t->rows, t->cols, r, 0, r, u, v, s, known);
    for (size_t i = 0; i < t->n; i++) {
        t->at[i] = (uint32_t)i;
        t->value[i] = known[i] + o->noise * crease_random_normal(&random);
    }
}

static int load_planted(crease_problem *p, table *t)
{
    const completion_options *o = p->opts;
    completion *q = p->state;
    *t = (table){ .rows = (size_t)planted_rows(o), .cols = (size_t)planted_cols(o) };
    t->n = t->rows * t->cols;
    CREASE_TRY(table_allocate(p, t));
    q->base.known = crease_alloc(p->ctx, t->n, sizeof(double));
    double *frames = crease_alloc(p->ctx, t->rows + t->cols + 1, (size_t)o->rank * sizeof *frames);
    if (q->base.known && frames) plant(o, t, frames, q->base.known);
    crease_release(p->ctx, frames);
    snprintf(p->source, sizeof p->source, "planted matrix: seed %ld, %zu x %zu of rank %ld", o->seed,
             t->rows, t->cols, o->rank);
    return q->base.known && frames ? CREASE_OK : CREASE_ENOMEM;
}

/* --- a table from a file
 * ------------------------------------------------------------------------------ */

/* One index of a triple, counted from 0; end grows to hold it unless the settings say how many there
 * are. */
static int take_index(crease_problem *p, const char *path, size_t triple, const char *what,
                      double index, long given, size_t *end, size_t *out)
{
    const completion_options *o = p->opts;
    double at = index - (double)o->first_index, most = given ? (double)given : INT_MAX;
    if (!(at >= 0 && at < most) || at != floor(at))
        return crease_fail(
            p->ctx, CREASE_ERANGE,
            "%s: %s %g of triple %zu is none; there are %ld to %.0f (see first_index, rows and cols)",
            path, what, index, triple + 1, o->first_index, most - 1 + (double)o->first_index);
    *out = (size_t)at;
    if (*out >= *end) *end = *out + 1;
    return CREASE_OK;
}

/* Indices are checked, and rows and cols found, before places in the matrix can be told. */
static int read_triples(crease_problem *p, const char *path, const crease_array *a, table *t,
                        bool places)
{
    const completion_options *o = p->opts;
    for (size_t k = 0; k < a->n / 3; k++) {
        const double *triple = a->data + 3 * k;
        size_t i, j;
        CREASE_TRY(take_index(p, path, k, "row", triple[0], o->rows, &t->rows, &i));
        CREASE_TRY(take_index(p, path, k, "column", triple[1], o->cols, &t->cols, &j));
        if (!isfinite(triple[2]))
            return crease_fail(p->ctx, CREASE_ENAN, "%s: the value of triple %zu is not finite", path,
                               k + 1);
        if (!places) continue;
        t->at[k] = (uint32_t)(i * t->cols + j);
        t->value[k] = triple[2];
    }
    return CREASE_OK;
}

static int use_triples(crease_problem *p, const char *path, const crease_array *a, table *t)
{
    const completion_options *o = p->opts;
    if (a->n == 0 || a->n % 3 != 0 || a->rank > 2 || (a->rank == 2 && a->shape[1] != 3))
        return crease_fail(p->ctx, CREASE_EDIM,
                           "%s holds %zu numbers that are not triples of row, column and value", path,
                           a->n);
    *t = (table){ .rows = (size_t)o->rows, .cols = (size_t)o->cols, .n = a->n / 3 };
    CREASE_TRY(read_triples(p, path, a, t, false));
    CREASE_TRY(table_allocate(p, t));
    return read_triples(p, path, a, t, true);
}

static int load_file(crease_problem *p, table *t)
{
    const completion_options *o = p->opts;
    char path[4096];
    crease_array a = { 0 };
    CREASE_TRY(crease_data_find(p->ctx, o->data, path, sizeof path));
    CREASE_TRY(crease_read_numbers(p->ctx, path, &a));
    int code = use_triples(p, path, &a, t);
    crease_release(p->ctx, a.data);
    if (code == CREASE_OK)
        snprintf(p->source, sizeof p->source, "%.400s: %zu x %zu", path, t->rows, t->cols);
    return code;
}

/* --- observed and held out
 * ---------------------------------------------------------------------------- */

static int allocate(crease_problem *p, const table *t, size_t observed)
{
    completion *q = p->state;
    size_t *row_start = crease_alloc(p->ctx, observed + 1, sizeof *row_start);
    uint32_t *col = crease_alloc(p->ctx, observed, sizeof *col);
    void *value = crease_alloc(p->ctx, observed, p->backend->real_bytes);
    q->base.a = (crease_matrix){
        .rows = observed, .cols = t->rows * t->cols, .row_start = row_start, .col = col, .value = value
    };
    q->base.target = crease_alloc(p->ctx, observed, sizeof(double));
    q->held_at = crease_alloc(p->ctx, q->held_out, sizeof *q->held_at);
    q->held_value = crease_alloc(p->ctx, q->held_out, sizeof *q->held_value);
    q->host = crease_alloc(p->ctx, q->held_out ? q->base.a.cols : 0, sizeof *q->host);
    if (!row_start || !col || !value || !q->base.target || !q->held_at || !q->held_value || !q->host)
        return CREASE_ENOMEM;
    for (size_t k = 0; k < observed; k++) {
        row_start[k + 1] = k + 1;
        p->backend->from_host(1, &(double){ 1 }, (char *)value + k * p->backend->real_bytes);
    }
    return CREASE_OK;
}

/* rank: a shuffle of the entries; the first ones are observed, the next held out. Both keep the table's
 * order. */
static void deal(crease_problem *p, const table *t, const uint32_t *rank)
{
    completion *q = p->state;
    uint32_t *col = (uint32_t *)q->base.a.col;
    size_t observed = q->base.a.rows, next = 0, next_held = 0;
    for (size_t k = 0; k < t->n; k++) {
        if (rank[k] < observed) {
            col[next] = t->at[k];
            q->base.target[next++] = t->value[k];
        } else if (rank[k] < observed + q->held_out) {
            q->held_at[next_held] = t->at[k];
            q->held_value[next_held++] = t->value[k];
        }
    }
}

static int split(crease_problem *p, const table *t)
{
    const completion_options *o = p->opts;
    completion *q = p->state;
    q->held_out = (size_t)floor(o->held_out * (double)t->n);
    size_t rest = t->n - q->held_out, wanted = (size_t)floor(o->observed * (double)t->n);
    size_t observed = is_planted(o) && wanted < rest ? wanted : rest;
    if (observed == 0)
        return crease_fail(p->ctx, CREASE_EINVAL,
                           "problem %s: no entry of %zu is observed (held_out = %g)",
                           p->type->base.name, t->n, o->held_out);
    CREASE_TRY(allocate(p, t, observed));
    uint32_t *rank = crease_alloc(p->ctx, t->n, sizeof *rank);
    if (!rank) return CREASE_ENOMEM;
    crease_random random = crease_random_at((uint64_t)o->seed, CREASE_STREAM_SAMPLE, 0);
    crease_random_permutation(&random, t->n, rank);
    deal(p, t, rank);
    crease_release(p->ctx, rank);
    return CREASE_OK;
}

static void describe(crease_problem *p)
{
    const completion *q = p->state;
    size_t used = strlen(p->source);
    snprintf(p->source + used, sizeof p->source - used, "; %zu entries observed, %zu held out",
             q->base.a.rows, q->held_out);
    p->n_metrics = 0;
    if (q->held_out)
        p->metrics[p->n_metrics++] =
            (crease_metric){ .name = "test_rmse",
                             .doc = "root of the mean squared error on the entries held out" };
    if (q->base.known)
        p->metrics[p->n_metrics++] =
            (crease_metric){ .name = "relative_error",
                             .doc = "|X - X_planted| / |X_planted|, Frobenius norms" };
}

static int setup(crease_problem *p)
{
    const completion_options *o = p->opts;
    completion *q = p->state = crease_alloc(p->ctx, 1, sizeof *q);
    if (!q) return CREASE_ENOMEM;
    table t = { 0 };
    q->base.loss = &observations_squares;
    int code = is_planted(o) ? load_planted(p, &t) : load_file(p, &t);
    if (code == CREASE_OK) code = split(p, &t);
    if (code == CREASE_OK) code = observations_prepare(p, "matrix", t.rows, t.cols);
    if (code == CREASE_OK) describe(p);
    crease_release(p->ctx, t.at);
    crease_release(p->ctx, t.value);
    return code;
}

static void teardown(crease_problem *p)
{
    completion *q = p->state;
    if (!q) return;
    crease_release(p->ctx, q->held_at);
    crease_release(p->ctx, q->held_value);
    crease_release(p->ctx, q->host);
    observations_teardown(p);
}

/* --- the rest
 * ------------------------------------------------------------------------------------------ */

static int start(crease_problem *p, uint64_t seed, void *x)
{
    return observations_start_normal(p, seed, ((const completion_options *)p->opts)->start_scale, x);
}

static int evaluate(crease_problem *p, const void *x)
{
    completion *q = p->state;
    size_t next = 0;
    double sum = 0;
    if (q->held_out) {
        p->backend->to_host(p->n, x, q->host);
        for (size_t k = 0; k < q->held_out; k++) {
            double off = q->host[q->held_at[k]] - q->held_value[k];
            sum += off * off;
        }
        p->metrics[next++].value = sqrt(sum / (double)q->held_out);
    }
    return q->base.known ? observations_distance(p, x, false, &p->metrics[next].value) : CREASE_OK;
}

/* The second derivative is diagonal: how often an entry was observed, over |Omega|. A single row's is 0
 * or 1. */
static int lipschitz(crease_problem *p, bool one_row, double *L)
{
    const completion *q = p->state;
    *L = 1;
    if (one_row) return CREASE_OK;
    uint32_t *count = crease_alloc(p->ctx, p->n, sizeof *count), most = 0;
    if (!count) return CREASE_ENOMEM;
    for (size_t k = 0; k < p->rows; k++) {
        uint32_t times = ++count[q->base.a.col[k]];
        if (times > most) most = times;
    }
    crease_release(p->ctx, count);
    *L = (double)most / (double)p->rows;
    return CREASE_OK;
}

static const crease_param params[] = {
    CREASE_PARAM_STRING(
        completion_options, data, "planted",
        "planted, or a path to triples of row, column and value: text, or .npy of three columns"),
    CREASE_PARAM_INT(completion_options, rows, 0, CREASE_IN(0, 1e9),
                     "rows of the matrix; 0: 40 where planted, else as the largest index says"),
    CREASE_PARAM_INT(completion_options, cols, 0, CREASE_IN(0, 1e9),
                     "columns of the matrix; 0: 30, or the same"),
    CREASE_PARAM_INT(completion_options, first_index, 1, CREASE_IN(0, 1),
                     "index of the first row and column in a file, 0 or 1"),
    CREASE_PARAM_REAL(
        completion_options, held_out, 0.1, CREASE_IN_RIGHT(0, 1),
        "fraction of the entries that are kept for test_rmse: of the file's, or of all where planted"),
    CREASE_PARAM_REAL(completion_options, observed, 0.5, CREASE_IN_LEFT(0, 1),
                      "planted: fraction of the entries that is observed"),
    CREASE_PARAM_INT(completion_options, rank, 3, CREASE_IN(1, 1e6), "planted: rank"),
    CREASE_PARAM_REAL(completion_options, magnitude, 20, CREASE_GT(0), "planted: least singular value"),
    CREASE_PARAM_REAL(completion_options, spread, 2, CREASE_GE(1),
                      "planted: largest singular value over the least"),
    CREASE_PARAM_REAL(completion_options, noise, 0.01, CREASE_GE(0),
                      "planted: standard deviation of the noise"),
    CREASE_PARAM_INT(completion_options, seed, 1, CREASE_GE(0),
                     "seed of planted data and of what is held out"),
    CREASE_PARAM_REAL(completion_options, start_scale, 0, CREASE_GE(0),
                      "standard deviation of a normal start point; 0: start at the origin"),
    CREASE_PARAM_END,
};

const crease_problem_type crease_problem_matrix_completion = {
    .base = {
        .name = "matrix_completion",
        .summary = "a matrix of low rank from some of its entries",
        .formula = "1/(2 |Omega|) sum over (i,j) in Omega of (X_ij - M_ij)^2",
        .source = "Mazumder, Hastie and Tibshirani, JMLR 11 (2010); Candes and Plan, Proc. IEEE 98 (2010)",
        .opts_size = sizeof(completion_options),
        .params = params,
        .check = check,
    },
    .setup = setup,
    .teardown = teardown,
    .gradient = observations_gradient,
    .start = start,
    .evaluate = evaluate,
    .curvature = observations_curvature,
    .product = observations_product,
    .lipschitz = lipschitz,
    .slopes = observations_slopes,
    .pull = observations_pull,
    .predict = observations_predict,
};

/* What the problems of observations.h compute, on the backend's products with the rows of a matrix.
 * Losses and their derivatives are evaluated in double whatever the width. */
#include "observations.h"

#include <limits.h>
#include <math.h>

enum { CHUNK = 256 };

static const uint64_t STRETCH =
    UINT64_C(1) << 32; /* blocks of the stream for each row; a normal number takes one */

/* Consecutive rows from first (rows NULL), or the n given ones. */
typedef struct {
    size_t n, first;
    const uint32_t *rows;
} chunk;

static size_t total_rows(const crease_problem *p, crease_rows rows)
{
    return rows.rows ? rows.count : p->rows;
}

static chunk chunk_at(const crease_problem *p, crease_rows rows, size_t i)
{
    size_t left = total_rows(p, rows) - i, n = left < CHUNK ? left : CHUNK;
    return rows.rows ? (chunk){ n, 0, rows.rows + i } : (chunk){ n, i, NULL };
}

static size_t row_of(chunk c, size_t k)
{
    return c.rows ? c.rows[k] : c.first + k;
}

static int check_rows(const crease_problem *p, crease_rows rows)
{
    const char *name = p->type->base.name;
    if ((rows.count == 0) != (rows.rows == NULL))
        return crease_fail(p->ctx, CREASE_EINVAL, "problem %s: a batch needs both rows and their count",
                           name);
    for (size_t i = 0; i < rows.count; i++)
        if (rows.rows[i] >= p->rows)
            return crease_fail(p->ctx, CREASE_ERANGE,
                               "problem %s: entry %zu of the batch is row %u, but there are %zu rows",
                               name, i, (unsigned)rows.rows[i], p->rows);
    return CREASE_OK;
}

/* --- products ------------------------------------------------------------------------------------- */

/* z of the rows of a chunk into o->host; the rows are gathered then, for spread(). */
static void apply(const crease_problem *p, chunk c, const void *x)
{
    const observations *o = p->state;
    p->backend->logits(&o->a, c.n, c.rows, c.first, x, 1, o->z, o->gathered);
    p->backend->to_host(c.n, o->z, o->host);
}

/* g = beta g + scale sum_k host_k a_k over the rows of a chunk */
static void spread(const crease_problem *p, chunk c, double scale, double beta, void *g)
{
    const observations *o = p->state;
    p->backend->from_host(c.n, o->host, o->z);
    p->backend->logits_gradient(&o->a, c.n, c.rows, c.first, o->z, 1, scale, beta, g, o->gathered);
}

int observations_gradient(crease_problem *p, crease_rows rows, const void *x, double *value, void *g)
{
    const observations *o = p->state;
    CREASE_TRY(check_rows(p, rows));
    size_t total = total_rows(p, rows);
    double sum = 0;
    for (size_t i = 0; i < total; i += CHUNK) {
        chunk c = chunk_at(p, rows, i);
        apply(p, c, x);
        for (size_t k = 0; k < c.n; k++) {
            double z = o->host[k], b = o->target[row_of(c, k)];
            sum += o->loss->value(z, b);
            o->host[k] = o->loss->slope(z, b);
        }
        if (g) spread(p, c, 1.0 / (double)total, i > 0, g);
    }
    *value = sum / (double)total;
    /* An entry that no observation holds would hide what it is. */
    if (!p->backend->is_finite(p->n, x)) *value = NAN;
    return CREASE_OK;
}

int observations_slopes(crease_problem *p, crease_rows rows, const void *x, void *s)
{
    const observations *o = p->state;
    CREASE_TRY(check_rows(p, rows));
    for (size_t i = 0; i < total_rows(p, rows); i += CHUNK) {
        chunk c = chunk_at(p, rows, i);
        apply(p, c, x);
        for (size_t k = 0; k < c.n; k++)
            o->host[k] = o->loss->slope(o->host[k], o->target[row_of(c, k)]);
        p->backend->from_host(c.n, o->host, (char *)s + i * p->backend->real_bytes);
    }
    return CREASE_OK;
}

/* The backend takes scattered rows of a dense matrix from where they were gathered. */
static void gather(const crease_problem *p, chunk c)
{
    const observations *o = p->state;
    size_t cols = o->a.cols, bytes = cols * p->backend->real_bytes;
    for (size_t k = 0; c.rows && o->a.dense && k < c.n; k++)
        p->backend->copy(cols, observations_row(p, c.rows[k]), (char *)o->gathered + k * bytes);
}

int observations_pull(crease_problem *p, crease_rows rows, const void *s, double scale, double beta,
                      void *g)
{
    const observations *o = p->state;
    CREASE_TRY(check_rows(p, rows));
    for (size_t i = 0; i < total_rows(p, rows); i += CHUNK) {
        chunk c = chunk_at(p, rows, i);
        gather(p, c);
        p->backend->logits_gradient(&o->a, c.n, c.rows, c.first,
                                    (const char *)s + i * p->backend->real_bytes, 1, scale,
                                    i > 0 ? 1 : beta, g, o->gathered);
    }
    return CREASE_OK;
}

int observations_predict(crease_problem *p, const void *x, double *z)
{
    const observations *o = p->state;
    crease_rows all = { 0, NULL };
    for (size_t i = 0; i < p->rows; i += CHUNK) {
        chunk c = chunk_at(p, all, i);
        apply(p, c, x);
        for (size_t k = 0; k < c.n; k++) z[i + k] = o->host[k];
    }
    return CREASE_OK;
}

/* --- second derivatives: 1/m A' diag(phi'') A -------------------------------------------------------
 */

int observations_curvature(crease_problem *p, const void *x)
{
    observations *o = p->state;
    CREASE_TRY(observations_predict(p, x, o->bend));
    for (size_t i = 0; i < p->rows; i++) o->bend[i] = o->loss->bend(o->bend[i], o->target[i]);
    o->bent = true;
    return CREASE_OK;
}

int observations_product(crease_problem *p, const void *v, void *y)
{
    const observations *o = p->state;
    crease_rows all = { 0, NULL };
    if (!o->bent)
        return crease_fail(p->ctx, CREASE_EINVAL,
                           "problem %s: a product with the second derivative needs its point",
                           p->type->base.name);
    for (size_t i = 0; i < p->rows; i += CHUNK) {
        chunk c = chunk_at(p, all, i);
        apply(p, c, v);
        for (size_t k = 0; k < c.n; k++) o->host[k] *= o->bend[i + k];
        spread(p, c, 1.0 / (double)p->rows, i > 0, y);
    }
    return CREASE_OK;
}

/* --- setting up -------------------------------------------------------------------------------------
 */

int observations_prepare(crease_problem *p, const char *block, size_t rows, size_t cols)
{
    observations *o = p->state;
    size_t real = p->backend->real_bytes, m = o->a.rows, n = o->a.cols;
    if (n > INT_MAX || m > UINT32_MAX)
        return crease_fail(p->ctx, CREASE_ERANGE,
                           "problem %s: cannot take %zu observations of %zu unknowns",
                           p->type->base.name, m, n);
    o->z = crease_alloc(p->ctx, CHUNK, real);
    o->host = crease_alloc(p->ctx, CHUNK, sizeof *o->host);
    o->bend = crease_alloc(p->ctx, m, sizeof *o->bend);
    if (o->a.dense) o->gathered = crease_alloc(p->ctx, CHUNK, n * real);
    if (!o->z || !o->host || !o->bend || (o->a.dense && !o->gathered)) return CREASE_ENOMEM;
    p->blocks[0] = (crease_block){ .name = block, .n = n, .rank = 2, .shape = { rows, cols } };
    p->n_blocks = 1;
    p->n = n;
    p->rows = m;
    p->row_width = 1;
    return CREASE_OK;
}

void observations_teardown(crease_problem *p)
{
    observations *o = p->state;
    if (!o) return;
    void *owned[] = { (void *)o->a.dense,
                      (void *)o->a.row_start,
                      (void *)o->a.col,
                      (void *)o->a.value,
                      o->target,
                      o->known,
                      o->z,
                      o->gathered,
                      o->host,
                      o->bend,
                      o };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) crease_release(p->ctx, owned[i]);
    p->state = NULL;
}

void *observations_row(const crease_problem *p, size_t row)
{
    const observations *o = p->state;
    return (char *)o->a.dense + row * o->a.cols * p->backend->real_bytes;
}

void observations_draw(uint64_t seed, uint64_t row, size_t n, double *out)
{
    crease_random r = crease_random_at(seed, CREASE_STREAM_DATA, (row + 1) * STRETCH);
    for (size_t j = 0; j < n; j++) out[j] = crease_random_normal(&r);
}

crease_random observations_others(uint64_t seed)
{
    return crease_random_at(seed, CREASE_STREAM_DATA, 0);
}

int observations_start_normal(crease_problem *p, uint64_t seed, double scale, void *x)
{
    double *host = crease_alloc(p->ctx, p->n, sizeof *host);
    if (!host) return CREASE_ENOMEM;
    crease_random r = crease_random_at(seed, CREASE_STREAM_START, 0);
    for (size_t i = 0; i < p->n && scale > 0; i++) host[i] = scale * crease_random_normal(&r);
    p->backend->from_host(p->n, host, x);
    crease_release(p->ctx, host);
    return CREASE_OK;
}

int observations_distance(crease_problem *p, const void *x, bool either_sign, double *distance)
{
    const observations *o = p->state;
    double *host = crease_alloc(p->ctx, p->n, sizeof *host), minus = 0, plus = 0, size = 0;
    if (!host) return CREASE_ENOMEM;
    p->backend->to_host(p->n, x, host);
    for (size_t i = 0; i < p->n; i++) {
        minus = hypot(minus, host[i] - o->known[i]);
        plus = hypot(plus, host[i] + o->known[i]);
        size = hypot(size, o->known[i]);
    }
    *distance = (either_sign && plus < minus ? plus : minus) / size;
    crease_release(p->ctx, host);
    return CREASE_OK;
}

/* --- squares
 * ------------------------------------------------------------------------------------------ */

static double squares_value(double z, double b)
{
    return 0.5 * (z - b) * (z - b);
}

static double squares_slope(double z, double b)
{
    return z - b;
}

static double squares_bend(double z, double b)
{
    (void)z, (void)b;
    return 1;
}

const observations_loss observations_squares = { squares_value, squares_slope, squares_bend };

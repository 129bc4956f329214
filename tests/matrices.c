#include "matrices.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

double log_uniform(crease_random *r, double low, double high)
{
    return low * pow(high / low, crease_random_uniform(r));
}

/* --- Jacobi ----------------------------------------------------------------------------------------- */

/* Columns p and q of a (rows x k) and of v (k x k) turned so that those of a are orthogonal. True if they
 * were. */
static bool turn(size_t rows, size_t k, long double *a, long double *v, size_t p, size_t q)
{
    long double pp = 0, qq = 0, pq = 0;
    for (size_t i = 0; i < rows; i++) {
        pp += a[i * k + p] * a[i * k + p];
        qq += a[i * k + q] * a[i * k + q];
        pq += a[i * k + p] * a[i * k + q];
    }
    if (fabsl(pq) <= 1e-20L * sqrtl(pp * qq)) return true;
    long double zeta = (qq - pp) / (2 * pq), t = copysignl(1, zeta) / (fabsl(zeta) + sqrtl(1 + zeta * zeta));
    long double cosine = 1 / sqrtl(1 + t * t), sine = cosine * t;
    for (size_t i = 0; i < rows; i++) {
        long double x = a[i * k + p], y = a[i * k + q];
        a[i * k + p] = cosine * x - sine * y;
        a[i * k + q] = sine * x + cosine * y;
    }
    for (size_t i = 0; i < k; i++) {
        long double x = v[i * k + p], y = v[i * k + q];
        v[i * k + p] = cosine * x - sine * y;
        v[i * k + q] = sine * x + cosine * y;
    }
    return false;
}

/* Columns p and q change places. */
static void swap_columns(size_t rows, size_t k, long double *a, size_t p, size_t q)
{
    for (size_t i = 0; i < rows; i++) {
        long double x = a[i * k + p];
        a[i * k + p] = a[i * k + q];
        a[i * k + q] = x;
    }
}

/* rows >= cols */
static void jacobi_tall(size_t rows, size_t cols, long double *a, jacobi_svd *out)
{
    memset(out->v, 0, sizeof out->v);
    for (size_t j = 0; j < cols; j++) out->v[j * cols + j] = 1;
    bool done = false;
    for (int sweep = 0; sweep < 60 && !done; sweep++) {
        done = true;
        for (size_t p = 0; p + 1 < cols; p++)
            for (size_t q = p + 1; q < cols; q++) done &= turn(rows, cols, a, out->v, p, q);
    }
    for (size_t j = 0; j < cols; j++) {
        long double sum = 0;
        for (size_t i = 0; i < rows; i++) sum += a[i * cols + j] * a[i * cols + j];
        out->s[j] = sqrtl(sum);
    }
    for (size_t j = 0; j < cols; j++) {
        size_t top = j;
        for (size_t i = j + 1; i < cols; i++)
            if (out->s[i] > out->s[top]) top = i;
        long double s = out->s[j];
        out->s[j] = out->s[top];
        out->s[top] = s;
        swap_columns(rows, cols, a, j, top);
        swap_columns(cols, cols, out->v, j, top);
        for (size_t i = 0; i < rows; i++)
            out->u[i * cols + j] = out->s[j] > 0 ? a[i * cols + j] / out->s[j] : 0;
    }
}

void jacobi(size_t rows, size_t cols, const long double *x, jacobi_svd *out)
{
    matrix a;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++) a[rows >= cols ? i * cols + j : j * rows + i] = x[i * cols + j];
    jacobi_tall(rows >= cols ? rows : cols, rows >= cols ? cols : rows, a, out);
    out->rows = rows;
    out->cols = cols;
    out->k = rows < cols ? rows : cols;
    if (rows >= cols) return;
    memcpy(a, out->u, sizeof a);
    memcpy(out->u, out->v, sizeof a);
    memcpy(out->v, a, sizeof a);
}

void compose(const jacobi_svd *f, const long double *s, long double *x)
{
    for (size_t i = 0; i < f->rows; i++)
        for (size_t j = 0; j < f->cols; j++) {
            long double sum = 0;
            for (size_t l = 0; l < f->k; l++) sum += f->u[i * f->k + l] * s[l] * f->v[j * f->k + l];
            x[i * f->cols + j] = sum;
        }
}

void random_frames(crease_random *r, size_t rows, size_t cols, jacobi_svd *out)
{
    matrix x;
    for (size_t i = 0; i < rows * cols; i++) x[i] = crease_random_normal(r);
    jacobi(rows, cols, x, out);
}

/* --- members ----------------------------------------------------------------------------------------- */

void member_set(member *m, const char *key, double value)
{
    char text[40];
    snprintf(text, sizeof text, "%.17g", value);
    assert_ok(m->ctx, crease_regularizer_set(m->psi, key, text));
}

member member_make(crease_ctx *ctx, const char *name, size_t rows, size_t cols, double weight)
{
    member m = { .ctx = ctx,
                 .psi = crease_regularizer_create(ctx, name),
                 .groups = crease_groups_all(0, rows * cols),
                 .rows = rows,
                 .cols = cols,
                 .k = rows < cols ? rows : cols,
                 .n = rows * cols };
    assert_non_null(m.psi);
    member_set(&m, "rows", (double)rows);
    crease_term term = { m.psi, &m.groups, NULL };
    m.part = crease_term_part(&term, 0);
    m.part.weight = weight;
    m.part.work = crease_alloc(ctx, crease_part_work(m.psi, &m.part), 1);
    assert_non_null(m.part.work);
    assert_null(crease_part_refusal(m.psi, &m.part));
    return m;
}

void member_free(member *m)
{
    crease_release(m->ctx, m->part.work);
    crease_regularizer_free(m->psi);
}

long double smooth_part(size_t n, const double *x, const double *c, const double *d)
{
    long double sum = 0;
    for (size_t i = 0; i < n; i++) sum += 0.5L * d[i] * x[i] * x[i] - (long double)c[i] * x[i];
    return sum;
}

long double nuclear_norm(size_t rows, size_t cols, const double *x)
{
    matrix wide;
    jacobi_svd f;
    long double sum = 0;
    for (size_t i = 0; i < rows * cols; i++) wide[i] = x[i];
    jacobi(rows, cols, wide, &f);
    for (size_t j = 0; j < f.k; j++) sum += f.s[j];
    return sum;
}

/* --- problems -------------------------------------------------------------------------------------- */

int solve(const member *m, problem *p, double w)
{
    p->info = (crease_prox_info){ .unit = p->unit };
    return crease_part_prox(m->psi, &m->part, p->c, p->d, w, p->x, &p->info);
}

double norm(size_t n, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum = hypot(sum, x[i]);
    return sum;
}

double certificate(const member *m, const problem *p, double w)
{
    double h[MOST_ENTRIES];
    for (size_t i = 0; i < m->n; i++) h[i] = p->d[i] * p->x[i] - p->c[i];
    double residual = crease_part_residual(m->psi, &m->part, p->x, h, w);
    return residual == 0 ? 0 : residual / fmax(norm(m->n, p->c), w * crease_part_scale(m->psi, &m->part));
}

size_t live_units(const member *m, const problem *p)
{
    size_t live = 0;
    for (size_t j = 0; j < m->k; j++) {
        assert_true(p->unit[j] <= 1 && (j == 0 || p->unit[j] <= p->unit[j - 1]));
        live += p->unit[j];
    }
    return live;
}

void draw_metric(crease_random *r, const member *m, double top, double spread, problem *p)
{
    for (size_t i = 0; i < m->n; i++) p->d[i] = top * (spread == 1 ? 1 : log_uniform(r, 1 / spread, 1));
    if (spread > 1) p->d[0] = top;
    if (spread > 1 && m->n > 1) p->d[m->n - 1] = top / spread;
}

void plant(crease_random *r, const member *m, size_t rank, double size, double slope, problem *p)
{
    jacobi_svd f;
    long double s[MOST_SIDE] = { 0 }, y[MOST_SIDE];
    matrix x, dual;
    random_frames(r, m->rows, m->cols, &f);
    for (size_t j = 0; j < m->k; j++) {
        if (j < rank) s[j] = size * (0.5 + crease_random_uniform(r));
        y[j] = slope * (j < rank ? 1 : 0.9 * (2 * crease_random_uniform(r) - 1));
    }
    compose(&f, s, x);
    compose(&f, y, dual);
    for (size_t i = 0; i < m->n; i++) {
        p->target[i] = (double)x[i];
        p->c[i] = (double)(p->d[i] * x[i] + dual[i]);
    }
    p->rank = rank;
}

member draw_member(crease_ctx *ctx, crease_random *r, const char *name, size_t least)
{
    size_t rows = least + crease_random_below(r, 9), cols = least + crease_random_below(r, 9);
    return member_make(ctx, name, rows, cols, log_uniform(r, 0.1, 10));
}

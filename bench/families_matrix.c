/* A planted matrix of low rank: x* = U1 diag(s) V1', y = U1 V1' + U2 diag(t) V2', U = [U1 U2] and V =
 * [V1 V2] orthonormal and 0 <= t <= 0.95, which makes y a subgradient of the nuclear norm at x*. */
#include "families.h"

#include <math.h>

enum { TWICE = 2 }; /* Gram and Schmidt, twice: orthogonal to rounding */

static double dot(size_t n, const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

/* k orthonormal vectors of n entries, one after the other. */
static void draw_basis(crease_random *r, size_t n, size_t k, double *q)
{
    for (size_t j = 0; j < k; j++) {
        double *v = q + j * n;
        for (size_t i = 0; i < n; i++) v[i] = crease_random_normal(r);
        for (size_t pass = 0; pass < TWICE * j; pass++) {
            const double *u = q + (pass % j) * n;
            double along = dot(n, u, v);
            for (size_t i = 0; i < n; i++) v[i] -= along * u[i];
        }
        double length = sqrt(dot(n, v, v));
        for (size_t i = 0; i < n; i++) v[i] /= length;
    }
}

/* x += value u v' for a row-major x */
static void add_product(size_t rows, size_t cols, double value, const double *u, const double *v,
                        double *x)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++) x[i * cols + j] += value * u[i] * v[j];
}

/* Singular values from barely to clearly live, as curvatures 1/s beside a metric whose middle is 1. */
static void compose(const crease_family *f, crease_random *r, const double *u, const double *v,
                    crease_family_case *k)
{
    size_t full = f->rows < f->cols ? f->rows : f->cols;
    size_t rank = (size_t)fmax(1, rint(f->live * (double)full));
    for (size_t j = 0; j < full; j++) {
        double at = crease_random_uniform(r), value = pow(30, at - 0.5) * sqrt((double)full);
        const double *left = u + j * f->rows, *right = v + j * f->cols;
        k->unit[j] = j < rank;
        if (j < rank) add_product(f->rows, f->cols, value, left, right, k->solution);
        add_product(f->rows, f->cols, j < rank ? 1 : 0.95 * at, left, right, k->subgradient);
    }
}

int crease_family_draw_matrix(const crease_family *f, crease_random *r, crease_family_case *k)
{
    size_t full = f->rows < f->cols ? f->rows : f->cols, n = k->p.n;
    double *u = crease_alloc(k->ctx, full * f->rows, sizeof *u),
           *v = crease_alloc(k->ctx, full * f->cols, sizeof *v);
    if (u && v) {
        draw_basis(r, f->rows, full, u);
        draw_basis(r, f->cols, full, v);
        compose(f, r, u, v, k);
        double size = sqrt(dot(n, k->solution, k->solution) / (double)n);
        for (size_t i = 0; i < n; i++) {
            double at = i == 0 ? 0 : i == 1 ? 1 : crease_random_uniform(r);
            k->d[i] = pow(f->condition, at - 0.5);
            k->typical[i] = size;
        }
    }
    crease_release(k->ctx, v);
    crease_release(k->ctx, u);
    return u && v ? CREASE_OK : CREASE_ENOMEM;
}

/* Frames by Gram and Schmidt rather than by LAPACK, so that a seed gives the same bits on every
 * machine. */
#include "planted_matrix.h"

#include <math.h>

static double column_dot(size_t n, size_t k, const double *q, size_t a, size_t b)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += q[i * k + a] * q[i * k + b];
    return sum;
}

/* Twice is enough for orthogonality to rounding (Giraud, Langou, Rozloznik, Comput. Math. Appl. 50
 * (2005)). */
static void orthonormalize(size_t n, size_t k, double *q, size_t column)
{
    for (int pass = 0; pass < 2; pass++)
        for (size_t other = 0; other < column; other++) {
            double along = column_dot(n, k, q, other, column);
            for (size_t i = 0; i < n; i++) q[i * k + column] -= along * q[i * k + other];
        }
    double size = sqrt(column_dot(n, k, q, column, column));
    for (size_t i = 0; i < n; i++) q[i * k + column] /= size;
}

static void frame(crease_random *r, size_t n, size_t k, double *q)
{
    for (size_t i = 0; i < n * k; i++) q[i] = crease_random_normal(r);
    for (size_t column = 0; column < k; column++) orthonormalize(n, k, q, column);
}

void planted_frames(crease_random *r, size_t rows, size_t cols, size_t k, double *u, double *v)
{
    frame(r, rows, k, u);
    frame(r, cols, k, v);
}

void planted_spectrum(size_t r, double least, double spread, double *s)
{
    for (size_t l = 0; l < r; l++) {
        double share = r > 1 ? (double)(r - 1 - l) / (double)(r - 1) : 0;
        s[l] = least * pow(spread, share);
    }
}

void planted_compose(size_t rows, size_t cols, size_t k, size_t first, size_t r, const double *u,
                     const double *v, const double *s, double *x)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++) {
            double sum = 0;
            for (size_t l = 0; l < r; l++) sum += u[i * k + first + l] * s[l] * v[j * k + first + l];
            x[i * cols + j] = sum;
        }
}

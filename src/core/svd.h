/* The singular value decomposition of a row-major matrix, by the LAPACK that OpenBLAS holds, on work space of
 * the caller; and the two products that spectral penalties need. */
#ifndef CREASE_SVD_H
#define CREASE_SVD_H

#include <cblas.h>
#include <stdbool.h>

#include "core/arena.h"

/* X = left diag(s) right, thin: k = min(rows, cols). */
typedef struct crease_svd {
    size_t rows, cols, k;
    double *s;     /* k, falling */
    double *left;  /* rows x k, row-major: the left singular vectors are its columns */
    double *right; /* k x cols, row-major: the right ones are its rows */
    double *scratch, *lapack; /* rows * cols; lwork */
    blasint *integers, lwork;
} crease_svd;

/* NULL, or why LAPACK cannot take a matrix of that many entries. */
const char *crease_svd_refusal(size_t n);

crease_svd crease_svd_carve(crease_arena *arena, size_t rows, size_t cols);

/* The decomposition of x; false where x is not finite or LAPACK does not converge, which it does for all but
 * freak matrices. crease_svd_values fills only s and leaves left and right alone. x stays as it is. */
bool crease_svd_compute(crease_svd *svd, const double *x);
bool crease_svd_values(crease_svd *svd, const double *x);

/* x = sum over the first r of value_j left_j right_j, without -0. */
void crease_svd_compose(const crease_svd *svd, size_t r, const double *value, double *x);

/* rest = g without all that shares a row or column space with the first r: (I - U U') g (I - V V'). */
void crease_svd_normal(const crease_svd *svd, size_t r, const double *g, double *rest);

/* left_j' g right_j */
double crease_svd_entry(const crease_svd *svd, size_t j, const double *g);

#endif

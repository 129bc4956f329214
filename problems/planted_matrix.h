/* Matrices of low rank with singular values that are known: X = U diag(s) V' from random orthonormal
 * columns. */
#ifndef CREASE_PROBLEMS_PLANTED_MATRIX_H
#define CREASE_PROBLEMS_PLANTED_MATRIX_H

#include <stddef.h>

#include "crease/random.h"

/* u (rows x k) and v (cols x k), row-major: orthonormal columns, each uniform over such frames, to
 * rounding. k is not above rows or cols. */
void planted_frames(crease_random *r, size_t rows, size_t cols, size_t k, double *u, double *v);

/* r singular values, falling geometrically from spread * least to least, which is met exactly. */
void planted_spectrum(size_t r, double least, double spread, double *s);

/* x = sum over first <= l < first + r of s_(l - first) u_l v_l', of the columns of frames with k
 * columns */
void planted_compose(size_t rows, size_t cols, size_t k, size_t first, size_t r, const double *u,
                     const double *v, const double *s, double *x);

#endif

/* Derivatives of spectral oracles in a scalar metric. */
#ifndef CREASE_CORE_JACOBIAN_SPECTRAL_H
#define CREASE_CORE_JACOBIAN_SPECTRAL_H

#include "core/spectral.h"

/* J behind a pointer: the decomposition of u = left diag(sigma) right, and P(u) = left diag(p) right.
 * The Jacobian of sigma -> p is diag(slope) + b 1 1' on the live values. */
typedef struct crease_spectral_slope {
    size_t rows, cols, k;
    double *head; /* three: how many values are live; b; whether J = I */
    double *sigma, *p, *slope, *left, *right;
} crease_spectral_slope;

size_t crease_spectral_jacobian_work(const crease_part *s);
crease_spectral_slope crease_spectral_slope_at(const crease_part *s, const void *state);

/* J = 0; J = I; J from the decomposition that the oracle left in s->work, with slopes 1 and this b. */
void crease_spectral_slope_clear(const crease_part *s, void *state);
void crease_spectral_slope_identity(const crease_part *s, void *state);
void crease_spectral_slope_keep(const crease_part *s, double L, double b, void *state);

void crease_spectral_jacobian(const crease_part *s, const void *state, bool root, const double *v,
                              double *out);

#endif

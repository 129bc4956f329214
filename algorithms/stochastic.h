/* What stochastic methods share: a proximal step along a direction of their own, how long an epoch is,
 * and the recursive estimate of the gradient. */
#ifndef CREASE_ALGORITHMS_STOCHASTIC_H
#define CREASE_ALGORITHMS_STOCHASTIC_H

#include "crease/algorithm.h"

/* xhat = prox_{step psi}(x - step d), d in a slot;  x <- (1 - average) x + average xhat */
int crease_step_along(crease_algorithm *a, int slot, double step, double average);

/* d <- g_B(x) + (1 - beta) (d - g_B(old)),  old <- x: the estimate of STORM (Cutkosky and Orabona,
 * NeurIPS 2019), both gradients on this step's rows; with beta = 1 the gradient alone, and d and old
 * need not be set. a->own is a vector of n reals. Nothing has changed where it fails. */
int crease_storm(crease_algorithm *a, crease_oracle *oracle, double beta, int d, int old);

/* setup and teardown of methods whose a->own is one vector of n reals. */
int crease_vector_setup(crease_algorithm *a);
void crease_vector_teardown(crease_algorithm *a);

/* Rows of this step's batch, and of an epoch. Where nobody says how many rows there are, a batch is an
 * epoch. */
typedef struct crease_epoch {
    double batch, whole;
} crease_epoch;
crease_epoch crease_epoch_of(const crease_algorithm *a, const crease_oracle *oracle);

#endif

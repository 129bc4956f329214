/* Generated data of which the minimizer of f + psi is known, with its manifold and margins. */
#ifndef CREASE_CERTIFIED_H
#define CREASE_CERTIFIED_H

#include "crease/data.h"

typedef enum { CREASE_CERTIFIED_SQUARES, CREASE_CERTIFIED_LOGISTIC } crease_certified_loss;

/* f = 1/n sum_i loss(a_i'x, y_i), with no intercept and no ridge: 1/2 (z - y)^2, or log(1 + exp(-y z)),
 * y = -1 or +1; psi = lambda sum_g sqrt(size) |x_g| over consecutive groups of `group` columns
 * (group = 1: the l1 norm). */
typedef struct crease_certified {
    crease_certified_loss loss;
    size_t rows, cols, group; /* group divides cols */
    size_t live;              /* live groups, 1 .. cols/group - 1 */
    double lambda;
    /* delta: min over zero groups of lambda sqrt(group) - |grad_g f(x*)|; 0: a degenerate problem */
    double margin;
    double magnitude; /* Delta: min over live groups of |x*_g| */
    /* squares: deviation of the residuals, positive; entries of A are of order max(1, lambda / noise).
     * logistic: scale of the noise in the labels; 1: labels as random as the model says; 0: separable,
     * badly conditioned. Gradients of single rows do not vanish at x*. */
    double noise;
    uint64_t seed;
} crease_certified;

/* set: dense rows, targets (and labels where logistic); x and gradient (cols each, may be NULL) receive
 * x* and grad f(x*). margin and magnitude are attained exactly by one group each, others lie above, up
 * to rounding. Errors: ERANGE where no such data exist (logistic: lambda times the norms too large) or
 * double cannot hold them, with a sentence that says what to change. On failure x and gradient are
 * untouched and the set is empty. */
int crease_make_certified(crease_ctx *ctx, const crease_certified *spec, crease_dataset *set, double *x,
                          double *gradient);

#endif

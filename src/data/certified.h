/* Generated data of which the minimizer of f + psi is known, with its manifold and margins. */
#ifndef CREASE_CERTIFIED_H
#define CREASE_CERTIFIED_H

#include "crease/data.h"

typedef enum { CREASE_CERTIFIED_SQUARES, CREASE_CERTIFIED_LOGISTIC } crease_certified_loss;

/* f = 1/n sum_i loss(a_i'x, y_i), with no intercept and no ridge: 1/2 (z - y)^2, or log(1 + exp(-y z)), y = -1 or +1;
 * psi = lambda sum_g sqrt(size) |x_g| over consecutive groups of `group` columns (group = 1: the l1 norm).        */
typedef struct crease_certified {
    crease_certified_loss loss;
    size_t rows, cols, group; /* group divides cols */
    size_t live;              /* live groups, 1 .. cols/group - 1 */
    double lambda;
    double margin;    /* delta: min over zero groups of lambda sqrt(group) - |grad_g f(x*)|; 0: a degenerate problem */
    double magnitude; /* Delta: min over live groups of |x*_g| */
    double noise;     /* scale of the residuals (squares), or of the noise in the labels: gradients of single rows do
                         not vanish at x* */
    uint64_t seed;
} crease_certified;

/* set: dense rows, targets (and labels where logistic); x and gradient (cols each, may be NULL) receive x* and grad
 * f(x*). margin and magnitude are attained exactly by one group each, others lie above, up to rounding. Errors: ERANGE
 * where no such data exist (logistic: lambda times the norms too large), with a sentence that says what to change.   */
int crease_make_certified(crease_ctx *ctx, const crease_certified *spec, crease_dataset *set, double *x,
                          double *gradient);

#endif

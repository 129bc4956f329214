/* RMDA (Huang and Lee, arXiv 2112.02612): regularized modernized dual averaging. In step t = 1, 2, ... of a
 * stage, with the gradient G taken at W:
 *
 *     s = lr sqrt(t),   alpha <- alpha + s,   V <- V + s G
 *     W-hat = argmin alpha psi(W) + <V, W> + sqrt(t)/2 |W - W0|^2  =  prox_{(alpha/sqrt(t)) psi}(W0 - V/sqrt(t))
 *     W <- (1 - c) W + c W-hat
 *
 * With psi = 0 this is modernized dual averaging (Jelassi and Defazio, arXiv 2010.10502).               */
#include <math.h>

#include "crease/algorithm.h"

typedef struct {
    double lr, momentum;
} rmda_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(rmda_opts, lr, 0.1, CREASE_GT(0), "learning rate of the first stage"),
    CREASE_PARAM_REAL(rmda_opts, momentum, 0.1, CREASE_IN_LEFT(0, 1), "c, the weight of the new point; 1: none"),
    CREASE_PARAM_END,
};

enum { W0, V };
static const crease_slot slots[] = {
    [W0] = { "W0", CREASE_SLOT_COPY, "start of the stage" },
    [V] = { "V", CREASE_SLOT_ZERO, "weighted sum of gradients" },
    { NULL, CREASE_SLOT_ZERO, NULL },
};

typedef struct {
    double t, alpha;
} rmda_state;
static const char *const scalars[] = { "t", "alpha", NULL };

static void form(crease_algorithm *a, crease_form *f)
{
    rmda_state *state = (rmda_state *)a->state;
    state->t += 1;
    double s = a->lr * sqrt(state->t);
    state->alpha += s;
    f->first = (crease_recurrence){ V, 1, s };
    f->center = W0;
    f->floor = sqrt(state->t);
    f->weight = state->alpha;
    f->average = a->momentum;
}

const crease_algorithm_type crease_algorithm_rmda = {
    .base = { .name = "rmda",
              .summary = "RMDA: dual averaging in a scalar metric, identifies the active manifold",
              .formula = "W-hat = prox_{(alpha/sqrt(t)) psi}(W0 - V/sqrt(t)),  W <- (1 - c) W + c W-hat",
              .source = "Huang and Lee, arXiv 2112.02612",
              .opts_size = sizeof(rmda_opts),
              .params = params },
    .restarts = true,
    .slots = slots,
    .state_doubles = sizeof(rmda_state) / sizeof(double),
    .scalars = scalars,
    .form = form,
};

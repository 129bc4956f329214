/* RAMDA (Huang and Lee, NeurIPS 2024, arXiv 2403.14398, Algorithm 1): regularized adaptive momentum dual
 * averaging. In step t = 1, 2, ... of a stage, with the gradient G taken at W:
 *
 *     s = lr sqrt(t),   alpha <- alpha + s
 *     V <- V + s G,     U <- U + s G*G,     P = cbrt(U) + eps                        (2), (3)
 *     W-hat = argmin alpha psi(W) + <V, W> + 1/2 <W - W0, P (W - W0)>                 (4)
 *     W <- (1 - c) W + c W-hat                                                        (5)
 *
 * The structure theorem speaks of W-hat; W shares its zeros once c has reached 1.                        */
#include <math.h>

#include "crease/algorithm.h"

typedef struct {
    double lr, momentum, eps;
} ramda_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(ramda_opts, lr, 1e-2, CREASE_GT(0), "learning rate of the first stage"),
    CREASE_PARAM_REAL(ramda_opts, momentum, 1e-2, CREASE_IN_LEFT(0, 1), "c, the weight of the new point; 1: none"),
    CREASE_PARAM_REAL(ramda_opts, eps, 1e-6, CREASE_GE(0), "added to the cube root; shrinks with lr at restarts"),
    CREASE_PARAM_END,
};

enum { W0, V, U };
static const crease_slot slots[] = {
    [W0] = { "W0", CREASE_SLOT_COPY, "start of the stage" },
    [V] = { "V", CREASE_SLOT_ZERO, "weighted sum of gradients" },
    [U] = { "U", CREASE_SLOT_ZERO, "weighted sum of squared gradients" },
    { NULL, CREASE_SLOT_ZERO, NULL },
};

typedef struct {
    double t, alpha;
} ramda_state;
static const char *const scalars[] = { "t", "alpha", NULL };

static void form(crease_algorithm *a, crease_form *f)
{
    const ramda_opts *o = a->opts;
    ramda_state *state = (ramda_state *)a->state;
    state->t += 1;
    double s = a->lr * sqrt(state->t);
    state->alpha += s;
    f->first = (crease_recurrence){ V, 1, s };
    f->second = (crease_recurrence){ U, 1, s };
    f->center = W0;
    f->root = CREASE_ROOT_CUBE;
    f->floor = o->eps * a->floor_scale;
    f->weight = state->alpha;
    f->average = a->momentum;
}

const crease_algorithm_type crease_algorithm_ramda = {
    .base = { .name = "ramda",
              .summary = "RAMDA: dual averaging in an adaptive metric, identifies the active manifold",
              .formula = "W-hat = argmin alpha psi(W) + <V, W> + 1/2 <W - W0, P (W - W0)>,  P = cbrt(U) + eps,  "
                         "W <- (1 - c) W + c W-hat",
              .source = "RAMDA, arXiv 2403.14398, Algorithm 1",
              .opts_size = sizeof(ramda_opts),
              .params = params },
    .restarts = true,
    .slots = slots,
    .state_doubles = sizeof(ramda_state) / sizeof(double),
    .scalars = scalars,
    .form = form,
};

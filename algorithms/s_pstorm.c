/* S-PStorm (Dai, Wang, Curtis and Robinson, AISTATS 2023): PStorm, stabilized by averaging. In step k =
 * 0, 1, ... with two gradients on the same batch B, beta_k = 1 / (k + 1) and a constant alpha = lr,
 *
 *     d <- g_B(x_k) + (1 - beta_k) (d - g_B(x_{k-1})),   d = g_B(x_0) at first
 *     y_k = prox_{alpha psi}(x_k - alpha d)
 *     x_{k+1} = x_k + zeta_k beta_k (y_k - x_k)
 *
 * zeta_k = k in the authors' code ("dynamic"; 1 at k = 0), so that x moves by k/(k+1) of the way; or a
 * constant, for which zeta beta_k is cut off at 1.
 *
 * Two points: y, the output of the proximal map, is W-hat, and the support is read from it; x is an
 * average and keeps no zeros. For strongly convex F the paper proves that, with high probability, the
 * support of y is the optimal one in all steps from some step on, without full gradients and without a
 * table. */
#include <math.h>

#include "stochastic.h"

typedef struct {
    double lr, zeta;
} s_pstorm_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(s_pstorm_opts, lr, 0.1, CREASE_GT(0), "step alpha of the first stage"),
    CREASE_PARAM_REAL(s_pstorm_opts, zeta, 0, CREASE_GE(0),
                      "zeta_k of the average; 0: k, the dynamic rule"),
    CREASE_PARAM_END,
};

enum { D, OLD };
static const crease_slot slots[] = {
    [D] = { "d", CREASE_SLOT_KEEP, "estimate of the gradient" },
    [OLD] = { "old", CREASE_SLOT_KEEP, "iterate before" },
    { NULL, CREASE_SLOT_KEEP, NULL },
};

typedef struct {
    double k;
} s_pstorm_state;
static const char *const scalars[] = { "k", NULL };

static int step(crease_algorithm *a, crease_oracle *oracle)
{
    const s_pstorm_opts *o = a->opts;
    s_pstorm_state *s = (s_pstorm_state *)a->state;
    double k = s->k, zeta = o->zeta > 0 ? o->zeta : fmax(k, 1);
    CREASE_TRY(crease_storm(a, oracle, 1 / (k + 1), D, OLD));
    s->k += 1;
    return crease_step_along(a, D, a->lr, fmin(1, zeta / (k + 1)));
}

const crease_algorithm_type crease_algorithm_s_pstorm = {
    .base = { .name = "s_pstorm",
              .summary = "stabilized PStorm: W-hat identifies with high probability, in all steps from "
                         "some on",
              .formula =
                  "d <- g_B(x) + (1 - beta_k) (d - g_B(x_old)),  y = prox_{alpha psi}(x - alpha d),  "
                  "x <- x + zeta_k beta_k (y - x),  beta_k = 1/(k+1)",
              .source = "Dai, Wang, Curtis and Robinson, AISTATS 2023",
              .opts_size = sizeof(s_pstorm_opts),
              .params = params },
    .slots = slots,
    .state_doubles = sizeof(s_pstorm_state) / sizeof(double),
    .scalars = scalars,
    .step = step,
    .setup = crease_vector_setup,
    .teardown = crease_vector_teardown,
};

/* PStorm (Xu and Xu, J. Optim. Theory Appl. 196, 2023; arXiv 2006.00425): proximal steps along the
 * recursive estimate of STORM. In step k = 0, 1, ... with two gradients on the same batch B,
 *
 *     d <- g_B(x_k) + (1 - beta_{k-1}) (d - g_B(x_{k-1})),   d = g_B(x_0) at first
 *     x_{k+1} = prox_{alpha_k psi}(x_k - alpha_k d)
 *     alpha_k = lr (4 / (k + 4))^(1/3),   beta_k = (1 + 24 q - alpha_{k+1} / alpha_k) / (1 + 4 q),  q =
 * (alpha_k L)^2
 *
 * The paper's constant c is 4^(1/3) lr, and its bound on c is lr <= 1 / (8 L). With a constant alpha
 * the same beta is 24 q / (1 + 4 q). Beyond the bound beta is cut off at 1, where d is the plain
 * gradient.
 *
 * x is the output of the proximal map. The error of d tends to zero only in the mean and alpha_k
 * shrinks: optimal complexity is proven, identification is not; that is what s_pstorm is for. */
#include <math.h>

#include "stochastic.h"

enum { RULE_CUBE_ROOT, RULE_CONSTANT };
static const char *const rules[] = { "cube_root", "constant", NULL };

typedef struct {
    double lr, L;
    int rule;
} pstorm_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(pstorm_opts, lr, 0.1, CREASE_GT(0), "first step alpha_0, of the first stage"),
    CREASE_PARAM_CHOICE(pstorm_opts, rule, RULE_CUBE_ROOT, rules,
                        "alpha_k = lr (4 / (k + 4))^(1/3), or lr"),
    CREASE_PARAM_REAL(
        pstorm_opts, L, 0, CREASE_GE(0),
        "Lipschitz constant of the gradients in beta_k; 0: 1 / (8 lr), which the bound on lr allows"),
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
} pstorm_state;
static const char *const scalars[] = { "k", NULL };

static double alpha(const crease_algorithm *a, double k)
{
    const pstorm_opts *o = a->opts;
    return o->rule == RULE_CONSTANT ? a->lr : a->lr * cbrt(4 / (k + 4));
}

static double beta(const crease_algorithm *a, double k)
{
    const pstorm_opts *o = a->opts;
    double now = alpha(a, k), L = o->L > 0 ? o->L : 1 / (8 * o->lr), q = now * L * now * L;
    return fmin(1, (1 + 24 * q - alpha(a, k + 1) / now) / (1 + 4 * q));
}

static int step(crease_algorithm *a, crease_oracle *oracle)
{
    pstorm_state *s = (pstorm_state *)a->state;
    CREASE_TRY(crease_storm(a, oracle, s->k > 0 ? beta(a, s->k - 1) : 1, D, OLD));
    double now = alpha(a, s->k);
    s->k += 1;
    return crease_step_along(a, D, now, 1);
}

const crease_algorithm_type crease_algorithm_pstorm = {
    .base = { .name = "pstorm",
              .summary = "proximal steps along a recursive estimate of the gradient",
              .formula =
                  "d <- g_B(x) + (1 - beta) (d - g_B(x_old)),  x <- prox_{alpha psi}(x - alpha d)",
              .source = "Xu and Xu, J. Optim. Theory Appl. 196 (2023), arXiv 2006.00425",
              .opts_size = sizeof(pstorm_opts),
              .params = params },
    .slots = slots,
    .state_doubles = sizeof(pstorm_state) / sizeof(double),
    .scalars = scalars,
    .step = step,
    .setup = crease_vector_setup,
    .teardown = crease_vector_teardown,
};

/* Proximal SGD with momentum, as in the experiments of RAMDA (arXiv 2403.14398):
 *
 *     b <- (1 - a) b + a g,     x <- prox_{lr psi}(x - lr b)
 *
 * The metric is the identity, so the prox is a closed form, and x is its output.
 *
 * With weights = decreasing, the weights of the original method (Yang et al., ICLR 2020): in step t = 0, 1, ...
 *
 *     rho_t = rho / (t + 4)^rho_power,   eps_t = eps / (t + 4)^eps_power
 *     b <- (1 - rho_t) b + rho_t g,   xhat = prox_{lr psi}(x - lr b),   x <- x + eps_t (xhat - x)
 *
 * with its tau = 1 / lr held constant (the authors' code has a second moment there). xhat is W-hat and has exact zeros;
 * x is an average and hardly ever has. The paper proves convergence, for weights that fade fast enough (eps_t / rho_t
 * -> 0 and square-summable among them, which the defaults, those of the authors' code, are not); it does not speak of
 * identification. With constant weights the noise of b and the threshold of the proximal map stay in proportion, and x
 * does not identify in general.                                                                         */
#include <math.h>

#include "crease/algorithm.h"

enum { WEIGHTS_CONSTANT, WEIGHTS_DECREASING };
static const char *const weights[] = { "constant", "decreasing", NULL };

typedef struct {
    double lr, a;
    int weights;
    double rho, rho_power, eps, eps_power;
} proxsgd_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(proxsgd_opts, lr, 0.1, CREASE_GT(0), "learning rate of the first stage"),
    CREASE_PARAM_REAL(proxsgd_opts, a, 0.1, CREASE_IN_LEFT(0, 1), "weight of the new gradient; 1: no momentum"),
    CREASE_PARAM_CHOICE(proxsgd_opts, weights, WEIGHTS_CONSTANT, weights,
                        "constant: a, and no average; decreasing: rho_t and eps_t"),
    CREASE_PARAM_REAL(proxsgd_opts, rho, 0.9, CREASE_IN_LEFT(0, 1), "of rho_t, where weights decrease"),
    CREASE_PARAM_REAL(proxsgd_opts, rho_power, 0.5, CREASE_IN(0, 1), "its power of t + 4"),
    CREASE_PARAM_REAL(proxsgd_opts, eps, 0.06, CREASE_IN_LEFT(0, 1), "of eps_t, where weights decrease"),
    CREASE_PARAM_REAL(proxsgd_opts, eps_power, 0.5, CREASE_IN(0, 1), "its power of t + 4"),
    CREASE_PARAM_END,
};

enum { B };
static const crease_slot slots[] = {
    [B] = { "b", CREASE_SLOT_KEEP, "gradient buffer" },
    { NULL, CREASE_SLOT_KEEP, NULL },
};

typedef struct {
    double t;
} proxsgd_state;
static const char *const scalars[] = { "t", NULL };

static void form(crease_algorithm *alg, crease_form *f)
{
    const proxsgd_opts *o = alg->opts;
    proxsgd_state *s = (proxsgd_state *)alg->state;
    double a = o->a;
    if (o->weights == WEIGHTS_DECREASING) {
        a = o->rho / pow(s->t + 4, o->rho_power);
        f->average = o->eps / pow(s->t + 4, o->eps_power);
    }
    s->t += 1;
    f->first = (crease_recurrence){ B, 1 - a, a };
    f->linear = alg->lr;
    f->floor = 1;
    f->weight = alg->lr;
    f->paper_scale = alg->lr;
}

const crease_algorithm_type crease_algorithm_proxsgd = {
    .base = { .name = "proxsgd",
              .summary = "proximal SGD with a gradient buffer",
              .formula = "b <- (1 - a) b + a g,  x <- prox_{lr psi}(x - lr b)",
              .source = "Yang et al., ICLR 2020, as run in RAMDA, arXiv 2403.14398",
              .opts_size = sizeof(proxsgd_opts),
              .params = params },
    .slots = slots,
    .state_doubles = sizeof(proxsgd_state) / sizeof(double),
    .scalars = scalars,
    .form = form,
};

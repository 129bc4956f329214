/* Stochastic gradients on Robinson's normal map (Qiu, Jiang and Milzarek, arXiv 2305.05828). For a
 * fixed lambda > 0 and an auxiliary z,
 *
 *     F_nor(z) = grad f(x) + (z - x) / lambda,   x = prox_{lambda psi}(z)
 *     z <- z - alpha_k (g + (z - x) / lambda),   alpha_k = lr / (shift + k)^power,  k = 0, 1, ...
 *
 * with g on the batch at x. The first step takes z = x = the start point: where that is 0 and psi a
 * norm, x = prox(z) as in all later steps.
 *
 * x is the output of a proximal map whose threshold, lambda, stays while the steps go to zero: the
 * noise in z fades against it, which it does not in proximal SGD. The paper proves that x identifies
 * the active manifold almost surely after finitely many steps, without convexity and without variance
 * reduction, where 2/3 < power <= 1, the limit is nondegenerate, psi is rho-weakly convex with rho
 * lambda < 1, and a Kurdyka-Lojasiewicz inequality holds.
 *
 * (z - x) / lambda is a subgradient of psi at x, so that (x - z) / lambda stands in for grad f there.
 */
#include <math.h>

#include "crease/algorithm.h"

typedef struct {
    double lr, shift, power, prox_step;
} norm_sgd_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(norm_sgd_opts, lr, 1, CREASE_GT(0), "numerator of alpha_k in the first stage"),
    CREASE_PARAM_REAL(norm_sgd_opts, shift, 10, CREASE_GT(0), "added to k in the denominator"),
    CREASE_PARAM_REAL(norm_sgd_opts, power, 0.75, CREASE_IN(0, 1),
                      "power of the denominator; theory: above 2/3. 0: constant, up to the schedule"),
    CREASE_PARAM_REAL(norm_sgd_opts, prox_step, 1, CREASE_GT(0), "lambda of the proximal map"),
    CREASE_PARAM_END,
};

enum { Z, E };
static const crease_slot slots[] = {
    [Z] = { "z", CREASE_SLOT_COPY, "point whose proximal map is x" },
    [E] = { "e", CREASE_SLOT_KEEP, "(x - z) / lambda, which stands in for grad f" },
    { NULL, CREASE_SLOT_KEEP, NULL },
};

typedef struct {
    double k;
} norm_sgd_state;
static const char *const scalars[] = { "k", NULL };

static int step(crease_algorithm *a, crease_oracle *oracle)
{
    const norm_sgd_opts *o = a->opts;
    const crease_backend *b = a->backend;
    norm_sgd_state *s = (norm_sgd_state *)a->state;
    CREASE_TRY(crease_step_gradient(a, oracle, oracle->batch, a->x, &a->value, a->g));
    double lambda = o->prox_step, alpha = a->lr / pow(o->shift + s->k, o->power);
    s->k += 1;
    b->axpby(a->n, alpha / lambda, a->x, 1 - alpha / lambda, a->slots[Z]);
    b->axpby(a->n, -alpha, a->g, 1, a->slots[Z]);
    crease_form f = crease_form_plain();
    f.first = (crease_recurrence){ Z, 1, 0 };
    f.center = Z;
    f.linear = 0;
    f.weight = lambda;
    f.paper_scale = lambda;
    CREASE_TRY(crease_step_form(a, &f));
    b->copy(a->n, a->slots[Z], a->slots[E]);
    b->axpby(a->n, 1 / lambda, a->x, -1 / lambda, a->slots[E]);
    a->surrogate = E;
    a->surrogate_scale = 1;
    return CREASE_OK;
}

const crease_algorithm_type crease_algorithm_norm_sgd = {
    .base = { .name = "norm_sgd",
              .summary = "SGD on the normal map: identifies almost surely, without variance reduction",
              .formula = "x = prox_{lambda psi}(z),  z <- z - alpha_k (g + (z - x) / lambda)",
              .source = "Qiu, Jiang and Milzarek, arXiv 2305.05828",
              .opts_size = sizeof(norm_sgd_opts),
              .params = params },
    .slots = slots,
    .state_doubles = sizeof(norm_sgd_state) / sizeof(double),
    .scalars = scalars,
    .step = step,
};

/* Proximal SGD with momentum, as in the experiments of RAMDA (arXiv 2403.14398):
 *
 *     b <- (1 - a) b + a g,     x <- prox_{lr psi}(x - lr b)
 *
 * The metric is the identity, so the prox is a closed form.                                             */
#include "crease/algorithm.h"

typedef struct {
    double lr, a;
} proxsgd_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(proxsgd_opts, lr, 0.1, CREASE_GT(0), "learning rate of the first stage"),
    CREASE_PARAM_REAL(proxsgd_opts, a, 0.1, CREASE_IN_LEFT(0, 1), "weight of the new gradient; 1: no momentum"),
    CREASE_PARAM_END,
};

enum { B };
static const crease_slot slots[] = {
    [B] = { "b", CREASE_SLOT_KEEP, "gradient buffer" },
    { NULL, CREASE_SLOT_KEEP, NULL },
};
static const char *const scalars[] = { NULL };

static void form(crease_algorithm *alg, crease_form *f)
{
    const proxsgd_opts *o = alg->opts;
    f->first = (crease_recurrence){ B, 1 - o->a, o->a };
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
    .scalars = scalars,
    .form = form,
};

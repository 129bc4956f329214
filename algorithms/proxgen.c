/* ProxGen on AdamW (Yun, Lozano, Yang, arXiv 2006.07484, with the experiments of arXiv 2403.14398):
 *
 *     x <- argmin <lr m / b1, x> + 1/2 |x - x0|_D^2 + lr psi(x),   D = sqrt(u / b2) + eps,
 *
 * x0 = (1 - lr wd) x. The option amsgrad takes the running maximum of u (Reddi, Kale, Kumar, ICLR 2018).   */
#include "adam.h"

typedef struct {
    adam_opts adam;
    bool amsgrad;
} proxgen_opts;

static const crease_param params[] = {
    ADAM_PARAMS(1e-3, 1e-8, 0),
    CREASE_PARAM_BOOL(proxgen_opts, amsgrad, false, "the metric uses the running maximum of the second moment"),
    CREASE_PARAM_END,
};

static const crease_slot slots[] = {
    [ADAM_M] = { "m", CREASE_SLOT_KEEP, "first moment" },
    [ADAM_U] = { "u", CREASE_SLOT_KEEP, "second moment" },
    [ADAM_PEAK] = { "peak", CREASE_SLOT_KEEP, "running maximum of the second moment (amsgrad)" },
    { NULL, CREASE_SLOT_KEEP, NULL },
};
static const char *const scalars[] = { "k", NULL };

static void form(crease_algorithm *a, crease_form *f)
{
    const proxgen_opts *o = a->opts;
    adamw_form(a, &o->adam, f);
    if (o->amsgrad) f->peak = ADAM_PEAK;
}

const crease_algorithm_type crease_algorithm_proxgen = {
    .base = { .name = "proxgen",
              .summary = "ProxGen: AdamW's step with the regularizer in AdamW's metric",
              .formula = "x <- argmin <lr m / b1, x> + 1/2 |x - x0|_D^2 + lr psi(x),  D = sqrt(u / b2) + eps",
              .source = "Yun, Lozano, Yang, arXiv 2006.07484; settings of RAMDA, arXiv 2403.14398",
              .opts_size = sizeof(proxgen_opts),
              .params = params },
    .slots = slots,
    .state_doubles = sizeof(adam_state) / sizeof(double),
    .scalars = scalars,
    .form = form,
};

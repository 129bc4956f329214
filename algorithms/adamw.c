/* AdamW (Loshchilov and Hutter, arXiv 1711.05101), a baseline that ignores the regularizer:
 *
 *     x <- (1 - lr wd) x - lr (m / b1) / (sqrt(u / b2) + eps)                                           */
#include "adam.h"

static const crease_param params[] = { ADAM_PARAMS(1e-3, 1e-8, 1e-2), CREASE_PARAM_END };

static const crease_slot slots[] = {
    [ADAM_M] = { "m", CREASE_SLOT_KEEP, "first moment" },
    [ADAM_U] = { "u", CREASE_SLOT_KEEP, "second moment" },
    { NULL, CREASE_SLOT_KEEP, NULL },
};
static const char *const scalars[] = { "k", NULL };

static void form(crease_algorithm *a, crease_form *f)
{
    adamw_form(a, a->opts, f);
}

const crease_algorithm_type crease_algorithm_adamw = {
    .base = { .name = "adamw",
              .summary = "AdamW, without a regularizer",
              .formula = "x <- (1 - lr wd) x - lr (m / b1) / (sqrt(u / b2) + eps)",
              .source = "Loshchilov and Hutter, arXiv 1711.05101",
              .opts_size = sizeof(adam_opts),
              .params = params },
    .ignores_psi = true,
    .slots = slots,
    .state_doubles = sizeof(adam_state) / sizeof(double),
    .scalars = scalars,
    .form = form,
};

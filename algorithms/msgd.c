/* SGD with heavy-ball momentum, a baseline that ignores the regularizer:
 *
 *     b <- mu b + (g + wd x),     x <- x - lr b                                                         */
#include "crease/algorithm.h"

typedef struct {
    double lr, mu, weight_decay;
} msgd_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(msgd_opts, lr, 0.1, CREASE_GT(0), "learning rate of the first stage"),
    CREASE_PARAM_REAL(msgd_opts, mu, 0.9, CREASE_IN_RIGHT(0, 1), "momentum"),
    CREASE_PARAM_REAL(msgd_opts, weight_decay, 0, CREASE_GE(0), "coupled weight decay wd"),
    CREASE_PARAM_END,
};

enum { B };
static const crease_slot slots[] = {
    [B] = { "b", CREASE_SLOT_KEEP, "momentum buffer" },
    { NULL, CREASE_SLOT_KEEP, NULL },
};
static const char *const scalars[] = { NULL };

static void form(crease_algorithm *a, crease_form *f)
{
    const msgd_opts *o = a->opts;
    f->first = (crease_recurrence){ B, o->mu, 1 };
    f->decay = o->weight_decay;
    f->linear = a->lr;
    f->floor = 1;
}

const crease_algorithm_type crease_algorithm_msgd = {
    .base = { .name = "msgd",
              .summary = "SGD with momentum, without a regularizer",
              .formula = "b <- mu b + g + wd x,  x <- x - lr b",
              .source = "Polyak, USSR Comput. Math. 4 (1964); Sutskever et al., ICML 2013",
              .opts_size = sizeof(msgd_opts),
              .params = params },
    .ignores_psi = true,
    .slots = slots,
    .scalars = scalars,
    .form = form,
};

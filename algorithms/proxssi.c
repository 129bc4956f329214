/* ProxSSI (Deleu and Bengio, arXiv 2102.03869) as its authors run it: an Adam step, weight decay, then the
 * regularizer's map in the metric,
 *
 *     x <- argmin <v, x> + 1/2 |x - x0|_D^2 + lr psi(x),   D = sqrt(u) + eps,
 *     v = (1 - lr wd) lr (sqrt(b2) / b1) m,   x0 = (1 - lr wd) x.
 *
 * The metric is not corrected for its bias although the step is, so early thresholds are larger by 1/sqrt(b2).
 * With bias_correction D = sqrt(u / b2) + eps and v = (1 - lr wd) lr m / b1: the step of ProxGen.        */
#include "adam.h"

typedef struct {
    adam_opts adam;
    bool bias_correction;
} proxssi_opts;

static const crease_param params[] = {
    ADAM_PARAMS(1e-3, 1e-6, 0),
    CREASE_PARAM_BOOL(proxssi_opts, bias_correction, false, "correct the metric for its bias, as ProxGen does"),
    CREASE_PARAM_END,
};

static const crease_slot slots[] = {
    [ADAM_M] = { "m", CREASE_SLOT_KEEP, "first moment" },
    [ADAM_U] = { "u", CREASE_SLOT_KEEP, "second moment" },
    { NULL, CREASE_SLOT_KEEP, NULL },
};
static const char *const scalars[] = { "k", NULL };

static void form(crease_algorithm *a, crease_form *f)
{
    const proxssi_opts *o = a->opts;
    double b1, b2;
    adam_moments(a, &o->adam, f, &b1, &b2);
    f->metric_scale = o->bias_correction ? 1 / sqrt(b2) : 1;
    f->linear = f->center_scale * a->lr * (o->bias_correction ? 1 : sqrt(b2)) / b1;
}

const crease_algorithm_type crease_algorithm_proxssi = {
    .base = { .name = "proxssi",
              .summary = "ProxSSI: Adam's step, then the regularizer's map in Adam's uncorrected metric",
              .formula = "x <- argmin <v, x> + 1/2 |x - x0|_D^2 + lr psi(x),  D = sqrt(u) + eps",
              .source = "Deleu and Bengio, arXiv 2102.03869",
              .opts_size = sizeof(proxssi_opts),
              .params = params },
    .slots = slots,
    .state_doubles = sizeof(adam_state) / sizeof(double),
    .scalars = scalars,
    .form = form,
};

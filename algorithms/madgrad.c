/* MADGRAD (Defazio and Jelassi, arXiv 2101.11075), a baseline that ignores the regularizer. In step k = 1, 2, ...
 *
 *     l = lr sqrt(k),   V <- V + l g,   U <- U + l g*g
 *     z = x0 - V / (cbrt(U) + eps),   x <- (1 - c) x + c z,   c = 1 - momentum
 *
 * RAMDA with psi = 0 is this method. The authors' code also adds eps to lr; this one does not.          */
#include <math.h>

#include "crease/algorithm.h"

typedef struct {
    double lr, momentum, eps;
} madgrad_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(madgrad_opts, lr, 1e-2, CREASE_GT(0), "learning rate of the first stage"),
    CREASE_PARAM_REAL(madgrad_opts, momentum, 0.9, CREASE_IN_RIGHT(0, 1), "1 - c"),
    CREASE_PARAM_REAL(madgrad_opts, eps, 1e-6, CREASE_GE(0), "added to the cube root"),
    CREASE_PARAM_END,
};

enum { X0, V, U };
static const crease_slot slots[] = {
    [X0] = { "x0", CREASE_SLOT_COPY, "start point" },
    [V] = { "V", CREASE_SLOT_KEEP, "weighted sum of gradients" },
    [U] = { "U", CREASE_SLOT_KEEP, "weighted sum of squared gradients" },
    { NULL, CREASE_SLOT_KEEP, NULL },
};

typedef struct {
    double k;
} madgrad_state;
static const char *const scalars[] = { "k", NULL };

static void form(crease_algorithm *a, crease_form *f)
{
    const madgrad_opts *o = a->opts;
    madgrad_state *s = (madgrad_state *)a->state;
    s->k += 1;
    double l = a->lr * sqrt(s->k);
    f->first = (crease_recurrence){ V, 1, l };
    f->second = (crease_recurrence){ U, 1, l };
    f->center = X0;
    f->root = CREASE_ROOT_CUBE;
    f->floor = o->eps;
    f->average = 1 - o->momentum;
}

const crease_algorithm_type crease_algorithm_madgrad = {
    .base = { .name = "madgrad",
              .summary = "MADGRAD: adaptive dual averaging, without a regularizer",
              .formula = "z = x0 - V / (cbrt(U) + eps),  x <- (1 - c) x + c z",
              .source = "Defazio and Jelassi, arXiv 2101.11075",
              .opts_size = sizeof(madgrad_opts),
              .params = params },
    .ignores_psi = true,
    .slots = slots,
    .state_doubles = sizeof(madgrad_state) / sizeof(double),
    .scalars = scalars,
    .form = form,
};

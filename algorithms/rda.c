/* Regularized dual averaging (Xiao, JMLR 11, 2010, Algorithm 1) with h(x) = 1/2 |x - x1|^2 and beta_t =
 * gamma sqrt(t). In step t = 1, 2, ... with the gradient g_t taken at x_t:
 *
 *     x_{t+1} = argmin <mean of g_1 ... g_t, x> + psi(x) + gamma / (2 sqrt(t)) |x - x1|^2
 *             = prox_{(sqrt(t)/gamma) psi}(x1 - (sqrt(t)/gamma) mean)
 *
 * x is itself the output of the proximal map. The weight of psi does not fade against the noise of one
 * gradient, as it does in proximal SGD, because all gradients so far are averaged: near a nondegenerate
 * minimizer x identifies its manifold with high probability (Lee and Wright, JMLR 13, 2012). There is
 * no learning rate: 1/gamma sets the scale, and milestones of a schedule change nothing. RMDA is the
 * method that restarts. */
#include <math.h>

#include "crease/algorithm.h"

enum { CENTER_START, CENTER_ORIGIN };
static const char *const centers[] = { "start", "origin", NULL };

typedef struct {
    double gamma;
    int center;
} rda_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(rda_opts, gamma, 1, CREASE_GT(0),
                      "beta_t = gamma sqrt(t); smaller: longer steps"),
    CREASE_PARAM_CHOICE(rda_opts, center, CENTER_START, centers,
                        "x1, which h pulls to: the start point, or 0"),
    CREASE_PARAM_END,
};

enum { X1, V };
static const crease_slot slots[] = {
    [X1] = { "x1", CREASE_SLOT_COPY, "start point" },
    [V] = { "V", CREASE_SLOT_KEEP, "sum of gradients" },
    { NULL, CREASE_SLOT_KEEP, NULL },
};

typedef struct {
    double t;
} rda_state;
static const char *const scalars[] = { "t", NULL };

static void form(crease_algorithm *a, crease_form *f)
{
    const rda_opts *o = a->opts;
    rda_state *s = (rda_state *)a->state;
    s->t += 1;
    f->first = (crease_recurrence){ V, 1, 1 };
    f->center = X1;
    f->center_scale = o->center == CENTER_START;
    f->floor = o->gamma * sqrt(s->t);
    f->weight = s->t;
}

const crease_algorithm_type crease_algorithm_rda = {
    .base = { .name = "rda",
              .summary = "regularized dual averaging: identifies with high probability",
              .formula = "x <- prox_{(sqrt(t)/gamma) psi}(x1 - (sqrt(t)/gamma) mean of the gradients)",
              .source = "Xiao, JMLR 11 (2010), Algorithm 1; Lee and Wright, JMLR 13 (2012)",
              .opts_size = sizeof(rda_opts),
              .params = params },
    .slots = slots,
    .state_doubles = sizeof(rda_state) / sizeof(double),
    .scalars = scalars,
    .form = form,
};

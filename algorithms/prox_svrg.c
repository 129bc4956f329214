/* Proximal SVRG (Xiao and Zhang, SIAM J. Optim. 24, 2014), with the last iterate as the next anchor.
 * With an anchor a and the full gradient there, in each step on a batch B
 *
 *     d = g_B(x) - g_B(a) + grad f(a),   x <- prox_{lr psi}(x - lr d)
 *
 * At the first step and after every `inner` steps (by default: when the batches since then have had as
 * many rows as the problem) a becomes x; the two gradients on the batch cancel then and d is the full
 * gradient, which is all that such a step evaluates.
 *
 * x is the output of the proximal map. The variance of d vanishes where x and a converge to the same
 * point, so that x is on the active manifold almost surely from some step on, where the limit is
 * nondegenerate (Poon, Liang and Schoenlieb, ICML 2018, who have lr = 1 / (4 L) and this choice of
 * anchors). */
#include "stochastic.h"

typedef struct {
    double lr;
    long inner;
} prox_svrg_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(prox_svrg_opts, lr, 0.1, CREASE_GT(0), "step of the first stage"),
    CREASE_PARAM_INT(prox_svrg_opts, inner, 0, CREASE_IN(0, 1e9),
                     "steps an anchor; 0: an epoch of rows"),
    CREASE_PARAM_END,
};

enum { ANCHOR, G, D };
static const crease_slot slots[] = {
    [ANCHOR] = { "anchor", CREASE_SLOT_KEEP, "point of the last full gradient" },
    [G] = { "G", CREASE_SLOT_KEEP, "full gradient there" },
    [D] = { "d", CREASE_SLOT_KEEP, "estimate of the gradient" },
    { NULL, CREASE_SLOT_KEEP, NULL },
};

/* Rows of the batches, and steps, since the anchor was set; steps is 0 before there is one. */
typedef struct {
    double rows, steps;
} prox_svrg_state;
static const char *const scalars[] = { "rows", "steps", NULL };

static const crease_rows all = { 0, NULL };

static int set_anchor(crease_algorithm *a, crease_oracle *oracle)
{
    const crease_backend *b = a->backend;
    CREASE_TRY(crease_step_gradient(a, oracle, all, a->x, &a->value, a->g));
    b->copy(a->n, a->x, a->slots[ANCHOR]);
    b->copy(a->n, a->g, a->slots[G]);
    b->copy(a->n, a->g, a->slots[D]);
    *(prox_svrg_state *)a->state = (prox_svrg_state){ 0 };
    return CREASE_OK;
}

static int estimate(crease_algorithm *a, crease_oracle *oracle)
{
    const crease_backend *b = a->backend;
    double unused;
    CREASE_TRY(crease_step_gradient(a, oracle, oracle->batch, a->x, &a->value, a->g));
    CREASE_TRY(crease_step_gradient(a, oracle, oracle->batch, a->slots[ANCHOR], &unused, a->own));
    b->copy(a->n, a->g, a->slots[D]);
    b->axpby(a->n, -1, a->own, 1, a->slots[D]);
    b->axpby(a->n, 1, a->slots[G], 1, a->slots[D]);
    return CREASE_OK;
}

static int step(crease_algorithm *a, crease_oracle *oracle)
{
    const prox_svrg_opts *o = a->opts;
    prox_svrg_state *s = (prox_svrg_state *)a->state;
    crease_epoch e = crease_epoch_of(a, oracle);
    bool over = o->inner ? s->steps >= (double)o->inner : s->rows >= e.whole;
    CREASE_TRY(s->steps == 0 || over ? set_anchor(a, oracle) : estimate(a, oracle));
    s->steps += 1;
    s->rows += e.batch;
    return crease_step_along(a, D, a->lr, 1);
}

const crease_algorithm_type crease_algorithm_prox_svrg = {
    .base = { .name = "prox_svrg",
              .summary = "proximal SVRG: variance reduced by full gradients, identifies almost surely",
              .formula = "d = g_B(x) - g_B(anchor) + grad f(anchor),  x <- prox_{lr psi}(x - lr d)",
              .source =
                  "Xiao and Zhang, SIAM J. Optim. 24 (2014); Poon, Liang and Schoenlieb, ICML 2018",
              .opts_size = sizeof(prox_svrg_opts),
              .params = params },
    .slots = slots,
    .state_doubles = sizeof(prox_svrg_state) / sizeof(double),
    .scalars = scalars,
    .step = step,
    .setup = crease_vector_setup,
    .teardown = crease_vector_teardown,
};

/* HSPG, half-space stochastic projected gradient (Chen et al., arXiv 2009.12078): for the group norm
 * and its relatives of the shrink family. At first epochs of proximal steps, on a batch B:
 *
 *     x <- prox_{lr psi}(x - lr g_B(x))
 *
 * Then half-space steps: y_g = x_g - lr (g_B(x) + psi'(x))_g on the groups that are not zero, and
 *
 *     x_g <- 0 if <y_g, x_g> < eps |x_g|^2, else y_g
 *
 * Zero groups stay zero. Where psi has an l1 part as well, psi is smooth in an orthant only: entries
 * that are zero stay so, and those whose sign would turn become zero before the half-space is asked.
 * With half_epochs > 0 both kinds take turns; the paper's half-space steps go on for good. An epoch is
 * over when the batches have had as many rows as the problem. The authors' later code divides by |x_g|
 * + 1e-6; a live group is not zero, and nothing is added here.
 *
 * x is the output of the proximal map or of this projection, with exact zeros. No theorem promises
 * identification: a half-space step cannot release a group, so that groups that have settled are no
 * evidence of the right ones; their margins are (see the diagnostic identification). */
#include "faces.h"
#include "stochastic.h"

typedef struct {
    double lr, eps;
    long prox_epochs, half_epochs;
} hspg_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(hspg_opts, lr, 0.1, CREASE_GT(0), "step of the first stage"),
    CREASE_PARAM_REAL(hspg_opts, eps, 0, CREASE_IN_RIGHT(0, 1),
                      "how far along itself a group has to stay; larger: more zero groups"),
    CREASE_PARAM_INT(hspg_opts, prox_epochs, 5, CREASE_IN(0, 1e9),
                     "epochs of proximal steps, each time"),
    CREASE_PARAM_INT(hspg_opts, half_epochs, 0, CREASE_IN(0, 1e9),
                     "epochs of half-space steps, each time; 0: for good"),
    CREASE_PARAM_END,
};

enum { B };
static const crease_slot slots[] = {
    [B] = { "b", CREASE_SLOT_KEEP, "gradient of the last proximal step" },
    { NULL, CREASE_SLOT_KEEP, NULL },
};

typedef struct {
    double rows; /* of all batches so far */
} hspg_state;
static const char *const scalars[] = { "rows", NULL };

static int setup(crease_algorithm *a)
{
    return crease_faces_setup(a, false);
}

static int step(crease_algorithm *a, crease_oracle *oracle)
{
    const hspg_opts *o = a->opts;
    hspg_state *s = (hspg_state *)a->state;
    crease_epoch e = crease_epoch_of(a, oracle);
    CREASE_TRY(crease_step_gradient(a, oracle, oracle->batch, a->x, &a->value, a->g));
    bool prox = crease_faces_prox_turn(s->rows, e.whole, o->prox_epochs, o->half_epochs);
    s->rows += e.batch;
    if (prox) {
        a->backend->copy(a->n, a->g, a->slots[B]);
        return crease_step_along(a, B, a->lr, 1);
    }
    crease_faces_step(a, a->own, a->g, a->lr, 0, o->eps, a->x);
    crease_faces_report(a);
    return CREASE_OK;
}

const crease_algorithm_type crease_algorithm_hspg = {
    .base = { .name = "hspg",
              .summary = "proximal epochs, then half-space steps, for groups: very sparse, "
                         "identification not promised",
              .formula = "x <- prox_{lr psi}(x - lr g);  then y = x - lr (g + psi'(x)), x_g <- 0 if "
                         "<y_g, x_g> < eps "
                         "|x_g|^2, else y_g",
              .source = "Chen et al., arXiv 2009.12078",
              .opts_size = sizeof(hspg_opts),
              .params = params },
    .slots = slots,
    .state_doubles = sizeof(hspg_state) / sizeof(double),
    .scalars = scalars,
    .step = step,
    .setup = setup,
    .teardown = crease_faces_teardown,
};

/* OBProx-SG (Chen, Ding, Yi, Zhu, Wang, Zhu and Tang, ECML PKDD 2020; arXiv 2004.03639): orthant steps
 * after proximal ones, for l1, maybe with a ridge. Epochs of two kinds take turns. Proximal epochs, on
 * a batch B:
 *
 *     x <- prox_{lr psi}(x - lr g_B(x))
 *
 * Orthant epochs: with the signs of x, y_i = x_i - lr (g_B(x) + psi'(x))_i where x_i is not 0, and
 *
 *     x_i <- y_i if sign(x_i) y_i > eps, else 0
 *
 * With orthant_epochs = 0 the orthant steps go on for good (the paper's OBProx-SG+). An epoch is over
 * when the batches have had as many rows as the problem.
 *
 * x is the output of the proximal map or of this projection, with exact zeros. No theorem promises
 * identification: a zero cannot become live in an orthant step, so that a support that has settled
 * there is no evidence of the right one; its margins are (see the diagnostic identification). */
#include "faces.h"
#include "stochastic.h"

typedef struct {
    double lr, eps;
    long prox_epochs, orthant_epochs;
} obprox_sg_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(obprox_sg_opts, lr, 0.1, CREASE_GT(0), "step of the first stage"),
    CREASE_PARAM_REAL(obprox_sg_opts, eps, 0, CREASE_GE(0),
                      "entries of an orthant step up to this size become 0"),
    CREASE_PARAM_INT(obprox_sg_opts, prox_epochs, 5, CREASE_IN(0, 1e9),
                     "epochs of proximal steps, each time"),
    CREASE_PARAM_INT(obprox_sg_opts, orthant_epochs, 5, CREASE_IN(0, 1e9),
                     "epochs of orthant steps, each time; 0: for good"),
    CREASE_PARAM_END,
};

enum { B };
static const crease_slot slots[] = {
    [B] = { "b", CREASE_SLOT_KEEP, "gradient of the last proximal step" },
    { NULL, CREASE_SLOT_KEEP, NULL },
};

typedef struct {
    double rows; /* of all batches so far */
} obprox_sg_state;
static const char *const scalars[] = { "rows", NULL };

static int setup(crease_algorithm *a)
{
    return crease_faces_setup(a, true);
}

static int step(crease_algorithm *a, crease_oracle *oracle)
{
    const obprox_sg_opts *o = a->opts;
    obprox_sg_state *s = (obprox_sg_state *)a->state;
    crease_epoch e = crease_epoch_of(a, oracle);
    CREASE_TRY(crease_step_gradient(a, oracle, oracle->batch, a->x, &a->value, a->g));
    bool prox = crease_faces_prox_turn(s->rows, e.whole, o->prox_epochs, o->orthant_epochs);
    s->rows += e.batch;
    if (prox) {
        a->backend->copy(a->n, a->g, a->slots[B]);
        return crease_step_along(a, B, a->lr, 1);
    }
    crease_faces_step(a, a->own, a->g, a->lr, o->eps, 0, a->x);
    crease_faces_report(a);
    return CREASE_OK;
}

const crease_algorithm_type crease_algorithm_obprox_sg = {
    .base = { .name = "obprox_sg",
              .summary = "proximal epochs, then orthant steps, for l1: very sparse, identification not "
                         "promised",
              .formula = "x <- prox_{lr psi}(x - lr g);  then x_i <- x_i - lr (g + psi'(x))_i, 0 where "
                         "the sign turns",
              .source = "Chen et al., ECML PKDD 2020, arXiv 2004.03639",
              .opts_size = sizeof(obprox_sg_opts),
              .params = params },
    .slots = slots,
    .state_doubles = sizeof(obprox_sg_state) / sizeof(double),
    .scalars = scalars,
    .step = step,
    .setup = setup,
    .teardown = crease_faces_teardown,
};

/* Accelerated proximal gradient with restarts:
 *
 *     y = x + (theta' (1/theta - 1)) (x - x_old)          (extrapolation)
 *     x <- prox_{psi/L}(y - grad f(y)/L)
 *
 * with the momentum of Beck and Teboulle (SIAM J. Imaging Sci. 2, 2009) and L doubled where the model does not
 * majorize f. Where <y - x, x - x_old> > 0 the momentum has begun to oppose the descent and starts over (O'Donoghue
 * and Candes, Found. Comput. Math. 15, 2015), which gives linear convergence without knowing the strong convexity;
 * L is halved then, so that it can follow the curvature down.
 * x is an output of the proximal map; extrapolation makes it leave and enter the manifold longer than pg does
 * (Bareilles and Iutzeler, arXiv 1909.08944), but it settles where the iterates converge.                       */
#include <math.h>

#include "backtrack.h"

/* L is tried smaller while a move changes the loss by more than this share of it: less, and rounding would hide that L
 * is too small. */
#define SEEN 1e-10

typedef struct {
    double L;
    bool restart;
} fista_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(fista_opts, L, 0, CREASE_GE(0),
                      "first curvature; 0: a 16th of the problem's Lipschitz constant, or 1"),
    CREASE_PARAM_BOOL(fista_opts, restart, true, "forget the momentum where it opposes the descent"),
    CREASE_PARAM_END,
};

enum { Y, OLD, D };
static const crease_slot slots[] = {
    [Y] = { "Y", CREASE_SLOT_COPY, "extrapolated point" },
    [OLD] = { "OLD", CREASE_SLOT_COPY, "iterate before" },
    [D] = { "D", CREASE_SLOT_KEEP, "last move from y" },
    { NULL, CREASE_SLOT_KEEP, NULL },
};

typedef struct {
    double ready, L, theta, restarts;
} fista_state;
static const char *const scalars[] = { "ready", "L", "theta", "restarts", NULL };

static int begin(crease_algorithm *a, crease_oracle *oracle)
{
    const fista_opts *o = a->opts;
    fista_state *s = (fista_state *)a->state;
    s->theta = 1;
    s->ready = 1;
    s->L = o->L;
    if (s->L > 0) return CREASE_OK;
    CREASE_TRY(crease_first_curvature(oracle, &s->L));
    s->L /= 16; /* the bound holds everywhere; where the method goes curvature is usually far less */
    return CREASE_OK;
}

/* y for the next step, from the iterate and the one before. D holds x - y and becomes x - x_old. */
static void extrapolate(crease_algorithm *a)
{
    const fista_opts *o = a->opts;
    const crease_backend *b = a->backend;
    fista_state *s = (fista_state *)a->state;
    void *move = a->slots[OLD];
    b->axpby(a->n, 1, a->x, -1, move);
    bool opposes = b->dot(a->n, a->slots[D], move) < 0;
    double theta = 0.5 * s->theta * (sqrt(s->theta * s->theta + 4) - s->theta);
    double momentum = theta * (1 / s->theta - 1);
    if (o->restart && opposes) {
        theta = 1;
        momentum = 0;
        s->restarts++;
        if (s->L * b->dot(a->n, a->slots[D], a->slots[D]) > SEEN * fabs(a->value)) s->L /= 2;
    }
    s->theta = theta;
    b->copy(a->n, a->x, a->slots[Y]);
    b->axpby(a->n, momentum, move, 1, a->slots[Y]);
    b->copy(a->n, a->x, a->slots[OLD]);
}

static int step(crease_algorithm *a, crease_oracle *oracle)
{
    fista_state *s = (fista_state *)a->state;
    double value;
    if (!s->ready) CREASE_TRY(begin(a, oracle));
    CREASE_TRY(crease_step_gradient(a, oracle, (crease_rows){ 0, NULL }, a->slots[Y], &value, a->g));
    CREASE_TRY(crease_backtrack(a, oracle, a->slots[Y], value, a->g, &s->L, NULL, a->hat, &a->value, NULL, a->slots[D]));
    a->backend->copy(a->n, a->hat, a->x);
    extrapolate(a);
    a->t++;
    return CREASE_OK;
}

const crease_algorithm_type crease_algorithm_fista = {
    .base = { .name = "fista",
              .summary = "accelerated proximal gradient on all rows, with restarts",
              .formula = "x <- prox_{psi/L}(y - grad f(y)/L),  y = x + momentum (x - x_old)",
              .source = "Beck and Teboulle, SIAM J. Imaging Sci. 2 (2009); O'Donoghue and Candes, Found. Comput. "
                        "Math. 15 (2015)",
              .opts_size = sizeof(fista_opts),
              .params = params },
    .deterministic = true,
    .slots = slots,
    .state_doubles = sizeof(fista_state) / sizeof(double),
    .scalars = scalars,
    .step = step,
};

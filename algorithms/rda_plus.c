/* RDA+ (Lee and Wright, JMLR 13, 2012): dual averaging until the manifold has settled, then fast steps
 * along it. For terms of the shrink family. The paper's strategy is to switch to a local phase that
 * searches the manifold; the local method here is one of our own choice, variance-reduced, which needs
 * gradients alone. Two phases:
 *
 * Dual averaging, as in rda.c, until the zeros of x have stayed the same for `patience` steps in a row.
 *
 * Local: with an anchor a and the full gradient there, taken at the first step of the phase and again
 * after each epoch of rows,
 *
 *     d = g_B(x) - g_B(a) + grad f(a)
 *     xhat = prox_{lr psi}(x - lr d)                                   the manifold test
 *     y = x - lr (d + psi'(x)) along the manifold, zero elsewhere     the step
 *
 * Where xhat has the zeros of x and no entry or group of y has left its orthant or half-space, x <- y.
 * Otherwise the manifold was not the right one, or the step is too long for it: x <- xhat, and dual
 * averaging resumes. The test is free of the noise of single gradients, because d is, and it is the
 * only one that can release a zero.
 *
 * The gradients g_B(x) go on entering the average of dual averaging in the local phase, so that it
 * resumes as if it had never paused, with gradients that were taken at better points. W-hat is the
 * output of a proximal map in both phases; in the local one x shares its zeros. Identification with
 * high probability is proven for the first phase; the second stays where the first has led, or goes
 * back. */
#include <math.h>

#include "faces.h"
#include "stochastic.h"

enum { CENTER_START, CENTER_ORIGIN };
static const char *const centers[] = { "start", "origin", NULL };

typedef struct {
    double lr, gamma;
    int center;
    long patience;
} rda_plus_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(rda_plus_opts, lr, 0.1, CREASE_GT(0),
                      "step of the local phase, in the first stage"),
    CREASE_PARAM_REAL(rda_plus_opts, gamma, 1, CREASE_GT(0),
                      "beta_t = gamma sqrt(t) of dual averaging"),
    CREASE_PARAM_CHOICE(rda_plus_opts, center, CENTER_START, centers,
                        "x1 of dual averaging: the start point, or 0"),
    CREASE_PARAM_INT(rda_plus_opts, patience, 100, CREASE_IN(1, 1e9),
                     "steps without a change before the local phase"),
    CREASE_PARAM_END,
};

enum { X1, V, ANCHOR, G, D };
static const crease_slot slots[] = {
    [X1] = { "x1", CREASE_SLOT_COPY, "start point" },
    [V] = { "V", CREASE_SLOT_KEEP, "sum of gradients" },
    [ANCHOR] = { "anchor", CREASE_SLOT_KEEP, "point of the last full gradient" },
    [G] = { "G", CREASE_SLOT_KEEP, "full gradient there" },
    [D] = { "d", CREASE_SLOT_KEEP, "variance-reduced gradient" },
    { NULL, CREASE_SLOT_KEEP, NULL },
};

/* rows: of the batches since the anchor was set; 0: there is none. */
typedef struct {
    double t, local, same, rows, returns;
} rda_plus_state;
static const char *const scalars[] = { "t", "local", "same", "rows", "returns", NULL };

typedef struct {
    crease_faces faces;
    void *before, *other; /* n reals each: x before the step; a gradient */
} rda_plus_own;

static const crease_rows all = { 0, NULL };

static int setup(crease_algorithm *a)
{
    rda_plus_own *w = crease_alloc(a->ctx, 1, sizeof *w);
    if (!(a->own = w)) return CREASE_ENOMEM;
    CREASE_TRY(crease_faces_create(a, false, &w->faces));
    w->before = crease_alloc(a->ctx, a->n, a->backend->real_bytes);
    w->other = crease_alloc(a->ctx, a->n, a->backend->real_bytes);
    return w->before && w->other ? CREASE_OK : CREASE_ENOMEM;
}

static void teardown(crease_algorithm *a)
{
    rda_plus_own *w = a->own;
    if (!w) return;
    crease_faces_free(a, &w->faces);
    crease_release(a->ctx, w->before);
    crease_release(a->ctx, w->other);
    crease_release(a->ctx, w);
    a->own = NULL;
}

static int dual_step(crease_algorithm *a, crease_oracle *oracle)
{
    const rda_plus_opts *o = a->opts;
    rda_plus_state *s = (rda_plus_state *)a->state;
    rda_plus_own *w = a->own;
    CREASE_TRY(crease_step_gradient(a, oracle, oracle->batch, a->x, &a->value, a->g));
    a->backend->copy(a->n, a->x, w->before);
    s->t += 1;
    crease_form f = crease_form_plain();
    f.first = (crease_recurrence){ V, 1, 1 };
    f.center = X1;
    f.center_scale = o->center == CENTER_START;
    f.floor = o->gamma * sqrt(s->t);
    f.weight = s->t;
    CREASE_TRY(crease_step_form(a, &f));
    s->same = crease_faces_same(a, &w->faces, w->before, a->x) ? s->same + 1 : 0;
    s->local = s->same >= (double)o->patience;
    s->rows = 0;
    return CREASE_OK;
}

/* The gradients of a local step: a->g on the batch, d in its slot. Nothing has changed where it fails.
 */
static int estimate(crease_algorithm *a, crease_oracle *oracle)
{
    const crease_backend *b = a->backend;
    rda_plus_state *s = (rda_plus_state *)a->state;
    void *other = ((rda_plus_own *)a->own)->other;
    crease_epoch e = crease_epoch_of(a, oracle);
    bool renew = s->rows == 0 || s->rows >= e.whole;
    double unused;
    CREASE_TRY(crease_step_gradient(a, oracle, oracle->batch, a->x, &a->value, a->g));
    CREASE_TRY(crease_step_gradient(a, oracle, renew ? all : oracle->batch,
                                    renew ? a->x : a->slots[ANCHOR], &unused, other));
    if (renew) {
        b->copy(a->n, a->x, a->slots[ANCHOR]);
        b->copy(a->n, other, a->slots[G]);
        b->copy(a->n, other, a->slots[D]);
        s->rows = 0;
    } else {
        b->copy(a->n, a->g, a->slots[D]);
        b->axpby(a->n, -1, other, 1, a->slots[D]);
        b->axpby(a->n, 1, a->slots[G], 1, a->slots[D]);
    }
    s->rows += e.batch;
    return CREASE_OK;
}

static int local_step(crease_algorithm *a, crease_oracle *oracle)
{
    const crease_backend *b = a->backend;
    rda_plus_state *s = (rda_plus_state *)a->state;
    rda_plus_own *w = a->own;
    CREASE_TRY(estimate(a, oracle));
    s->t += 1;
    b->axpby(a->n, 1, a->g, 1, a->slots[V]);
    b->copy(a->n, a->x, w->before);
    b->copy(a->n, a->x, w->other);
    CREASE_TRY(crease_step_along(a, D, a->lr, 1));
    crease_faces_step(a, &w->faces, a->slots[D], a->lr, 0, 0, w->other);
    bool holds = crease_faces_same(a, &w->faces, w->before, a->x)
                 && crease_faces_same(a, &w->faces, w->before, w->other);
    if (holds) {
        b->copy(a->n, w->other, a->x);
        return CREASE_OK;
    }
    s->local = s->same = 0;
    s->returns += 1;
    return CREASE_OK;
}

static int step(crease_algorithm *a, crease_oracle *oracle)
{
    return ((rda_plus_state *)a->state)->local ? local_step(a, oracle) : dual_step(a, oracle);
}

const crease_algorithm_type crease_algorithm_rda_plus = {
    .base = { .name = "rda_plus",
              .summary = "dual averaging until the zeros settle, then variance-reduced steps along the "
                         "manifold",
              .formula = "rda;  then d = g_B(x) - g_B(a) + grad f(a),  x <- x - lr (d + psi'(x)) along "
                         "the manifold while "
                         "prox_{lr psi}(x - lr d) stays on it",
              .source = "Lee and Wright, JMLR 13 (2012)",
              .opts_size = sizeof(rda_plus_opts),
              .params = params },
    .slots = slots,
    .state_doubles = sizeof(rda_plus_state) / sizeof(double),
    .scalars = scalars,
    .step = step,
    .setup = setup,
    .teardown = teardown,
};

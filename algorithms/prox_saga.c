/* Proximal SAGA (Defazio, Bach and Lacoste-Julien, NeurIPS 2014) on minibatches. Where f is a mean of
 * losses of z_i = X_i x, plus a ridge, the gradient of row i is X_i' s_i with few slopes s_i, and the
 * table keeps slopes:
 *
 *     d = 1/|B| sum_{i in B} X_i' (s_i(x) - T_i) + A + ridge x,   A = 1/N sum_i X_i' T_i
 *     T_i <- s_i(x) for i in B, and A with it;   x <- prox_{lr psi}(x - lr d)
 *
 * The table starts as the slopes at the start point. The ridge is no part of it: its gradient is exact.
 * A is moved by what the table moves by, so in a narrow width its rounding errors add up, as the square
 * root of the steps. The rows of a batch are taken to be distinct.
 *
 * x is the output of the proximal map. The variance of d vanishes at a limit, so that x is on the
 * active manifold almost surely from some step on, where the limit is nondegenerate (Poon, Liang and
 * Schoenlieb, ICML 2018, with lr = 1 / (3 L)). */
#include <math.h>

#include "stochastic.h"

typedef struct {
    double lr;
} prox_saga_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(prox_saga_opts, lr, 0.1, CREASE_GT(0), "step of the first stage"),
    CREASE_PARAM_END,
};

enum { T, A, D };
static const crease_slot slots[] = {
    [T] = { "T", CREASE_SLOT_KEEP, "table of slopes", true },
    [A] = { "A", CREASE_SLOT_KEEP, "mean gradient of the table" },
    [D] = { "d", CREASE_SLOT_KEEP, "estimate of the gradient" },
    { NULL, CREASE_SLOT_KEEP, NULL },
};

typedef struct {
    double ready;
} prox_saga_state;
static const char *const scalars[] = { "ready", NULL };

static const crease_rows all = { 0, NULL };
static const char refusal[] =
    "algorithm prox_saga keeps slopes, which this problem has not: its loss is no function of "
    "a few numbers a row";

/* a->own: slopes of a batch, which may be all rows. */
static int setup(crease_algorithm *a)
{
    if (a->row_width == 0) return crease_fail(a->ctx, CREASE_ENOTSUP, "%s", refusal);
    a->own = crease_alloc(a->ctx, crease_slot_length(a, T), a->backend->real_bytes);
    return a->own ? CREASE_OK : CREASE_ENOMEM;
}

static int check(const crease_algorithm *a, const crease_oracle *oracle)
{
    const crease_problem *p = oracle->problem;
    if (!p || !p->type->slopes || !p->type->pull)
        return crease_fail(a->ctx, CREASE_ENOTSUP, "%s", refusal);
    if (p->rows == a->rows && p->row_width == a->row_width && p->n == a->n) return CREASE_OK;
    return crease_fail(a->ctx, CREASE_EDIM,
                       "algorithm prox_saga was set up for %zu rows, the problem has %zu", a->rows,
                       p->rows);
}

static int fail_diverged(const crease_algorithm *a)
{
    return crease_fail(a->ctx, CREASE_EDIVERGED,
                       "the loss or its gradient is no longer finite at step %lu", a->t + 1);
}

static int begin(crease_algorithm *a, crease_oracle *oracle)
{
    crease_problem *p = oracle->problem;
    CREASE_TRY(p->type->slopes(p, all, a->x, a->slots[T]));
    CREASE_TRY(p->type->pull(p, all, a->slots[T], 1 / (double)a->rows, 0, a->slots[A]));
    oracle->passes += 1;
    if (!a->backend->is_finite(a->n, a->slots[A])) return fail_diverged(a);
    ((prox_saga_state *)a->state)->ready = 1;
    return CREASE_OK;
}

static void *slope(const crease_algorithm *a, void *slopes, size_t row)
{
    return (char *)slopes + row * a->row_width * a->backend->real_bytes;
}

/* s <- s - T on the rows of a batch; or with `back` T <- T + s. */
static void exchange(crease_algorithm *a, crease_rows rows, size_t count, bool back)
{
    for (size_t k = 0; k < count; k++) {
        void *s = slope(a, a->own, k), *t = slope(a, a->slots[T], rows.rows ? rows.rows[k] : k);
        if (back)
            a->backend->axpby(a->row_width, 1, s, 1, t);
        else
            a->backend->axpby(a->row_width, -1, t, 1, s);
    }
}

/* a->g = mean over the batch of X_i' (s_i - T_i), a->own = s - T. */
static int look(crease_algorithm *a, crease_oracle *oracle, size_t count)
{
    crease_problem *p = oracle->problem;
    double value;
    CREASE_TRY(p->type->gradient(p, oracle->batch, a->x, &value, NULL));
    CREASE_TRY(p->type->slopes(p, oracle->batch, a->x, a->own));
    oracle->passes += (double)count / (double)a->rows;
    exchange(a, oracle->batch, count, false);
    CREASE_TRY(p->type->pull(p, oracle->batch, a->own, 1 / (double)count, 0, a->g));
    if (!isfinite(value) || !a->backend->is_finite(a->n, a->g)) return fail_diverged(a);
    a->value = value;
    return CREASE_OK;
}

static int step(crease_algorithm *a, crease_oracle *oracle)
{
    const crease_backend *b = a->backend;
    const crease_problem *p = oracle->problem;
    CREASE_TRY(check(a, oracle));
    if (!((prox_saga_state *)a->state)->ready) CREASE_TRY(begin(a, oracle));
    size_t count = oracle->batch.rows ? oracle->batch.count : a->rows, real = b->real_bytes;
    CREASE_TRY(look(a, oracle, count));
    b->copy(a->n, a->g, a->slots[D]);
    b->axpby(a->n, 1, a->slots[A], 1, a->slots[D]);
    if (p->ridge > 0) {
        size_t at = p->blocks[0].offset * real;
        b->axpby(p->blocks[0].n, p->ridge, (const char *)a->x + at, 1, (char *)a->slots[D] + at);
    }
    exchange(a, oracle->batch, count, true);
    b->axpby(a->n, (double)count / (double)a->rows, a->g, 1, a->slots[A]);
    return crease_step_along(a, D, a->lr, 1);
}

const crease_algorithm_type crease_algorithm_prox_saga = {
    .base = { .name = "prox_saga",
              .summary =
                  "proximal SAGA: variance reduced by a table of slopes, identifies almost surely",
              .formula = "d = mean_B X_i'(s_i - T_i) + A + ridge x,  x <- prox_{lr psi}(x - lr d),  "
                         "T_i <- s_i",
              .source = "Defazio, Bach and Lacoste-Julien, NeurIPS 2014; Poon, Liang and Schoenlieb, "
                        "ICML 2018",
              .opts_size = sizeof(prox_saga_opts),
              .params = params },
    .slots = slots,
    .state_doubles = sizeof(prox_saga_state) / sizeof(double),
    .scalars = scalars,
    .step = step,
    .setup = setup,
    .teardown = crease_vector_teardown,
};

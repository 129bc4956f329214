/* How nearly stationary are W and W-hat for F = f + psi? From full gradients, in double. */
#include <math.h>
#include <string.h>

#include "crease/diagnostic.h"

enum { SUBGRADIENT, PROX_GRADIENT, COLUMNS_A_POINT, N_COLUMNS = 2 * COLUMNS_A_POINT };

static const crease_column columns[] = {
    { "stationarity", "dist(0, dF(W)): norm of the least subgradient, from the full gradient" },
    { "prox_gradient", "|W - prox_psi(W - grad f(W))|, unit step" },
    { "stationarity_hat", "dist(0, dF(W-hat))" },
    { "prox_gradient_hat", "|W-hat - prox_psi(W-hat - grad f(W-hat))|, unit step" },
    { NULL, NULL },
};

/* Host vectors: the point, its gradient, the prox step, scratch, and which entries some term regularizes. */
typedef struct {
    size_t n;
    const double *x, *g;
    double *c, *prox, *work;
    unsigned char *regularized;
} point;

static double sum_of_squares(size_t n, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i] * x[i];
    return sum;
}

static double least_subgradient(const crease_observation *o, const point *s)
{
    double sum = 0;
    for (size_t t = 0; t < o->n_terms; t++) {
        const crease_groups *groups = o->terms[t].groups;
        sum += crease_term_residual_sq(&o->terms[t], s->x, s->g, 1, s->work);
        for (size_t g = 0; g < groups->count; g++)
            for (size_t k = 0; k < crease_group_size(groups, g); k++)
                s->regularized[crease_group_entry(groups, g, k)] = 1;
    }
    for (size_t i = 0; i < s->n; i++)
        if (!s->regularized[i]) sum += s->g[i] * s->g[i];
    return sqrt(sum);
}

/* prox_psi(c) with c = x - g: the identity where nothing is regularized. */
static int prox_gradient(crease_diagnostic *d, const crease_observation *o, const point *s, double *norm)
{
    crease_subproblem p = { .ctx = d->ctx, .backend = crease_backend_find(d->ctx, "cpu-f64"), .n = s->n,
                            .c = s->c, .scalar = 1, .w = 1, .paper_scale = 1 };
    crease_solver *exact = crease_solver_create(d->ctx, "exact", NULL);
    int code = exact && p.backend ? CREASE_OK : crease_ctx_error(d->ctx)->code;
    for (size_t i = 0; i < s->n; i++) s->prox[i] = s->c[i] = s->x[i] - s->g[i];
    for (size_t t = 0; t < o->n_terms && code == CREASE_OK; t++) {
        p.psi = o->terms[t].psi;
        p.groups = o->terms[t].groups;
        code = crease_solver_solve(exact, &p, s->prox, NULL);
    }
    for (size_t i = 0; i < s->n; i++) s->prox[i] -= s->x[i];
    *norm = sqrt(sum_of_squares(s->n, s->prox));
    crease_solver_free(exact);
    return code;
}

static int measure(crease_diagnostic *d, const crease_observation *o, const double *x, const double *g,
                   double *values)
{
    size_t n = o->algorithm->n;
    size_t largest = 0;
    for (size_t t = 0; t < o->n_terms; t++)
        if (crease_term_work(&o->terms[t]) > largest) largest = crease_term_work(&o->terms[t]);
    double *memory = crease_alloc(d->ctx, 2 * n + largest, sizeof *memory);
    unsigned char *regularized = memory ? crease_alloc(d->ctx, n, 1) : NULL;
    int code = regularized ? CREASE_OK : CREASE_ENOMEM;
    if (code == CREASE_OK) {
        point s = { n, x, g, memory, memory + n, memory + 2 * n, regularized };
        values[SUBGRADIENT] = least_subgradient(o, &s);
        code = prox_gradient(d, o, &s, &values[PROX_GRADIENT]);
    }
    crease_release(d->ctx, memory);
    crease_release(d->ctx, regularized);
    return code;
}

static int observe(crease_diagnostic *d, const crease_observation *o)
{
    if (o->event != CREASE_EVENT_EPOCH) return CREASE_OK;
    for (size_t i = 0; i < N_COLUMNS; i++) d->values[i] = NAN;
    if (!o->gradient || !o->gradient_hat) return CREASE_OK;
    CREASE_TRY(measure(d, o, o->x, o->gradient, d->values));
    return measure(d, o, o->hat, o->gradient_hat, d->values + COLUMNS_A_POINT);
}

const crease_diagnostic_type crease_diagnostic_stationarity = {
    .base = { .name = "stationarity",
              .summary = "least subgradient and prox-gradient norm of F at W and W-hat",
              .source = "standard" },
    .columns = columns,
    .observe = observe,
};

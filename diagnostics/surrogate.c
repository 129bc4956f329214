/* How good is what stands in for the gradient? Methods that keep a running estimate d_k (dual averages,
 * recursive momentum, tables) identify because |d_k - grad f| vanishes; plain stochastic gradients keep
 * an error of the size of their noise, and that is why they do not (Lee and Wright, J. Mach. Learn.
 * Res. 13 (2012); Poon, Liang, Schoenlieb, ICML 2018). d_k is what the last step used, and grad f is
 * taken at the point where that step ended, so that the difference includes what the gradient changed
 * by in the step.
 *
 * With a reference, the error is also held against the margins: a zero unit cannot be freed by the
 * error alone while it is below the unit's slack at x*. */
#include <math.h>

#include "core/reference_judge.h"
#include "crease/diagnostic.h"

enum { ERROR, RELATIVE, MARGIN, N_COLUMNS };

static const crease_column columns[] = {
    { "surrogate_error", "|d - grad f(W)|, d being what stood in for the gradient in the last step" },
    { "surrogate_relative", "the same over |grad f(W)|" },
    { "surrogate_margin",
      "largest |d_g - grad_g f(W)| / slack_g over the zero units g of the reference; below 1 the "
      "error alone frees none" },
    { NULL, NULL },
};

typedef struct {
    crease_string file;
} surrogate_opts;

static const crease_param params[] = {
    CREASE_PARAM_STRING(surrogate_opts, file, "",
                        "a reference, as crease reference writes it, for surrogate_margin"),
    CREASE_PARAM_END,
};

typedef struct {
    crease_reference r; /* n = 0: none */
    double *d;          /* n */
    size_t *unit_of;    /* n, with a reference */
    double *error;      /* a unit: the square of its error */
} surrogate_memory;

/* Units of other terms are not moved by their own entries alone. */
static void keep_simple_units(const crease_observation *o, surrogate_memory *m)
{
    for (size_t t = 0, at = 0; t < o->n_terms; t++) {
        size_t units = crease_term_units(&o->terms[t]);
        unsigned flags = o->terms[t].psi->type->flags;
        for (size_t u = at; u < at + units; u++)
            if (!(flags & (CREASE_SEPARABLE | CREASE_UNIT_GROUP))) m->r.margin[u].slack = NAN;
        at += units;
    }
}

static int read_reference(crease_diagnostic *d, const crease_observation *o, const char *file,
                          surrogate_memory *m)
{
    CREASE_TRY(crease_reference_read(d->ctx, file, &m->r));
    CREASE_TRY(crease_reference_check(d->ctx, &m->r, file, o->problem, o->terms, o->n_terms));
    m->unit_of = crease_alloc(d->ctx, m->r.n, sizeof *m->unit_of);
    m->error = crease_alloc(d->ctx, m->r.units, sizeof *m->error);
    if (!m->unit_of || !m->error) return CREASE_ENOMEM;
    crease_reference_map(o->terms, o->n_terms, m->r.n, m->unit_of);
    keep_simple_units(o, m);
    return CREASE_OK;
}

static int prepare(crease_diagnostic *d, const crease_observation *o)
{
    const char *file = ((const surrogate_opts *)d->opts)->file;
    surrogate_memory *m = d->memory = crease_alloc(d->ctx, 1, sizeof *m);
    if (!m || !(m->d = crease_alloc(d->ctx, o->algorithm->n, sizeof *m->d))) return CREASE_ENOMEM;
    return *file ? read_reference(d, o, file, m) : CREASE_OK;
}

static void release(crease_diagnostic *d)
{
    surrogate_memory *m = d->memory;
    if (!m) return;
    crease_release(d->ctx, m->d);
    crease_release(d->ctx, m->unit_of);
    crease_release(d->ctx, m->error);
    crease_reference_free(d->ctx, &m->r);
    crease_release(d->ctx, m);
}

/* The last step's stand-in, on the host; false where its numbers are not finite. */
static bool fetch(const crease_algorithm *a, double *d)
{
    bool slot = a->surrogate != CREASE_NO_SLOT;
    double scale = slot ? a->surrogate_scale : 1;
    a->backend->to_host(a->n, slot ? a->slots[a->surrogate] : a->g, d);
    for (size_t i = 0; i < a->n; i++) d[i] *= scale;
    return isfinite(scale);
}

static double largest_against_margin(surrogate_memory *m, const double *gradient)
{
    double most = NAN;
    for (size_t u = 0; u < m->r.units; u++) m->error[u] = 0;
    for (size_t i = 0; i < m->r.n; i++)
        if (m->unit_of[i] < CREASE_NO_UNIT)
            m->error[m->unit_of[i]] += (m->d[i] - gradient[i]) * (m->d[i] - gradient[i]);
    for (size_t u = 0; u < m->r.units; u++)
        if (m->r.margin[u].slack > 0) most = fmax(most, sqrt(m->error[u]) / m->r.margin[u].slack);
    return most;
}

static int observe(crease_diagnostic *d, const crease_observation *o)
{
    surrogate_memory *m = d->memory;
    double error = 0, size = 0;
    if (o->event != CREASE_EVENT_EPOCH) return CREASE_OK;
    for (size_t i = 0; i < N_COLUMNS; i++) d->values[i] = NAN;
    if (!m || !o->gradient || !fetch(o->algorithm, m->d)) return CREASE_OK;
    for (size_t i = 0; i < o->algorithm->n; i++) {
        error += (m->d[i] - o->gradient[i]) * (m->d[i] - o->gradient[i]);
        size += o->gradient[i] * o->gradient[i];
    }
    d->values[ERROR] = sqrt(error);
    if (size > 0) d->values[RELATIVE] = sqrt(error / size);
    d->values[MARGIN] = largest_against_margin(m, o->gradient);
    return CREASE_OK;
}

const crease_diagnostic_type crease_diagnostic_surrogate = {
    .base = { .name = "surrogate",
              .summary = "how far from the gradient is what a method uses in its place",
              .formula = "|d - grad f(W)|",
              .source =
                  "Poon, Liang, Schoenlieb, ICML 2018; Lee and Wright, J. Mach. Learn. Res. 13 (2012)",
              .opts_size = sizeof(surrogate_opts),
              .params = params },
    .columns = columns,
    .prepare = prepare,
    .release = release,
    .observe = observe,
};

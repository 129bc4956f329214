/* What the inner solves cost and how good they were, over the steps of an epoch. */
#include <math.h>

#include "crease/diagnostic.h"

enum { MEAN, MOST, BOUND, CERTIFICATE, MS, CAPPED, N_COLUMNS };

static const crease_column columns[] = {
    { "inner_iterations_mean", "inner iterations, mean over live groups and steps" },
    { "inner_iterations_max", "inner iterations, largest of the epoch" },
    { "inner_bound_max", "largest of the solver's own bounds on the relative certificate" },
    { "certificate_max", "largest independent certificate of the sampled steps" },
    { "inner_solve_ms", "time of the inner solves, mean over steps" },
    { "inner_capped", "solves that ended at their iteration cap" },
    { NULL, NULL },
};

typedef struct {
    double steps, mean, most, bounds, bound, certificates, certificate, ms, capped;
} inner_state;

/* The largest of the numbers so far; NAN is no number. */
static void add_number(double *count, double *largest, double x)
{
    if (isnan(x)) return;
    *count += 1;
    *largest = fmax(*largest, x);
}

static void add_step(inner_state *s, const crease_inner *inner)
{
    if (inner->solves == 0) return; /* nothing regularized, nothing to solve */
    s->steps += 1;
    s->mean += inner->mean_iterations;
    s->most = fmax(s->most, inner->iterations);
    add_number(&s->bounds, &s->bound, inner->bound);
    add_number(&s->certificates, &s->certificate, inner->certificate);
    s->ms += inner->solve_ms;
    s->capped += (double)inner->capped;
}

static int observe(crease_diagnostic *d, const crease_observation *o)
{
    inner_state *s = (inner_state *)d->state;
    if (o->event == CREASE_EVENT_STEP) add_step(s, &o->algorithm->inner);
    if (o->event != CREASE_EVENT_EPOCH) return CREASE_OK;
    for (size_t i = 0; i < N_COLUMNS; i++) d->values[i] = NAN;
    if (s->steps > 0) {
        d->values[MEAN] = s->mean / s->steps;
        d->values[MOST] = s->most;
        if (s->bounds > 0) d->values[BOUND] = s->bound;
        if (s->certificates > 0) d->values[CERTIFICATE] = s->certificate;
        d->values[MS] = s->ms / s->steps;
        d->values[CAPPED] = s->capped;
    }
    *s = (inner_state){ 0 };
    return CREASE_OK;
}

const crease_diagnostic_type crease_diagnostic_inner = {
    .base = { .name = "inner",
              .summary = "iterations, bounds, certificates and time of the inner solves",
              .source = "certificate: max_g dist(0, dQ(x))_g / max(|c_g|, w lambda_g)" },
    .columns = columns,
    .state_doubles = sizeof(inner_state) / sizeof(double),
    .observe = observe,
};

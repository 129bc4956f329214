/* Does the structure of W-hat settle, and how far is it from changing? */
#include <math.h>

#include "crease/diagnostic.h"

enum { HAMMING, LAST_CHANGE, ZERO_MARGIN, WRONGLY_ZERO, LIVE_MARGIN, N_COLUMNS };

static const crease_column columns[] = {
    { "hamming", "units of W-hat's signature that changed since the epoch before" },
    { "last_change_epoch", "last epoch at whose end W-hat's signature had changed" },
    { "margin_zero_min", "least threshold - |gradient| over the zero units of W-hat; negative: wrongly zero" },
    { "wrongly_zero", "zero units of W-hat whose margin is negative" },
    { "margin_live_min", "least magnitude over the live units of W-hat" },
    { NULL, NULL },
};

typedef struct {
    double last_change, seen; /* seen: there was an epoch before */
    double unit[];            /* its signature */
} identification_state;

static void compare(identification_state *s, const crease_observation *o, double *values)
{
    size_t changed = 0;
    for (size_t i = 0; i < o->n_units; i++) {
        changed += s->seen && s->unit[i] != o->unit_hat[i];
        s->unit[i] = o->unit_hat[i];
    }
    if (changed > 0 || !s->seen) s->last_change = (double)o->epoch;
    values[HAMMING] = s->seen ? (double)changed : NAN;
    values[LAST_CHANGE] = s->last_change;
    s->seen = 1;
}

static void gather_margins(const crease_margin *margin, size_t n, double *values)
{
    for (size_t i = 0; i < n; i++) {
        values[ZERO_MARGIN] = fmin(values[ZERO_MARGIN], margin[i].slack); /* fmin passes over NAN */
        values[LIVE_MARGIN] = fmin(values[LIVE_MARGIN], margin[i].size);
        values[WRONGLY_ZERO] += margin[i].slack < 0;
    }
}

static int measure_term(crease_diagnostic *d, const crease_observation *o, const crease_term *term)
{
    size_t units = crease_term_units(term);
    crease_margin *margin = crease_alloc(d->ctx, units, sizeof *margin);
    double *work = margin ? crease_alloc(d->ctx, crease_term_work(term), sizeof *work) : NULL;
    if (work) {
        crease_term_margins(term, o->hat, o->gradient_hat, 1, margin, work);
        gather_margins(margin, units, d->values);
    }
    int code = work ? CREASE_OK : CREASE_ENOMEM;
    crease_release(d->ctx, margin);
    crease_release(d->ctx, work);
    return code;
}

static int observe(crease_diagnostic *d, const crease_observation *o)
{
    if (o->event != CREASE_EVENT_EPOCH) return CREASE_OK;
    for (size_t i = 0; i < N_COLUMNS; i++) d->values[i] = NAN;
    if (o->n_units == 0) return CREASE_OK;
    compare((identification_state *)d->state, o, d->values);
    if (!o->gradient_hat) return CREASE_OK;
    d->values[WRONGLY_ZERO] = 0;
    for (size_t t = 0; t < o->n_terms; t++) CREASE_TRY(measure_term(d, o, &o->terms[t]));
    return CREASE_OK;
}

const crease_diagnostic_type crease_diagnostic_identification = {
    .base = { .name = "identification",
              .summary = "when W-hat's structure last changed, and its margins from a full gradient",
              .source = "Hare and Lewis, J. Convex Anal. 11 (2004); RAMDA, arXiv 2403.14398, Theorem 3" },
    .columns = columns,
    .state_doubles = sizeof(identification_state) / sizeof(double),
    .state_per_unit = 1,
    .observe = observe,
};

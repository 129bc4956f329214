/* Has the structure of W-hat come to rest, and how firmly is it held? Without a reference nothing here
 * says that it is the right one. A long unchanged stretch and no variance of the number of live units
 * are the usual triggers of methods that switch to smooth optimization (ISQA+, Lee, Math. Program.
 * 2023; Poon, Liang, Schoenlieb, ICML 2018, Section 5); the margins tell stable from nearly degenerate.
 */
#include <math.h>

#include "crease/diagnostic.h"

enum { WINDOW = 10 };
#define TIE 1e-9 /* thresholds */

enum { STRETCH, LONGEST, LIVE, VARIANCE, VIOLATED, TIED, BELOW_1, BELOW_10, WIDE, N_COLUMNS };

static const crease_column columns[] = {
    { "stable_epochs", "epochs over which W-hat's signature has not changed" },
    { "stable_longest", "the longest such stretch so far" },
    { "live_units", "units of W-hat that are not zero" },
    { "live_variance", "variance of that number over the last 10 epochs" },
    { "margin_violated", "zero units of W-hat whose gradient is above their threshold" },
    { "margin_tied", "... within 1e-9 of their threshold" },
    { "margin_below_1pct", "... below by less than 1 % of it" },
    { "margin_below_10pct", "... below by 1 % to 10 % of it" },
    { "margin_wide", "... below by 10 % of it or more" },
    { NULL, NULL },
};

typedef struct {
    double stretch, longest, epochs, live[WINDOW];
    double unit[]; /* the signature of the epoch before */
} stability_state;

static bool has_changed(stability_state *s, const crease_observation *o)
{
    bool changed = false;
    for (size_t i = 0; i < o->n_units; i++) {
        changed |= s->unit[i] != o->unit_hat[i];
        s->unit[i] = o->unit_hat[i];
    }
    return changed && s->epochs > 0;
}

static double variance(const stability_state *s)
{
    double mean = 0, sum = 0, n = fmin(s->epochs, WINDOW);
    for (int i = 0; i < n; i++) mean += s->live[i] / n;
    for (int i = 0; i < n; i++) sum += (s->live[i] - mean) * (s->live[i] - mean);
    return n > 1 ? sum / (n - 1) : (double)NAN;
}

static void add_epoch(stability_state *s, const crease_observation *o, double *values)
{
    double live = 0;
    for (size_t i = 0; i < o->n_units; i++) live += o->unit_hat[i] != 0;
    s->stretch = has_changed(s, o) ? 1 : s->stretch + 1;
    s->longest = fmax(s->longest, s->stretch);
    s->live[(size_t)s->epochs % WINDOW] = live;
    s->epochs += 1;
    values[STRETCH] = s->stretch;
    values[LONGEST] = s->longest;
    values[LIVE] = live;
    values[VARIANCE] = variance(s);
}

static void count_margin(const crease_margin *m, double *values)
{
    if (isnan(m->slack) || !(m->threshold > 0)) return; /* live, or held by no single number */
    double share = m->slack / m->threshold;
    int bin = fabs(share) <= TIE ? TIED
              : share < 0        ? VIOLATED
              : share < 0.01     ? BELOW_1
              : share < 0.1      ? BELOW_10
                                 : WIDE;
    values[isnan(share) ? WIDE : bin] += 1; /* infinite against infinite: nothing moves it */
}

static int count_margins(crease_diagnostic *d, const crease_observation *o, const crease_term *term)
{
    size_t units = crease_term_units(term);
    crease_margin *margin = crease_alloc(d->ctx, units, sizeof *margin);
    double *work = margin ? crease_alloc(d->ctx, crease_term_work(term), sizeof *work) : NULL;
    if (work) crease_term_margins(term, o->hat, o->gradient_hat, 1, margin, work);
    for (size_t u = 0; work && u < units; u++) count_margin(&margin[u], d->values);
    crease_release(d->ctx, margin);
    crease_release(d->ctx, work);
    return work ? CREASE_OK : CREASE_ENOMEM;
}

static int observe(crease_diagnostic *d, const crease_observation *o)
{
    if (o->event != CREASE_EVENT_EPOCH) return CREASE_OK;
    for (size_t i = 0; i < N_COLUMNS; i++) d->values[i] = NAN;
    if (o->n_units == 0) return CREASE_OK;
    add_epoch((stability_state *)d->state, o, d->values);
    if (!o->gradient_hat) return CREASE_OK;
    for (size_t i = VIOLATED; i <= WIDE; i++) d->values[i] = 0;
    for (size_t t = 0; t < o->n_terms; t++) CREASE_TRY(count_margins(d, o, &o->terms[t]));
    return CREASE_OK;
}

const crease_diagnostic_type crease_diagnostic_stability = {
    .base = { .name = "stability",
              .summary = "how long W-hat's structure has stood still, and a histogram of its margins",
              .source = "ISQA+: Lee, Math. Program. (2023), arXiv 2012.02522; Poon, Liang, Schoenlieb, "
                        "ICML 2018" },
    .columns = columns,
    .state_doubles = sizeof(stability_state) / sizeof(double),
    .state_per_unit = 1,
    .observe = observe,
};

/* Is a late identification the fault of the outer iterate, of the inexact inner solve, or of the arithmetic? Every
 * inner solve is scored against the exact solution of the same subproblem in double (crease_judge).
 *   wrongly zero, wrongly live > 0      the inner solve stopped too early for the structure
 *   by_precision > 0                    the exact oracle in the run's own width errs as well
 *   neither, and the structure changes  the outer iterate has not arrived                                      */
#include <math.h>

#include "crease/diagnostic.h"

enum { CLAIMED, CERTIFICATE, GAP, DISTANCE, OVERSOLVE, ZERO, LIVE, PRECISION, RADIUS, UNCERTIFIED, N_COLUMNS };

static const crease_column columns[] = {
    { "truth_claimed", "largest threshold of the inner inexactness test in the epoch" },
    { "truth_certificate", "largest relative certificate of the inner answers, every step" },
    { "truth_gap", "true Q(x) - min Q of a step, mean over the epoch" },
    { "truth_distance", "true distance of a step's answer from the solution, mean over the epoch" },
    { "truth_oversolve", "threshold over tested quantity: how many times better than asked, geometric mean" },
    { "truth_wrongly_zero", "units of the answers that are zero and should not be, sum over the epoch" },
    { "truth_wrongly_live", "units of the answers that are live and should not be, sum over the epoch" },
    { "truth_by_precision", "units that the exact oracle in the run's own width gets wrong, sum over the epoch" },
    { "truth_beyond_radius", "wrong parts whose residual is within the identification radius; a theorem says 0" },
    { "truth_uncertified", "solves without a certified reference, which count nowhere above" },
    { NULL, NULL },
};

typedef struct {
    double steps, claimed, certificate, gap, distance, log_oversolve, tested, zero, live, precision, radius, uncertified;
} truth_state;

static void add_step(truth_state *s, const crease_step_truth *step)
{
    if (step->solves == 0) return;
    s->steps += 1;
    s->claimed = fmax(s->claimed, isnan(step->claimed) ? 0 : step->claimed);
    s->certificate = fmax(s->certificate, step->certificate);
    s->gap += step->gap;
    s->distance += step->distance;
    s->log_oversolve += step->log_oversolve;
    s->tested += (double)step->tested;
    s->zero += (double)step->wrongly_zero;
    s->live += (double)step->wrongly_live;
    s->precision += (double)step->by_precision;
    s->radius += (double)step->beyond_radius;
    s->uncertified += (double)step->uncertified;
}

static int observe(crease_diagnostic *d, const crease_observation *o)
{
    truth_state *s = (truth_state *)d->state;
    if (o->event == CREASE_EVENT_STEP && o->inspection) add_step(s, &o->inspection->step);
    if (o->event != CREASE_EVENT_EPOCH) return CREASE_OK;
    for (size_t i = 0; i < N_COLUMNS; i++) d->values[i] = NAN;
    if (s->steps > 0) {
        if (s->claimed > 0) d->values[CLAIMED] = s->claimed;
        d->values[CERTIFICATE] = s->certificate;
        d->values[GAP] = s->gap / s->steps;
        d->values[DISTANCE] = s->distance / s->steps;
        if (s->tested > 0) d->values[OVERSOLVE] = exp(s->log_oversolve / s->tested);
        d->values[ZERO] = s->zero;
        d->values[LIVE] = s->live;
        d->values[PRECISION] = s->precision;
        d->values[RADIUS] = s->radius;
        d->values[UNCERTIFIED] = s->uncertified;
    }
    *s = (truth_state){ 0 };
    return CREASE_OK;
}

const crease_diagnostic_type crease_diagnostic_truth = {
    .base = { .name = "truth",
              .summary = "every inner answer against the exact solution of the same subproblem",
              .formula = "Q(x) - Q(x*), |x - x*|, units of x and x* that differ",
              .source = "identification radius of an inexact prox: Lewis, Wright, Math. Oper. Res. 41 (2016)" },
    .wants = CREASE_WANTS_TRUTH,
    .columns = columns,
    .state_doubles = sizeof(truth_state) / sizeof(double),
    .observe = observe,
};

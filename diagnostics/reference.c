/* How far from the certified solution x* of the same problem, and is the active manifold the right one?
 * Units are held against the signature of x*. Where the minimizer is not unique, the reference decides
 * less: only the units outside of the tight (equicorrelation) set, which every minimizer has at zero;
 * the others count neither way.
 *
 * A right signature at the ends of epochs says little of a method that leaves and returns in between,
 * so W-hat is signed after every step. Identification in the sense of the theory is the last exit, not
 * the first hit: the manifold is identified at step k when W-hat is on it at all steps from k on (Lewis
 * and Wright, J. Mach. Learn. Res. 13 (2012); Poon, Liang, Schoenlieb, ICML 2018). What comes after the
 * last step of a run nobody knows.                       */
#include <math.h>

#include "core/reference_judge.h"
#include "crease/diagnostic.h"

enum { FALSE_ZERO, FALSE_LIVE, OFF, DISTANCE_ON, DISTANCE_OFF, SUBOPTIMALITY, COLUMNS_A_POINT };
enum { FIRST_HIT = 2 * COLUMNS_A_POINT, LAST_EXIT, WRONG_STEPS, N_COLUMNS };

static const crease_column columns[] = {
    { "false_zero", "units of W that are zero and live in the reference" },
    { "false_live", "units of W that are live and zero in the reference" },
    { "off_manifold",
      "1: the signature of W differs from the reference's, in units that it decides; 0: it does not" },
    { "distance_on",
      "|W - x*| over the entries of units that are live in the reference, and those in no term" },
    { "distance_off", "|W - x*| over the other entries" },
    { "suboptimality", "(F(W) - F(x*)) / (1 + |F(x*)|)" },
    { "false_zero_hat", "units of W-hat that are zero and live in the reference" },
    { "false_live_hat", "units of W-hat that are live and zero in the reference" },
    { "off_manifold_hat", "1: the signature of W-hat differs from the reference's; 0: it does not" },
    { "distance_on_hat",
      "|W-hat - x*| over the entries that are live in the reference, and those in no term" },
    { "distance_off_hat", "|W-hat - x*| over the other entries" },
    { "suboptimality_hat", "(F(W-hat) - F(x*)) / (1 + |F(x*)|), where a full gradient is taken" },
    { "first_hit_step", "first step after which W-hat had the reference's signature" },
    { "last_exit_step", "last step after which it had not; 0: none" },
    { "steps_wrong_in_epoch", "steps of the epoch after which it had not" },
    { NULL, NULL },
};

typedef struct {
    crease_string file;
    bool every_step;
} reference_opts;

static const crease_param params[] = {
    CREASE_PARAM_STRING(reference_opts, file, "",
                        "the reference, as crease reference writes it; needed"),
    CREASE_PARAM_BOOL(reference_opts, every_step, 1,
                      "sign W-hat after every step, not at the ends of epochs alone"),
    CREASE_PARAM_END,
};

typedef struct {
    double first_hit, last_exit, wrong; /* 0: none yet */
} reference_state;

typedef struct {
    crease_reference r;
    unsigned char *on; /* n: belongs to the manifold */
    double *hat, *work;
    crease_unit *unit;
} reference_memory;

/* --- before the run ------------------------------------------------------------------------------- */

static void mark_manifold(reference_memory *m, const size_t *unit_of)
{
    for (size_t i = 0; i < m->r.n; i++)
        m->on[i] = unit_of[i] == CREASE_FREE_ENTRY
                   || (unit_of[i] == CREASE_NO_UNIT ? m->r.x[i] != 0 : m->r.unit[unit_of[i]] != 0);
}

static int allocate(crease_diagnostic *d, const crease_observation *o, reference_memory *m)
{
    size_t n = m->r.n, largest = 0;
    for (size_t t = 0; t < o->n_terms; t++)
        if (crease_term_work(&o->terms[t]) > largest) largest = crease_term_work(&o->terms[t]);
    m->on = crease_alloc(d->ctx, n, 1);
    m->hat = crease_alloc(d->ctx, n, sizeof *m->hat);
    m->work = crease_alloc(d->ctx, largest, sizeof *m->work);
    m->unit = crease_alloc(d->ctx, m->r.units, sizeof *m->unit);
    size_t *unit_of = crease_alloc(d->ctx, n, sizeof *unit_of);
    bool whole = m->on && m->hat && m->work && m->unit && unit_of;
    if (whole) {
        crease_reference_map(o->terms, o->n_terms, n, unit_of);
        mark_manifold(m, unit_of);
    }
    crease_release(d->ctx, unit_of);
    return whole ? CREASE_OK : CREASE_ENOMEM;
}

static int prepare(crease_diagnostic *d, const crease_observation *o)
{
    const reference_opts *opts = d->opts;
    if (!*opts->file)
        return crease_fail(d->ctx, CREASE_EINVAL,
                           "the setting 'file' is needed: what crease reference writes");
    reference_memory *m = d->memory = crease_alloc(d->ctx, 1, sizeof *m);
    if (!m) return CREASE_ENOMEM;
    CREASE_TRY(crease_reference_read(d->ctx, opts->file, &m->r));
    CREASE_TRY(crease_reference_check(d->ctx, &m->r, opts->file, o->problem, o->terms, o->n_terms));
    if (!opts->every_step) d->wants &= ~(unsigned)CREASE_WANTS_HAT;
    return allocate(d, o, m);
}

static void release(crease_diagnostic *d)
{
    reference_memory *m = d->memory;
    if (!m) return;
    void *owned[] = { m->on, m->hat, m->work, m->unit };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) crease_release(d->ctx, owned[i]);
    crease_reference_free(d->ctx, &m->r);
    crease_release(d->ctx, m);
}

/* --- during it ------------------------------------------------------------------------------------ */

static void sign_hat(const crease_observation *o, reference_memory *m)
{
    const crease_algorithm *a = o->algorithm;
    crease_unit *unit = m->unit;
    a->backend->to_host(a->n, a->hat, m->hat);
    for (size_t t = 0; t < o->n_terms; t++) {
        crease_term_signature(&o->terms[t], m->hat, unit, m->work);
        unit += crease_term_units(&o->terms[t]);
    }
}

static void add_step(const crease_observation *o, reference_memory *m, reference_state *s)
{
    double step = (double)o->algorithm->t;
    sign_hat(o, m);
    if (crease_reference_compare(&m->r, m->unit).differ > 0) {
        s->last_exit = step;
        s->wrong += 1;
    } else if (s->first_hit == 0) {
        s->first_hit = step;
    }
}

static void measure(const reference_memory *m, const double *x, const crease_unit *unit,
                    double objective, double *values)
{
    const crease_reference *r = &m->r;
    crease_misfit misfit = crease_reference_compare(r, unit);
    double apart[2] = { 0, 0 };
    for (size_t i = 0; i < r->n; i++) apart[m->on[i]] += (x[i] - r->x[i]) * (x[i] - r->x[i]);
    values[FALSE_ZERO] = (double)misfit.false_zero;
    values[FALSE_LIVE] = (double)misfit.false_live;
    values[OFF] = misfit.differ > 0;
    values[DISTANCE_ON] = sqrt(apart[1]);
    values[DISTANCE_OFF] = sqrt(apart[0]);
    values[SUBOPTIMALITY] = (objective - r->objective) / (1 + fabs(r->objective));
}

static int observe(crease_diagnostic *d, const crease_observation *o)
{
    reference_memory *m = d->memory;
    reference_state *s = (reference_state *)d->state;
    bool every_step = d->wants & CREASE_WANTS_HAT;
    if (!m) return CREASE_OK; /* not prepared: nothing is known */
    if (o->event == CREASE_EVENT_STEP && every_step) add_step(o, m, s);
    if (o->event != CREASE_EVENT_EPOCH) return CREASE_OK;
    measure(m, o->x, o->unit, o->objective, d->values);
    measure(m, o->hat, o->unit_hat, o->objective_hat, d->values + COLUMNS_A_POINT);
    d->values[FIRST_HIT] = every_step && s->first_hit > 0 ? s->first_hit : (double)NAN;
    d->values[LAST_EXIT] = every_step ? s->last_exit : (double)NAN;
    d->values[WRONG_STEPS] = every_step ? s->wrong : (double)NAN;
    s->wrong = 0;
    return CREASE_OK;
}

const crease_diagnostic_type crease_diagnostic_reference = {
    .base = { .name = "reference",
              .summary = "W and W-hat against a certified solution: structure at every step, distance, "
                         "objective",
              .formula = "units that differ, |W - x*| on and off the manifold, F(W) - F(x*)",
              .source = "identification: Lewis and Wright, J. Mach. Learn. Res. 13 (2012)",
              .opts_size = sizeof(reference_opts),
              .params = params },
    .wants = CREASE_WANTS_HAT,
    .columns = columns,
    .state_doubles = sizeof(reference_state) / sizeof(double),
    .prepare = prepare,
    .release = release,
    .observe = observe,
};

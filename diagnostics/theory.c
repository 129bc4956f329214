/* What the theorems assume or promise, checked at every inner iteration and every inner answer; the run falls short
 * (exit status 1, everything kept) when one was violated, and the sentence names the first. */
#include <math.h>

#include "crease/diagnostic.h"

enum { CHECKS, VIOLATIONS, FIRST, EPS2, N_COLUMNS };

static const crease_column columns[] = {
    { "theory_checks", "inequalities checked so far" },
    { "theory_violations", "of them, violated" },
    { "theory_first_violation", "step of the first violation" },
    { "theory_eps2_sum", "sum of eps_t^2 so far, where a test bounds the residual by eps_t" },
    { NULL, NULL },
};

typedef struct {
    double checks, violations, eps2;
    double step, iteration, rule, left, right; /* of the first */
} theory_state;

static void add_step(theory_state *s, const crease_theory *theory)
{
    s->eps2 += theory->eps2_sum;
    for (int rule = 0; rule < CREASE_N_RULES; rule++) {
        const crease_violation *v = &theory->violations[rule];
        s->checks += (double)theory->checks[rule];
        if (v->count > 0 && s->violations == 0) {
            s->step = (double)v->step;
            s->iteration = v->iteration;
            s->rule = rule;
            s->left = v->left;
            s->right = v->right;
        }
        s->violations += (double)v->count;
    }
}

static int conclude(const crease_diagnostic *d, const theory_state *s)
{
    crease_rule rule = (crease_rule)s->rule;
    if (s->violations == 0) return CREASE_OK;
    return crease_fail(d->ctx, CREASE_ESHORT,
                       "theory: %s was violated first at step %.0f, inner iteration %.0f: %.6g > %.6g (%s); %.0f of %.0f "
                       "checks failed",
                       crease_rule_name(rule), s->step, s->iteration, s->left, s->right, crease_rule_doc(rule),
                       s->violations, s->checks);
}

static int observe(crease_diagnostic *d, const crease_observation *o)
{
    theory_state *s = (theory_state *)d->state;
    if (o->event == CREASE_EVENT_STEP && o->inspection) add_step(s, &o->inspection->theory);
    if (o->event == CREASE_EVENT_END) return conclude(d, s);
    if (o->event != CREASE_EVENT_EPOCH) return CREASE_OK;
    d->values[CHECKS] = s->checks;
    d->values[VIOLATIONS] = s->violations;
    d->values[FIRST] = s->violations > 0 ? s->step : (double)NAN;
    d->values[EPS2] = s->eps2;
    return CREASE_OK;
}

const crease_diagnostic_type crease_diagnostic_theory = {
    .base = { .name = "theory",
              .summary = "inequalities that theorems assume or promise, checked at every inner iteration",
              .formula = "descent, sufficient decrease, contraction, tolerance, identification radius",
              .source = "RAMDA, arXiv 2403.14398, Theorems 1 and 2" },
    .wants = CREASE_WANTS_THEORY,
    .columns = columns,
    .state_doubles = sizeof(theory_state) / sizeof(double),
    .observe = observe,
};

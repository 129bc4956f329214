#include "crease/inspection.h"

#include <math.h>
#include <string.h>

/* Violations and verdicts are those of one step; who wants more adds them up. */
static void begin_step(crease_inspection *o)
{
    o->step = (crease_step_truth){ .claimed = NAN };
    memset(o->theory.violations, 0, sizeof o->theory.violations);
    memset(o->theory.checks, 0, sizeof o->theory.checks);
    o->theory.eps2_sum = 0;
}

static bool wants(void *user, const crease_algorithm *a, size_t term)
{
    crease_inspection *o = user;
    (void)term;
    if (o->t != a->t) begin_step(o);
    o->t = a->t;
    return o->judges || o->checks;
}

static int posed(void *user, const crease_tap_event *e, crease_subproblem *p)
{
    crease_inspection *o = user;
    if (!o->checks) return CREASE_OK;
    CREASE_TRY(crease_theory_begin(&o->theory, e->a->solver, p));
    p->observer = &o->theory.observer;
    return CREASE_OK;
}

static void add(crease_step_truth *step, const crease_verdict *v)
{
    step->solves++;
    step->claimed = fmax(step->claimed, v->claimed); /* fmax passes over NAN */
    step->certificate = fmax(step->certificate, v->certificate);
    if (!v->certified) {
        step->uncertified++;
        return;
    }
    if (!isnan(v->gap)) step->gap += v->gap;
    step->distance = hypot(step->distance, v->distance);
    if (v->oversolve > 0 && isfinite(v->oversolve)) {
        step->log_oversolve += log(v->oversolve);
        step->tested++;
    }
    step->wrongly_zero += v->wrongly_zero;
    step->wrongly_live += v->wrongly_live;
    step->by_precision += v->by_precision;
    step->beyond_radius += v->beyond_radius;
}

static int solved(void *user, const crease_tap_event *e)
{
    crease_inspection *o = user;
    crease_verdict verdict;
    if (o->judges) {
        CREASE_TRY(crease_judge(e->p, e->x, e->info, &verdict));
        add(&o->step, &verdict);
    }
    if (!o->checks) return CREASE_OK;
    return crease_theory_end(&o->theory, e->a->solver, e->x, e->info, o->judges ? &verdict : NULL);
}

void crease_inspection_init(crease_ctx *ctx, bool judges, bool checks, crease_inspection *o)
{
    *o = (crease_inspection){ .ctx = ctx, .judges = judges, .checks = checks, .theory = { .ctx = ctx },
                              .tap = { .user = o, .wants = wants, .posed = posed, .solved = solved } };
}

void crease_inspection_free(crease_inspection *o)
{
    if (o->ctx) crease_theory_free(&o->theory);
}

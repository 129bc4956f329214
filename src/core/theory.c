/* Theorems checked at run time. */
#include "crease/theory.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "subproblem.h"

static const struct {
    const char *name, *doc;
} rules[] = {
#define ENTRY(UPPER, name, doc) { name, doc },
    CREASE_RULES(ENTRY)
#undef ENTRY
};

const char *crease_rule_name(crease_rule rule)
{
    return rules[rule].name;
}

const char *crease_rule_doc(crease_rule rule)
{
    return rules[rule].doc;
}

/* left <= right up to slack, or a violation. */
static void check(crease_theory *o, crease_rule rule, unsigned iteration, double left, double right, double slack)
{
    crease_violation *v = &o->violations[rule];
    o->checks[rule]++;
    if (left <= right + slack || isnan(left) || isnan(right)) return;
    if (v->count++ == 0) *v = (crease_violation){ 1, o->p->step, iteration, left, right };
}

/* --- quantities, in double --------------------------------------------------------------------------- */

/* Q(x) of the c-form: what stays the same in it cancels in every inequality. */
static double value_at(const crease_theory *o, const double *x)
{
    const crease_subproblem *p = o->p;
    double sum = crease_subproblem_psi(p, x, o->work);
    for (size_t i = 0; i < p->n; i++) sum += (0.5 * o->d[i] * x[i] - o->c[i]) * x[i];
    return sum;
}

/* sum_i (L_g - d_i/2) m_i^2, with the ridge in D. */
static double promised_decrease(const crease_theory *o)
{
    const crease_subproblem *p = o->p;
    crease_term term = { p->psi, p->groups, NULL };
    double sum = 0, ridge = p->w * p->psi->ridge;
    for (size_t k = 0; k < crease_term_parts(&term); k++) {
        size_t n = crease_term_part(&term, k).n;
        double most = 0;
        for (size_t i = 0; i < n; i++) most = fmax(most, o->d[crease_part_entry(&term, k, i)]);
        for (size_t i = 0; i < n; i++) {
            size_t at = crease_part_entry(&term, k, i);
            sum += (most + ridge - 0.5 * (o->d[at] + ridge)) * o->move[at] * o->move[at];
        }
    }
    return sum;
}

static double contraction_factor(const crease_theory *o)
{
    const crease_subproblem *p = o->p;
    double least = INFINITY, most = 0, ridge = p->w * p->psi->ridge;
    for (size_t i = 0; i < p->n; i++) {
        double d = o->d[i] + ridge;
        least = fmin(least, d);
        most = fmax(most, d);
    }
    return most > 0 ? 1 - least / most : 1;
}

/* What rounding may do to Q near x, in the width of the iterates. */
static double rounding(const crease_theory *o, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < o->p->n; i++) sum += (o->d[i] * fabs(x[i]) + fabs(o->c[i])) * fabs(x[i]);
    return 64 * o->p->backend->roundoff * sum + DBL_MIN;
}

/* --- one solve --------------------------------------------------------------------------------------- */

static void see(void *user, const crease_progress *progress, const void *packed)
{
    crease_theory *o = user;
    const crease_subproblem *p = o->p;
    double *x = o->move, moved = 0, size = 0, slack; /* the move takes the place of x below */
    p->backend->to_host(p->n, packed, x);
    double value = value_at(o, x);
    slack = rounding(o, x);
    if (progress->j == 0) {
        memcpy(o->before, x, p->n * sizeof *x);
        o->value = o->value_start = value;
        o->moved = NAN;
        return;
    }
    for (size_t i = 0; i < p->n; i++) {
        double now = x[i];
        x[i] = now - o->before[i];
        o->before[i] = now;
        moved += x[i] * x[i];
        size += now * now;
    }
    moved = sqrt(moved);
    if (o->promises & CREASE_PROMISES_DESCENT) check(o, CREASE_RULE_DESCENT, progress->j, value, o->value, slack);
    if (o->promises & CREASE_PROMISES_DECREASE)
        check(o, CREASE_RULE_DECREASE, progress->j, promised_decrease(o), o->value - value, slack);
    if (o->promises & CREASE_PROMISES_CONTRACTION)
        check(o, CREASE_RULE_CONTRACTION, progress->j, moved, contraction_factor(o) * o->moved,
              64 * p->backend->roundoff * sqrt(size));
    o->value = value;
    o->moved = moved;
}

static int reserve(crease_theory *o, double **array, size_t n)
{
    crease_release(o->ctx, *array);
    *array = crease_alloc(o->ctx, n, sizeof **array);
    return *array ? CREASE_OK : CREASE_ENOMEM;
}

static int make_room(crease_theory *o, const crease_subproblem *p)
{
    crease_term term = { p->psi, p->groups, NULL };
    size_t work = crease_term_work(&term);
    double **arrays[] = { &o->c, &o->d, &o->before, &o->move };
    if (o->room < p->n) {
        o->room = 0;
        for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) CREASE_TRY(reserve(o, arrays[i], p->n));
        o->room = p->n;
    }
    if (o->work_room >= work) return CREASE_OK;
    o->work_room = 0;
    CREASE_TRY(reserve(o, &o->work, work));
    o->work_room = work;
    return CREASE_OK;
}

int crease_theory_begin(crease_theory *o, const crease_solver *s, const crease_subproblem *p)
{
    CREASE_TRY(make_room(o, p));
    o->p = p;
    o->promises = s->type->promises && !p->metric ? s->type->promises(s, p) : 0;
    o->observer = (crease_observer){ o, see };
    o->value_start = NAN;
    p->backend->to_host(p->n, p->c, o->c);
    if (p->d) p->backend->to_host(p->n, p->d, o->d);
    for (size_t i = 0; !p->d && i < p->n; i++) o->d[i] = p->scalar;
    return CREASE_OK;
}

/* A test whose threshold bounds the residual: the claim is recomputed. */
static bool bounds_residual(const crease_solver *s)
{
    return s->stopping && s->stopping->type->needs == CREASE_NEEDS_RESIDUAL;
}

int crease_theory_end(crease_theory *o, const crease_solver *s, const void *x, const crease_solve_info *info,
                      const crease_verdict *verdict)
{
    const crease_subproblem *p = o->p;
    bool falls = o->promises & CREASE_PROMISES_DESCENT || (s->stopping && s->stopping->type->descent);
    p->backend->to_host(p->n, x, o->move);
    if (falls && info->stop == CREASE_STOP_MET && !isnan(o->value_start))
        check(o, CREASE_RULE_START, 0, value_at(o, o->move), o->value_start, rounding(o, o->move));
    if (bounds_residual(s) && info->stop == CREASE_STOP_MET) {
        crease_certificate proof;
        CREASE_TRY(crease_certify(p, x, &proof));
        double size = 0;
        for (size_t i = 0; i < p->n; i++) size = hypot(size, o->c[i]);
        o->eps2_sum += pow(info->threshold / p->paper_scale, 2);
        check(o, CREASE_RULE_TOLERANCE, 0, proof.absolute, info->threshold, 64 * p->backend->roundoff * size);
    }
    if (verdict) check(o, CREASE_RULE_RADIUS, 0, (double)verdict->beyond_radius, 0, 0);
    return CREASE_OK;
}

void crease_theory_free(crease_theory *o)
{
    double **arrays[] = { &o->c, &o->d, &o->before, &o->move, &o->work };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        crease_release(o->ctx, *arrays[i]);
        *arrays[i] = NULL;
    }
    o->room = o->work_room = 0;
}

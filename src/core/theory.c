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

/* Entry i of an array of the backend. */
static double entry(const crease_subproblem *p, const void *array, size_t i)
{
    double value;
    p->backend->to_host(1, (const char *)array + i * p->backend->real_bytes, &value);
    return value;
}

static double metric_at(const crease_subproblem *p, size_t i)
{
    return p->d ? entry(p, p->d, i) : p->scalar;
}

/* Q(x) of the c-form: what stays the same in it cancels in every inequality. */
static double value_at(const crease_theory *o, const double *x)
{
    const crease_subproblem *p = o->p;
    double sum = crease_subproblem_psi(p, x, o->work);
    for (size_t i = 0; i < p->n; i++) sum += (0.5 * metric_at(p, i) * x[i] - entry(p, p->c, i)) * x[i];
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
        for (size_t i = 0; i < n; i++) most = fmax(most, metric_at(p, crease_part_entry(&term, k, i)));
        for (size_t i = 0; i < n; i++) {
            size_t at = crease_part_entry(&term, k, i);
            sum += (most + ridge - 0.5 * (metric_at(p, at) + ridge)) * o->move[at] * o->move[at];
        }
    }
    return sum;
}

static double contraction_factor(const crease_subproblem *p)
{
    double least = INFINITY, most = 0, ridge = p->w * p->psi->ridge;
    for (size_t i = 0; i < p->n; i++) {
        double d = metric_at(p, i) + ridge;
        least = fmin(least, d);
        most = fmax(most, d);
    }
    return most > 0 ? 1 - least / most : 1;
}

/* What rounding may do to Q near x, in the width of the iterates. */
static double rounding(const crease_theory *o, const double *x)
{
    const crease_subproblem *p = o->p;
    double sum = 0;
    for (size_t i = 0; i < p->n; i++)
        sum += (metric_at(p, i) * fabs(x[i]) + fabs(entry(p, p->c, i))) * fabs(x[i]);
    return 64 * p->backend->roundoff * sum + DBL_MIN;
}

/* --- one solve --------------------------------------------------------------------------------------- */

static void see(void *user, const crease_progress *progress, const void *packed)
{
    crease_theory *o = user;
    const crease_subproblem *p = o->p;
    double *x = o->move, moved = 0, slack; /* the move takes the place of x below */
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
        moved = hypot(moved, x[i]);
    }
    if (o->promises & CREASE_PROMISES_DESCENT) check(o, CREASE_RULE_DESCENT, progress->j, value, o->value, slack);
    if (o->promises & CREASE_PROMISES_DECREASE)
        check(o, CREASE_RULE_DECREASE, progress->j, promised_decrease(o), o->value - value, slack);
    if (o->promises & CREASE_PROMISES_CONTRACTION) {
        double size = 0;
        for (size_t i = 0; i < p->n; i++) size = hypot(size, o->before[i]);
        check(o, CREASE_RULE_CONTRACTION, progress->j, moved, contraction_factor(p) * o->moved,
              64 * p->backend->roundoff * size);
    }
    o->value = value;
    o->moved = moved;
}

static int reserve(crease_theory *o, double **array, size_t *room, size_t wanted)
{
    if (*array && *room >= wanted) return CREASE_OK;
    crease_release(o->ctx, *array);
    *array = crease_alloc(o->ctx, wanted, sizeof **array);
    *room = *array ? wanted : 0;
    return *array ? CREASE_OK : CREASE_ENOMEM;
}

int crease_theory_begin(crease_theory *o, const crease_solver *s, const crease_subproblem *p)
{
    crease_term term = { p->psi, p->groups, NULL };
    size_t room = o->room;
    CREASE_TRY(reserve(o, &o->before, &room, p->n));
    CREASE_TRY(reserve(o, &o->move, &o->room, p->n));
    CREASE_TRY(reserve(o, &o->work, &o->work_room, crease_term_work(&term)));
    o->p = p;
    o->promises = s->type->promises && !p->metric ? s->type->promises(s, p) : 0;
    o->observer = (crease_observer){ o, see };
    o->value_start = NAN;
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
        for (size_t i = 0; i < p->n; i++) size = hypot(size, entry(p, p->c, i));
        o->eps2_sum += pow(info->threshold / p->paper_scale, 2);
        check(o, CREASE_RULE_TOLERANCE, 0, proof.absolute, info->threshold, 64 * p->backend->roundoff * size);
    }
    if (verdict) check(o, CREASE_RULE_RADIUS, 0, (double)verdict->beyond_radius, 0, 0);
    return CREASE_OK;
}

void crease_theory_free(crease_theory *o)
{
    crease_release(o->ctx, o->before);
    crease_release(o->ctx, o->move);
    crease_release(o->ctx, o->work);
    o->before = o->move = o->work = NULL;
}

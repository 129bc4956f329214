/* Inner solver and inexactness test objects. */
#include "crease/solver.h"

#include <math.h>

const char *crease_stop_name(crease_stop stop)
{
    static const char *const names[] = {
#define ENTRY(UPPER, name, doc) name,
        CREASE_STOPS(ENTRY)
#undef ENTRY
    };
    return stop >= 0 && stop < CREASE_N_STOPS ? names[stop] : "unknown";
}

crease_solver *crease_solver_create(crease_ctx *ctx, const char *name, crease_stopping *stopping)
{
    const crease_solver_type *type = (const crease_solver_type *)crease_lookup(ctx, CREASE_SOLVER, name);
    if (!type) return NULL;
    if (type->takes_stopping != (stopping != NULL)) {
        crease_fail(ctx, CREASE_EINVAL, type->takes_stopping
                    ? "solver %s needs an inexactness test" : "solver %s takes no inexactness test", name);
        return NULL;
    }
    if (stopping && crease_stopping_prepare(stopping) != CREASE_OK) return NULL;
    crease_solver *s = crease_alloc(ctx, 1, sizeof *s);
    if (!s) return NULL;
    *s = (crease_solver){ type, crease_opts_create(ctx, &type->base), stopping, ctx };
    if (s->opts) return s;
    crease_solver_free(s);
    return NULL;
}

crease_solver *crease_solver_parse(crease_ctx *ctx, const char *text, crease_stopping *stopping)
{
    char name[100];
    const char *settings;
    if (crease_split_name(ctx, text, name, sizeof name, &settings) != CREASE_OK) return NULL;
    crease_solver *s = crease_solver_create(ctx, name, stopping);
    if (!s || crease_opts_set_all(ctx, CREASE_SOLVER, &s->type->base, s->opts, settings) == CREASE_OK) return s;
    crease_solver_free(s);
    return NULL;
}

int crease_solver_set(crease_solver *s, const char *key, const char *text)
{
    return crease_opts_set(s->ctx, CREASE_SOLVER, &s->type->base, s->opts, key, text);
}

void crease_solver_free(crease_solver *s)
{
    if (!s) return;
    crease_release(s->ctx, s->opts);
    crease_release(s->ctx, s);
}

static int outside(const crease_subproblem *p, const char *what, double value)
{
    int code = isfinite(value) ? CREASE_ERANGE : CREASE_ENAN;
    return crease_fail(p->ctx, code, "%s is %g, but must be finite and >= 0", what, value);
}

/* What the kernels take for granted: w is a number >= 0, and no entry of the metric is negative. Other
 * numbers that are not finite they find themselves.                                                     */
static int check_inputs(const crease_subproblem *p)
{
    enum { CHUNK = 256 };
    double d[CHUNK];
    if (!(p->w >= 0) || isinf(p->w)) return outside(p, "the factor w on psi", p->w);
    if (!p->d) return p->scalar < 0 ? outside(p, "the scalar metric", p->scalar) : CREASE_OK;
    for (size_t at = 0; at < p->n; at += CHUNK) {
        size_t count = p->n - at < CHUNK ? p->n - at : CHUNK;
        p->backend->to_host(count, (const char *)p->d + at * p->backend->real_bytes, d);
        for (size_t i = 0; i < count; i++)
            if (d[i] < 0 && isfinite(d[i]))
                return crease_fail(p->ctx, CREASE_ERANGE, "entry %zu of the metric is %g, but must be >= 0",
                                   at + i, d[i]);
    }
    return CREASE_OK;
}

static double entry(const crease_subproblem *p, const void *array, size_t i)
{
    double value;
    p->backend->to_host(1, (const char *)array + i * p->backend->real_bytes, &value);
    return value;
}

/* Finite c and d may have a minimizer that is too large to store. Entries outside every group stay as they
 * were.                                                                                                 */
static int check_answer(const crease_subproblem *p, const void *x)
{
    if (p->backend->is_finite(p->n, x)) return CREASE_OK;
    for (size_t i = 0; i < p->n; i++)
        if (!isfinite(entry(p, x, i)) && isfinite(entry(p, p->c, i)))
            return crease_fail(p->ctx, CREASE_EUNBOUNDED, "%s: entry %zu of the minimizer is beyond the range "
                               "of %s", p->psi->type->base.name, i, p->backend->name);
    return CREASE_OK;
}

int crease_solver_solve(const crease_solver *s, const crease_subproblem *p, void *x, crease_solve_info *info)
{
    crease_solve_info ignored;
    CREASE_TRY(check_inputs(p));
    const char *reason = s->type->accepts(s, p);
    if (reason)
        return crease_fail(p->ctx, CREASE_ENOTSUP, "solver %s does not take this subproblem: %s",
                           s->type->base.name, reason);
    void *work = crease_alloc(p->ctx, s->type->work_size(s, p), 1);
    if (!work) return CREASE_ENOMEM;
    int code = s->type->solve(s, p, x, work, info ? info : &ignored);
    crease_release(p->ctx, work);
    return code == CREASE_OK ? check_answer(p, x) : code;
}

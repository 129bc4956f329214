/* Inner solver and inexactness test objects. */
#include "crease/solver.h"

const char *crease_stop_name(crease_stop stop)
{
    static const char *const names[] = {
#define ENTRY(UPPER, name, doc) name,
        CREASE_STOPS(ENTRY)
#undef ENTRY
    };
    return stop >= 0 && stop < CREASE_N_STOPS ? names[stop] : "unknown";
}

crease_stopping *crease_stopping_create(crease_ctx *ctx, const char *name)
{
    const crease_type *type = crease_lookup(ctx, CREASE_STOPPING, name);
    crease_stopping *s = type ? crease_alloc(ctx, 1, sizeof *s) : NULL;
    if (!s) return NULL;
    *s = (crease_stopping){ (const crease_stopping_type *)type, crease_opts_create(ctx, type), ctx };
    if (s->opts) return s;
    crease_stopping_free(s);
    return NULL;
}

int crease_stopping_set(crease_stopping *s, const char *key, const char *text)
{
    return crease_opts_set(s->ctx, CREASE_STOPPING, &s->type->base, s->opts, key, text);
}

void crease_stopping_free(crease_stopping *s)
{
    if (!s) return;
    crease_release(s->ctx, s->opts);
    crease_release(s->ctx, s);
}

crease_solver *crease_solver_create(crease_ctx *ctx, const char *name, const crease_stopping *stopping)
{
    const crease_solver_type *type = (const crease_solver_type *)crease_lookup(ctx, CREASE_SOLVER, name);
    if (!type) return NULL;
    if (type->takes_stopping != (stopping != NULL)) {
        crease_fail(ctx, CREASE_EINVAL, type->takes_stopping
                    ? "solver %s needs an inexactness test" : "solver %s takes no inexactness test", name);
        return NULL;
    }
    crease_solver *s = crease_alloc(ctx, 1, sizeof *s);
    if (!s) return NULL;
    *s = (crease_solver){ type, crease_opts_create(ctx, &type->base), stopping, ctx };
    if (s->opts) return s;
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

int crease_solver_solve(const crease_solver *s, const crease_subproblem *p, void *x, crease_solve_info *info)
{
    crease_solve_info ignored;
    const char *reason = s->type->accepts(s, p);
    if (reason)
        return crease_fail(p->ctx, CREASE_ENOTSUP, "solver %s does not take this subproblem: %s",
                           s->type->base.name, reason);
    void *work = crease_alloc(p->ctx, s->type->work_size(s, p), 1);
    if (!work) return CREASE_ENOMEM;
    int code = s->type->solve(s, p, x, work, info ? info : &ignored);
    crease_release(p->ctx, work);
    return code;
}

/* The life of a problem: create, set, setup once, use, free. What a problem computes is in problems/.
 */
#include "crease/problem.h"

crease_problem *crease_problem_create(crease_ctx *ctx, const char *name, const crease_backend *backend)
{
    const crease_type *type = crease_lookup(ctx, CREASE_PROBLEM, name);
    if (!type) return NULL;
    if (!backend) {
        crease_fail(ctx, CREASE_EINVAL, "problem %s: no backend given", name);
        return NULL;
    }
    crease_problem *p = crease_alloc(ctx, 1, sizeof *p);
    if (!p) return NULL;
    p->type = (const crease_problem_type *)type;
    p->ctx = ctx;
    p->backend = backend;
    p->opts = crease_opts_create(ctx, type);
    if (!p->opts) {
        crease_release(ctx, p);
        return NULL;
    }
    return p;
}

static int refuse_after_setup(const crease_problem *p, const char *what)
{
    if (p->n == 0) return CREASE_OK;
    return crease_fail(p->ctx, CREASE_EINVAL, "problem %s: %s after its data are loaded",
                       p->type->base.name, what);
}

int crease_problem_set(crease_problem *p, const char *key, const char *text)
{
    CREASE_TRY(refuse_after_setup(p, "settings may not change"));
    return crease_opts_set(p->ctx, CREASE_PROBLEM, &p->type->base, p->opts, key, text);
}

int crease_problem_setup(crease_problem *p)
{
    CREASE_TRY(refuse_after_setup(p, "setup was called again"));
    CREASE_TRY(crease_opts_check(p->ctx, CREASE_PROBLEM, &p->type->base, p->opts));
    int code = p->type->setup(p);
    if (code != CREASE_OK) {
        if (p->type->teardown) p->type->teardown(p);
        p->n = 0;
    }
    return code;
}

void crease_problem_free(crease_problem *p)
{
    if (!p) return;
    if (p->type->teardown) p->type->teardown(p);
    crease_release(p->ctx, p->opts);
    crease_release(p->ctx, p);
}

/* From an experiment to its problem, ready to be evaluated. */
#include <string.h>

#include "spec.h"

int crease_experiment_load_problem(const crease_experiment *e, crease_problem **problem)
{
    const crease_backend *backend = crease_backend_find(e->ctx, e->backend);
    crease_problem *p = backend ? crease_problem_create(e->ctx, e->problem.type->name, backend) : NULL;
    *problem = p;
    if (!p) return crease_ctx_error(e->ctx)->code;
    if (e->problem.type->opts_size) memcpy(p->opts, e->problem.opts, e->problem.type->opts_size);
    int code = crease_problem_setup(p);
    if (code != CREASE_OK) crease_node_prefix(e->ctx, crease_node_find(e->tree.root, "problem"));
    return code;
}

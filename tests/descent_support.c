#include "descent_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

model *model_make(const char *problem, const char *backend, const char *settings)
{
    model *m = calloc(1, sizeof *m);
    assert_non_null(m);
    m->ctx = test_ctx();
    m->problem = crease_problem_create(m->ctx, problem, crease_backend_find(m->ctx, backend));
    if (!m->problem) fail_msg("%s", crease_ctx_error(m->ctx)->sentence);
    assert_ok(m->ctx, crease_opts_set_all(m->ctx, CREASE_PROBLEM, &m->problem->type->base,
                                          m->problem->opts, settings));
    assert_ok(m->ctx, crease_problem_setup(m->problem));
    return m;
}

static const crease_block *block_of(const model *m, const char *name)
{
    for (size_t i = 0; i < m->problem->n_blocks; i++)
        if (strcmp(m->problem->blocks[i].name, name) == 0) return &m->problem->blocks[i];
    fail_msg("there is no block %s", name);
    return NULL;
}

void model_add(model *m, const char *psi, const char *settings, const char *block, const char *groups)
{
    crease_term_set *set = &m->terms;
    const crease_block *b = block_of(m, block);
    size_t k = set->n++;
    crease_regularizer *made = set->psi[k] = crease_regularizer_create(m->ctx, psi);
    assert_non_null(made);
    char text[400], *rest = text;
    snprintf(text, sizeof text, "%s", settings ? settings : "");
    for (char *pair; *rest && (pair = strsep(&rest, ","));) {
        char *key = strsep(&pair, "=");
        assert_ok(m->ctx, crease_regularizer_set(made, key, pair));
        if (!rest) break;
    }
    assert_ok(m->ctx,
              crease_groups_parse(m->ctx, groups, b->offset, b->shape, b->rank, &set->groups[k]));
    assert_ok(m->ctx, crease_groups_set_weight_rule(m->ctx, &set->groups[k],
                                                    crease_regularizer_weight_rule(made->type)));
    set->terms[k] = (crease_term){ made, &set->groups[k], b->name };
}

void model_free(model *m)
{
    crease_terms_free(m->ctx, &m->terms);
    crease_problem_free(m->problem);
    crease_ctx_free(m->ctx);
    free(m);
}

model *model_certified(const char *problem, const char *backend, size_t group, uint64_t seed)
{
    char settings[300], groups[40];
    const char *lambda = strcmp(problem, "logistic") == 0 ? "0.01" : "0.02";
    snprintf(settings, sizeof settings,
             "data=certified,bias=false,certified_rows=150,certified_cols=30,certified_live=4,"
             "certified_lambda=%s,certified_margin=0.003,certified_group=%zu,certified_seed=%llu",
             lambda, group, (unsigned long long)seed);
    model *m = model_make(problem, backend, settings);
    snprintf(settings, sizeof settings, "lambda=%s", lambda);
    snprintf(groups, sizeof groups, "size:%zu", group);
    model_add(m, group == 1 ? "l1" : "group_l2", settings, "weight", group == 1 ? "elements" : groups);
    return m;
}

model *model_planted(const char *problem, const char *backend, double lambda)
{
    char text[40];
    bool classes = strcmp(problem, "softmax") == 0;
    model *m = model_make(problem, backend,
                          classes ? "data=planted,planted_rows=200,planted_test_rows=0,planted_cols=12,"
                                    "planted_live=5,planted_classes=3"
                                  : "data=planted,planted_rows=200,planted_test_rows=0,planted_cols=20,"
                                    "planted_live=6");
    snprintf(text, sizeof text, "lambda=%g", lambda);
    model_add(m, classes ? "group_l2" : "l1", text, "weight", classes ? "cols" : "elements");
    return m;
}

crease_descent descend(model *m, const char *method, const double *x)
{
    crease_descent d;
    assert_ok(m->ctx,
              crease_descent_create(m->ctx, m->problem, m->terms.terms, m->terms.n, method, x, &d));
    return d;
}

unsigned long descend_to(crease_descent *d, double goal, unsigned long most)
{
    assert_ok(d->ctx, crease_descent_run(d, goal, most, most));
    if (!(d->residual.relative <= goal))
        fail_msg("%s stands at a residual of %g after %lu steps, above %g",
                 d->algorithm->type->base.name, d->residual.relative, d->iterations, goal);
    return d->iterations;
}

size_t deterministic_methods(crease_ctx *ctx, const char *names[MOST_METHODS])
{
    size_t n = 0;
    const crease_type *type;
    for (size_t i = 0; (type = crease_type_at(ctx, CREASE_ALGORITHM, i)); i++) {
        if (!((const crease_algorithm_type *)type)->deterministic) continue;
        assert_true(n < MOST_METHODS);
        names[n++] = type->name;
    }
    return n;
}

bool is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(name, *names) == 0) return true;
    return false;
}

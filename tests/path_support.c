#include "path_support.h"

#include <stdio.h>
#include <string.h>

crease_term_specs specs_make(crease_ctx *ctx, const char *type, const char *settings,
                             const char *groups)
{
    crease_term_specs specs = { .n = 1 };
    crease_term_spec *term = &specs.items[0];
    crease_params_default(crease_term_params, term);
    term->psi = (crease_choice){ .kind = CREASE_REGULARIZER,
                                 .type = crease_lookup(ctx, CREASE_REGULARIZER, type) };
    assert_non_null(term->psi.type);
    assert_non_null(term->psi.opts = crease_opts_create(ctx, term->psi.type));
    if (settings)
        assert_ok(ctx, crease_opts_set_all(ctx, CREASE_REGULARIZER, term->psi.type, term->psi.opts,
                                           settings));
    snprintf(term->block, sizeof term->block, "weight");
    snprintf(term->groups, sizeof term->groups, "%s", groups);
    strcpy(term->group_weights,
           crease_regularizer_weight_rule((const crease_regularizer_type *)term->psi.type));
    return specs;
}

void specs_free(crease_ctx *ctx, crease_term_specs *specs)
{
    for (size_t i = 0; i < specs->n; i++) crease_release(ctx, specs->items[i].psi.opts);
    specs->n = 0;
}

crease_problem *path_planted(crease_ctx *ctx, const char *name, const char *bias)
{
    bool classes = strcmp(name, "softmax") == 0;
    const char *const settings[] = { "data",
                                     "planted",
                                     "planted_rows",
                                     "150",
                                     "planted_test_rows",
                                     "50",
                                     "planted_cols",
                                     "12",
                                     "planted_live",
                                     "4",
                                     "bias",
                                     bias,
                                     classes ? "planted_classes" : NULL,
                                     "3",
                                     NULL };
    return problem_make(ctx, name, "cpu-f64", settings);
}

/* f and its gradient on all rows, in double. */

/* A plug-in as a user would write one: a regularizer of the shrink family, psi(x) = mu/2 |x|^2. */
#include "crease/crease.h"

typedef struct {
    double mu;
} ridge_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(ridge_opts, mu, 2, CREASE_GE(0), "curvature"),
    CREASE_PARAM_END,
};

static void shrink(const void *opts, crease_shrink *psi)
{
    *psi = (crease_shrink){ .ridge = ((const ridge_opts *)opts)->mu };
}

static const crease_regularizer_type example_ridge = {
    .base = { .name = "example_ridge",
              .summary = "a ridge, as an example of a plug-in",
              .formula = "psi(x) = mu/2 |x|^2",
              .source = "standard",
              .opts_size = sizeof(ridge_opts),
              .params = params },
    .flags = CREASE_CONVEX,
    .math = &crease_math_shrink,
    .shrink = shrink,
};

int crease_plugin_init(crease_ctx *ctx);
int crease_plugin_init(crease_ctx *ctx)
{
    return crease_register(ctx, CREASE_REGULARIZER, &example_ridge.base);
}

/* What tests of outer methods share: gradients out of nothing, and inner solvers with their tests. */
#ifndef CREASE_TESTS_OUTER_SUPPORT_H
#define CREASE_TESTS_OUTER_SUPPORT_H

#include "support.h"

/* A standard normal number that depends on its two arguments alone. */
double test_normal(uint64_t stream, uint64_t index);

/* An oracle whose gradients are noise of very different sizes, some always zero, and a pull to the
 * origin; the value is the step, which the test sets. */
typedef struct noise {
    crease_oracle oracle;
    const crease_backend *backend;
    size_t n, step;
    double factor; /* on every gradient, 1 at first */
} noise;

noise noise_make(const crease_backend *backend, size_t n);
double noise_entry(const noise *o, size_t i, double x); /* entry i of the gradient where x_i = x */
int noise_gradient(crease_oracle *oracle, crease_rows rows, const void *x, double *value, void *g);

/* An inner solver; "pg" comes with a sharp residual test. */
typedef struct inner {
    crease_stopping *stopping;
    crease_solver *solver;
} inner;

inner inner_make(crease_ctx *ctx, const char *name);
void inner_free(inner *s);

#endif

/* Diagnostic objects. */
#include "crease/diagnostic.h"

#include <math.h>

crease_diagnostic *crease_diagnostic_create(crease_ctx *ctx, const char *name)
{
    const crease_type *type = crease_lookup(ctx, CREASE_DIAGNOSTIC, name);
    crease_diagnostic *d = type ? crease_alloc(ctx, 1, sizeof *d) : NULL;
    if (!d) return NULL;
    *d = (crease_diagnostic){ .type = (const crease_diagnostic_type *)type, .ctx = ctx,
                              .opts = crease_opts_create(ctx, type) };
    d->wants = d->type->wants;
    if (d->opts) return d;
    crease_diagnostic_free(d);
    return NULL;
}

int crease_diagnostic_set(crease_diagnostic *d, const char *key, const char *text)
{
    return crease_opts_set(d->ctx, CREASE_DIAGNOSTIC, &d->type->base, d->opts, key, text);
}

int crease_diagnostic_setup(crease_diagnostic *d, size_t units)
{
    size_t columns = 0;
    while (d->type->columns[columns].name) columns++;
    d->n_state = d->type->state_doubles + d->type->state_per_unit * units;
    d->state = crease_alloc(d->ctx, d->n_state, sizeof *d->state);
    d->values = crease_alloc(d->ctx, columns, sizeof *d->values);
    if (!d->state || !d->values) return CREASE_ENOMEM;
    for (size_t i = 0; i < columns; i++) d->values[i] = NAN;
    return CREASE_OK;
}

void crease_diagnostic_free(crease_diagnostic *d)
{
    if (!d) return;
    if (d->type->release) d->type->release(d);
    crease_release(d->ctx, d->state);
    crease_release(d->ctx, d->values);
    crease_release(d->ctx, d->opts);
    crease_release(d->ctx, d);
}

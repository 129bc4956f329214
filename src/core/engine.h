/* The engine moves the memory of an outer step: form, solve, average, one tile at a time. */
#ifndef CREASE_ENGINE_H
#define CREASE_ENGINE_H

#include "crease/algorithm.h"

typedef struct crease_engine crease_engine;

/* Checks the terms of a (a->terms, a->n_terms, a->solver), adds the unpenalized rest, sizes the scratch. */
int crease_engine_create(crease_algorithm *a, crease_engine **engine);
void crease_engine_free(crease_ctx *ctx, crease_engine *engine);

/* The step's numbers applied to every tile of every term; fills a->inner. */
int crease_engine_step(crease_algorithm *a, const crease_form *form);

/* crease_step_penalty and crease_step_map. */
double crease_engine_penalty(crease_algorithm *a, const void *x);
int crease_engine_map(crease_algorithm *a, const void *z, const void *g, double L, void *out);

#endif

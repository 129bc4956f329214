/* The regularization terms of a run, made from an experiment's words and the problem's blocks. */
#ifndef CREASE_TERMS_H
#define CREASE_TERMS_H

#include "spec.h"

typedef struct crease_term_set {
    size_t n;
    crease_term terms[CREASE_MAX_TERMS];
    crease_groups groups[CREASE_MAX_TERMS];
    crease_regularizer *psi[CREASE_MAX_TERMS];
} crease_term_set;

/* A term with `relative` evaluates f: see crease_scale_max. Errors: those of the parts, and its. */
int crease_terms_build(crease_ctx *ctx, const crease_term_specs *specs, crease_problem *problem, crease_term_set *set);
void crease_terms_free(crease_ctx *ctx, crease_term_set *set);

#endif

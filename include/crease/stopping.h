/* Inexactness tests: when may an iterative inner solver stop? A kind of their own, shared by all solvers. */
#ifndef CREASE_STOPPING_H
#define CREASE_STOPPING_H

#include "crease/registry.h"

/* What a solver can tell a test after iteration j = 1, 2, ... Fields a test does not need (see needs)
 * are NAN.                                                                                             */
typedef struct crease_progress {
    unsigned j;
    unsigned long t;      /* outer iteration, from 1 */
    double value_start;   /* Q at the start point */
    double value_before;  /* Q at iterate j-1 */
    double value;         /* Q at iterate j */
    double residual;      /* |min-norm subgradient of Q| at iterate j */
    double paper_scale;
} crease_progress;

enum { CREASE_NEEDS_VALUE = 1, CREASE_NEEDS_RESIDUAL = 2 };

typedef struct crease_stopping_type {
    crease_type base;
    const char *guarantee; /* what a met test promises, in words */
    unsigned needs;
    unsigned (*cap)(const void *opts); /* most iterations allowed */
    bool (*met)(const void *opts, const crease_progress *progress);
    double (*tested)(const void *opts, const crease_progress *progress); /* the quantity compared */
} crease_stopping_type;

typedef struct crease_stopping {
    const crease_stopping_type *type;
    void *opts;
    crease_ctx *ctx;
} crease_stopping;

crease_stopping *crease_stopping_create(crease_ctx *ctx, const char *name);
int crease_stopping_set(crease_stopping *s, const char *key, const char *text);
void crease_stopping_free(crease_stopping *s);

#endif

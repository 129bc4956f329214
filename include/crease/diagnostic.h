/* Diagnostics: watch a run and add named columns to its trace. */
#ifndef CREASE_DIAGNOSTIC_H
#define CREASE_DIAGNOSTIC_H

#include "crease/inspection.h"

typedef enum {
    CREASE_EVENT_STEP,  /* after every outer step */
    CREASE_EVENT_EPOCH, /* after every epoch: columns are read after this one */
    CREASE_EVENT_END,   /* once, after the last epoch: CREASE_ESHORT says that the run falls short, and why */
} crease_event;

/* What a diagnostic may look at. Host arrays are doubles, n long, read-only. */
typedef struct crease_observation {
    crease_event event;
    unsigned long epoch; /* from 1 */
    const crease_algorithm *algorithm;
    crease_problem *problem;
    const crease_term *terms; /* the regularized ones */
    size_t n_terms;
    const double *x, *hat;    /* EPOCH, END: W and W-hat on the host */
    const crease_unit *unit, *unit_hat; /* EPOCH, END: signatures of all terms, one after the other */
    size_t n_units;
    const crease_inspection *inspection; /* where a diagnostic wants truth or theory; else NULL */
    const double *gradient, *gradient_hat; /* full gradients of f at x and hat, every K epochs; else NULL */
    double objective, objective_hat;       /* EPOCH: F at x and hat; NAN: not evaluated */
} crease_observation;

typedef struct crease_column {
    const char *name, *doc; /* name with the unit at its end where it has one: "_ms" */
} crease_column;

typedef struct crease_diagnostic crease_diagnostic;

/* What is measured only if a diagnostic wants it, because it takes time. HAT: W-hat at every STEP (in algorithm->hat),
 * not at the last of an epoch alone.                                                                             */
enum { CREASE_WANTS_TRUTH = 1, CREASE_WANTS_THEORY = 2, CREASE_WANTS_HAT = 4 };

typedef struct crease_diagnostic_type {
    crease_type base;
    unsigned wants;
    const crease_column *columns; /* ended by a NULL name */
    size_t state_doubles;         /* saved and resumed */
    size_t state_per_unit;        /* plus this many doubles a signature unit */
    /* Once, before the first step: read files and allocate d->memory, after a look at everything that does not change
     * in the run; may take wants back. NULL: nothing to prepare.                                               */
    int (*prepare)(crease_diagnostic *d, const crease_observation *o);
    void (*release)(crease_diagnostic *d); /* what prepare made, also half of it; NULL: nothing */
    /* Fill d->values (one a column; NAN prints as empty) at EPOCH. */
    int (*observe)(crease_diagnostic *d, const crease_observation *o);
} crease_diagnostic_type;

struct crease_diagnostic {
    const crease_diagnostic_type *type;
    void *opts;
    crease_ctx *ctx;
    double *state;  /* state_doubles + state_per_unit * units */
    size_t n_state;
    double *values; /* one a column */
    unsigned wants; /* at first the type's */
    void *memory;   /* the type's own, of prepare; NULL before */
};

crease_diagnostic *crease_diagnostic_create(crease_ctx *ctx, const char *name);
int crease_diagnostic_set(crease_diagnostic *d, const char *key, const char *text);
int crease_diagnostic_setup(crease_diagnostic *d, size_t units); /* once, after the settings */
void crease_diagnostic_free(crease_diagnostic *d);

#endif

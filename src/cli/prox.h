/* The parts of "crease prox": what was asked, what was read, what came out. */
#ifndef CREASE_CLI_PROX_H
#define CREASE_CLI_PROX_H

#include "cli.h"

typedef struct crease_prox {
    /* asked */
    const char *input, *regularizer, *groups_spec, *weights_spec, *metric_spec, *w_text,
        *solver_text, *stop_text, *backend_name, *output;
    crease_texts params;
    bool c_form, json;
    /* read; metric NULL: the scalar one of problem */
    crease_ctx *ctx;
    crease_array z, metric;
    crease_groups groups;
    crease_regularizer *psi;
    crease_stopping *stopping;
    crease_solver *solver;
    crease_subproblem problem;
    void *c, *d, *x0, *v; /* reals of the backend that problem points to */
    /* came out */
    void *x;        /* reals of the backend */
    double *answer; /* the same on the host */
    crease_solve_info info;
    crease_certificate certificate;
    size_t live_groups, units;
    unsigned char *signature;
} crease_prox;

/* Read z, the metric, the groups and their weights. */
int crease_prox_read(crease_prox *p);

/* One screen of text, or one JSON object, on standard output. */
int crease_prox_report(const crease_prox *p);

#endif

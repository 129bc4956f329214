/* The parts of "crease prox": what was asked, what was read, what came out. */
#ifndef CREASE_CLI_PROX_H
#define CREASE_CLI_PROX_H

#include <cjson/cJSON.h>

#include "cli.h"

typedef struct crease_prox {
    /* asked */
    const char *input, *regularizer, *groups_spec, *weights_spec, *metric_spec, *w_text,
        *solver_text, *stop_text, *backend_name, *output,
        *low_rank_spec, *low_rank_sign;
    crease_texts params;
    bool c_form, json, explain;
    const char *first_text;
    size_t explained; /* how many groups */
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
    crease_unit *signature;
    size_t dimension; /* of the active manifold */
} crease_prox;

/* Read z, the metric, the groups and their weights. */
int crease_prox_read(crease_prox *p);

/* The answer and its certificate in the metric D +- u u'. */
int crease_prox_solve_low_rank(crease_prox *p);

/* Why each of the first p->explained groups is what it is: printed, or, if list is not NULL, appended to it. */
int crease_prox_explain(const crease_prox *p, cJSON *list);

/* One screen of text, or one JSON object, on standard output. */
int crease_prox_report(const crease_prox *p);

#endif

/* A member's subproblem on synthetic data about half of whose structure is live. */
#ifndef CREASE_BENCH_MEMBER_CASE_H
#define CREASE_BENCH_MEMBER_CASE_H

#include "bench.h"

typedef struct crease_member_case {
    crease_ctx *ctx;
    crease_regularizer *psi;
    crease_solver *exact;
    crease_groups groups;
    const char *layout;     /* of the groups, in a word */
    const char *metric;     /* "diagonal" or "scalar" */
    size_t n;               /* entries: as many as were asked for, rounded to whole groups */
    double *host_c, *host_d;
    crease_subproblem p;    /* in the width of the backend */
    void *c, *d, *x, *work; /* d: what the pass reads, also where the metric is scalar */
    crease_solve_info info; /* of the last solve */
} crease_member_case;

/* The member's settings, groups and data; then, as often as wanted, the same numbers on a backend. Free in
 * any case. Errors: ENOMEM; ENOTSUP where the oracle does not take the subproblem; those of settings. */
int crease_member_case_make(crease_ctx *ctx, const crease_regularizer_type *type, bool scalar,
                            size_t entries, crease_member_case *k);
int crease_member_case_load(crease_member_case *k, const crease_backend *backend);
int crease_member_case_solve(crease_member_case *k);
void crease_member_case_free(crease_member_case *k);

#endif

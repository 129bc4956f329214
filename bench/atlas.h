/* The failure frontier of every solver: group lasso subproblems over planes of (metric spread,
 * something else), and how each solver ends on them. */
#ifndef CREASE_BENCH_ATLAS_H
#define CREASE_BENCH_ATLAS_H

#include <stdio.h>

#include "crease/crease.h"

/* One point of a plane. */
typedef struct crease_atlas_point {
    double spread;    /* d_max/d_min in every group */
    size_t size;      /* of the groups */
    double distance;  /* |c_g|/(w lambda_g) - 1 */
    double magnitude; /* of c and of w */
} crease_atlas_point;

typedef struct crease_atlas {
    crease_ctx *ctx;
    const crease_backend *backends[2];
    size_t n_backends, n_solvers; /* n_solvers 0: all */
    const char *const *solvers;
    unsigned cap;   /* iterations */
    unsigned seeds; /* cases of a cell */
    FILE *csv;      /* may be NULL */
} crease_atlas;

/* The worst of the cases of a cell. */
typedef struct crease_atlas_cell {
    const char *outcome; /* "met", "precision", "cap", "error", "refused", from good to bad */
    double certificate;  /* infinite after an error */
    unsigned iterations;
    char note[300];
} crease_atlas_cell;

/* Solve the cases of one point. Errors: ENOMEM, settings; that a solver fails is no error, but an
 * outcome. */
int crease_atlas_solve(const crease_atlas *a, const char *solver, const crease_backend *backend,
                       const crease_atlas_point *at, crease_atlas_cell *cell);

int crease_bench_atlas(crease_atlas *a);

#endif

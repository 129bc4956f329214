/* Subproblems built backwards: the solution and a subgradient of psi there are chosen first, then
 * c = D x* + w y. So the solution and its signature are known without any solver. All seeded. */
#ifndef CREASE_BENCH_FAMILIES_H
#define CREASE_BENCH_FAMILIES_H

#include "crease/crease.h"

typedef struct crease_family {
    const char *regularizer; /* "group_l2", "sparse_group" or "nuclear" */
    size_t entries, size;    /* about so many entries, in groups of this size; not for nuclear */
    size_t rows, cols;       /* nuclear: one matrix */
    double condition;        /* d_max/d_min within every group; between groups of one entry */
    double spread;           /* of the groups' mean d; not for nuclear */
    double live;             /* fraction of the groups that live; nuclear: of the full rank */
    uint64_t seed;
} crease_family;

/* How far the start point is from the solution, relative to the size of each group. */
#define CREASE_FAMILY_PERTURBATION 0.1

typedef struct crease_family_case {
    crease_ctx *ctx;
    crease_regularizer *psi;
    crease_groups groups;
    crease_subproblem p;      /* in the width of the backend; only its c-form */
    void *start;              /* reals of the backend: the solution, perturbed */
    double *c, *d, *solution; /* on the host */
    crease_unit *unit;        /* signature of the solution */
    size_t units;
    double *subgradient, *typical; /* y; size of an entry of the solution */
} crease_family_case;

/* Free in any case. Errors: ENOMEM, ENOTFOUND (no such family), those of settings. */
int crease_family_make(crease_ctx *ctx, const crease_family *family, const crease_backend *backend,
                       crease_family_case *k);
void crease_family_free(crease_family_case *k);

/* c = D x* + w y for the nuclear norm: x*, y, the typical size of an entry and the signature. */
int crease_family_draw_matrix(const crease_family *family, crease_random *r, crease_family_case *k);

#endif

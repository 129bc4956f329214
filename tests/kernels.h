/* Random tasks for the proximal kernels, and their optimality in long double, by code that the library
 * does not share. */
#ifndef CREASE_TESTS_KERNELS_H
#define CREASE_TESTS_KERNELS_H

#include "support.h"

enum { KERNEL_MARGIN = 32 }; /* entries on either side of the groups, in no group */

typedef enum {
    LAYOUT_RUNS,
    LAYOUT_COLUMNS,
    LAYOUT_CHANNELS,
    LAYOUT_SEGMENTS,
    LAYOUT_LISTS,
    N_LAYOUTS
} kernel_layout;

/* A task of one backend and what it was made from, in double. Entries [0, MARGIN) and the last MARGIN
 * lie in no group. */
typedef struct kernel_case {
    crease_ctx *ctx;
    const crease_backend *backend;
    crease_groups groups;
    size_t n;
    double *c, *d, *x; /* as the backend sees them; d NULL: scalar */
    void *c_real, *d_real, *x_real;
    crease_shrink_task task;
    crease_shrink_stats stats;
} kernel_case;

/* count groups of `size` entries (segments and lists: sizes up to it). Weights are all 1. c and d are
 * zeroed. */
void kernel_create(kernel_case *k, crease_ctx *ctx, const crease_backend *backend, kernel_layout layout,
                   size_t count, size_t size, crease_random *r);
void kernel_set_weights(kernel_case *k, const double *weights);
void kernel_free(kernel_case *k);

/* c and d to the backend and back (so that both sides see the rounded numbers), x poisoned, then the
 * oracle. */
void kernel_load(kernel_case *k);
int kernel_solve(kernel_case *k);

/* dist(0, D x - c + w dpsi(x))_g / max(|c_g|, w lambda2 weight): the certificate of group g. */
long double kernel_certificate(const kernel_case *k, size_t g);
long double kernel_worst(const kernel_case *k);
bool kernel_group_is_zero(const kernel_case *k, size_t g, bool literally);

double kernel_log_uniform(crease_random *r, double low, double high); /* 10^[low, high) */

#endif

/* Captured subproblems: what training really asked its inner solver, in an HDF5 file that any HDF5
 * reader opens (docs/captures.md), to be solved again by other solvers. `crease run --capture` writes
 * them, `crease solve` replays one. */
#ifndef CREASE_CAPTURE_H
#define CREASE_CAPTURE_H

#include "crease/subproblem.h"

#define CREASE_CAPTURE_FORMAT    1
#define CREASE_CAPTURE_NAME_SIZE 128

typedef char crease_capture_name[CREASE_CAPTURE_NAME_SIZE];

/* A subproblem with everything it points to. p.psi is psi, p.groups is &groups; c, d, x0, v and start
 * are n reals of p.backend. Where it was captured is told in words that may be empty. */
typedef struct crease_capture {
    crease_ctx *ctx;
    crease_subproblem p; /* step and paper_scale included; unit, metric and observer are NULL */
    void *start;         /* the start point that the inner solver had: the iterate */
    crease_regularizer *psi;
    crease_groups groups;
    crease_capture_name problem, algorithm, block;
    crease_capture_name label; /* of the algorithm in its experiment */
    unsigned long seed, term;  /* term: which of the run's, from 0 */
    size_t stored_bytes;      /* of a real in the file: 4 or 8 */
} crease_capture;

/* Read one, for a backend ("cpu-f64", "cpu-f32"; NULL: that of its precision). Another precision than
 * the stored one converts c, d, x0, v and start; to a wider one c = D x0 - v is then computed anew, so
 * that both forms name one problem. Freed by crease_capture_free; NULL on error. Errors, all naming the
 * file: ENOTFOUND, EIO, ENOMEM; EPARSE, ERANGE, EDIM, ENAN for a file that is damaged, foreign, of
 * another version, or holds no subproblem. */
int crease_capture_read(crease_ctx *ctx, const char *path, const char *backend,
                        crease_capture **capture);
void crease_capture_free(crease_capture *capture); /* NULL is fine */

/* Write one: p with its psi and groups, start (NULL: zeros), and the words; the other fields are not
 * looked at. The file appears whole or not at all. Errors: ENOTSUP (a metric that is an operator),
 * EINVAL (a name that is too long, more than 2^32 - 1 entries), EIO, ENOMEM. */
int crease_capture_write(crease_ctx *ctx, const char *path, const crease_capture *capture);

#endif

/* Holding points and signatures against a reference solution. */
#ifndef CREASE_REFERENCE_JUDGE_H
#define CREASE_REFERENCE_JUDGE_H

#include "crease/problem.h"
#include "crease/reference.h"

/* Whether the reference says what unit u has to be. A unique minimizer says it of every unit. Otherwise
 * it is only known that no minimizer has a live unit outside of the tight set: those are to be zero,
 * and the others may be either.  */
static inline bool crease_reference_decides(const crease_reference *r, size_t u)
{
    return r->unique || !r->tight[u];
}

/* A signature against the reference's, over the units that it decides. */
typedef struct crease_misfit {
    size_t false_zero, false_live; /* zero where the reference is live, and the reverse */
    size_t differ; /* both, and units that are live in another way (another bound, another sign) */
} crease_misfit;

crease_misfit crease_reference_compare(const crease_reference *r, const crease_unit *unit);

/* Which unit each of n entries belongs to; CREASE_FREE_ENTRY: it is in no term; CREASE_NO_UNIT: the
 * term's units are not entries or groups that share none (ranks, jumps, overlapping groups). */
#define CREASE_FREE_ENTRY SIZE_MAX
#define CREASE_NO_UNIT    (SIZE_MAX - 1)
void crease_reference_map(const crease_term *terms, size_t n_terms, size_t n, size_t *unit_of);

/* Whether this is a reference of f + psi: its sizes (EDIM), the gradient of f at its solution, and that
 * f + psi is stationary there (EINVAL). name: the file, for the sentence. Costs one gradient. */
int crease_reference_check(crease_ctx *ctx, const crease_reference *r, const char *name,
                           crease_problem *problem, const crease_term *terms, size_t n_terms);

#endif

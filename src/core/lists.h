/* Groups that may overlap, laid out for the coupled regularizers: the finite, positive ones as lists in
 * order of size, and the minimizer of a quadratic plus one of their norms.                             */
#ifndef CREASE_LISTS_H
#define CREASE_LISTS_H

#include "arena.h"
#include "crease/regularizer.h"

/* List k holds entry[begin[k]] .. entry[begin[k + 1] - 1]. Sizes rise with k, which puts the leaves of a
 * tree before its root. Groups without a penalty or with an infinite one are left out. Where norms add up,
 * an infinite one forces its entries to zero, and no list holds them. Where groups share the entries
 * (latent), a group without a penalty takes its entries out of all lists, and an infinite one forces those
 * that no other group holds. */
typedef struct crease_lists {
    size_t n, count, total;
    double *radius;        /* factor * weight of the group: positive and finite */
    size_t *begin;         /* count + 1 */
    size_t *origin;        /* the group that list k was */
    uint32_t *entry;       /* total */
    uint32_t *cover;       /* of n entries: the number of lists that hold it */
    unsigned char *forced; /* of n entries */
    size_t *scratch;       /* n + 2 */
} crease_lists;

/* Space for the lists of a part; a NULL arena base only counts. */
void crease_lists_carve(crease_lists *l, crease_arena *arena, const crease_part *s);
/* False: a group lists an entry twice. */
bool crease_lists_build(crease_lists *l, const crease_part *s, double factor, bool latent);

static inline size_t crease_list_size(const crease_lists *l, size_t k)
{
    return l->begin[k + 1] - l->begin[k];
}

/* out[j] = x at the j-th entry of list k. */
void crease_list_gather(const crease_lists *l, size_t k, const double *x, double *out);

/* Is every pair of lists disjoint or nested, and (with d) is d constant on every list inside another? */
bool crease_lists_compose(const crease_lists *l, const double *d);

/* What groups a coupled member refuses; NULL: none. It has no scratch, so that only sets of up to this many
 * entries and groups are looked at for repeated entries and (nested) for nesting; the oracle sees the rest.
 */
enum { CREASE_LISTS_SMALL = 2048 };
const char *crease_lists_refusal(const crease_part *s, bool nested);

/* The largest lambda weight_g that is finite: the scale of a coupled norm. */
double crease_lists_scale(const crease_part *s, double lambda);

/* min 1/2 x'Dx - b'x + radius |x|. In: b. Out, where the minimizer is not zero: its norm s, and in place of
 * b the a_i = b_i / (d_i s + radius) of norm 1, so that x = s a and the multiplier is radius a.         */
typedef enum { CREASE_BLOCK_ZERO, CREASE_BLOCK_LIVE, CREASE_BLOCK_UNBOUNDED } crease_block;
crease_block crease_block_solve(size_t n, double *b, const double *d, double radius, double *s);

#endif

/* Derivatives of proximal maps that many members share. Both kinds of state are arrays behind a pointer
 * that `linearize` fills; the functions below then are those of crease_math. */
#ifndef CREASE_CORE_JACOBIAN_H
#define CREASE_CORE_JACOBIAN_H

#include "crease/regularizer.h"

/* J = diag(a) + b v v', where a is one number on the entries with v_i != 0: single entries (v = 0), the
 * length of a group, or one multiplier that they share. */
typedef struct crease_rank_one {
    double *b;     /* two: that of J, and that of its root */
    double *a, *v; /* n each */
} crease_rank_one;

size_t crease_rank_one_work(const crease_part *s);
/* The arrays in `state`; `clear` sets J = 0. */
crease_rank_one crease_rank_one_at(const crease_part *s, const void *state);
void crease_rank_one_clear(const crease_part *s, void *state);
void crease_rank_one_identity(const crease_part *s, void *state);
/* Once a, v and b[0] are there. */
void crease_rank_one_finish(const crease_part *s, void *state);
void crease_rank_one_jacobian(const crease_part *s, const void *state, bool root, const double *v,
                              double *out);
void crease_rank_one_diagonal(const crease_part *s, const void *state, double *d);

/* J = projection on the vectors that are one number on each class of entries but for signs, and zero
 * where the sign is 0: pieces of a chain, ties. */
typedef struct crease_classes {
    size_t *order; /* the entries, class by class */
    size_t *end;   /* for the first of a class, where it ends in the order */
    double *sign;  /* of each entry: -1, 0 or 1; one class is all 0 or nowhere 0 */
} crease_classes;

size_t crease_classes_work(const crease_part *s);
crease_classes crease_classes_at(const crease_part *s, const void *state);
/* A class of the next entries of a chain, begin .. end - 1. */
void crease_classes_add(crease_classes *classes, size_t begin, size_t end, double sign);
void crease_classes_jacobian(const crease_part *s, const void *state, bool root, const double *v,
                             double *out);
void crease_classes_diagonal(const crease_part *s, const void *state, double *d);

#define CREASE_RANK_ONE_JACOBIAN(linearize_)                                                           \
    .jacobian_work = crease_rank_one_work, .linearize = linearize_,                                    \
    .jacobian = crease_rank_one_jacobian, .jacobian_diagonal = crease_rank_one_diagonal
#define CREASE_CLASSES_JACOBIAN(linearize_)                                                            \
    .jacobian_work = crease_classes_work, .linearize = linearize_,                                     \
    .jacobian = crease_classes_jacobian, .jacobian_diagonal = crease_classes_diagonal

#endif

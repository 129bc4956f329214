/* At most `keep` nonzeros in every `block` consecutive entries of a part: what topk and n_m_sparsity share.
 */
#ifndef CREASE_CORE_CARDINALITY_H
#define CREASE_CORE_CARDINALITY_H

#include "crease/regularizer.h"

/* The settings of both. block 0: the whole part. */
typedef struct crease_cardinality_opts {
    long keep, block;
} crease_cardinality_opts;

extern const crease_math crease_math_cardinality;

#endif

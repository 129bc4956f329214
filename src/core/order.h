/* Order without allocation: a stable sort and a selection. No NaN among the keys. */
#ifndef CREASE_CORE_ORDER_H
#define CREASE_CORE_ORDER_H

#include <stddef.h>

typedef struct crease_keyed {
    double key;
    size_t index;
} crease_keyed;

/* Sort by key, largest first; equal keys keep their order. spare: room for n more. O(n log n). */
void crease_sort_descending(size_t n, crease_keyed *item, crease_keyed *spare);

/* The key with `rank` keys before it when the largest comes first; rank < n. key is overwritten. O(n). */
double crease_select_descending(size_t n, double *key, size_t rank);

#endif

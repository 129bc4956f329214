/* Carving a work space into arrays. Sizes are found by the same calls on a NULL base:
 *     crease_arena a = { NULL };  carve(&a, ...);  bytes = a.used;
 *     crease_arena a = { work };  carve(&a, ...);                                                       */
#ifndef CREASE_ARENA_H
#define CREASE_ARENA_H

#include <stddef.h>

typedef struct crease_arena {
    char *base; /* 64-byte aligned, or NULL to count only */
    size_t used;
} crease_arena;

/* The next count items of size bytes, 64-byte aligned; NULL when only counting. */
static inline void *crease_carve(crease_arena *a, size_t count, size_t size)
{
    void *p = a->base ? a->base + a->used : NULL;
    a->used += (count * size + 63) / 64 * 64;
    return p;
}

#endif

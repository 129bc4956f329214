/* The layouts and group sizes that the measurements go through. */
#ifndef CREASE_BENCH_SHAPES_H
#define CREASE_BENCH_SHAPES_H

#include "crease/groups.h"

typedef struct crease_shape {
    const char *layout; /* NULL ends the list */
    size_t size;        /* of a group; channels take the nearest multiple of their area */
} crease_shape;

enum { CREASE_KERNEL_AREA = 9 };

static const crease_shape crease_shapes[] = {
    { "contiguous", 9 },
    { "contiguous", 64 },
    { "contiguous", 512 },
    { "contiguous", 4608 },
    { "columns", 9 },
    { "columns", 64 },
    { "columns", 512 },
    { "columns", 4608 },
    { "channels", 9 },
    { "channels", 64 },
    { "channels", 512 },
    { "channels", 4608 },
    { 0 },
};

/* As many groups as fit into so many entries. */
static inline crease_groups crease_shape_groups(const crease_shape *s, size_t entries)
{
    size_t count = entries / s->size, out = (s->size + CREASE_KERNEL_AREA / 2) / CREASE_KERNEL_AREA;
    if (s->layout[1] == 'h')
        return crease_groups_channels(0, out, entries / (out * CREASE_KERNEL_AREA), CREASE_KERNEL_AREA);
    if (s->layout[2] == 'l') return crease_groups_cols(0, s->size, count);
    return crease_groups_runs(0, count * s->size, s->size);
}

#endif

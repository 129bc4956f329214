/* Tiles: consecutive groups of a term that are worked on together while they are in cache. A tile is packed
 * (its entries numbered 0..n-1) and knows the contiguous runs of the flat vector it is made of.           */
#ifndef CREASE_TILE_H
#define CREASE_TILE_H

#include "crease/groups.h"

/* A contiguous piece: flat vector [at, at + n) is packed [packed, packed + n). ahead entries further, or where the
 * run continues a few rows on, lies what is wanted soon.                                                  */
typedef struct crease_run {
    size_t at, packed, n, ahead;
} crease_run;

typedef struct crease_tiling {
    const crease_groups *groups; /* of the flat vector, disjoint */
    size_t per_tile;             /* strided groups in a tile */
    size_t budget;               /* entries in a tile, for segments and lists */
    size_t largest_entries;      /* of any tile */
    size_t largest_groups;
    size_t *local_start;         /* scratch for segments and lists: largest_groups + 1 */
} crease_tiling;

typedef struct crease_tile {
    size_t first; /* its first group */
    size_t n;     /* entries */
    crease_groups local;
    size_t runs;  /* strided: how many */
} crease_tile;

/* Tiles of about `budget` entries; SIZE_MAX: one tile for everything. Allocates local_start. The groups must be
 * tileable (see crease_groups_tileable) and outlive the tiling.                                          */
int crease_tiling_create(crease_ctx *ctx, const crease_groups *groups, size_t budget, crease_tiling *tiling);
void crease_tiling_free(crease_ctx *ctx, crease_tiling *tiling);

/* The tile that starts at group `first`; false past the end. The next one starts at first + local.count. */
bool crease_tile_at(const crease_tiling *tiling, size_t first, crease_tile *tile);

/* Walk the runs of a tile: start with *run zeroed. False when there is none left. */
bool crease_tile_next_run(const crease_tiling *tiling, const crease_tile *tile, crease_run *run);

/* Whether entries of consecutive strided groups lie side by side, row by row; others become lists. */
bool crease_groups_tileable(const crease_groups *groups);

#endif

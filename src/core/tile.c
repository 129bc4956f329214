#include "tile.h"

/* A tile of groups that lie side by side has rows of at least this many entries: memory is read in long pieces. */
enum { ROW_ENTRIES = 512, ROWS_AHEAD = 4, ENTRIES_AHEAD = 256 };

static bool side_by_side(const crease_groups *s)
{
    return s->inner == 1 ? s->group_stride == 1 : s->inner_stride == 1 && s->group_stride == s->inner;
}

static bool contiguous(const crease_groups *s)
{
    size_t size = s->outer * s->inner;
    if (size == 0) return true;
    return s->group_stride == size && (s->inner == 1 || s->inner_stride == 1)
           && (s->outer == 1 || s->outer_stride == s->inner);
}

bool crease_groups_tileable(const crease_groups *s)
{
    bool lone = s->count <= 1 && (s->inner == 1 || s->inner_stride == 1);
    return s->start || lone || contiguous(s) || side_by_side(s);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void size_strided(crease_tiling *t)
{
    const crease_groups *s = t->groups;
    size_t size = s->outer * s->inner, count = size ? t->budget / size : s->count;
    size_t row = contiguous(s) ? 1 : (ROW_ENTRIES + s->inner - 1) / s->inner;
    if (count < row) count = row;
    else if (!contiguous(s) && count > row) count -= count % row;
    t->per_tile = least(count, s->count);
    t->largest_groups = t->per_tile;
    t->largest_entries = t->per_tile * size;
}

/* Groups of segments and lists are added to a tile until it reaches the budget. */
static size_t take_groups(const crease_tiling *t, size_t first)
{
    const crease_groups *s = t->groups;
    size_t g = first + 1;
    while (g < s->count && s->start[g + 1] - s->start[first] <= t->budget) g++;
    return g - first;
}

static void size_ragged(crease_tiling *t)
{
    const size_t *start = t->groups->start;
    for (size_t g = 0; g < t->groups->count;) {
        size_t count = take_groups(t, g), n = start[g + count] - start[g];
        if (count > t->largest_groups) t->largest_groups = count;
        if (n > t->largest_entries) t->largest_entries = n;
        g += count;
    }
}

int crease_tiling_create(crease_ctx *ctx, const crease_groups *groups, size_t budget, crease_tiling *tiling)
{
    *tiling = (crease_tiling){ .groups = groups, .budget = budget };
    if (!groups->start) {
        size_strided(tiling);
        return CREASE_OK;
    }
    size_ragged(tiling);
    tiling->local_start = crease_alloc(ctx, tiling->largest_groups + 1, sizeof(size_t));
    return tiling->local_start ? CREASE_OK : CREASE_ENOMEM;
}

void crease_tiling_free(crease_ctx *ctx, crease_tiling *tiling)
{
    crease_release(ctx, tiling->local_start);
    tiling->local_start = NULL;
}

static crease_groups local_strided(const crease_groups *s, size_t count)
{
    crease_groups local = *s;
    local.count = count;
    local.entries = count * s->outer * s->inner;
    local.offset = 0;
    local.inner_stride = 1;
    local.group_stride = contiguous(s) ? s->group_stride : s->inner;
    local.outer_stride = contiguous(s) ? s->inner : count * s->inner;
    return local;
}

static crease_groups local_ragged(const crease_tiling *t, size_t first, size_t count)
{
    crease_groups local = *t->groups;
    for (size_t g = 0; g <= count; g++) t->local_start[g] = t->groups->start[first + g] - t->groups->start[first];
    local.count = count;
    local.entries = t->local_start[count];
    local.start = t->local_start;
    local.index = NULL;
    return local;
}

bool crease_tile_at(const crease_tiling *t, size_t first, crease_tile *tile)
{
    const crease_groups *s = t->groups;
    if (first >= s->count) return false;
    tile->first = first;
    if (s->start) {
        tile->local = local_ragged(t, first, take_groups(t, first));
        tile->runs = 0;
    } else {
        tile->local = local_strided(s, least(t->per_tile, s->count - first));
        tile->runs = contiguous(s) ? 1 : s->outer;
    }
    if (s->weights) tile->local.weights = s->weights + first;
    tile->local.before = s->start ? s->start[first] : first * s->outer * s->inner;
    tile->local.whole = s->entries;
    tile->n = tile->local.entries;
    return true;
}

/* Strided: one run, or one for each outer index. */
static bool next_strided(const crease_groups *s, const crease_tile *tile, crease_run *run)
{
    size_t length = tile->n / tile->runs, row = run->n ? run->packed / length + 1 : 0;
    if (row == tile->runs) return false;
    run->n = length;
    run->packed = row * length;
    run->at = s->offset + tile->first * s->group_stride + row * s->outer_stride;
    run->ahead = tile->runs > 1 ? ROWS_AHEAD * s->outer_stride : ENTRIES_AHEAD;
    return true;
}

/* Lists: as many entries as follow each other in the flat vector. */
static bool next_ragged(const crease_groups *s, const crease_tile *tile, crease_run *run)
{
    size_t k = run->packed + run->n, first = s->start[tile->first];
    if (k >= tile->n) return false;
    run->packed = k;
    run->ahead = ENTRIES_AHEAD;
    if (!s->index) {
        run->at = first;
        run->n = tile->n;
        return true;
    }
    const uint32_t *index = s->index + first;
    run->at = index[k];
    run->n = 1;
    while (k + run->n < tile->n && index[k + run->n] == index[k] + run->n) run->n++;
    return true;
}

bool crease_tile_next_run(const crease_tiling *t, const crease_tile *tile, crease_run *run)
{
    if (tile->n == 0) return false;
    return t->groups->start ? next_ragged(t->groups, tile, run) : next_strided(t->groups, tile, run);
}

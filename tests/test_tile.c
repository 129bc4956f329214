/* Tiles: whatever the layout and the budget, they cover every group once and in order, and what a tile
 * packs is exactly the entries of its groups, where its local groups say they are. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/tile.h"
#include "support.h"

static crease_random random_stream(uint64_t index)
{
    return crease_random_at(11, CREASE_STREAM_TEST, index << 24);
}

static size_t below(crease_random *r, size_t n)
{
    return (size_t)crease_random_below(r, n);
}

/* --- what must hold ------------------------------------------------------------------------------ */

/* Walk the runs of a tile: they pack its entries 0 .. n-1 in order. at[k]: where packed entry k comes
 * from. */
static void walk_runs(const crease_tiling *t, const crease_tile *tile, size_t *at)
{
    size_t packed = 0;
    for (crease_run run = { 0 }; crease_tile_next_run(t, tile, &run);) {
        assert_true(run.n > 0);
        assert_int_equal(run.packed, packed);
        assert_true(packed + run.n <= tile->n);
        for (size_t k = 0; k < run.n; k++) at[packed + k] = run.at + k;
        packed += run.n;
    }
    assert_int_equal(packed, tile->n);
}

/* The local groups pick from the packed entries what the global ones pick from the vector, each entry
 * once. */
static void check_local(const crease_groups *s, const crease_tile *tile, const size_t *at)
{
    unsigned char *used = calloc(tile->n + 1, 1);
    size_t n = 0;
    for (size_t g = 0; g < tile->local.count; g++) {
        size_t size = crease_group_size(s, tile->first + g);
        assert_int_equal(crease_group_size(&tile->local, g), size);
        double weight = crease_group_weight(s, tile->first + g);
        assert_true(crease_group_weight(&tile->local, g) == weight);
        for (size_t k = 0; k < size; k++) {
            size_t local = crease_group_entry(&tile->local, g, k);
            assert_true(local < tile->n);
            assert_int_equal(at[local], crease_group_entry(s, tile->first + g, k));
            assert_int_equal(used[local]++, 0);
        }
        n += size;
    }
    assert_true(n == tile->n && n == tile->local.entries && tile->local.disjoint == s->disjoint);
    free(used);
}

/* Returns the number of tiles. */
static size_t check_tiles(crease_ctx *ctx, const crease_groups *s, size_t budget)
{
    crease_tiling t;
    crease_tile tile;
    assert_ok(ctx, crease_tiling_create(ctx, s, budget, &t));
    size_t *at = calloc(t.largest_entries + 1, sizeof *at), next = 0, tiles = 0;
    for (size_t g = 0; crease_tile_at(&t, g, &tile); g += tile.local.count, tiles++) {
        assert_int_equal(tile.first, next);
        assert_true(tile.local.count > 0 && tile.local.count <= t.largest_groups);
        assert_true(tile.n <= t.largest_entries);
        if (s->start && tile.local.count > 1) assert_true(tile.n <= budget);
        walk_runs(&t, &tile, at);
        check_local(s, &tile, at);
        next += tile.local.count;
    }
    assert_int_equal(next, s->count);
    assert_false(crease_tile_at(&t, s->count + 1, &tile));
    if (budget == SIZE_MAX) assert_int_equal(tiles, s->count > 0);
    free(at);
    crease_tiling_free(ctx, &t);
    return tiles;
}

static const size_t budgets[] = { 0, 1, 7, 64, 100, 1000, 16384, SIZE_MAX };
enum { N_BUDGETS = sizeof budgets / sizeof *budgets };

/* Under every budget, with one weight for all and with given ones. */
static void check_all_budgets(crease_ctx *ctx, const crease_groups *s)
{
    double *weights = calloc(s->count + 1, sizeof *weights);
    for (size_t g = 0; g < s->count; g++) weights[g] = g % 7 == 6 ? INFINITY : 0.25 * (double)g;
    crease_groups weighted = *s, uniform = *s;
    weighted.weights = weights;
    uniform.weights = NULL;
    uniform.uniform_weight = 3;
    for (size_t b = 0; b < N_BUDGETS; b++) {
        check_tiles(ctx, &weighted, budgets[b]);
        check_tiles(ctx, &uniform, budgets[b]);
    }
    free(weights);
}

/* --- layouts ------------------------------------------------------------------------------------- */

static void test_named_layouts(void **state)
{
    (void)state;
    static const char *const specs[] = { "elements", "all",      "rows",  "cols",
                                         "filters",  "channels", "size:1" };
    crease_ctx *ctx = test_ctx();
    crease_random r = random_stream(1);
    for (size_t trial = 0; trial < 40; trial++) {
        size_t shape[4], offset = below(&r, 100);
        unsigned rank = 1 + (unsigned)below(&r, 4);
        for (unsigned k = 0; k < rank; k++) shape[k] = 1 + below(&r, k < 2 ? 40 : 4);
        for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
            crease_groups s;
            assert_ok(ctx, crease_groups_parse(ctx, specs[i], offset, shape, rank, &s));
            assert_true(crease_groups_tileable(&s));
            check_all_budgets(ctx, &s);
        }
    }
    crease_ctx_free(ctx);
}

/* Any strides at all: what is called tileable must tile, whatever the strides. */
static void test_any_strides(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    crease_random r = random_stream(2);
    size_t tileable = 0, trials = 4000;
    for (size_t trial = 0; trial < trials; trial++) {
        size_t count = below(&r, 6), outer = below(&r, 5), inner = below(&r, 5), size = outer * inner;
        const size_t strides[] = { 0, 1, 2, inner, outer, size, count * inner, count * inner + 3, 17 };
        crease_groups s = crease_groups_strided(below(&r, 20), count, strides[below(&r, 9)], outer,
                                                strides[below(&r, 9)], inner, strides[below(&r, 9)]);
        if (!crease_groups_tileable(&s)) continue;
        tileable++;
        check_all_budgets(ctx, &s);
    }
    assert_true(tileable > trials / 10 && tileable < trials);
    crease_ctx_free(ctx);
}

static void test_what_does_not_tile(void **state)
{
    (void)state;
    const crease_groups tiles[] = {
        crease_groups_strided(3, 5, 1, 7, 9, 1, 1),   /* columns of a wider matrix */
        crease_groups_strided(3, 5, 4, 7, 25, 4, 1),  /* bundles of columns of a wider matrix */
        crease_groups_strided(3, 1, 99, 7, 25, 4, 1), /* one group in pieces */
        crease_groups_strided(3, 5, 6, 1, 99, 6, 1),
    };
    const crease_groups others[] = {
        crease_groups_strided(3, 5, 2, 7, 9, 1, 1),   /* every second column */
        crease_groups_strided(3, 5, 6, 1, 99, 4, 1),  /* runs with gaps between them */
        crease_groups_strided(3, 5, 1, 1, 99, 6, 5),  /* comb */
        crease_groups_strided(3, 1, 99, 2, 50, 4, 2), /* one group of single entries */
    };
    for (int i = 0; i < 4; i++) {
        assert_true(crease_groups_tileable(&tiles[i]));
        assert_false(crease_groups_tileable(&others[i]));
    }
}

static void random_starts(crease_random *r, size_t count, size_t largest, size_t first, size_t *start)
{
    start[0] = first;
    for (size_t g = 0; g < count; g++) start[g + 1] = start[g] + (below(r, 3) ? below(r, largest) : 0);
}

static void test_segments(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    crease_random r = random_stream(3);
    for (size_t trial = 0; trial < 200; trial++) {
        size_t start[60], count = below(&r, 60), largest = trial % 2 ? 10 : 300;
        random_starts(&r, count, largest, below(&r, 50), start);
        crease_groups s = {
            .count = count, .entries = start[count] - start[0], .start = start, .disjoint = true
        };
        assert_true(crease_groups_tileable(&s));
        check_all_budgets(ctx, &s);
    }
    crease_ctx_free(ctx);
}

/* Permuted, in pieces that follow each other, with pieces that go on into the next group, with gaps. */
static void random_index(crease_random *r, size_t n, uint32_t *index)
{
    uint32_t next = (uint32_t)below(r, 1000);
    bool shuffled = below(r, 2);
    for (size_t k = 0; k < n; k++, next++) {
        if (below(r, 5) == 0) next += (uint32_t)below(r, 10);
        index[k] = next;
    }
    for (size_t k = n; shuffled && k > 1; k--) {
        size_t j = below(r, k);
        uint32_t swap = index[j];
        index[j] = index[k - 1];
        index[k - 1] = swap;
    }
}

static void test_lists(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    crease_random r = random_stream(4);
    static uint32_t index[60 * 300];
    for (size_t trial = 0; trial < 200; trial++) {
        size_t start[60], count = below(&r, 60);
        random_starts(&r, count, trial % 2 ? 10 : 300, 0, start);
        random_index(&r, start[count], index);
        crease_groups s;
        assert_ok(ctx, crease_groups_from_lists(ctx, count, start, index, &s));
        assert_true(crease_groups_tileable(&s));
        const double *own = s.weights;
        check_all_budgets(ctx, &s);
        s.weights = own;
        crease_groups_free(ctx, &s);
    }
    crease_ctx_free(ctx);
}

/* Consecutive entries make one run, also from one group into the next. */
static void test_runs_are_long(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const uint32_t index[] = { 4, 5, 6, 7, 8, 20, 21, 3 };
    crease_groups s;
    assert_ok(ctx, crease_groups_from_lists(ctx, 3, (size_t[]){ 0, 2, 6, 8 }, index, &s));
    const crease_run expected[] = { { 4, 0, 5, 0 }, { 20, 5, 2, 0 }, { 3, 7, 1, 0 } };
    crease_tiling t;
    crease_tile tile;
    assert_ok(ctx, crease_tiling_create(ctx, &s, SIZE_MAX, &t));
    assert_true(crease_tile_at(&t, 0, &tile));
    crease_run run = { 0 };
    for (int i = 0; i < 3; i++) {
        assert_true(crease_tile_next_run(&t, &tile, &run));
        assert_true(run.at == expected[i].at && run.packed == expected[i].packed
                    && run.n == expected[i].n);
    }
    assert_false(crease_tile_next_run(&t, &tile, &run));
    crease_tiling_free(ctx, &t);
    crease_groups_free(ctx, &s);
    crease_ctx_free(ctx);
}

/* A budget is kept where groups are small enough, and used. */
static void test_budget(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    crease_groups runs = crease_groups_runs(0, 100000, 10), cols = crease_groups_cols(0, 100, 1000);
    crease_groups all = crease_groups_all(0, 100000);
    assert_true(check_tiles(ctx, &runs, 16384) == 7); /* 1638 groups a tile */
    assert_true(check_tiles(ctx, &cols, 65536) == 2); /* 512 columns: whole rows of cache lines */
    assert_true(check_tiles(ctx, &cols, 16384) == 2); /* 512 columns at least, beyond the budget */
    assert_true(check_tiles(ctx, &all, 16384) == 1);  /* a group is never cut */
    crease_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_named_layouts),
        cmocka_unit_test(test_any_strides),
        cmocka_unit_test(test_what_does_not_tile),
        cmocka_unit_test(test_segments),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_runs_are_long),
        cmocka_unit_test(test_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Groups: every constructor against enumeration of multi-indices, labels, lists, names, weights,
 * extent. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static crease_random random_stream(uint64_t index)
{
    return crease_random_at(7, CREASE_STREAM_TEST, index << 20);
}

static size_t below(crease_random *r, size_t n)
{
    return (size_t)crease_random_below(r, n);
}

/* --- groups as they should be: one label an entry, negative for none ----------------------------- */

/* Group g holds exactly the entries labelled g, in increasing order; sizes, weights, extent. */
static void assert_labelled(const crease_groups *s, size_t offset, size_t n, const int64_t *label,
                            size_t count)
{
    size_t entries = 0, extent = 0, largest = 0;
    assert_int_equal(s->count, count);
    for (size_t g = 0; g < count; g++) {
        size_t k = 0, size = crease_group_size(s, g);
        for (size_t i = 0; i < n; i++) {
            if (label[i] != (int64_t)g) continue;
            assert_true(k < size);
            assert_int_equal(crease_group_entry(s, g, k++), offset + i);
            if (offset + i >= extent) extent = offset + i + 1;
        }
        assert_int_equal(k, size);
        assert_true(crease_group_weight(s, g) == sqrt((double)size));
        entries += size;
        if (size > largest) largest = size;
    }
    assert_int_equal(s->entries, entries);
    assert_int_equal(crease_groups_extent(s), extent);
    assert_int_equal(crease_groups_largest(s), largest);
    assert_true(s->disjoint);
}

/* --- blocks and the names of their groups -------------------------------------------------------- */

typedef struct {
    size_t offset, shape[4], n;
    unsigned rank;
} block;

static block random_block(crease_random *r)
{
    block b = { .offset = below(r, 50), .rank = 1 + (unsigned)below(r, 4), .n = 1 };
    for (unsigned k = 0; k < b.rank; k++) {
        b.shape[k] = 1 + below(r, 6);
        b.n *= b.shape[k];
    }
    return b;
}

/* The index of entry i along an axis of the block. */
static size_t along(const block *b, size_t i, unsigned axis)
{
    for (unsigned k = b->rank; k-- > axis + 1;) i /= b->shape[k];
    return i % b->shape[axis];
}

/* By its name: which group entry i of the block lies in. */
static size_t group_of(const block *b, const char *spec, size_t i)
{
    if (strcmp(spec, "elements") == 0) return i;
    if (strcmp(spec, "all") == 0) return 0;
    if (strcmp(spec, "rows") == 0 || strcmp(spec, "filters") == 0) return along(b, i, 0);
    if (strcmp(spec, "cols") == 0 || strcmp(spec, "channels") == 0) return along(b, i, b->rank > 1);
    return i / strtoul(spec + 5, NULL, 10);
}

static void assert_named(const crease_groups *s, const block *b, const char *spec)
{
    int64_t *label = calloc(b->n + 1, sizeof *label);
    size_t count = 0;
    for (size_t i = 0; i < b->n; i++) {
        label[i] = (int64_t)group_of(b, spec, i);
        if ((size_t)label[i] >= count) count = (size_t)label[i] + 1;
    }
    assert_labelled(s, b->offset, b->n, label, count);
    free(label);
}

static void test_named_groups(void **state)
{
    (void)state;
    static const char *const specs[] = { "elements", "all", "rows", "cols", "filters", "channels" };
    crease_ctx *ctx = test_ctx();
    crease_random r = random_stream(1);
    for (size_t trial = 0; trial < 300; trial++) {
        block b = random_block(&r);
        crease_groups s;
        for (size_t k = 0; k < 6; k++) {
            assert_ok(ctx, crease_groups_parse(ctx, specs[k], b.offset, b.shape, b.rank, &s));
            assert_named(&s, &b, specs[k]);
        }
        size_t size = 1 + below(&r, b.n);
        while (b.n % size) size--;
        char spec[40];
        snprintf(spec, sizeof spec, "size:%zu", size);
        assert_ok(ctx, crease_groups_parse(ctx, spec, b.offset, b.shape, b.rank, &s));
        assert_named(&s, &b, spec);
    }
    crease_ctx_free(ctx);
}

static void test_constructors(void **state)
{
    (void)state;
    crease_random r = random_stream(2);
    for (size_t trial = 0; trial < 300; trial++) {
        block b = random_block(&r);
        size_t area = 1;
        for (unsigned k = 2; k < b.rank; k++) area *= b.shape[k];
        crease_groups elements = crease_groups_elements(b.offset, b.n),
                      all = crease_groups_all(b.offset, b.n);
        assert_named(&elements, &b, "elements");
        assert_named(&all, &b, "all");
        if (b.rank < 2) continue;
        crease_groups channels = crease_groups_channels(b.offset, b.shape[0], b.shape[1], area);
        crease_groups filters = crease_groups_filters(b.offset, b.shape[0], b.shape[1], area);
        assert_named(&channels, &b, "channels");
        assert_named(&filters, &b, "filters");
        crease_groups runs = crease_groups_runs(b.offset, b.n, b.n / b.shape[0]);
        assert_named(&runs, &b, "filters");
        if (area > 1) continue;
        crease_groups rows = crease_groups_rows(b.offset, b.shape[0], b.n / b.shape[0]);
        crease_groups cols = crease_groups_cols(b.offset, b.shape[0], b.n / b.shape[0]);
        assert_named(&rows, &b, "rows");
        assert_named(&cols, &b, "cols");
    }
}

/* Entry (o, i) of group g, whatever the strides. */
static void test_strided(void **state)
{
    (void)state;
    crease_random r = random_stream(3);
    for (size_t trial = 0; trial < 300; trial++) {
        size_t v[7];
        for (int k = 0; k < 7; k++)
            v[k] = k == 1 || k == 3 || k == 5 ? 1 + below(&r, 5) : below(&r, 40);
        crease_groups s = crease_groups_strided(v[0], v[1], v[2], v[3], v[4], v[5], v[6]);
        size_t extent = 0;
        assert_int_equal(s.count, v[1]);
        assert_int_equal(s.entries, v[1] * v[3] * v[5]);
        for (size_t g = 0; g < v[1]; g++) {
            assert_int_equal(crease_group_size(&s, g), v[3] * v[5]);
            assert_true(crease_group_weight(&s, g) == sqrt((double)(v[3] * v[5])));
            for (size_t o = 0, k = 0; o < v[3]; o++)
                for (size_t i = 0; i < v[5]; i++, k++) {
                    size_t at = v[0] + g * v[2] + o * v[4] + i * v[6];
                    assert_int_equal(crease_group_entry(&s, g, k), at);
                    if (at >= extent) extent = at + 1;
                }
        }
        assert_int_equal(crease_groups_extent(&s), extent);
    }
}

/* Blocks without entries have no extent, and groups of nothing have no weight. */
static void test_empty_blocks(void **state)
{
    (void)state;
    static const char *const specs[] = { "elements", "all",      "rows",  "cols",
                                         "filters",  "channels", "size:4" };
    static const size_t shapes[][4] = {
        { 0, 1, 1, 1 }, { 0, 3, 1, 1 }, { 3, 0, 1, 1 }, { 2, 3, 0, 2 }, { 0, 0, 0, 0 }
    };
    crease_ctx *ctx = test_ctx();
    for (size_t i = 0; i < 5; i++)
        for (unsigned rank = 4;
             rank > 0 && !(shapes[i][0] && shapes[i][1] && (rank < 3 || shapes[i][2])); rank--)
            for (size_t k = 0; k < 7; k++) {
                crease_groups s;
                if (shapes[i][0] && rank == 1) continue; /* three entries after all */
                assert_ok(ctx, crease_groups_parse(ctx, specs[k], 5, shapes[i], rank, &s));
                assert_int_equal(s.entries, 0);
                assert_int_equal(crease_groups_extent(&s), 0);
                assert_int_equal(crease_groups_largest(&s), 0);
                for (size_t g = 0; g < s.count; g++)
                    assert_true(crease_group_size(&s, g) == 0 && crease_group_weight(&s, g) == 0);
            }
    crease_ctx_free(ctx);
}

static void test_wrong_names(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const size_t shape[] = { 4, 6 };
    static const struct {
        const char *spec, *words;
        int code;
    } cases[] = {
        { "columns", "there are: elements, all, rows, cols, size:K, channels, filters",
          CREASE_ENOTFOUND },
        { "", "there are no groups ''", CREASE_ENOTFOUND },
        { "Rows", "'Rows'", CREASE_ENOTFOUND },
        { "rows ", "'rows '", CREASE_ENOTFOUND },
        { "size", "'size'", CREASE_ENOTFOUND },
        { "size:5", "do not tile a block of 24 entries", CREASE_EDIM },
        { "size:48", "do not tile a block of 24 entries", CREASE_EDIM },
        { "size:0", "whole number > 0", CREASE_EPARSE },
        { "size:", "whole number > 0", CREASE_EPARSE },
        { "size:-4", "whole number > 0", CREASE_EPARSE },
        { "size: -4", "whole number > 0", CREASE_EPARSE },
        { "size:+4", "whole number > 0", CREASE_EPARSE },
        { "size:4x", "whole number > 0", CREASE_EPARSE },
        { "size:4.0", "whole number > 0", CREASE_EPARSE },
        { "size:18446744073709551620", "", CREASE_EDIM }, /* 2^64 + 4 is not 4 */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        crease_groups s = { .count = 77 };
        assert_fails(ctx, crease_groups_parse(ctx, cases[i].spec, 0, shape, 2, &s), cases[i].code,
                     cases[i].words);
        assert_int_equal(s.count, 77);
    }
    crease_ctx_free(ctx);
}

/* --- lists, labels and segments ------------------------------------------------------------------ */

enum { MOST = 400 };

/* Random sizes, some of them 0; returns the number of entries. */
static size_t random_sizes(crease_random *r, size_t count, size_t largest, size_t *start)
{
    start[0] = 0;
    for (size_t g = 0; g < count; g++)
        start[g + 1] = start[g] + (below(r, 4) ? below(r, largest + 1) : 0);
    return start[count];
}

static void test_lists(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    crease_random r = random_stream(4);
    for (size_t trial = 0; trial < 200; trial++) {
        size_t start[21], count = below(&r, 21), n = random_sizes(&r, count, 15, start), extent = 0;
        uint32_t index[MOST];
        crease_random_permutation(&r, MOST, index);
        bool overlap = n > 1 && below(&r, 3) == 0;
        if (overlap) index[below(&r, n - 1)] = index[n - 1];
        size_t start_copy[21];
        uint32_t index_copy[MOST];
        memcpy(start_copy, start, sizeof start), memcpy(index_copy, index, sizeof index);
        crease_groups s;
        assert_ok(ctx, crease_groups_from_lists(ctx, count, start, index, &s));
        memset(start, 0xff, sizeof start),
            memset(index, 0xff, sizeof index); /* the groups own copies */
        assert_true(s.count == count && s.entries == n && s.disjoint == !overlap);
        for (size_t g = 0; g < count; g++) {
            size_t size = start_copy[g + 1] - start_copy[g];
            assert_int_equal(crease_group_size(&s, g), size);
            assert_true(crease_group_weight(&s, g) == sqrt((double)size));
            for (size_t k = 0; k < size; k++) {
                size_t at = index_copy[start_copy[g] + k];
                assert_int_equal(crease_group_entry(&s, g, k), at);
                if (at >= extent) extent = at + 1;
            }
        }
        assert_int_equal(crease_groups_extent(&s), extent);
        crease_groups_free(ctx, &s);
        assert_true(s.count == 0 && !s.start && !s.index && !s.weights);
    }
    crease_ctx_free(ctx);
}

static void test_wrong_lists(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const uint32_t index[] = { 0, 1, 2, 3, 4 };
    crease_groups s = { .count = 77 };
    assert_fails(ctx, crease_groups_from_lists(ctx, 3, (size_t[]){ 0, 3, 2, 5 }, index, &s),
                 CREASE_EINVAL, "group 1");
    assert_true(s.count == 0 && !s.start); /* safe to free */
    assert_fails(ctx, crease_groups_from_lists(ctx, 2, (size_t[]){ 1, 3, 5 }, index, &s), CREASE_EINVAL,
                 "start");
    crease_groups_free(ctx, &s);
    assert_ok(ctx, crease_groups_from_lists(ctx, 1, (size_t[]){ 0, 2 }, (uint32_t[]){ 3, 3 }, &s));
    assert_false(s.disjoint); /* an entry twice in one group */
    crease_groups_free(ctx, &s);
    assert_ok(ctx, crease_groups_from_lists(ctx, 0, NULL, NULL, &s));
    assert_true(s.count == 0 && s.entries == 0 && s.disjoint && crease_groups_extent(&s) == 0);
    crease_groups_free(ctx, &s);
    crease_ctx_free(ctx);
}

static void test_labels(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    crease_random r = random_stream(5);
    for (size_t trial = 0; trial < 200; trial++) {
        size_t n = below(&r, 100), offset = below(&r, 30), count = 0, groups = 1 + below(&r, n + 1);
        int64_t label[100];
        for (size_t i = 0; i < n; i++) { /* gaps between labels make empty groups */
            label[i] = below(&r, 5) && groups <= n ? (int64_t)below(&r, groups)
                       : below(&r, 2)              ? -1
                                                   : INT64_MIN;
            if (label[i] >= (int64_t)count) count = (size_t)label[i] + 1;
        }
        crease_groups s;
        assert_ok(ctx, crease_groups_from_labels(ctx, offset, n, label, &s));
        assert_labelled(&s, offset, n, label, count);
        crease_groups_free(ctx, &s);
    }
    const int64_t gaps[] = { -1, 4, 1, 4, -5 };
    crease_groups s;
    assert_ok(ctx, crease_groups_from_labels(ctx, 10, 5, gaps, &s));
    assert_int_equal(s.count, 5);
    assert_true(crease_group_size(&s, 0) == 0 && crease_group_weight(&s, 0) == 0
                && crease_group_size(&s, 4) == 2);
    crease_groups_free(ctx, &s);
    crease_ctx_free(ctx);
}

static void test_wrong_labels(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const int64_t large[] = { 3, INT64_MAX, (int64_t)1 << 40 };
    for (int i = 0; i < 3; i++) {
        crease_groups s = { .count = 77, .start = (const size_t *)large };
        const int64_t label[] = { 0, large[i], 1 };
        assert_fails(ctx, crease_groups_from_labels(ctx, 0, 3, label, &s), CREASE_ERANGE, "too large");
        assert_true(s.count == 0 && !s.start);
        crease_groups_free(ctx, &s);
    }
    /* positions are 32 bits wide: what does not fit is refused, not wrapped */
    const int64_t label[] = { 0, 1 };
    crease_groups s = { 0 };
    assert_int_equal(crease_groups_from_labels(ctx, (size_t)UINT32_MAX, 2, label, &s), CREASE_ERANGE);
    assert_int_equal(crease_groups_from_labels(ctx, SIZE_MAX, 2, label, &s), CREASE_ERANGE);
    crease_ctx_free(ctx);
}

/* Segments are put together by hand: start set, index not. */
static void test_segments(void **state)
{
    (void)state;
    crease_random r = random_stream(6);
    for (size_t trial = 0; trial < 100; trial++) {
        size_t start[31], count = below(&r, 31), first = below(&r, 9),
                          n = random_sizes(&r, count, 9, start);
        for (size_t g = 0; g <= count; g++) start[g] += first;
        crease_groups s = {
            .count = count, .entries = n, .start = start, .disjoint = true, .uniform_weight = 2
        };
        for (size_t g = 0, i = first; g < count; g++) {
            for (size_t k = 0; k < crease_group_size(&s, g); k++)
                assert_int_equal(crease_group_entry(&s, g, k), i++);
            assert_true(crease_group_weight(&s, g) == 2);
        }
        assert_int_equal(crease_groups_extent(&s), n ? first + n : 0);
    }
}

/* --- weights ------------------------------------------------------------------------------------- */

static void assert_weights(const crease_groups *s, const double *expected, double all)
{
    for (size_t g = 0; g < s->count; g++)
        assert_true(crease_group_weight(s, g) == (expected ? expected[g] : all));
}

static void check_weights(crease_ctx *ctx, crease_groups *s)
{
    double *sizes = calloc(s->count, sizeof *sizes), *given = calloc(s->count, sizeof *given);
    for (size_t g = 0; g < s->count; g++) sizes[g] = sqrt((double)crease_group_size(s, g));
    assert_ok(ctx, crease_groups_set_weight_rule(ctx, s, "one"));
    assert_weights(s, NULL, 1);
    assert_ok(ctx, crease_groups_set_weight_rule(ctx, s, "sqrt_size"));
    assert_weights(s, sizes, 0);
    for (size_t g = 0; g < s->count; g++)
        given[g] = g % 3 == 0 ? 0.1 * (double)g : g % 3 == 1 ? INFINITY : 0;
    assert_ok(ctx, crease_groups_set_weights(ctx, s, given));
    assert_weights(s, given, 0);
    static const double wrong[] = { -1, -1e-300, NAN, -INFINITY };
    for (size_t i = 0; i < 4; i++) { /* refused, and the weights stay */
        double kept = given[1];
        given[1] = wrong[i];
        assert_fails(ctx, crease_groups_set_weights(ctx, s, given), CREASE_ERANGE, "weight of group 1");
        given[1] = kept;
        assert_weights(s, given, 0);
    }
    assert_fails(ctx, crease_groups_set_weight_rule(ctx, s, "two"), CREASE_ENOTFOUND,
                 "there are: sqrt_size, one");
    assert_weights(s, given, 0);
    given[1] = 5; /* a copy was taken */
    assert_true(crease_group_weight(s, 1) == INFINITY);
    assert_ok(ctx, crease_groups_set_weight_rule(ctx, s, "sqrt_size"));
    assert_weights(s, sizes, 0);
    free(sizes);
    free(given);
}

static void test_weights(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    crease_groups cols = crease_groups_cols(3, 7, 5), lists, labels;
    check_weights(ctx, &cols);
    crease_groups_free(ctx, &cols);
    const uint32_t index[] = { 9, 3, 4, 0, 7, 8 };
    assert_ok(ctx, crease_groups_from_lists(ctx, 4, (size_t[]){ 0, 1, 4, 4, 6 }, index, &lists));
    check_weights(ctx, &lists);
    crease_groups_free(ctx, &lists);
    assert_ok(ctx, crease_groups_from_labels(ctx, 0, 6, (int64_t[]){ 0, 3, 3, -1, 2, 2 }, &labels));
    check_weights(ctx, &labels);
    crease_groups_free(ctx, &labels);
    const size_t start[] = { 4, 6, 6, 11 };
    crease_groups segments = { .count = 3, .entries = 7, .start = start, .disjoint = true };
    check_weights(ctx, &segments);
    crease_release(ctx, (void *)segments.weights); /* start is not the library's to free */
    crease_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_named_groups), cmocka_unit_test(test_constructors),
        cmocka_unit_test(test_strided),      cmocka_unit_test(test_empty_blocks),
        cmocka_unit_test(test_wrong_names),  cmocka_unit_test(test_lists),
        cmocka_unit_test(test_wrong_lists),  cmocka_unit_test(test_labels),
        cmocka_unit_test(test_wrong_labels), cmocka_unit_test(test_segments),
        cmocka_unit_test(test_weights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

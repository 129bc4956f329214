#include "order.h"

#include <stdint.h>
#include <string.h>

/* --- sort: runs by insertion, then merged pairwise ------------------------------------------------ */

enum { RUN = 16 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void sort_run(size_t n, crease_keyed *item)
{
    for (size_t i = 1; i < n; i++) {
        crease_keyed moved = item[i];
        size_t k = i;
        for (; k > 0 && item[k - 1].key < moved.key; k--) item[k] = item[k - 1];
        item[k] = moved;
    }
}

/* The two sorted runs from[0, middle) and from[middle, n), merged into `to`. */
static void merge(size_t n, size_t middle, const crease_keyed *from, crease_keyed *to)
{
    size_t left = 0, right = middle;
    for (size_t k = 0; k < n; k++) {
        if (right == n || (left < middle && from[left].key >= from[right].key)) to[k] = from[left++];
        else to[k] = from[right++];
    }
}

void crease_sort_descending(size_t n, crease_keyed *item, crease_keyed *spare)
{
    crease_keyed *from = item, *to = spare;
    for (size_t i = 0; i < n; i += RUN) sort_run(least(RUN, n - i), item + i);
    for (size_t width = RUN; width < n; width *= 2) {
        for (size_t i = 0; i < n; i += 2 * width)
            merge(least(2 * width, n - i), least(width, n - i), from + i, to + i);
        crease_keyed *sorted = to;
        to = from;
        from = sorted;
    }
    if (from != item) memcpy(item, from, n * sizeof *item);
}

/* --- selection: digit by digit from the top, in the integers that are ordered as the keys are ------ */

enum { DIGIT = 11, BUCKETS = 1 << DIGIT, FEW = 48 };

static uint64_t code_of(double key)
{
    uint64_t bits;
    key += 0.0; /* -0 and 0 are equal */
    memcpy(&bits, &key, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

static double select_of_few(size_t n, double *key, size_t rank)
{
    for (size_t i = 1; i < n; i++) {
        double moved = key[i];
        size_t k = i;
        for (; k > 0 && key[k - 1] < moved; k--) key[k] = key[k - 1];
        key[k] = moved;
    }
    return key[rank];
}

/* Keep the keys whose digit at `shift` is that of the key sought; *rank becomes its rank among them. */
static size_t narrow(size_t n, double *key, size_t *rank, unsigned shift)
{
    size_t count[BUCKETS] = { 0 }, kept = 0;
    uint64_t digit = BUCKETS;
    for (size_t i = 0; i < n; i++) count[code_of(key[i]) >> shift & (BUCKETS - 1)]++;
    while (*rank >= count[--digit]) *rank -= count[digit];
    for (size_t i = 0; i < n; i++)
        if ((code_of(key[i]) >> shift & (BUCKETS - 1)) == digit) key[kept++] = key[i];
    return kept;
}

double crease_select_descending(size_t n, double *key, size_t rank)
{
    for (unsigned top = 64; n > FEW && top > 0;) {
        top = top > DIGIT ? top - DIGIT : 0;
        n = narrow(n, key, &rank, top);
    }
    return n > FEW ? key[0] : select_of_few(n, key, rank); /* all digits compared: all keys are equal */
}

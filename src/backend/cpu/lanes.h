/* Vectors of 64 bytes in the compiler's own notation: one AVX-512 register, two of AVX2, four of SSE2.
 * The same operations in the same order give the same bits on all of them. */
#ifndef CREASE_CPU_LANES_H
#define CREASE_CPU_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#ifdef __AVX512F__
#include <immintrin.h>
#define CREASE_HAS_WIDE_REGISTERS 1
#endif

#include "../formulas/width.h"

typedef crease_real crease_lane __attribute__((vector_size(64)));
typedef crease_integer crease_mask __attribute__((vector_size(64)));
typedef crease_natural crease_naturals __attribute__((vector_size(64)));
typedef crease_real crease_lane_any
    __attribute__((vector_size(64), aligned(sizeof(crease_real)), may_alias));
#define CREASE_HAS_LANES 1
#define CREASE_FORMULA   static inline __attribute__((always_inline))

CREASE_FORMULA crease_mask crease_bits(crease_lane x)
{
    return (crease_mask)x;
}

CREASE_FORMULA crease_lane crease_from_bits(crease_mask bits)
{
    return (crease_lane)bits;
}

CREASE_FORMULA crease_lane crease_pick(crease_mask yes, crease_lane a, crease_lane b)
{
    return (crease_lane)((yes & (crease_mask)a) | (~yes & (crease_mask)b));
}

CREASE_FORMULA crease_lane crease_number_of_bits(crease_lane x)
{
    return __builtin_convertvector((crease_mask)x, crease_lane);
}

CREASE_FORMULA crease_mask crease_whole_part(crease_lane x)
{
    return __builtin_convertvector(x, crease_mask);
}

/* All ones where m < 0. */
CREASE_FORMULA crease_mask crease_where_negative(crease_mask m)
{
    return -(crease_mask)((crease_naturals)m >> (CREASE_CPU_BITS - 1));
}

CREASE_FORMULA bool crease_any(crease_mask yes)
{
#ifdef __AVX512F__
    return _mm512_test_epi64_mask((__m512i)yes, (__m512i)yes) != 0;
#else
    crease_integer any = 0;
    for (int l = 0; l < CREASE_LANES; l++) any |= yes[l];
    return any != 0;
#endif
}

#include "../formulas/reduce.h"

/* Defined before the formulas that use it; an array, because vectors have no square root of their own.
 */
CREASE_FORMULA crease_lane crease_square_root(crease_lane x)
{
    crease_real a[CREASE_LANES];
    memcpy(a, &x, sizeof a);
    for (int l = 0; l < CREASE_LANES; l++) {
        a[l] = CREASE_CPU_BITS == 64 ? (crease_real)__builtin_sqrt(a[l])
                                     : (crease_real)__builtin_sqrtf(a[l]);
    }
    memcpy(&x, a, sizeof a);
    return x;
}

static size_t round_up(size_t n, size_t unit)
{
    return (n + unit - 1) / unit * unit;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

CREASE_FORMULA crease_lane crease_all(double value)
{
    return (crease_lane){ 0 } + (crease_real)value;
}

CREASE_FORMULA crease_lane lanes_load(const crease_real *p)
{
    return *(const crease_lane_any *)p;
}

/* Registers are narrower than lanes on most processors. The compiler keeps a wide value in several of
 * them, but goes through memory for one that is stored whole or carried around a loop: hence the parts.
 */
#if defined __AVX512F__
#define CREASE_PART_BYTES 64
#elif defined __AVX__
#define CREASE_PART_BYTES 32
#else
#define CREASE_PART_BYTES 16
#endif
typedef crease_real lane_part __attribute__((vector_size(CREASE_PART_BYTES)));
typedef crease_real lane_part_any
    __attribute__((vector_size(CREASE_PART_BYTES), aligned(sizeof(crease_real)), may_alias));

/* Part k of x, k a literal. */
#define PART_OF_2(x, i) __builtin_shufflevector(x, x, i, i + 1)
#define PART_OF_4(x, i) __builtin_shufflevector(x, x, i, i + 1, i + 2, i + 3)
#define PART_OF_8(x, i)                                                                                \
    __builtin_shufflevector(x, x, i, i + 1, i + 2, i + 3, i + 4, i + 5, i + 6, i + 7)
#if CREASE_PART_BYTES == 64
enum { LANE_PARTS = 1 };
#define LANE_PART(x, k) (x)
#define FOR_PARTS(DO)   DO(0)
#elif CREASE_PART_BYTES == 32
enum { LANE_PARTS = 2 };
#define FOR_PARTS(DO) DO(0) DO(1)
#else
enum { LANE_PARTS = 4 };
#define FOR_PARTS(DO) DO(0) DO(1) DO(2) DO(3)
#endif
#ifndef LANE_PART
#if CREASE_PART_BYTES * 8 / CREASE_CPU_BITS == 8
#define LANE_PART(x, k) PART_OF_8(x, 8 * k)
#elif CREASE_PART_BYTES * 8 / CREASE_CPU_BITS == 4
#define LANE_PART(x, k) PART_OF_4(x, 4 * k)
#else
#define LANE_PART(x, k) PART_OF_2(x, 2 * k)
#endif
#endif

CREASE_FORMULA void lanes_store(crease_real *p, crease_lane x)
{
#define STORE(k) *(lane_part_any *)(p + k * CREASE_LANES / LANE_PARTS) = LANE_PART(x, k);
    FOR_PARTS(STORE)
#undef STORE
}

/* A sum of lanes in the course of a loop. */
typedef struct lane_sum {
    lane_part part[LANE_PARTS];
} lane_sum;

CREASE_FORMULA lane_sum sum_none(void)
{
    lane_sum sum;
    for (int k = 0; k < LANE_PARTS; k++) sum.part[k] = (lane_part){ 0 };
    return sum;
}

CREASE_FORMULA void sum_add(lane_sum *sum, crease_lane x)
{
#define ADD(k) sum->part[k] += LANE_PART(x, k);
    FOR_PARTS(ADD)
#undef ADD
}

CREASE_FORMULA crease_lane sum_lanes(lane_sum sum)
{
    crease_lane x;
    memcpy(&x, &sum, sizeof x);
    return x;
}

/* The first count entries, the others fill. */
CREASE_FORMULA crease_lane lanes_load_some(const crease_real *p, size_t count, crease_real fill)
{
    if (count == CREASE_LANES) return lanes_load(p);
    crease_lane x = crease_all(fill);
    memcpy(&x, p, count * sizeof *p);
    return x;
}

CREASE_FORMULA void lanes_store_some(crease_real *p, size_t count, crease_lane x)
{
    if (count == CREASE_LANES)
        lanes_store(p, x);
    else
        memcpy(p, &x, count * sizeof *p);
}

/* The tree of formulas/reduce.h, in registers. */
CREASE_FORMULA crease_real lanes_sum(crease_lane x)
{
#if CREASE_CPU_BITS == 64
    x += __builtin_shuffle(x, (crease_mask){ 4, 5, 6, 7 });
    x += __builtin_shuffle(x, (crease_mask){ 2, 3 });
#else
    x += __builtin_shuffle(x, (crease_mask){ 8, 9, 10, 11, 12, 13, 14, 15 });
    x += __builtin_shuffle(x, (crease_mask){ 4, 5, 6, 7 });
    x += __builtin_shuffle(x, (crease_mask){ 2, 3 });
#endif
    return x[0] + x[1];
}

CREASE_FORMULA crease_mask lanes_smaller(crease_mask a, crease_mask b)
{
#ifdef CREASE_HAS_WIDE_REGISTERS
    crease_mask below = a < b;
#else
    crease_mask below = crease_where_negative((a | (a - b)) & ~b); /* a - b may wrap: the signs decide */
#endif
    return (below & a) | (~below & b);
}

/* Lanes 0 .. count - 1 */
CREASE_FORMULA crease_mask lanes_below(crease_integer count)
{
    crease_mask number;
    for (int l = 0; l < CREASE_LANES; l++) number[l] = l;
    return number < count;
}

/* Bits of a nonnegative number order like the number; those of infinities and NaN come last. */
static const crease_real cpu_infinity = (crease_real)__builtin_inf();

CREASE_FORMULA crease_integer real_bits(crease_real x)
{
    crease_integer bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

#endif

/* Cube root without branches, divisions kept to two, at most 1 ulp off (tests/test_kernels.c).
 *
 * A third of the exponent bits and an offset give t to 5 bits; one step makes that 15 or more. t is then
 * rounded so short that t^3 is exact, hence x - t^3 too, and Halley's step t + t (x - t^3)/(2 t^3 + x)
 * adds a correction whose own rounding no longer counts. The offset and the polynomial of the double
 * version are those of FreeBSD's msun (s_cbrt.c, Bruce D. Evans; P. 0.667 ulp there).                  */
#ifndef CREASE_FORMULA_CBRT_H
#define CREASE_FORMULA_CBRT_H

#include "formula.h"

#if CREASE_CPU_BITS == 64
#define CREASE_CBRT_SHIFT      32 /* of the bits that go through the third: they must fit a mantissa */
#define CREASE_CBRT_MANTISSA   4503599627370496.0 /* 2^52: an integer below it, ored in, adds exactly */
#define CREASE_CBRT_OFFSET     715094163.0        /* (1023 - 1023/3 - 0.03306235651) 2^20 */
#define CREASE_CBRT_ROUND_BITS 36                 /* leaves 17 of 53: 3*17 = 51 */
#define CREASE_CBRT_TINY       0x1p-1022
#define CREASE_CBRT_UP         0x1p54
#define CREASE_CBRT_DOWN       0x1p-18
#else
#define CREASE_CBRT_SHIFT      8
#define CREASE_CBRT_MANTISSA   8388608.0f /* 2^23 */
#define CREASE_CBRT_OFFSET     2773274.0f /* 709958130 / 256 */
#define CREASE_CBRT_ROUND_BITS 16         /* leaves 8 of 24 */
#define CREASE_CBRT_TINY       0x1p-126f
#define CREASE_CBRT_UP         0x1p24f
#define CREASE_CBRT_DOWN       0x1p-8f
#endif

/* x > 0, normal: 5 bits of the root. The bits as a number, in the backend's own arithmetic: integer
 * division and conversion of 64-bit lanes are missing from most vector units.                          */
CREASE_FORMULA crease_lane crease_cbrt_guess(crease_lane x)
{
    const crease_lane mantissa = CREASE_CBRT_MANTISSA + 0 * x;
    crease_mask high = crease_bits(x) >> CREASE_CBRT_SHIFT;
    crease_lane number = crease_from_bits(high | crease_bits(mantissa)) - mantissa;
    crease_lane third = number * (crease_real)(1.0 / 3.0) + (crease_real)CREASE_CBRT_OFFSET;
    return crease_from_bits((crease_bits(third + mantissa) ^ crease_bits(mantissa)) << CREASE_CBRT_SHIFT);
}

CREASE_FORMULA crease_lane crease_cbrt_improve(crease_lane t, crease_lane x)
{
#if CREASE_CPU_BITS == 64
    crease_lane r = (t * t) * (t / x), r3 = (r * r) * r;
    crease_lane low = 1.87595182427177009643 + r * (-1.88497979543377169875 + r * 1.621429720105354466140);
    return t * (low + r3 * (-0.758397934778766047437 + r * 0.145996192886612446982));
#else
    crease_lane t3 = t * t * t;
    return t * ((t3 + x + x) / (t3 + t3 + x));
#endif
}

CREASE_FORMULA crease_lane crease_cbrt(crease_lane x)
{
    crease_lane size = crease_absolute(x);
    crease_mask tiny = size < (crease_real)CREASE_CBRT_TINY;
    crease_lane a = crease_pick(tiny, size * (crease_real)CREASE_CBRT_UP, size);
    crease_lane t = crease_cbrt_improve(crease_cbrt_guess(a), a);
    const crease_integer half = (crease_integer)1 << (CREASE_CBRT_ROUND_BITS - 1);
    t = crease_from_bits(((crease_bits(t) + half) >> CREASE_CBRT_ROUND_BITS) << CREASE_CBRT_ROUND_BITS);
    crease_lane t3 = t * t * t;
    t = t + t * ((a - t3) / (t3 + t3 + a));
    t = crease_pick(tiny, t * (crease_real)CREASE_CBRT_DOWN, t);
    /* zero, infinities and NaN are their own roots */
    crease_mask regular = (size > 0) & (size < (crease_real)INFINITY);
    return crease_pick(regular, crease_with_sign(t, x), x + x);
}

#endif

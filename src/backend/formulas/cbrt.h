/* Cube root without branches, at most 1 ulp off (tests/test_backend.c).
 *
 * A third of the exponent bits and an offset give t to 5 bits. What is left is found relative to a t that is
 * rounded so short that t^3 and x - t^3 are exact: a small correction whose own rounding hardly counts. One
 * division in single precision, two in double. The offset and the polynomial of the double version are
 * those of FreeBSD's msun (s_cbrt.c, Bruce D. Evans).                                                   */
#ifndef CREASE_FORMULA_CBRT_H
#define CREASE_FORMULA_CBRT_H

#include "formula.h"

#if CREASE_CPU_BITS == 64
#define CREASE_CBRT_SHIFT      32 /* of the bits that go through the third: they must fit a mantissa */
#define CREASE_CBRT_MANTISSA   4503599627370496.0 /* 2^52: an integer below it, ored in, adds exactly */
#define CREASE_CBRT_OFFSET     715094163.0        /* (1023 - 1023/3 - 0.03306235651) 2^20 */
#define CREASE_CBRT_ROUND_BITS 36                 /* leaves 17 of 53: 3*17 = 51 */
#define CREASE_CBRT_TINY       0x1p-1000
#define CREASE_CBRT_UP         0x1p90
#define CREASE_CBRT_DOWN       0x1p-30
#else
#define CREASE_CBRT_SHIFT      8
#define CREASE_CBRT_MANTISSA   8388608.0f /* 2^23 */
#define CREASE_CBRT_OFFSET     2773274.0f /* 709958130 / 256 */
#define CREASE_CBRT_ROUND_BITS 16         /* leaves 8 of 24 */
#define CREASE_CBRT_TINY       0x1p-100f
#define CREASE_CBRT_UP         0x1p60f
#define CREASE_CBRT_DOWN       0x1p-20f
#endif

/* x > 0, normal: 5 bits of the root. The bits as a number, in the backend's own arithmetic: integer
 * division and conversion of 64-bit lanes are missing from most vector units.                          */
CREASE_FORMULA crease_lane crease_cbrt_guess(crease_lane x)
{
    const crease_lane mantissa = crease_all(CREASE_CBRT_MANTISSA);
    crease_mask high = crease_bits(x) >> CREASE_CBRT_SHIFT;
    crease_lane number = crease_from_bits(high | crease_bits(mantissa)) - mantissa;
    crease_lane third = number * (crease_real)(1.0 / 3.0) + (crease_real)CREASE_CBRT_OFFSET;
    return crease_from_bits((crease_bits(third + mantissa) ^ crease_bits(mantissa)) << CREASE_CBRT_SHIFT);
}

/* t cut so short that t^3 is exact, and with it x - t^3 */
CREASE_FORMULA crease_lane crease_cbrt_round(crease_lane t)
{
    const crease_integer half = (crease_integer)1 << (CREASE_CBRT_ROUND_BITS - 1);
    return crease_from_bits((crease_bits(t) + half) & -((crease_integer)1 << CREASE_CBRT_ROUND_BITS));
}

#if CREASE_CPU_BITS == 64
/* 23 bits by a polynomial in t^3/x, rounded; then Halley's step h = (x - t^3)/(2 t^3 + x) with its next term. */
CREASE_FORMULA crease_lane crease_cbrt_refine(crease_lane t, crease_lane x)
{
    crease_lane r = (t * t) * (t / x), r3 = (r * r) * r;
    crease_lane low = 1.87595182427177009643 + r * (-1.88497979543377169875 + r * 1.621429720105354466140);
    t = crease_cbrt_round(t * (low + r3 * (-0.758397934778766047437 + r * 0.145996192886612446982)));
    crease_lane t3 = t * t * t, h = (x - t3) / (t3 + t3 + x);
    return t + t * (h + (2.0 / 3.0) * (h * h * h));
}
#else
/* With e = x/t^3 - 1, the root is t (1 + e)^(1/3); the polynomial is ((1 + e)^(1/3) - 1)/e to 9e-8 on |e| < 0.115,
 * which holds all guesses, and the correction is so small that its own rounding does not count.         */
CREASE_FORMULA crease_lane crease_cbrt_refine(crease_lane t, crease_lane x)
{
    t = crease_cbrt_round(t);
    crease_lane t3 = t * t * t, e = (x - t3) / t3;
    crease_lane high = 0.0617264993f + e * (-0.0415439568f + e * 0.0305594355f);
    return t + t * (e * (0.333333343f + e * (-0.111109816f + e * high)));
}
#endif

/* x >= 0 or NaN */
CREASE_FORMULA crease_lane crease_cbrt(crease_lane x)
{
    crease_mask tiny = x < (crease_real)CREASE_CBRT_TINY;
    /* scaled up so that no step underflows, or down because 3 a may overflow */
    crease_lane a = x * crease_pick(tiny, crease_all(CREASE_CBRT_UP), crease_all(0x1p-6));
    crease_lane t = crease_cbrt_refine(crease_cbrt_guess(a), a);
    t = t * crease_pick(tiny, crease_all(CREASE_CBRT_DOWN), crease_all(4));
    /* zero, infinity and NaN are their own roots */
    crease_mask regular = (x > 0) & (x < (crease_real)INFINITY);
    return crease_pick(regular, t, x);
}

#endif

/* Cube root, at most 1 ulp off (tests/test_backend.c).
 *
 * A third of the exponent bits and an offset give t to 5 bits. What is left is found relative to a t
 * that is rounded so short that t^3 and x - t^3 are exact: a small correction whose own rounding hardly
 * counts. One division in single precision, two in double. The offset and the polynomial of the double
 * version are those of FreeBSD's msun (s_cbrt.c, Bruce D. Evans). */
#ifndef CREASE_FORMULA_CBRT_H
#define CREASE_FORMULA_CBRT_H

#include "formula.h"

/* Numbers in [LEAST, MOST) take the short way; the others are scaled by 2^(3 SHIFT), their roots by
 * 2^SHIFT. */
#if CREASE_CPU_BITS == 64
#define CREASE_CBRT_LEAST 0x1p-1000
#define CREASE_CBRT_MOST  0x1p1000
#define CREASE_CBRT_SCALE 0x1p30

/* 23 bits by a polynomial in t^3/x, rounded to 17 of 53 (3*17 = 51), then Halley's step h = (x -
 * t^3)/(2 t^3 + x) with its next term. The high bits pass through the third as a number below 2^52,
 * ored into and out of a mantissa: most vector units neither divide nor convert 64-bit integers. */
CREASE_FORMULA crease_lane crease_cbrt_short(crease_lane x)
{
    const crease_lane mantissa = crease_all(0x1p52);
    crease_lane number = crease_from_bits((crease_bits(x) >> 32) | crease_bits(mantissa)) - mantissa;
    crease_lane third = number * (1.0 / 3.0) + 715094163.0; /* (1023 - 1023/3 - 0.03306235651) 2^20 */
    crease_lane t = crease_from_bits((crease_bits(third + mantissa) ^ crease_bits(mantissa)) << 32);
    crease_lane r = (t * t) * (t / x), r3 = (r * r) * r;
    crease_lane low =
        1.87595182427177009643 + r * (-1.88497979543377169875 + r * 1.621429720105354466140);
    t = t * (low + r3 * (-0.758397934778766047437 + r * 0.145996192886612446982));
    t = crease_from_bits((crease_bits(t) + ((crease_integer)1 << 35)) & -((crease_integer)1 << 36));
    crease_lane t3 = t * t * t, h = (x - t3) / (t3 + t3 + x);
    return t + t * (h + (2.0 / 3.0) * (h * h * h));
}
#else
#define CREASE_CBRT_LEAST 0x1p-100f
#define CREASE_CBRT_MOST  0x1p100f
#define CREASE_CBRT_SCALE 0x1p20f

/* t is cut to 8 of 24 bits; half of what is cut is in the offset. With e = x/t^3 - 1 the root is t (1 +
 * e)^(1/3); the polynomial is ((1 + e)^(1/3) - 1)/e to 9e-8 on |e| < 0.115, which holds all guesses. */
CREASE_FORMULA crease_lane crease_cbrt_short(crease_lane x)
{
    const float offset = 709958130.0f + 32768.0f; /* (127 - 127/3 - 0.03306235651) 2^23 */
    crease_lane third = crease_number_of_bits(x) * (1.0f / 3.0f) + offset;
    crease_lane t = crease_from_bits(crease_whole_part(third) & -(1 << 16));
    crease_lane t3 = t * t * t, e = (x - t3) / t3;
    crease_lane high = 0.0617264993f + e * (-0.0415439568f + e * 0.0305594355f);
    return t + t * (e * (0.333333343f + e * (-0.111109816f + e * high)));
}
#endif

/* Zero, infinities and NaN are their own roots. */
CREASE_FORMULA crease_lane crease_cbrt_long(crease_lane x)
{
    const crease_lane up = crease_all(CREASE_CBRT_SCALE), down = crease_all(1 / CREASE_CBRT_SCALE),
                      one = crease_all(1);
    crease_lane size = crease_absolute(x);
    crease_mask regular = (size > 0) & (size < (crease_real)INFINITY);
    crease_mask tiny = size < CREASE_CBRT_LEAST, huge = size >= CREASE_CBRT_MOST;
    crease_lane scale = crease_pick(tiny, up, crease_pick(huge, down, one));
    crease_lane back = crease_pick(tiny, down, crease_pick(huge, up, one));
    crease_lane t = crease_cbrt_short(crease_pick(regular, size * scale * scale * scale, one));
    return crease_pick(regular, crease_with_sign(t * back, x), x + x);
}

/* Each lane has the same bits whatever the others hold. */
CREASE_FORMULA crease_lane crease_cbrt(crease_lane x)
{
    crease_mask plain = crease_is_between(x, crease_all(CREASE_CBRT_LEAST), crease_all(CREASE_CBRT_MOST));
    crease_lane t = crease_cbrt_short(x);
    return crease_any(~plain) ? crease_pick(plain, t, crease_cbrt_long(x)) : t;
}

#endif

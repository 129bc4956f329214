/* What the formulas of this folder are written in, so that one text compiles as C and as CUDA.
 *
 *   CREASE_FORMULA   how a formula is declared
 *   crease_real      the width of the backend (float or double), CREASE_CPU_BITS its bits
 *   crease_lane      what one instruction works on: a vector of reals on a CPU, one real elsewhere
 *   crease_mask      the signed integer (or vector of them) as wide; comparisons of lanes give 0 or -1
 *
 * A backend with vectors defines crease_lane and the helpers below before it includes a formula. */
#ifndef CREASE_FORMULA_H
#define CREASE_FORMULA_H

#include <math.h>
#include <string.h>

#include "width.h"

#ifndef CREASE_FORMULA
#ifdef __CUDACC__
#define CREASE_FORMULA static __host__ __device__ inline
#else
#define CREASE_FORMULA static inline
#endif
#endif

#ifndef CREASE_HAS_LANES
typedef crease_real crease_lane;
typedef crease_integer crease_mask;

CREASE_FORMULA crease_lane crease_all(double value)
{
    return (crease_lane)value;
}

CREASE_FORMULA crease_mask crease_bits(crease_lane x)
{
    crease_mask bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

CREASE_FORMULA crease_lane crease_from_bits(crease_mask bits)
{
    crease_lane x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

CREASE_FORMULA crease_lane crease_pick(crease_mask yes, crease_lane a, crease_lane b)
{
    return yes ? a : b;
}

/* The bits of x as an integer, in x's own width; and the integer part of a number. */
CREASE_FORMULA crease_lane crease_number_of_bits(crease_lane x)
{
    return (crease_lane)crease_bits(x);
}

CREASE_FORMULA crease_mask crease_whole_part(crease_lane x)
{
    return (crease_mask)x;
}

CREASE_FORMULA int crease_any(crease_mask yes)
{
    return yes != 0;
}

CREASE_FORMULA crease_mask crease_where_negative(crease_mask m)
{
    return -(crease_mask)((crease_natural)m >> (CREASE_CPU_BITS - 1));
}

CREASE_FORMULA crease_lane crease_square_root(crease_lane x)
{
    return (crease_lane)sqrt(x); /* the double root of a float, rounded, is the correctly rounded one */
}
#endif

/* Comparisons of the innermost loops, all ones where true. Compilers take a comparison of vectors wider than a
 * register apart, element by element; there they are arithmetic on bits, which order like the numbers.  */
#ifdef CREASE_HAS_WIDE_REGISTERS
CREASE_FORMULA crease_mask crease_is_zero(crease_lane x)
{
    return x == 0;
}

CREASE_FORMULA crease_mask crease_is_at_most_zero(crease_lane x)
{
    return x <= 0;
}

CREASE_FORMULA crease_mask crease_is_between(crease_lane x, crease_lane low, crease_lane high)
{
    return (x >= low) & (x < high);
}
#else
CREASE_FORMULA crease_mask crease_is_zero(crease_lane x)
{
    return crease_where_negative((crease_bits(x) & ~CREASE_SIGN_BIT) - 1);
}

/* x <= 0, x no negative NaN */
CREASE_FORMULA crease_mask crease_is_at_most_zero(crease_lane x)
{
    return crease_where_negative(crease_bits(x)) | crease_is_zero(x);
}

/* low <= x < high, for 0 < low; false for NaN */
CREASE_FORMULA crease_mask crease_is_between(crease_lane x, crease_lane low, crease_lane high)
{
    crease_mask size = crease_bits(x) & ~CREASE_SIGN_BIT;
    return ~crease_where_negative(crease_bits(x) | (size - crease_bits(low)) | (crease_bits(high) - 1 - size));
}
#endif

CREASE_FORMULA crease_lane crease_absolute(crease_lane x)
{
    return crease_from_bits(crease_bits(x) & ~CREASE_SIGN_BIT);
}

/* |x| with the sign of s */
CREASE_FORMULA crease_lane crease_with_sign(crease_lane x, crease_lane s)
{
    return crease_from_bits((crease_bits(x) & ~CREASE_SIGN_BIT) | (crease_bits(s) & CREASE_SIGN_BIT));
}

#endif

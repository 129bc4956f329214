/* Facts of one width: crease_real is float or double, CREASE_CPU_BITS its bits. */
#ifndef CREASE_FORMULA_WIDTH_H
#define CREASE_FORMULA_WIDTH_H

#include <stdint.h>

#define CREASE_LANES (512 / CREASE_CPU_BITS) /* of the fixed-order sums */

#if CREASE_CPU_BITS == 64
typedef int64_t crease_integer;
typedef uint64_t crease_natural;
#define CREASE_SIGN_BIT INT64_MIN
#else
typedef int32_t crease_integer;
typedef uint32_t crease_natural;
#define CREASE_SIGN_BIT INT32_MIN
#endif

#endif

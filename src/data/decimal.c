/* Decimals short enough for one exact operation: w 10^e with a whole number w <= 2^53 and |e| <= 22.
 * Both w and 10^|e| are doubles, so that w * 10^e or w / 10^-e, rounded once, is the double nearest to
 * the decimal (Clinger, "How to read floating point numbers accurately", PLDI 1990). This is several
 * times as fast as strtod. */
#include <float.h>
#include <stdbool.h>

#include "input.h"

enum {
    MOST_DIGITS = 19, /* they fit into 64 bits */
    MOST_POWER = 22,  /* 10^22 = 2^22 5^22, and 5^22 < 2^53 */
};
static const uint64_t LARGEST = UINT64_C(1) << DBL_MANT_DIG;
static const double power[MOST_POWER + 1] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                              1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                              1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

static const char *read_digits(const char *at, uint64_t *number)
{
    for (; *at >= '0' && *at <= '9'; at++) *number = 10 * *number + (uint64_t)(*at - '0');
    return at;
}

/* What follows an e; NULL if it is no number of one or two digits. */
static const char *read_exponent(const char *at, int *exponent)
{
    uint64_t number = 0;
    bool minus = *at == '-';
    at += *at == '-' || *at == '+';
    const char *end = read_digits(at, &number);
    if (end == at || end > at + 2) return NULL;
    *exponent += minus ? -(int)number : (int)number;
    return end;
}

const char *crease_input_decimal(const char *text, double *value)
{
    uint64_t number = 0;
    bool minus = *text == '-';
    const char *start = text + (*text == '-' || *text == '+'), *end = read_digits(start, &number);
    size_t digits = (size_t)(end - start), fraction = 0;
    if (*end == '.') {
        start = end + 1;
        end = read_digits(start, &number);
        fraction = (size_t)(end - start);
    }
    if (digits + fraction == 0 || digits + fraction > MOST_DIGITS || number > LARGEST) return NULL;
    int exponent = -(int)fraction;
    if ((*end == 'e' || *end == 'E') && !(end = read_exponent(end + 1, &exponent))) return NULL;
    if (exponent < -MOST_POWER || exponent > MOST_POWER) return NULL;
    /* Wider intermediate results would be rounded twice. */
    if (FLT_EVAL_METHOD != 0) return NULL;
    double magnitude = (double)number;
    magnitude = exponent < 0 ? magnitude / power[-exponent] : magnitude * power[exponent];
    *value = minus ? -magnitude : magnitude;
    return end;
}

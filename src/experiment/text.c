/* A growing text. */
#include "text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int grow(crease_text *t, size_t more)
{
    if (t->length + more < t->size) return CREASE_OK;
    size_t size = 2 * (t->length + more) + 256;
    char *s = crease_alloc(t->ctx, size, 1);
    if (!s) return CREASE_ENOMEM;
    if (t->s) memcpy(s, t->s, t->length);
    crease_release(t->ctx, t->s);
    t->s = s;
    t->size = size;
    return CREASE_OK;
}

void crease_text_add(crease_text *t, const char *format, ...)
{
    if (t->code != CREASE_OK) return;
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    t->code =
        n < 0 ? crease_fail(t->ctx, CREASE_EINVAL, "cannot format '%s'", format) : grow(t, (size_t)n);
    if (t->code == CREASE_OK) {
        vsnprintf(t->s + t->length, t->size - t->length, format, again);
        t->length += (size_t)n;
    }
    va_end(again);
    va_end(args);
}

void crease_text_add_number(crease_text *t, double x)
{
    char decimal[40];
    if (isnan(x)) return;
    if (x == floor(x) && fabs(x) < 1e15) return crease_text_add(t, "%.0f", x); /* 30, not 3e+01 */
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(decimal, sizeof decimal, "%.*g", digits, x);
        if (strtod(decimal, NULL) == x) break;
    }
    crease_text_add(t, "%s", decimal);
}

void crease_text_free(crease_text *t)
{
    crease_release(t->ctx, t->s);
    *t = (crease_text){ .ctx = t->ctx };
}

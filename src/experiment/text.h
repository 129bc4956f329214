/* A growing text. The first failure is kept in code and makes every later call do nothing, so a caller
 * tests once, at the end. */
#ifndef CREASE_TEXT_H
#define CREASE_TEXT_H

#include "crease/context.h"

typedef struct crease_text {
    crease_ctx *ctx;
    char *s; /* NULL while empty */
    size_t length, size;
    int code;
} crease_text;

void crease_text_add(crease_text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The shortest decimal that reads back to the same bits; nothing for NaN. */
void crease_text_add_number(crease_text *t, double x);
void crease_text_free(crease_text *t);

#endif

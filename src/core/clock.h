/* The clock that all durations are read from: it never goes back. */
#ifndef CREASE_CLOCK_H
#define CREASE_CLOCK_H

#include <time.h>

static inline double crease_now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline double crease_now_ms(void)
{
    return 1e3 * crease_now_s();
}

#endif

/* Counter-based random numbers (Philox 4x32-10; Salmon, Moraes, Dror, Shaw, SC 2011). A draw is a pure
 * function of (seed, stream, index): no draw depends on how many came before, so restarts, resumes,
 * backends and test order cannot change it.                                                           */
#ifndef CREASE_RANDOM_H
#define CREASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include <gsl/gsl_rng.h>

/* Streams keep purposes apart; the high bits of an index (an epoch, say) are the caller's. */
typedef enum {
    CREASE_STREAM_DATA = 1, /* generated data          */
    CREASE_STREAM_START,    /* start points            */
    CREASE_STREAM_ORDER,    /* order of the rows       */
    CREASE_STREAM_SAMPLE,   /* sampled diagnostics     */
    CREASE_STREAM_TEST,     /* tests and benchmarks    */
} crease_stream;

typedef struct crease_random {
    uint64_t seed, stream, index; /* index counts 128-bit blocks */
    uint32_t block[4];
    unsigned used; /* words of block already handed out */
} crease_random;

/* A generator at block `index` of a stream. */
crease_random crease_random_at(uint64_t seed, uint64_t stream, uint64_t index);

uint32_t crease_random_u32(crease_random *r);
double crease_random_uniform(crease_random *r);                  /* [0, 1), 53 bits */
double crease_random_normal(crease_random *r);                   /* N(0, 1) */
uint64_t crease_random_below(crease_random *r, uint64_t n);      /* 0 .. n-1, unbiased */
void crease_random_permutation(crease_random *r, size_t n, uint32_t *p); /* p becomes a shuffle of 0..n-1 */

/* The same numbers as a GSL generator, for its distributions: gsl_rng_alloc(crease_gsl_philox()), then
 * set the seed (gsl_rng_set) and, if wanted, the whole state through gsl_rng_state() (a crease_random). */
const gsl_rng_type *crease_gsl_philox(void);

/* The block function itself: 4 words from a 128-bit counter and a 64-bit key. */
void crease_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

#endif

/* Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3, SC 2011). */
#include "crease/random.h"

#include <math.h>

static uint32_t multiply(uint32_t a, uint32_t b, uint32_t *high)
{
    uint64_t product = (uint64_t)a * b;
    *high = (uint32_t)(product >> 32);
    return (uint32_t)product;
}

void crease_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t x[4] = { counter[0], counter[1], counter[2], counter[3] }, k[2] = { key[0], key[1] };
    for (int round = 0; round < 10; round++) {
        uint32_t high0, high1;
        uint32_t low0 = multiply(0xD2511F53u, x[0], &high0), low1 = multiply(0xCD9E8D57u, x[2], &high1);
        uint32_t next[4] = { high1 ^ x[1] ^ k[0], low1, high0 ^ x[3] ^ k[1], low0 };
        for (int i = 0; i < 4; i++) x[i] = next[i];
        k[0] += 0x9E3779B9u; /* golden ratio */
        k[1] += 0xBB67AE85u; /* sqrt(3) - 1  */
    }
    for (int i = 0; i < 4; i++) out[i] = x[i];
}

crease_random crease_random_at(uint64_t seed, uint64_t stream, uint64_t index)
{
    return (crease_random){ .seed = seed, .stream = stream, .index = index, .used = 4 };
}

uint32_t crease_random_u32(crease_random *r)
{
    if (r->used == 4) {
        uint32_t counter[4] = { (uint32_t)r->index, (uint32_t)(r->index >> 32), (uint32_t)r->stream,
                                (uint32_t)(r->stream >> 32) };
        uint32_t key[2] = { (uint32_t)r->seed, (uint32_t)(r->seed >> 32) };
        crease_philox4x32(counter, key, r->block);
        r->index++;
        r->used = 0;
    }
    return r->block[r->used++];
}

static uint64_t next_u64(crease_random *r)
{
    uint64_t high = crease_random_u32(r);
    return high << 32 | crease_random_u32(r);
}

double crease_random_uniform(crease_random *r)
{
    return (double)(next_u64(r) >> 11) * 0x1p-53;
}

/* Box and Muller's transform; one of the pair, so that a draw is two uniforms, always. */
double crease_random_normal(crease_random *r)
{
    double u = 1 - crease_random_uniform(r); /* (0, 1] */
    double angle = 6.283185307179586 * crease_random_uniform(r);
    return sqrt(-2 * log(u)) * cos(angle);
}

/* Lemire's multiplication with rejection (ACM TOMACS 29, 2019). */
uint64_t crease_random_below(crease_random *r, uint64_t n)
{
    uint64_t low_limit = -n % n;
    unsigned __int128 product;
    do product = (unsigned __int128)next_u64(r) * n;
    while ((uint64_t)product < low_limit);
    return (uint64_t)(product >> 64);
}

void crease_random_permutation(crease_random *r, size_t n, uint32_t *p)
{
    for (size_t i = 0; i < n; i++) p[i] = (uint32_t)i;
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)crease_random_below(r, i);
        uint32_t swap = p[i - 1];
        p[i - 1] = p[j];
        p[j] = swap;
    }
}

/* --- the same generator in GSL's clothes --------------------------------------------------------- */

static void gsl_set(void *state, unsigned long seed)
{
    *(crease_random *)state = crease_random_at(seed, CREASE_STREAM_TEST, 0);
}

static unsigned long gsl_get(void *state)
{
    return crease_random_u32(state);
}

static double gsl_get_double(void *state)
{
    return crease_random_uniform(state);
}

const gsl_rng_type *crease_gsl_philox(void)
{
    static const gsl_rng_type type = { "crease_philox4x32", UINT32_MAX, 0, sizeof(crease_random),
                                       gsl_set, gsl_get, gsl_get_double };
    return &type;
}

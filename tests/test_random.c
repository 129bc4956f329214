/* Random streams: known answers, independence of order, distributions, and GSL's view of them. Every
 * draw is fixed by its seed, so that a bound that holds once holds always. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>

#include "support.h"

static crease_random stream(uint64_t index)
{
    return crease_random_at(20240314, CREASE_STREAM_TEST, index << 32);
}

/* Known answers of the Random123 distribution (kat_vectors, philox4x32 with 10 rounds). */
static void test_known_answers(void **state)
{
    (void)state;
    static const uint32_t cases[][10] = {
        { 0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 },
        { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d,
          0x41c83b0e, 0xa20bc7c6, 0x6d5451fd },
        { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09,
          0x94fdcceb, 0x5001e420, 0x24126ea1 },
    };
    for (int i = 0; i < 3; i++) {
        uint32_t out[4];
        crease_philox4x32(cases[i], cases[i] + 4, out);
        assert_memory_equal(out, cases[i] + 6, sizeof out);
    }
}

/* A draw is a function of seed, stream, index: the counter is (index, stream), the key the seed. */
static void test_counter_and_key(void **state)
{
    (void)state;
    const uint64_t seed = 0x0123456789abcdef, number = 0xfedcba9876543210;
    const uint64_t indices[] = { 0, 1, 0xffffffff, 0x100000000, UINT64_MAX };
    for (int i = 0; i < 5; i++) {
        crease_random r = crease_random_at(seed, number, indices[i]);
        for (uint64_t block = 0; block < 3; block++) {
            uint64_t index = indices[i] + block; /* carries into the high word, and wraps */
            uint32_t counter[] = { (uint32_t)index, (uint32_t)(index >> 32), 0x76543210, 0xfedcba98 };
            uint32_t key[] = { 0x89abcdef, 0x01234567 }, out[4];
            crease_philox4x32(counter, key, out);
            for (int k = 0; k < 4; k++) assert_int_equal(crease_random_u32(&r), out[k]);
        }
    }
}

static void test_order_does_not_matter(void **state)
{
    (void)state;
    enum { N = 100 };
    double forward[N], backward[N];
    for (int i = 0; i < N; i++) {
        crease_random r = stream((uint64_t)i);
        forward[i] = crease_random_normal(&r);
    }
    for (int i = N; i-- > 0;) {
        crease_random r = stream((uint64_t)i);
        backward[i] = crease_random_normal(&r);
        for (int k = 0; k < i; k++) crease_random_below(&r, 7);
    }
    assert_memory_equal(forward, backward, sizeof forward);
    crease_random a = crease_random_at(1, 1, 0), b = crease_random_at(1, 2, 0),
                  c = crease_random_at(2, 1, 0);
    int same = 0;
    for (int i = 0; i < N; i++) {
        uint32_t x = crease_random_u32(&a), y = crease_random_u32(&b), z = crease_random_u32(&c);
        same += x == y || y == z || x == z;
    }
    assert_int_equal(same, 0);
}

static void test_uniform(void **state)
{
    (void)state;
    enum { N = 50000, CELLS = 50 };
    crease_random r = stream(1), words = stream(1);
    double chi = 0, count[CELLS] = { 0 };
    for (int i = 0; i < N; i++) {
        double u = crease_random_uniform(&r);
        uint64_t high = crease_random_u32(&words), low = crease_random_u32(&words);
        assert_true(u == ldexp((double)((high << 32 | low) >> 11), -53));
        assert_true(u >= 0 && u < 1);
        count[(int)(u * CELLS)]++;
    }
    for (int i = 0; i < CELLS; i++) chi += pow(count[i] - N / CELLS, 2) / (N / CELLS);
    assert_true(gsl_cdf_chisq_Q(chi, CELLS - 1) > 1e-4 && gsl_cdf_chisq_P(chi, CELLS - 1) > 1e-4);
}

static double moment(const double *x, int n, int power)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += pow(x[i], power);
    return sum / n;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void assert_normal(double *x, int n)
{
    double root = sqrt(n), largest = 0; /* moments 1 to 4 have variances 1, 2, 15, 96 */
    assert_true(fabs(moment(x, n, 1)) < 4 / root);
    assert_true(fabs(moment(x, n, 2) - 1) < 4 * sqrt(2) / root);
    assert_true(fabs(moment(x, n, 3)) < 4 * sqrt(15) / root);
    assert_true(fabs(moment(x, n, 4) - 3) < 4 * sqrt(96) / root);
    qsort(x, (size_t)n, sizeof *x, compare);
    for (int i = 0; i < n; i++)
        largest = fmax(largest, fabs(gsl_cdf_ugaussian_P(x[i]) - (i + 0.5) / n));
    assert_true(largest * root < 2); /* Kolmogorov: exceeded with probability 7e-4 */
}

static void test_normal(void **state)
{
    (void)state;
    enum { N = 40000 };
    static double x[N];
    crease_random r = stream(2);
    for (int i = 0; i < N; i++) x[i] = crease_random_normal(&r);
    double next = 0;
    for (int i = 1; i < N; i++) next += x[i] * x[i - 1] / N;
    assert_true(fabs(next) < 4 / sqrt(N)); /* neighbours are not correlated */
    assert_normal(x, N);
    r = stream(3);
    crease_random words = r;
    for (int i = 0; i < 100; i++) { /* two uniforms a draw, by Box and Muller; 1 - u is never 0 */
        double u = crease_random_uniform(&words), angle = 2 * M_PI * crease_random_uniform(&words);
        assert_true(fabs(crease_random_normal(&r) - sqrt(-2 * log1p(-u)) * cos(angle)) < 1e-13);
    }
    assert_int_equal(r.index, words.index);
}

static void test_below(void **state)
{
    (void)state;
    crease_random r = stream(4);
    const uint64_t limits[] = {
        1, 2, 3, 10, 1000003, (uint64_t)1 << 32, ((uint64_t)1 << 63) + 1, UINT64_MAX
    };
    for (int i = 0; i < 8; i++)
        for (int k = 0; k < 2000; k++) assert_true(crease_random_below(&r, limits[i]) < limits[i]);
    enum { N = 60000, SIDES = 6, THIRDS = 3000 };
    double chi = 0, count[SIDES] = { 0 };
    for (int i = 0; i < N; i++) count[crease_random_below(&r, SIDES)]++;
    for (int i = 0; i < SIDES; i++) chi += pow(count[i] - N / SIDES, 2) / (N / SIDES);
    assert_true(gsl_cdf_chisq_Q(chi, SIDES - 1) > 1e-4);
    /* n = 3/4 2^64: of draws modulo n half would fall into the lower third; of draws scaled without a
     * rejection half would be multiples of 3 */
    int low = 0, multiples = 0;
    for (int i = 0; i < THIRDS; i++) {
        uint64_t draw = crease_random_below(&r, (uint64_t)3 << 62);
        low += draw < (uint64_t)1 << 62;
        multiples += draw % 3 == 0;
    }
    assert_true(abs(low - THIRDS / 3) < 4 * sqrt(THIRDS * 2. / 9));
    assert_true(abs(multiples - THIRDS / 3) < 4 * sqrt(THIRDS * 2. / 9));
}

static void test_permutation(void **state)
{
    (void)state;
    static uint32_t p[5001];
    static unsigned char seen[5000];
    crease_random r = stream(5);
    p[0] = 77;
    crease_random_permutation(&r, 0, p);
    assert_int_equal(p[0], 77);
    for (size_t n = 1; n <= 5000; n = 3 * n + 1) {
        memset(seen, 0, sizeof seen);
        p[n] = 77;
        crease_random_permutation(&r, n, p);
        assert_int_equal(p[n], 77);
        for (size_t i = 0; i < n; i++) {
            assert_true(p[i] < n);
            assert_int_equal(seen[p[i]]++, 0);
        }
    }
}

/* All 24 orders of four things come equally often. */
static void test_permutations_are_fair(void **state)
{
    (void)state;
    enum { N = 24000 };
    double chi = 0, count[256] = { 0 };
    int orders = 0;
    for (uint64_t i = 0; i < N; i++) {
        uint32_t p[4];
        crease_random r = stream(100 + i);
        crease_random_permutation(&r, 4, p);
        count[p[0] << 6 | p[1] << 4 | p[2] << 2 | p[3]]++;
    }
    for (int i = 0; i < 256; i++) {
        orders += count[i] > 0;
        if (count[i] > 0) chi += pow(count[i] - N / 24, 2) / (N / 24);
    }
    assert_int_equal(orders, 24);
    assert_true(gsl_cdf_chisq_Q(chi, 23) > 1e-4);
}

static void test_gsl(void **state)
{
    (void)state;
    enum { N = 20000 };
    static double x[N];
    gsl_rng *g = gsl_rng_alloc(crease_gsl_philox());
    assert_non_null(g);
    assert_string_equal(gsl_rng_name(g), "crease_philox4x32");
    assert_true(gsl_rng_min(g) == 0 && gsl_rng_max(g) == UINT32_MAX);
    for (unsigned long seed = 0; seed < 3; seed++) {
        crease_random r = crease_random_at(seed, CREASE_STREAM_TEST, 0);
        gsl_rng_set(g, seed);
        for (int i = 0; i < 50; i++) {
            assert_true(gsl_rng_get(g) == crease_random_u32(&r));
            assert_true(gsl_rng_uniform(g) == crease_random_uniform(&r));
        }
    }
    crease_random start = crease_random_at(5, CREASE_STREAM_DATA, 123456789012), r = start;
    assert_int_equal(gsl_rng_size(g), sizeof start);
    memcpy(gsl_rng_state(g), &start, sizeof start);
    gsl_rng *copy = gsl_rng_clone(g);
    for (int i = 0; i < 50; i++) {
        uint32_t word = crease_random_u32(&r);
        assert_true(gsl_rng_get(g) == word && gsl_rng_get(copy) == word);
    }
    for (int i = 0; i < N; i++) x[i] = gsl_ran_gaussian_ziggurat(g, 1);
    assert_normal(x, N);
    for (int i = 0; i < 1000; i++) assert_true(gsl_rng_uniform_int(g, 10) < 10);
    gsl_rng_free(copy);
    gsl_rng_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),
        cmocka_unit_test(test_counter_and_key),
        cmocka_unit_test(test_order_does_not_matter),
        cmocka_unit_test(test_uniform),
        cmocka_unit_test(test_normal),
        cmocka_unit_test(test_below),
        cmocka_unit_test(test_permutation),
        cmocka_unit_test(test_permutations_are_fair),
        cmocka_unit_test(test_gsl),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

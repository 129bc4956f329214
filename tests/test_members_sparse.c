/* Members of ties, competition and counts: linf, group_linf, exclusive, ksupport, topk, n_m_sparsity; and
 * the sorting beneath them. */
#include <stdlib.h>

#include "../src/core/order.h"
#include "member.h"

/* --- order ------------------------------------------------------------------------------------------ */

static int by_key(const void *a, const void *b)
{
    const crease_keyed *p = a, *q = b;
    if (p->key != q->key) return p->key > q->key ? -1 : 1;
    return p->index < q->index ? -1 : p->index > q->index;
}

static void order_is_that_of_qsort(void **state)
{
    enum { MOST = 3000 };
    static crease_keyed mine[MOST], theirs[MOST], spare[MOST];
    static double key[MOST];
    (void)state;
    for (size_t k = 0; k < crease_test_count(2000); k++) {
        crease_random r = crease_random_at(k, CREASE_STREAM_TEST, 1);
        size_t n = crease_random_below(&r, k % 10 == 0 ? MOST : 100),
               values = 1 + crease_random_below(&r, 200);
        for (size_t i = 0; i < n; i++) {
            double v = (double)crease_random_below(&r, values) - (double)values / 2;
            mine[i] = theirs[i] = (crease_keyed){ k % 3 == 0 ? v : k % 3 == 1 ? v * 1e-320 : exp(v), i };
        }
        crease_sort_descending(n, mine, spare);
        qsort(theirs, n, sizeof *theirs, by_key);
        for (size_t i = 0; i < n; i++) assert_true(mine[i].index == theirs[i].index);
        for (size_t rank = 0; rank < n; rank += 1 + n / 5) {
            for (size_t i = 0; i < n; i++) key[i] = mine[i * 7919 % n].key; /* a prime > n: all of them */
            assert_true(crease_select_descending(n, key, rank) == mine[rank].key);
        }
    }
}

/* --- what the convex ones share ----------------------------------------------------------------------- */

static const char *const convex[] = { "linf", "group_linf", "exclusive", "ksupport" };

static void set_numbers(member *m, const char *key, double decades)
{
    double a[MEMBER_MOST];
    for (size_t i = 0; i < m->s.n; i++) a[i] = pow(10, member_between(m, -decades / 2, decades / 2));
    assert_ok(m->ctx, crease_regularizer_set_numbers(m->psi, key, m->s.n, a));
}

/* Case k of a member: w around where the structure changes, ties and zeros now and then. */
static void draw_case(member *m, crease_ctx *ctx, const char *name, size_t n, size_t k, double decades)
{
    member_open(m, ctx, name, n, k);
    member_draw(m, decades);
    if (k % 7 == 0) m->c[0] = 0;
    if (k % 5 == 0) m->c[n - 1] = m->c[0], m->d[n - 1] = m->d[0];
    if (k % 3 == 0) m->c[n / 2] = 0.25;
    m->s.weight = member_between(m, 0.2, 3);
    if (strcmp(name, "ksupport") == 0)
        member_set(m, "k", (double)(1 + crease_random_below(&m->random, n + 1)));
    bool numbers = strcmp(name, "linf") == 0 || strcmp(name, "exclusive") == 0,
         ties = strstr(name, "linf") != NULL;
    if (numbers && k % 2) set_numbers(m, "a", k % 4 == 1 ? 1 : 6);
    m->w = pow(10, ties ? member_between(m, -3, log10((double)n)) : member_between(m, -4, 4));
    if (k % 11 == 0) member_set(m, "lambda", 0.37);
}

/* Certificates, and Fenchel's equality, which needs no subdifferential. */
static void convex_members_are_optimal(void **state)
{
    unsigned most = 0;
    for (size_t k = 0; k < crease_test_count(8000); k++) {
        member m;
        draw_case(&m, *state, convex[k % 4], 1 + k / 4 % 23, k / 4, k % 3 == 0 ? 12 : k % 3 == 1 ? 25 : 1);
        member_certified(&m, 1e-14);
        member_pairs(&m, 1e-12);
        most = m.info.iterations > most ? m.info.iterations : most;
        member_close(&m);
    }
    assert_true(most <= 80);
}

static void radii_hold(void **state)
{
    size_t positive = 0, cases = crease_test_count(4000);
    for (size_t k = 0; k < cases; k++) {
        member m;
        draw_case(&m, *state, convex[k % 4], 1 + k / 4 % 7, k / 4, k % 3 ? 1 : 6);
        member_certified(&m, 1e-14);
        positive += crease_part_radius(m.psi, &m.s, m.c, m.d, m.w, m.x) > 0;
        member_radius_holds(&m, 30);
        member_close(&m);
    }
    assert_true(positive > cases / 3);
}

/* 1/2 x'Dx - c'x + w psi(x) in long double. */
static long double objective(const member *m, const double *x, long double penalty)
{
    long double sum = m->w * penalty;
    for (size_t i = 0; i < m->s.n; i++) sum += 0.5L * m->d[i] * x[i] * x[i] - (long double)m->c[i] * x[i];
    return sum;
}

/* --- linf ------------------------------------------------------------------------------------------- */

/* The maximum by sorting breakpoints and prefix sums, in long double; a = 1. */
static long double sorted_maximum(const member *m)
{
    crease_keyed z[MEMBER_MOST], spare[MEMBER_MOST];
    long double weight = (long double)m->w * m->s.weight, sum = 0, metric = 0, t = 0;
    for (size_t i = 0; i < m->s.n; i++)
        z[i] = (crease_keyed){ fabs(m->c[i]) / m->d[i], i }, sum += fabs(m->c[i]);
    if (sum <= weight) return 0;
    sum = 0;
    crease_sort_descending(m->s.n, z, spare);
    for (size_t k = 0; k < m->s.n; k++) {
        sum += fabs(m->c[z[k].index]);
        metric += m->d[z[k].index];
        t = (sum - weight) / metric;
        if (k + 1 == m->s.n || t >= z[k + 1].key) break;
    }
    return t;
}

static void the_maximum_is_that_of_sorting(void **state)
{
    for (size_t k = 0; k < crease_test_count(2000); k++) {
        member m;
        crease_unit unit[MEMBER_MOST];
        draw_case(&m, *state, "linf", 1 + k % 30, 2 * k, 3);
        member_set(&m, "lambda", 1);
        member_certified(&m, 1e-14);
        long double t = sorted_maximum(&m);
        double largest = 0;
        size_t tied = 0;
        for (size_t i = 0; i < m.s.n; i++) largest = fmax(largest, fabs(m.x[i]));
        assert_true(fabsl(largest - t) <= 1e-12L * (1 + t));
        crease_part_signature(m.psi, &m.s, m.x, unit);
        for (size_t i = 0; i < m.s.n; i++) {
            tied += largest > 0 && fabs(m.x[i]) == largest;
            assert_int_equal(unit[i], largest == 0 ? 0 : fabs(m.x[i]) < largest ? 1 : m.x[i] > 0 ? 2 : 3);
        }
        size_t dimension = crease_part_dimension(m.psi, &m.s, m.x, unit);
        assert_int_equal(dimension, largest > 0 ? m.s.n - tied + 1 : 0);
        member_close(&m);
    }
}

/* A flat entry is tied at whatever the others need, unless it alone pulls more than the weight. */
static void flat_entries_are_tied(void **state)
{
    member m;
    member_open(&m, *state, "group_linf", 3, 1);
    m.d[0] = 0, m.c[0] = 0.5, m.c[1] = 2, m.c[2] = -0.25;
    member_certified(&m, 1e-15);
    assert_true(m.x[0] == 1.5 && m.x[1] == 1.5 && m.x[2] == -0.25); /* multipliers 0.5 + 0.5 = w */
    m.c[0] = 1; /* the flat entry carries all of w: the maximum is that of the others */
    member_certified(&m, 1e-15);
    assert_true(m.x[0] == 2 && m.x[1] == 2);
    m.c[0] = 1.5;
    assert_int_equal(member_solve(&m), CREASE_EUNBOUNDED);
    member_close(&m);
}

/* --- exclusive lasso -------------------------------------------------------------------------------- */

/* With tiny d_i, tau is c_i/a_i up to its last digits: (c_i - a_i tau)/d_i with tau in one double is noise.
 */
static void exclusive_in_tiny_metrics(void **state)
{
    member m;
    member_open(&m, *state, "exclusive", 2, 1);
    m.d[0] = 1e-14, m.d[1] = 1e-14, m.c[0] = 3, m.c[1] = 3 - 1e-14;
    member_certified(&m, 1e-15);
    double tau = m.w * (fabs(m.x[0]) + fabs(m.x[1])), naive = (m.c[0] - tau) / m.d[0];
    assert_true(m.x[0] != 0 && m.x[1] != 0 && fabs(naive - m.x[0]) > 1e-3 * m.x[0]);
    m.d[0] = 0, m.d[1] = 1, m.c[1] = 3.1; /* the limit: tau is c_0 exactly */
    member_certified(&m, 1e-15);
    assert_true(m.x[0] > 0 && m.x[1] > 0 && fabs(m.x[0] + m.x[1] - 3) < 1e-14);
    m.s.weight = 0;
    assert_int_equal(member_solve(&m), CREASE_EUNBOUNDED);
    member_close(&m);
}

/* --- k-support norm --------------------------------------------------------------------------------- */

/* The square of the norm by Argyriou, Foygel and Srebro's rule, from sorted magnitudes. */
static long double sorted_square(size_t n, size_t k, const double *x)
{
    crease_keyed z[MEMBER_MOST], spare[MEMBER_MOST];
    long double square = 0;
    for (size_t i = 0; i < n; i++) z[i] = (crease_keyed){ fabs(x[i]), i };
    crease_sort_descending(n, z, spare);
    for (size_t i = n; i < k; i++) z[i] = (crease_keyed){ 0, i };
    for (size_t r = 0; r < k; r++) {
        long double tail = 0, head = 0;
        for (size_t i = k - r - 1; i < (n > k ? n : k); i++) tail += z[i].key;
        for (size_t i = 0; i + r + 1 < k; i++) head += (long double)z[i].key * z[i].key;
        long double mean = tail / (r + 1);
        if ((r + 1 == k || z[k - r - 2].key > mean) && mean >= z[k - r - 1].key) return head + tail * mean;
    }
    for (size_t i = 0; i < n; i++) square += (long double)x[i] * x[i]; /* rounding left no r */
    return square;
}

static void ksupport_values(void **state)
{
    for (size_t k = 0; k < crease_test_count(2000); k++) {
        member m;
        size_t n = 1 + k % 12, keep = 1 + k / 12 % 14;
        member_open(&m, *state, "ksupport", n, k);
        member_set(&m, "k", (double)keep);
        member_draw(&m, 1);
        for (size_t i = 0; i < n; i++)
            if (crease_random_uniform(&m.random) < 0.2) m.c[i] = i % 2 ? 0 : 1;
        long double square = sorted_square(n, keep, m.c);
        assert_true(fabsl(crease_part_value(m.psi, &m.s, m.c) - square / 2) <= 1e-14L * square);
        for (int trial = 0; trial < 20; trial++) { /* any eta is an upper bound */
            long double eta[MEMBER_MOST], sum = 0, bound = 0;
            for (size_t i = 0; i < n; i++) sum += eta[i] = member_between(&m, 1e-3, 1);
            for (size_t i = 0; i < n; i++)
                bound += (long double)m.c[i] * m.c[i] / fminl(eta[i] * fminl(1, (long double)keep / sum), 1);
            assert_true(bound >= square * (1 - 1e-15L));
        }
        member_close(&m);
    }
}

/* The objective of the answer against the variational problem, its eta found by bisection in long double. */
static void ksupport_against_its_variational_form(void **state)
{
    for (size_t k = 0; k < crease_test_count(2000); k++) {
        member m;
        draw_case(&m, *state, "ksupport", 1 + k % 15, k, k % 2 ? 2 : 14);
        member_certified(&m, 1e-14);
        long double lambda = k % 11 == 0 ? (long double)0.37 : 1, kappa = lambda * m.w * m.s.weight;
        long double low = 0, high = 0, least = 0;
        long keep = *(const long *)((const char *)m.s.opts + m.s.type->base.params[1].offset);
        for (size_t i = 0; i < m.s.n; i++) high = fmaxl(high, fabs(m.c[i]));
        for (int j = 0; j < 200 && high > 0; j++) { /* to the last bit of tau */
            long double tau = low > 0 ? sqrtl(low) * sqrtl(high) : high * 1e-40L, sum = 0;
            for (size_t i = 0; i < m.s.n; i++)
                sum += fminl(fmaxl(kappa * (fabs(m.c[i]) / tau - 1) / m.d[i], 0), 1);
            if (sum > keep || low == 0) low = tau;
            else high = tau;
        }
        for (size_t i = 0; i < m.s.n; i++) {
            long double eta = high > 0 ? fminl(fmaxl(kappa * (fabs(m.c[i]) / high - 1) / m.d[i], 0), 1) : 0;
            least -= (long double)m.c[i] * m.c[i] / 2 * eta / (m.d[i] * eta + kappa);
        }
        long double ours = objective(&m, m.x, crease_part_value(m.psi, &m.s, m.x)), size = 0;
        for (size_t i = 0; i < m.s.n; i++) size += fabs(m.c[i] * m.x[i]);
        if (!(ours <= least + 1e-13L * size)) fail_msg("case %zu: %Lg above %Lg", k, ours - least, least);
        member_close(&m);
    }
}

/* --- counts ----------------------------------------------------------------------------------------- */

/* The best support among all that the constraint allows. */
static long double enumerate(const member *m, size_t keep, size_t block)
{
    long double best = 0;
    for (unsigned mask = 0; mask < 1u << m->s.n; mask++) {
        size_t count = 0;
        bool allowed = true;
        long double value = 0;
        for (size_t i = 0; i < m->s.n; i++) {
            if (i % block == 0) count = 0;
            if (!(mask >> i & 1)) continue;
            allowed &= ++count <= keep;
            value -= (long double)m->c[i] * m->c[i] / m->d[i] / 2;
        }
        if (allowed) best = fminl(best, value);
    }
    return best;
}

static void counts_against_all_supports(void **state)
{
    for (size_t k = 0; k < crease_test_count(2000); k++) {
        static const size_t blocks[] = { 1, 2, 3, 4, 5 };
        member m;
        size_t block = k % 2 ? blocks[k / 2 % 5] : 1 + k / 2 % 11,
               n = k % 2 ? block * (1 + k / 10 % 2) : block;
        member_open(&m, *state, k % 2 ? "n_m_sparsity" : "topk", n, k);
        size_t keep = crease_random_below(&m.random, block + 2);
        if (k % 2) member_set(&m, "m", (double)block);
        member_set(&m, k % 2 ? "n" : "k", (double)keep);
        member_draw(&m, k % 3 == 0 ? 12 : 2);
        if (k % 5 == 0 && n > 1) m.c[n - 1] = -m.c[0], m.d[n - 1] = m.d[0], m.c[n / 2] = 0;
        member_certified(&m, 1e-15);
        assert_true(crease_part_value(m.psi, &m.s, m.x) == 0);
        long double best = enumerate(&m, keep, block);
        assert_true(fabsl(objective(&m, m.x, 0) - best) <= 1e-14L * -best);
        if (k % 4 < 2) member_radius_holds(&m, 20);
        member_close(&m);
    }
}

/* The largest |c_i/d_i| are not the right ones. */
static void the_largest_entries_are_not_the_best(void **state)
{
    member m;
    member_open(&m, *state, "topk", 2, 1);
    m.c[0] = 1, m.d[0] = 0.1, m.c[1] = 5, m.d[1] = 1; /* c/d = 10, 5; gains 5, 12.5 */
    member_certified(&m, 1e-15);
    assert_true(m.x[0] == 0 && m.x[1] == 5);
    m.d[0] = 0;
    assert_int_equal(member_solve(&m), CREASE_EUNBOUNDED);
    m.c[0] = 0;
    member_certified(&m, 1e-15);
    double both[2] = { 1, 5 }, g[2] = { 3, 4 }, one[2] = { 0, 5 };
    assert_true(isinf(crease_part_value(m.psi, &m.s, both)));
    assert_true(isinf(crease_part_residual(m.psi, &m.s, both, g, 1)));
    assert_true(crease_part_residual(m.psi, &m.s, one, g, 1) == 4);
    one[1] = 0; /* room for one: its gradient counts */
    assert_true(crease_part_residual(m.psi, &m.s, one, g, 1) == 3);
    member_close(&m);
    member_open(&m, *state, "n_m_sparsity", 6, 1);
    assert_non_null(crease_part_refusal(m.psi, &m.s));
    m.s.n = 8;
    assert_null(crease_part_refusal(m.psi, &m.s));
    member_close(&m);
}

/* --- the ends of the range -------------------------------------------------------------------------- */

static const char *const members[] = {
    "linf", "group_linf", "exclusive", "ksupport", "topk", "n_m_sparsity"
};
enum { MEMBERS = sizeof members / sizeof *members };

static void extreme_magnitudes(void **state)
{
    static const double sizes[] = { 1e-30, 1e-8, 1, 1e8, 1e30 };
    for (size_t k = 0; k < crease_test_count(20000); k++) {
        member m;
        member_open(&m, *state, members[k % MEMBERS], 4 * (1 + k / 6 % 3), k);
        member_draw(&m, k % 2 ? 25 : 12);
        m.w = sizes[k / 6 % 5];
        for (size_t i = 0; i < m.s.n; i++) m.c[i] *= sizes[k / 30 % 5], m.d[i] *= k / 150 % 2 ? 1e10 : 1e-10;
        member_certified(&m, 1e-14);
        member_close(&m);
    }
}

static void hostile_input(void **state)
{
    for (size_t k = 0; k < MEMBERS; k++) {
        member m;
        member_open(&m, *state, members[k], 4, k);
        m.c[2] = NAN;
        assert_int_equal(member_solve(&m), CREASE_ENAN);
        m.c[2] = INFINITY;
        assert_int_equal(member_solve(&m), CREASE_ENAN);
        m.c[2] = -3, m.d[3] = INFINITY;
        assert_int_equal(member_solve(&m), CREASE_ENAN);
        m.d[3] = 1, m.s.weight = INFINITY;
        member_certified(&m, 1e-15);
        for (size_t i = 0; i < 4; i++) assert_true(m.x[i] == 0);
        m.s.weight = 0;
        member_certified(&m, 1e-15);
        assert_true(m.x[2] == -3 && crease_part_value(m.psi, &m.s, m.x) == 0);
        memset(m.c, 0, sizeof m.c);
        m.s.weight = 1;
        member_certified(&m, 1e-15);
        for (size_t i = 0; i < 4; i++) assert_true(m.x[i] == 0);
        m.s.n = 0;
        assert_ok(m.ctx, member_solve(&m));
        assert_true(crease_part_value(m.psi, &m.s, m.x) == 0 && member_certificate(&m) == 0);
        member_close(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_that_of_qsort),
        cmocka_unit_test(convex_members_are_optimal),
        cmocka_unit_test(radii_hold),
        cmocka_unit_test(the_maximum_is_that_of_sorting),
        cmocka_unit_test(flat_entries_are_tied),
        cmocka_unit_test(exclusive_in_tiny_metrics),
        cmocka_unit_test(ksupport_values),
        cmocka_unit_test(ksupport_against_its_variational_form),
        cmocka_unit_test(counts_against_all_supports),
        cmocka_unit_test(the_largest_entries_are_not_the_best),
        cmocka_unit_test(extreme_magnitudes),
        cmocka_unit_test(hostile_input),
    };
    return cmocka_run_group_tests(tests, member_set_up, member_tear_down);
}

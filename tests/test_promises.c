/* What a met inexactness test promises, held against the raw numbers and the known solution. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "stopping_support.h"

typedef long double real;

static int set_up(void **state)
{
    *state = test_ctx();
    return 0;
}

static int tear_down(void **state)
{
    crease_ctx_free(*state);
    return 0;
}

typedef struct {
    plain_look at, start, center, exact;
    real move, move_first;
} view;

typedef void inequality(const view *s, real *left, real *right);

#define INEQUALITY(name, LEFT, RIGHT)                                                                  \
    static void name(const view *s, real *left, real *right)                                           \
    {                                                                                                  \
        *left = LEFT;                                                                                  \
        *right = RIGHT;                                                                                \
    }

#define SCALE 0.5L /* paper_scale */
#define STEP  3    /* t */

static real square(real a)
{
    return a * a;
}

static const real residual_eps = SCALE * 1e-2L / STEP, gap_eps = SCALE * 1e-5L / 27,
                  salzo_eps2 = SCALE * 1e-4L / 81;
#define ERROR (s->at.value - s->exact.value)

INEQUALITY(residual_claim, s->at.residual, residual_eps)
INEQUALITY(residual_promise, s->at.distance, residual_eps / sqrtl(s->at.least))
INEQUALITY(relative_claim, s->at.residual / sqrtl(s->at.least), 0.005L * s->at.span)
INEQUALITY(relative_promise, s->at.distance, 0.005L * s->at.span)
INEQUALITY(hpe_claim, 2 * s->at.gap, 0.0004L * square(s->at.span))
INEQUALITY(hpe_promise, s->at.distance, 0.02L * s->at.span)
INEQUALITY(gap_claim, s->at.gap, gap_eps)
INEQUALITY(gap_promise, ERROR, gap_eps)
INEQUALITY(lee_claim, s->at.gap, 0.001L * (s->start.value - (s->at.value - s->at.gap)))
INEQUALITY(lee_promise, ERROR, 0.001L * (s->start.value - s->exact.value))
INEQUALITY(bonettini_claim, s->at.value - s->center.value,
           0.999L * (s->at.value - s->at.gap - s->center.value))
INEQUALITY(bonettini_promise, s->at.value - s->center.value,
           0.999L * (s->exact.value - s->center.value))
INEQUALITY(dai_claim, s->at.gap, square(sqrtl(6 / 2.9L) - sqrtl(2)) / 4 * square(s->at.span))
INEQUALITY(dai_promise, s->at.value - s->center.value - square(s->at.span) / 2,
           -5.7L / 5.8L * square(s->at.span))
INEQUALITY(salzo1_claim, s->at.gap, salzo_eps2 / 2)
INEQUALITY(salzo1_promise, ERROR, salzo_eps2 / 2)
INEQUALITY(salzo2_claim, s->at.fenchel, salzo_eps2 / 2)
INEQUALITY(salzo3_claim, s->at.residual / sqrtl(s->at.least), sqrtl(salzo_eps2))
INEQUALITY(salzo3_promise, s->at.distance, sqrtl(salzo_eps2))
INEQUALITY(progress_claim, s->move, 0.01L * s->move_first)
INEQUALITY(progress_promise, s->move, s->move_first)

typedef struct {
    const char *spec;
    inequality *claim, *promise;
    bool reported; /* the claim's two sides are what is reported */
} promise;

static const promise promises[] = {
    { "residual", residual_claim, residual_promise, true },
    { "rel_residual:eps0=0.005,schedule=constant", relative_claim, relative_promise, true },
    { "hpe:sigma=0.02", hpe_claim, hpe_promise, true },
    { "gap:eps0=1e-5", gap_claim, gap_promise, true },
    { "lee_wright:eta=0.001", lee_claim, lee_promise, false },
    { "bonettini:eta=0.999", bonettini_claim, bonettini_promise, false },
    { "dai_robinson:gamma=1.9", dai_claim, dai_promise, true },
    { "salzo_villa:approximation=1", salzo1_claim, salzo1_promise, true },
    { "salzo_villa:approximation=3", salzo3_claim, salzo3_promise, true },
    { "progress:ratio=0.01,min_iters=1,max_iters=9999", progress_claim, progress_promise, true },
};

static view see(const plain_problem *p, const plain_trace *t, bool before, bool live_only)
{
    return (view){ plain_look_at(p, before ? t->before : t->x, live_only),
                   plain_look_at(p, t->start, live_only),
                   plain_look_at(p, p->s.x0, live_only),
                   plain_look_at(p, p->s.target, live_only),
                   before ? t->move_before : t->move,
                   t->move_first };
}

/* Held at the answer, with what follows from it for the whole, and not yet one iteration before. */
static void check_promise(plain_problem *p, const char *solver, const promise *q)
{
    plain_trace t;
    real left, right;
    char where[200];
    p->s.p.step = STEP;
    p->s.p.paper_scale = (double)SCALE;
    plain_solve(p, solver, q->spec, &t);
    snprintf(where, sizeof where, "%s, %s, %s, %u iterations", q->spec, solver, plain_name(p->kind),
             t.j);
    if (t.info.stop != CREASE_STOP_MET) fail_msg("%s: %s", where, crease_stop_name(t.info.stop));
    view now = see(p, &t, false, true), whole = see(p, &t, false, false);
    q->claim(&now, &left, &right);
    if (!(left <= right * (1 + 1e-9L) + 1e-13L)) fail_msg("%s: %Lg is above %Lg", where, left, right);
    if (q->reported
        && (fabsl(left - t.info.tested) > 1e-6L * left + 1e-13L
            || fabsl(right - t.info.threshold) > 1e-9L * right))
        fail_msg("%s: reported %g and %g, true %Lg and %Lg", where, t.info.tested, t.info.threshold,
                 left, right);
    if (q->claim == residual_claim) assert_true(now.at.value <= now.start.value + 1e-12L);
    q->promise(&whole, &left, &right);
    if (!(left <= right + 1e-12L)) fail_msg("%s: promised %Lg <= %Lg", where, left, right);
    if (t.j == 1) return;
    view before = see(p, &t, true, true);
    q->claim(&before, &left, &right);
    if (!(left >= right * (1 - 1e-9L) - 1e-13L))
        fail_msg("%s: had been met, %Lg <= %Lg", where, left, right);
}

static void promises_are_kept(void **state)
{
    size_t several = 0, cases = 2 + crease_test_count(60);
    for (size_t q = 0; q < sizeof promises / sizeof *promises; q++)
        for (plain_kind kind = 0; kind < N_PLAIN; kind++)
            for (size_t k = 0; k < cases; k++) {
                plain_problem p;
                plain_trace t;
                plain_make(*state, kind,
                           kind == PLAIN_NUCLEAR ? 0
                           : k % 2               ? 100
                                                 : 10,
                           k % 4 == 1 ? 0.02 : 0, 300 + k, &p);
                check_promise(&p, k % 2 ? "pg" : "apg", &promises[q]);
                plain_solve(&p, "pg", promises[q].spec, &t);
                several += t.j > 1;
                plain_free(&p);
            }
    assert_true(several > 3 * cases * sizeof promises / sizeof *promises);
}

/* The second approximation of Salzo and Villa wants c - D x inside the dual ball: with the l1 norm from
 * above. */
static void feasible_duals_meet_the_second_kind(void **state)
{
    for (uint64_t k = 0; k < 3 + crease_test_count(100); k++) {
        static const promise second = { "salzo_villa:approximation=2", salzo2_claim, salzo1_promise,
                                        true };
        plain_problem p;
        plain_trace t;
        plain_make(*state, PLAIN_L1, 100, 0, k, &p);
        for (int i = 0; i < PLAIN_N; i++) p.s.x[i] = 3 * p.s.target[i];
        check_promise(&p, "pg", &second);
        plain_solve(&p, "pg", second.spec, &t);
        plain_look at = plain_look_at(&p, t.x, true);
        assert_true(t.j > 1 && fabsl(at.gap - at.fenchel) <= 1e-13L);
        for (int i = 0; i < PLAIN_N; i++) p.s.x[i] = 0; /* from below: infinite until rounding */
        plain_solve(&p, "pg", second.spec, &t);
        assert_int_equal(t.info.stop, CREASE_STOP_PRECISION);
        plain_free(&p);
    }
}

/* Dual bounds, whichever the point: gap >= Q(x) - Q*, 2 and 3 imply 1, c(gamma) and the descent that it
 * buys. */
static void implications_hold(void **state)
{
    for (uint64_t k = 0; k < 20 + crease_test_count(2000); k++) {
        plain_problem p;
        double x[PLAIN_N], gamma = 0.01 + 1.98 * (double)(k % 20) / 20;
        plain_make(*state, (plain_kind)(k % N_PLAIN), k % N_PLAIN == PLAIN_NUCLEAR ? 0 : 50, 0, 700 + k,
                   &p);
        double off = pow(10, -6 * crease_random_uniform(&p.s.random));
        for (int i = 0; i < PLAIN_N; i++)
            x[i] = p.s.target[i] == 0 && k % 2
                       ? 0
                       : p.s.target[i] + off * crease_random_normal(&p.s.random);
        plain_look at = plain_look_at(&p, x, false), exact = plain_look_at(&p, p.s.target, false),
                   center = plain_look_at(&p, p.s.x0, false);
        real error = at.value - exact.value, c = square(sqrtl(6 / (1 + (real)gamma)) - sqrtl(2)) / 4;
        assert_true(error <= at.gap + 1e-12L && at.gap <= at.fenchel + 1e-12L);
        assert_true(error <= square(at.residual) / (2 * at.least) + 1e-12L);
        assert_true(square(at.distance) <= 2 * error + 1e-12L);
        if (error <= c * square(at.span))
            assert_true(at.value - center.value - square(at.span) / 2
                        <= -3 * (real)gamma / (2 * (1 + (real)gamma)) * square(at.span) + 1e-12L);
        plain_free(&p);
    }
}

/* min 1/2 (x - z)^2 + lambda |x| with |z| < lambda has its solution at 0. At x = h > 0 the gap falls
 * with h, so that every test by values is met off the manifold; the subgradient there is h - z +
 * lambda, and its tests are not. */
static void small_gaps_do_not_identify(void **state)
{
    static const char *const by_value[] = { "gap",
                                            "hpe",
                                            "lee_wright",
                                            "bonettini",
                                            "dai_robinson",
                                            "salzo_villa",
                                            "salzo_villa:approximation=2" },
                             *const by_subgradient[] = { "residual", "rel_residual",
                                                         "salzo_villa:approximation=3" };
    const double z = 0.4, lambda = 1, x0 = -0.5, start = 2;
    for (double h = 1e-4; h > 1e-100; h *= 1e-3) {
        crease_progress p = { .j = 9, .t = 1, .paper_scale = 1, .least = 1 };
        double y = z - h; /* c - D x, inside the dual ball: the gap is that of this point */
        p.gap = p.fenchel = lambda * h - y * h;
        p.residual = h - z + lambda;
        p.value = 0.5 * (h - z) * (h - z) + lambda * h;
        p.value_start = 0.5 * (start - z) * (start - z) + lambda * start;
        p.value_center = 0.5 * (x0 - z) * (x0 - z) + lambda * fabs(x0);
        p.span = h - x0;
        for (size_t i = 0;
             i < sizeof by_value / sizeof *by_value + sizeof by_subgradient / sizeof *by_subgradient;
             i++) {
            size_t values = sizeof by_value / sizeof *by_value;
            crease_stopping *stop =
                plain_parse(*state, i < values ? by_value[i] : by_subgradient[i - values]);
            if (h < 1e-5) assert_int_equal(crease_stopping_met(stop, &p), i < values);
            crease_stopping_free(stop);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(promises_are_kept),
        cmocka_unit_test(feasible_duals_meet_the_second_kind),
        cmocka_unit_test(implications_hold),
        cmocka_unit_test(small_gaps_do_not_identify),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

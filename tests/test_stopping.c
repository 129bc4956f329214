/* Inexactness tests: the registry, schedules, tests made of two, outcomes. What they promise:
 * test_promises.c. */
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

static const crease_stopping_type *type_at(crease_ctx *ctx, size_t i)
{
    return (const crease_stopping_type *)crease_type_at(ctx, CREASE_STOPPING, i);
}

/* --- the registry -------------------------------------------------------------------------------- */

static void descriptors_are_complete(void **state)
{
    const crease_stopping_type *type;
    for (size_t i = 0; (type = type_at(*state, i)); i++) {
        const char *const facts[] = { type->base.summary, type->base.formula, type->base.source,
                                      type->guarantee, type->identifies };
        for (size_t k = 0; k < sizeof facts / sizeof *facts; k++)
            if (!facts[k] || !*facts[k]) fail_msg("%s: fact %zu is missing", type->base.name, k);
        crease_stopping *stop = crease_stopping_create(*state, type->base.name);
        const crease_limits *limits = crease_stopping_limits(stop);
        assert_true(limits->min_iters <= limits->max_iters && limits->max_iters >= 1);
        crease_stopping_free(stop);
    }
    assert_true(crease_type_at(*state, CREASE_STOPPING, 13) != NULL);
}

/* Started at the solution a test is met as soon as its least number of iterations allows, with these
 * exceptions. Not ruled by x: `fixed` and `budget`. Relative to the way from the start, here zero up to
 * rounding: `lee_wright` and `progress` compare two roundings. `and`: its second test wants two
 * iterations, and `residual` sees after the first that rounding is reached. These end by whichever way,
 * with the solution kept. */
static void warm_start_stops_at_once(void **state)
{
    crease_ctx *ctx = *state;
    const crease_stopping_type *type;
    static const char *const others[] = { "fixed", "budget", "lee_wright", "progress", "and" };
    for (size_t i = 0; (type = type_at(ctx, i)); i++) {
        plain_problem p;
        plain_trace t;
        bool other = false;
        for (size_t k = 0; k < 5; k++) other = other || strcmp(type->base.name, others[k]) == 0;
        crease_stopping *stop = crease_stopping_create(ctx, type->base.name);
        long least = crease_stopping_limits(stop)->min_iters;
        crease_stopping_free(stop);
        plain_make(ctx, PLAIN_GROUP, 100, 0, 60, &p);
        memcpy(p.s.x, p.s.target, PLAIN_N * sizeof(double));
        plain_solve(&p, "pg", type->base.name, &t);
        if (!other && (t.info.stop != CREASE_STOP_MET || t.j != (unsigned)least))
            fail_msg("%s: %s after %u", type->base.name, crease_stop_name(t.info.stop), t.j);
        assert_true(test_max_error(PLAIN_N, t.x, p.s.target) < 1e-12);
        plain_free(&p);
    }
}

/* A solver that does not move has made all the progress there is. */
static void no_move_is_progress(void **state)
{
    crease_progress p = { .j = 5, .move = 0, .move_first = 0 };
    crease_stopping *stop = plain_parse(*state, "progress");
    assert_true(crease_stopping_met(stop, &p));
    p.j = 4;
    assert_false(crease_stopping_met(stop, &p));
    crease_stopping_free(stop);
}

/* --- schedules ----------------------------------------------------------------------------------- */

static void schedules_are_as_stated(void **state)
{
    static const struct {
        const char *spec;
        double most; /* of sum eps_t^2 up to any t */
    } cases[] = { { "residual:eps0=0.3,schedule=constant", INFINITY },
                  { "residual:eps0=0.3,power=1", 0.09 * 1.6449340668482264 },
                  { "residual:eps0=0.3,schedule=geometric,ratio=0.9", 0.09 / (1 - 0.81) },
                  { "residual:eps0=0.3,schedule=summable", 0.09 * 4.6 } };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        crease_stopping *stop = plain_parse(*state, cases[k].spec);
        crease_progress p = { .j = 1, .paper_scale = 2 };
        real sum = 0, plain = 0;
        for (p.t = 1; p.t < 100000; p.t++) {
            double tested, eps;
            real t = p.t, slow = logl(t + 1);
            const real forms[] = { 0.3L, 0.3L / t, 0.3L * powl(0.9L, t - 1), 0.3L / (t * slow * slow) };
            crease_stopping_compare(stop, &p, &tested, &eps);
            if (!(fabsl(eps - 2 * forms[k]) <= 1e-10L * forms[k] + 1e-300L))
                fail_msg("%s at %lu: %g", cases[k].spec, p.t, eps);
            sum += (real)eps * eps / 4;
            plain += (real)eps / 2;
        }
        assert_true(sum <= cases[k].most * (1 + 1e-12L));
        /* the tail of 1/(t log(t + 1)^2) beyond T is at most 1/log(T): the plain sum is finite too */
        if (k == 3) assert_true(plain + 0.3L / logl(1e5L) < 0.3L * 3.8L);
        crease_stopping_free(stop);
    }
}

/* --- tests made of two --------------------------------------------------------------------------- */

static unsigned count(plain_problem *p, const char *spec)
{
    plain_trace t;
    plain_solve(p, "pg", spec, &t);
    if (t.info.stop != CREASE_STOP_MET) fail_msg("%s: %s", spec, crease_stop_name(t.info.stop));
    return t.j;
}

static unsigned largest(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

static unsigned smallest(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static void two_tests_stop_with_the_later_or_the_earlier(void **state)
{
    static const char *const specs[] = { "residual:eps0=1e-3,schedule=constant", "fixed:iterations=7",
                                         "lee_wright:eta=0.01", "gap:eps0=1e-8,schedule=constant",
                                         "progress:ratio=1e-3" };
    enum { N = sizeof specs / sizeof *specs };
    unsigned alone[N];
    char spec[600];
    plain_problem p;
    plain_make(*state, PLAIN_GROUP, 100, 0, 11, &p);
    for (size_t i = 0; i < N; i++) alone[i] = count(&p, specs[i]);
    for (size_t i = 0; i < N * N; i++) {
        unsigned a = alone[i / N], b = alone[i % N], c = alone[(i + 1) % N];
        snprintf(spec, sizeof spec, "and:first=[%s],second=[%s]", specs[i / N], specs[i % N]);
        assert_int_equal(count(&p, spec), largest(a, b));
        snprintf(spec, sizeof spec, "[or:first=[%s],second=[%s]]", specs[i / N], specs[i % N]);
        assert_int_equal(count(&p, spec), smallest(a, b));
        snprintf(spec, sizeof spec, "and:first=[or:first=[%s],second=[%s]],second=[%s],max_iters=500",
                 specs[i / N], specs[i % N], specs[(i + 1) % N]);
        assert_int_equal(count(&p, spec), largest(smallest(a, b), c));
    }
    plain_free(&p);
}

/* The cap is that of the pair; what is reported is a ratio against 1. */
static void pairs_have_their_own_cap(void **state)
{
    plain_problem p;
    plain_trace t;
    plain_make(*state, PLAIN_GROUP, 100, 0, 11, &p);
    plain_solve(&p, "pg",
                "and:first=[residual:eps0=1e-9,max_iters=2],second=[fixed:iterations=3],max_iters=6",
                &t);
    assert_int_equal(t.info.stop, CREASE_STOP_CAP);
    assert_int_equal(t.j, 6);
    assert_true(t.info.threshold == 1 && t.info.tested > 1e4);
    plain_free(&p);
}

static void wrong_specs_name_the_place(void **state)
{
    static const struct {
        const char *spec, *words;
    } cases[] = {
        { "residul", "did you mean 'residual'" },
        { "residual:eps=1", "did you mean 'eps0'" },
        { "residual:eps0", "is not of the form key=value" },
        { "hpe:sigma=1.5", "stopping hpe: sigma is '1.5', but must be" },
        { "lee_wright:eta=1", "stopping lee_wright: eta is '1'" },
        { "dai_robinson:gamma=2", "stopping dai_robinson: gamma is '2'" },
        { "salzo_villa:approximation=4", "one of 1, 2, 3" },
        { "gap:min_iters=5,max_iters=2", "stopping gap: min_iters must be at most max_iters" },
        { "and:first=[residul:eps0=1]",
          "stopping and, its first test: there is no stopping 'residul'" },
        { "or:second=[gap:eps=1]", "stopping or, its second test: stopping gap has no setting 'eps'" },
        { "and:second=[or:first=[hpe:sigma=2]]",
          "stopping and, its second test: stopping or, its first test: stopping hpe" },
        { "and:first=", "stopping and, its first test: '' does not start with a name" },
        { "or:first=[residual", "stopping or, its first test" },
        { "and:min_iters=5,max_iters=2", "stopping and: min_iters must be at most max_iters" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_null(crease_stopping_parse(*state, cases[i].spec));
        const char *sentence = crease_ctx_error(*state)->sentence;
        if (!strstr(sentence, cases[i].words)) fail_msg("%s: %s", cases[i].spec, sentence);
    }
}

/* Brackets protect commas, and one pair round the whole may be left out. */
static void brackets_keep_settings_together(void **state)
{
    static const char *const specs[] = { "residual:eps0=0.25,power=2", "[residual:eps0=0.25,power=2]",
                                         "residual:eps0=0.25,power=2,schedule=power" };
    crease_progress p = { .j = 1, .t = 2, .paper_scale = 1 };
    double tested, threshold;
    for (size_t i = 0; i < 3; i++) {
        crease_stopping *stop = plain_parse(*state, specs[i]);
        crease_stopping_compare(stop, &p, &tested, &threshold);
        assert_true(threshold == 0.0625);
        crease_stopping_free(stop);
    }
    crease_stopping *pair = plain_parse(
        *state, "and:first=[residual:eps0=0.25,power=2],second=[fixed:iterations=7],min_iters=4");
    crease_stopping_compare(pair->part[0], &p, &tested, &threshold);
    assert_true(threshold == 0.0625);
    assert_int_equal(crease_stopping_limits(pair->part[1])->max_iters, 7);
    assert_int_equal(crease_stopping_limits(pair)->min_iters, 4);
    assert_int_equal(crease_stopping_needs(pair), CREASE_NEEDS_RESIDUAL | CREASE_NEEDS_VALUE);
    crease_stopping_free(pair);
}

/* --- outcomes ------------------------------------------------------------------------------------ */

static void outcomes_differ(void **state)
{
    static const struct {
        const char *spec;
        crease_stop stop;
    } cases[] = { { "gap:eps0=1e-4", CREASE_STOP_MET },
                  { "gap:eps0=1e-10,schedule=constant,max_iters=2", CREASE_STOP_CAP },
                  { "gap:eps0=1e-300", CREASE_STOP_PRECISION },
                  { "rel_residual:eps0=1e-300", CREASE_STOP_PRECISION },
                  { "bonettini:eta=1", CREASE_STOP_PRECISION },
                  { "budget:budget_ms=1e-9,min_iters=3", CREASE_STOP_MET },
                  { "budget:budget_ms=1e9,max_iters=4", CREASE_STOP_CAP } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        plain_problem p;
        plain_trace t;
        plain_make(*state, PLAIN_GROUP, 100, 0, 21, &p);
        plain_solve(&p, "pg", cases[i].spec, &t);
        if (t.info.stop != cases[i].stop)
            fail_msg("%s: %s after %u", cases[i].spec, crease_stop_name(t.info.stop), t.j);
        if (t.info.stop != CREASE_STOP_MET) assert_true(t.info.tested > t.info.threshold);
        if (i == 5) assert_int_equal(t.j, 3);
        if (i == 6) assert_int_equal(t.j, 4);
        plain_free(&p);
    }
}

/* `every` looks rarely, and then at the same numbers. */
static void looking_rarely_stops_later(void **state)
{
    plain_problem p;
    plain_make(*state, PLAIN_GROUP, 100, 0, 21, &p);
    unsigned often = count(&p, "hpe:sigma=0.01");
    assert_true(often > 1);
    assert_int_equal(count(&p, "hpe:sigma=0.01,every=7"), (often + 6) / 7 * 7);
    plain_free(&p);
}

/* A number that is not one, or a bound that nothing proves, meets no test; a pair only if the other one
 * is met. */
static void nan_and_infinity_never_meet(void **state)
{
    static const char *const specs[] = { "salzo_villa:approximation=2", "salzo_villa:approximation=3" };
    const crease_stopping_type *type;
    for (size_t i = 0; (type = type_at(*state, i)) || i < 20; i++) {
        const char *spec = type ? type->base.name : specs[i % 2];
        if (strcmp(spec, "fixed") == 0) continue;
        crease_stopping *stop = plain_parse(*state, spec);
        crease_progress good = { .j = 9,
                                 .t = 1,
                                 .paper_scale = 1,
                                 .least = 1,
                                 .value_start = 2,
                                 .value_center = 2,
                                 .value_before = 1,
                                 .value = 1,
                                 .move_first = 1,
                                 .span = 1,
                                 .elapsed_s = 1 };
        assert_true(crease_stopping_met(stop, &good));
        crease_progress bad = good;
        bad.value = bad.residual = bad.gap = bad.fenchel = bad.move = bad.span = bad.elapsed_s = NAN;
        assert_false(crease_stopping_met(stop, &bad));
        bad = good;
        bad.value_before = bad.value_start = bad.value_center = INFINITY;
        bad.residual = bad.gap = bad.fenchel = bad.move = INFINITY;
        bad.elapsed_s = 0;
        assert_false(crease_stopping_met(stop, &bad));
        if (crease_stopping_needs(stop) & CREASE_NEEDS_RESIDUAL && strstr(spec, "re") && type
            && !type->combines) {
            bad = good;
            bad.least = 0;
            bad.residual = 1e-9;
            assert_int_equal(crease_stopping_met(stop, &bad), strcmp(spec, "rel_residual") != 0);
        }
        crease_stopping_free(stop);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descriptors_are_complete),
        cmocka_unit_test(warm_start_stops_at_once),
        cmocka_unit_test(no_move_is_progress),
        cmocka_unit_test(schedules_are_as_stated),
        cmocka_unit_test(two_tests_stop_with_the_later_or_the_earlier),
        cmocka_unit_test(pairs_have_their_own_cap),
        cmocka_unit_test(wrong_specs_name_the_place),
        cmocka_unit_test(brackets_keep_settings_together),
        cmocka_unit_test(outcomes_differ),
        cmocka_unit_test(looking_rarely_stops_later),
        cmocka_unit_test(nan_and_infinity_never_meet),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* Deterministic methods: what they refuse, inner solvers of proximal Newton, that slots and scalars are
 * all there is to their state, and that a loss that is not finite does no harm. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "descent_support.h"
#include "experiment/run.h"
#include "run_support.h"

static const char *const second_order[] = { "prox_newton", "manifold_newton", "farsa_group", NULL };

/* --- refusals ------------------------------------------------------------------------------------- */

static void refuse(model *m, const char *method, int code, const char *words)
{
    crease_descent d;
    assert_fails(
        m->ctx, crease_descent_create(m->ctx, m->problem, m->terms.terms, m->terms.n, method, NULL, &d),
        code, words);
    crease_descent_free(&d);
}

static void refused_words(void **state)
{
    (void)state;
    model *m = model_certified("logistic", "cpu-f64", 3, 1);
    refuse(m, "ramda", CREASE_EINVAL, "ramda is not deterministic");
    refuse(m, "nothing", CREASE_ENOTFOUND, "nothing");
    refuse(m, "pg:nothing=1", CREASE_ENOTFOUND, "nothing");
    refuse(m, "farsa_group:kappa1=0", CREASE_ERANGE, "kappa1");
    model_free(m);
}

static void refused_regularizers(void **state)
{
    (void)state;
    static const char *const cases[][4] = {
        { "sparse_group", "size:5", "farsa_group", "an l1 norm and an l2 norm of groups at once" },
        { "box", "elements", "farsa_group", "is neither an l1 norm nor an l2 norm of groups" },
        { "box", "elements", "manifold_newton", "the second derivative of box" },
        { "slope", "all", "farsa_group", "does not take slope" },
        { "tv1d", "all", "manifold_newton", "the second derivative of tv1d" },
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        model *m = model_make("logistic", "cpu-f64",
                              "data=planted,planted_rows=50,planted_test_rows=0,planted_cols=20,"
                              "planted_live=6");
        model_add(m, cases[k][0], NULL, "weight", cases[k][1]);
        refuse(m, cases[k][2], CREASE_ENOTSUP, cases[k][3]);
        model_free(m);
    }
}

/* Without second derivatives the first step of Newton's methods says so, and changes nothing; the
 * others need neither them nor a Lipschitz constant. */
static void without_second_derivatives(void **state)
{
    (void)state;
    static crease_problem_type flat; /* outlives the context */
    const char *names[MOST_METHODS];
    model *m = model_certified("logistic", "cpu-f64", 1, 1);
    flat = *m->problem->type;
    flat.base.name = "flat";
    flat.curvature = NULL;
    flat.product = NULL;
    flat.lipschitz = NULL;
    m->problem->type = &flat;
    for (size_t i = 0, n = deterministic_methods(m->ctx, names); i < n; i++) {
        crease_descent d = descend(m, names[i], NULL);
        double first = 0;
        if (is_one_of(names[i], second_order)) {
            assert_fails(m->ctx, crease_descent_step(&d), CREASE_ENOTSUP,
                         "needs the second derivatives of f, which this problem does not have");
            m->problem->backend->to_host(1, d.algorithm->x, &first);
            assert_true(first == 0 && d.algorithm->t == 0 && d.algorithm->state[0] == 0);
        } else {
            descend_to(&d, 1e-11, 20000);
        }
        crease_descent_free(&d);
    }
    model_free(m);
}

/* --- inner solvers -------------------------------------------------------------------------------- */

static int plain_gradient(crease_oracle *o, crease_rows rows, const void *x, double *value, void *g)
{
    return o->problem->type->gradient(o->problem, rows, x, value, g);
}

/* prox_newton with this solver: it converges, or says why it does not take it. */
static bool solve_with(model *m, const char *name)
{
    crease_ctx *ctx = m->ctx;
    crease_problem *p = m->problem;
    const crease_solver_type *type =
        (const crease_solver_type *)crease_lookup(ctx, CREASE_SOLVER, name);
    crease_stopping *stopping = type->takes_stopping ? crease_stopping_create(ctx, "residual") : NULL;
    crease_solver *solver = crease_solver_create(ctx, name, stopping);
    crease_algorithm *a = crease_algorithm_create(ctx, "prox_newton", p->backend);
    double *x = calloc(2 * p->n, sizeof *x), *g = x + p->n, value;
    crease_oracle oracle = { .gradient = plain_gradient, .problem = p };
    int code = crease_algorithm_setup(a, p->n, x, m->terms.terms, m->terms.n, solver);
    if (code == CREASE_OK) {
        crease_kkt kkt;
        for (int k = 0; k < 40; k++) assert_ok(ctx, crease_algorithm_step(a, &oracle));
        assert_ok(ctx, crease_kkt_create(ctx, p->n, m->terms.terms, m->terms.n, &kkt));
        assert_ok(ctx, p->type->gradient(p, (crease_rows){ 0, NULL }, a->x, &value, g));
        double residual = crease_kkt_measure(&kkt, a->x, g).relative;
        if (!(residual < 1e-12)) fail_msg("with %s the residual is %g", name, residual);
        crease_kkt_free(&kkt);
    } else {
        assert_fails(ctx, code, CREASE_ENOTSUP, "does not take the subproblems of prox_newton: ");
    }
    crease_algorithm_free(a);
    crease_solver_free(solver);
    crease_stopping_free(stopping);
    free(x);
    return code == CREASE_OK;
}

/* All registered solvers, with free entries (an intercept) and without. */
static void inner_solvers(void **state)
{
    (void)state;
    for (int bias = 0; bias < 2; bias++) {
        model *m = bias ? model_planted("logistic", "cpu-f64", 0.02)
                        : model_certified("logistic", "cpu-f64", 3, 1);
        const crease_type *type;
        size_t taken = 0, all = 0;
        for (; (type = crease_type_at(m->ctx, CREASE_SOLVER, all)); all++)
            taken += solve_with(m, type->name);
        assert_true(solve_with(m, "ssn") && solve_with(m, "apg") && solve_with(m, "pg"));
        assert_false(solve_with(m, "exact"));
        assert_true(taken >= 3 && taken < all);
        model_free(m);
    }
}

/* --- going on ------------------------------------------------------------------------------------- */

/* What a checkpoint holds, carried over into a fresh algorithm. */
static void carry_over(const crease_descent *from, crease_descent *to)
{
    crease_algorithm *a = to->algorithm;
    const crease_algorithm *b = from->algorithm;
    size_t bytes = b->n * b->backend->real_bytes;
    memcpy(a->x, b->x, bytes);
    memcpy(a->hat, b->hat, bytes);
    for (size_t i = 0; b->type->slots[i].name; i++) memcpy(a->slots[i], b->slots[i], bytes);
    memcpy(a->state, b->state, b->type->state_doubles * sizeof *a->state);
    a->t = b->t;
}

static void same_bits(const crease_descent *a, const crease_descent *b)
{
    size_t bytes = a->algorithm->n * a->algorithm->backend->real_bytes;
    assert_memory_equal(a->algorithm->x, b->algorithm->x, bytes);
    assert_memory_equal(a->algorithm->hat, b->algorithm->hat, bytes);
    assert_memory_equal(a->algorithm->state, b->algorithm->state,
                        a->algorithm->type->state_doubles * sizeof(double));
    for (size_t i = 0; a->algorithm->type->slots[i].name; i++)
        assert_memory_equal(a->algorithm->slots[i], b->algorithm->slots[i], bytes);
}

/* A new object at every step gives the same bits as one: slots and scalars are the whole state. */
static void state_is_complete(void **state)
{
    (void)state;
    const char *names[MOST_METHODS];
    for (int k = 0; k < 4; k++) {
        const char *backend = k % 2 ? "cpu-f32" : "cpu-f64";
        model *m = k < 2 ? model_certified("logistic", backend, 3, 1)
                         : model_planted("softmax", backend, 0.02);
        double *x = calloc(m->problem->n, sizeof *x);
        fill_normal(5, m->problem->n, 1, x);
        for (size_t i = 0, n = deterministic_methods(m->ctx, names); i < n; i++) {
            crease_descent whole = descend(m, names[i], x), part = descend(m, names[i], x);
            for (int step = 0; step < 20; step++) {
                crease_descent next = descend(m, names[i], NULL);
                carry_over(&part, &next);
                crease_descent_free(&part);
                part = next;
                assert_ok(m->ctx, crease_descent_step(&part));
                assert_ok(m->ctx, crease_descent_step(&whole));
                same_bits(&part, &whole);
            }
            crease_descent_free(&part);
            crease_descent_free(&whole);
        }
        free(x);
        model_free(m);
    }
}

typedef struct {
    long asked, stop_at;
} stopper;

static bool is_interrupted(void *user)
{
    stopper *s = user;
    return ++s->asked == s->stop_at;
}

static int live(run_bench *b, size_t method, const char *folder, bool resume, long stop_at)
{
    crease_training *t;
    stopper s = { 0, stop_at };
    crease_watch watch = { &s, is_interrupted, NULL };
    assert_ok(b->ctx, crease_training_create(&b->e, &b->e.methods[method], 3, b->problem, folder, &t));
    int code = crease_training_go(t, resume, &watch);
    crease_training_free(t);
    return code;
}

/* Through checkpoints on disk: the trace is that of the run that was left in peace. */
static void interrupted_runs_go_on(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const char *names[MOST_METHODS];
    char text[1000] = RUN_SCHEDULE "algorithms: [", whole[500], parts[600];
    for (size_t i = 0, n = deterministic_methods(ctx, names); i < n; i++)
        snprintf(text + strlen(text), 100, "%s%s", i ? ", " : "", names[i]);
    strcat(text, "]\n");
    run_bench b = run_open_bench(run_write_experiment("deterministic.yaml", text));
    snprintf(whole, sizeof whole, "%s", test_path("whole"));
    for (size_t m = 0; m < b.e.n_methods; m++) {
        assert_ok(b.ctx, live(&b, m, whole, false, 0));
        for (long stop = 1; stop < 12; stop += 5) {
            crease_path a, c;
            snprintf(parts, sizeof parts, "%s-%ld", test_path("parts"), stop);
            assert_int_equal(live(&b, m, parts, false, stop), CREASE_EINTERRUPTED);
            assert_ok(b.ctx, live(&b, m, parts, true, 0));
            assert_ok(b.ctx, crease_run_folder(b.ctx, a, parts, &b.e.methods[m], 3));
            assert_ok(b.ctx, crease_run_folder(b.ctx, c, whole, &b.e.methods[m], 3));
            run_assert_same_trace(run_path(a, "trace.csv"), run_path(c, "trace.csv"));
        }
    }
    run_close_bench(&b);
    crease_ctx_free(ctx);
}

/* --- losses that are not finite ------------------------------------------------------------------- */

static struct {
    long countdown;
    bool in_value; /* else in the gradient alone */
} poison;

static int poisoned(crease_oracle *o, crease_rows rows, const void *x, double *value, void *g)
{
    CREASE_TRY(plain_gradient(o, rows, x, value, g));
    if (poison.countdown == 0 || --poison.countdown > 0) return CREASE_OK;
    if (poison.in_value || !g)
        *value = NAN;
    else
        ((double *)g)[o->problem->n - 1] = INFINITY;
    return CREASE_OK;
}

/* One bad evaluation anywhere: the step fails as diverged, or avoids that point; either way the method
 * stands at a finite point and finds the solution after all. */
static void one_bad_evaluation(void **state)
{
    (void)state;
    const char *names[MOST_METHODS];
    model *m = model_certified("logistic", "cpu-f64", 3, 1);
    double *x = calloc(m->problem->n, sizeof *x);
    fill_normal(5, m->problem->n, 3, x);
    for (size_t i = 0, n = deterministic_methods(m->ctx, names); i < n; i++)
        for (int k = 0; k < 24; k++) {
            crease_descent d = descend(m, names[i], x);
            d.oracle.gradient = poisoned;
            poison.countdown = 1 + k / 2;
            poison.in_value = k % 2;
            for (int step = 0; step < 12; step++) {
                int code = crease_descent_step(&d);
                if (code != CREASE_OK) assert_fails(m->ctx, code, CREASE_EDIVERGED, "step");
                if (k < 2 && step == 0) { /* the first of all: there is nothing to fall back to */
                    assert_int_equal(code, CREASE_EDIVERGED);
                    assert_memory_equal(d.algorithm->x, x, m->problem->n * sizeof *x);
                    assert_true(d.algorithm->t == 0);
                }
                assert_ok(m->ctx, crease_descent_measure(&d));
                assert_true(isfinite(d.objective));
            }
            poison.countdown = 0;
            descend_to(&d, 1e-11, 20000);
            crease_descent_free(&d);
        }
    free(x);
    model_free(m);
}

/* --- memory --------------------------------------------------------------------------------------- */

typedef struct {
    size_t calls, fails_at, live;
} supply;

static void *resize(void *user, void *p, size_t bytes)
{
    supply *s = user;
    if (bytes == 0) {
        s->live--;
        free(p);
        return NULL;
    }
    if (s->calls++ == s->fails_at) return NULL;
    s->live += !p;
    return realloc(p, bytes);
}

/* The k-th allocation of the set-up fails, for every k: nothing is left behind; steps need none. */
static void memory(void **state)
{
    (void)state;
    const char *names[MOST_METHODS];
    model *m = model_certified("logistic", "cpu-f64", 3, 1);
    for (size_t i = 0, n = deterministic_methods(m->ctx, names); i < n; i++)
        for (size_t k = 0;; k++) {
            supply s = { .fails_at = SIZE_MAX };
            crease_ctx *ctx = crease_ctx_create(&(crease_allocator){ resize, &s });
            crease_descent d;
            s.fails_at = s.calls + k;
            int code = crease_descent_create(ctx, m->problem, m->terms.terms, 1, names[i], NULL, &d);
            s.fails_at = SIZE_MAX;
            if (code == CREASE_OK) {
                size_t calls = s.calls;
                for (int step = 0; step < 12; step++) assert_ok(ctx, crease_descent_step(&d));
                assert_int_equal(s.calls, calls);
            } else {
                if (code != CREASE_ENOMEM) fail_msg("allocation %zu: %s", k, crease_error_name(code));
                assert_fails(ctx, code, CREASE_ENOMEM, "out of memory");
            }
            crease_descent_free(&d);
            crease_ctx_free(ctx);
            assert_int_equal(s.live, 0);
            if (code == CREASE_OK) break;
        }
    model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_words),
        cmocka_unit_test(refused_regularizers),
        cmocka_unit_test(without_second_derivatives),
        cmocka_unit_test(inner_solvers),
        cmocka_unit_test(state_is_complete),
        cmocka_unit_test(interrupted_runs_go_on),
        cmocka_unit_test(one_bad_evaluation),
        cmocka_unit_test(memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The state of stochastic methods: gradients that are not finite leave it alone, a checkpoint holds all
 * of it, and memory that runs out in the set-up leaves nothing behind. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiment/jobs.h"
#include "run_support.h"
#include "stoch_support.h"

static void assert_same_bits(stoch_bench *b, stoch_bench *c)
{
    const crease_algorithm *p = b->a, *q = c->a;
    size_t real = p->backend->real_bytes;
    assert_int_equal(p->t, q->t);
    assert_memory_equal(p->x, q->x, p->n * real);
    assert_memory_equal(p->hat, q->hat, p->n * real);
    for (size_t i = 0; p->type->slots[i].name; i++)
        assert_memory_equal(p->slots[i], q->slots[i], crease_slot_length(p, i) * real);
    assert_memory_equal(p->state, q->state, p->type->state_doubles * sizeof *p->state);
    assert_true(p->value == q->value && b->oracle.passes >= c->oracle.passes);
}

/* Where a gradient is not finite the iterate stays, and the next step is what it would have been. */
static void divergence_leaves_the_state(void **state)
{
    (void)state;
    for (size_t i = 0; i < STOCH_METHODS; i++)
        for (size_t at = 0; at < 9; at++)
            for (long call = 1; call <= 2; call++) {
                const stoch_case c = stoch_with(stoch_methods[i][0], stoch_methods[i][1], "cpu-f64");
                stoch_bench *b = stoch_open(NULL, &c, true), *same = stoch_open(NULL, &c, true);
                for (size_t k = 0; k < at; k++) assert_ok(b->ctx, stoch_step(b));
                for (size_t k = 0; k <= at; k++) assert_ok(same->ctx, stoch_step(same));
                double x[100];
                memcpy(x, b->a->x, b->data.n * sizeof *x);
                stoch_poison = call;
                int code = stoch_step(b);
                if (code == CREASE_OK) { /* this step asks for one gradient alone */
                    assert_true(stoch_poison == 1 && call == 2);
                } else {
                    assert_fails(b->ctx, code, CREASE_EDIVERGED, "no longer finite at step");
                    assert_memory_equal(x, b->a->x, b->data.n * sizeof *x);
                    assert_int_equal(b->a->t, at);
                    assert_ok(b->ctx, stoch_step(b));
                }
                stoch_poison = 0;
                assert_same_bits(b, same);
                stoch_close(b);
                stoch_close(same);
            }
}

/* What a checkpoint holds is all there is: a fresh method filled with it goes on with the same bits. */
static void state_is_complete(void **state)
{
    (void)state;
    static const char *const backends[] = { "cpu-f64", "cpu-f32" };
    for (size_t i = 0; i < 2 * STOCH_METHODS; i++)
        for (size_t at = 1; at < 14; at += 3) {
            const stoch_case c =
                stoch_with(stoch_methods[i / 2][0], stoch_methods[i / 2][1], backends[i % 2]);
            stoch_bench *b = stoch_open(NULL, &c, true), *later = stoch_open(NULL, &c, true);
            for (size_t k = 0; k < at; k++) assert_ok(b->ctx, stoch_step(b));
            size_t real = b->a->backend->real_bytes;
            memcpy(later->a->x, b->a->x, b->data.n * real);
            memcpy(later->a->hat, b->a->hat, b->data.n * real);
            for (size_t s = 0; b->a->type->slots[s].name; s++)
                memcpy(later->a->slots[s], b->a->slots[s], crease_slot_length(b->a, s) * real);
            memcpy(later->a->state, b->a->state, b->a->type->state_doubles * sizeof *b->a->state);
            later->a->t = b->a->t;
            later->oracle.passes = b->oracle.passes;
            memcpy(later->order, b->order, c.rows * sizeof *b->order);
            later->step = b->step;
            for (size_t k = 0; k < 12; k++) {
                assert_ok(b->ctx, stoch_step(b));
                assert_ok(later->ctx, stoch_step(later));
            }
            assert_same_bits(b, later);
            assert_same_bits(later, b);
            stoch_close(b);
            stoch_close(later);
        }
}

/* The same through checkpoint files, on a problem of the library. */
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

static void interrupted_runs_go_on(void **state)
{
    (void)state;
    static const long stops[] = { 1, 14, 40, 97 };
    run_bench b = run_open_bench(run_write_experiment("stochastic.yaml", RUN_SCHEDULE
                                                      "algorithms:\n"
                                                      "  - {type: rda}\n"
                                                      "  - {type: rda_plus, gamma: 0.3, patience: 20}\n"
                                                      "  - {type: prox_svrg}\n"
                                                      "  - {type: prox_saga}\n"
                                                      "  - {type: pstorm}\n"
                                                      "  - {type: s_pstorm}\n"
                                                      "  - {type: norm_sgd}\n"
                                                      "  - {type: hspg, prox_epochs: 3}\n"
                                                      "  - {type: proxsgd, weights: decreasing}\n"));
    char whole[500], parts[1100];
    snprintf(whole, sizeof whole, "%s", test_path("whole"));
    for (size_t m = 0; m < b.e.n_methods; m++) {
        assert_ok(b.ctx, live(&b, m, whole, false, 0));
        for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
            crease_path a, c;
            snprintf(parts, sizeof parts, "%s-%s-%zu", test_path("parts"), b.e.methods[m].label, i);
            assert_int_equal(live(&b, m, parts, false, stops[i]), CREASE_EINTERRUPTED);
            assert_ok(b.ctx, live(&b, m, parts, true, 0));
            assert_ok(b.ctx, crease_run_folder(b.ctx, a, parts, &b.e.methods[m], 3));
            assert_ok(b.ctx, crease_run_folder(b.ctx, c, whole, &b.e.methods[m], 3));
            run_assert_same_trace(run_path(a, "trace.csv"), run_path(c, "trace.csv"));
        }
    }
    run_close_bench(&b);
}

/* --- memory
 * -------------------------------------------------------------------------------------------- */

typedef struct {
    size_t calls, fails_at, live;
} supply;

static void *supply_resize(void *user, void *p, size_t bytes)
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

/* Every failure of the set-up is told and leaves nothing behind; steps live on what they have. */
static void memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < STOCH_METHODS; i++)
        for (size_t k = 0;; k++) {
            supply s = { .fails_at = SIZE_MAX };
            const stoch_case c = stoch_with(stoch_methods[i][0], stoch_methods[i][1], "cpu-f64");
            stoch_bench *b =
                stoch_open(crease_ctx_create(&(crease_allocator){ supply_resize, &s }), &c, false);
            s.fails_at = s.calls + k;
            int code = stoch_setup(b);
            s.fails_at = SIZE_MAX;
            if (code == CREASE_OK) {
                size_t calls = s.calls;
                for (size_t n = 0; n < 12; n++) assert_ok(b->ctx, stoch_step(b));
                assert_int_equal(s.calls, calls);
            } else {
                assert_fails(b->ctx, code, CREASE_ENOMEM, "out of memory");
            }
            stoch_close(b);
            assert_int_equal(s.live, 0);
            if (code == CREASE_OK) break;
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(divergence_leaves_the_state),
        cmocka_unit_test(state_is_complete),
        cmocka_unit_test(interrupted_runs_go_on),
        cmocka_unit_test(memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Interruption and resuming: whatever the moment, the trace is that of the run that was left in peace.
 */
#include "run_support.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiment/jobs.h"

/* --- interruptions at chosen steps, in this process --------------------------------------------- */

/* Asked after every step, and says yes the stop_at-th time. */
typedef struct {
    long asked, stop_at;
} stopper;

static bool is_interrupted(void *user)
{
    stopper *s = user;
    return ++s->asked == s->stop_at;
}

/* One life of the run; 0 stops never. */
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

/* Within an epoch, in its last step, at a milestone, twice in a row: every method goes on as if nothing
 * was. */
static void interrupted_runs_go_on(void **state)
{
    static const long stops[] = { 1, 12, 13, 14, 39, 40, 95, 96, 155 };
    const char *file = run_write_experiment("interrupt.yaml", RUN_SCHEDULE RUN_METHODS);
    run_bench b = run_open_bench(file);
    char whole[500], parts[1100];
    (void)state;
    snprintf(whole, sizeof whole, "%s", test_path("whole"));
    for (size_t m = 0; m < b.e.n_methods; m++) {
        const char *label = b.e.methods[m].label;
        assert_ok(b.ctx, live(&b, m, whole, false, 0));
        for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
            crease_path a, c;
            snprintf(parts, sizeof parts, "%s-%s-%zu", test_path("parts"), label, i);
            assert_int_equal(live(&b, m, parts, false, stops[i]), CREASE_EINTERRUPTED);
            assert_int_equal(live(&b, m, parts, true, 1),
                             i + 1 < sizeof stops / sizeof *stops ? CREASE_EINTERRUPTED : CREASE_OK);
            assert_ok(b.ctx, live(&b, m, parts, true, 0));
            assert_ok(b.ctx, crease_run_folder(b.ctx, a, parts, &b.e.methods[m], 3));
            assert_ok(b.ctx, crease_run_folder(b.ctx, c, whole, &b.e.methods[m], 3));
            run_assert_same_trace(run_path(a, "trace.csv"), run_path(c, "trace.csv"));
        }
    }
    run_close_bench(&b);
}

/* --- checkpoints that cannot be used ------------------------------------------------------------ */

static void damage(const char *path, long at)
{
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    int c = getc(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    putc(c ^ 0x20, file);
    fclose(file);
}

static long size_of(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    fclose(file);
    return size;
}

static void damaged_checkpoints_are_refused(void **state)
{
    const char *file = run_write_experiment("damage.yaml", RUN_SCHEDULE RUN_METHODS);
    run_bench b = run_open_bench(file);
    char out[500];
    crease_path folder;
    (void)state;
    snprintf(out, sizeof out, "%s", test_path("damage"));
    assert_int_equal(live(&b, 0, out, false, 50), CREASE_EINTERRUPTED);
    assert_ok(b.ctx, crease_run_folder(b.ctx, folder, out, &b.e.methods[0], 3));
    const char *checkpoint = run_path(folder, "checkpoint.h5");
    char *trace = run_read(run_path(folder, "trace.csv"));
    crease_random random = crease_random_at(1, CREASE_STREAM_TEST, 0);
    long size = size_of(checkpoint);
    for (size_t i = 0; i < 20 + crease_test_count(500); i++) {
        long at = (long)crease_random_below(&random, (uint64_t)size);
        if (at >= 64 && at < 512) continue; /* the head's unused part */
        damage(checkpoint, at);
        assert_fails(b.ctx, live(&b, 0, out, true, 0), CREASE_EPARSE,
                     "checkpoint.h5: this file is damaged");
        damage(checkpoint, at);
    }
    char *after = run_read(run_path(folder, "trace.csv"));
    assert_string_equal(trace, after); /* nothing that was there is lost */
    assert_int_equal(truncate(run_path(folder, "trace.csv"), 100), 0);
    assert_fails(b.ctx, live(&b, 0, out, true, 0), CREASE_EPARSE, "was cut or replaced");
    assert_int_equal(truncate(checkpoint, size - 1), 0);
    assert_fails(b.ctx, live(&b, 0, out, true, 0), CREASE_EPARSE, "this file is damaged");
    assert_int_equal(truncate(checkpoint, 0), 0);
    assert_fails(b.ctx, live(&b, 0, out, true, 0), CREASE_EPARSE, "this file is damaged");
    free(trace);
    free(after);
    run_close_bench(&b);
}

static void foreign_checkpoints_are_refused(void **state)
{
    run_bench a =
        run_open_bench(run_write_experiment("foreign1.yaml", RUN_SCHEDULE "algorithms: [ramda]\n"));
    run_bench b = run_open_bench(
        run_write_experiment("foreign2.yaml", RUN_SCHEDULE "algorithms: [{type: ramda, lr: 0.5}]\n"));
    char out[500];
    (void)state;
    snprintf(out, sizeof out, "%s", test_path("foreign"));
    assert_int_equal(live(&a, 0, out, false, 50), CREASE_EINTERRUPTED);
    assert_fails(b.ctx, live(&b, 0, out, true, 0), CREASE_EPARSE, "belongs to another run");
    assert_ok(a.ctx, live(&a, 0, out, true, 0));
    run_close_bench(&a);
    run_close_bench(&b);
}

/* --- killed, as a process ----------------------------------------------------------------------- */

static void pause_ms(double ms)
{
    usleep((useconds_t)(ms * 1000));
}

/* Killed again and again at random moments of its life, then left to end. */
static void killed_runs_go_on(void **state)
{
    const char *file = run_write_experiment("kill.yaml", RUN_SCHEDULE RUN_METHODS);
    crease_random random = crease_random_at(7, CREASE_STREAM_TEST, 0);
    char whole[500], out[500];
    enum { KILLS = 20, LIFE_MS = 250 };
    int killed = 0;
    (void)state;
    snprintf(whole, sizeof whole, "%s", test_path("unkilled"));
    const char *peace[] = { "run", file, "--out", whole, "-q", "--set", "schedule.epochs=30", NULL };
    assert_int_equal(run_wait(run_start(peace)), 0);
    for (int folder = 0; killed < KILLS && folder < 10 * KILLS; folder++) {
        snprintf(out, sizeof out, "%s-%d", test_path("killed"), folder);
        const char *args[] = { "run",      file, "--out", out, "-q", "--set", "schedule.epochs=30",
                               "--resume", NULL };
        int status = 128 + SIGKILL;
        for (int tries = 0; tries < 4 && status == 128 + SIGKILL && killed < KILLS; tries++) {
            int pid = run_start(args);
            pause_ms(LIFE_MS * crease_random_uniform(&random));
            kill(pid, SIGKILL);
            status = run_wait(pid);
            killed += status == 128 + SIGKILL;
        }
        assert_true(status == 0 || status == 128 + SIGKILL);
        assert_int_equal(run_wait(run_start(args)), 0);
        run_assert_same_trace(run_path(out, "trace.csv"), run_path(whole, "trace.csv"));
    }
    assert_int_equal(killed, KILLS);
}

/* A signal, once the run is on its way: it saves, says how to go on, and does. */
static void signals_leave_a_valid_folder(void **state)
{
    static cli_result r;
    static const char *const jobs[] = { "1", "2" };
    static const int signals[] = { SIGINT, SIGTERM };
    const char *file = run_write_experiment("signal.yaml", RUN_SCHEDULE RUN_METHODS);
    (void)state;
    for (int i = 0; i < 2; i++) {
        char out[500], trace[600];
        snprintf(out, sizeof out, "%s-%d", test_path("signal"), i);
        snprintf(trace, sizeof trace, "%s/ramda-1/trace.csv", out);
        const char *args[] = {
            "run",      file,     "--out", out, "-q", "--set", "schedule.epochs=1000000",
            "--resume", "--jobs", jobs[i], NULL
        };
        size_t rows = 0;
        for (int life = 0; life < 2; life++) {
            int pid = run_start(args);
            for (int ms = 0; run_rows(trace) < rows + 3 && ms < 20000; ms += 5) pause_ms(5);
            kill(pid, signals[i]);
            assert_int_equal(run_wait(pid), 1);
            size_t now = run_rows(trace);
            assert_true(now >= rows + 3);
            rows = now;
            assert_int_equal(access(run_path(out, "summary.json"), F_OK), 0);
            assert_int_equal(access(run_path(out, "ramda-1/checkpoint.h5"), F_OK), 0);
            assert_true(run_rows(run_path(out, "trace.csv")) >= rows);
        }
        CLI_RUN(&r, "run", file, "--out", out, "-q", "--set", "schedule.epochs=1000000");
        cli_expect(&r, 2, "--resume goes on with it");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interrupted_runs_go_on),
        cmocka_unit_test(damaged_checkpoints_are_refused),
        cmocka_unit_test(foreign_checkpoints_are_refused),
        cmocka_unit_test(killed_runs_go_on),
        cmocka_unit_test(signals_leave_a_valid_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

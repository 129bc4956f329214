/* Capturing a run: what stands in the files is what the inner solver was asked, entry by entry, in
 * every layout of groups and over several tiles; its exact answer is the run's; and the run is the same
 * as without. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiment/capture.h"
#include "outer_support.h"
#include "run_support.h"

/* --- a witness beside the recorder
 * --------------------------------------------------------------------- */

/* Every entry of the parameter vector as the tap shows it: c, d, x0, v, the start and the answer. */
enum { C, D, X0, V, START, ANSWER, KINDS };

typedef struct {
    size_t n, tiles;
    double *seen[KINDS]; /* NAN where nothing was shown */
} witness;

static bool sees_all(void *user, const crease_algorithm *a, size_t term)
{
    (void)user, (void)a, (void)term;
    return true;
}

static double real_at(const crease_backend *b, const void *array, size_t i)
{
    double x;
    b->to_host(1, (const char *)array + i * b->real_bytes, &x);
    return x;
}

static int note(void *user, const crease_tap_event *e)
{
    witness *w = user;
    const crease_subproblem *p = e->p;
    const void *shown[KINDS] = { p->c, p->d, p->x0, p->v, NULL, e->x };
    w->tiles++;
    for (size_t g = 0; g < p->groups->count; g++)
        for (size_t k = 0; k < crease_group_size(p->groups, g); k++) {
            size_t here = crease_group_entry(p->groups, g, k);
            size_t there = crease_group_entry(e->groups, e->first_group + g, k);
            for (int i = 0; i < KINDS; i++)
                if (shown[i]) w->seen[i][there] = real_at(p->backend, shown[i], here);
            w->seen[START][there] = real_at(p->backend, e->a->x, there);
        }
    return CREASE_OK;
}

static witness witness_make(size_t n)
{
    witness w = { .n = n };
    for (int i = 0; i < KINDS; i++) {
        w.seen[i] = malloc(n * sizeof(double));
        for (size_t k = 0; k < n; k++) w.seen[i][k] = NAN;
    }
    return w;
}

static void witness_free(witness *w)
{
    for (int i = 0; i < KINDS; i++) free(w->seen[i]);
}

/* --- all layouts
 * ---------------------------------------------------------------------------------------- */

/* One step of ramda on three terms: unpenalized entries, then groups of this kind twice, then lists. */
enum {
    ROWS = 90,
    COLS = 910,
    BLOCK = ROWS * COLS,
    LISTED = 5000,
    AHEAD = 37,
    ALL = AHEAD + 2 * BLOCK + LISTED
};

static crease_groups groups_at(const char *kind, size_t offset)
{
    if (strcmp(kind, "cols") == 0) return crease_groups_cols(offset, ROWS, COLS);
    if (strcmp(kind, "rows") == 0) return crease_groups_rows(offset, ROWS, COLS);
    if (strcmp(kind, "channels") == 0) return crease_groups_channels(offset, ROWS, COLS / 7, 7);
    if (strcmp(kind, "elements") == 0) return crease_groups_elements(offset, BLOCK);
    if (strcmp(kind, "all") == 0) return crease_groups_all(offset, BLOCK);
    if (strcmp(kind, "gaps") == 0) return crease_groups_strided(offset, 600, 1, ROWS, COLS, 1, 1);
    if (strcmp(kind, "far") == 0) return crease_groups_strided(offset, 100, 70, 10, 7000, 3, 2);
    fail_msg("no groups '%s'", kind);
    return (crease_groups){ 0 };
}

static crease_groups listed_groups(crease_ctx *ctx, size_t offset)
{
    int64_t labels[LISTED];
    crease_groups groups;
    for (size_t i = 0; i < LISTED; i++) labels[i] = i % 5 == 0 ? -1 : (int64_t)((i * 7919) % 501);
    assert_ok(ctx, crease_groups_from_labels(ctx, offset, LISTED, labels, &groups));
    return groups;
}

static void compare(const witness *w, const crease_term *term, const crease_capture *k)
{
    const crease_subproblem *p = &k->p;
    const crease_groups *s = term->groups;
    const void *read[KINDS] = { p->c, p->d, p->x0, p->v, k->start, NULL };
    void *x = calloc(p->n, p->backend->real_bytes);
    crease_solver *solver = crease_solver_create(k->ctx, "exact", NULL);
    assert_ok(k->ctx, crease_solver_solve(solver, p, x, NULL));
    assert_int_equal(k->groups.count, s->count);
    for (size_t g = 0; g < s->count; g++)
        for (size_t i = 0; i < crease_group_size(s, g); i++) {
            size_t here = crease_group_entry(&k->groups, g, i), there = crease_group_entry(s, g, i);
            for (int a = 0; a < ANSWER; a++)
                if (read[a] && real_at(p->backend, read[a], here) != w->seen[a][there])
                    fail_msg("%s: array %d, entry %zu", term->block, a, there);
            double answer = w->seen[ANSWER][there], again = real_at(p->backend, x, here);
            if (again != answer) fail_msg("%s: %g, but %g again", term->block, answer, again);
        }
    crease_solver_free(solver);
    free(x);
}

/* As much of a training as a recorder looks at. */
typedef struct {
    crease_problem_type type;
    crease_problem problem;
    crease_method method;
    crease_training t;
} made_up;

static void make_up(made_up *m, crease_ctx *ctx, const crease_backend *b, const char *algorithm,
                    size_t n, const crease_term *terms, size_t n_terms, const crease_solver *solver)
{
    void *x = calloc(n, b->real_bytes);
    *m = (made_up){ .type = { .base = { .name = "made up" } },
                    .method = { .label = "it", .schedule = { .epochs = 1 } } };
    m->problem.type = &m->type;
    m->t = (crease_training){
        .ctx = ctx, .problem = &m->problem, .method = &m->method, .seed = 4, .steps = 3
    };
    m->t.algorithm = crease_algorithm_create(ctx, algorithm, b);
    assert_ok(ctx, crease_algorithm_setup(m->t.algorithm, n, x, terms, n_terms, solver));
    free(x);
}

static void capture_layout(crease_ctx *ctx, const char *backend, const char *kind,
                           const char *algorithm)
{
    const crease_backend *b = crease_backend_find(ctx, backend);
    char folder[500];
    witness w = witness_make(ALL);
    crease_groups groups[3] = { groups_at(kind, AHEAD), groups_at(kind, AHEAD + BLOCK),
                                listed_groups(ctx, AHEAD + 2 * BLOCK) };
    crease_regularizer *psi = crease_regularizer_create(ctx, "group_l2");
    crease_term terms[3] = { { psi, &groups[0], "first" },
                             { psi, &groups[1], "second" },
                             { psi, &groups[2], "lists" } };
    crease_solver *exact = crease_solver_create(ctx, "exact", NULL);
    made_up m;
    assert_ok(ctx, crease_regularizer_set(psi, "lambda", "0.05"));
    make_up(&m, ctx, b, algorithm, ALL, terms, 3, exact);
    crease_algorithm *a = m.t.algorithm;
    crease_capture_plan plan;
    crease_recorder *r;
    snprintf(folder, sizeof folder, "%s:steps=last", test_path("layouts"));
    assert_ok(ctx, crease_capture_plan_parse(ctx, folder, &plan));
    assert_ok(ctx, crease_recorder_create(&plan, &m.t, &r));
    crease_tap tap = { .next = a->taps, .user = &w, .wants = sees_all, .solved = note };
    a->taps = &tap;
    noise o = noise_make(b, ALL);
    for (o.step = 1; o.step <= 3; o.step++) assert_ok(ctx, crease_algorithm_step(a, &o.oracle));
    bool large = strcmp(kind, "all") != 0 && strcmp(kind, "far") != 0;
    assert_true(w.tiles >= 3 * (large ? 5 : 3)); /* the terms of these take more than one tile */
    crease_recorder_free(r);
    assert_ptr_equal(a->taps, &tap);
    for (size_t i = 0; i < 3; i++) {
        crease_capture *k;
        char name[5000];
        snprintf(name, sizeof name, "%s/it-4-term%zu-step000003.h5", plan.folder, i);
        assert_ok(ctx, crease_capture_read(ctx, name, NULL, &k));
        assert_true(k->p.step == 3 && k->seed == 4 && k->term == i);
        assert_string_equal(k->block, terms[i].block);
        assert_string_equal(k->problem, "made up");
        compare(&w, &terms[i], k);
        crease_capture_free(k);
    }
    crease_algorithm_free(a);
    crease_solver_free(exact);
    crease_regularizer_free(psi);
    crease_groups_free(ctx, &groups[2]);
    witness_free(&w);
}

static void every_layout_is_captured(void **state)
{
    static const char *const kinds[] = { "cols", "rows", "channels", "elements", "all", "gaps", "far" };
    crease_ctx *ctx = test_ctx();
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        capture_layout(ctx, "cpu-f32", kinds[i], "ramda");
        capture_layout(ctx, "cpu-f64", kinds[i], i % 2 ? "rmda" : "proxssi");
    }
    crease_ctx_free(ctx);
}

/* A step that fails on the way leaves no file, whole or not, and the next capture works. */
static int fail_later(void *user, const crease_tap_event *e)
{
    bool *armed = user;
    return *armed && e->first_group > 0 ? crease_fail(e->a->ctx, CREASE_EIO, "no more") : CREASE_OK;
}

static size_t count_files(const char *folder, const char *ending)
{
    size_t n = 0, length = strlen(ending);
    DIR *all = opendir(folder);
    if (!all) return 0;
    for (struct dirent *e; (e = readdir(all));) {
        size_t m = strlen(e->d_name);
        n += m > length && strcmp(e->d_name + m - length, ending) == 0;
    }
    closedir(all);
    return n;
}

static void broken_steps_leave_nothing(void **state)
{
    crease_ctx *ctx = test_ctx();
    bool armed = true;
    crease_groups groups = crease_groups_rows(0, ROWS, COLS);
    crease_regularizer *psi = crease_regularizer_create(ctx, "group_l2");
    crease_term term = { psi, &groups, "block" };
    crease_tap tap = { .user = &armed, .wants = sees_all, .solved = fail_later };
    crease_recorder *r;
    crease_capture_plan plan;
    char folder[500];
    (void)state;
    snprintf(folder, sizeof folder, "%s:every=1", test_path("broken"));
    assert_ok(ctx, crease_capture_plan_parse(ctx, folder, &plan));
    crease_solver *exact = crease_solver_create(ctx, "exact", NULL);
    made_up m;
    make_up(&m, ctx, crease_backend_find(ctx, "cpu-f64"), "ramda", BLOCK, &term, 1, exact);
    assert_ok(ctx, crease_recorder_create(&plan, &m.t, &r));
    tap.next = m.t.algorithm->taps;
    m.t.algorithm->taps = &tap;
    noise o = noise_make(m.t.algorithm->backend, BLOCK);
    assert_fails(ctx, crease_algorithm_step(m.t.algorithm, &o.oracle), CREASE_EIO, "no more");
    assert_int_equal(count_files(plan.folder, ".tmp"), 1);
    armed = false;
    assert_ok(ctx, crease_algorithm_step(m.t.algorithm, &o.oracle));
    armed = true;
    assert_fails(ctx, crease_algorithm_step(m.t.algorithm, &o.oracle), CREASE_EIO, "no more");
    crease_recorder_free(r);
    assert_int_equal(count_files(plan.folder, ".tmp"), 0);
    assert_int_equal(count_files(plan.folder, ".h5"), 1);
    crease_algorithm_free(m.t.algorithm);
    crease_solver_free(exact);
    crease_regularizer_free(psi);
    crease_ctx_free(ctx);
}

/* --- whole runs
 * -------------------------------------------------------------------------------------------- */

/* The traces and the checkpoints of five methods, with and without, in one process or two. 13 steps an
 * epoch. */
static void capturing_changes_nothing(void **state)
{
    cli_result r;
    char file[500], plain[500], watched[500], capture[600], folder[500];
    (void)state;
    snprintf(file, sizeof file, "%s", run_write_experiment("capture.yaml", RUN_SCHEDULE RUN_METHODS));
    snprintf(plain, sizeof plain, "%s", test_path("plain"));
    snprintf(watched, sizeof watched, "%s", test_path("watched"));
    snprintf(folder, sizeof folder, "%s", test_path("captured"));
    snprintf(capture, sizeof capture, "--capture=%s:steps=1-2/middle/last,every=40", folder);
    CLI_RUN(&r, "run", file, "-o", plain, "-q");
    cli_expect(&r, 0, "");
    CLI_RUN(&r, "run", file, "-o", watched, "-q", "--jobs", "2", capture);
    cli_expect(&r, 0, "");
    run_assert_same_trace(run_path(watched, "trace.csv"), run_path(plain, "trace.csv"));
    /* steps 1, 2, 40, 78, 80, 120, 156; msgd has no regularizer */
    assert_int_equal(count_files(folder, ".h5"), 4 * 7);
    CLI_RUN(&r, "solve", run_path(folder, "proxgen-1-term0-step000156.h5"));
    cli_expect(&r, 0, "step 156 of proxgen, seed 1, problem softmax, term 0 on weight");
}

static void at_most_max_files(void **state)
{
    cli_result r;
    char file[500], folder[500], capture[600];
    (void)state;
    snprintf(file, sizeof file, "%s",
             run_write_experiment("most.yaml", "schedule: {epochs: 1, batch: 32}\n"
                                               "algorithms: [{type: ramda}]\n"));
    snprintf(folder, sizeof folder, "%s", test_path("most"));
    snprintf(capture, sizeof capture, "%s:every=1,max=5", folder);
    CLI_RUN(&r, "run", file, "-o", test_path("most-run"), "-q", "--capture", capture);
    cli_expect(&r, 0, "");
    assert_int_equal(count_files(folder, ".h5"), 5);
    CLI_RUN(&r, "run", file, "-o", test_path("more"), "--capture", "x:most=5");
    cli_expect(&r, 2, "--capture has no setting 'most'; did you mean 'max'");
    CLI_RUN(&r, "run", file, "-o", test_path("more"), "-q", "--capture", "/proc/nowhere");
    cli_expect(&r, 2, "/proc/nowhere");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layout_is_captured),
        cmocka_unit_test(broken_steps_leave_nothing),
        cmocka_unit_test(capturing_changes_nothing),
        cmocka_unit_test(at_most_max_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

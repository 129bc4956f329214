/* Outer methods against trajectories of the published implementations (tests/golden), gradients recomputed here
 * in plain loops; and the identities that tie methods together.                                          */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support.h"

enum { ROWS = 96, COLS = 12, CLASSES = 4, STEPS = 20, BATCH = 24, N_WEIGHT = CLASSES * COLS, N = N_WEIGHT + CLASSES };

static struct {
    double X[ROWS * COLS], y[ROWS], start[N], batches[STEPS * BATCH];
} data;

static void load(crease_ctx *ctx, const char *name, double *into, size_t n)
{
    crease_array a;
    if (!test_golden(ctx, name, &a)) fail_msg("golden file %s: %s", name, crease_ctx_error(ctx)->sentence);
    assert_int_equal(a.n, n);
    memcpy(into, a.data, n * sizeof *into);
    crease_release(ctx, a.data);
}

static int set_up(void **state)
{
    crease_ctx *ctx = test_ctx();
    load(ctx, "X.npy", data.X, ROWS * COLS);
    load(ctx, "y.npy", data.y, ROWS);
    load(ctx, "W0.npy", data.start, N_WEIGHT);
    load(ctx, "b0.npy", data.start + N_WEIGHT, CLASSES);
    load(ctx, "batches.npy", data.batches, STEPS * BATCH);
    *state = ctx;
    return 0;
}

static int tear_down(void **state)
{
    crease_ctx_free(*state);
    return 0;
}

/* --- the problem, in plain loops ----------------------------------------------------------------- */

typedef struct {
    crease_oracle oracle;
    const crease_backend *backend;
    unsigned step;
} golden_oracle;

static double add_row(const double *x, const double *row, int label, double *g)
{
    double z[CLASSES], largest = -INFINITY, sum = 0;
    for (int k = 0; k < CLASSES; k++) {
        z[k] = x[N_WEIGHT + k];
        for (int j = 0; j < COLS; j++) z[k] += x[k * COLS + j] * row[j];
        largest = fmax(largest, z[k]);
    }
    for (int k = 0; k < CLASSES; k++) sum += exp(z[k] - largest);
    for (int k = 0; k < CLASSES; k++) {
        double r = (exp(z[k] - largest) / sum - (k == label)) / BATCH;
        g[N_WEIGHT + k] += r;
        for (int j = 0; j < COLS; j++) g[k * COLS + j] += r * row[j];
    }
    return log(sum) + largest - z[label];
}

static int gradient(crease_oracle *oracle, crease_rows rows, const void *x, double *value, void *g)
{
    golden_oracle *o = (golden_oracle *)oracle;
    double point[N], grad[N] = { 0 };
    (void)rows;
    o->backend->to_host(N, x, point);
    *value = 0;
    for (int i = 0; i < BATCH; i++) {
        int row = (int)data.batches[o->step * BATCH + i];
        *value += add_row(point, data.X + row * COLS, (int)data.y[row], grad) / BATCH;
    }
    o->backend->from_host(N, grad, g);
    o->step++;
    return CREASE_OK;
}

/* --- running a method ---------------------------------------------------------------------------- */

typedef struct {
    const char *file, *algorithm;
    const char *settings; /* "key=value key=value" */
    const char *solver, *stop;
    double lambda, tolerance;
} golden_case;

static void set_all(crease_algorithm *a, const char *settings)
{
    char copy[200], *rest = copy;
    snprintf(copy, sizeof copy, "%s", settings);
    for (char *word; (word = strsep(&rest, " "));) {
        char *value = strchr(word, '=');
        if (!value) continue;
        *value++ = '\0';
        assert_ok(a->ctx, crease_algorithm_set(a, word, value));
    }
}

/* The iterates of 20 steps (STEPS x N, as doubles), and optionally W-hat of each. */
static void run(crease_ctx *ctx, const crease_backend *b, const golden_case *c, double *iterates, double *hats)
{
    crease_stopping *stop = c->stop ? crease_stopping_create(ctx, c->stop) : NULL;
    crease_solver *solver = crease_solver_create(ctx, c->solver, stop);
    crease_regularizer *psi = crease_regularizer_create(ctx, "group_l2");
    crease_algorithm *a = crease_algorithm_create(ctx, c->algorithm, b);
    crease_groups groups = crease_groups_cols(0, CLASSES, COLS);
    crease_term term = { psi, &groups, "weight" };
    golden_oracle oracle = { { .gradient = gradient }, b, 0 };
    char lambda[40];
    double start[N];
    assert_true(solver && psi && a);
    snprintf(lambda, sizeof lambda, "%.17g", c->lambda);
    assert_ok(ctx, crease_regularizer_set(psi, "lambda", lambda));
    set_all(a, c->settings);
    b->from_host(N, data.start, start);
    assert_ok(ctx, crease_algorithm_setup(a, N, start, &term, 1, solver));
    a->want_hat = true;
    for (unsigned t = 0; t < STEPS; t++) {
        assert_ok(ctx, crease_algorithm_step(a, &oracle.oracle));
        b->to_host(N, a->x, iterates + t * N);
        if (hats) b->to_host(N, a->hat, hats + t * N);
    }
    crease_algorithm_free(a);
    crease_solver_free(solver);
    crease_stopping_free(stop);
    crease_regularizer_free(psi);
}

static double error_against_golden(crease_ctx *ctx, const char *file, const double *iterates)
{
    static double W[STEPS * N_WEIGHT], mine[STEPS * N_WEIGHT];
    char name[100];
    snprintf(name, sizeof name, "%s.W.npy", file);
    load(ctx, name, W, STEPS * N_WEIGHT);
    for (unsigned t = 0; t < STEPS; t++) memcpy(mine + t * N_WEIGHT, iterates + t * N, N_WEIGHT * sizeof *mine);
    return test_max_error(STEPS * N_WEIGHT, mine, W);
}

static const golden_case cases[] = {
    { "proxsgd", "proxsgd", "lr=0.1 a=0.1", "exact", NULL, 0.02, 1e-10 },
    { "rmda", "rmda", "lr=0.1 momentum=0.1", "exact", NULL, 0.02, 1e-10 },
    { "rmda_c1", "rmda", "lr=0.1 momentum=1", "exact", NULL, 0.02, 1e-10 },
    { "ramda", "ramda", "lr=1e-2 momentum=0.1 eps=1e-6", "exact", NULL, 0.02, 1e-5 },
    { "ramda", "ramda", "lr=1e-2 momentum=0.1 eps=1e-6", "ssi", NULL, 0.02, 1e-5 },
    { "ramda_c1", "ramda", "lr=1e-2 momentum=1 eps=1e-6", "exact", NULL, 0.02, 1e-5 },
    { "ramda_pg100", "ramda", "lr=1e-2 momentum=0.1 eps=1e-6", "pg", "rel_decrease", 0.02, 1e-10 },
    { "proxgen_adamw", "proxgen", "lr=1e-2 eps=1e-8", "exact", NULL, 0.02, 1e-5 },
    { "proxgen_adamw_pg100", "proxgen", "lr=1e-2 eps=1e-8", "pg", "rel_decrease", 0.02, 1e-10 },
    { "madgrad", "madgrad", "lr=0.010001 momentum=0.9 eps=1e-6", "exact", NULL, 0, 1e-10 },
    { "sgd_momentum", "msgd", "lr=0.1 mu=0.9", "exact", NULL, 0.02, 1e-10 },
    { "adamw", "adamw", "lr=1e-2 weight_decay=1e-2", "exact", NULL, 0.02, 1e-10 },
    /* with psi = 0 the dual averaging methods are their unregularized ancestors */
    { "madgrad", "ramda", "lr=0.010001 momentum=0.1 eps=1e-6", "exact", NULL, 0, 1e-10 },
    { "adamw", "proxgen", "lr=1e-2 weight_decay=1e-2", "exact", NULL, 0, 1e-10 },
    { "proxgen_adamw", "proxssi", "lr=1e-2 eps=1e-8 bias_correction=true", "exact", NULL, 0.02, 1e-5 },
};
enum { N_CASES = sizeof cases / sizeof *cases };

static void follows_golden(void **state)
{
    crease_ctx *ctx = *state;
    static double iterates[STEPS * N];
    for (size_t i = 0; i < N_CASES; i++) {
        const golden_case *c = &cases[i];
        run(ctx, crease_backend_find(ctx, "cpu-f64"), c, iterates, NULL);
        double wide = error_against_golden(ctx, c->file, iterates);
        run(ctx, crease_backend_find(ctx, "cpu-f32"), c, iterates, NULL);
        double narrow = error_against_golden(ctx, c->file, iterates);
        print_message("%-20s by %-8s %-6s f64 %.1e (%.0e)  f32 %.1e (1e-04)\n", c->file, c->algorithm, c->solver, wide,
                      c->tolerance, narrow);
        if (!(wide < c->tolerance)) fail_msg("%s in float64: error %g", c->file, wide);
        if (!(narrow < 1e-4)) fail_msg("%s in float32: error %g", c->file, narrow);
    }
}

/* Modernized dual averaging (arXiv 2010.10502) with momentum, written out: z = x0 - V / sqrt(k). */
static void rmda_without_psi_is_mda(void **state)
{
    crease_ctx *ctx = *state;
    const golden_case c = { "", "rmda", "lr=0.1 momentum=0.3", "exact", NULL, 0, 0 };
    static double iterates[STEPS * N], expected[STEPS * N];
    double x[N], V[N] = { 0 }, g[N], value;
    golden_oracle oracle = { { .gradient = gradient }, crease_backend_find(ctx, "cpu-f64"), 0 };
    run(ctx, oracle.backend, &c, iterates, NULL);
    memcpy(x, data.start, sizeof x);
    for (unsigned t = 0; t < STEPS; t++) {
        gradient(&oracle.oracle, (crease_rows){ 0 }, x, &value, g);
        for (int i = 0; i < N; i++) {
            V[i] += 0.1 * sqrt(t + 1) * g[i];
            x[i] = 0.7 * x[i] + 0.3 * (data.start[i] - V[i] / sqrt(t + 1));
        }
        memcpy(expected + t * N, x, sizeof x);
    }
    assert_true(test_max_error(STEPS * N, iterates, expected) < 1e-12);
}

/* With c = 1 the average is W-hat, bit for bit, in either width; and W-hat has exact zero groups. */
static void average_one_copies_bits(void **state)
{
    crease_ctx *ctx = *state;
    const golden_case c = { "", "ramda", "lr=1e-2 momentum=1", "exact", NULL, 0.02, 0 };
    static const char *const names[] = { "cpu-f64", "cpu-f32" };
    static double iterates[STEPS * N], hats[STEPS * N];
    for (int k = 0; k < 2; k++) {
        run(ctx, crease_backend_find(ctx, names[k]), &c, iterates, hats);
        assert_memory_equal(iterates, hats, sizeof iterates);
        int zeros = 0;
        for (int i = 0; i < STEPS * N; i++) zeros += iterates[i] == 0;
        assert_true(zeros > 0);
    }
}

/* A new stage is a fresh method started at the current iterate, with lr and eps scaled. */
static void restart_is_a_fresh_start(void **state)
{
    crease_ctx *ctx = *state;
    const crease_backend *b = crease_backend_find(ctx, "cpu-f64");
    crease_solver *solver = crease_solver_create(ctx, "exact", NULL);
    crease_regularizer *psi = crease_regularizer_create(ctx, "group_l2");
    crease_groups groups = crease_groups_cols(0, CLASSES, COLS);
    crease_term term = { psi, &groups, "weight" };
    assert_ok(ctx, crease_regularizer_set(psi, "lambda", "0.02"));
    crease_algorithm *one = crease_algorithm_create(ctx, "ramda", b), *two = crease_algorithm_create(ctx, "ramda", b);
    golden_oracle first = { { .gradient = gradient }, b, 0 };
    set_all(one, "lr=1e-2 momentum=0.5 eps=1e-3");
    assert_ok(ctx, crease_algorithm_setup(one, N, data.start, &term, 1, solver));
    for (int t = 0; t < 7; t++) assert_ok(ctx, crease_algorithm_step(one, &first.oracle));
    crease_algorithm_new_stage(one, 0.1);
    set_all(two, "lr=1e-3 momentum=0.5 eps=1e-4");
    assert_ok(ctx, crease_algorithm_setup(two, N, one->x, &term, 1, solver));
    golden_oracle second = first;
    for (int t = 0; t < 7; t++) {
        assert_ok(ctx, crease_algorithm_step(one, &first.oracle));
        assert_ok(ctx, crease_algorithm_step(two, &second.oracle));
    }
    assert_true(test_max_error(N, one->x, two->x) < 1e-13);
    crease_algorithm_free(one);
    crease_algorithm_free(two);
    crease_solver_free(solver);
    crease_regularizer_free(psi);
}

/* A gradient that is not finite is refused before anything moves. */
static int bad_gradient(crease_oracle *oracle, crease_rows rows, const void *x, double *value, void *g)
{
    int code = gradient(oracle, rows, x, value, g);
    ((double *)g)[N / 2] = NAN;
    return code;
}

static void divergence_leaves_the_state(void **state)
{
    crease_ctx *ctx = *state;
    const crease_backend *b = crease_backend_find(ctx, "cpu-f64");
    crease_solver *solver = crease_solver_create(ctx, "exact", NULL);
    crease_algorithm *a = crease_algorithm_create(ctx, "ramda", b);
    golden_oracle oracle = { { .gradient = bad_gradient }, b, 0 };
    assert_ok(ctx, crease_algorithm_setup(a, N, data.start, NULL, 0, solver));
    assert_fails(ctx, crease_algorithm_step(a, &oracle.oracle), CREASE_EDIVERGED, "step 1");
    assert_memory_equal(a->x, data.start, sizeof data.start);
    assert_int_equal(a->t, 0);
    assert_true(a->state[0] == 0 && a->state[1] == 0);
    crease_algorithm_free(a);
    crease_solver_free(solver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_golden),          cmocka_unit_test(rmda_without_psi_is_mda),
        cmocka_unit_test(average_one_copies_bits), cmocka_unit_test(restart_is_a_fresh_start),
        cmocka_unit_test(divergence_leaves_the_state),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

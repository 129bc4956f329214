/* What the matrix problems are for: certified minimizers against decompositions in long double that
 * share nothing with LAPACK, ranks identified by proximal gradient steps, signals found again, and runs
 * of the program. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli_support.h"
#include "matrices.h"
#include "matrix_support.h"
#include "run_support.h"

/* --- certificates
 * ---------------------------------------------------------------------------------------- */

typedef struct {
    const char *rows, *cols, *measurements, *rank, *lambda, *margin, *noise, *seed, *backend;
    double rounding;
} instance;

static const instance instances[] = {
    { "10", "12", "60", "3", "0.01", "0.5", "0.01", "1", "cpu-f64", 1e-11 },
    { "10", "12", "60", "3", "0.01", "0.5", "0.01", "1", "cpu-f32", 1e-4 },
    { "10", "12", "400", "2", "0.3", "0.02", "0.5", "2", "cpu-f64", 1e-11 },
    { "14", "5", "200", "1", "2", "1", "1", "3", "cpu-f64", 1e-11 },
    { "6", "16", "150", "4", "1e-3", "1e-6", "0.1", "4", "cpu-f64", 1e-11 },
    { "8", "8", "64", "3", "0.1", "0", "0.1", "5", "cpu-f64", 1e-11 },
};
enum { N_INSTANCES = sizeof instances / sizeof *instances };

static bench instance_open(const instance *i)
{
    return bench_open("matrix_sensing", i->backend,
                      SETTINGS("rows", i->rows, "cols", i->cols, "measurements", i->measurements,
                               "rank", i->rank, "certified_lambda", i->lambda, "margin", i->margin,
                               "noise", i->noise, "seed", i->seed, "magnitude", "0.7", "spread", "3"));
}

/* The gradient at x in long double, from measurements and residuals that are read off the problem. */
static void wide_gradient(bench *b, const double *x, long double *g)
{
    size_t n = b->p->n, m = b->p->rows;
    double *a = vector(m * n), *unit = vector(n), *z = vector(m), *s = vector(m);
    void *slopes = crease_alloc(b->ctx, m, b->p->backend->real_bytes);
    for (size_t j = 0; j < n; j++) {
        unit[j] = 1;
        bench_predict(b, unit, z);
        for (size_t i = 0; i < m; i++) a[i * n + j] = z[i];
        unit[j] = 0;
    }
    bench_predict(b, unit, z); /* leaves the origin in b->x: slopes there are -b */
    assert_ok(b->ctx, b->p->type->slopes(b->p, ALL, b->x, slopes));
    b->p->backend->to_host(m, slopes, s);
    for (size_t j = 0; j < n; j++) g[j] = 0;
    for (size_t i = 0; i < m; i++) {
        long double residual = s[i];
        for (size_t j = 0; j < n; j++) residual += (long double)a[i * n + j] * x[j];
        for (size_t j = 0; j < n; j++) g[j] += residual * a[i * n + j] / (long double)m;
    }
    free(a), free(unit), free(z), free(s);
    crease_release(b->ctx, slopes);
}

/* U'G V of the first r and of the other singular vectors of x, which G is to respect: the largest entry
 * of U'G V + lambda I, and of the mixed blocks. rest: (I - U U') G (I - V V'). */
static double tangent_error(const jacobi_svd *f, size_t r, double lambda, const long double *g,
                            long double *rest)
{
    long double worst = 0;
    memcpy(rest, g, f->rows * f->cols * sizeof *rest);
    for (size_t l = 0; l < r; l++) {
        for (size_t i = 0; i < f->rows; i++) { /* G v_l = -lambda u_l */
            long double sum = lambda * f->u[i * f->k + l];
            for (size_t j = 0; j < f->cols; j++) sum += g[i * f->cols + j] * f->v[j * f->k + l];
            worst = fmaxl(worst, fabsl(sum));
        }
        for (size_t j = 0; j < f->cols; j++) { /* G'u_l = -lambda v_l */
            long double sum = lambda * f->v[j * f->k + l];
            for (size_t i = 0; i < f->rows; i++) sum += g[i * f->cols + j] * f->u[i * f->k + l];
            worst = fmaxl(worst, fabsl(sum));
        }
        for (size_t i = 0; i < f->rows; i++)
            for (size_t j = 0; j < f->cols; j++)
                rest[i * f->cols + j] += lambda * f->u[i * f->k + l] * f->v[j * f->k + l];
    }
    return (double)worst;
}

/* The singular vectors of x* come in its own rounding, so what is beyond the tangent space is off by as
 * much. */
static void test_certificates(void **state)
{
    (void)state;
    for (size_t t = 0; t < N_INSTANCES; t++) {
        const instance *in = &instances[t];
        bench b = instance_open(in);
        size_t r = (size_t)atoi(in->rank), rows = b.p->blocks[0].shape[0],
               cols = b.p->blocks[0].shape[1];
        double lambda = atof(in->lambda), margin = atof(in->margin);
        const double *known = b.p->type->known_solution(b.p);
        matrix x, g, rest;
        jacobi_svd f, beyond;
        assert_non_null(known);
        for (size_t i = 0; i < b.p->n; i++) x[i] = known[i];
        wide_gradient(&b, known, g);
        jacobi(rows, cols, x, &f);
        assert_true(fabsl(f.s[r - 1] - 0.7L) < 1e-14 && f.s[r] < 1e-14); /* Delta */
        assert_true(fabsl(f.s[0] - (r > 1 ? 2.1L : 0.7L)) < 1e-14);
        double error = tangent_error(&f, r, lambda, g, rest);
        jacobi(rows, cols, rest, &beyond);
        double delta = lambda - (double)beyond.s[0];
        if (error > in->rounding * lambda || fabs(delta - margin * lambda) > in->rounding * lambda)
            fail_msg("instance %zu: tangent error %g, delta %.17g", t, error, delta);
        bench_close(&b);
    }
}

static double objective(bench *b, double lambda, const double *x)
{
    return bench_gradient(b, ALL, x, NULL)
           + lambda * (double)nuclear_norm(b->p->blocks[0].shape[0], b->p->blocks[0].shape[1], x);
}

/* Nothing is better, from far away to very near, not even within the manifold, where the margin does
 * not help. */
static void test_nothing_is_better(void **state)
{
    (void)state;
    crease_random random = crease_random_at(12, CREASE_STREAM_TEST, 0);
    for (size_t t = 0; t < N_INSTANCES; t++) {
        if (instances[t].rounding > 1e-10) continue;
        bench b = instance_open(&instances[t]);
        const double *known = b.p->type->known_solution(b.p);
        double lambda = atof(instances[t].lambda), *x = vector(b.p->n),
               best = objective(&b, lambda, known);
        for (size_t k = 0; k < crease_test_count(2000); k++) {
            double size = log_uniform(&random, 1e-5, 10);
            for (size_t i = 0; i < b.p->n; i++) x[i] = known[i] + size * crease_random_normal(&random);
            assert_true(objective(&b, lambda, x) > best);
            for (size_t i = 0; i < b.p->n; i++) x[i] = (1 + (k % 2 ? size : -size)) * known[i];
            assert_true(objective(&b, lambda, x) > best);
        }
        free(x);
        bench_close(&b);
    }
}

/* --- proximal gradient
 * ------------------------------------------------------------------------------------ */

static int whole_gradient(crease_oracle *o, crease_rows rows, const void *x, double *value, void *g)
{
    return o->problem->type->gradient(o->problem, rows, x, value, g);
}

/* Steps of proximal gradient with psi on the whole block, from the problem's own start. hat: the last
 * answer of the proximal map. Its rank, or the live units. */
static size_t descend(bench *b, const char *name, double lambda, const crease_groups *groups, double lr,
                      size_t steps, double *hat)
{
    char text[40];
    crease_regularizer *psi = crease_regularizer_create(b->ctx, name);
    crease_solver *exact = crease_solver_create(b->ctx, "exact", NULL);
    crease_algorithm *a = crease_algorithm_create(b->ctx, "proxsgd", b->p->backend);
    crease_term term = { psi, groups, b->p->blocks[0].name };
    snprintf(text, sizeof text, "%.17g", lambda);
    assert_ok(b->ctx, crease_regularizer_set(psi, "lambda", text));
    snprintf(text, sizeof text, "%zu", b->p->blocks[0].shape[0]);
    if (!strcmp(name, "nuclear")) assert_ok(b->ctx, crease_regularizer_set(psi, "rows", text));
    snprintf(text, sizeof text, "%.17g", lr);
    assert_ok(b->ctx, crease_algorithm_set(a, "lr", text));
    assert_ok(b->ctx, crease_algorithm_set(a, "a", "1"));
    assert_ok(b->ctx, b->p->type->start(b->p, 3, b->x));
    assert_ok(b->ctx, crease_algorithm_setup(a, b->p->n, b->x, &term, 1, exact));
    crease_oracle oracle = { .gradient = whole_gradient, .problem = b->p };
    a->want_hat = true;
    for (size_t k = 0; k < steps; k++) assert_ok(b->ctx, crease_algorithm_step(a, &oracle));
    b->p->backend->to_host(b->p->n, a->hat, hat);
    size_t units = crease_term_units(&term), live = 0;
    crease_unit *unit = calloc(units, sizeof *unit);
    double *work = vector(crease_term_work(&term));
    crease_term_signature(&term, hat, unit, work);
    for (size_t i = 0; i < units; i++) live += unit[i] != 0;
    free(unit), free(work);
    crease_algorithm_free(a);
    crease_solver_free(exact);
    crease_regularizer_free(psi);
    return live;
}

/* Singular values above the rounding of the width. */
static size_t true_rank(const bench *b, const double *x)
{
    matrix wide;
    jacobi_svd f;
    size_t rank = 0;
    for (size_t i = 0; i < b->p->n; i++) wide[i] = x[i];
    jacobi(b->p->blocks[0].shape[0], b->p->blocks[0].shape[1], wide, &f);
    while (rank < f.k && f.s[rank] > 100 * b->p->backend->roundoff * f.s[0]) rank++;
    return rank;
}

static void test_the_rank_is_identified(void **state)
{
    (void)state;
    for (size_t t = 2; t <= 3; t++) {
        bench b = instance_open(&instances[t]);
        const double *known = b.p->type->known_solution(b.p);
        crease_groups groups = crease_groups_all(0, b.p->n);
        double *x = vector(b.p->n), L, off = 0;
        groups.uniform_weight = 1;
        assert_ok(b.ctx, b.p->type->lipschitz(b.p, false, &L));
        descend(&b, "nuclear", atof(instances[t].lambda), &groups, 1 / L, t == 2 ? 3000 : 300, x);
        for (size_t i = 0; i < b.p->n; i++) off = hypot(off, x[i] - known[i]);
        if (off > 1e-6 || true_rank(&b, x) != (size_t)atoi(instances[t].rank))
            fail_msg("instance %zu: off by %g, rank %zu", t, off, true_rank(&b, x));
        free(x);
        bench_close(&b);
    }
}

static double metric(bench *b, const char *name, const double *x)
{
    b->p->backend->from_host(b->p->n, x, b->x);
    assert_ok(b->ctx, b->p->type->evaluate(b->p, b->x));
    for (size_t i = 0; i < b->p->n_metrics; i++)
        if (!strcmp(b->p->metrics[i].name, name)) return b->p->metrics[i].value;
    fail_msg("no metric %s", name);
    return NAN;
}

static void test_completion_recovers(void **state)
{
    (void)state;
    for (int width = 0; width < 2; width++) {
        bench b = bench_open("matrix_completion", width ? "cpu-f32" : "cpu-f64",
                             SETTINGS("rows", "16", "cols", "15", "rank", "2", "observed", "0.7",
                                      "noise", "0", "held_out", "0.2", "magnitude", "10"));
        crease_groups groups = crease_groups_all(0, b.p->n);
        double *x = vector(b.p->n), L;
        groups.uniform_weight = 1;
        assert_true(b.p->rows == 168 && b.p->n_metrics == 2 && !b.p->type->known_solution);
        assert_ok(b.ctx, b.p->type->lipschitz(b.p, false, &L));
        assert_true(L == 1.0 / 168);
        double before = metric(&b, "test_rmse", x);
        descend(&b, "nuclear", 1e-3, &groups, 1 / L, 1500, x);
        assert_true(true_rank(&b, x) == 2);
        assert_true(metric(&b, "relative_error", x) < 0.03
                    && metric(&b, "test_rmse", x) < 0.04 * before);
        free(x);
        bench_close(&b);
    }
}

/* --- phase retrieval
 * -------------------------------------------------------------------------------------- */

static void test_a_signal_is_retrieved(void **state)
{
    (void)state;
    for (int seed = 1; seed <= 3; seed++) {
        char text[20];
        snprintf(text, sizeof text, "%d", seed);
        bench b =
            bench_open("phase_retrieval", seed == 3 ? "cpu-f32" : "cpu-f64", SETTINGS("seed", text));
        crease_groups groups = crease_groups_runs(0, 60, 3);
        const unsigned char *live = b.p->type->known_columns(b.p);
        double *x = vector(60), *opposite = vector(60);
        size_t planted = 0;
        assert_ok(b.ctx, b.p->type->start(b.p, 7, b.x));
        b.p->backend->to_host(60, b.x, x);
        double start = metric(&b, "distance_up_to_sign", x);
        assert_true(start < 0.65);
        for (size_t i = 0; i < 60; i++) opposite[i] = -x[i];
        assert_true(metric(&b, "distance_up_to_sign", opposite) == start);
        assert_int_equal(descend(&b, "group_l2", 1e-3, &groups, 0.005, 3000, x), 4);
        for (size_t i = 0; i < 60; i++) {
            planted += live[i];
            assert_true((x[i] != 0) == live[i]);
        }
        assert_true(planted == 12 && metric(&b, "distance_up_to_sign", x) < 1e-3
                    && !b.p->type->known_solution);
        free(x), free(opposite);
        bench_close(&b);
    }
}

/* The start is the leading eigenvector of 1/m sum b_i a_i a_i', as long as sqrt(mean b). */
static void test_spectral_start(void **state)
{
    (void)state;
    bench b = bench_open("phase_retrieval", "cpu-f64", SETTINGS("power_iters", "3000"));
    size_t m = b.p->rows, n = b.p->n;
    double *x = vector(n), *z = vector(m), *s = vector(m), *y = vector(n), mean = 0, size = 0,
           along = 0, across = 0;
    assert_ok(b.ctx, b.p->type->start(b.p, 7, b.x));
    b.p->backend->to_host(n, b.x, x);
    bench_predict(&b, x, z);
    assert_ok(b.ctx, b.p->type->slopes(b.p, ALL, b.x, s));
    for (size_t i = 0; i < m; i++) {
        double target = z[i] * z[i] - s[i] / z[i];
        mean += target / (double)m;
        s[i] = target * z[i];
    }
    assert_ok(b.ctx, b.p->type->pull(b.p, ALL, s, 1 / (double)m, 0, y));
    for (size_t i = 0; i < n; i++) {
        size += x[i] * x[i];
        along += x[i] * y[i];
    }
    for (size_t i = 0; i < n; i++) across = hypot(across, y[i] - along / size * x[i]);
    assert_true(fabs(size - mean) < 1e-9 * mean && across < 1e-9 * along / sqrt(size) && along > 0);
    free(x), free(z), free(s), free(y);
    bench_close(&b);
}

/* --- the program
 * ------------------------------------------------------------------------------------------ */

static void test_runs(void **state)
{
    (void)state;
    static const struct {
        const char *problem, *psi, *column;
    } runs[] = {
        { "{type: matrix_completion, rows: 12, cols: 10, rank: 2}",
          "{block: matrix, type: nuclear, rows: 12, lambda: 1e-3, groups: all, group_weights: one}",
          "test_rmse" },
        { "{type: matrix_sensing, certified_lambda: 0.01}",
          "{block: matrix, type: nuclear, rows: 10, lambda: 0.01, groups: all, group_weights: one}",
          "relative_error" },
        { "{type: phase_retrieval}",
          "{block: signal, type: nuclear, lambda: 1e-3, rows: 1, groups: all}", "distance_up_to_sign" },
    };
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        static cli_result r;
        char text[1200], name[40];
        snprintf(text, sizeof text,
                 "problem: %s\nregularizers: [%s]\nschedule: {epochs: 3, batch: 20}\nobserve: "
                 "{full_gradient_every: 1}\n"
                 "algorithms:\n  - {type: proxsgd, lr: 1e-3}\n  - {type: rmda, lr: 1e-4}\n",
                 runs[i].problem, runs[i].psi);
        snprintf(name, sizeof name, "matrix%zu", i);
        const char *file = cli_write_text("matrix.yaml", text), *out = test_path(name);
        CLI_RUN(&r, "run", file, "--out", out, "--quiet", "--seeds", "1");
        cli_expect(&r, 0, "");
        assert_int_equal(run_rows(run_path(out, "trace.csv")), 6);
        char *trace = run_read(run_path(out, "trace.csv"));
        assert_non_null(strstr(trace, runs[i].column));
        free(trace);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certificates),
        cmocka_unit_test(test_nothing_is_better),
        cmocka_unit_test(test_the_rank_is_identified),
        cmocka_unit_test(test_completion_recovers),
        cmocka_unit_test(test_a_signal_is_retrieved),
        cmocka_unit_test(test_spectral_start),
        cmocka_unit_test(test_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Subproblems whose operator metric couples the entries of psi with entries that lie in no group:
 * inner solvers against solutions that are planted, or found by trying all signs. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crease/judge.h"
#include "support.h"

enum { N = 12, HELD = 8, FREE = N - HELD };

/* min 1/2 x'Hx - c'x + w psi(x), psi on the entries with a label >= 0. */
typedef struct {
    crease_ctx *ctx;
    crease_random random;
    crease_regularizer *psi;
    crease_groups groups;
    crease_term term;
    int64_t label[N];
    double H[N * N], diagonal[N], c[N], x0[N], v[N], x[N], solution[N];
    void *bc, *bx0, *bv, *bx;
    crease_operator metric;
    crease_subproblem p;
} stage;

static double normal(stage *s)
{
    return crease_random_normal(&s->random);
}

static void product(const stage *s, const double *x, double *y)
{
    for (int i = 0; i < N; i++) {
        y[i] = 0;
        for (int j = 0; j < N; j++) y[i] += s->H[i * N + j] * x[j];
    }
}

/* Well conditioned, every entry coupled with every other. */
static void draw_matrix(stage *s)
{
    double a[N * N];
    for (int i = 0; i < N * N; i++) a[i] = normal(s);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            double sum = i == j ? 0.5 : 0;
            for (int k = 0; k < N; k++) sum += a[i * N + k] * a[j * N + k] / N;
            s->H[i * N + j] = sum;
        }
    s->metric = crease_operator_of_matrix(N, s->H, s->diagonal);
    s->metric.least = 0.5 - 1e-12;
}

typedef struct {
    const char *psi, *settings[6];
    int groups; /* 0: one of all, else so many, dealt in turn */
} shape;

static const shape shapes[] = {
    { "l1", { "lambda", "0.7" }, HELD },
    { "l1", { "lambda", "0.3", "scale", "2" }, 0 },
    { "group_l2", { "lambda", "0.6" }, 3 },
    { "sparse_group", { "lambda1", "0.3", "lambda2", "0.4" }, 2 },
    { "group_elastic_net", { "lambda", "0.5", "tau", "0.7" }, 3 },
    { "box", { "lower", "-0.3", "upper", "0.2" }, HELD },
    { "nonneg", { NULL }, 0 },
    { "slope", { NULL }, 0 },
    { "tv1d", { "lambda", "0.5" }, 0 },
    { "linf", { "lambda", "0.8" }, 2 },
    { "l2_ball", { NULL }, 2 },
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

static stage *open_stage(const shape *how, uint64_t seed)
{
    stage *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->ctx = test_ctx();
    s->random = crease_random_at(seed, CREASE_STREAM_TEST, 0);
    s->psi = crease_regularizer_create(s->ctx, how->psi);
    for (const char *const *k = how->settings; *k; k += 2)
        assert_ok(s->ctx, crease_regularizer_set(s->psi, k[0], k[1]));
    for (int i = 0, held = 0; i < N; i++) {
        bool is_free = i % 3 == (int)(seed % 3);
        s->label[i] = is_free ? -1 : how->groups ? held % how->groups : 0;
        held += !is_free;
    }
    assert_ok(s->ctx, crease_groups_from_labels(s->ctx, 0, N, s->label, &s->groups));
    s->term = (crease_term){ s->psi, &s->groups, NULL };
    draw_matrix(s);
    return s;
}

static void close_stage(stage *s)
{
    void *owned[] = { s->bc, s->bx0, s->bv, s->bx };
    for (int i = 0; i < 4; i++) free(owned[i]);
    crease_groups_free(s->ctx, &s->groups);
    crease_regularizer_free(s->psi);
    crease_ctx_free(s->ctx);
    free(s);
}

/* The solution is a point that the exact oracle has returned, u - x is then a subgradient there; what
 * is free is anything. c follows. */
static void plant(stage *s, double w)
{
    double image[N], subgradient[N] = { 0 };
    for (int i = 0; i < N; i++) s->solution[i] = normal(s);
    for (size_t k = 0; k < crease_term_parts(&s->term); k++) {
        crease_part part = crease_term_part(&s->term, k);
        double u[N], one[N], x[N];
        crease_prox_info info = { .exact = true };
        part.work = malloc(crease_part_work(s->psi, &part) + 16);
        for (size_t i = 0; i < part.n; i++) u[i] = normal(s), one[i] = 1;
        assert_ok(s->ctx, crease_part_prox(s->psi, &part, u, one, w, x, &info));
        for (size_t i = 0; i < part.n; i++) {
            s->solution[crease_part_entry(&s->term, k, i)] = x[i];
            subgradient[crease_part_entry(&s->term, k, i)] = u[i] - x[i];
        }
        free(part.work);
    }
    product(s, s->solution, image);
    for (int i = 0; i < N; i++) s->c[i] = image[i] + subgradient[i];
}

static void pose(stage *s, const char *backend, double w, bool with_x0)
{
    const crease_backend *b = crease_backend_find(s->ctx, backend);
    void **copies[] = { &s->bc, &s->bx0, &s->bv, &s->bx };
    double image[N];
    for (int i = 0; i < N; i++) s->x0[i] = normal(s);
    product(s, s->x0, image);
    for (int i = 0; i < N; i++) s->v[i] = image[i] - s->c[i];
    const double *from[] = { s->c, s->x0, s->v, s->x };
    for (int i = 0; i < 4; i++) {
        if (!*copies[i]) *copies[i] = malloc(N * sizeof(double));
        b->from_host(N, from[i], *copies[i]);
    }
    s->p = (crease_subproblem){ .ctx = s->ctx,
                                .backend = b,
                                .n = N,
                                .c = s->bc,
                                .metric = &s->metric,
                                .x0 = with_x0 ? s->bx0 : NULL,
                                .v = with_x0 ? s->bv : NULL,
                                .w = w,
                                .psi = s->psi,
                                .groups = &s->groups,
                                .paper_scale = 1,
                                .step = 1 };
}

static int solve(stage *s, const char *solver, const char *eps, crease_solve_info *info)
{
    crease_stopping *stop = crease_stopping_create(s->ctx, "residual");
    assert_ok(s->ctx, crease_stopping_set(stop, "eps0", eps));
    assert_ok(s->ctx, crease_stopping_set(stop, "schedule", "constant"));
    assert_ok(s->ctx, crease_stopping_set(stop, "max_iters", "100000"));
    crease_solver *made = crease_solver_parse(s->ctx, solver, stop);
    if (!made) fail_msg("%s: %s", solver, crease_ctx_error(s->ctx)->sentence);
    int code = crease_solver_solve(made, &s->p, s->bx, info);
    s->p.backend->to_host(N, s->bx, s->x);
    crease_solver_free(made);
    crease_stopping_free(stop);
    return code;
}

static void assert_solved(const stage *s, const char *solver, double tolerance)
{
    double error = test_max_error(N, s->x, s->solution);
    if (!(error < tolerance)) fail_msg("%s on %s is %g away", solver, s->psi->type->base.name, error);
    for (int i = 0; i < N; i++) assert_false(s->x[i] == 0 && signbit(s->x[i]));
}

static const char *const solvers[] = {
    "pg:step=group",
    "pg:step=global",
    "pg:step=backtracking",
    "pg:step=bb",
    "apg",
    "apg:momentum=fista,restart=none",
    "apg:restart=function",
    "ssn",
    "cd:order=cyclic",
    "cd:order=permuted",
};
enum { N_SOLVERS = sizeof solvers / sizeof *solvers };

static void planted_solutions(void **state)
{
    (void)state;
    for (int k = 0; k < N_SHAPES; k++)
        for (uint64_t seed = 0; seed < 3 + crease_test_count(100); seed++)
            for (int i = 0; i < N_SOLVERS; i++) {
                bool wide = seed % 4 != 3;
                double w = seed % 2 ? 1 : 0.6;
                crease_solve_info info;
                stage *s = open_stage(&shapes[k], 10 * seed + (uint64_t)k);
                plant(s, w);
                for (int j = 0; j < N; j++) s->x[j] = 2 * normal(s);
                pose(s, wide ? "cpu-f64" : "cpu-f32", w, seed % 3 == 1);
                assert_ok(s->ctx, solve(s, solvers[i], wide ? "1e-11" : "3e-6", &info));
                assert_int_not_equal(info.stop, CREASE_STOP_CAP);
                assert_solved(s, solvers[i], wide ? 1e-9 : 1e-4);
                for (int j = 0; wide && strcmp(shapes[k].psi, "l1") == 0 && j < N; j++)
                    assert_int_equal(s->x[j] != 0, s->solution[j] != 0);
                close_stage(s);
            }
}

/* --- all signs ------------------------------------------------------------------------------------ */

/* A x = b in place, with pivots; A is n x n with rows of N. */
static void eliminate(int n, long double a[N][N], long double *b)
{
    for (int k = 0; k < n; k++) {
        int best = k;
        for (int i = k; i < n; i++)
            if (fabsl(a[i][k]) > fabsl(a[best][k])) best = i;
        for (int j = 0; j < n; j++) {
            long double kept = a[k][j];
            a[k][j] = a[best][j];
            a[best][j] = kept;
        }
        long double kept = b[k];
        b[k] = b[best];
        b[best] = kept;
        for (int i = k + 1; i < n; i++) {
            long double f = a[i][k] / a[k][k];
            for (int j = k; j < n; j++) a[i][j] -= f * a[k][j];
            b[i] -= f * b[k];
        }
    }
    for (int k = n - 1; k >= 0; k--) {
        for (int j = k + 1; j < n; j++) b[k] -= a[k][j] * b[j];
        b[k] /= a[k][k];
    }
}

/* The point that solves the linear system of these signs, if it has them and no zero wants to leave. */
static bool try_signs(const stage *s, const int *sign, double lambda, double *x)
{
    long double a[N][N], b[N];
    int at[N], n = 0;
    for (int i = 0; i < N; i++)
        if (s->label[i] < 0 || sign[i] != 0) at[n++] = i;
    for (int i = 0; i < n; i++) {
        b[i] = s->c[at[i]] - (s->label[at[i]] < 0 ? 0 : lambda * sign[at[i]]);
        for (int j = 0; j < n; j++) a[i][j] = s->H[at[i] * N + at[j]];
    }
    eliminate(n, a, b);
    for (int i = 0; i < N; i++) x[i] = 0;
    for (int i = 0; i < n; i++) x[at[i]] = (double)b[i];
    double image[N];
    product(s, x, image);
    for (int i = 0; i < N; i++) {
        if (s->label[i] < 0) continue;
        if (sign[i] != 0 && !(x[i] * sign[i] > 0)) return false;
        if (sign[i] == 0 && !(fabs(s->c[i] - image[i]) <= lambda)) return false;
    }
    return true;
}

static void all_signs(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 1 + crease_test_count(50); seed++) {
        stage *s = open_stage(&shapes[0], 70 + seed);
        size_t found = 0, combinations = 6561; /* 3^HELD */
        for (int i = 0; i < N; i++) s->c[i] = 1.5 * normal(s);
        for (size_t k = 0; k < combinations; k++) {
            int sign[N] = { 0 };
            double x[N];
            size_t rest = k;
            for (int i = 0; i < N; i++)
                if (s->label[i] >= 0) sign[i] = (int)(rest % 3) - 1, rest /= 3;
            if (!try_signs(s, sign, 0.7, x)) continue;
            memcpy(s->solution, x, sizeof x);
            found++;
        }
        assert_int_equal(found, 1);
        for (int i = 0; i < N_SOLVERS; i++) {
            crease_solve_info info;
            for (int j = 0; j < N; j++) s->x[j] = normal(s);
            pose(s, "cpu-f64", 1, i % 2);
            assert_ok(s->ctx, solve(s, solvers[i], "1e-11", &info));
            assert_solved(s, solvers[i], 1e-9);
        }
        close_stage(s);
    }
}

/* --- certificates, tests, refusals ---------------------------------------------------------------- */

static double objective(const stage *s, const double *x)
{
    double image[N], value = 0, *work = malloc(crease_term_work(&s->term) * sizeof *work);
    product(s, x, image);
    for (int i = 0; i < N; i++) value += (0.5 * image[i] - s->c[i]) * x[i];
    value += s->p.w * crease_term_value(&s->term, x, work);
    free(work);
    return value;
}

/* A certificate sees what is free as well: 0 at the solution only, with the value of the whole. */
static void certificates(void **state)
{
    (void)state;
    for (int k = 0; k < N_SHAPES; k++) {
        stage *s = open_stage(&shapes[k], 300 + (uint64_t)k);
        crease_certificate proof;
        plant(s, 1);
        pose(s, "cpu-f64", 1, k % 2);
        s->p.backend->from_host(N, s->solution, s->bx);
        assert_ok(s->ctx, crease_certify(&s->p, s->bx, &proof));
        assert_true(proof.relative < 1e-13);
        for (int j = 0; j < N; j++) {
            if (s->label[j] >= 0) continue;
            double x[N], distance = 0;
            memcpy(x, s->solution, sizeof x);
            x[j] += 0.1;
            s->p.backend->from_host(N, x, s->bx);
            assert_ok(s->ctx, crease_certify(&s->p, s->bx, &proof));
            double value = objective(s, x);
            for (int i = 0; i < N; i++) distance = hypot(distance, x[i] - s->solution[i]);
            assert_true(proof.relative > 1e-3);
            assert_true(fabs(proof.value - value) <= 1e-12 * (1 + fabs(value)));
            assert_true(distance <= proof.distance);
        }
        close_stage(s);
    }
}

/* What a solver says of its answer under some inexactness test. */
static void end_by(const char *test, const char *solver, uint64_t seed)
{
    stage *s = open_stage(&shapes[2], seed);
    crease_solve_info info;
    plant(s, 1);
    pose(s, "cpu-f64", 1, true);
    crease_stopping *stop = crease_stopping_create(s->ctx, test);
    (void)crease_stopping_set(stop, "max_iters", "2000"); /* those that have it */
    crease_solver *made = crease_solver_parse(s->ctx, solver, stop);
    assert_non_null(made);
    int code = crease_solver_solve(made, &s->p, s->bx, &info);
    if (code != CREASE_OK) assert_fails(s->ctx, code, CREASE_ENOTSUP, " ");
    s->p.backend->to_host(N, s->bx, s->x);
    for (int j = 0; j < N; j++) assert_true(isfinite(s->x[j]));
    double gap = objective(s, s->x) - objective(s, s->solution);
    if (code == CREASE_OK && !info.exact && !(gap <= info.gap + 1e-12))
        fail_msg("%s under %s claims a gap of %g, which is %g", solver, test, info.gap, gap);
    crease_solver_free(made);
    crease_stopping_free(stop);
    close_stage(s);
}

static void inexactness_tests(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const crease_type *type;
    for (size_t k = 0; (type = crease_type_at(ctx, CREASE_STOPPING, k)); k++)
        for (int i = 0; i < N_SOLVERS; i++)
            if (strcmp(type->name, "and") != 0 && strcmp(type->name, "or") != 0)
                end_by(type->name, solvers[i], 400 + (uint64_t)i);
    crease_ctx_free(ctx);
}

/* A ridge of the regularizer would act on what is free, too. */
static void ridges_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = { "pg", "apg", "ssn", "cd" };
    for (int i = 0; i < 4; i++) {
        stage *s = open_stage(&shapes[0], 500);
        crease_solve_info info;
        assert_ok(s->ctx, crease_regularizer_set(s->psi, "ridge", "0.5"));
        plant(s, 1);
        pose(s, "cpu-f64", 1, false);
        assert_fails(s->ctx, solve(s, names[i], "1e-9", &info), CREASE_ENOTSUP,
                     "the metric couples entries that lie in no group");
        close_stage(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_solutions),  cmocka_unit_test(all_signs),
        cmocka_unit_test(certificates),       cmocka_unit_test(inexactness_tests),
        cmocka_unit_test(ridges_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

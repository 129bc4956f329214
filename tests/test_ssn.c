/* The semismooth Newton solver: every regularizer it accepts in metrics of every spread and in operator
 * metrics, its rate, and how many decompositions a nuclear norm costs. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "subproblems.h"

static const double spreads[] = { 0, 1, 10, 1e3 };
static const char *const layouts[] = { "elements", "rows", "cols", "all", "ragged" };

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

/* --- one solve ----------------------------------------------------------------------------------- */

typedef struct {
    crease_solve_info info;
    crease_certificate proof;
    int code;
} outcome;

/* To a residual of eps, at most so many iterations; from s->bx, into it. */
static outcome run(const char *solver_name, const crease_subproblem *p, double eps, unsigned most,
                   void *x)
{
    char text[120];
    outcome out;
    snprintf(text, sizeof text, "residual:schedule=constant,eps0=%.17g,max_iters=%u", eps, most);
    crease_stopping *stop = crease_stopping_parse(p->ctx, text);
    crease_solver *solver = crease_solver_create(p->ctx, solver_name, stop);
    assert_non_null(solver);
    out.code = crease_solver_solve(solver, p, x, &out.info);
    if (out.code == CREASE_OK) assert_ok(p->ctx, crease_certify(p, x, &out.proof));
    crease_solver_free(solver);
    crease_stopping_free(stop);
    return out;
}

static bool accepted(const crease_subproblem *p)
{
    crease_stopping *stop = crease_stopping_create(p->ctx, "residual");
    crease_solver *solver = crease_solver_create(p->ctx, "ssn", stop);
    bool yes = !solver->type->accepts(solver, p);
    crease_solver_free(solver);
    crease_stopping_free(stop);
    return yes;
}

static double norm(size_t n, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum = hypot(sum, x[i]);
    return sum;
}

static double rounding(const test_subproblem *s)
{
    return 4e-15 * fmax(s->spread, 10) * norm(s->n, s->c);
}

/* A residual that makes every part's relative certificate 1e-11, if rounding lets it: proximal maps in
 * the metric max d round to eps max d |x|, which is up to spread times eps |c|. */
static double goal(const test_subproblem *s)
{
    double least = INFINITY;
    for (size_t k = 0; k < crease_term_parts(&s->term); k++) {
        double sum = 0;
        size_t n = crease_term_part(&s->term, k).n;
        for (size_t i = 0; i < n; i++) sum = hypot(sum, s->c[crease_part_entry(&s->term, k, i)]);
        if (sum > 0) least = fmin(least, sum);
    }
    return fmax(isinf(least) ? 1e-11 : 1e-11 * least, rounding(s));
}

/* The case's layout, w and start point vary with k. */
static bool draw(crease_ctx *ctx, const char *name, double spread, size_t k, test_subproblem *s)
{
    test_shape shape = { name, "cpu-f64", layouts[k % 5], 3 + k % 4, 6, spread, k % 3 ? 1 : 0.1, 1 };
    if (!test_subproblem_make(ctx, &shape, 7000 + k, s)) return false;
    test_subproblem_draw(s);
    for (size_t i = 0; i < s->n; i++) s->x[i] = k % 2 ? crease_random_normal(&s->random) : 0;
    test_subproblem_push(s, k % 4 < 2);
    if (accepted(&s->p)) return true;
    test_subproblem_free(s);
    return false;
}

static void assert_solved(const test_subproblem *s, const outcome *out, double tolerance)
{
    const char *name = s->psi->type->base.name;
    if (out->info.stop == CREASE_STOP_CAP)
        fail_msg("%s, spread %g: %u iterations, certificate %g", name, s->spread, out->info.iterations,
                 out->proof.relative);
    if (out->proof.absolute <= rounding(s)) return; /* a part with a small c does not come below that */
    if (!(out->proof.relative < tolerance))
        fail_msg("%s, spread %g: certificate %g", name, s->spread, out->proof.relative);
}

/* --- every regularizer --------------------------------------------------------------------------- */

static void every_metric(void **state)
{
    const crease_type *type;
    for (size_t r = 0; (type = crease_type_at(*state, CREASE_REGULARIZER, r)); r++)
        for (size_t m = 0; m < 4; m++)
            for (size_t k = 0; k < crease_test_count(500); k++) {
                test_subproblem s;
                if (!draw(*state, type->name, spreads[m], k, &s)) continue;
                outcome out = run("ssn", &s.p, goal(&s), 1000, s.bx);
                assert_ok(s.ctx, out.code);
                assert_solved(&s, &out, 1e-10);
                test_subproblem_pull(&s);
                for (size_t i = 0; i < s.n; i++) assert_false(s.x[i] == 0 && signbit(s.x[i]));
                test_subproblem_free(&s);
            }
}

/* G = R'R/m for a normal R of m = 2 n rows. */
static void fill_gram(crease_random *r, size_t n, double *G)
{
    double *row = malloc(n * sizeof *row);
    memset(G, 0, n * n * sizeof *G);
    for (size_t l = 0; l < 2 * n; l++) {
        for (size_t i = 0; i < n; i++) row[i] = crease_random_normal(r);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++) G[i * n + j] += row[i] * row[j] / (2 * (double)n);
    }
    free(row);
}

static void operator_metrics(void **state)
{
    const crease_type *type;
    for (size_t r = 0; (type = crease_type_at(*state, CREASE_REGULARIZER, r)); r++)
        for (size_t k = 0; k < crease_test_count(200); k++) {
            test_subproblem s;
            if (!draw(*state, type->name, 0, 4 * k + 2, &s)) continue;
            double *G = malloc(s.n * s.n * sizeof *G), *diagonal = malloc(s.n * sizeof *diagonal);
            fill_gram(&s.random, s.n, G);
            crease_operator metric = crease_operator_of_matrix(s.n, G, diagonal);
            if (k % 3 == 1) metric.diagonal = NULL;
            s.p.metric = &metric;
            outcome out = run("ssn", &s.p, goal(&s), 2000, s.bx);
            assert_ok(s.ctx, out.code);
            assert_solved(&s, &out, 1e-10);
            test_subproblem_free(&s);
            free(G);
            free(diagonal);
        }
}

/* w = 0 leaves a linear system. */
static void without_psi(void **state)
{
    for (size_t k = 0; k < 20; k++) {
        test_subproblem s;
        if (!draw(*state, "group_l2", 100, k, &s)) continue;
        s.p.w = 0;
        outcome out = run("ssn", &s.p, 1e-12 * norm(s.n, s.c), 20, s.bx);
        test_subproblem_pull(&s);
        assert_int_not_equal(out.info.stop, CREASE_STOP_CAP);
        for (size_t i = 0; i < s.n; i++)
            assert_true(fabs(s.d[i] * s.x[i] - s.c[i]) <= 1e-11 * norm(s.n, s.c));
        test_subproblem_free(&s);
    }
}

/* --- the rate ------------------------------------------------------------------------------------ */

enum { MOST_SEEN = 100 };

typedef struct {
    const crease_subproblem *p;
    double residual[MOST_SEEN];
    unsigned n;
} record;

static void keep(void *user, const crease_progress *progress, const void *x)
{
    record *seen = user;
    crease_certificate proof;
    (void)progress;
    assert_ok(seen->p->ctx, crease_certify(seen->p, x, &proof));
    if (seen->n < MOST_SEEN) seen->residual[seen->n++] = proof.absolute;
}

/* Planted problems: the planted point, in few iterations whatever the spread; and from a residual of
 * 1e-4 |c| on, each one gains more than a power of 1.5, but for a factor. */
static void few_iterations_and_quadratic(void **state)
{
    static const char *const members[] = { "none", "group_l2", "sparse_group", "group_elastic_net" };
    static const double wide[] = { 1, 10, 1e3, 1e5 };
    for (size_t r = 0; r < 4; r++)
        for (size_t m = 0; m < 4; m++)
            for (size_t k = 0; k < crease_test_count(500); k++) {
                test_subproblem s;
                record seen = { .n = 0 };
                crease_observer observer = { &seen, keep };
                test_shape shape = { members[r], "cpu-f64", layouts[k % 5], 5, 6, wide[m], 1, 1 };
                if (!test_subproblem_make(*state, &shape, 4000 + k, &s)) continue;
                if (!test_subproblem_plant(&s)) continue;
                test_subproblem_push(&s, true);
                double size = norm(s.n, s.c);
                seen.p = &s.p;
                s.p.observer = &observer;
                outcome out = run("ssn", &s.p, 1e-11 * size, 200, s.bx);
                assert_ok(s.ctx, out.code);
                test_subproblem_pull(&s);
                if (out.info.stop == CREASE_STOP_CAP || out.info.iterations > 25)
                    fail_msg("%s, spread %g: %u iterations", members[r], wide[m], out.info.iterations);
                for (size_t i = 0; i < s.n; i++) assert_int_equal(s.x[i] != 0, s.target[i] != 0);
                for (unsigned j = 1; j < seen.n; j++) {
                    double before = seen.residual[j - 1] / size, now = seen.residual[j] / size;
                    if (before < 1e-4 && !(now <= fmax(100 * pow(before, 1.5), 1e-11)))
                        fail_msg("%s, spread %g: residual %g after %g", members[r], wide[m], now,
                                 before);
                }
                test_subproblem_free(&s);
            }
}

/* At the solution nothing is left to do. */
static void warm_start(void **state)
{
    test_subproblem s;
    test_shape shape = { "sparse_group", "cpu-f64", "rows", 8, 6, 1e3, 1, 1 };
    assert_true(test_subproblem_make(*state, &shape, 60, &s));
    assert_true(test_subproblem_plant(&s));
    memcpy(s.x, s.target, s.n * sizeof *s.x);
    test_subproblem_push(&s, true);
    outcome out = run("ssn", &s.p, 1e-11 * norm(s.n, s.c), 100, s.bx);
    assert_int_equal(out.info.stop, CREASE_STOP_MET);
    assert_int_equal(out.info.iterations, 1);
    test_subproblem_free(&s);
}

/* --- the nuclear norm ---------------------------------------------------------------------------- */

typedef struct {
    crease_regularizer *psi;
    crease_groups groups;
    double *c, *d, *x;
    crease_unit *unit;
    crease_subproblem p;
    double size;
} matrix_problem;

/* C normal, d log-uniform over [1/spread, 1], and w so that some of the rank is left. */
static void make_matrix(crease_ctx *ctx, size_t rows, size_t cols, double spread, uint64_t seed,
                        matrix_problem *m)
{
    size_t n = rows * cols;
    char text[20];
    crease_random r = crease_random_at(seed, CREASE_STREAM_TEST, 0);
    *m = (matrix_problem){ .psi = crease_regularizer_create(ctx, "nuclear"),
                           .groups = crease_groups_all(0, n) };
    m->groups.uniform_weight = 1;
    snprintf(text, sizeof text, "%zu", rows);
    assert_ok(ctx, crease_regularizer_set(m->psi, "rows", text));
    double **arrays[] = { &m->c, &m->d, &m->x };
    for (size_t i = 0; i < 3; i++) assert_non_null(*arrays[i] = crease_alloc(ctx, n, sizeof(double)));
    assert_non_null(m->unit = crease_alloc(ctx, rows < cols ? rows : cols, sizeof *m->unit));
    for (size_t i = 0; i < n; i++) {
        m->c[i] = crease_random_normal(&r);
        m->d[i] = pow(spread, -crease_random_uniform(&r));
        m->x[i] = 0;
    }
    m->size = norm(n, m->c);
    m->p = (crease_subproblem){ .ctx = ctx,
                                .backend = crease_backend_find(ctx, "cpu-f64"),
                                .n = n,
                                .c = m->c,
                                .d = m->d,
                                .w = 0.3 * (sqrt((double)rows) + sqrt((double)cols)),
                                .psi = m->psi,
                                .groups = &m->groups,
                                .paper_scale = 1,
                                .step = 1,
                                .unit = m->unit };
}

static void free_matrix(matrix_problem *m)
{
    void *owned[] = { m->c, m->d, m->x, m->unit };
    for (size_t i = 0; i < 4; i++) crease_release(m->p.ctx, owned[i]);
    crease_groups_free(m->p.ctx, &m->groups);
    crease_regularizer_free(m->psi);
}

/* With three times the decompositions proximal gradient is not there, and with as many neither is its
 * accelerated version. */
static void nuclear_takes_few_decompositions(void **state)
{
    static const size_t sizes[][2] = { { 16, 10 }, { 10, 16 }, { 64, 48 }, { 128, 96 } };
    for (size_t k = 0; k < (crease_test_scale() < 0.5 ? 3 : 4); k++)
        for (uint64_t seed = 0; seed < crease_test_count(k < 2 ? 200 : 50); seed++) {
            matrix_problem m;
            make_matrix(*state, sizes[k][0], sizes[k][1], 1e3, seed, &m);
            outcome out = run("ssn", &m.p, 1e-8 * m.size, 200, m.x);
            assert_ok(m.p.ctx, out.code);
            assert_int_equal(out.info.stop, CREASE_STOP_MET);
            assert_true(out.proof.relative <= 1.0001e-8);
            memset(m.x, 0, m.p.n * sizeof *m.x);
            outcome pg = run("pg", &m.p, 1e-8 * m.size, (unsigned)(3 * out.info.proxes), m.x);
            assert_true(pg.info.stop == CREASE_STOP_CAP && pg.proof.relative > 1e-8);
            memset(m.x, 0, m.p.n * sizeof *m.x);
            outcome apg = run("apg", &m.p, 1e-8 * m.size, (unsigned)out.info.proxes, m.x);
            assert_true(apg.info.stop == CREASE_STOP_CAP && apg.proof.relative > 1e-8);
            free_matrix(&m);
        }
}

/* The rank is that of the oracle's answer, told by the proximal map and not read off x. */
static void nuclear_tells_its_rank(void **state)
{
    for (uint64_t seed = 0; seed < crease_test_count(200); seed++) {
        matrix_problem m;
        size_t live = 0, oracle = 0;
        make_matrix(*state, 9, 7, 30, 100 + seed, &m);
        assert_ok(m.p.ctx, run("ssn", &m.p, 1e-10 * m.size, 200, m.x).code);
        for (size_t j = 0; j < 7; j++) live += m.unit[j];
        crease_solver *exact = crease_solver_create(*state, "exact", NULL);
        assert_ok(m.p.ctx, crease_solver_solve(exact, &m.p, m.x, NULL));
        for (size_t j = 0; j < 7; j++) oracle += m.unit[j];
        assert_int_equal(live, oracle);
        crease_solver_free(exact);
        free_matrix(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_metric),
        cmocka_unit_test(operator_metrics),
        cmocka_unit_test(without_psi),
        cmocka_unit_test(few_iterations_and_quadratic),
        cmocka_unit_test(warm_start),
        cmocka_unit_test(nuclear_takes_few_decompositions),
        cmocka_unit_test(nuclear_tells_its_rank),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* Inner solvers in metrics that are no diagonal, and what each of them refuses. */
#include <math.h>
#include <string.h>

#include "inner_support.h"

/* --- operator metrics ---------------------------------------------------------------------------- */

enum { MOST = 40 };

typedef struct {
    double matrix[MOST * MOST], diagonal[MOST], image[MOST];
    crease_operator metric;
} gram;

/* Eigenvalues between 1 and condition, turned by three reflections. */
static void make_gram(test_subproblem *s, double condition, gram *g)
{
    size_t n = s->n;
    memset(g->matrix, 0, sizeof g->matrix);
    for (size_t i = 0; i < n; i++)
        g->matrix[i * n + i] =
            i == 0 ? 1 : pow(condition, i == 1 ? 1 : crease_random_uniform(&s->random));
    for (int turn = 0; turn < 3; turn++) {
        double u[MOST], product[MOST] = { 0 }, size = 0, twice = 0;
        for (size_t i = 0; i < n; i++) size = hypot(size, u[i] = crease_random_normal(&s->random));
        for (size_t i = 0; i < n; i++) u[i] /= size;
        for (size_t i = 0; i < n * n; i++) product[i / n] += g->matrix[i] * u[i % n];
        for (size_t i = 0; i < n; i++) twice += u[i] * product[i];
        for (size_t i = 0; i < n * n; i++)
            g->matrix[i] += 4 * twice * u[i / n] * u[i % n]
                            - 2 * (u[i / n] * product[i % n] + product[i / n] * u[i % n]);
    }
    g->metric = crease_operator_of_matrix(n, g->matrix, g->diagonal);
    g->metric.least = 1 - 1e-10;
}

/* A planted c = D x + w y becomes H x + w y, with a ridge where one is set; others are made as large.
 */
static void pose_operator(test_subproblem *s, gram *g, bool planted, bool with_x0)
{
    const double *x = s->target;
    double ridge = s->p.w * s->psi->ridge;
    g->metric.apply(g->metric.user, s->n, x, g->image);
    for (size_t i = 0; i < s->n; i++) s->c[i] += g->image[i] + (planted ? ridge - s->d[i] : 0) * x[i];
    test_subproblem_push(s, with_x0);
    g->metric.apply(g->metric.user, s->n, s->x0, g->image);
    for (size_t i = 0; i < s->n; i++) s->v[i] = g->image[i] - s->c[i];
    s->p.backend->from_host(s->n, s->v, s->bv);
    s->p.metric = &g->metric;
    s->p.d = NULL;
}

static void solve_operator(crease_ctx *ctx, const char *text, const char *regularizer, size_t k)
{
    test_subproblem s;
    gram g;
    crease_certificate proof;
    test_shape shape = { regularizer, "cpu-f64", layouts[k % 5], 2 + k % 4, 2 + k % 7, 10, 1, 1 };
    if (!test_subproblem_make(ctx, &shape, 6500 + k, &s)) return;
    bool planted = test_subproblem_plant(&s);
    if (!planted) test_subproblem_draw(&s);
    for (size_t i = 0; !planted && i < s.n; i++) s.target[i] = crease_random_normal(&s.random);
    if (k % 4 == 1) assert_ok(ctx, crease_regularizer_set(s.psi, "ridge", "0.5"));
    make_gram(&s, pow(10, 1 + (double)(k % 3)), &g);
    pose_operator(&s, &g, planted, k % 4 < 2);
    for (size_t i = 0; i < s.n; i++) s.x[i] = crease_random_normal(&s.random);
    crease_solve_info info = run(&s, text, tight(&s), 1e6, &proof);
    if (info.stop == CREASE_STOP_CAP || !(proof.relative < 1e-10))
        fail_msg("%s on %s: %s, certificate %g", text, regularizer, crease_stop_name(info.stop),
                 proof.relative);
    if (planted) check_support(&s, text);
    if (planted) assert_true(distance(s.n, s.x, s.target) <= proof.distance + 1e-12 * (double)s.n);
    test_subproblem_free(&s);
}

static void solve_operator_metrics(void **state)
{
    static const char *const names[] = {
        "l1",     "group_l2", "sparse_group", "elastic_net",  "group_elastic_net",
        "none",   "box",      "nonneg",       "linf",         "group_linf",
        "slope",  "tv1d",     "l2_ball",      "nonneg_group", "huber",
        "nuclear"
    };
    size_t cases = crease_test_count(20);
    for (size_t v = 0; v < FIRST_DIAGONAL; v++)
        for (size_t r = 0; r < COUNT(names); r++)
            for (size_t k = 0; k < cases; k++)
                solve_operator(*state, variants[v], names[r], k + 7 * r + 3 * v);
}

/* Sweeps over single entries agree with a plain loop, written out, ridge and all. */
static void cd_is_gauss_seidel(void **state)
{
    crease_ctx *ctx = *state;
    test_subproblem s;
    gram g;
    crease_certificate proof;
    double x[MOST] = { 0 };
    test_shape shape = { "l1", "cpu-f64", "cols", 4, 5, 10, 1, 1 };
    assert_true(test_subproblem_make(ctx, &shape, 6700, &s));
    assert_true(test_subproblem_plant(&s));
    crease_groups_free(ctx, &s.groups);
    s.groups = crease_groups_elements(0, s.n);
    crease_part part = crease_term_part(&s.term, 0);
    const double one = 1;
    part.work = s.work;
    double lambda = crease_part_value(s.psi, &part, &one);
    make_gram(&s, 100, &g);
    assert_ok(ctx, crease_regularizer_set(s.psi, "ridge", "3"));
    pose_operator(&s, &g, true, false);
    for (unsigned sweeps = 1; sweeps < 60; sweeps++) {
        for (size_t i = 0; i < s.n; i++) {
            double slope = 3 * x[i] - s.c[i], H = g.diagonal[i] + 3;
            for (size_t j = 0; j < s.n; j++) slope += g.matrix[i * s.n + j] * x[j];
            double m = H * x[i] - slope;
            x[i] = copysign(fmax(0, fabs(m) - lambda), m) / H;
        }
        memset(s.x, 0, s.n * sizeof *s.x);
        crease_solve_info info = run(&s, "cd", 1e-300, sweeps, &proof);
        if (info.stop != CREASE_STOP_CAP) break;
        assert_int_equal(info.proxes, sweeps);
        assert_true(test_max_error(s.n, s.x, x) < 1e-12);
    }
    test_subproblem_free(&s);
}

/* The random order is a function of the outer step alone. */
static void random_order_repeats(void **state)
{
    crease_ctx *ctx = *state;
    double x[3][MOST];
    for (int k = 0; k < 3; k++) {
        test_subproblem s;
        gram g;
        crease_certificate proof;
        test_shape shape = { "l1", "cpu-f64", "elements", 5, 6, 10, 1, 1 };
        assert_true(test_subproblem_make(ctx, &shape, 7000, &s));
        assert_true(test_subproblem_plant(&s));
        make_gram(&s, 100, &g);
        pose_operator(&s, &g, true, false);
        s.p.step = k < 2 ? 5 : 6;
        run(&s, "cd:order=permuted", 1e-300, 3, &proof);
        memcpy(x[k], s.x, s.n * sizeof(double));
        if (k == 1) assert_memory_equal(x[1], x[0], s.n * sizeof(double));
        if (k == 2) assert_true(distance(s.n, x[2], x[0]) > 0);
        test_subproblem_free(&s);
    }
}

/* --- refusals ------------------------------------------------------------------------------------ */

static void is_refused(crease_ctx *ctx, const crease_subproblem *p, const char *text, const char *words)
{
    double x[64] = { 0 };
    method m = method_make(ctx, text, 1, 1);
    assert_fails(ctx, crease_solver_solve(m.solver, p, x, NULL), CREASE_ENOTSUP, words);
    method_free(m);
}

static void refuse_in_words(void **state)
{
    static const struct {
        const char *psi, *groups, *solver, *words;
        bool metric, columns;
    } cases[] = {
        { "l1", "elements", "admm", "linear solve", true, true },
        { "l1", "elements", "dual_apg", "no diagonal", true, true },
        { "l1", "elements", "cd", "no columns", true, false },
        { "overlap_l2", "overlap", "cd", "couples the groups", false, false },
        { "latent_group", "overlap", "dual_apg", "found by iterations", false, false },
        { "mcp", "elements", "admm", "not convex", false, false },
        { "mcp", "elements", "apg", "not convex", false, false },
        { "mcp", "elements", "dual_apg", "no norm", false, false },
        { "box", "elements", "dual_apg", "no norm", false, false },
        { "group_l2", "overlap", "cd", "overlap", false, false },
        { "group_l2", "overlap", "majorize", "overlap", false, false },
    };
    crease_ctx *ctx = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        test_subproblem s;
        gram g;
        bool foreign = strcmp(cases[i].psi, "group_l2") == 0; /* a member that takes no overlap */
        test_shape shape = {
            foreign ? "overlap_l2" : cases[i].psi, "cpu-f64", cases[i].groups, 3, 4, 10, 1, 1
        };
        assert_true(test_subproblem_make(ctx, &shape, 6800, &s));
        make_gram(&s, 10, &g);
        test_subproblem_push(&s, false);
        crease_regularizer *own = crease_regularizer_create(ctx, cases[i].psi);
        if (foreign) s.p.psi = own;
        if (cases[i].metric) s.p.metric = &g.metric;
        if (!cases[i].columns) g.metric.add_column = NULL;
        is_refused(ctx, &s.p, cases[i].solver, cases[i].words);
        crease_regularizer_free(own);
        test_subproblem_free(&s);
    }
}

/* What only the numbers tell: no dual without an inverse, and a norm with a ridge is none. */
static void dual_needs_an_inverse(void **state)
{
    crease_ctx *ctx = *state;
    test_subproblem s;
    assert_true(make_case(ctx, "group_l2", 10, 1, NULL, &s));
    s.d[3] = 0;
    test_subproblem_push(&s, false);
    is_refused(ctx, &s.p, "dual_apg", "the metric has a zero");
    assert_ok(ctx, crease_regularizer_set(s.psi, "ridge", "1"));
    is_refused(ctx, &s.p, "dual_apg", "a ridge");
    test_subproblem_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(solve_operator_metrics), cmocka_unit_test(cd_is_gauss_seidel),
        cmocka_unit_test(random_order_repeats),   cmocka_unit_test(refuse_in_words),
        cmocka_unit_test(dual_needs_an_inverse),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

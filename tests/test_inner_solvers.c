/* Iterative inner solvers: what all of them have to deliver, in every setting, in diagonal metrics. */
#include <math.h>
#include <string.h>

#include "inner_support.h"

/* --- the solution -------------------------------------------------------------------------------- */

/* The certificate, Q, the distance that both certificates allow, and the planted support. */
static void agrees_with_exact(test_subproblem *s, const char *text, bool planted)
{
    crease_certificate proof, exact;
    crease_solve_info info = run(s, text, tight(s), 1e6, &proof);
    const char *name = s->psi->type->base.name;
    double x[64], noise = 0;
    assert_true(s->n <= COUNT(x));
    if (info.stop == CREASE_STOP_CAP)
        fail_msg("%s on %s, spread %g: hit its cap", text, name, s->spread);
    if (!(proof.relative < 1e-10)) fail_msg("%s on %s: certificate %g", text, name, proof.relative);
    if (planted) check_support(s, text);
    for (size_t i = 0; i < s->n; i++) noise = hypot(noise, 1e-13 * (x[i] = s->x[i]));
    long double value = test_objective(s, s->x);
    test_subproblem_solve(s);
    assert_ok(s->ctx, crease_certify(&s->p, s->bx, &exact));
    double allowed = proof.distance + exact.distance + noise, apart = distance(s->n, x, s->x);
    if (!(apart <= allowed)) fail_msg("%s on %s: %g from the exact solution", text, name, apart);
    long double best = test_objective(s, s->x);
    if (!(value <= best + 1e-12L * (1 + fabsl(best))))
        fail_msg("%s on %s: Q %.17Lg, exactly %.17Lg", text, name, value, best);
}

static void reach_the_exact_solution(void **state)
{
    crease_ctx *ctx = *state;
    const crease_type *type;
    size_t cases = 1 + crease_test_count(40);
    for (size_t v = 0; v < VARIANTS; v++)
        for (size_t r = 0; (type = crease_type_at(ctx, CREASE_REGULARIZER, r)); r++)
            for (size_t k = 0; k < cases; k++) {
                test_subproblem s;
                bool planted;
                if (!(((const crease_regularizer_type *)type)->flags & CREASE_CONVEX)) continue;
                double spread = spreads[(k + v + r) % 4];
                if (!make_case(ctx, type->name, spread, k + 3 * v + 7 * r, &planted, &s)) continue;
                if (is_taken(&s, variants[v])) agrees_with_exact(&s, variants[v], planted);
                test_subproblem_free(&s);
            }
}

/* --- a planted rank ------------------------------------------------------------------------------ */

enum { ROWS = 4, COLS = 5, ENTRIES = ROWS * COLS }; /* of each of two matrices, of rank 1 and 2 */

/* k orthonormal rows of length n. */
static void orthonormal(test_subproblem *s, size_t k, size_t n, double *rows)
{
    for (size_t a = 0; a < k; a++) {
        double *row = rows + a * n, size = 0;
        for (size_t i = 0; i < n; i++) row[i] = crease_random_normal(&s->random);
        for (int twice = 0; twice < 2; twice++)
            for (size_t b = 0; b < a; b++) {
                double along = 0;
                for (size_t i = 0; i < n; i++) along += row[i] * rows[b * n + i];
                for (size_t i = 0; i < n; i++) row[i] -= along * rows[b * n + i];
            }
        for (size_t i = 0; i < n; i++) size = hypot(size, row[i]);
        for (size_t i = 0; i < n; i++) row[i] /= size;
    }
}

/* X = sum of `rank` terms, c = D X + w lambda (UV' + a contraction of 0.8 on the other spaces). */
static void plant_rank(test_subproblem *s, size_t group, size_t rank)
{
    double left[ROWS * ROWS], right[ENTRIES], one[ENTRIES] = { 1 };
    double *x = s->target + group * ENTRIES, *d = s->d + group * ENTRIES, *c = s->c + group * ENTRIES;
    crease_part part = crease_term_part(&s->term, group);
    part.work = s->work;
    double lambda = s->p.w * crease_part_value(s->psi, &part, one);
    orthonormal(s, ROWS, ROWS, left);
    orthonormal(s, ROWS, COLS, right);
    for (size_t i = 0; i < ENTRIES; i++) {
        double slope = 0;
        x[i] = 0;
        for (size_t k = 0; k < ROWS; k++) {
            double both = left[k * ROWS + i / COLS] * right[k * COLS + i % COLS];
            if (k < rank) x[i] += (1 + (double)k) * both;
            slope += (k < rank ? 1 : 0.8) * both;
        }
        c[i] = d[i] * x[i] + lambda * slope;
    }
}

static void find_rank(crease_ctx *ctx, const char *text, size_t k)
{
    test_subproblem s;
    crease_certificate proof;
    crease_unit unit[2 * ROWS];
    size_t rank[2] = { 0 };
    double spread = k % 4 == 3 ? 100 : spreads[k % 4];
    test_shape shape = { "nuclear", "cpu-f64", "rows", 2, ENTRIES, spread, 1, 1 };
    assert_true(test_subproblem_make(ctx, &shape, 6300 + k, &s));
    assert_ok(ctx, crease_regularizer_set(s.psi, "rows", "4"));
    for (size_t g = 0; g < 2; g++) plant_rank(&s, g, g + 1);
    start_anywhere(&s);
    test_subproblem_push(&s, k % 2);
    s.p.unit = unit;
    crease_solve_info info = run(&s, text, tight(&s), 1e6, &proof);
    for (size_t i = 0; i < 2 * ROWS; i++) rank[i / ROWS] += unit[i] != 0;
    if (rank[0] != 1 || rank[1] != 2) fail_msg("%s: ranks %zu and %zu", text, rank[0], rank[1]);
    if (info.stop == CREASE_STOP_CAP || !(proof.relative < 1e-10))
        fail_msg("%s: %s, certificate %g", text, crease_stop_name(info.stop), proof.relative);
    assert_true(distance(s.n, s.x, s.target) <= proof.distance + 1e-12);
    test_subproblem_free(&s);
}

static void find_a_planted_rank(void **state)
{
    for (size_t v = 0; v < VARIANTS; v++)
        for (size_t k = 0; k < 4 * crease_test_count(20); k++) find_rank(*state, variants[v], k);
}

/* --- corners -------------------------------------------------------------------------------- */

/* Without a penalty the solution is c/d, and groups without entries change nothing. */
static void corners_are_solved(void **state)
{
    crease_ctx *ctx = *state;
    static const size_t start[] = { 0, 0, 3, 3, 7, 7 };
    static const uint32_t index[] = { 6, 2, 4, 0, 5, 1, 3 };
    for (size_t v = 0; v <= VARIANTS; v++) {
        const char *text = v < VARIANTS ? variants[v] : "majorize";
        for (size_t k = 0; k < 3; k++) {
            test_subproblem s;
            crease_certificate proof;
            test_shape shape = { "group_l2", "cpu-f64", "all", 1, 7, v < VARIANTS ? 10 : 1, 1, 1 };
            assert_true(test_subproblem_make(ctx, &shape, 7050, &s));
            crease_groups_free(ctx, &s.groups);
            if (k == 1) s.p.w = 0;
            assert_ok(ctx, crease_groups_from_lists(ctx, 5, start, index, &s.groups));
            if (k == 2) s.groups.count = 1; /* no entry at all: all of them stay */
            for (size_t i = 0; i < s.n; i++) s.c[i] = 1 + (double)i, s.x[i] = 9;
            test_subproblem_push(&s, false);
            crease_solve_info info = run(&s, text, 1e-12, 1e5, &proof);
            assert_true(info.stop != CREASE_STOP_CAP && proof.relative < 1e-11);
            for (size_t i = 0; i < s.n && k > 0; i++)
                if (!(fabs(s.x[i] - (k == 1 ? s.c[i] / s.d[i] : 9)) <= 1e-10))
                    fail_msg("%s: entry %zu is %g", text, i, s.x[i]);
            test_subproblem_free(&s);
        }
    }
}

/* --- warm starts, counts, observers -------------------------------------------------------------- */

/* Started at the solution every solver stays there and stops at the test's least count. */
static void warm_start_stops_at_once(void **state)
{
    crease_ctx *ctx = *state;
    static const char *const names[] = { "l1", "sparse_group", "nuclear", "box", "tv1d" };
    for (size_t v = 0; v < VARIANTS; v++)
        for (size_t k = 0; k < 20; k++) {
            test_subproblem s;
            crease_certificate proof;
            double least, x[64];
            if (!make_case(ctx, names[k % 5], spreads[k / 5], k, NULL, &s)) continue;
            test_subproblem_solve(&s);
            test_subproblem_push(&s, true);
            if (is_taken(&s, variants[v])) {
                memcpy(x, s.x, s.n * sizeof *x);
                crease_solve_info info = run(&s, variants[v], 1e-7 * size_of(&s, &least), 1000, &proof);
                if (info.stop != CREASE_STOP_MET || info.iterations != 1)
                    fail_msg("%s on %s, spread %g: %s after %u, residual %g of %g", variants[v],
                             names[k % 5], s.spread, crease_stop_name(info.stop), info.iterations,
                             info.tested, info.threshold);
                assert_true(distance(s.n, s.x, x)
                            <= proof.distance + 1e-9 * (1 + distance(s.n, x, s.c)));
            }
            test_subproblem_free(&s);
        }
}

typedef struct {
    test_subproblem *s;
    unsigned seen, wrong;
    double last[64];
} witness;

static void look(void *user, const crease_progress *progress, const void *x)
{
    witness *w = user;
    w->wrong += progress->j != w->seen;
    w->seen++;
    w->s->p.backend->to_host(w->s->n, x, w->last);
}

/* The observer sees j = 0, 1, ... and at last the answer; one proximal map an iteration, but where
 * steps are tried. */
static void observers_see_everything(void **state)
{
    crease_ctx *ctx = *state;
    static const char *const names[] = { "group_l2", "sparse_group", "nuclear" };
    for (size_t v = 0; v < VARIANTS; v++)
        for (size_t k = 0; k < 6; k++) {
            test_subproblem s;
            crease_certificate proof;
            witness w = { .s = &s };
            crease_observer observer = { &w, look };
            test_shape shape = { names[k % 3], k < 3 ? "cpu-f64" : "cpu-f32", "cols", 5, 6, 10, 1, 1 };
            assert_true(test_subproblem_make(ctx, &shape, 6900 + k, &s));
            if (!test_subproblem_plant(&s)) test_subproblem_draw(&s);
            test_subproblem_push(&s, k % 2);
            s.p.observer = &observer;
            crease_solve_info info = run(&s, variants[v], 1e-5, 30, &proof);
            assert_int_equal(w.wrong, 0);
            assert_int_equal(w.seen, info.iterations + 1);
            assert_memory_equal(w.last, s.x, s.n * sizeof *s.x);
            if (v != BACKTRACKING && v != BB)
                assert_int_equal(info.proxes, info.iterations);
            else
                assert_true(info.proxes >= info.iterations);
            assert_true(info.products >= info.iterations);
            test_subproblem_free(&s);
        }
}

/* --- balanced penalties ------------------------------------------------------------------------- */

/* The method on l1 written out, with rho balanced. */
static void plain_admm(size_t n, const double *c, const double *d, double lambda, double rho,
                       unsigned count, double *z)
{
    double u[64];
    for (size_t i = 0; i < n; i++) u[i] = (c[i] - d[i] * z[i]) / rho;
    for (unsigned j = 0; j < count; j++) {
        double primal = 0, dual = 0;
        for (size_t i = 0; i < n; i++) {
            double x = (c[i] + rho * (z[i] - u[i])) / (d[i] + rho), before = z[i], m = x + u[i];
            z[i] = copysign(fmax(0, fabs(m) - lambda / rho), m);
            u[i] += x - z[i];
            primal = hypot(primal, x - z[i]);
            dual = hypot(dual, rho * (z[i] - before));
        }
        double factor = primal > 10 * dual ? 2 : dual > 10 * primal ? 0.5 : 1;
        rho *= factor;
        for (size_t i = 0; i < n; i++) u[i] /= factor;
    }
}

static void admm_is_as_written(void **state)
{
    crease_ctx *ctx = *state;
    for (unsigned count = 1; count < 60; count += 3) {
        test_subproblem s;
        crease_certificate proof;
        double z[64] = { 0 };
        const double lambda = 0.75;
        test_shape shape = { "l1", "cpu-f64", "elements", 4, 5, 100, 1, 1 };
        assert_true(test_subproblem_make(ctx, &shape, 7200, &s));
        assert_ok(ctx, crease_regularizer_set(s.psi, "lambda", "0.75"));
        assert_ok(ctx, crease_regularizer_set(s.psi, "weights", "1"));
        for (size_t i = 0; i < s.n; i++) s.c[i] = (i % 2 ? 1 : -1) * lambda * (1.1 + 0.1 * (double)i);
        memset(s.x, 0, s.n * sizeof *s.x); /* and every entry of the solution is live */
        test_subproblem_push(&s, false);
        run(&s, count % 2 ? "admm:balance=true,rho=0.001" : "admm:balance=true,rho=1000", 1e-300, count,
            &proof);
        plain_admm(s.n, s.c, s.d, lambda, count % 2 ? 1e-3 : 1e3, count, z);
        assert_true(test_max_error(s.n, s.x, z) < 1e-9);
        test_subproblem_free(&s);
    }
}

/* --- the dual's own gap ------------------------------------------------------------------------- */

typedef struct {
    test_subproblem *s;
    double gap[60], lead[60]; /* as claimed, and as it is */
    long double best;
    unsigned seen;
} gap_witness;

static void look_at_gap(void *user, const crease_progress *progress, const void *x)
{
    gap_witness *w = user;
    if (w->seen > 0)
        w->gap[w->seen - 1] = progress->gap; /* shown before it is looked at: that of the one before */
    if (w->seen < COUNT(w->lead)) w->lead[w->seen++] = (double)(test_objective(w->s, x) - w->best);
}

/* It bounds what is missing in every iteration, and falls. */
static void dual_gap_is_proven(void **state)
{
    crease_ctx *ctx = *state;
    static const char *const names[] = { "l1", "group_l2", "slope", "group_linf", "nuclear" };
    for (size_t k = 0; k < 5 * crease_test_count(50); k++) {
        test_subproblem s;
        gap_witness w = { .s = &s };
        crease_observer observer = { &w, look_at_gap };
        if (!make_case(ctx, names[k % 5], spreads[1 + k % 3], k, NULL, &s)) continue;
        test_subproblem_solve(&s);
        w.best = test_objective(&s, s.x);
        s.p.observer = &observer;
        crease_stopping *stop =
            crease_stopping_parse(ctx, "gap:eps0=1e-300,schedule=constant,max_iters=50");
        if (!stop) fail_msg("%s", crease_ctx_error(ctx)->sentence);
        crease_solver *dual = crease_solver_create(ctx, "dual_apg", stop);
        start_anywhere(&s);
        test_subproblem_push(&s, true);
        assert_ok(ctx, crease_solver_solve(dual, &s.p, s.bx, NULL));
        double rounding = 1e-12 * (1 + fabs((double)w.best));
        for (unsigned j = 1; j + 1 < w.seen; j++)
            if (!(w.lead[j] <= w.gap[j] + rounding))
                fail_msg("%s: %g above the least, %g claimed", names[k % 5], w.lead[j], w.gap[j]);
        if (w.seen > 3 && !(w.gap[w.seen - 2] < w.gap[1] || w.gap[1] <= rounding))
            fail_msg("%s: the gap went from %g to %g", names[k % 5], w.gap[1], w.gap[w.seen - 2]);
        crease_solver_free(dual);
        crease_stopping_free(stop);
        test_subproblem_free(&s);
    }
}

/* --- what is not convex, and single precision ---------------------------------------------------- */

/* Why it stopped is true of the answer; and where Q may not rise it has not. */
static void check_report(test_subproblem *s, const char *text, bool descends)
{
    enum { CAP = 3000 };
    crease_certificate proof;
    double least, size = size_of(s, &least), eps = 1e-11 * size;
    long double before = test_objective(s, s->x);
    crease_solve_info info = run(s, text, eps, CAP, &proof);
    assert_true(isfinite(proof.absolute));
    if (info.stop == CREASE_STOP_MET && !(proof.absolute <= eps + 1e-13 * size))
        fail_msg("%s on %s: met, with a residual of %g", text, s->psi->type->base.name, proof.absolute);
    if (info.stop == CREASE_STOP_PRECISION) assert_true(proof.absolute <= 1e-12 * size);
    if (info.stop == CREASE_STOP_CAP) assert_int_equal(info.iterations, CAP);
    if (info.stop == CREASE_STOP_CAP) assert_true(info.tested > info.threshold);
    long double after = test_objective(s, s->x);
    if (descends && !(after <= before + 1e-12L * (1 + fabsl(before))))
        fail_msg("%s on %s: Q rose from %Lg to %Lg", text, s->psi->type->base.name, before, after);
}

static void tell_the_truth_where_not_convex(void **state)
{
    crease_ctx *ctx = *state;
    static const char *const names[] = { "mcp", "l0", "group_mcp", "scad", "topk", "rank" };
    for (size_t v = 0; v < FIRST_DIAGONAL; v++)
        for (size_t k = 0; k < 4 * COUNT(names) * crease_test_count(20); k++) {
            test_subproblem s;
            if (!make_case(ctx, names[k % COUNT(names)], spreads[k / COUNT(names) % 4], k, NULL, &s))
                continue;
            if (is_taken(&s, variants[v]))
                check_report(&s, variants[v], v < BACKTRACKING || v >= FIRST_CD);
            test_subproblem_free(&s);
        }
}

/* Down to rounding, part by part. In methods with duals it weighs more, most of all where rho is far
 * from sqrt(d_max d_min): they are asked for a residual of the whole near it. */
static void single_precision_is_reached(void **state)
{
    crease_ctx *ctx = *state;
    static const char *const names[] = { "l1", "group_l2", "sparse_group" };
    for (size_t v = 0; v < FIXED_RHO; v++)
        for (size_t k = 0; k < 9 * crease_test_count(20); k++) {
            test_subproblem s;
            crease_certificate proof;
            test_shape shape = {
                names[k % 3], "cpu-f32", layouts[k % 5], 5, 6, spreads[k / 3 % 3], 1, 1
            };
            assert_true(test_subproblem_make(ctx, &shape, 7100 + k, &s));
            if (!test_subproblem_plant(&s)) test_subproblem_draw(&s);
            test_subproblem_push(&s, false);
            bool dual = v >= FIRST_DIAGONAL;
            double least, size = size_of(&s, &least);
            crease_solve_info info = run(&s, variants[v], dual ? 4e-6 * size : 1e-30, 1e5, &proof);
            if (info.stop == CREASE_STOP_CAP) fail_msg("%s on %s: cap", variants[v], shape.regularizer);
            if (!((dual ? proof.absolute / size : proof.relative) < (dual ? 5e-6 : 1e-5)))
                fail_msg("%s: certificate %g, residual %g", variants[v], proof.relative,
                         proof.absolute);
            test_subproblem_free(&s);
        }
}

/* --- majorize ------------------------------------------------------------------------------------ */

/* The largest d of each part in the place of all; whether that changes anything. */
static bool replace_metric(test_subproblem *s)
{
    bool changes = false;
    for (size_t k = 0; k < crease_term_parts(&s->term); k++) {
        crease_part part = crease_term_part(&s->term, k);
        double most = 0;
        for (size_t i = 0; i < part.n; i++) most = fmax(most, s->d[crease_part_entry(&s->term, k, i)]);
        for (size_t i = 0; i < part.n; i++) {
            size_t at = crease_part_entry(&s->term, k, i);
            changes |= s->d[at] != most;
            s->c[at] += (most - s->d[at]) * s->x0[at];
            s->d[at] = most;
        }
    }
    s->p.backend->from_host(s->n, s->c, s->bc);
    s->p.backend->from_host(s->n, s->d, s->bd);
    return changes;
}

static void check_majorized(test_subproblem *s, bool with_x0)
{
    crease_certificate proof, majorized;
    double x[64], gap = INFINITY;
    bool convex = s->psi->type->flags & CREASE_CONVEX;
    if (!with_x0) memcpy(s->x0, s->x, s->n * sizeof *s->x); /* the start point is the centre */
    crease_solve_info info = run(s, "majorize", 1, 1, &proof);
    long double value = test_objective(s, s->x);
    memcpy(x, s->x, s->n * sizeof *x);
    assert_int_equal(info.proxes, 1);
    if (s->psi->type->exactness != CREASE_SCALAR_ONLY) {
        test_subproblem_solve(s);
        gap = (double)(value - test_objective(s, s->x));
        if (convex && !(gap <= info.gap + 1e-12 * (1 + fabs((double)value))))
            fail_msg("%s: Q is %g above its least, %g claimed", s->psi->type->base.name, gap, info.gap);
    }
    bool changed = replace_metric(s);
    assert_int_equal(info.exact, !changed);
    if (!changed) assert_true(info.gap == 0 && proof.relative < 1e-12);
    s->p.backend->from_host(s->n, x, s->bx);
    assert_ok(s->ctx, crease_certify(&s->p, s->bx, &majorized));
    if (!(majorized.relative < 1e-11))
        fail_msg("%s: certificate %g", s->psi->type->base.name, majorized.relative);
    long double found = test_objective(s, x);
    test_subproblem_solve(s);
    assert_true(found <= test_objective(s, s->x) + 1e-11L * (1 + fabsl(found)));
}

static void majorize_solves_the_majorized(void **state)
{
    crease_ctx *ctx = *state;
    const crease_type *type;
    size_t cases = crease_test_count(50);
    for (size_t r = 0; (type = crease_type_at(ctx, CREASE_REGULARIZER, r)); r++)
        for (size_t k = 0; k < 4 * cases; k++) {
            test_subproblem s;
            if (!make_case(ctx, type->name, spreads[k / cases], k + r, NULL, &s)) continue;
            if (is_taken(&s, "majorize")) check_majorized(&s, (k + r) % 2);
            test_subproblem_free(&s);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reach_the_exact_solution),
        cmocka_unit_test(find_a_planted_rank),
        cmocka_unit_test(corners_are_solved),
        cmocka_unit_test(warm_start_stops_at_once),
        cmocka_unit_test(observers_see_everything),
        cmocka_unit_test(admm_is_as_written),
        cmocka_unit_test(dual_gap_is_proven),
        cmocka_unit_test(tell_the_truth_where_not_convex),
        cmocka_unit_test(single_precision_is_reached),
        cmocka_unit_test(majorize_solves_the_majorized),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* Memory that runs out: the k-th allocation fails, for every k, alone or with all that follow. Each
 * time the answer is CREASE_ENOMEM, and nothing is left behind. */
#include <stdlib.h>
#include <string.h>

#include "support.h"

typedef struct {
    size_t calls, fails_at, live;
    bool for_good; /* all later allocations fail as well */
} supply;

static void *supply_resize(void *user, void *p, size_t bytes)
{
    supply *s = user;
    if (bytes == 0) {
        s->live--;
        free(p);
        return NULL;
    }
    size_t call = s->calls++;
    if (call == s->fails_at || (s->for_good && call > s->fails_at)) return NULL;
    s->live += !p;
    return realloc(p, bytes);
}

/* Returns its code, everything of its own freed. */
typedef int scenario(crease_ctx *ctx);

static bool survives(scenario *run, size_t k, bool for_good)
{
    supply s = { .fails_at = k, .for_good = for_good };
    crease_ctx *ctx = crease_ctx_create(&(crease_allocator){ supply_resize, &s });
    int code = CREASE_ENOMEM;
    if (ctx) {
        code = run(ctx);
        if (code != CREASE_OK) assert_fails(ctx, code, CREASE_ENOMEM, "out of memory");
        if (code != CREASE_OK) assert_int_equal(crease_ctx_error(ctx)->code, CREASE_ENOMEM);
        crease_ctx_free(ctx);
    }
    if (s.live != 0) fail_msg("failure %zu leaves %zu blocks", k, s.live);
    assert_int_equal(code == CREASE_OK, s.calls <= k);
    return code == CREASE_OK;
}

/* least: the fewest allocations that the scenario must be seen to make. */
static void run_out(scenario *run, size_t least)
{
    for (int for_good = 0; for_good < 2; for_good++) {
        size_t k = 0;
        while (!survives(run, k, for_good)) assert_true(++k < 1000);
        if (k < least) fail_msg("only %zu allocations", k);
    }
}

static int code_of(const crease_ctx *ctx)
{
    return crease_ctx_error(ctx)->code;
}

/* --- registry, settings, groups ------------------------------------------------------------------ */

static int use_registry(crease_ctx *ctx)
{
    static const char *const names[3] = { "test_a", "test_b", "test_c" };
    static crease_stopping_type types[3];
    for (int i = 0; i < 3; i++) {
        types[i] = *(const crease_stopping_type *)crease_lookup(ctx, CREASE_STOPPING, "fixed");
        types[i].base.name = names[i];
        CREASE_TRY(crease_register(ctx, CREASE_STOPPING, &types[i].base));
    }
    assert_ptr_equal(crease_lookup(ctx, CREASE_STOPPING, "test_b"), &types[1].base);
    return CREASE_OK;
}

static void test_registry(void **state)
{
    (void)state;
    run_out(use_registry, 4);
}

static int create_every_member(crease_ctx *ctx)
{
    const crease_type *type;
    for (int kind = 0; kind < CREASE_N_KINDS; kind++)
        for (size_t i = 0; (type = crease_type_at(ctx, kind, i)); i++) {
            void *opts = crease_opts_create(ctx, type);
            if (!opts) return code_of(ctx);
            crease_release(ctx, opts);
        }
    crease_regularizer *psi = crease_regularizer_create(ctx, "sparse_group");
    crease_stopping *stopping = psi ? crease_stopping_create(ctx, "residual") : NULL;
    crease_solver *solver = stopping ? crease_solver_create(ctx, "pg", stopping) : NULL;
    int code = solver ? crease_solver_set(solver, "nothing", "1") : code_of(ctx);
    crease_solver_free(solver);
    crease_stopping_free(stopping);
    crease_regularizer_free(psi);
    return code == CREASE_ENOTFOUND ? CREASE_OK : code;
}

static void test_members(void **state)
{
    (void)state;
    run_out(create_every_member, 20);
}

static const int64_t labels[] = { 4, 0, -1, 2, 2, 0, 4, 4, 1, -1 };

static int make_groups(crease_ctx *ctx)
{
    crease_groups made = { 0 }, rows = crease_groups_rows(0, 3, 2);
    static const double weights[] = { 1, 2, 3, 0, 5 };
    int code = crease_groups_from_labels(ctx, 3, 10, labels, &made);
    if (code == CREASE_OK) code = crease_groups_set_weights(ctx, &made, weights);
    if (code == CREASE_OK) code = crease_groups_set_weight_rule(ctx, &made, "sqrt_size");
    if (code == CREASE_OK) code = crease_groups_set_weights(ctx, &rows, weights);
    if (code == CREASE_OK) code = crease_groups_set_weight_rule(ctx, &rows, "one");
    crease_groups_free(ctx, &made);
    crease_groups_free(ctx, &rows);
    return code;
}

static void test_groups(void **state)
{
    (void)state;
    run_out(make_groups, 10);
}

/* --- an outer method with terms of every layout --------------------------------------------------- */

enum { N = 120, N_TERMS = 4, STEPS = 3 };

typedef struct {
    crease_regularizer *psi[N_TERMS];
    crease_groups groups[N_TERMS];
    crease_term terms[N_TERMS];
    crease_stopping *stopping;
    crease_solver *solver;
    crease_algorithm *a;
} method;

static int gradient(crease_oracle *oracle, crease_rows rows, const void *x, double *value, void *g)
{
    double *out = g;
    (void)oracle, (void)rows, (void)x;
    for (int i = 0; i < N; i++) out[i] = (i % 7) - 3.1;
    *value = 1;
    return CREASE_OK;
}

static int make_terms(crease_ctx *ctx, method *m)
{
    static const char *const names[N_TERMS] = { "group_l2", "l1", "sparse_group", "elastic_net" };
    static const double weights[4] = { 1, 0.5, 2, 1 };
    m->groups[0] = crease_groups_cols(2, 4, 5);
    m->groups[2] = crease_groups_strided(50, 4, 9, 2, 4, 2, 2); /* does not tile: becomes lists */
    m->groups[3] = crease_groups_all(100, 7);
    CREASE_TRY(crease_groups_from_labels(ctx, 30, 10, labels, &m->groups[1]));
    CREASE_TRY(crease_groups_set_weights(ctx, &m->groups[2], weights));
    for (int i = 0; i < N_TERMS; i++) {
        if (!(m->psi[i] = crease_regularizer_create(ctx, names[i]))) return code_of(ctx);
        m->terms[i] = (crease_term){ m->psi[i], &m->groups[i], "weight" };
    }
    return crease_regularizer_set(m->psi[0], "lambda", "0.5");
}

static int make_method(crease_ctx *ctx, const char *algorithm, const char *solver, method *m)
{
    double x[N] = { 1, 2, 3 };
    CREASE_TRY(make_terms(ctx, m));
    if (strcmp(solver, "pg") == 0 && !(m->stopping = crease_stopping_create(ctx, "rel_decrease")))
        return code_of(ctx);
    if (!(m->solver = crease_solver_create(ctx, solver, m->stopping))) return code_of(ctx);
    if (!(m->a = crease_algorithm_create(ctx, algorithm, crease_backend_find(ctx, "cpu-f64"))))
        return code_of(ctx);
    CREASE_TRY(crease_algorithm_set(m->a, "lr", "0.5"));
    return crease_algorithm_setup(m->a, N, x, m->terms, N_TERMS, m->solver);
}

static void free_method(crease_ctx *ctx, method *m)
{
    crease_algorithm_free(m->a);
    crease_solver_free(m->solver);
    crease_stopping_free(m->stopping);
    for (int i = 0; i < N_TERMS; i++) {
        crease_regularizer_free(m->psi[i]);
        crease_groups_free(ctx, &m->groups[i]);
    }
}

static int run_steps(method *m)
{
    crease_oracle oracle = { .gradient = gradient };
    for (int step = 0; step < STEPS; step++) {
        m->a->want_certificate = step == STEPS - 1; /* the only step that needs memory */
        CREASE_TRY(crease_algorithm_step(m->a, &oracle));
        crease_algorithm_new_stage(m->a, 0.5);
    }
    return CREASE_OK;
}

static int run_method(crease_ctx *ctx, const char *algorithm, const char *solver)
{
    method m = { 0 };
    int code = make_method(ctx, algorithm, solver, &m);
    if (code == CREASE_OK) code = run_steps(&m);
    free_method(ctx, &m);
    return code;
}

static int ramda_exact(crease_ctx *ctx)
{
    return run_method(ctx, "ramda", "exact");
}

static int ramda_pg(crease_ctx *ctx)
{
    return run_method(ctx, "ramda", "pg");
}

static int rmda_ssi(crease_ctx *ctx)
{
    return run_method(ctx, "rmda", "ssi");
}

static int proxgen_exact(crease_ctx *ctx)
{
    return run_method(ctx, "proxgen", "exact");
}

static void test_methods(void **state)
{
    (void)state;
    run_out(ramda_exact, 50);
    run_out(ramda_pg, 50);
    run_out(rmda_ssi, 50);
    run_out(proxgen_exact, 50);
}

/* After the set-up, steps live on what they have. */
static void test_steps_allocate_nothing(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        { "ramda", "exact" }, { "ramda", "pg" }, { "rmda", "ssi" }, { "proxgen", "pg" }
    };
    for (int i = 0; i < 4; i++) {
        supply s = { .fails_at = SIZE_MAX };
        crease_ctx *ctx = crease_ctx_create(&(crease_allocator){ supply_resize, &s });
        crease_oracle oracle = { .gradient = gradient };
        method m = { 0 };
        assert_ok(ctx, make_method(ctx, pairs[i][0], pairs[i][1], &m));
        m.a->want_hat = true;
        size_t calls = s.calls;
        for (int step = 0; step < STEPS; step++) {
            assert_ok(ctx, crease_algorithm_step(m.a, &oracle));
            crease_algorithm_new_stage(m.a, 0.5);
        }
        assert_int_equal(s.calls, calls);
        free_method(ctx, &m);
        crease_ctx_free(ctx);
        assert_int_equal(s.live, 0);
    }
}

/* --- solve and certify ---------------------------------------------------------------------------- */

static int solve_and_certify(crease_ctx *ctx)
{
    double c[4] = { 3, 4, 0.1, 0.2 }, d[4] = { 1, 2, 1, 2 }, zero[4] = { 0 },
           v[4] = { -3, -4, -0.1, -0.2 }, x[4];
    crease_groups groups = crease_groups_runs(0, 4, 2);
    crease_certificate proof;
    crease_regularizer *psi = crease_regularizer_create(ctx, "group_l2");
    crease_solver *exact = psi ? crease_solver_create(ctx, "exact", NULL) : NULL;
    crease_subproblem p = { .ctx = ctx,
                            .backend = crease_backend_find(ctx, "cpu-f64"),
                            .n = 4,
                            .c = c,
                            .d = d,
                            .w = 1,
                            .psi = psi,
                            .groups = &groups,
                            .paper_scale = 1 };
    int code = exact ? crease_solver_solve(exact, &p, x, NULL) : code_of(ctx);
    if (code == CREASE_OK) code = crease_certify(&p, x, &proof);
    p.x0 = zero;
    p.v = v;
    if (code == CREASE_OK) code = crease_certify(&p, x, &proof);
    if (code == CREASE_OK) assert_true(proof.relative < 1e-14);
    crease_solver_free(exact);
    crease_regularizer_free(psi);
    return code;
}

static void test_certify(void **state)
{
    (void)state;
    run_out(solve_and_certify, 12);
}

/* --- diagnostics ---------------------------------------------------------------------------------- */

static int observe_with(crease_ctx *ctx, const char *name, const method *m, crease_observation *o)
{
    crease_diagnostic *d = crease_diagnostic_create(ctx, name);
    int code = d ? crease_diagnostic_setup(d, o->n_units) : code_of(ctx);
    for (int event = CREASE_EVENT_STEP; event <= CREASE_EVENT_END && code == CREASE_OK; event++) {
        o->event = event;
        o->algorithm = m->a;
        code = d->type->observe(d, o);
    }
    crease_diagnostic_free(d);
    return code;
}

static int observe_all(crease_ctx *ctx)
{
    static const double x[N] = { 1, 2, 3 };
    static const crease_unit unit[2 * N];
    method m = { 0 };
    const crease_type *type;
    int code = make_method(ctx, "ramda", "exact", &m);
    crease_observation o = { .epoch = 1,
                             .terms = m.terms,
                             .n_terms = N_TERMS,
                             .x = x,
                             .hat = x,
                             .unit = unit,
                             .unit_hat = unit,
                             .gradient = x,
                             .gradient_hat = x };
    for (int i = 0; i < N_TERMS && code == CREASE_OK; i++) o.n_units += crease_term_units(&m.terms[i]);
    for (size_t i = 0; code == CREASE_OK && (type = crease_type_at(ctx, CREASE_DIAGNOSTIC, i)); i++)
        code = observe_with(ctx, type->name, &m, &o);
    free_method(ctx, &m);
    return code;
}

static void test_diagnostics(void **state)
{
    (void)state;
    run_out(observe_all, 70);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_registry),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_steps_allocate_nothing),
        cmocka_unit_test(test_certify),
        cmocka_unit_test(test_diagnostics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The engine of the outer methods against a slow reading of their papers: long double, one group at a
 * time, every oracle a bisection. Terms in every layout, unpenalized entries in fragments between them,
 * several tiles. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "outer_support.h"

/* --- layouts: which entries are regularized, and how --------------------------------------------- */

enum { MOST_TERMS = 8 };

typedef struct {
    crease_ctx *ctx;
    size_t n, n_terms;
    crease_term terms[MOST_TERMS];
    crease_groups groups[MOST_TERMS];
    crease_shrink shape[MOST_TERMS]; /* the same regularizer, in the test's own numbers */
} layout;

static crease_regularizer *make_psi(crease_ctx *ctx, const char *name, const crease_shrink *s)
{
    crease_regularizer *psi = crease_regularizer_create(ctx, name);
    assert_non_null(psi);
    const struct {
        const char *key;
        double value;
    } all[] = { { "lambda", s->lambda1 + s->lambda2 },
                { "lambda1", s->lambda1 },
                { "lambda2", s->lambda2 },
                { "tau", s->ridge } };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (const crease_param *p = psi->type->base.params; p && p->name; p++) {
            char text[40];
            snprintf(text, sizeof text, "%.17g", all[i].value);
            if (strcmp(p->name, all[i].key) == 0)
                assert_ok(ctx, crease_regularizer_set(psi, p->name, text));
        }
    return psi;
}

static void add_term(layout *l, const char *name, crease_shrink shape, crease_groups groups)
{
    size_t i = l->n_terms++;
    l->groups[i] = groups;
    l->shape[i] = shape;
    l->terms[i] = (crease_term){ make_psi(l->ctx, name, &shape), &l->groups[i], name };
}

static void layout_free(layout *l)
{
    for (size_t i = 0; i < l->n_terms; i++) {
        crease_regularizer_free((crease_regularizer *)l->terms[i].psi);
        crease_groups_free(l->ctx, &l->groups[i]);
    }
}

/* Every fifth weight 0, every seventh infinite, the others so different that some groups live and some
 * do not. */
static void set_odd_weights(crease_ctx *ctx, crease_groups *s)
{
    double *weights = calloc(s->count, sizeof *weights);
    for (size_t g = 0; g < s->count; g++) {
        double spread = crease_group_weight(s, g) * exp(2 * test_normal(1, g));
        weights[g] = g % 5 == 2 ? 0 : g % 7 == 3 ? INFINITY : spread;
    }
    assert_ok(ctx, crease_groups_set_weights(ctx, s, weights));
    free(weights);
}

/* Groups of random sizes, some empty, of `used` of the `n` entries from offset on, in random order. */
static crease_groups scattered(crease_ctx *ctx, size_t offset, size_t n, size_t used, size_t largest)
{
    crease_random r = crease_random_at(2, CREASE_STREAM_TEST, 0);
    uint32_t *index = calloc(n, sizeof *index);
    size_t *start = calloc(used + 2, sizeof *start), count = 0;
    crease_random_permutation(&r, n, index);
    for (size_t i = 0; i < n; i++) index[i] += (uint32_t)offset;
    while (start[count] < used) {
        size_t end = start[count] + (count % 9 ? crease_random_below(&r, largest + 1) : 0);
        start[++count] = end < used ? end : used;
        if (count == used) start[count] = used;
    }
    crease_groups s;
    assert_ok(ctx, crease_groups_from_lists(ctx, count, start, index, &s));
    free(index);
    free(start);
    return s;
}

/* Consecutive groups of the given entries, of sizes 0, 1, ..., 12 and again. */
static crease_groups ragged(crease_ctx *ctx, size_t offset, size_t n)
{
    int64_t *label = calloc(n, sizeof *label);
    for (size_t i = 0, g = 0, left = 0; i < n; i++, left--) {
        while (left == 0) left = ++g % 13;
        label[i] = (int64_t)g;
    }
    crease_groups s;
    assert_ok(ctx, crease_groups_from_labels(ctx, offset, n, label, &s));
    crease_release(ctx, (void *)s.index); /* they are segments, moved by the offset */
    s.index = NULL;
    for (size_t g = 0; g <= s.count; g++) ((size_t *)s.start)[g] += offset;
    free(label);
    return s;
}

/* Every layout there is, with unpenalized entries before, between, inside and behind. */
static void many_layouts(layout *l)
{
    crease_ctx *ctx = l->ctx;
    l->n = 5000;
    add_term(l, "group_l2", (crease_shrink){ .lambda2 = 2 }, crease_groups_cols(13, 37, 29));
    set_odd_weights(ctx, &l->groups[0]);
    add_term(l, "sparse_group", (crease_shrink){ .lambda1 = 0.1, .lambda2 = 0.2 },
             crease_groups_channels(1091, 6, 25, 9));
    add_term(l, "group_l2", (crease_shrink){ .lambda2 = 2 }, scattered(ctx, 2450, 800, 600, 20));
    add_term(l, "group_l2", (crease_shrink){ .lambda2 = 2 },
             crease_groups_strided(3260, 8, 60, 3, 20, 5, 3));
    set_odd_weights(ctx, &l->groups[3]);
    add_term(l, "elastic_net", (crease_shrink){ .lambda1 = 0.1, .ridge = 0.3 }, ragged(ctx, 3750, 550));
    add_term(l, "l1", (crease_shrink){ .lambda1 = 0.1 }, crease_groups_runs(4400, 300, 3));
    add_term(l, "none", (crease_shrink){ 0 }, crease_groups_all(4720, 50));
    add_term(l, "group_l2", (crease_shrink){ .lambda2 = 1 },
             crease_groups_strided(4775, 20, 10, 2, 5, 2, 2));
}

/* Terms of many tiles, and more unpenalized entries than one tile holds. */
static void large_layout(layout *l)
{
    l->n = 90000;
    add_term(l, "group_l2", (crease_shrink){ .lambda2 = 0.5 }, crease_groups_cols(11, 150, 300));
    add_term(l, "sparse_group", (crease_shrink){ .lambda1 = 0.1, .lambda2 = 0.1 },
             scattered(l->ctx, 46000, 20000, 18000, 300));
    add_term(l, "group_l2", (crease_shrink){ .lambda2 = 0.1 }, crease_groups_runs(66000, 2000, 5));
    for (int i = 0; i < 3; i++) set_odd_weights(l->ctx, &l->groups[i]);
}

/* --- the slow reference -------------------------------------------------------------------------- */

typedef long double real;

typedef struct {
    const layout *l;
    size_t n;
    real *x, *hat, *x0, *m, *u, *peak, *c, *d, *g;
    real t, alpha, lr, momentum, eps_scale; /* of the stage */
    real memory[];
} reference;

static reference *reference_create(const layout *l, const double *x)
{
    reference *r = calloc(1, sizeof *r + 9 * l->n * sizeof(real));
    r->l = l;
    r->n = l->n;
    real **arrays[] = { &r->x, &r->hat, &r->x0, &r->m, &r->u, &r->peak, &r->c, &r->d, &r->g };
    for (size_t i = 0; i < 9; i++) *arrays[i] = r->memory + i * l->n;
    for (size_t i = 0; i < l->n; i++) r->x[i] = r->x0[i] = x[i];
    return r;
}

static real soft(real c, real threshold)
{
    return c > threshold ? c - threshold : c < -threshold ? c + threshold : 0;
}

/* argmin 1/2 x'Dx - c'x + tau |x|: x_i = c_i s/(d_i s + tau), s = |x| found by bisection of log s. */
static void group_lasso(size_t n, const real *c, const real *d, real tau, real *x)
{
    real norm = 0, least = INFINITY, most = 0;
    for (size_t i = 0; i < n; i++) {
        norm = hypotl(norm, c[i]);
        least = fminl(least, d[i]);
        most = fmaxl(most, d[i]);
        x[i] = 0;
    }
    if (norm <= tau) return;
    real low = (norm - tau) / most / 2, high = (norm - tau) / least * 2;
    for (int step = 0; step < 110; step++) {
        real s = sqrtl(low) * sqrtl(high), sum = 0;
        for (size_t i = 0; i < n; i++) sum += powl(c[i] / (d[i] * s + tau), 2);
        *(sum > 1 ? &low : &high) = s;
    }
    for (size_t i = 0; i < n; i++) x[i] = c[i] * low / (d[i] * low + tau);
}

/* Group g of a term: hat from c and d. */
static void solve_group(reference *r, const crease_shrink *psi, const crease_groups *s, size_t g,
                        real w)
{
    size_t n = crease_group_size(s, g);
    real *c = malloc(3 * n * sizeof *c + 1), *d = c + n, *x = d + n, weight = crease_group_weight(s, g);
    for (size_t k = 0; k < n; k++) {
        size_t i = crease_group_entry(s, g, k);
        c[k] = soft(r->c[i], w * psi->lambda1);
        d[k] = r->d[i] + w * psi->ridge;
    }
    real tau = psi->lambda2 > 0 ? w * psi->lambda2 * weight : 0;
    if (tau > 0 && !isinf(weight)) group_lasso(n, c, d, tau, x);
    for (size_t k = 0; k < n; k++) {
        real answer = isinf(weight) ? 0 : tau > 0 ? x[k] : c[k] / d[k];
        r->hat[crease_group_entry(s, g, k)] = answer;
    }
    free(c);
}

static void solve_all(reference *r, real w)
{
    for (size_t i = 0; i < r->n; i++) r->hat[i] = r->c[i] / r->d[i];
    for (size_t t = 0; t < r->l->n_terms; t++)
        for (size_t g = 0; g < r->l->groups[t].count; g++)
            solve_group(r, &r->l->shape[t], &r->l->groups[t], g, w);
}

static real setting(const crease_algorithm *a, const char *name)
{
    const crease_param *p = a->type->base.params;
    while (strcmp(p->name, name) != 0) p++;
    const char *field = (const char *)a->opts + p->offset;
    return p->kind == CREASE_PARAM_KIND_BOOL ? *(const bool *)field : *(const double *)field;
}

/* Where metric and gradients are all zero the point does not move. */
static real positive(real d)
{
    return d > 0 ? d : 1e-280L;
}

static void dual_averaging(reference *r, const crease_algorithm *a, bool adaptive)
{
    r->t += 1;
    real s = r->lr * sqrtl(r->t), eps = adaptive ? setting(a, "eps") * r->eps_scale : 0;
    r->alpha += s;
    for (size_t i = 0; i < r->n; i++) {
        r->m[i] += s * r->g[i];
        r->u[i] += s * r->g[i] * r->g[i];
        r->d[i] = adaptive ? positive(cbrtl(r->u[i]) + eps) : sqrtl(r->t);
        r->c[i] = r->d[i] * r->x0[i] - r->m[i];
    }
    solve_all(r, r->alpha);
    for (size_t i = 0; i < r->n; i++) r->x[i] = (1 - r->momentum) * r->x[i] + r->momentum * r->hat[i];
}

static void adam(reference *r, const crease_algorithm *a)
{
    real lr = r->lr, beta1 = setting(a, "beta1"), beta2 = setting(a, "beta2"),
         decay = setting(a, "weight_decay");
    r->t += 1;
    real b1 = 1 - powl(beta1, r->t), b2 = 1 - powl(beta2, r->t);
    for (size_t i = 0; i < r->n; i++) {
        r->m[i] = beta1 * r->m[i] + (1 - beta1) * r->g[i];
        r->u[i] = beta2 * r->u[i] + (1 - beta2) * r->g[i] * r->g[i];
        r->peak[i] = fmaxl(r->peak[i], r->u[i]);
        r->d[i] = sqrtl((setting(a, "amsgrad") != 0 ? r->peak[i] : r->u[i]) / b2) + setting(a, "eps");
        r->c[i] = r->d[i] * (1 - lr * decay) * r->x[i] - lr * r->m[i] / b1;
    }
    solve_all(r, lr);
    memcpy(r->x, r->hat, r->n * sizeof *r->x);
}

static void proximal_sgd(reference *r, const crease_algorithm *a)
{
    real part = setting(a, "a");
    for (size_t i = 0; i < r->n; i++) {
        r->m[i] = (1 - part) * r->m[i] + part * r->g[i];
        r->d[i] = 1;
        r->c[i] = r->x[i] - r->lr * r->m[i];
    }
    solve_all(r, r->lr);
    memcpy(r->x, r->hat, r->n * sizeof *r->x);
}

static void reference_step(reference *r, const crease_algorithm *a, const noise *o)
{
    const char *name = a->type->base.name;
    for (size_t i = 0; i < r->n; i++) r->g[i] = noise_entry(o, i, (double)r->x[i]);
    if (strcmp(name, "ramda") == 0)
        dual_averaging(r, a, true);
    else if (strcmp(name, "rmda") == 0)
        dual_averaging(r, a, false);
    else if (strcmp(name, "proxgen") == 0)
        adam(r, a);
    else
        proximal_sgd(r, a);
}

static void reference_restart(reference *r)
{
    r->t = r->alpha = 0;
    memset(r->m, 0, r->n * sizeof *r->m);
    memset(r->u, 0, r->n * sizeof *r->u);
    memcpy(r->x0, r->x, r->n * sizeof *r->x);
}

/* --- side by side -------------------------------------------------------------------------------- */

typedef struct {
    const char *backend, *algorithm, *settings; /* "key=value key=value" */
    const char *solver;                         /* "pg" comes with a sharp residual test */
    double tolerance;
    int steps;
} trial;

static void apply_settings(crease_algorithm *a, const char *settings)
{
    char text[200], *rest = text;
    snprintf(text, sizeof text, "%s", settings);
    for (char *key; (key = strtok_r(rest, "= ", &rest));)
        assert_ok(a->ctx, crease_algorithm_set(a, key, strtok_r(NULL, "= ", &rest)));
}

static crease_algorithm *make_algorithm(const layout *l, const trial *t, const crease_solver *solver,
                                        const double *x)
{
    const crease_backend *backend = crease_backend_find(l->ctx, t->backend);
    crease_algorithm *a = crease_algorithm_create(l->ctx, t->algorithm, backend);
    void *start = crease_alloc(l->ctx, l->n, backend->real_bytes);
    apply_settings(a, t->settings);
    backend->from_host(l->n, x, start);
    assert_ok(l->ctx, crease_algorithm_setup(a, l->n, start, l->terms, l->n_terms, solver));
    crease_release(l->ctx, start);
    a->want_hat = a->want_certificate = true;
    return a;
}

static double *start_point(size_t n)
{
    double *x = calloc(n + 1, sizeof *x);
    for (size_t i = 0; i < n; i++) x[i] = (float)(0.5 * test_normal(3, i));
    return x;
}

static double error_of(const crease_algorithm *a, const void *data, const real *right)
{
    double *left = malloc(2 * a->n * sizeof *left + 1), *expected = left + a->n;
    a->backend->to_host(a->n, data, left);
    for (size_t i = 0; i < a->n; i++) {
        expected[i] = (double)right[i];
        assert_true(isfinite(left[i]));
    }
    double error = test_max_error(a->n, left, expected);
    free(left);
    return error;
}

/* In double, the zeros of W-hat are the reference's, entry by entry. */
static void assert_same_zeros(const crease_algorithm *a, const reference *r)
{
    const double *hat = a->hat;
    if (a->backend->real_bytes != sizeof *hat) return;
    for (size_t i = 0; i < a->n; i++) assert_int_equal(hat[i] == 0, (double)r->hat[i] == 0);
}

/* It means little unless every penalized term has zero and live entries of its own making. */
static void assert_telling(const layout *l, const crease_algorithm *a, const reference *r)
{
    for (size_t t = 0; t < l->n_terms; t++) {
        const crease_groups *s = &l->groups[t];
        size_t zero = 0, live = 0;
        for (size_t g = 0; g < s->count; g++)
            for (size_t k = 0; k < crease_group_size(s, g) && !isinf(crease_group_weight(s, g)); k++)
                *(r->hat[crease_group_entry(s, g, k)] == 0 ? &zero : &live) += 1;
        bool penalized = l->shape[t].lambda1 + l->shape[t].lambda2 > 0;
        if (live < 5 || (penalized && zero < 5))
            fail_msg("term %zu: %zu zero, %zu live of %s", t, zero, live, a->type->base.name);
    }
}

static void next_stage(crease_algorithm *a, reference *r)
{
    crease_algorithm_new_stage(a, 0.5);
    r->lr *= 0.5;
    if (!a->type->restarts) return;
    reference_restart(r);
    r->eps_scale *= 0.5;
    r->momentum = a->momentum = 1;
}

static void run_trial(const layout *l, const trial *t)
{
    inner s = inner_make(l->ctx, t->solver);
    double *x = start_point(l->n);
    crease_algorithm *a = make_algorithm(l, t, s.solver, x);
    reference *r = reference_create(l, x);
    r->lr = setting(a, "lr");
    r->momentum = a->type->restarts ? setting(a, "momentum") : 1;
    r->eps_scale = 1;
    noise left = noise_make(a->backend, l->n), right = left;
    double limit = a->backend->real_bytes == 8 ? fmax(1e-12, t->tolerance) : 1e-5;
    for (int step = 1; step <= t->steps; step++) {
        left.step = right.step = (size_t)step;
        if (step == t->steps / 2 + 1) next_stage(a, r);
        reference_step(r, a, &right);
        assert_ok(l->ctx, crease_algorithm_step(a, &left.oracle));
        double error = fmax(error_of(a, a->x, r->x), error_of(a, a->hat, r->hat));
        if (!(error <= t->tolerance))
            fail_msg("%s, %s, %s, step %d: %g", t->algorithm, t->solver, t->backend, step, error);
        if (strcmp(t->solver, "exact") == 0) assert_same_zeros(a, r);
        if (!(a->inner.certificate <= limit))
            fail_msg("%s, step %d: certificate %g", t->algorithm, step, a->inner.certificate);
    }
    assert_true(a->t == (unsigned long)t->steps && a->value == t->steps);
    assert_telling(l, a, r);
    if (a->momentum == 1) assert_memory_equal(a->x, a->hat, l->n * a->backend->real_bytes);
    crease_algorithm_free(a);
    inner_free(&s);
    free(r);
    free(x);
}

static void run_trials(void (*make)(layout *), const trial *trials, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        layout l = { .ctx = test_ctx() };
        make(&l);
        run_trial(&l, &trials[i]);
        layout_free(&l);
        crease_ctx_free(l.ctx);
    }
}

#define RAMDA   "lr=0.05 momentum=0.2"
#define PROXGEN "lr=0.2 weight_decay=0.1"

static void test_double(void **state)
{
    (void)state;
    static const trial trials[] = {
        { "cpu-f64", "ramda", RAMDA, "exact", 1e-12, 8 },
        { "cpu-f64", "ramda", RAMDA " eps=0", "exact", 1e-12, 4 },
        { "cpu-f64", "rmda", "lr=0.3 momentum=0.2", "exact", 1e-12, 8 },
        { "cpu-f64", "proxgen", PROXGEN, "exact", 1e-12, 8 },
        { "cpu-f64", "proxgen", PROXGEN " amsgrad=true beta2=0.5", "exact", 1e-12, 8 },
        { "cpu-f64", "proxsgd", "lr=0.3 a=0.3", "exact", 1e-12, 8 },
    };
    run_trials(many_layouts, trials, sizeof trials / sizeof *trials);
}

static void test_float(void **state)
{
    (void)state;
    static const trial trials[] = {
        { "cpu-f32", "ramda", RAMDA, "exact", 1e-4, 8 },
        { "cpu-f32", "ramda", RAMDA " eps=0", "exact", 1e-4, 4 },
        { "cpu-f32", "rmda", "lr=0.3 momentum=0.2", "exact", 1e-4, 8 },
        { "cpu-f32", "proxgen", PROXGEN, "exact", 1e-4, 8 },
        { "cpu-f32", "proxsgd", "lr=0.3 a=0.3", "exact", 1e-4, 8 },
    };
    run_trials(many_layouts, trials, sizeof trials / sizeof *trials);
}

/* Other inner solvers pose the subproblem differently: warm starts, all tiles as one. */
static void test_other_solvers(void **state)
{
    (void)state;
    static const trial trials[] = {
        { "cpu-f64", "ramda", RAMDA, "ssi", 1e-9, 6 },
        { "cpu-f64", "ramda", RAMDA " eps=0.3", "pg", 1e-7, 4 },
        { "cpu-f64", "proxgen", PROXGEN " eps=0.3", "pg", 1e-7, 4 },
        { "cpu-f64", "rmda", "lr=0.3", "pg", 1e-7, 4 },
    };
    run_trials(many_layouts, trials, sizeof trials / sizeof *trials);
}

static void test_many_tiles(void **state)
{
    (void)state;
    static const trial trials[] = {
        { "cpu-f64", "ramda", RAMDA, "exact", 1e-12, 2 },
        { "cpu-f32", "rmda", "lr=0.3", "exact", 1e-4, 2 },
    };
    run_trials(large_layout, trials, sizeof trials / sizeof *trials);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_double),
        cmocka_unit_test(test_float),
        cmocka_unit_test(test_other_solvers),
        cmocka_unit_test(test_many_tiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

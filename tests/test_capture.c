/* Captures as files: whatever is written comes back to the bit, for every regularizer with settings
 * drawn at random, every layout of groups, both widths; a float32 capture replayed in double is the
 * same problem. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiment/capture.h"
#include "subproblems.h"

/* --- there and back --------------------------------------------------------------------------- */

static crease_capture capture_of(const test_subproblem *s)
{
    crease_capture k = { .ctx = s->ctx,
                         .p = s->p,
                         .start = s->bx,
                         .problem = "a problem",
                         .label = "a label",
                         .algorithm = "ramda",
                         .block = "weight",
                         .seed = 12,
                         .term = 3 };
    k.p.step = 77;
    k.p.paper_scale = 0.25;
    return k;
}

static void assert_same_settings(const crease_regularizer *a, const crease_regularizer *b)
{
    assert_ptr_equal(a->type, b->type);
    assert_memory_equal(&a->scale, &b->scale, sizeof a->scale);
    assert_memory_equal(&a->ridge, &b->ridge, sizeof a->ridge);
    for (const crease_param *p = a->type->base.params; p && p->name; p++) {
        char one[4096], other[4096];
        const crease_numbers *u = (const crease_numbers *)((const char *)a->opts + p->offset);
        const crease_numbers *v = (const crease_numbers *)((const char *)b->opts + p->offset);
        if (p->kind == CREASE_PARAM_KIND_NUMBERS) {
            assert_int_equal(u->n, v->n);
            assert_memory_equal(u->n > 1 ? u->many : &u->one, v->n > 1 ? v->many : &v->one,
                                u->n * sizeof(double));
            continue;
        }
        crease_param_print(p, a->opts, one, sizeof one);
        crease_param_print(p, b->opts, other, sizeof other);
        assert_string_equal(one, other);
    }
}

static void assert_same_groups(const crease_groups *a, const crease_groups *b)
{
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->entries, b->entries);
    assert_int_equal(a->disjoint, b->disjoint);
    for (size_t g = 0; g < a->count; g++) {
        double u = crease_group_weight(a, g), v = crease_group_weight(b, g);
        assert_memory_equal(&u, &v, sizeof u);
        assert_int_equal(crease_group_size(a, g), crease_group_size(b, g));
        for (size_t k = 0; k < crease_group_size(a, g); k++)
            assert_int_equal(crease_group_entry(a, g, k), crease_group_entry(b, g, k));
    }
}

static void assert_same_array(const crease_subproblem *p, const void *a, const void *b)
{
    assert_int_equal(a == NULL, b == NULL);
    if (a) assert_memory_equal(a, b, p->n * p->backend->real_bytes);
}

static void assert_same_capture(const crease_capture *a, const crease_capture *b)
{
    const crease_subproblem *p = &a->p, *q = &b->p;
    const double u[] = { p->w, p->paper_scale, p->d ? 0 : p->scalar },
                 v[] = { q->w, q->paper_scale, q->d ? 0 : q->scalar };
    assert_ptr_equal(p->backend, q->backend);
    assert_int_equal(p->n, q->n);
    assert_int_equal(p->step, q->step);
    assert_memory_equal(u, v, sizeof u);
    assert_same_array(p, p->c, q->c);
    assert_same_array(p, p->d, q->d);
    assert_same_array(p, p->x0, q->x0);
    assert_same_array(p, p->v, q->v);
    assert_same_array(p, a->start, b->start);
    assert_same_settings(p->psi, q->psi);
    assert_same_groups(p->groups, q->groups);
    assert_string_equal(a->problem, b->problem);
    assert_string_equal(a->label, b->label);
    assert_string_equal(a->algorithm, b->algorithm);
    assert_string_equal(a->block, b->block);
    assert_int_equal(a->seed, b->seed);
    assert_int_equal(a->term, b->term);
    assert_int_equal(b->stored_bytes, p->backend->real_bytes);
    assert_ptr_equal(q->psi, b->psi);
    assert_ptr_equal(q->groups, &b->groups);
    assert_true(!q->unit && !q->metric && !q->observer);
}

/* Its exact answer too, which rests on everything at once. */
static void comes_back(test_subproblem *s, double tolerance)
{
    crease_capture k = capture_of(s), *back;
    char path[500];
    (void)tolerance;
    snprintf(path, sizeof path, "%s", test_path("one.h5"));
    s->psi->scale = 0.75;
    assert_ok(s->ctx, crease_capture_write(s->ctx, path, &k));
    assert_ok(s->ctx, crease_capture_read(s->ctx, path, NULL, &back));
    assert_same_capture(&k, back);
    s->psi->scale = back->psi->scale = 1;
    crease_solver *exact = crease_solver_create(s->ctx, "exact", NULL);
    assert_ok(s->ctx, crease_solver_solve(exact, &back->p, back->start, NULL));
    assert_same_array(&s->p, s->bx, back->start);
    crease_solver_free(exact);
    crease_capture_free(back);
}

static void every_regularizer_comes_back(void **state)
{
    crease_ctx *ctx = test_ctx();
    (void)state;
    test_for_all(ctx, "cpu-f64", 12, true, 0, comes_back);
    test_for_all(ctx, "cpu-f32", 6, false, 0, comes_back);
    crease_ctx_free(ctx);
}

/* --- the other precision
 * ------------------------------------------------------------------------------ */

static double real_at(const crease_subproblem *p, const void *array, size_t i)
{
    double x;
    p->backend->to_host(1, (const char *)array + i * p->backend->real_bytes, &x);
    return x;
}

/* In double: the stored floats, but c, which is D x0 - v of them. Its exact answer is certified as one
 * of doubles. */
static void widens(test_subproblem *s, double tolerance)
{
    crease_capture k = capture_of(s), *wide;
    crease_certificate certificate;
    assert_ok(s->ctx, crease_capture_write(s->ctx, test_path("narrow.h5"), &k));
    assert_ok(s->ctx, crease_capture_read(s->ctx, test_path("narrow.h5"), "cpu-f64", &wide));
    assert_string_equal(wide->p.backend->name, "cpu-f64");
    assert_int_equal(wide->stored_bytes, 4);
    for (size_t i = 0; i < s->n; i++) {
        double d = s->p.d ? real_at(&s->p, s->p.d, i) : s->p.scalar;
        double x0 = real_at(&s->p, s->p.x0, i), v = real_at(&s->p, s->p.v, i);
        assert_true(real_at(&wide->p, wide->p.x0, i) == x0 && real_at(&wide->p, wide->p.v, i) == v);
        if (s->p.d) assert_true(real_at(&wide->p, wide->p.d, i) == d);
        assert_true(real_at(&wide->p, wide->p.c, i) == d * x0 - v);
        assert_true(real_at(&wide->p, wide->start, i) == real_at(&s->p, s->bx, i));
    }
    crease_solver *exact = crease_solver_create(s->ctx, "exact", NULL);
    crease_solve_info info;
    assert_ok(s->ctx, crease_solver_solve(exact, &wide->p, wide->start, &info));
    assert_ok(s->ctx, crease_certify(&wide->p, wide->start, &certificate));
    if (info.exact && !(certificate.relative <= tolerance))
        fail_msg("%s: certificate %g", s->psi->type->base.name, certificate.relative);
    crease_solver_free(exact);
    crease_capture_free(wide);
}

static void float32_replays_in_double(void **state)
{
    crease_ctx *ctx = test_ctx();
    (void)state;
    test_for_all(ctx, "cpu-f32", 6, true, 1e-10, widens);
    crease_ctx_free(ctx);
}

/* Doubles too large for floats are refused by name. */
static void narrowing_says_what_does_not_fit(void **state)
{
    crease_ctx *ctx = test_ctx();
    double c[2] = { 1, 1e60 }, start[2] = { 0.1, 0 };
    crease_regularizer *psi = crease_regularizer_create(ctx, "l1");
    crease_groups groups = crease_groups_elements(0, 2);
    crease_capture *back, k = { .ctx = ctx, .start = start };
    (void)state;
    k.p = (crease_subproblem){ .ctx = ctx,
                               .backend = crease_backend_find(ctx, "cpu-f64"),
                               .n = 2,
                               .c = c,
                               .scalar = 1,
                               .w = 1,
                               .psi = psi,
                               .groups = &groups,
                               .paper_scale = 1,
                               .step = 1 };
    assert_ok(ctx, crease_capture_write(ctx, test_path("large.h5"), &k));
    assert_fails(ctx, crease_capture_read(ctx, test_path("large.h5"), "cpu-f32", &back), CREASE_ENAN,
                 "entry 1 of c");
    c[1] = 2;
    assert_ok(ctx, crease_capture_write(ctx, test_path("large.h5"), &k));
    assert_ok(ctx, crease_capture_read(ctx, test_path("large.h5"), "cpu-f32", &back));
    assert_true(real_at(&back->p, back->p.c, 1) == 2
                && real_at(&back->p, back->start, 0) == (float)0.1);
    crease_capture_free(back);
    assert_fails(ctx, crease_capture_read(ctx, test_path("large.h5"), "cpu-f16", &back),
                 CREASE_ENOTFOUND, "cpu-f16");
    crease_regularizer_free(psi);
    crease_ctx_free(ctx);
}

/* --- what cannot be captured
 * ---------------------------------------------------------------------------- */

static void writing_refuses(void **state)
{
    crease_ctx *ctx = test_ctx();
    double c[4] = { 0 }, matrix[16] = { 1 }, diagonal[4];
    crease_operator metric = crease_operator_of_matrix(4, matrix, diagonal);
    crease_regularizer *psi = crease_regularizer_create(ctx, "l1");
    crease_groups groups = crease_groups_elements(0, 4);
    crease_capture k = { .ctx = ctx };
    const char *path = test_path("none.h5");
    (void)state;
    k.p = (crease_subproblem){ .ctx = ctx,
                               .backend = crease_backend_find(ctx, "cpu-f64"),
                               .n = 4,
                               .c = c,
                               .scalar = 1,
                               .metric = &metric,
                               .w = 1,
                               .psi = psi,
                               .groups = &groups,
                               .paper_scale = 1,
                               .step = 1 };
    assert_fails(ctx, crease_capture_write(ctx, path, &k), CREASE_ENOTSUP, "operator");
    k.p.metric = NULL;
    k.p.n = (size_t)1 << 32;
    assert_fails(ctx, crease_capture_write(ctx, path, &k), CREASE_EINVAL, "4294967296 entries");
    k.p.n = 0;
    assert_fails(ctx, crease_capture_write(ctx, path, &k), CREASE_EINVAL, "0 entries");
    k.p.n = 4;
    snprintf(k.label, sizeof k.label, "caf\xc3\xa9");
    assert_fails(ctx, crease_capture_write(ctx, path, &k), CREASE_EINVAL, "'label' cannot be written");
    k.label[0] = '\0';
    assert_fails(ctx, crease_capture_write(ctx, "/nowhere/at/all.h5", &k), CREASE_EIO,
                 "/nowhere/at/all.h5");
    crease_capture *back;
    assert_fails(ctx, crease_capture_read(ctx, path, NULL, &back), CREASE_ENOTFOUND, path);
    assert_null(back);
    crease_regularizer_free(psi);
    crease_ctx_free(ctx);
}

/* --- which steps
 * ------------------------------------------------------------------------------------------- */

static void plans_are_read(void **state)
{
    crease_ctx *ctx = test_ctx();
    crease_capture_plan plan;
    crease_step_range r[CREASE_CAPTURE_RANGES];
    size_t n;
    static const char *const wrong[] = { "",
                                         ":steps=1",
                                         "d:steps=0",
                                         "d:steps=x",
                                         "d:steps=3-",
                                         "d:steps=1-2-3",
                                         "d:steps=-3",
                                         "d:every=-1",
                                         "d:every=x",
                                         "d:max=0",
                                         "d:often=1",
                                         "d:steps=1,a",
                                         "d:steps=1//2",
                                         "d:steps=lastly",
                                         "d:steps=1 2" };
    (void)state;
    assert_ok(ctx, crease_capture_plan_parse(ctx, "a:b/c", &plan));
    assert_string_equal(plan.folder, "a:b/c");
    assert_string_equal(plan.steps, "1-20/middle/last");
    assert_true(plan.every == 0 && plan.max == 50);
    assert_ok(ctx, crease_capture_plan_parse(ctx, "a:b:every=7,max=3", &plan));
    assert_string_equal(plan.folder, "a:b");
    assert_true(plan.every == 7 && plan.max == 3 && !*plan.steps);
    assert_ok(ctx, crease_capture_plan_parse(ctx, "d:steps=2-4/9/middle-last", &plan));
    assert_ok(ctx, crease_capture_plan_ranges(ctx, plan.steps, 101, r, &n));
    assert_int_equal(n, 3);
    assert_true(r[0].first == 2 && r[0].last == 4 && r[1].first == 9 && r[1].last == 9);
    assert_true(r[2].first == 51 && r[2].last == 101);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (crease_capture_plan_parse(ctx, wrong[i], &plan) == CREASE_OK)
            fail_msg("'%s' was taken", wrong[i]);
        else
            assert_non_null(strstr(crease_ctx_error(ctx)->sentence, "--capture"));
    crease_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_regularizer_comes_back),
        cmocka_unit_test(float32_replays_in_double),
        cmocka_unit_test(narrowing_says_what_does_not_fit),
        cmocka_unit_test(writing_refuses),
        cmocka_unit_test(plans_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "inner_support.h"

#include <math.h>
#include <stdio.h>

const char *const variants[VARIANTS] = {
    "pg:step=group",
    "pg:step=global",
    "pg:step=backtracking",
    "pg:step=bb",
    "apg:momentum=strong,restart=none",
    "apg:momentum=strong,restart=function",
    "apg:momentum=strong,restart=gradient",
    "apg:momentum=fista,restart=none",
    "apg:momentum=fista,restart=function",
    "apg:momentum=fista,restart=gradient",
    "cd:order=cyclic",
    "cd:order=permuted",
    "admm",
    "admm:balance=true",
    "dual_apg",
    "admm:rho=0.05",
};
const char *const layouts[5] = { "elements", "rows", "cols", "all", "ragged" };
const double spreads[4] = { 0, 1, 10, 1e3 };

int set_up(void **state)
{
    *state = test_ctx();
    return 0;
}

int tear_down(void **state)
{
    crease_ctx_free(*state);
    return 0;
}

/* --- running one --------------------------------------------------------------------------------- */

static void set_number(crease_ctx *ctx, crease_stopping *stop, const char *key, double value)
{
    char text[40];
    snprintf(text, sizeof text, "%.17g", value);
    assert_ok(ctx, crease_stopping_set(stop, key, text));
}

method method_make(crease_ctx *ctx, const char *text, double eps, double cap)
{
    method m = { NULL, crease_solver_parse(ctx, text, NULL) };
    if (m.solver) return m;
    m.stop = crease_stopping_create(ctx, "residual");
    set_number(ctx, m.stop, "eps0", eps);
    set_number(ctx, m.stop, "max_iters", cap);
    assert_ok(ctx, crease_stopping_set(m.stop, "schedule", "constant"));
    m.solver = crease_solver_parse(ctx, text, m.stop);
    if (!m.solver) fail_msg("%s: %s", text, crease_ctx_error(ctx)->sentence);
    return m;
}

void method_free(method m)
{
    crease_solver_free(m.solver);
    crease_stopping_free(m.stop);
}

crease_solve_info run(test_subproblem *s, const char *text, double eps, double cap,
                      crease_certificate *proof)
{
    crease_solve_info info;
    method m = method_make(s->ctx, text, eps, cap);
    s->p.backend->from_host(s->n, s->x, s->bx);
    int code = crease_solver_solve(m.solver, &s->p, s->bx, &info);
    if (code != CREASE_OK)
        fail_msg("%s on %s: %s", text, s->psi->type->base.name, crease_ctx_error(s->ctx)->sentence);
    test_subproblem_pull(s);
    assert_ok(s->ctx, crease_certify(&s->p, s->bx, proof));
    method_free(m);
    return info;
}

bool is_taken(test_subproblem *s, const char *text)
{
    method m = method_make(s->ctx, text, 1, 1);
    bool taken = !m.solver->type->accepts(m.solver, &s->p);
    method_free(m);
    return taken;
}

double size_of(const test_subproblem *s, double *least)
{
    double whole = 0;
    *least = INFINITY;
    for (size_t k = 0; k < crease_term_parts(&s->term); k++) {
        crease_part part = crease_term_part(&s->term, k);
        double scale = s->p.w * crease_part_scale(s->psi, &part), size = 0;
        for (size_t i = 0; i < part.n; i++) size = hypot(size, s->c[crease_part_entry(&s->term, k, i)]);
        size = fmax(size, isfinite(scale) ? scale : 0);
        whole = hypot(whole, size);
        if (size > 0) *least = fmin(*least, size);
    }
    return whole;
}

double tight(const test_subproblem *s)
{
    double least, whole = size_of(s, &least);
    return fmax(5e-11 * fmin(least, whole), 2e-14 * whole);
}

void start_anywhere(test_subproblem *s)
{
    for (size_t i = 0; i < s->n; i++) s->x[i] = crease_random_normal(&s->random) * s->c[i] / s->d[i];
}

double distance(size_t n, const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum = hypot(sum, a[i] - b[i]);
    return sum;
}

void check_support(const test_subproblem *s, const char *text)
{
    for (size_t i = 0; i < s->n; i++) {
        if (s->x[i] == 0 && signbit(s->x[i])) fail_msg("%s: entry %zu is -0", text, i);
        if ((s->x[i] != 0) != (s->target[i] != 0))
            fail_msg("%s on %s: entry %zu is %g, planted %g", text, s->psi->type->base.name, i, s->x[i],
                     s->target[i]);
    }
}

bool make_case(crease_ctx *ctx, const char *regularizer, double spread, size_t k, bool *planted,
               test_subproblem *s)
{
    bool ignored;
    test_shape shape = { regularizer, "cpu-f64", layouts[k % 5], 5, 6, spread, 1, 1 };
    const crease_regularizer_type *type =
        (const crease_regularizer_type *)crease_lookup(ctx, CREASE_REGULARIZER, regularizer);
    if (type->flags & CREASE_COUPLED) shape.groups = "tree";
    if (!test_subproblem_make(ctx, &shape, 6100 + k, s)) return false;
    if (!planted) planted = &ignored;
    *planted = test_subproblem_plant(s);
    if (!*planted) test_subproblem_draw(s);
    start_anywhere(s);
    test_subproblem_push(s, k % 2);
    return true;
}

/* Derivatives of proximal maps: every regularizer that has one against differences of its oracle, and
 * against what all of them must be. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "subproblems.h"

enum { MOST = 64 };

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

/* One part at one point u. */
typedef struct {
    crease_ctx *ctx;
    const crease_regularizer *psi;
    crease_part part;
    size_t n;
    double L, w, u[MOST], x[MOST], J[MOST][MOST], R[MOST][MOST]; /* R: the root */
    void *work, *state;
} point;

static void prox_at(point *p, const double *u, double *x)
{
    double level[MOST];
    crease_prox_info info = { .exact = true };
    for (size_t i = 0; i < p->n; i++) level[i] = p->L;
    assert_ok(p->ctx, crease_part_prox(p->psi, &p->part, u, level, p->w, x, &info));
}

static void open_point(point *p, test_subproblem *s, size_t k, double L)
{
    *p = (point){
        .ctx = s->ctx, .psi = s->psi, .part = crease_term_part(&s->term, k), .L = L, .w = s->p.w
    };
    p->n = p->part.n;
    assert_true(p->n <= MOST);
    p->work = crease_alloc(s->ctx, crease_part_work(s->psi, &p->part) + 1, 1);
    p->state = crease_alloc(s->ctx, crease_part_jacobian_work(s->psi, &p->part) + 1, 1);
    assert_non_null(p->work);
    assert_non_null(p->state);
    p->part.work = p->work;
    for (size_t i = 0; i < p->n; i++) p->u[i] = s->c[crease_part_entry(&s->term, k, i)];
}

static void close_point(point *p)
{
    crease_release(p->ctx, p->work);
    crease_release(p->ctx, p->state);
}

/* The matrices, column by column; x is the oracle's, bit by bit. */
static void linearize(point *p)
{
    double x[MOST], column[MOST], image[MOST];
    crease_prox_info info = { .exact = true };
    if (p->w > 0) prox_at(p, p->u, x);
    assert_ok(p->ctx, crease_part_linearize(p->psi, &p->part, p->u, p->L, p->w, p->x, p->state, &info));
    for (size_t i = 0; p->w > 0 && i < p->n; i++) assert_true(x[i] == p->x[i]);
    for (size_t j = 0; j < p->n; j++) {
        memset(column, 0, sizeof column);
        column[j] = 1;
        for (int root = 0; root < 2; root++) {
            crease_part_jacobian(p->psi, &p->part, p->state, root, column, image);
            for (size_t i = 0; i < p->n; i++) (root ? p->R : p->J)[i][j] = image[i];
        }
    }
}

/* Symmetric, R R = J, and v'Jv >= |Jv|^2, that is 0 <= J <= I. */
static void has_the_form(test_subproblem *s, const point *p)
{
    const char *name = p->psi->type->base.name;
    double v[MOST], Jv[MOST], pairing = 0, square = 0;
    for (size_t i = 0; i < p->n; i++)
        for (size_t j = 0; j < p->n; j++) {
            double twice = 0;
            for (size_t k = 0; k < p->n; k++) twice += p->R[i][k] * p->R[k][j];
            if (!(fabs(p->J[i][j] - p->J[j][i]) < 1e-12)) fail_msg("%s: J is not symmetric", name);
            if (!(fabs(twice - p->J[i][j]) < 1e-12))
                fail_msg("%s: the square of the root is not J", name);
        }
    for (size_t i = 0; i < p->n; i++) v[i] = crease_random_normal(&s->random);
    for (size_t i = 0; i < p->n; i++) {
        Jv[i] = 0;
        for (size_t j = 0; j < p->n; j++) Jv[i] += p->J[i][j] * v[j];
        pairing += v[i] * Jv[i];
        square += Jv[i] * Jv[i];
    }
    if (!(pairing >= square - 1e-12 * (double)p->n)) fail_msg("%s: J is not between 0 and I", name);
}

/* (P(u + h v) - P(u))/h */
static void difference(point *p, const double *v, double h, double *slope)
{
    double u[MOST], x[MOST];
    for (size_t i = 0; i < p->n; i++) u[i] = p->u[i] + h * v[i];
    prox_at(p, u, x);
    for (size_t i = 0; i < p->n; i++) slope[i] = p->L * (x[i] - p->x[i]) / h;
}

static double distance(size_t n, const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum = hypot(sum, a[i] - b[i]);
    return sum;
}

/* Forwards and backwards, where both agree: elsewhere a kink is near. Returns whether that was so. */
static bool is_the_derivative(test_subproblem *s, point *p)
{
    double v[MOST], ahead[MOST], back[MOST], Jv[MOST], size = 0, length = 0;
    for (size_t i = 0; i < p->n; i++) {
        v[i] = crease_random_normal(&s->random);
        length = hypot(length, v[i]);
        size = hypot(size, p->u[i]);
    }
    double h = 1e-6 * (size > 0 ? size : 1) / length;
    difference(p, v, h, ahead);
    difference(p, v, -h, back);
    for (size_t i = 0; i < p->n; i++) ahead[i] = 0.5 * (ahead[i] + back[i]);
    if (distance(p->n, ahead, back) > 1e-4 * length) return false;
    crease_part_jacobian(p->psi, &p->part, p->state, false, v, Jv);
    double error = distance(p->n, Jv, ahead) / length;
    if (!(error < 1e-6)) fail_msg("%s: J is off by %g, n %zu", p->psi->type->base.name, error, p->n);
    return true;
}

typedef void visit(test_subproblem *s, point *p, size_t *seen, size_t *checked);

static void differ(test_subproblem *s, point *p, size_t *seen, size_t *checked)
{
    linearize(p);
    has_the_form(s, p);
    *seen += 1;
    *checked += is_the_derivative(s, p);
}

/* Parts of regularizers that have a derivative. */
static void for_all(crease_ctx *ctx, size_t full, visit *see)
{
    static const char *const layouts[] = { "rows", "all", "cols", "ragged", "elements" };
    const crease_type *type;
    for (size_t r = 0; (type = crease_type_at(ctx, CREASE_REGULARIZER, r)); r++) {
        size_t seen = 0, checked = 0;
        for (size_t c = 0; c < crease_test_count(full); c++) {
            test_subproblem s;
            point p;
            test_shape shape = { type->name, "cpu-f64", layouts[c % 5],  2 + c % 5,
                                 6,          0,         c % 3 ? 1 : 0.2, 1 };
            if (!test_subproblem_make(ctx, &shape, 1000 * r + c, &s)) continue;
            if (c % 4 == 1) assert_ok(ctx, crease_regularizer_set(s.psi, "scale", "0.7"));
            if (c % 4 == 1 && strcmp(type->name, "elastic_net") != 0
                && strcmp(type->name, "group_elastic_net") != 0)
                assert_ok(ctx, crease_regularizer_set(s.psi, "ridge", "0.4"));
            test_subproblem_draw(&s);
            for (size_t k = 0;
                 !crease_jacobian_refusal(s.psi) && k < crease_term_parts(&s.term) && k < 3; k++) {
                if (crease_term_part(&s.term, k).n == 0) continue;
                open_point(&p, &s, k, 0.2 + 3 * crease_random_uniform(&s.random));
                see(&s, &p, &seen, &checked);
                close_point(&p);
            }
            test_subproblem_free(&s);
        }
        if (seen > 0 && !(checked >= 0.9 * (double)seen))
            fail_msg("%s: %zu of %zu points could be checked", type->name, checked, seen);
    }
}

static void jacobians_are_derivatives(void **state)
{
    for_all(*state, 2000, differ);
}

/* Where P has kinks J is still of its form: at 0, and where entries are tied. */
static void form_at_kinks(test_subproblem *s, point *p, size_t *seen, size_t *checked)
{
    for (int kind = 0; kind < 3; kind++) {
        for (size_t i = 0; i < p->n; i++)
            p->u[i] = kind == 0 ? 0 : kind == 1 ? 1 : copysign(2, p->u[i]);
        linearize(p);
        has_the_form(s, p);
    }
    p->w = 0;
    linearize(p);
    for (size_t i = 0; i < p->n; i++) assert_true(fabs(p->J[i][i] - 1) < 1e-15);
    *seen += 1;
    *checked += 1;
}

static void kinks_have_elements(void **state)
{
    for_all(*state, 300, form_at_kinks);
}

/* The preconditioner: positive; for separable psi the diagonal itself; for means over classes the
 * inverse of J D J on the range of J. */
static void precondition(test_subproblem *s, point *p, size_t *seen, size_t *checked)
{
    const crease_regularizer_type *type = p->psi->type;
    bool classes = strcmp(type->base.name, "tv1d") == 0 || strcmp(type->base.name, "isotonic") == 0
                   || strcmp(type->base.name, "fused") == 0;
    double d[MOST], m[MOST], v[MOST], a[MOST], b[MOST];
    linearize(p);
    for (size_t i = 0; i < p->n; i++) {
        m[i] = d[i] = pow(10, -2 * crease_random_uniform(&s->random));
        v[i] = crease_random_normal(&s->random);
    }
    crease_part_jacobian_diagonal(p->psi, &p->part, p->state, m);
    for (size_t i = 0; i < p->n; i++) {
        assert_true(m[i] > 0 && isfinite(m[i]));
        if (type->flags & CREASE_SEPARABLE)
            assert_true(fabs(m[i] - (1 + p->J[i][i] * (d[i] - 1))) < 1e-13);
    }
    crease_part_jacobian(p->psi, &p->part, p->state, false, v, a);
    for (size_t i = 0; i < p->n; i++) b[i] = d[i] * a[i];
    crease_part_jacobian(p->psi, &p->part, p->state, false, b, v);
    for (size_t i = 0; i < p->n; i++)
        if (classes && p->psi->ridge == 0) assert_true(fabs(v[i] / m[i] - a[i]) < 1e-13);
    *seen += 1;
    *checked += 1;
}

static void diagonals_are_near(void **state)
{
    for_all(*state, 500, precondition);
}

static void refusals_have_reasons(void **state)
{
    static const struct {
        const char *name, *words;
    } refused[] = { { "l0", "not convex" }, { "rank", "not convex" }, { "tree_l2", "no derivative" } };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        crease_regularizer *psi = crease_regularizer_create(*state, refused[i].name);
        assert_non_null(strstr(crease_jacobian_refusal(psi), refused[i].words));
        crease_regularizer_free(psi);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jacobians_are_derivatives),
        cmocka_unit_test(kinks_have_elements),
        cmocka_unit_test(diagonals_are_near),
        cmocka_unit_test(refusals_have_reasons),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

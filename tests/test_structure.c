/* Conformance of every registered regularizer: what it says of structure. Signatures, dimensions,
 * margins, and the radius within which an input may be perturbed without the signature changing. */
#include <math.h>
#include <string.h>

#include "subproblems.h"

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

static const char *name_of(const test_subproblem *s)
{
    return s->psi->type->base.name;
}

/* --- perturbing one part ----------------------------------------------------------------------------
 */

/* One part of a subproblem with its answer, by the member's own oracle. */
typedef struct {
    test_subproblem *s;
    crease_part part;
    size_t units;
    double c[64], d[64], x[64], e[64];
    crease_unit unit[256];
} lone_part;

static bool take_part(test_subproblem *s, size_t k, lone_part *p)
{
    *p = (lone_part){ .s = s, .part = crease_term_part(&s->term, k) };
    p->part.work = s->work;
    p->units = crease_part_units(s->psi, &p->part);
    if (p->part.n > 64 || p->units > 256 || p->units == 0 || p->part.n == 0) return false;
    for (size_t i = 0; i < p->part.n; i++) {
        p->c[i] = s->c[crease_part_entry(&s->term, k, i)];
        p->d[i] = s->d[crease_part_entry(&s->term, k, i)];
    }
    return true;
}

/* The signature of the answer to c + reach e. */
static void sign_at(lone_part *p, double reach, double *x, crease_unit *unit)
{
    double c[64];
    crease_prox_info info = { .unit = unit };
    for (size_t i = 0; i < p->part.n; i++) c[i] = p->c[i] + reach * p->e[i];
    assert_ok(p->s->ctx, crease_part_prox(p->s->psi, &p->part, c, p->d, p->s->p.w, x, &info));
    if (!(p->s->psi->type->flags & CREASE_UNIT_HIDDEN))
        crease_part_signature(p->s->psi, &p->part, x, unit);
}

static bool keeps(lone_part *p, double reach)
{
    double x[64];
    crease_unit unit[256];
    sign_at(p, reach, x, unit);
    return memcmp(unit, p->unit, p->units * sizeof *unit) == 0;
}

/* Unit directions: to and from the origin, along the signs, along single entries, random ones. */
static void draw_direction(lone_part *p, size_t trial)
{
    size_t n = p->part.n;
    double length = 0;
    for (size_t i = 0; i < n; i++) {
        if (trial < 2)
            p->e[i] = trial ? p->c[i] : -p->c[i];
        else if (trial < 4)
            p->e[i] = copysign(trial == 2 ? 1 : -1, p->c[i]);
        else if (trial < 4 + 2 * n)
            p->e[i] = i == (trial - 4) / 2 ? (trial % 2 ? 1 : -1) : 0;
        else
            p->e[i] = crease_random_normal(&p->s->random);
        length = hypot(length, p->e[i]);
    }
    for (size_t i = 0; i < n; i++) p->e[i] /= length > 0 ? length : 1;
}

static void check_radius(test_subproblem *s, double tolerance)
{
    lone_part p;
    (void)tolerance;
    if (!s->psi->type->math->radius || !s->info.exact) return;
    for (size_t k = 0; k < crease_term_parts(&s->term) && k < 2; k++) {
        if (!take_part(s, k, &p)) continue;
        sign_at(&p, 0, p.x, p.unit);
        double radius = crease_part_radius(s->psi, &p.part, p.c, p.d, s->p.w, p.x), size = 0;
        if (isnan(radius)) continue; /* none in this metric */
        if (radius < 0) fail_msg("%s: radius %g", name_of(s), radius);
        for (size_t i = 0; i < p.part.n; i++) size = hypot(size, p.c[i]);
        if (isinf(radius)) radius = 100 * (1 + size);
        if (radius < 1e-12 * size) continue; /* at a tie */
        for (size_t trial = 0; trial < crease_test_count(1000) + 4 + 2 * p.part.n; trial++) {
            draw_direction(&p, trial);
            if (!keeps(&p, 0.99 * radius))
                fail_msg("%s: changed within its radius %g, trial %zu", name_of(s), radius, trial);
        }
    }
}

static void a_stated_radius_holds(void **state)
{
    test_for_all(*state, "cpu-f64", 50, false, 0, check_radius);
}

/* Where the signature first changes along a direction, by bisection; infinite: nowhere within reach. */
static double flip_distance(lone_part *p)
{
    double low = 0, high = 1e-9, size = 0;
    for (size_t i = 0; i < p->part.n; i++) size = hypot(size, p->c[i]);
    for (high *= size; keeps(p, high); high *= 4)
        if (high > 1e3 * size) return INFINITY;
    for (int k = 0; k < 60; k++) {
        double middle = low + (high - low) / 2;
        if (keeps(p, middle))
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* No radius stated: the distance to the next structure is positive, and grows with the whole problem:
 * c, D and w times t have the same answer, and t times the distance. */
static void check_flip_distance(test_subproblem *s, double tolerance)
{
    lone_part p;
    (void)tolerance;
    if (s->psi->type->math->radius || !s->info.exact || !take_part(s, 0, &p)) return;
    sign_at(&p, 0, p.x, p.unit);
    draw_direction(&p, 4 + 2 * p.part.n);
    double near = flip_distance(&p);
    if (!(near > 0)) fail_msg("%s: flips at once", name_of(s));
    for (size_t i = 0; i < p.part.n; i++) {
        p.c[i] *= 8;
        p.d[i] *= 8;
    }
    s->p.w *= 8;
    double far = flip_distance(&p);
    s->p.w /= 8;
    if (isfinite(near) != isfinite(far) || (isfinite(near) && fabs(far - 8 * near) > 1e-6 * far))
        fail_msg("%s: flips at %g, and 8 times the problem at %g", name_of(s), near, far);
}

static void other_members_flip_at_a_distance(void **state)
{
    test_for_all(*state, "cpu-f64", 50, false, 0, check_flip_distance);
}

/* --- signature, dimension, margins
 * -------------------------------------------------------------------- */

/* The signature repeats; the dimension is at most the number of entries; active units have a slack and
 * others a size, and no answer's slack is negative beyond rounding. */
static void check_structure(test_subproblem *s, double tolerance)
{
    size_t units = crease_term_units(&s->term);
    if (units == 0) return;
    size_t dimension = crease_term_dimension(&s->term, s->x, s->unit, s->work);
    if (dimension > s->n) fail_msg("%s: dimension %zu of %zu", name_of(s), dimension, s->n);
    if (!s->psi->type->math->margins || !s->info.exact) return;
    crease_margin *margin = crease_alloc(s->ctx, units, sizeof *margin);
    double *h = crease_alloc(s->ctx, s->n, sizeof *h), size = 0;
    for (size_t i = 0; i < s->n; i++) {
        h[i] = s->d[i] * s->x[i] - s->c[i];
        size = fmax(size, fabs(s->c[i]));
    }
    crease_term_margins(&s->term, s->x, h, s->p.w, margin, s->work);
    for (size_t u = 0; u < units; u++) {
        if (margin[u].slack < -tolerance * (size + s->p.w * 10))
            fail_msg("%s: unit %zu of an answer has slack %g", name_of(s), u, margin[u].slack);
        if (margin[u].size < 0) fail_msg("%s: unit %zu has size %g", name_of(s), u, margin[u].size);
    }
    crease_release(s->ctx, margin);
    crease_release(s->ctx, h);
}

static void structure_is_consistent(void **state)
{
    test_for_all(*state, "cpu-f64", 500, false, 1e-10, check_structure);
}

/* --- weights at their ends
 * ------------------------------------------------------------------------------ */

enum { FORCED = 4 };

static bool set_lambdas_to_zero(crease_ctx *ctx, crease_regularizer *psi)
{
    bool any = false;
    for (const crease_param *row = psi->type->base.params; row && row->name; row++) {
        if (strncmp(row->name, "lambda", 6) != 0) continue;
        assert_ok(ctx, crease_regularizer_set(psi, row->name, "0"));
        any = true;
    }
    return any;
}

/* Where a group of infinite weight is zero, it is so without any lambda: nothing moves it, and nothing
 * else is allowed. Members whose edges have weights of their own let go of entries where those are 0.
 */
static void check_forced(crease_ctx *ctx, const char *name, bool lambdas)
{
    const double c[FORCED] = { 3, -2, 1.5, 0 }, d[FORCED] = { 1, 2, 1, 1 },
                 other[FORCED] = { 1, 1, 1, 1 };
    double x[FORCED], g[FORCED];
    crease_unit unit[2 * FORCED + 1] = { 0 };
    crease_prox_info info = { .unit = unit };
    crease_regularizer *psi = crease_regularizer_create(ctx, name);
    crease_groups all = crease_groups_all(0, FORCED);
    crease_term term = { psi, &all, NULL };
    all.uniform_weight = INFINITY;
    if (lambdas || set_lambdas_to_zero(ctx, psi)) {
        crease_part s = crease_term_part(&term, 0);
        s.work = crease_alloc(ctx, 1, crease_part_work(psi, &s) + 1);
        assert_ok(ctx, crease_part_prox(psi, &s, c, d, 1, x, &info));
        bool zero = true;
        for (size_t i = 0; i < FORCED; i++) {
            g[i] = d[i] * x[i] - c[i];
            zero &= x[i] == 0;
        }
        if (lambdas && zero)
            check_forced(ctx, name, false);
        else if (!lambdas && !zero)
            fail_msg("%s: an infinite weight forces nothing without lambda", name);
        if (zero) {
            if (!(psi->type->flags & CREASE_UNIT_HIDDEN)) crease_part_signature(psi, &s, x, unit);
            for (size_t u = 0; u < crease_part_units(psi, &s); u++)
                if (unit[u] != 0) fail_msg("%s: a forced unit %zu is live", name, u);
            assert_true(crease_part_residual(psi, &s, x, g, 1) == 0);
            assert_true(isinf(crease_part_value(psi, &s, other)));
            assert_true(isinf(crease_part_residual(psi, &s, other, g, 1)));
        }
        crease_release(ctx, s.work);
    }
    crease_regularizer_free(psi);
}

static void an_infinite_weight_forces(void **state)
{
    const crease_type *type;
    for (size_t i = 0; (type = crease_type_at(*state, CREASE_REGULARIZER, i)); i++) {
        unsigned flags = ((const crease_regularizer_type *)type)->flags;
        if (!(flags & CREASE_COUPLED) && strcmp(type->name, "tv1d") != 0)
            check_forced(*state, type->name, true);
    }
}

/* A jump that weighs nothing holds nothing: a zero is a tie, and what lives does so until it is 0. */
static void a_weight_of_zero_holds_nothing(void **state)
{
    const char *const names[] = { "group_l0", "rank" };
    const double zero[2] = { 0, 0 }, c[2] = { 3, 4 }, d[2] = { 1, 1 };
    for (size_t i = 0; i < 2; i++) {
        crease_regularizer *psi = crease_regularizer_create(*state, names[i]);
        crease_groups all = crease_groups_all(0, 2);
        crease_term term = { psi, &all, NULL };
        all.uniform_weight = 0;
        crease_part s = crease_term_part(&term, 0);
        s.work = crease_alloc(*state, 1, crease_part_work(psi, &s) + 1);
        assert_true(crease_part_radius(psi, &s, zero, d, 1, zero) == 0);
        double r = crease_part_radius(psi, &s, c, d, 1, c);
        assert_true(r > 2 && r < 5.0001);
        crease_release(*state, s.work);
        crease_regularizer_free(psi);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stated_radius_holds),
        cmocka_unit_test(other_members_flip_at_a_distance),
        cmocka_unit_test(structure_is_consistent),
        cmocka_unit_test(an_infinite_weight_forces),
        cmocka_unit_test(a_weight_of_zero_holds_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

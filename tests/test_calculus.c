/* Conformance of every registered regularizer: values, subgradients, dual norms, and what its
 * descriptor says. */
#include <math.h>

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

/* Directions: along g, along its signs, then in the plane all around and closely around the steepest
 * angle so far, elsewhere at random. False: no direction. */
enum { AROUND = 3000, CLOSELY = 300, AT_RANDOM = 300 };

static bool draw_direction(test_subproblem *s, int trial, double steepest_angle, double *angle,
                           double *u)
{
    double length = 0;
    for (size_t i = 0; i < s->n; i++) {
        u[i] = trial == 0   ? -s->c[i]
               : trial == 1 ? -copysign(1, s->c[i])
                            : crease_random_normal(&s->random);
        if (trial > 1 && crease_random_uniform(&s->random) < 0.3) u[i] = 0;
    }
    *angle = trial < AROUND ? trial : steepest_angle + 2.0 * (trial - AROUND - CLOSELY / 2) / CLOSELY;
    if (s->n == 2 && trial > 1) {
        u[0] = cos(2 * M_PI * *angle / AROUND);
        u[1] = sin(2 * M_PI * *angle / AROUND);
    }
    for (size_t i = 0; i < s->n; i++) {
        if (fabs(u[i]) < 1e-12) u[i] = 0; /* the axes exactly: a constraint may end there */
        length = hypot(length, u[i]);
    }
    for (size_t i = 0; i < s->n; i++) u[i] /= length;
    return length > 0;
}

/* The steepest fall of <c, .> + psi at x, by differences. */
static double steepest_fall(test_subproblem *s, const crease_part *part)
{
    double h = 1e-7, base = crease_part_value(s->psi, part, s->x), steepest = 0, at = 0;
    for (int trial = 0; trial < (s->n == 2 ? AROUND + CLOSELY : AT_RANDOM); trial++) {
        double u[8], y[8], slope = 0, angle;
        if (!draw_direction(s, trial, at, &angle, u)) continue;
        for (size_t i = 0; i < s->n; i++) {
            y[i] = s->x[i] + h * u[i];
            slope += u[i] * s->c[i];
        }
        slope += (crease_part_value(s->psi, part, y) - base) / h;
        if (-slope <= steepest) continue;
        steepest = -slope;
        if (trial < AROUND) at = angle;
    }
    return steepest;
}

/* Convex psi: residual = |least element of g + w dpsi(x)|: no direction falls faster, and one does so
 * nearly. */
static void residual_is_the_steepest_slope(void **state)
{
    crease_ctx *ctx = *state;
    const crease_type *type;
    for (size_t r = 0; (type = crease_type_at(ctx, CREASE_REGULARIZER, r)); r++) {
        if (!(((const crease_regularizer_type *)type)->flags & CREASE_CONVEX)) continue;
        for (size_t k = 0; k < crease_test_count(5000); k++) {
            test_subproblem s;
            test_shape shape = { type->name, "cpu-f64", "all", 1, 1 + k % 5, 10, 1, 1 };
            if (!test_subproblem_make(ctx, &shape, 500 * r + k, &s)) continue;
            crease_part part = crease_term_part(&s.term, 0);
            part.work = s.work;
            test_subproblem_draw(&s);
            for (size_t i = 0; i < s.n; i++)
                s.x[i] =
                    crease_random_uniform(&s.random) < 0.5 ? 0 : fabs(crease_random_normal(&s.random));
            double residual = crease_part_residual(s.psi, &part, s.x, s.c, 1),
                   fall = steepest_fall(&s, &part);
            double slack = 1e-4 * (1 + residual);
            if (fall > residual + slack)
                fail_msg("%s: falls by %g, residual %g", type->name, fall, residual);
            if (s.n <= 2 && fall < 0.9 * residual - slack)
                fail_msg("%s, case %zu: falls only by %g, residual %g", type->name, k, fall, residual);
            test_subproblem_free(&s);
        }
    }
}

/* <y, x> <= dual(y) psi(x) always, and nearly equal for some x. */
static void dual_norm_bounds_the_pairing(void **state)
{
    crease_ctx *ctx = *state;
    const crease_type *type;
    for (size_t r = 0; (type = crease_type_at(ctx, CREASE_REGULARIZER, r)); r++) {
        if (!(((const crease_regularizer_type *)type)->flags & CREASE_NORM)) continue;
        for (size_t k = 0; k < crease_test_count(5000); k++) {
            test_subproblem s;
            test_shape shape = { type->name, "cpu-f64", "all", 1, 1 + k % 3, 10, 1, 1 };
            if (!test_subproblem_make(ctx, &shape, 900 * r + k, &s)) continue;
            crease_part part = crease_term_part(&s.term, 0);
            part.work = s.work;
            test_subproblem_draw(&s);
            double dual = crease_part_dual_norm(s.psi, &part, s.c), best = 0, unit_value[4];
            for (size_t i = 0; i < s.n; i++) {
                double e[4] = { 0 };
                e[i] = 1;
                unit_value[i] = crease_part_value(s.psi, &part, e);
            }
            for (int trial = 0; trial < 2000; trial++) {
                double x[4], pairing = 0;
                for (size_t i = 0; i < s.n; i++) {
                    x[i] = trial % 2                                ? crease_random_normal(&s.random)
                           : crease_random_uniform(&s.random) < 0.5 ? 0
                                                                    : s.c[i];
                    if (trial == 1) x[i] = copysign(1 / unit_value[i], s.c[i]);
                    if (trial >= 2 && trial < 29)
                        x[i] = (trial - 2) / (i == 0 ? 1 : i == 1 ? 3 : 9) % 3 - 1;
                    pairing += x[i] * s.c[i];
                }
                double value = crease_part_value(s.psi, &part, x);
                if (value > 0) best = fmax(best, pairing / value);
            }
            if (best > dual * (1 + 1e-12) || best < 0.9 * dual)
                fail_msg("%s: dual norm %.17g, largest ratio found %.17g", type->name, dual, best);
            test_subproblem_free(&s);
        }
    }
}

/* Descriptors are complete, and values at the origin and of nothing are 0 or, for a constraint,
 * infinite. */
static void values_are_sane(void **state)
{
    crease_ctx *ctx = *state;
    const crease_type *base;
    for (size_t r = 0; (base = crease_type_at(ctx, CREASE_REGULARIZER, r)); r++) {
        const crease_regularizer_type *type = (const crease_regularizer_type *)base;
        if (!base->summary || !base->formula || !base->source || !type->exact || !type->cost
            || !type->math)
            fail_msg("%s: its descriptor lacks a text", base->name);
        if (type->exactness != CREASE_EXACT_DIAGONAL && !type->reason)
            fail_msg("%s: gives no reason", base->name);
        if ((type->flags & (CREASE_UNIT_ENTRY | CREASE_UNIT_GROUP)) && !type->identification)
            fail_msg("%s: says nothing of identification", base->name);
        test_subproblem s;
        test_shape shape = { base->name, "cpu-f64", type->flags & CREASE_COUPLED ? "tree" : "rows",
                             2,          4,         0,
                             1,          1 };
        if (!test_subproblem_make(ctx, &shape, r, &s)) continue;
        double origin = crease_term_value(&s.term, s.x, s.work);
        if (!(origin >= 0) || isnan(origin)) fail_msg("%s: psi(0) = %g", base->name, origin);
        test_subproblem_free(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(residual_is_the_steepest_slope),
        cmocka_unit_test(dual_norm_bounds_the_pairing),
        cmocka_unit_test(values_are_sane),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

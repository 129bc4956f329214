/* Penalties made of quadratic pieces: random ones against brute force; structure, duality and settings by
 * entry. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "core/pieces.h"
#include "scalar_members.h"

static crease_random the_random;

static double uniform(void)
{
    return crease_random_uniform(&the_random);
}

/* --- random penalties ------------------------------------------------------------------------------------ */

static crease_side random_side(bool finite)
{
    crease_side side = { .jump = uniform() < 0.2 ? uniform() : 0,
                         .n = (unsigned)crease_random_below(&the_random, CREASE_MOST_PIECES + 1) };
    double end = 0;
    for (unsigned k = 0; k < side.n; k++) {
        end += 0.1 + uniform();
        side.piece[k] = (crease_piece){ end, 3 * uniform() - 1, uniform() < 0.5 ? 0 : 2 * uniform() - 1 };
    }
    if (side.n > 0 && !finite) side.piece[side.n - 1].end = INFINITY;
    return side;
}

static long double side_value(const crease_side *side, long double t)
{
    long double sum = t > 0 ? side->jump : 0, lo = 0;
    for (unsigned k = 0; k < side->n && lo < t; k++) {
        long double hi = fminl(t, side->piece[k].end);
        sum += side->piece[k].slope * (hi - lo) + 0.5L * side->piece[k].curvature * (hi * hi - lo * lo);
        lo = hi;
    }
    return lo < t ? INFINITY : sum;
}

static long double pieces_value(const crease_pieces *psi, long double x)
{
    long double t = x - psi->anchor;
    return psi->value + (t > 0 ? side_value(&psi->right, t) : side_value(&psi->left, -t));
}

/* A member whose settings are the penalty itself. */
static void same(const crease_part *s, size_t i, crease_pieces *psi)
{
    (void)i;
    *psi = *(const crease_pieces *)s->opts;
}

static const crease_regularizer_type any_pieces = {
    .base = { .name = "test_pieces" },
    .flags = CREASE_SEPARABLE | CREASE_UNIT_ENTRY,
    .math = &crease_math_entries,
    .pieces = same,
};

static crease_pieces random_pieces(void)
{
    crease_pieces psi = { .anchor = uniform() < 0.5 ? 0 : 4 * uniform() - 2,
                          .right = random_side(uniform() < 0.3),
                          .left = random_side(uniform() < 0.3) };
    return psi;
}

/* Least objective on a grid, each valley of it refined by bisection of the grid's width. */
static long double least_objective(const crease_pieces *psi, double c, double d, double w)
{
    enum { POINTS = 4000 };
    const long double reach = 40;
    long double least = INFINITY, at = 0;
    for (long double step = 2 * reach / POINTS, from = psi->anchor - reach; step > 1e-13L;
         step /= POINTS / 4) {
        for (int k = 0; k <= POINTS; k++) {
            long double x = from + k * step, f = 0.5L * d * x * x - c * x + w * pieces_value(psi, x);
            if (f < least) least = f, at = x;
        }
        from = at - 2 * step;
    }
    return fminl(least, 0.5L * d * psi->anchor * psi->anchor - c * psi->anchor + w * psi->value);
}

static bool falls_for_ever(const crease_side *side, double d, double w)
{
    const crease_piece *last = side->n > 0 ? &side->piece[side->n - 1] : NULL;
    return last && isinf(last->end) && d + w * last->curvature < 0;
}

static void random_pieces_are_minimized(void **state)
{
    (void)state;
    for (size_t k = 0; k < crease_test_count(2000); k++) {
        crease_pieces psi = random_pieces();
        crease_part s = scalar_part(&any_pieces, &psi, 1);
        crease_prox_info info = { .exact = true };
        double d = 0.05 + 2 * uniform() * uniform(), w = 0.2 + uniform(), c = 6 * uniform() - 3, x;
        int code = crease_math_entries.prox(&s, &c, &d, w, &x, &info);
        bool falls = falls_for_ever(&psi.right, d, w) || falls_for_ever(&psi.left, d, w);
        assert_int_equal(code, falls ? CREASE_EUNBOUNDED : CREASE_OK);
        if (falls) continue;
        if (fabs(x - psi.anchor) > 35) continue; /* off the grid */
        double g = d * x - c, residual = crease_math_entries.residual(&s, &x, &g, w);
        long double value = 0.5L * d * x * x - c * x + w * pieces_value(&psi, x);
        long double least = least_objective(&psi, c, d, w);
        if (!(value <= least + 1e-14L * (fabsl(least) + fabsl(value) + 1)))
            fail_msg("case %zu: %Lg above", k, value - least);
        if (!(residual <= 1e-14 * (fabs(c) + d * fabs(x) + 3)))
            fail_msg("case %zu: residual %g at %g", k, residual, x);
    }
}

/* One-sided differences of the value; a jump up is an infinite slope. */
static void residuals_are_distances_of_slopes(void **state)
{
    const double h = 1e-7;
    (void)state;
    for (size_t k = 0; k < crease_test_count(5000); k++) {
        crease_pieces psi = random_pieces();
        crease_part s = scalar_part(&any_pieces, &psi, 1);
        const crease_side *side = k % 2 ? &psi.right : &psi.left;
        double sign = k % 2 ? 1 : -1, g = 4 * uniform() - 2, w = 0.5 + uniform(), x = psi.anchor;
        if (k % 3 == 1 && side->n > 1) x += sign * side->piece[k / 6 % (side->n - 1)].end;
        if (k % 3 == 2) x += sign * 2 * uniform();
        long double here = pieces_value(&psi, x), right = (pieces_value(&psi, (long double)x + h) - here) / h,
                    left = (here - pieces_value(&psi, (long double)x - h)) / h;
        double expected = INFINITY, residual = crease_math_entries.residual(&s, &x, &g, w);
        long double low = left < -1000 ? -INFINITY : w * left + g,
                    high = right > 1000 ? INFINITY : w * right + g;
        if (isfinite(here) && left > right)
            expected = (double)fminl(fabsl(low), fabsl(high));
        else if (isfinite(here))
            expected = (double)fmaxl(0, fmaxl(low, -high));
        if (residual != expected && !(fabs(residual - expected) < 1e-5))
            fail_msg("case %zu: %g, not %g", k, residual, expected);
    }
}

static void thresholds_of_a_side(void **state)
{
    (void)state;
    for (size_t k = 0; k < crease_test_count(5000); k++) {
        crease_side side = random_side(false);
        double d = 1 + uniform(), w = 1 - 0.9 * uniform(), at = crease_side_threshold(&side, d, w);
        if (side.n == 0) {
            assert_true(isinf(at));
            continue;
        }
        assert_true(crease_side_prox(&side, at - 1e-9, d, w, NULL) == 0);
        assert_true(crease_side_prox(&side, at + 1e-9, d, w, NULL) > 0);
    }
}

/* --- structure ---------------------------------------------------------------------------------------------- */

/* Inside the radius the signature stays; just outside it changes on one side. */
static void check_radius(const crease_part *s, double c, double d, double w)
{
    crease_prox_info info = { .exact = true };
    crease_unit unit, other;
    double x;
    const crease_math *math = s->type->math;
    if (!(s->type->flags & CREASE_UNIT_ENTRY) || math->prox(s, &c, &d, w, &x, &info) != CREASE_OK) return;
    double radius = math->radius(s, &c, &d, w, &x), moved[4], margin = 1e-12 * (fabs(c) + 1);
    crease_regularizer psi = { .type = s->type, .opts = (void *)s->opts, .scale = 1 };
    crease_part_signature(&psi, s, &x, &unit);
    unsigned changes = 0;
    for (int k = 0; k < 4; k++) {
        double far = k < 2 ? fmin(radius, 1e6) * 0.999999 - margin : radius * 1.000001 + margin;
        if (far < 0 || !isfinite(far)) continue;
        moved[k] = c + (k % 2 ? far : -far);
        if (math->prox(s, &moved[k], &d, w, &x, &info) != CREASE_OK) continue;
        crease_part_signature(&psi, s, &x, &other);
        if (k < 2 && other != unit)
            fail_msg("%s: c = %g, radius %g: unit %u becomes %u at %g", s->type->base.name, c, radius, unit,
                     other, moved[k]);
        changes += k >= 2 && other != unit;
    }
    if (isfinite(radius) && changes == 0)
        fail_msg("%s: c = %g, radius %g is too small", s->type->base.name, c, radius);
}

static void radii_of_random_pieces(void **state)
{
    (void)state;
    for (size_t k = 0; k < crease_test_count(5000); k++) {
        crease_pieces psi = random_pieces();
        crease_part s = scalar_part(&any_pieces, &psi, 1);
        check_radius(&s, 6 * uniform() - 3, 1.2 + uniform(), 0.2 + uniform());
    }
}

static void radii_of_members(void **state)
{
    const scalar_member *of;
    for (size_t m = 0; (of = scalar_member_at(m)); m++) {
        crease_regularizer *psi = crease_regularizer_create(*state, of->name);
        crease_part s = scalar_part(psi->type, psi->opts, 1);
        for (size_t k = 0; k < crease_test_count(2000); k++)
            check_radius(&s, 6 * uniform() - 3, pow(10, 2 * uniform() - 1), 0.2 + uniform());
        crease_regularizer_free(psi);
    }
}

static void units_tell_the_bounds_apart(void **state)
{
    crease_regularizer *box = crease_regularizer_create(*state, "box");
    crease_regularizer *one_bit = crease_regularizer_create(*state, "quantize");
    crease_part s = scalar_part(box->type, box->opts, 4);
    const double x[4] = { -1, 0, 0.25, 1 }, g[4] = { 3, 0, 0, -2 };
    crease_unit unit[4];
    crease_margin margin[4];
    crease_part_signature(box, &s, x, unit);
    assert_true(unit[0] == 0 && unit[1] == 1 && unit[2] == 1 && unit[3] == 2);
    assert_int_equal(crease_part_dimension(box, &s, x, unit), 2);
    crease_part_margins(box, &s, x, g, 1, margin);
    assert_true(margin[0].slack == 3 && isnan(margin[0].size) && margin[3].slack == 2);
    assert_true(isnan(margin[1].slack) && margin[1].size == 1 && margin[2].size == 0.75);
    s = scalar_part(one_bit->type, one_bit->opts, 4);
    crease_part_signature(one_bit, &s, x, unit);
    assert_true(unit[0] == 0 && unit[1] == 1 && unit[2] == 1 && unit[3] == 2);
    crease_regularizer_free(box);
    crease_regularizer_free(one_bit);
}

static void margins_are_what_is_left_of_the_slope(void **state)
{
    crease_regularizer *psi = crease_regularizer_create(*state, "asymmetric_l1");
    assert_ok(*state, crease_regularizer_set(psi, "lambda_minus", "3"));
    crease_part s = scalar_part(psi->type, psi->opts, 4);
    const double x[4] = { 0, 0, 0, -5 }, g[4] = { -0.75, 2.5, 4, 3 }; /* -g in [-3, 1] w */
    crease_margin margin[4];
    crease_part_margins(psi, &s, x, g, 1, margin);
    assert_true(margin[0].slack == 0.25 && margin[0].threshold == 1);
    assert_true(margin[1].slack == 0.5 && margin[1].threshold == 3);
    assert_true(margin[2].slack == -1 && margin[3].size == 5);
    crease_regularizer_free(psi);
}

/* --- duality -------------------------------------------------------------------------------------------------- */

/* psi(x) + psi*(y) = x y for y = (c - d x)/w at the minimizer, >= everywhere. y is put back into the domain of
 * psi*, which it leaves by the rounding of c. */
static void conjugates(void **state)
{
    static const struct {
        const char *name;
        double low, high;
    } at[] = {
        { "elastic_net", -INFINITY, INFINITY }, { "box", -INFINITY, INFINITY }, { "huber", -1, 1 }, { "l1", -1, 1 },
        { "nonneg", -INFINITY, 0 },             { "one_sided_l1", 0, 1 },       { "asymmetric_l1", -1, 1 },
    };
    for (size_t m = 0; m < sizeof at / sizeof *at; m++) {
        crease_regularizer *psi = crease_regularizer_create(*state, at[m].name);
        crease_part s = scalar_part(psi->type, psi->opts, 1);
        for (size_t k = 0; k < crease_test_count(2000); k++) {
            crease_prox_info info = { .exact = true };
            double c = 6 * uniform() - 3, d = 0.5 + uniform(), w = 0.5 + uniform(), other = 6 * uniform() - 3, x;
            assert_ok(*state, crease_part_prox(psi, &s, &c, &d, w, &x, &info));
            double raw = (c - d * x) / w, y = fmin(fmax(raw, at[m].low), at[m].high);
            double conjugate = crease_part_conjugate(psi, &s, &y), value = crease_part_value(psi, &s, &x);
            assert_true(fabs(y - raw) < 1e-14);
            if (!(fabs(value + conjugate - x * y) < 1e-14 * (1 + fabs(x * y))))
                fail_msg("%s: %g + %g, not %g", at[m].name, value, conjugate, x * y);
            assert_true(crease_part_value(psi, &s, &other) + conjugate >= other * y - 1e-13);
        }
        double outside = at[m].high + 1e-3;
        if (isfinite(outside)) assert_true(isinf(crease_part_conjugate(psi, &s, &outside)));
        crease_regularizer_free(psi);
    }
}

/* --- settings by entry, weights, storage ------------------------------------------------------------------------ */

static void settings_by_entry(void **state)
{
    crease_regularizer *psi = crease_regularizer_create(*state, "l1");
    assert_ok(*state, crease_regularizer_set(psi, "weights", "[1, 2, 0, 5]"));
    crease_part s = scalar_part(psi->type, psi->opts, 4), half = s;
    half.n = half.first = 2;
    const double c[4] = { 1.5, -1.5, 1.5, 6 }, d[4] = { 1, 1, 1, 2 }, y[4] = { 1, -6, 0, 5 };
    double x[4];
    crease_prox_info info = { .exact = true };
    assert_null(crease_part_refusal(psi, &s));
    assert_ok(*state, crease_part_prox(psi, &s, c, d, 1, x, &info));
    assert_true(x[0] == 0.5 && x[1] == 0 && x[2] == 1.5 && x[3] == 0.5);
    assert_true(crease_part_value(psi, &s, c) == 1.5 + 3 + 30);
    assert_true(crease_part_dual_norm(psi, &s, y) == 3);
    assert_true(crease_part_scale(psi, &s) == 5);
    assert_true(crease_part_value(psi, &half, y) == 0 + 5 * 6); /* the numbers of entries 2 and 3 of 4 */
    half.n = 3;
    half.whole = 7;
    assert_non_null(crease_part_refusal(psi, &half));
    crease_regularizer_free(psi);
    psi = crease_regularizer_create(*state, "box");
    assert_ok(*state, crease_regularizer_set(psi, "lower", "[-1, 2]"));
    assert_fails(*state, crease_regularizer_check(psi), CREASE_ERANGE, "above its upper");
    assert_ok(*state, crease_regularizer_set(psi, "upper", "[1e300, 3]"));
    assert_ok(*state, crease_regularizer_check(psi));
    s = scalar_part(psi->type, psi->opts, 2);
    const double far[2] = { 1e20, 0 };
    assert_ok(*state, crease_part_prox(psi, &s, far, d, 1, x, &info));
    assert_true(x[0] == 1e20 && x[1] == 2);
    crease_regularizer_free(psi);
}

/* Infinite: everything at the anchor. Empty parts. */
static void weights_and_sizes_at_their_ends(void **state)
{
    const crease_type *type;
    for (size_t r = 0; (type = crease_type_at(*state, CREASE_REGULARIZER, r)); r++) {
        if (!(((const crease_regularizer_type *)type)->flags & CREASE_SEPARABLE)) continue;
        crease_regularizer *psi = crease_regularizer_create(*state, type->name);
        crease_part s = scalar_part(psi->type, psi->opts, 2);
        crease_prox_info info = { .exact = true };
        double c[2] = { 5, -7 }, d[2] = { 1, 0 }, x[2];
        s.weight = INFINITY;
        assert_ok(*state, psi->type->math->prox(&s, c, d, 1, x, &info));
        assert_true(x[0] == 0 && x[1] == 0 && !signbit(x[0]) && !signbit(x[1]));
        assert_true(crease_part_residual(psi, &s, x, c, 1) == 0);
        s.n = 0;
        assert_ok(*state, psi->type->math->prox(&s, NULL, NULL, 1, NULL, &info));
        assert_true(crease_part_value(psi, &s, NULL) == 0
                    && crease_part_residual(psi, &s, NULL, NULL, 1) == 0);
        crease_regularizer_free(psi);
    }
}

static void the_other_sign_mirrors(void **state)
{
    crease_regularizer *psi = crease_regularizer_create(*state, "one_sided_l1");
    assert_ok(*state, crease_regularizer_set(psi, "sign", "negative"));
    crease_part s = scalar_part(psi->type, psi->opts, 3);
    crease_prox_info info = { .exact = true };
    const double c[3] = { 1.5, -0.5, -1.5 }, d[3] = { 1, 1, 1 };
    double x[3];
    assert_ok(*state, crease_part_prox(psi, &s, c, d, 1, x, &info));
    assert_true(x[0] == 1.5 && x[1] == 0 && x[2] == -0.5);
    crease_regularizer_free(psi);
}

/* A bound or a corner that float does not hold counts as reached where x is its neighbour. */
static void rounded_to_float(void **state)
{
    crease_regularizer *psi = crease_regularizer_create(*state, "box");
    assert_ok(*state, crease_regularizer_set(psi, "upper", "0.3"));
    crease_part s = scalar_part(psi->type, psi->opts, 2);
    const double x[2] = { (float)0.3, nextafterf(0.3f, 0) }, g[2] = { -5, -5 };
    crease_unit unit[2];
    assert_true(isinf(crease_part_value(psi, &s, x)) && isinf(crease_part_residual(psi, &s, x, g, 1)));
    s.roundoff = FLT_EPSILON / 2;
    assert_true(crease_part_value(psi, &s, x) == 0 && crease_part_residual(psi, &s, x, g, 1) == 0);
    crease_part_signature(psi, &s, x, unit);
    assert_true(unit[0] == 2 && unit[1] == 2);
    crease_regularizer_free(psi);
}

static int set_up(void **state)
{
    *state = test_ctx();
    the_random = crease_random_at(31, 0, 0);
    return 0;
}

static int tear_down(void **state)
{
    crease_ctx_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_pieces_are_minimized),
        cmocka_unit_test(residuals_are_distances_of_slopes),
        cmocka_unit_test(thresholds_of_a_side),
        cmocka_unit_test(radii_of_random_pieces),
        cmocka_unit_test(radii_of_members),
        cmocka_unit_test(units_tell_the_bounds_apart),
        cmocka_unit_test(margins_are_what_is_left_of_the_slope),
        cmocka_unit_test(conjugates),
        cmocka_unit_test(settings_by_entry),
        cmocka_unit_test(weights_and_sizes_at_their_ends),
        cmocka_unit_test(the_other_sign_mirrors),
        cmocka_unit_test(rounded_to_float),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

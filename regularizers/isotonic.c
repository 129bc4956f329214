/* Isotonic regression: entries in order. The oracle pools adjacent violators: blocks are kept on a stack,
 * a block's value being sum c / sum d, and merged while one is not above the block before it, which is
 * exact in any diagonal metric, singular ones included. The certificate projects on the tangent cone: the
 * taut string above the sums of g, their least concave majorant. Identification radius: none. The weights
 * of groups are not used, infinite and zero ones included. */
#include <float.h>
#include <math.h>

#include "core/chain.h"
#include "core/jacobian.h"
#include "core/part.h"
#include "core/sum.h"
#include "core/taut_string.h"

typedef struct {
    bool decreasing;
} isotonic_opts;

static const crease_param params[] = {
    CREASE_PARAM_BOOL(isotonic_opts, decreasing, 0, "x_1 >= x_2 >= ... instead"),
    CREASE_PARAM_END,
};

/* Decreasing x are increasing -x. */
static double sign_of(const crease_part *s)
{
    return ((const isotonic_opts *)s->opts)->decreasing ? -1 : 1;
}

/* --- the oracle --------------------------------------------------------------------------------- */

typedef struct {
    crease_sum c, d;
    size_t start;
    double value; /* NAN: any, since c and d are 0 */
} block;

static size_t work(const crease_part *s)
{
    size_t string = crease_taut_work(s->n), stack = s->n * sizeof(block);
    return stack > string ? stack : string;
}

static double block_value(const block *b, double rounding)
{
    double c = crease_sum_value(&b->c), d = crease_sum_value(&b->d);
    if (d > 0) return c / d;
    return fabs(c) <= rounding ? NAN : copysign(INFINITY, c);
}

/* Not below the block before: merge. */
static void absorb(block *into, const block *b, double rounding)
{
    crease_sum_add(&into->c, b->c.hi);
    crease_sum_add(&into->d, b->d.hi);
    into->c.lo += b->c.lo;
    into->d.lo += b->d.lo;
    into->value = block_value(into, rounding);
}

static int prox(const crease_part *s, const double *c, const double *d, double w, double *x,
                crease_prox_info *info)
{
    block *stack = s->work;
    size_t count = 0, end = s->n;
    double sign = sign_of(s), rounding = 0;
    (void)w, (void)info;
    for (size_t i = 0; i < s->n; i++) {
        if (!isfinite(c[i]) || !isfinite(d[i])) return CREASE_ENAN;
        rounding += DBL_EPSILON * fabs(c[i]);
    }
    for (size_t i = 0; i < s->n; i++) {
        stack[count] = (block){ .c = { .hi = sign * c[i] }, .d = { .hi = d[i] }, .start = i };
        stack[count].value = block_value(&stack[count], rounding);
        for (count++; count > 1 && !(stack[count - 2].value < stack[count - 1].value); count--)
            absorb(&stack[count - 2], &stack[count - 1], rounding);
    }
    for (; count > 0; end = stack[count].start) {
        double value = stack[--count].value;
        if (isinf(value)) return CREASE_EUNBOUNDED;
        for (size_t i = stack[count].start; i < end; i++) x[i] = isnan(value) ? 0 : sign * value + 0.0;
    }
    return CREASE_OK;
}

/* --- everything else ---------------------------------------------------------------------------- */

/* x_k and x_{k+1} are tied: equal, or out of order by no more than rounding. */
static bool tied(const crease_part *s, const double *x, size_t k)
{
    double step = sign_of(s) * (x[k + 1] - x[k]);
    return step <= 0 && -step <= 4 * s->roundoff * fmax(fabs(x[k]), fabs(x[k + 1]));
}

static bool feasible(const crease_part *s, const double *x)
{
    for (size_t k = 0; k + 1 < s->n; k++)
        if (sign_of(s) * (x[k + 1] - x[k]) < 0 && !tied(s, x, k)) return false;
    return true;
}

static size_t block_end(const crease_part *s, const double *x, size_t a)
{
    while (a + 1 < s->n && tied(s, x, a)) a++;
    return a + 1;
}

static double value(const crease_part *s, const double *x)
{
    return feasible(s, x) ? 0 : INFINITY;
}

/* With multipliers u_k >= 0 of the ties, r_i = g_i + u_i - u_{i-1} is the rise of a string that lies above
 * the sums of g and meets them where a block ends: the least one is their concave majorant. */
static double residual(const crease_part *s, const double *x, const double *g, double w)
{
    double rest = 0;
    (void)w;
    if (!feasible(s, x)) return INFINITY;
    for (size_t a = 0, end; a < s->n; a = end) {
        crease_taut string;
        crease_sum sum = { 0 };
        end = block_end(s, x, a);
        crease_taut_begin(&string, s->work, end - a, -INFINITY, INFINITY);
        for (size_t i = a; i < end; i++) {
            crease_sum_add(&sum, sign_of(s) * g[i]);
            if (i + 1 < end) crease_taut_gate(&string, (double)(i - a + 1), crease_sum_value(&sum), INFINITY);
        }
        rest = hypot(rest, crease_taut_end(&string, (double)(end - a), crease_sum_value(&sum)));
    }
    return rest;
}

/* The polar of the cone: partial sums that are not negative, and a sum of 0. */
static double conjugate(const crease_part *s, const double *y)
{
    crease_sum sum = { 0 };
    double size = 0;
    for (size_t i = 0; i < s->n; i++) size += fabs(y[i]);
    for (size_t i = 0; i < s->n; i++) {
        crease_sum_add(&sum, sign_of(s) * y[i]);
        if (crease_sum_value(&sum) < -8 * s->roundoff * size) return INFINITY;
    }
    return crease_sum_value(&sum) <= 8 * s->roundoff * size ? 0 : INFINITY;
}

static void margins(const crease_part *s, const double *x, const double *g, double w, crease_margin *unit)
{
    crease_sum sum = { 0 };
    (void)w;
    for (size_t k = 0; k + 1 < s->n; k++) {
        crease_sum_add(&sum, sign_of(s) * g[k]);
        bool tie = x[k] == x[k + 1];
        unit[k] = tie ? (crease_margin){ .slack = -crease_sum_value(&sum), .size = NAN }
                      : (crease_margin){ .slack = NAN, .size = fabs(x[k + 1] - x[k]) };
        if (!tie) sum = (crease_sum){ 0 };
    }
}

static void linearize(const crease_part *s, const double *u, double L, double w, const double *x, void *state)
{
    crease_classes blocks = crease_classes_at(s, state);
    (void)u, (void)L, (void)w;
    for (size_t a = 0, end; a < s->n; a = end) {
        end = crease_chain_piece(s, x, a);
        crease_classes_add(&blocks, a, end, 1);
    }
}

static const crease_math math = {
    .work = work,
    .value = value,
    .residual = residual,
    .prox = prox,
    .conjugate = conjugate,
    .scale = crease_no_scale,
    .units = crease_chain_units,
    .signature = crease_chain_jumps,
    .dimension = crease_chain_pieces,
    .margins = margins,
    CREASE_CLASSES_JACOBIAN(linearize),
};

const crease_regularizer_type crease_regularizer_isotonic = {
    .base = { .name = "isotonic",
              .summary = "isotonic regression: entries in order",
              .formula = "psi(x) = 0 where x_1 <= x_2 <= ... along every group, else infinite",
              .source = "Ayer et al., Ann. Math. Statist. 26 (1955)",
              .opts_size = sizeof(isotonic_opts),
              .params = params },
    .flags = CREASE_CONVEX | CREASE_CONSTRAINT,
    .exact = "any diagonal metric",
    .cost = "O(n)",
    .manifold = "vectors with the same ties",
    .identification = "multipliers of the ties: minus the sums of grad f(x*) up to them",
    .math = &math,
};

/* The box { |x_i| <= rho a_i } round the origin; a_i = 0 holds an entry at zero, finite weights of groups
 * are not used.
 *
 * One flat piece on either side of zero, infinite beyond: its minimizer clips c_i/d_i, whatever the metric,
 * and where d_i = 0 it is the bound on the side of c_i. Value, certificate, units and the identification
 * radius are those of penalties of single entries (src/core/entries.c).                                 */
#include "crease/regularizer.h"

typedef struct {
    double rho;
    crease_numbers a;
} linf_ball_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(linf_ball_opts, rho, 1, CREASE_GT(0), "the largest magnitude"),
    CREASE_PARAM_NUMBERS(linf_ball_opts, a, "1", CREASE_GE(0), "factor on the bound of every entry"),
    CREASE_PARAM_END,
};

static void pieces(const crease_part *s, size_t i, crease_pieces *psi)
{
    const linf_ball_opts *o = s->opts;
    double bound = o->rho * crease_number_at(&o->a, s, i);
    crease_side side = { .n = bound > 0, .piece = { { .end = bound } } };
    *psi = (crease_pieces){ .right = side, .left = side };
}

static bool per_entry(const void *opts)
{
    return ((const linf_ball_opts *)opts)->a.n > 1;
}

const crease_regularizer_type crease_regularizer_linf_ball = {
    .base = { .name = "linf_ball",
              .summary = "l-infinity ball: entries clipped to a bound",
              .formula = "psi(x) = 0 where |x_i| <= rho a_i, else infinite",
              .source = "standard",
              .opts_size = sizeof(linf_ball_opts),
              .params = params },
    .flags = CREASE_CONVEX | CREASE_CONSTRAINT | CREASE_SEPARABLE | CREASE_UNIT_ENTRY,
    .exact = "any diagonal metric",
    .cost = "O(n)",
    .manifold = "vectors with the same entries at the same bounds",
    .identification = "|grad f(x*)_i| over the entries at a bound",
    .math = &crease_math_entries,
    .pieces = pieces,
    .per_entry = per_entry,
};

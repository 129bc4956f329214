/* The l1 norm of one sign: entries of the other are free. In a metric soft thresholding from one side: (c -
 * w lambda)/d beyond w lambda, 0 down to 0, c/d below. An entry enters or leaves zero where c_i crosses 0
 * or w lambda_i. Groups only say which entries belong to the term; their finite weights are not used. */
#include "crease/regularizer.h"

typedef struct {
    double lambda;
    int sign;
    crease_numbers weights;
} one_sided_l1_opts;

enum { POSITIVE, NEGATIVE };
static const char *const signs[] = { "positive", "negative", NULL };

static const crease_param params[] = {
    CREASE_PARAM_REAL(one_sided_l1_opts, lambda, 1, CREASE_GE(0), "slope beyond zero"),
    CREASE_PARAM_CHOICE(one_sided_l1_opts, sign, POSITIVE, signs, "the entries that are penalized"),
    CREASE_PARAM_NUMBERS(one_sided_l1_opts, weights, "1", CREASE_GE(0), "factors on lambda, by entry"),
    CREASE_PARAM_END,
};

static void pieces(const crease_part *s, size_t i, crease_pieces *psi)
{
    const one_sided_l1_opts *o = s->opts;
    double lambda = o->lambda * crease_number_at(&o->weights, s, i);
    crease_side dear = { .n = 1, .piece = { { INFINITY, lambda, 0 } } };
    crease_side free_of_charge = { .n = 1, .piece = { { INFINITY, 0, 0 } } };
    *psi = (crease_pieces){ .right = o->sign == POSITIVE ? dear : free_of_charge,
                            .left = o->sign == POSITIVE ? free_of_charge : dear };
}

static bool per_entry(const void *opts)
{
    return ((const one_sided_l1_opts *)opts)->weights.n > 1;
}

const crease_regularizer_type crease_regularizer_one_sided_l1 = {
    .base = { .name = "one_sided_l1",
              .summary = "l1 norm of the positive (or of the negative) entries",
              .formula = "psi(x) = sum_i lambda_i max(x_i, 0), or max(-x_i, 0); lambda_i = lambda weights_i",
              .source = "standard: a hinge at zero",
              .opts_size = sizeof(one_sided_l1_opts),
              .params = params },
    .flags = CREASE_CONVEX | CREASE_SEPARABLE | CREASE_UNIT_ENTRY,
    .exact = "any diagonal metric",
    .cost = "O(n)",
    .manifold = "vectors with the same support",
    .identification = "distance of -grad f(x*)_i from 0 and lambda_i over the zero entries",
    .math = &crease_math_entries,
    .pieces = pieces,
    .per_entry = per_entry,
};

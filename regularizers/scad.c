/* Smoothly clipped absolute deviation: slope lambda up to lambda, falling to 0 at a lambda, flat beyond.
 *
 * Where d_i > w/(a - 1) the objective is convex on the middle piece, elsewhere concave and the entry is
 * thresholded hard: an entry's own d_i says which. The scan over the three pieces covers both. The pieces join
 * with equal slopes, so the support is all the structure; it is safe while no |c_i| crosses the end of the
 * interval that zero holds (src/core/entries.c). Groups only say which entries belong to the term; their
 * finite weights are not used. */
#include "crease/regularizer.h"

typedef struct {
    double lambda, a;
    crease_numbers weights;
} scad_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(scad_opts, lambda, 1, CREASE_GE(0), "slope at zero"),
    CREASE_PARAM_REAL(scad_opts, a, 3.7, CREASE_GT(1), "reach: flat from a lambda on"),
    CREASE_PARAM_NUMBERS(scad_opts, weights, "1", CREASE_GE(0), "factors on lambda, by entry"),
    CREASE_PARAM_END,
};

static void pieces(const crease_part *s, size_t i, crease_pieces *psi)
{
    const scad_opts *o = s->opts;
    double lambda = o->lambda * crease_number_at(&o->weights, s, i), a = o->a;
    crease_side side = { .n = 3,
                         .piece = { { lambda, lambda, 0 },
                                    { a * lambda, a * lambda / (a - 1), -1 / (a - 1) },
                                    { INFINITY, 0, 0 } } };
    *psi = (crease_pieces){ .right = side, .left = side };
}

static bool per_entry(const void *opts)
{
    return ((const scad_opts *)opts)->weights.n > 1;
}

const crease_regularizer_type crease_regularizer_scad = {
    .base = { .name = "scad",
              .summary = "smoothly clipped absolute deviation: zeros without bias on large entries",
              .formula = "psi(x) = sum_i p(|x_i|), p'(t) = lambda_i up to lambda_i, then "
                         "max(a lambda_i - t, 0)/(a - 1); lambda_i = lambda weights_i",
              .source = "Fan and Li, JASA 96 (2001)",
              .opts_size = sizeof(scad_opts),
              .params = params },
    .flags = CREASE_SEPARABLE | CREASE_UNIT_ENTRY,
    .exact = "any diagonal metric",
    .cost = "O(n)",
    .manifold = "vectors with the same support",
    .identification = "lambda_i - |grad f(x*)_i| over the zero entries; the oracle's own thresholds where "
                      "d_i < w/(a - 1)",
    .math = &crease_math_entries,
    .pieces = pieces,
    .per_entry = per_entry,
};

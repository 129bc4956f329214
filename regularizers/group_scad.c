/* Smoothly clipped absolute deviation of groups: whole groups of zeros, and large groups are not shrunk.
 *
 * scad'(t) = lambda up to t = lambda, then (a lambda - t)/(a - 1) up to t = a lambda, then 0. Statistics
 * ask for a > 2, where the subproblem is convex in the identity metric; a > 1 is all that the definition
 * needs. Exact in every diagonal metric, convex or not, and identification radius: src/core/radial.c. */
#include "crease/regularizer.h"

typedef struct {
    double lambda, a;
} group_scad_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(group_scad_opts, lambda, 1, CREASE_GE(0), "slope up to the norm lambda"),
    CREASE_PARAM_REAL(group_scad_opts, a, 3.7, CREASE_GT(1), "flat from the norm a lambda on"),
    CREASE_PARAM_END,
};

static void pieces(const crease_part *s, size_t i, crease_pieces *psi)
{
    const group_scad_opts *o = s->opts;
    double lambda = o->lambda, flat = o->a * lambda, fall = 1 / (o->a - 1);
    (void)i;
    *psi = (crease_pieces){
        .right = { .n = 3,
                   .piece = { { lambda, lambda, 0 }, { flat, flat * fall, -fall }, { INFINITY, 0, 0 } } }
    };
    psi->left = psi->right;
}

const crease_regularizer_type crease_regularizer_group_scad = {
    .base = { .name = "group_scad",
              .summary = "smoothly clipped absolute deviation of groups: whole groups of zeros without bias",
              .formula = "psi(x) = sum_g weight_g scad(|x_g|_2), scad'(t) = min(lambda, max(a lambda - t, "
                         "0)/(a - 1))",
              .source = "Fan and Li, JASA 96 (2001); groups: Breheny and Huang, Stat. Comput. 25 (2015)",
              .opts_size = sizeof(group_scad_opts),
              .params = params },
    .flags = CREASE_GROUPED | CREASE_UNIT_GROUP,
    .exact = "any diagonal metric",
    .cost = "O(n) a Newton step, at most about 20",
    .manifold = "vectors with the same live groups",
    .identification =
        "lambda weight_g - |grad f(x*)_g| over the zero groups; where min d_g <= w weight_g / (a - 1) "
        "the comparison with zero has its own radius",
    .math = &crease_math_radial,
    .pieces = pieces,
};

/* The number of live groups, by weight: a group is kept as it is, or dropped.
 *
 * x_g = c_g/d_g where c_g' D^-1 c_g > 2 w lambda weight_g, else 0, in any metric (src/core/radial.c with a
 * jump). Identification radius: a dropped c_g lies in that ellipsoid, a kept one beyond the tangent plane
 * that the objective of x_g gives; bounds of the distance from its boundary: src/core/radial.c. No gradient
 * at x* tells how safe a zero is, as zero is always a local minimizer. */
#include "crease/regularizer.h"

typedef struct {
    double lambda;
} group_l0_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(group_l0_opts, lambda, 1, CREASE_GE(0), "price of a live group, times its weight"),
    CREASE_PARAM_END,
};

static void pieces(const crease_part *s, size_t i, crease_pieces *psi)
{
    const group_l0_opts *o = s->opts;
    (void)i;
    *psi = (crease_pieces){ .right = { .jump = o->lambda, .n = 1, .piece = { { INFINITY, 0, 0 } } } };
    psi->left = psi->right;
}

const crease_regularizer_type crease_regularizer_group_l0 = {
    .base = { .name = "group_l0",
              .summary = "the number of live groups: whole groups of zeros, nothing is shrunk",
              .formula = "psi(x) = lambda sum_g weight_g [x_g != 0]",
              .source = "Blumensath and Davies, J. Fourier Anal. Appl. 14 (2008), for single entries",
              .opts_size = sizeof(group_l0_opts),
              .params = params },
    .flags = CREASE_GROUPED | CREASE_UNIT_GROUP,
    .exact = "any diagonal metric",
    .cost = "O(n)",
    .manifold = "vectors with the same live groups",
    .identification =
        "|c_g' D^-1 c_g / 2 - w lambda weight_g|, as a distance in c; none from the gradient alone",
    .math = &crease_math_radial,
    .pieces = pieces,
};

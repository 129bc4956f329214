/* The minimax concave penalty of groups: whole groups of zeros, and large groups are not shrunk.
 *
 * Exact in every diagonal metric (src/core/radial.c). Where w weight_g / gamma < min d_g the subproblem is
 * convex and a group is zero iff |c_g| <= w lambda weight_g; in smaller metrics, such as those of Adagrad's
 * kind at weights that hardly move, it turns into a hard threshold, and the roots of the secular equation
 * are compared with zero. Identification radius: | |c_g| - w lambda weight_g | in the convex regime, else
 * src/core/radial.c. */
#include "crease/regularizer.h"

typedef struct {
    double lambda, gamma;
} group_mcp_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(group_mcp_opts, lambda, 1, CREASE_GE(0), "slope at zero"),
    CREASE_PARAM_REAL(group_mcp_opts, gamma, 3, CREASE_GT(0), "flat from the norm gamma lambda on"),
    CREASE_PARAM_END,
};

static void pieces(const crease_part *s, size_t i, crease_pieces *psi)
{
    const group_mcp_opts *o = s->opts;
    double flat = o->gamma * o->lambda;
    (void)i;
    *psi = (crease_pieces){
        .right = { .n = 2, .piece = { { flat, o->lambda, -1 / o->gamma }, { INFINITY, 0, 0 } } }
    };
    psi->left = psi->right;
}

const crease_regularizer_type crease_regularizer_group_mcp = {
    .base = { .name = "group_mcp",
              .summary = "minimax concave penalty of groups: whole groups of zeros without bias",
              .formula = "psi(x) = sum_g weight_g mcp(|x_g|_2), mcp(t) = lambda t - t^2/(2 gamma) up to "
                         "t = gamma lambda, then gamma lambda^2/2",
              .source = "Zhang, Ann. Statist. 38 (2010); groups: Breheny and Huang, Stat. Comput. 25 (2015)",
              .opts_size = sizeof(group_mcp_opts),
              .params = params },
    .flags = CREASE_GROUPED | CREASE_UNIT_GROUP,
    .exact = "any diagonal metric",
    .cost = "O(n) a Newton step, at most about 20",
    .manifold = "vectors with the same live groups",
    .identification =
        "lambda weight_g - |grad f(x*)_g| over the zero groups; where min d_g <= w weight_g / gamma the "
        "comparison with zero has its own radius",
    .math = &crease_math_radial,
    .pieces = pieces,
};

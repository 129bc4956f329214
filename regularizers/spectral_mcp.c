/* The minimax concave penalty of the singular values: low rank, and large singular values are not shrunk.
 *
 * Where d is constant in the group the oracle is MCP's own on each singular value of C, which is global by
 * von Neumann's inequality. Elsewhere it is refused, or with `majorize` one proximal gradient step from c/d
 * in the metric d_max. A matrix of one row or column is the group MCP.
 *
 * Identification: where d is constant, |E| < min_k |sigma_k(C) - t|, t the scalar problem's threshold. */
#include "core/spectral.h"

typedef struct {
    crease_spectral_opts spectral;
    double lambda, gamma;
} spectral_mcp_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(spectral_mcp_opts, lambda, 1, CREASE_GE(0), "slope at zero"),
    CREASE_PARAM_REAL(spectral_mcp_opts, gamma, 3, CREASE_GT(0),
                      "flat from the singular value gamma lambda on"),
    CREASE_PARAM_ROWS,
    CREASE_PARAM_MAJORIZE,
    CREASE_PARAM_END,
};

static void pieces(const crease_part *s, size_t i, crease_pieces *psi)
{
    const spectral_mcp_opts *o = s->opts;
    double flat = o->gamma * o->lambda;
    (void)i;
    crease_side side = { .n = 2, .piece = { { flat, o->lambda, -1 / o->gamma }, { INFINITY, 0, 0 } } };
    *psi = (crease_pieces){ .right = side, .left = side };
}

const crease_regularizer_type crease_regularizer_spectral_mcp = {
    .base = { .name = "spectral_mcp",
              .summary = "minimax concave penalty of singular values: low rank without bias",
              .formula = "psi(X) = sum_g weight_g sum_k mcp(sigma_k(X_g)), mcp(t) = lambda t - t^2/(2 gamma) "
                         "up to t = gamma lambda, then gamma lambda^2/2",
              .source = "Zhang, Ann. Statist. 38 (2010), for the penalty; lifted to singular values",
              .opts_size = sizeof(spectral_mcp_opts),
              .params = params },
    .flags = CREASE_UNIT_HIDDEN | CREASE_GROUPED,
    .exactness = CREASE_SCALAR_ONLY,
    .exact = "d constant in each group; any diagonal one for matrices of one row or column",
    .reason = "where d varies in a group no exact oracle is known; majorize = true takes one step in the "
              "metric d_max",
    .cost = "one singular value decomposition",
    .manifold = "matrices of the same rank",
    .identification = "lambda weight_g - |U' grad f(x*) V|_2 over the null spaces, and the oracle's own threshold "
                      "where d <= w weight_g/gamma; radius by Weyl's inequality",
    .math = &crease_math_spectral_settings,
    .pieces = pieces,
    .matrix = crease_spectral_matrix,
};

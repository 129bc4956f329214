/* The nuclear norm of the matrix that a group holds: convex, and zeros are singular values.
 *
 * Where d is constant in the group, X = sum_k max(sigma_k - w lambda, 0)/d u_k v_k' from the singular values
 * of C. Elsewhere no closed form is known (scalings of rows or columns do not commute with the norm), and
 * accelerated proximal gradient steps in the metric d_max find X to `tol` with a proven gap. A matrix
 * of one row or column has the exact oracle of the group lasso in every metric.
 *
 * Identification: where d is constant, singular values move by no more than |E| when C does, so the rank
 * stays as long as |E| < min_k |sigma_k(C) - w lambda| (Weyl; Mirsky 1960).                             */
#include "core/spectral.h"

typedef struct {
    crease_spectral_opts spectral;
    double lambda;
} nuclear_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(nuclear_opts, lambda, 1, CREASE_GE(0), "factor on the sum of the singular values"),
    CREASE_PARAM_ROWS,
    CREASE_PARAM_ITERATIONS,
    CREASE_PARAM_END,
};

static void pieces(const crease_part *s, size_t i, crease_pieces *psi)
{
    (void)i;
    double lambda = ((const nuclear_opts *)s->opts)->lambda;
    *psi = (crease_pieces){ .right = { .n = 1, .piece = { { INFINITY, lambda, 0 } } } };
    psi->left = psi->right;
}

const crease_regularizer_type crease_regularizer_nuclear = {
    .base = { .name = "nuclear",
              .summary = "nuclear norm: matrices of low rank",
              .formula = "psi(X) = lambda sum_g weight_g sum_k sigma_k(X_g)",
              .source = "Cai, Candes and Shen, SIAM J. Optim. 20 (2010), where d is constant; elsewhere "
                        "Beck, First-Order Methods in Optimization (2017), 10.7.7",
              .opts_size = sizeof(nuclear_opts),
              .params = params },
    .flags = CREASE_CONVEX | CREASE_NORM | CREASE_UNIT_HIDDEN | CREASE_GROUPED,
    .exactness = CREASE_EXACT_SCALAR,
    .exact = "d constant in each group; any diagonal one for matrices of one row or column",
    .reason = "the norm does not commute with a scaling of entries",
    .cost = "one singular value decomposition; where d varies sqrt(d_max/d_min) of them for each digit",
    .manifold = "matrices of the same rank",
    .identification = "lambda weight_g - |U' grad f(x*) V|_2 over the null spaces; radius by Weyl's inequality",
    .math = &crease_math_spectral_settings,
    .pieces = pieces,
    .matrix = crease_spectral_matrix,
};

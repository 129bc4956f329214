/* The relative error of the hybrid proximal extragradient method, in the metric. With F(x) = <v, x> + w psi(x), a
 * pair (x, u), u in the eps-subdifferential of F at x, is an approximate proximal step from x0 when
 *
 *     |e|_D^2 + 2 eps  <=  sigma^2 |x - x0|_D^2,      e = x - x0 + D^-1 u.
 *
 * Here u = v + y for a dual point y, and c = D x0 - v, so that e = x - D^-1 (c - y) and
 * eps = w psi(x) + (w psi)*(y) - <y, x>. In c-form the primal objective at x minus the dual one at y is
 *
 *     1/2 |x|_D^2 - <c, x> + w psi(x)  +  1/2 |c - y|^2_{D^-1} + (w psi)*(y)
 *       =  1/2 |x - D^-1 (c - y)|_D^2  +  w psi(x) + (w psi)*(y) - <y, x>  =  1/2 |e|_D^2 + eps :
 *
 * the gap of the pair is exactly half of the left side, and the test reads 2 gap <= sigma^2 |x - x0|_D^2. (A ridge
 * of the regularizer joins D on the left: the best dual point of the whole leaves the same gap.)
 *
 * Q is 1-strongly convex in |.|_D, so |x - x*|_D^2 <= 2 (Q(x) - Q*) <= 2 gap. No tolerance has to be summed. The
 * theorems continue from x0 - D^-1 u, the extragradient step; methods here continue from x. A gap holds no zero in
 * place: identification is left to the solver.
 * Source: Solodov and Svaiter, Set-Valued Anal. 7 (1999), 323-345; Monteiro and Svaiter, SIAM J. Optim. 20 (2010),
 * 2755-2787; the gap as measure of the error: Barre, Taylor and Bach, Math. Program. 201 (2023). */
#include "limits.h"

typedef struct {
    crease_limits limits;
    double sigma;
} hpe_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(hpe_opts, sigma, 0.5, CREASE_IN_LEFT(0, 1),
                      "error allowed relative to the step from the centre"),
    CREASE_PARAM_LIMITS(hpe_opts, 1, 10000),
    CREASE_PARAM_END,
};

static double tested(const void *opts, const crease_progress *p)
{
    (void)opts;
    return 2 * p->gap;
}

static double threshold(const void *opts, const crease_progress *p)
{
    double error = ((const hpe_opts *)opts)->sigma * p->span;
    return error * error;
}

const crease_stopping_type crease_stopping_hpe = {
    .base = { .name = "hpe",
              .summary = "relative error of the hybrid proximal extragradient method",
              .formula = "|e|_D^2 + 2 eps = 2 gap <= sigma^2 |x - x0|_D^2",
              .source = "Solodov, Svaiter, Set-Valued Anal. 7 (1999); Monteiro, Svaiter, SIAM J. "
                        "Optim. 20 (2010)",
              .opts_size = sizeof(hpe_opts),
              .params = params,
              .check = crease_limits_check },
    .guarantee = "|x - x*|_D <= sigma |x - x0|_D and Q(x) - Q* <= sigma^2 |x - x0|_D^2 / 2",
    .identifies = "not by itself: the gap may vanish off the manifold; only as far as the iterates of "
                  "the solver do",
    .needs = CREASE_NEEDS_GAP | CREASE_NEEDS_CENTER,
    .tested = tested,
    .threshold = threshold,
};

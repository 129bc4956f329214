/* The three notions of an approximate proximal point with precision eps_t, in the metric, and how each is tested:
 *
 *   1   0 in the (eps^2/2)-subdifferential of Q at x:                 gap <= eps^2/2
 *   2   y = c - D x in the (eps^2/2)-subdifferential of w psi at x:   w psi(x) + (w psi)*(y) - <y, x> <= eps^2/2
 *   3   some s in dQ(x) with |s|_{D^-1} <= eps:                       |s| / sqrt(d_min) <= eps, s the least one
 *
 * In the paper D = I/lambda, z = D^-1 c is the point that is mapped, and 2 says that (z - x)/lambda is an
 * approximate subgradient of psi at x.
 *
 * 2 implies 1: its left side is the gap of the pair (x, c - D x), whose e is zero (see hpe.c). 3 implies 1: Q is
 * 1-strongly convex in |.|_D, so Q(x) - Q* <= 1/2 |s|^2_{D^-1}. Neither of 2 and 3 implies the other. All give
 * |x - x*|_D <= eps. Only 3 forces identification: off the manifold 1 and 2 may hold with any eps, while the
 * subgradients there stay away from zero.
 *
 * 2 wants c - D x itself to be dual feasible. For a norm that is the inside of its dual ball, whose boundary live
 * groups approach from either side, and from outside the left side is infinite: expect 2 to be met where the
 * conjugate is finite (Huber, an elastic net) or by solvers that keep their dual points feasible.
 * Source: Salzo and Villa, J. Convex Anal. 19 (2012), 1167-1192, approximations of type 1, 2 and 3. */
#include <math.h>

#include "limits.h"

enum { VALUE, SUBGRADIENT, RESIDUAL };
static const char *const approximations[] = { "1", "2", "3", NULL };

typedef struct {
    crease_limits limits;
    crease_tolerance tolerance;
    int approximation;
} salzo_villa_opts;

static const crease_param params[] = {
    CREASE_PARAM_CHOICE(
        salzo_villa_opts, approximation, VALUE, approximations,
        "1: the gap, 2: an approximate subgradient of psi, 3: an exact subgradient of Q"),
    CREASE_PARAM_TOLERANCE(salzo_villa_opts, 1e-2, CREASE_POWER, 2, "precision eps_t"),
    CREASE_PARAM_LIMITS(salzo_villa_opts, 1, 10000),
    CREASE_PARAM_END,
};

static double tested(const void *opts, const crease_progress *p)
{
    switch (((const salzo_villa_opts *)opts)->approximation) {
    case VALUE:
        return p->gap;
    case SUBGRADIENT:
        return p->fenchel;
    default:
        return p->residual == 0 ? 0 : p->residual / sqrt(p->least);
    }
}

/* Gaps grow like Q with the factor of the paper's objective, norms in the metric like its root. */
static double threshold(const void *opts, const crease_progress *p)
{
    const salzo_villa_opts *o = opts;
    double eps = sqrt(p->paper_scale) * crease_tolerance_at(&o->tolerance, p->t);
    return o->approximation == RESIDUAL ? eps : 0.5 * eps * eps;
}

const crease_stopping_type crease_stopping_salzo_villa = {
    .base = { .name = "salzo_villa",
              .summary =
                  "approximations of type 1 (gap), 2 (eps-subgradient of psi) or 3 (subgradient of Q)",
              .formula = "1: gap <= eps_t^2/2;  2: w psi(x) + (w psi)*(y) - <y, x> <= eps_t^2/2, y = c "
                         "- D x;  3: min { |s| : s "
                         "in dQ(x) } / sqrt(d_min) <= eps_t",
              .source = "Salzo, Villa, J. Convex Anal. 19 (2012), types 1, 2 and 3",
              .opts_size = sizeof(salzo_villa_opts),
              .params = params,
              .check = crease_limits_check },
    .guarantee = "Q(x) - Q* <= eps_t^2/2 and |x - x*|_D <= eps_t, of each type; 2 and 3 imply 1",
    .identifies = "approximation 3: yes, where eps_t sqrt(d_min) tends to zero, because the residual "
                  "vanishes with it; 1 and 2: "
                  "only as far as the iterates of the solver do",
    .needs = CREASE_NEEDS_GAP | CREASE_NEEDS_FENCHEL | CREASE_NEEDS_RESIDUAL,
    .tested = tested,
    .threshold = threshold,
};

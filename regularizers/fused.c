/* The fused lasso: pieces that are constant, many of them zero. Shrinking the total variation answer is a
 * minimizer only where the metric is constant; here the sizes enter the dynamic programme, as a kink of
 * every entry's objective at zero, which is exact in any diagonal metric (see src/core/chain_prox.c). The
 * certificate is two taut strings. Identification radius: none. Entry k of `weights` belongs to the edge
 * between entries k and k + 1 of a part, the last one of a part being unused. An infinite weight of a group
 * makes x constant on each run that edges hold together, and zero where one of its entries has a size. */
#include "crease/regularizer.h"

#include <float.h>
#include <math.h>

#include "core/chain.h"
#include "core/jacobian.h"
#include "core/sum.h"

typedef struct {
    double lambda;
    crease_numbers weights, mu;
} fused_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(fused_opts, lambda, 1, CREASE_GE(0), "factor on every edge's weight"),
    CREASE_PARAM_NUMBERS(fused_opts, weights, "1", CREASE_GE(0), "weights of edges, a part's last unused"),
    CREASE_PARAM_NUMBERS(fused_opts, mu, "1", CREASE_GE(0), "factors on the sizes of entries"),
    CREASE_PARAM_END,
};

static crease_chain chain_of(const crease_part *s, double w)
{
    const fused_opts *o = s->opts;
    return (crease_chain){ .s = s,
                           .edge = crease_chain_times(w * s->weight, o->lambda),
                           .size = w * s->weight,
                           .edges = &o->weights,
                           .sizes = &o->mu };
}

static const char *accepts(const crease_part *s)
{
    const fused_opts *o = s->opts;
    if (!crease_chain_edges_fit(&o->weights, s)) return "the number of weights is not that of the entries";
    return crease_numbers_fit(&o->mu, s) ? NULL : "the number of values of mu is not that of the entries";
}

static double value(const crease_part *s, const double *x)
{
    crease_chain chain = chain_of(s, 1);
    return crease_chain_value(&chain, x);
}

static double residual(const crease_part *s, const double *x, const double *g, double w)
{
    crease_chain chain = chain_of(s, w);
    return crease_chain_residual(&chain, x, g);
}

static int prox(const crease_part *s, const double *c, const double *d, double w, double *x,
                crease_prox_info *info)
{
    (void)info;
    crease_chain chain = chain_of(s, w);
    return crease_chain_prox(&chain, c, d, x);
}

static double scale(const crease_part *s)
{
    crease_chain chain = chain_of(s, 1);
    return crease_chain_scale(&chain);
}

/* --- the interval of the chain with the largest ratio ------------------------------------------- */

/* Over the intervals S of a .. end - 1: max (|sum_S y| - p cost(S)) / (q cost(S) + r count(S)), where cost
 * adds the sizes in S and the edges at those of its ends that are inside, and count is how many these are.
 * Both the unit ball of psi and the freedom of the multipliers of a zero piece come down to intervals,
 * since psi is additive over the level sets of x. */
typedef struct {
    const crease_chain *chain;
    const double *y;
    size_t a, end;
    double before, behind; /* added to the first y and the last */
    double p, q, r;
} search;

typedef struct {
    size_t a, end;
} interval;

static double pull(const search *f, size_t i)
{
    return f->y[i] + (i == f->a ? f->before : 0) + (i + 1 == f->end ? f->behind : 0);
}

static double load(const search *f, double cost, double t)
{
    return f->p * cost + t * (f->q * cost + f->r);
}

static double ratio(const search *f, interval s)
{
    crease_sum sum = { 0 }, cost = { 0 };
    double size = 0, count = (double)(s.end - s.a) + (s.a > f->a) + (s.end < f->end);
    for (size_t i = s.a; i < s.end; i++) {
        crease_sum_add(&sum, pull(f, i));
        crease_sum_add(&cost, crease_chain_size(f->chain, i));
        size += fabs(pull(f, i));
    }
    if (s.a > f->a) crease_sum_add(&cost, crease_chain_edge(f->chain, s.a - 1));
    if (s.end < f->end) crease_sum_add(&cost, crease_chain_edge(f->chain, s.end - 1));
    double over = fabs(crease_sum_value(&sum)) - f->p * crease_sum_value(&cost);
    double under = f->q * crease_sum_value(&cost) + f->r * count;
    if (under > 0) return over / under;
    return over > DBL_EPSILON * size ? INFINITY : 0;
}

/* The interval with the most |sum y| left over its load at t, in one pass a sign. */
static interval heaviest(const search *f, double t)
{
    interval best = { f->a, f->a + 1 };
    double most = -INFINITY;
    for (int sign = -1; sign <= 1; sign += 2) {
        size_t start = f->a;
        double run = 0;
        for (size_t i = f->a; i < f->end; i++) {
            double open = i > f->a ? -load(f, crease_chain_edge(f->chain, i - 1), t) : 0;
            if (i == f->a || run < open) {
                run = open;
                start = i;
            }
            run += sign * pull(f, i) - load(f, crease_chain_size(f->chain, i), t);
            double closed = i + 1 < f->end ? run - load(f, crease_chain_edge(f->chain, i), t) : run;
            if (closed > most) {
                most = closed;
                best = (interval){ start, i + 1 };
            }
        }
    }
    return best;
}

/* Dinkelbach's iteration (Management Science 13 (1967)): t rises from interval to interval. */
static double largest_ratio(const search *f)
{
    double t = f->r > 0 ? ratio(f, (interval){ f->a, f->a + 1 }) : 0;
    for (;;) {
        double next = ratio(f, heaviest(f, t));
        if (!(next > t) || isinf(next)) return fmax(t, next);
        t = next;
    }
}

static double dual_norm(const crease_part *s, const double *y)
{
    crease_chain chain = chain_of(s, 1);
    if (s->n == 0 || isinf(s->weight)) return 0;
    search f = { .chain = &chain, .y = y, .end = s->n, .q = 1 };
    return largest_ratio(&f);
}

/* --- structure: a unit an entry, then a unit an edge --------------------------------------------- */

static size_t units(const crease_part *s)
{
    return s->n > 0 ? 2 * s->n - 1 : 0;
}

static void signature(const crease_part *s, const double *x, crease_unit *unit)
{
    for (size_t i = 0; i < s->n; i++) unit[i] = x[i] != 0;
    crease_chain_jumps(s, x, unit + s->n);
}

static size_t dimension(const crease_part *s, const double *x, const crease_unit *unit)
{
    size_t pieces = 0;
    (void)x;
    for (size_t i = 0; i < s->n; i++) pieces += unit[i] != 0 && (i == 0 || unit[s->n + i - 1] != 0);
    return pieces;
}

/* The multipliers of a zero piece are not unique: the slack of all its units is the largest t with room for
 * multipliers that stay t inside all their bounds.                                                       */
static double zero_slack(const crease_chain *chain, const double *x, const double *g, size_t a, size_t end)
{
    search f = { .chain = chain, .y = g, .a = a, .end = end, .p = 1, .r = 1 };
    if (isinf(chain->s->weight)) return INFINITY;
    f.before = crease_chain_multiplier(chain, x, a - 1);
    f.behind = -crease_chain_multiplier(chain, x, end - 1);
    double slack = -largest_ratio(&f);
    for (size_t i = a; i < end; i++) { /* a bound has no more room than itself */
        slack = fmin(slack, crease_chain_size(chain, i));
        if (i + 1 < end) slack = fmin(slack, crease_chain_edge(chain, i));
    }
    return slack;
}

static void margins(const crease_part *s, const double *x, const double *g, double w, crease_margin *unit)
{
    crease_chain chain = chain_of(s, w);
    crease_chain_jump_margins(&chain, x, g, unit + s->n);
    for (size_t a = 0, end; a < s->n; a = end) {
        end = crease_chain_piece(s, x, a);
        double slack = x[a] == 0 ? zero_slack(&chain, x, g, a, end) : NAN;
        for (size_t i = a; i < end; i++) {
            unit[i] = (crease_margin){ .slack = slack, .size = x[a] == 0 ? NAN : fabs(x[a]) };
            if (x[a] == 0 && i + 1 < end) unit[s->n + i].slack = slack;
        }
    }
}

static void linearize(const crease_part *s, const double *u, double L, double w, const double *x, void *state)
{
    crease_chain chain = chain_of(s, w);
    (void)u, (void)L;
    crease_chain_linearize(&chain, x, state);
}

static const crease_math math = {
    .work = crease_chain_work,
    .accepts = accepts,
    .value = value,
    .residual = residual,
    .prox = prox,
    .dual_norm = dual_norm,
    .scale = scale,
    .units = units,
    .signature = signature,
    .dimension = dimension,
    .margins = margins,
    CREASE_CLASSES_JACOBIAN(linearize),
};

const crease_regularizer_type crease_regularizer_fused = {
    .base = { .name = "fused",
              .summary = "fused lasso: few jumps along a chain, and zeros",
              .formula = "psi(x) = sum_g weight_g (lambda sum_k weights_k |x_{k+1} - x_k| + sum_i mu_i |x_i|)",
              .source = "Tibshirani et al., JRSS B 67 (2005); oracle: Johnson, JCGS 22 (2013)",
              .opts_size = sizeof(fused_opts),
              .params = params },
    .flags = CREASE_CONVEX | CREASE_NORM,
    .exact = "any diagonal metric",
    .cost = "O(n)",
    .manifold = "vectors with the same zeros and jumps",
    .identification = "the room of the multipliers of zero entries and of edges without a jump",
    .math = &math,
};

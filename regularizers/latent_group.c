/* The latent group lasso: the nonzeros are a union of groups.
 *
 *     psi(x) = min { lambda sum_g weight_g |v_g|_2 : sum_g v_g = x, v_g = 0 outside g }
 *
 * Entries in no group, or in one of weight 0, cost nothing; those that only groups of infinite weight hold
 * are 0.
 *
 * Both psi and its oracle are minima over one number t_g >= 0 a group, v_g = t_g u_g (src/core/latent.h).
 * The oracle starts from a few sweeps of block descent over the v_g, each block one group lasso in the
 * metric D, and ends with projected Newton steps in t. Its certificate: u = c - Dx, scaled into all balls
 * |u_g| <= w lambda_g, is a point of the dual, and
 *     Q(x) - Q* <= 1/2 sum_i ((1 - theta) u_i)^2 / d_i + sum_g (w lambda_g |v_g| - theta <u_g, v_g>).
 * Groups are zero where the derivative in t_g says so; x_i is zero where all its groups are.
 *
 * psi itself is the minimum over t for the given x (d = 1, no quadratic): an upper bound, to about 1e-12
 * relative. Less where groups by far outnumber entries, their t is not unique and the scales span ten
 * decades. Residual: the subgradients at x are the u with |u_g| <= lambda_g and <u, x> = psi(x); they all
 * agree on the groups that are used, where u comes from the value problem, and elsewhere -g is scaled into
 * what the balls leave: a bound of the distance from above, 0 where that is 0, and no better than the value
 * problem was solved. Radius: none. */
#include <cblas.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "core/latent.h"

enum { DESCENT_SWEEPS = 3, VALUE_SWEEPS = 10 };

typedef struct {
    double lambda;
    long max_iters;
} latent_group_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(latent_group_opts, lambda, 1, CREASE_GE(0), "factor on every group's weight"),
    CREASE_PARAM_MAX_ITERS(latent_group_opts, 200, "most Newton steps"),
    CREASE_PARAM_END,
};

static const latent_group_opts *opts_of(const crease_part *s)
{
    return s->opts;
}

static size_t work(const crease_part *s)
{
    crease_arena arena = { 0 };
    crease_latent p;
    crease_latent_carve(&p, &arena, s);
    return arena.used;
}

static const char *accepts(const crease_part *s)
{
    return crease_lists_refusal(s, false);
}

static crease_latent pose(const crease_part *s, double w, bool *sound)
{
    crease_arena arena = { s->work, 0 };
    crease_latent p = { .e = 0 };
    crease_latent_carve(&p, &arena, s);
    *sound = crease_lists_build(&p.lists, s, w * opts_of(s)->lambda, true);
    return p;
}

/* --- value and certificate -------------------------------------------------------------------------- */

/* The best t for x: reweighting from t_k = |x_k| / r_k, which never makes it worse, then Newton. */
static void split(crease_latent *p, const double *x, long max_iters)
{
    p->c = x;
    p->e = 0;
    for (size_t k = 0; k < p->lists.count; k++) p->t[k] = crease_latent_norm(p, k, x) / p->lists.radius[k];
    for (unsigned sweep = 0; sweep < VALUE_SWEEPS; sweep++) {
        memset(p->total, 0, p->lists.n * sizeof(double));
        for (size_t k = 0; k < p->lists.count; k++)
            for (size_t j = p->lists.begin[k]; j < p->lists.begin[k + 1]; j++)
                p->total[p->lists.entry[j]] += p->t[k];
        for (size_t i = 0; i < p->lists.n; i++) p->u[i] = p->total[i] > 0 ? x[i] / p->total[i] : 0;
        for (size_t k = 0; k < p->lists.count; k++)
            p->t[k] *= crease_latent_norm(p, k, p->u) / p->lists.radius[k];
    }
    crease_latent_minimize(p, (unsigned)fmin((double)max_iters, 1e9));
}

static double value(const crease_part *s, const double *x)
{
    bool sound;
    crease_latent p = pose(s, 1, &sound);
    double sum = 0;
    for (size_t i = 0; i < s->n; i++)
        if (p.lists.forced[i] && x[i] != 0) return INFINITY;
    split(&p, x, opts_of(s)->max_iters);
    for (size_t k = 0; k < p.lists.count; k++)
        sum += p.lists.radius[k] * (p.t[k] * crease_latent_norm(&p, k, p.u));
    return sum;
}

/* The subgradient w u nearest to -g, or one not far from it, into p->u. Where T = 0 it is -g, scaled down
 * in every list to what the rest of it leaves; scaling down hurts no other list. */
static void complete(crease_latent *p, const double *g)
{
    for (size_t i = 0; i < p->lists.n; i++)
        if (p->total[i] == 0) p->u[i] = p->lists.cover[i] ? -g[i] : 0;
    for (size_t k = 0; k < p->lists.count; k++) {
        double held = 0, open = 0, radius = p->lists.radius[k];
        for (size_t j = p->lists.begin[k]; j < p->lists.begin[k + 1]; j++) {
            double u = p->u[p->lists.entry[j]] / radius,
                   *sum = p->total[p->lists.entry[j]] > 0 ? &held : &open;
            *sum += u * u;
        }
        if (held + open <= 1 || open == 0) continue;
        double factor = sqrt(fmax(0, 1 - held) / open);
        for (size_t j = p->lists.begin[k]; j < p->lists.begin[k + 1]; j++)
            if (p->total[p->lists.entry[j]] == 0) p->u[p->lists.entry[j]] *= factor;
    }
}

static double residual(const crease_part *s, const double *x, const double *g, double w)
{
    bool sound;
    crease_latent p = pose(s, w, &sound);
    split(&p, x, opts_of(s)->max_iters);
    complete(&p, g);
    for (size_t i = 0; i < s->n; i++) {
        if (p.lists.forced[i] && x[i] != 0) return INFINITY;
        p.u[i] = p.lists.forced[i] ? 0 : g[i] + p.u[i];
    }
    return cblas_dnrm2((blasint)s->n, p.u, 1);
}

/* --- the oracle ------------------------------------------------------------------------------------- */

static int check(const crease_latent *p, double *x)
{
    int code = CREASE_OK;
    for (size_t i = 0; i < p->lists.n; i++) {
        double c = p->c[i], d = p->d[i];
        if (!isfinite(c) || !isfinite(d)) return CREASE_ENAN;
        bool pinned = p->lists.forced[i] || p->lists.cover[i] || c == 0;
        if (d == 0 && !pinned) code = CREASE_EUNBOUNDED;
        x[i] = pinned ? 0 : c / d;
    }
    return code;
}

/* One sweep over the v_k, their sum in total; t_k = |v_k| / r_k. */
static bool descend(crease_latent *p)
{
    for (size_t k = 0; k < p->lists.count; k++) {
        const uint32_t *entry = p->lists.entry + p->lists.begin[k];
        double *v = p->v + p->lists.begin[k], s = 0;
        size_t n = crease_list_size(&p->lists, k);
        for (size_t j = 0; j < n; j++) {
            size_t i = entry[j];
            p->total[i] -= v[j];
            p->block[j] = p->c[i] - p->d[i] * p->total[i];
            p->block_d[j] = p->d[i];
        }
        crease_block kind = crease_block_solve(n, p->block, p->block_d, p->lists.radius[k], &s);
        if (kind == CREASE_BLOCK_UNBOUNDED) return false;
        for (size_t j = 0; j < n; j++) {
            v[j] = kind == CREASE_BLOCK_LIVE ? s * p->block[j] : 0;
            p->total[entry[j]] += v[j];
        }
        p->t[k] = s / p->lists.radius[k];
    }
    return true;
}

static bool begin(crease_latent *p)
{
    memset(p->v, 0, p->lists.total * sizeof(double));
    memset(p->total, 0, p->lists.n * sizeof(double));
    for (unsigned sweep = 0; sweep < DESCENT_SWEEPS; sweep++)
        if (!descend(p)) return false;
    return true;
}

/* |u_k|^2 where d > 0, over r_k^2; *flat: where d = 0. */
static double square_of(const crease_latent *p, size_t k, double *flat)
{
    double sum = 0;
    *flat = 0;
    for (size_t j = p->lists.begin[k]; j < p->lists.begin[k + 1]; j++) {
        double u = p->u[p->lists.entry[j]] / p->lists.radius[k];
        if (p->d[p->lists.entry[j]] > 0)
            sum += u * u;
        else
            *flat += u * u;
    }
    return sum;
}

/* The largest theta <= 1 that takes u, where d > 0, into all balls. */
static double into_balls(const crease_latent *p)
{
    double theta = 1, flat;
    for (size_t k = 0; k < p->lists.count; k++) {
        double square = square_of(p, k, &flat);
        if (square + flat > 1) theta = fmin(theta, sqrt(fmax(0, 1 - flat) / square));
    }
    return theta;
}

/* The bound at the top, with what rounding in the norms may hide. */
static double gap_of(const crease_latent *p)
{
    double theta = into_balls(p), gap = 0, norms = 0, flat;
    for (size_t i = 0; i < p->lists.n; i++) {
        double off = (1 - theta) * p->u[i];
        if (p->d[i] > 0) gap += 0.5 * off * (off / p->d[i]);
    }
    for (size_t k = 0; k < p->lists.count; k++) {
        double square = square_of(p, k, &flat), size = sqrt(square + flat),
               unit = p->lists.radius[k] * p->lists.radius[k];
        gap += unit * p->t[k] * fmax(0, size * (1 - size) + (1 - theta) * square);
        norms += unit * p->t[k] * size;
    }
    return gap + 8 * DBL_EPSILON * norms;
}

static int prox(const crease_part *s, const double *c, const double *d, double w, double *x,
                crease_prox_info *info)
{
    bool sound;
    crease_latent p = pose(s, w, &sound);
    if (!sound) return CREASE_ENOTSUP;
    p.c = c;
    p.d = d;
    p.e = 1;
    CREASE_TRY(check(&p, x));
    if (!begin(&p)) return CREASE_EUNBOUNDED;
    info->iterations = DESCENT_SWEEPS + crease_latent_minimize(&p, (unsigned)opts_of(s)->max_iters);
    for (size_t i = 0; i < s->n; i++)
        if (p.lists.cover[i]) x[i] = p.total[i] > 0 ? p.u[i] * p.total[i] + 0.0 : 0;
    info->exact = false;
    info->gap = gap_of(&p);
    return CREASE_OK;
}

/* --- structure -------------------------------------------------------------------------------------- */

static double dual_norm(const crease_part *s, const double *y)
{
    bool sound;
    crease_latent p = pose(s, 1, &sound);
    double largest = 0;
    for (size_t i = 0; i < s->n; i++)
        if (y[i] != 0 && !p.lists.cover[i] && !p.lists.forced[i]) return INFINITY;
    for (size_t k = 0; k < p.lists.count; k++)
        largest = fmax(largest, crease_latent_norm(&p, k, y) / p.lists.radius[k]);
    return largest;
}

static double scale(const crease_part *s)
{
    return crease_lists_scale(s, opts_of(s)->lambda);
}

/* A zero entry stays zero while none of its groups is used: while |g_k| < r_k for all of them. */
static void margins(const crease_part *s, const double *x, const double *g, double w, crease_margin *unit)
{
    bool sound;
    crease_latent p = pose(s, w, &sound);
    for (size_t i = 0; i < s->n; i++) {
        unit[i] = (crease_margin){ .slack = NAN, .size = fabs(x[i]) };
        if (x[i] != 0) continue;
        bool held = p.lists.forced[i] || p.lists.cover[i];
        unit[i] = (crease_margin){ .slack = held ? INFINITY : 0, .size = NAN };
    }
    for (size_t k = 0; k < p.lists.count; k++) {
        double radius = p.lists.radius[k], slack = radius - crease_latent_norm(&p, k, g);
        for (size_t j = p.lists.begin[k]; j < p.lists.begin[k + 1]; j++) {
            crease_margin *m = &unit[p.lists.entry[j]];
            if (x[p.lists.entry[j]] == 0 && slack < m->slack)
                *m = (crease_margin){ .slack = slack, .size = NAN, .threshold = radius };
        }
    }
}

static const crease_math math = {
    .work = work,
    .accepts = accepts,
    .value = value,
    .residual = residual,
    .prox = prox,
    .dual_norm = dual_norm,
    .scale = scale,
    .margins = margins,
};

const crease_regularizer_type crease_regularizer_latent_group = {
    .base = { .name = "latent_group",
              .summary = "latent group lasso: nonzeros are a union of groups that may overlap",
              .formula = "psi(x) = min { lambda sum_g weight_g |v_g|_2 : sum_g v_g = x, v_g = 0 outside g }",
              .source = "Jacob, Obozinski, Vert, ICML 2009; Obozinski, Jacob, Vert, arXiv 1110.0413",
              .opts_size = sizeof(latent_group_opts),
              .params = params },
    .flags = CREASE_CONVEX | CREASE_NORM | CREASE_COUPLED | CREASE_UNIT_ENTRY,
    .exactness = CREASE_ITERATIVE,
    .exact = "none; iterative with a certified gap",
    .reason = "it is iterative; refused are groups that list an entry twice",
    .cost = "O(sum of group sizes) a step of conjugate gradients",
    .manifold = "vectors with the same zeros",
    .identification = "lambda weight_g - |grad f(x*)_g| over the groups that are not used",
    .math = &math,
};

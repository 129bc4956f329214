/* lambda_max of a term. For the lasso this is max_j |x_j'(y - mean)| / n, where its paths begin
 * (Friedman, Hastie and Tibshirani, J. Stat. Softw. 33 (2010), section 2.5); for a norm the largest is
 * replaced by the dual norm. */
#include "scale_max.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "descent.h"

#define GOAL 1e-14 /* of the gradient over the entries in no term, against the whole at the start */

/* --- f over the entries in no term ---------------------------------------------------------------- */

/* One group of all entries of the term, whose weight forces it to zero. */
static int hold(crease_ctx *ctx, const crease_groups *of, size_t n, crease_groups *held)
{
    unsigned char *taken = crease_alloc(ctx, n, 1);
    uint32_t *index = crease_alloc(ctx, n, sizeof *index);
    size_t start[2] = { 0 };
    int code = taken && index ? CREASE_OK : CREASE_ENOMEM;
    for (size_t g = 0; code == CREASE_OK && g < of->count; g++)
        for (size_t k = 0; k < crease_group_size(of, g); k++) taken[crease_group_entry(of, g, k)] = 1;
    for (size_t i = 0; code == CREASE_OK && i < n; i++)
        if (taken[i]) index[start[1]++] = (uint32_t)i;
    if (code == CREASE_OK) code = crease_groups_from_lists(ctx, 1, start, index, held);
    if (code == CREASE_OK) code = crease_groups_set_weights(ctx, held, &(double){ INFINITY });
    crease_release(ctx, taken);
    crease_release(ctx, index);
    return code;
}

static double length(size_t n, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum = hypot(sum, x[i]);
    return sum;
}

/* From the origin to the minimizer; d then holds the gradient there. whole: its length at the start. */
static int descend(crease_descent *d, bool newton, double *whole)
{
    CREASE_TRY(crease_descent_measure(d));
    *whole = length(d->problem->n, d->g);
    if (!isfinite(*whole))
        return crease_fail(d->ctx, CREASE_ENAN, "the gradient of f at the origin is not finite");
    if (d->kkt.n_free == 0) return CREASE_OK;
    CREASE_TRY(crease_descent_run(d, GOAL * *whole, newton ? 30 : 2000, newton ? 500 : 200000));
    double most = fmax(1e-12, 1e3 * d->problem->backend->roundoff) * *whole;
    if (d->residual.absolute <= most) return CREASE_OK;
    return crease_fail(d->ctx, CREASE_ESHORT,
                       "f has not been minimized over the entries that no regularizer acts on: "
                       "its gradient there has length %.2g, above %.2g",
                       d->residual.absolute, most);
}

/* Forced entries are exactly zero, and so may the free part of the gradient be called. */
static int take_gradient(const crease_descent *d, double whole, double *g)
{
    size_t n = d->problem->n;
    memcpy(g, d->g, n * sizeof *g);
    for (size_t i = 0; i < d->kkt.n_free; i++) g[d->kkt.free[i]] = 0;
    if (length(n, g) > fmax(1e-13, 64 * d->problem->backend->roundoff) * whole) return CREASE_OK;
    return crease_fail(d->ctx, CREASE_ERANGE,
                       "the gradient of f is zero, up to rounding, where the regularized entries are "
                       "zero: so is the solution, with every factor");
}

/* g (n doubles) = grad f(b, 0); x = (b, 0). */
static int find_gradient(crease_problem *p, const crease_term *term, double *g, double *x)
{
    crease_groups held = { 0 };
    crease_descent d = { .ctx = p->ctx };
    crease_regularizer *psi = crease_regularizer_create(p->ctx, "group_l2");
    double *origin = crease_alloc(p->ctx, p->n, sizeof *origin);
    bool newton = p->type->curvature != NULL;
    double whole = 0;
    int code = psi && origin ? hold(p->ctx, term->groups, p->n, &held) : crease_ctx_error(p->ctx)->code;
    const crease_term forced = { psi, &held, term->block };
    if (code == CREASE_OK)
        code = crease_descent_create(p->ctx, p, &forced, 1, newton ? "manifold_newton" : "fista",
                                     origin, &d);
    if (code == CREASE_OK) code = descend(&d, newton, &whole);
    if (code == CREASE_OK) code = take_gradient(&d, whole, g);
    if (code == CREASE_OK && x) memcpy(x, d.x, p->n * sizeof *x);
    crease_descent_free(&d);
    crease_release(p->ctx, origin);
    crease_regularizer_free(psi);
    crease_groups_free(p->ctx, &held);
    return code;
}

/* --- the parts ------------------------------------------------------------------------------------ */

typedef struct {
    crease_ctx *ctx;
    crease_term term; /* with psi of scale 1 and no ridge */
    crease_regularizer psi;
    const double *g;
    double *zero, *piece; /* of the largest part */
    void *work;
} bench;

/* Whether -g is in s dpsi(0). */
static bool holds(const bench *b, const crease_part *part, double s)
{
    return crease_part_residual(&b->psi, part, b->zero, b->piece, s) == 0;
}

/* The least s that holds g: 0 where every s > 0 does, infinite where none does. */
static double least_holding(const bench *b, const crease_part *part)
{
    double high = length(part->n, b->piece), low;
    if (high == 0) return 0;
    while (high < DBL_MAX / 2 && !holds(b, part, high)) high *= 2;
    if (!holds(b, part, high)) return INFINITY;
    for (low = high / 2; low > DBL_MIN && holds(b, part, low); low /= 2) high = low;
    if (low <= DBL_MIN) return 0;
    for (;;) {
        double middle = low + (high - low) / 2;
        if (!(low < middle && middle < high)) return high;
        if (holds(b, part, middle))
            high = middle;
        else
            low = middle;
    }
}

static int fail_part(const bench *b, size_t k, const char *why)
{
    return crease_fail(b->ctx, CREASE_ENOTSUP,
                       "no factor on %s is the least that makes part %zu zero: %s",
                       b->psi.type->base.name, k, why);
}

/* The least s of part k. */
static int find_part(const bench *b, size_t k, double *s)
{
    crease_part part = crease_term_part(&b->term, k);
    part.work = b->work;
    const char *refusal = crease_part_refusal(&b->psi, &part);
    if (refusal) return fail_part(b, k, refusal);
    for (size_t i = 0; i < part.n; i++) b->piece[i] = 0;
    if (!holds(b, &part, 1)) return fail_part(b, k, "zero is not where it is least");
    for (size_t i = 0; i < part.n; i++) b->piece[i] = b->g[crease_part_entry(&b->term, k, i)];
    bool norm = crease_regularizer_is_norm(&b->psi);
    *s = norm ? crease_part_dual_norm(&b->psi, &part, b->piece) : least_holding(b, &part);
    if (isnan(*s))
        return crease_fail(b->ctx, CREASE_ENAN, "the dual norm of the gradient is not a number");
    if (isinf(*s)) return fail_part(b, k, "its subgradients at zero do not reach the gradient of f");
    if (*s == 0 && !norm && isfinite(part.weight) && length(part.n, b->piece) > 0)
        return fail_part(b, k, "it holds zero whatever the factor");
    return CREASE_OK;
}

static int find_largest(const bench *b, double *s)
{
    *s = 0;
    for (size_t k = 0; k < crease_term_parts(&b->term); k++) {
        double own = 0;
        CREASE_TRY(find_part(b, k, &own));
        *s = fmax(*s, own);
    }
    if (*s > 0) return CREASE_OK;
    return crease_fail(b->ctx, CREASE_ERANGE,
                       "infinite weights make the solution zero with every factor on %s",
                       b->psi.type->base.name);
}

int crease_scale_max(crease_problem *problem, const crease_term *term, double *s, double *x)
{
    crease_ctx *ctx = problem->ctx;
    const crease_regularizer *psi = term->psi;
    if (psi->type->flags & CREASE_CONSTRAINT)
        return crease_fail(ctx, CREASE_ENOTSUP, "%s is a constraint: a factor does not change it",
                           psi->type->base.name);
    size_t largest = crease_term_largest(term);
    double *g = crease_alloc(ctx, problem->n, sizeof *g),
           *pieces = crease_alloc(ctx, 2 * largest, sizeof *pieces);
    bench b = { .ctx = ctx,
                .term = *term,
                .psi = *psi,
                .g = g,
                .zero = pieces,
                .piece = pieces + largest,
                .work = crease_alloc(ctx, crease_term_work(term), sizeof(double)) };
    b.psi.scale = 1;
    b.psi.ridge = 0;
    b.term.psi = &b.psi;
    int code = g && pieces && b.work ? find_gradient(problem, term, g, x) : CREASE_ENOMEM;
    if (code == CREASE_OK) code = find_largest(&b, s);
    crease_release(ctx, g);
    crease_release(ctx, pieces);
    crease_release(ctx, b.work);
    return code;
}

double crease_own_lambda(const crease_regularizer *psi)
{
    for (const crease_param *p = psi->type->base.params; p && p->name; p++)
        if (strcmp(p->name, "lambda") == 0 && p->kind == CREASE_PARAM_KIND_REAL)
            return *(const double *)((const char *)psi->opts + p->offset);
    return 1;
}

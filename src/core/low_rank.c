/* The oracle in a metric that is diagonal plus or minus rank one; see low_rank.h. */
#include "crease/low_rank.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { MOST_EVALUATIONS = 300 }; /* a safeguard: every other step halves the bracket at the latest */

/* All on the host. x is the answer to `shifted`; part_x, part_c, part_d are of one part. */
typedef struct {
    const crease_subproblem *p;
    crease_term term;
    int sign;
    const double *u;
    double *c, *d, *shifted, *x, *part_c, *part_d, *part_x, *work;
    unsigned evaluations;
} low_rank;

static long double dot(size_t n, const double *a, const double *b)
{
    long double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (long double)a[i] * b[i];
    return sum;
}

/* --- setting up ------------------------------------------------------------------------------------ */

static const char *refusal(const crease_subproblem *p)
{
    unsigned flags = p->psi->type->flags;
    if (!(flags & CREASE_SEPARABLE)) return "couples entries";
    if (!(flags & CREASE_CONVEX)) return "is not convex: the equation for u'x may have no root";
    if (!p->groups->disjoint) return "has groups that overlap";
    return NULL;
}

static int check_parts(const low_rank *q)
{
    for (size_t k = 0; k < crease_term_parts(&q->term); k++) {
        crease_part s = crease_term_part(&q->term, k);
        const char *reason = crease_part_refusal(q->p->psi, &s);
        if (reason) return crease_fail(q->p->ctx, CREASE_ENOTSUP, "group %zu: %s", k, reason);
    }
    return CREASE_OK;
}

static int allocate(low_rank *q)
{
    size_t n = q->p->n, largest = crease_term_largest(&q->term);
    struct {
        double **array;
        size_t size;
    } wanted[] = {
        { &q->c, n },            { &q->d, n },           { &q->shifted, n },
        { &q->x, n },            { &q->part_c, largest }, { &q->part_d, largest },
        { &q->part_x, largest }, { &q->work, crease_term_work(&q->term) },
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        *wanted[i].array = crease_alloc(q->p->ctx, wanted[i].size, sizeof(double));
        if (!*wanted[i].array) return CREASE_ENOMEM;
    }
    return CREASE_OK;
}

static void release(low_rank *q)
{
    double *arrays[] = { q->c, q->d, q->shifted, q->x, q->part_c, q->part_d, q->part_x, q->work };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) crease_release(q->p->ctx, arrays[i]);
}

/* c and d, and kappa. */
static int load(low_rank *q, double *kappa)
{
    const crease_subproblem *p = q->p;
    long double sum = 0;
    p->backend->to_host(p->n, p->c, q->c);
    if (p->d) p->backend->to_host(p->n, p->d, q->d);
    for (size_t i = 0; i < p->n; i++) {
        if (!p->d) q->d[i] = p->scalar;
        if (!isfinite(q->c[i]) || !isfinite(q->d[i]) || !isfinite(q->u[i]))
            return crease_fail(p->ctx, CREASE_ENAN, "entry %zu of c, d or u is not finite", i);
        if (!(q->d[i] > 0))
            return crease_fail(p->ctx, CREASE_EINVAL, "d must be positive here, but entry %zu is %g", i,
                               q->d[i]);
        sum += (long double)q->u[i] * q->u[i] / q->d[i];
    }
    *kappa = (double)sum;
    if (q->sign < 0 && !(sum < 1))
        return crease_fail(p->ctx, CREASE_EINVAL, "D - u u' is not positive definite: u'D^-1 u is %.17g",
                           *kappa);
    return CREASE_OK;
}

/* --- one evaluation -------------------------------------------------------------------------------- */

static int solve_part(low_rank *q, size_t k)
{
    crease_part s = crease_term_part(&q->term, k);
    crease_prox_info info = { 0 };
    s.work = q->work;
    for (size_t i = 0; i < s.n; i++) {
        size_t entry = crease_part_entry(&q->term, k, i);
        q->part_c[i] = q->shifted[entry];
        q->part_d[i] = q->d[entry];
    }
    int code = crease_part_prox(q->p->psi, &s, q->part_c, q->part_d, q->p->w, q->part_x, &info);
    if (code != CREASE_OK)
        return crease_fail(q->p->ctx, code, "group %zu of the subproblem: %s", k,
                           crease_error_sentence(code));
    for (size_t i = 0; i < s.n; i++) q->x[crease_part_entry(&q->term, k, i)] = q->part_x[i];
    return CREASE_OK;
}

/* x = prox(c - sign beta u) in the metric D, and phi(beta). */
static int evaluate(low_rank *q, double beta, double *phi)
{
    q->evaluations++;
    for (size_t i = 0; i < q->p->n; i++) {
        q->shifted[i] = q->c[i] - q->sign * beta * q->u[i];
        q->x[i] = q->shifted[i] / q->d[i];
    }
    for (size_t k = 0; q->p->w > 0 && k < crease_term_parts(&q->term); k++) CREASE_TRY(solve_part(q, k));
    *phi = (double)(beta - dot(q->p->n, q->u, q->x));
    return CREASE_OK;
}

/* --- the root -------------------------------------------------------------------------------------- */

/* Two ends with phi of either sign. Secants between them, an end that stays being weighed down (Anderson and
 * Bjorck, BIT 13 (1973)), and bisection where two steps have not halved the bracket. */
typedef struct {
    double at, phi;
} end;

static double next_point(const end *a, const end *b, bool halve)
{
    double middle = a->at + (b->at - a->at) / 2;
    double secant = b->at - b->phi * ((b->at - a->at) / (b->phi - a->phi));
    bool inside = (secant - a->at) * (secant - b->at) < 0;
    return halve || !inside ? middle : secant;
}

/* b is the newest point. */
static void take(end *a, end *b, end now)
{
    if ((now.phi > 0) != (b->phi > 0)) {
        *a = *b;
    } else {
        double weight = 1 - now.phi / b->phi;
        a->phi *= weight > 0 ? weight : 0.5;
    }
    *b = now;
}

static int find_root(low_rank *q, double slowest, double *beta)
{
    end a = { 0 }, b, best;
    double width[2] = { INFINITY, INFINITY };
    CREASE_TRY(evaluate(q, 0, &a.phi));
    best = b = a;
    for (double reach = 1; a.phi != 0 && (a.phi > 0) == (b.phi > 0) && isfinite(reach); reach *= 2) {
        b.at = -a.phi / slowest * reach; /* rounding may make it fall short */
        CREASE_TRY(evaluate(q, b.at, &b.phi));
        if (fabs(b.phi) < fabs(best.phi)) best = b;
    }
    while (fabs(best.phi) > DBL_EPSILON * fabs(best.at) && q->evaluations < MOST_EVALUATIONS) {
        double size = fabs(b.at - a.at);
        end now = { .at = next_point(&a, &b, size > width[1] / 2) };
        if (now.at == a.at || now.at == b.at) break;
        CREASE_TRY(evaluate(q, now.at, &now.phi));
        if (fabs(now.phi) < fabs(best.phi)) best = now;
        take(&a, &b, now);
        width[1] = width[0];
        width[0] = size;
    }
    *beta = best.at;
    return CREASE_OK;
}

/* --- the certificate ------------------------------------------------------------------------------- */

/* The gradient Dx + sign u u'x - c replaces `shifted`; where no group is, it must vanish. */
static double least_subgradient(low_rank *q)
{
    size_t n = q->p->n;
    double *h = q->shifted;
    double free_sum = 0;
    long double beta = dot(n, q->u, q->x);
    for (size_t i = 0; i < n; i++)
        h[i] = (double)((long double)q->d[i] * q->x[i] + q->sign * beta * q->u[i] - q->c[i]);
    double penalized = q->p->w > 0 ? crease_term_residual_sq(&q->term, q->x, h, q->p->w, q->work) : 0;
    for (size_t k = 0; q->p->w > 0 && k < crease_term_parts(&q->term); k++) {
        crease_part s = crease_term_part(&q->term, k);
        for (size_t i = 0; i < s.n; i++) h[crease_part_entry(&q->term, k, i)] = 0;
    }
    for (size_t i = 0; i < n; i++) free_sum = hypot(free_sum, h[i]);
    return hypot(sqrt(penalized), free_sum);
}

static void certify(low_rank *q, double beta, double kappa, crease_low_rank_info *info)
{
    double scale = 0, absolute = least_subgradient(q);
    for (size_t i = 0; i < q->p->n; i++) scale = hypot(scale, q->c[i]);
    for (size_t k = 0; q->p->w > 0 && k < crease_term_parts(&q->term); k++) {
        crease_part s = crease_term_part(&q->term, k);
        s.work = q->work;
        scale = fmax(scale, q->p->w * crease_part_scale(q->p->psi, &s));
    }
    *info = (crease_low_rank_info){ .evaluations = q->evaluations,
                                    .beta = beta,
                                    .kappa = kappa,
                                    .absolute = absolute,
                                    .relative = absolute == 0 ? 0 : absolute / scale };
}

static int solve(low_rank *q, double *x, crease_low_rank_info *info)
{
    double kappa = 0, beta = 0, phi;
    CREASE_TRY(check_parts(q));
    CREASE_TRY(allocate(q));
    CREASE_TRY(load(q, &kappa));
    CREASE_TRY(find_root(q, q->sign > 0 ? 1 : 1 - kappa, &beta));
    CREASE_TRY(evaluate(q, beta, &phi));
    if (info) certify(q, beta, kappa, info);
    memcpy(x, q->x, q->p->n * sizeof *x);
    return CREASE_OK;
}

int crease_prox_low_rank(const crease_subproblem *p, int sign, const double *u, double *x,
                         crease_low_rank_info *info)
{
    low_rank q = { .p = p, .term = { p->psi, p->groups, NULL }, .sign = sign, .u = u };
    const char *reason = refusal(p);
    if (sign != 1 && sign != -1)
        return crease_fail(p->ctx, CREASE_EINVAL, "sign is %d, but must be 1 or -1", sign);
    if (reason) return crease_fail(p->ctx, CREASE_ENOTSUP, "%s %s", p->psi->type->base.name, reason);
    int code = solve(&q, x, info);
    release(&q);
    return code;
}

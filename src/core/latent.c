/* Newton's method for the problem in t, projected on t >= 0 (Bertsekas, SICON 20 (1982)): lists that a step
 * of their own would carry to 0 go there, the others take a joint step found by conjugate gradients. */
#include "latent.h"

#include <cblas.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum { CG_CAP = 300, HALVINGS = 8, PATIENCE = 4 };

static const double LEAST_DAMPING = 1e-12, MOST_DAMPING = 1e3, NEAR = 1e-3;

void crease_latent_carve(crease_latent *p, crease_arena *arena, const crease_part *s)
{
    size_t groups = s->groups->count, largest = crease_groups_largest(s->groups);
    double **of_lists[] = { &p->t,    &p->trial, &p->best,      &p->gradient, &p->diag,
                            &p->step, &p->rest,  &p->direction, &p->image };
    double **of_n[] = { &p->total, &p->u, &p->weight, &p->mixed };
    crease_lists_carve(&p->lists, arena, s);
    for (size_t k = 0; k < 9; k++) *of_lists[k] = crease_carve(arena, groups, sizeof(double));
    for (size_t k = 0; k < 4; k++) *of_n[k] = crease_carve(arena, s->n, sizeof(double));
    p->v = crease_carve(arena, s->groups->entries, sizeof(double));
    p->block = crease_carve(arena, largest, sizeof(double));
    p->block_d = crease_carve(arena, largest, sizeof(double));
    p->bound = crease_carve(arena, groups, 1);
}

double crease_latent_norm(crease_latent *p, size_t k, const double *u)
{
    crease_list_gather(&p->lists, k, u, p->block);
    return cblas_dnrm2((blasint)crease_list_size(&p->lists, k), p->block, 1);
}

static void scatter(const crease_latent *p, const double *lists, double *entries)
{
    memset(entries, 0, p->lists.n * sizeof(double));
    for (size_t k = 0; k < p->lists.count; k++)
        for (size_t j = p->lists.begin[k]; j < p->lists.begin[k + 1]; j++)
            entries[p->lists.entry[j]] += lists[k];
}

static double metric(const crease_latent *p, size_t i)
{
    return p->d ? p->d[i] : 1;
}

/* T and u at t. False: some x_i != 0 is given no list. */
static bool evaluate(crease_latent *p, const double *t)
{
    scatter(p, t, p->total);
    for (size_t i = 0; i < p->lists.n; i++) {
        double c = p->lists.cover[i] ? p->c[i] : 0, below = p->e + metric(p, i) * p->total[i];
        if (c != 0 && below == 0) return false;
        p->u[i] = c != 0 ? c / below : 0;
    }
    return true;
}

/* At the t that was evaluated: derivatives, and the largest violation of |u_k| <= r_k, = r_k where t_k > 0.
 */
static double differentiate(crease_latent *p, const double *t)
{
    double worst = 0;
    for (size_t i = 0; i < p->lists.n; i++) {
        double below = p->e + metric(p, i) * p->total[i];
        p->weight[i] = below > 0 ? metric(p, i) * (p->u[i] * (p->u[i] / below)) : 0;
    }
    for (size_t k = 0; k < p->lists.count; k++) {
        double size = crease_latent_norm(p, k, p->u), off = 1 - size / p->lists.radius[k];
        p->gradient[k] = 0.5 * (p->lists.radius[k] - size) * (p->lists.radius[k] + size);
        p->diag[k] = 0;
        for (size_t j = p->lists.begin[k]; j < p->lists.begin[k + 1]; j++)
            p->diag[k] += p->weight[p->lists.entry[j]];
        p->bound[k] = p->gradient[k] > 0 && t[k] * p->diag[k] <= p->gradient[k];
        worst = fmax(worst, t[k] > 0 ? fabs(off) : -off);
    }
    return worst;
}

/* image = (Hessian + damping of its diagonal) direction, on the lists that are not bound. */
static double apply(crease_latent *p)
{
    double curvature = 0;
    scatter(p, p->direction, p->mixed);
    for (size_t k = 0; k < p->lists.count; k++) {
        p->image[k] = 0;
        if (p->bound[k]) continue;
        for (size_t j = p->lists.begin[k]; j < p->lists.begin[k + 1]; j++)
            p->image[k] += p->weight[p->lists.entry[j]] * p->mixed[p->lists.entry[j]];
        p->image[k] += p->damping * p->diag[k] * p->direction[k];
        curvature += p->image[k] * p->direction[k];
    }
    return curvature;
}

static double preconditioned(const crease_latent *p, size_t k)
{
    return !p->bound[k] && p->diag[k] > 0 ? p->rest[k] / p->diag[k] : 0;
}

/* The square of the rest; *worst: the largest over its list's r_k^2, whatever its scale. */
static double rest_of(const crease_latent *p, double *worst)
{
    double sum = 0;
    *worst = 0;
    for (size_t k = 0; k < p->lists.count; k++) {
        if (p->bound[k]) continue;
        sum += p->rest[k] * preconditioned(p, k);
        *worst = fmax(*worst, fabs(p->rest[k] / p->lists.radius[k]) / p->lists.radius[k]);
    }
    return sum;
}

/* The step: to 0 where bound, else Newton's with what those steps change left out. Its error is small
 * beside `off`, what t is off by: in the norm of the preconditioner, and near the end in every list. */
static void solve(crease_latent *p, const double *t, double off)
{
    double enough = fmax(1e-24, fmin(1e-2, off * off));
    for (size_t k = 0; k < p->lists.count; k++) {
        p->step[k] = p->bound[k] ? -t[k] : 0;
        p->rest[k] = -p->gradient[k];
        p->direction[k] = preconditioned(p, k);
    }
    double worst, begin = rest_of(p, &worst), now = begin;
    for (unsigned s = 0; s < CG_CAP && (now > enough * begin || (off < NEAR && worst > 0.1 * off * off));
         s++) {
        double curvature = apply(p);
        if (!(curvature > 0)) break;
        for (size_t k = 0; k < p->lists.count; k++) {
            if (p->bound[k]) continue;
            p->step[k] += now / curvature * p->direction[k];
            p->rest[k] -= now / curvature * p->image[k];
        }
        double next = rest_of(p, &worst);
        for (size_t k = 0; k < p->lists.count; k++)
            p->direction[k] = preconditioned(p, k) + next / now * p->direction[k];
        now = next;
    }
}

/* What the objective gains from t to trial, list by list: 1/2 sum_k (trial_k - t_k) (r_k^2 - <u_k, u'_k>)
 * with u' at t (in mixed), exactly. *noise: what rounding makes of it. */
static double change(const crease_latent *p, double *noise)
{
    double sum = 0;
    *noise = 0;
    for (size_t k = 0; k < p->lists.count; k++) {
        double by = p->trial[k] - p->t[k], square = p->lists.radius[k] * p->lists.radius[k], inner = 0;
        for (size_t j = p->lists.begin[k]; j < p->lists.begin[k + 1] && by != 0; j++)
            inner += p->u[p->lists.entry[j]] * p->mixed[p->lists.entry[j]];
        sum += 0.5 * by * (square - inner);
        *noise += 8 * DBL_EPSILON * fabs(by) * square;
    }
    return sum;
}

/* e = 0: a list that was the last to hold an x_i != 0 does not go to 0 at once. */
static void hold(crease_latent *p)
{
    for (size_t k = 0; k < p->lists.count; k++) {
        if (p->trial[k] > 0) continue;
        for (size_t j = p->lists.begin[k]; j < p->lists.begin[k + 1]; j++)
            if (p->total[p->lists.entry[j]] == 0 && p->c[p->lists.entry[j]] != 0) p->trial[k] = 0.1 * p->t[k];
    }
}

/* t along the projected step, where the objective falls as it should or rounding hides it. False: nowhere. */
static bool move(crease_latent *p)
{
    double length = 1, noise;
    memcpy(p->mixed, p->u, p->lists.n * sizeof(double));
    for (unsigned s = 0; s < HALVINGS; s++, length *= 0.5) {
        double predicted = 0;
        for (size_t k = 0; k < p->lists.count; k++) p->trial[k] = fmax(0, p->t[k] + length * p->step[k]);
        if (!evaluate(p, p->trial)) {
            hold(p);
            if (!evaluate(p, p->trial)) continue;
        }
        for (size_t k = 0; k < p->lists.count; k++) predicted += p->gradient[k] * (p->trial[k] - p->t[k]);
        double by = change(p, &noise);
        if (!(by <= 1e-4 * predicted || fmax(by, fabs(predicted)) <= noise)) continue;
        memcpy(p->t, p->trial, p->lists.count * sizeof(double));
        return true;
    }
    return false;
}

unsigned crease_latent_minimize(crease_latent *p, unsigned most)
{
    size_t bytes = p->lists.count * sizeof(double);
    double least = INFINITY;
    unsigned t = 0, idle = 0;
    bool going = evaluate(p, p->t);
    memcpy(p->best, p->t, bytes);
    p->damping = LEAST_DAMPING;
    for (; t < most && idle < PATIENCE && going; t++) {
        double worst = differentiate(p, p->t);
        idle = worst < 0.9 * least || worst > 1e-7 ? 0 : idle + 1;
        if (worst < least) {
            least = worst;
            memcpy(p->best, p->t, bytes);
        }
        if (worst <= 2 * DBL_EPSILON) break;
        solve(p, p->t, worst);
        while (!(going = move(p)) && p->damping < MOST_DAMPING) {
            p->damping *= 1e3;
            evaluate(p, p->t);
            solve(p, p->t, fmax(worst, NEAR));
        }
        p->damping = fmax(LEAST_DAMPING, 1e-3 * p->damping);
    }
    memcpy(p->t, p->best, bytes);
    evaluate(p, p->t);
    return t;
}

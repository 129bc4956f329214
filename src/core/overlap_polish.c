/* The objective with the zero groups taken out is smooth where no other |x_k| is 0:
 *     gradient_i = x_i E_i - c_i,  E = D + sum_k (r_k / |x_k|) I_k,
 *     Hessian = E - sum_k (r_k / |x_k|) u_k u_k',  u_k = x_k / |x_k|.
 * Newton steps by conjugate gradients, preconditioned. A step that carries a list across 0 asks whether
 * x_k = 0 is best on the ray from x_k to 0: by convexity it is iff the slope there, where the norms of the
 * lists with all their nonzeros in k fall with it, is not negative. Then k becomes zero.                 */
#include <cblas.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "overlap.h"

enum { NEWTON_CAP = 50, CG_CAP = 400, HALVINGS = 30 };

static const double SWALLOWED = 1e-13;

static bool enter(const crease_overlap *o, size_t e) /* place e of the lists holds a nonzero */
{
    return o->x[o->lists.entry[e]] != 0;
}

static double norm_of(const crease_overlap *o, size_t k, const double *x)
{
    crease_list_gather(&o->lists, k, x, o->block);
    return cblas_dnrm2((blasint)crease_list_size(&o->lists, k), o->block, 1);
}

static double inner_of(const crease_overlap *o, size_t k, const double *a, const double *b)
{
    double sum = 0;
    for (size_t e = o->lists.begin[k]; e < o->lists.begin[k + 1]; e++)
        sum += a[o->lists.entry[e]] * b[o->lists.entry[e]];
    return sum;
}

/* owner[first[i]] .. owner[first[i + 1] - 1]: the lists that hold entry i. */
static void transpose(crease_overlap *o)
{
    const crease_lists *l = &o->lists;
    o->first[0] = 0;
    for (size_t i = 0; i < l->n; i++) {
        o->first[i + 1] = o->first[i] + l->cover[i];
        l->scratch[i] = o->first[i];
    }
    for (size_t k = 0; k < l->count; k++)
        for (size_t e = l->begin[k]; e < l->begin[k + 1]; e++)
            o->owner[l->scratch[l->entry[e]]++] = (uint32_t)k;
}

/* --- components ------------------------------------------------------------------------------------- */

static size_t root_of(crease_overlap *o, size_t k)
{
    while (o->label[k] != k) {
        o->label[k] = o->label[o->label[k]];
        k = o->label[k];
    }
    return k;
}

void crease_overlap_label(crease_overlap *o, const double *x)
{
    for (size_t k = 0; k < o->lists.count; k++) {
        o->label[k] = k;
        o->length[k] = 1;
    }
    for (size_t i = 0; i < o->lists.n; i++)
        for (size_t f = o->first[i] + 1; x[i] != 0 && f < o->first[i + 1]; f++) {
            size_t a = root_of(o, o->owner[f - 1]), b = root_of(o, o->owner[f]);
            if (a < b)
                o->label[b] = a;
            else
                o->label[a] = b;
        }
    for (size_t k = 0; k < o->lists.count; k++) o->label[k] = root_of(o, k);
}

size_t crease_overlap_component(const crease_overlap *o, size_t i)
{
    return o->label[o->owner[o->first[i]]];
}

/* --- Newton's equation ------------------------------------------------------------------------------ */

/* Components so near to 0 that E swallows their curvature x'Dx become zero: if they are not, the
 * multipliers will say so and where to go. Labels all. */
static void prune(crease_overlap *o)
{
    double *norms = o->slope, *curvature = o->before;
    crease_overlap_label(o, o->x);
    for (size_t k = 0; k < o->lists.count; k++) norms[k] = curvature[k] = 0;
    for (size_t k = 0; k < o->lists.count; k++)
        norms[o->label[k]] += o->lists.radius[k] * norm_of(o, k, o->x);
    for (size_t i = 0; i < o->lists.n; i++)
        if (o->x[i] != 0) curvature[crease_overlap_component(o, i)] += o->x[i] * (o->d[i] * o->x[i]);
    for (size_t i = 0; i < o->lists.n; i++) {
        if (o->x[i] == 0) continue;
        size_t c = crease_overlap_component(o, i);
        if (curvature[c] <= SWALLOWED * norms[c]) o->x[i] = 0;
    }
}

/* Norms, E and the gradient at x. Returns its square over that of c, the larger of those in the metric 1/E
 * and in the Euclidean one.                                                                             */
static double differentiate(crease_overlap *o)
{
    const crease_lists *l = &o->lists;
    double sum = 0, whole = 0, plain = 0, plain_whole = 0;
    memcpy(o->diag, o->d, l->n * sizeof(double));
    for (size_t k = 0; k < l->count; k++) {
        o->size[k] = norm_of(o, k, o->x);
        o->filled[k] = 0;
        for (size_t e = l->begin[k]; e < l->begin[k + 1] && o->size[k] > 0; e++) {
            o->diag[l->entry[e]] += l->radius[k] / o->size[k];
            o->filled[k] += enter(o, e);
        }
    }
    for (size_t i = 0; i < l->n; i++) {
        double c = o->c[i], g = o->gradient[i] = o->x[i] != 0 ? o->x[i] * o->diag[i] - c : 0;
        if (o->x[i] == 0) continue;
        sum += g * (g / o->diag[i]);
        whole += c * (c / o->diag[i]);
        plain += g * g;
        plain_whole += c * c;
    }
    return whole > 0 ? fmax(sum / whole, plain / plain_whole) : 0;
}

/* image = Hessian direction */
static void apply(crease_overlap *o)
{
    const crease_lists *l = &o->lists;
    for (size_t i = 0; i < l->n; i++) o->image[i] = o->diag[i] * o->direction[i];
    for (size_t k = 0; k < l->count; k++) {
        if (o->size[k] == 0) continue;
        double along = inner_of(o, k, o->x, o->direction) / o->size[k], curvature = l->radius[k] / o->size[k];
        for (size_t e = l->begin[k]; e < l->begin[k + 1]; e++)
            o->image[l->entry[e]] -= curvature * along * (o->x[l->entry[e]] / o->size[k]);
    }
}

/* The diagonal of K^-1 - U'E^-1 U, where the Hessian is E - U K U'. */
static void reduce(crease_overlap *o)
{
    const crease_lists *l = &o->lists;
    for (size_t k = 0; k < l->count; k++) {
        double curvature = l->radius[k] / o->size[k];
        o->schur[k] = 0;
        for (size_t e = l->begin[k]; e < l->begin[k + 1] && o->size[k] > 0; e++) {
            size_t i = l->entry[e];
            double u = o->x[i] / o->size[k];
            if (u != 0) o->schur[k] += u * u * ((o->diag[i] - curvature) / (curvature * o->diag[i]));
        }
    }
}

/* image = the inverse Hessian by Woodbury's formula, of K^-1 - U'E^-1 U only the diagonal, times rest.
 * Returns rest'image.                                                                                   */
static double precondition(crease_overlap *o)
{
    const crease_lists *l = &o->lists;
    double sum = 0;
    for (size_t i = 0; i < l->n; i++) {
        o->image[i] = o->x[i] != 0 ? o->rest[i] / o->diag[i] : 0;
        sum += o->rest[i] * o->image[i];
    }
    for (size_t k = 0; k < l->count; k++) {
        double along = 0;
        if (!(o->schur[k] > 0)) continue;
        for (size_t e = l->begin[k]; e < l->begin[k + 1]; e++) {
            size_t i = l->entry[e];
            along += o->x[i] / o->size[k] * (o->rest[i] / o->diag[i]);
        }
        sum += along * (along / o->schur[k]);
        for (size_t e = l->begin[k]; e < l->begin[k + 1]; e++) {
            size_t i = l->entry[e];
            o->image[i] += along / o->schur[k] * (o->x[i] / o->size[k]) / o->diag[i];
        }
    }
    return sum;
}

/* step = - Hessian^-1 gradient, to this relative error of the squared residual. */
static void solve(crease_overlap *o, double enough)
{
    size_t n = o->lists.n;
    for (size_t i = 0; i < n; i++) {
        o->step[i] = 0;
        o->rest[i] = -o->gradient[i];
    }
    reduce(o);
    double begin = precondition(o), now = begin;
    memcpy(o->direction, o->image, n * sizeof(double));
    for (unsigned t = 0; t < CG_CAP && now > enough * begin; t++) {
        apply(o);
        double curvature = 0;
        for (size_t i = 0; i < n; i++) curvature += o->direction[i] * o->image[i];
        if (!(curvature > 0)) break;
        for (size_t i = 0; i < n; i++) {
            if (o->x[i] == 0) continue;
            o->step[i] += now / curvature * o->direction[i];
            o->rest[i] -= now / curvature * o->image[i];
        }
        double next = precondition(o);
        for (size_t i = 0; i < n; i++) o->direction[i] = o->image[i] + next / now * o->direction[i];
        now = next;
    }
}

/* --- groups that become zero ----------------------------------------------------------------------- */

/* Marks the nonzeros of list k; adds to the slope at 0 of the ray from the marked entries of x to 0. */
static void visit(crease_overlap *o, size_t k, double *slope)
{
    for (size_t e = o->lists.begin[k]; e < o->lists.begin[k + 1]; e++) {
        size_t i = o->lists.entry[e];
        if (o->x[i] == 0 || o->marked[i]) continue;
        o->marked[i] = 1;
        *slope -= o->c[i] * o->x[i];
        for (size_t f = o->first[i]; f < o->first[i + 1]; f++) {
            size_t owner = o->owner[f];
            if (++o->inside[owner] == o->filled[owner]) *slope += o->lists.radius[owner] * o->size[owner];
        }
    }
}

/* Undoes that; the entries become zero if asked. */
static void unmark(crease_overlap *o, size_t k, bool zero)
{
    for (size_t e = o->lists.begin[k]; e < o->lists.begin[k + 1]; e++) {
        size_t i = o->lists.entry[e];
        if (!o->marked[i]) continue;
        o->marked[i] = 0;
        if (zero) o->x[i] = 0;
        for (size_t f = o->first[i]; f < o->first[i + 1]; f++) o->inside[o->owner[f]]--;
    }
}

/* Does x + step carry list k to the other side of 0, or there? */
static bool crosses(const crease_overlap *o, size_t k)
{
    return o->size[k] > 0 && o->size[k] * o->size[k] + inner_of(o, k, o->x, o->step) <= 0;
}

/* Zero what should be, list by list, then those left in one component together. Such a component does not
 * move. */
static void drop(crease_overlap *o)
{
    for (size_t k = 0; k < o->lists.count; k++) {
        double slope = 0;
        o->slope[k] = 0;
        o->crossing[k] = crosses(o, k);
        if (!o->crossing[k]) continue;
        visit(o, k, &slope);
        unmark(o, k, false);
        if (slope >= 0) o->crossing[k] = 2;
    }
    for (size_t k = 0; k < o->lists.count; k++)
        if (o->crossing[k] == 1) visit(o, k, &o->slope[o->label[k]]);
    for (size_t k = 0; k < o->lists.count; k++) {
        if (o->crossing[k] == 1) unmark(o, k, o->slope[o->label[k]] >= 0);
        if (o->crossing[k] == 1 && o->slope[o->label[k]] >= 0) o->length[o->label[k]] = 0;
    }
    for (size_t k = 0; k < o->lists.count; k++) {
        if (o->crossing[k] != 2) continue;
        o->length[o->label[k]] = 0;
        for (size_t e = o->lists.begin[k]; e < o->lists.begin[k + 1]; e++) o->x[o->lists.entry[e]] = 0;
    }
}

/* --- the step --------------------------------------------------------------------------------------- */

/* The longest steps that keep every list on its side of 0, at most 1. */
static void limit(crease_overlap *o)
{
    for (size_t k = 0; k < o->lists.count; k++) {
        double *length = &o->length[o->label[k]], square = o->size[k] * o->size[k];
        if (o->size[k] == 0 || *length == 0) continue;
        double inner = inner_of(o, k, o->x, o->step);
        if (square + inner <= 0) *length = fmin(*length, 0.9 * square / -inner);
    }
}

/* The slopes of the objective along the steps, at o->image = x + factor length step. */
static void slopes_at(crease_overlap *o, double factor, double *slope)
{
    for (size_t k = 0; k < o->lists.count; k++) slope[k] = 0;
    for (size_t i = 0; i < o->lists.n; i++) {
        o->image[i] = o->x[i];
        if (o->x[i] == 0) continue;
        size_t c = crease_overlap_component(o, i);
        o->image[i] += factor * o->length[c] * o->step[i];
        slope[c] += o->step[i] * (o->d[i] * o->image[i] - o->c[i]);
    }
    for (size_t k = 0; k < o->lists.count; k++) {
        double size = o->size[k] > 0 && o->length[o->label[k]] > 0 ? norm_of(o, k, o->image) : 0;
        if (size > 0) slope[o->label[k]] += o->lists.radius[k] * (inner_of(o, k, o->image, o->step) / size);
    }
}

/* Moves each component to where the slope along its step has at least halved, or turned by less than that.
 * False: none moved, and none was dropped.                                                               */
static bool move(crease_overlap *o)
{
    bool again = true, any = false;
    for (size_t k = 0; k < o->lists.count; k++) any |= o->length[k] == 0;
    limit(o);
    slopes_at(o, 0, o->before);
    for (unsigned t = 0; again; t++) {
        again = false;
        slopes_at(o, 1, o->slope);
        for (size_t k = 0; k < o->lists.count; k++) {
            if (o->label[k] != k || o->length[k] == 0 || o->slope[k] <= 0.5 * fabs(o->before[k])) continue;
            o->length[k] = t < HALVINGS ? 0.5 * o->length[k] : 0;
            again = true;
        }
    }
    for (size_t k = 0; k < o->lists.count; k++) any |= o->label[k] == k && o->size[k] > 0 && o->length[k] > 0;
    memcpy(o->x, o->image, o->lists.n * sizeof(double));
    return any;
}

bool crease_overlap_polish(crease_overlap *o, double enough)
{
    double before = INFINITY, rounding = 4 * DBL_EPSILON * DBL_EPSILON;
    transpose(o);
    memset(o->inside, 0, o->lists.count * sizeof *o->inside);
    memset(o->marked, 0, o->lists.n);
    for (unsigned t = 0; t < NEWTON_CAP; t++) {
        prune(o);
        double now = differentiate(o);
        if (now <= fmax(enough, rounding) || (now > 0.5 * before && now <= 1e8 * rounding)) return true;
        solve(o, fmax(1e-20, fmin(1e-2, now)));
        drop(o);
        if (!move(o)) break;
        before = now;
    }
    prune(o);
    differentiate(o);
    return false;
}

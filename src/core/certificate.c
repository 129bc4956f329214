/* The independent certificate: everything recomputed in double from the stored inputs, part by part,
 * with the regularizer's own mathematics and no line of any solver's. */
#include <math.h>

#include "crease/subproblem.h"

/* The inputs of one part, in double. h is the gradient of the smooth part at x. */
typedef struct {
    crease_part part;
    double *x, *c, *d, *h, *y;
} part_data;

/* What the host sees of the whole subproblem. */
typedef struct {
    double *x, *c, *d, *x0, *v;
    double *image; /* H x of an operator metric, which is judged by its c-form; else NULL */
} host_data;

static int to_host(const crease_subproblem *p, const void *from, double **to)
{
    *to = NULL;
    if (!from) return CREASE_OK;
    if (!(*to = crease_alloc(p->ctx, p->n, sizeof(double)))) return CREASE_ENOMEM;
    p->backend->to_host(p->n, from, *to);
    for (size_t i = 0; i < p->n; i++)
        if (!isfinite((*to)[i]))
            return crease_fail(p->ctx, CREASE_ENAN, "entry %zu of the subproblem or its answer is %g",
                               i, (*to)[i]);
    return CREASE_OK;
}

static void free_host(const crease_subproblem *p, host_data *host)
{
    double *arrays[] = { host->x, host->c, host->d, host->x0, host->v, host->image };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) crease_release(p->ctx, arrays[i]);
}

static void load_part(const crease_subproblem *p, const host_data *host, size_t g, part_data *s)
{
    crease_term term = { p->psi, p->groups, NULL };
    void *work = s->part.work;
    s->part = crease_term_part(&term, g);
    s->part.work = work;
    s->part.roundoff = p->backend->roundoff;
    for (size_t k = 0; k < s->part.n; k++) {
        size_t i = crease_part_entry(&term, g, k);
        s->x[k] = host->x[i];
        s->d[k] = host->d ? host->d[i] : p->scalar;
        s->c[k] = host->x0 ? s->d[k] * host->x0[i] - host->v[i] : host->c[i];
        s->h[k] = host->image ? host->image[i] - s->c[k]
                  : host->x0  ? s->d[k] * (s->x[k] - host->x0[i]) + host->v[i]
                              : s->d[k] * s->x[k] - s->c[k];
    }
}

static double norm(size_t n, const double *x)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++) sum = hypot(sum, x[k]);
    return sum;
}

/* |Dx|, the ridge in D. Where psi shrinks, it is at most |c|; where psi keeps x away from c/d, rounding
 * is measured against it. */
static double metric_norm(const crease_subproblem *p, const part_data *s)
{
    double sum = 0, ridge = p->w * p->psi->ridge;
    for (size_t k = 0; k < s->part.n; k++) {
        double image = p->metric ? s->h[k] + s->c[k] : s->d[k] * s->x[k];
        sum = hypot(sum, image + ridge * s->x[k]);
    }
    return sum;
}

/* 1/2 |c - y - Dx|^2 in D^-1 + w psi(x) - <y, x> for the feasible y nearest to c - Dx along its ray:
 * both terms are >= 0, so nothing cancels. */
static double norm_gap(const crease_subproblem *p, const part_data *s)
{
    double fit = 0, pairing = 0;
    double size = s->part.weight > 0 ? crease_part_dual_norm(p->psi, &s->part, s->y) / p->w : INFINITY;
    double shrink = size > 1 ? 1 / size : 1;
    for (size_t k = 0; k < s->part.n; k++) {
        double y = shrink * s->y[k], rest = s->y[k] - y;
        fit += rest * rest / s->d[k];
        pairing += y * s->x[k];
    }
    return 0.5 * fit + fmax(0, p->w * crease_part_value(p->psi, &s->part, s->x) - pairing);
}

/* w psi(x) + w psi*(y/w) - <y, x> with y = c - Dx. */
static double conjugate_gap(const crease_subproblem *p, const part_data *s)
{
    double pairing = 0;
    for (size_t k = 0; k < s->part.n; k++) {
        pairing += s->y[k] * s->x[k];
        s->y[k] /= p->w;
    }
    double conjugate = crease_part_conjugate(p->psi, &s->part, s->y);
    return fmax(0, p->w * (crease_part_value(p->psi, &s->part, s->x) + conjugate) - pairing);
}

/* NAN where it says nothing. */
static double part_gap(const crease_subproblem *p, const part_data *s)
{
    if (!(p->psi->type->flags & CREASE_CONVEX) || p->w == 0 || p->metric) return NAN;
    for (size_t k = 0; k < s->part.n; k++) {
        if (!(s->d[k] > 0)) return NAN;
        s->y[k] = -s->h[k];
    }
    double gap = crease_regularizer_is_norm(p->psi) ? norm_gap(p, s) : conjugate_gap(p, s);
    return isfinite(gap) ? gap : NAN;
}

static double part_value(const crease_subproblem *p, const host_data *host, const part_data *s,
                         size_t g)
{
    crease_term term = { p->psi, p->groups, NULL };
    double sum = p->w > 0 ? p->w * crease_part_value(p->psi, &s->part, s->x) : 0;
    for (size_t k = 0; k < s->part.n; k++) {
        size_t i = crease_part_entry(&term, g, k);
        double step = host->x0 ? s->x[k] - host->x0[i] : s->x[k];
        if (host->image)
            sum += (0.5 * host->image[i] - s->c[k]) * s->x[k];
        else
            sum += 0.5 * s->d[k] * step * step + (host->x0 ? host->v[i] * step : -s->c[k] * step);
    }
    return sum;
}

static double part_residual(const crease_subproblem *p, const part_data *s)
{
    return p->w > 0 ? crease_part_residual(p->psi, &s->part, s->x, s->h, p->w) : norm(s->part.n, s->h);
}

static double relative_to(double residual, double c, double lambda)
{
    if (residual == 0) return 0;
    if (!(residual < INFINITY))
        return INFINITY; /* whatever the scale: that of a forced group is infinite */
    double scale = fmax(c, lambda);
    return scale > 0 ? residual / scale : INFINITY;
}

/* Entries in no group, which an operator metric couples with the others: one more part, without psi. */
static int certify_free(const crease_subproblem *p, const host_data *host, crease_certificate *out)
{
    crease_term term = { p->psi, p->groups, NULL };
    double residual = 0, c = 0, image = 0;
    unsigned char *taken = crease_alloc(p->ctx, p->n, 1);
    if (!taken) return CREASE_ENOMEM;
    for (size_t g = 0; g < crease_term_parts(&term); g++)
        for (size_t k = 0; k < crease_term_part(&term, g).n; k++) taken[crease_part_entry(&term, g, k)] = 1;
    for (size_t i = 0; i < p->n; i++) {
        if (taken[i]) continue;
        residual = hypot(residual, host->image[i] - host->c[i]);
        c = hypot(c, host->c[i]);
        image = hypot(image, host->image[i]);
        out->value += (0.5 * host->image[i] - host->c[i]) * host->x[i];
    }
    crease_release(p->ctx, taken);
    double relative = relative_to(residual, fmax(c, image), 0);
    if (relative > out->relative) out->worst_group = p->groups->count;
    out->relative = fmax(out->relative, relative);
    out->absolute = hypot(out->absolute, residual);
    return CREASE_OK;
}

static int certify_parts(const crease_subproblem *p, const host_data *host, part_data *s,
                         crease_certificate *out)
{
    crease_term term = { p->psi, p->groups, NULL };
    bool convex = p->psi->type->flags & CREASE_CONVEX;
    double d_min = p->metric ? p->metric->least : INFINITY;
    *out = (crease_certificate){ 0 };
    for (size_t g = 0; g < crease_term_parts(&term); g++) {
        load_part(p, host, g, s);
        double residual = part_residual(p, s);
        double lambda = p->w > 0 ? p->w * crease_part_scale(p->psi, &s->part) : 0;
        double relative = relative_to(residual, fmax(norm(s->part.n, s->c), metric_norm(p, s)), lambda);
        for (size_t k = 0; !p->metric && k < s->part.n; k++) d_min = fmin(d_min, s->d[k]);
        if (relative > out->relative) out->worst_group = g;
        out->relative = fmax(out->relative, relative);
        out->absolute = hypot(out->absolute, residual);
        out->value += part_value(p, host, s, g);
        out->gap += part_gap(p, s);
    }
    if (host->image) CREASE_TRY(certify_free(p, host, out));
    out->distance = out->absolute == 0 && d_min > 0 ? 0
                    : convex && d_min > 0           ? out->absolute / d_min
                                                    : INFINITY;
    return CREASE_OK;
}

/* What the certificate looks at, brought to the host. */
static int load_host(const crease_subproblem *p, const void *x, host_data *host)
{
    CREASE_TRY(to_host(p, x, &host->x));
    if (p->metric) {
        CREASE_TRY(to_host(p, p->c, &host->c));
        if (!(host->image = crease_alloc(p->ctx, p->n, sizeof(double)))) return CREASE_ENOMEM;
        p->metric->apply(p->metric->user, p->n, host->x, host->image);
        return CREASE_OK;
    }
    CREASE_TRY(to_host(p, p->d, &host->d));
    CREASE_TRY(to_host(p, p->x0, &host->x0));
    CREASE_TRY(to_host(p, p->v, &host->v));
    return p->x0 ? CREASE_OK : to_host(p, p->c, &host->c);
}

int crease_certify(const crease_subproblem *p, const void *x, crease_certificate *certificate)
{
    crease_term term = { p->psi, p->groups, NULL };
    size_t largest = crease_term_largest(&term);
    host_data host = { 0 };
    double *work = crease_alloc(p->ctx, 5 * largest, sizeof *work);
    void *own = crease_alloc(p->ctx, crease_term_work(&term), sizeof(double));
    int code = work && own ? load_host(p, x, &host) : CREASE_ENOMEM;
    if (code == CREASE_OK) {
        part_data s = { .part = { .work = own },
                        .x = work,
                        .c = work + largest,
                        .d = work + 2 * largest,
                        .h = work + 3 * largest,
                        .y = work + 4 * largest };
        code = certify_parts(p, &host, &s, certificate);
    }
    free_host(p, &host);
    crease_release(p->ctx, own);
    crease_release(p->ctx, work);
    return code;
}

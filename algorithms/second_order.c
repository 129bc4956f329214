#include "second_order.h"

#include <math.h>
#include <string.h>

/* --- products ------------------------------------------------------------------------------------- */

int crease_curvature_create(crease_algorithm *a, crease_curvature *h)
{
    *h = (crease_curvature){ .a = a };
    h->in = crease_alloc(a->ctx, a->n, a->backend->real_bytes);
    h->out = crease_alloc(a->ctx, a->n, a->backend->real_bytes);
    return h->in && h->out ? CREASE_OK : CREASE_ENOMEM;
}

void crease_curvature_free(crease_curvature *h)
{
    if (!h->a) return;
    crease_release(h->a->ctx, h->in);
    crease_release(h->a->ctx, h->out);
}

int crease_curvature_begin(crease_curvature *h, crease_oracle *oracle)
{
    h->oracle = oracle;
    h->code = CREASE_OK;
    if (oracle->problem && oracle->problem->type->curvature) return CREASE_OK;
    return crease_fail(h->a->ctx, CREASE_ENOTSUP,
                       "algorithm %s needs the second derivatives of f, which this problem does not have",
                       h->a->type->base.name);
}

int crease_curvature_at(crease_curvature *h, const void *x)
{
    h->oracle->passes += 0.5;
    return h->oracle->problem->type->curvature(h->oracle->problem, x);
}

int crease_curvature_focus(crease_curvature *h, const unsigned char *live)
{
    crease_problem *p = h->oracle->problem;
    return p->type->focus ? p->type->focus(p, live) : CREASE_OK;
}

void crease_curvature_product(void *curvature, size_t n, const double *x, double *y)
{
    crease_curvature *h = curvature;
    const crease_backend *b = h->a->backend;
    b->from_host(n, x, h->in);
    int code = h->oracle->problem->type->product(h->oracle->problem, h->in, h->out);
    if (h->code == CREASE_OK) h->code = code;
    b->to_host(n, h->out, y);
    h->oracle->passes += 1;
    for (size_t i = 0; i < n; i++) y[i] += h->shift * x[i];
}

/* --- conjugate gradients -------------------------------------------------------------------------- */

int crease_cg_create(crease_ctx *ctx, size_t n, crease_cg *cg)
{
    double **vectors[] = { &cg->d, &cg->r, &cg->p, &cg->Hp };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        if (!(*vectors[i] = crease_alloc(ctx, n, sizeof(double)))) return CREASE_ENOMEM;
    return CREASE_OK;
}

void crease_cg_free(crease_ctx *ctx, crease_cg *cg)
{
    double *vectors[] = { cg->d, cg->r, cg->p, cg->Hp };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) crease_release(ctx, vectors[i]);
}

static double dot(size_t n, const double *x, const double *y)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i] * y[i];
    return sum;
}

int crease_cg_solve(crease_cg *cg, crease_curvature *h, const crease_manifold *m, const double *g, double tolerance,
                    unsigned most)
{
    size_t n = m->n;
    double *d = cg->d, *r = cg->r, *p = cg->p, *Hp = cg->Hp, rr = dot(n, g, g);
    for (size_t i = 0; i < n; i++) {
        d[i] = 0;
        p[i] = r[i] = -g[i];
    }
    for (cg->products = 0; cg->products < most && sqrt(rr) > tolerance; cg->products++) {
        crease_curvature_product(h, n, p, Hp);
        crease_manifold_product(m, p, Hp);
        double bend = dot(n, p, Hp), before = rr;
        if (!(bend > 1e-15 * dot(n, p, p))) {
            if (cg->products == 0) memcpy(d, p, n * sizeof *d);
            break;
        }
        double t = rr / bend;
        for (size_t i = 0; i < n; i++) {
            d[i] += t * p[i];
            r[i] -= t * Hp[i];
        }
        rr = dot(n, r, r);
        for (size_t i = 0; i < n; i++) p[i] = r[i] + rr / before * p[i];
    }
    return h->code;
}

/* Newton's method along a manifold: one step of it, with the projected search. */
#include "smooth_step.h"

#include <float.h>
#include <math.h>
#include <string.h>

int crease_smooth_create(crease_algorithm *a, crease_smooth *o)
{
    CREASE_TRY(crease_curvature_create(a, &o->h));
    CREASE_TRY(crease_manifold_create(a->ctx, a->n, a->terms, a->n_terms, &o->m));
    CREASE_TRY(crease_cg_create(a->ctx, a->n, &o->cg));
    double **vectors[] = { &o->x, &o->g, &o->trial };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        if (!(*vectors[i] = crease_alloc(a->ctx, a->n, sizeof(double)))) return CREASE_ENOMEM;
    return CREASE_OK;
}

void crease_smooth_free(crease_ctx *ctx, crease_smooth *o)
{
    crease_curvature_free(&o->h);
    if (o->m.ctx) crease_manifold_free(&o->m);
    crease_cg_free(ctx, &o->cg);
    double *vectors[] = { o->x, o->g, o->trial };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) crease_release(ctx, vectors[i]);
}

static double norm(size_t n, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i] * x[i];
    return sqrt(sum);
}

size_t crease_smooth_begin(crease_algorithm *a, crease_smooth *o, const void *g)
{
    a->backend->to_host(a->n, a->x, o->x);
    a->backend->to_host(a->n, g, o->g);
    crease_manifold_move(&o->m, o->x);
    for (size_t i = 0; i < a->n; i++) o->trial[i] = o->m.live[i] ? o->g[i] : 0;
    o->noise = a->backend->roundoff * norm(a->n, o->trial);
    crease_manifold_gradient(&o->m, o->g);
    o->size = norm(a->n, o->g);
    return o->m.dimension;
}

/* The direction along the manifold, and <grad_M F, d>. */
static int direction(crease_algorithm *a, crease_smooth *o, double L, double damping, unsigned most, double *slope)
{
    /* where H is flat, as along a common shift of softmax's intercepts, rounding alone would drive d */
    o->h.shift = L * fmax(damping * fmin(1, sqrt(o->size)), 8 * a->backend->roundoff);
    CREASE_TRY(crease_curvature_at(&o->h, a->x));
    CREASE_TRY(crease_curvature_focus(&o->h, o->m.live));
    double accuracy = fmax(fmin(0.5, sqrt(o->size)), 1e-4), tolerance = fmax(accuracy * o->size, o->noise / 8);
    CREASE_TRY(crease_cg_solve(&o->cg, &o->h, &o->m, o->g, tolerance, most));
    *slope = 0;
    for (size_t i = 0; i < a->n; i++) *slope += o->g[i] * o->cg.d[i];
    return CREASE_OK;
}

/* Whether the trial (a->hat, its gradient a->g) is better than o->x with objective `before`: by the gradient along the
 * manifold where values are rounding.                                                                             */
static bool is_better(crease_algorithm *a, crease_smooth *o, double before, double wanted)
{
    double after = a->value + crease_step_penalty(a, a->hat);
    double slack = (64 * DBL_EPSILON + 4 * a->backend->roundoff) * fabs(before);
    if (!(after <= before + wanted + slack) || !a->backend->is_finite(a->n, a->g)) return false;
    if (after < before - slack) return true;
    crease_manifold_move(&o->m, o->trial);
    a->backend->to_host(a->n, a->g, o->trial);
    crease_manifold_gradient(&o->m, o->trial);
    crease_manifold_move(&o->m, o->x);
    return norm(a->n, o->trial) < o->size;
}

int crease_smooth_step(crease_algorithm *a, crease_smooth *o, double L, double damping, unsigned most, void *g,
                       double *value)
{
    double slope = 0, before = *value + crease_step_penalty(a, a->x);
    if (o->size > o->noise) CREASE_TRY(direction(a, o, L, damping, most, &slope));
    for (double t = slope < 0 ? 1 : 0; t > 1e-6; t /= 2) {
        bool crossed = crease_manifold_project(&o->m, t, o->cg.d, o->trial) > 0;
        a->backend->from_host(a->n, o->trial, a->hat);
        CREASE_TRY(o->h.oracle->gradient(o->h.oracle, (crease_rows){ 0, NULL }, a->hat, &a->value, a->g));
        /* where it crossed, the slope says nothing */
        if (!is_better(a, o, before, crossed ? 0 : 1e-4 * t * slope)) continue;
        a->backend->copy(a->n, a->hat, a->x);
        a->backend->copy(a->n, a->g, g);
        *value = a->value;
        return CREASE_OK;
    }
    a->backend->copy(a->n, a->x, a->hat);
    a->value = *value;
    return CREASE_OK;
}

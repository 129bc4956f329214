/* The maps of a space: the proximal map of psi, and what the metric does to a point. */
#include <math.h>
#include <string.h>

#include "space.h"

/* --- the proximal map ------------------------------------------------------------------------------ */

static int explain(const crease_space *s, int code, size_t k)
{
    return crease_fail(s->p->ctx, code, "%s, part %zu: the proximal map of an iteration: %s",
                       s->p->psi->type->base.name, k, crease_error_sentence(code));
}

static int prox_part(crease_space *s, size_t k, const double *m, double L, double *x, crease_unit *unit)
{
    crease_part part = crease_space_part(s, k);
    crease_prox_info info = { .exact = true, .unit = unit };
    for (size_t i = 0; i < part.n; i++) s->level[i] = L;
    if (s->p->w > 0) return crease_part_prox(&s->psi, &part, m, s->level, s->p->w, x, &info);
    for (size_t i = 0; i < part.n; i++) x[i] = m[i] / L;
    for (size_t u = 0; unit && u < crease_part_units(&s->psi, &part); u++) unit[u] = 1;
    return CREASE_OK;
}

int crease_space_prox(crease_space *s, const void *m, const double *curvature, void *x)
{
    s->proxes++;
    if (s->kernel) {
        crease_shrink_task task = s->task;
        task.c = m;
        s->b->shrink_step(&task, curvature, NULL, x);
        return CREASE_OK;
    }
    crease_unit *unit = s->p->unit;
    for (size_t k = 0; k < s->parts; k++) {
        size_t at = s->start[k];
        int code = prox_part(s, k, (const double *)m + at, curvature[k], (double *)x + at, unit);
        if (code != CREASE_OK) return explain(s, code, k);
        crease_part part = crease_space_part(s, k);
        if (unit) unit += crease_part_units(&s->psi, &part);
    }
    return CREASE_OK;
}

int crease_space_step(crease_space *s, const void *y, const double *curvature, void *x)
{
    if (s->kernel) {
        s->proxes++;
        s->products++;
        s->b->shrink_step(&s->task, curvature, y, x);
        return CREASE_OK;
    }
    double *m = s->wide[1];
    const double *from = y;
    crease_space_gradient(s, y, m);
    for (size_t k = 0; k < s->parts; k++)
        for (size_t i = s->start[k]; i < s->start[k + 1]; i++) m[i] = curvature[k] * from[i] - m[i];
    return crease_space_prox(s, m, curvature, x);
}

/* --- the metric ------------------------------------------------------------------------------------ */

/* y = H x for packed x and y. */
static void apply_operator(const crease_space *s, const double *x, double *y)
{
    const crease_operator *metric = s->p->metric;
    double *in = s->wide[0], *out = s->wide[2];
    memset(in, 0, s->p->n * sizeof *in);
    for (size_t k = 0; k < s->parts; k++)
        for (size_t i = s->start[k]; i < s->start[k + 1]; i++) in[crease_space_outside(s, k, i - s->start[k])] = x[i];
    metric->apply(metric->user, s->p->n, in, out);
    for (size_t k = 0; k < s->parts; k++)
        for (size_t i = s->start[k]; i < s->start[k + 1]; i++) y[i] = out[crease_space_outside(s, k, i - s->start[k])];
}

void crease_space_gradient(crease_space *s, const void *x, void *g)
{
    s->products++;
    if (!s->p->metric) {
        s->b->gradient(s->n, x, s->c, s->d, s->scalar, s->ridge, g);
        return;
    }
    const double *c = s->c, *at = x;
    double *out = g;
    apply_operator(s, at, out);
    for (size_t i = 0; i < s->n; i++) out[i] += s->ridge * at[i] - c[i];
}

double crease_space_psi(crease_space *s, const void *x)
{
    double sum = 0;
    if (s->p->w == 0) return 0;
    if (s->kernel) {
        crease_shrink psi = s->task.psi;
        psi.ridge = 0;
        return s->p->w * s->b->shrink_value(&s->groups, &psi, x);
    }
    for (size_t k = 0; k < s->parts; k++) {
        crease_part part = crease_space_part(s, k);
        sum += crease_part_value(&s->psi, &part, (const double *)x + s->start[k]);
    }
    return s->p->w * sum;
}

/* linear <v, x - x0> + 1/2 <x - x0, H (x - x0)> */
static double operator_smooth(crease_space *s, const double *x, const double *x0, double linear)
{
    double *move = s->wide[1], *image = s->wide[3], sum = 0;
    const double *v = s->v;
    for (size_t i = 0; i < s->n; i++) move[i] = x[i] - x0[i];
    apply_operator(s, move, image);
    for (size_t i = 0; i < s->n; i++) sum += (linear * v[i] + 0.5 * image[i]) * move[i];
    s->products++;
    return sum;
}

double crease_space_smooth(crease_space *s, const void *x)
{
    double ridge = s->ridge > 0 ? 0.5 * s->ridge * s->b->dot(s->n, x, x) : 0;
    if (s->p->metric) return operator_smooth(s, x, s->x0, 1) + ridge;
    return s->b->quadratic(s->n, x, s->x0, s->v, s->d, s->scalar) + ridge;
}

double crease_space_residual(crease_space *s, const void *x)
{
    double sum = 0, *g = s->wide[1];
    if (s->kernel) return s->b->shrink_residual(&s->task, x);
    crease_space_gradient(s, x, g);
    s->products--;
    if (s->p->w == 0) return sqrt(s->b->dot(s->n, g, g));
    for (size_t k = 0; k < s->parts; k++) {
        crease_part part = crease_space_part(s, k);
        size_t at = s->start[k];
        sum = hypot(sum, crease_part_residual(&s->psi, &part, (const double *)x + at, g + at, s->p->w));
    }
    return sum;
}

double crease_space_span(crease_space *s, const void *x)
{
    if (s->p->metric) return sqrt(fmax(0, 2 * operator_smooth(s, x, s->x0, 0)));
    return sqrt(fmax(0, 2 * s->b->quadratic(s->n, x, s->x0, NULL, s->d, s->scalar)));
}

double crease_space_bend(crease_space *s, const void *x, const void *y, double *square)
{
    *square = 2 * s->b->quadratic(s->n, x, y, NULL, NULL, 1);
    double plain = s->p->metric ? operator_smooth(s, x, y, 0) : s->b->quadratic(s->n, x, y, NULL, s->d, s->scalar);
    return 2 * plain + s->ridge * *square;
}

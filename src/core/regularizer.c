/* Regularizer objects, and the mathematics of one part with their scale and ridge. */
#include "crease/regularizer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- objects ------------------------------------------------------------------------------------ */

/* What every regularizer has beside the settings of its type. */
static const crease_param common_params[] = {
    CREASE_PARAM_REAL(crease_regularizer, scale, 1, CREASE_GT(0), "factor on psi"),
    CREASE_PARAM_REAL(crease_regularizer, ridge, 0, CREASE_GE(0),
                      "curvature of a quadratic added to psi"),
    CREASE_PARAM_END,
};

crease_regularizer *crease_regularizer_create(crease_ctx *ctx, const char *name)
{
    const crease_type *type = crease_lookup(ctx, CREASE_REGULARIZER, name);
    crease_regularizer *psi = type ? crease_alloc(ctx, 1, sizeof *psi) : NULL;
    if (!psi) return NULL;
    *psi = (crease_regularizer){ (const crease_regularizer_type *)type, crease_opts_create(ctx, type),
                                 ctx, 1, 0 };
    if (psi->opts) return psi;
    crease_regularizer_free(psi);
    return NULL;
}

static bool has_key(const crease_param *params, const char *key)
{
    for (const crease_param *p = params; p && p->name; p++)
        if (strcmp(p->name, key) == 0) return true;
    return false;
}

int crease_regularizer_set(crease_regularizer *psi, const char *key, const char *text)
{
    const crease_type *type = &psi->type->base;
    if (has_key(common_params, key) && !has_key(type->params, key))
        return crease_params_set(psi->ctx, common_params, psi, type->name, key, text);
    return crease_opts_set(psi->ctx, CREASE_REGULARIZER, type, psi->opts, key, text);
}

int crease_regularizer_set_numbers(crease_regularizer *psi, const char *key, size_t n,
                                   const double *values)
{
    const crease_type *type = &psi->type->base;
    return crease_params_set_numbers(psi->ctx, type->params, psi->opts, type->name, key, n, values);
}

int crease_regularizer_check(const crease_regularizer *psi)
{
    return crease_opts_check(psi->ctx, CREASE_REGULARIZER, &psi->type->base, psi->opts);
}

void crease_regularizer_free(crease_regularizer *psi)
{
    if (!psi) return;
    crease_release(psi->ctx, psi->opts);
    crease_release(psi->ctx, psi);
}

bool crease_regularizer_is_norm(const crease_regularizer *psi)
{
    return (psi->type->flags & CREASE_NORM) && psi->ridge == 0;
}

/* --- one part ----------------------------------------------------------------------------------- */

/* The type's own scratch comes first, then n doubles for what a ridge changes. */
static size_t own_work(const crease_part *s)
{
    const crease_math *math = s->type->math;
    return math->work ? (math->work(s) + 15) / 16 * 16 : 0;
}

size_t crease_part_work(const crease_regularizer *psi, const crease_part *s)
{
    return own_work(s) + (psi->ridge > 0 ? s->n * sizeof(double) : 0);
}

static double *ridge_scratch(const crease_part *s)
{
    return (double *)((char *)s->work + own_work(s));
}

static double sum_of_squares(size_t n, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i] * x[i];
    return sum;
}

const char *crease_part_refusal(const crease_regularizer *psi, const crease_part *s)
{
    (void)psi;
    const crease_math *math = s->type->math;
    return math->accepts ? math->accepts(s) : NULL;
}

/* Members may take their arguments for numbers. */
static bool holds_nan(size_t n, const double *x)
{
    for (size_t i = 0; i < n; i++)
        if (isnan(x[i])) return true;
    return false;
}

double crease_part_value(const crease_regularizer *psi, const crease_part *s, const double *x)
{
    if (holds_nan(s->n, x)) return NAN;
    double value = psi->scale * s->type->math->value(s, x);
    return psi->ridge > 0 ? value + 0.5 * psi->ridge * sum_of_squares(s->n, x) : value;
}

/* The gradient of the smooth part, the ridge counted into it. */
static const double *with_ridge(const crease_regularizer *psi, const crease_part *s, const double *x,
                                const double *g, double w)
{
    if (psi->ridge == 0) return g;
    double *sum = ridge_scratch(s);
    for (size_t i = 0; i < s->n; i++) sum[i] = g[i] + w * psi->ridge * x[i];
    return sum;
}

double crease_part_residual(const crease_regularizer *psi, const crease_part *s, const double *x,
                            const double *g, double w)
{
    if (holds_nan(s->n, x) || holds_nan(s->n, g)) return NAN;
    return s->type->math->residual(s, x, with_ridge(psi, s, x, g, w), w * psi->scale);
}

/* The metric, the ridge counted into it. */
static const double *ridged_metric(const crease_regularizer *psi, const crease_part *s, const double *d,
                                   double w)
{
    if (psi->ridge == 0) return d;
    double *sum = ridge_scratch(s);
    for (size_t i = 0; i < s->n; i++) sum[i] = d[i] + w * psi->ridge;
    return sum;
}

int crease_part_prox(const crease_regularizer *psi, const crease_part *s, const double *c,
                     const double *d, double w, double *x, crease_prox_info *info)
{
    *info = (crease_prox_info){ .exact = true, .unit = info->unit };
    int code = s->type->math->prox(s, c, ridged_metric(psi, s, d, w), w * psi->scale, x, info);
    if (isnan(info->gap)) info->gap = INFINITY; /* a bound that overflowed is none */
    return code;
}

double crease_part_dual_norm(const crease_regularizer *psi, const crease_part *s, const double *y)
{
    return crease_regularizer_is_norm(psi) ? s->type->math->dual_norm(s, y) / psi->scale : NAN;
}

/* That of psi alone: the conjugate of a multiple asks for y/scale, and with a ridge there is no
 * formula. */
double crease_part_conjugate(const crease_regularizer *psi, const crease_part *s, const double *y)
{
    bool convex = s->type->flags & CREASE_CONVEX;
    if (!s->type->math->conjugate || !convex || psi->ridge > 0 || psi->scale != 1) return NAN;
    return s->type->math->conjugate(s, y);
}

double crease_part_scale(const crease_regularizer *psi, const crease_part *s)
{
    return psi->scale * s->type->math->scale(s);
}

size_t crease_part_units(const crease_regularizer *psi, const crease_part *s)
{
    (void)psi;
    if (s->type->math->units) return s->type->math->units(s);
    if (s->type->flags & CREASE_UNIT_ENTRY) return s->n;
    return (s->type->flags & CREASE_UNIT_GROUP) != 0;
}

void crease_part_signature(const crease_regularizer *psi, const crease_part *s, const double *x,
                           crease_unit *unit)
{
    size_t units = crease_part_units(psi, s);
    if (units == 0) return;
    if (s->type->math->signature) {
        s->type->math->signature(s, x, unit);
    } else if (s->type->flags & CREASE_UNIT_ENTRY) {
        for (size_t i = 0; i < s->n; i++) unit[i] = x[i] != 0;
    } else {
        unit[0] = 0;
        for (size_t i = 0; i < s->n; i++) unit[0] |= x[i] != 0;
    }
}

size_t crease_part_dimension(const crease_regularizer *psi, const crease_part *s, const double *x,
                             const crease_unit *unit)
{
    size_t units = crease_part_units(psi, s), free_entries = 0;
    if (units == 0) return s->n;
    if (s->type->math->dimension) return s->type->math->dimension(s, x, unit);
    if (units != s->n || !(s->type->flags & CREASE_UNIT_ENTRY)) return unit[0] ? s->n : 0;
    for (size_t i = 0; i < s->n; i++) free_entries += unit[i] != 0;
    return free_entries;
}

void crease_part_margins(const crease_regularizer *psi, const crease_part *s, const double *x,
                         const double *g, double w, crease_margin *unit)
{
    size_t units = crease_part_units(psi, s);
    if (units == 0) return;
    if (s->type->math->margins) {
        s->type->math->margins(s, x, with_ridge(psi, s, x, g, w), w * psi->scale, unit);
        return;
    }
    for (size_t i = 0; i < units; i++) unit[i] = (crease_margin){ NAN, NAN, 0 };
}

double crease_part_radius(const crease_regularizer *psi, const crease_part *s, const double *c,
                          const double *d, double w, const double *x)
{
    if (!s->type->math->radius) return NAN;
    return s->type->math->radius(s, c, ridged_metric(psi, s, d, w), w * psi->scale, x);
}

/* --- the derivative of the oracle --------------------------------------------------------------- */

/* The state of a part: this, its own, and n numbers L for the oracle. A ridge r turns L into L + w r, which
 * multiplies the member's J by `factor`. */
typedef struct {
    double factor;
    bool absent; /* w = 0 */
} jacobian_head;

enum { HEAD_BYTES = (sizeof(jacobian_head) + 15) / 16 * 16 };

const char *crease_jacobian_refusal(const crease_regularizer *psi)
{
    if (!(psi->type->flags & CREASE_CONVEX))
        return "the regularizer is not convex: the derivative of its proximal map has no bound";
    return psi->type->math->linearize ? NULL : "no derivative of the regularizer's proximal map is known";
}

static size_t own_jacobian_work(const crease_part *s)
{
    return HEAD_BYTES + (s->type->math->jacobian_work(s) + 15) / 16 * 16;
}

size_t crease_part_jacobian_work(const crease_regularizer *psi, const crease_part *s)
{
    (void)psi;
    return own_jacobian_work(s) + s->n * sizeof(double);
}

static const void *own_state(const void *state)
{
    return (const char *)state + HEAD_BYTES;
}

int crease_part_linearize(const crease_regularizer *psi, const crease_part *s, const double *u, double L, double w,
                          double *x, void *state, crease_prox_info *info)
{
    jacobian_head *head = state;
    double high = L + w * psi->ridge, *level = (double *)((char *)state + own_jacobian_work(s));
    *head = (jacobian_head){ L / high, w == 0 };
    *info = (crease_prox_info){ .exact = true, .unit = info->unit };
    for (size_t i = 0; w == 0 && i < s->n; i++) x[i] = u[i] / L + 0.0;
    if (w == 0) return CREASE_OK;
    for (size_t i = 0; i < s->n; i++) level[i] = high;
    CREASE_TRY(s->type->math->prox(s, u, level, w * psi->scale, x, info));
    s->type->math->linearize(s, u, high, w * psi->scale, x, (char *)state + HEAD_BYTES);
    return CREASE_OK;
}

void crease_part_jacobian(const crease_regularizer *psi, const crease_part *s, const void *state, bool root,
                          const double *v, double *out)
{
    const jacobian_head *head = state;
    double factor = root ? sqrt(head->factor) : head->factor;
    (void)psi;
    if (head->absent) memcpy(out, v, s->n * sizeof *out);
    else s->type->math->jacobian(s, own_state(state), root, v, out);
    for (size_t i = 0; factor != 1 && i < s->n; i++) out[i] *= factor;
}

/* 1 + f J (D - 1) is that of J for 1 + f (D - 1). */
void crease_part_jacobian_diagonal(const crease_regularizer *psi, const crease_part *s, const void *state,
                                   double *d)
{
    const jacobian_head *head = state;
    (void)psi;
    if (head->absent) return;
    for (size_t i = 0; i < s->n; i++)
        d[i] = s->type->math->jacobian_diagonal ? 1 + head->factor * (d[i] - 1) : 1;
    if (s->type->math->jacobian_diagonal) s->type->math->jacobian_diagonal(s, own_state(state), d);
}

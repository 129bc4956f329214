/* Whether what a file says is a subproblem: whoever replays it may then take its numbers for granted.
 */
#include <math.h>
#include <stdint.h>

#include "capture.h"

/* --- numbers ---------------------------------------------------------------------------------- */

static int check_number(crease_ctx *ctx, const char *name, double value, double least, bool open)
{
    if (isfinite(value) && (open ? value > least : value >= least)) return CREASE_OK;
    return crease_fail(ctx, isfinite(value) ? CREASE_ERANGE : CREASE_ENAN,
                       "%s is %g, but must be finite and %s %g", name, value, open ? ">" : ">=", least);
}

static int check_numbers(const crease_capture *k)
{
    const crease_subproblem *p = &k->p;
    CREASE_TRY(check_number(k->ctx, "w", p->w, 0, false));
    if (!p->d) CREASE_TRY(check_number(k->ctx, "the scalar metric", p->scalar, 0, false));
    CREASE_TRY(check_number(k->ctx, "paper_scale", p->paper_scale, 0, true));
    CREASE_TRY(check_number(k->ctx, "scale", k->psi->scale, 0, true));
    CREASE_TRY(check_number(k->ctx, "ridge", k->psi->ridge, 0, false));
    CREASE_TRY(check_number(k->ctx, "step", (double)p->step, 1, false));
    return crease_regularizer_check(k->psi);
}

/* --- arrays ----------------------------------------------------------------------------------- */

enum { CHUNK = 512 };

/* Some of an array, in double; zeros where there is none. */
static void fetch(const crease_subproblem *p, const void *array, size_t at, size_t count, double *to)
{
    for (size_t i = 0; !array && i < count; i++) to[i] = 0;
    if (array) p->backend->to_host(count, (const char *)array + at * p->backend->real_bytes, to);
}

static int check_finite(const crease_subproblem *p, const char *name, const void *array)
{
    double x[CHUNK];
    if (!array || p->backend->is_finite(p->n, array)) return CREASE_OK;
    for (size_t at = 0; at < p->n; at += CHUNK) {
        size_t count = p->n - at < CHUNK ? p->n - at : CHUNK;
        fetch(p, array, at, count, x);
        for (size_t i = 0; i < count; i++)
            if (!isfinite(x[i]))
                return crease_fail(p->ctx, CREASE_ENAN, "entry %zu of %s is %g in %s", at + i, name,
                                   x[i], p->backend->name);
    }
    return CREASE_OK;
}

/* c = D x0 - v up to the rounding of the precision in which it was computed, and of underflow in it. */
static bool fits(double c, double d, double x0, double v, double roundoff)
{
    double tiny = roundoff > 1e-12 ? 0x1p-120 : 0x1p-1000;
    return fabs(c - (d * x0 - v)) <= 8 * roundoff * (fabs(d * x0) + fabs(v)) + tiny;
}

static int check_entries(const crease_capture *k)
{
    const crease_subproblem *p = &k->p;
    double c[CHUNK], d[CHUNK], x0[CHUNK], v[CHUNK];
    double roundoff = k->stored_bytes == sizeof(float) ? 0x1p-24 : p->backend->roundoff;
    for (size_t at = 0; at < p->n; at += CHUNK) {
        size_t count = p->n - at < CHUNK ? p->n - at : CHUNK;
        fetch(p, p->c, at, count, c);
        fetch(p, p->d, at, count, d);
        fetch(p, p->x0, at, count, x0);
        fetch(p, p->v, at, count, v);
        for (size_t i = 0; i < count; i++) {
            if (p->d && !(d[i] >= 0))
                return crease_fail(k->ctx, CREASE_ERANGE, "entry %zu of d is %g, but must be >= 0",
                                   at + i, d[i]);
            if (p->x0 && !fits(c[i], p->d ? d[i] : p->scalar, x0[i], v[i], roundoff))
                return crease_fail(k->ctx, CREASE_EPARSE,
                                   "entry %zu of c is %g, but D x0 - v is %g there", at + i, c[i],
                                   (p->d ? d[i] : p->scalar) * x0[i] - v[i]);
        }
    }
    return CREASE_OK;
}

static int check_arrays(const crease_capture *k)
{
    const crease_subproblem *p = &k->p;
    CREASE_TRY(check_finite(p, "c", p->c));
    CREASE_TRY(check_finite(p, "d", p->d));
    CREASE_TRY(check_finite(p, "x0", p->x0));
    CREASE_TRY(check_finite(p, "v", p->v));
    CREASE_TRY(check_finite(p, "start", k->start));
    return check_entries(k);
}

/* --- groups ----------------------------------------------------------------------------------- */

/* The last place of `count` of them lies below n; nothing overflows on the way. */
static bool reaches(size_t count, size_t stride, size_t n, size_t *at)
{
    if (count <= 1) return true;
    if (stride > (n - 1 - *at) / (count - 1)) return false;
    *at += (count - 1) * stride;
    return true;
}

static int find_twice(crease_ctx *ctx, const crease_groups *s, size_t n)
{
    unsigned char *seen = crease_alloc(ctx, n / 8 + 1, 1);
    if (!seen) return CREASE_ENOMEM;
    int code = CREASE_OK;
    size_t size = s->outer * s->inner;
    for (size_t g = 0; g < s->count && code == CREASE_OK; g++)
        for (size_t k = 0; k < size && code == CREASE_OK; k++) {
            size_t i = crease_group_entry(s, g, k);
            unsigned char bit = (unsigned char)(1 << i % 8);
            if (seen[i / 8] & bit)
                code = crease_fail(ctx, CREASE_EPARSE,
                                   "the strides of the groups put entry %zu into two of them", i);
            seen[i / 8] |= bit;
        }
    crease_release(ctx, seen);
    return code;
}

int crease_capture_check_strides(crease_ctx *ctx, const crease_groups *s, size_t n)
{
    size_t at = s->offset;
    bool counted = s->count <= n && s->outer >= 1 && s->inner >= 1 && s->outer <= n
                   && s->inner <= n / s->outer
                   && (s->count == 0 || s->outer * s->inner <= n / s->count);
    bool inside = counted && at < n && reaches(s->count, s->group_stride, n, &at)
                  && reaches(s->outer, s->outer_stride, n, &at)
                  && reaches(s->inner, s->inner_stride, n, &at);
    if (!inside) return crease_fail(ctx, CREASE_EPARSE, "the groups reach beyond the %zu entries", n);
    return find_twice(ctx, s, n);
}

static int check_groups(const crease_capture *k)
{
    const crease_groups *s = &k->groups;
    const crease_regularizer_type *psi = k->psi->type;
    if (crease_groups_extent(s) > k->p.n)
        return crease_fail(k->ctx, CREASE_EPARSE, "the groups reach entry %zu, but there are only %zu",
                           crease_groups_extent(s) - 1, k->p.n);
    if (!s->disjoint && !(psi->flags & CREASE_COUPLED))
        return crease_fail(k->ctx, CREASE_EPARSE,
                           "the groups overlap, which regularizer %s does not allow", psi->base.name);
    if (!s->weights && !(s->uniform_weight >= 0))
        return crease_fail(k->ctx, CREASE_ERANGE, "the weight of the groups is %g, but must be >= 0",
                           s->uniform_weight);
    return CREASE_OK;
}

static int check_parts(const crease_capture *k)
{
    crease_term term = { k->psi, &k->groups, NULL };
    for (size_t i = 0; i < crease_term_parts(&term); i++) {
        crease_part part = crease_term_part(&term, i);
        const char *refusal = crease_part_refusal(k->psi, &part);
        if (refusal)
            return crease_fail(k->ctx, CREASE_EPARSE, "regularizer %s does not act on group %zu: %s",
                               k->psi->type->base.name, i, refusal);
        if (!k->groups.start) break; /* strided: all alike */
    }
    return CREASE_OK;
}

int crease_capture_check(const crease_capture *k)
{
    CREASE_TRY(check_numbers(k));
    CREASE_TRY(check_arrays(k));
    CREASE_TRY(check_groups(k));
    return check_parts(k);
}

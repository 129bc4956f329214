#include "core/reference_judge.h"

#include <float.h>
#include <math.h>

#include "crease/kkt.h"

/* --- signatures ----------------------------------------------------------------------------------- */

crease_misfit crease_reference_compare(const crease_reference *r, const crease_unit *unit)
{
    crease_misfit m = { 0 };
    for (size_t u = 0; u < r->units; u++) {
        if (!crease_reference_decides(r, u)) continue;
        m.false_zero += unit[u] == 0 && r->unit[u] != 0;
        m.false_live += unit[u] != 0 && r->unit[u] == 0;
        m.differ += unit[u] != r->unit[u];
    }
    return m;
}

void crease_reference_map(const crease_term *terms, size_t n_terms, size_t n, size_t *unit_of)
{
    for (size_t i = 0; i < n; i++) unit_of[i] = CREASE_FREE_ENTRY;
    for (size_t t = 0, at = 0; t < n_terms; at += crease_term_units(&terms[t++])) {
        const crease_groups *s = terms[t].groups;
        unsigned flags = terms[t].psi->type->flags;
        bool by_entry = flags & CREASE_UNIT_ENTRY, by_group = flags & CREASE_UNIT_GROUP;
        for (size_t g = 0, u = at; g < s->count; g++)
            for (size_t k = 0; k < crease_group_size(s, g); k++, u++)
                unit_of[crease_group_entry(s, g, k)] = flags & CREASE_COUPLED ? CREASE_NO_UNIT
                                                       : by_entry             ? u
                                                       : by_group             ? at + g
                                                                              : CREASE_NO_UNIT;
    }
}

/* --- whose reference it is ------------------------------------------------------------------------ */

static int check_sizes(crease_ctx *ctx, const crease_reference *r, const char *name, size_t n,
                       size_t units)
{
    if (r->n != n)
        return crease_fail(ctx, CREASE_EDIM,
                           "%s is a solution of %zu parameters, but the problem has %zu", name, r->n,
                           n);
    if (r->units != units)
        return crease_fail(ctx, CREASE_EDIM,
                           "%s has %zu units of structure, but the regularizers have %zu", name,
                           r->units, units);
    return CREASE_OK;
}

/* The largest difference of the gradients at x*, relative to the largest entry or the thresholds of
 * psi. */
static int compare_gradients(crease_ctx *ctx, const crease_reference *r, crease_problem *p,
                             double scale, double *difference)
{
    double value, most = 0;
    void *x = crease_alloc(ctx, p->n, p->backend->real_bytes),
         *g = crease_alloc(ctx, p->n, p->backend->real_bytes);
    double *host = crease_alloc(ctx, p->n, sizeof *host);
    int code = x && g && host ? CREASE_OK : CREASE_ENOMEM;
    if (code == CREASE_OK) {
        p->backend->from_host(p->n, r->x, x);
        code = p->type->gradient(p, (crease_rows){ 0, NULL }, x, &value, g);
    }
    if (code == CREASE_OK) p->backend->to_host(p->n, g, host);
    for (size_t i = 0; code == CREASE_OK && i < p->n; i++) {
        double apart = fabs(host[i] - r->gradient[i]);
        most = apart > most || isnan(apart) ? apart : most; /* NAN stays */
        scale = fmax(scale, fabs(r->gradient[i]));
    }
    *difference = scale > 0 ? most / scale : most;
    crease_release(ctx, x);
    crease_release(ctx, g);
    crease_release(ctx, host);
    return code;
}

int crease_reference_check(crease_ctx *ctx, const crease_reference *r, const char *name,
                           crease_problem *problem, const crease_term *terms, size_t n_terms)
{
    crease_kkt kkt;
    size_t units = 0;
    double difference;
    for (size_t t = 0; t < n_terms; t++) units += crease_term_units(&terms[t]);
    CREASE_TRY(check_sizes(ctx, r, name, problem->n, units));
    CREASE_TRY(crease_kkt_create(ctx, r->n, terms, n_terms, &kkt));
    crease_kkt_residual residual = crease_kkt_measure(&kkt, r->x, r->gradient);
    double scale = kkt.scale, same = problem->backend->real_bytes == sizeof(float) ? 1e-3 : 1e-7;
    crease_kkt_free(&kkt);
    CREASE_TRY(compare_gradients(ctx, r, problem, scale, &difference));
    if (!(difference <= same))
        return crease_fail(
            ctx, CREASE_EINVAL,
            "%s is the reference of another problem: the gradient at its solution differs by %.1e",
            name, difference);
    if (residual.relative <= fmax(1e-7, 10 * r->certificate)) return CREASE_OK;
    return crease_fail(
        ctx, CREASE_EINVAL,
        "%s is the reference of other regularizers: at its solution the relative residual is %.1e",
        name, residual.relative);
}

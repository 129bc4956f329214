#include "crease/kkt.h"

#include <math.h>

static double norm(size_t n, const double *x)
{
    double largest = 0, sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i])) return NAN; /* fmax passes over it */
        largest = fmax(largest, fabs(x[i]));
    }
    if (largest == 0 || !isfinite(largest)) return largest;
    for (size_t i = 0; i < n; i++) sum += (x[i] / largest) * (x[i] / largest);
    return largest * sqrt(sum);
}

/* --- life ----------------------------------------------------------------------------------------- */

static int find_free(crease_kkt *k)
{
    unsigned char *taken = crease_alloc(k->ctx, k->n, 1);
    k->free = crease_alloc(k->ctx, k->n, sizeof *k->free);
    if (!taken || !k->free) {
        crease_release(k->ctx, taken);
        return CREASE_ENOMEM;
    }
    for (size_t t = 0; t < k->n_terms; t++) {
        const crease_groups *groups = k->terms[t].groups;
        for (size_t g = 0; g < groups->count; g++)
            for (size_t i = 0; i < crease_group_size(groups, g); i++) taken[crease_group_entry(groups, g, i)] = 1;
    }
    for (size_t i = 0; i < k->n; i++)
        if (!taken[i]) k->free[k->n_free++] = (uint32_t)i;
    crease_release(k->ctx, taken);
    return CREASE_OK;
}

static void find_scale(crease_kkt *k)
{
    for (size_t t = 0; t < k->n_terms; t++)
        for (size_t p = 0; p < crease_term_parts(&k->terms[t]); p++) {
            crease_part part = crease_term_part(&k->terms[t], p);
            part.work = k->work;
            double scale = crease_part_scale(k->terms[t].psi, &part);
            if (isfinite(scale)) k->scale = fmax(k->scale, scale);
        }
    if (k->scale == 0) k->scale = 1;
}

int crease_kkt_create(crease_ctx *ctx, size_t n, const crease_term *terms, size_t n_terms, crease_kkt *kkt)
{
    size_t largest = 0, work = 0;
    *kkt = (crease_kkt){ .ctx = ctx, .n = n, .terms = terms, .n_terms = n_terms };
    for (size_t t = 0; t < n_terms; t++) {
        if (crease_term_largest(&terms[t]) > largest) largest = crease_term_largest(&terms[t]);
        if (crease_term_work(&terms[t]) > work) work = crease_term_work(&terms[t]);
    }
    if (n > largest) largest = n; /* the free entries */
    for (int i = 0; i < 2; i++) kkt->piece[i] = crease_alloc(ctx, largest, sizeof(double));
    kkt->work = crease_alloc(ctx, work, sizeof(double));
    int code = kkt->piece[0] && kkt->piece[1] && kkt->work ? find_free(kkt) : CREASE_ENOMEM;
    if (code == CREASE_OK) find_scale(kkt);
    else crease_kkt_free(kkt);
    return code;
}

void crease_kkt_free(crease_kkt *kkt)
{
    void *owned[] = { kkt->free, kkt->piece[0], kkt->piece[1], kkt->work };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) crease_release(kkt->ctx, owned[i]);
    *kkt = (crease_kkt){ .ctx = kkt->ctx };
}

/* --- measuring ------------------------------------------------------------------------------------ */

static double ratio(double residual, double scale)
{
    return residual == 0 ? 0 : isfinite(residual) && scale > 0 ? residual / scale : INFINITY;
}

static void add(crease_kkt_residual *r, double residual, double scale)
{
    r->absolute = hypot(r->absolute, residual);
    r->relative = fmax(r->relative, ratio(residual, scale));
}

static void measure_part(const crease_kkt *k, const crease_term *term, size_t p, const double *x, const double *g,
                         crease_kkt_residual *r)
{
    crease_part part = crease_term_part(term, p);
    part.work = k->work;
    for (size_t i = 0; i < part.n; i++) {
        size_t at = crease_part_entry(term, p, i);
        k->piece[0][i] = x[at];
        k->piece[1][i] = g[at];
    }
    double residual = crease_part_residual(term->psi, &part, k->piece[0], k->piece[1], 1);
    double scale = crease_part_scale(term->psi, &part);
    if (!(scale > 0)) scale = k->scale; /* psi has no slope of its own here */
    add(r, residual, fmax(norm(part.n, k->piece[1]), isfinite(scale) ? scale : 0));
}

crease_kkt_residual crease_kkt_measure(const crease_kkt *k, const double *x, const double *g)
{
    crease_kkt_residual r = { 0 };
    for (size_t t = 0; t < k->n_terms; t++)
        for (size_t p = 0; p < crease_term_parts(&k->terms[t]); p++) measure_part(k, &k->terms[t], p, x, g, &r);
    for (size_t i = 0; i < k->n_free; i++) k->piece[1][i] = g[k->free[i]];
    if (k->n_free > 0) add(&r, norm(k->n_free, k->piece[1]), k->scale);
    return r;
}

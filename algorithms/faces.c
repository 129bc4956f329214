#include "faces.h"

#include <math.h>
#include <string.h>

#include "core/subproblem.h"

static int check(const crease_algorithm *a, bool l1_only)
{
    for (size_t i = 0; i < a->n_terms; i++) {
        const crease_regularizer *psi = a->terms[i].psi;
        crease_shrink place;
        if (!crease_in_shrink_family(psi, &place))
            return crease_fail(a->ctx, CREASE_ENOTSUP,
                               "algorithm %s moves along zero entries and zero groups, which "
                               "are not what %s makes, or not with one weight",
                               a->type->base.name, psi->type->base.name);
        if (l1_only && place.lambda2 > 0)
            return crease_fail(a->ctx, CREASE_ENOTSUP,
                               "algorithm %s moves in orthants, but %s has a group norm: hspg "
                               "is the method for it",
                               a->type->base.name, psi->type->base.name);
    }
    return CREASE_OK;
}

int crease_faces_create(crease_algorithm *a, bool l1_only, crease_faces *f)
{
    *f = (crease_faces){ 0 };
    CREASE_TRY(check(a, l1_only));
    CREASE_TRY(crease_manifold_create(a->ctx, a->n, a->terms, a->n_terms, &f->m));
    f->y = crease_alloc(a->ctx, a->n, sizeof *f->y);
    f->g = crease_alloc(a->ctx, a->n, sizeof *f->g);
    f->mask = crease_alloc(a->ctx, a->n, 1);
    return f->y && f->g && f->mask ? CREASE_OK : CREASE_ENOMEM;
}

void crease_faces_free(crease_algorithm *a, crease_faces *f)
{
    if (f->m.ctx) crease_manifold_free(&f->m);
    crease_release(a->ctx, f->y);
    crease_release(a->ctx, f->g);
    crease_release(a->ctx, f->mask);
    *f = (crease_faces){ 0 };
}

int crease_faces_setup(crease_algorithm *a, bool l1_only)
{
    a->own = crease_alloc(a->ctx, 1, sizeof(crease_faces));
    return a->own ? crease_faces_create(a, l1_only, a->own) : CREASE_ENOMEM;
}

void crease_faces_teardown(crease_algorithm *a)
{
    if (a->own) crease_faces_free(a, a->own);
    crease_release(a->ctx, a->own);
    a->own = NULL;
}

/* <y, x> < margin |x|^2, in numbers that neither overflow nor vanish. */
static bool leaves_half_space(const crease_groups *s, size_t g, const double *x, const double *y,
                              double margin)
{
    size_t n = crease_group_size(s, g);
    double largest = 0, along = 0, size = 0;
    for (size_t k = 0; k < n; k++) largest = fmax(largest, fabs(x[crease_group_entry(s, g, k)]));
    for (size_t k = 0; k < n; k++) {
        size_t i = crease_group_entry(s, g, k);
        double r = x[i] / largest;
        along += y[i] * r;
        size += r * r;
    }
    return along < margin * largest * size;
}

static void project_group(const crease_groups *s, size_t g, const crease_shrink *psi, const double *x,
                          double entry, double group, double *y)
{
    size_t n = crease_group_size(s, g);
    bool norm = psi->lambda2 * crease_group_weight(s, g) > 0, live = false;
    for (size_t k = 0; k < n; k++) {
        size_t i = crease_group_entry(s, g, k);
        if (psi->lambda1 > 0 && !((x[i] > 0 ? y[i] : -y[i]) > entry)) y[i] = 0;
        live |= x[i] != 0;
    }
    if (!norm || !live || !leaves_half_space(s, g, x, y, group)) return;
    for (size_t k = 0; k < n; k++) y[crease_group_entry(s, g, k)] = 0;
}

/* What no real of the backend holds is zero there; and no zero is negative. */
static void settle(const crease_backend *b, size_t n, double *y)
{
    double least = b->real_bytes == sizeof(float) ? 0x1p-149 : 0;
    for (size_t i = 0; i < n; i++) y[i] = fabs(y[i]) < least ? 0 : y[i] + 0.0;
}

void crease_faces_step(crease_algorithm *a, crease_faces *f, const void *d, double step, double entry,
                       double group, void *x)
{
    const crease_backend *b = a->backend;
    const crease_manifold *m = &f->m;
    b->to_host(a->n, x, f->y);
    b->to_host(a->n, d, f->g);
    crease_manifold_move(&f->m, f->y);
    crease_manifold_gradient(m, f->g);
    for (size_t i = 0; i < a->n; i++) f->y[i] = m->live[i] ? m->x[i] - step * f->g[i] : 0;
    for (size_t t = 0; t < a->n_terms; t++) {
        const crease_groups *s = a->terms[t].groups;
        crease_shrink psi;
        crease_in_shrink_family(a->terms[t].psi, &psi);
        for (size_t g = 0; g < s->count; g++) project_group(s, g, &psi, m->x, entry, group, f->y);
    }
    settle(b, a->n, f->y);
    b->from_host(a->n, f->y, x);
}

bool crease_faces_same(crease_algorithm *a, crease_faces *f, const void *u, const void *v)
{
    a->backend->to_host(a->n, u, f->y);
    crease_manifold_move(&f->m, f->y);
    memcpy(f->mask, f->m.live, a->n);
    a->backend->to_host(a->n, v, f->y);
    crease_manifold_move(&f->m, f->y);
    return memcmp(f->mask, f->m.live, a->n) == 0;
}

void crease_faces_report(crease_algorithm *a)
{
    a->t++;
    a->surrogate = CREASE_NO_SLOT;
    a->surrogate_scale = 1;
    a->inner = (crease_inner){ .bound = NAN, .certificate = NAN };
    if (a->want_hat) a->backend->copy(a->n, a->x, a->hat);
}

bool crease_faces_prox_turn(double seen, double whole, long prox_epochs, long face_epochs)
{
    double epochs = seen / whole;
    if (face_epochs > 0) epochs = fmod(seen, whole * (double)(prox_epochs + face_epochs)) / whole;
    return epochs < (double)prox_epochs;
}

#include "manifold.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "subproblem.h"

int crease_manifold_create(crease_ctx *ctx, size_t n, const crease_term *terms, size_t n_terms, crease_manifold *m)
{
    crease_shrink unused;
    *m = (crease_manifold){ .ctx = ctx, .n = n, .terms = terms, .n_terms = n_terms };
    for (size_t t = 0; t < n_terms; t++)
        if (!crease_in_shrink_family(terms[t].psi, &unused))
            return crease_fail(ctx, CREASE_ENOTSUP, "the second derivative of %s along its manifold is not known",
                               terms[t].psi->type->base.name);
    m->live = crease_alloc(ctx, n, 1);
    m->x = crease_alloc(ctx, n, sizeof *m->x);
    m->bend = crease_alloc(ctx, n, sizeof *m->bend);
    if (m->live && m->x && m->bend) return CREASE_OK;
    crease_manifold_free(m);
    return CREASE_ENOMEM;
}

void crease_manifold_free(crease_manifold *m)
{
    crease_release(m->ctx, m->live);
    crease_release(m->ctx, m->x);
    crease_release(m->ctx, m->bend);
    *m = (crease_manifold){ .ctx = m->ctx };
}

static double group_norm(const crease_groups *s, size_t g, const double *x)
{
    double largest = 0, sum = 0;
    for (size_t k = 0; k < crease_group_size(s, g); k++) largest = fmax(largest, fabs(x[crease_group_entry(s, g, k)]));
    for (size_t k = 0; largest > 0 && k < crease_group_size(s, g); k++) {
        double r = x[crease_group_entry(s, g, k)] / largest;
        sum += r * r;
    }
    return largest * sqrt(sum);
}

static void move_group(crease_manifold *m, const crease_groups *s, size_t g, const crease_shrink *psi)
{
    double weight = crease_group_weight(s, g), size = group_norm(s, g, m->x), pull = psi->lambda2 * weight;
    for (size_t k = 0; k < crease_group_size(s, g); k++) {
        size_t i = crease_group_entry(s, g, k);
        bool held = isinf(weight) || (pull > 0 && size == 0) || (psi->lambda1 > 0 && m->x[i] == 0);
        m->live[i] = !held;
        m->bend[i] = !held && pull > 0 ? pull / size : 0;
    }
}

void crease_manifold_move(crease_manifold *m, const double *x)
{
    memcpy(m->x, x, m->n * sizeof *x);
    memset(m->live, 1, m->n);
    memset(m->bend, 0, m->n * sizeof *m->bend);
    for (size_t t = 0; t < m->n_terms; t++) {
        crease_shrink psi;
        crease_in_shrink_family(m->terms[t].psi, &psi);
        for (size_t g = 0; g < m->terms[t].groups->count; g++) move_group(m, m->terms[t].groups, g, &psi);
    }
    m->dimension = 0;
    for (size_t i = 0; i < m->n; i++) m->dimension += m->live[i];
}

void crease_manifold_gradient(const crease_manifold *m, double *g)
{
    for (size_t t = 0; t < m->n_terms; t++) {
        const crease_groups *s = m->terms[t].groups;
        crease_shrink psi;
        crease_in_shrink_family(m->terms[t].psi, &psi);
        for (size_t k = 0; k < s->count; k++)
            for (size_t j = 0; j < crease_group_size(s, k); j++) {
                size_t i = crease_group_entry(s, k, j);
                double sign = m->x[i] > 0 ? 1 : m->x[i] < 0 ? -1 : 0;
                g[i] += psi.lambda1 * sign + (m->bend[i] + psi.ridge) * m->x[i];
            }
    }
    for (size_t i = 0; i < m->n; i++) g[i] = m->live[i] ? g[i] : 0;
}

/* The second derivative of pull |x_g| is bend (I - x x'/|x|^2). */
static void bend_group(const crease_manifold *m, const crease_groups *s, size_t g, double ridge, const double *v,
                       double *y)
{
    double size = group_norm(s, g, m->x), along = 0;
    for (size_t k = 0; k < crease_group_size(s, g); k++) {
        size_t i = crease_group_entry(s, g, k);
        if (m->bend[i] > 0) along += m->x[i] / size * v[i];
    }
    for (size_t k = 0; k < crease_group_size(s, g); k++) {
        size_t i = crease_group_entry(s, g, k);
        y[i] += ridge * v[i];
        if (m->bend[i] > 0) y[i] += m->bend[i] * (v[i] - along * (m->x[i] / size));
    }
}

void crease_manifold_product(const crease_manifold *m, const double *v, double *y)
{
    for (size_t t = 0; t < m->n_terms; t++) {
        crease_shrink psi;
        crease_in_shrink_family(m->terms[t].psi, &psi);
        for (size_t g = 0; g < m->terms[t].groups->count; g++)
            bend_group(m, m->terms[t].groups, g, psi.ridge, v, y);
    }
    for (size_t i = 0; i < m->n; i++) y[i] = m->live[i] ? y[i] : 0;
}

static size_t project_group(const crease_manifold *m, const crease_groups *s, size_t g, const crease_shrink *psi,
                            double *y)
{
    size_t stopped = 0, live = 0;
    double along = 0;
    for (size_t k = 0; k < crease_group_size(s, g); k++) {
        size_t i = crease_group_entry(s, g, k);
        if (!m->live[i]) continue;
        if (psi->lambda1 > 0 && y[i] * m->x[i] <= 0) {
            y[i] = 0;
            stopped++;
        }
        along += y[i] * m->x[i];
        live++;
    }
    if (live == 0 || along > 0 || !(psi->lambda2 * crease_group_weight(s, g) > 0)) return stopped;
    for (size_t k = 0; k < crease_group_size(s, g); k++) y[crease_group_entry(s, g, k)] = 0;
    return live;
}

size_t crease_manifold_project(const crease_manifold *m, double t, const double *d, double *y)
{
    size_t stopped = 0;
    for (size_t i = 0; i < m->n; i++) y[i] = m->live[i] ? m->x[i] + t * d[i] : m->x[i];
    for (size_t k = 0; k < m->n_terms; k++) {
        crease_shrink psi;
        crease_in_shrink_family(m->terms[k].psi, &psi);
        for (size_t g = 0; g < m->terms[k].groups->count; g++)
            stopped += project_group(m, m->terms[k].groups, g, &psi, y);
    }
    return stopped;
}

/* --- releasing units ------------------------------------------------------------------------------ */

/* A unit at a time: first entry to last (excluded) of group g, in the order of the group. */
typedef struct {
    const crease_groups *groups;
    size_t g, begin, end;
} unit;

static bool next_unit(const crease_manifold *m, size_t *term, unit *u)
{
    for (; *term < m->n_terms; ++*term, *u = (unit){ 0 }) {
        crease_shrink psi;
        crease_in_shrink_family(m->terms[*term].psi, &psi);
        if (!u->groups) *u = (unit){ .groups = m->terms[*term].groups, .g = 0, .end = 0 };
        for (; u->g < u->groups->count; u->g++, u->end = 0) {
            size_t n = crease_group_size(u->groups, u->g);
            if (u->end == n) continue;
            u->begin = u->end;
            u->end = psi.lambda2 > 0 ? n : u->begin + 1;
            return true;
        }
    }
    return false;
}

/* The norm of y on the unit where x is zero, else 0. */
static double released(const unit *u, const double *x, const double *y)
{
    double sum = 0;
    for (size_t k = u->begin; k < u->end; k++) {
        size_t i = crease_group_entry(u->groups, u->g, k);
        if (x[i] != 0) return 0;
        sum = hypot(sum, y[i]);
    }
    return sum;
}

size_t crease_manifold_units(const crease_manifold *m)
{
    size_t count = 0, term = 0;
    for (unit u = { 0 }; next_unit(m, &term, &u);) {
        bool live = false;
        for (size_t k = u.begin; k < u.end; k++) live |= m->x[crease_group_entry(u.groups, u.g, k)] != 0;
        count += live;
    }
    return count;
}

static int descending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

bool crease_manifold_release(const crease_manifold *m, const double *x, double *y, size_t most, double *size)
{
    size_t count = 0, term = 0;
    for (unit u = { 0 }; next_unit(m, &term, &u);) {
        double norm = released(&u, x, y);
        if (norm > 0) size[count++] = norm;
    }
    if (count <= most) return false;
    qsort(size, count, sizeof *size, descending);
    double least = most > 0 ? size[most - 1] : INFINITY;
    term = 0;
    for (unit u = { 0 }; next_unit(m, &term, &u);) {
        double norm = released(&u, x, y);
        if (norm == 0 || norm >= least) continue;
        for (size_t k = u.begin; k < u.end; k++) y[crease_group_entry(u.groups, u.g, k)] = 0;
    }
    return true;
}

/* The groups of a planted solution.
 *
 * Metric: in every group d runs log-uniformly over a factor `condition`, both ends attained, round a
 * mean of its own that runs over a factor `spread`. Live groups: the curvature w lambda_g/|x_g| that
 * psi adds runs over the range of d from group to group, so that some are barely and some deeply live.
 * There y is the gradient of psi; on zero groups and entries it lies inside the subdifferential, up to
 * 0.95 of the way to its boundary. */
#include "families.h"

#include <math.h>
#include <string.h>

static const double inside[2] = { 0.2, 0.95 }; /* where subgradients of zeros lie: 1 is the boundary */

static double between(crease_random *r, double low, double high)
{
    return low + (high - low) * crease_random_uniform(r);
}

/* --- the metric ----------------------------------------------------------------------------------- */

/* Position k of n in 0 .. 1: the ends for the first two, random for the others. */
static double place(crease_random *r, size_t k, size_t n)
{
    double u = crease_random_uniform(r);
    return n < 2 ? 0.5 : k == 0 ? 0 : k == 1 ? 1 : u;
}

static double group_mean(const crease_family *f, crease_random *r, size_t g, size_t count)
{
    double range = f->size == 1 ? f->spread * f->condition : f->spread;
    return pow(range, place(r, g, count) - 0.5);
}

static void draw_metric(const crease_family *f, crease_random *r, double mean, size_t n, double *d)
{
    for (size_t i = 0; i < n; i++) d[i] = mean * pow(f->condition, place(r, i, n) - 0.5);
}

/* --- the solution --------------------------------------------------------------------------------- */

static double norm(size_t n, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i] * x[i];
    return sqrt(sum);
}

/* Where psi has an l1 part it keeps about half of the entries at zero. */
static void draw_live(const crease_shrink *psi, crease_random *r, size_t n, double size, double weight,
                      double *x, double *y)
{
    for (size_t i = 0; i < n; i++) {
        double value = crease_random_normal(r), kept = crease_random_uniform(r);
        x[i] = psi->lambda1 > 0 && i > 0 && kept < 0.5 ? 0 : value;
    }
    double scale = size / norm(n, x);
    for (size_t i = 0; i < n; i++) {
        double sign = x[i] > 0 ? 1 : x[i] < 0 ? -1 : inside[1] * between(r, -1, 1);
        x[i] *= scale;
        y[i] = psi->lambda1 * sign + psi->lambda2 * weight * x[i] / size;
    }
}

static void draw_zero(const crease_shrink *psi, crease_random *r, size_t n, double weight, double *x,
                      double *y)
{
    for (size_t i = 0; i < n; i++) y[i] = crease_random_normal(r);
    double scale = between(r, inside[0], inside[1]) * psi->lambda2 * weight / norm(n, y);
    for (size_t i = 0; i < n; i++) {
        x[i] = 0;
        y[i] = scale * y[i] + psi->lambda1 * inside[1] * between(r, -1, 1);
    }
}

/* Groups take turns such that the live ones are spread evenly; one at least lives. */
static bool is_live(const crease_family *f, size_t g, size_t count)
{
    double live = fmax(f->live, 1.0 / (double)count);
    return floor((double)(g + 1) * live) > floor((double)g * live);
}

static void draw_group(const crease_family *f, const crease_shrink *psi, crease_random *r, size_t g,
                       crease_family_case *k)
{
    size_t n = f->size, at = g * n;
    double mean = group_mean(f, r, g, k->groups.count), weight = crease_group_weight(&k->groups, g);
    double reach = 0.5 * (n > 1 ? f->condition : 1),
           slope = psi->lambda1 * sqrt((double)n) + psi->lambda2 * weight;
    double size = slope / (mean * pow(reach, between(r, -0.5, 0.5)));
    draw_metric(f, r, mean, n, k->d + at);
    k->unit[g] = is_live(f, g, k->groups.count);
    if (k->unit[g])
        draw_live(psi, r, n, size, weight, k->solution + at, k->subgradient + at);
    else
        draw_zero(psi, r, n, weight, k->solution + at, k->subgradient + at);
    for (size_t i = 0; i < n; i++) k->typical[at + i] = size / sqrt((double)n);
}

/* --- making it ------------------------------------------------------------------------------------ */

static int allocate(crease_family_case *k, const crease_backend *backend)
{
    crease_ctx *ctx = k->ctx;
    size_t n = k->p.n, bytes = backend->real_bytes;
    double **host[] = { &k->c, &k->d, &k->solution, &k->subgradient, &k->typical };
    for (size_t i = 0; i < sizeof host / sizeof *host; i++)
        if (!(*host[i] = crease_alloc(ctx, n, sizeof(double)))) return CREASE_ENOMEM;
    crease_term term = { k->psi, &k->groups, NULL };
    k->units = crease_term_units(&term);
    k->p.c = crease_alloc(ctx, n, bytes);
    k->p.d = crease_alloc(ctx, n, bytes);
    k->start = crease_alloc(ctx, n, bytes);
    k->unit = crease_alloc(ctx, k->units, sizeof *k->unit);
    return k->p.c && k->p.d && k->start && k->unit ? CREASE_OK : CREASE_ENOMEM;
}

static int make_psi(const crease_family *f, crease_family_case *k)
{
    char rows[24];
    snprintf(rows, sizeof rows, "%zu", f->rows);
    k->psi = crease_regularizer_create(k->ctx, f->regularizer);
    if (!k->psi) return crease_ctx_error(k->ctx)->code;
    k->p.psi = k->psi;
    if (k->psi->type->shrink) {
        size_t count = f->entries / f->size;
        k->p.n = (count > 0 ? count : 1) * f->size;
        k->groups = crease_groups_runs(0, k->p.n, f->size);
        return CREASE_OK;
    }
    k->p.n = f->rows * f->cols;
    k->groups = crease_groups_all(0, k->p.n);
    CREASE_TRY(crease_regularizer_set(k->psi, "rows", rows));
    return crease_groups_set_weight_rule(k->ctx, &k->groups, "one");
}

/* Of the shrink family: entries of groups are units where psi makes single entries zero too. */
static void draw_groups(const crease_family *f, crease_random *r, crease_family_case *k)
{
    crease_shrink psi;
    k->psi->type->shrink(k->psi->opts, &psi);
    for (size_t g = 0; g < k->groups.count; g++) draw_group(f, &psi, r, g, k);
    if (k->units != k->p.n) return;
    for (size_t i = 0; i < k->p.n; i++) k->unit[i] = k->solution[i] != 0;
}

static void finish(crease_random *r, crease_family_case *k)
{
    const crease_backend *b = k->p.backend;
    for (size_t i = 0; i < k->p.n; i++) k->c[i] = k->d[i] * k->solution[i] + k->p.w * k->subgradient[i];
    b->from_host(k->p.n, k->c, (void *)k->p.c);
    b->from_host(k->p.n, k->d, (void *)k->p.d);
    for (size_t i = 0; i < k->p.n; i++) /* y is not needed any more */
        k->subgradient[i] =
            k->solution[i] + CREASE_FAMILY_PERTURBATION * k->typical[i] * crease_random_normal(r);
    b->from_host(k->p.n, k->subgradient, k->start);
}

int crease_family_make(crease_ctx *ctx, const crease_family *f, const crease_backend *backend,
                       crease_family_case *k)
{
    bool matrix = strcmp(f->regularizer, "nuclear") == 0;
    *k = (crease_family_case){
        .ctx = ctx, .p = { .ctx = ctx, .backend = backend, .w = 1, .paper_scale = 1, .step = 1 }
    };
    if (!matrix && strcmp(f->regularizer, "group_l2") != 0
        && strcmp(f->regularizer, "sparse_group") != 0)
        return crease_fail(ctx, CREASE_ENOTFOUND,
                           "there is no family '%s'; there are group_l2, sparse_group and nuclear",
                           f->regularizer);
    CREASE_TRY(make_psi(f, k));
    k->p.groups = &k->groups;
    CREASE_TRY(allocate(k, backend));
    crease_random r = crease_random_at(f->seed, CREASE_STREAM_TEST, 0);
    if (matrix)
        CREASE_TRY(crease_family_draw_matrix(f, &r, k));
    else
        draw_groups(f, &r, k);
    finish(&r, k);
    return CREASE_OK;
}

void crease_family_free(crease_family_case *k)
{
    void *owned[] = { (void *)k->p.c, (void *)k->p.d, k->start,   k->c,   k->d,
                      k->solution,    k->subgradient, k->typical, k->unit };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) crease_release(k->ctx, owned[i]);
    crease_groups_free(k->ctx, &k->groups);
    crease_regularizer_free(k->psi);
}

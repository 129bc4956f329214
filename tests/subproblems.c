#include "subproblems.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double log_uniform(crease_random *r, double low, double high)
{
    return low * pow(high / low, crease_random_uniform(r));
}

/* Groups of at most 5 entries from windows that overlap, or a tree of nested ones. */
static void make_lists(test_subproblem *s, bool nested)
{
    size_t start[2 * 4096 + 2] = { 0 }, count = 0, k = 0;
    static uint32_t index[6 * 4096];
    for (size_t i = 0; i < s->n; i += nested ? 4 : 2) {
        for (size_t e = i; e < i + (nested ? 4 : 5) && e < s->n; e++) index[k++] = (uint32_t)e;
        start[++count] = k;
        if (!nested || i + 1 >= s->n) continue;
        for (size_t e = i; e < i + 2; e++) index[k++] = (uint32_t)e;
        start[++count] = k;
    }
    assert_ok(s->ctx, crease_groups_from_lists(s->ctx, count, start, index, &s->groups));
}

static void make_groups(test_subproblem *s, const test_shape *shape)
{
    assert_true(s->n <= 4096);
    if (strcmp(shape->groups, "overlap") == 0 || strcmp(shape->groups, "tree") == 0) {
        make_lists(s, strcmp(shape->groups, "tree") == 0);
    } else if (strcmp(shape->groups, "ragged") != 0) {
        size_t dims[2] = { shape->rows, shape->cols };
        assert_ok(s->ctx, crease_groups_parse(s->ctx, shape->groups, 0, dims, 2, &s->groups));
    } else {
        int64_t labels[4096];
        for (size_t i = 0; i < s->n; i++)
            labels[i] = (int64_t)crease_random_below(&s->random, 1 + s->n / 4);
        assert_ok(s->ctx, crease_groups_from_labels(s->ctx, 0, s->n, labels, &s->groups));
    }
}

/* A number inside a range, often near 1. */
static double draw_number(test_subproblem *s, crease_range r)
{
    double u = crease_random_uniform(&s->random), low = fmax(r.lo, -10), high = fmin(r.hi, low + 20);
    if (isfinite(r.lo) && isfinite(r.hi)) return r.lo + (r.hi - r.lo) * (0.02 + 0.96 * u);
    if (isfinite(r.lo)) return r.lo + log_uniform(&s->random, 0.1, 10);
    return low + (high - low) * u;
}

/* One number, one an entry of a part, or one an entry of all; falling, because some members want that.
 */
static void draw_numbers(test_subproblem *s, const crease_param *row)
{
    double values[4096];
    crease_part part = crease_term_part(&s->term, 0);
    size_t kind = crease_random_below(&s->random, 3), n = kind == 0   ? 1
                                                          : kind == 1 ? part.n
                                                                      : part.whole;
    if (n == 0) n = 1;
    for (size_t i = 0; i < n; i++) values[i] = draw_number(s, row->range);
    for (size_t i = 1; i < n; i++)
        for (size_t k = i; k > 0 && values[k] > values[k - 1]; k--) {
            double swap = values[k];
            values[k] = values[k - 1];
            values[k - 1] = swap;
        }
    assert_ok(s->ctx, crease_regularizer_set_numbers(s->psi, row->name, n, values));
}

static void draw_settings(test_subproblem *s)
{
    for (const crease_param *row = s->psi->type->base.params; row && row->name; row++) {
        char text[40];
        double most = fmin(row->range.hi, row->range.lo + 4);
        if (row->of_oracle) continue;
        if (row->kind == CREASE_PARAM_KIND_NUMBERS) draw_numbers(s, row);
        if (row->kind == CREASE_PARAM_KIND_INT && isfinite(most))
            snprintf(text, sizeof text, "%.0f",
                     row->range.lo
                         + floor((most - row->range.lo + 0.999) * crease_random_uniform(&s->random)));
        else if (row->kind == CREASE_PARAM_KIND_REAL)
            snprintf(text, sizeof text, "%.17g", draw_number(s, row->range));
        else
            continue;
        if (row->kind == CREASE_PARAM_KIND_INT && row->range.lo < -1000) continue;
        assert_ok(s->ctx, crease_regularizer_set(s->psi, row->name, text));
    }
}

static bool is_accepted(test_subproblem *s)
{
    if (crease_regularizer_check(s->psi) != CREASE_OK) return false;
    if (!s->groups.disjoint && !(s->psi->type->flags & CREASE_COUPLED)) return false;
    for (size_t k = 0; k < crease_term_parts(&s->term); k++) {
        crease_part part = crease_term_part(&s->term, k);
        if (crease_part_refusal(s->psi, &part)) return false;
    }
    return true;
}

/* The default settings are tried last. */
static bool find_settings(test_subproblem *s)
{
    for (int trial = 0; trial < 30; trial++) {
        draw_settings(s);
        if (is_accepted(s)) return true;
    }
    crease_params_default(s->psi->type->base.params, s->psi->opts);
    return is_accepted(s);
}

bool test_subproblem_make(crease_ctx *ctx, const test_shape *shape, uint64_t seed, test_subproblem *s)
{
    *s = (test_subproblem){ .ctx = ctx,
                            .random = crease_random_at(seed, CREASE_STREAM_TEST, 0),
                            .n = shape->rows * shape->cols,
                            .spread = shape->spread };
    s->psi = crease_regularizer_create(ctx, shape->regularizer);
    assert_non_null(s->psi);
    make_groups(s, shape);
    s->term = (crease_term){ s->psi, &s->groups, "x" };
    if (!find_settings(s)) {
        test_subproblem_free(s);
        return false;
    }
    double **host[] = { &s->c, &s->d, &s->x0, &s->v, &s->x, &s->target };
    for (size_t i = 0; i < 6; i++) assert_non_null(*host[i] = crease_alloc(ctx, s->n, sizeof(double)));
    void **copies[] = { &s->bc, &s->bd, &s->bx0, &s->bv, &s->bx };
    for (size_t i = 0; i < 5; i++)
        assert_non_null(*copies[i] = crease_alloc(ctx, s->n, sizeof(double)));
    assert_non_null(s->work = crease_alloc(ctx, crease_term_work(&s->term), sizeof(double)));
    assert_non_null(s->unit = crease_alloc(ctx, crease_term_units(&s->term), sizeof(crease_unit)));
    double top = log_uniform(&s->random, 0.1, 10) * shape->magnitude;
    for (size_t i = 0; i < s->n; i++)
        s->d[i] = shape->spread == 0 ? top : top * log_uniform(&s->random, 1 / shape->spread, 1);
    s->p = (crease_subproblem){ .ctx = ctx,
                                .backend = crease_backend_find(ctx, shape->backend),
                                .n = s->n,
                                .scalar = top,
                                .w = shape->w,
                                .psi = s->psi,
                                .groups = &s->groups,
                                .paper_scale = 1,
                                .step = 1,
                                .d = shape->spread == 0 ? NULL : s->bd,
                                .unit = s->unit };
    return true;
}

void test_subproblem_free(test_subproblem *s)
{
    void *owned[] = { s->c,  s->d,   s->x0, s->v,  s->x,    s->target, s->bc,
                      s->bd, s->bx0, s->bv, s->bx, s->work, s->unit };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) crease_release(s->ctx, owned[i]);
    crease_groups_free(s->ctx, &s->groups);
    crease_regularizer_free(s->psi);
}

void test_subproblem_draw(test_subproblem *s)
{
    for (size_t g = 0; g < crease_term_parts(&s->term); g++) {
        crease_part part = crease_term_part(&s->term, g);
        double scale = s->p.w * crease_part_scale(s->psi, &part);
        double size = (scale > 0 && isfinite(scale) ? scale : 1) * log_uniform(&s->random, 0.3, 5)
                      / sqrt((double)(part.n ? part.n : 1));
        for (size_t k = 0; k < part.n; k++)
            s->c[crease_part_entry(&s->term, g, k)] = size * crease_random_normal(&s->random);
    }
}

static bool in_family(const crease_regularizer *psi, crease_shrink *place)
{
    *place = (crease_shrink){ 0 };
    if (!psi->type->shrink || (psi->type->per_entry && psi->type->per_entry(psi->opts))) return false;
    psi->type->shrink(psi->opts, place);
    return true;
}

/* A live group's entries and their subgradient, or zeros and a point strictly inside the
 * subdifferential. */
static void plant_group(test_subproblem *s, const crease_shrink *psi, size_t g)
{
    size_t n = crease_group_size(&s->groups, g);
    double weight = crease_group_weight(&s->groups, g), x[4096], u[4096], size = 0, length = 0;
    bool live =
        crease_random_uniform(&s->random) < 0.5 || (psi->lambda1 == 0 && psi->lambda2 * weight == 0);
    bool sparse = psi->lambda1 > 0;
    assert_true(n <= 4096);
    for (size_t k = 0; k < n; k++) {
        bool entry = live && (!sparse || k == 0 || crease_random_uniform(&s->random) < 0.5);
        x[k] = entry ? copysign(0.5 + crease_random_uniform(&s->random),
                                crease_random_uniform(&s->random) - 0.5)
                     : 0;
        u[k] = crease_random_normal(&s->random);
        size = hypot(size, x[k]);
        length = hypot(length, u[k]);
    }
    for (size_t k = 0; k < n; k++) {
        size_t i = crease_group_entry(&s->groups, g, k);
        double box = x[k] != 0 ? copysign(1, x[k]) : 0.9 * (2 * crease_random_uniform(&s->random) - 1);
        double ball = size > 0 ? x[k] / size : 0.9 * u[k] / length;
        s->target[i] = x[k];
        s->c[i] = s->d[i] * x[k]
                  + s->p.w * (psi->lambda1 * box + psi->lambda2 * weight * ball + psi->ridge * x[k]);
    }
}

bool test_subproblem_plant(test_subproblem *s)
{
    crease_shrink psi;
    if (!in_family(s->psi, &psi)) return false;
    for (size_t g = 0; g < s->groups.count; g++) plant_group(s, &psi, g);
    return true;
}

void test_subproblem_push(test_subproblem *s, bool with_x0)
{
    const crease_backend *b = s->p.backend;
    for (size_t i = 0; i < s->n; i++) {
        /* about as large as c/d, so that c = D x0 - v does not cancel */
        s->x0[i] = with_x0 ? crease_random_normal(&s->random) * s->c[i] / s->d[i] : 0;
        s->v[i] = s->d[i] * s->x0[i] - s->c[i];
    }
    b->from_host(s->n, s->c, s->bc);
    b->from_host(s->n, s->d, s->bd);
    b->from_host(s->n, s->x0, s->bx0);
    b->from_host(s->n, s->v, s->bv);
    b->from_host(s->n, s->x, s->bx);
    s->p.c = s->bc;
    s->p.x0 = with_x0 ? s->bx0 : NULL;
    s->p.v = with_x0 ? s->bv : NULL;
}

void test_subproblem_pull(test_subproblem *s)
{
    s->p.backend->to_host(s->n, s->bx, s->x);
}

static long double family_value(const crease_shrink *psi, const test_subproblem *s, size_t g,
                                const double *x)
{
    long double one = 0, two = 0;
    for (size_t k = 0; k < crease_group_size(&s->groups, g); k++) {
        long double xi = x[crease_group_entry(&s->groups, g, k)];
        one += fabsl(xi);
        two += xi * xi;
    }
    return psi->lambda1 * one + psi->lambda2 * crease_group_weight(&s->groups, g) * sqrtl(two)
           + psi->ridge / 2 * two;
}

static long double other_value(test_subproblem *s, size_t k, const double *x)
{
    crease_part part = crease_term_part(&s->term, k);
    double *entries = crease_alloc(s->ctx, part.n, sizeof *entries);
    part.work = s->work;
    part.roundoff = s->p.backend->roundoff;
    for (size_t i = 0; i < part.n; i++) entries[i] = x[crease_part_entry(&s->term, k, i)];
    long double value = crease_part_value(s->psi, &part, entries);
    crease_release(s->ctx, entries);
    return value;
}

long double test_objective(test_subproblem *s, const double *x)
{
    crease_shrink psi;
    bool family = in_family(s->psi, &psi);
    long double sum = 0;
    for (size_t k = 0; k < crease_term_parts(&s->term); k++)
        sum += s->p.w * (family ? family_value(&psi, s, k, x) : other_value(s, k, x));
    for (size_t i = 0; i < s->n; i++) sum += 0.5L * s->d[i] * x[i] * x[i] - (long double)s->c[i] * x[i];
    return sum;
}

void test_subproblem_solve(test_subproblem *s)
{
    crease_solver *exact = crease_solver_create(s->ctx, "exact", NULL);
    assert_ok(s->ctx, crease_solver_solve(exact, &s->p, s->bx, &s->info));
    test_subproblem_pull(s);
    if (!(s->psi->type->flags & CREASE_UNIT_HIDDEN))
        crease_term_signature(&s->term, s->x, s->unit, s->work);
    crease_solver_free(exact);
}

void test_for_all(crease_ctx *ctx, const char *backend, size_t full, bool with_x0, double tolerance,
                  test_look *look)
{
    static const char *const layouts[] = { "elements", "rows", "cols", "all", "size:3", "ragged" };
    static const char *const coupled[] = { "overlap", "tree", "rows", "ragged" };
    static const double spreads[] = { 0, 1, 10, 1e6, 1e12 }, weights[] = { 1e-3, 1, 1e4 };
    const crease_type *base;
    size_t cases = crease_test_count(full);
    for (size_t r = 0; (base = crease_type_at(ctx, CREASE_REGULARIZER, r)); r++) {
        const crease_regularizer_type *type = (const crease_regularizer_type *)base;
        for (size_t m = 0; m < sizeof spreads / sizeof *spreads; m++)
            for (size_t k = 0; k < cases; k++) {
                test_subproblem s;
                test_shape shape = { base->name,     backend,
                                     layouts[k % 6], 1 + 3 * (k % 4),
                                     1 + k % 7,      spreads[m],
                                     weights[k % 3], k % 5 == 0 ? 1e-8 : k % 5 == 1 ? 1e8 : 1 };
                if (type->flags & CREASE_COUPLED) shape.groups = coupled[k % 4];
                if (strcmp(shape.groups, "size:3") == 0) shape.cols = 3;
                if (type->exactness == CREASE_SCALAR_ONLY && m > 0) continue;
                if (!test_subproblem_make(ctx, &shape, 1000 * r + k, &s)) continue;
                test_subproblem_draw(&s);
                test_subproblem_push(&s, with_x0);
                test_subproblem_solve(&s);
                look(&s, tolerance);
                test_subproblem_free(&s);
            }
    }
}

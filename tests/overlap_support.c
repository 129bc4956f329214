#include "overlap_support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

crease_random overlap_random = { .seed = 2009, .stream = CREASE_STREAM_TEST };

double overlap_uniform(double low, double high)
{
    return low + (high - low) * crease_random_uniform(&overlap_random);
}

double overlap_normal(void)
{
    return crease_random_normal(&overlap_random);
}

size_t overlap_below(size_t n)
{
    return (size_t)crease_random_below(&overlap_random, n);
}

/* --- groups ---------------------------------------------------------------------------------------- */

void lists_add(lists *l, size_t size, const uint32_t *index)
{
    size_t end = l->start[l->count];
    assert_true(l->count < MOST_GROUPS && end + size <= MOST_ENTRIES);
    if (size > 0) memcpy(l->index + end, index, size * sizeof *index);
    l->weight[l->count] = sqrt((double)size);
    l->start[++l->count] = end + size;
    for (size_t j = 0; j < size; j++)
        if (index[j] >= l->n) l->n = index[j] + 1;
}

lists lists_random(size_t n, size_t count)
{
    lists l = { 0 };
    uint32_t order[MOST];
    for (size_t g = 0; g < count; g++) {
        crease_random_permutation(&overlap_random, n, order);
        lists_add(&l, 1 + overlap_below(n < 6 ? n : 6), order);
    }
    return l;
}

/* Intervals of a shuffle, halved at random places; a piece is a group more often than not. */
lists lists_tree(size_t n)
{
    lists l = { 0 };
    uint32_t order[MOST];
    size_t low[2 * MOST] = { 0 }, high[2 * MOST] = { n }, count = 1;
    crease_random_permutation(&overlap_random, n, order);
    for (size_t k = 0; k < count; k++) {
        size_t size = high[k] - low[k], cut = low[k] + 1 + (size > 1 ? overlap_below(size - 1) : 0);
        if (k == 0 || (overlap_below(3) > 0 && l.count < MOST_GROUPS - 1))
            lists_add(&l, size, order + low[k]);
        if (size < 2 || count + 2 > 2 * MOST || l.start[l.count] + n > MOST_ENTRIES) continue;
        low[count] = low[k], high[count++] = cut;
        low[count] = cut, high[count++] = high[k];
    }
    return l;
}

lists lists_disjoint(size_t n)
{
    lists l = { 0 };
    uint32_t order[MOST];
    crease_random_permutation(&overlap_random, n, order);
    for (size_t a = 0, size; a < n; a += size) {
        size = 1 + overlap_below(n - a < 5 ? n - a : 5);
        lists_add(&l, size, order + a);
    }
    return l;
}

/* --- the part --------------------------------------------------------------------------------------- */

overlap overlap_make(crease_ctx *ctx, const char *member, const lists *l, double w)
{
    overlap s = { .ctx = ctx, .psi = crease_regularizer_create(ctx, member), .lists = *l, .w = w };
    assert_non_null(s.psi);
    assert_ok(ctx, crease_groups_from_lists(ctx, l->count, l->start, l->index, &s.groups));
    assert_ok(ctx, crease_groups_set_weights(ctx, &s.groups, l->weight));
    crease_term term = { s.psi, &s.groups, NULL };
    if (l->count > 0) s.part = crease_term_part(&term, 0);
    s.part.groups = NULL;
    return s;
}

/* The struct may have moved since overlap_make. */
static crease_part *part_of(overlap *s)
{
    s->part.groups = &s->groups;
    free(s->work);
    s->work = aligned_alloc(64, (crease_part_work(s->psi, &s->part) + 127) / 64 * 64);
    assert_non_null(s->work);
    s->part.work = s->work;
    return &s->part;
}

void overlap_free(overlap *s)
{
    crease_groups_free(s->ctx, &s->groups);
    crease_regularizer_free(s->psi);
    free(s->work);
}

void overlap_draw(overlap *s, double spread)
{
    double size = s->w * sqrt((double)s->part.n) * exp(overlap_uniform(-1, 1));
    for (size_t i = 0; i < s->part.n; i++) {
        s->d[i] = pow(spread, overlap_uniform(-0.5, 0.5));
        s->c[i] = size * overlap_normal();
    }
}

int overlap_solve(overlap *s)
{
    crease_part *part = part_of(s);
    for (size_t i = 0; i < part->n; i++) s->x[i] = NAN;
    int code = crease_part_prox(s->psi, part, s->c, s->d, s->w, s->x, &s->info);
    for (size_t i = 0; i < part->n && code == CREASE_OK; i++) {
        assert_false(s->x[i] == 0 && signbit(s->x[i]));
        s->g[i] = s->d[i] * s->x[i] - s->c[i];
    }
    return code;
}

double overlap_certificate(overlap *s)
{
    double size = 0;
    for (size_t i = 0; i < s->part.n; i++) size = hypot(size, s->c[i]);
    double residual = crease_part_residual(s->psi, part_of(s), s->x, s->g, s->w);
    return size > 0 ? residual / size : residual;
}

double overlap_norm(const overlap *s, size_t g, const double *x)
{
    long double sum = 0;
    for (size_t e = s->lists.start[g]; e < s->lists.start[g + 1]; e++)
        sum += (long double)x[s->lists.index[e]] * x[s->lists.index[e]];
    return (double)sqrtl(sum);
}

static long double sum_of(const overlap *s, const double *x, int sign)
{
    long double sum = 0, inner = 0;
    for (size_t i = 0; i < s->part.n; i++) {
        sum += 0.5L * s->d[i] * x[i] * x[i];
        inner += (long double)s->c[i] * x[i];
    }
    for (size_t g = 0; g < s->lists.count; g++) {
        long double square = 0;
        for (size_t e = s->lists.start[g]; e < s->lists.start[g + 1]; e++)
            square += (long double)x[s->lists.index[e]] * x[s->lists.index[e]];
        if (square > 0) sum += (long double)s->w * s->lists.weight[g] * sqrtl(square);
    }
    return sign < 0 ? sum - inner : sum + fabsl(inner);
}

long double overlap_objective(const overlap *s, const double *x)
{
    return sum_of(s, x, -1);
}

long double overlap_size(const overlap *s, const double *x)
{
    return sum_of(s, x, 1);
}

/* --- solvers of its own ----------------------------------------------------------------------------- */

/* rest = c - sum_g y_g */
static void leave(const overlap *s, const long double *y, long double *rest)
{
    for (size_t i = 0; i < s->part.n; i++) rest[i] = s->c[i];
    for (size_t e = 0; e < s->lists.start[s->lists.count]; e++) rest[s->lists.index[e]] -= y[e];
}

long double overlap_reference(const overlap *s, unsigned steps, double *x)
{
    static long double y[MOST_ENTRIES], z[MOST_ENTRIES], rest[MOST];
    long double theta = 1, bound = 0;
    double cover[MOST] = { 0 };
    size_t total = s->lists.start[s->lists.count];
    for (size_t e = 0; e < total; e++) {
        y[e] = z[e] = 0;
        cover[s->lists.index[e]]++;
    }
    for (unsigned t = 0; t < steps; t++) {
        long double next = 0.5L + sqrtl(0.25L + theta * theta), beta = (theta - 1) / next, turn = 0;
        leave(s, z, rest);
        for (size_t g = 0; g < s->lists.count; g++) {
            long double most = 0, square = 0, moved[MOST], radius = (long double)s->w * s->lists.weight[g];
            size_t begin = s->lists.start[g], size = s->lists.start[g + 1] - begin;
            for (size_t j = 0; j < size; j++) {
                size_t i = s->lists.index[begin + j];
                most = fmaxl(most, cover[i] / s->d[i]);
            }
            for (size_t j = 0; j < size; j++) {
                size_t i = s->lists.index[begin + j];
                moved[j] = z[begin + j] + rest[i] / s->d[i] / most;
                square += moved[j] * moved[j];
            }
            long double factor = square > radius * radius ? radius / sqrtl(square) : 1;
            for (size_t j = 0; j < size; j++) {
                long double now = factor * moved[j], step = now - y[begin + j];
                turn += most * (z[begin + j] - now) * step;
                y[begin + j] = now;
                z[begin + j] = now + beta * step;
            }
        }
        theta = next;
        if (turn <= 0) continue;
        memcpy(z, y, total * sizeof *y);
        theta = 1;
    }
    leave(s, y, rest);
    for (size_t i = 0; i < s->part.n; i++) {
        x[i] = (double)(rest[i] / s->d[i]);
        bound -= 0.5L * rest[i] * (rest[i] / s->d[i]);
    }
    return bound;
}

void overlap_block(size_t n, const double *b, const double *d, double radius, double *x)
{
    long double square = 0, low = 0, high = 0;
    for (size_t i = 0; i < n; i++) square += (long double)b[i] * b[i];
    for (size_t i = 0; i < n; i++) high = fmaxl(high, sqrtl(square) / d[i]);
    if (square <= (long double)radius * radius) high = 0;
    for (unsigned t = 0; t < 200 && high > 0; t++) {
        long double s = (low + high) / 2, sum = 0;
        for (size_t i = 0; i < n; i++) sum += powl(b[i] / (d[i] * s + radius), 2);
        if (sum > 1)
            low = s;
        else
            high = s;
    }
    for (size_t i = 0; i < n; i++) x[i] = high > 0 ? (double)(b[i] * high / (d[i] * high + radius)) : 0;
}

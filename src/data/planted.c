/* A classification problem with a known answer. With x ~ N(0, I), live columns L and noise level s,
 *
 *   W_kj ~ N(0, 1) for j in L, 0 elsewhere,   e ~ N(0, I),
 *   label(x) = argmax_k (sum_{j in L} W_kj x_j + s e_k).
 *
 * Every row, and the weights, have a stretch of the random stream of their own: no row depends on
 * which others were made. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "crease/random.h"
#include "internal.h"

/* Blocks of a stretch; the first belongs to the weights, the next to row 0, and so on. A normal
 * draw takes one block, and a stretch must be long enough for all that are drawn from it. */
static const uint64_t STRETCH = UINT64_C(1) << 32;
static const size_t MOST_NUMBERS = (size_t)1 << 30;

/* The generating weights, compact: weight[l * classes + k] belongs to column order[l]. */
typedef struct truth {
    uint32_t *order; /* a shuffle of the columns; the first ones are live */
    double *weight;
    double *logit;
} truth;

static int check(crease_ctx *ctx, const crease_planted *spec, size_t first)
{
    if (spec->rows < 1 || spec->cols < 1 || spec->classes < 2)
        return crease_fail(ctx, CREASE_ERANGE,
                           "planted data needs rows, columns and two classes, not %zu, %zu, %zu",
                           spec->rows, spec->cols, spec->classes);
    if (spec->live < 1 || spec->live > spec->cols)
        return crease_fail(ctx, CREASE_ERANGE,
                           "planted data has %zu live columns of %zu: 1 to all are possible",
                           spec->live, spec->cols);
    if (!(spec->noise >= 0) || !isfinite(spec->noise))
        return crease_fail(ctx, CREASE_ERANGE,
                           "the noise of planted data is %g: it must be finite and not negative",
                           spec->noise);
    if (spec->cols > MOST_NUMBERS || spec->classes > MOST_NUMBERS / spec->live
        || first >= STRETCH - 2 || spec->rows > STRETCH - 2 - first)
        return crease_fail(ctx, CREASE_ERANGE,
                           "planted data of %zu rows from row %zu, %zu columns and %zu classes is "
                           "too large",
                           spec->rows, first, spec->cols, spec->classes);
    return CREASE_OK;
}

static int make_truth(crease_ctx *ctx, const crease_planted *spec, truth *t)
{
    t->order = crease_alloc(ctx, spec->cols, sizeof *t->order);
    t->weight = crease_alloc(ctx, spec->live * spec->classes, sizeof *t->weight);
    t->logit = crease_alloc(ctx, spec->classes, sizeof *t->logit);
    if (!t->order || !t->weight || !t->logit) return CREASE_ENOMEM;
    crease_random r = crease_random_at(spec->seed, CREASE_STREAM_DATA, 0);
    crease_random_permutation(&r, spec->cols, t->order);
    for (size_t i = 0; i < spec->live * spec->classes; i++) t->weight[i] = crease_random_normal(&r);
    return CREASE_OK;
}

static void free_truth(crease_ctx *ctx, truth *t)
{
    crease_release(ctx, t->order);
    crease_release(ctx, t->weight);
    crease_release(ctx, t->logit);
}

static void spread_weights(const crease_planted *spec, const truth *t, double *weights)
{
    memset(weights, 0, spec->classes * spec->cols * sizeof *weights);
    for (size_t l = 0; l < spec->live; l++)
        for (size_t k = 0; k < spec->classes; k++)
            weights[k * spec->cols + t->order[l]] = t->weight[l * spec->classes + k];
}

static void make_row(const crease_planted *spec, const truth *t, uint64_t row, double *x,
                     int32_t *label)
{
    crease_random r = crease_random_at(spec->seed, CREASE_STREAM_DATA, (row + 1) * STRETCH);
    for (size_t j = 0; j < spec->cols; j++) x[j] = crease_random_normal(&r);
    for (size_t k = 0; k < spec->classes; k++) t->logit[k] = spec->noise * crease_random_normal(&r);
    for (size_t l = 0; l < spec->live; l++)
        for (size_t k = 0; k < spec->classes; k++)
            t->logit[k] += t->weight[l * spec->classes + k] * x[t->order[l]];
    *label = 0;
    for (size_t k = 1; k < spec->classes; k++)
        if (t->logit[k] > t->logit[*label]) *label = (int32_t)k;
}

static int make_rows(crease_ctx *ctx, const crease_planted *spec, const truth *t, size_t first,
                     crease_dataset *set)
{
    size_t entries, side = (size_t)sqrt((double)spec->cols);
    if (__builtin_mul_overflow(spec->rows, spec->cols, &entries)) entries = SIZE_MAX;
    set->rows = spec->rows;
    set->cols = spec->cols;
    set->dense = crease_alloc(ctx, entries, sizeof *set->dense);
    set->label = crease_alloc(ctx, spec->rows, sizeof *set->label);
    if (!set->dense || !set->label) return CREASE_ENOMEM;
    for (size_t i = 0; i < spec->rows; i++)
        make_row(spec, t, first + i, set->dense + i * spec->cols, &set->label[i]);
    if (side * side == spec->cols) set->image_height = set->image_width = side;
    snprintf(set->source, sizeof set->source,
             "planted data: seed %" PRIu64 ", rows %zu to %zu, %zu columns, %zu live", spec->seed,
             first, first + spec->rows - 1, spec->cols, spec->live);
    return crease_dataset_number_classes(ctx, set, spec->classes);
}

int crease_make_planted(crease_ctx *ctx, const crease_planted *spec, size_t first,
                        crease_dataset *set, double *weights)
{
    truth t = { 0 };
    *set = (crease_dataset){ 0 };
    CREASE_TRY(check(ctx, spec, first));
    int code = make_truth(ctx, spec, &t);
    if (code == CREASE_OK) code = make_rows(ctx, spec, &t, first, set);
    if (code != CREASE_OK) crease_dataset_free(ctx, set);
    if (code == CREASE_OK && weights) spread_weights(spec, &t, weights);
    free_truth(ctx, &t);
    return code;
}

/* Data that are made, not read: planted (the columns that carry signal are known) and certified (the
 * minimizer of f + psi is known). */
#include "linear_data.h"

#include <math.h>
#include <string.h>

#include "crease/random.h"
#include "data/certified.h"

/* --- planted ------------------------------------------------------------------------------------ */

/* Row by row: a draw of one row is a function of the seed and the row, so that a test set continues. */
enum { BLOCKS_A_ROW = 16 };

/* The columns that have a part in the generating weights. */
static int find_live(crease_problem *p, const crease_planted *spec, const double *weights,
                     linear_data *data)
{
    data->live = crease_alloc(p->ctx, spec->cols, 1);
    if (!data->live) return CREASE_ENOMEM;
    for (size_t i = 0; i < spec->classes * spec->cols; i++) {
        if (weights[i] != 0) data->live[i % spec->cols] = 1;
    }
    return CREASE_OK;
}

/* A draw from the Poisson distribution by inversion, which one uniform number decides. */
static double draw_count(crease_random *r, double log_mean)
{
    const double highest = 6; /* a mean of 403: exp(-mean) is far from underflow */
    double mean = exp(fmin(log_mean, highest)), u = crease_random_uniform(r);
    double term = exp(-mean), below = term;
    double k = 0;
    while (u >= below && term > 0) {
        term *= mean / ++k;
        below += term;
    }
    return k;
}

/* The classes give way to numbers: z + noise, or counts of mean exp(z + noise), where z has the
 * difference of the two classes' weights as its weights, scaled to deviation 1. */
static void plant_numbers(const crease_planted *spec, linear_targets targets, const double *weights,
                          size_t first, crease_dataset *set)
{
    double scale = 1 / sqrt(2 * (double)spec->live);
    for (size_t i = 0; i < set->rows; i++) {
        crease_random r =
            crease_random_at(spec->seed, CREASE_STREAM_SAMPLE, (first + i) * BLOCKS_A_ROW);
        double z = spec->noise * crease_random_normal(&r);
        for (size_t j = 0; j < spec->cols; j++) {
            z += scale * (weights[spec->cols + j] - weights[j]) * set->dense[i * spec->cols + j];
        }
        set->target[i] = targets == LINEAR_COUNTS ? draw_count(&r, z) : z;
    }
}

static int make_sets(crease_problem *p, linear_targets targets, crease_planted *spec, double *weights,
                     linear_raw *raw, linear_data *data)
{
    const linear_options *o = p->opts;
    bool numbers = linear_targets_are_numbers(targets);
    CREASE_TRY(crease_make_planted(p->ctx, spec, 0, &raw->train, weights));
    CREASE_TRY(find_live(p, spec, weights, data));
    if (numbers) plant_numbers(spec, targets, weights, 0, &raw->train);
    if (o->planted_test_rows == 0) return CREASE_OK;
    size_t first = spec->rows;
    spec->rows = (size_t)o->planted_test_rows;
    CREASE_TRY(crease_make_planted(p->ctx, spec, first, &raw->test, NULL));
    if (numbers) plant_numbers(spec, targets, weights, first, &raw->test);
    return CREASE_OK;
}

int linear_make_planted(crease_problem *p, linear_targets targets, linear_raw *raw, linear_data *data)
{
    const linear_options *o = p->opts;
    crease_planted spec = { .rows = (size_t)o->planted_rows,
                            .cols = (size_t)o->planted_cols,
                            .classes = targets == LINEAR_CLASSES ? (size_t)o->planted_classes : 2,
                            .live = (size_t)o->planted_live,
                            .noise = o->planted_noise,
                            .seed = (uint64_t)o->planted_seed };
    double *weights = crease_alloc(p->ctx, spec.classes, spec.cols * sizeof *weights);
    int code = weights ? make_sets(p, targets, &spec, weights, raw, data) : CREASE_ENOMEM;
    crease_release(p->ctx, weights);
    return code;
}

/* --- certified ---------------------------------------------------------------------------------- */

/* The certificate speaks of f as it was generated: nothing may be added to it, nothing rescaled. */
static int check_certified(crease_problem *p)
{
    const linear_options *o = p->opts;
    const char *name = p->type->base.name, *rule = linear_normalizations[o->normalize];
    if (o->bias) {
        return crease_fail(
            p->ctx, CREASE_EINVAL,
            "problem %s: data = certified has a solution without an intercept: set bias = false", name);
    }
    if (o->ridge > 0) {
        return crease_fail(
            p->ctx, CREASE_EINVAL,
            "problem %s: data = certified has a solution without a ridge: set ridge = 0, not %g", name,
            o->ridge);
    }
    if (strcmp(rule, "auto") && strcmp(rule, "none")) {
        return crease_fail(
            p->ctx, CREASE_EINVAL,
            "problem %s: normalize = %s would move the solution of data = certified; use none", name,
            rule);
    }
    return CREASE_OK;
}

int linear_make_certified(crease_problem *p, linear_targets targets, linear_raw *raw, linear_data *data)
{
    const linear_options *o = p->opts;
    CREASE_TRY(check_certified(p));
    crease_certified spec = {
        .loss = targets == LINEAR_SIGNS ? CREASE_CERTIFIED_LOGISTIC : CREASE_CERTIFIED_SQUARES,
        .rows = (size_t)o->certified_rows,
        .cols = (size_t)o->certified_cols,
        .group = (size_t)o->certified_group,
        .live = (size_t)o->certified_live,
        .lambda = o->certified_lambda,
        .margin = o->certified_margin,
        .magnitude = o->certified_magnitude,
        .noise = o->certified_noise,
        .seed = (uint64_t)o->certified_seed,
    };
    data->live = crease_alloc(p->ctx, spec.cols, 1);
    data->solution = crease_alloc(p->ctx, spec.cols, sizeof *data->solution);
    if (!data->live || !data->solution) return CREASE_ENOMEM;
    CREASE_TRY(crease_make_certified(p->ctx, &spec, &raw->train, data->solution, NULL));
    for (size_t j = 0; j < spec.cols; j++) data->live[j] = data->solution[j] != 0;
    return CREASE_OK;
}

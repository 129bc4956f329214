/* Data made backwards from their answer. x* and a gradient t are chosen first, so that -t is a
 * subgradient of psi at x*:
 *
 *   live group:  t_g = -lambda sqrt(size) x*_g / |x*_g|
 *   zero group:  |t_g| = lambda sqrt(size) - margin in one, at most 0.9 times that in the others
 *
 * f is convex, so x* minimizes f + psi once grad f(x*) = A's/n = t, where s_i = loss'(z_i, y_i) and
 * z = A x* (Yuan, Lin, J. R. Stat. Soc. B 68, 2006, eq. 2.2-2.3). Such an A is a normal one, bent by
 * changes of rank one, each the least that reaches its aim:
 *
 *   rows (logistic):  A += (z - A x*) x*' / |x*|^2        columns:  A += s (n t - A's)' / |s|^2.
 *
 * Squares: s is drawn, the columns are bent, y = A x* - s. Logistic: the margins z are drawn and the
 * labels given them, which fixes s. The second change keeps A x* = z exactly where s'z = n <t, x*>:
 * the scale of z is a root of that. Entries stay of order one where the deviation of s (squares:
 * noise) is not below lambda.
 *
 * Rounding A and y to double spoils the last digits. One row of A is then set by Newton's method in
 * long double, and what is handed out has been measured: no entry of grad f(x*) - t exceeds
 * 1e-12 lambda sqrt(size).   */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "certified_fit.h"
#include "crease/random.h"
#include "internal.h"

/* Blocks of the random stream: apart from what planted data draw, a stretch for x* and t, then one for
 * each row. */
static const uint64_t BASE = UINT64_C(1) << 63, STRETCH = UINT64_C(1) << 32;
static const size_t MOST = (size_t)1 << 30; /* rows, and columns */

/* --- what is asked for ------------------------------------------------------------------------- */

static int check_sizes(crease_ctx *ctx, const crease_certified *spec)
{
    if (spec->rows < 1 || spec->rows > MOST || spec->cols < 1 || spec->cols > MOST)
        return crease_fail(ctx, CREASE_ERANGE,
                           "certified data of %zu rows and %zu columns: 1 to 2^30 of each are possible",
                           spec->rows, spec->cols);
    if (spec->group < 1 || spec->cols % spec->group != 0)
        return crease_fail(ctx, CREASE_ERANGE, "groups of %zu do not divide %zu columns", spec->group,
                           spec->cols);
    size_t groups = spec->cols / spec->group;
    if (spec->live < 1 || spec->live >= groups)
        return crease_fail(ctx, CREASE_ERANGE,
                           "%zu live groups of %zu: at least one must be live and one zero", spec->live,
                           groups);
    return CREASE_OK;
}

static int check_positive(crease_ctx *ctx, const char *name, double value)
{
    if (value > 0 && isfinite(value)) return CREASE_OK;
    return crease_fail(ctx, CREASE_ERANGE,
                       "the %s of certified data is %g: it must be positive and finite", name, value);
}

static int check(crease_ctx *ctx, const crease_certified *spec)
{
    if (spec->loss != CREASE_CERTIFIED_SQUARES && spec->loss != CREASE_CERTIFIED_LOGISTIC)
        return crease_fail(ctx, CREASE_EINVAL, "certified data have no loss number %d",
                           (int)spec->loss);
    CREASE_TRY(check_sizes(ctx, spec));
    CREASE_TRY(check_positive(ctx, "lambda", spec->lambda));
    CREASE_TRY(check_positive(ctx, "magnitude", spec->magnitude));
    if (!(spec->margin >= 0 && spec->margin < spec->lambda * crease_fit_weight(spec)))
        return crease_fail(ctx, CREASE_ERANGE,
                           "the margin of certified data is %g: it must lie in [0, lambda sqrt(group)) "
                           "= [0, %g)",
                           spec->margin, spec->lambda * crease_fit_weight(spec));
    if (spec->loss == CREASE_CERTIFIED_SQUARES) return check_positive(ctx, "noise", spec->noise);
    if (spec->noise >= 0 && isfinite(spec->noise)) return CREASE_OK;
    return crease_fail(ctx, CREASE_ERANGE,
                       "the noise of certified data is %g: it must be finite and not negative",
                       spec->noise);
}

static int reserve(crease_ctx *ctx, crease_fit *w)
{
    const crease_certified *spec = w->spec;
    crease_dataset *set = w->set;
    set->rows = spec->rows;
    set->cols = spec->cols;
    set->dense = crease_alloc(ctx, spec->rows * spec->cols, sizeof *set->dense);
    set->target = crease_alloc(ctx, spec->rows, sizeof *set->target);
    w->order = crease_alloc(ctx, spec->cols / spec->group, sizeof *w->order);
    w->x = crease_alloc(ctx, spec->cols, sizeof *w->x);
    w->aim = crease_alloc(ctx, spec->cols, sizeof *w->aim);
    w->defect = crease_alloc(ctx, spec->cols, sizeof *w->defect);
    w->slope = crease_alloc(ctx, spec->rows, sizeof *w->slope);
    w->margin = crease_alloc(ctx, spec->rows, sizeof *w->margin);
    return set->dense && set->target && w->order && w->x && w->aim && w->defect && w->slope && w->margin
               ? CREASE_OK
               : CREASE_ENOMEM;
}

static void free_work(crease_ctx *ctx, crease_fit *w)
{
    crease_release(ctx, w->order);
    crease_release(ctx, w->x);
    crease_release(ctx, w->aim);
    crease_release(ctx, w->defect);
    crease_release(ctx, w->slope);
    crease_release(ctx, w->margin);
}

/* --- the answer: x* and t ---------------------------------------------------------------------- */

static void draw_live(const crease_fit *w, crease_random *r, size_t start, double norm)
{
    size_t size = w->spec->group;
    double *x = w->x + start;
    for (size_t i = 0; i < size; i++) x[i] = crease_random_normal(r);
    long double stretch = norm / sqrtl(crease_fit_dot(size, x, x));
    for (size_t i = 0; i < size; i++) x[i] = (double)(x[i] * stretch);
    long double pull = w->spec->lambda * sqrtl((long double)size) / sqrtl(crease_fit_dot(size, x, x));
    for (size_t i = 0; i < size; i++) w->aim[start + i] = -pull * x[i];
}

static void draw_zero(const crease_fit *w, crease_random *r, size_t start, long double norm)
{
    long double *aim = w->aim + start, square = 0;
    for (size_t i = 0; i < w->spec->group; i++) {
        aim[i] = crease_random_normal(r);
        square += aim[i] * aim[i];
    }
    for (size_t i = 0; i < w->spec->group; i++) aim[i] *= norm / sqrtl(square);
}

static void draw_answer(crease_fit *w)
{
    const crease_certified *spec = w->spec;
    size_t groups = spec->cols / spec->group;
    long double most = spec->lambda * sqrtl((long double)spec->group) - spec->margin;
    crease_random r = crease_random_at(spec->seed, CREASE_STREAM_DATA, BASE);
    crease_random_permutation(&r, groups, w->order);
    for (size_t k = 0; k < groups; k++) {
        size_t start = w->order[k] * spec->group;
        double u = crease_random_uniform(&r);
        if (k < spec->live)
            draw_live(w, &r, start, spec->magnitude * (k == 0 ? 1 : 1 + 2 * u));
        else
            draw_zero(w, &r, start, most * (k == spec->live ? 1 : 0.9 * u));
    }
    w->norm = (double)sqrtl(crease_fit_dot(spec->cols, w->x, w->x));
}

/* --- rows before they are bent ----------------------------------------------------------------- */

/* The margin is what a normal row gives, and the label is wrong as often as noise of that scale makes
 * it: at noise 1, as often as the logistic model itself does. */
static void draw_label(crease_fit *w, crease_random *r, size_t i)
{
    double u = crease_random_uniform(r) + 0x1p-54;
    w->margin[i] = w->norm * crease_random_normal(r);
    w->set->target[i] = w->margin[i] + w->spec->noise * log(u / (1 - u)) > 0 ? 1 : -1;
}

static void draw_rows(crease_fit *w)
{
    const crease_certified *spec = w->spec;
    for (size_t i = 0; i < spec->rows; i++) {
        double *row = w->set->dense + i * spec->cols;
        crease_random r = crease_random_at(spec->seed, CREASE_STREAM_DATA, BASE + (i + 1) * STRETCH);
        if (crease_fit_logistic(w))
            draw_label(w, &r, i);
        else
            w->slope[i] = spec->noise * crease_random_normal(&r);
        for (size_t j = 0; j < spec->cols; j++) row[j] = crease_random_normal(&r);
    }
}

/* --- all of it --------------------------------------------------------------------------------- */

static int number_labels(crease_ctx *ctx, crease_dataset *set)
{
    set->label = crease_alloc(ctx, set->rows, sizeof *set->label);
    set->class_value = crease_alloc(ctx, 2, sizeof *set->class_value);
    if (!set->label || !set->class_value) return CREASE_ENOMEM;
    set->classes = 2;
    set->class_value[0] = -1;
    set->class_value[1] = 1;
    for (size_t i = 0; i < set->rows; i++) set->label[i] = set->target[i] > 0;
    return CREASE_OK;
}

static int make(crease_ctx *ctx, crease_fit *w)
{
    const crease_certified *spec = w->spec;
    CREASE_TRY(reserve(ctx, w));
    draw_answer(w);
    draw_rows(w);
    CREASE_TRY(crease_fit_bend(ctx, w));
    CREASE_TRY(crease_fit_refine(ctx, w));
    snprintf(w->set->source, sizeof w->set->source,
             "certified %s: seed %" PRIu64 ", %zu rows, %zu columns in groups of %zu, %zu live",
             crease_fit_logistic(w) ? "logistic data" : "least squares", spec->seed, spec->rows,
             spec->cols, spec->group, spec->live);
    return crease_fit_logistic(w) ? number_labels(ctx, w->set) : CREASE_OK;
}

int crease_make_certified(crease_ctx *ctx, const crease_certified *spec, crease_dataset *set, double *x,
                          double *gradient)
{
    crease_fit w = { .spec = spec, .set = set };
    *set = (crease_dataset){ 0 };
    CREASE_TRY(check(ctx, spec));
    int code = make(ctx, &w);
    for (size_t j = 0; code == CREASE_OK && x && j < spec->cols; j++) x[j] = w.x[j];
    for (size_t j = 0; code == CREASE_OK && gradient && j < spec->cols; j++)
        gradient[j] = (double)(w.aim[j] - w.defect[j]);
    if (code != CREASE_OK) crease_dataset_free(ctx, set);
    free_work(ctx, &w);
    return code;
}

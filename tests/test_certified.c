/* Data with a certified minimizer: every condition of optimality is recomputed in long double from the
 * data set alone, and the minimizer is found again by an accelerated proximal gradient method that
 * knows nothing of it. */
#include <float.h>
#include <math.h>

#include "files.h"

#include "../src/data/certified.h"

enum { MOST_COLS = 200, MOST_ROWS = 600 };

static const crease_certified squares = { .loss = CREASE_CERTIFIED_SQUARES,
                                          .rows = 80,
                                          .cols = 60,
                                          .group = 3,
                                          .live = 5,
                                          .lambda = 0.2,
                                          .margin = 0.05,
                                          .magnitude = 0.7,
                                          .noise = 0.5,
                                          .seed = 1 };

static const crease_certified logistic = { .loss = CREASE_CERTIFIED_LOGISTIC,
                                           .rows = 300,
                                           .cols = 40,
                                           .group = 2,
                                           .live = 3,
                                           .lambda = 0.01,
                                           .margin = 0.003,
                                           .magnitude = 0.5,
                                           .noise = 1,
                                           .seed = 2 };

/* --- the conditions, from the data alone ------------------------------------------------------- */

/* What is found at a point. Slacks and errors are relative to lambda sqrt(size). */
typedef struct {
    size_t live;
    long double live_error; /* |grad_g f + lambda sqrt(size) x_g / |x_g||, the largest */
    long double least_slack, second_slack, least_norm, second_norm;
    long double spread;      /* mean square distance of a row's gradient from their mean, per column */
    long double mean_square; /* of the entries */
    long double gradient[MOST_COLS];
} findings;

static long double slope(const crease_dataset *set, size_t i, const double *x)
{
    long double z = 0, y = set->target[i];
    for (size_t j = 0; j < set->cols; j++) z += (long double)set->dense[i * set->cols + j] * x[j];
    return set->label ? -y / (1 + expl(y * z)) : z - y;
}

static void find_gradient(const crease_dataset *set, const double *x, findings *f)
{
    long double rows = set->rows, cols = set->cols;
    *f = (findings){ 0 };
    for (size_t i = 0; i < set->rows; i++) {
        long double s = slope(set, i, x);
        for (size_t j = 0; j < set->cols; j++) {
            long double a = set->dense[i * set->cols + j];
            f->gradient[j] += s * a / rows;
            f->spread += s * s * a * a / rows / cols;
            f->mean_square += a * a / rows / cols;
        }
    }
    for (size_t j = 0; j < set->cols; j++) f->spread -= f->gradient[j] * f->gradient[j] / cols;
}

static void add_smaller(long double *first, long double *second, long double value)
{
    if (value < *first) {
        *second = *first;
        *first = value;
    } else if (value < *second) {
        *second = value;
    }
}

static void find_group(const crease_certified *spec, const double *x, const long double *gradient,
                       findings *f)
{
    long double norm = 0, error = 0, weight = spec->lambda * sqrtl(spec->group);
    for (size_t i = 0; i < spec->group; i++) norm += (long double)x[i] * x[i];
    norm = sqrtl(norm);
    for (size_t i = 0; i < spec->group; i++) {
        long double off = gradient[i] + (norm > 0 ? weight * x[i] / norm : 0);
        error += off * off;
    }
    error = sqrtl(error);
    if (norm == 0) {
        add_smaller(&f->least_slack, &f->second_slack, (weight - error) / weight);
        return;
    }
    f->live++;
    f->live_error = fmaxl(f->live_error, error / weight);
    add_smaller(&f->least_norm, &f->second_norm, norm);
}

static findings inspect(const crease_certified *spec, const crease_dataset *set, const double *x)
{
    findings f;
    find_gradient(set, x, &f);
    f.least_slack = f.second_slack = f.least_norm = f.second_norm = HUGE_VALL;
    for (size_t j = 0; j < spec->cols; j += spec->group) find_group(spec, x + j, f.gradient + j, &f);
    return f;
}

static void make(crease_ctx *ctx, const crease_certified *spec, crease_dataset *set, double *x)
{
    double gradient[MOST_COLS];
    assert_true(spec->cols <= MOST_COLS && spec->rows <= MOST_ROWS);
    assert_ok(ctx, crease_make_certified(ctx, spec, set, x, gradient));
    findings f = inspect(spec, set, x);
    for (size_t j = 0; j < spec->cols; j++)
        assert_true(fabsl(gradient[j] - f.gradient[j]) < 1e-15L * spec->lambda + 1e-300L);
}

static void check_set(const crease_certified *spec, const crease_dataset *set)
{
    assert_int_equal(set->rows, spec->rows);
    assert_int_equal(set->cols, spec->cols);
    assert_true(set->dense && set->target && !set->bytes && !set->value);
    assert_non_null(strstr(set->source, "certified"));
    if (spec->loss == CREASE_CERTIFIED_SQUARES) {
        assert_true(!set->label && set->classes == 0);
        return;
    }
    assert_int_equal(set->classes, 2);
    assert_true(set->class_value[0] == -1 && set->class_value[1] == 1);
    for (size_t i = 0; i < set->rows; i++)
        assert_true(set->class_value[set->label[i]] == set->target[i]);
}

static void check_conditions(const crease_certified *spec, const crease_dataset *set, const double *x)
{
    findings f = inspect(spec, set, x);
    long double margin = spec->margin / (spec->lambda * sqrtl(spec->group));
    assert_int_equal(f.live, spec->live);
    assert_true(f.live_error < 1e-13L);
    assert_true(fabsl(f.least_slack - margin) < 1e-11L);
    assert_true(f.second_slack > margin + 0.09L * (1 - margin));
    assert_true(fabsl(f.least_norm / spec->magnitude - 1) < 1e-14L);
    assert_true(f.second_norm > f.least_norm);
    for (size_t j = 0; j < spec->cols; j++) assert_true(x[j] != 0 || !signbit(x[j]));
}

/* --- tests ------------------------------------------------------------------------------------- */

/* |A x*|^2 / n |x*|^2: curvature along x* is lost where the margins are made much smaller than a normal
 * row's. */
static long double stretch(const crease_dataset *set, const double *x)
{
    long double square = 0, norm = 0;
    for (size_t j = 0; j < set->cols; j++) norm += (long double)x[j] * x[j];
    for (size_t i = 0; i < set->rows; i++) {
        long double z = 0;
        for (size_t j = 0; j < set->cols; j++) z += (long double)set->dense[i * set->cols + j] * x[j];
        square += z * z / set->rows;
    }
    return square / norm;
}

static void check_example(const crease_certified *spec, long double least_spread)
{
    crease_ctx *ctx = test_ctx();
    crease_dataset set;
    double x[MOST_COLS];
    make(ctx, spec, &set, x);
    check_set(spec, &set);
    check_conditions(spec, &set, x);
    findings f = inspect(spec, &set, x);
    if (f.spread < least_spread || f.mean_square < 0.5L || f.mean_square > 2)
        fail_msg("spread %Lg, mean square %Lg", f.spread, f.mean_square);
    if (stretch(&set, x) < 0.3L || stretch(&set, x) > 3) fail_msg("stretch %Lg", stretch(&set, x));
    crease_dataset_free(ctx, &set);
    crease_ctx_free(ctx);
}

/* Gradients of single rows differ at x*: their variance, per column, is near noise^2 for squares. */
static void examples(void **state)
{
    (void)state;
    check_example(&squares, 0.8L * 0.25L);
    check_example(&logistic, 0.1L);
    crease_certified one = squares;
    one.group = 1;
    check_example(&one, 0.8L * 0.25L);
    one = logistic;
    one.group = 1;
    check_example(&one, 0.1L);
}

static double between(crease_random *r, double least, double most)
{
    return least * pow(most / least, crease_random_uniform(r));
}

static crease_certified draw_spec(crease_random *r, uint64_t seed)
{
    crease_certified s = { .loss = seed % 2 ? CREASE_CERTIFIED_LOGISTIC : CREASE_CERTIFIED_SQUARES };
    bool logistic_loss = s.loss == CREASE_CERTIFIED_LOGISTIC;
    size_t groups = 2 + crease_random_below(r, 20);
    s.group = 1 + crease_random_below(r, 6);
    s.cols = groups * s.group;
    s.live = 1 + crease_random_below(r, groups - 1 < 6 ? groups - 1 : 6);
    s.rows = (logistic_loss ? 30 : 1) + crease_random_below(r, 300);
    s.lambda = logistic_loss ? between(r, 3e-4, 2e-2) : between(r, 1e-3, 1);
    s.margin =
        crease_random_below(r, 4) ? crease_random_uniform(r) * s.lambda * sqrt((double)s.group) : 0;
    s.magnitude = between(r, 0.1, 3);
    s.noise = between(r, 0.1, 3);
    s.seed = seed;
    return s;
}

/* What is made fulfils its conditions; what cannot be made is refused, and that is not the rule. */
static void random_specs(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    crease_random r = crease_random_at(8, CREASE_STREAM_TEST, 0);
    size_t trials = crease_test_count(5000), refused = 0;
    for (size_t k = 0; k < trials; k++) {
        crease_certified spec = draw_spec(&r, k);
        crease_dataset set;
        double x[MOST_COLS];
        if (crease_make_certified(ctx, &spec, &set, x, NULL) != CREASE_OK) {
            assert_int_equal(spec.loss, CREASE_CERTIFIED_LOGISTIC);
            assert_fails(ctx, crease_make_certified(ctx, &spec, &set, x, NULL), CREASE_ERANGE,
                         "must be smaller");
            assert_null(set.dense);
            refused++;
            continue;
        }
        check_set(&spec, &set);
        check_conditions(&spec, &set, x);
        crease_dataset_free(ctx, &set);
    }
    assert_true(refused <= trials / 4);
    crease_ctx_free(ctx);
}

/* --- found again ------------------------------------------------------------------------------- */

static double gradient_at(const crease_dataset *set, const double *x, double *g)
{
    double rows = (double)set->rows, bound = 0;
    memset(g, 0, set->cols * sizeof *g);
    for (size_t i = 0; i < set->rows; i++) {
        const double *a = set->dense + i * set->cols;
        double z = 0, y = set->target[i];
        for (size_t j = 0; j < set->cols; j++) z += a[j] * x[j];
        double s = set->label ? -y / (1 + exp(y * z)) : z - y;
        for (size_t j = 0; j < set->cols; j++) g[j] += s * a[j] / rows;
        for (size_t j = 0; j < set->cols; j++) bound += a[j] * a[j] / rows;
    }
    return set->label ? bound / 4 : bound; /* the trace of the Hessian is not below its norm */
}

static void shrink_groups(const crease_certified *spec, double step, double *x)
{
    for (size_t g = 0; g < spec->cols; g += spec->group) {
        double norm = 0;
        for (size_t i = 0; i < spec->group; i++) norm += x[g + i] * x[g + i];
        norm = sqrt(norm);
        double keep = fmax(0, 1 - step * spec->lambda * sqrt((double)spec->group) / norm);
        for (size_t i = 0; i < spec->group; i++) x[g + i] = norm > 0 ? keep * x[g + i] : 0;
    }
}

/* FISTA with O'Donoghue and Candes's restart (Found. Comput. Math. 15, 2015), from 0, until it stands
 * still. */
static size_t minimize(const crease_certified *spec, const crease_dataset *set, double *x)
{
    double point[MOST_COLS] = { 0 }, next[MOST_COLS], g[MOST_COLS], t = 1;
    size_t steps = 0;
    memset(x, 0, spec->cols * sizeof *x);
    for (double moved = 1; moved > 1e-12 && steps < 200000; steps++) {
        double step = 1 / gradient_at(set, point, g), uphill = 0,
               larger = (1 + sqrt(1 + 4 * t * t)) / 2;
        for (size_t j = 0; j < spec->cols; j++) next[j] = point[j] - step * g[j];
        shrink_groups(spec, step, next);
        moved = 0;
        for (size_t j = 0; j < spec->cols; j++) {
            moved = fmax(moved, fabs(next[j] - point[j]));
            uphill += (point[j] - next[j]) * (next[j] - x[j]);
        }
        double momentum = uphill > 0 ? 0 : (t - 1) / larger;
        t = uphill > 0 ? 1 : larger;
        for (size_t j = 0; j < spec->cols; j++) {
            point[j] = next[j] + momentum * (next[j] - x[j]);
            x[j] = next[j];
        }
    }
    return steps;
}

static void find_again(const crease_certified *spec)
{
    crease_ctx *ctx = test_ctx();
    crease_dataset set;
    double x[MOST_COLS], found[MOST_COLS], away = 0;
    make(ctx, spec, &set, x);
    check_conditions(spec, &set, x);
    size_t steps = minimize(spec, &set, found);
    for (size_t j = 0; j < spec->cols; j++) away = fmax(away, fabs(x[j] - found[j]));
    if (away > 1e-6) fail_msg("seed %d: %g away after %zu steps", (int)spec->seed, away, steps);
    for (size_t j = 0; spec->margin > 0 && j < spec->cols; j++)
        assert_int_equal(x[j] == 0, found[j] == 0);
    crease_dataset_free(ctx, &set);
    crease_ctx_free(ctx);
}

static void minimizer_is_found_again(void **state)
{
    (void)state;
    for (size_t k = 0; k < crease_test_count(100); k++) {
        crease_certified s = k % 2 ? logistic : squares;
        s.seed = k;
        find_again(&s);
        s.group = 1;
        s.margin = 0.4 * s.lambda;
        find_again(&s);
    }
}

/* margin 0: one zero group pulls as hard as a live one, and is still zero. */
static void degenerate(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        crease_certified s = k ? logistic : squares;
        s.margin = 0;
        find_again(&s);
        s.group = 1;
        find_again(&s);
    }
}

static void same_seed_same_bits(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        crease_ctx *ctx = test_ctx();
        crease_certified s = k ? logistic : squares;
        crease_dataset first, again, other;
        double x[MOST_COLS], y[MOST_COLS], z[MOST_COLS];
        make(ctx, &s, &first, x);
        make(ctx, &s, &again, y);
        s.seed++;
        make(ctx, &s, &other, z);
        assert_memory_equal(first.dense, again.dense, s.rows * s.cols * sizeof(double));
        assert_memory_equal(first.target, again.target, s.rows * sizeof(double));
        assert_memory_equal(x, y, s.cols * sizeof *x);
        assert_memory_not_equal(first.dense, other.dense, s.cols * sizeof(double));
        assert_memory_not_equal(x, z, s.cols * sizeof *x);
        crease_dataset_free(ctx, &first);
        crease_dataset_free(ctx, &again);
        crease_dataset_free(ctx, &other);
        crease_ctx_free(ctx);
    }
}

/* --- hostile ----------------------------------------------------------------------------------- */

static void refuse(crease_certified spec, const char *words)
{
    crease_ctx *ctx = test_ctx();
    crease_dataset set;
    memset(&set, 0x5a, sizeof set);
    double x[2] = { 7, 7 };
    assert_fails(ctx, crease_make_certified(ctx, &spec, &set, x, x), CREASE_ERANGE, words);
    assert_true(set.rows == 0 && !set.dense && !set.target && x[0] == 7);
    crease_ctx_free(ctx);
}

#define REFUSE(base, field, number, words)                                                             \
    do {                                                                                               \
        crease_certified refused_ = base;                                                              \
        refused_.field = number;                                                                       \
        refuse(refused_, words);                                                                       \
    } while (0)

static void refused_specs(void **state)
{
    (void)state;
    REFUSE(squares, rows, 0, "0 rows");
    REFUSE(squares, cols, 0, "0 columns");
    REFUSE(squares, rows, SIZE_MAX, "2^30");
    REFUSE(squares, cols, SIZE_MAX - 1, "2^30");
    REFUSE(squares, group, 0, "groups of 0");
    REFUSE(squares, group, 7, "groups of 7 do not divide 60");
    REFUSE(squares, group, 120, "do not divide");
    REFUSE(squares, live, 0, "0 live groups of 20");
    REFUSE(squares, live, 20, "20 live groups of 20");
    REFUSE(squares, group, 60, "5 live groups of 1");
    REFUSE(squares, lambda, 0, "lambda");
    REFUSE(squares, lambda, NAN, "lambda");
    REFUSE(squares, lambda, INFINITY, "lambda");
    REFUSE(squares, magnitude, -1, "magnitude");
    REFUSE(squares, magnitude, NAN, "magnitude");
    REFUSE(squares, margin, NAN, "margin");
    REFUSE(squares, margin, -1e-9, "margin");
    REFUSE(squares, margin, 0.2 * sqrt(3), "[0, 0.34641)");
    REFUSE(squares, margin, INFINITY, "margin");
    REFUSE(squares, noise, 0, "noise");
    REFUSE(squares, noise, NAN, "noise");
    REFUSE(squares, noise, 1e-14, "miss the gradient");
    REFUSE(squares, magnitude, 1e13, "miss the gradient");
    REFUSE(squares, lambda, 1e300, "miss the gradient");
    REFUSE(squares, magnitude, 1e308, "miss the gradient");
    REFUSE(logistic, noise, -1, "noise");
    REFUSE(logistic, noise, INFINITY, "noise");
    REFUSE(logistic, lambda, 0.2, "lambda, magnitude or live must be smaller");
    REFUSE(logistic, magnitude, 20, "lambda, magnitude or live must be smaller");
    REFUSE(logistic, magnitude, 1e308, "must be smaller");
    REFUSE(logistic, noise, 1e6, "lambda or the noise must be smaller");
}

static void unknown_loss(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    crease_certified spec = squares;
    crease_dataset set;
    spec.loss = (crease_certified_loss)7;
    assert_fails(ctx, crease_make_certified(ctx, &spec, &set, NULL, NULL), CREASE_EINVAL,
                 "loss number 7");
    crease_ctx_free(ctx);
}

/* Every single allocation fails once: nothing is left behind. */
static void refused_memory(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        int code = CREASE_ENOMEM;
        for (size_t fail_at = 1; code != CREASE_OK; fail_at++) {
            tally t = { 0 };
            crease_ctx *ctx = tally_ctx(&t);
            crease_dataset set;
            t.fail_at = t.requests + fail_at;
            code = crease_make_certified(ctx, k ? &logistic : &squares, &set, NULL, NULL);
            if (code != CREASE_OK) {
                assert_fails(ctx, code, CREASE_ENOMEM, "out of memory");
                assert_null(set.dense);
            } else {
                assert_true(fail_at > (k ? 10 : 8));
            }
            crease_dataset_free(ctx, &set);
            crease_ctx_free(ctx);
            assert_int_equal(t.in_use, 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples),
        cmocka_unit_test(random_specs),
        cmocka_unit_test(minimizer_is_found_again),
        cmocka_unit_test(degenerate),
        cmocka_unit_test(same_seed_same_bits),
        cmocka_unit_test(refused_specs),
        cmocka_unit_test(unknown_loss),
        cmocka_unit_test(refused_memory),
    };
    return cmocka_run_group_tests_name("certified", tests, NULL, NULL);
}

/* The scale of the margins, the two bends, the last digits: steps of certified.c, where the mathematics
 * is. */
#include "certified_fit.h"

/* --- the scale of the margins ------------------------------------------------------------------ */

/* -s'z/n for margins scaled by this: the mean of u / (1 + exp u), u = scale y z. 0 at 0, at most
 * 0.2785. */
static double mean_pull(const crease_fit *w, double scale)
{
    double sum = 0;
    for (size_t i = 0; i < w->spec->rows; i++) {
        double u = scale * w->margin[i] * w->set->target[i];
        sum += u / (1 + exp(u));
    }
    return sum / (double)w->spec->rows;
}

/* Bisection to the last digit: mean_pull is below `wanted` at `below`, not below it at `above`. */
static double root_between(const crease_fit *w, double wanted, double below, double above)
{
    for (;;) {
        double middle = below + (above - below) / 2;
        if (middle == below || middle == above) return above;
        *(mean_pull(w, middle) < wanted ? &below : &above) = middle;
    }
}

/* mean_pull climbs from 0 to a peak and falls again: of the two roots, the one nearer to 1 changes the
 * rows least. */
static int find_scale(crease_ctx *ctx, const crease_fit *w, double wanted, double *scale)
{
    double peak = 0, most = 0;
    for (int k = -48; k <= 24; k++) {
        double s = exp2(k / 4.0) / w->norm, pull = mean_pull(w, s);
        if (pull > most) {
            most = pull;
            peak = s;
        }
    }
    if (!(most >= wanted))
        return crease_fail(
            ctx, CREASE_ERANGE,
            "no logistic data of %zu rows have this minimizer: lambda times the weighted "
            "norms of the live groups is %.4g, the labels allow %.4g; %s must be smaller",
            w->spec->rows, wanted, most,
            wanted > 0.1 ? "lambda, magnitude or live" : "lambda or the noise");
    double far = peak, least = root_between(w, wanted, 0, peak);
    while (mean_pull(w, far) >= wanted && far < 0x1p40 * peak) far *= 2;
    *scale = least;
    if (far >= 0x1p40 * peak) return CREASE_OK;
    far = root_between(w, wanted, far, peak);
    if (fabs(log(far)) < fabs(log(least))) *scale = far;
    return CREASE_OK;
}

/* --- bending ----------------------------------------------------------------------------------- */

static long double slope_of(const crease_fit *w, long double z, long double y)
{
    return crease_fit_logistic(w) ? -y / (1 + expl(y * z)) : z - y;
}

static long double curvature_of(const crease_fit *w, long double slope)
{
    return crease_fit_logistic(w) ? fabsl(slope) * (1 - fabsl(slope)) : 1;
}

static long double product(const crease_fit *w, size_t i)
{
    return crease_fit_dot(w->spec->cols, w->set->dense + i * w->spec->cols, w->x);
}

static void measure_defect(crease_fit *w)
{
    size_t n = w->spec->rows, cols = w->spec->cols;
    for (size_t j = 0; j < cols; j++) w->defect[j] = w->aim[j];
    for (size_t i = 0; i < n; i++) {
        const double *row = w->set->dense + i * cols;
        for (size_t j = 0; j < cols; j++) w->defect[j] -= w->slope[i] * row[j] / (long double)n;
    }
}

/* A'slope / n becomes t. */
static void bend_columns(crease_fit *w)
{
    size_t n = w->spec->rows, cols = w->spec->cols;
    long double square = 0;
    measure_defect(w);
    for (size_t i = 0; i < n; i++) square += w->slope[i] * w->slope[i];
    for (size_t i = 0; i < n; i++) {
        double *row = w->set->dense + i * cols;
        long double share = (long double)n * w->slope[i] / square;
        for (size_t j = 0; j < cols; j++) row[j] = (double)(row[j] + share * w->defect[j]);
    }
}

/* A x* becomes scale times the margins. */
static void bend_rows(crease_fit *w, double scale)
{
    size_t cols = w->spec->cols;
    long double square = crease_fit_dot(cols, w->x, w->x);
    for (size_t i = 0; i < w->spec->rows; i++) {
        double *row = w->set->dense + i * cols;
        long double share = ((long double)scale * w->margin[i] - product(w, i)) / square;
        for (size_t j = 0; j < cols; j++) row[j] = (double)(row[j] + share * w->x[j]);
    }
}

static int bend_logistic(crease_ctx *ctx, crease_fit *w)
{
    double scale = 1;
    long double wanted = 0;
    for (size_t j = 0; j < w->spec->cols; j++) wanted -= w->aim[j] * w->x[j];
    CREASE_TRY(find_scale(ctx, w, (double)wanted, &scale));
    bend_rows(w, scale);
    for (size_t i = 0; i < w->spec->rows; i++)
        w->slope[i] = slope_of(w, (long double)scale * w->margin[i], w->set->target[i]);
    bend_columns(w);
    return CREASE_OK;
}

static void bend_squares(crease_fit *w)
{
    bend_columns(w);
    for (size_t i = 0; i < w->spec->rows; i++)
        w->set->target[i] = (double)(product(w, i) - w->slope[i]);
}

int crease_fit_bend(crease_ctx *ctx, crease_fit *w)
{
    if (crease_fit_logistic(w)) return bend_logistic(ctx, w);
    bend_squares(w);
    return CREASE_OK;
}

/* --- the last digits --------------------------------------------------------------------------- */

/* The slopes and the defect of the data as they are now. */
static void measure(crease_fit *w)
{
    for (size_t i = 0; i < w->spec->rows; i++)
        w->slope[i] = slope_of(w, product(w, i), w->set->target[i]);
    measure_defect(w);
}

/* A change e of row a changes n grad f(x*) by s e + h (x*'e) a, h the curvature: solved for e it
 * divides by s and by s + h z. The row where neither is small. */
static size_t find_steady_row(const crease_fit *w)
{
    size_t best = 0;
    long double most = -1;
    for (size_t i = 0; i < w->spec->rows; i++) {
        long double s = w->slope[i],
                    least = fminl(fabsl(s), fabsl(s + curvature_of(w, s) * product(w, i)));
        if (least > most) {
            most = least;
            best = i;
        }
    }
    return best;
}

/* One step of Newton's method in the entries of that row (Sherman and Morrison's formula). */
static void refine_row(crease_fit *w, size_t i)
{
    size_t n = w->spec->rows, cols = w->spec->cols;
    double *row = w->set->dense + i * cols;
    long double s = w->slope[i], h = curvature_of(w, s), along = 0;
    for (size_t j = 0; j < cols; j++) along += w->defect[j] * w->x[j];
    along *= h / (s + h * product(w, i));
    for (size_t j = 0; j < cols; j++)
        row[j] = (double)(row[j] + (long double)n * (w->defect[j] - along * row[j]) / s);
}

int crease_fit_refine(crease_ctx *ctx, crease_fit *w)
{
    long double worst = 0, allowed = 1e-12L * w->spec->lambda * crease_fit_weight(w->spec);
    measure(w);
    for (int pass = 0; pass < 3; pass++) {
        refine_row(w, find_steady_row(w));
        measure(w);
    }
    for (size_t j = 0; j < w->spec->cols; j++)
        if (!(fabsl(w->defect[j]) <= worst)) worst = fabsl(w->defect[j]);
    if (worst <= allowed) return CREASE_OK;
    return crease_fail(ctx, CREASE_ERANGE,
                       "certified data in double miss the gradient by %.2Lg, more than 1e-12 lambda "
                       "sqrt(group): lambda must be larger, or magnitude smaller%s",
                       worst, crease_fit_logistic(w) ? "" : ", or the noise of lambda's order");
}

#include "relu_support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 32 }; /* hidden units, classes */

relu_layout relu_places(const relu_shape *of, const sample *data)
{
    relu_layout at = { .input_bias = of->hidden * data->cols };
    at.output = at.input_bias + (of->hidden_bias ? of->hidden : 0);
    at.output_bias = at.output + of->hidden * data->classes;
    at.n = at.output_bias + data->classes;
    return at;
}

/* One row: activations a with their slopes d, and logits u. */
typedef struct {
    long double a[MOST], d[MOST], u[MOST];
} pass;

static void forward(const relu_shape *of, const sample *data, const double *row, const long double *x,
                    pass *s)
{
    relu_layout at = relu_places(of, data);
    for (size_t j = 0; j < of->hidden; j++) {
        long double z = of->hidden_bias ? x[at.input_bias + j] : 0;
        for (size_t i = 0; i < data->cols; i++) z += x[j * data->cols + i] * row[i];
        s->d[j] = z > 0 ? 1 : of->slope;
        s->a[j] = z * s->d[j];
    }
    for (size_t k = 0; k < data->classes; k++) {
        s->u[k] = x[at.output_bias + k];
        for (size_t j = 0; j < of->hidden; j++) s->u[k] += x[at.output + k * of->hidden + j] * s->a[j];
    }
}

/* Loss of the row; u becomes its derivative. Exponents of long double go far. */
static long double cross_entropy(size_t classes, int y, long double *u)
{
    long double sum = 0, own = u[y];
    for (size_t k = 0; k < classes; k++) sum += expl(u[k]);
    for (size_t k = 0; k < classes; k++) u[k] = expl(u[k]) / sum - ((int)k == y);
    return logl(sum) - own;
}

static void add_gradient(const relu_shape *of, const sample *data, const double *row,
                         const long double *x, const pass *s, long double share, long double *g)
{
    relu_layout at = relu_places(of, data);
    for (size_t k = 0; k < data->classes; k++) g[at.output_bias + k] += share * s->u[k];
    for (size_t j = 0; j < of->hidden; j++) {
        long double pull = 0;
        for (size_t k = 0; k < data->classes; k++) {
            g[at.output + k * of->hidden + j] += share * s->u[k] * s->a[j];
            pull += s->u[k] * x[at.output + k * of->hidden + j];
        }
        for (size_t i = 0; i < data->cols; i++)
            g[j * data->cols + i] += share * pull * s->d[j] * row[i];
        if (of->hidden_bias) g[at.input_bias + j] += share * pull * s->d[j];
    }
}

long double relu_value(const relu_shape *of, const sample *data, crease_rows rows, const long double *x,
                       long double *gradient, uint64_t *kinks)
{
    size_t count = rows.rows ? rows.count : data->rows, n = relu_places(of, data).n;
    long double sum = 0;
    assert_true(of->hidden <= MOST && data->classes <= MOST);
    for (size_t i = 0; gradient && i < n; i++) gradient[i] = 0;
    if (kinks) *kinks = 0;
    for (size_t i = 0; i < count; i++) {
        size_t which = rows.rows ? rows.rows[i] : i;
        const double *row = data->x + which * data->cols;
        pass s;
        forward(of, data, row, x, &s);
        for (size_t j = 0; kinks && j < of->hidden; j++) *kinks = 31 * *kinks + (s.d[j] == 1);
        sum += cross_entropy(data->classes, data->y[which], s.u);
        if (gradient) add_gradient(of, data, row, x, &s, 1 / (long double)count, gradient);
    }
    return sum / (long double)count;
}

size_t relu_correct(const relu_shape *of, const sample *data, const long double *x)
{
    size_t correct = 0;
    for (size_t i = 0; i < data->rows; i++) {
        pass s;
        size_t best = 0;
        forward(of, data, data->x + i * data->cols, x, &s);
        for (size_t k = 1; k < data->classes; k++)
            if (s.u[k] > s.u[best]) best = k;
        correct += (int)best == data->y[i];
    }
    return correct;
}

crease_problem *relu_problem(crease_ctx *ctx, const relu_shape *of, const sample *data, bool sparse,
                             const char *backend)
{
    char hidden[30], slope[30];
    snprintf(hidden, sizeof hidden, "%zu", of->hidden);
    snprintf(slope, sizeof slope, "%.17Lg", of->slope);
    const char *path = sparse ? sample_write_libsvm(data, "net") : sample_write_csv(data, "net");
    return problem_make(ctx, "relu_net", backend,
                        SETTINGS("data", path, "test", path, "hidden", hidden, "slope", slope,
                                 "hidden_bias", of->hidden_bias ? "true" : "false"));
}

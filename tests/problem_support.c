#include "problem_support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fill_normal(uint64_t seed, size_t n, double scale, double *x)
{
    crease_random r = crease_random_at(seed, CREASE_STREAM_TEST, 0);
    for (size_t i = 0; i < n; i++) x[i] = scale * crease_random_normal(&r);
}

sample sample_create(uint64_t seed, size_t rows, size_t cols, size_t classes, double zeros)
{
    sample s = { rows, cols, classes, calloc(rows * cols, sizeof *s.x), calloc(rows, sizeof *s.y), NULL };
    assert_true(s.x && s.y);
    crease_random r = crease_random_at(seed, CREASE_STREAM_TEST, 0);
    for (size_t i = 0; i < rows * cols; i++) {
        double value = crease_random_normal(&r);
        s.x[i] = crease_random_uniform(&r) < zeros ? 0 : value;
    }
    for (size_t i = 0; i < rows; i++)
        s.y[i] = (int)(i < classes ? i : crease_random_below(&r, classes));
    return s;
}

void sample_free(sample *s)
{
    free(s->x);
    free(s->y);
    free(s->t);
}

static FILE *open_file(const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    return file;
}

static double target(const sample *s, size_t i)
{
    return s->t ? s->t[i] : 3 * s->y[i] - 2;
}

const char *sample_write_csv(const sample *s, const char *name)
{
    char full[100];
    snprintf(full, sizeof full, "%s.csv", name);
    const char *path = test_path(full);
    FILE *file = open_file(path);
    for (size_t i = 0; i < s->rows; i++) {
        for (size_t j = 0; j < s->cols; j++) fprintf(file, "%.17g,", s->x[i * s->cols + j]);
        fprintf(file, "%.17g\n", target(s, i));
    }
    fclose(file);
    return path;
}

const char *sample_write_libsvm(const sample *s, const char *name)
{
    const char *path = test_path(name);
    FILE *file = open_file(path);
    for (size_t i = 0; i < s->rows; i++) {
        fprintf(file, "%.17g", target(s, i));
        for (size_t j = 0; j < s->cols; j++) {
            double value = s->x[i * s->cols + j];
            if (value != 0) fprintf(file, " %zu:%.17g", j + 1, value);
        }
        fputc('\n', file);
    }
    fclose(file);
    return path;
}

crease_problem *problem_make(crease_ctx *ctx, const char *name, const char *backend,
                             const char *const *settings)
{
    crease_problem *p = crease_problem_create(ctx, name, crease_backend_find(ctx, backend));
    if (!p) fail_msg("%s", crease_ctx_error(ctx)->sentence);
    for (; *settings; settings += 2) assert_ok(ctx, crease_problem_set(p, settings[0], settings[1]));
    assert_ok(ctx, crease_problem_setup(p));
    return p;
}

static size_t outputs(const reference *r)
{
    return r->binary ? 1 : r->data->classes;
}

size_t reference_size(const reference *r)
{
    return outputs(r) * (r->data->cols + r->bias);
}

/* Loss of one row and its derivative in the logits, without any shift: exponents of long double go far.
 */
static long double row_loss(const reference *r, const long double *z, int y, long double *derivative)
{
    if (r->binary) {
        long double sign = y ? 1 : -1, e = expl(-sign * z[0]);
        derivative[0] = -sign * e / (1 + e);
        return log1pl(e);
    }
    long double sum = 0;
    for (size_t k = 0; k < outputs(r); k++) sum += expl(z[k]);
    for (size_t k = 0; k < outputs(r); k++) derivative[k] = expl(z[k]) / sum - ((int)k == y);
    return logl(sum) - z[y];
}

long double reference_value(const reference *r, crease_rows rows, const double *x, double *gradient)
{
    const sample *s = r->data;
    size_t p = s->cols, m = outputs(r), n = rows.rows ? rows.count : s->rows;
    long double z[64], d[64], total = 0, *g = calloc(reference_size(r), sizeof *g);
    assert_true(g && m <= 64);
    for (size_t i = 0; i < n; i++) {
        size_t row = rows.rows ? rows.rows[i] : i;
        for (size_t k = 0; k < m; k++) {
            z[k] = r->bias ? x[m * p + k] : 0;
            for (size_t j = 0; j < p; j++) z[k] += (long double)x[k * p + j] * s->x[row * p + j];
        }
        total += row_loss(r, z, s->y[row], d) / (long double)n;
        for (size_t k = 0; k < m; k++) {
            for (size_t j = 0; j < p; j++) g[k * p + j] += d[k] * s->x[row * p + j] / (long double)n;
            if (r->bias) g[m * p + k] += d[k] / (long double)n;
        }
    }
    for (size_t i = 0; i < m * p; i++) {
        total += 0.5L * r->ridge * x[i] * x[i];
        g[i] += (long double)r->ridge * x[i];
    }
    for (size_t i = 0; gradient && i < reference_size(r); i++) gradient[i] = (double)g[i];
    free(g);
    return total;
}

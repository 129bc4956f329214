/* A network of one hidden layer by its definition, row by row in long double. */
#ifndef CREASE_TESTS_RELU_SUPPORT_H
#define CREASE_TESTS_RELU_SUPPORT_H

#include "problem_support.h"

typedef struct {
    size_t hidden;
    bool hidden_bias;
    long double slope;
} relu_shape;

/* Where the blocks begin, and the number of parameters. */
typedef struct {
    size_t input_bias, output, output_bias, n;
} relu_layout;
relu_layout relu_places(const relu_shape *of, const sample *data);

/* Mean loss over these rows (NULL: all) at x; its gradient (NULL: not wanted). kinks (NULL: not wanted)
 * becomes a number that changes when any unit changes side on any row. */
long double relu_value(const relu_shape *of, const sample *data, crease_rows rows, const long double *x,
                       long double *gradient, uint64_t *kinks);
/* Rows that are classified correctly. */
size_t relu_correct(const relu_shape *of, const sample *data, const long double *x);

/* relu_net on this sample: written as LIBSVM text or as .csv, and its own test set. */
crease_problem *relu_problem(crease_ctx *ctx, const relu_shape *of, const sample *data, bool sparse,
                             const char *backend);

#endif

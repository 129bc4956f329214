/* Multinomial logistic regression.
 *
 *   f(W, b) = 1/n sum_i [ log sum_k exp(w_k'x_i + b_k) - (w_{y_i}'x_i + b_{y_i}) ] + ridge/2 |W|^2
 *
 * With groups = columns of W a group-sparse solution selects input features. f is convex, and its
 * gradient has the Lipschitz constant 1/2 max_i |(x_i, 1)|^2 + ridge (Boehning 1992). */
#include "linear_model.h"

static double loss(const crease_backend *backend, size_t outputs, size_t n, const void *z,
                   const void *bias, const int32_t *label, void *r, size_t *correct)
{
    return backend->softmax_loss(n, outputs, z, bias, label, r, correct);
}

static int setup(crease_problem *p)
{
    return linear_model_setup(p, loss, false);
}

static const crease_param params[] = {
    LINEAR_MODEL_PARAMS("mnist where it is found, else planted"),
    CREASE_PARAM_INT(linear_options, planted_classes, 10, CREASE_IN(2, 1e6), "planted data: classes"),
    CREASE_PARAM_END,
};

const crease_problem_type crease_problem_softmax = {
    .base = {
        .name = "softmax",
        .summary = "multinomial logistic regression: mean cross-entropy over rows",
        .formula = "1/n sum_i [log sum_k exp(w_k'x_i + b_k) - (w_y'x_i + b_y)] + ridge/2 |W|^2",
        .source = "standard",
        .opts_size = sizeof(linear_options),
        .params = params,
        .check = linear_model_check,
    },
    .setup = setup,
    .teardown = linear_model_teardown,
    .gradient = linear_model_gradient,
    .start = linear_model_start,
    .evaluate = linear_model_evaluate,
    .known_columns = linear_model_known_columns,
};

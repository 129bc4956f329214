/* Binary logistic regression with labels y_i = -1 (the smaller class value of the data) and +1.
 *
 *   f(w, b) = 1/n sum_i log(1 + exp(-y_i (x_i'w + b))) + ridge/2 |w|^2
 *
 * f is convex, and its gradient has the Lipschitz constant 1/4 max_i |(x_i, 1)|^2 + ridge. */
#include "linear_model.h"

static double loss(const crease_backend *backend, size_t outputs, size_t n, const void *z,
                   const void *bias, const int32_t *label, void *r, size_t *correct)
{
    double b = 0;
    if (bias) backend->to_host(outputs, bias, &b); /* one output */
    return backend->logistic_loss(n, z, b, label, r, correct);
}

static int setup(crease_problem *p)
{
    return linear_model_setup(p, loss, true);
}

static const crease_param params[] = {
    LINEAR_MODEL_PARAMS("planted, with two classes"),
    CREASE_PARAM_END,
};

const crease_problem_type crease_problem_logistic = {
    .base = {
        .name = "logistic",
        .summary = "binary logistic regression: mean log(1 + exp(-y(x'w + b))), y = -1 or +1",
        .formula = "1/n sum_i log(1 + exp(-y_i (x_i'w + b))) + ridge/2 |w|^2",
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

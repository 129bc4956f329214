/* Support vector machine with the squared hinge loss; labels y_i = -1 (the smaller class value of the
 * data) and +1.
 *
 *   f(w, b) = 1/n sum_i 1/2 max(0, 1 - y_i (x_i'w + b))^2 + ridge/2 |w|^2
 *
 * f is convex, and its gradient has the Lipschitz constant max_i |(x_i, 1)|^2 + ridge. Its second
 * derivative jumps where a margin y z is 1; there it is taken as 0, an element of the generalized one.
 */
#include "linear_model.h"

static linear_row row(double z, double y, double setting)
{
    (void)setting;
    double short_by = 1 - y * z;
    if (short_by <= 0) return (linear_row){ 0, 0, 0 };
    return (linear_row){ 0.5 * short_by * short_by, -y * short_by, 1 };
}

static const linear_loss loss = { .targets = LINEAR_SIGNS, .bound = 1, .row = row };

static int setup(crease_problem *p)
{
    return linear_model_setup(p, &loss, 0);
}

static const crease_param params[] = {
    LINEAR_MODEL_PARAMS("planted, with two classes"),
    CREASE_PARAM_END,
};

const crease_problem_type crease_problem_svm_squared_hinge = {
    .base = {
        .name = "svm_squared_hinge",
        .summary = "support vector machine: mean 1/2 max(0, 1 - y(x'w + b))^2 over rows, y = -1 or +1",
        .formula = "1/n sum_i 1/2 max(0, 1 - y_i (x_i'w + b))^2 + ridge/2 |w|^2",
        .source = "standard",
        .opts_size = sizeof(linear_options),
        .params = params,
        .check = linear_model_check,
    },
    .setup = setup,
    LINEAR_MODEL_FUNCTIONS,
};

/* Linear regression with real targets.
 *
 *   f(w, b) = 1/n sum_i 1/2 (x_i'w + b - y_i)^2 + ridge/2 |w|^2
 *
 * f is a convex quadratic, and its gradient has the Lipschitz constant max_i |(x_i, 1)|^2 + ridge. */
#include "linear_model.h"

static linear_row row(double z, double y, double setting)
{
    (void)setting;
    double r = z - y;
    return (linear_row){ 0.5 * r * r, r, 1 };
}

static const linear_loss loss = {
    .targets = LINEAR_NUMBERS, .certified = true, .bound = 1, .row = row
};

static int setup(crease_problem *p)
{
    return linear_model_setup(p, &loss, 0);
}

static const crease_param params[] = {
    LINEAR_MODEL_PARAMS("planted, with real targets"),
    LINEAR_CERTIFIED_PARAMS,
    CREASE_PARAM_END,
};

const crease_problem_type crease_problem_least_squares = {
    .base = {
        .name = "least_squares",
        .summary = "linear regression: mean 1/2 (x'w + b - y)^2 over rows, y real",
        .formula = "1/n sum_i 1/2 (x_i'w + b - y_i)^2 + ridge/2 |w|^2",
        .source = "standard",
        .opts_size = sizeof(linear_options),
        .params = params,
        .check = linear_model_check,
    },
    .setup = setup,
    LINEAR_MODEL_FUNCTIONS,
};

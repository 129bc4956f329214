/* Poisson regression: counts y_i >= 0 of mean exp(x_i'w + b).
 *
 *   f(w, b) = 1/n sum_i [ exp(x_i'w + b) - y_i (x_i'w + b) ] + ridge/2 |w|^2
 *
 * the negative log-likelihood without log y_i!, which does not depend on w. f is convex, but its
 * gradient has no Lipschitz constant: the second derivative exp(z) is not bounded. Where exp(z)
 * overflows the value is infinite. */
#include "linear_model.h"

static linear_row row(double z, double y, double setting)
{
    (void)setting;
    double e = exp(z);
    return (linear_row){ e - y * z, e - y, e };
}

static double mean(double z)
{
    return exp(z);
}

static const linear_loss loss = {
    .targets = LINEAR_COUNTS, .bound = INFINITY, .row = row, .mean = mean
};

static int setup(crease_problem *p)
{
    return linear_model_setup(p, &loss, 0);
}

static const crease_param params[] = {
    LINEAR_MODEL_PARAMS("planted, with counts"),
    CREASE_PARAM_END,
};

const crease_problem_type crease_problem_poisson = {
    .base = {
        .name = "poisson",
        .summary = "Poisson regression: mean exp(z) - y z over rows, z = x'w + b, counts y >= 0",
        .formula = "1/n sum_i [exp(x_i'w + b) - y_i (x_i'w + b)] + ridge/2 |w|^2",
        .source = "standard",
        .opts_size = sizeof(linear_options),
        .params = params,
        .check = linear_model_check,
    },
    .setup = setup,
    LINEAR_MODEL_FUNCTIONS,
};

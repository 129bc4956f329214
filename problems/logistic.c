/* Binary logistic regression with labels y_i = -1 (the smaller class value of the data) and +1.
 *
 *   f(w, b) = 1/n sum_i log(1 + exp(-y_i (x_i'w + b))) + ridge/2 |w|^2
 *
 * f is convex, and its gradient has the Lipschitz constant 1/4 max_i |(x_i, 1)|^2 + ridge. */
#include "linear_model.h"

static double sum(const crease_backend *backend, size_t outputs, const linear_chunk *c, const void *z,
                  const void *bias, void *r, size_t *correct)
{
    double b = 0;
    if (bias) backend->to_host(outputs, bias, &b); /* one output */
    return backend->logistic_loss(c->n, z, b, c->label, r, correct);
}

/* With t = -y z and e = exp(-|t|), which cannot overflow: log(1 + exp(t)) = max(t, 0) + log(1 + e). */
static linear_row row(double z, double y, double setting)
{
    (void)setting;
    double t = -y * z, e = exp(-fabs(t));
    return (linear_row){ fmax(t, 0) + log1p(e), -y * (t > 0 ? 1 : e) / (1 + e),
                         e / ((1 + e) * (1 + e)) };
}

static const linear_loss loss = {
    .targets = LINEAR_SIGNS, .certified = true, .bound = 0.25, .row = row, .sum = sum
};

static int setup(crease_problem *p)
{
    return linear_model_setup(p, &loss, 0);
}

static const crease_param params[] = {
    LINEAR_MODEL_PARAMS("planted, with two classes"),
    LINEAR_CERTIFIED_PARAMS,
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
    LINEAR_MODEL_FUNCTIONS,
};

/* The smoothed count of errors of a linear classifier; labels y_i = -1 (the smaller class value of the
 * data) and +1.
 *
 *   f(w, b) = 1/n sum_i s(-y_i (x_i'w + b)) + ridge/2 |w|^2,    s(t) = 1 / (1 + exp(-t))
 *
 * f is not convex: the second derivative in z is s(1 - s)(1 - 2s), which is negative for rows that are
 * misclassified (s > 1/2), and a product with H is one with the true, possibly indefinite second
 * derivative. It is at most 1 / (6 sqrt(3)) in size, at s = 1/2 -+ 1/sqrt(12), so that the gradient has
 * the Lipschitz constant max_i |(x_i, 1)|^2 / (6 sqrt(3)) + ridge. */
#include "linear_model.h"

/* With e = exp(-|t|), which cannot overflow: s is 1 / (1 + e) or e / (1 + e), and 1 - 2s = -+(1 - e) /
 * (1 + e). */
static linear_row row(double z, double y, double setting)
{
    (void)setting;
    double t = -y * z, e = exp(-fabs(t)), steep = e / ((1 + e) * (1 + e));
    double lean = (t > 0 ? -1 : 1) * -expm1(-fabs(t)) / (1 + e);
    return (linear_row){ (t > 0 ? 1 : e) / (1 + e), -y * steep, steep * lean };
}

static const linear_loss loss = { .targets = LINEAR_SIGNS, .bound = 0.09622504486493764, .row = row };

static int setup(crease_problem *p)
{
    return linear_model_setup(p, &loss, 0);
}

static const crease_param params[] = {
    LINEAR_MODEL_PARAMS("planted, with two classes"),
    CREASE_PARAM_END,
};

const crease_problem_type crease_problem_sigmoid = {
    .base = {
        .name = "sigmoid",
        .summary = "smoothed error count of a linear classifier: mean 1/(1 + exp(y z)), z = x'w + b, not convex",
        .formula = "1/n sum_i 1/(1 + exp(y_i (x_i'w + b))) + ridge/2 |w|^2",
        .source = "standard",
        .opts_size = sizeof(linear_options),
        .params = params,
        .check = linear_model_check,
    },
    .setup = setup,
    LINEAR_MODEL_FUNCTIONS,
};

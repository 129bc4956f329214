/* Linear regression with real targets, some of which may be far off.
 *
 *   f(w, b) = 1/n sum_i h(x_i'w + b - y_i) + ridge/2 |w|^2,
 *   h(r) = 1/2 r^2 for |r| <= delta,  delta |r| - 1/2 delta^2 beyond
 *
 * (Huber, Ann. Math. Statist. 35 (1964)). f is convex with the Lipschitz constant max_i |(x_i, 1)|^2 +
 * ridge of its gradient. Its second derivative jumps at |r| = delta; there it is taken as 1, an element
 * of the generalized one. */
#include "linear_model.h"

static linear_row row(double z, double y, double delta)
{
    double r = z - y, size = fabs(r);
    if (size <= delta) return (linear_row){ 0.5 * r * r, r, 1 };
    return (linear_row){ delta * (size - 0.5 * delta), copysign(delta, r), isnan(r) ? r : 0 };
}

static const linear_loss loss = { .targets = LINEAR_NUMBERS, .bound = 1, .row = row };

static int setup(crease_problem *p)
{
    return linear_model_setup(p, &loss, ((const linear_options *)p->opts)->huber_delta);
}

static const crease_param params[] = {
    LINEAR_MODEL_PARAMS("planted, with real targets"),
    CREASE_PARAM_REAL(linear_options, huber_delta, 1, CREASE_GT(0),
                      "residuals beyond this count linearly"),
    CREASE_PARAM_END,
};

const crease_problem_type crease_problem_huber_regression = {
    .base = {
        .name = "huber_regression",
        .summary = "robust linear regression: Huber's loss of x'w + b - y, mean over rows, y real",
        .formula = "1/n sum_i h(x_i'w + b - y_i) + ridge/2 |w|^2, h(r) = r^2/2 up to |r| = huber_delta, then linear",
        .source = "Huber, Ann. Math. Statist. 35 (1964)",
        .opts_size = sizeof(linear_options),
        .params = params,
        .check = linear_model_check,
    },
    .setup = setup,
    LINEAR_MODEL_FUNCTIONS,
};

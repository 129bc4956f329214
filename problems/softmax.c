/* Multinomial logistic regression.
 *
 *   f(W, b) = 1/n sum_i [ log sum_k exp(w_k'x_i + b_k) - (w_{y_i}'x_i + b_{y_i}) ] + ridge/2 |W|^2
 *
 * With groups = columns of W a group-sparse solution selects input features. f is convex. The second
 * derivative of a row's loss in z is diag(q) - q q' with the class probabilities q; it is at most 1/2 I
 * (Boehning, Ann. Inst. Statist. Math. 44 (1992)), so that 1/2 max_i |(x_i, 1)|^2 + ridge is a
 * Lipschitz constant. Its null space holds (1, ..., 1): without a ridge f does not change when the same
 * vector is added to all w_k, or the same number to all b_k. */
#include "linear_model.h"

static double sum(const crease_backend *backend, size_t outputs, const linear_chunk *c, const void *z,
                  const void *bias, void *r, size_t *correct)
{
    return backend->softmax_loss(c->n, outputs, z, bias, c->label, r, correct);
}

/* z becomes the probabilities, shifted by the largest logit so that nothing overflows. */
static void curve(size_t outputs, double *z)
{
    double largest = -INFINITY, total = 0;
    for (size_t k = 0; k < outputs; k++) largest = fmax(largest, z[k]);
    for (size_t k = 0; k < outputs; k++) total += z[k] = exp(z[k] - largest);
    for (size_t k = 0; k < outputs; k++) z[k] /= total;
}

/* u becomes q (u - <q, u>), computed from the differences to the likeliest class: where that has nearly
 * all of the probability, <q, u> cancels against its u; and equal u give an exact zero. */
static void apply(size_t outputs, const double *q, double *u)
{
    size_t likeliest = 0;
    for (size_t k = 1; k < outputs; k++)
        if (q[k] > q[likeliest]) likeliest = k;
    double origin = u[likeliest], mean = 0;
    for (size_t k = 0; k < outputs; k++) mean += q[k] * (u[k] - origin);
    for (size_t k = 0; k < outputs; k++) u[k] = q[k] * (u[k] - origin - mean);
}

static const linear_loss loss = {
    .targets = LINEAR_CLASSES, .bound = 0.5, .sum = sum, .curve = curve, .apply = apply
};

static int setup(crease_problem *p)
{
    return linear_model_setup(p, &loss, 0);
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
    LINEAR_MODEL_FUNCTIONS,
};

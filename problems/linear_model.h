/* What softmax and logistic share: z = W x + b on rows of data, a loss of z summed over rows, a ridge.
 *
 *   f(W, b) = 1/n sum_i loss(W x_i + b, y_i) + ridge/2 |W|^2
 *
 * Blocks: "weight" (outputs x cols, row-major: a column is one input feature), "bias" (outputs). */
#ifndef CREASE_PROBLEMS_LINEAR_MODEL_H
#define CREASE_PROBLEMS_LINEAR_MODEL_H

#include "linear_data.h"

typedef struct linear_model linear_model;

/* Sum of the losses of n rows with logits z (n x outputs, without the bias); bias: the block in
 * backend memory, or NULL. r (NULL: not wanted, may be z) becomes the derivative in z; correct (may
 * be NULL) counts the rows predicted right.                                                        */
typedef double linear_loss(const crease_backend *backend, size_t outputs, size_t n, const void *z,
                           const void *bias, const int32_t *label, void *r, size_t *correct);

struct linear_model {
    linear_data data;
    linear_loss *loss;
    size_t outputs;   /* logits a row */
    size_t n_weight;  /* outputs * cols */
    bool has_bias;
    void *z;          /* logits of one chunk of rows */
    void *gathered;   /* rows of a batch, side by side; NULL for sparse data */
    int32_t *label;   /* labels of the gathered rows */
    crease_matrix ones; /* one column of ones: the bias as a feature */
};

/* The functions of a descriptor. setup differs in the loss and in what labels it wants. */
int linear_model_setup(crease_problem *p, linear_loss *loss, bool binary);
void linear_model_teardown(crease_problem *p);
int linear_model_gradient(crease_problem *p, crease_rows rows, const void *x, double *value,
                          void *gradient);
int linear_model_start(crease_problem *p, uint64_t seed, void *x);
int linear_model_evaluate(crease_problem *p, const void *x);
const unsigned char *linear_model_known_columns(const crease_problem *p);
const char *linear_model_check(const void *opts);

extern const char *const linear_starts[];

#define LINEAR_MODEL_PARAMS(auto_doc)                                                               \
    CREASE_PARAM_BOOL(linear_options, bias, true, "fit an unpenalized intercept for each output"),  \
    CREASE_PARAM_REAL(linear_options, ridge, 0, CREASE_GE(0),                                       \
                      "adds ridge/2 |weight|^2 to the smooth part"),                                \
    CREASE_PARAM_CHOICE(linear_options, start, 0, linear_starts,                                    \
                        "origin, or normal: independent normal parameters"),                        \
    CREASE_PARAM_REAL(linear_options, start_scale, 0.01, CREASE_GE(0),                              \
                      "standard deviation of start = normal"),                                      \
    LINEAR_DATA_PARAMS(auto_doc)

#endif

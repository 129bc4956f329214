/* What linear models share: z = W x + b on rows of data, a loss of z averaged over rows, a ridge.
 *
 *   f(W, b) = 1/n sum_i loss(W x_i + b, y_i) + ridge/2 |W|^2
 *   H       = 1/n sum_i (x_i, 1)' C_i (x_i, 1) + ridge on W,    C_i = the loss's second derivative in z
 *
 * Blocks: "weight" (outputs x cols, row-major: a column is one input feature), "bias" (outputs). */
#ifndef CREASE_PROBLEMS_LINEAR_MODEL_H
#define CREASE_PROBLEMS_LINEAR_MODEL_H

#include "linear_data.h"

typedef struct linear_model linear_model;

/* A run of rows: consecutive from first (rows NULL), or the n given ones. Targets are those of the run.
 */
typedef struct linear_chunk {
    size_t n, first;
    const uint32_t *rows;
    const int32_t *label;
    const double *target;
} linear_chunk;

/* The loss of one row, h(z, y), with h'(z) and h''(z); where there is no h'', an element of the
 * generalized one. */
typedef struct linear_row {
    double value, slope, curvature;
} linear_row;

/* A loss is a constant table. Those with one output state `row`; what they leave NULL follows from it.
 */
typedef struct linear_loss {
    linear_targets targets;
    bool certified; /* crease_make_certified knows this loss */
    double bound;   /* least upper bound of |C_i|; INFINITY: there is none */
    linear_row (*row)(double z, double y, double setting);
    /* The prediction of a regression model; NULL: z. */
    double (*mean)(double z);
    /* Sum of the losses of a run with logits z (n x outputs, without the bias); bias: the block in
     * backend memory, or NULL. r (NULL: not wanted, may be z) becomes the derivative in z; correct (may
     * be NULL) counts rows predicted right. A kernel of the backend where there is one. */
    double (*sum)(const crease_backend *backend, size_t outputs, const linear_chunk *c, const void *z,
                  const void *bias, void *r, size_t *correct);
    /* C_i = the matrix that `apply` multiplies u by, in place, given what `curve` made of z in place.
     */
    void (*curve)(size_t outputs, double *z);
    void (*apply)(size_t outputs, const double *curve, double *u);
} linear_loss;

/* The data without the columns that nobody asks for (linear_focus.c). */
typedef struct linear_focus {
    unsigned char *live; /* cols: 1 where the column is in the copy; NULL: there is none */
    uint32_t *column;    /* x.cols: which it is */
    crease_matrix x;
    void *v, *y; /* vectors as long as a model of these columns has parameters */
} linear_focus;

struct linear_model {
    linear_data data;
    const linear_loss *loss;
    double setting;  /* of the loss */
    size_t outputs;  /* logits a row */
    size_t n_weight; /* outputs * cols */
    bool has_bias;
    void *z;           /* logits of one chunk of rows */
    double *host;      /* the same on the host */
    double *host_bias; /* outputs */
    void *gathered;    /* rows of a batch, side by side; NULL for sparse data */
    int32_t *label;    /* targets of the gathered rows, of either kind */
    double *target;
    crease_matrix ones;  /* one column of ones: the bias as a feature */
    double *curve;       /* of all rows; NULL before the first point */
    bool curved;         /* it is that of the point that curvature was told last */
    linear_focus focus;
    bool focused;        /* products are with the copy */
    double lipschitz[2]; /* by one_row; NAN: not computed yet */
};

/* The functions of a descriptor. setup differs in the loss, and in its setting. */
int linear_model_setup(crease_problem *p, const linear_loss *loss, double setting);
void linear_model_teardown(crease_problem *p);
int linear_model_gradient(crease_problem *p, crease_rows rows, const void *x, double *value,
                          void *gradient);
int linear_model_start(crease_problem *p, uint64_t seed, void *x);
int linear_model_evaluate(crease_problem *p, const void *x);
const unsigned char *linear_model_known_columns(const crease_problem *p);
const double *linear_model_known_solution(const crease_problem *p);
int linear_model_curvature(crease_problem *p, const void *x);
int linear_model_product(crease_problem *p, const void *v, void *y);
int linear_model_focus(crease_problem *p, const unsigned char *live);
int linear_model_lipschitz(crease_problem *p, bool one_row, double *L);
int linear_model_slopes(crease_problem *p, crease_rows rows, const void *x, void *s);
int linear_model_pull(crease_problem *p, crease_rows rows, const void *s, double scale, double beta,
                      void *g);
int linear_model_predict(crease_problem *p, const void *x, double *z);
const char *linear_model_check(const void *opts);

/* Designated initializers of all of them but setup. */
#define LINEAR_MODEL_FUNCTIONS                                                                         \
    .teardown = linear_model_teardown, .gradient = linear_model_gradient, .start = linear_model_start, \
    .evaluate = linear_model_evaluate, .known_columns = linear_model_known_columns,                    \
    .known_solution = linear_model_known_solution, .curvature = linear_model_curvature,                \
    .product = linear_model_product, .focus = linear_model_focus, .lipschitz = linear_model_lipschitz,                              \
    .slopes = linear_model_slopes, .pull = linear_model_pull, .predict = linear_model_predict

/* --- between the files of this part ------------------------------------------------------------ */

enum {
    LINEAR_CHUNK = 256
}; /* rows: fixed, so that a sum is the same bits whenever it is formed again */

static inline void *linear_entry(const crease_problem *p, const void *x, size_t i)
{
    return (char *)x + i * p->backend->real_bytes;
}

static inline size_t linear_smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* EINVAL or ERANGE unless rows are a batch of this problem, or all of its rows. */
int linear_rows_check(const crease_problem *p, crease_rows rows);
/* The run of at most LINEAR_CHUNK rows from position i of these rows, or of all; i = their count: an
 * empty one. */
size_t linear_rows_count(const crease_problem *p, crease_rows rows);
linear_chunk linear_rows_chunk(const crease_problem *p, crease_rows rows, size_t i);

/* Products with rows (x_i, 1) of a table for a model of this many outputs (at most m->outputs), whose w
 * is outputs x cols numbers and, where there is a bias, outputs more. host: z (n x outputs) = those
 * rows times w, bias and all. pull: g = beta g + scale sum r_i (x_i, 1); rows that are not consecutive
 * must lie in m->gathered.             */
void linear_host_logits(const crease_problem *p, const crease_matrix *x, const linear_chunk *c,
                        const void *w, size_t outputs, double *z);
void linear_pull(const crease_problem *p, const crease_matrix *x, const linear_chunk *c, const void *r,
                 size_t outputs, double scale, double beta, void *g);
/* Sum of the losses of a run, its logits being in z; r as in linear_loss. score (may be NULL): how many
 * rows are predicted right, or the sum of the squared errors. */
double linear_loss_sum(const crease_problem *p, const linear_chunk *c, const void *z, const void *x,
                       void *r, double *score);

void linear_focus_free(crease_ctx *ctx, linear_focus *focus);
void linear_focus_gather(const crease_problem *p, const void *v); /* focus.v = the entries of v in the copy */
void linear_focus_scatter(const crease_problem *p, void *y);      /* y = focus.y, zero elsewhere */

extern const char *const linear_starts[];

#define LINEAR_MODEL_PARAMS(auto_doc)                                                                  \
    CREASE_PARAM_BOOL(linear_options, bias, true, "fit an unpenalized intercept for each output"),     \
        CREASE_PARAM_REAL(linear_options, ridge, 0, CREASE_GE(0),                                      \
                          "adds ridge/2 |weight|^2 to the smooth part"),                               \
        CREASE_PARAM_CHOICE(linear_options, start, 0, linear_starts,                                   \
                            "origin, or normal: independent normal parameters"),                       \
        CREASE_PARAM_REAL(linear_options, start_scale, 0.01, CREASE_GE(0),                             \
                          "standard deviation of start = normal"),                                     \
        LINEAR_DATA_PARAMS(auto_doc)

#endif

/* A network with one layer of hidden units, under the multinomial logistic loss:
 *
 *   f(W, b, V, c) = 1/n sum_i loss(V s(W x_i + b) + c, y_i),   s(z) = max(z, slope z), 0 <= slope <= 1
 *   loss(u, y)    = log sum_k exp(u_k) - u_y
 *
 * Blocks: "input" (hidden x cols: row j enters unit j), "input_bias" (hidden; where hidden_bias is
 * set), "output" (classes x hidden: column j leaves unit j), "output_bias" (classes). With psi on the
 * columns of "output" a sparse solution selects hidden units.
 *
 * s is positively homogeneous: (t w_j, t b_j, v_j / t) is the same function for every t > 0, which is
 * what algorithms/pathprox.c lives on. A penalty on "output" alone goes to zero as t grows, and means
 * something only where |w_j| is held, as it is there. f is not convex, and its minimizers are never
 * isolated. Where a unit is exactly at its kink f has no gradient; s' = slope is taken there. s is
 * piecewise linear, so that the second derivative of f, where it exists, says nothing of the kinks
 * nearby: it is not offered. The gradient has no Lipschitz constant. At the origin it is zero but for
 * that in c.
 *
 * The start point follows He, Zhang, Ren and Sun (ICCV 2015): independent normal weights of standard
 * deviation start_scale sqrt(2 / ((1 + slope^2) m)), where m is the number of weights that enter a unit
 * of the layer; biases are zero. */
#include <math.h>

#include "crease/random.h"
#include "linear_model.h"

/* The first member is what linear_data_load reads. */
typedef struct {
    linear_options linear;
    long hidden;
    bool hidden_bias;
    double slope;
} relu_options;

/* The first member makes the hidden layer a linear model with an output a unit, for the functions of
 * linear_model.h that look at p->state. Its host holds the activations of a chunk. */
typedef struct {
    linear_model layer;
    size_t classes, output; /* output: where V begins */
    void *logits, *turned;  /* of a chunk; V' (hidden x classes) */
    double *host_turned;    /* V, then V', on the host */
    double *delta;          /* of a chunk: derivatives of the losses in W x + b */
    crease_matrix active;   /* activations of a chunk, as data of the output layer */
} relu_net;

/* --- setting up ------------------------------------------------------------------------------- */

static void add_block(crease_problem *p, crease_block block)
{
    block.offset = p->n;
    block.n = block.shape[0] * (block.rank == 2 ? block.shape[1] : 1);
    p->n += block.n;
    p->blocks[p->n_blocks++] = block;
}

static void describe(crease_problem *p)
{
    const relu_net *net = p->state;
    const linear_model *m = &net->layer;
    size_t hidden = m->outputs, classes = net->classes, cols = m->data.train.x.cols;
    add_block(p, (crease_block){ .name = "input",
                                 .rank = 2,
                                 .shape = { hidden, cols },
                                 .image_height = m->data.image_height,
                                 .image_width = m->data.image_width });
    if (m->has_bias)
        add_block(p, (crease_block){ .name = "input_bias", .rank = 1, .shape = { hidden } });
    add_block(p, (crease_block){ .name = "output", .rank = 2, .shape = { classes, hidden } });
    add_block(p, (crease_block){ .name = "output_bias", .rank = 1, .shape = { classes } });
    p->rows = m->data.train.x.rows;
    p->n_metrics = m->data.test.x.rows ? 2 : 0;
    p->metrics[0] = (crease_metric){ .name = "test_accuracy",
                                     .doc = "fraction of the test rows classified correctly, 0 to 1" };
    p->metrics[1] = (crease_metric){ .name = "active_units",
                                     .doc = "hidden units whose output weights are not all zero" };
}

static int allocate_layer(crease_problem *p, linear_model *m)
{
    size_t real = p->backend->real_bytes, cols = m->data.train.x.cols;
    void *ones = crease_alloc(p->ctx, LINEAR_CHUNK, real);
    m->ones = (crease_matrix){ .rows = LINEAR_CHUNK, .cols = 1, .dense = ones };
    m->z = crease_alloc(p->ctx, LINEAR_CHUNK, m->outputs * real);
    m->host = crease_alloc(p->ctx, LINEAR_CHUNK, m->outputs * sizeof *m->host);
    m->host_bias = crease_alloc(p->ctx, m->outputs, sizeof *m->host_bias);
    m->label = crease_alloc(p->ctx, LINEAR_CHUNK, sizeof *m->label);
    if (m->data.train.x.dense) m->gathered = crease_alloc(p->ctx, LINEAR_CHUNK, cols * real);
    if (!ones || !m->z || !m->host || !m->host_bias || !m->label) return CREASE_ENOMEM;
    if (m->data.train.x.dense && !m->gathered) return CREASE_ENOMEM;
    for (size_t i = 0; i < LINEAR_CHUNK; i++)
        p->backend->from_host(1, &(double){ 1 }, linear_entry(p, ones, i));
    return CREASE_OK;
}

static int allocate(crease_problem *p, relu_net *net)
{
    size_t real = p->backend->real_bytes, hidden = net->layer.outputs, classes = net->classes;
    CREASE_TRY(allocate_layer(p, &net->layer));
    void *active = crease_alloc(p->ctx, LINEAR_CHUNK, hidden * real);
    net->active = (crease_matrix){ .rows = LINEAR_CHUNK, .cols = hidden, .dense = active };
    net->logits = crease_alloc(p->ctx, LINEAR_CHUNK, classes * real);
    net->turned = crease_alloc(p->ctx, hidden, classes * real);
    net->host_turned = crease_alloc(p->ctx, hidden, 2 * classes * sizeof *net->host_turned);
    net->delta = crease_alloc(p->ctx, LINEAR_CHUNK, hidden * sizeof *net->delta);
    return active && net->logits && net->turned && net->host_turned && net->delta ? CREASE_OK
                                                                                  : CREASE_ENOMEM;
}

static int setup(crease_problem *p)
{
    const relu_options *o = p->opts;
    relu_net *net = crease_alloc(p->ctx, 1, sizeof *net);
    if (!net) return CREASE_ENOMEM;
    linear_model *m = &net->layer;
    p->state = net;
    CREASE_TRY(linear_data_load(p, LINEAR_CLASSES, false, &m->data));
    m->outputs = (size_t)o->hidden;
    m->n_weight = m->outputs * m->data.train.x.cols;
    m->has_bias = o->hidden_bias;
    net->classes = m->data.classes;
    net->output = m->n_weight + (m->has_bias ? m->outputs : 0);
    CREASE_TRY(allocate(p, net));
    describe(p);
    return CREASE_OK;
}

static void teardown(crease_problem *p)
{
    relu_net *net = p->state;
    if (!net) return;
    void *owned[] = { net->logits, net->turned, net->host_turned, net->delta,
                      (void *)net->active.dense };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) crease_release(p->ctx, owned[i]);
    linear_model_teardown(p);
}

static void fill_normal(crease_random *r, const crease_block *block, double deviation, double *x)
{
    for (size_t i = 0; i < block->n; i++) x[block->offset + i] = deviation * crease_random_normal(r);
}

static int start(crease_problem *p, uint64_t seed, void *x)
{
    const relu_options *o = p->opts;
    double *host = crease_alloc(p->ctx, p->n, sizeof *host);
    if (!host) return CREASE_ENOMEM;
    crease_random r = crease_random_at(seed, CREASE_STREAM_START, 0);
    for (size_t i = 0; i < p->n_blocks; i++) {
        const crease_block *block = &p->blocks[i];
        if (block->rank < 2) continue;
        double gain = 2 / (1 + o->slope * o->slope);
        fill_normal(&r, block, o->linear.start_scale * sqrt(gain / (double)block->shape[1]), host);
    }
    p->backend->from_host(p->n, host, x);
    crease_release(p->ctx, host);
    return CREASE_OK;
}

/* --- value and gradient ----------------------------------------------------------------------- */

static double slope_of(const crease_problem *p)
{
    return ((const relu_options *)p->opts)->slope;
}

/* Logits of a run of rows of x, without the output bias; the activations stay behind. */
static void forward(const crease_problem *p, const crease_matrix *x, const linear_chunk *c,
                    const void *w)
{
    const relu_net *net = p->state;
    const linear_model *m = &net->layer;
    double slope = slope_of(p), *z = m->host;
    linear_host_logits(p, x, c, w, m->outputs, z);
    for (size_t i = 0; i < c->n * m->outputs; i++) z[i] = z[i] > 0 ? z[i] : slope * z[i];
    p->backend->from_host(c->n * m->outputs, z, (void *)net->active.dense);
    p->backend->logits(&net->active, c->n, NULL, 0, linear_entry(p, w, net->output), net->classes,
                       net->logits, NULL);
}

/* V' for the products of `backward`. */
static void turn(const crease_problem *p, const void *w)
{
    const relu_net *net = p->state;
    size_t hidden = net->layer.outputs, classes = net->classes;
    double *v = net->host_turned, *t = v + hidden * classes;
    p->backend->to_host(hidden * classes, linear_entry(p, w, net->output), v);
    for (size_t j = 0; j < hidden; j++)
        for (size_t k = 0; k < classes; k++) t[j * classes + k] = v[k * hidden + j];
    p->backend->from_host(hidden * classes, t, net->turned);
}

/* g = beta g + scale (gradient of the run that forward has just seen); logits now hold the losses'
 * derivatives. */
static void backward(const crease_problem *p, const linear_chunk *c, double scale, double beta, void *g)
{
    const relu_net *net = p->state;
    const linear_model *m = &net->layer;
    const crease_backend *b = p->backend;
    size_t hidden = m->outputs, classes = net->classes;
    const crease_matrix errors = { .rows = LINEAR_CHUNK, .cols = classes, .dense = net->logits };
    double slope = slope_of(p);
    b->logits_gradient(&net->active, c->n, NULL, 0, net->logits, classes, scale, beta,
                       linear_entry(p, g, net->output), NULL);
    b->logits_gradient(&m->ones, c->n, NULL, 0, net->logits, classes, scale, beta,
                       linear_entry(p, g, net->output + hidden * classes), NULL);
    b->logits(&errors, c->n, NULL, 0, net->turned, hidden, m->z, NULL);
    b->to_host(c->n * hidden, m->z, net->delta);
    for (size_t i = 0; i < c->n * hidden; i++) net->delta[i] *= m->host[i] > 0 ? 1 : slope;
    b->from_host(c->n * hidden, net->delta, m->z);
    linear_pull(p, &m->data.train.x, c, m->z, hidden, scale, beta, g);
}

static double chunk_loss(const crease_problem *p, const linear_chunk *c, const void *x, void *r,
                         size_t *correct)
{
    const relu_net *net = p->state;
    const void *bias = linear_entry(p, x, net->output + net->layer.outputs * net->classes);
    return p->backend->softmax_loss(c->n, net->classes, net->logits, bias, c->label, r, correct);
}

static int gradient(crease_problem *p, crease_rows rows, const void *x, double *value, void *g)
{
    const relu_net *net = p->state;
    CREASE_TRY(linear_rows_check(p, rows));
    size_t count = linear_rows_count(p, rows);
    double sum = 0;
    if (g) turn(p, x);
    for (size_t i = 0; i < count; i += LINEAR_CHUNK) {
        linear_chunk c = linear_rows_chunk(p, rows, i);
        forward(p, &net->layer.data.train.x, &c, x);
        sum += chunk_loss(p, &c, x, g ? net->logits : NULL, NULL);
        if (g) backward(p, &c, 1.0 / (double)count, i > 0, g);
    }
    *value = sum / (double)count;
    /* An infinite weight can hide: behind a zero column, or a unit that is off. */
    if (!p->backend->is_finite(p->n, x)) *value = NAN;
    return CREASE_OK;
}

/* --- figures of merit ------------------------------------------------------------------------- */

static size_t active_units(const crease_problem *p, const void *x)
{
    const relu_net *net = p->state;
    size_t hidden = net->layer.outputs, active = 0;
    double *v = net->host_turned;
    p->backend->to_host(hidden * net->classes, linear_entry(p, x, net->output), v);
    for (size_t j = 0; j < hidden; j++) {
        bool live = false;
        for (size_t k = 0; k < net->classes; k++) live |= v[k * hidden + j] != 0;
        active += live;
    }
    return active;
}

static int evaluate(crease_problem *p, const void *x)
{
    const relu_net *net = p->state;
    const linear_table *test = &net->layer.data.test;
    size_t sum = 0, correct;
    if (test->x.rows == 0) return CREASE_OK;
    for (size_t i = 0; i < test->x.rows; i += LINEAR_CHUNK) {
        linear_chunk c = { .n = linear_smaller(LINEAR_CHUNK, test->x.rows - i),
                           .first = i,
                           .label = test->label + i };
        forward(p, &test->x, &c, x);
        chunk_loss(p, &c, x, NULL, &correct);
        sum += correct;
    }
    p->metrics[0].value = (double)sum / (double)test->x.rows;
    p->metrics[1].value = (double)active_units(p, x);
    return CREASE_OK;
}

static const crease_param params[] = {
    CREASE_PARAM_INT(relu_options, hidden, 100, CREASE_IN(1, 1e6), "hidden units"),
    CREASE_PARAM_BOOL(relu_options, hidden_bias, false, "fit an intercept for each hidden unit"),
    CREASE_PARAM_REAL(relu_options, slope, 0, CREASE_IN(0, 1),
                      "slope of a hidden unit below zero; 0: ReLU, 1: linear"),
    CREASE_PARAM_REAL(linear_options, start_scale, 1, CREASE_GE(0),
                      "of the random start point, against that of He and others"),
    LINEAR_DATA_PARAMS("mnist where it is found, else planted"),
    CREASE_PARAM_INT(linear_options, planted_classes, 10, CREASE_IN(2, 1e6), "planted data: classes"),
    CREASE_PARAM_END,
};

const crease_problem_type crease_problem_relu_net = {
    .base = {
        .name = "relu_net",
        .summary = "a network of one hidden layer of (leaky) ReLUs, cross-entropy: not convex, not smooth",
        .formula = "1/n sum_i loss(V s(W x_i + b) + c, y_i),  s(z) = max(z, slope z)",
        .source = "standard; as a test of homogeneous units: Yang et al., arXiv 2210.03069",
        .opts_size = sizeof(relu_options),
        .params = params,
        .check = linear_model_check,
    },
    .setup = setup,
    .teardown = teardown,
    .gradient = gradient,
    .start = start,
    .evaluate = evaluate,
};

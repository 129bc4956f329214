/* Value, gradient and figures of merit of linear models (see linear_model.h), in chunks of rows. Chunks
 * are of fixed size and added in order, so that a sum is the same bits whenever it is formed again;
 * they are small enough to stay in cache between the two products that read them. */
#include "linear_model.h"

#include "crease/random.h"

const char *const linear_starts[] = { "origin", "normal", NULL };
enum { START_ORIGIN, START_NORMAL };

/* --- setting up ------------------------------------------------------------------------------- */

const char *linear_model_check(const void *opts)
{
    const linear_options *o = opts;
    if (o->planted_live > o->planted_cols) return "planted_live is larger than planted_cols";
    return NULL;
}

static void describe_blocks(crease_problem *p, const linear_model *m)
{
    size_t cols = m->data.train.x.cols;
    p->blocks[0] = (crease_block){ .name = "weight",
                                   .offset = 0,
                                   .n = m->n_weight,
                                   .rank = 2,
                                   .shape = { m->outputs, cols },
                                   .image_height = m->data.image_height,
                                   .image_width = m->data.image_width };
    p->blocks[1] = (crease_block){
        .name = "bias", .offset = m->n_weight, .n = m->outputs, .rank = 1, .shape = { m->outputs }
    };
    p->n_blocks = m->has_bias ? 2 : 1;
    p->n = m->n_weight + (m->has_bias ? m->outputs : 0);
    p->rows = m->data.train.x.rows;
    p->row_width = m->outputs;
    p->ridge = ((const linear_options *)p->opts)->ridge;
    p->n_metrics = m->data.test.x.rows ? 1 : 0;
    p->metrics[0] =
        linear_targets_are_numbers(m->loss->targets)
            ? (crease_metric){ .name = "test_mse",
                               .doc = "mean squared error of the predictions on the test rows" }
            : (crease_metric){ .name = "test_accuracy",
                               .doc = "fraction of the test rows classified correctly, 0 to 1" };
}

static int allocate_work(crease_problem *p, linear_model *m)
{
    const crease_matrix *x = &m->data.train.x;
    size_t real = p->backend->real_bytes;
    m->z = crease_alloc(p->ctx, LINEAR_CHUNK, m->outputs * real);
    m->host = crease_alloc(p->ctx, LINEAR_CHUNK, m->outputs * sizeof *m->host);
    m->host_bias = crease_alloc(p->ctx, m->outputs, sizeof *m->host_bias);
    m->label = crease_alloc(p->ctx, LINEAR_CHUNK, sizeof *m->label);
    m->target = crease_alloc(p->ctx, LINEAR_CHUNK, sizeof *m->target);
    if (x->dense) m->gathered = crease_alloc(p->ctx, LINEAR_CHUNK, x->cols * real);
    void *ones = crease_alloc(p->ctx, LINEAR_CHUNK, real);
    m->ones = (crease_matrix){ .rows = LINEAR_CHUNK, .cols = 1, .dense = ones };
    if (!m->z || !m->host || !m->host_bias || !m->label || !m->target || !ones) return CREASE_ENOMEM;
    if (x->dense && !m->gathered) return CREASE_ENOMEM;
    for (size_t i = 0; i < LINEAR_CHUNK; i++)
        p->backend->from_host(1, &(double){ 1 }, linear_entry(p, ones, i));
    return CREASE_OK;
}

int linear_model_setup(crease_problem *p, const linear_loss *loss, double setting)
{
    const linear_options *o = p->opts;
    linear_model *m = crease_alloc(p->ctx, 1, sizeof *m);
    if (!m) return CREASE_ENOMEM;
    p->state = m;
    m->loss = loss;
    m->setting = setting;
    m->lipschitz[0] = m->lipschitz[1] = NAN;
    CREASE_TRY(linear_data_load(p, loss->targets, loss->certified, &m->data));
    m->outputs = loss->targets == LINEAR_CLASSES ? m->data.classes : 1;
    m->n_weight = m->outputs * m->data.train.x.cols;
    m->has_bias = o->bias;
    CREASE_TRY(allocate_work(p, m));
    describe_blocks(p, m);
    return CREASE_OK;
}

void linear_model_teardown(crease_problem *p)
{
    linear_model *m = p->state;
    if (!m) return;
    linear_data_free(p->ctx, &m->data);
    linear_focus_free(p->ctx, &m->focus);
    void *owned[] = { m->z,     m->host,   m->host_bias, m->gathered,
                      m->label, m->target, m->curve,     (void *)m->ones.dense };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) crease_release(p->ctx, owned[i]);
    crease_release(p->ctx, m);
    p->state = NULL;
}

int linear_model_start(crease_problem *p, uint64_t seed, void *x)
{
    const linear_options *o = p->opts;
    double *host = crease_alloc(p->ctx, p->n, sizeof *host);
    if (!host) return CREASE_ENOMEM;
    if (o->start == START_NORMAL) {
        crease_random r = crease_random_at(seed, CREASE_STREAM_START, 0);
        for (size_t i = 0; i < p->n; i++) host[i] = o->start_scale * crease_random_normal(&r);
    }
    p->backend->from_host(p->n, host, x);
    crease_release(p->ctx, host);
    return CREASE_OK;
}

const unsigned char *linear_model_known_columns(const crease_problem *p)
{
    const linear_model *m = p->state;
    return m ? m->data.live : NULL;
}

const double *linear_model_known_solution(const crease_problem *p)
{
    const linear_model *m = p->state;
    return m ? m->data.solution : NULL;
}

/* --- rows ------------------------------------------------------------------------------------- */

int linear_rows_check(const crease_problem *p, crease_rows rows)
{
    if ((rows.count == 0) != (rows.rows == NULL)) {
        return crease_fail(p->ctx, CREASE_EINVAL, "problem %s: a batch needs both rows and their count",
                           p->type->base.name);
    }
    for (size_t i = 0; i < rows.count; i++) {
        if (rows.rows[i] >= p->rows) {
            return crease_fail(p->ctx, CREASE_ERANGE,
                               "problem %s: entry %zu of the batch is row %u, but there are %zu rows",
                               p->type->base.name, i, (unsigned)rows.rows[i], p->rows);
        }
    }
    return CREASE_OK;
}

size_t linear_rows_count(const crease_problem *p, crease_rows rows)
{
    return rows.rows ? rows.count : p->rows;
}

static linear_chunk consecutive(const linear_table *t, size_t i)
{
    return (linear_chunk){ .n = linear_smaller(LINEAR_CHUNK, t->x.rows - i),
                           .first = i,
                           .label = t->label ? t->label + i : NULL,
                           .target = t->target ? t->target + i : NULL };
}

linear_chunk linear_rows_chunk(const crease_problem *p, crease_rows rows, size_t i)
{
    const linear_model *m = p->state;
    const linear_table *train = &m->data.train;
    if (!rows.rows) return consecutive(train, i);
    linear_chunk c = { .n = linear_smaller(LINEAR_CHUNK, rows.count - i),
                       .rows = rows.rows + i,
                       .label = train->label ? m->label : NULL,
                       .target = train->target ? m->target : NULL };
    for (size_t k = 0; k < c.n; k++) {
        if (c.label) m->label[k] = train->label[c.rows[k]];
        if (c.target) m->target[k] = train->target[c.rows[k]];
    }
    return c;
}

/* --- value and gradient ----------------------------------------------------------------------- */

/* Losses of one output, row by row in double. */
static double sum_rows(const crease_problem *p, const linear_chunk *c, const void *z, const void *bias,
                       void *r, double *score)
{
    const linear_model *m = p->state;
    const linear_loss *loss = m->loss;
    double b = 0, sum = 0, merit = 0;
    if (bias) p->backend->to_host(1, bias, &b);
    p->backend->to_host(c->n, z, m->host);
    for (size_t i = 0; i < c->n; i++) {
        double at = m->host[i] + b, y = c->target ? c->target[i] : c->label[i];
        linear_row row = loss->row(at, y, m->setting);
        double error = (loss->mean ? loss->mean(at) : at) - y;
        sum += row.value;
        m->host[i] = row.slope;
        merit += c->target ? error * error : (at > 0 && y > 0) || (at <= 0 && y < 0);
    }
    if (r) p->backend->from_host(c->n, m->host, r);
    if (score) *score = merit;
    return sum;
}

double linear_loss_sum(const crease_problem *p, const linear_chunk *c, const void *z, const void *x,
                       void *r, double *score)
{
    const linear_model *m = p->state;
    const void *bias = m->has_bias ? linear_entry(p, x, m->n_weight) : NULL;
    size_t correct;
    if (!m->loss->sum) return sum_rows(p, c, z, bias, r, score);
    double sum = m->loss->sum(p->backend, m->outputs, c, z, bias, r, &correct);
    if (score) *score = (double)correct;
    return sum;
}

void linear_pull(const crease_problem *p, const crease_matrix *x, const linear_chunk *c, const void *r,
                 size_t outputs, double scale, double beta, void *g)
{
    const linear_model *m = p->state;
    const crease_backend *b = p->backend;
    b->logits_gradient(x, c->n, c->rows, c->first, r, outputs, scale, beta, g, m->gathered);
    if (m->has_bias) {
        b->logits_gradient(&m->ones, c->n, NULL, 0, r, outputs, scale, beta,
                           linear_entry(p, g, outputs * x->cols), NULL);
    }
}

/* Mean of the losses of these rows at x, and its gradient where wanted. */
static double mean_loss(const crease_problem *p, crease_rows rows, const void *x, void *g)
{
    const linear_model *m = p->state;
    const crease_matrix *data = &m->data.train.x;
    size_t count = linear_rows_count(p, rows);
    double sum = 0;
    for (size_t i = 0; i < count; i += LINEAR_CHUNK) {
        linear_chunk c = linear_rows_chunk(p, rows, i);
        p->backend->logits(data, c.n, c.rows, c.first, x, m->outputs, m->z, m->gathered);
        sum += linear_loss_sum(p, &c, m->z, x, g ? m->z : NULL, NULL);
        if (g) linear_pull(p, data, &c, m->z, m->outputs, 1.0 / (double)count, i > 0, g);
    }
    return sum / (double)count;
}

int linear_model_gradient(crease_problem *p, crease_rows rows, const void *x, double *value, void *g)
{
    const linear_model *m = p->state;
    const crease_backend *b = p->backend;
    CREASE_TRY(linear_rows_check(p, rows));
    *value = mean_loss(p, rows, x, g);
    if (p->ridge > 0) {
        *value += 0.5 * p->ridge * b->dot(m->n_weight, x, x);
        if (g) b->axpby(m->n_weight, p->ridge, x, 1, g);
    }
    /* An infinite parameter can hide: behind a zero column, or as a class of probability zero. */
    if (!b->is_finite(p->n, x)) *value = NAN;
    return CREASE_OK;
}

int linear_model_evaluate(crease_problem *p, const void *x)
{
    const linear_model *m = p->state;
    const linear_table *test = &m->data.test;
    double sum = 0, score;
    for (size_t i = 0; i < test->x.rows; i += LINEAR_CHUNK) {
        linear_chunk c = consecutive(test, i);
        p->backend->logits(&test->x, c.n, NULL, i, x, m->outputs, m->z, NULL);
        linear_loss_sum(p, &c, m->z, x, NULL, &score);
        sum += score;
    }
    if (test->x.rows) p->metrics[0].value = sum / (double)test->x.rows;
    return CREASE_OK;
}

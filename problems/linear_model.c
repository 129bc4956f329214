/* Value, gradient and accuracy of linear models (see linear_model.h), in chunks of rows. Chunks are of
 * fixed size and added in order, so that a sum is the same bits whenever it is formed again; they are
 * small enough to stay in cache between the two products that read them. */
#include "linear_model.h"

#include "crease/random.h"

enum { CHUNK = 256 };

const char *const linear_starts[] = { "origin", "normal", NULL };
enum { START_ORIGIN, START_NORMAL };

static void *at_entry(const crease_problem *p, const void *x, size_t i)
{
    return (char *)x + i * p->backend->real_bytes;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

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
    p->n_metrics = m->data.test.x.rows ? 1 : 0;
    p->metrics[0] = (crease_metric){ .name = "test_accuracy",
                                     .doc = "fraction of the test rows classified correctly, 0 to 1" };
}

static int allocate_work(crease_problem *p, linear_model *m)
{
    const crease_matrix *x = &m->data.train.x;
    size_t real = p->backend->real_bytes;
    m->z = crease_alloc(p->ctx, CHUNK, m->outputs * real);
    m->label = crease_alloc(p->ctx, CHUNK, sizeof *m->label);
    if (x->dense) m->gathered = crease_alloc(p->ctx, CHUNK, x->cols * real);
    void *ones = crease_alloc(p->ctx, CHUNK, real);
    m->ones = (crease_matrix){ .rows = CHUNK, .cols = 1, .dense = ones };
    if (!m->z || !m->label || !ones || (x->dense && !m->gathered)) return CREASE_ENOMEM;
    for (size_t i = 0; i < CHUNK; i++) p->backend->from_host(1, &(double){ 1 }, at_entry(p, ones, i));
    return CREASE_OK;
}

int linear_model_setup(crease_problem *p, linear_loss *loss, bool binary)
{
    const linear_options *o = p->opts;
    linear_model *m = crease_alloc(p->ctx, 1, sizeof *m);
    if (!m) return CREASE_ENOMEM;
    p->state = m;
    CREASE_TRY(linear_data_load(p, binary, &m->data));
    m->loss = loss;
    m->outputs = binary ? 1 : m->data.classes;
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
    crease_release(p->ctx, m->z);
    crease_release(p->ctx, m->gathered);
    crease_release(p->ctx, m->label);
    crease_release(p->ctx, (void *)m->ones.dense);
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

/* --- value and gradient ----------------------------------------------------------------------- */

/* A run of rows: consecutive from first (rows NULL), or the n given ones. */
typedef struct chunk {
    size_t n, first;
    const uint32_t *rows;
    const int32_t *label;
} chunk;

/* Sum of the losses of a chunk at x; g, where wanted, becomes beta g + scale times their gradient. */
static double chunk_loss(const crease_problem *p, const crease_matrix *data, chunk c, const void *x,
                         double scale, double beta, void *g, size_t *correct)
{
    const linear_model *m = p->state;
    const crease_backend *b = p->backend;
    const void *bias = m->has_bias ? at_entry(p, x, m->n_weight) : NULL;
    b->logits(data, c.n, c.rows, c.first, x, m->outputs, m->z, m->gathered);
    double sum = m->loss(b, m->outputs, c.n, m->z, bias, c.label, g ? m->z : NULL, correct);
    if (!g) return sum;
    b->logits_gradient(data, c.n, c.rows, c.first, m->z, m->outputs, scale, beta, g, m->gathered);
    if (bias) {
        b->logits_gradient(&m->ones, c.n, NULL, 0, m->z, m->outputs, scale, beta,
                           at_entry(p, g, m->n_weight), NULL);
    }
    return sum;
}

static double full_loss(const crease_problem *p, const void *x, void *g)
{
    const linear_model *m = p->state;
    const linear_table *train = &m->data.train;
    size_t rows = train->x.rows;
    double sum = 0;
    for (size_t i = 0; i < rows; i += CHUNK) {
        chunk c = { .n = smaller(CHUNK, rows - i), .first = i, .label = train->label + i };
        sum += chunk_loss(p, &train->x, c, x, 1.0 / (double)rows, i > 0, g, NULL);
    }
    return sum / (double)rows;
}

static double batch_loss(const crease_problem *p, crease_rows rows, const void *x, void *g)
{
    const linear_model *m = p->state;
    const linear_table *train = &m->data.train;
    double sum = 0;
    for (size_t i = 0; i < rows.count; i += CHUNK) {
        chunk c = { .n = smaller(CHUNK, rows.count - i), .rows = rows.rows + i, .label = m->label };
        for (size_t k = 0; k < c.n; k++) m->label[k] = train->label[c.rows[k]];
        sum += chunk_loss(p, &train->x, c, x, 1.0 / (double)rows.count, i > 0, g, NULL);
    }
    return sum / (double)rows.count;
}

static int check_rows(const crease_problem *p, crease_rows rows)
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

int linear_model_gradient(crease_problem *p, crease_rows rows, const void *x, double *value, void *g)
{
    const linear_model *m = p->state;
    const linear_options *o = p->opts;
    const crease_backend *b = p->backend;
    CREASE_TRY(check_rows(p, rows));
    *value = rows.rows ? batch_loss(p, rows, x, g) : full_loss(p, x, g);
    if (o->ridge > 0) {
        *value += 0.5 * o->ridge * b->dot(m->n_weight, x, x);
        if (g) b->axpby(m->n_weight, o->ridge, x, 1, g);
    }
    /* An infinite parameter can hide: behind a zero column, or as a class of probability zero. */
    if (!b->is_finite(p->n, x)) *value = NAN;
    return CREASE_OK;
}

int linear_model_evaluate(crease_problem *p, const void *x)
{
    const linear_model *m = p->state;
    const linear_table *test = &m->data.test;
    size_t rows = test->x.rows, correct = 0;
    for (size_t i = 0; i < rows; i += CHUNK) {
        chunk c = { .n = smaller(CHUNK, rows - i), .first = i, .label = test->label + i };
        size_t hits;
        chunk_loss(p, &test->x, c, x, 0, 0, NULL, &hits);
        correct += hits;
    }
    if (rows) p->metrics[0].value = (double)correct / (double)rows;
    return CREASE_OK;
}

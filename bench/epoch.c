/* One epoch of RAMDA on softmax regression against the products that it cannot avoid: gather the rows
 * of each batch, two matrix products, and the softmax between them. MNIST where it is found, else
 * planted data.   */
#include "bench.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

enum { BATCH = 128, CLASSES = 10 };

typedef struct epoch_case {
    crease_oracle oracle; /* first: it is handed back to gradient() */
    crease_problem *problem;
    crease_algorithm *algorithm;
    size_t rows, cols;
    uint32_t *order;
    float *data, *batch, *weight, *logits, *gradient; /* of the bare epoch */
    int32_t *label;
} epoch_case;

static int problem_gradient(crease_oracle *oracle, crease_rows rows, const void *x, double *value,
                            void *g)
{
    crease_problem *p = ((epoch_case *)oracle)->problem;
    return p->type->gradient(p, rows, x, value, g);
}

static void bare_softmax(size_t n, float *z, const uint32_t *rows, const int32_t *label)
{
    for (size_t i = 0; i < n; i++, z += CLASSES) {
        float top = z[0], sum = 0;
        for (int k = 1; k < CLASSES; k++) top = fmaxf(top, z[k]);
        for (int k = 0; k < CLASSES; k++) sum += z[k] = expf(z[k] - top);
        for (int k = 0; k < CLASSES; k++) z[k] /= sum;
        z[label[rows[i]]] -= 1;
    }
}

static void bare_epoch(void *user)
{
    epoch_case *k = user;
    for (size_t first = 0; first < k->rows; first += BATCH) {
        size_t n = k->rows - first < BATCH ? k->rows - first : BATCH;
        const uint32_t *rows = k->order + first;
        for (size_t i = 0; i < n; i++)
            memcpy(k->batch + i * k->cols, k->data + rows[i] * k->cols, k->cols * sizeof(float));
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, CLASSES, (int)k->cols, 1, k->batch,
                    (int)k->cols, k->weight, (int)k->cols, 0, k->logits, CLASSES);
        bare_softmax(n, k->logits, rows, k->label);
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, CLASSES, (int)k->cols, (int)n,
                    1.0f / (float)n, k->logits, CLASSES, k->batch, (int)k->cols, 0, k->gradient,
                    (int)k->cols);
    }
}

static int ramda_epoch(void *user)
{
    epoch_case *k = user;
    for (size_t first = 0; first < k->rows; first += BATCH) {
        size_t n = k->rows - first < BATCH ? k->rows - first : BATCH;
        k->oracle.batch = (crease_rows){ n, k->order + first };
        CREASE_TRY(crease_algorithm_step(k->algorithm, &k->oracle));
    }
    return CREASE_OK;
}

static int allocate(crease_ctx *ctx, epoch_case *k)
{
    k->order = crease_alloc(ctx, k->rows, sizeof *k->order);
    k->label = crease_alloc(ctx, k->rows, sizeof *k->label);
    k->data = crease_alloc(ctx, k->rows * k->cols, sizeof(float));
    k->batch = crease_alloc(ctx, BATCH * k->cols, sizeof(float));
    k->weight = crease_alloc(ctx, CLASSES * k->cols, sizeof(float));
    k->gradient = crease_alloc(ctx, CLASSES * k->cols, sizeof(float));
    k->logits = crease_alloc(ctx, BATCH * CLASSES, sizeof(float));
    bool all = k->order && k->label && k->data && k->batch && k->weight && k->gradient && k->logits;
    return all ? CREASE_OK : CREASE_ENOMEM;
}

static void release(crease_ctx *ctx, epoch_case *k)
{
    void *owned[] = { k->order, k->label, k->data, k->batch, k->weight, k->gradient, k->logits };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) crease_release(ctx, owned[i]);
    crease_algorithm_free(k->algorithm);
    crease_problem_free(k->problem);
}

/* The bare epoch works on noise of the same shape: its time does not depend on the numbers. */
static void fill(epoch_case *k)
{
    crease_random r = crease_random_at(3, CREASE_STREAM_TEST, 0);
    for (size_t i = 0; i < k->rows * k->cols; i++) k->data[i] = (float)crease_random_uniform(&r);
    for (size_t i = 0; i < k->rows; i++) k->label[i] = (int32_t)crease_random_below(&r, CLASSES);
    crease_random_permutation(&r, k->rows, k->order);
}

static int set_up(const crease_bench *b, epoch_case *k, const crease_regularizer *psi,
                  const crease_solver *solver, crease_groups *groups)
{
    k->problem = crease_problem_create(b->ctx, "softmax", b->backend);
    if (!k->problem) return crease_ctx_error(b->ctx)->code;
    CREASE_TRY(crease_problem_setup(k->problem));
    const crease_block *weight = &k->problem->blocks[0];
    if (weight->shape[0] != CLASSES)
        return crease_fail(b->ctx, CREASE_EDIM, "the epoch is measured for ten classes");
    k->rows = k->problem->rows;
    k->cols = weight->shape[1];
    CREASE_TRY(allocate(b->ctx, k));
    fill(k);
    *groups = crease_groups_cols(weight->offset, CLASSES, k->cols);
    crease_term term = { psi, groups, weight->name };
    k->algorithm = crease_algorithm_create(b->ctx, "ramda", b->backend);
    if (!k->algorithm) return crease_ctx_error(b->ctx)->code;
    float *start = crease_alloc(b->ctx, k->problem->n, sizeof *start);
    if (!start) return CREASE_ENOMEM;
    int code = crease_algorithm_setup(k->algorithm, k->problem->n, start, &term, 1, solver);
    crease_release(b->ctx, start);
    return code;
}

static int measure(const crease_bench *b, const crease_regularizer *psi, const crease_solver *solver)
{
    epoch_case k = { .oracle = { .gradient = problem_gradient } };
    crease_groups groups;
    crease_bench few = *b;
    few.repeats = b->repeats < 5 ? b->repeats : 5;
    int code = set_up(b, &k, psi, solver, &groups);
    crease_measure m = { .what = "epoch",
                         .layout = "columns",
                         .size = CLASSES,
                         .entries = k.rows * k.cols,
                         .bytes = 4.0 * (double)(k.rows * k.cols),
                         .target = 1.5 };
    if (code == CREASE_OK) {
        printf("%s\n", k.problem->source);
        code = crease_bench_measure(&few, &(crease_sides){ bare_epoch, ramda_epoch, &k }, &m);
    }
    release(b->ctx, &k);
    return code;
}

int crease_bench_epoch(crease_bench *b)
{
    if (b->backend->real_bytes != sizeof(float))
        return crease_fail(b->ctx, CREASE_ENOTSUP, "the epoch is measured on cpu-f32, not on %s",
                           b->backend->name);
    return crease_bench_with_group_lasso(b, "0.001", measure);
}

/* PathProx (Yang, Zhang, Shenouda, Papailiopoulos, Lee and Nowak, arXiv 2210.03069), for a layer of
 * homogeneous units with input weights w_j and output weights v_j. With the gradients on a batch:
 *
 *     y = w_j - lr g_w,   z = v_j - lr g_v,   w_j <- y / |y|,   v_j <- (1 - lambda lr / |z|)_+ z
 *
 * w_j is row j of the problem's block "input", v_j column j of "output"; |y| counts as 1e-6 where it is
 * smaller, and an "input_bias" is divided by it too, as in the authors' code. All else takes the step
 * of SGD. The term is group_l2 on block: output with groups: cols and group_weights: one, so that the
 * step is x <- prox_{lr psi}(x - lr g) with the partner rows normalized in between. v_j has exact
 * zeros; w_j stays of length 1 then, and v_j may come back, as its gradient need not vanish.
 *
 * Why: a unit is the same function when w_j is multiplied and v_j divided by t > 0, and the least of
 * (t^2 |w_j|^2 + |v_j|^2 / t^2) / 2 over t is |w_j| |v_j|. Hence weight decay, lambda/2 sum |w_j|^2 +
 * |v_j|^2, has the minimal value and, up to such t, the minimizers of the path norm lambda sum |w_j|
 * |v_j|, which with |w_j| = 1 is the group norm of the v_j: weight decay is sparse in units, and here
 * is the proximal method that shows it.
 *
 * The published step does not make up in v_j for the normalization: the function changes by the factor
 * 1/|y| in each unit. It is a projected and proximal gradient step all the same, and where it stands
 * still (without hidden biases) the path-norm objective is stationary. With compensate = true, z is
 * multiplied by |y| first, and the normalization leaves the function as it is. This is not the same
 * method with less error: v_j then moves along (I + v_j v_j') g_v instead of g_v, and to first order in
 * lr it stands still where the penalty lambda arctan |v_j| is stationary, that is, large units are
 * penalized less. With hidden biases neither is exact, for a bias that is divided stands still where
 * its gradient is <w_j, g_w> times itself, not 0.
 *
 * Deeper networks alternate such layers, and the published method then also balances the path norms of
 * the pairs; of a single pair there is nothing to balance. No theorem promises identification: the
 * steps are those of proximal SGD, whose noise and threshold shrink together, and f is neither smooth
 * nor convex. */
#include <math.h>
#include <string.h>

#include "crease/algorithm.h"

static const double least_norm = 1e-6; /* |y| is at least this, as published */

typedef struct {
    double lr;
    bool compensate;
} pathprox_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(pathprox_opts, lr, 0.1, CREASE_GT(0), "step of the first stage"),
    CREASE_PARAM_BOOL(pathprox_opts, compensate, false,
                      "multiply v_j by |y| before the proximal map, so that normalizing w_j leaves the "
                      "function as it is; false: as published"),
    CREASE_PARAM_END,
};

enum { Z };
static const crease_slot slots[] = {
    [Z] = { "z", CREASE_SLOT_KEEP, "SGD's step, normalized: what the proximal map is applied to" },
    { NULL, CREASE_SLOT_KEEP, NULL },
};

/* Scratch of a step, n doubles each. */
typedef struct {
    double *x, *g;
} pathprox_work;

static int setup(crease_algorithm *a)
{
    pathprox_work *work = crease_alloc(a->ctx, 1, sizeof *work);
    if (!work) return CREASE_ENOMEM;
    a->own = work;
    work->x = crease_alloc(a->ctx, a->n, sizeof *work->x);
    work->g = crease_alloc(a->ctx, a->n, sizeof *work->g);
    return work->x && work->g ? CREASE_OK : CREASE_ENOMEM;
}

static void teardown(crease_algorithm *a)
{
    pathprox_work *work = a->own;
    if (!work) return;
    crease_release(a->ctx, work->x);
    crease_release(a->ctx, work->g);
    crease_release(a->ctx, work);
    a->own = NULL;
}

/* --- which weights are partners ----------------------------------------------------------------- */

/* input: units x m; output: k x units; bias NULL where units have none. */
typedef struct {
    const crease_block *input, *bias, *output;
    size_t units;
} pair;

static const crease_block *block_named(const crease_problem *p, const char *name)
{
    for (size_t i = 0; p && i < p->n_blocks; i++)
        if (strcmp(p->blocks[i].name, name) == 0) return &p->blocks[i];
    return NULL;
}

/* Whether the groups are the columns of the block, in order. */
static bool are_columns(const crease_groups *groups, const crease_block *block)
{
    size_t rows = block->shape[0], cols = block->shape[1];
    if (groups->count != cols) return false;
    for (size_t j = 0; j < cols; j++) {
        if (crease_group_size(groups, j) != rows) return false;
        for (size_t k = 0; k < rows; k++)
            if (crease_group_entry(groups, j, k) != block->offset + k * cols + j) return false;
    }
    return true;
}

static int find_pair(const crease_algorithm *a, const crease_problem *p, pair *of)
{
    *of = (pair){ block_named(p, "input"), block_named(p, "input_bias"), block_named(p, "output"), 0 };
    if (!of->input || !of->output || of->input->rank != 2 || of->output->rank != 2
        || of->input->shape[0] != of->output->shape[1])
        return crease_fail(
            a->ctx, CREASE_ENOTSUP,
            "algorithm pathprox needs a problem with hidden units: blocks input (units x "
            "inputs) and output (classes x units), as relu_net has");
    of->units = of->input->shape[0];
    if (a->n_terms == 1 && strcmp(a->terms[0].psi->type->base.name, "group_l2") == 0
        && are_columns(a->terms[0].groups, of->output))
        return CREASE_OK;
    return crease_fail(a->ctx, CREASE_ENOTSUP,
                       "algorithm pathprox needs one regularizer, group_l2 on block output with groups "
                       "cols: those are the weights that leave a hidden unit");
}

/* --- the step ------------------------------------------------------------------------------------- */

/* Divide unit j's input weights by their norm, and, with compensate, multiply its output weights by it.
 */
static void normalize(const pair *of, size_t j, bool compensate, double *x)
{
    size_t inputs = of->input->shape[1];
    double *w = x + of->input->offset + j * inputs, *v = x + of->output->offset + j, sum = 0;
    for (size_t i = 0; i < inputs; i++) sum += w[i] * w[i];
    double norm = fmax(sqrt(sum), least_norm);
    for (size_t i = 0; i < inputs; i++) w[i] /= norm;
    if (of->bias) x[of->bias->offset + j] /= norm;
    for (size_t k = 0; compensate && k < of->output->shape[0]; k++) v[k * of->units] *= norm;
}

static int step(crease_algorithm *a, crease_oracle *oracle)
{
    const pathprox_opts *o = a->opts;
    const crease_backend *b = a->backend;
    const pathprox_work *work = a->own;
    pair of;
    CREASE_TRY(find_pair(a, oracle->problem, &of));
    CREASE_TRY(crease_step_gradient(a, oracle, oracle->batch, a->x, &a->value, a->g));
    b->to_host(a->n, a->x, work->x);
    b->to_host(a->n, a->g, work->g);
    for (size_t i = 0; i < a->n; i++) work->x[i] -= a->lr * work->g[i];
    for (size_t j = 0; j < of.units; j++) normalize(&of, j, o->compensate, work->x);
    b->from_host(a->n, work->x, a->slots[Z]);
    crease_form f = crease_form_plain();
    f.first = (crease_recurrence){ Z, 1, 0 };
    f.center = Z;
    f.linear = 0;
    f.weight = a->lr;
    f.paper_scale = a->lr;
    return crease_step_form(a, &f);
}

const crease_algorithm_type crease_algorithm_pathprox = {
    .base = { .name = "pathprox",
              .summary =
                  "proximal SGD on the path norm of homogeneous units: the minimizers of weight decay, "
                  "sparse in units",
              .formula = "w_j <- y/|y|,  v_j <- (1 - lambda lr/|z|)_+ z  with  y = w_j - lr g_w,  z = "
                         "v_j - lr g_v",
              .source = "Yang et al., arXiv 2210.03069",
              .opts_size = sizeof(pathprox_opts),
              .params = params },
    .slots = slots,
    .step = step,
    .setup = setup,
    .teardown = teardown,
};

/* Second derivatives of linear models, and f as a mean of losses of z_i = (x_i, 1) w; in the same
 * chunks of rows as the gradient (see linear_model.c). What a row's loss says is computed in double,
 * whatever the backend's width. */
#include "linear_model.h"

static const crease_rows all_rows = { 0, NULL };

void linear_host_logits(const crease_problem *p, const crease_matrix *x, const linear_chunk *c,
                        const void *w, size_t outputs, double *z)
{
    const linear_model *m = p->state;
    p->backend->logits(x, c->n, c->rows, c->first, w, outputs, m->z, m->gathered);
    p->backend->to_host(c->n * outputs, m->z, z);
    if (!m->has_bias) return;
    p->backend->to_host(outputs, linear_entry(p, w, outputs * x->cols), m->host_bias);
    for (size_t i = 0; i < c->n * outputs; i++) z[i] += m->host_bias[i % outputs];
}

/* --- H ---------------------------------------------------------------------------------------- */

/* z of a run becomes what the product with C_i needs. */
static void curve_rows(const linear_model *m, const linear_chunk *c, double *z)
{
    for (size_t i = 0; i < c->n; i++) {
        if (m->loss->curve) {
            m->loss->curve(m->outputs, z + i * m->outputs);
        } else {
            double y = c->target ? c->target[i] : c->label[i];
            z[i] = m->loss->row(z[i], y, m->setting).curvature;
        }
    }
}

static void apply_rows(const linear_model *m, size_t n, const double *curve, double *u)
{
    size_t width = m->outputs;
    for (size_t i = 0; i < n; i++) {
        if (m->loss->apply)
            m->loss->apply(width, curve + i * width, u + i * width);
        else
            u[i] *= curve[i];
    }
}

static bool all_finite(size_t n, const double *v)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(v[i])) return false;
    return true;
}

static int curve_all(crease_problem *p, const void *x)
{
    linear_model *m = p->state;
    bool finite = p->backend->is_finite(p->n, x);
    for (size_t i = 0; finite && i < p->rows; i += LINEAR_CHUNK) {
        linear_chunk c = linear_rows_chunk(p, all_rows, i);
        double *curve = m->curve + i * m->outputs;
        linear_host_logits(p, &m->data.train.x, &c, x, m->outputs, curve);
        curve_rows(m, &c, curve);
        finite = all_finite(c.n * m->outputs, curve);
    }
    m->curved = finite;
    m->focused = false;
    if (finite) return CREASE_OK;
    return crease_fail(
        p->ctx, CREASE_ENAN,
        "problem %s: there is no second derivative where the parameters or the losses are "
        "not finite",
        p->type->base.name);
}

int linear_model_curvature(crease_problem *p, const void *x)
{
    linear_model *m = p->state;
    if (!m->curve) m->curve = crease_alloc(p->ctx, p->rows, m->outputs * sizeof *m->curve);
    return m->curve ? curve_all(p, x) : CREASE_ENOMEM;
}

/* y = 1/n sum of X_i' C_i X_i v over the rows of x, all of a model with x.cols columns. */
static void multiply(crease_problem *p, const crease_matrix *x, const void *v, void *y)
{
    const linear_model *m = p->state;
    for (size_t i = 0; i < p->rows; i += LINEAR_CHUNK) {
        linear_chunk c = linear_rows_chunk(p, all_rows, i);
        linear_host_logits(p, x, &c, v, m->outputs, m->host);
        apply_rows(m, c.n, m->curve + i * m->outputs, m->host);
        p->backend->from_host(c.n * m->outputs, m->host, m->z);
        linear_pull(p, x, &c, m->z, m->outputs, 1.0 / (double)p->rows, i > 0, y);
    }
}

int linear_model_product(crease_problem *p, const void *v, void *y)
{
    const linear_model *m = p->state;
    if (!m->curved) {
        return crease_fail(
            p->ctx, CREASE_EINVAL,
            "problem %s: a product with second derivatives needs the point that curvature fixes",
            p->type->base.name);
    }
    if (m->focused) {
        linear_focus_gather(p, v);
        multiply(p, &m->focus.x, m->focus.v, m->focus.y);
        linear_focus_scatter(p, y);
    } else {
        multiply(p, &m->data.train.x, v, y);
    }
    if (p->ridge > 0) p->backend->axpby(m->n_weight, p->ridge, v, 1, y);
    return CREASE_OK;
}

/* --- losses of z ------------------------------------------------------------------------------ */

int linear_model_slopes(crease_problem *p, crease_rows rows, const void *x, void *s)
{
    const linear_model *m = p->state;
    CREASE_TRY(linear_rows_check(p, rows));
    for (size_t i = 0; i < linear_rows_count(p, rows); i += LINEAR_CHUNK) {
        linear_chunk c = linear_rows_chunk(p, rows, i);
        void *at = linear_entry(p, s, i * m->outputs);
        p->backend->logits(&m->data.train.x, c.n, c.rows, c.first, x, m->outputs, at, m->gathered);
        linear_loss_sum(p, &c, at, x, at, NULL);
    }
    return CREASE_OK;
}

/* The rows side by side, as a product that read them would have left them. */
static void gather(const crease_problem *p, const linear_chunk *c)
{
    const linear_model *m = p->state;
    const crease_matrix *x = &m->data.train.x;
    if (!c->rows || !x->dense) return;
    for (size_t k = 0; k < c->n; k++)
        p->backend->copy(x->cols, linear_entry(p, x->dense, c->rows[k] * x->cols),
                         linear_entry(p, m->gathered, k * x->cols));
}

int linear_model_pull(crease_problem *p, crease_rows rows, const void *s, double scale, double beta,
                      void *g)
{
    const linear_model *m = p->state;
    CREASE_TRY(linear_rows_check(p, rows));
    for (size_t i = 0; i < linear_rows_count(p, rows); i += LINEAR_CHUNK) {
        linear_chunk c = linear_rows_chunk(p, rows, i);
        gather(p, &c);
        linear_pull(p, &m->data.train.x, &c, linear_entry(p, s, i * m->outputs), m->outputs, scale,
                    i > 0 ? 1 : beta, g);
    }
    return CREASE_OK;
}

int linear_model_predict(crease_problem *p, const void *x, double *z)
{
    const linear_model *m = p->state;
    for (size_t i = 0; i < p->rows; i += LINEAR_CHUNK) {
        linear_chunk c = linear_rows_chunk(p, all_rows, i);
        linear_host_logits(p, &m->data.train.x, &c, x, m->outputs, z + i * m->outputs);
    }
    return CREASE_OK;
}

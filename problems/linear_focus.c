/* Products with second derivatives on few columns: a copy of the data that has no others. Newton's
 * method along a manifold multiplies by H many times with vectors that are zero outside it. */
#include <string.h>

#include "linear_model.h"

void linear_focus_free(crease_ctx *ctx, linear_focus *f)
{
    void *owned[] = { f->live,
                      f->column,
                      (void *)f->x.dense,
                      (void *)f->x.row_start,
                      (void *)f->x.col,
                      (void *)f->x.value,
                      f->v,
                      f->y };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) crease_release(ctx, owned[i]);
    *f = (linear_focus){ 0 };
}

/* --- the copy --------------------------------------------------------------------------------- */

static int copy_dense(crease_problem *p, const crease_matrix *all, linear_focus *f)
{
    size_t real = p->backend->real_bytes, cols = f->x.cols;
    char *out = crease_alloc(p->ctx, all->rows, cols * real);
    f->x.dense = out;
    for (size_t i = 0; out && i < all->rows; i++)
        for (size_t k = 0; k < cols; k++)
            memcpy(out + (i * cols + k) * real,
                   linear_entry(p, all->dense, i * all->cols + f->column[k]), real);
    return out ? CREASE_OK : CREASE_ENOMEM;
}

/* place[j]: where column j is in the copy, plus 1; 0: not there. */
static int copy_sparse(crease_problem *p, const crease_matrix *all, const uint32_t *place,
                       linear_focus *f)
{
    size_t real = p->backend->real_bytes, entries = 0;
    for (size_t k = 0; k < all->row_start[all->rows]; k++) entries += place[all->col[k]] > 0;
    size_t *start = crease_alloc(p->ctx, all->rows + 1, sizeof *start);
    uint32_t *col = crease_alloc(p->ctx, entries, sizeof *col);
    char *value = crease_alloc(p->ctx, entries, real);
    f->x.row_start = start;
    f->x.col = col;
    f->x.value = value;
    if (!start || !col || !value) return CREASE_ENOMEM;
    for (size_t i = 0, n = 0; i < all->rows; i++) {
        for (size_t k = all->row_start[i]; k < all->row_start[i + 1]; k++) {
            if (place[all->col[k]] == 0) continue;
            memcpy(value + n * real, linear_entry(p, all->value, k), real);
            col[n++] = place[all->col[k]] - 1;
        }
        start[i + 1] = n;
    }
    return CREASE_OK;
}

static int copy(crease_problem *p, linear_focus *f)
{
    const linear_model *m = p->state;
    const crease_matrix *all = &m->data.train.x;
    size_t length = m->outputs * (f->x.cols + 1), real = p->backend->real_bytes;
    f->v = crease_alloc(p->ctx, length, real);
    f->y = crease_alloc(p->ctx, length, real);
    if (!f->v || !f->y) return CREASE_ENOMEM;
    if (all->dense) return copy_dense(p, all, f);
    uint32_t *place = crease_alloc(p->ctx, all->cols, sizeof *place);
    for (size_t k = 0; place && k < f->x.cols; k++) place[f->column[k]] = (uint32_t)k + 1;
    int code = place ? copy_sparse(p, all, place, f) : CREASE_ENOMEM;
    crease_release(p->ctx, place);
    return code;
}

static int build(crease_problem *p, const unsigned char *columns, size_t count, linear_focus *f)
{
    const linear_model *m = p->state;
    size_t cols = m->data.train.x.cols, k = 0;
    f->x = (crease_matrix){ .rows = p->rows, .cols = count };
    f->live = crease_alloc(p->ctx, cols, 1);
    f->column = crease_alloc(p->ctx, count, sizeof *f->column);
    if (!f->live || !f->column) return CREASE_ENOMEM;
    memcpy(f->live, columns, cols);
    for (size_t j = 0; j < cols; j++)
        if (columns[j]) f->column[k++] = (uint32_t)j;
    return copy(p, f);
}

/* --- the problem's function ------------------------------------------------------------------- */

/* The copy pays where it has at most half of the columns. */
static int focus_columns(crease_problem *p, const unsigned char *columns)
{
    linear_model *m = p->state;
    linear_focus *f = &m->focus;
    size_t cols = m->data.train.x.cols, count = 0;
    for (size_t j = 0; j < cols; j++) count += columns[j];
    m->focused = false;
    if (count == 0 || 2 * count > cols) return CREASE_OK;
    if (!f->live || memcmp(f->live, columns, cols) != 0) {
        linear_focus_free(p->ctx, f);
        int code = build(p, columns, count, f);
        if (code != CREASE_OK) {
            linear_focus_free(p->ctx, f);
            return code;
        }
    }
    m->focused = true;
    return CREASE_OK;
}

int linear_model_focus(crease_problem *p, const unsigned char *live)
{
    const linear_model *m = p->state;
    size_t cols = m->data.train.x.cols;
    unsigned char *columns = crease_alloc(p->ctx, cols, 1);
    if (!columns) return CREASE_ENOMEM;
    for (size_t i = 0; i < m->n_weight; i++) columns[i % cols] |= live[i];
    int code = focus_columns(p, columns);
    crease_release(p->ctx, columns);
    return code;
}

/* --- vectors there and back ------------------------------------------------------------------- */

static void exchange(const crease_problem *p, const void *from, void *to, bool back)
{
    const linear_model *m = p->state;
    const linear_focus *f = &m->focus;
    size_t real = p->backend->real_bytes, cols = m->data.train.x.cols, few = f->x.cols;
    for (size_t o = 0; o < m->outputs; o++)
        for (size_t k = 0; k < few; k++) {
            size_t wide = o * cols + f->column[k], narrow = o * few + k;
            memcpy(linear_entry(p, to, back ? wide : narrow),
                   linear_entry(p, from, back ? narrow : wide), real);
        }
    if (!m->has_bias) return;
    size_t wide = m->outputs * cols, narrow = m->outputs * few;
    memcpy(linear_entry(p, to, back ? wide : narrow), linear_entry(p, from, back ? narrow : wide),
           m->outputs * real);
}

void linear_focus_gather(const crease_problem *p, const void *v)
{
    exchange(p, v, ((const linear_model *)p->state)->focus.v, false);
}

void linear_focus_scatter(const crease_problem *p, void *y)
{
    memset(y, 0, p->n * p->backend->real_bytes);
    exchange(p, ((const linear_model *)p->state)->focus.y, y, true);
}

/* masks.h5: the signatures of all epochs so far, and the weights, for pictures. */
#include "h5.h"
#include "run.h"

static void write_signatures(crease_h5 *h, const crease_training *t)
{
    size_t shape[2] = { (size_t)t->epoch, t->n_units };
    crease_h5_array(h, "signature", H5T_NATIVE_UINT32, 2, shape, t->history);
    crease_h5_array(h, "signature_hat", H5T_NATIVE_UINT32, 2, shape, t->history_hat);
}

static void write_weight(crease_h5 *h, const crease_training *t)
{
    const crease_block *block = t->problem->blocks;
    if (t->problem->n_blocks == 0 || block->rank != 2) return;
    t->algorithm->backend->to_host(t->algorithm->n, t->algorithm->x, t->x);
    crease_h5_array(h, "weight", H5T_NATIVE_DOUBLE, 2, block->shape, t->x + block->offset);
    crease_h5_attribute(h, "weight", "image_height", (long)block->image_height);
    crease_h5_attribute(h, "weight", "image_width", (long)block->image_width);
}

static void write_known(crease_h5 *h, const crease_training *t)
{
    const crease_problem *p = t->problem;
    const unsigned char *known = p->type->known_columns ? p->type->known_columns(p) : NULL;
    if (known && p->n_blocks > 0 && p->blocks[0].rank == 2)
        crease_h5_array(h, "known_columns", H5T_NATIVE_UCHAR, 1, &p->blocks[0].shape[1], known);
}

int crease_masks_write(const crease_training *t)
{
    crease_path path;
    crease_h5 h;
    CREASE_TRY(crease_path_join(t->ctx, path, t->folder, "masks.h5"));
    CREASE_TRY(crease_h5_create(t->ctx, path, &h));
    write_signatures(&h, t);
    write_weight(&h, t);
    write_known(&h, t);
    return crease_h5_finish(&h);
}

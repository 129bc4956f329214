#include "stochastic.h"

int crease_step_along(crease_algorithm *a, int slot, double step, double average)
{
    crease_form f = crease_form_plain();
    f.first = (crease_recurrence){ slot, 1, 0 };
    f.linear = step;
    f.weight = step;
    f.paper_scale = step;
    f.average = average;
    return crease_step_form(a, &f);
}

int crease_storm(crease_algorithm *a, crease_oracle *oracle, double beta, int d, int old)
{
    const crease_backend *b = a->backend;
    double unused;
    CREASE_TRY(crease_step_gradient(a, oracle, oracle->batch, a->x, &a->value, a->g));
    if (beta != 1) {
        CREASE_TRY(crease_step_gradient(a, oracle, oracle->batch, a->slots[old], &unused, a->own));
        b->axpby(a->n, -1, a->own, 1, a->slots[d]);
    }
    b->axpby(a->n, 1, a->g, 1 - beta, a->slots[d]);
    b->copy(a->n, a->x, a->slots[old]);
    return CREASE_OK;
}

int crease_vector_setup(crease_algorithm *a)
{
    a->own = crease_alloc(a->ctx, a->n, a->backend->real_bytes);
    return a->own ? CREASE_OK : CREASE_ENOMEM;
}

void crease_vector_teardown(crease_algorithm *a)
{
    crease_release(a->ctx, a->own);
    a->own = NULL;
}

crease_epoch crease_epoch_of(const crease_algorithm *a, const crease_oracle *oracle)
{
    size_t rows = oracle->problem ? oracle->problem->rows : a->rows;
    if (rows == 0) return (crease_epoch){ 1, 1 };
    return (crease_epoch){ (double)(oracle->batch.rows ? oracle->batch.count : rows), (double)rows };
}

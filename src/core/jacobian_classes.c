/* J = projection on signed classes: (J v)_i = sign_i mean over the class of i of sign_j v_j. Being a
 * projection it is its own root, and J D J is exactly J times the mean of d over the classes. */
#include "jacobian.h"

size_t crease_classes_work(const crease_part *s)
{
    return s->n * (2 * sizeof(size_t) + sizeof(double));
}

crease_classes crease_classes_at(const crease_part *s, const void *state)
{
    size_t *order = (size_t *)state, *end = order + s->n;
    return (crease_classes){ .order = order, .end = end, .sign = (double *)(end + s->n) };
}

void crease_classes_add(crease_classes *classes, size_t begin, size_t end, double sign)
{
    classes->end[begin] = end;
    for (size_t i = begin; i < end; i++) {
        classes->order[i] = i;
        classes->sign[i] = sign;
    }
}

void crease_classes_jacobian(const crease_part *s, const void *state, bool root, const double *v,
                             double *out)
{
    crease_classes all = crease_classes_at(s, state);
    (void)root;
    for (size_t begin = 0, end; begin < s->n; begin = end) {
        double sum = 0;
        end = all.end[begin];
        for (size_t j = begin; j < end; j++) sum += all.sign[all.order[j]] * v[all.order[j]];
        double mean = sum / (double)(end - begin);
        for (size_t j = begin; j < end; j++) out[all.order[j]] = all.sign[all.order[j]] * mean;
    }
}

void crease_classes_diagonal(const crease_part *s, const void *state, double *d)
{
    crease_classes all = crease_classes_at(s, state);
    for (size_t begin = 0, end; begin < s->n; begin = end) {
        double sum = 0;
        bool held = all.sign[all.order[begin]] == 0;
        end = all.end[begin];
        for (size_t j = begin; j < end; j++) sum += d[all.order[j]];
        for (size_t j = begin; j < end; j++) d[all.order[j]] = held ? 1 : sum / (double)(end - begin);
    }
}

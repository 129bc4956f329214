/* What the methods with Adam's moments share (Kingma and Ba, arXiv 1412.6980; decoupled weight decay:
 * Loshchilov and Hutter, arXiv 1711.05101):
 *
 *     m <- beta1 m + (1 - beta1) g            x0 = (1 - lr wd) x
 *     u <- beta2 u + (1 - beta2) g*g          b1 = 1 - beta1^k,  b2 = 1 - beta2^k                       */
#ifndef CREASE_ADAM_H
#define CREASE_ADAM_H

#include <math.h>

#include "crease/algorithm.h"

typedef struct {
    double lr, beta1, beta2, eps, weight_decay;
} adam_opts;

/* Rows of a parameter table; type is an options struct with a first member `adam_opts adam`. */
#define ADAM_PARAM(field, default_, range_, doc_)                                                   \
    { #field, CREASE_PARAM_KIND_REAL, offsetof(adam_opts, field), default_, NULL, range_, NULL, doc_, false }
#define ADAM_PARAMS(lr_, eps_, weight_decay_)                                                       \
    ADAM_PARAM(lr, lr_, CREASE_GT(0), "learning rate of the first stage"),                          \
    ADAM_PARAM(beta1, 0.9, CREASE_IN_RIGHT(0, 1), "decay of the first moment"),                     \
    ADAM_PARAM(beta2, 0.999, CREASE_IN_RIGHT(0, 1), "decay of the second moment"),                  \
    ADAM_PARAM(eps, eps_, CREASE_GE(0), "added to the root of the second moment"),                  \
    ADAM_PARAM(weight_decay, weight_decay_, CREASE_GE(0), "decoupled weight decay wd")

enum { ADAM_M, ADAM_U, ADAM_PEAK };

typedef struct {
    double k; /* steps */
} adam_state;

/* The moments and the decayed centre; b1 and b2 receive the bias corrections of this step. */
static inline void adam_moments(crease_algorithm *a, const adam_opts *o, crease_form *f, double *b1, double *b2)
{
    adam_state *s = (adam_state *)a->state;
    s->k += 1;
    *b1 = 1 - pow(o->beta1, s->k);
    *b2 = 1 - pow(o->beta2, s->k);
    f->first = (crease_recurrence){ ADAM_M, o->beta1, 1 - o->beta1 };
    f->second = (crease_recurrence){ ADAM_U, o->beta2, 1 - o->beta2 };
    f->center = CREASE_ITERATE;
    f->center_scale = 1 - a->lr * o->weight_decay;
    f->root = CREASE_ROOT_SQUARE;
    f->floor = o->eps;
    f->weight = a->lr;
    f->paper_scale = a->lr;
}

/* AdamW's metric and step: D = sqrt(u)/sqrt(b2) + eps,  v = lr m / b1. */
static inline void adamw_form(crease_algorithm *a, const adam_opts *o, crease_form *f)
{
    double b1, b2;
    adam_moments(a, o, f, &b1, &b2);
    f->metric_scale = 1 / sqrt(b2);
    f->linear = a->lr / b1;
}

#endif

/* What a point of an iteration proves about the least value, in the form in which nothing cancels. */
#include <math.h>

#include "space.h"

/* One part, in double: its entries of x, of the dual point y = c - (D + ridge) x, and of D + ridge. */
typedef struct {
    crease_part part;
    const double *x, *d;
    double *y;
    double w, cancelled; /* |c|/|y|: how much of c was subtracted */
    const crease_regularizer *psi;
} dual_part;

static double pairing(const dual_part *s, double shrink)
{
    double sum = 0;
    for (size_t i = 0; i < s->part.n; i++) sum += shrink * s->y[i] * s->x[i];
    return sum;
}

/* 1/2 |y - shrink y|^2 in the inverse metric; infinite where that has no bound. */
static double misfit(const dual_part *s, double shrink)
{
    double sum = 0;
    for (size_t i = 0; i < s->part.n; i++) {
        double rest = (1 - shrink) * s->y[i];
        if (rest != 0) sum += rest * rest / s->d[i];
    }
    return 0.5 * sum;
}

static void norm_gaps(const dual_part *s, double *gap, double *fenchel)
{
    double size = s->part.weight > 0 ? crease_part_dual_norm(s->psi, &s->part, s->y) / s->w : INFINITY;
    double shrink = size > 1 ? 1 / size : 1, value = s->w * crease_part_value(s->psi, &s->part, s->x);
    bool feasible = size <= 1 + 8 * s->part.roundoff * fmax(1, s->cancelled);
    *gap = misfit(s, shrink) + fmax(0, value - pairing(s, shrink));
    *fenchel = feasible ? fmax(0, value - pairing(s, 1)) : INFINITY;
}

static void conjugate_gaps(const dual_part *s, double *gap, double *fenchel)
{
    double paired = pairing(s, 1);
    for (size_t i = 0; i < s->part.n; i++) s->y[i] /= s->w;
    double both = crease_part_value(s->psi, &s->part, s->x) + crease_part_conjugate(s->psi, &s->part, s->y);
    *gap = *fenchel = fmax(0, s->w * both - paired);
}

/* Infinite where nothing is proven. */
static void part_gaps(const dual_part *s, double *gap, double *fenchel)
{
    bool convex = s->psi->type->flags & CREASE_CONVEX;
    *gap = *fenchel = INFINITY;
    if (s->w == 0) *gap = misfit(s, 0);
    else if (convex && crease_regularizer_is_norm(s->psi)) norm_gaps(s, gap, fenchel);
    else if (convex) conjugate_gaps(s, gap, fenchel);
    if (isnan(*gap)) *gap = INFINITY;
    if (isnan(*fenchel)) *fenchel = INFINITY;
}

/* The packed vector in double: itself, or a copy. */
static const double *in_double(const crease_space *s, const void *x, double *copy)
{
    if (!x || s->b->real_bytes == sizeof(double)) return x;
    s->b->to_host(s->n, x, copy);
    return copy;
}

void crease_space_gaps(crease_space *s, const void *packed, double *gap, double *fenchel)
{
    const double *x = in_double(s, packed, s->wide[0]), *c = in_double(s, s->c, s->wide[1]),
                 *d = in_double(s, s->d, s->wide[2]);
    double ridge = s->p->w * s->p->psi->ridge; /* that of the family stays in psi */
    *gap = *fenchel = s->p->metric ? INFINITY : 0; /* the inverse of an operator is not at hand */
    for (size_t k = 0; k < s->parts && !s->p->metric; k++) {
        dual_part q = { .part = crease_space_part(s, k), .x = s->piece[0],
                        .d = s->piece[1], .y = s->piece[2], .w = s->p->w, .psi = &s->psi };
        double pull = 0, left = 0;
        for (size_t i = 0; i < q.part.n; i++) {
            size_t at = crease_group_entry(&s->groups, k, i);
            double metric = (d ? d[at] : s->scalar) + ridge;
            s->piece[0][i] = x[at];
            s->piece[1][i] = metric;
            s->piece[2][i] = c[at] - metric * x[at];
            pull += c[at] * c[at];
            left += s->piece[2][i] * s->piece[2][i];
        }
        q.cancelled = left > 0 && pull < INFINITY ? sqrt(pull / left) : 1;
        double part_gap, part_fenchel;
        part_gaps(&q, &part_gap, &part_fenchel);
        *gap += part_gap;
        *fenchel += part_fenchel;
    }
}

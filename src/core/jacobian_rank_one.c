/* J = diag(a) + b v v'. With a = alpha where v != 0, the root has sqrt(a) for a and, for b, the number
 * that turns the eigenvalue alpha + b |v|^2 along v into its root. */
#include <math.h>
#include <string.h>

#include "jacobian.h"

size_t crease_rank_one_work(const crease_part *s)
{
    return (2 + 2 * s->n) * sizeof(double);
}

crease_rank_one crease_rank_one_at(const crease_part *s, const void *state)
{
    double *b = (double *)state;
    return (crease_rank_one){ .b = b, .a = b + 2, .v = b + 2 + s->n };
}

void crease_rank_one_clear(const crease_part *s, void *state)
{
    memset(state, 0, crease_rank_one_work(s));
}

void crease_rank_one_identity(const crease_part *s, void *state)
{
    crease_rank_one J = crease_rank_one_at(s, state);
    crease_rank_one_clear(s, state);
    for (size_t i = 0; i < s->n; i++) J.a[i] = 1;
}

static double dot(size_t n, const double *x, const double *y)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i] * y[i];
    return sum;
}

/* The a that goes with v. */
static double alpha_of(const crease_part *s, const crease_rank_one *J)
{
    for (size_t i = 0; i < s->n; i++)
        if (J->v[i] != 0) return J->a[i];
    return 0;
}

/* The eigenvalue along v. */
static double along(double alpha, double b, double square)
{
    return fmin(fmax(alpha + b * square, 0), 1);
}

void crease_rank_one_finish(const crease_part *s, void *state)
{
    crease_rank_one J = crease_rank_one_at(s, state);
    double square = dot(s->n, J.v, J.v), alpha = alpha_of(s, &J);
    J.b[1] = square > 0 ? (sqrt(along(alpha, J.b[0], square)) - sqrt(alpha)) / square : 0;
}

void crease_rank_one_jacobian(const crease_part *s, const void *state, bool root, const double *v,
                              double *out)
{
    crease_rank_one J = crease_rank_one_at(s, state);
    double size = J.b[root] != 0 ? J.b[root] * dot(s->n, J.v, v) : 0;
    for (size_t i = 0; i < s->n; i++) out[i] = (root ? sqrt(J.a[i]) : J.a[i]) * v[i] + size * J.v[i];
}

/* Exact for the diagonal part; along v where v has entries of its own. */
void crease_rank_one_diagonal(const crease_part *s, const void *state, double *d)
{
    crease_rank_one J = crease_rank_one_at(s, state);
    double square = dot(s->n, J.v, J.v), alpha = alpha_of(s, &J), bend = 0;
    for (size_t i = 0; i < s->n; i++) bend += J.v[i] * J.v[i] * d[i];
    double lone = square > 0 ? 1 + along(alpha, J.b[0], square) * (bend / square - 1) : 1;
    for (size_t i = 0; i < s->n; i++) d[i] = J.v[i] != 0 && alpha == 0 ? lone : 1 + J.a[i] * (d[i] - 1);
}

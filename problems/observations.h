/* Problems whose loss is a sum over observations of one linear form each:
 *
 *   f(x) = 1/m sum_i phi(z_i, b_i),   z_i = <a_i, x>
 *
 * The members say what a_i and phi are; gradient, second derivatives and the form by rows are the same
 * for all. Sums over rows run in chunks of fixed size, in order, so that a sum is the same bits
 * whenever it is formed again.      */
#ifndef CREASE_PROBLEMS_OBSERVATIONS_H
#define CREASE_PROBLEMS_OBSERVATIONS_H

#include "crease/problem.h"
#include "crease/random.h"

/* phi and its first two derivatives in z. */
typedef struct observations_loss {
    double (*value)(double z, double b);
    double (*slope)(double z, double b);
    double (*bend)(double z, double b);
} observations_loss;

/* 1/2 (z - b)^2 */
extern const observations_loss observations_squares;

typedef struct observations {
    const observations_loss *loss;
    crease_matrix a; /* one row an observation, in the backend's width; owned */
    double *target;  /* b, on the host */
    double *known;   /* n: the planted x, on the host; NULL where there is none */
    /* Work space, from observations_prepare. */
    void *z, *gathered; /* of one chunk: z, and the rows of a batch side by side (dense a) */
    double *host;       /* z of one chunk on the host */
    double *bend;       /* of all rows at the point of curvature */
    bool bent;          /* that point was given */
} observations;

/* p->state begins with an observations. prepare: after a and target are filled; allocates the work
 * space, and sets p's n, rows, row_width and only block, a rows x cols matrix of that name. Errors:
 * ENOMEM, ERANGE.                      */
int observations_prepare(crease_problem *p, const char *block, size_t rows, size_t cols);
void observations_teardown(crease_problem *p);

/* Functions of a descriptor. */
int observations_gradient(crease_problem *p, crease_rows rows, const void *x, double *value, void *g);
int observations_curvature(crease_problem *p, const void *x);
int observations_product(crease_problem *p, const void *v, void *y);
int observations_slopes(crease_problem *p, crease_rows rows, const void *x, void *s);
int observations_pull(crease_problem *p, crease_rows rows, const void *s, double scale, double beta,
                      void *g);
int observations_predict(crease_problem *p, const void *x, double *z);

/* n standard normal numbers for a row: each row has a stretch of the random stream of its own, so that
 * it can be drawn again. What a problem draws besides its rows begins at observations_others. */
void observations_draw(uint64_t seed, uint64_t row, size_t n, double *out);
crease_random observations_others(uint64_t seed);
void *observations_row(const crease_problem *p, size_t row); /* of dense a */

/* Independent normal numbers with this deviation; the origin where it is 0. */
int observations_start_normal(crease_problem *p, uint64_t seed, double scale, void *x);

/* |x - known| / |known|, or the lesser of that and |x + known| / |known| where either sign will do.
 * Errors: ENOMEM. */
int observations_distance(crease_problem *p, const void *x, bool either_sign, double *distance);

#endif

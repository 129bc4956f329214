/* Metrics that are no diagonal. */
#include <cblas.h>
#include <math.h>

#include "crease/subproblem.h"

static void apply_matrix(void *user, size_t n, const double *x, double *y)
{
    cblas_dsymv(CblasRowMajor, CblasUpper, (blasint)n, 1, user, (blasint)n, x, 1, 0, y, 1);
}

static void add_matrix_column(void *user, size_t n, size_t j, double a, double *y)
{
    cblas_daxpy((blasint)n, a, (const double *)user + j * n, 1, y, 1);
}

crease_operator crease_operator_of_matrix(size_t n, const double *matrix, double *diagonal)
{
    crease_operator metric = { .user = (void *)matrix, .apply = apply_matrix, .add_column = add_matrix_column,
                               .diagonal = diagonal };
    for (size_t i = 0; i < n; i++) {
        diagonal[i] = matrix[i * n + i];
        metric.largest = fmax(metric.largest, cblas_dasum((blasint)n, matrix + i * n, 1));
    }
    return metric;
}

#include "svd.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "core/part.h"

/* Fortran: everything by address, and the lengths of the strings at the end. */
void dgesdd_(const char *job, const blasint *m, const blasint *n, double *a, const blasint *lda, double *s,
             double *u, const blasint *ldu, double *vt, const blasint *ldvt, double *work,
             const blasint *lwork, blasint *iwork, blasint *info, size_t job_length);
void dgesvd_(const char *job_u, const char *job_vt, const blasint *m, const blasint *n, double *a,
             const blasint *lda, double *s, double *u, const blasint *ldu, double *vt, const blasint *ldvt,
             double *work, const blasint *lwork, blasint *info, size_t job_u_length, size_t job_vt_length);

/* LAPACK reads columns, so it sees the transpose X' = V diag(s) U': its u is `right`, its vt is `left`. */
static blasint divide_and_conquer(const crease_svd *svd, char job, double *work, blasint lwork)
{
    blasint m = (blasint)svd->cols, n = (blasint)svd->rows, k = (blasint)svd->k, info = 0;
    dgesdd_(&job, &m, &n, svd->scratch, &m, svd->s, svd->right, &m, svd->left, &k, work, &lwork,
            svd->integers, &info, 1);
    return info;
}

static blasint by_rotations(const crease_svd *svd, char job, double *work, blasint lwork)
{
    blasint m = (blasint)svd->cols, n = (blasint)svd->rows, k = (blasint)svd->k, info = 0;
    dgesvd_(&job, &job, &m, &n, svd->scratch, &m, svd->s, svd->right, &m, svd->left, &k, work, &lwork, &info,
            1, 1);
    return info;
}

const char *crease_svd_refusal(size_t n)
{
    return n > INT_MAX / 32 ? "the matrix is too large for LAPACK" : NULL;
}

static blasint work_length(const crease_svd *svd)
{
    double first = 1, second = 1;
    divide_and_conquer(svd, 'S', &first, -1);
    by_rotations(svd, 'S', &second, -1);
    return (blasint)(first > second ? first : second);
}

crease_svd crease_svd_carve(crease_arena *arena, size_t rows, size_t cols)
{
    size_t k = rows < cols ? rows : cols;
    crease_svd svd = { .rows = rows, .cols = cols, .k = k };
    svd.s = crease_carve(arena, k, sizeof(double));
    svd.left = crease_carve(arena, rows * k, sizeof(double));
    svd.right = crease_carve(arena, k * cols, sizeof(double));
    svd.scratch = crease_carve(arena, rows * cols, sizeof(double));
    svd.integers = crease_carve(arena, 8 * k, sizeof(blasint));
    svd.lwork = k > 0 && !crease_svd_refusal(rows * cols) ? work_length(&svd) : 0;
    svd.lapack = crease_carve(arena, (size_t)svd.lwork, sizeof(double));
    return svd;
}

static void load(const crease_svd *svd, const double *x)
{
    memcpy(svd->scratch, x, svd->rows * svd->cols * sizeof *x);
}

/* Divide and conquer is the fast one; QR rotations converge where it may not. LAPACK prints at a NaN. */
static bool decompose(crease_svd *svd, char job, const double *x)
{
    if (svd->k == 0) return true;
    if (!crease_are_finite(svd->rows * svd->cols, x)) return false;
    load(svd, x);
    if (divide_and_conquer(svd, job, svd->lapack, svd->lwork) == 0) return true;
    load(svd, x);
    return by_rotations(svd, job, svd->lapack, svd->lwork) == 0;
}

bool crease_svd_compute(crease_svd *svd, const double *x)
{
    return decompose(svd, 'S', x);
}

bool crease_svd_values(crease_svd *svd, const double *x)
{
    return decompose(svd, 'N', x);
}

/* out (rows x cols) = alpha a b + beta out; a is rows x inner with stride lda, b inner x cols. */
static void multiply(size_t rows, size_t cols, size_t inner, double alpha, const double *a, size_t lda,
                     CBLAS_TRANSPOSE transpose_a, const double *b, CBLAS_TRANSPOSE transpose_b, size_t ldb,
                     double beta, double *out)
{
    cblas_dgemm(CblasRowMajor, transpose_a, transpose_b, (blasint)rows, (blasint)cols, (blasint)inner, alpha,
                a, (blasint)lda, b, (blasint)ldb, beta, out, (blasint)cols);
}

void crease_svd_compose(const crease_svd *svd, size_t r, const double *value, double *x)
{
    size_t rows = svd->rows, cols = svd->cols, k = svd->k;
    memset(x, 0, rows * cols * sizeof *x);
    if (r == 0) return;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < r; j++) svd->scratch[i * r + j] = svd->left[i * k + j] * value[j];
    multiply(rows, cols, r, 1, svd->scratch, r, CblasNoTrans, svd->right, CblasNoTrans, cols, 0, x);
    for (size_t i = 0; i < rows * cols; i++) x[i] += 0.0; /* -0 becomes 0 */
}

void crease_svd_normal(const crease_svd *svd, size_t r, const double *g, double *rest)
{
    size_t rows = svd->rows, cols = svd->cols, k = svd->k;
    memcpy(rest, g, rows * cols * sizeof *g);
    if (r == 0) return;
    multiply(r, cols, rows, 1, svd->left, k, CblasTrans, rest, CblasNoTrans, cols, 0, svd->scratch);
    multiply(rows, cols, r, -1, svd->left, k, CblasNoTrans, svd->scratch, CblasNoTrans, cols, 1, rest);
    multiply(rows, r, cols, 1, rest, cols, CblasNoTrans, svd->right, CblasTrans, cols, 0, svd->scratch);
    multiply(rows, cols, r, -1, svd->scratch, r, CblasNoTrans, svd->right, CblasNoTrans, cols, 1, rest);
}

double crease_svd_entry(const crease_svd *svd, size_t j, const double *g)
{
    double sum = 0;
    for (size_t i = 0; i < svd->rows; i++)
        sum += svd->left[i * svd->k + j]
               * cblas_ddot((blasint)svd->cols, g + i * svd->cols, 1, svd->right + j * svd->cols, 1);
    return sum;
}

/* The derivative of P(u) = U diag(p(sigma)) V', where U diag(sigma) V' is the matrix u and p a
 * symmetric function. With H in the frames of U and V, completed to square ones, and B its block of the
 * thin ones,
 *
 *     J H = U [ Omega+ o sym B + Omega- o skew B ] V' + (the rest of H, each i by p_i/sigma_i),
 *     Omega+_ij = (p_i - p_j)/(sigma_i - sigma_j),   Omega-_ij = (p_i + p_j)/(sigma_i + sigma_j),
 *
 * but for the diagonal of B, where the Jacobian of p acts. (Ding, Sun, Sun and Toh, Math. Program. 168
 * (2018); the formula is older.) So J is diagonal in an orthonormal basis, but for the diagonal of B,
 * and its root takes the roots of all weights. Both weights vanish where p_i = p_j = 0: with r live
 * values J is a matter of the first r rows and columns of B, and costs O(rows cols r). */
#include "jacobian_spectral.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

enum { HEAD = 4 }; /* doubles */
enum { LIVE, SHARED, IDENTITY };

#define NEARLY_EQUAL 1e-9 /* singular values so close, relative to the largest, share a slope */

size_t crease_spectral_jacobian_work(const crease_part *s)
{
    size_t rows, cols;
    s->type->matrix(s, &rows, &cols);
    size_t k = rows < cols ? rows : cols;
    return (HEAD + 3 * k + (rows + cols) * k) * sizeof(double);
}

crease_spectral_slope crease_spectral_slope_at(const crease_part *s, const void *state)
{
    crease_spectral_slope J = { .head = (double *)state };
    s->type->matrix(s, &J.rows, &J.cols);
    J.k = J.rows < J.cols ? J.rows : J.cols;
    J.sigma = J.head + HEAD;
    J.p = J.sigma + J.k;
    J.slope = J.p + J.k;
    J.left = J.slope + J.k;
    J.right = J.left + J.rows * J.k;
    return J;
}

static size_t live_of(const crease_spectral_slope *J)
{
    return (size_t)J->head[LIVE];
}

void crease_spectral_slope_clear(const crease_part *s, void *state)
{
    (void)s;
    memset(state, 0, HEAD * sizeof(double));
}

void crease_spectral_slope_identity(const crease_part *s, void *state)
{
    crease_spectral_slope_clear(s, state);
    ((double *)state)[IDENTITY] = 1;
}

void crease_spectral_slope_keep(const crease_part *s, double L, double b, void *state)
{
    crease_spectral_slope J = crease_spectral_slope_at(s, state);
    crease_spectral_space space = crease_spectral_carve(s);
    size_t live = 0;
    crease_spectral_slope_clear(s, state);
    for (size_t j = 0; j < J.k; j++) {
        J.sigma[j] = space.svd.s[j];
        J.p[j] = L * space.value[j];
        J.slope[j] = 1;
        if (space.value[j] > 0) live = j + 1;
    }
    memcpy(J.left, space.svd.left, J.rows * J.k * sizeof *J.left);
    memcpy(J.right, space.svd.right, J.k * J.cols * sizeof *J.right);
    J.head[LIVE] = (double)live;
    J.head[SHARED] = b;
}

/* --- weights ------------------------------------------------------------------------------------- */

static double in_unit(double x)
{
    return fmin(fmax(x, 0), 1);
}

static double weight(double x, bool root)
{
    return root ? sqrt(in_unit(x)) : in_unit(x);
}

/* Omega+, i < j */
static double symmetric(const crease_spectral_slope *J, size_t i, size_t j)
{
    double gap = J->sigma[i] - J->sigma[j];
    if (gap <= NEARLY_EQUAL * J->sigma[0]) return (J->slope[i] + J->slope[j]) / 2;
    return (J->p[i] - J->p[j]) / gap;
}

static double skew(const crease_spectral_slope *J, size_t i, size_t j)
{
    return (J->p[i] + J->p[j]) / (J->sigma[i] + J->sigma[j]);
}

/* Entries (i, j) and (j, i) of B. */
static void weigh_pair(const crease_spectral_slope *J, bool root, size_t i, size_t j, double *above,
                       double *below)
{
    double even = weight(symmetric(J, i, j), root) * (*above + *below) / 2;
    double odd = weight(skew(J, i, j), root) * (*above - *below) / 2;
    *above = even + odd;
    *below = even - odd;
}

/* The diagonal, entry i at diagonal[i * step]. The slopes are 1 where b is not 0. */
static void weigh_diagonal(const crease_spectral_slope *J, bool root, double *diagonal, size_t step)
{
    size_t r = live_of(J);
    double b = J->head[SHARED], sum = 0;
    if (root && r > 0) b = (weight(1 + b * (double)r, true) - 1) / (double)r;
    if (J->head[SHARED] == 0) b = 0;
    for (size_t i = 0; i < r; i++) sum += diagonal[i * step];
    for (size_t i = 0; i < r; i++)
        diagonal[i * step] = weight(J->slope[i], root) * diagonal[i * step] + b * sum;
}

/* --- products ------------------------------------------------------------------------------------ */

/* out (rows x cols) = alpha op(a) op(b) + beta out, row-major. */
static void multiply(size_t rows, size_t cols, size_t inner, double alpha, CBLAS_TRANSPOSE ta,
                     const double *a, size_t lda, CBLAS_TRANSPOSE tb, const double *b, size_t ldb,
                     double beta, double *out)
{
    cblas_dgemm(CblasRowMajor, ta, tb, (blasint)rows, (blasint)cols, (blasint)inner, alpha, a,
                (blasint)lda, b, (blasint)ldb, beta, out, (blasint)cols);
}

/* What H is in the first r rows and columns of the frames: top = U_r' H V (r x k), side = U' H V_r (k x
 * r), and in `across` (r x cols), `down` (rows x r) what of U_r' H and H V_r leaves the thin frames. */
typedef struct {
    size_t r;
    double *top, *side, *across, *down;
} pieces;

static void split(const crease_spectral_slope *J, const double *H, pieces *in)
{
    size_t rows = J->rows, cols = J->cols, k = J->k, r = in->r;
    multiply(r, cols, rows, 1, CblasTrans, J->left, k, CblasNoTrans, H, cols, 0, in->across);
    multiply(rows, r, cols, 1, CblasNoTrans, H, cols, CblasTrans, J->right, cols, 0, in->down);
    multiply(r, k, cols, 1, CblasNoTrans, in->across, cols, CblasTrans, J->right, cols, 0, in->top);
    multiply(k, r, rows, 1, CblasTrans, J->left, k, CblasNoTrans, in->down, r, 0, in->side);
    if (cols > k)
        multiply(r, cols, k, -1, CblasNoTrans, in->top, k, CblasNoTrans, J->right, cols, 1, in->across);
    if (rows > k)
        multiply(rows, r, k, -1, CblasNoTrans, J->left, k, CblasNoTrans, in->side, r, 1, in->down);
}

static void weigh(const crease_spectral_slope *J, bool root, pieces *in)
{
    size_t r = in->r, k = J->k;
    for (size_t i = 0; i < r; i++) {
        double outside = weight(J->p[i] / J->sigma[i], root);
        for (size_t j = i + 1; j < r; j++)
            weigh_pair(J, root, i, j, &in->top[i * k + j], &in->top[j * k + i]);
        for (size_t j = r; j < k; j++)
            weigh_pair(J, root, i, j, &in->top[i * k + j], &in->side[j * r + i]);
        for (size_t j = 0; j < J->cols; j++) in->across[i * J->cols + j] *= outside;
        for (size_t j = 0; j < J->rows; j++) in->down[j * r + i] *= outside;
    }
    weigh_diagonal(J, root, in->top, k + 1);
}

/* out = U_r (top V' + across) + (U_rest side_rest + down) V_r' */
static void join(const crease_spectral_slope *J, pieces *in, double *out)
{
    size_t rows = J->rows, cols = J->cols, k = J->k, r = in->r;
    double wide = cols > k ? 1 : 0, tall = rows > k ? 1 : 0;
    multiply(r, cols, k, 1, CblasNoTrans, in->top, k, CblasNoTrans, J->right, cols, wide, in->across);
    multiply(rows, cols, r, 1, CblasNoTrans, J->left, k, CblasNoTrans, in->across, cols, 0, out);
    if (r == k && tall == 0) return;
    if (r < k)
        multiply(rows, r, k - r, 1, CblasNoTrans, J->left + r, k, CblasNoTrans, in->side + r * r, r,
                 tall, in->down);
    multiply(rows, cols, r, 1, CblasNoTrans, in->down, r, CblasNoTrans, J->right, cols, 1, out);
}

void crease_spectral_jacobian(const crease_part *s, const void *state, bool root, const double *v,
                              double *out)
{
    crease_spectral_slope J = crease_spectral_slope_at(s, state);
    crease_spectral_space space = crease_spectral_carve(s);
    pieces in = { live_of(&J), space.a, space.b, space.svd.right, space.svd.left };
    if (J.head[IDENTITY] != 0) {
        memcpy(out, v, s->n * sizeof *out);
        return;
    }
    memset(out, 0, s->n * sizeof *out);
    if (in.r == 0) return;
    split(&J, v, &in);
    weigh(&J, root, &in);
    join(&J, &in, out);
}

/* Loops over rows of columns, for sums and maps with no Newton step in them. Every column has a sum of
 * its own, added in the order of the rows, and nothing else ties entries together: compilers make
 * vectors of these loops, of any width, and the bits do not depend on it. Groups side by side are
 * columns (see bunch.h); what lies in one run is cut into rows, and its column sums are added up in a
 * fixed order. Sums are of doubles, so that long ones stay accurate. */
#ifndef CREASE_CPU_SLAB_H
#define CREASE_CPU_SLAB_H

#include "lanes.h"

enum {
    SLAB_MOST_COLUMNS = 512,
    SLAB_RUN_COLUMNS = 32, /* of a run: so few that four rows are one stream to the memory */
};

/* No column depends on another; z may be x, but then entry for entry. */
#define SLAB_COLUMNS _Pragma("GCC ivdep")

/* Entry (o, k) is at o*stride + k of c and x, at o*d_stride + k of d, at o*z_stride + k of z. A d or z
 * that there is none of is a row of zeros with the stride 0; arrays that a loop does not look at may be
 * anything. */
typedef struct slab {
    size_t rows, columns, stride, d_stride, z_stride;
    const crease_real *c, *d, *z;
    crease_real *x;
    size_t first; /* where the numbers of its columns begin, in an array of numbers of columns */
} slab;

static const crease_real slab_zeros[SLAB_MOST_COLUMNS];

/* The sums of a run's columns, added up. */
static double slab_fold(const double sum[SLAB_RUN_COLUMNS])
{
    double lane[8], half[4];
    for (int l = 0; l < 8; l++) lane[l] = (sum[l] + sum[l + 16]) + (sum[l + 8] + sum[l + 24]);
    for (int l = 0; l < 4; l++) half[l] = lane[l] + lane[l + 4];
    return (half[0] + half[2]) + (half[1] + half[3]);
}

/* DO(s, arguments), with constant strides where they are those of a run or of a single column. */
#define SLAB_DISPATCH(s, DO, ...)                                                                      \
    do {                                                                                               \
        size_t width = (s)->columns;                                                                   \
        bool same = (s)->stride == width && (s)->d_stride == width && (s)->z_stride == width;          \
        if (same && width == SLAB_RUN_COLUMNS)                                                         \
            DO(slab_of_width(s, SLAB_RUN_COLUMNS), __VA_ARGS__);                                       \
        else if (same && width == 1)                                                                   \
            DO(slab_of_width(s, 1), __VA_ARGS__);                                                      \
        else                                                                                           \
            DO(*(s), __VA_ARGS__);                                                                     \
    } while (0)

CREASE_FORMULA slab slab_of_width(const slab *s, size_t width)
{
    return (slab){ s->rows, width, width, width, width, s->c, s->d, s->z, s->x, 0 };
}

/* --- the step ------------------------------------------------------------------------------------- */

/* sign(v) max(|v| - l1, 0), never -0; NaN stays NaN. */
CREASE_FORMULA crease_real slab_soft(crease_real v, crease_real l1)
{
    crease_real inner = v < l1 ? v : l1;
    return v - (inner > -l1 ? inner : -l1);
}

CREASE_FORMULA crease_real move_entry(const slab *s, size_t o, size_t k, crease_real bend, bool soft,
                                      crease_real l1)
{
    crease_real z = s->z[o * s->z_stride + k], d = s->d[o * s->d_stride + k];
    crease_real moved = z * (bend - d) + s->c[o * s->stride + k];
    if (soft) moved = slab_soft(moved, l1);
    s->x[o * s->stride + k] = moved;
    return moved * moved;
}

/* Four rows at once where there are as many: their squares are added as reals, then to the sums. */
CREASE_FORMULA void move_rows(slab s, const double *bend, bool soft, double threshold, double *sum)
{
    const crease_real l1 = (crease_real)threshold;
    size_t o = 0;
    for (; o + 4 <= s.rows; o += 4) {
        SLAB_COLUMNS
        for (size_t k = 0; k < s.columns; k++) {
            crease_real a = move_entry(&s, o, k, (crease_real)bend[k], soft, l1);
            crease_real b = move_entry(&s, o + 1, k, (crease_real)bend[k], soft, l1);
            crease_real c = move_entry(&s, o + 2, k, (crease_real)bend[k], soft, l1);
            crease_real d = move_entry(&s, o + 3, k, (crease_real)bend[k], soft, l1);
            sum[k] += (a + b) + (c + d);
        }
    }
    for (; o < s.rows; o++) {
        SLAB_COLUMNS
        for (size_t k = 0; k < s.columns; k++)
            sum[k] += move_entry(&s, o, k, (crease_real)bend[k], soft, l1);
    }
}

/* x = soft(z (bend - d) + c, l1); its squares, of reals, are added to the sums. */
static void slab_move(const slab *s, const double *bend, double l1, double *sum)
{
    if (l1 > 0)
        SLAB_DISPATCH(s, move_rows, bend + s->first, true, l1, sum + s->first);
    else
        SLAB_DISPATCH(s, move_rows, bend + s->first, false, 0, sum + s->first);
}

CREASE_FORMULA void scale_rows(slab s, const double *factor, bool wide)
{
    for (size_t o = 0; o < s.rows; o++) {
        crease_real *x = s.x + o * s.stride;
        SLAB_COLUMNS
        for (size_t k = 0; k < s.columns; k++)
            x[k] = (wide ? (crease_real)(x[k] * factor[k]) : x[k] * (crease_real)factor[k]) + 0;
    }
}

/* x = factor x, no zero a -0. wide: a factor may be no ordinary real. */
static void slab_scale(const slab *s, const double *factor, bool wide)
{
    if (wide && CREASE_CPU_BITS < 64)
        scale_rows(*s, factor + s->first, true);
    else
        SLAB_DISPATCH(s, scale_rows, factor + s->first, false);
}

/* --- sums ----------------------------------------------------------------------------------------- */

/* The sum of column k with entry (o, k) added; `column`: a number of that column, `all`: one of all. */
typedef double slab_entry(const slab *s, size_t o, size_t k, double column, double all, double sum);

CREASE_FORMULA void sum_rows(slab s, slab_entry *entry, const double *column, double all, double *sum)
{
    size_t o = 0;
    for (; o + 4 <= s.rows; o += 4) {
        SLAB_COLUMNS
        for (size_t k = 0; k < s.columns; k++) {
            double a = entry(&s, o, k, column[k], all, sum[k]);
            double b = entry(&s, o + 1, k, column[k], all, a);
            double c = entry(&s, o + 2, k, column[k], all, b);
            sum[k] = entry(&s, o + 3, k, column[k], all, c);
        }
    }
    for (; o < s.rows; o++) {
        SLAB_COLUMNS
        for (size_t k = 0; k < s.columns; k++) sum[k] = entry(&s, o, k, column[k], all, sum[k]);
    }
}

CREASE_FORMULA double slab_wide_soft(double v, double l1)
{
    double inner = v < l1 ? v : l1;
    return v - (inner > -l1 ? inner : -l1);
}

/* Square of the smallest element of (d + shift) z - c + l1 d|z| */
CREASE_FORMULA double residual_entry(const slab *s, size_t o, size_t k, double shift, double l1,
                                     double sum)
{
    double z = s->z[o * s->z_stride + k], d = s->d[o * s->d_stride + k];
    double h = (d + shift) * z - s->c[o * s->stride + k], rest = slab_wide_soft(h, l1);
    double most = z > 0 ? h + l1 : h - l1, g = z == 0 ? rest : most;
    return sum + g * g;
}

CREASE_FORMULA double smooth_residual_entry(const slab *s, size_t o, size_t k, double shift, double l1,
                                            double sum)
{
    double z = s->z[o * s->z_stride + k], d = s->d[o * s->d_stride + k];
    double h = (d + shift) * z - s->c[o * s->stride + k];
    (void)l1;
    return sum + h * h;
}

static void slab_residual(const slab *s, const double *shift, double l1, double *sum)
{
    if (l1 > 0)
        SLAB_DISPATCH(s, sum_rows, residual_entry, shift + s->first, l1, sum + s->first);
    else
        SLAB_DISPATCH(s, sum_rows, smooth_residual_entry, shift + s->first, 0, sum + s->first);
}

/* soft(z, l1)^2 */
CREASE_FORMULA double square_entry(const slab *s, size_t o, size_t k, double column, double l1,
                                   double sum)
{
    double rest = slab_wide_soft(s->z[o * s->z_stride + k], l1);
    (void)column;
    return sum + rest * rest;
}

static void slab_squares(const slab *s, double l1, double *sum)
{
    SLAB_DISPATCH(s, sum_rows, square_entry, sum + s->first, l1, sum + s->first);
}

/* |z| */
CREASE_FORMULA double size_entry(const slab *s, size_t o, size_t k, double column, double all,
                                 double sum)
{
    (void)column, (void)all;
    return sum + fabs((double)s->z[o * s->z_stride + k]);
}

static void slab_sizes(const slab *s, double *sum)
{
    SLAB_DISPATCH(s, sum_rows, size_entry, sum + s->first, 0, sum + s->first);
}

/* The largest d, for a sum. */
CREASE_FORMULA double most_entry(const slab *s, size_t o, size_t k, double column, double all,
                                 double most)
{
    double d = s->d[o * s->d_stride + k];
    (void)column, (void)all;
    return d > most ? d : most;
}

static void slab_most(const slab *s, double *most)
{
    SLAB_DISPATCH(s, sum_rows, most_entry, most + s->first, 0, most + s->first);
}

#endif

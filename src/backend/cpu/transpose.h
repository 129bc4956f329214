/* Matrix transposition in 4 x 4 blocks, for small groups that are to lie side by side and back. */
#ifndef CREASE_CPU_TRANSPOSE_H
#define CREASE_CPU_TRANSPOSE_H

#include "lanes.h"

typedef crease_real quad __attribute__((vector_size(4 * sizeof(crease_real))));
typedef crease_real quad_any
    __attribute__((vector_size(4 * sizeof(crease_real)), aligned(sizeof(crease_real)), may_alias));
typedef crease_integer quad_mask __attribute__((vector_size(4 * sizeof(crease_real))));

/* to[i][j] = from[j][i], rows from_stride and to_stride apart */
CREASE_FORMULA void transpose_quad(const crease_real *from, size_t from_stride, crease_real *to,
                                   size_t to_stride)
{
    const quad_mask low = { 0, 4, 1, 5 }, high = { 2, 6, 3, 7 }, even = { 0, 1, 4, 5 },
                    odd = { 2, 3, 6, 7 };
    quad a = *(const quad_any *)from, b = *(const quad_any *)(from + from_stride);
    quad c = *(const quad_any *)(from + 2 * from_stride),
         d = *(const quad_any *)(from + 3 * from_stride);
    quad ab = __builtin_shuffle(a, b, low), ab2 = __builtin_shuffle(a, b, high);
    quad cd = __builtin_shuffle(c, d, low), cd2 = __builtin_shuffle(c, d, high);
    *(quad_any *)to = __builtin_shuffle(ab, cd, even);
    *(quad_any *)(to + to_stride) = __builtin_shuffle(ab, cd, odd);
    *(quad_any *)(to + 2 * to_stride) = __builtin_shuffle(ab2, cd2, even);
    *(quad_any *)(to + 3 * to_stride) = __builtin_shuffle(ab2, cd2, odd);
}

/* to (cols x rows) = the transpose of from (rows x cols) */
static void transpose(size_t rows, size_t cols, const crease_real *from, size_t from_stride,
                      crease_real *to, size_t to_stride)
{
    size_t i = 0;
    for (; i + 4 <= rows; i += 4) {
        size_t j = 0;
        for (; j + 4 <= cols; j += 4)
            transpose_quad(from + i * from_stride + j, from_stride, to + j * to_stride + i, to_stride);
        for (; j < cols; j++)
            for (size_t k = 0; k < 4; k++) to[j * to_stride + i + k] = from[(i + k) * from_stride + j];
    }
    for (; i < rows; i++)
        for (size_t j = 0; j < cols; j++) to[j * to_stride + i] = from[i * from_stride + j];
}

#endif

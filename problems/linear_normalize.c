/* Normalization: a map of each column that the training data fix, and the length of each row. Maps of
 * sparse data keep their zeros. */
#include "linear_data.h"

#include <math.h>

const char *const linear_normalizations[] = { "auto", "none", "standard", "mnist",
                                              "unit", "rows", "columns",  NULL };
enum {
    NORMALIZE_AUTO,
    NORMALIZE_NONE,
    NORMALIZE_STANDARD,
    NORMALIZE_MNIST,
    NORMALIZE_UNIT,
    NORMALIZE_ROWS,
    NORMALIZE_COLUMNS,
};

static double entry(const crease_dataset *set, size_t i)
{
    return set->bytes ? set->bytes[i] : set->dense[i];
}

/* Mean and deviation of each column; constant columns stay as they are. The map comes zeroed. */
static void standardize(const crease_dataset *set, linear_map *map)
{
    size_t rows = set->rows, cols = set->cols;
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < cols; j++) map->shift[j] += entry(set, i * cols + j) / (double)rows;
    }
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < cols; j++) {
            double off = entry(set, i * cols + j) - map->shift[j];
            map->scale[j] += off * off / (double)rows;
        }
    }
    for (size_t j = 0; j < cols; j++) {
        bool constant = true; /* not read off the deviation, which rounding makes positive */
        for (size_t i = 1; i < rows && constant; i++) {
            constant = entry(set, i * cols + j) == entry(set, j);
        }
        map->scale[j] = constant ? 1 : sqrt(map->scale[j]);
        if (constant) map->shift[j] = 0;
    }
}

/* The largest magnitude of each column; columns of zeros stay as they are. The map comes zeroed. */
static void measure_columns(const crease_dataset *set, linear_map *map)
{
    double *scale = map->scale;
    if (set->value) {
        for (size_t k = 0; k < set->row_start[set->rows]; k++)
            scale[set->col[k]] = fmax(scale[set->col[k]], fabs(set->value[k]));
    } else {
        for (size_t i = 0; i < set->rows; i++)
            for (size_t j = 0; j < set->cols; j++)
                scale[j] = fmax(scale[j], fabs(entry(set, i * set->cols + j)));
    }
    for (size_t j = 0; j < set->cols; j++)
        if (scale[j] == 0) scale[j] = 1;
}

static void map_uniformly(linear_map *map, size_t cols, double shift, double scale)
{
    for (size_t j = 0; j < cols; j++) {
        map->shift[j] = shift;
        map->scale[j] = scale;
    }
}

int linear_map_make(crease_problem *p, const crease_dataset *train, linear_map *map)
{
    const linear_options *o = p->opts;
    map->shift = crease_alloc(p->ctx, train->cols, sizeof *map->shift);
    map->scale = crease_alloc(p->ctx, train->cols, sizeof *map->scale);
    if (!map->shift || !map->scale) return CREASE_ENOMEM;
    int rule = o->normalize;
    if (rule == NORMALIZE_AUTO) rule = train->bytes ? NORMALIZE_MNIST : NORMALIZE_NONE;
    if (train->value && (rule == NORMALIZE_STANDARD || rule == NORMALIZE_MNIST)) {
        return crease_fail(p->ctx, CREASE_EINVAL,
                           "problem %s: normalize = %s would fill the zeros of sparse data; use none, "
                           "unit, rows or columns",
                           p->type->base.name, linear_normalizations[rule]);
    }
    map->unit_rows = rule == NORMALIZE_ROWS;
    if (rule == NORMALIZE_STANDARD)
        standardize(train, map);
    else if (rule == NORMALIZE_COLUMNS)
        measure_columns(train, map);
    else if (rule == NORMALIZE_MNIST)
        map_uniformly(map, train->cols, 255 * 0.1307, 255 * 0.3081);
    else
        map_uniformly(map, train->cols, 0, rule == NORMALIZE_UNIT ? 255 : 1);
    return CREASE_OK;
}

void linear_map_free(crease_ctx *ctx, linear_map *map)
{
    crease_release(ctx, map->shift);
    crease_release(ctx, map->scale);
}

/* To Euclidean length 1, with the largest entry taken out so that no square overflows or vanishes; a
 * row of zeros stays as it is. */
static void bring_to_length_one(size_t n, double *v)
{
    double largest = 0, sum = 0;
    for (size_t j = 0; j < n; j++) largest = fmax(largest, fabs(v[j]));
    if (largest == 0) return;
    for (size_t j = 0; j < n; j++) v[j] /= largest;
    for (size_t j = 0; j < n; j++) sum += v[j] * v[j];
    double length = sqrt(sum);
    for (size_t j = 0; j < n; j++) v[j] /= length;
}

void linear_map_dense_row(const linear_map *map, const crease_dataset *set, size_t i, double *out)
{
    for (size_t j = 0; j < set->cols; j++) {
        out[j] = (entry(set, i * set->cols + j) - map->shift[j]) / map->scale[j];
    }
    if (map->unit_rows) bring_to_length_one(set->cols, out);
}

void linear_map_sparse(const linear_map *map, crease_dataset *set)
{
    for (size_t k = 0; k < set->row_start[set->rows]; k++) set->value[k] /= map->scale[set->col[k]];
    for (size_t i = 0; map->unit_rows && i < set->rows; i++) {
        size_t begin = set->row_start[i];
        bring_to_length_one(set->row_start[i + 1] - begin, set->value + begin);
    }
}

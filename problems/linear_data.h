/* The data of a linear model: chosen by settings, normalized, held once in the backend's width. */
#ifndef CREASE_PROBLEMS_LINEAR_DATA_H
#define CREASE_PROBLEMS_LINEAR_DATA_H

#include "crease/data.h"
#include "crease/problem.h"

typedef struct linear_options {
    crease_string data, test;
    int normalize;
    long label_column;
    long planted_rows, planted_test_rows, planted_cols, planted_classes, planted_live;
    double planted_noise;
    long planted_seed;
    long certified_rows, certified_cols, certified_group, certified_live;
    double certified_lambda, certified_margin, certified_magnitude, certified_noise;
    long certified_seed;
    bool bias;
    double ridge;
    int start;
    double start_scale;
    double huber_delta;
} linear_options;

/* What a loss wants its targets to be. */
typedef enum {
    LINEAR_CLASSES, /* a class index, 0 .. classes-1 */
    LINEAR_SIGNS,   /* two classes: -1 for the smaller class value, +1 */
    LINEAR_NUMBERS, /* real numbers */
    LINEAR_COUNTS,  /* real numbers >= 0 */
} linear_targets;

/* Rows and their targets: label for the first two kinds, target for the others. */
typedef struct linear_table {
    crease_matrix x;
    int32_t *label;
    double *target;
} linear_table;

typedef struct linear_data {
    linear_table train, test; /* test.x.rows = 0: there is no test set */
    size_t classes;           /* 0 where the targets are numbers */
    size_t image_height, image_width; /* 0: the columns are no image */
    unsigned char *live;              /* of planted and certified data, one a column; else NULL */
    double *solution;                 /* of certified data, one a column; else NULL */
} linear_data;

/* Load what the settings of p name (a linear_options) and fill p->source. certified: whether data with a known
 * solution exist for this loss. Free with linear_data_free, also after a failure.                            */
int linear_data_load(crease_problem *p, linear_targets targets, bool certified, linear_data *data);
void linear_data_free(crease_ctx *ctx, linear_data *data);

static inline bool linear_targets_are_numbers(linear_targets targets)
{
    return targets == LINEAR_NUMBERS || targets == LINEAR_COUNTS;
}

/* --- between the files of this part ------------------------------------------------------------ */

/* What the readers gave. */
typedef struct linear_raw {
    crease_dataset train, test;
} linear_raw;

/* Choose and read the data (linear_source.c), or make them (linear_made.c); fills live and solution of data. */
int linear_source_read(crease_problem *p, linear_targets targets, bool certified, linear_raw *raw, linear_data *data);
int linear_make_planted(crease_problem *p, linear_targets targets, linear_raw *raw, linear_data *data);
int linear_make_certified(crease_problem *p, linear_targets targets, linear_raw *raw, linear_data *data);

/* Column j becomes (v - shift[j]) / scale[j]; then, where unit_rows, every row is brought to length 1. */
typedef struct linear_map {
    double *shift, *scale;
    bool unit_rows;
} linear_map;

/* What the setting normalize does to these training data (linear_normalize.c). Free also after a failure. */
int linear_map_make(crease_problem *p, const crease_dataset *train, linear_map *map);
void linear_map_free(crease_ctx *ctx, linear_map *map);
/* Applied to row i of dense data, into out (cols), or to all rows of sparse data, where they are. */
void linear_map_dense_row(const linear_map *map, const crease_dataset *set, size_t i, double *out);
void linear_map_sparse(const linear_map *map, crease_dataset *set);

extern const char *const linear_normalizations[];

/* Rows of the parameter table, with the meaning of data = auto, which depends on the model. */
#define LINEAR_DATA_PARAMS(auto_doc)                                                                \
    CREASE_PARAM_STRING(linear_options, data, "auto",                                               \
                        "mnist, fashion-mnist, planted, a path to LIBSVM text or .csv, or "         \
                        "auto: " auto_doc),                                                         \
    CREASE_PARAM_STRING(linear_options, test, "",                                                   \
                        "path of a test set in the format of data; collections and planted data "   \
                        "have their own"),                                                          \
    CREASE_PARAM_CHOICE(linear_options, normalize, 0, linear_normalizations,                        \
                        "none, standard (columns of training mean 0, deviation 1), mnist "          \
                        "((pixel/255 - 0.1307)/0.3081), unit (pixel/255), rows (each to length "    \
                        "1), columns (each divided by its largest magnitude in training), "         \
                        "auto (mnist for images)"),                                                 \
    CREASE_PARAM_INT(linear_options, label_column, -1, CREASE_IN(-1e9, 1e9),                        \
                     "column of the labels in .csv, from 0; negative counts from the end"),         \
    CREASE_PARAM_INT(linear_options, planted_rows, 40000, CREASE_IN(1, 1e8),                        \
                     "planted data: training rows"),                                                \
    CREASE_PARAM_INT(linear_options, planted_test_rows, 5000, CREASE_IN(0, 1e8),                    \
                     "planted data: test rows"),                                                    \
    CREASE_PARAM_INT(linear_options, planted_cols, 256, CREASE_IN(1, 1e7),                          \
                     "planted data: columns; a square number makes square images"),                 \
    CREASE_PARAM_INT(linear_options, planted_live, 60, CREASE_IN(1, 1e7),                           \
                     "planted data: columns that carry signal"),                                    \
    CREASE_PARAM_REAL(linear_options, planted_noise, 0.1, CREASE_GE(0),                             \
                      "planted data: standard deviation of the noise on the logits or targets"),    \
    CREASE_PARAM_INT(linear_options, planted_seed, 1, CREASE_GE(0),                                 \
                     "planted data: seed")

/* For the losses that have data with a known solution. */
#define LINEAR_CERTIFIED_PARAMS                                                                     \
    CREASE_PARAM_INT(linear_options, certified_rows, 200, CREASE_IN(1, 1e8),                        \
                     "data = certified: rows"),                                                     \
    CREASE_PARAM_INT(linear_options, certified_cols, 60, CREASE_IN(1, 1e7),                         \
                     "data = certified: columns"),                                                  \
    CREASE_PARAM_INT(linear_options, certified_group, 1, CREASE_IN(1, 1e7),                         \
                     "data = certified: columns in a group of the penalty"),                        \
    CREASE_PARAM_INT(linear_options, certified_live, 5, CREASE_IN(1, 1e7),                          \
                     "data = certified: groups that are not zero in the solution"),                 \
    CREASE_PARAM_REAL(linear_options, certified_lambda, 0.02, CREASE_GT(0),                         \
                      "data = certified: the penalty is lambda sqrt(size) |x_g| in each group"),    \
    CREASE_PARAM_REAL(linear_options, certified_margin, 0.005, CREASE_GE(0),                         \
                      "data = certified: least slack of a zero group; 0: a degenerate problem"),    \
    CREASE_PARAM_REAL(linear_options, certified_magnitude, 0.5, CREASE_GT(0),                       \
                      "data = certified: least norm of a group that is not zero"),                  \
    CREASE_PARAM_REAL(linear_options, certified_noise, 0.1, CREASE_GE(0),                           \
                      "data = certified: scale of the residuals, or of the noise in the labels"),   \
    CREASE_PARAM_INT(linear_options, certified_seed, 1, CREASE_GE(0),                               \
                     "data = certified: seed")

#endif

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
    bool bias;
    double ridge;
    int start;
    double start_scale;
} linear_options;

/* Rows and their labels: class index 0..classes-1, or -1 and +1 for a binary model. */
typedef struct linear_table {
    crease_matrix x;
    int32_t *label;
} linear_table;

typedef struct linear_data {
    linear_table train, test; /* test.x.rows = 0: there is no test set */
    size_t classes;
    size_t image_height, image_width; /* 0: the columns are no image */
    unsigned char *live;              /* of planted data, one a column; else NULL */
} linear_data;

/* Load what the settings of p name (a linear_options) and fill p->source. A binary model wants two
 * classes, the smaller class value becoming -1. Free with linear_data_free, also after a failure.  */
int linear_data_load(crease_problem *p, bool binary, linear_data *data);
void linear_data_free(crease_ctx *ctx, linear_data *data);

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
                        "columns: none, standard (training mean 0, deviation 1), mnist "            \
                        "((pixel/255 - 0.1307)/0.3081), unit (pixel/255), auto (mnist for images)"),\
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
                      "planted data: standard deviation of the noise on the logits"),               \
    CREASE_PARAM_INT(linear_options, planted_seed, 1, CREASE_GE(0),                                 \
                     "planted data: seed")

#endif

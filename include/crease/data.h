/* Data sets: readers for the formats of the field, a generated set whose structure is known, and the
 * places where data is looked for. Readers name the file and the line or byte of what is wrong.        */
#ifndef CREASE_DATA_H
#define CREASE_DATA_H

#include "crease/backend.h"

/* One table of samples. Exactly one of bytes, dense and value is set. Owned; crease_dataset_free. */
typedef struct crease_dataset {
    size_t rows, cols;
    uint8_t *bytes;      /* rows*cols pixels, 0..255 */
    double *dense;       /* rows*cols, row-major */
    size_t *row_start;   /* sparse rows: rows + 1 */
    uint32_t *col;
    double *value;
    int32_t *label;      /* rows: class index 0..classes-1, or NULL when targets are real:
                            not whole numbers, or more than 1000 different ones */
    double *target;      /* rows: the labels as written in the file */
    size_t classes;
    double *class_value; /* classes: label k as written in the file, ascending */
    size_t image_height, image_width; /* 0 when the columns are no image */
    char source[600];    /* where it came from, for messages and logs */
} crease_dataset;

void crease_dataset_free(crease_ctx *ctx, crease_dataset *set); /* frees the contents; zeroed is fine */

/* IDX images and labels, plain or gzip (recognized by content, not by name). Errors: EIO, EPARSE with
 * the byte offset; a file longer or shorter than its header says is an error.                           */
int crease_read_idx(crease_ctx *ctx, const char *images, const char *labels, crease_dataset *set);

/* LIBSVM text, plain or gzip: "label index:value ...", indices from 1, ascending; LF or CRLF; # comments.
 * cols: least number of columns (a test set is given its training set's). Errors carry file:line.       */
int crease_read_libsvm(crease_ctx *ctx, const char *path, size_t cols, crease_dataset *set);

/* CSV, plain or gzip: numbers, an optional header line (one without a number), the label in column
 * label_column (0-based; negative counts from the end). Errors carry file:line.                         */
int crease_read_csv(crease_ctx *ctx, const char *path, long label_column, crease_dataset *set);

/* NumPy .npy, little-endian float32 ("<f4"), float64 ("<f8") or integers, C order, up to 4 dimensions
 * (ENOTSUP for another type, order or version; EPARSE with the byte offset for what is malformed).
 * data: doubles, owned (crease_release). real_bytes tells the width in the file (4, 8; 0: integers).    */
typedef struct crease_array {
    unsigned rank;
    size_t shape[4];
    size_t n; /* product of shape */
    size_t real_bytes;
    double *data;
} crease_array;
int crease_read_npy(crease_ctx *ctx, const char *path, crease_array *array);
/* The same, or text (plain or gzip): numbers, "inf" included, with blanks or commas between them, # comments. */
int crease_read_numbers(crease_ctx *ctx, const char *path, crease_array *array);
/* Groups from text, one a line: the positions of its entries in a block of n entries at offset, counted from 0. They
 * may overlap. Empty lines and # comments are passed over. Release with crease_groups_free. Errors: EIO, EPARSE and
 * ERANGE with file:line.                                                                                  */
int crease_read_group_lists(crease_ctx *ctx, const char *path, size_t offset, size_t n, crease_groups *groups);
/* Written whole under a temporary name, then renamed. real_bytes 4 or 8. */
int crease_write_npy(crease_ctx *ctx, const char *path, const crease_array *array);

/* A generated classification problem whose group support is known: live columns carry the signal, the
 * others are noise. Same seed, same bits.                                                               */
typedef struct crease_planted {
    size_t rows, cols, classes, live;
    double noise;  /* standard deviation of the noise on the logits */
    uint64_t seed;
} crease_planted;
/* weights (classes*cols, row-major, may be NULL) receives the generating weights; rows first .. first + rows - 1 of
 * one endless table are made, so a test set continues where the training set ends.                      */
int crease_make_planted(crease_ctx *ctx, const crease_planted *spec, size_t first, crease_dataset *set,
                        double *weights);

/* Where data is looked for, in order: the folder given here (--data), $CREASE_DATA, ../shared/data,
 * $XDG_DATA_HOME/crease or ~/.local/share/crease, the working folder. A name that begins with /, ./ or ../
 * is a path and looked for nowhere else. path receives the first hit. ENOTFOUND with a sentence that lists the places tried.            */
int crease_data_set_folder(crease_ctx *ctx, const char *folder);
int crease_data_find(crease_ctx *ctx, const char *name, char *path, size_t size);

/* Collections known by name: files, their places on the web, their checksums. */
typedef struct crease_collection_file {
    const char *name;   /* "train-images-idx3-ubyte.gz" */
    const char *sha256; /* hex, of the file as published */
} crease_collection_file;
typedef struct crease_collection {
    const char *name; /* "mnist": also the folder's name */
    const char *summary, *terms;
    const char *const *mirrors; /* base URLs, NULL-terminated */
    /* training images, training labels, test images, test labels; ended by a NULL name */
    const crease_collection_file *files;
} crease_collection;
const crease_collection *crease_collection_at(size_t i); /* NULL past the end */
const crease_collection *crease_collection_find(crease_ctx *ctx, const char *name);

/* Download what is missing of a collection into the XDG data folder (whole files, checked, then renamed);
 * mirror NULL: the collection's own. progress may be NULL. Errors: EIO, EPARSE for a wrong checksum. */
typedef void crease_fetch_progress(void *user, const char *file, double done_bytes, double total_bytes);
int crease_collection_fetch(crease_ctx *ctx, const crease_collection *c, const char *mirror,
                            crease_fetch_progress *progress, void *user);
/* Check the checksums of the collection's files where crease_data_find sees them: ENOTFOUND, EPARSE. */
int crease_collection_verify(crease_ctx *ctx, const crease_collection *c);

/* A collection's training and test sets by name: "mnist", "fashion-mnist" (IDX). */
int crease_collection_load(crease_ctx *ctx, const crease_collection *c, crease_dataset *train,
                           crease_dataset *test);

#endif

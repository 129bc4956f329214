/* HDF5 files that appear whole or not at all, with a checksum over the whole file in front (in HDF5's
 * user block, which other readers skip), so that a damaged one is told before HDF5 reads a byte of it.
 * The first failure is kept in code and makes later calls do nothing: test it once, at finish or close.
 */
#ifndef CREASE_H5_H
#define CREASE_H5_H

#include <hdf5.h>
#include <stdbool.h>

#include "files.h"

typedef struct crease_h5 {
    crease_ctx *ctx;
    hid_t file;
    bool writing;
    int code;
    crease_path path, temporary;
} crease_h5;

int crease_h5_create(crease_ctx *ctx, const char *path, crease_h5 *h);
int crease_h5_open(crease_ctx *ctx, const char *path, crease_h5 *h);
/* Close; a written file gets its checksum and its name, unless something had failed. Returns code. */
int crease_h5_finish(crease_h5 *h);

/* n items of a native type: written, or read into data; EPARSE when the file holds something else. */
void crease_h5_item(crease_h5 *h, const char *name, hid_t type, size_t n, void *data);

/* Writing only: an array of this shape; a number attached to one. */
void crease_h5_array(crease_h5 *h, const char *name, hid_t type, int rank, const size_t *shape,
                     const void *data);
void crease_h5_attribute(crease_h5 *h, const char *name, const char *attribute, long value);

/* A word or a number attached to an object ("/": the file), both ways. Text is printable ASCII; reading, it has
 * room for size bytes, and a longer one, or another type, is EPARSE.                               */
void crease_h5_text(crease_h5 *h, const char *object, const char *name, char *text, size_t size);
void crease_h5_number(crease_h5 *h, const char *object, const char *name, hid_t type, void *value);

/* Writing only: a group; an array of n numbers to be filled piece by piece. Where pieces may be missing, fill says
 * what stands there (NULL: every number will be put). The array is closed by H5Dclose; -1 on failure.  */
void crease_h5_group(crease_h5 *h, const char *name);
hid_t crease_h5_reserve(crease_h5 *h, const char *name, hid_t type, size_t n, const double *fill);

/* count blocks of numbers, consecutive in data, go to every stride-th place of the array from `start` on. */
typedef struct crease_h5_piece {
    size_t start, stride, count, block;
} crease_h5_piece;

void crease_h5_put(crease_h5 *h, hid_t array, hid_t type, const crease_h5_piece *at, const void *data);

/* Reading only. Whether there is an object of that name in the file itself (not a link to elsewhere); its length
 * if it is an array of one dimension that is stored there as it stands, EPARSE otherwise: what is read takes no
 * more memory than the file is long.                                                                   */
bool crease_h5_has(crease_h5 *h, const char *name);
size_t crease_h5_length(crease_h5 *h, const char *name);
/* Note a failure: "<path>: <words>". */
int crease_h5_fail(crease_h5 *h, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif

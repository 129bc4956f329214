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

#endif

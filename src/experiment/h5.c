/* HDF5 files that appear whole or not at all, with a checksum in front. */
#include "h5.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { HEAD_BYTES = 512, MOST_DIMENSIONS = 4 };

static const char head_format[] = "crease 1 %llu bytes crc32 %08lx\n";

static int fail(crease_h5 *h, int code, const char *words)
{
    if (h->code == CREASE_OK) h->code = crease_fail(h->ctx, code, "%s: %s", h->path, words);
    return h->code;
}

/* --- the checksum ------------------------------------------------------------------------------- */

static bool sum_rest(FILE *file, unsigned long long *bytes, unsigned long *sum)
{
    unsigned char chunk[1 << 14];
    *sum = crc32(0, NULL, 0);
    *bytes = 0;
    if (fseek(file, HEAD_BYTES, SEEK_SET) != 0) return false;
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, file)) > 0; *bytes += n)
        *sum = crc32(*sum, chunk, (unsigned)n);
    return !ferror(file);
}

static bool write_head(const char *path)
{
    unsigned long long bytes;
    unsigned long sum;
    FILE *file = fopen(path, "r+b");
    if (!file) return false;
    bool done = sum_rest(file, &bytes, &sum) && fseek(file, 0, SEEK_SET) == 0
                && fprintf(file, head_format, bytes, sum) > 0;
    return fclose(file) == 0 && done;
}

static bool check_head(FILE *file)
{
    unsigned long long bytes;
    unsigned long sum;
    char head[HEAD_BYTES + 1] = "", expected[HEAD_BYTES];
    if (fread(head, 1, HEAD_BYTES, file) != HEAD_BYTES || !sum_rest(file, &bytes, &sum)) return false;
    snprintf(expected, sizeof expected, head_format, bytes, sum);
    return strcmp(head, expected) == 0;
}

/* --- files -------------------------------------------------------------------------------------- */

static int start(crease_ctx *ctx, const char *path, bool writing, crease_h5 *h)
{
    *h = (crease_h5){ .ctx = ctx, .file = -1, .writing = writing };
    if (strlen(path) >= sizeof h->path)
        return crease_fail(ctx, CREASE_EINVAL, "the path %.200s... is too long", path);
    strcpy(h->path, path);
    return CREASE_OK;
}

int crease_h5_create(crease_ctx *ctx, const char *path, crease_h5 *h)
{
    CREASE_TRY(start(ctx, path, true, h));
    CREASE_TRY(crease_file_temporary(ctx, h->temporary, path));
    hid_t layout = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_userblock(layout, HEAD_BYTES);
    h->file = H5Fcreate(h->temporary, H5F_ACC_TRUNC, layout, H5P_DEFAULT);
    H5Pclose(layout);
    return h->file < 0 ? fail(h, CREASE_EIO, "cannot be written") : CREASE_OK;
}

int crease_h5_open(crease_ctx *ctx, const char *path, crease_h5 *h)
{
    CREASE_TRY(start(ctx, path, false, h));
    FILE *file = fopen(path, "rb");
    if (!file) return fail(h, errno == ENOENT ? CREASE_ENOTFOUND : CREASE_EIO, strerror(errno));
    bool sound = check_head(file);
    fclose(file);
    if (!sound) return fail(h, CREASE_EPARSE, "this file is damaged, or was not written by crease");
    h->file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    return h->file < 0 ? fail(h, CREASE_EPARSE, "this file is no HDF5 file") : CREASE_OK;
}

int crease_h5_finish(crease_h5 *h)
{
    if (h->file >= 0 && H5Fclose(h->file) < 0) fail(h, CREASE_EIO, "cannot be closed");
    h->file = -1;
    if (!h->writing) return h->code;
    if (h->code == CREASE_OK && !write_head(h->temporary)) fail(h, CREASE_EIO, strerror(errno));
    if (h->code == CREASE_OK)
        h->code = crease_file_publish(h->ctx, h->temporary, h->path);
    else
        unlink(h->temporary);
    return h->code;
}

/* --- contents ----------------------------------------------------------------------------------- */

void crease_h5_array(crease_h5 *h, const char *name, hid_t type, int rank, const size_t *shape,
                     const void *data)
{
    if (h->code != CREASE_OK) return;
    hsize_t dims[MOST_DIMENSIONS] = { 0 };
    size_t n = 1;
    for (int i = 0; i < rank; i++) n *= dims[i] = shape[i];
    hid_t space = H5Screate_simple(rank, dims, NULL);
    hid_t set = H5Dcreate2(h->file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (set < 0 || (n && H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0))
        fail(h, CREASE_EIO, "cannot be written; is the disk full?");
    if (set >= 0) H5Dclose(set);
    H5Sclose(space);
}

static bool holds(hid_t set, hid_t type, size_t n)
{
    hid_t space = H5Dget_space(set), stored = H5Dget_type(set);
    bool same = H5Sget_simple_extent_npoints(space) == (hssize_t)n && H5Tequal(stored, type) > 0;
    H5Tclose(stored);
    H5Sclose(space);
    return same;
}

static void read_item(crease_h5 *h, const char *name, hid_t type, size_t n, void *data)
{
    char words[200];
    hid_t set = H5Dopen2(h->file, name, H5P_DEFAULT);
    if (set < 0 || !holds(set, type, n)
        || (n && H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)) {
        snprintf(words, sizeof words, "'%s' is missing or not the %zu numbers that belong there", name,
                 n);
        fail(h, CREASE_EPARSE, words);
    }
    if (set >= 0) H5Dclose(set);
}

void crease_h5_item(crease_h5 *h, const char *name, hid_t type, size_t n, void *data)
{
    if (h->code != CREASE_OK) return;
    if (h->writing)
        crease_h5_array(h, name, type, 1, &n, data);
    else
        read_item(h, name, type, n, data);
}

void crease_h5_attribute(crease_h5 *h, const char *name, const char *attribute, long value)
{
    if (h->code != CREASE_OK) return;
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t a = H5Acreate_by_name(h->file, name, attribute, H5T_NATIVE_LONG, space, H5P_DEFAULT,
                                H5P_DEFAULT, H5P_DEFAULT);
    if (a < 0 || H5Awrite(a, H5T_NATIVE_LONG, &value) < 0)
        fail(h, CREASE_EIO, "cannot be written; is the disk full?");
    if (a >= 0) H5Aclose(a);
    H5Sclose(space);
}

/* HDF5 files that appear whole or not at all, with a checksum in front. */
#include "h5.h"

#include <errno.h>
#include <stdarg.h>
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

/* --- the checksum ----------------------------------------------------------------------------- */

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

/* --- files ------------------------------------------------------------------------------------ */

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
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_userblock(layout, HEAD_BYTES);
    H5Pset_sieve_buf_size(access, 0); /* else what lies between the pieces of an array is read */
    h->file = H5Fcreate(h->temporary, H5F_ACC_TRUNC, layout, access);
    H5Pclose(access);
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

/* --- contents --------------------------------------------------------------------------------- */

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

int crease_h5_fail(crease_h5 *h, int code, const char *format, ...)
{
    char words[700];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    return fail(h, code, words);
}

/* --- words and numbers attached to an object -------------------------------------------------- */

static void write_note(crease_h5 *h, const char *object, const char *name, hid_t type, const void *value)
{
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t a = H5Acreate_by_name(h->file, object, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (a < 0 || H5Awrite(a, type, value) < 0) fail(h, CREASE_EIO, "cannot be written; is the disk full?");
    if (a >= 0) H5Aclose(a);
    H5Sclose(space);
}

static bool is_one_item(hid_t attribute)
{
    hid_t space = H5Aget_space(attribute);
    bool one = H5Sget_simple_extent_npoints(space) == 1;
    H5Sclose(space);
    return one;
}

static bool is_short_text(hid_t type, size_t size)
{
    return H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0 && H5Tget_size(type) <= size;
}

/* Opened, of one item; -1 with the failure noted. */
static hid_t open_note(crease_h5 *h, const char *object, const char *name)
{
    hid_t a = H5Aexists_by_name(h->file, object, name, H5P_DEFAULT) > 0
                  ? H5Aopen_by_name(h->file, object, name, H5P_DEFAULT, H5P_DEFAULT)
                  : -1;
    if (a >= 0 && is_one_item(a)) return a;
    if (a >= 0) H5Aclose(a);
    crease_h5_fail(h, CREASE_EPARSE, "the attribute '%s' of '%s' is missing", name, object);
    return -1;
}

/* Printable ASCII: it is shown on terminals. */
static bool is_plain(const char *text)
{
    while (*text >= ' ' && *text <= '~') text++;
    return !*text;
}

static void write_text(crease_h5 *h, const char *object, const char *name, const char *text)
{
    if (!is_plain(text)) {
        crease_h5_fail(h, CREASE_EINVAL, "'%s' cannot be written: it is not plain ASCII", name);
        return;
    }
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, strlen(text) + 1);
    write_note(h, object, name, type, text);
    H5Tclose(type);
}

static void read_text(crease_h5 *h, const char *object, const char *name, char *text, size_t size)
{
    hid_t a = open_note(h, object, name);
    if (a < 0) return;
    hid_t stored = H5Aget_type(a), type = H5Tcopy(H5T_C_S1); /* as it comes it may lack its final NUL */
    H5Tset_size(type, size);
    bool read = is_short_text(stored, size) && H5Aread(a, type, text) >= 0;
    text[size - 1] = '\0';
    if (!read || !is_plain(text))
        crease_h5_fail(h, CREASE_EPARSE, "the attribute '%s' of '%s' is no plain text of at most %zu characters",
                       name, object, size - 1);
    H5Tclose(type);
    H5Tclose(stored);
    H5Aclose(a);
}

void crease_h5_text(crease_h5 *h, const char *object, const char *name, char *text, size_t size)
{
    if (h->code != CREASE_OK) return;
    if (h->writing) write_text(h, object, name, text);
    else read_text(h, object, name, text, size);
}

void crease_h5_number(crease_h5 *h, const char *object, const char *name, hid_t type, void *value)
{
    if (h->code != CREASE_OK) return;
    if (h->writing) {
        write_note(h, object, name, type, value);
        return;
    }
    hid_t a = open_note(h, object, name);
    if (a < 0) return;
    hid_t stored = H5Aget_type(a);
    if (H5Tequal(stored, type) <= 0 || H5Aread(a, type, value) < 0)
        crease_h5_fail(h, CREASE_EPARSE, "the attribute '%s' of '%s' is not the number that belongs there", name,
                       object);
    H5Tclose(stored);
    H5Aclose(a);
}

/* --- arrays in pieces ------------------------------------------------------------------------- */

void crease_h5_group(crease_h5 *h, const char *name)
{
    if (h->code != CREASE_OK) return;
    hid_t group = H5Gcreate2(h->file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (group < 0) fail(h, CREASE_EIO, "cannot be written; is the disk full?");
    else H5Gclose(group);
}

hid_t crease_h5_reserve(crease_h5 *h, const char *name, hid_t type, size_t n, const double *fill)
{
    if (h->code != CREASE_OK) return -1;
    hsize_t length = n;
    hid_t space = H5Screate_simple(1, &length, NULL), layout = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_alloc_time(layout, H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(layout, fill ? H5D_FILL_TIME_ALLOC : H5D_FILL_TIME_NEVER);
    if (fill) H5Pset_fill_value(layout, H5T_NATIVE_DOUBLE, fill);
    hid_t array = H5Dcreate2(h->file, name, type, space, H5P_DEFAULT, layout, H5P_DEFAULT);
    if (array < 0) fail(h, CREASE_EIO, "cannot be written; is the disk full?");
    H5Pclose(layout);
    H5Sclose(space);
    return array;
}

void crease_h5_put(crease_h5 *h, hid_t array, hid_t type, const crease_h5_piece *at, const void *data)
{
    hsize_t start = at->start, stride = at->stride, count = at->count, block = at->block, n = count * block;
    if (h->code != CREASE_OK || n == 0) return;
    hid_t place = H5Dget_space(array), memory = H5Screate_simple(1, &n, NULL);
    if (H5Sselect_hyperslab(place, H5S_SELECT_SET, &start, &stride, &count, &block) < 0
        || H5Dwrite(array, type, memory, place, H5P_DEFAULT, data) < 0)
        fail(h, CREASE_EIO, "cannot be written; is the disk full?");
    H5Sclose(memory);
    H5Sclose(place);
}

/* --- what a file holds ------------------------------------------------------------------------ */

bool crease_h5_has(crease_h5 *h, const char *name)
{
    H5L_info_t link;
    return h->code == CREASE_OK && H5Lexists(h->file, name, H5P_DEFAULT) > 0
           && H5Lget_info(h->file, name, &link, H5P_DEFAULT) >= 0 && link.type == H5L_TYPE_HARD;
}

static bool is_stored_whole(hid_t set)
{
    hid_t layout = H5Dget_create_plist(set), space = H5Dget_space(set), type = H5Dget_type(set);
    hssize_t n = H5Sget_simple_extent_npoints(space);
    bool whole = H5Pget_layout(layout) == H5D_CONTIGUOUS && H5Pget_external_count(layout) == 0
                 && H5Sget_simple_extent_ndims(space) == 1 && n >= 0
                 && (hsize_t)n <= H5Dget_storage_size(set) / H5Tget_size(type);
    H5Tclose(type);
    H5Sclose(space);
    H5Pclose(layout);
    return whole;
}

size_t crease_h5_length(crease_h5 *h, const char *name)
{
    hsize_t bytes = 0, n = 0;
    hid_t set = crease_h5_has(h, name) ? H5Dopen2(h->file, name, H5P_DEFAULT) : -1;
    if (set >= 0 && is_stored_whole(set) && H5Fget_filesize(h->file, &bytes) >= 0
        && H5Dget_storage_size(set) <= bytes) {
        hid_t space = H5Dget_space(set);
        n = (hsize_t)H5Sget_simple_extent_npoints(space);
        H5Sclose(space);
    } else if (h->code == CREASE_OK) {
        crease_h5_fail(h, CREASE_EPARSE, "'%s' is missing, or is no array stored as it stands", name);
    }
    if (set >= 0) H5Dclose(set);
    return (size_t)n;
}

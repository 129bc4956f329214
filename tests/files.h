/* Small files made by tests of the readers, and a context that counts its memory. */
#ifndef CREASE_TESTS_FILES_H
#define CREASE_TESTS_FILES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "support.h"

static inline const char *write_file(const char *name, const void *bytes, size_t n)
{
    const char *path = test_path(name);
    remove(path); /* some file systems wait for the disk when a file is emptied and written anew */
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
    return path;
}

static inline const char *write_text(const char *name, const char *text)
{
    return write_file(name, text, strlen(text));
}

static inline const char *write_gzip(const char *name, const void *bytes, size_t n)
{
    const char *path = test_path(name);
    gzFile file = gzopen(path, "wb");
    assert_non_null(file);
    if (n > 0) assert_int_equal(gzwrite(file, bytes, (unsigned)n), n);
    assert_int_equal(gzclose(file), Z_OK);
    return path;
}

/* The whole file; *n its size. Freed by the caller with free. */
static inline unsigned char *slurp(const char *path, size_t *n)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *n = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(*n + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *n, file), *n);
    fclose(file);
    return bytes;
}

/* A file as NumPy would write it, from a header and raw entries; version 1 or 2. */
static inline const char *make_npy(unsigned char version, const char *header, const void *entries,
                                   size_t n)
{
    unsigned char bytes[600] = "\x93NUMPY";
    size_t length = strlen(header), at = version == 1 ? 10 : 12;
    bytes[6] = version;
    bytes[8] = (unsigned char)length;
    bytes[9] = (unsigned char)(length >> 8);
    memcpy(bytes + at, header, length);
    memcpy(bytes + at + length, entries, n);
    return write_file("made.npy", bytes, at + length + n);
}

/* Counts the blocks in use; request number fail_at, from 1, is refused (0: none). */
typedef struct tally {
    size_t in_use, requests, fail_at;
} tally;

static inline void *tally_resize(void *user, void *p, size_t bytes)
{
    tally *t = user;
    if (bytes == 0) {
        t->in_use -= p != NULL;
        free(p);
        return NULL;
    }
    if (++t->requests == t->fail_at) return NULL;
    void *q = realloc(p, bytes);
    t->in_use += q && !p;
    return q;
}

static inline crease_ctx *tally_ctx(tally *t)
{
    crease_ctx *ctx = crease_ctx_create(&(crease_allocator){ tally_resize, t });
    assert_non_null(ctx);
    return ctx;
}

#endif

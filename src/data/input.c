/* Bytes and lines of plain or gzip files, over zlib, which tells the two apart by their first
 * bytes. */
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

enum {
    BUFFER_BYTES = 1 << 18,
    DEFLATE_RATIO = 1032, /* deflate cannot pack tighter (zlib.net/zlib_tech.html) */
};

static int fail_open(crease_ctx *ctx, const char *path, int fd)
{
    int code = crease_fail(ctx, CREASE_EIO, "cannot read %s: %s", path, strerror(errno));
    if (fd >= 0) close(fd);
    return code;
}

static uint64_t most_bytes(crease_input *in, const struct stat *info)
{
    if (!S_ISREG(info->st_mode)) return UINT64_MAX;
    return (uint64_t)info->st_size * (gzdirect(in->file) ? 1 : DEFLATE_RATIO);
}

int crease_input_open(crease_ctx *ctx, const char *path, crease_input *in)
{
    *in = (crease_input){ .ctx = ctx, .path = path };
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) != 0) return fail_open(ctx, path, fd);
    if (S_ISDIR(info.st_mode)) {
        errno = EISDIR;
        return fail_open(ctx, path, fd);
    }
    in->file = gzdopen(fd, "rb");
    if (!in->file) return fail_open(ctx, path, fd);
    in->most = most_bytes(in, &info);
    in->buffer = crease_alloc(ctx, BUFFER_BYTES, 1);
    in->numbers = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (in->buffer && in->numbers) return CREASE_OK;
    crease_input_close(in);
    return crease_fail(ctx, CREASE_ENOMEM, "out of memory while opening %s", path);
}

void crease_input_close(crease_input *in)
{
    if (in->file) gzclose(in->file);
    if (in->numbers) freelocale(in->numbers);
    crease_release(in->ctx, in->buffer);
    crease_release(in->ctx, in->text);
    *in = (crease_input){ .ctx = in->ctx };
}

/* --- bytes ------------------------------------------------------------------------------------ */

static int fill(crease_input *in)
{
    int got = gzread(in->file, in->buffer, BUFFER_BYTES), state = Z_OK;
    const char *words = gzerror(in->file, &state);
    in->at = 0;
    in->have = got > 0 ? (size_t)got : 0;
    if (state == Z_OK) return CREASE_OK;
    if (state == Z_ERRNO)
        return crease_fail(in->ctx, CREASE_EIO, "cannot read %s: %s", in->path, strerror(errno));
    if (state == Z_BUF_ERROR)
        return crease_fail(in->ctx, CREASE_EPARSE,
                           "%s: the gzip stream ends early, at byte %" PRIu64 " of its content",
                           in->path, in->offset + in->have);
    return crease_fail(in->ctx, CREASE_EPARSE,
                       "%s: the gzip stream is damaged (%s) near byte %" PRIu64 " of its content",
                       in->path, words, in->offset + in->have);
}

int crease_input_read(crease_input *in, void *to, size_t bytes, const char *what)
{
    for (unsigned char *out = to; bytes > 0;) {
        if (in->at == in->have) CREASE_TRY(fill(in));
        if (in->have == 0)
            return crease_fail(in->ctx, CREASE_EPARSE,
                               "%s: the file ends at byte %" PRIu64
                               ", %zu bytes short of the end of %s",
                               in->path, in->offset, bytes, what);
        size_t part = in->have - in->at < bytes ? in->have - in->at : bytes;
        memcpy(out, in->buffer + in->at, part);
        out += part;
        bytes -= part;
        in->at += part;
        in->offset += part;
    }
    return CREASE_OK;
}

int crease_input_expect(crease_input *in, uint64_t bytes, const char *what)
{
    uint64_t left = in->most > in->offset ? in->most - in->offset : 0;
    if (bytes <= left) return CREASE_OK;
    return crease_fail(in->ctx, CREASE_EPARSE,
                       "%s: the header promises %" PRIu64 " bytes of %s from byte %" PRIu64
                       " on, but the file can hold no more than %" PRIu64,
                       in->path, bytes, what, in->offset, left);
}

int crease_input_end(crease_input *in)
{
    if (in->at == in->have) CREASE_TRY(fill(in));
    if (in->have == 0) return CREASE_OK;
    return crease_fail(in->ctx, CREASE_EPARSE,
                       "%s: the file should end at byte %" PRIu64
                       ", as its header says, but goes on",
                       in->path, in->offset);
}

/* --- lines and numbers ------------------------------------------------------------------------ */

static int append(crease_input *in, size_t *length, size_t part)
{
    char *text = crease_grow(in->ctx, in->text, &in->room, *length + part + 1, 1);
    if (!text) return CREASE_ENOMEM;
    in->text = text;
    memcpy(text + *length, in->buffer + in->at, part);
    *length += part;
    in->at += part;
    in->offset += part;
    return CREASE_OK;
}

int crease_input_line(crease_input *in, char **text)
{
    size_t length = 0;
    const unsigned char *end = NULL;
    *text = NULL;
    while (!end) {
        if (in->at == in->have) CREASE_TRY(fill(in));
        if (in->have == 0) break;
        const unsigned char *start = in->buffer + in->at;
        end = memchr(start, '\n', in->have - in->at);
        CREASE_TRY(append(in, &length, end ? (size_t)(end + 1 - start) : in->have - in->at));
    }
    if (length == 0) return CREASE_OK;
    in->line++;
    if (memchr(in->text, 0, length))
        return crease_fail(in->ctx, CREASE_EPARSE,
                           "%s:%zu: the line has a zero byte: this is no text file", in->path,
                           in->line);
    if (end) length--;
    if (length > 0 && in->text[length - 1] == '\r') length--;
    in->text[length] = 0;
    *text = in->text;
    return CREASE_OK;
}

const char *crease_input_quote(const char *text, char out[CREASE_QUOTED])
{
    size_t n = 0;
    for (; n < CREASE_QUOTED - 4 && text[n]; n++)
        out[n] = (unsigned char)text[n] < ' ' || (unsigned char)text[n] > '~' ? '?' : text[n];
    strcpy(out + n, text[n] ? "..." : "");
    return out;
}

int crease_input_number(crease_input *in, const char *what, const char *text, double *value)
{
    char quoted[CREASE_QUOTED];
    const char *decimal = crease_input_decimal(text, value);
    if (decimal && !*decimal) return CREASE_OK;
    char *end = NULL;
    *value = strtod_l(text, &end, in->numbers);
    size_t length = strlen(text);
    if (length == 0 || end != text + length || strchr(" \t\v\f\r\n", *text) || strpbrk(text, "xX("))
        return crease_fail(in->ctx, CREASE_EPARSE, "%s \"%s\" is not a number", what,
                           crease_input_quote(text, quoted));
    if (!isfinite(*value))
        return crease_fail(in->ctx, CREASE_EPARSE, "%s \"%s\" is not a finite number", what,
                           crease_input_quote(text, quoted));
    return CREASE_OK;
}

const char *crease_input_skip_number(crease_input *in, const char *text)
{
    char *end;
    strtod_l(text, &end, in->numbers);
    return end;
}

/* Whole files: see output.h. */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_TRIES = 100 };

static int fail_write(crease_output *out, const char *verb)
{
    return crease_fail(out->ctx, CREASE_EIO, "cannot %s %s: %s", verb, out->path, strerror(errno));
}

/* Names left behind by a killed process are passed over. */
static int create_temporary(crease_output *out, size_t size)
{
    int fd = -1;
    errno = EEXIST;
    for (int i = 0; i < MOST_TRIES && fd < 0 && errno == EEXIST; i++) {
        snprintf(out->temporary, size, "%s.part-%ld-%d", out->path, (long)getpid(), i);
        fd = open(out->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    }
    return fd;
}

int crease_output_open(crease_ctx *ctx, const char *path, crease_output *out)
{
    *out = (crease_output){ .ctx = ctx, .path = path };
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) /* a rename would replace a device */
        return crease_fail(ctx, CREASE_EIO, "cannot write %s: it is no ordinary file", path);
    size_t size = strlen(path) + 64;
    out->temporary = crease_alloc(ctx, size, 1);
    if (!out->temporary) return CREASE_ENOMEM;
    int fd = create_temporary(out, size);
    out->file = fd < 0 ? NULL : fdopen(fd, "w+b");
    if (out->file) return CREASE_OK;
    int code = fail_write(out, "create");
    if (fd >= 0) {
        close(fd);
        unlink(out->temporary);
    }
    crease_release(ctx, out->temporary);
    out->temporary = NULL;
    return code;
}

int crease_output_rewind(crease_output *out)
{
    if (fseek(out->file, 0, SEEK_SET) == 0 && ftruncate(fileno(out->file), 0) == 0)
        return CREASE_OK;
    return fail_write(out, "write");
}

int crease_output_commit(crease_output *out)
{
    int code = CREASE_OK;
    bool failed = ferror(out->file);
    if (fclose(out->file) != 0 || failed) code = fail_write(out, "write");
    out->file = NULL;
    if (code == CREASE_OK && rename(out->temporary, out->path) != 0)
        code = fail_write(out, "write");
    if (code != CREASE_OK) unlink(out->temporary);
    crease_release(out->ctx, out->temporary);
    out->temporary = NULL;
    return code;
}

void crease_output_discard(crease_output *out)
{
    if (!out->temporary) return;
    fclose(out->file);
    unlink(out->temporary);
    crease_release(out->ctx, out->temporary);
    *out = (crease_output){ .ctx = out->ctx };
}

/* Files and folders of a run. */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int crease_path_join(crease_ctx *ctx, crease_path path, const char *folder, const char *name)
{
    int n = snprintf(path, CREASE_PATH_SIZE, "%s/%s", folder, name);
    if (n < 0 || n >= CREASE_PATH_SIZE)
        return crease_fail(ctx, CREASE_EINVAL, "the path %.200s.../%.200s is too long", folder, name);
    return CREASE_OK;
}

bool crease_path_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

static int make_one(crease_ctx *ctx, const char *path)
{
    struct stat info;
    if (mkdir(path, 0777) == 0) return CREASE_OK;
    int reason = errno;
    if (reason == EEXIST && stat(path, &info) == 0 && S_ISDIR(info.st_mode)) return CREASE_OK;
    return crease_fail(ctx, CREASE_EIO, "cannot make the folder %s: %s", path, strerror(reason));
}

int crease_folder_make(crease_ctx *ctx, const char *path)
{
    crease_path part;
    if (strlen(path) >= sizeof part)
        return crease_fail(ctx, CREASE_EINVAL, "the path %.200s... is too long", path);
    strcpy(part, path);
    for (char *slash = part; (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        CREASE_TRY(make_one(ctx, part));
        *slash = '/';
    }
    return make_one(ctx, path);
}

/* One byte more than the limit is asked for, so that too long a file shows. */
static char *read_open(crease_ctx *ctx, FILE *file, const char *path, size_t limit, size_t *bytes)
{
    struct stat info;
    if (fstat(fileno(file), &info) != 0 || S_ISDIR(info.st_mode)) {
        crease_fail(ctx, CREASE_EIO, "cannot read %s: it is a folder", path);
        return NULL;
    }
    size_t room = info.st_size > 0 && (size_t)info.st_size < limit ? (size_t)info.st_size : limit;
    char *text = crease_alloc(ctx, room + 2, 1);
    if (!text) return NULL;
    *bytes = fread(text, 1, room + 1, file);
    int code = ferror(file) ? crease_fail(ctx, CREASE_EIO, "cannot read %s: %s", path, strerror(errno))
               : *bytes > limit
                   ? crease_fail(ctx, CREASE_ERANGE, "%s is longer than %zu bytes", path, limit)
                   : CREASE_OK;
    if (code == CREASE_OK) return text;
    crease_release(ctx, text);
    return NULL;
}

char *crease_file_read(crease_ctx *ctx, const char *path, size_t limit, size_t *bytes)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        crease_fail(ctx, errno == ENOENT ? CREASE_ENOTFOUND : CREASE_EIO, "cannot read %s: %s", path,
                    strerror(errno));
        return NULL;
    }
    char *text = read_open(ctx, file, path, limit, bytes);
    fclose(file);
    if (text) text[*bytes] = '\0';
    return text;
}

int crease_file_temporary(crease_ctx *ctx, crease_path temporary, const char *path)
{
    int n = snprintf(temporary, CREASE_PATH_SIZE, "%s.tmp", path);
    if (n < 0 || n >= CREASE_PATH_SIZE)
        return crease_fail(ctx, CREASE_EINVAL, "the path %.200s... is too long", path);
    return CREASE_OK;
}

static bool reach_disk(const char *path)
{
    int descriptor = open(path, O_RDONLY);
    if (descriptor < 0) return false;
    bool done = fsync(descriptor) == 0;
    close(descriptor);
    return done;
}

int crease_file_publish(crease_ctx *ctx, const char *temporary, const char *path)
{
    if (reach_disk(temporary) && rename(temporary, path) == 0) return CREASE_OK;
    int reason = errno;
    unlink(temporary);
    return crease_fail(ctx, CREASE_EIO, "cannot write %s: %s", path, strerror(reason));
}

int crease_file_write(crease_ctx *ctx, const char *path, const char *bytes, size_t n)
{
    crease_path temporary;
    CREASE_TRY(crease_file_temporary(ctx, temporary, path));
    FILE *file = fopen(temporary, "wb");
    if (!file) return crease_fail(ctx, CREASE_EIO, "cannot write %s: %s", path, strerror(errno));
    bool written = fwrite(bytes, 1, n, file) == n;
    if (fclose(file) == 0 && written) return crease_file_publish(ctx, temporary, path);
    int reason = errno;
    unlink(temporary);
    return crease_fail(ctx, CREASE_EIO, "cannot write %s: %s", path, strerror(reason));
}

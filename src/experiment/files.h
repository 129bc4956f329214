/* Files and folders of a run: whole reads, writes that appear whole or not at all. */
#ifndef CREASE_FILES_H
#define CREASE_FILES_H

#include <stdbool.h>

#include "crease/context.h"

#define CREASE_PATH_SIZE 4096

typedef char crease_path[CREASE_PATH_SIZE];

/* path = folder/name; EINVAL when it is too long. */
int crease_path_join(crease_ctx *ctx, crease_path path, const char *folder, const char *name);
bool crease_path_exists(const char *path);

/* Make a folder and those above it; one that exists is fine. */
int crease_folder_make(crease_ctx *ctx, const char *path);

/* The whole file with a NUL behind it; owned by the caller (crease_release). ERANGE above limit bytes.
 */
char *crease_file_read(crease_ctx *ctx, const char *path, size_t limit, size_t *bytes);

/* Written under a temporary name, flushed to the disk, then renamed. */
int crease_file_write(crease_ctx *ctx, const char *path, const char *bytes, size_t n);
/* The two halves, for writers that need a file name: the name to write to, and the renaming. */
int crease_file_temporary(crease_ctx *ctx, crease_path temporary, const char *path);
int crease_file_publish(crease_ctx *ctx, const char *temporary, const char *path);

#endif

/* Where data is looked for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/internal.h"
#include "internal.h"

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

int crease_data_set_folder(crease_ctx *ctx, const char *folder)
{
    return crease_ctx_set_data_folder(ctx, folder);
}

bool crease_data_home(char *path, size_t size)
{
    const char *xdg = environment("XDG_DATA_HOME"), *home = environment("HOME");
    int used;
    if (xdg && *xdg == '/')
        used = snprintf(path, size, "%s/crease", xdg); /* the standard ignores relative ones */
    else if (home)
        used = snprintf(path, size, "%s/.local/share/crease", home);
    else
        return false;
    return used >= 0 && (size_t)used < size;
}

/* folder/name, or name where folder is NULL: is it there? */
static bool exists(const char *folder, const char *name, char *path, size_t size)
{
    int used =
        folder ? snprintf(path, size, "%s/%s", folder, name) : snprintf(path, size, "%s", name);
    return used >= 0 && (size_t)used < size && access(path, F_OK) == 0;
}

int crease_data_find(crease_ctx *ctx, const char *name, char *path, size_t size)
{
    char home[1000];
    const char *given = crease_ctx_data_folder(ctx), *variable = environment("CREASE_DATA");
    const char *last = crease_data_home(home, sizeof home) ? home : NULL;
    const char *places[] = { given, variable, "../shared/data", last };
    if (!*name) return crease_fail(ctx, CREASE_EINVAL, "the name of the data is empty");
    if (*name == '/' || strncmp(name, "./", 2) == 0 || strncmp(name, "../", 3) == 0) {
        if (exists(NULL, name, path, size)) return CREASE_OK;
        return crease_fail(ctx, CREASE_ENOTFOUND, "there is no %s", name);
    }
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (places[i] && exists(places[i], name, path, size)) return CREASE_OK;
    if (exists(NULL, name, path, size)) return CREASE_OK;
    return crease_fail(ctx, CREASE_ENOTFOUND,
                       "%s is not in --data (%s), CREASE_DATA (%s), ../shared/data, %s or "
                       "the working folder",
                       name, given ? given : "not given", variable ? variable : "not set",
                       last ? last : "the XDG data folder (no home)");
}

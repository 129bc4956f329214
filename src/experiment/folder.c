/* The folder of an experiment. */
#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "text.h"

enum { LARGEST_CONFIG = 1 << 22, LARGEST_TRACE = 1 << 30 };

/* --- removing what an earlier run left ---------------------------------------------------------- */

/* Only files that a run writes are removed, and folders that are empty then: nothing of the user's. */
static void remove_files(crease_ctx *ctx, const char *folder, const char *const *names)
{
    crease_path path;
    for (; *names; names++)
        if (crease_path_join(ctx, path, folder, *names) == CREASE_OK) unlink(path);
}

static int remove_results(crease_ctx *ctx, const char *folder)
{
    static const char *const whole[] = { "trace.csv", "summary.json", "config.yaml", "identify.json",
                                         "identify.png", "sweep.csv",    "sweep.png",    NULL };
    static const char *const of_a_run[] = { "trace.csv", "checkpoint.h5", "masks.h5", "result.json",
                                            NULL };
    crease_path path, trace;
    DIR *listing = opendir(folder);
    if (!listing)
        return crease_fail(ctx, CREASE_EIO, "cannot read the folder %s: %s", folder, strerror(errno));
    for (struct dirent *entry; (entry = readdir(listing));) {
        if (entry->d_name[0] == '.' || crease_path_join(ctx, path, folder, entry->d_name) != CREASE_OK)
            continue;
        if (crease_path_join(ctx, trace, path, "trace.csv") != CREASE_OK || !crease_path_exists(trace))
            continue;
        remove_files(ctx, path, of_a_run);
        rmdir(path);
    }
    closedir(listing);
    remove_files(ctx, folder, whole);
    return CREASE_OK;
}

/* --- opening ------------------------------------------------------------------------------------ */

static int lock_folder(crease_ctx *ctx, const char *folder, int *lock)
{
    crease_path path;
    CREASE_TRY(crease_path_join(ctx, path, folder, ".lock"));
    if ((*lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666)) < 0)
        return crease_fail(ctx, CREASE_EIO, "cannot write into %s: %s", folder, strerror(errno));
    if (flock(*lock, LOCK_EX | LOCK_NB) == 0) return CREASE_OK;
    close(*lock);
    *lock = -1;
    return crease_fail(ctx, CREASE_EEXIST, "another process is at work in %s", folder);
}

/* But for what a process leaves that is killed before its config.yaml stands. */
static bool is_empty(const char *folder)
{
    DIR *listing = opendir(folder);
    bool empty = true;
    for (struct dirent *entry; listing && (entry = readdir(listing));)
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, "config.yaml.tmp") != 0) empty = false;
    if (listing) closedir(listing);
    return empty;
}

static int compare(crease_ctx *ctx, const char *path, const char *configuration, bool *same)
{
    size_t bytes;
    char *text = crease_file_read(ctx, path, LARGEST_CONFIG, &bytes);
    if (!text) return crease_ctx_error(ctx)->code;
    *same = strcmp(text, configuration) == 0;
    crease_release(ctx, text);
    return CREASE_OK;
}

/* What stands in the folder, and whether this experiment may use it. */
static int admit(crease_ctx *ctx, const char *folder, const char *path, const char *configuration,
                 bool resume, bool force)
{
    bool same = false;
    if (!crease_path_exists(path)) {
        if (is_empty(folder)) return CREASE_OK;
        return crease_fail(ctx, CREASE_EEXIST,
                           "the folder %s is not empty and holds no run; choose another with --out",
                           folder);
    }
    if (force && !resume) return remove_results(ctx, folder);
    CREASE_TRY(compare(ctx, path, configuration, &same));
    if (resume && same) return CREASE_OK;
    if (resume)
        return crease_fail(ctx, CREASE_EEXIST,
                           "%s holds a run of another configuration, which cannot be resumed with "
                           "this one; compare its config.yaml",
                           folder);
    return crease_fail(ctx, CREASE_EEXIST,
                       "%s already holds %s: --resume goes on with it, --force removes its results, "
                       "--out DIR keeps both",
                       folder, same ? "this run" : "a run of another configuration");
}

static int open_locked(const crease_experiment *e, const char *folder, bool resume, bool force)
{
    crease_path path;
    crease_text configuration = { .ctx = e->ctx };
    CREASE_TRY(crease_path_join(e->ctx, path, folder, "config.yaml"));
    char *body = crease_experiment_print(e);
    if (!body) return CREASE_ENOMEM;
    crease_text_add(&configuration,
                    "# This run's configuration, every default filled in: crease run config.yaml\n%s",
                    body);
    crease_release(e->ctx, body);
    int code = configuration.code;
    if (code == CREASE_OK) code = admit(e->ctx, folder, path, configuration.s, resume, force);
    if (code == CREASE_OK)
        code = crease_file_write(e->ctx, path, configuration.s, configuration.length);
    crease_text_free(&configuration);
    return code;
}

int crease_folder_open(const crease_experiment *e, const char *folder, bool resume, bool force,
                       int *lock)
{
    CREASE_TRY(crease_folder_make(e->ctx, folder));
    CREASE_TRY(lock_folder(e->ctx, folder, lock));
    int code = open_locked(e, folder, resume, force);
    if (code == CREASE_OK) return CREASE_OK;
    close(*lock);
    *lock = -1;
    return code;
}

/* --- the joined trace --------------------------------------------------------------------------- */

/* The rows of a run's trace behind those that are there; the header only once. */
static int append(const crease_jobs *jobs, const crease_job *job, crease_text *all)
{
    crease_path folder, path;
    size_t bytes;
    CREASE_TRY(crease_run_folder(jobs->ctx, folder, jobs->folder, job->method, job->seed));
    CREASE_TRY(crease_path_join(jobs->ctx, path, folder, "trace.csv"));
    if (!crease_path_exists(path)) return CREASE_OK;
    char *text = crease_file_read(jobs->ctx, path, LARGEST_TRACE, &bytes);
    if (!text) return crease_ctx_error(jobs->ctx)->code;
    const char *rows = strchr(text, '\n');
    crease_text_add(all, "%s", all->length == 0 || !rows ? text : rows + 1);
    crease_release(jobs->ctx, text);
    return all->code;
}

int crease_traces_join(const crease_jobs *jobs)
{
    crease_path path;
    crease_text all = { .ctx = jobs->ctx };
    int code = crease_path_join(jobs->ctx, path, jobs->folder, "trace.csv");
    for (size_t i = 0; i < jobs->n && code == CREASE_OK; i++)
        code = append(jobs, &jobs->items[i], &all);
    if (code == CREASE_OK && all.length > 0)
        code = crease_file_write(jobs->ctx, path, all.s, all.length);
    crease_text_free(&all);
    return code;
}

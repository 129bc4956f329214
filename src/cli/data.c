/* crease data {list|fetch|verify} [NAME]: collections of data known by name; crease data describe FILE:
 * what a reader makes of a file, and how fast. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "core/clock.h"

/* As published, or unpacked. */
static bool file_is_found(crease_ctx *ctx, const crease_collection *c,
                          const crease_collection_file *file)
{
    char name[300], path[4096];
    snprintf(name, sizeof name, "%s/%s", c->name, file->name);
    if (crease_data_find(ctx, name, path, sizeof path) == CREASE_OK) return true;
    char *suffix = strstr(name, ".gz");
    if (!suffix) return false;
    *suffix = '\0';
    return crease_data_find(ctx, name, path, sizeof path) == CREASE_OK;
}

static bool is_found(crease_ctx *ctx, const crease_collection *c)
{
    bool found = true;
    for (const crease_collection_file *file = c->files; file->name; file++)
        found &= file_is_found(ctx, c, file);
    crease_ctx_clear_error(ctx);
    return found;
}

static int list(crease_ctx *ctx)
{
    const crease_collection *c;
    int width = 0;
    for (size_t i = 0; (c = crease_collection_at(i)); i++)
        if ((int)strlen(c->name) > width) width = (int)strlen(c->name);
    for (size_t i = 0; (c = crease_collection_at(i)); i++)
        printf("%-*s  %-12s  %s (%s)\n", width, c->name, is_found(ctx, c) ? "found" : "not found",
               c->summary, c->terms);
    return CREASE_OK;
}

static void show_progress(void *user, const char *file, double done_bytes, double total_bytes)
{
    (void)user;
    if (total_bytes > 0)
        fprintf(stderr, "\r%s  %3.0f %% of %.1f MB ", file, 100 * done_bytes / total_bytes,
                total_bytes / 1e6);
    if (total_bytes > 0 && done_bytes >= total_bytes) fputc('\n', stderr);
}

static int fetch(crease_ctx *ctx, const crease_collection *c, const char *mirror)
{
    CREASE_TRY(
        crease_collection_fetch(ctx, c, mirror, isatty(STDERR_FILENO) ? show_progress : NULL, NULL));
    printf("%s: complete, checksums agree\n", c->name);
    return CREASE_OK;
}

static int verify(crease_ctx *ctx, const crease_collection *c)
{
    CREASE_TRY(crease_collection_verify(ctx, c));
    printf("%s: checksums agree\n", c->name);
    return CREASE_OK;
}

/* Without a name: whatever is there. */
static int verify_all(crease_ctx *ctx)
{
    const crease_collection *c;
    size_t found = 0;
    for (size_t i = 0; (c = crease_collection_at(i)); i++) {
        if (!is_found(ctx, c)) continue;
        found++;
        CREASE_TRY(verify(ctx, c));
    }
    if (found) return CREASE_OK;
    return crease_fail(ctx, CREASE_ENOTFOUND,
                       "no collection was found; 'crease data fetch NAME' downloads one");
}

/* --- describe ---------------------------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && !strcmp(text + n - m, end);
}

static int read_table(crease_ctx *ctx, const char *path, const char *column, crease_dataset *set)
{
    double label = -1;
    if (!ends_with(path, ".csv") && !ends_with(path, ".csv.gz"))
        return crease_read_libsvm(ctx, path, 0, set);
    if (column) CREASE_TRY(crease_cli_number(ctx, "--label-column", column, -1e9, 1e9, &label));
    return crease_read_csv(ctx, path, (long)label, set);
}

static void print_labels(const crease_dataset *set)
{
    enum { MOST_SHOWN = 10 };
    if (!set->label) {
        printf("targets  real numbers\n");
        return;
    }
    printf("labels   %zu classes:", set->classes);
    for (size_t k = 0; k < set->classes && k < MOST_SHOWN; k++) {
        size_t rows = 0;
        for (size_t i = 0; i < set->rows; i++) rows += (size_t)set->label[i] == k;
        printf("%s %g (%zu rows)", k ? "," : "", set->class_value[k], rows);
    }
    printf("%s\n", set->classes > MOST_SHOWN ? ", ..." : "");
}

static void print_table(const crease_dataset *set)
{
    printf("rows     %zu\ncolumns  %zu\n", set->rows, set->cols);
    if (set->row_start) {
        double entries = (double)set->row_start[set->rows];
        printf("entries  %.0f, %.3g %% of the table\n", entries,
               100 * entries / (double)set->rows / (double)set->cols);
    }
    print_labels(set);
}

static int describe(crease_ctx *ctx, const char *name, const char *column)
{
    char path[4096];
    struct stat info = { .st_size = 0 };
    crease_dataset set;
    CREASE_TRY(crease_data_find(ctx, name, path, sizeof path));
    double start_s = crease_now_s();
    CREASE_TRY(read_table(ctx, path, column, &set));
    double time_s = crease_now_s() - start_s;
    print_table(&set);
    crease_dataset_free(ctx, &set);
    if (stat(path, &info) == 0)
        printf("read     %.1f MB in %.3f s, %.0f MB/s\n", (double)info.st_size / 1e6, time_s,
               (double)info.st_size / 1e6 / time_s);
    return CREASE_OK;
}

/* --- the command ------------------------------------------------------------------------------- */

static int unknown_action(crease_ctx *ctx, const char *word)
{
    static const char *const actions[] = { "list", "fetch", "verify", "describe" };
    const char *nearest = crease_nearest(word, actions, 4);
    return crease_fail(ctx, CREASE_ENOTFOUND,
                       "crease data has no action '%s'%s%s%s; it has list, fetch, verify, describe",
                       word, nearest ? "; did you mean '" : "", nearest ? nearest : "",
                       nearest ? "'?" : "");
}

int crease_cmd_data(crease_ctx *ctx, int argc, char **argv)
{
    const char *mirror = NULL, *folder = NULL, *column = NULL, *word[2];
    const crease_option options[] = {
        { "mirror", 0, "URL", "fetch from this folder instead of the collection's own mirrors",
          .text = &mirror },
        { "data", 0, "DIR", "look here first", .text = &folder },
        { "label-column", 0, "N", "of a CSV file, from 0; negative counts from the end (default -1)",
          .text = &column },
        { .name = NULL },
    };
    const crease_usage usage = {
        .synopsis = "crease data {list|fetch|verify} [NAME], crease data describe FILE",
        .about =
            "list      the collections known by name, and whether they are found\n"
            "fetch     download one into $XDG_DATA_HOME/crease (or ~/.local/share/crease), checksums "
            "compared\n"
            "verify    compare the checksums of one, or of all that are found\n"
            "describe  rows, columns and labels of a file (LIBSVM text, or .csv), and the time to read "
            "it\n\n"
            "Data is looked for in --data, $CREASE_DATA, ../shared/data and the folder of fetch.",
        .options = options,
        .min_operands = 1,
        .max_operands = 2,
    };
    CREASE_TRY(crease_cli_parse(ctx, &usage, argc, argv, word));
    if (folder) CREASE_TRY(crease_data_set_folder(ctx, folder));
    if (strcmp(word[0], "describe") == 0) {
        if (word[1]) return describe(ctx, word[1], column);
        return crease_fail(ctx, CREASE_EINVAL, "describe needs a file");
    }
    const crease_collection *c = word[1] ? crease_collection_find(ctx, word[1]) : NULL;
    if (word[1] && !c) return crease_ctx_error(ctx)->code;
    if (strcmp(word[0], "list") == 0) return list(ctx);
    if (strcmp(word[0], "verify") == 0) return c ? verify(ctx, c) : verify_all(ctx);
    if (strcmp(word[0], "fetch") != 0) return unknown_action(ctx, word[0]);
    if (!c) return crease_fail(ctx, CREASE_EINVAL, "fetch needs a name; 'crease data list' shows them");
    return fetch(ctx, c, mirror);
}

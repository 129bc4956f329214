/* The trace of a run: writing rows as they come, and reading them back. */
#include "trace.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

enum { LARGEST_BYTES = 1 << 30, WORD_COLUMNS = 2 };

/* --- writing ------------------------------------------------------------------------------------ */

static int fail_io(const crease_trace *t, const char *what)
{
    return crease_fail(t->ctx, CREASE_EIO, "cannot %s %s: %s", what, t->path, strerror(errno));
}

static int write_line(crease_trace *t, crease_text *line)
{
    crease_text_add(line, "\n");
    int code = line->code;
    if (code == CREASE_OK
        && (fwrite(line->s, 1, line->length, t->file) != line->length || fflush(t->file) != 0))
        code = fail_io(t, "write");
    if (code == CREASE_OK) t->bytes += (long)line->length;
    crease_text_free(line);
    return code;
}

static int open_kept(crease_trace *t, long keep)
{
    struct stat info;
    if (stat(t->path, &info) != 0) return fail_io(t, "read");
    if (info.st_size < keep)
        return crease_fail(t->ctx, CREASE_EPARSE,
                           "%s has %lld bytes, but the checkpoint belongs to a trace of %ld; "
                           "it was cut or replaced",
                           t->path, (long long)info.st_size, keep);
    if (truncate(t->path, keep) != 0 || !(t->file = fopen(t->path, "ab")))
        return fail_io(t, "continue");
    t->bytes = keep;
    return CREASE_OK;
}

int crease_trace_open(crease_ctx *ctx, const char *path, long keep, const char *const *columns,
                      size_t n, crease_trace *t)
{
    crease_text line = { .ctx = ctx };
    *t = (crease_trace){ .ctx = ctx };
    snprintf(t->path, sizeof t->path, "%s", path);
    if (keep > 0) return open_kept(t, keep);
    if (!(t->file = fopen(path, "wb"))) return fail_io(t, "write");
    crease_text_add(&line, "algorithm,seed");
    for (size_t i = 0; i < n; i++) crease_text_add(&line, ",%s", columns[i]);
    return write_line(t, &line);
}

int crease_trace_add(crease_trace *t, const char *label, uint64_t seed, const double *values, size_t n)
{
    crease_text line = { .ctx = t->ctx };
    crease_text_add(&line, "%s,%llu", label, (unsigned long long)seed);
    for (size_t i = 0; i < n; i++) {
        crease_text_add(&line, ",");
        crease_text_add_number(&line, values[i]);
    }
    return write_line(t, &line);
}

void crease_trace_close(crease_trace *t)
{
    if (t->file) fclose(t->file);
    t->file = NULL;
}

/* --- reading ------------------------------------------------------------------------------------ */

static size_t count(const char *s, const char *end, char c)
{
    size_t n = 0;
    for (; s < end; s++) n += *s == c;
    return n;
}

/* Cut off the next field of a line; *rest becomes NULL behind the last one. */
static char *next_field(char **rest)
{
    char *field = strsep(rest, ",");
    return field ? field : "";
}

static void read_header(char *line, crease_table *table)
{
    for (size_t i = 0; i < WORD_COLUMNS; i++) next_field(&line);
    for (size_t i = 0; i < table->columns; i++) table->names[i] = next_field(&line);
}

static void read_row(char *line, double *values, size_t n)
{
    for (size_t i = 0; i < WORD_COLUMNS; i++) next_field(&line);
    for (size_t i = 0; i < n; i++) {
        const char *field = next_field(&line);
        values[i] = *field ? strtod(field, NULL) : (double)NAN;
    }
}

static int read_lines(crease_ctx *ctx, const char *path, size_t bytes, crease_table *table)
{
    char *rest = table->text, *end = rest + bytes, *newline = memchr(rest, '\n', bytes);
    size_t commas = newline ? count(rest, newline, ',') : 0, rows = count(rest, end, '\n');
    if (commas < WORD_COLUMNS)
        return crease_fail(ctx, CREASE_EPARSE, "%s is no trace: it has no header", path);
    table->columns = commas + 1 - WORD_COLUMNS;
    table->names = crease_alloc(ctx, table->columns, sizeof *table->names);
    table->values = crease_alloc(ctx, rows * table->columns, sizeof *table->values);
    if (!table->names || !table->values) return CREASE_ENOMEM;
    read_header(strsep(&rest, "\n"), table);
    for (; table->rows + 1 < rows; table->rows++)
        read_row(strsep(&rest, "\n"), table->values + table->rows * table->columns, table->columns);
    return CREASE_OK;
}

int crease_table_read(crease_ctx *ctx, const char *path, crease_table *table)
{
    size_t bytes;
    *table = (crease_table){ 0 };
    if (!(table->text = crease_file_read(ctx, path, LARGEST_BYTES, &bytes)))
        return crease_ctx_error(ctx)->code;
    int code = read_lines(ctx, path, bytes, table);
    if (code != CREASE_OK) crease_table_free(ctx, table);
    return code;
}

void crease_table_free(crease_ctx *ctx, crease_table *table)
{
    crease_release(ctx, table->names);
    crease_release(ctx, table->values);
    crease_release(ctx, table->text);
    *table = (crease_table){ 0 };
}

size_t crease_table_find(const crease_table *table, const char *name)
{
    size_t i = 0;
    while (i < table->columns && strcmp(table->names[i], name) != 0) i++;
    return i;
}

/* The trace of a run: trace.csv, one row an epoch, named columns, and reading it back. */
#ifndef CREASE_TRACE_H
#define CREASE_TRACE_H

#include <stdio.h>

#include "files.h"

/* Two columns of words come first: the algorithm's label and the seed. */
typedef struct crease_trace {
    crease_ctx *ctx;
    crease_path path;
    FILE *file;
    long bytes; /* length of the whole rows written */
} crease_trace;

/* A new file with its header, or the first keep bytes of what is there (keep > 0). */
int crease_trace_open(crease_ctx *ctx, const char *path, long keep, const char *const *columns,
                      size_t n, crease_trace *t);
/* A row, written and flushed; NaN prints as an empty field. */
int crease_trace_add(crease_trace *t, const char *label, uint64_t seed, const double *values, size_t n);
void crease_trace_close(crease_trace *t); /* zeroed is fine */

/* A trace in memory: the columns of numbers alone. */
typedef struct crease_table {
    size_t columns, rows;
    char **names;
    double *values; /* rows*columns, row-major; empty fields are NaN */
    char *text;     /* what names point into */
} crease_table;

int crease_table_read(crease_ctx *ctx, const char *path, crease_table *table);
void crease_table_free(crease_ctx *ctx, crease_table *table);
/* Its number, or table->columns when there is none of that name. */
size_t crease_table_find(const crease_table *table, const char *name);

#endif

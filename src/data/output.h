/* A file that appears whole or not at all: written under a temporary name beside its place, then
 * renamed. Not part of the public API. */
#ifndef CREASE_OUTPUT_H
#define CREASE_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "crease/context.h"

typedef struct crease_output {
    crease_ctx *ctx;
    const char *path; /* the caller's; must outlive the output */
    char *temporary;
    FILE *file;
} crease_output;

int crease_output_open(crease_ctx *ctx, const char *path,
                       crease_output *out); /* on failure nothing to undo */

/* Forget what was written so far. */
int crease_output_rewind(crease_output *out);

/* Give the file its name; on failure it is removed. */
int crease_output_commit(crease_output *out);

/* Remove it. Does nothing after a commit. */
void crease_output_discard(crease_output *out);

#endif

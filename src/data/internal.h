/* What the readers share about data sets. Not part of the public API. */
#ifndef CREASE_DATA_INTERNAL_H
#define CREASE_DATA_INTERNAL_H

#include "crease/data.h"

/* The array, or a larger copy of it with room for need items; room is updated. NULL with ENOMEM:
 * the old array stays valid. array may be NULL with *room 0. */
void *crease_grow(crease_ctx *ctx, void *array, size_t *room, size_t need, size_t size);

/* From target: label, classes and class_value where the targets are classes (whole numbers with at
 * most 1000 different values), nothing where they are real. */
int crease_dataset_classify(crease_ctx *ctx, crease_dataset *set);

/* The classes 0 .. classes - 1, each its own value; label is filled. Sets target too. */
int crease_dataset_number_classes(crease_ctx *ctx, crease_dataset *set, size_t classes);

/* $XDG_DATA_HOME/crease or ~/.local/share/crease; false when neither is known or path is short. */
bool crease_data_home(char *path, size_t size);

#endif

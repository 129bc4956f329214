/* Changes to a good capture of CAPTURE_ENTRIES entries, each of which makes it none. */
#ifndef CREASE_TESTS_CAPTURE_LIES_H
#define CREASE_TESTS_CAPTURE_LIES_H

#include <hdf5.h>

#include "support.h"

enum { CAPTURE_ENTRIES = 12 };

typedef struct {
    const char *name; /* NULL ends a list */
    void (*change)(hid_t file);
    const char *words; /* that the refusal must have */
} capture_lie;

/* Of group_l2 on 4 strided groups, and of l1 on 4 lists with weights. */
extern const capture_lie capture_lies_of_strides[], capture_lies_of_lists[];

#endif

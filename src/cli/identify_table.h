/* What `crease identify` prints of many runs. */
#ifndef CREASE_IDENTIFY_TABLE_H
#define CREASE_IDENTIFY_TABLE_H

#include "experiment/identify.h"

/* A line a method: runs that identified; median and largest of the first hit and of the last exit, "never" where a run
 * has none. Errors: ENOMEM. */
int crease_identify_print_table(const crease_identify *id);

#endif

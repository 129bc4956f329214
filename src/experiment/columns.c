/* The columns of a trace. */
#include "columns.h"

#include <math.h>
#include <string.h>

#define COLUMN(UPPER, name, doc) { name, doc },
const crease_column crease_run_columns[CREASE_N_RUN_COLUMNS] = { CREASE_RUN_COLUMNS(COLUMN) };
#undef COLUMN

double crease_column_value(const char *const *columns, const double *row, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(columns[i], name) == 0) return row[i];
    return NAN;
}

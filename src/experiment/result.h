/* Results of runs as JSON. */
#ifndef CREASE_RESULT_H
#define CREASE_RESULT_H

#include <cjson/cJSON.h>

#include "run.h"

int crease_json_write(crease_ctx *ctx, const char *path, const cJSON *json);

/* result.json of a run's folder, owned by the caller (cJSON_Delete); NULL without error when there is
 * none. */
int crease_result_read(crease_ctx *ctx, const char *folder, cJSON **result);
crease_outcome crease_result_outcome(const cJSON *result);
/* A number of a section ("final"; NULL: the result itself); NAN when it is not there. */
double crease_result_number(const cJSON *result, const char *section, const char *name);

#endif

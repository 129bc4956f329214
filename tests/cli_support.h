/* Running the program under test. */
#ifndef CREASE_TESTS_CLI_SUPPORT_H
#define CREASE_TESTS_CLI_SUPPORT_H

#include "support.h"

typedef struct cli_result {
    int status; /* exit status; 128 + signal when a signal ended it */
    char out[65536], err[8192];
} cli_result;

enum { CLI_MOST_ARGS = 40 };

/* Run $CREASE_PROGRAM with these arguments; skips the test when it is not set. */
void cli_run(cli_result *r, const char *const *args);
#define CLI_RUN(r, ...) cli_run(r, (const char *const[]){ __VA_ARGS__, NULL })

/* Fail with both streams unless the program ended with this status and this text on stdout or
 * stderr. */
void cli_expect(const cli_result *r, int status, const char *words);

/* Write an array to a .npy file in the test's temporary folder; its path. */
const char *cli_write_npy(crease_ctx *ctx, const char *name, size_t real_bytes, unsigned rank,
                          const size_t *shape, const double *data);
const char *cli_write_text(const char *name, const char *text);

#endif

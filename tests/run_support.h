/* Small experiments on planted data, and comparing what they leave. */
#ifndef CREASE_TESTS_RUN_SUPPORT_H
#define CREASE_TESTS_RUN_SUPPORT_H

#include <stdbool.h>

#include "cli_support.h"
#include "experiment/spec.h"

/* An experiment file in the test's folder: a planted problem of 400 rows, and this text behind it. */
const char *run_write_experiment(const char *name, const char *text);

/* Schedule and observation that make every part of a checkpoint matter within 12 epochs. */
#define RUN_SCHEDULE                                                                                   \
    "schedule: {epochs: 12, batch: 32, milestones: [3, 7]}\n"                                          \
    "observe: {full_gradient_every: 3, certificate_every: 5, checkpoint_every: 2}\n"
#define RUN_METHODS                                                                                    \
    "algorithms:\n"                                                                                    \
    "  - {type: ramda, momentum: 0.2}\n"                                                               \
    "  - {type: proxgen, lr: 1e-2, solver: pg}\n"                                                      \
    "  - {type: rmda}\n"                                                                               \
    "  - {type: proxsgd}\n"                                                                            \
    "  - {type: msgd}\n"

/* An experiment with its problem loaded, for runs in the test's own process. */
typedef struct {
    crease_ctx *ctx;
    crease_experiment e;
    crease_problem *problem;
} run_bench;
run_bench run_open_bench(const char *file);
void run_close_bench(run_bench *b);

/* folder/name, in one of a few buffers. */
const char *run_path(const char *folder, const char *name);

/* The whole file as text; to be freed. Fails the test when it cannot be read. */
char *run_read(const char *path);

/* Whether a column of a trace holds a time: its name ends in _s or _ms. */
bool run_is_time(const char *name);

/* Fail unless both traces have the same text in every column whose name does not end in _s or _ms. */
void run_assert_same_trace(const char *path, const char *expected);

/* Number of rows of a trace behind its header; 0 when there is none. */
size_t run_rows(const char *path);

/* Start the program in the background; streams go nowhere. Skips the test without CREASE_PROGRAM. */
int run_start(const char *const *args);
/* Wait for it: exit status, or 128 + signal. */
int run_wait(int pid);

#endif

/* The context: allocator, logger, registry and last error. Nothing in the library is global, so two
 * threads may work with two contexts; one context belongs to one thread at a time.                   */
#ifndef CREASE_CONTEXT_H
#define CREASE_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

#include "crease/error.h"

typedef struct crease_ctx crease_ctx;

/* Memory comes from here alone. resize(user, NULL, n) allocates, resize(user, p, 0) frees and returns
 * NULL; NULL for n > 0 means out of memory (p then stays valid).                                      */
typedef struct crease_allocator {
    void *(*resize)(void *user, void *p, size_t bytes);
    void *user;
} crease_allocator;

typedef enum { CREASE_LOG_INFO, CREASE_LOG_WARNING } crease_log_level;
typedef void crease_logger(void *user, crease_log_level level, const char *sentence);

/* The last error of a context. sentence is complete ("what, where"); file:line is where the library
 * noticed it, for developers.                                                                         */
typedef struct crease_error {
    int code;
    const char *file;
    int line;
    char sentence[1024];
} crease_error;

/* A new context with the built-in registry; allocator may be NULL (malloc). NULL when out of memory.
 * Turns off the aborting or printing error handlers of the libraries beneath (GSL, HDF5).             */
crease_ctx *crease_ctx_create(const crease_allocator *allocator);
void crease_ctx_free(crease_ctx *ctx); /* NULL is fine */

const crease_error *crease_ctx_error(const crease_ctx *ctx);
void crease_ctx_clear_error(crease_ctx *ctx);

/* Where messages go; without a logger they are dropped. */
void crease_ctx_set_logger(crease_ctx *ctx, crease_logger *logger, void *user);
void crease_log(crease_ctx *ctx, crease_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* One setting for every thread pool beneath (OpenMP, OpenBLAS). Default 1. */
void crease_ctx_set_threads(crease_ctx *ctx, int threads);

/* Zeroed memory for count items of size bytes, 64-byte aligned; NULL with the error set to ENOMEM on
 * overflow or failure. count == 0 gives a unique pointer. Free with crease_release (NULL is fine).    */
void *crease_alloc(crease_ctx *ctx, size_t count, size_t size);
void crease_release(crease_ctx *ctx, void *p);
char *crease_strdup(crease_ctx *ctx, const char *s);

/* Record an error and return its code: return crease_fail(ctx, CREASE_EDIM, "x has %zu entries, ...") */
#define crease_fail(ctx, code, ...) crease_ctx_fail(ctx, code, __FILE__, __LINE__, __VA_ARGS__)
int crease_ctx_fail(crease_ctx *ctx, int code, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Put words in front of the recorded sentence: "experiment.yaml:3:5: " + sentence. Returns its code. */
int crease_ctx_prefix(crease_ctx *ctx, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Return the code of a failed call at once: CREASE_TRY(crease_x(...)); */
#define CREASE_TRY(call)                                                                            \
    do {                                                                                            \
        int crease_try_code_ = (call);                                                              \
        if (crease_try_code_ != CREASE_OK) return crease_try_code_;                                 \
    } while (0)

#endif

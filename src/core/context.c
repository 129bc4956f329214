/* The context: allocation, messages, the last error, threads. */
#include "internal.h"

#include <cblas.h>
#include <gsl/gsl_errno.h>
#include <hdf5.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#endif

struct crease_ctx {
    crease_allocator allocator;
    crease_logger *logger;
    void *logger_user;
    crease_error error;
    crease_added added[CREASE_N_KINDS];
    char *data_folder;
    struct kept *kept;
};

/* A block that lives as long as the context. */
struct kept {
    struct kept *next;
    void *block;
};

static void *heap_resize(void *user, void *p, size_t bytes)
{
    (void)user;
    if (bytes > 0) return realloc(p, bytes);
    free(p);
    return NULL;
}

static void silence_libraries(void)
{
    gsl_set_error_handler_off();
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

crease_ctx *crease_ctx_create(const crease_allocator *allocator)
{
    crease_allocator a = allocator ? *allocator : (crease_allocator){ heap_resize, NULL };
    crease_ctx *ctx = a.resize(a.user, NULL, sizeof *ctx);
    if (!ctx) return NULL;
    *ctx = (crease_ctx){ .allocator = a };
    silence_libraries();
    crease_ctx_set_threads(ctx, 1);
    return ctx;
}

void crease_ctx_free(crease_ctx *ctx)
{
    if (!ctx) return;
    for (int k = 0; k < CREASE_N_KINDS; k++) crease_release(ctx, ctx->added[k].types);
    crease_release(ctx, ctx->data_folder);
    for (struct kept *k = ctx->kept, *next; k; k = next) {
        next = k->next;
        crease_release(ctx, k->block);
        crease_release(ctx, k);
    }
    ctx->allocator.resize(ctx->allocator.user, ctx, 0);
}

/* --- memory ------------------------------------------------------------------------------------- */

enum { ALIGNMENT = 64 };

/* The pointer that the allocator gave stands just before the aligned block. */
void *crease_alloc(crease_ctx *ctx, size_t count, size_t size)
{
    size_t bytes;
    void *raw = NULL;
    if (!__builtin_mul_overflow(count, size, &bytes) && bytes <= SIZE_MAX / 2)
        raw = ctx->allocator.resize(ctx->allocator.user, NULL, bytes + ALIGNMENT + sizeof(void *));
    if (!raw) {
        crease_fail(ctx, CREASE_ENOMEM, "out of memory: %zu items of %zu bytes were asked for", count, size);
        return NULL;
    }
    uintptr_t first = (uintptr_t)raw + sizeof(void *);
    void **block = (void **)((first + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    block[-1] = raw;
    return memset(block, 0, bytes);
}

void crease_release(crease_ctx *ctx, void *p)
{
    if (p) ctx->allocator.resize(ctx->allocator.user, ((void **)p)[-1], 0);
}

char *crease_strdup(crease_ctx *ctx, const char *s)
{
    size_t bytes = strlen(s) + 1;
    char *copy = crease_alloc(ctx, bytes, 1);
    return copy ? memcpy(copy, s, bytes) : NULL;
}

/* --- errors and messages ------------------------------------------------------------------------ */

int crease_ctx_fail(crease_ctx *ctx, int code, const char *file, int line, const char *format, ...)
{
    crease_error *e = &ctx->error;
    char sentence[sizeof e->sentence]; /* the arguments may point into the old sentence */
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    e->code = code;
    e->file = file;
    e->line = line;
    memcpy(e->sentence, sentence, sizeof sentence);
    return code;
}

int crease_ctx_prefix(crease_ctx *ctx, const char *format, ...)
{
    char sentence[sizeof ctx->error.sentence];
    va_list args;
    va_start(args, format);
    int used = vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    if (used >= 0 && (size_t)used < sizeof sentence)
        snprintf(sentence + used, sizeof sentence - (size_t)used, "%s", ctx->error.sentence);
    memcpy(ctx->error.sentence, sentence, sizeof sentence);
    return ctx->error.code;
}

const crease_error *crease_ctx_error(const crease_ctx *ctx)
{
    return &ctx->error;
}

void crease_ctx_clear_error(crease_ctx *ctx)
{
    ctx->error = (crease_error){ 0 };
}

void crease_ctx_set_logger(crease_ctx *ctx, crease_logger *logger, void *user)
{
    ctx->logger = logger;
    ctx->logger_user = user;
}

void crease_log(crease_ctx *ctx, crease_log_level level, const char *format, ...)
{
    if (!ctx->logger) return;
    char sentence[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    ctx->logger(ctx->logger_user, level, sentence);
}

void crease_ctx_set_threads(crease_ctx *ctx, int threads)
{
    (void)ctx; /* the pools beneath belong to the process */
    openblas_set_num_threads(threads);
#ifdef _OPENMP
    omp_set_num_threads(threads);
#endif
}

/* --- for the library's own files ---------------------------------------------------------------- */

crease_added *crease_ctx_added(const crease_ctx *ctx, crease_kind kind)
{
    return (crease_added *)&ctx->added[kind];
}

int crease_ctx_keep(crease_ctx *ctx, void *block)
{
    struct kept *k = crease_alloc(ctx, 1, sizeof *k);
    if (!k) {
        crease_release(ctx, block);
        return CREASE_ENOMEM;
    }
    *k = (struct kept){ ctx->kept, block };
    ctx->kept = k;
    return CREASE_OK;
}

const char *crease_ctx_data_folder(const crease_ctx *ctx)
{
    return ctx->data_folder;
}

int crease_ctx_set_data_folder(crease_ctx *ctx, const char *folder)
{
    char *copy = NULL;
    if (folder && !(copy = crease_strdup(ctx, folder))) return CREASE_ENOMEM;
    crease_release(ctx, ctx->data_folder);
    ctx->data_folder = copy;
    return CREASE_OK;
}

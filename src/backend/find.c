/* Which of the compiled backends this processor can run. */
#include "config.h"

#include <string.h>

#include "crease/backend.h"

#ifdef CREASE_X86_64
#define CREASE_VARIANTS(ENTRY, width) ENTRY(width, avx512) ENTRY(width, avx2) ENTRY(width, baseline)
#else
#define CREASE_VARIANTS(ENTRY, width) ENTRY(width, baseline)
#endif

#define DECLARE(width, variant) extern const crease_backend crease_cpu_##width##_##variant;
CREASE_VARIANTS(DECLARE, f64)
CREASE_VARIANTS(DECLARE, f32)

/* Best first; find takes the first of a name. */
#define LIST(width, variant) &crease_cpu_##width##_##variant,
static const crease_backend *const compiled[] = { CREASE_VARIANTS(LIST, f64)
                                                      CREASE_VARIANTS(LIST, f32) };

static bool can_run(const crease_backend *backend)
{
#ifdef CREASE_X86_64
    if (strcmp(backend->variant, "avx2") == 0) {
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    }
    if (strcmp(backend->variant, "avx512") == 0) {
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
               && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
               && __builtin_cpu_supports("fma");
    }
#endif
    return strcmp(backend->variant, "baseline") == 0;
}

const crease_backend *crease_backend_at(size_t i)
{
    for (size_t k = 0; k < sizeof compiled / sizeof *compiled; k++) {
        if (can_run(compiled[k]) && i-- == 0) return compiled[k];
    }
    return NULL;
}

const crease_backend *crease_backend_find(crease_ctx *ctx, const char *name)
{
    const crease_backend *backend;
    for (size_t i = 0; (backend = crease_backend_at(i)); i++) {
        if (strcmp(backend->name, name) == 0) return backend;
    }
    crease_fail(ctx, CREASE_ENOTFOUND, "no backend \"%s\"; there are cpu-f64 and cpu-f32", name);
    return NULL;
}

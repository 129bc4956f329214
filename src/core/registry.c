/* The registry: the built-in table, generated from the plug-in folders, and what is added at run time. */
#include "internal.h"

#include <stdio.h>
#include <string.h>

#include "crease/algorithm.h"
#include "crease/diagnostic.h"
#include "crease/problem.h"
#include "crease/solver.h"

#define MEMBER(UPPER, lower, id) extern const crease_##lower##_type crease_##lower##_##id;
#include "registry.inc"
#undef MEMBER

static const struct {
    crease_kind kind;
    const crease_type *type;
} builtin[] = {
#define MEMBER(UPPER, lower, id) { CREASE_##UPPER, &crease_##lower##_##id.base },
#include "registry.inc"
#undef MEMBER
};

enum { N_BUILTIN = sizeof builtin / sizeof *builtin };

static bool is_kind(crease_kind kind)
{
    return kind >= 0 && kind < CREASE_N_KINDS;
}

const char *crease_kind_name(crease_kind kind)
{
    static const char *const names[] = {
#define ENTRY(UPPER, lower) [CREASE_##UPPER] = #lower,
        CREASE_KINDS(ENTRY)
#undef ENTRY
    };
    return is_kind(kind) ? names[kind] : "unknown kind";
}

const crease_type *crease_type_at(const crease_ctx *ctx, crease_kind kind, size_t i)
{
    if (!is_kind(kind)) return NULL;
    for (size_t b = 0; b < N_BUILTIN; b++)
        if (builtin[b].kind == kind && i-- == 0) return builtin[b].type;
    const crease_added *added = crease_ctx_added(ctx, kind);
    return i < added->count ? added->types[i] : NULL;
}

static const crease_type *find(const crease_ctx *ctx, crease_kind kind, const char *name)
{
    const crease_type *type;
    for (size_t i = 0; (type = crease_type_at(ctx, kind, i)); i++)
        if (strcmp(type->name, name) == 0) return type;
    return NULL;
}

const crease_type *crease_lookup(crease_ctx *ctx, crease_kind kind, const char *name)
{
    const crease_type *type = find(ctx, kind, name);
    if (type) return type;
    enum { MOST = 256 };
    const char *names[MOST];
    char all[800] = "";
    size_t n = 0, used = 0;
    for (; n < MOST && (type = crease_type_at(ctx, kind, n)); n++) {
        names[n] = type->name;
        if (used < sizeof all)
            used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", n ? ", " : "", type->name);
    }
    const char *nearest = crease_nearest(name, names, n);
    crease_fail(ctx, CREASE_ENOTFOUND, "there is no %s '%s'%s%s%s; there are: %s", crease_kind_name(kind), name,
                nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "", all);
    return NULL;
}

static bool regularizer_is_complete(const crease_regularizer_type *t)
{
    const crease_math *math = t->math;
    if (!math || !math->value || !math->residual || !math->scale) return false;
    if (math == &crease_math_shrink) return t->shrink != NULL;
    bool lifted = math == &crease_math_entries || math == &crease_math_radial || math == &crease_math_spectral;
    if (lifted && !t->pieces) return false;
    return math->dual_norm || !(t->flags & CREASE_NORM);
}

/* Whether a descriptor has the functions that its kind cannot do without. */
static bool is_complete(crease_kind kind, const crease_type *type)
{
    const crease_solver_type *solver = (const crease_solver_type *)type;
    const crease_stopping_type *stopping = (const crease_stopping_type *)type;
    const crease_algorithm_type *algorithm = (const crease_algorithm_type *)type;
    const crease_problem_type *problem = (const crease_problem_type *)type;
    const crease_diagnostic_type *diagnostic = (const crease_diagnostic_type *)type;
    switch (kind) {
    case CREASE_REGULARIZER: return regularizer_is_complete((const crease_regularizer_type *)type);
    case CREASE_SOLVER: return solver->accepts && solver->work_size && solver->solve;
    case CREASE_STOPPING: return stopping->combines || (stopping->tested && stopping->threshold);
    case CREASE_ALGORITHM: return algorithm->form || algorithm->step;
    case CREASE_PROBLEM: return problem->setup && problem->teardown && problem->gradient;
    case CREASE_DIAGNOSTIC: return diagnostic->columns && diagnostic->observe;
    default: return false;
    }
}

int crease_register(crease_ctx *ctx, crease_kind kind, const crease_type *type)
{
    if (!is_kind(kind)) return crease_fail(ctx, CREASE_EINVAL, "there is no kind %d to register with", (int)kind);
    if (!type->name || !*type->name || (type->params && type->opts_size == 0))
        return crease_fail(ctx, CREASE_EINVAL, "this %s cannot be registered: it needs a name, and a settings size "
                           "when it has settings", crease_kind_name(kind));
    if (find(ctx, kind, type->name))
        return crease_fail(ctx, CREASE_EEXIST, "there is already a %s '%s'", crease_kind_name(kind), type->name);
    if (!is_complete(kind, type))
        return crease_fail(ctx, CREASE_EINVAL, "%s %s cannot be registered: it lacks a function that its header calls "
                           "required", crease_kind_name(kind), type->name);
    crease_added *added = crease_ctx_added(ctx, kind);
    const crease_type **types = crease_alloc(ctx, added->count + 1, sizeof *types);
    if (!types) return CREASE_ENOMEM;
    if (added->count) memcpy(types, added->types, added->count * sizeof *types);
    types[added->count++] = type;
    crease_release(ctx, added->types);
    added->types = types;
    return CREASE_OK;
}

void *crease_opts_create(crease_ctx *ctx, const crease_type *type)
{
    void *opts = crease_alloc(ctx, 1, type->opts_size);
    if (opts) crease_params_default(type->params, opts);
    return opts;
}

static void owner_name(char *text, size_t size, crease_kind kind, const crease_type *type)
{
    snprintf(text, size, "%s %s", crease_kind_name(kind), type->name);
}

int crease_opts_set(crease_ctx *ctx, crease_kind kind, const crease_type *type, void *opts, const char *key,
                    const char *text)
{
    char owner[200];
    owner_name(owner, sizeof owner, kind, type);
    return crease_params_set(ctx, type->params, opts, owner, key, text);
}

int crease_opts_check(crease_ctx *ctx, crease_kind kind, const crease_type *type, const void *opts)
{
    const char *complaint = type->check ? type->check(opts) : NULL;
    if (!complaint) return CREASE_OK;
    return crease_fail(ctx, CREASE_ERANGE, "%s %s: %s", crease_kind_name(kind), type->name, complaint);
}

/* --- members as text --------------------------------------------------------------------------- */

int crease_split_name(crease_ctx *ctx, const char *text, char *name, size_t size,
                          const char **settings)
{
    size_t length = strcspn(text, ":");
    if (length == 0 || length >= size)
        return crease_fail(ctx, CREASE_EPARSE,
                           "'%s' does not start with a name: write NAME or NAME:key=value,...",
                           text);
    snprintf(name, size, "%.*s", (int)length, text);
    *settings = text[length] ? text + length + 1 : NULL;
    return CREASE_OK;
}

static int set_piece(crease_ctx *ctx, crease_kind kind, const crease_type *type, void *opts,
                     const char *piece, size_t length)
{
    char copy[CREASE_STRING_SIZE + 100];
    while (length > 0 && *piece == ' ') piece++, length--;
    if (length >= sizeof copy)
        return crease_fail(ctx, CREASE_ERANGE, "the setting '%.40s...' is too long", piece);
    snprintf(copy, sizeof copy, "%.*s", (int)length, piece);
    char *equals = strchr(copy, '=');
    if (!equals || equals == copy)
        return crease_fail(ctx, CREASE_EPARSE, "%s %s: '%s' is not of the form key=value",
                           crease_kind_name(kind), type->name, copy);
    *equals = '\0';
    return crease_opts_set(ctx, kind, type, opts, copy, equals + 1);
}

int crease_opts_set_all(crease_ctx *ctx, crease_kind kind, const crease_type *type, void *opts,
                       const char *settings)
{
    const char *piece = settings;
    int depth = 0;
    for (const char *s = settings; settings; s++) {
        depth += (*s == '[') - (*s == ']');
        if (*s != '\0' && !(*s == ',' && depth <= 0)) continue;
        CREASE_TRY(set_piece(ctx, kind, type, opts, piece, (size_t)(s - piece)));
        if (*s == '\0') break;
        piece = s + 1;
    }
    return crease_opts_check(ctx, kind, type, opts);
}

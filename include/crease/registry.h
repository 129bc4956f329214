/* Kinds of methods, and the registry that finds one by name. The built-in table is generated from the
 * local.mk of each plug-in folder; crease_register adds to it at run time.                             */
#ifndef CREASE_REGISTRY_H
#define CREASE_REGISTRY_H

#include "crease/context.h"
#include "crease/param.h"

#define CREASE_KINDS(ENTRY)                                                                         \
    ENTRY(REGULARIZER, regularizer)                                                                 \
    ENTRY(SOLVER, solver)                                                                           \
    ENTRY(STOPPING, stopping)                                                                       \
    ENTRY(ALGORITHM, algorithm)                                                                     \
    ENTRY(PROBLEM, problem)                                                                         \
    ENTRY(DIAGNOSTIC, diagnostic)

#define CREASE_KIND_ENUM(UPPER, lower) CREASE_##UPPER,
typedef enum crease_kind { CREASE_KINDS(CREASE_KIND_ENUM) CREASE_N_KINDS } crease_kind;
#undef CREASE_KIND_ENUM

/* What every descriptor begins with (its first member, called base). */
typedef struct crease_type {
    const char *name;
    const char *summary; /* one line */
    const char *formula; /* what it computes, plain text; may be NULL */
    const char *source;  /* paper and equation, or "standard" */
    size_t opts_size;    /* bytes of its settings struct; 0: none */
    const crease_param *params;
    const char *(*check)(const void *opts); /* rule across fields: NULL or a sentence; may be NULL */
} crease_type;

const char *crease_kind_name(crease_kind kind);

/* The descriptor of that name, or NULL with ENOTFOUND and a sentence that lists what there is. */
const crease_type *crease_lookup(crease_ctx *ctx, crease_kind kind, const char *name);

/* The i-th registered descriptor of a kind, in registration order; NULL past the end. */
const crease_type *crease_type_at(const crease_ctx *ctx, crease_kind kind, size_t i);

/* Add a descriptor; it must outlive the context. EEXIST if the name is taken, EINVAL if it is unusable. */
int crease_register(crease_ctx *ctx, crease_kind kind, const crease_type *type);

/* Settings with their defaults, owned by the caller (crease_release); NULL with ENOMEM. */
void *crease_opts_create(crease_ctx *ctx, const crease_type *type);

/* Set "key" of opts, or run the rule across fields; sentences start with the type's kind and name. */
int crease_opts_set(crease_ctx *ctx, crease_kind kind, const crease_type *type, void *opts,
                    const char *key, const char *text);
int crease_opts_check(crease_ctx *ctx, crease_kind kind, const crease_type *type, const void *opts);

/* Apply "key=value,key=value" (NULL: nothing), then the rule; commas inside brackets do not separate, and a value
 * that is one pair of brackets keeps them.                                                               */
int crease_opts_set_all(crease_ctx *ctx, crease_kind kind, const crease_type *type, void *opts,
                        const char *settings);

/* "NAME:key=value,key=value" -> name (size bytes) and the rest, NULL when there is none. EPARSE without a name. */
int crease_split_name(crease_ctx *ctx, const char *text, char *name, size_t size, const char **settings);

#endif
